/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "text.h"
#include "trace.h"

#define MS_PER_S 1000
/* How much of an argument an error shows, in bytes. */
#define QUOTED_MAX 80
#define TEXT_MAX ((size_t)1 << 20)

/* An environment variable that is empty counts as not set. */
static const char *value_or_environment(const char *value, const char *variable)
{
    const char *text = value != NULL ? value : getenv(variable);
    return text != NULL && text[0] != '\0' ? text : NULL;
}

struct store_name context_store(const struct context *context)
{
    return (struct store_name){value_or_environment(context->options.store, "CRUDDUR_STORE"),
                               context->options.store != NULL ? "--store" : "CRUDDUR_STORE"};
}

uint32_t context_timeout_ms(const struct context *context, uint32_t usual_ms)
{
    uint64_t timeout_s = context->options.timeout_s;
    return timeout_s > 0 ? (uint32_t)(timeout_s * MS_PER_S) : usual_ms;
}

enum exit_code context_open(struct context *context, uint32_t flags)
{
    struct store_name store = context_store(context);
    if (store.url == NULL) {
        return report(CODE_USAGE, "no store is named: give --store URL (such as "
                                  "sqlite:messages.db or dynamodb:messages), or set CRUDDUR_STORE");
    }
    return context_open_url(context, store.url, store.where, flags, &context->dm);
}

cruddur_status context_try_url(const struct context *context, const char *url, uint32_t flags,
                               cruddur **ret_dm, cruddur_error **error)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.flags = flags;
    options.timeout_ms = context_timeout_ms(context, options.timeout_ms);
    if (context->options.verbose) {
        options.log = trace_log;
        options.metrics = trace_metrics;
        report_request_ids();
    }
    return cruddur_open(url, &options, ret_dm, error);
}

enum exit_code context_report_url(cruddur_status status, cruddur_error *error, const char *where)
{
    /* What is wrong may also stand in the environment, or in a file: then the message says where.
     */
    bool is_elsewhere = status == CRUDDUR_E_CONFIG || status == CRUDDUR_E_CREDENTIALS;
    return status == CRUDDUR_OK ? CODE_OK
                                : report_error(status, error, is_elsewhere ? NULL : where);
}

enum exit_code context_open_url(const struct context *context, const char *url, const char *where,
                                uint32_t flags, cruddur **ret_dm)
{
    cruddur_error *error = NULL;
    cruddur_status status = context_try_url(context, url, flags, ret_dm, &error);
    return context_report_url(status, error, where);
}

/* What --users or CRUDDUR_USERS names; NULL if neither is given. */
static const char *users_name(const struct context *context)
{
    return value_or_environment(context->options.users, "CRUDDUR_USERS");
}

enum exit_code context_directory(struct context *context, uint32_t usual_ms)
{
    const char *name = users_name(context);
    if (context->directory != NULL) {
        return CODE_OK;
    }
    if (name == NULL) {
        return report(CODE_USAGE, "no users are named: give --users FILE or --users "
                                  "postgres://HOST/DATABASE, or set CRUDDUR_USERS");
    }
    const struct directory_options options = {
        .argument = context->options.users != NULL ? "--users" : "CRUDDUR_USERS",
        .name = name,
        .timeout_ms = context_timeout_ms(context, usual_ms),
        .postgresql = context->postgresql,
    };
    return directory_open(&options, &context->directory);
}

/* Looks a USER up: by uuid if `is_uuid`, else by handle. Without a directory a uuid is enough. */
static enum exit_code look_up(struct context *context, const char *argument, const char *text,
                              bool is_uuid, const struct users_entry **ret_entry)
{
    *ret_entry = NULL;
    if (users_name(context) == NULL) {
        return is_uuid ? CODE_OK
                       : report(CODE_USAGE,
                                "%s: %.*s is no uuid; to look up a handle, give --users or set "
                                "CRUDDUR_USERS",
                                argument, TEXT_CUT(text, QUOTED_MAX));
    }
    const char *handle = text[0] == '@' ? text + 1 : text;
    enum exit_code code = context_directory(context, DIRECTORY_TIMEOUT_MS);
    if (code == CODE_OK) {
        code = directory_find(context->directory, is_uuid ? USERS_UUID : USERS_HANDLE,
                              is_uuid ? text : handle, ret_entry);
    }
    if (code == CODE_OK && *ret_entry == NULL && !is_uuid) {
        return report(CODE_NOT_FOUND, "%s: no user with handle %.*s in %s", argument,
                      TEXT_CUT(handle, QUOTED_MAX), directory_name(context->directory));
    }
    return code;
}

