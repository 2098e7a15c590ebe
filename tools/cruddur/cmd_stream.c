/* SPDX-License-Identifier: MIT */
/* cruddur stream: moving group rows behind messages, as the table's stream tells of them. */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "command.h"
#include "input.h"
#include "json.h"
#include "progress.h"

#define EVENT_MAX ((size_t)64 << 20)
#define MS_PER_S 1000
#define US_PER_MS 1000
#define US_PER_S 1000000
/* How often the totals are shown, at most elsewhere and at least on a terminal. */
#define STATUS_US 60000000
#define REDRAW_US 1000000
/* What is told of a lag that is older says how old. */
#define LAG_IS_NEW_US 2000000

/* --- stopping --- */

static volatile sig_atomic_t was_told_to_stop;

static void handle_signals(void (*handler)(int signal_number))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
}

/* The second one, be it the same or the other, ends the command at once. */
static void note_signal(int signal_number)
{
    (void)signal_number;
    was_told_to_stop = 1;
    handle_signals(SIG_DFL);
}

/* --- follow: what happens --- */

struct totals {
    uint64_t records;
    uint64_t messages;
    uint64_t moved;
    uint64_t failed;
    uint64_t gaps;
    uint64_t shards;   /* that are being read */
    int64_t lag_ms;    /* of the latest batch; -1: not known */
    int64_t lag_at_us; /* when that was told */
};

struct view {
    struct context *context;
    pthread_mutex_t lock; /* for all below, and the output */
    struct totals totals;
    int64_t shown_at_us;
    bool redraws; /* one line on the terminal, over and over */
    bool is_drawn;
    bool has_news;    /* since the totals were shown */
    bool was_stopped; /* it did not end by itself */
};

static void note_lag(struct totals *totals, int64_t lag_ms)
{
    totals->lag_ms = lag_ms;
    totals->lag_at_us = cruddur_time_now_us();
}

static void add_to_totals(struct totals *totals, const cruddur_follow_event *event)
{
    switch (event->kind) {
    case CRUDDUR_FOLLOW_SHARD_OPENED:
        totals->shards++;
        break;
    case CRUDDUR_FOLLOW_SHARD_CLOSED:
        totals->shards -= totals->shards > 0 ? 1 : 0;
        break;
    case CRUDDUR_FOLLOW_BATCH:
        totals->records += event->records;
        totals->messages += event->messages;
        totals->moved += event->moved;
        note_lag(totals, event->lag_ms);
        break;
    case CRUDDUR_FOLLOW_GAP:
        totals->gaps++;
        break;
    case CRUDDUR_FOLLOW_RECORD_FAILED:
        totals->failed++;
        break;
    case CRUDDUR_FOLLOW_TROUBLE:
        if (event->lag_ms >= 0) {
            note_lag(totals, event->lag_ms);
        }
        break;
    }
}

/* --- follow: as JSON --- */

static void json_units(struct out *out, const char *key, double units)
{
    out_format(out, ",\"%s\":%g", key, units);
}

static void json_lag(struct out *out, int64_t lag_ms)
{
    if (lag_ms < 0) {
        out_text(out, ",\"lag_ms\":null");
    } else {
        json_number(out, ",", "lag_ms", (uint64_t)lag_ms);
    }
}

static void json_batch(struct out *out, const cruddur_follow_event *event)
{
    json_number(out, ",", "records", event->records);
    json_number(out, ",", "messages", event->messages);
    json_number(out, ",", "groups", event->groups);
    json_number(out, ",", "moved", event->moved);
    json_lag(out, event->lag_ms);
    out_format(out, ",\"duration_ms\":%.3f", (double)event->duration_us / US_PER_MS);
    json_number(out, ",", "requests", event->requests);
    json_number(out, ",", "rows_written", event->rows_written);
    json_units(out, "read_units", event->read_units);
    json_units(out, "write_units", event->write_units);
}

