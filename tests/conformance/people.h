/* SPDX-License-Identifier: MIT */
/* What the tests of groups that change share: how each member sees the group. */
#ifndef TEST_CONFORMANCE_PEOPLE_H
#define TEST_CONFORMANCE_PEOPLE_H

#include "suite.h"

/* test_user(0) to test_user(count - 1), whose uuids are in this order. */
void people_of(cruddur_user *people, size_t count);

/* What all members see of a group at rest. */
typedef struct expected_group {
    const group_id *group;
    const char *name;   /* NULL: none */
    const char *data;   /* NULL: none */
    const char *text;   /* of the newest message, for those in whose history it is */
    bool beside_others; /* the table has rows of other programs, too */
} expected_group;

/* Every one of these people sees the group, in the inbox and by its uuid, with these members in
 * this order, all with their names; and the table is as it should be. */
void expect_group(const expected_group *expected, const cruddur_user *people, size_t count);

/* This person finds nothing of the group, and can write nothing into it. */
void expect_outside(const cruddur_user *user, const group_id *group);

/* Names the group; NULL leaves the name or the data. */
void rename_group(const cruddur_user *user, const group_id *group, const char *name,
                  const char *data);

void add_member(const cruddur_user *user, const group_id *group, const cruddur_user *added,
                uint32_t flags);

void remove_member(const cruddur_user *user, const group_id *group, const cruddur_user *removed);

/* How many groups the user's inbox has. */
size_t inbox_size(const cruddur_user *user);

#endif
