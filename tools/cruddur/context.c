/* SPDX-License-Identifier: MIT */
#include "context.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "file.h"
#include "text.h"

#define USERS_FILE_MAX ((size_t)64 << 20)
#define TEXT_MAX ((size_t)1 << 20)

/* An environment variable that is empty counts as not set. */
static const char *value_or_environment(const char *value, const char *variable)
{
    const char *text = value != NULL ? value : getenv(variable);

    return text != NULL && text[0] != '\0' ? text : NULL;
}

enum exit_code context_open(struct context *context, uint32_t flags)
{
    const struct argument_name names[] = {
        {"", context->globals.store != NULL ? "--store" : "CRUDDUR_STORE"},
        {NULL, NULL},
    };
    const char *url = value_or_environment(context->globals.store, "CRUDDUR_STORE");
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    cruddur_error *error = NULL;
    cruddur_status status;

    if (url == NULL) {
        return report(context->command, CODE_USAGE,
                      "no store is named: give --store URL (such as sqlite:messages.db), or set "
                      "CRUDDUR_STORE");
    }
    options.flags = flags;
    status = cruddur_open(url, &options, &context->dm, &error);
    return status == CRUDDUR_OK ? CODE_OK : context_error(context, status, error, names);
}

/* Reads the users file if one is named. */
static enum exit_code read_users(struct context *context, const char *path)
{
    struct buffer content = BUFFER_INIT;
    struct problem problem = {0, ""};
    enum exit_code code;

    if (path == NULL || context->users_read) {
        return CODE_OK;
    }
    code = file_read(context->command, context->globals.users != NULL ? "--users" : "CRUDDUR_USERS",
                     path, USERS_FILE_MAX, &content);
    if (code == CODE_OK &&
        !users_parse(&context->users, buffer_text(&content), content.length, &problem)) {
        code = report_problem(context->command, path, &problem);
    }
    buffer_free(&content);
    context->users_read = code == CODE_OK;
    return code;
}

/* Names that the file leaves empty are as good as missing. */
static const char *name_or_null(const char *name)
{
    return name != NULL && name[0] != '\0' ? name : NULL;
}

enum exit_code context_user(struct context *context, const char *argument, const char *text,
                            cruddur_user *ret_user)
{
    const char *path = value_or_environment(context->globals.users, "CRUDDUR_USERS");
    const char *handle = text[0] == '@' ? text + 1 : text;
    bool is_uuid = cruddur_uuid_is_valid(text);
    enum exit_code code = read_users(context, path);
    const struct users_entry *entry;

    if (code != CODE_OK) {
        return code;
    }
    if (handle[0] == '\0') {
        return report(context->command, CODE_USAGE, "%s: it is empty; a USER is a uuid or a handle",
                      argument);
    }
    if (!is_uuid && path == NULL) {
        return report(context->command, CODE_USAGE,
                      "%s: %.80s is no uuid; to look up a handle, give --users FILE or set "
                      "CRUDDUR_USERS",
                      argument, text);
    }
    *ret_user = (cruddur_user)CRUDDUR_USER_INIT;
    ret_user->uuid = text;
    entry =
        is_uuid ? users_by_uuid(&context->users, text) : users_by_handle(&context->users, handle);
    if (entry == NULL && !is_uuid) {
        return report(context->command, CODE_NOT_FOUND, "%s: no user with handle %.80s in %s",
                      argument, handle, path);
    }
    if (entry != NULL) {
        ret_user->uuid = entry->uuid;
        ret_user->display_name = name_or_null(entry->display_name);
        ret_user->handle = entry->handle;
    }
    return CODE_OK;
}

enum exit_code context_others(struct context *context, const char *self_argument,
                              const cruddur_user *self, const char *argument,
                              const struct option_list *list, cruddur_user *ret_users)
{
    enum exit_code code;

    if (list->count > CRUDDUR_MEMBERS_MAX - 1) {
        return report(context->command, CODE_USAGE, "%s: it may be given at most %d times",
                      argument, CRUDDUR_MEMBERS_MAX - 1);
    }
    for (size_t i = 0; i < list->count; i++) {
        code = context_user(context, argument, list->items[i], &ret_users[i]);
        if (code != CODE_OK) {
            return code;
        }
        if (strcasecmp(ret_users[i].uuid, self->uuid) == 0) {
            return report(context->command, CODE_USAGE, "%s: %.80s is the same person as %s",
                          argument, list->items[i], self_argument);
        }
        for (size_t j = 0; j < i; j++) {
            if (strcasecmp(ret_users[i].uuid, ret_users[j].uuid) == 0) {
                return report(context->command, CODE_USAGE, "%s: %.80s is named twice", argument,
                              list->items[i]);
            }
        }
    }
    return CODE_OK;
}

enum exit_code context_uuid(const struct context *context, const char *argument, const char *text)
{
    if (cruddur_uuid_is_valid(text)) {
        return CODE_OK;
    }
    return report(context->command, CODE_USAGE,
                  "%s: it must be a uuid: 8-4-4-4-12 hexadecimal digits with hyphens", argument);
}

/* Takes off the newline that ends a line of input: it is not part of the message. */
static void trim_newline(struct buffer *buffer)
{
    if (buffer->length > 0 && buffer->data[buffer->length - 1] == '\n') {
        buffer->data[--buffer->length] = '\0';
        if (buffer->length > 0 && buffer->data[buffer->length - 1] == '\r') {
            buffer->data[--buffer->length] = '\0';
        }
    }
}

enum exit_code context_text(const struct context *context, const char *argument, char **ret_text)
{
    struct buffer buffer = BUFFER_INIT;
    enum exit_code code = CODE_OK;

    if (strcmp(argument, FILE_STDIN) != 0) {
        buffer_add_text(&buffer, argument);
    } else {
        code = file_read(context->command, "TEXT", FILE_STDIN, TEXT_MAX, &buffer);
        trim_newline(&buffer);
        if (code == CODE_OK && strlen(buffer_text(&buffer)) != buffer.length) {
            code = report(context->command, CODE_USAGE, "TEXT: it has a NUL byte");
        }
    }
    if (code != CODE_OK) {
        buffer_free(&buffer);
        return code;
    }
    *ret_text = buffer_take(&buffer);
    return *ret_text != NULL ? CODE_OK : report_no_memory(context->command);
}

enum exit_code context_error(const struct context *context, cruddur_status status,
                             cruddur_error *error, const struct argument_name *names)
{
    return report_error(context->command, status, error, names);
}

enum exit_code context_write_error(const struct context *context, cruddur_status status,
                                   cruddur_error *error, const struct argument_name *names,
                                   const char *message_uuid)
{
    bool outcome_unknown = cruddur_error_outcome_unknown(error);
    enum exit_code code = context_error(context, status, error, names);

    if (outcome_unknown) {
        (void)report(context->command, code,
                     "the message may have been stored; the same command with --id %s makes sure "
                     "of it without storing it twice",
                     message_uuid);
    }
    return code;
}

void context_close(struct context *context)
{
    cruddur_close(context->dm);
    context->dm = NULL;
    users_free(&context->users);
}
