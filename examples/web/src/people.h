/* SPDX-License-Identifier: MIT */
/* The application's users: a users file, which is kept in memory, or the table `users` of a
 * PostgreSQL database, which a worker thread asks. */
#ifndef WEB_PEOPLE_H
#define WEB_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>

struct work;

struct person {
    char *uuid;
    char *handle;
    char *display_name;
    char *cognito_user_id; /* the `sub` of tokens; may be NULL */
};

enum people_field { PEOPLE_UUID, PEOPLE_HANDLE, PEOPLE_COGNITO_USER_ID };

typedef struct people people;

/* PEOPLE_FAILED: the database could not be asked. */
enum people_result { PEOPLE_FOUND, PEOPLE_NONE, PEOPLE_FAILED };

typedef void people_then(void *data, enum people_result result, const struct person *person);

/* `where` is the path of a users file, or a URL that begins with postgres:// or postgresql://. NULL
 * if it cannot be used, which is logged. */
people *people_open(const char *where, struct work *work);

/* Calls `then` on the event loop, at once or later. The person lives until it returns. */
void people_find(people *self, enum people_field field, const char *value, people_then *then,
                 void *data);

/* The same, before it returns: for the start of the service. */
void people_find_now(people *self, enum people_field field, const char *value, people_then *then,
                     void *data);

void people_close(people *self);

/* NULL if memory ran out. */
struct person *person_copy(const struct person *person);
void person_free(struct person *person);

#endif
