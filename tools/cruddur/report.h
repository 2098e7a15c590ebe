/* SPDX-License-Identifier: MIT */
/* Errors for the person at the terminal, and exit statuses. */
#ifndef CRUDDUR_TOOL_REPORT_H
#define CRUDDUR_TOOL_REPORT_H

#include <cruddur/cruddur.h>

/* What the command exits with; docs/command.md and the help explain them. */
enum exit_code {
    CODE_OK = 0,
    CODE_FAILED = 1,
    CODE_USAGE = 2,
    CODE_NOT_FOUND = 3,
    CODE_RETRY = 4,
};

/* Which command errors are put down to from now on. */
void report_set_command(const char *name);

/* Writes `cruddur COMMAND: …` to stderr, control characters escaped, and returns `code`. */
enum exit_code report(enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Reports what the system refused: `format`, and in words why. `number` is an errno. Returns
 * CODE_FAILED. */
enum exit_code report_system(int number, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes such a line that is no error: what --verbose tells. Any thread may call it. */
void report_remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Has every service's name for a request that failed told, too. */
void report_request_ids(void);

/* Reports what a call to the library came to, and frees the error. `blamed` is what it is put down
 * to; NULL: the argument that the library blames, if any, as it is called on the command line. */
enum exit_code report_error(cruddur_status status, cruddur_error *error, const char *blamed);

#endif
