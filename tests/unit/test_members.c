/* SPDX-License-Identifier: MIT */
/* The members of a group, as group rows and the uuid of a direct group tell them. */
#include "base/call.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "model/members.h"

TestSuite(members, .timeout = 300);

static cr_uuid uuid_of(unsigned number)
{
    cr_uuid uuid;
    (void)snprintf(uuid.text, sizeof(uuid.text), "00000000-0000-4000-8000-%012x", number);
    return uuid;
}

#define A "00000000-0000-4000-8000-00000000000a"
#define B "00000000-0000-4000-8000-00000000000b"
#define C "00000000-0000-4000-8000-00000000000c"
#define G "00000000-0000-4000-8000-000000000099"

static cr_row row_of(const char *pk, const char *user_uuid, const char *list)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of(pk);
    row.value[CR_SK] = cr_str_of("2026-01-31T09:30:00.000001+00:00");
    row.value[CR_GROUP_UUID] = cr_str_of(G);
    row.value[CR_USER_UUID] = cr_str_of(user_uuid);
    row.value[CR_MEMBER_UUIDS] = cr_str_of(list);
    return row;
}

static bool read_list(const char *pk, const char *list, cr_members *members)
{
    cr_row row = row_of(pk, B, list);
    return cr_members_of_list(&row, members);
}

/* Whom a row names, as "abc" for those with these last digits. */
static const char *named_by(const char *pk, const char *user_uuid, const char *list)
{
    static char letters[CRUDDUR_MEMBERS_MAX + 1];
    cr_members members = {0};
    cr_row row = row_of(pk, user_uuid, list);
    cr_assert(cr_members_add_row(&members, &row));
    for (size_t i = 0; i < members.count; i++) {
        letters[i] = members.uuid[i].text[CR_UUID_LENGTH - 1];
    }
    letters[members.count] = '\0';
    return letters;
}

Test(members, of_a_row_with_a_list_are_sorted)
{
    cr_members members;
    cr_assert(read_list("GRP#" A, C "," A "," B, &members));
    cr_assert_eq(members.count, 3);
    cr_assert_str_eq(members.uuid[0].text, A);
    cr_assert_str_eq(members.uuid[1].text, B);
    cr_assert_str_eq(members.uuid[2].text, C);
}

Test(members, of_a_list_that_does_not_tell)
{
    cr_members members;
    cr_assert_not(read_list("GRP#" A, NULL, &members));
    cr_assert_not(read_list("GRP#" A, "", &members));
    cr_assert_not(read_list("GRP#" A, A, &members));
    cr_assert_not(read_list("GRP#" A, A "," B "," A, &members));
    cr_assert_not(read_list("GRP#" A, A "," B ",x", &members));
    cr_assert_not(read_list("GRP#" A, A "," B "," C "x", &members));
    cr_assert_not(read_list("GRP#" A, A "," B "," C ",", &members));
    cr_assert_not(read_list("GRP#" A, A ";" B ";" C, &members));
    cr_assert_not(read_list("GRP#" A, "," A "," B "," C, &members));
    cr_assert_not(read_list("GRP#" A, B "," C, &members)); /* its owner is not among them */
    cr_assert_not(read_list("GRP#x", A "," B "," C, &members));
    cr_assert_not(read_list("MSG#" A, A "," B "," C, &members));
}

Test(members, whom_a_row_names)
{
    cr_assert_str_eq(named_by("GRP#" B, A, NULL), "ab");
    cr_assert_str_eq(named_by("GRP#" A, B, ""), "ab");
    cr_assert_str_eq(named_by("GRP#" A, NULL, NULL), "a");
    cr_assert_str_eq(named_by("GRP#" A, "x", NULL), "a");
    cr_assert_str_eq(named_by("GRP#" A, A, NULL), "a");
    cr_assert_str_eq(named_by("GRP#" A, B, B "," C), "abc");
    cr_assert_str_eq(named_by("GRP#" A, G, B "," C), "abc"); /* where there is a list it counts */
    cr_assert_str_eq(named_by("GRP#" A, B, B "," C ",x"), "ab");
    cr_assert_str_eq(named_by("USR#" A, B, NULL), "b");
}

Test(members, whom_several_rows_name)
{
    cr_members members = {0};
    cr_row rows[] = {row_of("GRP#" C, A, NULL), row_of("GRP#" A, B, NULL),
                     row_of("GRP#" B, C, A "," B "," C)};
    for (size_t i = 0; i < 3; i++) {
        cr_assert(cr_members_add_row(&members, &rows[i]));
    }
    cr_assert_eq(members.count, 3);
    cr_assert_str_eq(members.uuid[0].text, A);
    cr_assert_str_eq(members.uuid[1].text, B);
    cr_assert_str_eq(members.uuid[2].text, C);
}

