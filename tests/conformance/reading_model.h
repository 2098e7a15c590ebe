/* SPDX-License-Identifier: MIT */
/* What members have read, in memory: it counts by looking at all messages, and is compared with
 * what the store returns. */
#ifndef TEST_CONFORMANCE_READING_MODEL_H
#define TEST_CONFORMANCE_READING_MODEL_H

#include "reading.h"

#define USERS 6
#define GROUPS 6
#define MSGS_MAX 1200
#define NOTHING (-1)

typedef struct msg {
    said is;
    char text[24];
    size_t author;
    bool is_deleted;
    bool is_expired; /* from the start */
} msg;

/* Numbers of messages; NOTHING is before the first. */
typedef struct view {
    bool is_member;
    int read;    /* the newest that was read */
    int visible; /* the history begins after it */
    bool is_hidden;
    bool is_archived, is_pinned, is_muted;
} view;

typedef struct talk {
    group_id id;
    bool is_direct;
    view of[USERS];
    msg msgs[MSGS_MAX];
    int count;
} talk;

typedef struct world {
    uint64_t state;
    int64_t clock_us;
    unsigned words;
    talk talks[GROUPS];
    size_t count;
    uint64_t views, messages; /* that were compared */
} world;

extern world now;

/* ---- dice ---- */

/* 0 to limit - 1. */
size_t below(size_t limit);
bool one_in(size_t n);
talk *draw_talk(void);
/* One who is a member, or one who is not. There must be one. */
size_t draw_user(const talk *in, bool is_member);
int64_t draw_time(void);

/* ---- the model ---- */

int later(int a, int b);
size_t count_members(const talk *in);

/* The message follows all others of the group. */
void learn_message(talk *in, size_t author, const said *is, const char *text);

/* ---- the store against the model ---- */

/* A group that a call returned; frees it. */
void expect_returned(const talk *in, size_t user, cruddur_group *group);

/* What the user is shown: the group and its receipts, its messages, and the user's inbox. */
void check_talk(const talk *in, size_t user);
void check_messages(const talk *in, size_t user);
void check_inbox(size_t user);

#endif
