/* SPDX-License-Identifier: MIT */
#include "messaging/regroup.h"

#include <stdlib.h>

#include "messaging/change.h"
#include "messaging/rewrite.h"
#include "messaging/settle.h"
#include "messaging/unread.h"
#include "model/marker.h"

typedef enum block_switch { BLOCK_KEEP, BLOCK_ON, BLOCK_OFF } block_switch;

/* One call, over all runs of its body. */
typedef struct regroup {
    cr_regroup wanted;
    block_switch block;
    bool ends; /* the user's part in the group */
    cr_room_search room;
    bool is_changed;       /* by the latest run */
    bool has_run;          /* and a condition failed: the index is not believed again */
    bool has_more;         /* old group rows than one change had room for */
    cr_packed_row *result; /* the user's group row */
} regroup;

/* ---- what is refused ---- */

static cruddur_status fail_direct(const cr_txn *txn, const cr_regroup *wanted)
{
    const char *way =
        wanted->added_count > 0   ? "has exactly its two members; create a group of three instead"
        : wanted->removed != NULL ? "has exactly its two members; hide or block it instead"
                                  : "has neither a name nor data";
    return cr_fail_argument(txn->call->error, CRUDDUR_E_GROUP_DIRECT, "group_uuid",
                            "the direct group %s %s", wanted->group->text, way);
}

static cruddur_status check_direct(const cr_txn *txn, const regroup *now, const cr_members *members)
{
    cr_members pair;
    if (!cr_direct_group_pair(now->wanted.group, members, &pair)) {
        return cr_fail_memory(txn->call->error);
    }
    bool is_direct = pair.count > 0;
    if (now->ends) {
        return CRUDDUR_OK;
    }
    bool must_be = now->block != BLOCK_KEEP;
    if (is_direct == must_be) {
        return CRUDDUR_OK;
    }
    return is_direct
               ? fail_direct(txn, &now->wanted)
               : cr_fail_argument(txn->call->error, CRUDDUR_E_GROUP_NOT_DIRECT, "options.blocked",
                                  "group %s is not a direct one; leave it instead of blocking it",
                                  now->wanted.group->text);
}

static cruddur_status add_members(const cr_txn *txn, const cr_regroup *wanted, cr_members *members)
{
    cruddur_error **error = txn->call->error;
    for (size_t i = 0; i < wanted->added_count; i++) {
        if (cr_members_have(members, &wanted->added[i].uuid)) {
            return cr_fail_argument(error, CRUDDUR_E_MEMBER_TWICE, "people",
                                    "element %zu, %s, is a member already", i,
                                    wanted->added[i].uuid.text);
        }
    }
    if (members->count + wanted->added_count > CRUDDUR_MEMBERS_MAX) {
        return cr_fail_argument(error, CRUDDUR_E_MEMBER_COUNT, "n_people",
                                "must be at most %zu, as the group has %zu members and may have "
                                "%d; it is %zu",
                                CRUDDUR_MEMBERS_MAX - members->count, members->count,
                                CRUDDUR_MEMBERS_MAX, wanted->added_count);
    }
    for (size_t i = 0; i < wanted->added_count; i++) {
        (void)cr_members_add(members, &wanted->added[i].uuid); /* there is room */
    }
    return CRUDDUR_OK;
}

static cruddur_status remove_member(const cr_txn *txn, const cr_regroup *wanted,
                                    cr_members *members)
{
    cruddur_error **error = txn->call->error;
    if (wanted->removed == NULL) {
        return CRUDDUR_OK;
    }
    if (!cr_members_have(members, wanted->removed)) {
        return cr_fail_argument(error, CRUDDUR_E_NOT_A_MEMBER, "member_uuid",
                                "%s is not a member of group %s", wanted->removed->text,
                                wanted->group->text);
    }
    if (members->count == CRUDDUR_MEMBERS_MIN) {
        return cr_fail_argument(error, CRUDDUR_E_MEMBER_LAST, "member_uuid",
                                "cannot be removed: group %s has two members left, and keeps them",
                                wanted->group->text);
    }
    cr_members_remove(members, wanted->removed);
    return CRUDDUR_OK;
}

