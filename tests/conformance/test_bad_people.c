/* SPDX-License-Identifier: MIT */
/* Uuids, members and memberships that are refused. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "refusal.h"

REFUSAL_SUITE(bad_people);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define UNKNOWN_GROUP "11111111-2222-4333-8444-555555555555"

static const char *const malformed[] = {
    "",
    "x",
    " ",
    "a0000000-0000-4000-8000-00000000000",         /* too short */
    "a0000000-0000-4000-8000-00000000000ab",       /* too long */
    "a0000000-0000-4000-8000-00000000000a ",       /* white space */
    " a0000000-0000-4000-8000-00000000000a",       /* */
    "a0000000000040008000000000000000000a",        /* no hyphens, 36 digits */
    "a00000000000400080000000000000a",             /* */
    "a000000-00000-4000-8000-00000000000a",        /* a hyphen elsewhere */
    "a0000000_0000_4000_8000_00000000000a",        /* */
    "a0000000-0000-4000-8000-0000000000-a",        /* one hyphen more */
    "g0000000-0000-4000-8000-00000000000a",        /* no hexadecimal digit */
    "a0000000-0000-4000-8000-00000000000\xc3\xa9", /* */
    "{a0000000-0000-4000-8000-00000000000a}",
    "urn:uuid:a0000000-0000-4000-8000-00000000000a",
    "GRP#a0000000-0000-4000-8000-00000000000a",
};

static void refuse_uuid_in_reads(const char *uuid)
{
    const cruddur_status expected = CRUDDUR_E_UUID;
    const char *group = refusal_group.text;
    refused(try_messages(expected, "viewer_uuid", uuid, group, NULL));
    refused(try_messages(expected, "group_uuid", test_ann.uuid, uuid, NULL));
    refused(try_messages(expected, "group_uuid", NULL, uuid, &test_trusted_list));
    refused(try_groups(expected, "user_uuid", uuid, NULL));
    refused(try_get(expected, "viewer_uuid", uuid, group, NULL));
    refused(try_get(expected, "group_uuid", test_ann.uuid, uuid, NULL));
    refused(try_members(expected, "viewer_uuid", uuid, group, NULL));
    refused(try_members(expected, "group_uuid", test_ann.uuid, uuid, NULL));
    refused(try_members(expected, "group_uuid", NULL, uuid, &test_trusted_members));
}

static void refuse_uuid_in_writes(const char *uuid)
{
    const cruddur_status expected = CRUDDUR_E_UUID;
    const char *group = refusal_group.text;
    const char *text = TEST_SECRET;
    cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_create_options create = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_user user = test_ann;
    user.uuid = uuid;
    append.message_uuid = uuid;
    create.group_uuid = uuid;
    refused(try_append(expected, "author.uuid", &user, group, text, NULL));
    refused(try_append(expected, "group_uuid", &test_ann, uuid, text, NULL));
    refused(try_append(expected, "options.message_uuid", &test_ann, group, text, &append));
    refused(try_create(expected, "creator.uuid", &user, &test_cem, 1, text, NULL));
    const cruddur_user others[] = {test_cem, user};
    refused(try_create(expected, "others.uuid", &test_bob, others, 2, text, NULL));
    refused(try_create(expected, "options.group_uuid", &test_ann, &test_cem, 1, text, &create));
    create.group_uuid = NULL;
    create.message_uuid = uuid;
    refused(try_create(expected, "options.message_uuid", &test_ann, &test_cem, 1, text, &create));
}

Test(bad_people, malformed_uuids)
{
    for (size_t i = 0; i < LENGTH(malformed); i++) {
        refuse_uuid_in_reads(malformed[i]);
        refuse_uuid_in_writes(malformed[i]);
    }
    refusals_end();
}

