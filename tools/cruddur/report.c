/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "text.h"

enum exit_code report(const char *command, enum exit_code code, const char *format, ...)
{
    struct buffer raw = BUFFER_INIT;
    struct buffer line = BUFFER_INIT;
    va_list arguments;

    va_start(arguments, format);
    buffer_add_va(&raw, format, arguments);
    va_end(arguments);
    /* File names and arguments are shown, so whatever is in them must not steer the terminal. */
    text_clean(&line, buffer_text(&raw), TEXT_BREAKS_ESCAPED);
    buffer_add_text(&line, "\n");
    (void)fflush(stdout);
    (void)fprintf(stderr, "cruddur%s%s: %s", command != NULL ? " " : "",
                  command != NULL ? command : "",
                  raw.failed || line.failed ? "out of memory\n" : buffer_text(&line));
    buffer_free(&raw);
    buffer_free(&line);
    return code;
}

enum exit_code report_no_memory(const char *command)
{
    return report(command, CODE_FAILED, "out of memory");
}

static enum exit_code code_of(cruddur_status status, const cruddur_error *error)
{
    if (cruddur_status_is_retryable(status) || cruddur_error_is_retryable(error)) {
        return CODE_RETRY;
    }
    if (status == CRUDDUR_E_GROUP_NOT_FOUND || status == CRUDDUR_E_NOT_A_MEMBER) {
        return CODE_NOT_FOUND;
    }
    if (status == CRUDDUR_E_GROUP_EXISTS) {
        return CODE_USAGE;
    }
    /* Those that blame an argument stand together; see CRUDDUR_STATUS_MAP. */
    if (status >= CRUDDUR_E_NULL_ARGUMENT && status < CRUDDUR_E_GROUP_NOT_FOUND) {
        return CODE_USAGE;
    }
    return CODE_FAILED;
}

/* The command-line name of the argument that the library blames; NULL when there is none. */
static const char *name_of(const char *argument, const struct argument_name *names)
{
    for (; names != NULL && names->library != NULL; names++) {
        size_t length = strlen(names->library);

        if (length == 0 || (argument != NULL && strncmp(argument, names->library, length) == 0)) {
            return names->command_line;
        }
    }
    return NULL;
}

/* Skips the library's own name of the argument: "text: must not be blank". */
static const char *skip_argument(const char *message, const char *argument)
{
    size_t length = argument != NULL ? strlen(argument) : 0;

    if (length > 0 && strncmp(message, argument, length) == 0 &&
        strncmp(message + length, ": ", 2) == 0) {
        return message + length + 2;
    }
    return message;
}

enum exit_code report_error(const char *command, cruddur_status status, cruddur_error *error,
                            const struct argument_name *names)
{
    enum exit_code code = code_of(status, error);
    const char *argument = cruddur_error_argument(error);
    const char *name = name_of(argument, names);
    const char *message =
        error != NULL ? cruddur_error_message(error) : cruddur_status_text(status);

    if (name != NULL) {
        (void)report(command, code, "%s: %s", name, skip_argument(message, argument));
    } else {
        (void)report(command, code, "%s", message);
    }
    cruddur_error_free(error);
    return code;
}

enum exit_code report_problem(const char *command, const char *file, const struct problem *problem)
{
    if (problem_is_memory(problem)) {
        return report_no_memory(command);
    }
    if (problem->line == 0) {
        return report(command, CODE_USAGE, "%s: %s", file, problem->text);
    }
    return report(command, CODE_USAGE, "%s:%zu: %s", file, problem->line, problem->text);
}
