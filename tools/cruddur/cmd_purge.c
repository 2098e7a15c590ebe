/* SPDX-License-Identifier: MIT */
/* cruddur purge: removes what has expired. */
#include <inttypes.h>
#include <stdlib.h>

#include "buffer.h"
#include "command.h"
#include "json.h"
#include "progress.h"

struct purge {
    struct context *context;
    cruddur_purge_event counts; /* the latest; its cursor is not used */
    char *cursor;               /* where another run can continue */
    bool has_progress;
};

static void format_counts(struct buffer *line, const cruddur_purge_event *counts)
{
    buffer_add_format(line, "%" PRIu64 " rows; %" PRIu64 " removed, %" PRIu64 " messages emptied",
                      counts->rows, counts->removed, counts->emptied);
}

static bool observe(void *data, const cruddur_purge_event *event)
{
    struct purge *purge = data;
    purge->counts = *event;
    free(purge->cursor);
    purge->cursor = event->cursor != NULL ? memory_copy(event->cursor) : NULL;
    struct buffer line = {NULL, 0, 0};
    format_counts(&line, event);
    if (purge->context->options.verbose) {
        report_remark("%s%s%s", buffer_text(&line), event->cursor != NULL ? "; --cursor " : "",
                      event->cursor != NULL ? event->cursor : "");
    } else if (progress_can_be_shown()) {
        progress_show(buffer_text(&line));
        purge->has_progress = true;
    }
    buffer_free(&line);
    return true;
}

static void write_counts(const struct purge *purge)
{
    struct out *out = &purge->context->out;
    const cruddur_purge_event *counts = &purge->counts;
    if (purge->context->options.json) {
        json_number(out, "{", "rows", counts->rows);
        json_number(out, ",", "removed", counts->removed);
        json_number(out, ",", "emptied", counts->emptied);
        out_text(out, "}\n");
        return;
    }
    struct buffer line = {NULL, 0, 0};
    format_counts(&line, counts);
    out_format(out, "%s\n", buffer_text(&line));
    buffer_free(&line);
}

static enum exit_code run(struct context *context)
{
    cruddur_purge_options options = CRUDDUR_PURGE_OPTIONS_INIT;
    struct purge purge = {.context = context};
    cruddur_error *error = NULL;
    enum exit_code code = context_open(context, CRUDDUR_OPEN_EXISTING);
    if (code != CODE_OK) {
        return code;
    }
    options.cursor = context->options.cursor;
    options.observe = observe;
    options.data = &purge;
    cruddur_status status = cruddur_purge(context->dm, &options, &error);
    if (purge.has_progress) {
        progress_clear();
    }
    if (status == CRUDDUR_OK) {
        write_counts(&purge);
    } else {
        code = report_error(status, error, NULL);
        if (purge.cursor != NULL) {
            (void)report(code, "%" PRIu64 " rows were removed; to continue: --cursor %s",
                         purge.counts.removed, purge.cursor);
        }
    }
    free(purge.cursor);
    return code;
}

const struct command command_purge = {
    .name = "purge",
    .bit = COMMAND_PURGE,
    .summary = "remove what has expired",
    .help = "Usage: cruddur purge [OPTION]...\n"
            "\n"
            "Removes messages that have expired, and tells how many rows were looked at and\n"
            "removed. No command shows such messages, and DynamoDB removes them itself: run\n"
            "this on files of SQLite, once a day. The store may be in use. In a file,\n"
            "messages of the last 7 days are emptied first, and removed by a later purge.\n"
            "When interrupted, run it again.\n"
            "\n"
            "Options:\n"
            "  --cursor C      go on where another run ended (shown with --verbose)\n"
            "\n"
            "Examples:\n"
            "  cruddur purge --store sqlite:messages.db\n",
    .run = run,
};