static void json_event(struct out *out, const cruddur_follow_event *event)
{
    static const struct {
        const char *name;
        bool has_number; /* of a record */
        bool has_status;
        bool has_words;
    } kinds[] = {
        [CRUDDUR_FOLLOW_SHARD_OPENED] = {"shard_opened", false, false, false},
        [CRUDDUR_FOLLOW_SHARD_CLOSED] = {"shard_closed", false, false, false},
        [CRUDDUR_FOLLOW_BATCH] = {"batch", true, false, false},
        [CRUDDUR_FOLLOW_GAP] = {"gap", true, false, true},
        [CRUDDUR_FOLLOW_RECORD_FAILED] = {"record_failed", true, true, true},
        [CRUDDUR_FOLLOW_TROUBLE] = {"trouble", false, true, true},
    };
    if (event->kind >= sizeof(kinds) / sizeof(kinds[0])) {
        return; /* of a later library */
    }
    json_text(out, "{", "event", kinds[event->kind].name);
    json_text(out, ",", "shard", event->shard_id);
    if (kinds[event->kind].has_number) {
        json_text(out, ",", "sequence_number", event->sequence_number);
    }
    if (kinds[event->kind].has_status) {
        json_text(out, ",", "status", cruddur_status_name(event->status));
    }
    if (kinds[event->kind].has_words) {
        json_text(out, ",", "message", event->message);
    }
    if (event->kind == CRUDDUR_FOLLOW_BATCH) {
        json_batch(out, event);
    }
    if (event->kind == CRUDDUR_FOLLOW_TROUBLE) {
        json_number(out, ",", "wait_ms", event->wait_ms);
        json_lag(out, event->lag_ms);
    }
    out_text(out, "}\n");
    (void)out_flush(out);
}

static void json_totals(struct out *out, const struct totals *totals)
{
    json_text(out, "{", "event", "end");
    json_number(out, ",", "records", totals->records);
    json_number(out, ",", "messages", totals->messages);
    json_number(out, ",", "moved", totals->moved);
    json_number(out, ",", "failed", totals->failed);
    json_number(out, ",", "gaps", totals->gaps);
    out_text(out, "}\n");
}

/* --- follow: as text --- */

static void format_totals(struct buffer *line, const struct totals *totals)
{
    buffer_add_format(
        line, "%" PRIu64 " record%s, %" PRIu64 " message%s, group rows moved %" PRIu64 " time%s",
        totals->records, totals->records == 1 ? "" : "s", totals->messages,
        totals->messages == 1 ? "" : "s", totals->moved, totals->moved == 1 ? "" : "s");
    if (totals->failed > 0) {
        buffer_add_format(line, ", %" PRIu64 " passed over", totals->failed);
    }
    if (totals->gaps > 0) {
        buffer_add_format(line, ", %" PRIu64 " gap%s", totals->gaps, totals->gaps == 1 ? "" : "s");
    }
}

static void format_lag(struct buffer *line, const struct totals *totals, int64_t now_us)
{
    int64_t age_us = now_us - totals->lag_at_us;
    if (totals->lag_ms >= 0) {
        buffer_add_format(line, ", lag %" PRId64 " s", totals->lag_ms / MS_PER_S);
    }
    if (totals->lag_ms >= 0 && age_us >= LAG_IS_NEW_US) {
        buffer_add_format(line, " (%" PRId64 " s ago)", age_us / US_PER_S);
    }
}

/* The line that is written over and over. */
static void draw(struct view *view, int64_t now_us)
{
    struct buffer line = {NULL, 0, 0};
    const struct totals *totals = &view->totals;
    buffer_add_format(&line, "%" PRIu64 " shard%s: ", totals->shards,
                      totals->shards == 1 ? "" : "s");
    format_totals(&line, totals);
    format_lag(&line, totals, now_us);
    progress_show(buffer_text(&line));
    buffer_free(&line);
    view->is_drawn = true;
}

static void clear_line(struct view *view)
{
    if (view->is_drawn) {
        progress_clear();
        view->is_drawn = false;
    }
}

static void write_totals(struct view *view)
{
    struct buffer line = {NULL, 0, 0};
    format_totals(&line, &view->totals);
    out_format(&view->context->out, "%s\n", buffer_text(&line));
    (void)out_flush(&view->context->out);
    buffer_free(&line);
}

/* Something that whoever runs it should know of. */
static void tell(struct view *view, const cruddur_follow_event *event)
{
    const char *shard = event->shard_id == NULL ? "-" : event->shard_id;
    const char *number = event->sequence_number == NULL ? "-" : event->sequence_number;
    clear_line(view);
    if (event->kind == CRUDDUR_FOLLOW_GAP) {
        report_remark("shard %s, record %s: %s", shard, number, event->message);
    } else if (event->kind == CRUDDUR_FOLLOW_RECORD_FAILED) {
        report_remark("shard %s, record %s: passed over: %s", shard, number, event->message);
    } else if (event->kind == CRUDDUR_FOLLOW_TROUBLE) {
        report_remark("%s%s%s; trying again in %.1f s", event->shard_id == NULL ? "" : shard,
                      event->shard_id == NULL ? "" : ": ", event->message,
                      (double)event->wait_ms / MS_PER_S);
    }
}

