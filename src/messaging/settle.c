/* SPDX-License-Identifier: MIT */
#include "messaging/settle.h"

#include "base/clock.h"
#include "messaging/cardless.h"
#include "messaging/rewrite.h"
#include "messaging/told.h"
#include "model/expiry.h"
#include "model/time.h"

/* Of the messages that a look back finds, one is that from which it looks, one its own, and in most
 * cases there is no other. One more shows that the answer has them all. */
#define MESSAGES_EXPECTED 3

/* One settling, over all runs of its body. */
typedef struct settle {
    cr_settling known;
    bool has_run;        /* the body */
    bool may_guess;      /* the latest run */
    bool was_guess;      /* the same, for the meter */
    bool has_looked;     /* it looks from where it has moved rows to, that message included */
    cr_room_search room; /* for rows that cannot go to the message's key */

    /* Of the latest run. */
    unsigned traits;     /* that it met */
    bool is_guess;       /* it goes by rows as the index tells them */
    bool is_there;       /* the group */
    bool has_writes;     /* there is something to move or to remove */
    bool has_put;        /* rows there, which somebody may have cleared just before */
    bool has_more;       /* than one change had room for */
    cr_kept_key oldest;  /* the place of the rows that it met */
    cr_kept_key reached; /* the message to which it moved them */
} settle;

static cr_str group_of(const settle *settling)
{
    return cr_uuid_str(settling->known.group);
}

/* ---- the group rows that there are ---- */

/* Whether a row may show something else than the message that it is at: what that was before it was
 * changed, or one that had an end, and whose key is another one's since it has gone. */
static bool may_show_other(const cr_settling *known, const cr_row *row)
{
    return known->is_changed || row->value[CR_HEAD_EXPIRES_AT].data != NULL;
}

/* Whether a row is at the message, and shows another text or end. To a member who does not see the
 * message it shows nothing. */
static bool is_outdated(const cr_settling *known, const cr_row *row)
{
    cr_str visible_sk = row->value[CR_VISIBLE_SK];
    bool shows_nothing = row->value[CR_TEXT].size == 0 && visible_sk.data != NULL &&
                         cr_str_compare(cr_row_place(row), visible_sk) <= 0;
    bool is_other = !cr_str_equal(row->value[CR_TEXT], known->text) ||
                    cr_head_has_expired(row, cr_clock_now_us());
    return may_show_other(known, row) && cr_str_equal(cr_row_place(row), known->message_sk) &&
           !shows_nothing && is_other;
}

/* Everybody whom the rows name has one, all of the same message, and that is the given one or a
 * later one: as rows only move forward, it does not matter how far the index lags behind. */
static bool are_settled(const cr_rows *rows, const cr_settling *known)
{
    cr_members named = {0};
    cr_str message_sk = known->message_sk;
    if (message_sk.data == NULL || rows->count < CRUDDUR_MEMBERS_MIN ||
        cr_str_compare(cr_row_place(&rows->row[0]), message_sk) < 0) {
        return false;
    }
    for (size_t i = 0; i < rows->count; i++) {
        const cr_row *row = &rows->row[i];
        if (!cr_str_equal(cr_row_place(row), cr_row_place(&rows->row[0])) ||
            !cr_members_add_row(&named, row) || is_outdated(known, row)) {
            return false;
        }
    }
    return rows->count == named.count;
}

/* Where the index tells of no row, the author's own leads to the others. A group that has no
 * message either is not there. */
static cruddur_status find_any_row(cr_txn *txn, const settle *settling, cr_rows *rows,
                                   bool *is_there)
{
    cr_row row;
    const cr_uuid *author = settling->known.author;
    *is_there = rows->count > 0;
    if (*is_there) {
        return CRUDDUR_OK;
    }
    cruddur_status status = cr_group_find_head(txn, settling->known.group, &row);
    *is_there = status == CRUDDUR_OK && cr_row_exists(&row);
    if (!*is_there || author == NULL) {
        return status;
    }
    cr_pk pk = cr_pk_of_member(author);
    status = cr_group_search_partition(txn, group_of(settling), &pk, CR_STR_ABSENT, &row);
    return status == CRUDDUR_OK && cr_row_exists(&row) && !cr_rows_add(rows, &row)
               ? cr_fail_memory(txn->call->error)
               : status;
}

