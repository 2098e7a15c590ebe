/* SPDX-License-Identifier: MIT */
/* cruddur users: the users whom others are named by. */
#include "buffer.h"
#include "command.h"
#include "json.h"
#include "text.h"

#define VALUE(context) ((context)->arguments[1])

/* What an action takes, as bits. */
#define TAKES_VALUE 0x1u /* after the action */

/* --- list --- */

struct list {
    struct out *out;
    bool is_json;
    size_t count;
};

static void write_json(struct out *out, const struct users_entry *entry)
{
    for (enum users_field field = 0; field < USERS_N_FIELDS; field++) {
        json_text(out, field == 0 ? "{" : ",", users_field_name(field), entry->fields[field]);
    }
    out_text(out, "}");
}

/* The columns that have one width come first, because the list is not known before it is written.
 */
static void write_text(struct out *out, const struct users_entry *entry)
{
    struct buffer line = {NULL, 0, 0};
    buffer_add_format(&line, "%-36s  %-36s  @", entry->fields[USERS_UUID],
                      entry->fields[USERS_COGNITO_USER_ID]);
    buffer_add_format(&line, "%s", entry->fields[USERS_HANDLE]);
    buffer_add_format(&line, "  %s", entry->fields[USERS_DISPLAY_NAME]);
    if (entry->fields[USERS_EMAIL][0] != '\0') {
        buffer_add_format(&line, "  <%s>", entry->fields[USERS_EMAIL]);
    }
    struct buffer clean = {NULL, 0, 0};
    text_clean(&clean, buffer_text(&line), TEXT_BREAKS_ESCAPED);
    out_format(out, "%s\n", buffer_text(&clean));
    buffer_free(&clean);
    buffer_free(&line);
}

static bool write_user(void *data, const struct users_entry *entry)
{
    struct list *list = data;
    if (list->is_json) {
        out_text(list->out, list->count > 0 ? ",\n" : "{\"users\":[\n");
        write_json(list->out, entry);
    } else {
        write_text(list->out, entry);
    }
    list->count++;
    return out_flush(list->out);
}

static enum exit_code run_list(struct context *context)
{
    struct list list = {.out = &context->out, .is_json = context->options.json};
    enum exit_code code = context_directory(context, DIRECTORY_TIMEOUT_MS);
    if (code == CODE_OK) {
        code = directory_list(context->directory, write_user, &list);
    }
    if (code == CODE_OK && list.is_json) {
        out_text(list.out, list.count > 0 ? "\n]}\n" : "{\"users\":[]}\n");
    }
    return code;
}

/* --- the command --- */

static const struct action actions[] = {
    {"list", 0, run_list},
};

static enum exit_code run(struct context *context)
{
    const struct action *action = NULL;
    enum exit_code code =
        context_action(context, actions, sizeof(actions) / sizeof(actions[0]), &action);
    if (code == CODE_OK && VALUE(context) != NULL && (action->traits & TAKES_VALUE) == 0) {
        code = report(CODE_USAGE, "%s takes no argument", action->name);
    }
    return code == CODE_OK ? action->run(context) : code;
}

const struct command command_users = {
    .name = "users",
    .bit = COMMAND_USERS,
    .arguments = {"ACTION", "VALUE"},
    .n_optional = 1,
    .summary = "list the users",
    .help = "Usage: cruddur users [OPTION]... ACTION [VALUE]\n"
            "\n"
            "Does one of these with the users whom --users names, a users file or a\n"
            "PostgreSQL database, postgres://USER@HOST:PORT/DATABASE:\n"
            "\n"
            "  list            list all users\n"
            "\n"
            "Examples:\n"
            "  cruddur users list --users users.csv\n",
    .run = run,
};
