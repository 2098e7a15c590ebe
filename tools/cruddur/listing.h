/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What the commands that list something have in common.
 */
#ifndef CRUDDUR_TOOL_LISTING_H
#define CRUDDUR_TOOL_LISTING_H

#include "context.h"

struct listing_options {
    bool all;
    /** 0 when it was not given. */
    uint32_t limit;
    const char *cursor;
};

#define LISTING_OPTIONS_INIT                                                                       \
    {                                                                                              \
        false, 0, NULL                                                                             \
    }

/** The options for the table of a command whose struct has the listing's as `member`. */
#define LISTING_OPTIONS(type, member)                                                              \
    {"limit",      "N",   "rows to show, 1 to 1000 (default 20)",                                  \
     OPTION_LIMIT, false, offsetof(type, member.limit)},                                           \
        {"cursor",    "C",   "go on where another page ended",                                     \
         OPTION_TEXT, false, offsetof(type, member.cursor)},                                       \
    {                                                                                              \
        "all", NULL, "show everything, page by page", OPTION_FLAG, false,                          \
            offsetof(type, member.all)                                                             \
    }

/** Checks the options, and fills in what the library is to be asked for. */
enum exit_code listing_apply(const struct context *context, const struct listing_options *options,
                             cruddur_list_options *list);

/** Starts the pager unless the user does without. */
void listing_start_pager(struct context *context);

#endif
