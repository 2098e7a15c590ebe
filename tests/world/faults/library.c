/* SPDX-License-Identifier: MIT */
/* Calls within the library that are led here, and on to where they were meant to go unless a
 * planted fault takes them out. */
#include "world/faults/library.h"

#include "aws/client.h"
#include "aws/crc32.h"
#include "messaging/group.h"
#include "messaging/recall.h"
#include "messaging/rows.h"
#include "messaging/send.h"
#include "messaging/settle.h"
#include "model/members.h"
#include "model/time.h"
#include "store/claim.h"
#include "store/dynamodb/ahead.h"
#include "store/dynamodb/witness.h"
#include "watch/poll.h"
#include "world/faults/along.h"

static fault_cut now;

void faults_cut(fault_cut cut)
{
    now = cut;
    faults_cut_along(cut == FAULT_CUT_ALONG  ? ALONG_CUT_ACKNOWLEDGEMENT
                     : cut == FAULT_CUT_LINE ? ALONG_CUT_LINE
                                             : ALONG_CUT_NONE);
}

bool __real_cr_crc32_contradicts(cr_str header, cr_str body);
bool __wrap_cr_crc32_contradicts(cr_str header, cr_str body);

bool __wrap_cr_crc32_contradicts(cr_str header, cr_str body)
{
    return now != FAULT_CUT_CHECKSUM && __real_cr_crc32_contradicts(header, body);
}

bool __real_cr_sort_key_after(int64_t time_us, cr_str head, cr_sort_key *key);
bool __wrap_cr_sort_key_after(int64_t time_us, cr_str head, cr_sort_key *key);

bool __wrap_cr_sort_key_after(int64_t time_us, cr_str head, cr_sort_key *key)
{
    return __real_cr_sort_key_after(time_us, now == FAULT_CUT_ORDER ? CR_STR_ABSENT : head, key);
}

cruddur_status __real_cr_settle(cr_store *store, const cr_settling *settling, cr_call *call,
                                cr_settled *result);
cruddur_status __wrap_cr_settle(cr_store *store, const cr_settling *settling, cr_call *call,
                                cr_settled *result);
cruddur_status __real_cr_settle_in_turn(cr_store *store, const cr_settling *settling, cr_call *call,
                                        cr_settled *result);
cruddur_status __wrap_cr_settle_in_turn(cr_store *store, const cr_settling *settling, cr_call *call,
                                        cr_settled *result);

static cruddur_status settle_nothing(cr_settled *result)
{
    if (result != NULL) {
        *result = CR_SETTLED_BEFORE;
    }
    return CRUDDUR_OK;
}

cruddur_status __wrap_cr_settle(cr_store *store, const cr_settling *settling, cr_call *call,
                                cr_settled *result)
{
    return now == FAULT_CUT_LOOK_BACK ? settle_nothing(result)
                                      : __real_cr_settle(store, settling, call, result);
}

cruddur_status __wrap_cr_settle_in_turn(cr_store *store, const cr_settling *settling, cr_call *call,
                                        cr_settled *result)
{
    return now == FAULT_CUT_LOOK_BACK ? settle_nothing(result)
                                      : __real_cr_settle_in_turn(store, settling, call, result);
}

cruddur_status __real_cr_aws_call(cr_aws_client *client, const cr_aws_request *request,
                                  cr_call *call, cr_aws_answer *answer);
cruddur_status __wrap_cr_aws_call(cr_aws_client *client, const cr_aws_request *request,
                                  cr_call *call, cr_aws_answer *answer);

cruddur_status __wrap_cr_aws_call(cr_aws_client *client, const cr_aws_request *request,
                                  cr_call *call, cr_aws_answer *answer)
{
    cruddur_status status = __real_cr_aws_call(client, request, call, answer);
    answer->may_be_applied = answer->may_be_applied && now != FAULT_CUT_ARRIVAL;
    return status;
}

size_t __real_cr_members_find(const cr_members *members, const cr_uuid *uuid);
size_t __wrap_cr_members_find(const cr_members *members, const cr_uuid *uuid);

size_t __wrap_cr_members_find(const cr_members *members, const cr_uuid *uuid)
{
    size_t index = __real_cr_members_find(members, uuid);
    return index == members->count && now == FAULT_CUT_MEMBERS ? 0 : index;
}

void __real_cr_poll_place(const cr_poll *poll, cr_place *place);
void __wrap_cr_poll_place(const cr_poll *poll, cr_place *place);

void __wrap_cr_poll_place(const cr_poll *poll, cr_place *place)
{
    __real_cr_poll_place(poll, place);
    if (now == FAULT_CUT_PLACE) {
        cr_kept_key_set(&place->low, cr_str_of("9999-12-31T23:59:59.999999+00:00"));
        place->time_us += INT64_C(7200000000);
    }
}

cruddur_status __real_cr_group_read_guessed(cr_txn *txn, const cr_uuid *member, cr_group *group);
cruddur_status __wrap_cr_group_read_guessed(cr_txn *txn, const cr_uuid *member, cr_group *group);

