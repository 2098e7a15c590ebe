/* SPDX-License-Identifier: MIT */
#include "messaging/group.h"

/* How often a look-up starts again because the head moved under it. */
#define LOOKS_MAX 8

/* How far down in an inbox a group is that was written to lately. */
#define INBOX_TOP 32

/* How many messages are looked through for the other party of a direct group without rows. */
#define AUTHORS_MAX 100

/* ---- the head ---- */

cruddur_status cr_group_find_head(cr_txn *txn, const cr_uuid *uuid, cr_row *head)
{
    cr_pk pk = cr_pk_of_group(uuid);
    cr_query messages = {.partition = cr_pk_str(&pk), .descending = true, .expected = 1};
    return cr_rows_find(txn, &messages, CR_PK, cr_pk_str(&pk), head);
}

static cruddur_status fail_not_there(const cr_txn *txn, const cr_uuid *uuid)
{
    return cr_fail_argument(txn->call->error, CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
                            "there is no group %s", uuid->text);
}

cruddur_status cr_group_read_head(cr_txn *txn, const cr_uuid *uuid, cr_row *head)
{
    cruddur_status status = cr_group_find_head(txn, uuid, head);
    return status == CRUDDUR_OK && !cr_row_exists(head) ? fail_not_there(txn, uuid) : status;
}

cruddur_status cr_group_check_head(cr_txn *txn, const cr_uuid *uuid, const cr_row *head)
{
    cr_row now;
    cruddur_status status = cr_group_find_head(txn, uuid, &now);
    bool is_same = cr_str_equal(now.value[CR_SK], head->value[CR_SK]);
    return status == CRUDDUR_OK && !is_same ? CRUDDUR_E_CONFLICT : status;
}

/* ---- group rows ---- */

typedef struct inbox_search {
    cr_arena *arena;
    cr_str group;
    cr_str last_sk;
    cr_row *found;
} inbox_search;

static cr_sink_answer take_up_to(void *context, const cr_row *row)
{
    const inbox_search *search = context;
    bool is_up_to =
        search->last_sk.data == NULL || cr_str_compare(cr_row_place(row), search->last_sk) <= 0;
    if (!cr_str_equal(row->value[CR_GROUP_UUID], search->group) ||
        (!is_up_to && cr_row_exists(search->found))) {
        return CR_SINK_MORE;
    }
    if (!cr_row_copy(search->arena, row, search->found)) {
        return CR_SINK_NO_MEMORY;
    }
    return is_up_to ? CR_SINK_STOP : CR_SINK_MORE;
}

cruddur_status cr_group_search_partition(cr_txn *txn, cr_str uuid, const cr_pk *pk, cr_str last_sk,
                                         cr_row *row)
{
    cr_query inbox = {.partition = cr_pk_str(pk),
                      .upper = {last_sk, true},
                      .descending = true,
                      .expected = INBOX_TOP};
    inbox_search search = {txn->arena, uuid, last_sk, row};
    *row = (cr_row){0};
    cruddur_status status = cr_rows_query(txn, &inbox, take_up_to, &search);
    if (status != CRUDDUR_OK || cr_row_exists(row) || last_sk.data == NULL) {
        return status;
    }
    /* A displaced row is after its place. */
    inbox.lower = (cr_bound){last_sk, false};
    inbox.upper = (cr_bound){CR_STR_ABSENT, false};
    return cr_rows_query(txn, &inbox, take_up_to, &search);
}

cruddur_status cr_group_read_index(cr_txn *txn, const cr_uuid *uuid, cr_rows *rows)
{
    cr_query query = {.index = CR_INDEX_GROUPS, .partition = cr_uuid_str(uuid), .descending = true};
    *rows = (cr_rows){.arena = txn->arena};
    return cr_rows_collect(txn, &query, SIZE_MAX, rows);
}

cruddur_status cr_group_ask_index(cr_txn *txn, cr_group *group)
{
    cruddur_status status =
        group->has_asked ? CRUDDUR_OK : cr_group_read_index(txn, &group->uuid, &group->told);
    group->has_asked = status == CRUDDUR_OK;
    return status;
}

