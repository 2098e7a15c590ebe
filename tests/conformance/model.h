/* SPDX-License-Identifier: MIT */
/* What a store must answer, kept in the simplest way: arrays that are searched from end to end. */
#ifndef TEST_CONFORMANCE_MODEL_H
#define TEST_CONFORMANCE_MODEL_H

#include "suite.h"

#define MODEL_USERS 7
#define MODEL_GROUPS_MAX 60
#define MODEL_WORD 24

typedef struct model_person {
    char display_name[MODEL_WORD];
    char handle[MODEL_WORD];
} model_person;

typedef struct model_msg {
    char uuid[CRUDDUR_UUID_SIZE];
    bool is_repeatable; /* the caller made the uuid */
    char text[MODEL_WORD];
    size_t author;
    model_person as;
    int64_t asked_us; /* created_at_us of the call */
    int64_t time_us;  /* where it came to stand */
} model_msg;

typedef struct model_group {
    group_id id;
    bool has_member[MODEL_USERS];
    size_t member_count;
    bool has_name;
    char name[MODEL_WORD];
    model_person person[MODEL_USERS]; /* as the group knows them */
    model_msg *msgs;                  /* by time */
    size_t count;
    size_t capacity;
} model_group;

typedef struct model {
    model_group groups[MODEL_GROUPS_MAX];
    size_t count;
} model;

void model_free(model *known);

/* NULL where there is none. */
model_group *model_find(model *known, const char *group_uuid);

/* A new group without members and messages. */
model_group *model_add_group(model *known, const char *group_uuid);

/* The message is the group's newest. */
void model_add_msg(model_group *group, const model_msg *msg);

const model_msg *model_head(const model_group *group);
const model_msg *model_find_msg(const model_group *group, const char *uuid);

/* Whether one of the members has another group whose newest message is of this time. */
bool model_is_taken(const model *known, const model_group *group, int64_t time_us);

/* A user's groups in the order of their rows, oldest first, and the rows' times; returns how many.
 * A row is at the group's newest message, or, in mode `stream`, a little behind it. */
size_t model_groups_of(model *known, size_t user, model_group **groups, int64_t *row_us);

/* ---- fail the test where the store's answer differs ---- */

void model_expect_msg(const model_group *group, const model_msg *expected, const cruddur_msg *msg);
void model_expect_group(const model_group *expected, size_t viewer, const cruddur_group *group);
void model_expect_members(const model_group *expected, const cruddur_members *members);

#endif
