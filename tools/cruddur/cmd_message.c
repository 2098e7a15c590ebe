/* SPDX-License-Identifier: MIT */
/* cruddur edit, delete, react, mark: what is done to messages that are there. */
#include <stdlib.h>

#include "command.h"
#include "json.h"
#include "view.h"

#define NOTHING_CHANGED "Nothing changed"

/* Writes the message as it is now, and what was done. */
static void write_done(struct context *context, const cruddur_msg *msg, bool is_changed,
                       const char *done)
{
    struct out *out = &context->out;
    if (context->options.json) {
        json_begin_message(out, msg);
        json_flag(out, ",", "changed", is_changed);
        out_text(out, "}\n");
        return;
    }
    struct view view;
    view_init(&view, out, context->now_us);
    view_done_message(&view, is_changed ? done : NOTHING_CHANGED, msg);
    view_free(&view);
}

static cruddur_msg_options message_options(const struct options *given)
{
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.flags = given->trusted ? CRUDDUR_MSG_TRUSTED : 0;
    options.created_at_us = given->at_us;
    options.if_version = given->if_version;
    return options;
}

static enum exit_code begin_change(struct context *context, cruddur_user *user)
{
    enum exit_code code = context_message(context, user);
    return code == CODE_OK ? context_open(context, CRUDDUR_OPEN_EXISTING) : code;
}

/* Whichever of the three calls it was. */
static enum exit_code end_change(struct context *context, cruddur_status status,
                                 cruddur_error *error, cruddur_msg *msg, bool is_changed,
                                 const char *done)
{
    if (status != CRUDDUR_OK) {
        return report_error(status, error, NULL);
    }
    write_done(context, msg, is_changed, done);
    cruddur_msg_free(msg);
    return CODE_OK;
}

/* --- edit --- */

static enum exit_code edit(struct context *context, const cruddur_user *user, const char *text)
{
    cruddur_msg_options options = message_options(&context->options);
    cruddur_error *error = NULL;
    cruddur_msg *msg = NULL;
    bool is_changed = false;
    options.data = context->options.no_data ? "" : context->options.data;
    cruddur_status status =
        cruddur_msg_edit(context->dm, user->uuid, context->arguments[0], context->arguments[1],
                         text, &options, &msg, &is_changed, &error);
    return end_change(context, status, error, msg, is_changed, "Edited");
}

static enum exit_code run_edit(struct context *context)
{
    cruddur_user user = CRUDDUR_USER_INIT;
    char *text = NULL;
    enum exit_code code = context_message(context, &user);
    if (code == CODE_OK && context->options.data != NULL && context->options.no_data) {
        code = report(CODE_USAGE, "--no-data: it does not go together with --data");
    }
    if (code == CODE_OK) {
        code = context_text(context->arguments[2], &text);
    }
    if (code == CODE_OK) {
        code = context_open(context, CRUDDUR_OPEN_EXISTING);
    }
    if (code == CODE_OK) {
        code = edit(context, &user, text);
    }
    free(text);
    return code;
}

/* The options that all three take. */
#define CHANGE_OPTIONS                                                                             \
    AT_OPTION                                                                                      \
    "  --if-version V  only if the message has this version, as show tells it; '' is\n"            \
    "                  that of a message that was never changed\n"

#define TRUSTED_OPTION "  --trusted       also the message of another author\n"

const struct command command_edit = {
    .name = "edit",
    .bit = COMMAND_EDIT,
    .arguments = {"GROUP", "MESSAGE", "TEXT"},
    .summary = "change the text of a message",
    .help = "Usage: cruddur edit --as USER [OPTION]... GROUP MESSAGE TEXT\n"
            "\n"
            "Changes the text of the message with the uuid MESSAGE, which --as wrote, to TEXT\n"
            "(- reads it from standard input). If it is the newest message of the group, all\n"
            "members' lists of groups show the new text.\n"
            "\n"
            "Options:\n"
            "  --as USER       who edits\n"
            "  --data TEXT     also change the message's data\n"
            "  --no-data       also remove the message's data\n" TRUSTED_OPTION CHANGE_OPTIONS "\n"
            "Examples:\n"
            "  cruddur edit --as @maren 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e \\\n"
            "      01a2064f-4868-7bdb-be2f-c9455c068114 'Saturday, at ten!'\n",
    .run = run_edit,
};

/* --- delete --- */

static enum exit_code run_delete(struct context *context)
{
    cruddur_msg_options options = message_options(&context->options);
    cruddur_user user = CRUDDUR_USER_INIT;
    cruddur_error *error = NULL;
    cruddur_msg *msg = NULL;
    bool is_changed = false;
    enum exit_code code = begin_change(context, &user);
    if (code != CODE_OK) {
        return code;
    }
    cruddur_status status =
        cruddur_msg_delete(context->dm, user.uuid, context->arguments[0], context->arguments[1],
                           &options, &msg, &is_changed, &error);
    return end_change(context, status, error, msg, is_changed, "Deleted");
}