/* Who is to have a row: whom the card names, or else the rows. A group without any may still be the
 * direct group of two authors. */
static cruddur_status read_members(cr_txn *txn, const settle *settling, const cr_read_card *card,
                                   const cr_rows *rows, cr_members *members, bool *are_known)
{
    const cr_settling *known = &settling->known;
    cr_members candidates = {0};
    *are_known = cr_row_exists(&card->row);
    if (*are_known) {
        *members = card->card.members;
        return CRUDDUR_OK;
    }
    if (known->named != NULL) {
        candidates = *known->named;
    }
    if (known->author != NULL) {
        (void)cr_members_add(&candidates, known->author); /* one of a full group is in it */
    }
    cruddur_status status =
        cr_cardless_members_of(txn, known->group, rows, &candidates, members, are_known);
    return status == CRUDDUR_OK && members->count < CRUDDUR_MEMBERS_MIN
               ? cr_cardless_fail_untold(txn, known->group)
               : status;
}

/* Whether these rows name anybody who is not among the members yet. Then they are told as well. */
static cruddur_status tell_more(const cr_txn *txn, const cr_group_rows *rows, cr_rows *told,
                                cr_rows *fresh, bool *has_more)
{
    cr_members named = rows->members;
    for (size_t i = 0; i < rows->old.count; i++) {
        (void)cr_members_add_row(&named, &rows->old.row[i]); /* a crowd shows in the next turn */
    }
    *has_more = named.count > rows->members.count;
    for (size_t i = 0; *has_more && i < rows->old.count; i++) {
        if (!cr_rows_add_once(told, &rows->old.row[i]) ||
            !cr_rows_add_once(fresh, &rows->old.row[i])) {
            return cr_fail_memory(txn->call->error);
        }
    }
    return CRUDDUR_OK;
}

/* ---- looking back ---- */

/* Whatever messages there are, the rows are read, too. */
static bool reads_all(const cr_settling *known)
{
    return known->is_repeat || known->must_settle;
}

/* Together with the messages; all of it after the writer's own message was stored. */
static void read_ahead(cr_txn *txn, const cr_settling *known, const cr_query *messages)
{
    cr_pk pk[CRUDDUR_MEMBERS_MAX];
    cr_key keys[1 + CRUDDUR_MEMBERS_MAX];
    const cr_card_pk card_pk = cr_card_pk_of(known->group);
    const cr_query queries[] = {*messages, cr_group_index_query(known->group)};
    size_t count = known->own_sk.data == NULL ? 0 : known->named->count;
    const cr_reads reads = {queries, 2, keys, count == 0 ? 0 : 1 + count, NULL, 0};
    keys[0] = cr_card_key(&card_pk);
    for (size_t i = 0; i < count; i++) {
        pk[i] = cr_pk_of_member(&known->named->uuid[i]);
        keys[1 + i] = (cr_key){cr_pk_str(&pk[i]), known->own_sk};
    }
    cr_rows_read_ahead(txn, &reads);
}

/* The messages behind the one from which rows may be left, the oldest first; or the message of an
 * earlier call, and the one that its writer may have met as the head. */
static cruddur_status read_messages(cr_txn *txn, const settle *settling, cr_rows *messages)
{
    const cr_settling *known = &settling->known;
    cr_pk pk = cr_pk_of_group(known->group);
    cr_query query = {.partition = cr_pk_str(&pk), .expected = MESSAGES_EXPECTED};
    *messages = (cr_rows){.arena = txn->arena};
    if (known->is_repeat) {
        query.upper = (cr_bound){known->from_sk, true};
        query.descending = true;
    } else {
        query.lower = (cr_bound){known->from_sk, settling->has_looked};
    }
    if (reads_all(known)) {
        read_ahead(txn, known, &query);
    }
    return cr_rows_collect(txn, &query, known->is_repeat ? 2 : SIZE_MAX, messages);
}

/* Adds what the members have at the keys of these messages, however far the index lags behind. */
static cruddur_status read_at_messages(cr_txn *txn, const settle *settling, const cr_rows *messages,
                                       cr_group_rows *rows)
{
    cruddur_status status = CRUDDUR_OK;
    cr_str left_sk = settling->known.left_sk;
    if (left_sk.data != NULL) {
        status = cr_group_rows_read_at(txn, left_sk, group_of(settling), rows);
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < messages->count; i++) {
        status =
            cr_group_rows_read_at(txn, messages->row[i].value[CR_SK], group_of(settling), rows);
    }
    return status;
}

