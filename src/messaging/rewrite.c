/* SPDX-License-Identifier: MIT */
#include "messaging/rewrite.h"

#include "base/clock.h"
#include "model/expiry.h"
#include "model/marker.h"
#include "model/taken_key.h"
#include "model/time.h"

/* How many keys are looked at in one request for a free one. */
#define WINDOW 16

/* ---- which rows move ---- */

static bool is_atomic(const cr_txn *txn)
{
    return (txn->traits & CR_TRAIT_ATOMIC) != 0;
}

/* Whether a member's row is where it belongs, or must not be moved there. */
static bool stays(const cr_rewrite *rewrite, size_t member)
{
    const cr_row *row = &rewrite->rows->row[member];
    int order = cr_str_compare(cr_row_place(row), rewrite->message->value[CR_SK]);
    bool is_forward_only = rewrite->rows->forward_only || rewrite->replaces;
    return cr_row_exists(row) && (order == 0 || (order > 0 && is_forward_only));
}

static bool is_a_members_row(const cr_group_rows *rows, const cr_row *row)
{
    for (size_t i = 0; i < rows->members.count; i++) {
        if (cr_str_equal(rows->row[i].value[CR_PK], row->value[CR_PK]) &&
            cr_str_equal(rows->row[i].value[CR_SK], row->value[CR_SK])) {
            return true;
        }
    }
    return false;
}

/* Where writers see each other's changes half done, a later message's rows are left alone. */
static bool must_go(const cr_txn *txn, const cr_rewrite *rewrite, const cr_row *old)
{
    int order = cr_str_compare(cr_row_place(old), rewrite->message->value[CR_SK]);
    if (order == 0 || (order > 0 && rewrite->replaces)) {
        return !is_a_members_row(rewrite->rows, old); /* a twin of the row that is at the message */
    }
    return order < 0 || (is_atomic(txn) && !rewrite->rows->forward_only);
}

bool cr_rewrite_is_needed(const cr_txn *txn, const cr_rewrite *rewrite)
{
    const cr_group_rows *rows = rewrite->rows;
    for (size_t i = 0; i < rows->members.count; i++) {
        if (!stays(rewrite, i)) {
            return true;
        }
    }
    if (rewrite->makes_card || rewrite->replaces) {
        return true;
    }
    for (size_t i = 0; i < rows->old.count; i++) {
        if (must_go(txn, rewrite, &rows->old.row[i])) {
            return true;
        }
    }
    return false;
}

/* ---- keys that are taken ---- */

/* It is a row of this group, at the message already: another writer has just put it there. */
static bool is_there_already(const cr_row *row, cr_str group, cr_str sk)
{
    return cr_row_is_of_group(row, group) && cr_str_equal(cr_row_place(row), sk);
}

static cruddur_status take_row(const cr_txn *txn, cr_group_rows *rows, size_t member,
                               const cr_row *row)
{
    rows->row[member] = *row;
    return cr_rows_add_once(&rows->old, row) ? CRUDDUR_OK : cr_fail_memory(txn->call->error);
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
                                 size_t member, cr_group_rows *rows, bool *is_done)
{
    *is_done = true;
    for (size_t i = 0; i < seen->count; i++) {
        if (is_there_already(&seen->found[i], group, sk)) {
            return take_row(txn, rows, member, &seen->found[i]);
        }
    }
    for (size_t i = 0; i < seen->count; i++) {
        cr_key key = {cr_pk_str(&rows->pk[member]), cr_sort_key_str(&seen->sk[i])};
        if (!cr_row_exists(&seen->found[i]) && !cr_rows_have(&rows->old, key)) {
            rows->room[member] = cr_arena_copy(txn->arena, key.sk);
            return rows->room[member].data == NULL ? cr_fail_memory(txn->call->error) : CRUDDUR_OK;
        }
    }
    *is_done = false;
    return CRUDDUR_OK;
}

