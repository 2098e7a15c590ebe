/* SPDX-License-Identifier: MIT */
/* The users file: who has which handle.
 *
 * JSON (an array of objects, or an object with such an array as `users`) or CSV with a header line;
 * which of them it is, its content tells. What it has besides these fields is ignored. */
#ifndef CRUDDUR_TOOL_USERS_H
#define CRUDDUR_TOOL_USERS_H

#include "input.h"

enum users_field { USERS_UUID, USERS_HANDLE, USERS_DISPLAY_NAME, USERS_N_FIELDS };

/* One person. Fields that the file lacks are empty, but never the first two. */
struct users_entry {
    char *fields[USERS_N_FIELDS]; /* the uuid in lower case */
    size_t line;                  /* in a CSV file; else 0 */
    size_t number;                /* in a JSON file, from 1; else 0 */
};

struct users {
    struct users_entry *entries;
    size_t count;
    size_t capacity;
};

bool users_parse(struct users *users, const char *text, struct problem *problem);

/* Who has this uuid (in lower case) or this handle (without `@`); NULL for nobody. */
const struct users_entry *users_find(const struct users *users, enum users_field field,
                                     const char *value);

void users_free(struct users *users);

#endif