static cruddur_status change_members(const cr_txn *txn, const regroup *now, cr_members *members)
{
    if (now->ends) {
        if (members->count > CRUDDUR_MEMBERS_MIN) { /* of two, the other one reads on */
            cr_members_remove(members, now->wanted.user);
        }
        return CRUDDUR_OK;
    }
    cruddur_status status = remove_member(txn, &now->wanted, members);
    return status == CRUDDUR_OK ? add_members(txn, &now->wanted, members) : status;
}

/* ---- the group as it is ---- */

/* The rows go to the newest message, or to where the newest row is: the message there has gone. */
static cruddur_status choose_place(cr_txn *txn, const cr_group *group, const cr_group_rows *rows,
                                   cr_row *message)
{
    bool is_beyond = false;
    *message = group->head;
    for (size_t i = 0; i < rows->members.count; i++) {
        const cr_row *row = &rows->row[i];
        if (!cr_row_is_restored(row) &&
            cr_str_compare(cr_row_place(row), message->value[CR_SK]) > 0) {
            *message = (cr_row){0};
            message->value[CR_SK] = cr_row_place(row);
            message->value[CR_TEXT] = row->value[CR_TEXT];
            message->value[CR_EXPIRES_AT] = row->value[CR_HEAD_EXPIRES_AT];
            is_beyond = true;
        }
    }
    return is_beyond ? cr_group_check_head(txn, group) : cr_group_rows_check_head(txn, group, rows);
}

/* Every member has a row then, with the names that messages tell. */
static cruddur_status read_rows(cr_txn *txn, const regroup *now, cr_group *group,
                                cr_group_rows *rows, cr_row *message)
{
    cr_row newest = {0};
    group->is_to_change = true;
    group->believes_index = !now->has_run;
    cruddur_status status = cr_group_rows_read(txn, group, rows);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_group_rows_restore(&group->uuid, rows);
    if (!cr_group_rows_are_at(rows, group->head.value[CR_SK])) {
        status = cr_group_rows_read_names(txn, &group->uuid, rows, &newest);
    }
    bool is_newer =
        cr_row_exists(&newest) && cr_str_compare(newest.value[CR_SK], group->head.value[CR_SK]) > 0;
    if (status == CRUDDUR_OK && (is_newer || cr_group_head_has_changed(group, &newest))) {
        status = CRUDDUR_E_CONFLICT; /* it came while the rows were being read */
    }
    return status == CRUDDUR_OK ? choose_place(txn, group, rows, message) : status;
}

/* ---- the card from now on ---- */

static cr_str value_after(cr_str wanted, cr_str before)
{
    cr_str after = wanted.data == NULL ? before : wanted;
    return after.size == 0 ? CR_STR_ABSENT : after;
}

static cr_card card_after(const regroup *now, const cr_group_rows *rows, const cr_members *members)
{
    cr_card card = rows->card->card;
    card.name = value_after(now->wanted.name, cr_group_rows_shared(rows, CR_GROUP_NAME));
    card.data = value_after(now->wanted.data, cr_group_rows_shared(rows, CR_GROUP_DATA));
    card.members = *members;
    card.rev = cr_row_exists(&rows->card->row) ? card.rev + 1 : 2; /* the rows are the first */
    card.is_closed = card.is_closed || (now->ends && cr_members_have(members, now->wanted.user));
    if (now->block == BLOCK_ON) {
        (void)cr_members_add(&card.blocked, now->wanted.user); /* one of two */
    } else if (now->block == BLOCK_OFF) {
        cr_members_remove(&card.blocked, now->wanted.user);
    }
    return card;
}

