/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The users file: who has which handle.
 *
 * JSON (an array of objects, or an object with such an array as `users`) or CSV with a header
 * line; which of them it is, its content tells. What it has besides `uuid`, `handle`,
 * `display_name` and `email` is ignored.
 */
#ifndef CRUDDUR_TOOL_USERS_H
#define CRUDDUR_TOOL_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include "problem.h"

/** One person. Fields that the file lacks are NULL, but never the first two. */
struct users_entry {
    char *uuid;
    char *handle;
    char *display_name;
    char *email;
    size_t line;
};

struct users {
    /** By handle. */
    struct users_entry *entries;
    size_t count;
    size_t capacity;
};

/** Reads a users file. */
bool users_parse(struct users *users, const char *text, size_t length, struct problem *problem);

/** The entry of a handle (without `@`), or NULL. */
const struct users_entry *users_by_handle(const struct users *users, const char *handle);

/** The entry of a uuid, in upper or lower case, or NULL. */
const struct users_entry *users_by_uuid(const struct users *users, const char *uuid);

void users_free(struct users *users);

#endif
