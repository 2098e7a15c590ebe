/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* A path, an argument's name and a system's message fit, and why each source of credentials gave
 * none; what is longer is cut. */
#define MESSAGE_MAX 1024
/* Services' request ids have 36 to 52 characters. */
#define REQUEST_ID_MAX 64

struct cruddur_error {
    cruddur_status status;
    bool outcome_unknown;
    const char *argument;
    char message[MESSAGE_MAX];
    char request_id[REQUEST_ID_MAX];
};

/* Shared by all, never freed: there is no memory to make another. The second is for a write that
 * may have been applied. */
static cruddur_error out_of_memory[] = {
    {CRUDDUR_E_NO_MEMORY, false, NULL, "out of memory", ""},
    {CRUDDUR_E_NO_MEMORY, true, NULL, "out of memory", ""},
};

static bool is_shared(const cruddur_error *error)
{
    return error == &out_of_memory[false] || error == &out_of_memory[true];
}

static const struct {
    cruddur_status status;
    const char *name;
    const char *text;
} statuses[] = {
#define STATUS_ROW(name, value, text) {CRUDDUR_##name, #name, text},
    CRUDDUR_STATUS_MAP(STATUS_ROW)
#undef STATUS_ROW
};

#define STATUS_COUNT (sizeof(statuses) / sizeof(statuses[0]))

const char *cruddur_status_name(cruddur_status status)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (statuses[i].status == status) {
            return statuses[i].name;
        }
    }
    return "E_UNKNOWN";
}

const char *cruddur_status_text(cruddur_status status)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (statuses[i].status == status) {
            return statuses[i].text;
        }
    }
    return "unknown status";
}

bool cruddur_status_is_retryable(cruddur_status status)
{
    switch (status) {
    case CRUDDUR_E_TIMEOUT:
    case CRUDDUR_E_STORE_LOCKED:
    case CRUDDUR_E_CONFLICT:
    case CRUDDUR_E_NETWORK:
    case CRUDDUR_E_THROTTLED:
    case CRUDDUR_E_SERVICE:
        return true;
    default:
        return false;
    }
}

cruddur_status cruddur_error_status(const cruddur_error *error)
{
    return error == NULL ? CRUDDUR_OK : error->status;
}

const char *cruddur_error_message(const cruddur_error *error)
{
    return error == NULL ? cruddur_status_text(CRUDDUR_OK) : error->message;
}

const char *cruddur_error_argument(const cruddur_error *error)
{
    return error == NULL ? NULL : error->argument;
}

bool cruddur_error_is_retryable(const cruddur_error *error)
{
    return error != NULL && cruddur_status_is_retryable(error->status);
}

bool cruddur_error_outcome_unknown(const cruddur_error *error)
{
    return error != NULL && error->outcome_unknown;
}

const char *cruddur_error_request_id(const cruddur_error *error)
{
    return error == NULL || error->request_id[0] == '\0' ? NULL : error->request_id;
}

void cruddur_error_free(cruddur_error *error)
{
    if (!is_shared(error)) {
        free(error);
    }
}

/* Puts a new, still empty error into the place, or the shared one; NULL where there is no place. */
static cruddur_error *new_error(cruddur_error **error, cruddur_status status)
{
    if (error == NULL) {
        return NULL;
    }
    cruddur_error *made = calloc(1, sizeof(*made));
    *error = made == NULL ? &out_of_memory[false] : made;
    if (made != NULL) {
        made->status = status;
    }
    return made;
}

/* A message may have a piece of a path or an argument in it, cut anywhere. It is to be one line of
 * UTF-8. */
static void make_printable(char *message)
{
    size_t size = strlen(message);
    size_t length;
    for (size_t at = 0; at < size; at += length) {
        uint32_t character;
        length = cr_utf8_decode(message + at, size - at, &character);
        if (length == 0 || character < 0x20 || (character >= 0x7f && character < 0xa0)) {
            length = length == 0 ? 1 : length;
            memset(message + at, '?', length);
        }
    }
}

cruddur_status cr_fail_with(cruddur_error **error, cruddur_status status, const char *format, ...)
{
    cruddur_error *made = new_error(error, status);
    if (made != NULL) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(made->message, sizeof(made->message), format, arguments);
        va_end(arguments);
        make_printable(made->message);
    }
    return status;
}

cruddur_status cr_fail_argument(cruddur_error **error, cruddur_status status, const char *argument,
                                const char *format, ...)
{
    cruddur_error *made = new_error(error, status);
    if (made != NULL) {
        made->argument = argument;
        int used = snprintf(made->message, sizeof(made->message), "%s: ", argument);
        size_t start = used > 0 && (size_t)used < sizeof(made->message) ? (size_t)used : 0;
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(made->message + start, sizeof(made->message) - start, format, arguments);
        va_end(arguments);
        make_printable(made->message);
    }
    return status;
}

cruddur_status cr_fail_null(cruddur_error **error, const char *argument)
{
    return cr_fail_argument(error, CRUDDUR_E_NULL_ARGUMENT, argument, "must not be NULL");
}

cruddur_status cr_fail_memory(cruddur_error **error)
{
    if (error != NULL) {
        *error = &out_of_memory[false];
    }
    return CRUDDUR_E_NO_MEMORY;
}

void cr_error_discard(cruddur_error **error)
{
    if (error != NULL) {
        cruddur_error_free(*error);
        *error = NULL;
    }
}

void cr_error_set_outcome_unknown(cruddur_error **error)
{
    if (error == NULL || *error == NULL) {
        return;
    }
    if (is_shared(*error)) {
        *error = &out_of_memory[true];
    } else {
        (*error)->outcome_unknown = true;
    }
}

void cr_error_set_request_id(cruddur_error *error, const char *request_id)
{
    if (error != NULL && !is_shared(error)) {
        (void)snprintf(error->request_id, sizeof(error->request_id), "%s", request_id);
    }
}

void cr_error_wrap(cruddur_error *error, const char *outer)
{
    if (error != NULL && !is_shared(error)) {
        char whole[MESSAGE_MAX * 2];
        (void)snprintf(whole, sizeof(whole), "%.*s: %s", MESSAGE_MAX / 2, outer, error->message);
        memcpy(error->message, whole, sizeof(error->message) - 1); /* what is too long is cut */
    }
}