/* ---- completing them, and the head ---- */

/* The newest message has expired and gone: it was where the newest row is. */
static cruddur_status take_gone_head(const cr_txn *txn, const cr_uuid *group,
                                     const cr_group_rows *rows, cr_row *head)
{
    cr_pk pk = cr_pk_of_group(group);
    for (size_t i = 0; i < rows->old.count; i++) {
        const cr_row *row = &rows->old.row[i];
        if (cr_head_has_expired(row, cr_clock_now_us()) &&
            cr_str_compare(cr_row_place(row), head->value[CR_SK]) > 0) {
            *head = (cr_row){0};
            head->value[CR_PK] = cr_arena_copy(txn->arena, cr_pk_str(&pk));
            head->value[CR_SK] = cr_row_place(row);
            head->value[CR_TEXT] = cr_str_of("");
            head->value[CR_EXPIRES_AT] = row->value[CR_HEAD_EXPIRES_AT];
        }
    }
    bool is_made = head->value[CR_SK].data == NULL || cr_row_exists(head);
    return is_made ? CRUDDUR_OK : cr_fail_memory(txn->call->error);
}

/* Completes the rows where the index lags behind, or a row was lost. What moved meanwhile moved to
 * a message that is read last. */
static cruddur_status search_others(cr_txn *txn, settle *settling, cr_group_rows *rows,
                                    cr_row *head)
{
    cr_row newest = {0};
    const cr_uuid *group = settling->known.group;
    cruddur_status status = cr_group_find_head(txn, group, head);
    if (status == CRUDDUR_OK && (!cr_row_exists(head) || settling->known.mends)) {
        status = take_gone_head(txn, group, rows, head);
    }
    if (status != CRUDDUR_OK || !cr_row_exists(head)) {
        return status;
    }
    status = cr_group_rows_search(txn, group, head->value[CR_SK], rows);
    if (status == CRUDDUR_OK) {
        cr_group_rows_restore(group, rows);
        status = cr_group_rows_read_names(txn, group, rows, &newest);
    }
    int order = cr_str_compare(newest.value[CR_SK], head->value[CR_SK]);
    bool is_gone = settling->known.mends && order < 0; /* the head */
    bool is_other = cr_row_exists(&newest) && order != 0 && !is_gone;
    return status == CRUDDUR_OK && is_other ? CRUDDUR_E_CONFLICT : status;
}

/* All rows are at one message or beyond it, but a member has two. */
static cruddur_status read_head_of_twins(cr_txn *txn, const settle *settling, cr_group_rows *rows,
                                         cr_row *head)
{
    cruddur_status status = cr_group_find_head(txn, settling->known.group, head);
    if (status != CRUDDUR_OK || !cr_row_exists(head)) {
        return status;
    }
    cr_group_rows_forget_later(rows, head->value[CR_SK]);
    bool is_newer = cr_str_compare(head->value[CR_SK], cr_group_rows_oldest(rows)) > 0;
    return is_newer ? CRUDDUR_E_CONFLICT : CRUDDUR_OK;
}

/* A repair goes by a head that has gone, too, where others are left. */
static cruddur_status read_needed_head(cr_txn *txn, const settle *settling,
                                       const cr_group_rows *rows, cr_row *head)
{
    cruddur_status status = CRUDDUR_OK;
    const cr_settling *known = &settling->known;
    bool is_needed = known->makes_card || known->is_changed || known->mends;
    for (size_t i = 0; i < rows->members.count; i++) {
        const cr_row *row = &rows->row[i];
        is_needed = is_needed || (may_show_other(known, row) &&
                                  cr_str_equal(cr_row_place(row), known->message_sk));
    }
    if (is_needed && !cr_row_exists(head)) {
        status = cr_group_find_head(txn, known->group, head);
    }
    return status == CRUDDUR_OK && known->mends ? take_gone_head(txn, known->group, rows, head)
                                                : status;
}

/* The head is read last: whoever moved rows meanwhile did so to a message that it shows. It is
 * absent throughout where the rows are in place already, and nothing is to be done. */
