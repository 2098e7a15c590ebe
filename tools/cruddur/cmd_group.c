/* SPDX-License-Identifier: MIT */
/* cruddur group: its name, data and members, and what a member has set for it. */
#include "command.h"
#include "json.h"
#include "view.h"

#define GROUP(context) ((context)->arguments[1])
#define NAME(context) ((context)->arguments[2])

/* Writes the group as the member sees it, and the members if they were read. */
static void write_group(struct context *context, const cruddur_group *group)
{
    struct out *out = &context->out;
    if (!context->options.json) {
        struct view view;
        view_init(&view, out, context->now_us);
        if (group != NULL) {
            view_group_details(&view, group);
        }
        view_members(&view, context->members);
        view_free(&view);
        return;
    }
    if (group != NULL) {
        json_begin_group(out, group);
    } else {
        json_text(out, "{", "uuid", GROUP(context));
    }
    for (size_t i = 0; i < cruddur_members_count(context->members); i++) {
        out_text(out, i == 0 ? ",\"members\":[" : ",");
        json_member(out, context->members, i);
    }
    out_text(out, context->members != NULL ? "]}\n" : "}\n");
}

/* Whichever call it was. */
static enum exit_code end(struct context *context, cruddur_status status, cruddur_error *error,
                          cruddur_group *group)
{
    if (status != CRUDDUR_OK) {
        return report_error(status, error, NULL);
    }
    write_group(context, group);
    cruddur_group_free(group);
    return CODE_OK;
}

/* Checks GROUP, looks up --as, and opens the store. */
static enum exit_code begin(struct context *context, cruddur_user *ret_user)
{
    enum exit_code code = context_user(context, "--as", context->options.me, ret_user);
    return code == CODE_OK ? context_open(context, CRUDDUR_OPEN_EXISTING) : code;
}

/* --- rename --- */

static enum exit_code run_rename(struct context *context)
{
    const struct options *given = &context->options;
    cruddur_group_options options = CRUDDUR_GROUP_OPTIONS_INIT;
    cruddur_user user = CRUDDUR_USER_INIT;
    cruddur_error *error = NULL;
    cruddur_group *group = NULL;
    const char *name = given->no_name ? "" : NAME(context);
    options.data = given->no_data ? "" : given->data;
    if (given->no_name && NAME(context) != NULL) {
        return report(CODE_USAGE, "--no-name: it does not go together with NAME");
    }
    if (given->no_data && given->data != NULL) {
        return report(CODE_USAGE, "--no-data: it does not go together with --data");
    }
    if (name == NULL && options.data == NULL) {
        return report(CODE_USAGE, "NAME is missing; see --help");
    }
    if (NAME(context) != NULL && NAME(context)[0] == '\0') {
        return report(CODE_USAGE, "NAME: it is empty; to remove it, give --no-name");
    }
    enum exit_code code = begin(context, &user);
    if (code != CODE_OK) {
        return code;
    }
    cruddur_status status = cruddur_group_rename(context->dm, user.uuid, GROUP(context), name,
                                                 &options, &group, &error);
    return end(context, status, error, group);
}

/* --- members --- */

static enum exit_code run_add(struct context *context)
{
    cruddur_group_options options = CRUDDUR_GROUP_OPTIONS_INIT;
    cruddur_user people[CRUDDUR_MEMBERS_MAX];
    cruddur_error *error = NULL;
    cruddur_group *group = NULL;
    options.flags = context->options.history ? CRUDDUR_ADD_WITH_HISTORY : 0;
    enum exit_code code = context_people(context, "--as", "--member", people);
    if (code == CODE_OK) {
        code = context_open(context, CRUDDUR_OPEN_EXISTING);
    }
    if (code != CODE_OK) {
        return code;
    }
    cruddur_status status =
        cruddur_group_add_members(context->dm, people[0].uuid, GROUP(context), &people[1],
                                  context->options.n_others, &options, &group, &error);
    return end(context, status, error, group);
}

static enum exit_code remove_member(struct context *context, const char *user_uuid,
                                    const char *member_uuid)
{
    cruddur_error *error = NULL;
    cruddur_group *group = NULL;
    cruddur_status status = cruddur_group_remove_member(context->dm, user_uuid, GROUP(context),
                                                        member_uuid, NULL, &group, &error);
    if (status != CRUDDUR_OK || group != NULL) {
        return end(context, status, error, group);
    }
    if (context->options.json) { /* who has left sees no group */
        json_text(&context->out, "{", "uuid", GROUP(context));
        json_flag(&context->out, ",", "left", true);
        out_text(&context->out, "}\n");
    } else {
        out_format(&context->out, "Left the group %s\n", GROUP(context));
    }
    return CODE_OK;
}

static enum exit_code run_remove(struct context *context)
{
    cruddur_user people[CRUDDUR_MEMBERS_MAX];
    if (context->options.n_others > 1) {
        return report(CODE_USAGE, "--member: one member is removed at a time");
    }
    /* That it is --as is no error here: they leave. */
    enum exit_code code = context_user(context, "--member", context->options.others[0], &people[1]);
    if (code == CODE_OK) {
        code = begin(context, &people[0]);
    }
    return code == CODE_OK ? remove_member(context, people[0].uuid, people[1].uuid) : code;
}

static enum exit_code run_leave(struct context *context)
{
    cruddur_user user = CRUDDUR_USER_INIT;
    enum exit_code code = begin(context, &user);
    return code == CODE_OK ? remove_member(context, user.uuid, user.uuid) : code;
}

/* --- set --- */

