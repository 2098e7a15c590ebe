/* SPDX-License-Identifier: MIT */
/* A store in a known state, a call that may fail in it, and what must hold afterwards. */
#ifndef TESTS_SQLITE_SCENE_H
#define TESTS_SQLITE_SCENE_H

#include "sqlite/bed.h"

/* What is there before the call. */
typedef enum scene_start {
    SCENE_NOTHING, /* no file */
    SCENE_GROUPS,  /* a group of persons 0 and 1, one of 0 to 4, two messages each */
    SCENE_LOG,     /* the same, and a log so long that the next write moves it into the file */
    SCENE_STARTS
} scene_start;

#define SCENE_CALLS_MAX 4

/* The message that a call was to write, and what came of it. */
typedef struct scene_call {
    char message_uuid[CRUDDUR_UUID_SIZE]; /* empty: it was to read */
    cruddur_status status;
    bool outcome_unknown;
} scene_call;

typedef struct scene {
    const char *name; /* of the case, for failures */
    char path[PATH_SIZE];
    cruddur *dm; /* NULL while the store is closed */
    char two[CRUDDUR_UUID_SIZE];
    char five[CRUDDUR_UUID_SIZE];
    scene_call calls[SCENE_CALLS_MAX];
    unsigned call_count;
    int64_t messages_before;
} scene;

/* Makes this start, once a test. */
void scene_prepare(scene_start start);

/* Sets the store up; opens it where `is_open`. */
void scene_set(scene *stage, const char *name, scene_start start, bool is_open);

/* The nth call's message. */
const char *scene_message(scene *stage, unsigned call);

/* Notes what came of a call, and frees the error. */
void scene_note(scene *stage, unsigned call, cruddur_status status, cruddur_error *error);

/* Fails the test unless
 *   - a call that succeeded has stored its message;
 *   - a call that failed has not, neither now nor after a crash, unless its outcome is unknown;
 *   - nothing else has changed, and the table is sound;
 *   - the handle works, or the store can be opened.
 * Closes the store. Nothing is armed any more. */
void scene_check(scene *stage);

#endif
