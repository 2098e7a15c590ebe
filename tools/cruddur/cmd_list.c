/* SPDX-License-Identifier: MIT */
/* cruddur groups, messages, show, scan: what is there. */
#include "json.h"
#include "listing.h"
#include "text.h"

#define DEFAULT_LIMIT 20

/* Lists --limit of the listing on one page, or all of it with --all. */
static enum exit_code write_pages(struct context *context, const struct listing *listing)
{
    const struct options *options = &context->options;
    if (options->all && (options->limit > 0 || options->cursor != NULL)) {
        return report(CODE_USAGE, "--all: it shows everything, so it goes without --%s",
                      options->limit > 0 ? "limit" : "cursor");
    }
    uint64_t limit = options->limit > 0 ? options->limit : DEFAULT_LIMIT;
    return listing_write(context, listing, options->all ? UINT64_MAX : limit, !options->all);
}

/* --- groups --- */

static cruddur_status fetch_groups(struct context *context, const struct listing *listing,
                                   uint32_t limit, const char *cursor, struct page *ret_page,
                                   cruddur_error **error)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.limit = limit;
    options.cursor = cursor;
    options.flags = (context->options.unread ? CRUDDUR_LIST_UNREAD : 0) |
                    (context->options.show_archived ? CRUDDUR_LIST_ARCHIVED : 0) |
                    (context->options.show_hidden ? CRUDDUR_LIST_HIDDEN : 0) |
                    (context->options.no_counts ? CRUDDUR_LIST_NO_COUNTS : 0);
    cruddur_group_page *page = NULL;
    cruddur_status status =
        cruddur_group_list(context->dm, listing->viewer_uuid, &options, &page, error);
    if (status == CRUDDUR_OK) {
        const char *older =
            cruddur_group_page_has_older(page) ? cruddur_group_page_older(page) : NULL;
        *ret_page = (struct page){
            page,  cruddur_group_page_count(page), older,
            older, cruddur_group_page_newer(page), cruddur_group_page_has_newer(page)};
    }
    return status;
}

static void free_groups(void *page)
{
    cruddur_group_page_free(page);
}

static void write_group_json(struct out *out, const void *page, size_t index)
{
    json_group(out, cruddur_group_page_at(page, index), NULL);
}

static void write_group_text(struct view *view, const void *page, size_t index)
{
    view_group(view, cruddur_group_page_at(page, index));
}

static enum exit_code run_groups(struct context *context)
{
    cruddur_user user = CRUDDUR_USER_INIT;
    enum exit_code code = context_user(context, "USER", context->arguments[0], &user);
    if (code == CODE_OK && context->options.unread && context->options.no_counts) {
        code = report(CODE_USAGE, "--no-counts: it does not go together with --unread");
    }
    if (code != CODE_OK) {
        return code;
    }
    const struct listing listing = {.name = "groups",
                                    .viewer_uuid = user.uuid,
                                    .fetch = fetch_groups,
                                    .free = free_groups,
                                    .write_json = write_group_json,
                                    .write_text = write_group_text};
    return write_pages(context, &listing);
}

const struct command command_groups = {
    .name = "groups",
    .bit = COMMAND_GROUPS,
    .arguments = {"USER"},
    .summary = "list the groups of a user, newest first",
    .help = "Usage: cruddur groups [OPTION]... USER\n"
            "\n"
            "Lists the groups that USER is a member of, by the time of their newest message:\n"
            "who it is with, how many of the others' messages are unread, how long ago, the\n"
            "newest message, and the group's uuid. USER is a uuid, or a handle (with or\n"
            "without @) from the users file. Pages that leave groups out may be short.\n"
            "\n"
            "Options:\n"
            "  --unread        only groups with unread messages\n"
            "  --archived      archived groups, too\n"
            "  --hidden        hidden groups, too\n"
            "  --no-counts     do not count unread messages\n"
            "  --limit N       groups to show, 1 to 1000 (default 20)\n"
            "  --cursor C      go on where another page ended\n"
            "  --all           show everything\n"
            "\n"
            "Examples:\n"
            "  cruddur groups @maren\n"
            "  cruddur groups @maren --unread\n"
            "  cruddur groups @maren --limit 50 --json\n",
    .run = run_groups,
};

/* --- messages --- */