cr_str cr_group_last(const cr_group *group)
{
    cr_str own_sk = group->own.value[CR_SK];
    cr_str last_sk = cr_rows_last(&group->told, group->head.value[CR_SK]);
    return cr_str_compare(own_sk, last_sk) > 0 ? own_sk : last_sk;
}

/* ---- members ---- */

static cruddur_status fail_crowd(const cr_txn *txn, const cr_uuid *uuid)
{
    return cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                        "the group rows of group %s name more than %d members", uuid->text,
                        CRUDDUR_MEMBERS_MAX);
}

cruddur_status cr_group_fail_untold(const cr_txn *txn, const cr_uuid *uuid)
{
    return cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                        "the group rows of group %s do not tell its members", uuid->text);
}

/* False if the rows name more than a group can have: those are added for whom there is room. */
static bool add_named(const cr_rows *rows, cr_members *members)
{
    bool is_crowd = false;
    for (size_t i = 0; i < rows->count; i++) {
        is_crowd = !cr_members_add_row(members, &rows->row[i]) || is_crowd;
    }
    return !is_crowd;
}

static bool is_named(const cr_rows *rows, const cr_uuid *member)
{
    bool is_there = false;
    for (size_t i = 0; i < rows->count && !is_there; i++) {
        cr_members of_row = {0};
        (void)cr_members_add_row(&of_row, &rows->row[i]);
        is_there = cr_members_have(&of_row, member);
    }
    return is_there;
}

static cruddur_status find_pair(const cr_txn *txn, const cr_uuid *uuid, const cr_members *among,
                                cr_members *pair)
{
    return cr_direct_group_pair(uuid, among, pair) ? CRUDDUR_OK : cr_fail_memory(txn->call->error);
}

/* The members that the group's card names; none where there is no card. */
static cruddur_status read_card(cr_txn *txn, const cr_uuid *uuid, cr_members *members)
{
    cr_row row;
    cr_card card = {0};
    cr_card_pk pk = cr_card_pk_of(uuid);
    members->count = 0;
    cruddur_status status = cr_rows_get_card(txn, &pk, &row);
    if (status == CRUDDUR_OK && cr_row_exists(&row) && !cr_card_read(&row, &card)) {
        status = cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                              "the card of group %s is damaged", uuid->text);
    }
    if (status == CRUDDUR_OK) {
        *members = card.members;
    }
    return status;
}

/* Each of these members has one row, and each row names all of them. Then the card is not needed:
 * a stray row, or a list that another program changed, disagrees. */
static bool do_agree(const cr_rows *rows, const cr_members *members)
{
    cr_members owners = {0};
    for (size_t i = 0; i < rows->count; i++) {
        cr_uuid owner;
        cr_members named = {0};
        if (!cr_row_owner(&rows->row[i], &owner) || !cr_members_add(&owners, &owner) ||
            !cr_members_add_row(&named, &rows->row[i]) || named.count != members->count) {
            return false;
        }
    }
    return members->count >= CRUDDUR_MEMBERS_MIN && rows->count == members->count &&
           owners.count == members->count;
}

cruddur_status cr_group_add_named(cr_txn *txn, cr_group *group, const cr_rows *rows,
                                  cr_members *members)
{
    cr_members all = *members;
    if (group->known.count > 0) {
        return CRUDDUR_OK;
    }
    bool is_crowd = !add_named(rows, &all);
    if (!is_crowd && all.count == members->count) {
        return CRUDDUR_OK;
    }
    cruddur_status status = read_card(txn, &group->uuid, &group->known);
    *members = group->known.count > 0 ? group->known : all;
    return status == CRUDDUR_OK && is_crowd && group->known.count == 0
               ? fail_crowd(txn, &group->uuid)
               : status;
}

/* Those of a crowd for whom there is no room cannot be of the pair: nobody has named them. */
static void add_candidate(cr_members *candidates, const cr_uuid *uuid)
{
    (void)cr_members_add(candidates, uuid);
}