/* Version 5 is kept for direct groups: nobody takes another pair's. */
Test(bad_people, a_group_uuid_of_version_5)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    const cruddur_user others[] = {test_bob, test_cem};
    options.group_uuid = refusal_group.text; /* that of Ann and Bob */
    cr_assert_eq(refusal_group.text[14], '5');
    refused(try_create(CRUDDUR_E_UUID, "options.group_uuid", &test_ann, &test_cem, 1, TEST_SECRET,
                       &options));
    refused(try_create(CRUDDUR_E_UUID, "options.group_uuid", &test_ann, others, 2, TEST_SECRET,
                       &options));
    options.group_uuid = "2ed6657d-e927-568b-95e1-2665a8aea6a2";
    refused(try_create(CRUDDUR_E_UUID, "options.group_uuid", &test_ann, &test_bob, 1, TEST_SECRET,
                       &options));
    refusals_end();
}

/* ---- members ---- */

static void refuse_members(cruddur_status expected, const char *argument,
                           const cruddur_user *others, size_t n_others)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    refused(try_create(expected, argument, &test_ann, others, n_others, TEST_SECRET, NULL));
    options.group_uuid = UNKNOWN_GROUP;
    refused(try_create(expected, argument, &test_ann, others, n_others, TEST_SECRET, &options));
    options.flags = CRUDDUR_CREATE_SEPARATE;
    refused(try_create(expected, argument, &test_ann, others, n_others, TEST_SECRET, &options));
}

Test(bad_people, too_few_or_too_many_members)
{
    cruddur_user others[60];
    for (size_t i = 0; i < LENGTH(others); i++) {
        others[i] = test_user(i);
    }
    refuse_members(CRUDDUR_E_MEMBER_COUNT, "n_others", NULL, 0);
    refuse_members(CRUDDUR_E_MEMBER_COUNT, "n_others", others, 0);
    refuse_members(CRUDDUR_E_MEMBER_COUNT, "n_others", others, 49);
    refuse_members(CRUDDUR_E_MEMBER_COUNT, "n_others", others, 50);
    refuse_members(CRUDDUR_E_MEMBER_COUNT, "n_others", others, 60);
    refuse_members(CRUDDUR_E_MEMBER_COUNT, "n_others", others, SIZE_MAX);
    refuse_members(CRUDDUR_E_MEMBER_COUNT, "n_others", others, SIZE_MAX - 1);
    refusals_end();
}

Test(bad_people, a_member_named_twice)
{
    cruddur_user loud = test_bob;
    loud.uuid = "B0000000-0000-4000-8000-00000000000B";
    const cruddur_user twice[] = {test_bob, test_bob};
    const cruddur_user apart[] = {test_bob, test_cem, test_bob};
    const cruddur_user in_upper_case[] = {test_bob, test_cem, loud};
    refuse_members(CRUDDUR_E_MEMBER_TWICE, "others", twice, LENGTH(twice));
    refuse_members(CRUDDUR_E_MEMBER_TWICE, "others", apart, LENGTH(apart));
    refuse_members(CRUDDUR_E_MEMBER_TWICE, "others", in_upper_case, LENGTH(in_upper_case));
    refusals_end();
}

Test(bad_people, nobody_writes_to_oneself)
{
    cruddur_user loud = test_ann;
    loud.uuid = "A0000000-0000-4000-8000-00000000000A";
    const cruddur_user among_others[] = {test_bob, test_cem, test_ann};
    refuse_members(CRUDDUR_E_MEMBER_SELF, "others", &test_ann, 1);
    refuse_members(CRUDDUR_E_MEMBER_SELF, "others", &loud, 1);
    refuse_members(CRUDDUR_E_MEMBER_SELF, "others", among_others, LENGTH(among_others));
    refusals_end();
}

/* ---- groups and memberships ---- */

