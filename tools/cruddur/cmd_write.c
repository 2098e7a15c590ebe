/* SPDX-License-Identifier: MIT */
/* cruddur new, send: a group with its first message, and a message to a group that is there. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "view.h"

/* Gives --id, or a new uuid: one is needed for a repeat if it stays unknown what became of this. */
static enum exit_code choose_message_uuid(const struct context *context, char *made_uuid,
                                          const char **ret_uuid)
{
    cruddur_error *error = NULL;
    *ret_uuid = context->options.id;
    if (*ret_uuid != NULL) {
        return CODE_OK;
    }
    *ret_uuid = made_uuid;
    cruddur_status status = cruddur_uuid_v7(context->now_us, made_uuid, &error);
    return status == CRUDDUR_OK ? CODE_OK : report_error(status, error, NULL);
}

static enum exit_code report_write_error(cruddur_status status, cruddur_error *error,
                                         const char *message_uuid)
{
    bool is_unknown = cruddur_error_outcome_unknown(error);
    enum exit_code code = report_error(status, error, NULL);
    if (is_unknown) {
        (void)report(code,
                     "the message may have been stored; the same command with --id %s makes sure "
                     "of it without storing it twice",
                     message_uuid);
    }
    return code;
}

static enum exit_code create_group(struct context *context, const cruddur_user *people,
                                   const char *text)
{
    char made_uuid[CRUDDUR_UUID_SIZE];
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.group_uuid = context->options.group;
    options.group_name = context->options.name;
    options.flags = context->options.separate ? CRUDDUR_CREATE_SEPARATE : 0;
    options.reply_to = context->options.reply_to;
    options.data = context->options.data;
    options.expires_in_s = context->options.expires_in_s;
    enum exit_code code = choose_message_uuid(context, made_uuid, &options.message_uuid);
    if (code != CODE_OK) {
        return code;
    }
    cruddur_error *error = NULL;
    cruddur_group *group = NULL;
    cruddur_status status =
        cruddur_group_create(context->dm, &people[0], &people[1], context->options.n_others, text,
                             &options, &group, &error);
    if (status != CRUDDUR_OK) {
        return report_write_error(status, error, options.message_uuid);
    }
    if (context->options.json) {
        json_group(&context->out, group, options.message_uuid);
        out_text(&context->out, "\n");
    } else {
        struct view view;
        view_init(&view, &context->out, context->now_us);
        view_created_group(&view, group, options.message_uuid);
        view_free(&view);
    }
    cruddur_group_free(group);
    return CODE_OK;
}

static enum exit_code run_new(struct context *context)
{
    cruddur_user people[CRUDDUR_MEMBERS_MAX];
    char *text = NULL;
    enum exit_code code = context_people(context, "--as", "--to", people);
    if (code == CODE_OK && context->options.name != NULL && context->options.n_others < 2) {
        code = report(CODE_USAGE, "--name: only a group of more than two members has a name");
    }
    if (code == CODE_OK) {
        code = context_text(context->arguments[0], &text);
    }
    if (code == CODE_OK) {
        code = context_open(context, 0);
    }
    if (code == CODE_OK) {
        code = create_group(context, people, text);
    }
    free(text);
    return code;
}

static enum exit_code append_message(struct context *context, const cruddur_user *author,
                                     const char *text)
{
    char made_uuid[CRUDDUR_UUID_SIZE];
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.reply_to = context->options.reply_to;
    options.data = context->options.data;
    options.expires_in_s = context->options.expires_in_s;
    enum exit_code code = choose_message_uuid(context, made_uuid, &options.message_uuid);
    if (code != CODE_OK) {
        return code;
    }
    cruddur_error *error = NULL;
    cruddur_msg *msg = NULL;
    cruddur_status status = cruddur_msg_append(context->dm, author, context->arguments[0], text,
                                               &options, &msg, &error);
    if (status != CRUDDUR_OK) {
        return report_write_error(status, error, options.message_uuid);
    }
    if (context->options.json) {
        json_message(&context->out, msg);
        out_text(&context->out, "\n");
    } else {
        struct view view;
        view_init(&view, &context->out, context->now_us);
        view_sent_message(&view, msg);
        view_free(&view);
    }
    cruddur_msg_free(msg);
    return CODE_OK;
}

static enum exit_code run_send(struct context *context)
{
    cruddur_user author = CRUDDUR_USER_INIT;
    char *text = NULL;
    enum exit_code code = context_user(context, "--as", context->options.me, &author);
    if (code == CODE_OK) {
        code = options_uuid("GROUP", context->arguments[0]);
    }
    if (code == CODE_OK) {
        code = context_text(context->arguments[1], &text);
    }
    if (code == CODE_OK) {
        code = context_open(context, CRUDDUR_OPEN_EXISTING);
    }
    if (code == CODE_OK) {
        code = append_message(context, &author, text);
    }
    free(text);
    return code;
}

#define MESSAGE_OPTIONS                                                                            \
    "  --reply-to UUID the message that this one replies to\n"                                     \
    "  --data TEXT     data of the application's own, at most 4,096 bytes\n"                       \
    "  --expires-in S  when the message expires: 90s, 15m, 8h, 7d, 2w, or never\n"

const struct command command_new = {
    .name = "new",
    .bit = COMMAND_NEW,
    .arguments = {"TEXT"},
    .summary = "open a group with its first message",
    .help = "Usage: cruddur new --as USER --to USER... [OPTION]... TEXT\n"
            "\n"
            "Opens a group of --as and each --to, with the message TEXT (- reads it from\n"
            "standard input). Two people have one direct group: if it exists, TEXT is\n"
            "appended to it, unless --separate or --group asks for another one. A store that\n"
            "does not exist is created.\n"
            "\n"
            "Options:\n"
            "  --as USER       who opens the group and writes\n"
            "  --to USER       another member; give it once for each, at most 48 times\n"
            "  --id UUID       the message's uuid: repeated with it, the message is stored\n"
            "                  once\n"
            "  --group UUID    the group's uuid, for a group of its own\n"
            "  --name NAME     what the group is called, if it has more than two members\n"
            "  --separate      another group for two people who may have one\n" MESSAGE_OPTIONS "\n"
            "Examples:\n"
            "  cruddur new --as @maren --to @teo 'Are you free on Saturday?'\n"
            "  cruddur new --as @maren --to @teo --to @layla --name 'Kite crew' 'Hello both!'\n",
    .run = run_new,
};

const struct command command_send = {
    .name = "send",
    .bit = COMMAND_SEND,
    .arguments = {"GROUP", "TEXT"},
    .summary = "send a message to a group",
    .help = "Usage: cruddur send --as USER [OPTION]... GROUP TEXT\n"
            "\n"
            "Appends TEXT to the group with the uuid GROUP, of which --as is a member, and\n"
            "moves the group to the front of every member's list. TEXT is at most 1,024\n"
            "characters; - reads it from standard input.\n"
            "\n"
            "Options:\n"
            "  --as USER       who writes\n"
            "  --id UUID       the message's uuid: repeated with it, the message is stored\n"
            "                  once\n" MESSAGE_OPTIONS "\n"
            "Examples:\n"
            "  cruddur send --as @maren 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e 'See you there!'\n"
            "  cruddur send --as @teo 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e 'Code: 4711' \\\n"
            "      --expires-in 15m\n"
            "  fortune | cruddur send --as @maren 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e -\n",
    .run = run_send,
};
