/* SPDX-License-Identifier: MIT */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

/* A user who has been idle may ask for so many seconds' requests at once. */
#define BURST_US (3 * INT64_C(1000000))
#define IDLE_MS 60000

struct limited_user {
    char uuid[CRUDDUR_UUID_SIZE]; /* the first member: the tree compares it */
    LIST_ENTRY(limited_user) link;
    int64_t paid_until_us[2]; /* by reads, by writes: each is paid with the time that it costs */
    int64_t used_ms;
    unsigned streams;
};

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* NULL if memory ran out. */
static struct limited_user *find(struct limits *self, const char *uuid, int64_t now_ms)
{
    struct limited_user *const *place = tfind(uuid, &self->tree, compare);
    struct limited_user *user = place != NULL ? *place : calloc(1, sizeof(*user));
    if (place == NULL && user != NULL) {
        strncpy(user->uuid, uuid, sizeof(user->uuid) - 1);
        if (tsearch(user, &self->tree, compare) == NULL) {
            free(user);
            return NULL;
        }
        LIST_INSERT_HEAD(&self->users, user, link);
    }
    if (user != NULL) {
        user->used_ms = now_ms;
    }
    return user;
}

bool limits_take(struct limits *self, const char *uuid, unsigned per_s, bool is_write,
                 int64_t now_ms)
{
    struct limited_user *user = find(self, uuid, now_ms);
    int64_t now_us = now_ms * 1000;
    if (user == NULL || per_s == 0) {
        return user != NULL;
    }
    int64_t *paid_us = &user->paid_until_us[is_write];
    *paid_us = (*paid_us > now_us ? *paid_us : now_us) + 1000000 / per_s;
    if (*paid_us - now_us > BURST_US) {
        *paid_us -= 1000000 / per_s;
        return false;
    }
    return true;
}

bool limits_open_stream(struct limits *self, const char *uuid, unsigned most, int64_t now_ms)
{
    struct limited_user *user = find(self, uuid, now_ms);
    bool has_room = user != NULL && user->streams < most;
    if (has_room) {
        user->streams++;
    }
    return has_room;
}

void limits_close_stream(struct limits *self, const char *uuid)
{
    struct limited_user *const *place = tfind(uuid, &self->tree, compare);
    (*place)->streams--;
}

void limits_sweep(struct limits *self, int64_t now_ms)
{
    struct limited_user *user = LIST_FIRST(&self->users), *next;
    for (; user != NULL; user = next) {
        next = LIST_NEXT(user, link);
        if (user->streams == 0 && now_ms - user->used_ms > IDLE_MS) {
            (void)tdelete(user, &self->tree, compare);
            LIST_REMOVE(user, link);
            free(user);
        }
    }
}