static cruddur_status fetch_messages(struct context *context, const struct listing *listing,
                                     uint32_t limit, const char *cursor, struct page *ret_page,
                                     cruddur_error **error)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    /* Without --as it is the operator who reads. */
    options.flags = listing->viewer_uuid == NULL ? CRUDDUR_LIST_TRUSTED : 0;
    options.limit = limit;
    options.cursor = cursor;
    options.order = CRUDDUR_OLDEST_FIRST;
    options.start = context->options.all ? CRUDDUR_START_OLDEST : CRUDDUR_START_NEWEST;
    options.since_us = context->options.since_us;
    options.until_us = context->options.until_us;
    options.around_message_uuid = listing->message_uuid;
    options.around_created_at_us = context->options.at_us;
    cruddur_msg_page *page = NULL;
    cruddur_status status = cruddur_msg_list(context->dm, listing->viewer_uuid, listing->group_uuid,
                                             &options, &page, error);
    if (status == CRUDDUR_OK) {
        bool has_newer = cruddur_msg_page_has_newer(page);
        const char *newer = cruddur_msg_page_newer(page);
        *ret_page =
            (struct page){page,
                          cruddur_msg_page_count(page),
                          has_newer ? newer : NULL,
                          cruddur_msg_page_has_older(page) ? cruddur_msg_page_older(page) : NULL,
                          newer,
                          has_newer};
    }
    return status;
}

static void free_messages(void *page)
{
    cruddur_msg_page_free(page);
}

static void write_message_json(struct out *out, const void *page, size_t index)
{
    json_message(out, cruddur_msg_page_at(page, index));
}

static void write_message_text(struct view *view, const void *page, size_t index)
{
    view_message(view, page, cruddur_msg_page_at(page, index));
}

/* Reads who has read what, for text only. The messages are shown even if that fails. */
static void begin_messages(struct context *context, const struct listing *listing,
                           struct view *view)
{
    cruddur_error *error = NULL;
    if (context_try_members(context, listing->viewer_uuid, listing->group_uuid, &error) !=
        CRUDDUR_OK) {
        text_clean(&view->trouble, cruddur_error_message(error), TEXT_BREAKS_ESCAPED);
    }
    cruddur_error_free(error);
    view->members = context->members;
    view->viewer_uuid = listing->viewer_uuid;
    view->shows_uuids = context->options.uuids;
}

static struct listing messages_listing(struct context *context, const char *viewer_uuid)
{
    return (struct listing){.name = "messages",
                            .is_forward = true,
                            .viewer_uuid = viewer_uuid,
                            .group_uuid = context->arguments[0],
                            .fetch = fetch_messages,
                            .free = free_messages,
                            .write_json = write_message_json,
                            .write_text = write_message_text,
                            .begin_text = begin_messages,
                            .end_text = view_end_messages};
}

static enum exit_code run_messages(struct context *context)
{
    const struct options *options = &context->options;
    enum exit_code code = options_uuid("GROUP", context->arguments[0]);
    if (code == CODE_OK && options->since_us >= options->until_us) {
        code = report(CODE_USAGE, "--since: it must be before --until");
    }
    cruddur_user viewer = CRUDDUR_USER_INIT;
    if (code == CODE_OK && options->me != NULL) {
        code = context_user(context, "--as", options->me, &viewer);
    }
    const struct listing listing = messages_listing(context, viewer.uuid);
    return code == CODE_OK ? write_pages(context, &listing) : code;
}

const struct command command_messages = {
    .name = "messages",
    .bit = COMMAND_MESSAGES,
    .arguments = {"GROUP"},
    .summary = "show the messages of a group",
    .help = "Usage: cruddur messages [OPTION]... GROUP\n"
            "\n"
            "Shows the newest messages of the group with the uuid GROUP, oldest first. Where\n"
            "there are more, the last lines tell how to go on. Times are shown in the local\n"
            "time zone. Under a message is who has read up to it, and with --as a line is\n"
            "before what is new. TIME is as in 2025-01-31T09:00:00+01:00; a local time such\n"
            "as '2025-01-31 09:00'; a date; or now, today or yesterday.\n"
            "\n"
            "Options:\n"
            "  --as USER       who reads: only members get an answer\n"
            "  --uuids         show the messages' uuids, too\n"
            "  --limit N       messages to show, 1 to 1000 (default 20)\n"
            "  --cursor C      go on where another page ended\n"
            "  --all           show everything\n"
            "  --since TIME    only messages of TIME or later\n"
            "  --until TIME    only messages before TIME\n"
            "\n"
            "Examples:\n"
            "  cruddur messages 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e\n"
            "  cruddur messages 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e --as @maren --all\n"
            "  cruddur messages 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e --json \\\n"
            "      --since 2025-01-31T00:00:00Z\n",
    .run = run_messages,
};

/* --- show --- */

static void write_shown(struct context *context, const cruddur_msg *msg)
{
    struct out *out = &context->out;
    if (context->options.json) {
        json_message(out, msg);
        out_text(out, "\n");
        return;
    }
    struct view view;
    view_init(&view, out, context->now_us);
    view_message(&view, NULL, msg);
    view.members = context->members; /* only now: no receipts, no line before what is new */
    view_message_details(&view, msg);
    view_free(&view);
}

