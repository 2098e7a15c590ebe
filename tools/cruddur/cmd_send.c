/* SPDX-License-Identifier: MIT */
/* cruddur send: a message to a group that is there. */
#include <stdlib.h>

#include "context.h"
#include "json_rows.h"
#include "view.h"

struct send_options {
    const char *as;
    const char *id;
};

static const struct option_spec options_table[] = {
    {"as", "USER", "who writes", OPTION_TEXT, true, offsetof(struct send_options, as)},
    {"id", "UUID", "the message's uuid: repeated with it, the message is stored once", OPTION_UUID,
     false, offsetof(struct send_options, id)},
};

static const struct send_options defaults = {NULL, NULL};

static const struct argument_name argument_names[] = {
    {"author", "--as"}, {"group_uuid", "GROUP"}, {"text", "TEXT"}, {"options.message_uuid", "--id"},
    {NULL, NULL},
};

static void write_result(struct context *context, const cruddur_msg *msg)
{
    struct json_row row;
    struct view view;

    if (context->globals.json) {
        json_row_init(&row);
        json_row_msg(&row, msg);
        json_row_write(&row, &context->out);
        return;
    }
    view_init(&view, &context->out, context->now_us);
    view_sent_message(&view, msg);
    view_free(&view);
}

static enum exit_code append(struct context *context, const cruddur_user *author,
                             const char *group_uuid, const char *text, const char *id)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    char made_uuid[CRUDDUR_UUID_SIZE];
    cruddur_error *error = NULL;
    cruddur_msg *msg = NULL;
    cruddur_status status = CRUDDUR_OK;

    /* Made here, so that it can be named if it stays unknown whether the message was stored. */
    if (id == NULL) {
        status = cruddur_uuid_v7(context->now_us, made_uuid, &error);
    }
    if (status != CRUDDUR_OK) {
        return context_error(context, status, error, NULL);
    }
    options.message_uuid = id != NULL ? id : made_uuid;
    status = cruddur_msg_append(context->dm, author, group_uuid, text, &options, &msg, &error);
    if (status != CRUDDUR_OK) {
        return context_write_error(context, status, error, argument_names, options.message_uuid);
    }
    write_result(context, msg);
    cruddur_msg_free(msg);
    return CODE_OK;
}

static enum exit_code run(struct context *context, const void *values, char *const *arguments)
{
    const struct send_options *options = values;
    cruddur_user author = CRUDDUR_USER_INIT;
    char *text = NULL;
    enum exit_code code = context_user(context, "--as", options->as, &author);

    if (code == CODE_OK) {
        code = context_uuid(context, "GROUP", arguments[0]);
    }
    if (code == CODE_OK) {
        code = context_text(context, arguments[1], &text);
    }
    if (code == CODE_OK) {
        code = context_open(context, CRUDDUR_OPEN_EXISTING);
    }
    if (code == CODE_OK) {
        code = append(context, &author, arguments[0], text, options->id);
    }
    free(text);
    return code;
}

static const char *const arguments_table[] = {"GROUP", "TEXT"};

const struct command command_send = {
    .name = "send",
    .summary = "send a message to a group",
    .description =
        "Appends TEXT to the group with the uuid GROUP, of which --as is a member, and moves "
        "the group to the front of every member's list. TEXT is at most 1,024 "
        "characters; - reads it from standard input.",
    .examples = "  cruddur send --as @maren 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e 'See you there!'\n"
                "  fortune | cruddur send --as @maren 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e -\n",
    .arguments = arguments_table,
    .n_arguments = sizeof(arguments_table) / sizeof(arguments_table[0]),
    .options = options_table,
    .n_options = sizeof(options_table) / sizeof(options_table[0]),
    .defaults = &defaults,
    .defaults_size = sizeof(defaults),
    .run = run,
};
