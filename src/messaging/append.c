/* SPDX-License-Identifier: MIT */
#include "messaging/append.h"

#include "base/clock.h"
#include "messaging/change.h"
#include "messaging/recall.h"
#include "model/expiry.h"

/* ---- the author's names ---- */

static cr_str first_present(cr_str a, cr_str b)
{
    return a.data != NULL ? a : b.data != NULL ? b : cr_str_of("");
}

static bool has_names(const cr_draft *draft)
{
    return draft->author.display_name.data != NULL && draft->author.handle.data != NULL;
}

static cr_person complete_person(const cr_draft *draft, const cr_person *known)
{
    return (cr_person){draft->author.uuid,
                       first_present(draft->author.display_name, known->display_name),
                       first_present(draft->author.handle, known->handle)};
}

/* What the caller does not tell of the author, the group rows know. */
static cr_person name_author(const cr_draft *draft, const cr_group_rows *rows)
{
    cr_person known = cr_group_rows_person(rows, &draft->author.uuid);
    return complete_person(draft, &known);
}

/* Where the rows are left alone, the newest messages are read along with the head. */
static bool announces_latest(const cr_txn *txn, const cr_send *send)
{
    return (txn->traits & CR_TRAIT_STREAMED) != 0 && !cr_send_has_failed(send) &&
           send->opening == NULL && !has_names(send->draft);
}

/* The rows may not have moved yet to the message that tells the names. */
static cruddur_status read_author(cr_txn *txn, const cr_draft *draft, cr_group *group,
                                  cr_person *author)
{
    cr_group_rows rows;
    cr_row newest;
    cruddur_status status = cr_group_rows_read(txn, group, &rows);
    if (status == CRUDDUR_OK) {
        cr_group_rows_restore(&group->uuid, &rows);
        status = cr_group_rows_read_names(txn, &group->uuid, &rows, &newest);
    }
    if (status == CRUDDUR_OK) {
        *author = name_author(draft, &rows);
    }
    return status;
}

/* The same where the group rows are not read for anything else: mostly one of them is enough. */
static cruddur_status complete_author(cr_txn *txn, const cr_send *send, cr_group *group,
                                      cr_person *author)
{
    bool are_known = has_names(send->draft);
    cruddur_status status = CRUDDUR_OK;
    *author = send->draft->author;
    if (!are_known && announces_latest(txn, send)) {
        cr_person known = *author;
        status = cr_latest_names(txn, group, &known, &are_known);
        *author = are_known ? complete_person(send->draft, &known) : *author;
    }
    return status != CRUDDUR_OK || are_known ? status
                                             : read_author(txn, send->draft, group, author);
}

/* ---- a message far back ---- */

/* Watchers do not look for new messages so far back, so they are told. */
typedef struct late {
    bool is_it;
    cr_change_pk pk;
    cr_row counter;
} late;

static cruddur_status read_late(cr_txn *txn, const cr_uuid *group, cr_str sk, late *found)
{
    found->is_it = cr_change_is_late(txn, sk);
    found->pk = cr_change_pk_of(group);
    const cr_key key = cr_change_counter_key(&found->pk);
    return found->is_it ? cr_rows_get_any(txn, &key, 1, &found->counter) : CRUDDUR_OK;
}

/* Precedes the message, the last of the puts. */
static cruddur_status put_message(cr_txn *txn, const late *found, const cr_row *message)
{
    cruddur_status status =
        found->is_it ? cr_change_state(txn, &found->pk, &found->counter, message, 1, CR_CHANGE_LATE)
                     : CRUDDUR_OK;
    return status == CRUDDUR_OK ? txn->ops->put(txn, message) : status;
}

/* ---- the message alone ---- */

/* What the call returns: an opening the author's group row, as it will be at the message. */
static cruddur_status keep_alone(cr_txn *txn, cr_send *send, cr_group *group, const cr_row *message)
{
    cr_row row = *message;
    cruddur_status status = CRUDDUR_OK;
    if (send->opening != NULL) {
        status = cr_group_rows_own(txn, group, &send->draft->author.uuid, &row);
        row.value[CR_SK] = message->value[CR_SK];
        row.value[CR_HEAD_SK] = CR_STR_ABSENT;
        cr_row_show_message(&row, message, cr_clock_now_us());
        row.value[CR_READ_SK] = CR_STR_ABSENT;
    }
    return status == CRUDDUR_OK ? cr_send_keep(send, &row, txn->call) : status;
}

