/* SPDX-License-Identifier: MIT */
/* cruddur check: what in the table breaks the invariants, and its repair. */
#include <inttypes.h>
#include <stdlib.h>

#include "buffer.h"
#include "command.h"
#include "json.h"
#include "progress.h"
#include "text.h"

struct check {
    struct context *context;
    cruddur_check_event counts; /* the latest; its texts are not used */
    char *cursor;               /* where another run can continue */
    bool has_progress;
};

/* ---- findings ---- */

static void write_finding(struct out *out, const cruddur_check_event *event)
{
    struct buffer line = {NULL, 0, 0};
    struct buffer clean = {NULL, 0, 0};
    buffer_add_format(&line, "%s%s:", cruddur_check_kind_name(event->kind),
                      event->is_repaired != 0 ? " (repaired)"
                      : event->is_breach == 0 ? " (information)"
                                              : "");
    if (event->group_uuid != NULL) {
        buffer_add_format(&line, " group %s", event->group_uuid);
    }
    if (event->user_uuid != NULL) {
        buffer_add_format(&line, " user %s", event->user_uuid);
    }
    if (event->pk != NULL && event->sk != NULL) {
        buffer_add_format(&line, " row %s %s", event->pk, event->sk);
    }
    buffer_add_format(&line, ": %s", event->message);
    /* The keys and uuids of rows may be another program's. */
    text_clean(&clean, buffer_text(&line), TEXT_BREAKS_ESCAPED);
    out_format(out, "%s\n", buffer_text(&clean));
    buffer_free(&line);
    buffer_free(&clean);
}

static void write_json_finding(struct out *out, const cruddur_check_event *event)
{
    json_text(out, "{", "kind", cruddur_check_kind_name(event->kind));
    json_flag(out, ",", "breach", event->is_breach != 0);
    json_flag(out, ",", "repaired", event->is_repaired != 0);
    json_text(out, ",", "group_uuid", event->group_uuid);
    json_text(out, ",", "user_uuid", event->user_uuid);
    json_text(out, ",", "pk", event->pk);
    json_text(out, ",", "sk", event->sk);
    json_text(out, ",", "message", event->message);
    out_text(out, "}\n");
}

/* ---- progress ---- */

static void format_counts(struct buffer *line, const cruddur_check_event *counts)
{
    buffer_add_format(line,
                      "rows %" PRIu64 ", groups %" PRIu64 ", breaches %" PRIu64
                      ", repaired %" PRIu64 ", notices %" PRIu64,
                      counts->rows, counts->groups, counts->breaches, counts->repaired,
                      counts->notices);
}

static void show_progress(struct check *check, const cruddur_check_event *event)
{
    struct buffer line = {NULL, 0, 0};
    format_counts(&line, event);
    if (check->context->options.verbose) {
        report_remark("%s%s%s", buffer_text(&line), event->cursor != NULL ? "; --cursor " : "",
                      event->cursor != NULL ? event->cursor : "");
    } else if (progress_can_be_shown()) {
        progress_show(buffer_text(&line));
        check->has_progress = true;
    }
    buffer_free(&line);
}

static void end_progress(struct check *check)
{
    if (check->has_progress) {
        progress_clear();
    }
    check->has_progress = false;
}

static bool observe(void *data, const cruddur_check_event *event)
{
    struct check *check = data;
    struct out *out = &check->context->out;
    check->counts = *event;
    if (event->kind == CRUDDUR_CHECK_PROGRESS) {
        free(check->cursor);
        check->cursor = event->cursor != NULL ? memory_copy(event->cursor) : NULL;
        show_progress(check, event);
        return true;
    }
    end_progress(check);
    if (check->context->options.json) {
        write_json_finding(out, event);
    } else {
        write_finding(out, event);
    }
    return !out->is_closed && out->error == 0;
}

/* ---- the summary ---- */

struct count {
    const char *name;
    const char *bytes_name;
    uint64_t rows;
    uint64_t bytes;
};

#define N_COUNTS 6

static void list_counts(const cruddur_check_event *event, struct count counts[N_COUNTS])
{
    const struct count all[N_COUNTS] = {
        {"messages", "message_bytes", event->messages, event->message_bytes},
        {"group_rows", "group_row_bytes", event->group_rows, event->group_row_bytes},
        {"cards", "card_bytes", event->cards, event->card_bytes},
        {"claims", "claim_bytes", event->claims, event->claim_bytes},
        {"changes", "change_bytes", event->changes, event->change_bytes},
        {"foreign_rows", "foreign_bytes", event->foreign_rows, event->foreign_bytes},
    };
    for (size_t i = 0; i < N_COUNTS; i++) {
        counts[i] = all[i];
    }
}