static cruddur_status complete(cr_txn *txn, settle *settling, cr_group_rows *rows, cr_row *head)
{
    cruddur_status status = CRUDDUR_OK;
    bool has_rows = rows->old.count > 0;
    *head = (cr_row){0};
    if (has_rows) {
        status = cr_group_rows_read_names(txn, settling->known.group, rows, head);
    }
    bool has_twins = has_rows && rows->old.count > rows->members.count;
    if (status == CRUDDUR_OK && has_twins && !cr_row_exists(head)) {
        status = read_head_of_twins(txn, settling, rows, head);
    }
    bool is_whole = has_rows && cr_group_rows_are_whole(rows, head->value[CR_SK]);
    if (status == CRUDDUR_OK && settling->is_guess && !is_whole) {
        return CRUDDUR_E_CONFLICT;
    }
    if (status == CRUDDUR_OK && !is_whole) {
        return search_others(txn, settling, rows, head);
    }
    return status == CRUDDUR_OK ? read_needed_head(txn, settling, rows, head) : status;
}

/* A group that was removed is left alone; one that has a card gets none. */
static bool may_settle(const settle *settling, const cr_read_card *card)
{
    return !card->card.is_removed && !(settling->known.makes_card && cr_row_exists(&card->row));
}

/* Behind the stream a first run goes by rows as the index tells them, if these make a whole. All of
 * them are conditions of its change, and so is the head, which was read with them, and not after
 * them. */
static cruddur_status read_card_and_rows(cr_txn *txn, settle *settling, const cr_rows *told,
                                         cr_read_card *card, cr_rows *fresh)
{
    const cr_uuid *group = settling->known.group;
    settling->is_guess = false;
    if (!settling->may_guess) {
        return cr_group_read_card_and_rows(txn, group, told, card, fresh);
    }
    cruddur_status status = cr_group_read_card(txn, group, card);
    settling->is_guess = status == CRUDDUR_OK && cr_told_is_whole(told, card);
    if (status != CRUDDUR_OK || settling->is_guess) {
        *fresh = *told;
        return status;
    }
    cr_rows_forget_ahead(txn); /* the head is read after the rows */
    return cr_group_read_card_and_rows(txn, group, told, card, fresh);
}

/* Reads all rows of the group, and the head. The index names members by rows that have moved on
 * since; and what it does not show yet may name more. */
static cruddur_status read_rows(cr_txn *txn, settle *settling, cr_read_card *card, cr_rows *told,
                                const cr_rows *messages, cr_group_rows *rows, cr_row *head)
{
    cr_rows fresh;
    cr_members members;
    bool are_known;
    bool has_more = false;
    cruddur_status status = read_card_and_rows(txn, settling, told, card, &fresh);
    if (status != CRUDDUR_OK || !may_settle(settling, card)) {
        return status;
    }
    do {
        status = read_members(txn, settling, card, told, &members, &are_known);
        if (status == CRUDDUR_OK) {
            status = cr_group_rows_take(txn, card, &fresh, &members, rows);
        }
        if (status == CRUDDUR_OK) {
            status = read_at_messages(txn, settling, messages, rows);
        }
        if (status == CRUDDUR_OK) {
            status = complete(txn, settling, rows, head);
        }
        if (status == CRUDDUR_OK && !are_known) {
            status = tell_more(txn, rows, told, &fresh, &has_more);
        }
    } while (status == CRUDDUR_OK && has_more && !are_known);
    return status;
}

/* ---- the body ---- */

/* Whether a row says something else than it would if it were put anew. */
static bool differs(const cr_row *row, const cr_row *moved)
{
    for (size_t i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        if (i != CR_VERSION && !cr_str_equal(row->value[i], moved->value[i])) {
            return true;
        }
    }
    return false;
}

/* Whether rows that are at the message show another text, or are to be mended. Without transactions
 * they stay: no row is replaced there. */