/* A message of the past could get a key before group rows that are at a message which has gone.
 */
static cruddur_status look_beyond(cr_txn *txn, const cr_draft *draft, cr_group *group)
{
    bool is_needed = draft->created_at_us != 0 && !cr_row_exists(&group->own);
    return is_needed ? cr_group_ask_index(txn, group) : CRUDDUR_OK;
}

/* Appends where somebody else moves the group rows, or where they are past the message. */
static cruddur_status append_alone(cr_txn *txn, cr_send *send, cr_group *group,
                                   const cr_found_claim *claim)
{
    cr_person author;
    cr_sort_key sk;
    cr_pk pk = cr_pk_of_group(&group->uuid);
    cruddur_status status = complete_author(txn, send, group, &author);
    if (status == CRUDDUR_OK) {
        status = look_beyond(txn, send->draft, group);
    }
    if (status == CRUDDUR_OK) {
        status = cr_repeat_choose_key(send, claim, cr_group_last(group), &sk, txn->call);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_row message;
    late found;
    status = read_late(txn, &group->uuid, cr_sort_key_str(&sk), &found);
    if (status == CRUDDUR_OK) {
        status = cr_send_message(txn, send->draft, &author, &pk, &sk, &message);
    }
    if (status == CRUDDUR_OK) {
        status = keep_alone(txn, send, group, &message);
    }
    if (status == CRUDDUR_OK) {
        status = cr_repeat_claim(txn, send, claim, NULL, message.value[CR_SK]);
    }
    return status == CRUDDUR_OK ? put_message(txn, &found, &message) : status;
}

/* ---- the message, and the group rows with it ---- */

/* Whoever writes to somebody again knows them by name. */
static void name_restored(const cr_opening *opening, cr_group_rows *rows)
{
    for (size_t i = 0; opening != NULL && i < rows->members.count; i++) {
        for (size_t j = 0; j < opening->members.count; j++) {
            if (cr_row_is_restored(&rows->row[i])) {
                cr_row_name_author(&rows->row[i], &opening->person[j]);
            }
        }
    }
}

static cruddur_status fail_foreign(const cr_txn *txn, const cr_uuid *group)
{
    return cr_fail_with(txn->call->error, CRUDDUR_E_FOREIGN_WRITER,
                        "group %s: its group rows are not as this library leaves them, so another "
                        "program writes to it; the store's URL says writers=ours",
                        group->text);
}

/* The card was read before the rows, so a change between them shows: then all is read once more. */
static cruddur_status judge_strange(const cr_txn *txn, cr_send *send, const cr_group *group)
{
    cr_str version = group->card.row.value[CR_VERSION];
    bool is_again = version.data == NULL || cr_str_equal(cr_kept_key_str(&send->strange), version);
    cr_kept_key_set(&send->strange, version);
    return is_again ? fail_foreign(txn, &group->uuid) : CRUDDUR_E_CONFLICT;
}

/* Where every writer is ours, no row is behind the head, which was read before them, and none has
 * lost the card's rev. */
static cruddur_status check_writers(const cr_txn *txn, cr_send *send, const cr_group *group,
                                    const cr_group_rows *rows)
{
    const cr_row *card = &group->card.row;
    bool are_ours = true;
    for (size_t i = 0; i < rows->old.count; i++) {
        const cr_row *row = &rows->old.row[i];
        bool is_of_card =
            !cr_row_exists(card) || cr_str_equal(row->value[CR_REV], card->value[CR_REV]);
        are_ours = are_ours && is_of_card &&
                   cr_str_compare(cr_row_place(row), group->head.value[CR_SK]) >= 0;
    }
    return are_ours || (txn->traits & CR_TRAIT_OURS) == 0 ? CRUDDUR_OK
                                                          : judge_strange(txn, send, group);
}

cruddur_status cr_append_read_rows(cr_txn *txn, cr_send *send, cr_group *group, cr_group_rows *rows)
{
    cr_row newest;
    cr_str head_sk = group->head.value[CR_SK];
    cruddur_status status = cr_group_rows_read(txn, group, rows);
    if (status == CRUDDUR_OK) {
        status = check_writers(txn, send, group, rows);
    }
    if (status == CRUDDUR_OK) {
        cr_group_rows_restore(&group->uuid, rows);
    }
    /* Rows that lag behind, in mode stream, have not got the names of the messages between; nor has
     * a row that was lost any. */
    if (status == CRUDDUR_OK && !cr_group_rows_are_at(rows, head_sk)) {
        status = cr_group_rows_read_names(txn, &group->uuid, rows, &newest);
    }
    if (status == CRUDDUR_OK) {
        cr_str oldest_sk = cr_group_rows_oldest(rows);
        bool is_behind = oldest_sk.data != NULL && cr_str_compare(oldest_sk, head_sk) < 0;
        cr_kept_key_set(&send->oldest, is_behind ? oldest_sk : CR_STR_ABSENT);
        name_restored(send->opening, rows);
    }
    return status;
}

/* Of several messages none is far back. */
static cruddur_status read_late_of(cr_txn *txn, const cr_together *together, const cr_group *group,
                                   cr_str sk, late *found)
{
    *found = (late){0};
    return together->count == 1 ? read_late(txn, &group->uuid, sk, found) : CRUDDUR_OK;
}

/* One message of several: its row, and the rewrite that it asks for. */
typedef struct step {
    cr_sort_key sk;
    cr_row message;
    cr_rewrite rewrite;
} step;

/* Chooses a key behind the message before; the author's names are as the rows have them by then. */
static cruddur_status plan_step(cr_txn *txn, const cr_together *together, size_t number,
                                const cr_pk *pk, cr_str last_sk, cr_group_rows *rows, step *planned)
{
    cr_send *send = together->send[number];
    cr_person author = name_author(send->draft, rows);
    cruddur_status status =
        cr_repeat_choose_key(send, &together->claim[number], last_sk, &planned->sk, txn->call);
    if (status == CRUDDUR_OK && cr_group_rows_meet(rows, cr_sort_key_str(&planned->sk))) {
        status = CRUDDUR_E_CONFLICT; /* a claimed key; one change states one write for it */
    }
    if (status == CRUDDUR_OK) {
        status = cr_send_message(txn, send->draft, &author, pk, &planned->sk, &planned->message);
    }
    planned->rewrite = (cr_rewrite){
        .group = &send->draft->group, .message = &planned->message, .author = author, .rows = rows};
    return status;
}

/* Moves the rows in memory, as a change for this message alone would. */
static void move_rows(const cr_txn *txn, const cr_rewrite *rewrite)
{
    cr_row moved[CRUDDUR_MEMBERS_MAX];
    cr_group_rows *rows = rewrite->rows;
    for (size_t i = 0; i < rows->members.count; i++) {
        moved[i] = cr_rewrite_moved(txn, rewrite, i);
    }
    memcpy(rows->row, moved, rows->members.count * sizeof(*moved));
}

static cruddur_status plan_all(cr_txn *txn, const cr_together *together, const cr_group *group,
                               const cr_pk *pk, cr_group_rows *rows, step *planned)
{
    cruddur_status status = CRUDDUR_OK;
    cr_str last_sk = cr_rows_last(&rows->old, group->head.value[CR_SK]);
    for (size_t i = 0; status == CRUDDUR_OK && i < together->count; i++) {
        if (i > 0) {
            move_rows(txn, &planned[i - 1].rewrite);
        }
        status = plan_step(txn, together, i, pk, last_sk, rows, &planned[i]);
        last_sk = cr_sort_key_str(&planned[i].sk);
    }
    return status;
}

static cruddur_status claim_all(cr_txn *txn, const cr_together *together, const cr_members *members,
                                const step *planned)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < together->count; i++) {
        status = cr_repeat_claim(txn, together->send[i], &together->claim[i], members,
                                 cr_sort_key_str(&planned[i].sk));
    }
    return status;
}

