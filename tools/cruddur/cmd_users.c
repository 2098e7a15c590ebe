/* SPDX-License-Identifier: MIT */
/* cruddur users: lists users, finds one, loads them into the database. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "command.h"
#include "json.h"
#include "rename_rows.h"
#include "text.h"
#include "users_pool.h"

#define VALUE(context) ((context)->arguments[1])

/* A file of many users takes longer than a look-up. */
#define LOAD_TIMEOUT_MS 300000

/* What an action takes, as bits. */
#define TAKES_VALUE 0x1u /* after the action */
#define TAKES_FILE 0x2u  /* there, too */
#define TAKES_POOL 0x4u  /* --pool */
#define TAKES_DRY_RUN 0x8u
#define TAKES_ROWS 0x10u /* the options about rows of the store */

/* --- list --- */

struct list {
    struct out *out;
    bool is_json;
    size_t count;
};

static void write_json(struct out *out, const struct users_entry *entry)
{
    for (enum users_field field = 0; field < USERS_N_FIELDS; field++) {
        const char *value = entry->fields[field];
        json_text(out, field == 0 ? "{" : ",", users_field_name(field),
                  value[0] != '\0' ? value : NULL);
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

static void end_list(const struct list *list)
{
    if (list->is_json) {
        out_text(list->out, list->count > 0 ? "\n]}\n" : "{\"users\":[]}\n");
    }
}

static enum exit_code run_list(struct context *context)
{
    struct list list = {.out = &context->out, .is_json = context->options.json};
    enum exit_code code = context_directory(context, DIRECTORY_TIMEOUT_MS);
    if (code == CODE_OK) {
        code = directory_list(context->directory, write_user, &list);
    }
    if (code == CODE_OK) {
        end_list(&list);
    }
    return code;
}

/* --- find --- */

struct find {
    struct list list;
    char *uuids[USERS_N_FIELDS]; /* of the users who were written */
};

/* Writes the user who has the value in a field, unless that has been done. */
static enum exit_code find_by(struct context *context, struct find *find, enum users_field field,
                              const char *value)
{
    const struct users_entry *entry = NULL;
    enum exit_code code = directory_find(context->directory, field, value, &entry);
    bool is_new = entry != NULL;
    for (size_t i = 0; is_new && i < find->list.count; i++) {
        is_new = strcmp(find->uuids[i], entry->fields[USERS_UUID]) != 0;
    }
    if (is_new) {
        find->uuids[find->list.count] = entry->fields[USERS_UUID];
        (void)write_user(&find->list, entry);
    }
    return code;
}

/* A value may be the uuid of one user, and the account of another. */
static enum exit_code run_find(struct context *context)
{
    struct find find = {.list = {&context->out, context->options.json, 0}};
    char *value = VALUE(context);
    enum exit_code code = context_directory(context, DIRECTORY_TIMEOUT_MS);
    if (code == CODE_OK) {
        code = find_by(context, &find, USERS_HANDLE, value + (value[0] == '@'));
    }
    if (code == CODE_OK) {
        code = find_by(context, &find, USERS_COGNITO_USER_ID, value);
    }
    if (code == CODE_OK && cruddur_uuid_is_valid(value)) {
        text_lower(value);
        code = find_by(context, &find, USERS_UUID, value);
    }
    if (code == CODE_OK && find.list.count == 0) {
        return report(CODE_NOT_FOUND,
                      "VALUE: no user in %s has this handle, uuid or cognito_user_id",
                      directory_name(context->directory));
    }
    if (code == CODE_OK) {
        end_list(&find.list);
    }
    return code;
}

/* --- load --- */

static void write_counts(struct context *context, const char *path, size_t count,
                         const struct directory_counts *counts)
{
    struct out *out = &context->out;
    if (context->options.json) {
        json_number(out, "{", "users", count);
        json_number(out, ",", "added", counts->added);
        json_number(out, ",", "changed", counts->changed);
        json_number(out, ",", "unchanged", counts->unchanged);
        out_text(out, "}\n");
        return;
    }
    struct buffer line = {NULL, 0, 0};
    text_clean(&line, input_name(path), TEXT_BREAKS_ESCAPED);
    out_format(out,
               "%s: %zu user%s; %" PRIu64 " added, %" PRIu64 " changed, %" PRIu64 " unchanged\n",
               buffer_text(&line), count, count == 1 ? "" : "s", counts->added, counts->changed,
               counts->unchanged);
    buffer_free(&line);
}

static enum exit_code run_load(struct context *context)
{
    const char *path = VALUE(context);
    char *text = NULL;
    struct users users = {NULL, 0, 0};
    struct problem problem;
    struct directory_counts counts;
    enum exit_code code = input_read("FILE", path, USERS_FILE_MAX, &text);
    if (code == CODE_OK && !users_parse(&users, text, USERS_TO_LOAD, &problem)) {
        code = report_problem(path, &problem);
    }
    if (code == CODE_OK) {
        code = context_directory(context, LOAD_TIMEOUT_MS);
    }
    if (code == CODE_OK) {
        code = directory_load(context->directory, path, &users, &counts);
    }
    if (code == CODE_OK) {
        write_counts(context, path, users.count, &counts);
    }
    users_free(&users);
    free(text);
    return code;
}

/* --- the command --- */

static const struct action actions[] = {
    {"list", 0, run_list},
    {"find", TAKES_VALUE, run_find},
    {"load", TAKES_FILE, run_load},
    {"cognito", TAKES_POOL, users_run_cognito},
    {"sync", TAKES_POOL | TAKES_DRY_RUN, users_run_sync},
    {"rename-rows", TAKES_ROWS, rename_rows},
};

static enum exit_code check_value(const struct action *action, const char *value)
{
    const char *name = (action->traits & TAKES_FILE) != 0    ? "FILE"
                       : (action->traits & TAKES_VALUE) != 0 ? "VALUE"
                                                             : NULL;
    if (name == NULL && value != NULL) {
        return report(CODE_USAGE, "%s takes no argument besides options", action->name);
    }
    if (name != NULL && value == NULL) {
        return report(CODE_USAGE, "%s is missing; see --help", name);
    }
    return name == NULL || value[0] != '\0' ? CODE_OK : report(CODE_USAGE, "%s: it is empty", name);
}

/* Refuses an option that is another action's. */
static enum exit_code check_options(const struct context *context, const struct action *action)
{
    const char *allowed[5] = {NULL};
    size_t count = 0;
    if ((action->traits & TAKES_POOL) != 0) {
        allowed[count++] = "pool";
    }
    if ((action->traits & TAKES_DRY_RUN) != 0) {
        allowed[count++] = "dry-run";
    }
    if ((action->traits & TAKES_ROWS) != 0) {
        allowed[count++] = "messages";
        allowed[count] = "cursor";
    }
    const char *other = options_find_other(&context->options, COMMAND_USERS, allowed);
    return other == NULL ? CODE_OK
                         : report(CODE_USAGE, "--%s: it does not go with %s", other, action->name);
}

static enum exit_code run(struct context *context)
{
    const struct action *action = NULL;
    enum exit_code code =
        context_action(context, actions, sizeof(actions) / sizeof(actions[0]), &action);
    if (code == CODE_OK) {
        code = check_value(action, VALUE(context));
    }
    if (code == CODE_OK) {
        code = check_options(context, action);
    }
    return code == CODE_OK ? action->run(context) : code;
}

const struct command command_users = {
    .name = "users",
    .bit = COMMAND_USERS,
    .arguments = {"ACTION", "VALUE"},
    .n_optional = 1,
    .summary = "list, find or load users; update their accounts and names",
    .help = "Usage: cruddur users [OPTION]... ACTION [VALUE]\n"
            "\n"
            "Does one of these with the users whom --users names, a users file or a\n"
            "PostgreSQL database, postgres://USER@HOST:PORT/DATABASE:\n"
            "\n"
            "  list            list all users\n"
            "  find VALUE      show the user who has this handle, uuid or cognito_user_id\n"
            "  load FILE       bring the users of FILE, CSV or JSON, into the database; the\n"
            "                  table users is created if it does not exist\n"
            "  cognito         list the users of a Cognito user pool; with --json as a map of\n"
            "                  preferred_username to sub\n"
            "  sync            give users in the database the sub of the pool's user of the\n"
            "                  same preferred_username, as their cognito_user_id\n"
            "  rename-rows     bring the copies of their names in the store up to date, in\n"
            "                  all inboxes; the store may be in use\n"
            "\n"
            "Options:\n"
            "  --pool ID       cognito, sync: the user pool (default:\n"
            "                  AWS_COGNITO_USER_POOL_ID)\n"
            "  --dry-run       sync: say what would change, and write nothing\n"
            "  --messages      rename-rows: in messages, too\n"
            "  --cursor C      rename-rows: go on where another run ended (shown with\n"
            "                  --verbose)\n"
            "\n"
            "Examples:\n"
            "  cruddur users list --users users.csv\n"
            "  cruddur users load users.csv --users postgres://postgres@localhost/cruddur\n"
            "  cruddur users cognito --json --pool eu-central-1_AbCdEfGhI\n"
            "  cruddur users sync --dry-run\n",
    .run = run,
};
