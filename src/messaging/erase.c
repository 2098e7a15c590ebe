/* SPDX-License-Identifier: MIT */
/* Messages of one whose data are erased. They change in their place, as by a deletion: a member's
 * inbox and the watchers of the group learn of it in the same change. */
#include "base/clock.h"
#include "messaging/change.h"
#include "messaging/person.h"
#include "messaging/previews.h"
#include "messaging/settle.h"
#include "model/reactions.h"
#include "model/time.h"

/* One call, over all runs of its body. */
typedef struct erasing {
    const cr_erasure *erasure;
    const cr_uuid *group;
    const cr_found_row *rows;
    size_t count;
    cr_room_search room;
    bool has_more;    /* old group rows than one change had room for */
    uint64_t changed; /* in the latest run */
} erasing;

/* The messages that change in one run. */
typedef struct erased {
    cr_row before[CR_PERSON_ROWS_MAX];
    cr_row after[CR_PERSON_ROWS_MAX];
    size_t count;
    cr_row tombstone[CR_PERSON_ROWS_MAX]; /* those whose text goes */
    size_t tombstone_count;
} erased;

/* ---- what is to be done about a message ---- */

static bool has_reaction_of(cr_str reactions, const cr_uuid *user)
{
    cr_reaction reaction;
    while (cr_reactions_next(&reactions, &reaction)) {
        if (cr_str_equal(reaction.user, cr_uuid_str(user))) {
            return true;
        }
    }
    return false;
}

static bool has_content(const cr_row *message)
{
    return message->value[CR_TEXT].size > 0 || message->value[CR_DATA].data != NULL ||
           message->value[CR_REACTIONS].data != NULL || message->value[CR_DELETED_AT].data == NULL;
}

bool cr_erasure_concerns_message(const cr_erasure *erasure, const cr_row *row)
{
    const cr_person *person = &erasure->person;
    if (cr_row_kind(row) != CR_KIND_MESSAGE) {
        return false;
    }
    if (cr_row_names(row, &person->uuid)) {
        return cr_row_has_other_names(row, person) || (!erasure->keeps_text && has_content(row));
    }
    return !erasure->keeps_text && has_reaction_of(row->value[CR_REACTIONS], &person->uuid);
}

/* ---- what becomes of it ---- */

static bool write_now(cr_arena *arena, cr_str *text)
{
    cr_sort_key now;
    *text = CR_STR_ABSENT;
    if (cr_time_format(cr_clock_now_us(), &now)) {
        *text = cr_arena_copy(arena, cr_sort_key_str(&now));
    }
    return text->data != NULL;
}

static bool make_tombstone(cr_arena *arena, cr_row *message)
{
    message->value[CR_TEXT] = cr_str_of("");
    message->value[CR_DATA] = CR_STR_ABSENT;
    message->value[CR_REACTIONS] = CR_STR_ABSENT;
    message->value[CR_VERSION] = cr_row_fresh_version(arena);
    return message->value[CR_VERSION].data != NULL &&
           (message->value[CR_DELETED_AT].data != NULL ||
            write_now(arena, &message->value[CR_DELETED_AT]));
}

static bool remove_reactions(cr_arena *arena, const cr_uuid *user, cr_row *message)
{
    cr_str rest = message->value[CR_REACTIONS];
    cr_reaction reaction;
    while (cr_reactions_next(&rest, &reaction)) {
        if (cr_str_equal(reaction.user, cr_uuid_str(user)) &&
            cr_reactions_set(message->value[CR_REACTIONS], &reaction, false, arena,
                             &message->value[CR_REACTIONS]) == CR_REACTIONS_NO_MEMORY) {
            return false;
        }
    }
    message->value[CR_VERSION] = cr_row_fresh_version(arena);
    return message->value[CR_VERSION].data != NULL;
}

/* False when memory ran out. */
static bool change_message(cr_arena *arena, const cr_erasure *erasure, cr_row *message,
                           bool *is_tombstone)
{
    const cr_person *person = &erasure->person;
    *is_tombstone = false;
    if (!cr_row_names(message, &person->uuid)) {
        return remove_reactions(arena, &person->uuid, message);
    }
    cr_row_name_author(message, person);
    *is_tombstone = !erasure->keeps_text && has_content(message);
    return !*is_tombstone || make_tombstone(arena, message);
}

static cruddur_status plan(cr_txn *txn, const erasing *now, const cr_row *rows, erased *planned)
{
    for (size_t i = 0; i < now->count; i++) {
        bool is_tombstone;
        if (!cr_erasure_concerns_message(now->erasure, &rows[i])) {
            continue; /* it has changed since */
        }
        cr_row *after = &planned->after[planned->count];
        planned->before[planned->count++] = rows[i];
        *after = rows[i];
        if (!change_message(txn->arena, now->erasure, after, &is_tombstone)) {
            return cr_fail_memory(txn->call->error);
        }
        if (is_tombstone) {
            planned->tombstone[planned->tombstone_count++] = *after;
        }
    }
    return CRUDDUR_OK;
}

