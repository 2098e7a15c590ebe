/* SPDX-License-Identifier: MIT */
/* The members of a group, as a group row tells them. */
#include "base/call.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "messaging/group.h"
#include "messaging/write.h"

TestSuite(members, .timeout = 300);

static cr_uuid uuid_of(unsigned number)
{
    cr_uuid uuid;
    (void)snprintf(uuid.text, sizeof(uuid.text), "00000000-0000-4000-8000-%012x", number);
    return uuid;
}

static bool read_row(const char *pk, const char *user_uuid, const char *list, cr_members *members)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of(pk);
    row.value[CR_USER_UUID] = cr_str_of(user_uuid);
    row.value[CR_MEMBER_UUIDS] = cr_str_of(list);
    return cr_members_of_row(&row, members);
}

#define A "00000000-0000-4000-8000-00000000000a"
#define B "00000000-0000-4000-8000-00000000000b"
#define C "00000000-0000-4000-8000-00000000000c"

Test(members, of_a_row_without_a_list_are_its_owner_and_the_other)
{
    cr_members members;
    cr_assert(read_row("GRP#" B, A, NULL, &members));
    cr_assert_eq(members.count, 2);
    cr_assert_str_eq(members.uuid[0].text, A);
    cr_assert_str_eq(members.uuid[1].text, B);
}

/* DynamoDB may hold an empty text where nothing is meant. */
Test(members, of_a_row_with_an_empty_list_too)
{
    cr_members members;
    cr_assert(read_row("GRP#" A, B, "", &members));
    cr_assert_eq(members.count, 2);
}

Test(members, of_a_row_with_a_list_are_sorted)
{
    cr_members members;
    cr_assert(read_row("GRP#" A, B, C "," A "," B, &members));
    cr_assert_eq(members.count, 3);
    cr_assert_str_eq(members.uuid[0].text, A);
    cr_assert_str_eq(members.uuid[1].text, B);
    cr_assert_str_eq(members.uuid[2].text, C);
}

Test(members, of_a_row_that_does_not_tell)
{
    cr_members members;
    cr_assert_not(read_row("GRP#" A, NULL, NULL, &members));
    cr_assert_not(read_row("GRP#" A, "x", NULL, &members));
    cr_assert_not(read_row("GRP#", B, NULL, &members));
    cr_assert_not(read_row("GRP#" A, A, NULL, &members));
    cr_assert_not(read_row("GRP#" A, B, A, &members));
    cr_assert_not(read_row("GRP#" A, B, A "," B "," A, &members));
    cr_assert_not(read_row("GRP#" A, B, A "," B ",x", &members));
    cr_assert_not(read_row("GRP#" A, B, A "," B "," C "x", &members));
    cr_assert_not(read_row("GRP#" A, B, A "," B "," C ",", &members));
    cr_assert_not(read_row("GRP#" A, B, A ";" B ";" C, &members));
    cr_assert_not(read_row("GRP#" A, B, "," A "," B "," C, &members));
    cr_assert_not(read_row("GRP#" A, B, B "," C, &members)); /* its owner is not among them */
    cr_assert_not(read_row("GRP#x", B, A "," B "," C, &members));
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
        cr_assert_eq(read_row(pk, B, list, &members), is_good, "%u members", count);
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
