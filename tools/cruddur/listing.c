/* SPDX-License-Identifier: MIT */
#include "listing.h"

/* Enough to make few calls, and little enough to be held in memory. */
#define ALL_PAGE_LIMIT 200

enum exit_code listing_apply(const struct context *context, const struct listing_options *options,
                             cruddur_list_options *list)
{
    if (options->all && (options->limit > 0 || options->cursor != NULL)) {
        return report(context->command, CODE_USAGE,
                      "--all: it shows everything, so it goes without --%s",
                      options->limit > 0 ? "limit" : "cursor");
    }
    if (options->all) {
        list->limit = ALL_PAGE_LIMIT;
    } else if (options->limit > 0) {
        list->limit = options->limit;
    }
    list->cursor = options->cursor;
    return CODE_OK;
}

void listing_start_pager(struct context *context)
{
    if (!context->globals.no_pager) {
        out_start_pager(&context->out);
    }
}