static enum exit_code show_message(struct context *context, const char *viewer_uuid)
{
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    cruddur_error *error = NULL;
    enum exit_code code = context_open(context, CRUDDUR_OPEN_EXISTING);
    if (code != CODE_OK) {
        return code;
    }
    options.flags = viewer_uuid == NULL ? CRUDDUR_MSG_TRUSTED : 0;
    options.created_at_us = context->options.at_us;
    cruddur_status status = cruddur_msg_get(context->dm, viewer_uuid, context->arguments[0],
                                            context->arguments[1], &options, &msg, &error);
    if (status != CRUDDUR_OK) {
        return report_error(status, error, NULL);
    }
    /* For the names of those who reacted; without it their uuids are shown. */
    if (!context->options.json && cruddur_msg_reaction_count(msg) > 0) {
        (void)context_try_members(context, viewer_uuid, context->arguments[0], &error);
        cruddur_error_free(error);
    }
    write_shown(context, msg);
    cruddur_msg_free(msg);
    return CODE_OK;
}

static enum exit_code run_show(struct context *context)
{
    cruddur_user viewer = CRUDDUR_USER_INIT;
    enum exit_code code = context_message(context, &viewer);
    if (code != CODE_OK) {
        return code;
    }
    if (!context->options.around) {
        return context->options.limit == 0 && !context->options.uuids
                   ? show_message(context, viewer.uuid)
                   : report(CODE_USAGE, "--%s: it goes with --around only",
                            context->options.limit > 0 ? "limit" : "uuids");
    }
    struct listing listing = messages_listing(context, viewer.uuid);
    listing.message_uuid = context->arguments[1];
    return write_pages(context, &listing);
}

const struct command command_show = {
    .name = "show",
    .bit = COMMAND_SHOW,
    .arguments = {"GROUP", "MESSAGE"},
    .summary = "show one message, or what is around it",
    .help = "Usage: cruddur show [OPTION]... GROUP MESSAGE\n"
            "\n"
            "Shows the message with the uuid MESSAGE of the group with the uuid GROUP, and\n"
            "all that it has: when it was edited or deleted, what it replies to, its data,\n"
            "its version, and who reacted.\n"
            "\n"
            "Options:\n"
            "  --as USER       who reads: only members get an answer\n" AT_OPTION
            "  --around        show it among the messages before and after it\n"
            "  --limit N       with --around: messages to show, 1 to 1000 (default 20)\n"
            "  --uuids         with --around: show the messages' uuids, too\n"
            "\n"
            "The cursors that --around shows are for the command messages.\n"
            "\n"
            "Examples:\n"
            "  cruddur show 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e \\\n"
            "      01a2064f-4868-7bdb-be2f-c9455c068114\n"
            "  cruddur show --as @maren 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e \\\n"
            "      01a2064f-4868-7bdb-be2f-c9455c068114 --around --limit 10\n",
    .run = run_show,
};

/* --- scan --- */

static cruddur_status fetch_rows(struct context *context, const struct listing *listing,
                                 uint32_t limit, const char *cursor, struct page *ret_page,
                                 cruddur_error **error)
{
    (void)listing;
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    options.limit = limit;
    options.cursor = cursor;
    cruddur_row_page *page = NULL;
    cruddur_status status = cruddur_scan(context->dm, &options, &page, error);
    if (status == CRUDDUR_OK) {
        *ret_page = (struct page){
            page, cruddur_row_page_count(page), cruddur_row_page_next(page), NULL, NULL, false};
    }
    return status;
}

static void free_rows(void *page)
{
    cruddur_row_page_free(page);
}

static void write_row_json(struct out *out, const void *page, size_t index)
{
    json_row(out, page, index);
}

static void write_row_text(struct view *view, const void *page, size_t index)
{
    view_row(view, page, index);
}

static enum exit_code run_scan(struct context *context)
{
    const struct listing listing = {.name = "rows",
                                    .fetch = fetch_rows,
                                    .free = free_rows,
                                    .write_json = write_row_json,
                                    .write_text = write_row_text};
    uint64_t limit = context->options.limit;
    return listing_write(context, &listing, limit > 0 ? limit : UINT64_MAX, false);
}

const struct command command_scan = {
    .name = "scan",
    .bit = COMMAND_SCAN,
    .summary = "show every row of the table, unchanged",
    .help = "Usage: cruddur scan [OPTION]...\n"
            "\n"
            "Shows all rows of the store with their keys and attributes, in the store's own\n"
            "order, however many they are. With --json it is one document {\"rows\":[...]},\n"
            "written as it is read.\n"
            "\n"
            "Options:\n"
            "  --limit N       stop after N rows\n"
            "\n"
            "Examples:\n"
            "  cruddur scan --limit 10\n"
            "  cruddur scan --json > table.json\n",
    .run = run_scan,
};