static void add_candidates(cr_members *candidates, const cr_members *more)
{
    for (size_t i = 0; more != NULL && i < more->count; i++) {
        add_candidate(candidates, &more->uuid[i]);
    }
}

static void add_author(cr_members *candidates, const cr_row *message)
{
    cr_uuid author;
    if (cr_uuid_parse(message->value[CR_USER_UUID], &author)) {
        add_candidate(candidates, &author);
    }
}

/* Nobody is a member for having written. But the two whose uuid makes the group's are, wherever
 * their uuids come from. */
static cruddur_status find_pair_of_authors(cr_txn *txn, const cr_uuid *uuid,
                                           const cr_members *candidates, cr_members *pair)
{
    cr_pk pk = cr_pk_of_group(uuid);
    cr_query query = {.partition = cr_pk_str(&pk), .descending = true, .expected = AUTHORS_MAX};
    cr_rows messages = {.arena = txn->arena};
    cr_members among = *candidates;
    cruddur_status status = cr_rows_collect(txn, &query, AUTHORS_MAX, &messages);
    for (size_t i = 0; status == CRUDDUR_OK && i < messages.count; i++) {
        add_author(&among, &messages.row[i]);
    }
    return status == CRUDDUR_OK ? find_pair(txn, uuid, &among, pair) : status;
}

/* Of a crowd, which has stray rows in it, each row is tried by itself. */
static cruddur_status find_pair_of_rows(const cr_txn *txn, const cr_uuid *uuid, const cr_rows *rows,
                                        const cr_members *candidates, cr_members *pair)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < rows->count && pair->count == 0; i++) {
        cr_members among = *candidates;
        (void)cr_members_add_row(&among, &rows->row[i]);
        status = find_pair(txn, uuid, &among, pair);
    }
    return status;
}

/* The pair, by what is told at no further cost: the candidates, and what the rows name. */
static cruddur_status find_pair_told(const cr_txn *txn, const cr_uuid *uuid, const cr_rows *rows,
                                     const cr_members *candidates, bool is_crowd, cr_members *pair)
{
    cr_members among = *candidates;
    (void)add_named(rows, &among);
    cruddur_status status = find_pair(txn, uuid, &among, pair);
    return status == CRUDDUR_OK && is_crowd ? find_pair_of_rows(txn, uuid, rows, candidates, pair)
                                            : status;
}

/* The members who are known without any row: the two of a direct group, or those of the card. */
static cruddur_status find_known(cr_txn *txn, const cr_uuid *uuid, const cr_rows *rows,
                                 const cr_members *candidates, const cr_members *named,
                                 bool is_crowd, cr_members *known)
{
    cr_members among = {0};
    cruddur_status status = CRUDDUR_OK;
    known->count = 0;
    add_candidates(&among, candidates);
    if (cr_may_be_direct(uuid)) {
        status = find_pair_told(txn, uuid, rows, &among, is_crowd, known);
    }
    if (status == CRUDDUR_OK && known->count == 0 && (is_crowd || !do_agree(rows, named))) {
        status = read_card(txn, uuid, known);
    }
    if (status == CRUDDUR_OK && known->count == 0 && cr_may_be_direct(uuid) &&
        (is_crowd || named->count < CRUDDUR_MEMBERS_MIN)) {
        add_candidates(&among, is_crowd ? NULL : named);
        status = find_pair_of_authors(txn, uuid, &among, known);
    }
    return status;
}

cruddur_status cr_group_members_of(cr_txn *txn, const cr_uuid *uuid, const cr_rows *rows,
                                   const cr_members *candidates, cr_members *members,
                                   bool *are_known)
{
    cr_members known;
    members->count = 0;
    bool is_crowd = !add_named(rows, members);
    cruddur_status status = find_known(txn, uuid, rows, candidates, members, is_crowd, &known);
    *are_known = status == CRUDDUR_OK && known.count > 0;
    if (*are_known) {
        *members = known;
    }
    return status == CRUDDUR_OK && is_crowd && !*are_known ? fail_crowd(txn, uuid) : status;
}

