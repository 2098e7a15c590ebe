/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Reading a whole file, or standard input, of a size that is bounded.
 */
#ifndef CRUDDUR_TOOL_FILE_H
#define CRUDDUR_TOOL_FILE_H

#include <stddef.h>

#include "buffer.h"
#include "report.h"

/** What standard input is called on the command line. */
#define FILE_STDIN "-"

/**
 * Reads a file, and reports what goes wrong.
 *
 * @param argument what the file is on the command line, for errors: "--users".
 * @param path     the file, or #FILE_STDIN.
 * @param limit    the most bytes.
 */
enum exit_code file_read(const char *command, const char *argument, const char *path, size_t limit,
                         struct buffer *to);

#endif