static enum exit_code run_set(struct context *context)
{
    const struct options *given = &context->options;
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    cruddur_user user = CRUDDUR_USER_INIT;
    cruddur_error *error = NULL;
    cruddur_group *group = NULL;
    options.archived = given->archived;
    options.pinned = given->pinned;
    options.hidden = given->hidden;
    options.blocked = given->blocked;
    options.muted_until_us = given->muted_until_us;
    enum exit_code code = begin(context, &user);
    if (code != CODE_OK) {
        return code;
    }
    cruddur_status status =
        cruddur_group_set(context->dm, user.uuid, GROUP(context), &options, &group, &error);
    return end(context, status, error, group);
}

/* --- info --- */

static enum exit_code run_info(struct context *context)
{
    cruddur_user user = CRUDDUR_USER_INIT;
    cruddur_error *error = NULL;
    cruddur_group *group = NULL;
    bool has_viewer = context->options.me != NULL;
    enum exit_code code =
        has_viewer ? begin(context, &user) : context_open(context, CRUDDUR_OPEN_EXISTING);
    if (code == CODE_OK) {
        code = context_members(context, user.uuid, GROUP(context));
    }
    if (code != CODE_OK) {
        return code;
    }
    cruddur_status status = CRUDDUR_OK;
    if (has_viewer) {
        status = cruddur_group_get(context->dm, user.uuid, GROUP(context), NULL, &group, &error);
    }
    return end(context, status, error, group);
}

/* --- which --- */

enum group_action { RENAME, ADD, REMOVE, LEAVE, SET, INFO, N_ACTIONS };

static const struct action actions[N_ACTIONS] = {
    {"rename", RENAME, run_rename}, {"add", ADD, run_add}, {"remove", REMOVE, run_remove},
    {"leave", LEAVE, run_leave},    {"set", SET, run_set}, {"info", INFO, run_info},
};

/* Which options go with which action; all but info need --as. */
static const char *const allowed[N_ACTIONS][11] = {
    [RENAME] = {"as", "data", "no-data", "no-name"},
    [ADD] = {"as", "member", "history"},
    [REMOVE] = {"as", "member"},
    [LEAVE] = {"as"},
    [SET] = {"as", "mute", "unmute", "archive", "unarchive", "pin", "unpin", "hide", "block",
             "unblock"},
    [INFO] = {"as"},
};

static enum exit_code check_options(const struct context *context, const struct action *action)
{
    const struct options *options = &context->options;
    const char *other = options_find_other(options, COMMAND_GROUP, allowed[action->traits]);
    if (other != NULL) {
        return report(CODE_USAGE, "--%s: it does not go with %s", other, action->name);
    }
    if (options->me == NULL && action->traits != INFO) {
        return report(CODE_USAGE, "--as is missing; see --help");
    }
    if (options->n_others == 0 && (action->traits == ADD || action->traits == REMOVE)) {
        return report(CODE_USAGE, "--member is missing; see --help");
    }
    /* --as is always given. */
    if (action->traits == SET && options->n_given <= 1) {
        return report(CODE_USAGE, "there is nothing to set; see --help");
    }
    if (NAME(context) != NULL && action->traits != RENAME) {
        return report(CODE_USAGE, "there are too many arguments: GROUP is the last");
    }
    return CODE_OK;
}

static enum exit_code run(struct context *context)
{
    const struct action *action;
    enum exit_code code =
        context_action(context, actions, sizeof(actions) / sizeof(actions[0]), &action);
    if (code == CODE_OK) {
        code = check_options(context, action);
    }
    if (code == CODE_OK) {
        code = options_uuid("GROUP", GROUP(context));
    }
    return code == CODE_OK ? action->run(context) : code;
}

const struct command command_group = {
    .name = "group",
    .bit = COMMAND_GROUP,
    .arguments = {"ACTION", "GROUP", "NAME"},
    .n_optional = 1,
    .summary = "change a group, its members, or one's settings for it",
    .help = "Usage: cruddur group rename --as USER [OPTION]... GROUP [NAME]\n"
            "       cruddur group add --as USER --member USER... [OPTION]... GROUP\n"
            "       cruddur group remove --as USER --member USER [OPTION]... GROUP\n"
            "       cruddur group leave --as USER [OPTION]... GROUP\n"
            "       cruddur group set --as USER [OPTION]... GROUP\n"
            "       cruddur group info [--as USER] [OPTION]... GROUP\n"
            "\n"
            "Changes or shows the group with the uuid GROUP, of which --as is a member.\n"
            "\n"
            "  rename   changes the name, or the data of the application's own\n"
            "  add      adds members; a direct group has always two\n"
            "  remove   removes a member, who then cannot read the group any more\n"
            "  leave    removes --as\n"
            "  set      changes what --as has set for the group; others do not see it\n"
            "  info     shows the group, and up to where each member has read it\n"
            "\n"
            "Options of rename:\n"
            "  --no-name       remove the name\n"
            "  --data TEXT     data of the application's own, at most 4,096 bytes\n"
            "  --no-data       remove it\n"
            "\n"
            "Options of add and remove:\n"
            "  --member USER   who is added or removed; for add, once for each\n"
            "  --history       of add: new members also see what was written before\n"
            "\n"
            "Options of set:\n"
            "  --mute WHEN     forever, for a time such as 8h, or until a TIME; --unmute\n"
            "  --archive       out of the list of groups until the next message; --unarchive\n"
            "  --pin           pinned, for the application to sort by; --unpin\n"
            "  --hide          clear the history, and out of the list until the next message;\n"
            "                  this cannot be taken back\n"
            "  --block         of a direct group: no member can write to it; --unblock\n"
            "\n"
            "Examples:\n"
            "  cruddur group add --as @maren --member @layla \\\n"
            "      7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e\n"
            "  cruddur group set --as @maren --mute 8h --pin \\\n"
            "      7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e\n",
    .run = run,
};
