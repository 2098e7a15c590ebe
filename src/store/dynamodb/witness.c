/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/witness.h"

#include "model/kind.h"
#include "store/claim.h"

/* A group row may carry a message_uuid, too, where another program has put one. */
static bool is_message(const cr_write *write)
{
    return write->kind == CR_WRITE_PUT && write->row.value[CR_MESSAGE_UUID].data != NULL &&
           cr_row_kind(&write->row) == CR_KIND_MESSAGE;
}

/* Who has put a row shows by the uuid of a message, or by the version of any other. Nobody else
 * puts the same version, but a message that is repeated may have been put by another program. So
 * where a row is there with its version, or all messages are there, the transaction was carried
 * out, since that puts all or nothing; or what it was to put is there all the same. */
static bool is_witness(const cr_write *write)
{
    return is_message(write) ||
           (cr_write_is_put(write) && write->row.value[CR_VERSION].data != NULL);
}

/* A message is known by its uuid and its author: others may have changed it since. What is replaced
 * may differ from the row before it in nothing but attributes of others. */
bool cr_dynamodb_is_as_put(const cr_dynamodb_txn *txn, const cr_row *stored, const cr_write *write)
{
    if (is_message(write)) {
        return cr_str_equal(stored->value[CR_MESSAGE_UUID], write->row.value[CR_MESSAGE_UUID]) &&
               cr_str_equal(stored->value[CR_USER_UUID], write->row.value[CR_USER_UUID]);
    }
    return cr_row_exists(stored) && cr_item_is_same(stored, &write->row) &&
           cr_claims_agree(stored, &write->row, txn->base.arena) &&
           (write->kind != CR_WRITE_REPLACE || cr_item_has_same_others(stored, &write->row));
}

bool cr_dynamodb_is_carried_out(const cr_dynamodb_txn *txn, const cr_result *result)
{
    size_t messages = 0;
    size_t stored = 0;
    for (size_t i = 0; i < txn->write_count; i++) {
        const cr_write *write = &txn->write[i];
        const cr_reason *reason = i < result->reason_count ? &result->reason[i] : NULL;
        bool is_there =
            reason != NULL && is_witness(write) && cr_dynamodb_is_as_put(txn, &reason->row, write);
        if (is_there && !is_message(write)) {
            return true;
        }
        messages += is_message(write) ? 1 : 0;
        stored += is_there ? 1 : 0;
    }
    return messages > 0 && stored == messages;
}

static size_t find_writes(const cr_dynamodb_txn *txn, bool (*is_wanted)(const cr_write *write),
                          const cr_write **found)
{
    size_t count = 0;
    for (size_t i = 0; i < txn->write_count && count < CR_CHANGE_WRITES_MAX; i++) {
        if (is_wanted(&txn->write[i])) {
            found[count++] = &txn->write[i];
        }
    }
    return count;
}

/* Messages stay where they are, so only where there is none are other rows looked for. */
static size_t find_witnesses(const cr_dynamodb_txn *txn, const cr_write **found)
{
    size_t count = find_writes(txn, is_message, found);
    return count > 0 ? count : find_writes(txn, is_witness, found);
}

bool cr_dynamodb_is_stored(cr_dynamodb_txn *txn, const cr_write *const *writes, size_t count)
{
    cr_row stored[CR_CHANGE_WRITES_MAX];
    cr_key keys[CR_CHANGE_WRITES_MAX] = {{{NULL, 0}, {NULL, 0}}};
    if (count == 0 || cr_call_is_over(txn->base.call)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        keys[i] = cr_row_key(&writes[i]->row);
    }
    cruddur_error *reason = NULL;
    cr_call *call = txn->base.call;
    cr_call quiet = *call;
    quiet.error = &reason;
    txn->base.call = &quiet;
    cruddur_status status = txn->base.ops->get(&txn->base, keys, count, stored);
    txn->base.call = call;
    call->meter = quiet.meter;
    cr_error_discard(&reason);
    size_t there = 0;
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        there += cr_dynamodb_is_as_put(txn, &stored[i], writes[i]) ? 1 : 0;
    }
    return is_message(writes[0]) ? there == count : there > 0;
}

bool cr_dynamodb_is_change_stored(cr_dynamodb_txn *txn)
{
    const cr_write *witness[CR_CHANGE_WRITES_MAX];
    return cr_dynamodb_is_stored(txn, witness, find_witnesses(txn, witness));
}
