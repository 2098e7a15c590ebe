/* SPDX-License-Identifier: MIT */
/* cruddur messages: the messages of a group, oldest first like a chat. */
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "json_rows.h"
#include "listing.h"
#include "view.h"

struct messages_options {
    struct listing_options listing;
    const char *as;
    int64_t since_us;
    int64_t until_us;
};

static const struct option_spec options_table[] = {
    {"as", "USER", "who reads: only members get an answer", OPTION_TEXT, false,
     offsetof(struct messages_options, as)},
    LISTING_OPTIONS(struct messages_options, listing),
    {"since", "TIME", "only messages of TIME or later", OPTION_TIME, false,
     offsetof(struct messages_options, since_us)},
    {"until", "TIME", "only messages before TIME", OPTION_TIME, false,
     offsetof(struct messages_options, until_us)},
};

static const struct messages_options defaults = {LISTING_OPTIONS_INIT, NULL, CRUDDUR_SINCE_ALWAYS,
                                                 CRUDDUR_UNTIL_FOREVER};

static const struct argument_name argument_names[] = {
    {"viewer_uuid", "--as"},
    {"group_uuid", "GROUP"},
    {"options.limit", "--limit"},
    {"options.cursor", "--cursor"},
    {"options.since_us", "--since"},
    {"options.until_us", "--until"},
    {NULL, NULL},
};

/* The walk through the list: the page at hand, and what is needed from earlier ones. */
struct walk {
    struct context *context;
    const char *viewer_uuid;
    const char *group_uuid;
    cruddur_list_options list;
    cruddur_msg_page *page;
    /* The first page's cursor towards older messages: it outlives that page. NULL: none. */
    char *older;
};

static enum exit_code fetch(struct walk *walk)
{
    cruddur_msg_page *page = NULL;
    cruddur_error *error = NULL;
    cruddur_status status = cruddur_msg_list(walk->context->dm, walk->viewer_uuid, walk->group_uuid,
                                             &walk->list, &page, &error);

    if (status != CRUDDUR_OK) {
        return context_error(walk->context, status, error, argument_names);
    }
    if (walk->page == NULL && cruddur_msg_page_has_older(page)) {
        walk->older = strdup(cruddur_msg_page_older(page));
        if (walk->older == NULL) {
            cruddur_msg_page_free(page);
            return report_no_memory(walk->context->command);
        }
    }
    /* The cursor in the options belongs to the page before. */
    cruddur_msg_page_free(walk->page);
    walk->page = page;
    return CODE_OK;
}

/* Goes on to the page of newer messages; `ret_more` tells whether there is one. */
static enum exit_code fetch_next(struct walk *walk, bool all, bool *ret_more)
{
    *ret_more = all && cruddur_msg_page_has_newer(walk->page) && out_flush(&walk->context->out);
    if (!*ret_more) {
        return CODE_OK;
    }
    walk->list.cursor = cruddur_msg_page_newer(walk->page);
    return fetch(walk);
}

static enum exit_code write_json(struct walk *walk, bool all)
{
    struct json_list list;
    struct json_row row;
    enum exit_code code;
    bool more;

    json_list_begin(&list, &walk->context->out, "messages");
    do {
        for (size_t i = 0; i < cruddur_msg_page_count(walk->page); i++) {
            json_row_init(&row);
            json_row_msg(&row, cruddur_msg_page_at(walk->page, i));
            json_list_add(&list, &row);
        }
        code = fetch_next(walk, all, &more);
    } while (code == CODE_OK && more);
    json_list_close(&list);
    json_list_text(&list, "older", walk->older);
    json_list_text(&list, "newer", cruddur_msg_page_newer(walk->page));
    json_list_end(&list);
    return code;
}

static enum exit_code write_text(struct walk *walk, bool all)
{
    struct messages_view view;
    enum exit_code code;
    bool more;

    messages_view_init(&view, &walk->context->out, walk->context->now_us, walk->page);
    if (cruddur_msg_page_count(walk->page) == 0) {
        view_remark(&view.view, "no messages");
    }
    do {
        for (size_t i = 0; i < cruddur_msg_page_count(walk->page); i++) {
            view_message(&view, cruddur_msg_page_at(walk->page, i));
        }
        code = fetch_next(walk, all, &more);
    } while (code == CODE_OK && more);
    if (code == CODE_OK && walk->older != NULL) {
        view_remark(&view.view, "older: --cursor %s", walk->older);
    }
    if (code == CODE_OK && cruddur_msg_page_has_newer(walk->page)) {
        view_remark(&view.view, "newer: --cursor %s", cruddur_msg_page_newer(walk->page));
    }
    messages_view_free(&view);
    return code;
}

/* Checks what the options say, and fills in what the library is to be asked for. */
static enum exit_code prepare(struct walk *walk, const struct messages_options *options,
                              cruddur_user *viewer)
{
    struct context *context = walk->context;
    enum exit_code code = listing_apply(context, &options->listing, &walk->list);

    if (code == CODE_OK) {
        code = context_uuid(context, "GROUP", walk->group_uuid);
    }
    if (code == CODE_OK && options->since_us >= options->until_us) {
        code = report(context->command, CODE_USAGE, "--since: it must be before --until");
    }
    if (code == CODE_OK && options->as != NULL) {
        code = context_user(context, "--as", options->as, viewer);
        if (code == CODE_OK) {
            walk->viewer_uuid = viewer->uuid;
        }
    }
    walk->list.order = CRUDDUR_OLDEST_FIRST;
    walk->list.start = options->listing.all ? CRUDDUR_START_OLDEST : CRUDDUR_START_NEWEST;
    walk->list.since_us = options->since_us;
    walk->list.until_us = options->until_us;
    return code;
}

static enum exit_code run(struct context *context, const void *values, char *const *arguments)
{
    const struct messages_options *options = values;
    struct walk walk = {context, NULL, arguments[0], CRUDDUR_LIST_OPTIONS_INIT, NULL, NULL};
    cruddur_user viewer = CRUDDUR_USER_INIT;
    enum exit_code code = prepare(&walk, options, &viewer);

    if (code == CODE_OK) {
        code = context_open(context, CRUDDUR_OPEN_EXISTING);
    }
    if (code == CODE_OK) {
        code = fetch(&walk);
    }
    if (code == CODE_OK && context->globals.json) {
        code = write_json(&walk, options->listing.all);
    } else if (code == CODE_OK) {
        listing_start_pager(context);
        code = write_text(&walk, options->listing.all);
    }
    cruddur_msg_page_free(walk.page);
    free(walk.older);
    return code;
}

static const char *const arguments_table[] = {"GROUP"};

const struct command command_messages = {
    .name = "messages",
    .summary = "show the messages of a group",
    .description =
        "Shows the newest messages of the group with the uuid GROUP, oldest first. Where "
        "there are more, the last line tells how to go on. Times are local; TIME is as "
        "in 2025-01-31T09:00:00+01:00, and UTC where it has no offset.",
    .examples = "  cruddur messages 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e\n"
                "  cruddur messages 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e --as @maren --all\n"
                "  cruddur messages 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e --json \\\n"
                "      --since 2025-01-31T00:00:00Z\n",
    .arguments = arguments_table,
    .n_arguments = sizeof(arguments_table) / sizeof(arguments_table[0]),
    .options = options_table,
    .n_options = sizeof(options_table) / sizeof(options_table[0]),
    .defaults = &defaults,
    .defaults_size = sizeof(defaults),
    .run = run,
};
