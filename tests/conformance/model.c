/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void model_free(model *known)
{
    for (size_t i = 0; i < known->count; i++) {
        free(known->groups[i].msgs);
    }
    known->count = 0;
}

model_group *model_find(model *known, const char *group_uuid)
{
    for (size_t i = 0; i < known->count; i++) {
        if (strcmp(known->groups[i].id.text, group_uuid) == 0) {
            return &known->groups[i];
        }
    }
    return NULL;
}

model_group *model_add_group(model *known, const char *group_uuid)
{
    cr_assert_lt(known->count, MODEL_GROUPS_MAX);
    model_group *group = &known->groups[known->count++];
    *group = (model_group){.member_count = 0};
    (void)snprintf(group->id.text, sizeof(group->id.text), "%s", group_uuid);
    return group;
}

void model_add_msg(model_group *group, const model_msg *msg)
{
    if (group->count == group->capacity) {
        group->capacity = group->capacity == 0 ? 16 : group->capacity * 2;
        group->msgs = realloc(group->msgs, group->capacity * sizeof(*group->msgs));
        cr_assert(group->msgs != NULL);
    }
    group->msgs[group->count++] = *msg;
}

const model_msg *model_head(const model_group *group)
{
    return &group->msgs[group->count - 1];
}

const model_msg *model_find_msg(const model_group *group, const char *uuid)
{
    for (size_t i = 0; i < group->count; i++) {
        if (strcmp(group->msgs[i].uuid, uuid) == 0) {
            return &group->msgs[i];
        }
    }
    return NULL;
}

static bool share_a_member(const model_group *a, const model_group *b)
{
    for (size_t user = 0; user < MODEL_USERS; user++) {
        if (a->has_member[user] && b->has_member[user]) {
            return true;
        }
    }
    return false;
}

bool model_is_taken(const model *known, const model_group *group, int64_t time_us)
{
    for (size_t i = 0; i < known->count; i++) {
        const model_group *other = &known->groups[i];
        if (other != group && other->count > 0 && model_head(other)->time_us == time_us &&
            share_a_member(group, other)) {
            return true;
        }
    }
    return false;
}

/* How far behind its message a row may be. */
#define BEHIND_MAX_US 100000

static int64_t row_us_of(const model_group *expected, const cruddur_group *group)
{
    int64_t row_us;
    int64_t head_us = model_head(expected)->time_us;
    must_succeed(cruddur_time_parse(cruddur_group_sort_key(group), &row_us, TEST_ERROR));
    if (!test_store_is_streamed(&store)) {
        cr_assert_eq(row_us, head_us);
    }
    cr_assert_geq(row_us, head_us);
    cr_assert_lt(row_us, head_us + BEHIND_MAX_US);
    return row_us;
}

static int64_t read_row_us(const model_group *group, size_t user)
{
    cruddur_group *found = NULL;
    if (!test_store_is_streamed(&store)) {
        return model_head(group)->time_us;
    }
    must_succeed(cruddur_group_get(store.dm, test_user(user).uuid, group->id.text, NULL, &found,
                                   TEST_ERROR));
    int64_t row_us = row_us_of(group, found);
    cruddur_group_free(found);
    return row_us;
}

typedef struct placed_group {
    model_group *group;
    int64_t row_us;
} placed_group;

static int compare_rows(const void *a, const void *b)
{
    int64_t x = ((const placed_group *)a)->row_us;
    int64_t y = ((const placed_group *)b)->row_us;
    return (x > y) - (x < y);
}

size_t model_groups_of(model *known, size_t user, model_group **groups, int64_t *row_us)
{
    placed_group placed[MODEL_GROUPS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < known->count; i++) {
        if (known->groups[i].has_member[user]) {
            placed[count++] =
                (placed_group){&known->groups[i], read_row_us(&known->groups[i], user)};
        }
    }
    qsort(placed, count, sizeof(*placed), compare_rows);
    for (size_t i = 0; i < count; i++) {
        cr_assert(i == 0 || placed[i - 1].row_us < placed[i].row_us);
        groups[i] = placed[i].group;
        row_us[i] = placed[i].row_us;
    }
    return count;
}

/* ---- comparing ---- */

static void expect_sort_key(const char *sort_key, int64_t time_us)
{
    char expected[CRUDDUR_TIME_SIZE];
    must_succeed(cruddur_time_format(time_us, expected, TEST_ERROR));
    cr_assert_str_eq(sort_key, expected);
}

void model_expect_msg(const model_group *group, const model_msg *expected, const cruddur_msg *msg)
{
    cr_assert_str_eq(cruddur_msg_uuid(msg), expected->uuid);
    cr_assert_str_eq(cruddur_msg_group_uuid(msg), group->id.text);
    cr_assert_str_eq(cruddur_msg_text(msg), expected->text);
    cr_assert_str_eq(cruddur_msg_user_uuid(msg), test_user(expected->author).uuid);
    cr_assert_str_eq(cruddur_msg_user_display_name(msg), expected->as.display_name);
    cr_assert_str_eq(cruddur_msg_user_handle(msg), expected->as.handle);
    cr_assert_eq(cruddur_msg_created_at_us(msg), expected->time_us);
    expect_sort_key(cruddur_msg_sort_key(msg), expected->time_us);
}

/* The other members' number for a uuid. */
static size_t find_other(const model_group *group, size_t viewer, const char *uuid)
{
    for (size_t user = 0; user < MODEL_USERS; user++) {
        if (user != viewer && group->has_member[user] && strcmp(test_user(user).uuid, uuid) == 0) {
            return user;
        }
    }
    cr_assert_fail("%s is not one of the others", uuid);
    return 0;
}

void model_expect_group(const model_group *expected, size_t viewer, const cruddur_group *group)
{
    const model_msg *head = model_head(expected);
    size_t other = find_other(expected, viewer, cruddur_group_user_uuid(group));
    cr_assert_str_eq(cruddur_group_uuid(group), expected->id.text);
    cr_assert_str_eq(cruddur_group_text(group), head->text);
    cr_assert_str_eq(cruddur_group_user_display_name(group), expected->person[other].display_name);
    cr_assert_str_eq(cruddur_group_user_handle(group), expected->person[other].handle);
    cr_assert_eq(cruddur_group_member_count(group), expected->member_count);
    cr_assert_eq(cruddur_group_last_message_at_us(group), head->time_us);
    expect_sort_key(cruddur_group_sort_key(group), row_us_of(expected, group));
    cr_assert_eq(cruddur_group_name(group) != NULL, expected->has_name);
    if (expected->has_name) {
        cr_assert_str_eq(cruddur_group_name(group), expected->name);
    }
}

void model_expect_members(const model_group *expected, const cruddur_members *members)
{
    size_t at = 0;
    cr_assert_eq(cruddur_members_count(members), expected->member_count);
    for (size_t user = 0; user < MODEL_USERS; user++) {
        if (expected->has_member[user]) {
            const cruddur_user *member = cruddur_members_at(members, at++);
            cr_assert_str_eq(member->uuid, test_user(user).uuid);
            cr_assert_str_eq(member->display_name, expected->person[user].display_name);
            cr_assert_str_eq(member->handle, expected->person[user].handle);
        }
    }
}