const struct command command_delete = {
    .name = "delete",
    .bit = COMMAND_DELETE,
    .arguments = {"GROUP", "MESSAGE"},
    .summary = "delete a message",
    .help = "Usage: cruddur delete --as USER [OPTION]... GROUP MESSAGE\n"
            "\n"
            "Deletes the message with the uuid MESSAGE, which --as wrote. Its place stays, so\n"
            "that everybody can see that there was a message; its text, data and reactions\n"
            "are gone.\n"
            "\n"
            "Options:\n"
            "  --as USER       who deletes\n" TRUSTED_OPTION CHANGE_OPTIONS "\n"
            "Examples:\n"
            "  cruddur delete --as @maren 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e \\\n"
            "      01a2064f-4868-7bdb-be2f-c9455c068114\n",
    .run = run_delete,
};

/* --- react --- */

static enum exit_code run_react(struct context *context)
{
    cruddur_msg_options options = message_options(&context->options);
    cruddur_user user = CRUDDUR_USER_INIT;
    cruddur_error *error = NULL;
    cruddur_msg *msg = NULL;
    bool is_added = !context->options.remove;
    bool is_changed = false;
    enum exit_code code = begin_change(context, &user);
    if (code != CODE_OK) {
        return code;
    }
    cruddur_status status =
        cruddur_msg_react(context->dm, user.uuid, context->arguments[0], context->arguments[1],
                          context->arguments[2], is_added, &options, &msg, &is_changed, &error);
    return end_change(context, status, error, msg, is_changed,
                      is_added ? "Reaction added" : "Reaction removed");
}

const struct command command_react = {
    .name = "react",
    .bit = COMMAND_REACT,
    .arguments = {"GROUP", "MESSAGE", "REACTION"},
    .summary = "react to a message",
    .help = "Usage: cruddur react --as USER [OPTION]... GROUP MESSAGE REACTION\n"
            "\n"
            "Adds a reaction of --as to the message with the uuid MESSAGE, or removes it.\n"
            "REACTION is one character, such as an emoji.\n"
            "\n"
            "Options:\n"
            "  --as USER       who reacts\n"
            "  --remove        take the reaction back\n" CHANGE_OPTIONS "\n"
            "Examples:\n"
            "  cruddur react --as @teo 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e \\\n"
            "      01a2064f-4868-7bdb-be2f-c9455c068114 👍\n",
    .run = run_react,
};

/* --- mark --- */

static enum exit_code mark(struct context *context, const cruddur_user *user)
{
    const struct options *given = &context->options;
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    cruddur_error *error = NULL;
    cruddur_group *group = NULL;
    options.up_to_message_uuid = given->up_to;
    options.unread_from_message_uuid = given->unread_from;
    options.up_to_created_at_us = given->up_to != NULL ? given->at_us : 0;
    options.unread_from_created_at_us = given->unread_from != NULL ? given->at_us : 0;
    cruddur_status status = cruddur_group_mark_read(context->dm, user->uuid, context->arguments[0],
                                                    &options, &group, &error);
    if (status != CRUDDUR_OK) {
        return report_error(status, error, NULL);
    }
    if (given->json) {
        json_group(&context->out, group, NULL);
        out_text(&context->out, "\n");
    } else {
        struct view view;
        view_init(&view, &context->out, context->now_us);
        view_group(&view, group);
        view_free(&view);
    }
    cruddur_group_free(group);
    return CODE_OK;
}

static enum exit_code run_mark(struct context *context)
{
    const struct options *options = &context->options;
    cruddur_user user = CRUDDUR_USER_INIT;
    enum exit_code code = options_uuid("GROUP", context->arguments[0]);
    if (code == CODE_OK && options->up_to != NULL && options->unread_from != NULL) {
        code = report(CODE_USAGE, "--unread-from: it does not go together with --up-to");
    }
    if (code == CODE_OK && options->at_us != 0 && options->up_to == NULL &&
        options->unread_from == NULL) {
        code = report(CODE_USAGE, "--at: it goes with --up-to or --unread-from only");
    }
    if (code == CODE_OK) {
        code = context_user(context, "--as", options->me, &user);
    }
    if (code == CODE_OK) {
        code = context_open(context, CRUDDUR_OPEN_EXISTING);
    }
    return code == CODE_OK ? mark(context, &user) : code;
}

const struct command command_mark = {
    .name = "mark",
    .bit = COMMAND_MARK,
    .arguments = {"GROUP"},
    .summary = "mark a group as read, or as unread",
    .help = "Usage: cruddur mark --as USER [OPTION]... GROUP\n"
            "\n"
            "Notes that --as has read the group with the uuid GROUP, up to its newest message\n"
            "or the one that is given, and shows the group. What is read stays read; only\n"
            "--unread-from goes back.\n"
            "\n"
            "Options:\n"
            "  --as USER       who has read it\n"
            "  --up-to MESSAGE the uuid of the newest message that was read\n"
            "  --unread-from MESSAGE\n"
            "                  make this message and all after it unread\n" AT_OPTION "\n"
            "Examples:\n"
            "  cruddur mark --as @maren 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e\n",
    .run = run_mark,
};
