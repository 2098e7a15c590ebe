/* SPDX-License-Identifier: MIT */
/* cruddur groups: the groups of a user, newest first. */
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "json_rows.h"
#include "listing.h"
#include "view.h"

struct groups_options {
    struct listing_options listing;
};

static const struct option_spec options_table[] = {
    LISTING_OPTIONS(struct groups_options, listing),
};

static const struct groups_options defaults = {LISTING_OPTIONS_INIT};

static const struct argument_name argument_names[] = {
    {"user_uuid", "USER"},
    {"options.limit", "--limit"},
    {"options.cursor", "--cursor"},
    {NULL, NULL},
};

/* The walk through the list: the page at hand, and what is needed from earlier ones. */
struct walk {
    struct context *context;
    const char *user_uuid;
    cruddur_list_options list;
    cruddur_group_page *page;
    /* The first page's cursor towards newer groups: it outlives that page. */
    char *newer;
};

static enum exit_code fetch(struct walk *walk)
{
    cruddur_group_page *page = NULL;
    cruddur_error *error = NULL;
    cruddur_status status =
        cruddur_group_list(walk->context->dm, walk->user_uuid, &walk->list, &page, &error);

    if (status != CRUDDUR_OK) {
        return context_error(walk->context, status, error, argument_names);
    }
    if (walk->newer == NULL) {
        walk->newer = strdup(cruddur_group_page_newer(page));
        if (walk->newer == NULL) {
            cruddur_group_page_free(page);
            return report_no_memory(walk->context->command);
        }
    }
    /* The cursor in the options belongs to the page before. */
    cruddur_group_page_free(walk->page);
    walk->page = page;
    return CODE_OK;
}

/* Goes on to the page of older groups; `ret_more` tells whether there is one. */
static enum exit_code fetch_next(struct walk *walk, bool all, bool *ret_more)
{
    *ret_more = all && cruddur_group_page_has_older(walk->page) && out_flush(&walk->context->out);
    if (!*ret_more) {
        return CODE_OK;
    }
    walk->list.cursor = cruddur_group_page_older(walk->page);
    return fetch(walk);
}

static enum exit_code write_json(struct walk *walk, bool all)
{
    struct json_list list;
    struct json_row row;
    enum exit_code code;
    bool more;

    json_list_begin(&list, &walk->context->out, "groups");
    do {
        for (size_t i = 0; i < cruddur_group_page_count(walk->page); i++) {
            json_row_init(&row);
            json_row_group(&row, cruddur_group_page_at(walk->page, i));
            json_list_add(&list, &row);
        }
        code = fetch_next(walk, all, &more);
    } while (code == CODE_OK && more);
    json_list_close(&list);
    json_list_text(&list, "older",
                   cruddur_group_page_has_older(walk->page) ? cruddur_group_page_older(walk->page)
                                                            : NULL);
    json_list_text(&list, "newer", walk->newer);
    json_list_end(&list);
    return code;
}

static enum exit_code write_text(struct walk *walk, bool all)
{
    bool newer = cruddur_group_page_has_newer(walk->page);
    enum exit_code code;
    struct view view;
    bool more;

    view_init(&view, &walk->context->out, walk->context->now_us);
    if (cruddur_group_page_count(walk->page) == 0) {
        view_remark(&view, "no groups");
    }
    do {
        for (size_t i = 0; i < cruddur_group_page_count(walk->page); i++) {
            view_group(&view, cruddur_group_page_at(walk->page, i));
        }
        code = fetch_next(walk, all, &more);
    } while (code == CODE_OK && more);
    if (code == CODE_OK && cruddur_group_page_has_older(walk->page)) {
        view_remark(&view, "older: --cursor %s", cruddur_group_page_older(walk->page));
    }
    if (code == CODE_OK && newer) {
        view_remark(&view, "newer: --cursor %s", walk->newer);
    }
    view_free(&view);
    return code;
}

static enum exit_code run(struct context *context, const void *values, char *const *arguments)
{
    const struct groups_options *options = values;
    struct walk walk = {context, NULL, CRUDDUR_LIST_OPTIONS_INIT, NULL, NULL};
    enum exit_code code = listing_apply(context, &options->listing, &walk.list);
    cruddur_user user;

    if (code == CODE_OK) {
        code = context_user(context, "USER", arguments[0], &user);
    }
    if (code == CODE_OK) {
        code = context_open(context, CRUDDUR_OPEN_EXISTING);
    }
    if (code != CODE_OK) {
        return code;
    }
    walk.user_uuid = user.uuid;
    code = fetch(&walk);
    if (code == CODE_OK && context->globals.json) {
        code = write_json(&walk, options->listing.all);
    } else if (code == CODE_OK) {
        listing_start_pager(context);
        code = write_text(&walk, options->listing.all);
    }
    cruddur_group_page_free(walk.page);
    free(walk.newer);
    return code;
}

static const char *const arguments_table[] = {"USER"};

const struct command command_groups = {
    .name = "groups",
    .summary = "list the groups of a user, newest first",
    .description =
        "Lists the groups that USER is a member of, by the time of their newest message: "
        "who it is with, how long ago, the newest message, and the group's uuid. USER is "
        "a uuid, or a handle (with or without @) from the users file.",
    .examples = "  cruddur groups @maren\n"
                "  cruddur groups @maren --limit 50 --json\n"
                "  cruddur groups @maren --all\n",
    .arguments = arguments_table,
    .n_arguments = sizeof(arguments_table) / sizeof(arguments_table[0]),
    .options = options_table,
    .n_options = sizeof(options_table) / sizeof(options_table[0]),
    .defaults = &defaults,
    .defaults_size = sizeof(defaults),
    .run = run,
};
