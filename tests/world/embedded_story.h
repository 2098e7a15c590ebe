/* SPDX-License-Identifier: MIT */
/* A story of the embedded engine that is being told. */
#ifndef TESTS_WORLD_EMBEDDED_STORY_H
#define TESTS_WORLD_EMBEDDED_STORY_H

#include <cruddur/cruddur.h>

#include "world/registers.h"

#define HANDLES 2
#define MESSAGES 90
#define PERSONS 4
#define MEMBERS 3 /* who stay; the fourth comes and goes */
#define GROUP "00000000-0000-4000-8000-0000000000aa"
#define DIRECT_MESSAGE "00000000-0000-4000-a000-000000000001"

/* ---- registers ---- */

#define REGISTER_MESSAGE(number) (number)               /* its text; "-": a tombstone */
#define REGISTER_REACTION(number) (MESSAGES + (number)) /* "+": that of the first person */
#define REGISTER_PINNED(person) (2 * MESSAGES + (person))
#define REGISTER_MUTED(person) (2 * MESSAGES + MEMBERS + (person))
#define REGISTER_NAME (2 * MESSAGES + 2 * MEMBERS)
#define REGISTER_GUEST (REGISTER_NAME + 1)   /* "+": the fourth person is a member */
#define REGISTER_DIRECT (REGISTER_NAME + 2)  /* "+": the direct group of the first two is there */
#define REGISTER_BLOCKED (REGISTER_NAME + 3) /* "+": the first person blocks it */

typedef struct embedded_message {
    char uuid[37];
    size_t author; /* of an opening the first */
} embedded_message;

typedef struct embedded {
    char path[400];
    char url[450];
    bool is_full;
    cruddur *dm[HANDLES];
    embedded_message message[MESSAGES];
    size_t message_count;
    bool is_made;    /* the store is there for certain */
    bool is_open;    /* the group is there for certain */
    bool is_rotten;  /* nothing is promised any more but that calls return */
    unsigned number; /* for values that are new */
    uint64_t calls;
    uint64_t acks;
    size_t lost;
    char breach[512];
} embedded;

extern const cruddur_user embedded_people[PERSONS];

void embedded_breach(embedded *now, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A call has failed: what a disk in trouble may come to; without trouble nothing fails. */
void embedded_judge_failure(embedded *now, const char *what, bool is_in_trouble,
                            cruddur_status status, const cruddur_error *error);

/* The uuid of the direct group of the first two. */
const char *embedded_direct_group(void);

/* Makes a call of the public API, as dice decide, on a disk that may be in trouble. */
void embedded_call(embedded *now, cruddur *dm);

#endif
