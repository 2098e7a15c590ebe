/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"

/* A path, an argument's name and a system's message fit, and why each source of credentials gave
 * none; what is longer is cut. */
#define MESSAGE_MAX 1024
/* The longest text of a system's error number. */
#define REASON_MAX 128
/* Services' request ids have 36 to 52 characters. */
#define REQUEST_ID_MAX 64

struct cruddur_error {
    cruddur_status status;
    bool is_retryable;
    bool outcome_unknown;
    const char *argument;
    char message[MESSAGE_MAX];
    char request_id[REQUEST_ID_MAX];
};

/* Shared by all, never freed: there is no memory to make another. The second is for a write that
 * may have been applied. */
static cruddur_error out_of_memory[] = {
    {CRUDDUR_E_NO_MEMORY, false, false, NULL, "out of memory", ""},
    {CRUDDUR_E_NO_MEMORY, false, true, NULL, "out of memory", ""},
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
    case CRUDDUR_E_NO_DESCRIPTORS:
    case CRUDDUR_E_TIMEOUT:
    case CRUDDUR_E_STORE_LOCKED:
    case CRUDDUR_E_QUEUE_FULL:
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
    return error != NULL && error->is_retryable;
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
        made->is_retryable = cruddur_status_is_retryable(status);
    }
    return made;
}

/* Formats the rest of the message, from `start` on. */
static void print_rest(cruddur_error *made, size_t start, const char *format, va_list arguments)
    CR_PRINTF(3, 0);

static void print_rest(cruddur_error *made, size_t start, const char *format, va_list arguments)
{
    (void)cr_print_line(made->message + start, sizeof(made->message) - start, format, arguments);
}

/* Formats all of the message and returns its size. */
static size_t print(cruddur_error *made, const char *format, ...) CR_PRINTF(2, 3);

static size_t print(cruddur_error *made, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t size = cr_print_line(made->message, sizeof(made->message), format, arguments);
    va_end(arguments);
    return size;
}

cruddur_status cr_fail_with(cruddur_error **error, cruddur_status status, const char *format, ...)
{
    cruddur_error *made = new_error(error, status);
    if (made != NULL) {
        va_list arguments;
        va_start(arguments, format);
        print_rest(made, 0, format, arguments);
        va_end(arguments);
    }
    return status;
}

cruddur_status cr_fail_argument(cruddur_error **error, cruddur_status status, const char *argument,
                                const char *format, ...)
{
    cruddur_error *made = new_error(error, status);
    if (made != NULL) {
        made->argument = argument;
        size_t start = print(made, "%s: ", argument);
        va_list arguments;
        va_start(arguments, format);
        print_rest(made, start, format, arguments);
        va_end(arguments);
    }
    return status;
}

static const struct reason {
    int number;
    cruddur_status status;
} process_reasons[] =
    {
        {EMFILE, CRUDDUR_E_NO_DESCRIPTORS},
        {ENFILE, CRUDDUR_E_NO_DESCRIPTORS},
        {ENOMEM, CRUDDUR_E_NO_MEMORY},
},
  store_reasons[] = {
      {ENOSPC, CRUDDUR_E_STORE_FULL},
      {EDQUOT, CRUDDUR_E_STORE_FULL},
      {EROFS, CRUDDUR_E_STORE_READ_ONLY},
      {EIO, CRUDDUR_E_STORE_IO},
};

static cruddur_status find_reason(const struct reason *reasons, size_t count, int number,
                                  cruddur_status otherwise)
{
    for (size_t i = 0; i < count; i++) {
        if (reasons[i].number == number) {
            return reasons[i].status;
        }
    }
    return otherwise;
}

cruddur_status cr_status_of_errno(int number, cruddur_status otherwise)
{
    return find_reason(process_reasons, sizeof(process_reasons) / sizeof(process_reasons[0]),
                       number, otherwise);
}

cruddur_status cr_status_of_store_errno(int number, cruddur_status otherwise)
{
    return find_reason(store_reasons, sizeof(store_reasons) / sizeof(store_reasons[0]), number,
                       cr_status_of_errno(number, otherwise));
}

/* strerror() is not safe to use in several threads. strerror_r() has two forms, of which feature
 * macros choose one: the other returns text, and may leave the buffer untouched. */
_Static_assert(_Generic(&strerror_r, int (*)(int, char *, size_t) : 1, default : 0),
               "strerror_r() must be the one of POSIX");

cruddur_status cr_fail_system(cruddur_error **error, cruddur_status status, int number,
                              const char *format, ...)
{
    cruddur_error *made = new_error(error, status);
    if (made != NULL) {
        char doing[MESSAGE_MAX];
        char reason[REASON_MAX];
        va_list arguments;
        va_start(arguments, format);
        (void)cr_print_line(doing, sizeof(doing), format, arguments);
        va_end(arguments);
        if (strerror_r(number, reason, sizeof(reason)) != 0) {
            (void)snprintf(reason, sizeof(reason), "error %d", number);
        }
        (void)print(made, "%.*s: %s", CR_CUT(doing, MESSAGE_MAX - REASON_MAX - 2), reason);
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

void cr_error_set_retryable(cruddur_error **error, bool is_retryable)
{
    if (error != NULL && *error != NULL && !is_shared(*error)) {
        (*error)->is_retryable = is_retryable;
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
        char inner[MESSAGE_MAX];
        memcpy(inner, error->message, sizeof(inner));
        (void)print(error, "%.*s: %s", CR_CUT(outer, MESSAGE_MAX / 2), inner);
    }
}
