/* SPDX-License-Identifier: MIT */
#include "messaging/purge.h"

#include "base/clock.h"
#include "messaging/group.h"
#include "messaging/write.h"
#include "model/expiry.h"
#include "model/time.h"

/* ---- what is to be done about a row ---- */

typedef enum action {
    KEEP,
    EMPTY, /* the row stays, without what it says */
    REMOVE,
} action;

/* What goes when a row is emptied. */
static const cr_attribute contents[] = {CR_DATA, CR_REACTIONS};

static bool is_empty(const cr_row *row)
{
    bool has_text = row->value[CR_TEXT].size > 0;
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        has_text = has_text || row->value[contents[i]].data != NULL;
    }
    return !has_text;
}

/* A message that is sent again would be stored again, if nothing knew its uuid. */
static bool is_claim_of_itself(unsigned traits, int64_t claim_us, const cr_row *message,
                               int64_t now_us)
{
    int64_t time_us;
    return (traits & CR_TRAIT_UUIDS) != 0 && message->value[CR_MESSAGE_UUID].data != NULL &&
           cr_time_parse(message->value[CR_SK], &time_us) && now_us - time_us < claim_us;
}

/* Notes for watchers, and claims, which end by the clocks of others, too. */
static bool is_note_that_has_ended(const cr_row *row, int64_t now_us)
{
    cr_str pk = row->value[CR_PK];
    bool is_note = cr_pk_has_prefix(pk, CR_PK_CHANGES) || cr_pk_has_prefix(pk, CR_PK_CLAIMS);
    return is_note && !cr_message_is_shown(row, now_us - CR_CLOCK_MARGIN_US);
}

static action choose(unsigned traits, int64_t claim_us, const cr_row *row, int64_t now_us)
{
    switch (cr_row_kind(row)) {
    case CR_KIND_MESSAGE:
        if (cr_message_is_shown(row, now_us)) {
            return KEEP;
        }
        if (!is_claim_of_itself(traits, claim_us, row, now_us)) {
            return REMOVE;
        }
        return is_empty(row) ? KEEP : EMPTY;
    case CR_KIND_GROUP_ROW:
        return cr_head_has_expired(row, now_us) && row->value[CR_TEXT].size > 0 ? EMPTY : KEEP;
    case CR_KIND_FOREIGN:
        break;
    }
    return is_note_that_has_ended(row, now_us) ? REMOVE : KEEP;
}

bool cr_purge_concerns(const cr_store *store, const cr_row *row)
{
    return choose(store->traits, store->claim_us, row, cr_clock_now_us()) != KEEP;
}

/* ---- the change ---- */

typedef struct purging {
    const cr_key *keys;
    size_t count;
    int64_t claim_us;
    int64_t now_us;   /* of the latest run */
    cr_purged purged; /* in it */
} purging;

static cruddur_status empty(cr_txn *txn, const cr_row *row)
{
    cr_row emptied = *row;
    emptied.value[CR_TEXT] = cr_str_of("");
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        emptied.value[contents[i]] = CR_STR_ABSENT;
    }
    emptied.value[CR_VERSION] = cr_row_fresh_version(txn->arena);
    return emptied.value[CR_VERSION].data == NULL ? cr_fail_memory(txn->call->error)
                                                  : txn->ops->replace(txn, row, &emptied);
}

/* The rows for which one action was chosen. */
static cruddur_status act(cr_txn *txn, const purging *now, const cr_row *rows, action wanted,
                          uint64_t *done)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < now->count; i++) {
        const cr_row *row = &rows[i];
        if (!cr_row_exists(row) || choose(txn->traits, now->claim_us, row, now->now_us) != wanted) {
            continue;
        }
        status = wanted == REMOVE ? txn->ops->remove(txn, row) : empty(txn, row);
        ++*done;
    }
    return status;
}

/* Whatever has become of the rows since. */
static cruddur_status purge_body(cr_txn *txn, void *context)
{
    purging *now = context;
    cr_row rows[CR_PURGE_ROWS_MAX];
    now->purged = (cr_purged){0, 0};
    now->now_us = cr_clock_now_us();
    cruddur_status status = cr_check_transactions(txn);
    if (status == CRUDDUR_OK) {
        status = cr_rows_get_any(txn, now->keys, now->count, rows);
    }
    if (status == CRUDDUR_OK) {
        status = act(txn, now, rows, EMPTY, &now->purged.emptied);
    }
    return status == CRUDDUR_OK ? act(txn, now, rows, REMOVE, &now->purged.removed) : status;
}

cruddur_status cr_purge(cr_store *store, const cr_key *keys, size_t count, cr_call *call,
                        cr_purged *purged)
{
    purging now = {.keys = keys, .count = count, .claim_us = store->claim_us};
    cruddur_status status = store->ops->change(store, purge_body, &now, call);
    purged->removed += status == CRUDDUR_OK ? now.purged.removed : 0;
    purged->emptied += status == CRUDDUR_OK ? now.purged.emptied : 0;
    return status;
}

/* What the engine has found out since it was opened, only a body is told. */
static cruddur_status check_body(cr_txn *txn, void *context)
{
    (void)context;
    return cr_check_transactions(txn);
}

cruddur_status cr_purge_check(cr_store *store, cr_call *call)
{
    return store->ops->read(store, check_body, NULL, call);
}
