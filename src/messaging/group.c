/* SPDX-License-Identifier: MIT */
#include "messaging/group.h"

#include "messaging/cardless.h"
#include "messaging/headless.h"
#include "messaging/told.h"

/* How often a look-up starts again because the head moved under it. */
#define LOOKS_MAX 8

/* How far down in an inbox a group is that was written to lately. */
#define INBOX_TOP 32

/* So many groups of an inbox are read along with something else. */
#define INBOX_ANNOUNCED 8

cruddur_status cr_check_transactions(const cr_txn *txn)
{
    return (txn->traits & CR_TRAIT_ATOMIC) != 0
               ? CRUDDUR_OK
               : cr_fail_with(txn->call->error, CRUDDUR_E_NEEDS_TRANSACTIONS,
                              "the store is written in steps, without transactions, and this call "
                              "changes rows in place");
}

/* ---- the head ---- */

static cr_query head_query(const cr_pk *pk)
{
    return (cr_query){.partition = cr_pk_str(pk), .descending = true, .expected = 1};
}

cruddur_status cr_group_find_head(cr_txn *txn, const cr_uuid *uuid, cr_row *head)
{
    cr_pk pk = cr_pk_of_group(uuid);
    cr_query messages = head_query(&pk);
    return cr_rows_find(txn, &messages, CR_PK, cr_pk_str(&pk), head);
}

static cruddur_status fail_not_there(const cr_txn *txn, const cr_uuid *uuid)
{
    return cr_fail_argument(txn->call->error, CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
                            "there is no group %s", uuid->text);
}

cruddur_status cr_group_check_head(cr_txn *txn, const cr_group *group)
{
    cr_row now;
    cruddur_status status = cr_group_find_head(txn, &group->uuid, &now);
    int order = cr_str_compare(now.value[CR_SK], group->head.value[CR_SK]);
    bool is_as_read = cr_str_equal(now.value[CR_VERSION], group->head.value[CR_VERSION]);
    bool is_same = group->is_head_gone ? order <= 0 : order == 0 && is_as_read;
    return status == CRUDDUR_OK && !is_same ? CRUDDUR_E_CONFLICT : status;
}