static void write_json_summary(struct out *out, const cruddur_check_event *event)
{
    struct count counts[N_COUNTS];
    list_counts(event, counts);
    json_text(out, "{", "kind", "summary");
    json_number(out, ",", "rows", event->rows);
    json_number(out, ",", "groups", event->groups);
    json_number(out, ",", "breaches", event->breaches);
    json_number(out, ",", "repaired", event->repaired);
    json_number(out, ",", "notices", event->notices);
    for (size_t i = 0; i < N_COUNTS; i++) {
        json_number(out, ",", counts[i].name, counts[i].rows);
        json_number(out, ",", counts[i].bytes_name, counts[i].bytes);
    }
    out_text(out, "}\n");
}

static void write_summary(struct out *out, const cruddur_check_event *event)
{
    struct count counts[N_COUNTS];
    struct buffer line = {NULL, 0, 0};
    list_counts(event, counts);
    for (size_t i = 0; i < N_COUNTS; i++) {
        out_format(out, "%-12s %12" PRIu64 " rows %15" PRIu64 " bytes\n", counts[i].name,
                   counts[i].rows, counts[i].bytes);
    }
    format_counts(&line, event);
    out_format(out, "%s\n", buffer_text(&line));
    buffer_free(&line);
}

/* ---- the command ---- */

static enum exit_code read_options(struct context *context, cruddur_check_options *options)
{
    const struct options *given = &context->options;
    cruddur_user user;
    enum exit_code code = CODE_OK;
    options->flags =
        (given->repair ? CRUDDUR_CHECK_REPAIR : 0) | (given->old_keys ? CRUDDUR_CHECK_OLD_KEYS : 0);
    options->group_uuid = given->group;
    options->cursor = given->cursor;
    if (given->user != NULL) {
        code = context_user(context, "--user", given->user, &user);
        options->user_uuid = code == CODE_OK ? user.uuid : NULL;
    }
    return code;
}

static enum exit_code finish(struct check *check, cruddur_status status, cruddur_error *error)
{
    const cruddur_check_event *counts = &check->counts;
    struct out *out = &check->context->out;
    if (status != CRUDDUR_OK) {
        enum exit_code code = report_error(status, error, NULL);
        if (check->cursor != NULL) {
            (void)report(code, "%" PRIu64 " rows were checked; to continue: --cursor %s",
                         counts->rows, check->cursor);
        }
        return code;
    }
    if (check->context->options.json) {
        write_json_summary(out, counts);
    } else {
        write_summary(out, counts);
    }
    return counts->breaches > counts->repaired ? CODE_FAILED : CODE_OK;
}

static enum exit_code run(struct context *context)
{
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    struct check check = {.context = context};
    cruddur_error *error = NULL;
    enum exit_code code = read_options(context, &options);
    if (code == CODE_OK) {
        code = context_open(context, CRUDDUR_OPEN_EXISTING);
    }
    if (code != CODE_OK) {
        return code;
    }
    options.observe = observe;
    options.data = &check;
    cruddur_status status = cruddur_check(context->dm, &options, &error);
    end_progress(&check);
    code = finish(&check, status, error);
    free(check.cursor);
    return code;
}

const struct command command_check = {
    .name = "check",
    .bit = COMMAND_CHECK,
    .summary = "find and repair what breaks the rules in the table",
    .help = "Usage: cruddur check [OPTION]...\n"
            "\n"
            "Walks over the table and prints what breaks the rules of the data model: group\n"
            "rows that are missing, doubled or stale, wrong previews, impossible markers,\n"
            "cards and claims that contradict the rows, and more. Then prints how many rows\n"
            "of each kind there are, and their size. The store may be in use. Exits with 1 if\n"
            "there are breaches that were not repaired.\n"
            "\n"
            "Options:\n"
            "  --repair        repair what can be repaired, as the next message of the group\n"
            "                  would; no message, card or row of another program is removed\n"
            "  --group UUID    only this group, without a walk over the table: its card, its\n"
            "                  group rows and its messages\n"
            "  --user USER     only the groups of this user\n"
            "  --old-keys      accept sort keys in older forms, such as those with an offset\n"
            "  --cursor C      go on where another run ended (shown with --verbose)\n"
            "\n"
            "With --json each finding is a line, and the last line is the summary.\n"
            "\n"
            "Examples:\n"
            "  cruddur check --store sqlite:messages.db\n"
            "  cruddur check --repair --user @maren\n",
    .run = run,
};
