/* SPDX-License-Identifier: MIT */
/* What each user may ask for: token buckets for reads and for writes, and a number of event
 * streams. */
#ifndef WEB_LIMIT_H
#define WEB_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define LIMIT_BUCKETS 1024

struct limit_entry;

struct limits {
    struct limit_entry *buckets[LIMIT_BUCKETS];
    unsigned per_s[2]; /* reads, writes; 0: no limit */
    unsigned streams;
};

/* Takes a request of a user out of the bucket. False if it is empty, and the user has to wait. */
bool limits_take(struct limits *self, const char *user_uuid, bool is_write, int64_t now_ms);

/* Counts an event stream. False if the user has as many as allowed. */
bool limits_open_stream(struct limits *self, const char *user_uuid, int64_t now_ms);
void limits_close_stream(struct limits *self, const char *user_uuid);

/* Forgets users who are idle. */
void limits_sweep(struct limits *self, int64_t now_ms);
void limits_free(struct limits *self);

#endif
