/* SPDX-License-Identifier: MIT */
#include "messaging/unread.h"

#include <cruddur/group_change.h>

#include "base/clock.h"
#include "model/expiry.h"
#include "model/marker.h"

/* How many messages one count looks at. */
#define LOOKS_MAX 10000

typedef struct count {
    cr_str reader;
    int64_t now_us;
    uint32_t looked_at;
    cr_unread *unread;
} count;

static bool is_unread(const count *counted, const cr_row *message)
{
    return message->value[CR_DELETED_AT].data == NULL &&
           !cr_str_equal(message->value[CR_USER_UUID], counted->reader) &&
           cr_message_is_shown(message, counted->now_us);
}

static cr_sink_answer count_message(void *context, const cr_row *message)
{
    count *counted = context;
    cr_unread *unread = counted->unread;
    bool is_one = is_unread(counted, message);
    bool is_beyond = is_one && unread->count == CRUDDUR_UNREAD_MAX;
    unread->count += is_one && !is_beyond ? 1 : 0;
    unread->is_exact = !is_beyond && ++counted->looked_at < LOOKS_MAX;
    return unread->is_exact ? CR_SINK_MORE : CR_SINK_STOP;
}

bool cr_unread_query(const cr_row *group_row, cr_pk *pk, cr_query *query)
{
    cr_uuid group;
    if (!cr_row_may_have_unread(group_row) ||
        !cr_uuid_parse(group_row->value[CR_GROUP_UUID], &group)) {
        return false;
    }
    *pk = cr_pk_of_group(&group);
    *query = (cr_query){.partition = cr_pk_str(pk),
                        .lower = {cr_row_unread_after(group_row), false},
                        .expected = CRUDDUR_UNREAD_MAX + 1,
                        .for_listing = true};
    return true;
}

cruddur_status cr_unread_count(cr_txn *txn, const cr_row *group_row, cr_unread *unread)
{
    cr_pk pk;
    cr_query query;
    count counted = {.reader = cr_pk_suffix(group_row->value[CR_PK]),
                     .now_us = cr_clock_now_us(),
                     .unread = unread};
    *unread = (cr_unread){0, true};
    return cr_unread_query(group_row, &pk, &query)
               ? cr_rows_query(txn, &query, count_message, &counted)
               : CRUDDUR_OK;
}

cruddur_status cr_unread_pack(cr_txn *txn, const cr_row *group_row, cr_packed_row **packed)
{
    cr_unread unread;
    cruddur_status status = cr_unread_count(txn, group_row, &unread);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_row shown = cr_group_row_shown(group_row, cr_clock_now_us());
    *packed = cr_pack_row(&shown);
    if (*packed == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    (*packed)->unread = unread;
    return CRUDDUR_OK;
}
