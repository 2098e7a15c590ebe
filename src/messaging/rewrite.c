/* SPDX-License-Identifier: MIT */
#include "messaging/rewrite.h"

#include "messaging/taken_key.h"
#include "model/time.h"

/* How many keys are looked at in one request for a free one. */
#define WINDOW 16

cr_row cr_group_rows_moved(const cr_group_rows *group_rows, size_t member, const cr_person *author,
                           const cr_row *message)
{
    cr_row row = group_rows->row[member];
    bool is_displaced = group_rows->room[member].data != NULL;
    row.value[CR_SK] = is_displaced ? group_rows->room[member] : message->value[CR_SK];
    row.value[CR_HEAD_SK] = is_displaced ? message->value[CR_SK] : CR_STR_ABSENT;
    row.value[CR_TEXT] = message->value[CR_TEXT];
    if (group_rows->list.data != NULL) {
        row.value[CR_MEMBER_UUIDS] = group_rows->list;
    }
    cr_row_name_author(&row, author);
    return row;
}

bool cr_group_rows_meet(const cr_group_rows *group_rows, cr_str sk)
{
    for (size_t i = 0; i < group_rows->old.count; i++) {
        if (cr_str_equal(group_rows->old.row[i].value[CR_SK], sk)) {
            return true;
        }
    }
    return false;
}

/* Where writers see each other's changes half done, a later message's rows are left alone. */
static bool later_stay(const cr_txn *txn, const cr_group_rows *group_rows)
{
    return group_rows->forward_only || (txn->traits & CR_TRAIT_ATOMIC) == 0;
}

static bool counts(const cr_group_rows *group_rows, const cr_row *row)
{
    for (size_t i = 0; i < group_rows->members.count; i++) {
        if (cr_str_equal(group_rows->row[i].value[CR_PK], row->value[CR_PK]) &&
            cr_str_equal(group_rows->row[i].value[CR_SK], row->value[CR_SK])) {
            return true;
        }
    }
    return false;
}

static bool must_go(const cr_txn *txn, const cr_group_rows *group_rows, const cr_row *old,
                    const cr_row *message)
{
    int order = cr_str_compare(cr_row_place(old), message->value[CR_SK]);
    if (order == 0) {
        return !counts(group_rows, old); /* a twin of the row that is at the message */
    }
    return order < 0 || !later_stay(txn, group_rows);
}

/* Whether a member's row is where it belongs, or must not be moved there. */
static bool stays(const cr_group_rows *group_rows, size_t member, const cr_row *message)
{
    const cr_row *row = &group_rows->row[member];
    int order = cr_str_compare(cr_row_place(row), message->value[CR_SK]);
    return cr_row_exists(row) && (order == 0 || (order > 0 && group_rows->forward_only));
}

/* ---- keys that are taken ---- */

/* It is a row of this group, at the message already: another writer has just put it there. */
static bool is_there_already(const cr_row *row, cr_str group, cr_str sk)
{
    return cr_row_is_of_group(row, group) && cr_str_equal(cr_row_place(row), sk);
}

static cruddur_status take_row(const cr_txn *txn, cr_group_rows *group_rows, size_t member,
                               const cr_row *row)
{
    group_rows->row[member] = *row;
    return cr_rows_add_once(&group_rows->old, row) ? CRUDDUR_OK : cr_fail_memory(txn->call->error);
}

/* The keys of one look, in a row. */
typedef struct window {
    cr_sort_key sk[WINDOW];
    cr_row found[WINDOW];
    size_t count;
} window;

/* Begins right behind the message's key, or a few windows on. */
static cruddur_status look(cr_txn *txn, const cr_pk *pk, cr_str sk, int64_t reach_us, window *seen)
{
    cr_key keys[WINDOW];
    int64_t time_us = 0;
    int64_t skipped = reach_us == 0 ? 0 : cr_reach_step_us(reach_us);
    (void)cr_time_parse(sk, &time_us); /* the sort key of a message is a time */
    time_us += 1 + skipped * WINDOW;
    for (seen->count = 0; seen->count < WINDOW; seen->count++) {
        size_t at = seen->count;
        cr_str before = at == 0 ? sk : cr_sort_key_str(&seen->sk[at - 1]);
        if (!cr_sort_key_after(time_us, before, &seen->sk[at])) {
            break;
        }
        keys[at] = (cr_key){cr_pk_str(pk), cr_sort_key_str(&seen->sk[at])};
    }
    return cr_rows_get_any(txn, keys, seen->count, seen->found);
}

/* Takes the row if it is there and at the message already, or else the first free key for it.
 * *is_done: it was either. */