cruddur_status cr_group_read_members(cr_txn *txn, cr_group *group, cr_members *members)
{
    cruddur_status status = CRUDDUR_OK;
    bool are_known = false;
    bool is_index_cheap = (txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0;
    *members = group->known;
    if (members->count > 0) {
        return status;
    }
    if (!is_index_cheap && !cr_may_be_direct(&group->uuid) &&
        cr_members_of_list(&group->own, members)) {
        return status;
    }
    status = cr_group_ask_index(txn, group);
    bool has_own = status == CRUDDUR_OK && cr_row_exists(&group->own);
    if (has_own && !cr_rows_add_once(&group->told, &group->own)) {
        status = cr_fail_memory(txn->call->error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_group_members_of(txn, &group->uuid, &group->told, NULL, members, &are_known);
    }
    if (status == CRUDDUR_OK && are_known) {
        group->known = *members;
    }
    return status == CRUDDUR_OK && members->count < CRUDDUR_MEMBERS_MIN
               ? cr_group_fail_untold(txn, &group->uuid)
               : status;
}

/* ---- whether somebody is one ---- */

/* The row by the head's key, where it is unless it is displaced. In most cases it settles the
 * question. */
static cruddur_status get_own_row(cr_txn *txn, cr_group *group, const cr_uuid *member,
                                  bool *is_member)
{
    cr_pk pk = cr_pk_of_member(member);
    cr_key key = {cr_pk_str(&pk), group->head.value[CR_SK]};
    cruddur_status status = cr_rows_get(txn, cr_uuid_str(&group->uuid), &key, 1, &group->own);
    if (status != CRUDDUR_OK || !cr_row_exists(&group->own)) {
        return status;
    }
    if (!cr_may_be_direct(&group->uuid)) {
        *is_member = true;
        return status;
    }
    cr_members two = {0};
    if (cr_members_add_row(&two, &group->own)) {
        status = find_pair(txn, &group->uuid, &two, &group->known);
    }
    *is_member = cr_members_have(&group->known, member);
    return status;
}

static void take_newest_own(cr_group *group, const cr_uuid *member)
{
    cr_pk pk = cr_pk_of_member(member);
    for (size_t i = 0; i < group->told.count; i++) {
        const cr_row *row = &group->told.row[i]; /* the newest comes first */
        /* At the head's key the table has none: the index lags behind. */
        if (cr_str_equal(row->value[CR_PK], cr_pk_str(&pk)) &&
            !cr_str_equal(row->value[CR_SK], group->head.value[CR_SK])) {
            group->own = *row;
            return;
        }
    }
}

static cruddur_status judge_by_card(cr_txn *txn, cr_group *group, const cr_uuid *member,
                                    bool *is_member)
{
    cruddur_status status = read_card(txn, &group->uuid, &group->known);
    *is_member = cr_members_have(&group->known, member);
    return status;
}

/* What all rows say that the index shows, and the group's uuid. A stranger does not learn that they
 * contradict it. */
static cruddur_status judge_by_others(cr_txn *txn, cr_group *group, const cr_uuid *member,
                                      const cr_members *named, bool *is_member)
{
    cr_members known = {0};
    cr_members candidates = {0};
    cruddur_status status = cr_group_ask_index(txn, group);
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (!cr_row_exists(&group->own)) {
        take_newest_own(group, member);
    }
    bool is_crowd = !add_named(&group->told, &known);
    *is_member = cr_row_exists(&group->own) || is_named(&group->told, member);
    if (cr_may_be_direct(&group->uuid)) {
        add_candidate(&candidates, member);
        add_candidates(&candidates, named);
        add_author(&candidates, &group->head);
        status =
            find_pair_told(txn, &group->uuid, &group->told, &candidates, is_crowd, &group->known);
        if (status == CRUDDUR_OK && group->known.count == 0 &&
            (is_crowd || group->told.count == 0)) {
            status = find_pair_of_authors(txn, &group->uuid, &candidates, &group->known);
        }
        *is_member = group->known.count > 0 ? cr_members_have(&group->known, member) : *is_member;
    }
    return status == CRUDDUR_OK && is_crowd && *is_member && group->known.count == 0
               ? fail_crowd(txn, &group->uuid)
               : status;
}

/* What the index does not show yet. */
static cruddur_status search_own_partition(cr_txn *txn, cr_group *group, const cr_uuid *member,
                                           bool *is_member)
{
    cr_pk pk = cr_pk_of_member(member);
    cruddur_status status =
        cr_group_search_partition(txn, cr_uuid_str(&group->uuid), &pk, CR_STR_ABSENT, &group->own);
    *is_member = status == CRUDDUR_OK && cr_row_exists(&group->own);
    return status;
}

static bool is_settled(const cr_txn *txn, const cr_group *group, bool is_member)
{
    return is_member || !cr_row_exists(&group->head) || group->known.count > 0 ||
           (txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0;
}

static cruddur_status look(cr_txn *txn, const cr_uuid *member, const cr_members *named,
                           cr_group *group, bool *is_member)
{
    *group = (cr_group){.uuid = group->uuid};
    cruddur_status status = cr_group_find_head(txn, &group->uuid, &group->head);
    if (status == CRUDDUR_OK && cr_row_exists(&group->head)) {
        status = get_own_row(txn, group, member, is_member);
    }
    if (status == CRUDDUR_OK && cr_row_exists(&group->head) && !*is_member &&
        group->known.count == 0) {
        status = judge_by_card(txn, group, member, is_member);
    }
    if (status == CRUDDUR_OK && cr_row_exists(&group->head) && group->known.count == 0 &&
        !*is_member) {
        status = judge_by_others(txn, group, member, named, is_member);
    }
    if (status == CRUDDUR_OK && !is_settled(txn, group, *is_member)) {
        status = search_own_partition(txn, group, member, is_member);
    }
    return status;
}

/* In one snapshot one look is enough. Elsewhere rows may have moved between two reads: that happens
 * once, but not twice under a head that stands still. Where no row at all was found, another writer
 * may just be taking rows away before it puts them. */
cruddur_status cr_group_find(cr_txn *txn, const cr_uuid *uuid, const cr_uuid *member,
                             const cr_members *named, cr_group *group, bool *is_member)
{
    cr_str last_sk = CR_STR_ABSENT;
    bool is_still = false;
    *is_member = false;
    group->uuid = *uuid;
    for (int i = 0; i < LOOKS_MAX; i++) {
        cruddur_status status = look(txn, member, named, group, is_member);
        if (status != CRUDDUR_OK || *is_member || !cr_row_exists(&group->head) ||
            group->known.count > 0 || (txn->traits & CR_TRAIT_SNAPSHOT) != 0) {
            return status;
        }
        is_still = cr_str_equal(group->head.value[CR_SK], last_sk);
        if (is_still && group->told.count > 0) {
            return status;
        }
        last_sk = group->head.value[CR_SK];
    }
    return is_still ? CRUDDUR_OK : CRUDDUR_E_CONFLICT;
}

cruddur_status cr_group_read(cr_txn *txn, const cr_uuid *uuid, const cr_uuid *member,
                             cr_group *group)
{
    bool is_member;
    cruddur_status status = cr_group_find(txn, uuid, member, NULL, group, &is_member);
    if (status == CRUDDUR_OK && !is_member) {
        status =
            cr_fail_argument(txn->call->error, CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
                             "there is no group %s with the member %s", uuid->text, member->text);
    }
    return status;
}

/* The author of the newest message has a row at it, in a healthy table. */
cruddur_status cr_group_read_trusted(cr_txn *txn, const cr_uuid *uuid, cr_group *group)
{
    cr_uuid author;
    bool is_member;
    *group = (cr_group){.uuid = *uuid};
    cruddur_status status = cr_group_read_head(txn, uuid, &group->head);
    if (status == CRUDDUR_OK && cr_uuid_parse(group->head.value[CR_USER_UUID], &author)) {
        status = cr_group_find(txn, uuid, &author, NULL, group, &is_member);
    }
    return status == CRUDDUR_OK && !cr_row_exists(&group->head) ? fail_not_there(txn, uuid)
                                                                : status;
}