cruddur_status cr_group_check_card(cr_txn *txn, const cr_group *group)
{
    cr_read_card now;
    if ((txn->traits & CR_TRAIT_SNAPSHOT) != 0) {
        return CRUDDUR_OK;
    }
    cr_rows_forget_ahead(txn);
    cruddur_status status = cr_group_read_card(txn, &group->uuid, &now);
    bool is_same = cr_str_equal(now.row.value[CR_VERSION], group->card.row.value[CR_VERSION]) &&
                   cr_str_equal(now.row.value[CR_REV], group->card.row.value[CR_REV]);
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

cr_query cr_group_index_query(const cr_uuid *uuid)
{
    return (cr_query){.index = CR_INDEX_GROUPS, .partition = cr_uuid_str(uuid), .descending = true};
}

cruddur_status cr_group_read_index(cr_txn *txn, const cr_uuid *uuid, cr_rows *rows)
{
    cr_query query = cr_group_index_query(uuid);
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

/* ---- the card ---- */

static cruddur_status take_card(const cr_txn *txn, const cr_uuid *uuid, cr_read_card *card)
{
    card->card = (cr_card){0};
    return cr_row_exists(&card->row) && !cr_card_read(&card->row, &card->card)
               ? cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                              "the card of group %s is damaged", uuid->text)
               : CRUDDUR_OK;
}

cruddur_status cr_group_read_card(cr_txn *txn, const cr_uuid *uuid, cr_read_card *card)
{
    cr_card_pk pk = cr_card_pk_of(uuid);
    cruddur_status status = cr_rows_get_card(txn, &pk, NULL, 0, &card->row, NULL);
    return status == CRUDDUR_OK ? take_card(txn, uuid, card) : status;
}

cruddur_status cr_group_read_card_to_open(cr_txn *txn, const cr_uuid *uuid, const cr_reads *ahead,
                                          cr_read_card *card)
{
    const cr_pk pk = cr_pk_of_group(uuid);
    const cr_query head = head_query(&pk);
    const cr_card_pk card_pk = cr_card_pk_of(uuid);
    const cr_key card_key = cr_card_key(&card_pk);
    const cr_reads reads = {&head, 1, &card_key, 1, ahead->tokens, ahead->token_count};
    cr_rows_read_ahead(txn, &reads);
    return cr_group_read_card(txn, uuid, card);
}

cruddur_status cr_group_read_card_and_rows(cr_txn *txn, const cr_uuid *uuid, const cr_rows *told,
                                           cr_read_card *card, cr_rows *fresh)
{
    size_t room = told->count + 1;
    cr_card_pk pk = cr_card_pk_of(uuid);
    cr_key *keys = cr_arena_alloc(txn->arena, room * sizeof(*keys));
    *fresh = (cr_rows){cr_arena_alloc(txn->arena, room * sizeof(cr_row)), 0, room, txn->arena};
    if (keys == NULL || fresh->row == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    for (size_t i = 0; i < told->count; i++) {
        keys[i] = cr_row_key(&told->row[i]);
    }
    cruddur_status status = cr_rows_get_card(txn, &pk, keys, told->count, &card->row, fresh->row);
    for (size_t i = 0; status == CRUDDUR_OK && i < told->count; i++) {
        if (cr_row_is_of_group(&fresh->row[i], cr_uuid_str(uuid))) {
            fresh->row[fresh->count++] = fresh->row[i];
        }
    }
    return status == CRUDDUR_OK ? take_card(txn, uuid, card) : status;
}

cruddur_status cr_group_check_open(const cr_txn *txn, const cr_uuid *uuid, const cr_read_card *card,
                                   const char *argument)
{
    if (card->card.is_closed) {
        return cr_fail_argument(
            txn->call->error, CRUDDUR_E_CLOSED, argument,
            "group %s is closed: the data of one of its two members were erased", uuid->text);
    }
    return card->card.blocked.count == 0
               ? CRUDDUR_OK
               : cr_fail_argument(txn->call->error, CRUDDUR_E_BLOCKED, argument,
                                  "one of the two blocks the direct group %s", uuid->text);
}

/* ---- whether somebody is a member ---- */

/* The card, and the row by the head's key, where it is unless it is displaced. In most cases the
 * two settle the question. Rows beside have the places behind the own row's, which is not read
 * where it is known. */
static cruddur_status get_card_and_own(cr_txn *txn, cr_group *group, const cr_uuid *member,
                                       cr_beside *beside, bool with_own)
{
    cr_key keys[1 + CR_BESIDE_MAX];
    cr_row rows[1 + CR_BESIDE_MAX] = {{{CR_STR_ABSENT}}};
    cr_card_pk card_pk = cr_card_pk_of(&group->uuid);
    cr_pk pk = cr_pk_of_member(member);
    cruddur_status status = CRUDDUR_OK;
    size_t own = with_own ? 1 : 0;
    keys[0] = (cr_key){cr_pk_str(&pk), group->head.value[CR_SK]};
    if (beside != NULL) {
        status = beside->choose(txn, &group->head, beside);
        memcpy(keys + own, beside->key, sizeof(beside->key));
    }
    if (status == CRUDDUR_OK) {
        size_t count = own + (beside == NULL ? 0 : beside->count);
        status = cr_rows_get_card(txn, &card_pk, keys, count, &group->card.row, rows);
    }
    if (status == CRUDDUR_OK && with_own &&
        cr_row_is_of_group(&rows[0], cr_uuid_str(&group->uuid))) {
        group->own = rows[0];
    }
    if (beside != NULL) {
        memcpy(beside->row, rows + own, sizeof(beside->row));
    }
    return status == CRUDDUR_OK ? take_card(txn, &group->uuid, &group->card) : status;
}

/* The member's row as the index shows it, if that is where it belongs: at the head, or behind the
 * stream at any message. */
static cruddur_status guess_own(cr_txn *txn, cr_group *group, const cr_uuid *member)
{
    bool is_streamed = (txn->traits & CR_TRAIT_STREAMED) != 0;
    cruddur_status status = cr_group_ask_index(txn, group);
    const cr_row *row = status != CRUDDUR_OK ? NULL
                        : is_streamed        ? cr_told_own(group, member)
                                             : cr_told_own_at_head(group, member);
    group->is_own_guess = row != NULL;
    group->own = row != NULL ? *row : group->own;
    return status;
}

static cruddur_status read_own(cr_txn *txn, cr_group *group, const cr_uuid *member)
{
    cr_pk pk = cr_pk_of_member(member);
    const cr_key key = {cr_pk_str(&pk), group->head.value[CR_SK]};
    return cr_rows_get(txn, cr_uuid_str(&group->uuid), &key, 1, &group->own);
}

typedef struct inbox_top {
    inbox_search search;
    size_t left;
} inbox_top;

static cr_sink_answer take_from_top(void *context, const cr_row *row)
{
    inbox_top *top = context;
    cr_sink_answer answer = take_up_to(&top->search, row);
    return answer == CR_SINK_MORE && --top->left == 0 ? CR_SINK_STOP : answer;
}

cr_query cr_group_inbox_query(const cr_pk *pk)
{
    return (cr_query){.partition = cr_pk_str(pk), .descending = true, .expected = INBOX_ANNOUNCED};
}

/* The member's row, if the group is one of the newest in the inbox. One of another rev than the
 * card's was read before the card was changed. */
static cruddur_status search_inbox(cr_txn *txn, cr_group *group, const cr_uuid *member)
{
    cr_pk pk = cr_pk_of_member(member);
    cr_query inbox = cr_group_inbox_query(&pk);
    inbox_top top = {{txn->arena, cr_uuid_str(&group->uuid), CR_STR_ABSENT, &group->own},
                     INBOX_ANNOUNCED};
    cruddur_status status = cr_rows_query(txn, &inbox, take_from_top, &top);
    if (!cr_str_equal(group->own.value[CR_REV], group->card.row.value[CR_REV])) {
        group->own = (cr_row){0};
    }
    return status;
}

/* The author of the newest message has a row at it, in a healthy table. The nil uuid where the
 * message names none. */
static cr_uuid author_of_head(const cr_group *group)
{
    cr_uuid author = {"00000000-0000-0000-0000-000000000000"};
    (void)cr_uuid_parse(group->head.value[CR_USER_UUID], &author);
    return author;
}

/* For whom a group is looked for. */
typedef struct search {
    const cr_uuid *member;           /* NULL: nobody in particular */
    const cr_members *named;         /* who may be the two of a direct group; NULL: not known */
    const cr_read_card *card;        /* as it was read just before; NULL: it was not */
    const cr_group_reading *reading; /* NULL: nothing is announced */
} search;

/* For the head and the card alone nothing is gained; nor where nothing is waited for. */
static bool announces(const cr_txn *txn, const cr_group_reading *reading)
{
    return reading != NULL && (txn->traits & CR_TRAIT_SNAPSHOT) == 0 &&
           (reading->asks_index || reading->needs_no_row || reading->ahead.query_count > 0 ||
            reading->ahead.key_count > 0 || reading->ahead.token_count > 0);
}

/* The first look announces what it reads. */
static void read_ahead(cr_txn *txn, const cr_group_reading *reading, const cr_group *group)
{
    cr_query queries[2 + CR_GROUP_AHEAD_MAX];
    cr_key keys[1 + CR_GROUP_AHEAD_KEYS_MAX];
    cr_pk pk = cr_pk_of_group(&group->uuid);
    cr_card_pk card_pk = cr_card_pk_of(&group->uuid);
    cr_reads reads = {queries, 1, keys, 1, reading->ahead.tokens, reading->ahead.token_count};
    queries[0] = head_query(&pk);
    keys[0] = cr_card_key(&card_pk);
    if (reading->asks_index) {
        queries[reads.query_count++] = cr_group_index_query(&group->uuid);
    }
    for (size_t i = 0; i < reading->ahead.query_count; i++) {
        queries[reads.query_count++] = reading->ahead.queries[i];
    }
    for (size_t i = 0; i < reading->ahead.key_count; i++) {
        keys[reads.key_count++] = reading->ahead.keys[i];
    }
    cr_rows_read_ahead(txn, &reads);
}

/* The member's row of a group with a card, as it may be found before it is read by key. */
static cruddur_status find_own(cr_txn *txn, const cr_group_reading *reading, cr_group *group,
                               const cr_uuid *member)
{
    if (reading->looks_in_inbox) {
        return search_inbox(txn, group, member);
    }
    return reading->may_guess ? guess_own(txn, group, member) : CRUDDUR_OK;
}

static cruddur_status read_card_and_own(cr_txn *txn, const search *wanted, const cr_uuid *member,
                                        cr_group *group)
{
    static const cr_group_reading plain = {0};
    const cr_group_reading *reading = wanted->reading == NULL ? &plain : wanted->reading;
    bool can_wait = reading->looks_in_inbox || reading->may_guess || reading->needs_no_row;
    cruddur_status status = get_card_and_own(txn, group, member, reading->beside, !can_wait);
    if (status != CRUDDUR_OK || !can_wait) {
        return status;
    }
    bool has_card = cr_row_exists(&group->card.row);
    if (has_card && reading->needs_no_row) {
        return CRUDDUR_OK;
    }
    status = has_card ? find_own(txn, reading, group, member) : CRUDDUR_OK;
    return status == CRUDDUR_OK && !cr_row_exists(&group->own) ? read_own(txn, group, member)
                                                               : status;
}

/* An opening has read it. */
static cruddur_status read_card_alone(cr_txn *txn, const search *wanted, cr_group *group)
{
    if (wanted->card == NULL) {
        return cr_group_read_card(txn, &group->uuid, &group->card);
    }
    group->card = *wanted->card;
    return CRUDDUR_OK;
}

/* Whether the newest message may have expired and gone. Where a stream's processor moves the rows,
 * these are elsewhere too often to look for that. Nor does an opening look, if there is no card:
 * rows that such a group has left go with the next message. */
static bool may_be_headless(const cr_txn *txn, const search *wanted, const cr_group *group)
{
    if (cr_row_exists(&group->head)) {
        return !cr_row_exists(&group->own) && (txn->traits & CR_TRAIT_STREAMED) == 0;
    }
    return wanted->card == NULL || cr_row_exists(&wanted->card->row);
}

static cruddur_status look(cr_txn *txn, const search *wanted, cr_group *group, bool *is_member)
{
    *group = (cr_group){.uuid = group->uuid};
    *is_member = false;
    cruddur_status status = cr_group_find_head(txn, &group->uuid, &group->head);
    cr_uuid author = author_of_head(group);
    const cr_uuid *member = wanted->member == NULL ? &author : wanted->member;
    if (status == CRUDDUR_OK) {
        status = cr_row_exists(&group->head) ? read_card_and_own(txn, wanted, member, group)
                                             : read_card_alone(txn, wanted, group);
    }
    if (status == CRUDDUR_OK && !group->card.card.is_removed &&
        may_be_headless(txn, wanted, group)) {
        status = cr_headless_look(txn, member, group);
    }
    if (status != CRUDDUR_OK || !cr_row_exists(&group->head)) {
        return status;
    }
    if (!cr_row_exists(&group->card.row) && announces(txn, wanted->reading)) {
        /* It may have been read before the head, and the opening have come between. */
        status = cr_group_read_card(txn, &group->uuid, &group->card);
    }
    if (status != CRUDDUR_OK || !cr_row_exists(&group->card.row)) {
        return status == CRUDDUR_OK
                   ? cr_cardless_judge(txn, group, member, wanted->named, is_member)
                   : status;
    }
    group->known = group->card.card.members;
    *is_member = !group->card.card.is_removed && cr_members_have(&group->known, member);
    return status;
}

/* In one snapshot one look is enough. Elsewhere rows may have moved between two reads: that happens
 * once, but not twice under a head that stands still. Where no row at all was found, another writer
 * may just be taking rows away before it puts them. */
static cruddur_status find(cr_txn *txn, const cr_uuid *uuid, const search *wanted, cr_group *group,
                           bool *is_member)
{
    cr_str last_sk = CR_STR_ABSENT;
    bool is_still = false;
    group->uuid = *uuid;
    if (announces(txn, wanted->reading)) {
        read_ahead(txn, wanted->reading, group);
    } else if (wanted->reading != NULL) {
        cr_rows_forget_ahead(txn);
    }
    for (int i = 0; i < LOOKS_MAX; i++) {
        if (i > 0) {
            cr_rows_forget_ahead(txn);
        }
        cruddur_status status = look(txn, wanted, group, is_member);
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

cruddur_status cr_group_find(cr_txn *txn, const cr_uuid *uuid, const cr_uuid *member,
                             const cr_members *named, const cr_read_card *card,
                             const cr_group_reading *reading, cr_group *group, bool *is_member)
{
    const search wanted = {member, named, card, reading};
    return find(txn, uuid, &wanted, group, is_member);
}

cr_group_reading cr_group_reading_to_change(const cr_txn *txn, const cr_uuid *member, bool is_first)
{
    bool can_be = (txn->traits & (CR_TRAIT_ATOMIC | CR_TRAIT_SNAPSHOT)) == CR_TRAIT_ATOMIC;
    return (cr_group_reading){
        .member = member, .asks_index = is_first && can_be, .may_guess = is_first && can_be};
}

cruddur_status cr_group_read_as(cr_txn *txn, const cr_uuid *uuid, const cr_group_reading *reading,
                                cr_group *group)
{
    bool is_member;
    const cr_uuid *member = reading->member;
    const search wanted = {member, NULL, NULL, reading};
    cruddur_status status = find(txn, uuid, &wanted, group, &is_member);
    if (status == CRUDDUR_OK && member == NULL) {
        bool is_there = cr_row_exists(&group->head) && !group->card.card.is_removed;
        return is_there ? CRUDDUR_OK : fail_not_there(txn, uuid);
    }
    if (status == CRUDDUR_OK && !is_member) {
        status =
            cr_fail_argument(txn->call->error, CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
                             "there is no group %s with the member %s", uuid->text, member->text);
    }
    return status;
}

cruddur_status cr_group_read(cr_txn *txn, const cr_uuid *uuid, const cr_uuid *member,
                             cr_group *group)
{
    const cr_group_reading reading = {.member = member};
    return cr_group_read_as(txn, uuid, &reading, group);
}

/* ---- by the group rows ---- */

/* Takes the rows that are told for the head, if they and the card make a whole. */
static cruddur_status take_whole(cr_txn *txn, const cr_uuid *member, cr_group *group,
                                 bool *is_whole)
{
    const cr_read_card *card = &group->card;
    cr_pk pk = cr_pk_of_group(&group->uuid);
    *is_whole = cr_told_is_whole(&group->told, card) &&
                (member == NULL || cr_members_have(&card->card.members, member));
    if (!*is_whole) {
        return CRUDDUR_OK;
    }
    group->believes_index = true;
    group->known = card->card.members;
    group->head.value[CR_PK] = cr_arena_copy(txn->arena, cr_pk_str(&pk));
    group->head.value[CR_SK] = cr_row_place(&group->told.row[0]);
    return cr_row_exists(&group->head) ? CRUDDUR_OK : cr_fail_memory(txn->call->error);
}

cruddur_status cr_group_guess(cr_txn *txn, const cr_uuid *uuid, const cr_group_reading *reading,
                              cr_group *group, bool *is_whole)
{
    const cr_query index = cr_group_index_query(uuid);
    const cr_card_pk card_pk = cr_card_pk_of(uuid);
    const cr_key card_key = cr_card_key(&card_pk);
    const cr_reads reads = {
        &index, 1, &card_key, 1, reading->ahead.tokens, reading->ahead.token_count};
    *group = (cr_group){.uuid = *uuid};
    cr_rows_read_ahead(txn, &reads);
    cruddur_status status = cr_group_ask_index(txn, group);
    if (status == CRUDDUR_OK) {
        status = cr_group_read_card(txn, uuid, &group->card);
    }
    return status == CRUDDUR_OK ? take_whole(txn, reading->member, group, is_whole) : status;
}

cruddur_status cr_group_recall(cr_txn *txn, const cr_uuid *uuid, const cr_uuid *member,
                               const cr_kept_group *kept, cr_group *group, bool *is_whole)
{
    *group = (cr_group){.uuid = *uuid, .card.row = kept->card, .has_asked = true};
    group->told = (cr_rows){.arena = txn->arena};
    for (size_t i = 0; i < kept->rows.count; i++) {
        if (!cr_rows_add(&group->told, &kept->rows.row[i])) {
            return cr_fail_memory(txn->call->error);
        }
    }
    cruddur_status status = take_card(txn, uuid, &group->card);
    if (status == CRUDDUR_OK) {
        status = take_whole(txn, member, group, is_whole);
    }
    if (status == CRUDDUR_OK && *is_whole && member != NULL) {
        group->head = kept->message;
        status = guess_own(txn, group, member);
    }
    return status;
}

cruddur_status cr_group_read_guessed(cr_txn *txn, const cr_uuid *member, cr_group *group)
{
    cr_pk pk = cr_pk_of_member(member);
    const cr_key key = {cr_pk_str(&pk), group->own.value[CR_SK]};
    group->is_own_guess = false;
    return cr_rows_get(txn, cr_uuid_str(&group->uuid), &key, 1, &group->own);
}

cruddur_status cr_group_read_trusted(cr_txn *txn, const cr_uuid *uuid, cr_group *group)
{
    return cr_group_read(txn, uuid, NULL, group);
}

cruddur_status cr_group_read_members(cr_txn *txn, cr_group *group, cr_members *members)
{
    *members = group->known;
    return members->count > 0 ? CRUDDUR_OK : cr_cardless_read_members(txn, group, members);
}
