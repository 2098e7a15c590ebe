/* SPDX-License-Identifier: MIT */
/* The users file: who has which handle.
 *
 * JSON (an array of objects, or an object with such an array as `users`) or CSV with a header line;
 * which of them it is, its content tells. What it has besides these fields is ignored. */
#ifndef CRUDDUR_TOOL_USERS_H
#define CRUDDUR_TOOL_USERS_H

#include "input.h"

enum users_field {
    USERS_UUID,
    USERS_HANDLE,
    USERS_DISPLAY_NAME,
    USERS_EMAIL,
    USERS_COGNITO_USER_ID,
    USERS_N_FIELDS
};

/* The cognito_user_id of a user who has no account in the user pool yet, as the application has it.
 */
#define USERS_NO_ACCOUNT "MOCK"

/* The most bytes of a file. */
#define USERS_FILE_MAX ((size_t)64 << 20)

/* What a file is read for, and so what it must have. */
enum users_purpose {
    USERS_TO_LOOK_UP, /* uuid and handle */
    USERS_TO_LOAD,    /* handle, display_name and email; a cognito_user_id is had by one user */
};

/* One user. Fields that the file lacks are empty. */
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

/* The field's name, in a file and in the database. */
const char *users_field_name(enum users_field field);

/* Checks what holds for every field besides the uuid: its length, and its characters. */
bool users_check_name(const char *name, enum users_field which, size_t line,
                      struct problem *problem);

/* Reads a file. The users are sorted by handle. */
bool users_parse(struct users *users, const char *text, enum users_purpose purpose,
                 struct problem *problem);

/* Finds the user who has this value in a field: a uuid in lower case, a handle without `@`. Returns
 * NULL if there is none. *ret_is_ambiguous says whether there is another one. */
const struct users_entry *users_find(const struct users *users, enum users_field field,
                                     const char *value, bool *ret_is_ambiguous);

/* Adds a user, without checks; NULL is empty. The entry moves when another one is added. */
struct users_entry *users_add(struct users *users, const char *const *values);

void users_free(struct users *users);

#endif