enum exit_code context_user(struct context *context, const char *argument, char *text,
                            cruddur_user *ret_user)
{
    bool is_uuid = cruddur_uuid_is_valid(text);
    if (text[text[0] == '@'] == '\0') {
        return report(CODE_USAGE, "%s: it is empty; a USER is a uuid or a handle", argument);
    }
    if (is_uuid) {
        text_lower(text);
    }
    const struct users_entry *entry = NULL;
    enum exit_code code = look_up(context, argument, text, is_uuid, &entry);
    if (code != CODE_OK) {
        return code;
    }
    *ret_user = (cruddur_user)CRUDDUR_USER_INIT;
    ret_user->uuid = text;
    if (entry != NULL) {
        const char *display_name = entry->fields[USERS_DISPLAY_NAME];
        ret_user->uuid = entry->fields[USERS_UUID];
        ret_user->handle = entry->fields[USERS_HANDLE];
        ret_user->display_name = display_name[0] != '\0' ? display_name : NULL;
    }
    return CODE_OK;
}

enum exit_code context_people(struct context *context, const char *me, const char *others,
                              cruddur_user *ret_users)
{
    const struct options *options = &context->options;
    enum exit_code code = context_user(context, me, options->me, &ret_users[0]);
    for (size_t i = 0; code == CODE_OK && i < options->n_others; i++) {
        char *text = options->others[i];
        cruddur_user *user = &ret_users[i + 1];
        code = context_user(context, others, text, user);
        for (size_t j = 0; code == CODE_OK && j <= i; j++) {
            if (strcmp(user->uuid, ret_users[j].uuid) != 0) {
                continue;
            }
            code = j == 0 ? report(CODE_USAGE, "%s: %.*s is the same person as %s", others,
                                   TEXT_CUT(text, QUOTED_MAX), me)
                          : report(CODE_USAGE, "%s: %.*s is named twice", others,
                                   TEXT_CUT(text, QUOTED_MAX));
        }
    }
    return code;
}

enum exit_code context_members(struct context *context, const char *viewer_uuid,
                               const char *group_uuid)
{
    cruddur_error *error = NULL;
    cruddur_status status = context_try_members(context, viewer_uuid, group_uuid, &error);
    return status == CRUDDUR_OK ? CODE_OK : report_error(status, error, NULL);
}

cruddur_status context_try_members(struct context *context, const char *viewer_uuid,
                                   const char *group_uuid, cruddur_error **error)
{
    cruddur_members_options options = CRUDDUR_MEMBERS_OPTIONS_INIT;
    options.flags = viewer_uuid == NULL ? CRUDDUR_MEMBERS_TRUSTED : 0;
    return cruddur_group_members(context->dm, viewer_uuid, group_uuid, &options, &context->members,
                                 error);
}

enum exit_code context_message(struct context *context, cruddur_user *ret_user)
{
    enum exit_code code = options_uuid("GROUP", context->arguments[0]);
    if (code == CODE_OK) {
        code = options_uuid("MESSAGE", context->arguments[1]);
    }
    if (code == CODE_OK && context->options.me != NULL) {
        code = context_user(context, "--as", context->options.me, ret_user);
    }
    return code;
}

enum exit_code context_text(const char *argument, char **ret_text)
{
    if (strcmp(argument, "-") != 0) {
        *ret_text = memory_copy(argument);
        return CODE_OK;
    }
    enum exit_code code = input_read("TEXT", argument, TEXT_MAX, ret_text);
    if (code == CODE_OK) {
        /* The newline that ends a line of input is not part of the message. */
        size_t length = strlen(*ret_text);
        length -= length > 0 && (*ret_text)[length - 1] == '\n';
        length -= length > 0 && (*ret_text)[length] == '\n' && (*ret_text)[length - 1] == '\r';
        (*ret_text)[length] = '\0';
    }
    return code;
}

enum exit_code context_action(const struct context *context, const struct action *actions,
                              size_t count, const struct action **ret_action)
{
    struct buffer names = {NULL, 0, 0};
    for (size_t i = 0; i < count; i++) {
        if (strcmp(actions[i].name, context->arguments[0]) == 0) {
            *ret_action = &actions[i];
            buffer_free(&names);
            return CODE_OK;
        }
        const char *before = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        buffer_add_format(&names, "%s%s", before, actions[i].name);
    }
    enum exit_code code = report(CODE_USAGE, "ACTION: it must be %s", buffer_text(&names));
    buffer_free(&names);
    return code;
}

void context_close(struct context *context)
{
    cruddur_members_free(context->members);
    cruddur_close(context->dm);
    directory_close(context->directory);
}
