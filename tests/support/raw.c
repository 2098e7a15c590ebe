/* SPDX-License-Identifier: MIT */
#include "support/raw.h"

#include "base/clock.h"
#include "cruddur/entry.h"
#include "model/card.h"

#define DEADLINE_US INT64_C(60000000)

typedef struct plan {
    const cr_row *row;
    bool is_removal;
    bool was_tried;
} plan;

/* Nobody else writes, so a put that has to be tried again meets a key that is taken. */
static cruddur_status write_row(cr_txn *txn, void *context)
{
    plan *planned = context;
    if (planned->was_tried) {
        return cr_fail_with(txn->call->error, CRUDDUR_E_REFUSED, "the row is not as it should be");
    }
    planned->was_tried = true;
    return planned->is_removal ? txn->ops->remove(txn, planned->row)
                               : txn->ops->put(txn, planned->row);
}

static cruddur_status run(cruddur *dm, plan planned)
{
    cr_call call = {.deadline_us = cr_clock_monotonic_us() + DEADLINE_US};
    return dm->store->ops->change(dm->store, write_row, &planned, &call);
}

cruddur_status raw_put_row(cruddur *dm, const cr_row *row)
{
    return run(dm, (plan){.row = row});
}

cruddur_status raw_remove_row(cruddur *dm, const cr_row *as_read)
{
    return run(dm, (plan){.row = as_read, .is_removal = true});
}

typedef struct look {
    cr_key key;
    cr_arena *arena;
    cr_row *row;
} look;

static cruddur_status read_row(cr_txn *txn, void *context)
{
    const look *looking = context;
    cr_row found;
    cruddur_status status = txn->ops->get(txn, &looking->key, 1, &found);
    bool is_copied = status != CRUDDUR_OK || cr_row_copy(looking->arena, &found, looking->row);
    return is_copied ? status : cr_fail_memory(txn->call->error);
}

cruddur_status raw_get_row(cruddur *dm, cr_key key, cr_arena *arena, cr_row *row)
{
    cr_call call = {.deadline_us = cr_clock_monotonic_us() + DEADLINE_US};
    look looking = {key, arena, row};
    return dm->store->ops->read(dm->store, read_row, &looking, &call);
}

cr_row raw_row_at(const cruddur_row_page *page, size_t index)
{
    cr_row row = {0};
    for (size_t i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        row.value[i] = cr_str_of(cruddur_row_page_get(page, index, i));
    }
    return row;
}

cruddur_status raw_put(cruddur *dm, const cruddur_row_page *page, size_t index, const char *others)
{
    cr_row row = raw_row_at(page, index);
    if (others != NULL) {
        row.value[CR_OTHERS] = cr_str_of(others);
    }
    return raw_put_row(dm, &row);
}

cruddur_status raw_remove(cruddur *dm, const cruddur_row_page *page, size_t index)
{
    cr_row row = raw_row_at(page, index);
    return raw_remove_row(dm, &row);
}

static cruddur_status make_row_old(cruddur *dm, const cr_row *row)
{
    cr_row old = *row;
    bool is_card = cr_is_card(row);
    if (!is_card && row->value[CR_REV].data == NULL && row->value[CR_VERSION].data == NULL) {
        return CRUDDUR_OK;
    }
    old.value[CR_REV] = old.value[CR_VERSION] = CR_STR_ABSENT;
    cruddur_status status = raw_remove_row(dm, row);
    return status == CRUDDUR_OK && !is_card ? raw_put_row(dm, &old) : status;
}

cruddur_status raw_make_old(cruddur *dm)
{
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_row_page *last = NULL;
    cruddur_status status;
    do {
        cruddur_row_page *page = NULL;
        status = cruddur_scan(dm, &options, &page, NULL);
        for (size_t i = 0; status == CRUDDUR_OK && i < cruddur_row_page_count(page); i++) {
            cr_row row = raw_row_at(page, i);
            status = make_row_old(dm, &row);
        }
        options.cursor = cruddur_row_page_next(page);
        cruddur_row_page_free(last);
        last = page;
    } while (status == CRUDDUR_OK && options.cursor != NULL);
    cruddur_row_page_free(last);
    return status;
}
