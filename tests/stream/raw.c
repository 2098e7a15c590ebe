/* SPDX-License-Identifier: MIT */
#include "stream/raw.h"

#include "base/clock.h"
#include "cruddur/frame.h"

#define DEADLINE_US INT64_C(60000000)

typedef struct plan {
    cr_row row;
    bool is_removal;
} plan;

static cruddur_status write_row(cr_txn *txn, void *context)
{
    const plan *planned = context;
    return planned->is_removal ? txn->ops->remove(txn, &planned->row)
                               : txn->ops->put(txn, &planned->row);
}

static cruddur_status run(cruddur *dm, plan *planned)
{
    cr_call call = {.deadline_us = cr_clock_monotonic_us() + DEADLINE_US};
    return dm->store->ops->change(dm->store, write_row, planned, &call);
}

static plan plan_row(const cruddur_row_page *page, size_t index)
{
    plan planned = {.is_removal = false};
    for (size_t i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        planned.row.value[i] = cr_str_of(cruddur_row_page_get(page, index, i));
    }
    return planned;
}

cruddur_status raw_put(cruddur *dm, const cruddur_row_page *page, size_t index, const char *others)
{
    plan planned = plan_row(page, index);
    if (others != NULL) {
        planned.row.value[CR_OTHERS] = cr_str_of(others);
    }
    return run(dm, &planned);
}

cruddur_status raw_remove(cruddur *dm, const cruddur_row_page *page, size_t index)
{
    plan planned = plan_row(page, index);
    planned.is_removal = true;
    return run(dm, &planned);
}