static cruddur_status take_place(const cr_txn *txn, cr_str group, cr_str sk, const window *seen,
                                 size_t member, cr_group_rows *group_rows, bool *is_done)
{
    *is_done = true;
    for (size_t i = 0; i < seen->count; i++) {
        if (is_there_already(&seen->found[i], group, sk)) {
            return take_row(txn, group_rows, member, &seen->found[i]);
        }
    }
    for (size_t i = 0; i < seen->count; i++) {
        cr_key key = {cr_pk_str(&group_rows->pk[member]), cr_sort_key_str(&seen->sk[i])};
        if (!cr_row_exists(&seen->found[i]) && !cr_rows_have(&group_rows->old, key)) {
            group_rows->room[member] = cr_arena_copy(txn->arena, key.sk);
            return group_rows->room[member].data == NULL ? cr_fail_memory(txn->call->error)
                                                         : CRUDDUR_OK;
        }
    }
    *is_done = false;
    return CRUDDUR_OK;
}

static cruddur_status displace(cr_txn *txn, cr_str group, cr_str sk, int64_t reach_us,
                               size_t member, cr_group_rows *group_rows)
{
    window seen;
    bool is_done = false;
    do {
        cruddur_status status = look(txn, &group_rows->pk[member], sk, reach_us, &seen);
        if (status == CRUDDUR_OK) {
            status = take_place(txn, group, sk, &seen, member, group_rows, &is_done);
        }
        if (status != CRUDDUR_OK || is_done) {
            return status;
        }
        reach_us = cr_reach_next_us(reach_us);
    } while (seen.count > 0);
    return cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                        "group %.*s: the sort key of the newest message is taken in the inbox of "
                        "a member, and no key up to the year 9999 follows",
                        CR_STR_ARGS(group));
}

/* One of the rows that go has the message's key: no second write can be stated for it. */
static bool meets_itself(const cr_group_rows *group_rows, const cr_row *message, const cr_key *keys)
{
    for (size_t i = 0; i < group_rows->members.count; i++) {
        if (!stays(group_rows, i, message) && cr_rows_have(&group_rows->old, keys[i])) {
            return true;
        }
    }
    return false;
}

cruddur_status cr_group_rows_find_room(cr_txn *txn, const cr_uuid *group, const cr_row *message,
                                       cr_room_search *search, cr_group_rows *group_rows)
{
    cr_key keys[CRUDDUR_MEMBERS_MAX];
    cr_row found[CRUDDUR_MEMBERS_MAX];
    cr_str sk = message->value[CR_SK];
    for (size_t i = 0; i < group_rows->members.count; i++) {
        keys[i] = (cr_key){cr_pk_str(&group_rows->pk[i]), sk};
    }
    if (!search->is_wanted && !meets_itself(group_rows, message, keys)) {
        search->is_wanted = true;
        return CRUDDUR_OK;
    }
    int64_t reach_us = search->reach_us;
    search->reach_us = cr_reach_next_us(reach_us);
    cruddur_status status = cr_rows_get_any(txn, keys, group_rows->members.count, found);
    for (size_t i = 0; status == CRUDDUR_OK && i < group_rows->members.count; i++) {
        if (stays(group_rows, i, message)) {
            continue;
        }
        if (!cr_row_exists(&found[i])) {
            /* Of a row that has gone since it was read the removal would fail as well. */
            status = cr_rows_have(&group_rows->old, keys[i]) ? CRUDDUR_E_CONFLICT : CRUDDUR_OK;
            continue;
        }
        status = is_there_already(&found[i], cr_uuid_str(group), sk)
                     ? take_row(txn, group_rows, i, &found[i])
                     : displace(txn, cr_uuid_str(group), sk, reach_us, i, group_rows);
    }
    return status;
}

/* ---- the rewrite ---- */

bool cr_group_rows_must_move(const cr_txn *txn, const cr_group_rows *group_rows,
                             const cr_row *message)
{
    for (size_t i = 0; i < group_rows->members.count; i++) {
        if (!stays(group_rows, i, message)) {
            return true;
        }
    }
    for (size_t i = 0; i < group_rows->old.count; i++) {
        if (must_go(txn, group_rows, &group_rows->old.row[i], message)) {
            return true;
        }
    }
    return false;
}

cruddur_status cr_group_rows_put(cr_txn *txn, const cr_group_rows *group_rows,
                                 const cr_person *author, const cr_row *message)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < group_rows->members.count; i++) {
        cr_row moved = cr_group_rows_moved(group_rows, i, author, message);
        status = stays(group_rows, i, message) ? CRUDDUR_OK : txn->ops->put(txn, &moved);
    }
    return status;
}

cruddur_status cr_group_rows_remove(cr_txn *txn, const cr_group_rows *group_rows,
                                    const cr_row *message, bool *is_complete)
{
    cruddur_status status = CRUDDUR_OK;
    size_t room = CR_CHANGE_WRITES_MAX - 2 - group_rows->members.count;
    *is_complete = true;
    for (size_t i = 0; status == CRUDDUR_OK && i < group_rows->old.count; i++) {
        if (!must_go(txn, group_rows, &group_rows->old.row[i], message)) {
            continue;
        }
        *is_complete = room > 0;
        if (!*is_complete) {
            break;
        }
        status = txn->ops->remove(txn, &group_rows->old.row[i]);
        room--;
    }
    return status;
}
