/* SPDX-License-Identifier: MIT */
/* cruddur schema: the table behind the store. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "json.h"
#include "progress.h"
#include "text.h"

#define ANSWER_MAX 16
#define US_PER_S 1000000

/* What an action does, as bits. */
#define MAKES_STORE 0x1u
#define TAKES_TABLE_OPTIONS 0x2u /* how the table is to be */
#define TAKES_YES 0x4u
#define TAKES_CURSOR 0x8u

/* --- options --- */

/* The names of the options about the table that were given; "" for those that were not. */
static const char *first_table_option(const struct options *options)
{
    const struct {
        bool is_given;
        const char *name;
    } given[] = {
        {options->read_units > 0, "read-units"},
        {options->write_units > 0, "write-units"},
        {options->stream_view != NULL, "stream-view"},
        {options->no_stream, "no-stream"},
        {options->deletion_protection, "deletion-protection"},
        {options->point_in_time_recovery, "point-in-time-recovery"},
    };
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        if (given[i].is_given) {
            return given[i].name;
        }
    }
    return NULL;
}

static enum exit_code check_options(const struct options *options, const struct action *action)
{
    const char *name = first_table_option(options);
    if (name != NULL && (action->traits & TAKES_TABLE_OPTIONS) == 0) {
        return report(CODE_USAGE, "--%s: it goes with load and verify only", name);
    }
    if (options->yes && (action->traits & TAKES_YES) == 0) {
        return report(CODE_USAGE, "--yes: it goes with drop only");
    }
    if (options->cursor != NULL && (action->traits & TAKES_CURSOR) == 0) {
        return report(CODE_USAGE, "--cursor: it goes with upgrade only");
    }
    if ((options->read_units > 0) != (options->write_units > 0)) {
        return report(CODE_USAGE, "--read-units and --write-units go together");
    }
    if (options->no_stream && options->stream_view != NULL) {
        return report(CODE_USAGE, "--no-stream: it goes without --stream-view");
    }
    return CODE_OK;
}

/* --- progress --- */

/* Nothing where there is no terminal, as with `seed`. */
struct progress {
    int64_t began_us;
    bool is_verbose;
    bool is_drawn;
};

static void show_progress(void *data, const char *text)
{
    struct progress *progress = data;
    if (progress->is_verbose) {
        report_remark("%s", text);
    } else if (progress_can_be_shown()) {
        struct buffer line = {NULL, 0, 0};
        buffer_add_format(&line, "%s (%lld s)", text,
                          (long long)((cruddur_time_now_us() - progress->began_us) / US_PER_S));
        progress_show(buffer_text(&line));
        buffer_free(&line);
        progress->is_drawn = true;
    }
}

static void end_progress(const struct progress *progress)
{
    if (progress->is_drawn) {
        progress_clear();
    }
}

static void fill_options(const struct context *context, struct progress *progress,
                         cruddur_schema_options *schema)
{
    const struct options *options = &context->options;
    *schema = (cruddur_schema_options)CRUDDUR_SCHEMA_OPTIONS_INIT;
    schema->flags = (options->no_stream ? CRUDDUR_SCHEMA_NO_STREAM : 0) |
                    (options->deletion_protection ? CRUDDUR_SCHEMA_DELETION_PROTECTION : 0) |
                    (options->point_in_time_recovery ? CRUDDUR_SCHEMA_POINT_IN_TIME_RECOVERY : 0);
    schema->timeout_ms = context_timeout_ms(context, schema->timeout_ms);
    schema->read_units = (uint32_t)options->read_units;
    schema->write_units = (uint32_t)options->write_units;
    schema->stream_view = options->stream_view;
    *progress = (struct progress){context->now_us, options->verbose, false};
    schema->progress = show_progress;
    schema->progress_data = progress;
}

/* --- load, verify --- */

static cruddur_status verify(struct context *context, cruddur_lines **ret_differences,
                             cruddur_error **error)
{
    cruddur_schema_options schema;
    struct progress progress;
    fill_options(context, &progress, &schema);
    cruddur_status status = cruddur_schema_verify(context->dm, &schema, ret_differences, error);
    end_progress(&progress);
    return status;
}

