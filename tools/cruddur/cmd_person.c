/* SPDX-License-Identifier: MIT */
/* cruddur person: exports or erases everything of one person. */
#include "person_walk.h"

#define ARGUMENT_USER 1

/* ---- options ---- */

#define ERASES 0x1u

static enum exit_code check_options(const struct options *options, const struct action *action)
{
    bool erases = (action->traits & ERASES) != 0;
    const char *name = options->keep_text        ? "keep-text"
                       : options->yes            ? "yes"
                       : options->cursor != NULL ? "cursor"
                                                 : NULL;
    if (!erases && name != NULL) {
        return report(CODE_USAGE, "--%s: it goes with erase only", name);
    }
    return erases && !options->yes
               ? report(CODE_USAGE,
                        "erase: what is erased cannot be restored; to go on, give --yes")
               : CODE_OK;
}

/* ---- export ---- */

struct export
{
    struct out *out;
    bool is_at_end;
};

static bool write_line(void *data, const cruddur_person_event *event)
{
    struct export *export = data;
    if (event->line == NULL) {
        export->is_at_end = event->cursor == NULL;
        return out_flush(export->out);
    }
    out_text(export->out, event->line);
    out_text(export->out, "\n");
    return !export->out->is_closed && export->out->error == 0;
}

static enum exit_code begin(struct context *context, cruddur_user *user)
{
    enum exit_code code = context_user(context, "USER", context->arguments[ARGUMENT_USER], user);
    return code == CODE_OK ? context_open(context, CRUDDUR_OPEN_EXISTING) : code;
}

static enum exit_code run_export(struct context *context)
{
    cruddur_person_options options = CRUDDUR_PERSON_OPTIONS_INIT;
    struct export export = {&context->out, false};
    cruddur_user user;
    cruddur_error *error = NULL;
    enum exit_code code = begin(context, &user);
    if (code != CODE_OK) {
        return code;
    }
    options.observe = write_line;
    options.data = &export;
    cruddur_status status = cruddur_person_export(context->dm, user.uuid, &options, &error);
    return status == CRUDDUR_OK ? CODE_OK : report_error(status, error, NULL);
}

/* ---- erase ---- */

static const struct person_count counts[] = {
    {"rows", " rows looked at", offsetof(cruddur_person_event, rows)},
    {"groups", " groups left or closed", offsetof(cruddur_person_event, groups)},
    {"messages", " messages changed", offsetof(cruddur_person_event, messages)},
    {"inbox_rows", " inbox rows changed", offsetof(cruddur_person_event, inbox_rows)},
    {"skipped", " groups skipped", offsetof(cruddur_person_event, skipped)},
    {"foreign", " rows of other programs kept", offsetof(cruddur_person_event, foreign)},
};

static enum exit_code run_erase(struct context *context)
{
    struct person_walk walk = {
        .context = context, .shown = counts, .n_shown = sizeof(counts) / sizeof(counts[0])};
    cruddur_user user;
    cruddur_error *error = NULL;
    enum exit_code code = begin(context, &user);
    if (code != CODE_OK) {
        return code;
    }
    uint32_t flags = context->options.keep_text ? CRUDDUR_PERSON_KEEP_TEXT : 0;
    cruddur_person_options options = person_walk_options(&walk, flags);
    cruddur_status status = cruddur_person_erase(context->dm, user.uuid, &options, &error);
    return person_walk_end(&walk, status, error);
}

/* ---- the command ---- */

static const struct action actions[] = {
    {"export", 0, run_export},
    {"erase", ERASES, run_erase},
};

static enum exit_code run(struct context *context)
{
    const struct action *action;
    enum exit_code code =
        context_action(context, actions, sizeof(actions) / sizeof(actions[0]), &action);
    if (code == CODE_OK) {
        code = check_options(&context->options, action);
    }
    return code == CODE_OK ? action->run(context) : code;
}

const struct command command_person = {
    .name = "person",
    .bit = COMMAND_PERSON,
    .arguments = {"ACTION", "USER"},
    .summary = "export or erase everything of one person",
    .help = "Usage: cruddur person ACTION USER [OPTION]...\n"
            "\n"
            "Looks through the whole table for the data of one person, also in groups that\n"
            "the person has left. USER is a uuid, or a handle with --users. The store may be\n"
            "in use.\n"
            "\n"
            "Actions:\n"
            "  export   writes a JSON object for each row, one a line; `kind` says what it is\n"
            "  erase    the person leaves larger groups, and groups of two are closed; the\n"
            "           person's messages are deleted; names and handles are removed from all\n"
            "           rows. An SQLite file is rewritten, so that the erased bytes are gone\n"
            "           from it; that needs free space of its size. When interrupted, run it\n"
            "           again. Remove the person from the application first. Exits with 1 if\n"
            "           groups had to be skipped, as their rows contradict each other\n"
            "\n"
            "Options of erase:\n"
            "  --yes           erase; what is erased cannot be restored\n"
            "  --keep-text     keep the texts of the person's messages, under the name\n"
            "                  \"deleted user\"\n"
            "  --cursor C      go on where another run ended (shown with --verbose)\n"
            "\n"
            "Examples:\n"
            "  cruddur person export @bayko --users users.csv > bayko.jsonl\n"
            "  cruddur person erase 9e0e3b8a-1b9c-4f5e-8a53-2a0f6f0f5e0d --yes\n",
    .run = run,
};