Test(bad_people, a_group_that_is_not_there)
{
    const cruddur_status expected = CRUDDUR_E_GROUP_NOT_FOUND;
    refused(try_append(expected, "group_uuid", &test_ann, UNKNOWN_GROUP, TEST_SECRET, NULL));
    refused(try_messages(expected, "group_uuid", test_ann.uuid, UNKNOWN_GROUP, NULL));
    refused(try_messages(expected, "group_uuid", NULL, UNKNOWN_GROUP, &test_trusted_list));
    refused(try_get(expected, "group_uuid", test_ann.uuid, UNKNOWN_GROUP, NULL));
    refused(try_members(expected, "group_uuid", test_ann.uuid, UNKNOWN_GROUP, NULL));
    refused(try_members(expected, "group_uuid", NULL, UNKNOWN_GROUP, &test_trusted_members));
    refusals_end();
}

Test(bad_people, somebody_who_is_not_a_member)
{
    const cruddur_status expected = CRUDDUR_E_GROUP_NOT_FOUND;
    const char *group = refusal_group.text;
    refused(try_append(expected, "group_uuid", &test_cem, group, TEST_SECRET, NULL));
    refused(try_messages(expected, "group_uuid", test_cem.uuid, group, NULL));
    refused(try_get(expected, "group_uuid", test_cem.uuid, group, NULL));
    refused(try_members(expected, "group_uuid", test_cem.uuid, group, NULL));
    refusals_end();
}

/* Who is no member learns nothing of a group: neither from the status nor from the words, and not
 * even of the direct group of two whose uuids everybody knows. */
static void learn_nothing(const char *group)
{
    static char before[256];
    cruddur_msg_page *page = NULL;
    cruddur_error *error = NULL;
    cruddur_status status = cruddur_msg_list(store.dm, test_cem.uuid, group, NULL, &page, &error);
    cr_assert_eq(status, CRUDDUR_E_GROUP_NOT_FOUND);
    if (before[0] != '\0') {
        cr_assert_str_eq(cruddur_error_message(error), before);
        cr_assert_str_eq(cruddur_error_argument(error), "group_uuid");
    }
    (void)snprintf(before, sizeof(before), "%s", cruddur_error_message(error));
    cruddur_error_free(error);
    refused(try_append(status, "group_uuid", &test_cem, group, TEST_SECRET, NULL));
    refused(try_get(status, "group_uuid", test_cem.uuid, group, NULL));
    refused(try_members(status, "group_uuid", test_cem.uuid, group, NULL));
}

Test(bad_people, who_asks_whether_two_others_talk)
{
    char group[CRUDDUR_UUID_SIZE];
    cruddur_user zero = test_user(0);
    must_succeed(cruddur_group_direct_uuid(test_ann.uuid, zero.uuid, group, TEST_ERROR));
    learn_nothing(group);
    (void)open_direct(&test_ann, &zero, "one");
    learn_nothing(group);
    group_id opened;
    (void)snprintf(opened.text, sizeof(opened.text), "%s", group);
    cruddur_msg_page_free(list_messages(&zero, &opened, NULL));
}