static void write_json(struct out *out, const char *table, const cruddur_lines *differences)
{
    json_text(out, "{", "table", table);
    out_text(out, ",\"differences\":[");
    for (size_t i = 0; i < cruddur_lines_count(differences); i++) {
        out_text(out, i == 0 ? "\n" : ",\n");
        json_string(out, cruddur_lines_at(differences, i));
    }
    out_text(out, cruddur_lines_count(differences) > 0 ? "\n]}\n" : "]}\n");
}

static void write_lines(struct out *out, const char *table, const cruddur_lines *differences)
{
    struct buffer line = {NULL, 0, 0};
    size_t count = cruddur_lines_count(differences);
    if (count == 0) {
        out_format(out, "%s: ready\n", table);
    }
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&line);
        text_clean(&line, cruddur_lines_at(differences, i), TEXT_BREAKS_ESCAPED);
        out_format(out, "%s: %s\n", table, buffer_text(&line));
    }
    buffer_free(&line);
}

static enum exit_code run_verify(struct context *context)
{
    cruddur_lines *differences = NULL;
    cruddur_error *error = NULL;
    cruddur_status status = verify(context, &differences, &error);
    if (status != CRUDDUR_OK) {
        return report_error(status, error, NULL);
    }
    const char *table = cruddur_schema_table(context->dm);
    (context->options.json ? write_json : write_lines)(&context->out, table, differences);
    enum exit_code code = cruddur_lines_count(differences) == 0 ? CODE_OK : CODE_FAILED;
    cruddur_lines_free(differences);
    return code;
}

/* What a table has already is kept, so it may differ from what was asked for: that is told. */
static enum exit_code run_load(struct context *context)
{
    cruddur_schema_options schema;
    struct progress progress;
    cruddur_error *error = NULL;
    fill_options(context, &progress, &schema);
    cruddur_status status = cruddur_schema_load(context->dm, &schema, &error);
    end_progress(&progress);
    return status == CRUDDUR_OK ? run_verify(context) : report_error(status, error, NULL);
}

/* --- list --- */

static enum exit_code run_list(struct context *context)
{
    struct out *out = &context->out;
    cruddur_schema_options schema = CRUDDUR_SCHEMA_OPTIONS_INIT;
    cruddur_lines *tables = NULL;
    cruddur_error *error = NULL;
    schema.timeout_ms = context_timeout_ms(context, 0);
    cruddur_status status = cruddur_schema_list(context->dm, &schema, &tables, &error);
    if (status != CRUDDUR_OK) {
        return report_error(status, error, NULL);
    }
    bool is_json = context->options.json;
    size_t count = cruddur_lines_count(tables);
    out_text(out, is_json ? "{\"tables\":[" : "");
    for (size_t i = 0; i < count; i++) {
        const char *name = cruddur_lines_at(tables, i);
        bool is_ours = strcmp(name, cruddur_schema_table(context->dm)) == 0;
        if (is_json) {
            json_text(out, i == 0 ? "\n{" : ",\n{", "table", name);
            out_format(out, ",\"is_of_store\":%s}", is_ours ? "true" : "false");
        } else {
            struct buffer line = {NULL, 0, 0};
            text_clean(&line, name, TEXT_BREAKS_ESCAPED);
            out_format(out, "%c %s\n", is_ours ? '*' : ' ', buffer_text(&line));
            buffer_free(&line);
        }
    }
    out_text(out, !is_json ? "" : count > 0 ? "\n]}\n" : "]}\n");
    cruddur_lines_free(tables);
    return CODE_OK;
}

/* --- upgrade --- */

struct upgrade {
    struct context *context;
    struct progress progress;
    cruddur_upgrade_event counts; /* as the latest event had them */
    bool is_begun;                /* the JSON document */
    char *cursor;                 /* where the latest part ended; NULL before it, and at the end */
};

/* Nothing is written before the call has got anywhere. */
static void begin_json(struct upgrade *upgrade)
{
    if (!upgrade->is_begun) {
        json_text(&upgrade->context->out, "{", "table", cruddur_schema_table(upgrade->context->dm));
        out_text(&upgrade->context->out, ",\"failures\":[");
    }
    upgrade->is_begun = true;
}

