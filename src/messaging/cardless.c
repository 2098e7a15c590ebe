/* SPDX-License-Identifier: MIT */
#include "messaging/cardless.h"

/* How many messages are looked through for the other party of a direct group without rows. */
#define AUTHORS_MAX 100

static cruddur_status fail_crowd(const cr_txn *txn, const cr_uuid *uuid)
{
    return cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                        "the group rows of group %s name more than %d members", uuid->text,
                        CRUDDUR_MEMBERS_MAX);
}

cruddur_status cr_cardless_fail_untold(const cr_txn *txn, const cr_uuid *uuid)
{
    return cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                        "the group rows of group %s do not tell its members", uuid->text);
}

/* ---- whom rows name ---- */

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

cruddur_status cr_cardless_add_named(const cr_txn *txn, const cr_group *group, const cr_rows *rows,
                                     cr_members *members)
{
    return group->known.count > 0 || add_named(rows, members) ? CRUDDUR_OK
                                                              : fail_crowd(txn, &group->uuid);
}

/* ---- direct groups ---- */

static cruddur_status find_pair(const cr_txn *txn, const cr_uuid *uuid, const cr_members *among,
                                cr_members *pair)
{
    return cr_direct_group_pair(uuid, among, pair) ? CRUDDUR_OK : cr_fail_memory(txn->call->error);
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

/* The two of a direct group: by what is told at no further cost, and else by the latest authors.
 * Empty where the group is none, or they are not found. */
static cruddur_status find_two(cr_txn *txn, const cr_uuid *uuid, const cr_rows *rows,
                               const cr_members *candidates, bool is_crowd, cr_members *pair)
{
    cr_members among = {0};
    pair->count = 0;
    if (!cr_may_be_direct(uuid)) {
        return CRUDDUR_OK;
    }
    add_candidates(&among, candidates);
    cr_members told = among;
    (void)add_named(rows, &told);
    cruddur_status status = find_pair(txn, uuid, &told, pair);
    if (status == CRUDDUR_OK && is_crowd) {
        status = find_pair_of_rows(txn, uuid, rows, &among, pair);
    }
    if (status == CRUDDUR_OK && pair->count == 0 &&
        (is_crowd || rows->count < CRUDDUR_MEMBERS_MIN)) {
        status = find_pair_of_authors(txn, uuid, is_crowd ? &among : &told, pair);
    }
    return status;
}

/* ---- all members ---- */

static cruddur_status find_members(cr_txn *txn, const cr_uuid *uuid, const cr_rows *rows,
                                   const cr_members *candidates, cr_members *members,
                                   bool *are_known, bool *is_crowd)
{
    cr_members pair;
    members->count = 0;
    *is_crowd = !add_named(rows, members);
    cruddur_status status = find_two(txn, uuid, rows, candidates, *is_crowd, &pair);
    *are_known = status == CRUDDUR_OK && pair.count > 0;
    if (*are_known) {
        *members = pair;
    }
    return status;
}

cruddur_status cr_cardless_members_of(cr_txn *txn, const cr_uuid *uuid, const cr_rows *rows,
                                      const cr_members *candidates, cr_members *members,
                                      bool *are_known)
{
    bool is_crowd;
    cruddur_status status =
        find_members(txn, uuid, rows, candidates, members, are_known, &is_crowd);
    return status == CRUDDUR_OK && is_crowd && !*are_known ? fail_crowd(txn, uuid) : status;
}

cruddur_status cr_cardless_read_members(cr_txn *txn, cr_group *group, cr_members *members)
{
    bool are_known = false;
    bool is_index_cheap = (txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0;
    if (!is_index_cheap && !cr_may_be_direct(&group->uuid) &&
        cr_members_of_list(&group->own, members)) {
        return CRUDDUR_OK;
    }
    cruddur_status status = cr_group_ask_index(txn, group);
    bool has_own = status == CRUDDUR_OK && cr_row_exists(&group->own);
    if (has_own && !cr_rows_add_once(&group->told, &group->own)) {
        status = cr_fail_memory(txn->call->error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_cardless_members_of(txn, &group->uuid, &group->told, NULL, members, &are_known);
    }
    if (status == CRUDDUR_OK && are_known) {
        group->known = *members;
    }
    return status == CRUDDUR_OK && members->count < CRUDDUR_MEMBERS_MIN
               ? cr_cardless_fail_untold(txn, &group->uuid)
               : status;
}

/* ---- whether somebody is one ---- */

/* Whether the row by the head's key says it. */
static cruddur_status judge_by_own(const cr_txn *txn, cr_group *group, const cr_uuid *member,
                                   bool *is_member)
{
    cr_members two = {0};
    *is_member = cr_row_exists(&group->own);
    if (!*is_member || !cr_may_be_direct(&group->uuid)) {
        return CRUDDUR_OK;
    }
    cruddur_status status = cr_members_add_row(&two, &group->own)
                                ? find_pair(txn, &group->uuid, &two, &group->known)
                                : CRUDDUR_OK;
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

/* What all rows say that the index shows, and the group's uuid. A stranger does not learn that they
 * contradict it. */
static cruddur_status judge_by_others(cr_txn *txn, cr_group *group, const cr_uuid *member,
                                      const cr_members *named, bool *is_member)
{
    bool are_known = false;
    bool is_crowd = false;
    cr_members members;
    cr_members candidates = {1, {*member}};
    cruddur_status status = cr_group_ask_index(txn, group);
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (!cr_row_exists(&group->own)) {
        take_newest_own(group, member);
    }
    add_candidates(&candidates, named);
    add_author(&candidates, &group->head);
    status =
        find_members(txn, &group->uuid, &group->told, &candidates, &members, &are_known, &is_crowd);
    if (are_known) {
        group->known = members;
        *is_member = cr_members_have(&members, member);
        return status;
    }
    *is_member = cr_row_exists(&group->own) || is_named(&group->told, member);
    return status == CRUDDUR_OK && is_crowd && *is_member ? fail_crowd(txn, &group->uuid) : status;
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

cruddur_status cr_cardless_judge(cr_txn *txn, cr_group *group, const cr_uuid *member,
                                 const cr_members *named, bool *is_member)
{
    cruddur_status status = judge_by_own(txn, group, member, is_member);
    if (status == CRUDDUR_OK && !*is_member && group->known.count == 0) {
        status = judge_by_others(txn, group, member, named, is_member);
    }
    bool is_settled =
        *is_member || group->known.count > 0 || (txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0;
    return status == CRUDDUR_OK && !is_settled ? search_own_partition(txn, group, member, is_member)
                                               : status;
}