/* On a terminal one line; elsewhere a line a minute, if it has news. */
static void show_totals(struct view *view, bool has_event)
{
    int64_t now_us = cruddur_time_now_us();
    int64_t passed_us = now_us - view->shown_at_us;
    bool is_due = passed_us >= (view->redraws ? REDRAW_US : STATUS_US) || passed_us < 0;
    if (view->redraws && (has_event || is_due)) {
        draw(view, now_us);
        view->shown_at_us = now_us;
    } else if (!view->redraws && is_due && view->has_news) {
        write_totals(view);
        view->shown_at_us = now_us;
        view->has_news = false;
    }
}

/* --- follow: what the library calls, on threads of its own and on ours --- */

static bool is_stopping(void *data)
{
    struct view *view = data;
    const struct context *context = view->context;
    (void)pthread_mutex_lock(&view->lock);
    /* Or nobody reads what is written any more. */
    bool stops = was_told_to_stop != 0 || context->out.is_closed || context->out.error != 0;
    view->was_stopped = view->was_stopped || stops;
    if (!stops && !context->options.json) {
        show_totals(view, false);
    }
    (void)pthread_mutex_unlock(&view->lock);
    return stops;
}

static void observe(void *data, const cruddur_follow_event *event)
{
    struct view *view = data;
    (void)pthread_mutex_lock(&view->lock);
    add_to_totals(&view->totals, event);
    view->has_news = view->has_news || event->kind == CRUDDUR_FOLLOW_BATCH;
    if (view->context->options.json) {
        json_event(&view->context->out, event);
    } else {
        tell(view, event);
        show_totals(view, true);
    }
    (void)pthread_mutex_unlock(&view->lock);
}

/* --- follow --- */

static enum exit_code fill_options(const struct options *options, cruddur_follow_options *follow)
{
    follow->flags = options->once ? CRUDDUR_FOLLOW_ONCE : 0;
    follow->checkpoint = options->checkpoint;
    if (options->workers > 0) {
        follow->workers = (uint32_t)options->workers;
    }
    if (options->shards > 0) {
        follow->shards = (uint32_t)options->shards;
    }
    if (options->from != NULL && strcmp(options->from, "latest") == 0) {
        follow->from = CRUDDUR_FOLLOW_LATEST;
    } else if (options->from != NULL && strcmp(options->from, "oldest") != 0) {
        return report(CODE_USAGE, "--from: it must be oldest or latest");
    }
    return CODE_OK;
}

/* Without --once there is no end but being stopped, and what is lost is told when it happens. */
static enum exit_code judge(const struct view *view)
{
    if (!view->context->options.once) {
        return CODE_OK;
    }
    if (view->was_stopped) {
        (void)report(CODE_RETRY, "it was stopped before it had caught up");
    }
    return view->totals.failed > 0 || view->totals.gaps > 0 ? CODE_FAILED
           : view->was_stopped                              ? CODE_RETRY
                                                            : CODE_OK;
}

static enum exit_code follow(struct context *context, const cruddur_follow_options *options,
                             struct view *view)
{
    cruddur_error *error = NULL;
    handle_signals(note_signal);
    cruddur_status status = cruddur_stream_follow(context->dm, options, &error);
    clear_line(view);
    if (status != CRUDDUR_OK) {
        return report_error(status, error, NULL);
    }
    if (!context->options.json) {
        write_totals(view);
    } else if (!context->options.once || !view->was_stopped) {
        json_totals(&context->out, &view->totals);
    }
    return judge(view);
}

static enum exit_code run_follow(struct context *context)
{
    cruddur_follow_options options = CRUDDUR_FOLLOW_OPTIONS_INIT;
    struct view view = {.context = context,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .totals.lag_ms = -1,
                        .shown_at_us = context->now_us};
    view.redraws = !context->options.json && !context->options.verbose && progress_can_be_shown();
    enum exit_code code = fill_options(&context->options, &options);
    if (code == CODE_OK) {
        code = context_open(context, CRUDDUR_OPEN_EXISTING);
    }
    options.is_stopping = is_stopping;
    options.observe = observe;
    options.data = &view;
    return code == CODE_OK ? follow(context, &options, &view) : code;
}

/* --- apply --- */