static bool is_as_it_was(const cr_card *card, const cr_group_rows *rows)
{
    return card->is_closed == rows->card->card.is_closed &&
           cr_members_are_same(&card->members, &rows->members) &&
           cr_members_are_same(&card->blocked, &rows->card->card.blocked) &&
           cr_str_equal(card->name, cr_group_rows_shared(rows, CR_GROUP_NAME)) &&
           cr_str_equal(card->data, cr_group_rows_shared(rows, CR_GROUP_DATA));
}

/* ---- the rows from now on ---- */

static const cr_person *find_added(const cr_regroup *wanted, const cr_uuid *member)
{
    for (size_t i = 0; i < wanted->added_count; i++) {
        if (cr_uuid_compare(&wanted->added[i].uuid, member) == 0) {
            return &wanted->added[i];
        }
    }
    return NULL;
}

/* A row that somebody else has put for the new member already stays in its place; what is a
 * member's own begins anew. */
static void make_row(const cr_regroup *wanted, cr_group_rows *rows, size_t member, cr_str place,
                     cr_str behind)
{
    static const cr_attribute own[] = {CR_MUTED_UNTIL, CR_ARCHIVED, CR_PINNED};
    cr_row *row = &rows->row[member];
    bool is_new = !cr_row_exists(row);
    if (is_new) {
        row->value[CR_PK] = cr_pk_str(&rows->pk[member]);
        row->value[CR_SK] = cr_str_of(""); /* at no message yet, as one that was lost */
        row->value[CR_GROUP_UUID] = cr_uuid_str(wanted->group);
    }
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        row->value[own[i]] = CR_STR_ABSENT;
    }
    row->value[CR_READ_SK] = is_new ? place : CR_STR_ABSENT; /* nothing is unread */
    row->value[CR_VISIBLE_SK] = wanted->with_history ? CR_STR_ABSENT : behind;
}

/* Each row names the next member. */
static void name_next(const cr_regroup *wanted, const cr_group_rows *before, cr_group_rows *rows,
                      size_t member)
{
    cr_row *row = &rows->row[member];
    const cr_uuid *next = &rows->members.uuid[cr_members_next(&rows->members, member)];
    const cr_person *added = find_added(wanted, next);
    if (added == NULL && cr_row_names(row, next)) {
        return;
    }
    cr_person person = added != NULL ? *added : cr_group_rows_person(before, next);
    row->value[CR_USER_UUID] = cr_uuid_str(next);
    row->value[CR_DISPLAY_NAME] = cr_str_or_empty(person.display_name);
    row->value[CR_HANDLE] = cr_str_or_empty(person.handle);
}