/* What is the group's uuid to one call is nobody's to another. */
Test(bad_people, uuids_of_another_kind)
{
    const char *group = refusal_group.text;
    refused(
        try_messages(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", test_ann.uuid, test_ann.uuid, NULL));
    refused(try_messages(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", group, group, NULL));
    refusals_end();
}

/* ---- trusted callers ---- */

/* Whom a read is for must be clear: a viewer, or a caller that vouches for itself. */
Test(bad_people, a_viewer_of_a_trusted_caller)
{
    const cruddur_status expected = CRUDDUR_E_INVALID_ARGUMENT;
    const char *const viewers[] = {test_ann.uuid, test_cem.uuid, "x", ""};
    for (size_t i = 0; i < LENGTH(viewers); i++) {
        refused(try_messages(expected, "viewer_uuid", viewers[i], refusal_group.text,
                             &test_trusted_list));
        refused(try_members(expected, "viewer_uuid", viewers[i], refusal_group.text,
                            &test_trusted_members));
    }
    refused(try_groups(expected, "options.flags", test_ann.uuid, &test_trusted_list));
    refusals_end();
}

/* ---- NULL ---- */

Test(bad_people, null_where_a_read_needs_something)
{
    const cruddur_status expected = CRUDDUR_E_NULL_ARGUMENT;
    const char *ann = test_ann.uuid;
    const char *group = refusal_group.text;
    refused(try_messages(expected, "group_uuid", ann, NULL, NULL));
    refused(try_messages(expected, "group_uuid", NULL, NULL, &test_trusted_list));
    refused(try_messages(expected, "viewer_uuid", NULL, group, NULL));
    refused(try_messages(expected, "viewer_uuid", NULL, NULL, NULL));
    refused(try_groups(expected, "user_uuid", NULL, NULL));
    refused(try_get(expected, "viewer_uuid", NULL, group, NULL));
    refused(try_get(expected, "group_uuid", ann, NULL, NULL));
    refused(try_members(expected, "viewer_uuid", NULL, group, NULL));
    refused(try_members(expected, "group_uuid", ann, NULL, NULL));
    refused(try_members(expected, "group_uuid", NULL, NULL, &test_trusted_members));
    must_fail(expected, "ret_page", cruddur_msg_list(store.dm, ann, group, NULL, NULL, TEST_ERROR));
    must_fail(expected, "ret_page", cruddur_group_list(store.dm, ann, NULL, NULL, TEST_ERROR));
    must_fail(expected, "ret_group",
              cruddur_group_get(store.dm, ann, group, NULL, NULL, TEST_ERROR));
    must_fail(expected, "ret_members",
              cruddur_group_members(store.dm, ann, group, NULL, NULL, TEST_ERROR));
    must_fail(expected, "ret_page", cruddur_scan(store.dm, NULL, NULL, TEST_ERROR));
    refusals_end();
}

Test(bad_people, null_where_a_write_needs_something)
{
    const cruddur_status expected = CRUDDUR_E_NULL_ARGUMENT;
    const char *group = refusal_group.text;
    cruddur_user nobody = test_ann;
    nobody.uuid = NULL;
    refused(try_append(expected, "author", NULL, group, TEST_SECRET, NULL));
    refused(try_append(expected, "author.uuid", &nobody, group, TEST_SECRET, NULL));
    refused(try_append(expected, "group_uuid", &test_ann, NULL, TEST_SECRET, NULL));
    refused(try_append(expected, "text", &test_ann, group, NULL, NULL));
    refused(try_create(expected, "creator", NULL, &test_bob, 1, TEST_SECRET, NULL));
    refused(try_create(expected, "creator.uuid", &nobody, &test_bob, 1, TEST_SECRET, NULL));
    refused(try_create(expected, "others", &test_ann, NULL, 1, TEST_SECRET, NULL));
    refused(try_create(expected, "others.uuid", &test_bob, &nobody, 1, TEST_SECRET, NULL));
    refused(try_create(expected, "text", &test_ann, &test_bob, 1, NULL, NULL));
    refusals_end();
}

/* A handle of NULL, with everything else as it should be. */
Test(bad_people, null_for_the_handle)
{
    const cruddur_status expected = CRUDDUR_E_NULL_ARGUMENT;
    const char *group = refusal_group.text;
    cruddur *kept = store.dm;
    store.dm = NULL;
    refused(try_append(expected, "dm", &test_ann, group, TEST_SECRET, NULL));
    refused(try_create(expected, "dm", &test_ann, &test_bob, 1, TEST_SECRET, NULL));
    refused(try_messages(expected, "dm", test_ann.uuid, group, NULL));
    refused(try_groups(expected, "dm", test_ann.uuid, NULL));
    refused(try_get(expected, "dm", test_ann.uuid, group, NULL));
    refused(try_members(expected, "dm", test_ann.uuid, group, NULL));
    refused(try_scan(expected, "dm", NULL));
    store.dm = kept;
    refusals_end();
}
