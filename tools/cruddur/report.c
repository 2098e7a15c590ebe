/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "text.h"

/* What the library's arguments are called on the command line: "creator" is also "creator.uuid".
 * The first one that fits counts; `command` is NULL where it is so for all commands. */
static const struct {
    const char *library;
    const char *command_line;
    const char *command;
} argument_names[] = {
    {"author", "--me", "seed"},
    {"author", "--as", NULL},
    {"creator", "--me", "seed"},
    {"creator", "--as", NULL},
    {"from", "FROM", "move"},
    {"group_uuid", "GROUP", NULL},
    {"member_uuid", "--member", NULL},
    {"message_uuid", "MESSAGE", NULL},
    {"n_others", "--to", NULL},
    {"n_people", "--member", NULL},
    {"name", "NAME", NULL},
    {"options.around_created_at_us", "--at", NULL},
    {"options.around_message_uuid", "MESSAGE", NULL},
    {"options.blocked", "--block", NULL},
    {"options.checkpoint", "--checkpoint", NULL},
    {"options.created_at_us", "--start", "seed"},
    {"options.created_at_us", "--at", NULL},
    {"options.cursor", "--cursor", NULL},
    {"options.data", "--data", NULL},
    {"options.expires_in_s", "--expires-in", NULL},
    {"options.flags", "--unused", "import"},
    {"options.flags", "--unread", "groups"},
    {"options.flags", "--separate", NULL},
    {"options.group_name", "--name", NULL},
    {"options.group_uuid", "--group", NULL},
    {"options.if_version", "--if-version", NULL},
    {"options.message_uuid", "--id", NULL},
    {"options.muted_until_us", "--mute", NULL},
    {"options.read_units", "--read-units", NULL},
    {"options.reply_to", "--reply-to", NULL},
    {"options.since_us", "--since", NULL},
    {"options.stream_view", "--stream-view", NULL},
    {"options.unread_from_created_at_us", "--at", NULL},
    {"options.unread_from_message_uuid", "--unread-from", NULL},
    {"options.until_us", "--until", NULL},
    {"options.up_to_created_at_us", "--at", NULL},
    {"options.up_to_message_uuid", "--up-to", NULL},
    {"options.user_uuid", "--user", NULL},
    {"options.workers", "--workers", NULL},
    {"others", "--other", "seed"},
    {"others", "--to", NULL},
    {"people", "--member", NULL},
    {"reaction", "REACTION", NULL},
    {"text", "TEXT", NULL},
    {"to", "TO", "move"},
    {"user_uuid", "USER", "groups"},
    {"user_uuid", "--as", NULL},
    {"viewer_uuid", "--as", NULL},
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
    switch (status) {
    case CRUDDUR_E_GROUP_NOT_FOUND:
    case CRUDDUR_E_NOT_A_MEMBER:
    case CRUDDUR_E_MESSAGE_NOT_FOUND:
        return CODE_NOT_FOUND;
    case CRUDDUR_E_GROUP_EXISTS:
    case CRUDDUR_E_CONFIG:
        return CODE_USAGE;
    default:
        break;
    }
    /* Those that blame an argument are in one range, and those that tell why a valid request is
     * refused in another; see CRUDDUR_STATUS_MAP. */
    bool is_usage = status >= CRUDDUR_E_NULL_ARGUMENT && status < CRUDDUR_E_GROUP_NOT_FOUND;
    bool is_refused = status >= CRUDDUR_E_MESSAGE_TIME && status <= CRUDDUR_E_CLOSED;
    return is_usage || is_refused ? CODE_USAGE : CODE_FAILED;
}

static const char *name_of(const char *argument)
{
    for (size_t i = 0; i < sizeof(argument_names) / sizeof(argument_names[0]); i++) {
        const char *library = argument_names[i].library;
        const char *command = argument_names[i].command;
        bool is_meant =
            command == NULL || (command_name != NULL && strcmp(command, command_name) == 0);
        if (is_meant && strncmp(argument, library, strlen(library)) == 0) {
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