static cruddur_status change_rows(cr_txn *txn, const cr_regroup *wanted,
                                  const cr_group_rows *before, const cr_members *members,
                                  cr_str place, cr_group_rows *rows)
{
    char *behind = cr_arena_alloc(txn->arena, place.size + sizeof(CR_BEHIND_MESSAGE));
    if (behind == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    memcpy(behind, place.data, place.size);
    memcpy(behind + place.size, CR_BEHIND_MESSAGE, sizeof(CR_BEHIND_MESSAGE));
    cruddur_status status = cr_group_rows_regroup(txn, before, members, rows);
    if (status == CRUDDUR_OK && wanted->added_count > 0) {
        status = cr_group_rows_read_at(txn, place, cr_uuid_str(wanted->group), rows);
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < members->count; i++) {
        if (find_added(wanted, &members->uuid[i]) != NULL) {
            make_row(wanted, rows, i, place, cr_str_of(behind));
        }
        name_next(wanted, before, rows, i);
    }
    return status;
}

/* ---- the change ---- */

static cruddur_status keep(cr_txn *txn, regroup *now, const cr_row *row)
{
    free(now->result);
    now->result = NULL;
    return row == NULL || now->ends ? CRUDDUR_OK : cr_unread_pack(txn, row, &now->result);
}

/* The user's row as it is going to be; none for who has left. */
static cruddur_status keep_moved(cr_txn *txn, regroup *now, const cr_rewrite *rewrite)
{
    const cr_members *members = &rewrite->rows->members;
    size_t self = cr_members_find(members, now->wanted.user);
    if (self == members->count) {
        return keep(txn, now, NULL);
    }
    cr_row own = cr_rewrite_moved(txn, rewrite, self);
    return keep(txn, now, &own);
}

/* What watchers are told. */
typedef struct told {
    cr_change_pk pk;
    cr_row counter;
    cr_group_change change[CRUDDUR_MEMBERS_MAX + 2];
    size_t count;
} told;

static void tell(told *told_of, const char *what, const cr_uuid *member)
{
    told_of->change[told_of->count++] = (cr_group_change){what, member};
}

static void compare_members(const cr_members *before, const cr_members *after, told *told_of)
{
    for (size_t i = 0; i < before->count; i++) {
        if (!cr_members_have(after, &before->uuid[i])) {
            tell(told_of, CR_CHANGE_REMOVE, &before->uuid[i]);
        }
    }
    for (size_t i = 0; i < after->count; i++) {
        if (!cr_members_have(before, &after->uuid[i])) {
            tell(told_of, CR_CHANGE_ADD, &after->uuid[i]);
        }
    }
}

static void find_told(const cr_group_rows *before, const cr_card *card, told *told_of)
{
    cr_card same_members = *card;
    same_members.members = before->members;
    told_of->count = 0;
    compare_members(&before->members, &card->members, told_of);
    if (!is_as_it_was(&same_members, before)) {
        tell(told_of, CR_CHANGE_GROUP, NULL);
    }
}

static cruddur_status choose_counter(cr_txn *txn, const cr_row *head, cr_beside *beside)
{
    const told *told_of = beside->context;
    (void)txn;
    (void)head;
    beside->count = 1;
    beside->key[0] = cr_change_counter_key(&told_of->pk);
    return CRUDDUR_OK;
}

/* Reads the group, and together with its card the counter of changes. */
static cruddur_status read_group(cr_txn *txn, const regroup *now, cr_group *group, told *told_of)
{
    cr_beside beside = {.choose = choose_counter, .context = told_of};
    told_of->pk = cr_change_pk_of(now->wanted.group);
    const cr_key key = cr_change_counter_key(&told_of->pk);
    const cr_group_reading reading = {.member = now->wanted.user, .beside = &beside};
    cruddur_status status = cr_group_read_as(txn, now->wanted.group, &reading, group);
    if (status == CRUDDUR_OK && beside.count == 0) { /* without a message there is no together */
        return cr_rows_get_any(txn, &key, 1, &told_of->counter);
    }
    told_of->counter = beside.row[0];
    return status;
}

static cruddur_status write_told(cr_txn *txn, const told *told_of, cr_str version)
{
    return cr_change_state_group(txn, &told_of->pk, &told_of->counter, told_of->change,
                                 told_of->count, version);
}

static cruddur_status write_all(cr_txn *txn, regroup *now, const cr_card *card, cr_group_rows *rows,
                                const cr_row *message, const told *told_of)
{
    cr_row card_row;
    cr_card_pk pk = cr_card_pk_of(now->wanted.group);
    if (!cr_card_write(&pk, card, txn->arena, &card_row)) {
        return cr_fail_memory(txn->call->error);
    }
    card_row.value[CR_VERSION] = rows->version;
    cr_rewrite rewrite = {.group = now->wanted.group,
                          .message = message,
                          .author = {{""}, CR_STR_ABSENT, CR_STR_ABSENT}, /* the rows name them */
                          .rows = rows,
                          .beside = told_of->count + 1,
                          .card = &card_row,
                          .replaces = true};
    cruddur_status status = cr_rewrite_find_room(txn, &rewrite, &now->room);
    if (status == CRUDDUR_OK) {
        status = keep_moved(txn, now, &rewrite);
    }
    if (status == CRUDDUR_OK) {
        status = cr_rewrite_put(txn, &rewrite);
    }
    if (status == CRUDDUR_OK) {
        status = write_told(txn, told_of, rows->version);
    }
    if (status == CRUDDUR_OK) {
        status = cr_rewrite_remove(txn, &rewrite);
    }
    now->has_more = status == CRUDDUR_OK && rewrite.has_more;
    return status;
}

/* Nothing is to change: the row is returned as it is, or as it will be where it was lost. */
static cruddur_status keep_own(cr_txn *txn, regroup *now, const cr_group_rows *rows,
                               const cr_row *message)
{
    cr_row own = rows->row[cr_members_find(&rows->members, now->wanted.user)];
    if (cr_row_is_restored(&own)) {
        own.value[CR_SK] = message->value[CR_SK];
        own.value[CR_TEXT] = message->value[CR_TEXT];
    }
    return keep(txn, now, &own);
}

static cruddur_status regroup_body(cr_txn *txn, void *argument)
{
    regroup *now = argument;
    cr_group group;
    cr_group_rows before;
    cr_group_rows rows;
    cr_row message;
    told told_of;
    now->has_more = false;
    cruddur_status status = cr_check_transactions(txn);
    if (status == CRUDDUR_OK) {
        status = read_group(txn, now, &group, &told_of);
    }
    if (status == CRUDDUR_OK) {
        status = read_rows(txn, now, &group, &before, &message);
    }
    if (status == CRUDDUR_OK) {
        status = check_direct(txn, now, &before.members);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_members members = before.members;
    now->has_run = true;
    status = change_members(txn, now, &members);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_card card = card_after(now, &before, &members);
    now->is_changed = !is_as_it_was(&card, &before);
    if (!now->is_changed) {
        return keep_own(txn, now, &before, &message);
    }
    find_told(&before, &card, &told_of);
    status = change_rows(txn, &now->wanted, &before, &members, message.value[CR_SK], &rows);
    return status == CRUDDUR_OK ? write_all(txn, now, &card, &rows, &message, &told_of) : status;
}

/* ---- the calls ---- */

static cruddur_status run(cr_store *store, regroup *now, cr_call *call, cr_packed_row **ret_group)
{
    cr_ticket ticket;
    cruddur_status status =
        cr_queue_enter(store->queues, cr_uuid_str(now->wanted.group), call, &ticket);
    if (status != CRUDDUR_OK) {
        return status;
    }
    status = store->ops->change(store, regroup_body, now, call);
    if (status == CRUDDUR_OK && now->has_more) {
        cr_settle_rest(store, now->wanted.group, call);
    }
    cr_queue_leave(call);
    if (status == CRUDDUR_OK) {
        *ret_group = now->result;
    } else {
        free(now->result);
    }
    return status;
}

cruddur_status cr_regroup_change(cr_store *store, const cr_regroup *wanted, cr_call *call,
                                 cr_packed_row **ret_group)
{
    regroup now = {.wanted = *wanted};
    return run(store, &now, call, ret_group);
}

cruddur_status cr_group_block(cr_store *store, const cr_uuid *user, const cr_uuid *group,
                              bool is_on, cr_call *call, cr_packed_row **ret_group)
{
    regroup now = {.wanted = {.group = group, .user = user}, .block = is_on ? BLOCK_ON : BLOCK_OFF};
    return run(store, &now, call, ret_group);
}

cruddur_status cr_group_end_part(cr_store *store, const cr_uuid *user, const cr_uuid *group,
                                 cr_call *call, bool *ret_changed)
{
    cr_packed_row *none = NULL;
    regroup now = {.wanted = {.group = group, .user = user}, .ends = true};
    cruddur_status status = run(store, &now, call, &none);
    *ret_changed = status == CRUDDUR_OK && now.is_changed;
    return status;
}