static cruddur_status displace(cr_txn *txn, cr_str group, cr_str sk, int64_t reach_us,
                               size_t member, cr_group_rows *rows)
{
    window seen;
    bool is_done = false;
    do {
        cruddur_status status = look(txn, &rows->pk[member], sk, reach_us, &seen);
        if (status == CRUDDUR_OK) {
            status = take_place(txn, group, sk, &seen, member, rows, &is_done);
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
static bool meets_itself(const cr_rewrite *rewrite, const cr_key *keys)
{
    for (size_t i = 0; i < rewrite->rows->members.count; i++) {
        if (!stays(rewrite, i) && cr_rows_have(&rewrite->rows->old, keys[i])) {
            return true;
        }
    }
    return false;
}

cruddur_status cr_rewrite_find_room(cr_txn *txn, cr_rewrite *rewrite, cr_room_search *search)
{
    cr_key keys[CRUDDUR_MEMBERS_MAX];
    cr_row found[CRUDDUR_MEMBERS_MAX];
    cr_group_rows *rows = rewrite->rows;
    cr_str group = cr_uuid_str(rewrite->group);
    cr_str sk = rewrite->message->value[CR_SK];
    for (size_t i = 0; i < rows->members.count; i++) {
        keys[i] = (cr_key){cr_pk_str(&rows->pk[i]), sk};
    }
    if (!search->is_wanted && !meets_itself(rewrite, keys)) {
        search->is_wanted = true;
        return CRUDDUR_OK;
    }
    int64_t reach_us = search->reach_us;
    search->reach_us = cr_reach_next_us(reach_us);
    cruddur_status status = cr_rows_get_any(txn, keys, rows->members.count, found);
    for (size_t i = 0; status == CRUDDUR_OK && i < rows->members.count; i++) {
        if (stays(rewrite, i)) {
            continue;
        }
        if (!cr_row_exists(&found[i])) {
            /* Of a row that has gone since it was read the removal would fail as well. */
            status = cr_rows_have(&rows->old, keys[i]) ? CRUDDUR_E_CONFLICT : CRUDDUR_OK;
            continue;
        }
        status = is_there_already(&found[i], group, sk)
                     ? take_row(txn, rows, i, &found[i])
                     : displace(txn, group, sk, reach_us, i, rows);
    }
    return status;
}

/* ---- the card ---- */

/* No row is left that two writers who make all of them anew would both touch: they meet in the
 * card. */
static bool must_meet_in_card(const cr_txn *txn, const cr_rewrite *rewrite)
{
    return is_atomic(txn) && rewrite->rows->old.count == 0;
}

static bool has_card(const cr_rewrite *rewrite)
{
    return cr_row_exists(&rewrite->rows->card->row);
}

/* The first card of the group, which this rewrite makes of its rows. */
static bool puts_card(const cr_txn *txn, const cr_rewrite *rewrite)
{
    return rewrite->card == NULL && !has_card(rewrite) &&
           (rewrite->makes_card || must_meet_in_card(txn, rewrite));
}

static bool are_of_card(const cr_group_rows *rows)
{
    for (size_t i = 0; i < rows->members.count; i++) {
        if (!cr_str_equal(rows->row[i].value[CR_REV], rows->card->row.value[CR_REV])) {
            return false;
        }
    }
    return true;
}

static cruddur_status put_card(cr_txn *txn, const cr_rewrite *rewrite)
{
    cr_row row;
    const cr_group_rows *rows = rewrite->rows;
    cr_card_pk pk = cr_card_pk_of(rewrite->group);
    const cr_card card = {.members = rows->members,
                          .name = cr_group_rows_shared(rows, CR_GROUP_NAME),
                          .data = cr_group_rows_shared(rows, CR_GROUP_DATA),
                          .rev = 1};
    if (!cr_card_write(&pk, &card, txn->arena, &row)) {
        return cr_fail_memory(txn->call->error);
    }
    row.value[CR_VERSION] = rows->version;
    return txn->ops->put(txn, &row);
}

/* Rows of the card's rev are tied to it: whoever changes the card changes them as well. */
static bool states_card(const cr_txn *txn, const cr_rewrite *rewrite)
{
    return rewrite->card != NULL || puts_card(txn, rewrite) || must_meet_in_card(txn, rewrite) ||
           (is_atomic(txn) && has_card(rewrite) && !are_of_card(rewrite->rows));
}

static cruddur_status state_card(cr_txn *txn, const cr_rewrite *rewrite)
{
    const cr_row *card = &rewrite->rows->card->row;
    if (!states_card(txn, rewrite)) {
        return CRUDDUR_OK;
    }
    if (puts_card(txn, rewrite)) {
        return put_card(txn, rewrite);
    }
    if (rewrite->card != NULL) {
        return has_card(rewrite) ? txn->ops->replace(txn, card, rewrite->card)
                                 : txn->ops->put(txn, rewrite->card);
    }
    if (!must_meet_in_card(txn, rewrite)) {
        return txn->ops->require(txn, card);
    }
    cr_row touched = *card;
    touched.value[CR_VERSION] = rewrite->rows->version;
    return txn->ops->replace(txn, card, &touched);
}

/* A row that another program has put back may name somebody who has gone since. */
static void name_next(const cr_group_rows *rows, size_t member, cr_row *row)
{
    const cr_uuid *next = &rows->members.uuid[cr_members_next(&rows->members, member)];
    if (cr_row_names(row, next)) {
        return;
    }
    cr_person person = cr_group_rows_person(rows, next);
    row->value[CR_USER_UUID] = cr_uuid_str(next);
    row->value[CR_DISPLAY_NAME] = cr_str_or_empty(person.display_name);
    row->value[CR_HANDLE] = cr_str_or_empty(person.handle);
}

/* Gives a row what the card says. A group that stays without a card keeps what its rows have. */
static void share_card(const cr_txn *txn, const cr_rewrite *rewrite, size_t member, cr_row *row)
{
    const cr_group_rows *rows = rewrite->rows;
    const cr_row *card = rewrite->card != NULL ? rewrite->card : &rows->card->row;
    bool is_of_card = rewrite->card != NULL || has_card(rewrite);
    if (is_of_card) {
        row->value[CR_REV] = card->value[CR_REV];
        row->value[CR_GROUP_NAME] = card->value[CR_GROUP_NAME];
        row->value[CR_GROUP_DATA] = card->value[CR_GROUP_DATA];
        row->value[CR_BLOCKED] = card->value[CR_BLOCKED];
        name_next(rows, member, row);
    } else if (puts_card(txn, rewrite)) {
        row->value[CR_REV] = cr_str_of(CR_CARD_FIRST_REV);
        row->value[CR_GROUP_NAME] = cr_group_rows_shared(rows, CR_GROUP_NAME);
        row->value[CR_GROUP_DATA] = cr_group_rows_shared(rows, CR_GROUP_DATA);
    }
    if (is_of_card || rows->list.data != NULL) {
        row->value[CR_MEMBER_UUIDS] = rows->list; /* a pair needs none: whatever is there goes */
    }
}

/* ---- the rewrite ---- */

/* What a member whose row was lost is taken to have read: all up to where the other rows were, and
 * up to the member's own latest message; without any nothing. */
static cr_str marker_of_restored(const cr_group_rows *rows, const cr_row *restored)
{
    cr_str written = restored->value[CR_READ_SK];
    cr_str newest = written.data != NULL ? written : cr_str_of(CR_READ_NOTHING);
    for (size_t i = 0; i < rows->old.count; i++) {
        cr_str place = cr_row_place(&rows->old.row[i]);
        newest = cr_str_compare(place, newest) > 0 ? place : newest;
    }
    return newest;
}

static bool is_muted(const cr_row *row)
{
    int64_t until_us;
    return cr_time_parse(row->value[CR_MUTED_UNTIL], &until_us) && until_us > cr_clock_now_us();
}

/* What is the member's own moves along: the marker stays where it is, and a group that is not muted
 * comes back from the archive. Where the message was not read after the rows, it need not be the
 * newest that the member has read. */
static void carry_own(const cr_rewrite *rewrite, size_t member, cr_row *row)
{
    const cr_group_rows *rows = rewrite->rows;
    cr_row before = rows->row[member];
    bool is_author = cr_uuid_compare(&rows->members.uuid[member], &rewrite->author.uuid) == 0;
    if (cr_row_is_restored(&before)) {
        before.value[CR_READ_SK] = marker_of_restored(rows, &before);
    }
    cr_row_carry_marker(&before, is_author, row);
    if (rows->forward_only) {
        cr_row_limit_marker(row);
    }
    row->value[CR_ARCHIVED] = is_muted(row) ? row->value[CR_ARCHIVED] : CR_STR_ABSENT;
}

/* Messages that are not in the member's history are not shown. A row beyond the message shows what
 * it has shown: the message that it is at has gone. */
static void show_message(const cr_rewrite *rewrite, cr_row *row)
{
    const cr_row *message = rewrite->message;
    cr_str place = cr_row_place(row);
    bool is_visible = row->value[CR_VISIBLE_SK].data == NULL ||
                      cr_str_compare(place, row->value[CR_VISIBLE_SK]) > 0;
    if (cr_str_equal(place, message->value[CR_SK])) {
        cr_row_show_message(row, message, cr_clock_now_us());
        row->value[CR_TEXT] = is_visible ? row->value[CR_TEXT] : cr_str_of("");
        cr_row_name_author(row, &rewrite->author);
    }
}

cr_row cr_rewrite_moved(const cr_txn *txn, const cr_rewrite *rewrite, size_t member)
{
    const cr_group_rows *rows = rewrite->rows;
    cr_row row = rows->row[member];
    bool is_displaced = rows->room[member].data != NULL;
    if (!stays(rewrite, member)) {
        row.value[CR_SK] = is_displaced ? rows->room[member] : rewrite->message->value[CR_SK];
        row.value[CR_HEAD_SK] = is_displaced ? rewrite->message->value[CR_SK] : CR_STR_ABSENT;
        carry_own(rewrite, member, &row);
    } else if (!cr_str_equal(cr_row_place(&row), row.value[CR_HEAD_SK])) {
        row.value[CR_HEAD_SK] = CR_STR_ABSENT; /* one that is not the library's */
    }
    row.value[CR_VERSION] = rows->version;
    share_card(txn, rewrite, member, &row);
    show_message(rewrite, &row);
    return row;
}

/* A member's row as the table has it: it may have learned a name since. */
static const cr_row *as_read(const cr_group_rows *rows, size_t member)
{
    const cr_row *row = &rows->row[member];
    for (size_t i = 0; i < rows->old.count; i++) {
        const cr_row *old = &rows->old.row[i];
        if (cr_str_equal(old->value[CR_PK], row->value[CR_PK]) &&
            cr_str_equal(old->value[CR_SK], row->value[CR_SK])) {
            return old;
        }
    }
    return row;
}

/* What stays must be there still, or its member would have a row at the message twice, or none. */
static cruddur_status state_row(cr_txn *txn, const cr_rewrite *rewrite, size_t member)
{
    const cr_row *row = as_read(rewrite->rows, member);
    cr_row moved = cr_rewrite_moved(txn, rewrite, member);
    if (!stays(rewrite, member)) {
        return txn->ops->put(txn, &moved);
    }
    if (rewrite->replaces || puts_card(txn, rewrite)) {
        return txn->ops->replace(txn, row, &moved);
    }
    return is_atomic(txn) ? txn->ops->require(txn, row) : CRUDDUR_OK;
}

cruddur_status cr_rewrite_put(cr_txn *txn, const cr_rewrite *rewrite)
{
    cruddur_status status = state_card(txn, rewrite);
    for (size_t i = 0; status == CRUDDUR_OK && i < rewrite->rows->members.count; i++) {
        status = state_row(txn, rewrite, i);
    }
    return status;
}

static bool is_strangers(const cr_group_rows *rows, const cr_row *row)
{
    cr_uuid owner;
    return !cr_row_owner(row, &owner) || !cr_members_have(&rows->members, &owner);
}

/* The rows of people who are no members go first. */
static cruddur_status remove_some(cr_txn *txn, cr_rewrite *rewrite, bool strangers, size_t *room)
{
    const cr_group_rows *rows = rewrite->rows;
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < rows->old.count; i++) {
        const cr_row *row = &rows->old.row[i];
        if (!must_go(txn, rewrite, row) || is_strangers(rows, row) != strangers) {
            continue;
        }
        rewrite->has_more = *room == 0;
        if (rewrite->has_more) {
            break;
        }
        status = txn->ops->remove(txn, row);
        --*room;
    }
    return status;
}

cruddur_status cr_rewrite_remove(cr_txn *txn, cr_rewrite *rewrite)
{
    size_t beside = rewrite->beside + (states_card(txn, rewrite) ? 1 : 0);
    size_t room = CR_CHANGE_WRITES_MAX - beside - rewrite->rows->members.count;
    rewrite->has_more = false;
    cruddur_status status = remove_some(txn, rewrite, true, &room);
    if (status == CRUDDUR_OK && !rewrite->has_more) {
        status = remove_some(txn, rewrite, false, &room);
    }
    return status;
}
