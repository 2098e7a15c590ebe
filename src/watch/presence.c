/* SPDX-License-Identifier: MIT */
#include "watch/presence.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "model/expiry.h"
#include "model/store_row.h"

#define US_PER_S INT64_C(1000000)

typedef struct renewal {
    cr_presence *presence;
    cr_row there; /* these two as the latest run has found */
    bool is_needed;
} renewal;

static uint64_t read_epoch(cr_str version)
{
    char text[CR_PRESENCE_NAME_SIZE] = "";
    size_t size = version.size < sizeof(text) - 1 ? version.size : sizeof(text) - 1;
    if (size > 0) {
        memcpy(text, version.data, size);
    }
    uint64_t epoch = strtoull(text, NULL, 16);
    return epoch == 0 ? 1 : epoch;
}

static void tell(const cr_row *row, cr_presence *presence)
{
    presence->epoch = read_epoch(row->value[CR_VERSION]);
    (void)snprintf(presence->name, sizeof(presence->name), "%.*s",
                   CR_STR_ARGS(cr_str_or_empty(row->value[CR_DATA])));
}

static bool write_row(cr_txn *txn, const cr_row *there, bool has_ended, cr_row *row)
{
    char end[CR_EXPIRY_SIZE];
    bool has_name = there->value[CR_DATA].size > 0;
    *row = *there;
    row->value[CR_PK] = cr_str_of(CR_WATCH_PK);
    row->value[CR_SK] = cr_str_of(CR_STORE_SK);
    if (!has_name) {
        row->value[CR_DATA] = cr_row_fresh_version(txn->arena);
    }
    if (has_ended || !has_name) {
        row->value[CR_VERSION] = cr_row_fresh_version(txn->arena);
    }
    row->value[CR_EXPIRES_AT] = cr_arena_copy(
        txn->arena, cr_expiry_write((cr_clock_now_us() + CR_PRESENCE_US) / US_PER_S, end));
    return row->value[CR_DATA].data != NULL && row->value[CR_VERSION].data != NULL &&
           row->value[CR_EXPIRES_AT].data != NULL;
}

/* When the row ends; 0 where there is none. */
static int64_t end_of(const cr_row *row)
{
    int64_t end_s = cr_row_exists(row) ? cr_expiry_read(row->value[CR_EXPIRES_AT]) : 0;
    return end_s > INT64_MAX / US_PER_S ? INT64_MAX : end_s * US_PER_S;
}

/* An end in the far future was written by a clock that was wrong. */
static bool is_due(const cr_row *row, int64_t now_us)
{
    int64_t end_us = end_of(row);
    return row->value[CR_VERSION].data == NULL || row->value[CR_DATA].data == NULL ||
           end_us < now_us + CR_PRESENCE_US - CR_PRESENCE_RENEWAL_US ||
           end_us > now_us + CR_PRESENCE_US;
}

static cruddur_status look_body(cr_txn *txn, void *context)
{
    renewal *now = context;
    const cr_key key = cr_store_row_key(CR_WATCH_PK);
    cruddur_status status = txn->ops->get(txn, &key, 1, &now->there);
    now->is_needed = status == CRUDDUR_OK && is_due(&now->there, cr_clock_now_us());
    if (status == CRUDDUR_OK && !now->is_needed) {
        tell(&now->there, now->presence);
    }
    return status;
}

static cruddur_status renew_body(cr_txn *txn, void *context)
{
    renewal *now = context;
    cr_row row;
    cruddur_status status = look_body(txn, context);
    if (status != CRUDDUR_OK || !now->is_needed) {
        return status;
    }
    if (!write_row(txn, &now->there, end_of(&now->there) <= cr_clock_now_us(), &row)) {
        return cr_fail_memory(txn->call->error);
    }
    tell(&row, now->presence);
    return cr_row_exists(&now->there) ? txn->ops->replace(txn, &now->there, &row)
                                      : txn->ops->put(txn, &row);
}

cruddur_status cr_presence_renew(cr_store *store, cr_presence *presence, cr_call *call)
{
    renewal now = {.presence = presence};
    cruddur_status status = store->ops->read(store, look_body, &now, call);
    return status == CRUDDUR_OK && now.is_needed ? store->ops->change(store, renew_body, &now, call)
                                                 : status;
}