Test(members, are_no_more_than_there_is_room_for)
{
    cr_members members = {0};
    for (unsigned i = CRUDDUR_MEMBERS_MAX; i > 0; i--) {
        cr_uuid uuid = uuid_of(i);
        cr_assert(cr_members_add(&members, &uuid));
        cr_assert(cr_members_add(&members, &uuid));
    }
    cr_assert_eq(members.count, CRUDDUR_MEMBERS_MAX);
    cr_assert_eq(cr_members_find(&members, &members.uuid[7]), 7);
    cr_uuid one_more = uuid_of(CRUDDUR_MEMBERS_MAX + 1);
    cr_assert_not(cr_members_add(&members, &one_more));
    cr_row row = row_of("GRP#" A, B, NULL);
    cr_assert(cr_members_add_row(&members, &row)); /* of whom both are there */
    row = row_of("GRP#" A, one_more.text, NULL);
    cr_assert_not(cr_members_add_row(&members, &row));
    row = row_of("GRP#" A, NULL, A ",00000000-0000-4000-8000-0000000000ff");
    cr_assert_not(cr_members_add_row(&members, &row));
}

Test(members, as_many_as_may_be_and_one_more)
{
    char list[51 * CRUDDUR_UUID_SIZE] = "";
    char pk[64];
    cr_members members;
    (void)snprintf(pk, sizeof(pk), "GRP#%s", uuid_of(1).text);
    for (unsigned count = 1; count <= 51; count++) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof(list) - used, "%s%s", count == 1 ? "" : ",",
                       uuid_of(count).text);
        bool is_good = count >= CRUDDUR_MEMBERS_MIN && count <= CRUDDUR_MEMBERS_MAX;
        cr_assert_eq(read_list(pk, list, &members), is_good, "%u members", count);
        cr_assert(!is_good || members.count == count);
    }
}

Test(members, are_found_and_follow_each_other_in_a_circle)
{
    cr_members members = {.count = 5};
    for (unsigned i = 0; i < 5; i++) {
        members.uuid[i] = uuid_of(10 - i);
    }
    cr_assert(cr_members_sort(&members));
    for (unsigned i = 0; i < 5; i++) {
        cr_uuid uuid = uuid_of(6 + i);
        cr_assert_eq(cr_members_find(&members, &uuid), i);
        cr_assert_eq(cr_members_next(&members, i), (i + 1) % 5);
    }
    cr_uuid stranger = uuid_of(1);
    cr_assert_eq(cr_members_find(&members, &stranger), 5);
    members.uuid[1] = members.uuid[4];
    cr_assert_not(cr_members_sort(&members));
}

/* The same vector stands in the conformance suite; two releases must find the same group. */
Test(members, of_a_direct_group_name_it)
{
    cr_members members = {.count = 2};
    cr_uuid uuid;
    (void)snprintf(members.uuid[0].text, sizeof(cr_uuid), "a0000000-0000-4000-8000-00000000000a");
    (void)snprintf(members.uuid[1].text, sizeof(cr_uuid), "b0000000-0000-4000-8000-00000000000b");
    cr_assert(cr_direct_group_uuid(&members, &uuid));
    cr_assert_str_eq(uuid.text, "3a2b2cf4-bb4e-54df-b4e5-3ca1a5326b4c");
}

Test(members, of_a_direct_group_are_known_by_its_uuid)
{
    cr_members among = {0};
    cr_members pair;
    cr_uuid group;
    cr_members two = {2, {uuid_of(3), uuid_of(7)}};
    cr_assert(cr_direct_group_uuid(&two, &group));
    cr_assert(cr_direct_group_pair(&group, &among, &pair));
    cr_assert_eq(pair.count, 0);
    for (unsigned i = 10; i > 0; i--) {
        cr_uuid uuid = uuid_of(i);
        cr_assert(cr_members_add(&among, &uuid));
        cr_assert(cr_direct_group_pair(&group, &among, &pair));
        cr_assert_eq(pair.count, i <= 3 ? 2 : 0);
        cr_assert(i > 3 || cr_members_are_same(&pair, &two));
    }
    cr_uuid other = uuid_of(99);
    cr_assert_not(cr_may_be_direct(&other));
    cr_assert(cr_direct_group_pair(&other, &among, &pair));
    cr_assert_eq(pair.count, 0);
}