static bool must_replace(const cr_txn *txn, const settle *settling, const cr_rewrite *rewrite)
{
    const cr_settling *known = &settling->known;
    bool may_replace = (txn->traits & CR_TRAIT_ATOMIC) != 0;
    for (size_t i = 0; may_replace && i < rewrite->rows->members.count; i++) {
        const cr_row *row = &rewrite->rows->row[i];
        cr_row moved = cr_rewrite_moved(txn, rewrite, i);
        bool stays = cr_str_equal(cr_row_place(row), rewrite->message->value[CR_SK]);
        bool shows_other =
            !cr_str_equal(row->value[CR_TEXT], moved.value[CR_TEXT]) ||
            !cr_str_equal(row->value[CR_HEAD_EXPIRES_AT], moved.value[CR_HEAD_EXPIRES_AT]);
        if (stays && ((shows_other && may_show_other(known, row)) ||
                      (known->mends && differs(row, &moved)))) {
            return true;
        }
    }
    return false;
}

static cruddur_status move_rows(cr_txn *txn, settle *settling, cr_group_rows *rows,
                                const cr_row *head)
{
    cr_rewrite rewrite = {.group = settling->known.group,
                          .message = head,
                          .author = cr_person_of(head),
                          .rows = rows,
                          .beside = settling->is_guess ? 1 : 0,
                          .makes_card = settling->known.makes_card};
    rewrite.replaces = must_replace(txn, settling, &rewrite);
    settling->has_writes = cr_rewrite_is_needed(txn, &rewrite);
    if (!settling->has_writes) {
        return CRUDDUR_OK;
    }
    cr_str oldest_sk = cr_group_rows_oldest(rows);
    cr_kept_key_set(&settling->oldest, oldest_sk.data == NULL ? head->value[CR_SK] : oldest_sk);
    cr_kept_key_set(&settling->reached, head->value[CR_SK]);
    settling->has_put = !cr_group_rows_are_at(rows, head->value[CR_SK]);
    cruddur_status status = cr_rewrite_find_room(txn, &rewrite, &settling->room);
    if (status == CRUDDUR_OK) {
        status = cr_rewrite_put(txn, &rewrite);
    }
    if (status == CRUDDUR_OK && settling->is_guess) {
        status = txn->ops->require(txn, head); /* it may have been changed before the rows */
    }
    if (status == CRUDDUR_OK) {
        status = cr_rewrite_remove(txn, &rewrite);
    }
    settling->has_more = rewrite.has_more;
    return status;
}

static cruddur_status settle_rows(cr_txn *txn, settle *settling, cr_rows *told,
                                  const cr_rows *messages)
{
    cr_read_card card;
    cr_group_rows rows;
    cr_row head = {0};
    cruddur_status status = find_any_row(txn, settling, told, &settling->is_there);
    if (status != CRUDDUR_OK || !settling->is_there) {
        return status;
    }
    status = read_rows(txn, settling, &card, told, messages, &rows, &head);
    bool has_head = status == CRUDDUR_OK && cr_row_exists(&head);
    status = has_head ? move_rows(txn, settling, &rows, &head) : status;
    bool is_open = status == CRUDDUR_OK && settling->is_guess && !settling->has_writes;
    return is_open ? CRUDDUR_E_CONFLICT : status; /* a guess counts only where it is judged */
}

/* Announces what a guess goes by. */
static void begin_guess(cr_txn *txn, settle *settling)
{
    const cr_settling *known = &settling->known;
    const unsigned traits = CR_TRAIT_ATOMIC | CR_TRAIT_STREAMED | CR_TRAIT_SNAPSHOT;
    const cr_pk pk = cr_pk_of_group(known->group);
    const cr_card_pk card_pk = cr_card_pk_of(known->group);
    const cr_key card = cr_card_key(&card_pk);
    const cr_query latest = cr_latest_query(&pk, CR_LATEST_FOR_ROWS);
    /* They are read for the names, and for the head where it has been passed over. */
    const cr_query queries[] = {cr_group_index_query(known->group), latest, latest};
    const cr_reads reads = {.queries = queries, .query_count = 3, .keys = &card, .key_count = 1};
    bool is_plain = !known->makes_card && !known->mends && !known->looks_back && !known->is_changed;
    settling->may_guess = !settling->has_run && is_plain &&
                          (txn->traits & traits) == (CR_TRAIT_ATOMIC | CR_TRAIT_STREAMED);
    settling->has_run = true;
    settling->is_guess = false;
    cr_meter_run(&txn->call->meter, settling->may_guess, &settling->was_guess);
    if (settling->may_guess) {
        cr_rows_read_ahead(txn, &reads);
    }
}

