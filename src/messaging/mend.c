/* SPDX-License-Identifier: MIT */
/* Mending a group: settling it, so that group rows say what the card and the newest message say,
 * and each row whose member's own keys are impossible. */
#include "base/clock.h"
#include "messaging/inspect.h"
#include "messaging/own_row.h"
#include "messaging/settle.h"
#include "messaging/write.h"
#include "model/expiry.h"
#include "model/marker.h"
#include "model/time.h"

#define US_PER_S 1000000

/* ---- what can be mended ---- */

static bool is_settled_by(cruddur_check_kind kind)
{
    switch (kind) {
    case CRUDDUR_CHECK_ROW_MISSING:
    case CRUDDUR_CHECK_ROW_DOUBLED:
    case CRUDDUR_CHECK_ROW_STALE:
    case CRUDDUR_CHECK_ROW_STRAY:
    case CRUDDUR_CHECK_PREVIEW_WRONG:
    case CRUDDUR_CHECK_HEAD_SK_IMPOSSIBLE:
    case CRUDDUR_CHECK_MEMBERS_DIFFER:
    case CRUDDUR_CHECK_CARD_MISSING:
    case CRUDDUR_CHECK_CARD_CONTRADICTED:
        return true;
    default:
        return false;
    }
}

static bool is_of_member(cruddur_check_kind kind)
{
    return kind == CRUDDUR_CHECK_READ_SK_IMPOSSIBLE || kind == CRUDDUR_CHECK_VISIBLE_SK_IMPOSSIBLE;
}

/* The message of such a row is gone. The row says so, as if the message had expired: then its place
 * is the head, which has no text, and all rows can move there. */
static bool is_of_head(cruddur_check_kind kind)
{
    return kind == CRUDDUR_CHECK_ROW_AHEAD;
}

bool cr_inspection_is_mendable(const cr_inspection *inspection)
{
    bool is_mendable = false;
    for (size_t i = 0; i < inspection->count; i++) {
        cruddur_check_kind kind = inspection->finding[i].kind;
        is_mendable = is_mendable || is_settled_by(kind) || is_of_member(kind) || is_of_head(kind);
    }
    return is_mendable;
}

/* ---- a member's own keys ---- */

/* The newest message at or before the beginning of the history: what the member sees stays the
 * same. Without one the history begins with the first message. */
static cruddur_status mend_history(cr_txn *txn, const cr_own_found *found, cr_row *row)
{
    int64_t time_us;
    cr_str visible_sk = row->value[CR_VISIBLE_SK];
    cr_pk pk = cr_pk_of_group(&found->group.uuid);
    cr_query query = {.partition = cr_pk_str(&pk),
                      .upper = {visible_sk, true},
                      .descending = true,
                      .expected = 1};
    cr_rows newest = {.arena = txn->arena};
    cruddur_status status = cr_rows_collect(txn, &query, 1, &newest);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_str sk = newest.count == 0 ? CR_STR_ABSENT : newest.row[0].value[CR_SK];
    bool is_hidden = cr_time_parse(visible_sk, &time_us);
    if (sk.data != NULL && !is_hidden) {
        cr_buffer text;
        cr_buffer_init(&text, SIZE_MAX);
        cr_buffer_add(&text, sk);
        cr_buffer_add(&text, cr_str_of(CR_BEHIND_MESSAGE));
        sk =
            text.failed ? CR_STR_ABSENT : cr_arena_copy(txn->arena, (cr_str){text.data, text.size});
        cr_buffer_free(&text);
        status = sk.data == NULL ? cr_fail_memory(txn->call->error) : CRUDDUR_OK;
    }
    row->value[CR_VISIBLE_SK] = sk;
    return status;
}

/* Who has read up to a message that cannot be is taken to have read all up to the row's place. */
static cruddur_status mend_row(cr_txn *txn, const cr_own_change *change, cr_own_found *found)
{
    cr_str head_sk = found->group.head.value[CR_SK];
    cr_row *row = &found->row;
    (void)change;
    if (!cr_row_marker_is_possible(row, head_sk)) {
        cr_row_set_marker(row, cr_row_place(row));
    }
    return cr_row_history_is_possible(row, head_sk) ? CRUDDUR_OK : mend_history(txn, found, row);
}

/* ---- rows whose message is gone ---- */

/* A message that is being stored, or stored by a late request, comes to its row sooner. */
static bool may_come(cr_str place, int64_t *time_us)
{
    return !cr_time_parse(place, time_us) || *time_us > cr_clock_now_us() - CR_CLOCK_MARGIN_US;
}

typedef struct head_end {
    const cr_uuid *group;
    const cr_key *row;
} head_end;

/* The row stays where it is: rows only move forward. */
static cruddur_status end_head_body(cr_txn *txn, void *context)
{
    const head_end *now = context;
    cr_row row;
    cr_row message;
    int64_t time_us;
    char end[CR_EXPIRY_SIZE];
    cr_pk pk = cr_pk_of_group(now->group);
    cruddur_status status = cr_rows_get(txn, cr_uuid_str(now->group), now->row, 1, &row);
    if (status != CRUDDUR_OK || !cr_row_exists(&row) || may_come(cr_row_place(&row), &time_us)) {
        return status;
    }
    status = cr_rows_get_message(txn, &pk, cr_row_place(&row), &message);
    if (status != CRUDDUR_OK || cr_row_exists(&message)) {
        return status;
    }
    cr_row ended = row;
    ended.value[CR_TEXT] = cr_str_of("");
    ended.value[CR_HEAD_EXPIRES_AT] = cr_expiry_write(time_us / US_PER_S, end);
    ended.value[CR_VERSION] = cr_row_fresh_version(txn->arena);
    return ended.value[CR_VERSION].data == NULL ? cr_fail_memory(txn->call->error)
                                                : txn->ops->replace(txn, &row, &ended);
}

static cruddur_status end_heads(cr_store *store, const cr_uuid *group,
                                const cr_inspection *inspection, cr_call *call)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < inspection->count; i++) {
        head_end now = {group, &inspection->finding[i].row};
        if (is_of_head(inspection->finding[i].kind)) {
            status = store->ops->change(store, end_head_body, &now, call);
        }
    }
    return status;
}

/* ---- all of it ---- */

static cruddur_status mend_members(cr_store *store, const cr_uuid *group,
                                   const cr_inspection *inspection, cr_call *call)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < inspection->count; i++) {
        const cr_finding *finding = &inspection->finding[i];
        const cr_own_change change = {
            .group = group, .member = &finding->user, .edit = mend_row, .goes_by_head = true};
        if (is_of_member(finding->kind)) {
            status = cr_own_row_change(store, &change, call, NULL);
        }
    }
    return status;
}

cruddur_status cr_mend(cr_store *store, const cr_uuid *group, const cr_inspection *inspection,
                       cr_call *call)
{
    cr_settling settling = {.group = group, .mends = true};
    bool must_settle = false;
    if (inspection->author.text[0] != '\0') {
        settling.author = &inspection->author;
    }
    for (size_t i = 0; i < inspection->count; i++) {
        cruddur_check_kind kind = inspection->finding[i].kind;
        must_settle = must_settle || is_settled_by(kind) || is_of_head(kind);
        settling.makes_card = settling.makes_card || kind == CRUDDUR_CHECK_CARD_MISSING;
    }
    cruddur_status status = end_heads(store, group, inspection, call);
    if (status == CRUDDUR_OK && must_settle) {
        status = cr_settle_in_turn(store, &settling, call, NULL);
    }
    return status == CRUDDUR_OK ? mend_members(store, group, inspection, call) : status;
}
