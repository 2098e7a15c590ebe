/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Errors for the person at the terminal, and exit codes.
 */
#ifndef CRUDDUR_TOOL_REPORT_H
#define CRUDDUR_TOOL_REPORT_H

#include <stddef.h>

#include <cruddur/cruddur.h>

#include "problem.h"

/** What the command exits with. They are documented in its help. */
enum exit_code {
    CODE_OK = 0,
    /** The store, a file or the output failed. */
    CODE_FAILED = 1,
    /** An argument, or an input file, breaks a rule. */
    CODE_USAGE = 2,
    /** No such user or group, or not a member of it. */
    CODE_NOT_FOUND = 3,
    /** Busy, locked or late: the same command may well succeed when it is run again. */
    CODE_RETRY = 4,
};

/** What an argument of the library is called on the command line. */
struct argument_name {
    /** Compared up to the end of this text: "creator" is also "creator.uuid". Empty: whatever
     * goes wrong. */
    const char *library;
    const char *command_line;
};

/**
 * Writes `cruddur COMMAND: …` to stderr, control characters escaped, and returns `code`.
 *
 * @param command the command's name; NULL before there is one.
 */
enum exit_code report(const char *command, enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

enum exit_code report_no_memory(const char *command);

/**
 * Reports what a call to the library came to, and frees the error.
 *
 * @param names what its arguments are called here; ends with a NULL name. May be NULL.
 */
enum exit_code report_error(const char *command, cruddur_status status, cruddur_error *error,
                            const struct argument_name *names);

/** Reports what is wrong with an input file: `FILE:LINE: …`. */
enum exit_code report_problem(const char *command, const char *file, const struct problem *problem);

#endif
