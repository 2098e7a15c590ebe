/* SPDX-License-Identifier: MIT */
/* cruddur new: a group with its first message. */
#include <stdlib.h>

#include "context.h"
#include "json_rows.h"
#include "view.h"

struct new_options {
    const char *as;
    struct option_list to;
    const char *id;
    const char *group;
    const char *name;
    bool separate;
};

static const struct option_spec options_table[] = {
    {"as", "USER", "who opens the group and writes", OPTION_TEXT, true,
     offsetof(struct new_options, as)},
    {"to", "USER", "another member; give it once for each, at most 48 times", OPTION_LIST, true,
     offsetof(struct new_options, to)},
    {"id", "UUID", "the message's uuid: repeated with it, the message is stored once", OPTION_UUID,
     false, offsetof(struct new_options, id)},
    {"group", "UUID", "the group's uuid, for a group of its own", OPTION_UUID, false,
     offsetof(struct new_options, group)},
    {"name", "NAME", "what the group is called, if it has more than two members", OPTION_TEXT,
     false, offsetof(struct new_options, name)},
    {"separate", NULL, "another group for two people who may have one", OPTION_FLAG, false,
     offsetof(struct new_options, separate)},
};

static const struct new_options defaults = {NULL, {{NULL}, 0}, NULL, NULL, NULL, false};

static const struct argument_name argument_names[] = {
    {"creator", "--as"},
    {"others", "--to"},
    {"n_others", "--to"},
    {"text", "TEXT"},
    {"options.message_uuid", "--id"},
    {"options.group_uuid", "--group"},
    {"options.group_name", "--name"},
    {"options.flags", "--separate"},
    {NULL, NULL},
};

static void write_result(struct context *context, const cruddur_group *group,
                         const char *message_uuid)
{
    struct json_row row;
    struct view view;

    if (context->globals.json) {
        json_row_init(&row);
        json_row_group(&row, group);
        json_row_text(&row, "message_uuid", message_uuid);
        json_row_write(&row, &context->out);
        return;
    }
    view_init(&view, &context->out, context->now_us);
    view_created_group(&view, group, message_uuid);
    view_free(&view);
}

static enum exit_code create(struct context *context, const struct new_options *values,
                             const cruddur_user *creator, const cruddur_user *others,
                             const char *text)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    char made_uuid[CRUDDUR_UUID_SIZE];
    cruddur_error *error = NULL;
    cruddur_group *group = NULL;
    cruddur_status status = CRUDDUR_OK;

    /* Made here: the library's answer does not tell it, and a repeat needs it. */
    if (values->id == NULL) {
        status = cruddur_uuid_v7(context->now_us, made_uuid, &error);
    }
    if (status != CRUDDUR_OK) {
        return context_error(context, status, error, NULL);
    }
    options.message_uuid = values->id != NULL ? values->id : made_uuid;
    options.group_uuid = values->group;
    options.group_name = values->name;
    options.flags = values->separate ? CRUDDUR_CREATE_SEPARATE : 0;
    status = cruddur_group_create(context->dm, creator, others, values->to.count, text, &options,
                                  &group, &error);
    if (status != CRUDDUR_OK) {
        return context_write_error(context, status, error, argument_names, options.message_uuid);
    }
    write_result(context, group, options.message_uuid);
    cruddur_group_free(group);
    return CODE_OK;
}

static enum exit_code run(struct context *context, const void *values, char *const *arguments)
{
    const struct new_options *options = values;
    cruddur_user creator = CRUDDUR_USER_INIT;
    cruddur_user others[OPTION_LIST_MAX];
    char *text = NULL;
    enum exit_code code = context_user(context, "--as", options->as, &creator);

    if (code == CODE_OK) {
        code = context_others(context, "--as", &creator, "--to", &options->to, others);
    }
    if (code == CODE_OK && options->name != NULL && options->to.count < 2) {
        code = report(context->command, CODE_USAGE,
                      "--name: only a group of more than two members has a name");
    }
    if (code == CODE_OK) {
        code = context_text(context, arguments[0], &text);
    }
    if (code == CODE_OK) {
        code = context_open(context, 0);
    }
    if (code == CODE_OK) {
        code = create(context, options, &creator, others, text);
    }
    free(text);
    return code;
}

static const char *const arguments_table[] = {"TEXT"};

const struct command command_new = {
    .name = "new",
    .summary = "open a group with its first message",
    .description =
        "Opens a group of --as and everybody named by --to, with the message TEXT (- reads it "
        "from standard input). Two people have one group: where it is there already, "
        "TEXT is appended to it, unless --separate or --group asks for another. The "
        "store is made if there is none yet.",
    .examples =
        "  cruddur new --as @maren --to @teo 'Are you free on Saturday?'\n"
        "  cruddur new --as @maren --to @teo --to @layla --name 'Kite crew' 'Hello both!'\n",
    .arguments = arguments_table,
    .n_arguments = sizeof(arguments_table) / sizeof(arguments_table[0]),
    .options = options_table,
    .n_options = sizeof(options_table) / sizeof(options_table[0]),
    .defaults = &defaults,
    .defaults_size = sizeof(defaults),
    .run = run,
};