static enum exit_code write_result(struct context *context, const cruddur_stream_result *result)
{
    struct out *out = &context->out;
    size_t failures = cruddur_stream_result_failure_count(result);
    if (context->options.json) {
        out_format(out, "%s\n", cruddur_stream_result_answer(result));
    } else {
        size_t records = cruddur_stream_result_record_count(result);
        size_t messages = cruddur_stream_result_message_count(result);
        size_t groups = cruddur_stream_result_group_count(result);
        out_format(out, "%zu record%s, %zu message%s of %zu group%s; group rows of %zu moved\n",
                   records, records == 1 ? "" : "s", messages, messages == 1 ? "" : "s", groups,
                   groups == 1 ? "" : "s", cruddur_stream_result_moved_count(result));
    }
    for (size_t i = 0; i < failures; i++) {
        const char *number = cruddur_stream_result_failure_sequence_number(result, i);
        (void)report(CODE_FAILED, "record %zu (sequence number %s): %s",
                     cruddur_stream_result_failure_record(result, i) + 1,
                     number[0] == '\0' ? "-" : number,
                     cruddur_stream_result_failure_message(result, i));
    }
    return failures == 0 ? CODE_OK : CODE_FAILED;
}

static enum exit_code apply(struct context *context, const char *event)
{
    cruddur_stream_options options = CRUDDUR_STREAM_OPTIONS_INIT;
    cruddur_stream_result *result = NULL;
    cruddur_error *error = NULL;
    if (context->options.workers > 0) {
        options.workers = (uint32_t)context->options.workers;
    }
    cruddur_status status =
        cruddur_stream_apply(context->dm, event, strlen(event), &options, &result, &error);
    if (status != CRUDDUR_OK) {
        return report_error(status, error, NULL);
    }
    enum exit_code code = write_result(context, result);
    cruddur_stream_result_free(result);
    return code;
}

static enum exit_code run_apply(struct context *context)
{
    char *event = NULL;
    enum exit_code code = input_read("FILE", context->arguments[1], EVENT_MAX, &event);
    if (code == CODE_OK) {
        code = context_open(context, CRUDDUR_OPEN_EXISTING);
    }
    if (code == CODE_OK) {
        code = apply(context, event);
    }
    free(event);
    return code;
}

/* --- which --- */

#define TAKES_FILE 0x1u

static const struct action actions[] = {
    {"follow", 0, run_follow},
    {"apply", TAKES_FILE, run_apply},
};

static enum exit_code check_arguments(const struct context *context, const struct action *action)
{
    const struct options *options = &context->options;
    const char *file = context->arguments[1];
    bool takes_file = (action->traits & TAKES_FILE) != 0;
    if (takes_file && file == NULL) {
        return report(CODE_USAGE, "FILE is missing; see --help");
    }
    if (!takes_file && file != NULL) {
        return report(CODE_USAGE, "there are too many arguments: follow takes none");
    }
    const char *name = options->once                 ? "once"
                       : options->checkpoint != NULL ? "checkpoint"
                       : options->from != NULL       ? "from"
                       : options->shards > 0         ? "shards"
                                                     : NULL;
    return takes_file && name != NULL ? report(CODE_USAGE, "--%s: it goes with follow only", name)
                                      : CODE_OK;
}

static enum exit_code run(struct context *context)
{
    const struct action *action;
    enum exit_code code =
        context_action(context, actions, sizeof(actions) / sizeof(actions[0]), &action);
    if (code == CODE_OK) {
        code = check_arguments(context, action);
    }
    return code == CODE_OK ? action->run(context) : code;
}

const struct command command_stream = {
    .name = "stream",
    .bit = COMMAND_STREAM,
    .arguments = {"ACTION", "FILE"},
    .n_optional = 1,
    .summary = "move groups to the front by the table's stream",
    .help = "Usage: cruddur stream follow [OPTION]...\n"
            "       cruddur stream apply [OPTION]... FILE\n"
            "\n"
            "Moves groups to the front of their members' lists, after messages that were\n"
            "written with mode=stream.\n"
            "\n"
            "  follow   reads the table's stream until SIGTERM or SIGINT\n"
            "  apply    applies an event in FILE (- is standard input), as a Lambda trigger\n"
            "           gets it: JSON with a list Records. An invalid record is reported,\n"
            "           and the others are applied; the exit status is then 1\n"
            "\n"
            "Options:\n"
            "  --workers N     groups to move at the same time (default 4, for apply 1)\n"
            "\n"
            "Options of follow:\n"
            "  --once          apply what is there now, and exit; with 1 if a record was\n"
            "                  passed over, or some were lost before they could be read; with\n"
            "                  4 if it was stopped before it had caught up\n"
            "  --checkpoint FILE\n"
            "                  keep the position in FILE, and continue there the next time\n"
            "  --from WHERE    where to begin without a checkpoint: oldest (default), latest\n"
            "  --shards N      shards that are read at the same time (default 4)\n"
            "\n"
            "With --json, follow writes a line for each event.\n"
            "\n"
            "Examples:\n"
            "  cruddur stream follow --checkpoint /var/lib/cruddur/stream\n"
            "  cruddur stream follow --once --json\n"
            "  cruddur stream apply event.json\n",
    .run = run,
};