static void write_failure(struct upgrade *upgrade, const cruddur_upgrade_event *event)
{
    struct out *out = &upgrade->context->out;
    if (!upgrade->context->options.json) {
        end_progress(&upgrade->progress);
        (void)report(CODE_FAILED, "group %s: %s", event->group_uuid, event->message);
        return;
    }
    begin_json(upgrade);
    json_text(out, event->failed > 1 ? ",\n{" : "\n{", "group_uuid", event->group_uuid);
    json_text(out, ",", "status", cruddur_status_name(event->status));
    json_text(out, ",", "message", event->message);
    out_text(out, "}");
}

static void show_part(struct upgrade *upgrade, const cruddur_upgrade_event *event)
{
    struct buffer line = {NULL, 0, 0};
    buffer_add_format(&line, "%" PRIu64 " rows, %" PRIu64 " groups, %" PRIu64 " cards made",
                      event->rows, event->groups, event->cards);
    if (event->cursor != NULL && upgrade->progress.is_verbose) {
        buffer_add_format(&line, "; --cursor %s", event->cursor);
    }
    show_progress(&upgrade->progress, buffer_text(&line));
    buffer_free(&line);
}

static bool observe_upgrade(void *data, const cruddur_upgrade_event *event)
{
    struct upgrade *upgrade = data;
    upgrade->counts = *event;
    if (event->kind == CRUDDUR_UPGRADE_GROUP_FAILED) {
        write_failure(upgrade, event);
    } else if (event->kind == CRUDDUR_UPGRADE_PROGRESS) {
        show_part(upgrade, event);
        free(upgrade->cursor);
        upgrade->cursor = event->cursor != NULL ? memory_copy(event->cursor) : NULL;
    }
    return true;
}

static void write_counts(struct upgrade *upgrade)
{
    struct out *out = &upgrade->context->out;
    const cruddur_upgrade_event *counts = &upgrade->counts;
    if (!upgrade->context->options.json) {
        out_format(out, "%s: %" PRIu64 " group%s; %" PRIu64 " card%s made, %" PRIu64 " failed\n",
                   cruddur_schema_table(upgrade->context->dm), counts->groups,
                   counts->groups == 1 ? "" : "s", counts->cards, counts->cards == 1 ? "" : "s",
                   counts->failed);
        return;
    }
    begin_json(upgrade);
    out_text(out, counts->failed > 0 ? "\n]" : "]");
    json_number(out, ",", "rows", counts->rows);
    json_number(out, ",", "groups", counts->groups);
    json_number(out, ",", "cards", counts->cards);
    json_number(out, ",", "failed", counts->failed);
    out_text(out, "}\n");
}

static enum exit_code run_upgrade(struct context *context)
{
    const struct options *options = &context->options;
    cruddur_upgrade_options schema = CRUDDUR_UPGRADE_OPTIONS_INIT;
    cruddur_error *error = NULL;
    struct upgrade upgrade = {.context = context,
                              .progress = {context->now_us, options->verbose, false}};
    schema.cursor = options->cursor;
    schema.observe = observe_upgrade;
    schema.data = &upgrade;
    cruddur_status status = cruddur_schema_upgrade(context->dm, &schema, &error);
    end_progress(&upgrade.progress);
    enum exit_code code = upgrade.counts.failed == 0 ? CODE_OK : CODE_FAILED;
    if (status == CRUDDUR_OK) {
        write_counts(&upgrade);
    } else {
        code = report_error(status, error, NULL);
        if (upgrade.cursor != NULL) {
            (void)report(code, "%" PRIu64 " cards were made; to continue: --cursor %s",
                         upgrade.counts.cards, upgrade.cursor);
        }
    }
    free(upgrade.cursor);
    return code;
}

/* --- drop --- */

/* Asks on the terminal; where there is none, nobody can have meant it without saying so. */
static enum exit_code confirm_drop(const struct context *context)
{
    if (context->options.yes) {
        return CODE_OK;
    }
    if (isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1) {
        return report(CODE_USAGE, "it drops all messages: without a terminal to ask on, it needs "
                                  "--yes");
    }
    struct buffer line = {NULL, 0, 0};
    text_clean(&line, context_store(context).url, TEXT_BREAKS_ESCAPED);
    (void)fprintf(stderr, "Drop table %s of %s, with all messages? Type yes: ",
                  cruddur_schema_table(context->dm), buffer_text(&line));
    buffer_free(&line);
    char answer[ANSWER_MAX] = "";
    bool is_yes = fgets(answer, sizeof(answer), stdin) != NULL && strcmp(answer, "yes\n") == 0;
    return is_yes ? CODE_OK : report(CODE_FAILED, "nothing was dropped");
}