/* ---- the group ---- */

/* What the group shows of the messages. */
typedef struct around {
    cr_group group;
    cr_change_pk change_pk;
    cr_row counter;
    cr_previews previews;
} around;

static const cr_row *newest(const erased *planned)
{
    const cr_row *latest = &planned->tombstone[0];
    for (size_t i = 1; i < planned->tombstone_count; i++) {
        if (cr_str_compare(planned->tombstone[i].value[CR_SK], latest->value[CR_SK]) > 0) {
            latest = &planned->tombstone[i];
        }
    }
    return latest;
}

static cruddur_status read_previews(cr_txn *txn, erasing *now, const erased *planned, around *read)
{
    size_t beside = planned->count + CR_CHANGE_ROWS_OF(planned->tombstone_count);
    cruddur_status status = cr_group_read_trusted(txn, now->group, &read->group);
    if (status != CRUDDUR_OK) {
        return status;
    }
    read->group.is_to_change = true;
    return cr_previews_read(txn, &read->group, newest(planned), beside, &now->room,
                            &read->previews);
}

/* A group that cannot be read has no inboxes that a change could keep in order: what its rows show
 * is erased row by row afterwards. */
static cruddur_status read_around(cr_txn *txn, erasing *now, const erased *planned, around *read)
{
    cruddur_error *error = NULL;
    cruddur_error **place = txn->call->error;
    read->change_pk = cr_change_pk_of(now->group);
    const cr_key counter = cr_change_counter_key(&read->change_pk);
    cruddur_status status = cr_rows_get_any(txn, &counter, 1, &read->counter);
    if (status != CRUDDUR_OK) {
        return status;
    }
    txn->call->error = &error;
    status = read_previews(txn, now, planned, read);
    txn->call->error = place;
    if (status == CRUDDUR_E_GROUP_NOT_FOUND || status == CRUDDUR_E_STORE_DAMAGED) {
        read->previews.are_to_change = false;
        status = CRUDDUR_OK;
    }
    if (status != CRUDDUR_OK && place != NULL) {
        *place = error;
    } else {
        cruddur_error_free(error);
    }
    return status;
}

/* ---- the change ---- */

static cruddur_status write_all(cr_txn *txn, erasing *now, const erased *planned, around *read)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < planned->count; i++) {
        status = txn->ops->replace(txn, &planned->before[i], &planned->after[i]);
    }
    if (status == CRUDDUR_OK && planned->tombstone_count > 0) {
        status = cr_change_state(txn, &read->change_pk, &read->counter, planned->tombstone,
                                 planned->tombstone_count, CR_CHANGE_DELETE);
    }
    if (status == CRUDDUR_OK && read->previews.are_to_change) {
        status = cr_previews_write(txn, &read->previews);
        now->has_more = read->previews.rewrite.has_more;
    }
    return status;
}

static cruddur_status erase_body(cr_txn *txn, void *context)
{
    erasing *now = context;
    cr_key keys[CR_PERSON_ROWS_MAX];
    cr_row rows[CR_PERSON_ROWS_MAX];
    erased planned;
    around read = {.previews = {.are_to_change = false}};
    planned.count = planned.tombstone_count = 0;
    now->has_more = false;
    now->changed = 0;
    for (size_t i = 0; i < now->count; i++) {
        keys[i] = now->rows[i].key;
    }
    cruddur_status status = cr_check_transactions(txn);
    if (status == CRUDDUR_OK) {
        status = cr_rows_get_any(txn, keys, now->count, rows);
    }
    if (status == CRUDDUR_OK) {
        status = plan(txn, now, rows, &planned);
    }
    if (status == CRUDDUR_OK && planned.tombstone_count > 0) {
        status = read_around(txn, now, &planned, &read);
    }
    now->changed = planned.count;
    return status == CRUDDUR_OK ? write_all(txn, now, &planned, &read) : status;
}

cruddur_status cr_erase_messages(cr_store *store, const cr_erasure *erasure, const cr_uuid *group,
                                 const cr_found_row *rows, size_t count, cr_call *call,
                                 uint64_t *changed)
{
    cr_ticket ticket;
    erasing now = {.erasure = erasure, .group = group, .rows = rows, .count = count};
    cruddur_status status = cr_queue_enter(store->queues, cr_uuid_str(group), call, &ticket);
    if (status == CRUDDUR_OK) {
        status = store->ops->change(store, erase_body, &now, call);
        if (status == CRUDDUR_OK && now.has_more) {
            cr_settle_rest(store, group, call);
        }
        cr_queue_leave(call);
    }
    *changed += status == CRUDDUR_OK ? now.changed : 0;
    return status;
}
