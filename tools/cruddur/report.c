/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "text.h"

/* What the library's arguments are called on the command line: "creator" is also "creator.uuid". */
static const struct {
    const char *library;
    const char *command_line;
} argument_names[] = {
    {"author", "--as"},
    {"creator", "--as"},
    {"group_uuid", "GROUP"},
    {"n_others", "--to"},
    {"options.checkpoint", "--checkpoint"},
    {"options.created_at_us", "--start"},
    {"options.cursor", "--cursor"},
    {"options.flags", "--separate"},
    {"options.group_name", "--name"},
    {"options.group_uuid", "--group"},
    {"options.message_uuid", "--id"},
    {"options.read_units", "--read-units"},
    {"options.since_us", "--since"},
    {"options.stream_view", "--stream-view"},
    {"options.until_us", "--until"},
    {"options.workers", "--workers"},
    {"others", "--to"},
    {"text", "TEXT"},
    {"user_uuid", "USER"},
    {"viewer_uuid", "--as"},
};

static const char *command_name;
static bool shows_request_ids;

void report_set_command(const char *name)
{
    command_name = name;
}

void report_request_ids(void)
{
    shows_request_ids = true;
}

static void write_line(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

static void write_line(const char *format, va_list arguments)
{
    struct buffer raw = {NULL, 0, 0};
    buffer_add_va(&raw, format, arguments);
    /* File names and arguments are shown, so whatever is in them must not steer the terminal. */
    struct buffer line = {NULL, 0, 0};
    text_clean(&line, buffer_text(&raw), TEXT_BREAKS_ESCAPED);
    (void)fflush(stdout);
    (void)fprintf(stderr, "cruddur%s%s: %s\n", command_name != NULL ? " " : "",
                  command_name != NULL ? command_name : "", buffer_text(&line));
    buffer_free(&raw);
    buffer_free(&line);
}

enum exit_code report(enum exit_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
    return code;
}

/* Not strerror(), which is not safe while other threads run. strerror_r() has two forms, of which
 * feature macros choose one. */
_Static_assert(_Generic(&strerror_r, int (*)(int, char *, size_t) : 1, default : 0),
               "strerror_r() must be the one of POSIX");

enum exit_code report_system(int number, const char *format, ...)
{
    struct buffer doing = {NULL, 0, 0};
    char reason[128];
    va_list arguments;
    va_start(arguments, format);
    buffer_add_va(&doing, format, arguments);
    va_end(arguments);
    if (strerror_r(number, reason, sizeof(reason)) != 0) {
        (void)snprintf(reason, sizeof(reason), "error %d", number);
    }
    enum exit_code code = report(CODE_FAILED, "%s: %s", buffer_text(&doing), reason);
    buffer_free(&doing);
    return code;
}

void report_remark(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
}

static enum exit_code code_of(cruddur_status status, const cruddur_error *error)
{
    if (error == NULL ? cruddur_status_is_retryable(status) : cruddur_error_is_retryable(error)) {
        return CODE_RETRY;
    }
    if (status == CRUDDUR_E_GROUP_NOT_FOUND) {
        return CODE_NOT_FOUND;
    }
    /* Those that blame an argument stand together; see CRUDDUR_STATUS_MAP. */
    return status == CRUDDUR_E_GROUP_EXISTS || status == CRUDDUR_E_CONFIG ||
                   (status >= CRUDDUR_E_NULL_ARGUMENT && status < CRUDDUR_E_GROUP_NOT_FOUND)
               ? CODE_USAGE
               : CODE_FAILED;
}

static const char *name_of(const char *argument)
{
    for (size_t i = 0; i < sizeof(argument_names) / sizeof(argument_names[0]); i++) {
        const char *library = argument_names[i].library;
        if (strncmp(argument, library, strlen(library)) == 0) {
            return argument_names[i].command_line;
        }
    }
    return argument;
}

enum exit_code report_error(cruddur_status status, cruddur_error *error, const char *blamed)
{
    enum exit_code code = code_of(status, error);
    const char *argument = cruddur_error_argument(error);
    const char *message =
        error != NULL ? cruddur_error_message(error) : cruddur_status_text(status);
    if (argument != NULL) {
        blamed = blamed != NULL ? blamed : name_of(argument);
        /* The library's own name stands in front: "text: must not be blank". */
        size_t length = strlen(argument);
        if (strncmp(message, argument, length) == 0 && strncmp(message + length, ": ", 2) == 0) {
            message += length + 2;
        }
    }
    if (shows_request_ids && cruddur_error_request_id(error) != NULL) {
        report_remark("request id: %s", cruddur_error_request_id(error));
    }
    (void)report(code, "%s%s%s", blamed != NULL ? blamed : "", blamed != NULL ? ": " : "", message);
    cruddur_error_free(error);
    return code;
}
