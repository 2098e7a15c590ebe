/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A written conversation: lines `Person 1: …`, `Person 2: …`.
 *
 * Blank lines, and lines that begin with `#`, are skipped. A line without a person goes on with
 * the message before it.
 */
#ifndef CRUDDUR_TOOL_SCRIPT_H
#define CRUDDUR_TOOL_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "problem.h"

struct script_message {
    /** From 1. */
    size_t person;
    char *text;
    /** Where it begins in the file. */
    size_t line;
};

struct script {
    struct script_message *messages;
    size_t count;
};

/**
 * Reads a conversation.
 *
 * @param max_persons the highest number of a person that may speak.
 * @param max_chars   the longest message, in characters.
 */
bool script_parse(struct script *script, const char *text, size_t length, size_t max_persons,
                  size_t max_chars, struct problem *problem);

void script_free(struct script *script);

#endif
