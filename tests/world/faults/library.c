/* SPDX-License-Identifier: MIT */
/* Calls within the library that are led here, and on to where they were meant to go unless a
 * planted fault takes them out. */
#include "world/faults/library.h"

#include "aws/client.h"
#include "aws/crc32.h"
#include "messaging/group.h"
#include "messaging/settle.h"
#include "model/time.h"

static fault_cut now;

void faults_cut(fault_cut cut)
{
    now = cut;
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

cruddur_status __wrap_cr_settle(cr_store *store, const cr_settling *settling, cr_call *call,
                                cr_settled *result)
{
    if (now != FAULT_CUT_LOOK_BACK) {
        return __real_cr_settle(store, settling, call, result);
    }
    if (result != NULL) {
        *result = CR_SETTLED_BEFORE;
    }
    return CRUDDUR_OK;
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

cruddur_status __real_cr_group_find(cr_txn *txn, const cr_uuid *uuid, const cr_uuid *member,
                                    const cr_members *named, const cr_read_card *card,
                                    cr_group *group, bool *is_member);
cruddur_status __wrap_cr_group_find(cr_txn *txn, const cr_uuid *uuid, const cr_uuid *member,
                                    const cr_members *named, const cr_read_card *card,
                                    cr_group *group, bool *is_member);

cruddur_status __wrap_cr_group_find(cr_txn *txn, const cr_uuid *uuid, const cr_uuid *member,
                                    const cr_members *named, const cr_read_card *card,
                                    cr_group *group, bool *is_member)
{
    cruddur_status status = __real_cr_group_find(txn, uuid, member, named, card, group, is_member);
    *is_member = *is_member || (status == CRUDDUR_OK && now == FAULT_CUT_MEMBERS);
    return status;
}