static size_t count_writes(const cr_together *together)
{
    size_t count = together->count;
    for (size_t i = 0; i < together->count; i++) {
        count += together->send[i]->draft->may_be_repeat ? 1 : 0;
    }
    return count;
}

/* States all writes; the order is that of store.h. */
static cruddur_status write_all(cr_txn *txn, const cr_together *together, const late *found,
                                step *planned)
{
    cr_rewrite *last = &planned[together->count - 1].rewrite;
    last->beside = count_writes(together) + (found->is_it ? CR_CHANGE_ROWS : 0);
    cruddur_status status = claim_all(txn, together, &last->rows->members, planned);
    if (status == CRUDDUR_OK) {
        status = cr_rewrite_put(txn, last);
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < together->count; i++) {
        status = put_message(txn, found, &planned[i].message);
    }
    return status == CRUDDUR_OK ? cr_rewrite_remove(txn, last) : status;
}

static cruddur_status keep_result(const cr_txn *txn, cr_send *send, const cr_rewrite *rewrite)
{
    size_t self = cr_members_find(&rewrite->rows->members, &rewrite->author.uuid);
    cr_row own = *rewrite->message;
    if (send->opening != NULL) {
        own = cr_rewrite_moved(txn, rewrite, self);
    }
    return cr_send_keep(send, &own, txn->call);
}

