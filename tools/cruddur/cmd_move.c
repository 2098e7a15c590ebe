/* SPDX-License-Identifier: MIT */
/* cruddur move: moves a store to another one while it is in use. */
#include <inttypes.h>

#include "buffer.h"
#include "command.h"
#include "json.h"
#include "progress.h"

#define US_PER_S 1e6
#define MS_PER_S 1000u
/* A part is up to 500 rows, or what 100 changes have written. */
#define PART_TIMEOUT_MS 60000

struct move {
    struct context *context;
    cruddur_move_event event; /* the latest */
    bool has_progress;
};

static const char *const phases[] = {
    [CRUDDUR_MOVE_COPYING] = "copying",
    [CRUDDUR_MOVE_FOLLOWING] = "catching up",
    [CRUDDUR_MOVE_FENCED] = "closed to writes, catching up",
    [CRUDDUR_MOVE_DONE] = "done",
};

static void format_event(struct buffer *line, const cruddur_move_event *event)
{
    buffer_add_format(line,
                      "%s: %" PRIu64 " rows and %" PRIu64 " changes looked at; %" PRIu64
                      " put, %" PRIu64 " replaced, %" PRIu64 " removed",
                      phases[event->phase], event->rows, event->changes, event->put,
                      event->replaced, event->removed);
    if (event->fenced_us > 0) {
        buffer_add_format(line, "; closed for %.1f s", (double)event->fenced_us / US_PER_S);
    }
}

static bool observe(void *data, const cruddur_move_event *event)
{
    struct move *move = data;
    struct buffer line = {NULL, 0, 0};
    move->event = *event;
    format_event(&line, event);
    if (move->context->options.verbose) {
        report_remark("%s", buffer_text(&line));
    } else if (progress_can_be_shown()) {
        progress_show(buffer_text(&line));
        move->has_progress = true;
    }
    buffer_free(&line);
    return true;
}

static void write_event(const struct move *move)
{
    struct out *out = &move->context->out;
    const cruddur_move_event *event = &move->event;
    if (move->context->options.json) {
        json_number(out, "{", "rows", event->rows);
        json_number(out, ",", "changes", event->changes);
        json_number(out, ",", "put", event->put);
        json_number(out, ",", "replaced", event->replaced);
        json_number(out, ",", "removed", event->removed);
        json_number(out, ",", "fenced_us", (uint64_t)event->fenced_us);
        out_text(out, "}\n");
        return;
    }
    struct buffer line = {NULL, 0, 0};
    format_event(&line, event);
    out_format(out, "%s\n", buffer_text(&line));
    buffer_free(&line);
}

/* From the options of the command. */
static cruddur_move_options make_options(const struct context *context, uint32_t flags)
{
    cruddur_move_options options = CRUDDUR_MOVE_OPTIONS_INIT;
    options.flags = flags | (context->options.cancel ? CRUDDUR_MOVE_CANCEL : 0) |
                    (context->options.fence_anyway ? CRUDDUR_MOVE_FENCE_ANYWAY : 0);
    options.checkpoint = context->options.checkpoint;
    options.workers =
        context->options.workers > 0 ? (uint32_t)context->options.workers : options.workers;
    options.timeout_ms = context_timeout_ms(context, PART_TIMEOUT_MS);
    if (context->options.writers_s > 0) {
        options.writers_ms = (uint32_t)context->options.writers_s * MS_PER_S;
    }
    return options;
}

static enum exit_code move_store(struct context *context, cruddur *to)
{
    cruddur_move_options options = make_options(context, 0);
    struct move move = {.context = context};
    cruddur_error *error = NULL;
    options.observe = observe;
    options.data = &move;
    cruddur_status status = cruddur_move(context->dm, to, &options, &error);
    if (move.has_progress) {
        progress_clear();
    }
    if (status != CRUDDUR_OK) {
        return report_error(status, error, NULL);
    }
    if (!context->options.cancel) {
        write_event(&move);
    }
    return CODE_OK;
}

/* A file is made only when it is certain that the source can be moved. */
static enum exit_code make_target(struct context *context, cruddur **ret_to)
{
    cruddur_error *error = NULL;
    const cruddur_move_options options = make_options(context, CRUDDUR_MOVE_CHECK);
    cruddur_status status = cruddur_move(context->dm, NULL, &options, &error);
    return status == CRUDDUR_OK ? context_open_url(context, context->arguments[1], "TO", 0, ret_to)
                                : report_error(status, error, NULL);
}

static enum exit_code open_target(struct context *context, cruddur **ret_to)
{
    cruddur_error *error = NULL;
    const char *url = context->arguments[1];
    cruddur_status status = context_try_url(context, url, CRUDDUR_OPEN_EXISTING, ret_to, &error);
    if (status == CRUDDUR_E_STORE_MISSING && !context->options.cancel) {
        cruddur_error_free(error);
        return make_target(context, ret_to);
    }
    return context_report_url(status, error, "TO");
}

static enum exit_code run(struct context *context)
{
    cruddur *to = NULL;
    if (context->options.store != NULL) {
        return report(CODE_USAGE, "--store is not used: FROM and TO are the stores");
    }
    enum exit_code code = context_open_url(context, context->arguments[0], "FROM",
                                           CRUDDUR_OPEN_EXISTING, &context->dm);
    if (code == CODE_OK) {
        code = open_target(context, &to);
    }
    if (code == CODE_OK) {
        code = move_store(context, to);
    }
    cruddur_close(to);
    return code;
}

const struct command command_move = {
    .name = "move",
    .bit = COMMAND_MOVE,
    .arguments = {"FROM", "TO"},
    .summary = "move a store to another one while it is in use",
    .help = "Usage: cruddur move FROM TO [OPTION]...\n"
            "\n"
            "Copies all rows of the store FROM to the empty store TO, and catches up with\n"
            "what is written meanwhile. At the end FROM is closed to writes for good; start\n"
            "the service with TO then. FROM and TO are URLs, as for --store. When\n"
            "interrupted, run it again.\n"
            "\n"
            "Options:\n"
            "  --checkpoint F  the file that keeps how far the stream of FROM was read;\n"
            "                  needed if FROM is on DynamoDB\n"
            "  --workers N     how many rows are written at the same time (default 8),\n"
            "                  if TO is on DynamoDB\n"
            "  --fence-anyway  close FROM also if it changes faster than the move can follow;\n"
            "                  it is closed for as long as the rest takes\n"
            "  --cancel        give a move up that has not ended: FROM takes writes again\n"
            "  --writers S     how many seconds a call of a program that writes to FROM may\n"
            "                  take (default 10), if it is on DynamoDB: these are waited for\n"
            "\n"
            "Examples:\n"
            "  cruddur move sqlite:messages.db dynamodb:messages\n"
            "  cruddur move dynamodb:messages sqlite:messages.db --checkpoint move.json\n",
    .run = run,
};