static enum exit_code run_drop(struct context *context)
{
    cruddur_schema_options schema;
    struct progress progress;
    cruddur_error *error = NULL;
    enum exit_code code = confirm_drop(context);
    if (code != CODE_OK) {
        return code;
    }
    fill_options(context, &progress, &schema);
    cruddur_status status = cruddur_schema_drop(context->dm, &schema, &error);
    end_progress(&progress);
    if (status != CRUDDUR_OK) {
        return report_error(status, error, NULL);
    }
    const char *table = cruddur_schema_table(context->dm);
    if (context->options.json) {
        json_text(&context->out, "{", "table", table);
        out_text(&context->out, ",\"dropped\":true}\n");
    } else {
        out_format(&context->out, "%s: dropped\n", table);
    }
    return CODE_OK;
}

/* --- which --- */

static const struct action actions[] = {
    {"load", MAKES_STORE | TAKES_TABLE_OPTIONS, run_load},
    {"verify", TAKES_TABLE_OPTIONS, run_verify},
    {"list", 0, run_list},
    {"upgrade", TAKES_CURSOR, run_upgrade},
    {"drop", TAKES_YES, run_drop},
};

static enum exit_code run(struct context *context)
{
    const struct action *action;
    enum exit_code code =
        context_action(context, actions, sizeof(actions) / sizeof(actions[0]), &action);
    if (code == CODE_OK) {
        code = check_options(&context->options, action);
    }
    if (code == CODE_OK) {
        bool makes_store = (action->traits & MAKES_STORE) != 0;
        code = context_open(context, makes_store ? 0 : CRUDDUR_OPEN_EXISTING);
    }
    return code == CODE_OK ? action->run(context) : code;
}

const struct command command_schema = {
    .name = "schema",
    .bit = COMMAND_SCHEMA,
    .arguments = {"ACTION"},
    .summary = "make, check, list, upgrade or drop the table",
    .help = "Usage: cruddur schema load [OPTION]...\n"
            "       cruddur schema verify [OPTION]...\n"
            "       cruddur schema list\n"
            "       cruddur schema upgrade [--cursor C]\n"
            "       cruddur schema drop [--yes]\n"
            "\n"
            "Creates, checks, lists, upgrades or drops the table of the store.\n"
            "\n"
            "  load     creates the table and its index, or adds what an existing table\n"
            "           lacks, waits until both are active, and enables time to live for the\n"
            "           attribute expires_at; it never removes anything\n"
            "  verify   prints each difference between the table and what load makes with the\n"
            "           same options; exits with 1 if there are any, as load does\n"
            "  list     lists the tables beside it; a * marks the store's own\n"
            "  upgrade  gives each group of an older version its card, which names the\n"
            "           members; exits with 1 if there is a group whose members are not\n"
            "           known. The table may be in use. Run it after all writers have been\n"
            "           upgraded; when interrupted, run it again\n"
            "  drop     drops the table with all messages\n"
            "\n"
            "A file of SQLite has its table from the start, and none of what the options of\n"
            "load ask for.\n"
            "\n"
            "Options of load and verify:\n"
            "  --read-units N, --write-units N\n"
            "                  provisioned capacity (default: requests are paid one by one)\n"
            "  --stream-view VIEW\n"
            "                  what the stream contains: NEW_IMAGE (default) or\n"
            "                  NEW_AND_OLD_IMAGES\n"
            "  --no-stream     no stream is wanted\n"
            "  --deletion-protection\n"
            "                  refuse to drop the table\n"
            "  --point-in-time-recovery\n"
            "                  keep backups, from which each moment can be restored\n"
            "\n"
            "Options of upgrade:\n"
            "  --cursor C      go on where another run ended (shown with --verbose)\n"
            "\n"
            "Options of drop:\n"
            "  --yes           do not ask; needed where there is no terminal\n"
            "\n"
            "Examples:\n"
            "  cruddur schema load --store 'dynamodb:messages?region=eu-central-1'\n"
            "  cruddur schema verify --read-units 10 --write-units 10\n",
    .run = run,
};
