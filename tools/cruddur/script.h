/* SPDX-License-Identifier: MIT */
/* A written conversation: lines `Person 1: …`, `Person 2: …`.
 *
 * Blank lines, and lines that begin with `#`, are skipped. A line that begins with white space
 * continues the message before it; the white space is not part of the message. */
#ifndef CRUDDUR_TOOL_SCRIPT_H
#define CRUDDUR_TOOL_SCRIPT_H

#include "input.h"

struct script_message {
    size_t person; /* from 1 */
    char *text;
    size_t line; /* where it begins in the file */
};

struct script {
    struct script_message *messages;
    size_t count;
    size_t capacity;
};

/* Reads a conversation. The messages stand in `text` itself, which is changed for that. Up to
 * `max_persons` may speak, and up to `max_chars` characters make a message. */
bool script_parse(struct script *script, char *text, size_t max_persons, size_t max_chars,
                  struct problem *problem);

void script_free(struct script *script);

#endif