cruddur_status cr_append_and_move(cr_txn *txn, const cr_together *together, cr_group *group,
                                  cr_group_rows *rows)
{
    late found;
    step planned[CR_TOGETHER_MAX];
    const cr_rewrite *last = &planned[together->count - 1].rewrite;
    cr_pk pk = cr_pk_of_group(&group->uuid);
    cruddur_status status = plan_all(txn, together, group, &pk, rows, planned);
    if (status == CRUDDUR_OK) {
        status = read_late_of(txn, together, group, cr_sort_key_str(&planned[0].sk), &found);
    }
    if (status == CRUDDUR_OK) {
        status = write_all(txn, together, &found, planned);
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < together->count; i++) {
        status = keep_result(txn, together->send[i], &planned[i].rewrite);
    }
    if (status == CRUDDUR_OK && !found.is_it) {
        cr_recall_leave(txn, group, last, NULL);
    }
    return status;
}

/* ---- the call ---- */

cruddur_status cr_append_once(cr_txn *txn, cr_send *send, cr_group *group)
{
    cr_found_claim claim;
    bool are_ours = (txn->traits & CR_TRAIT_OURS) != 0; /* else judged by rows that are old */
    group->is_to_change = true;
    group->believes_index = group->believes_index || (!cr_send_has_failed(send) && !are_ours);
    cruddur_status status = cr_repeat_find(txn, send, group, &claim);
    if (status == CRUDDUR_OK && !send->is_repeat) {
        status = cr_group_check_open(txn, &group->uuid, &group->card,
                                     send->opening == NULL ? "group_uuid" : "others");
    }
    if (status != CRUDDUR_OK || send->is_repeat) {
        return status;
    }
    cr_send_note_head(send, &group->head);
    send->is_late = cr_repeat_is_late(&claim, &group->head);
    if (send->is_late || (txn->traits & CR_TRAIT_STREAMED) != 0) {
        return append_alone(txn, send, group, &claim);
    }
    cr_group_rows rows;
    const cr_together alone = {.send = {send}, .claim = {claim}, .count = 1};
    status = cr_append_read_rows(txn, send, group, &rows);
    return status == CRUDDUR_OK ? cr_append_and_move(txn, &alone, group, &rows) : status;
}

cruddur_status cr_append_read_group(cr_txn *txn, cr_send *send, bool is_first,
                                    const cr_group_reading *reading, cr_group *group)
{
    bool is_whole = false;
    const cr_uuid *uuid = &send->draft->group;
    bool is_ours = (txn->traits & CR_TRAIT_OURS) != 0 && is_first;
    const cr_kept_group *kept = cr_recall(txn, is_first && send->draft->created_at_us == 0);
    cruddur_status status = CRUDDUR_OK;
    cr_meter_run(&txn->call->meter, reading->may_guess || is_ours, &send->is_guess);
    if (kept != NULL) {
        status = cr_group_recall(txn, uuid, reading->member, kept, group, &is_whole);
        send->is_recalled = is_whole;
    }
    if (status == CRUDDUR_OK && !is_whole && is_ours) {
        status = cr_group_guess(txn, uuid, reading, group, &is_whole);
    }
    return status == CRUDDUR_OK && !is_whole ? cr_group_read_as(txn, uuid, reading, group) : status;
}