static cruddur_status fail_steps(const cr_call *call)
{
    return cr_fail_with(call->error, CRUDDUR_E_CONFIG,
                        "groups get their cards in transactions only, and the store is written "
                        "in steps");
}

static cruddur_status settle_body(cr_txn *txn, void *argument)
{
    settle *settling = argument;
    const cr_settling *known = &settling->known;
    cr_rows told;
    cr_rows messages = {0};
    cruddur_status status = CRUDDUR_OK;
    settling->traits = txn->traits;
    settling->is_there = true;
    settling->has_writes = settling->has_put = settling->has_more = false;
    begin_guess(txn, settling);
    if (known->makes_card && (txn->traits & CR_TRAIT_ATOMIC) == 0) {
        return fail_steps(txn->call);
    }
    if (known->looks_back) {
        status = read_messages(txn, settling, &messages);
        bool is_alone = messages.count <= 1 && !reads_all(known);
        if (status != CRUDDUR_OK || is_alone) {
            return status;
        }
    }
    status = cr_group_read_index(txn, known->group, &told);
    return status != CRUDDUR_OK || are_settled(&told, known)
               ? status
               : settle_rows(txn, settling, &told, &messages);
}

/* ---- the call ---- */

/* In steps others may have met it half done. Where it has put rows, it looks again. */
static bool must_look_again(const settle *settling)
{
    bool is_atomic = (settling->traits & CR_TRAIT_ATOMIC) != 0;
    bool is_first_look = !settling->known.looks_back;
    return !is_atomic && (settling->has_put || (settling->has_writes && is_first_look));
}

/* Looks back from where the rows were, or, when it has done so, from where it has moved them to. */
static void look_again(settle *settling, cr_kept_key *from)
{
    settling->has_looked = settling->known.looks_back;
    *from = settling->has_looked ? settling->reached : settling->oldest;
    settling->known.looks_back = true;
    settling->known.message_sk = CR_STR_ABSENT;
    settling->known.from_sk = cr_kept_key_str(from);
    settling->known.left_sk = CR_STR_ABSENT;
    settling->known.is_repeat = settling->known.must_settle = false;
}

static cr_settled result_of(const settle *settling, bool has_changed)
{
    if (has_changed) {
        return CR_SETTLED_CHANGED;
    }
    return settling->is_there ? CR_SETTLED_BEFORE : CR_SETTLED_GONE;
}

cruddur_status cr_settle(cr_store *store, const cr_settling *settling, cr_call *call,
                         cr_settled *result)
{
    settle now = {.known = *settling};
    cr_kept_key from = {0};
    cruddur_status status;
    bool has_changed = false;
    bool goes_on;
    do {
        now.room = (cr_room_search){0};
        status = store->ops->change(store, settle_body, &now, call);
        has_changed = has_changed || (status == CRUDDUR_OK && now.has_writes);
        goes_on = status == CRUDDUR_OK && (now.has_more || must_look_again(&now));
        if (now.has_more) {
            now.known.must_settle = true; /* the same once more */
            now.known.makes_card = false;
        } else if (goes_on) {
            look_again(&now, &from);
        }
    } while (goes_on);
    if (result != NULL) {
        *result = result_of(&now, has_changed);
    }
    return status;
}

cruddur_status cr_settle_in_turn(cr_store *store, const cr_settling *settling, cr_call *call,
                                 cr_settled *result)
{
    cr_ticket ticket;
    cruddur_status status =
        cr_queue_enter(store->queues, cr_uuid_str(settling->group), call, &ticket);
    if (status == CRUDDUR_OK) {
        status = cr_settle(store, settling, call, result);
        cr_queue_leave(call);
    }
    return status;
}

void cr_settle_rest(cr_store *store, const cr_uuid *group, cr_call *call)
{
    cruddur_error *error = NULL;
    const cr_settling settling = {.group = group};
    cr_call quiet = *call;
    quiet.error = &error;
    cruddur_status status = cr_settle(store, &settling, &quiet, NULL);
    call->meter = quiet.meter;
    if (status != CRUDDUR_OK) {
        cr_log_line(&call->logger, CRUDDUR_LOG_WARNING,
                    "group %s: old group rows may be left, for the next write to remove: %s",
                    group->text, cruddur_error_message(error));
    }
    cruddur_error_free(error);
}