cruddur_status __wrap_cr_group_read_guessed(cr_txn *txn, const cr_uuid *member, cr_group *group)
{
    if (now != FAULT_CUT_GUESS) {
        return __real_cr_group_read_guessed(txn, member, group);
    }
    group->is_own_guess = false;
    return CRUDDUR_OK;
}

const cr_ahead_query *__real_cr_ahead_take_query(cr_ahead *ahead, const cr_query *query);
const cr_ahead_query *__wrap_cr_ahead_take_query(cr_ahead *ahead, const cr_query *query);

const cr_ahead_query *__wrap_cr_ahead_take_query(cr_ahead *ahead, const cr_query *query)
{
    const cr_ahead_query *taken = __real_cr_ahead_take_query(ahead, query);
    for (size_t i = 0; taken != NULL && now == FAULT_CUT_TAKEN && i < ahead->query_count; i++) {
        ahead->query[i]->uses += ahead->query[i] == taken ? 1 : 0;
    }
    return taken;
}

bool __real_cr_ahead_take_row(cr_ahead *ahead, cr_key key, cr_row *row);
bool __wrap_cr_ahead_take_row(cr_ahead *ahead, cr_key key, cr_row *row);

bool __wrap_cr_ahead_take_row(cr_ahead *ahead, cr_key key, cr_row *row)
{
    bool is_taken = __real_cr_ahead_take_row(ahead, key, row);
    for (size_t i = 0; is_taken && now == FAULT_CUT_TAKEN && i < ahead->key_count; i++) {
        ahead->is_taken[i] = false;
    }
    return is_taken;
}

void __real_cr_rows_forget_ahead(cr_txn *txn);
void __wrap_cr_rows_forget_ahead(cr_txn *txn);

void __wrap_cr_rows_forget_ahead(cr_txn *txn)
{
    if (now != FAULT_CUT_BEFORE) {
        __real_cr_rows_forget_ahead(txn);
    }
}

bool __real_cr_claim_read(const cr_row *row, cr_arena *arena, cr_claim *claim);
bool __wrap_cr_claim_read(const cr_row *row, cr_arena *arena, cr_claim *claim);

bool __wrap_cr_claim_read(const cr_row *row, cr_arena *arena, cr_claim *claim)
{
    return now == FAULT_CUT_CLAIM || __real_cr_claim_read(row, arena, claim);
}

cruddur_status __real_cr_group_check_open(const cr_txn *txn, const cr_uuid *uuid,
                                          const cr_read_card *card, const char *argument);
cruddur_status __wrap_cr_group_check_open(const cr_txn *txn, const cr_uuid *uuid,
                                          const cr_read_card *card, const char *argument);

cruddur_status __wrap_cr_group_check_open(const cr_txn *txn, const cr_uuid *uuid,
                                          const cr_read_card *card, const char *argument)
{
    return now == FAULT_CUT_BLOCK ? CRUDDUR_OK
                                  : __real_cr_group_check_open(txn, uuid, card, argument);
}

void __real_cr_queue_set_down(cr_ticket *taken, bool is_done);
void __wrap_cr_queue_set_down(cr_ticket *taken, bool is_done);

/* Each has its result as soon as the change is stated. */
void __wrap_cr_queue_set_down(cr_ticket *taken, bool is_done)
{
    const cr_send *send = taken->errand;
    bool is_believed = now == FAULT_CUT_TOGETHER && send->result != NULL;
    __real_cr_queue_set_down(taken, is_done || is_believed);
}

bool __real_cr_dynamodb_is_as_put(const cr_dynamodb_txn *txn, const cr_row *stored,
                                  const cr_write *write);
bool __wrap_cr_dynamodb_is_as_put(const cr_dynamodb_txn *txn, const cr_row *stored,
                                  const cr_write *write);

bool __wrap_cr_dynamodb_is_as_put(const cr_dynamodb_txn *txn, const cr_row *stored,
                                  const cr_write *write)
{
    return now != FAULT_CUT_WITNESS && __real_cr_dynamodb_is_as_put(txn, stored, write);
}

bool __real_cr_dynamodb_is_carried_out(const cr_dynamodb_txn *txn, const cr_result *result);
bool __wrap_cr_dynamodb_is_carried_out(const cr_dynamodb_txn *txn, const cr_result *result);

bool __wrap_cr_dynamodb_is_carried_out(const cr_dynamodb_txn *txn, const cr_result *result)
{
    return now != FAULT_CUT_WITNESS && __real_cr_dynamodb_is_carried_out(txn, result);
}

const cr_kept_group *__real_cr_recall(const cr_txn *txn, bool is_first);
const cr_kept_group *__wrap_cr_recall(const cr_txn *txn, bool is_first);

const cr_kept_group *__wrap_cr_recall(const cr_txn *txn, bool is_first)
{
    const cr_ticket *ticket = txn->call->ticket;
    bool is_believed = now == FAULT_CUT_STALE && is_first && (txn->traits & CR_TRAIT_OURS) != 0 &&
                       ticket != NULL && !txn->may_be_stored;
    return is_believed ? ticket->kept : __real_cr_recall(txn, is_first);
}