/* In a first run nobody is known to be faster than us: what the index shows is judged by the
 * conditions of the change, where there is one for all. `latest` and its key are room. */
static cr_group_reading reading_of(const cr_txn *txn, const cr_send *send, const cr_pk *pk,
                                   cr_query *latest)
{
    const cr_draft *draft = send->draft;
    bool is_first = !cr_send_has_failed(send);
    bool is_streamed = (txn->traits & CR_TRAIT_STREAMED) != 0;
    bool is_in_steps = (txn->traits & CR_TRAIT_ATOMIC) == 0;
    cr_group_reading reading = cr_group_reading_to_change(txn, &draft->author.uuid, is_first);
    reading.ahead = cr_send_reads(send);
    reading.asks_index =
        is_first && (!is_streamed || !has_names(draft) || draft->created_at_us != 0);
    reading.may_guess = reading.may_guess && !is_streamed;
    if (announces_latest(txn, send)) {
        *latest = cr_latest_query(pk, CR_LATEST_FOR_NAMES);
        reading.ahead.queries = latest;
        reading.ahead.query_count = 1;
    }
    /* In steps the rows are read by their keys, the author's with them. */
    reading.needs_no_row = is_streamed ? draft->created_at_us == 0 : is_in_steps;
    return reading;
}

_Static_assert(CRUDDUR_MEMBERS_MAX <= CR_GROUP_AHEAD_KEYS_MAX, "the rows of a full group");

/* In steps a handle that knows where it has left the group rows has them read together with the
 * head; and, if there is room, the inboxes asked for the key that a claim is to name. */
static cruddur_status read_rows_ahead(cr_txn *txn, cr_send *send, cr_group_reading *reading)
{
    cr_sort_key sk;
    const cr_kept_group *kept = cr_recall_keys(txn, !cr_send_has_failed(send));
    size_t count = kept == NULL ? 0 : kept->rows.count;
    bool has_places = send->draft->may_be_repeat && send->draft->created_at_us == 0 &&
                      2 * count <= CR_GROUP_AHEAD_KEYS_MAX;
    size_t wanted = has_places ? 2 * count : count;
    if (count == 0) {
        return CRUDDUR_OK;
    }
    cr_key *keys = cr_arena_alloc(txn->arena, wanted * sizeof(*keys));
    cr_str place = CR_STR_ABSENT;
    if (has_places && cr_send_plan_key(send, kept->message.value[CR_SK], &sk)) {
        place = cr_arena_copy(txn->arena, cr_sort_key_str(&sk));
    }
    if (keys == NULL || (send->planned_us != 0 && place.data == NULL)) {
        return cr_fail_memory(txn->call->error);
    }
    reading->ahead.keys = keys;
    for (size_t i = 0; i < count; i++) {
        const cr_row *row = &kept->rows.row[i];
        keys[reading->ahead.key_count++] = cr_row_key(row);
        if (place.data != NULL) {
            keys[reading->ahead.key_count++] = (cr_key){row->value[CR_PK], place};
        }
    }
    return CRUDDUR_OK;
}

static cruddur_status append_body(cr_txn *txn, void *argument)
{
    cr_send *send = argument;
    cr_group group;
    cr_query latest;
    cr_pk pk = cr_pk_of_group(&send->draft->group);
    cr_send_begin(send, txn);
    bool is_first = !cr_send_has_failed(send);
    cr_group_reading reading = reading_of(txn, send, &pk, &latest);
    cruddur_status status = read_rows_ahead(txn, send, &reading);
    if (status == CRUDDUR_OK) {
        status = cr_append_read_group(txn, send, is_first, &reading, &group);
    }
    return status == CRUDDUR_OK ? cr_append_once(txn, send, &group) : status;
}

cruddur_status cr_append(cr_store *store, cr_send *send, cr_call *call, cr_packed_row **ret_message)
{
    return cr_send_run(store, append_body, send, call, ret_message);
}
