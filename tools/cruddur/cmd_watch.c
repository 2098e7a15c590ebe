/* SPDX-License-Identifier: MIT */
/* cruddur watch: shows what happens in an inbox or a group, as it happens. */
#include <signal.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "text.h"
#include "view.h"

/* How long one call waits for an event: so soon a signal ends the command. */
#define WAIT_MS 200

static volatile sig_atomic_t was_told_to_stop;

static void note_signal(int signal_number)
{
    (void)signal_number;
    was_told_to_stop = 1;
}

/* The second one ends the command at once. */
static void handle_signals(void)
{
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
}

/* --- an event --- */

static void write_json(struct out *out, const cruddur_event *event)
{
    const cruddur_msg *msg = cruddur_event_msg(event);
    json_text(out, "{", "event", cruddur_event_kind_name(cruddur_event_get_kind(event)));
    json_text(out, ",", "group_uuid", cruddur_event_group_uuid(event));
    json_text(out, ",", "user_uuid", cruddur_event_user_uuid(event));
    json_text(out, ",", "version", cruddur_event_version(event));
    if (cruddur_event_get_kind(event) == CRUDDUR_EVENT_READ) {
        json_time(out, ",", "read_up_to", cruddur_event_read_up_to_us(event));
    }
    if (msg != NULL) {
        out_text(out, ",\"message\":");
        json_message(out, msg);
    }
    json_text(out, ",", "cursor", cruddur_event_cursor(event));
    out_text(out, "}\n");
}

static const char *const words[] = {
    [CRUDDUR_EVENT_EDIT] = "edited:",
    [CRUDDUR_EVENT_DELETION] = "deleted:",
    [CRUDDUR_EVENT_REACTION] = "reactions changed:",
    [CRUDDUR_EVENT_READ] = "read by ",
    [CRUDDUR_EVENT_GROUP_OPENED] = "group created",
    [CRUDDUR_EVENT_GROUP_CHANGED] = "group changed",
    [CRUDDUR_EVENT_MEMBER_ADDED] = "member added: ",
    [CRUDDUR_EVENT_MEMBER_REMOVED] = "member removed: ",
};

/* A change with a user is one of the user's own settings. */
static const char *word_of(const cruddur_event *event)
{
    cruddur_event_kind kind = cruddur_event_get_kind(event);
    if (kind == CRUDDUR_EVENT_GROUP_CHANGED && cruddur_event_user_uuid(event)[0] != '\0') {
        return "settings changed by ";
    }
    return (size_t)kind < sizeof(words) / sizeof(words[0]) ? words[kind] : NULL;
}

static void write_text(struct view *view, const cruddur_event *event, const char **group)
{
    const cruddur_msg *msg = cruddur_event_msg(event);
    const char *word = word_of(event);
    if (*group == NULL || strcmp(*group, cruddur_event_group_uuid(event)) != 0) {
        view_remark(view, "group ", cruddur_event_group_uuid(event));
    }
    if (word != NULL) {
        view_remark(view, word, msg == NULL ? cruddur_event_user_uuid(event) : "");
    }
    if (msg != NULL) {
        view_message(view, NULL, msg);
    }
}

/* --- the watch --- */

/* A uuid is a group's, or if there is no such group a user's. */
static enum exit_code open_watch(struct context *context, cruddur_watch_options *options,
                                 cruddur_watch **ret_watch)
{
    cruddur_error *error = NULL;
    cruddur_user user = CRUDDUR_USER_INIT;
    char *argument = context->arguments[0];
    options->cursor = context->options.cursor;
    if (cruddur_uuid_is_valid(argument)) {
        options->group_uuid = argument;
        options->flags = CRUDDUR_WATCH_TRUSTED;
        cruddur_status status = cruddur_watch_open(context->dm, options, ret_watch, &error);
        bool is_foreign = status == CRUDDUR_E_CURSOR_FOREIGN || status == CRUDDUR_E_GROUP_NOT_FOUND;
        if (!is_foreign) {
            return status == CRUDDUR_OK ? CODE_OK : report_error(status, error, NULL);
        }
        cruddur_error_free(error);
        error = NULL;
        options->group_uuid = NULL;
        options->flags = 0;
    }
    enum exit_code code = context_user(context, "USER", argument, &user);
    if (code != CODE_OK) {
        return code;
    }
    options->user_uuid = user.uuid;
    cruddur_status status = cruddur_watch_open(context->dm, options, ret_watch, &error);
    return status == CRUDDUR_OK ? CODE_OK : report_error(status, error, NULL);
}

static bool show(struct context *context, struct view *view, cruddur_event **event,
                 cruddur_event **last)
{
    const char *group = *last == NULL ? NULL : cruddur_event_group_uuid(*last);
    if (context->options.json) {
        write_json(&context->out, *event);
    } else {
        write_text(view, *event, &group);
    }
    cruddur_event_free(*last);
    *last = *event;
    *event = NULL;
    return out_flush(&context->out);
}

static enum exit_code follow(struct context *context, struct view *view, cruddur_watch *watch)
{
    cruddur_event *event = NULL;
    cruddur_event *last = NULL;
    enum exit_code code = CODE_OK;
    bool goes_on = true;
    while (goes_on && was_told_to_stop == 0) {
        cruddur_error *error = NULL;
        cruddur_status status = cruddur_watch_next(watch, WAIT_MS, &event, &error);
        if (status == CRUDDUR_OK && event != NULL) {
            goes_on = show(context, view, &event, &last);
        } else if (status != CRUDDUR_OK && cruddur_error_is_retryable(error)) {
            report_remark("%s", cruddur_error_message(error));
            cruddur_error_free(error);
        } else if (status != CRUDDUR_OK) {
            code = report_error(status, error, NULL);
            goes_on = false;
        }
    }
    const char *cursor = cruddur_watch_cursor(watch);
    if (code == CODE_OK && !context->options.json && cursor != NULL) {
        view_remark(view, "to continue: --cursor ", cursor);
    }
    cruddur_event_free(last);
    return code;
}

static enum exit_code run(struct context *context)
{
    struct view view;
    cruddur_watch *watch = NULL;
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    enum exit_code code = context_open(context, CRUDDUR_OPEN_EXISTING);
    if (code == CODE_OK) {
        code = open_watch(context, &options, &watch);
    }
    if (code != CODE_OK) {
        return code;
    }
    handle_signals();
    view_init(&view, &context->out, context->now_us);
    code = follow(context, &view, watch);
    view_free(&view);
    cruddur_watch_close(watch);
    return code;
}

const struct command command_watch = {
    .name = "watch",
    .bit = COMMAND_WATCH,
    .arguments = {"USER|GROUP"},
    .summary = "show what happens in an inbox or a group, as it happens",
    .help = "Usage: cruddur watch USER|GROUP [OPTION]...\n"
            "\n"
            "Shows messages, edits, deletions, reactions, what members have read, and changes\n"
            "of groups as they happen, until SIGTERM or SIGINT: of all groups of USER, or of\n"
            "the group with the uuid GROUP. USER is a handle (with or without @) from the\n"
            "users file, or a uuid. With --json each event is an object on a line of its own.\n"
            "\n"
            "Options:\n"
            "  --cursor C      continue after the event with this cursor, instead of from now\n"
            "                  on\n"
            "\n"
            "Examples:\n"
            "  cruddur watch @maren\n"
            "  cruddur watch 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e --json\n",
    .run = run,
};
