/* SPDX-License-Identifier: MIT */
/* Structs of other versions, as a program has them that was compiled with other headers; and
 * structs that were never initialised. */
#include <string.h>

#include "refusal.h"

REFUSAL_SUITE(sizes);

/* Each struct as a newer version may have it. */
#define NEWER(type)                                                                                \
    struct {                                                                                       \
        type known;                                                                                \
        unsigned char tail[24];                                                                    \
    }

/* Sizes that are less than the first version's, or more than any version's; and a good one with
 * something set that is not known. */
#define EXPECT_SIZE_REFUSED(type, init, smallest, argument, attempt)                               \
    do {                                                                                           \
        NEWER(type) given = {init, {0}};                                                           \
        for (size_t size = smallest; size < sizeof(type); size++) {                                \
            given.known.size = size;                                                               \
            refused(attempt(CRUDDUR_E_STRUCT_SIZE, argument, &given.known));                       \
        }                                                                                          \
        for (size_t bits = 13; bits < 8 * sizeof(size_t); bits++) {                                \
            given.known.size = (size_t)1 << bits;                                                  \
            refused(attempt(CRUDDUR_E_STRUCT_SIZE, argument, &given.known));                       \
        }                                                                                          \
        given.known.size = sizeof(given);                                                          \
        for (size_t i = 0; i < sizeof(given.tail); i++) {                                          \
            given.tail[i] = 1;                                                                     \
            refused(attempt(CRUDDUR_E_STRUCT_SIZE, argument, &given.known));                       \
            given.tail[i] = 0;                                                                     \
        }                                                                                          \
    } while (0)

static const char *open_with(cruddur_status expected, const char *argument,
                             const cruddur_options *options)
{
    return try_open(expected, argument, store.url, options);
}

static const char *append_with(cruddur_status expected, const char *argument,
                               const cruddur_append_options *options)
{
    return try_append(expected, argument, &test_ann, refusal_group.text, TEST_SECRET, options);
}

static const char *create_with(cruddur_status expected, const char *argument,
                               const cruddur_create_options *options)
{
    return try_create(expected, argument, &test_ann, &test_cem, 1, TEST_SECRET, options);
}

static const char *messages_with(cruddur_status expected, const char *argument,
                                 const cruddur_list_options *options)
{
    return try_messages(expected, argument, test_ann.uuid, refusal_group.text, options);
}

static const char *groups_with(cruddur_status expected, const char *argument,
                               const cruddur_list_options *options)
{
    return try_groups(expected, argument, test_ann.uuid, options);
}

static const char *get_with(cruddur_status expected, const char *argument,
                            const cruddur_get_options *options)
{
    return try_get(expected, argument, test_ann.uuid, refusal_group.text, options);
}

static const char *members_with(cruddur_status expected, const char *argument,
                                const cruddur_members_options *options)
{
    return try_members(expected, argument, test_ann.uuid, refusal_group.text, options);
}

static const char *tables_with(cruddur_status expected, const char *argument,
                               const cruddur_schema_options *options)
{
    cruddur_lines *lines = NULL;
    return test_wrong_failure(cruddur_schema_list(store.dm, options, &lines, TEST_ERROR), expected,
                              argument);
}

static const char *apply_with(cruddur_status expected, const char *argument,
                              const cruddur_stream_options *options)
{
    cruddur_stream_result *result = NULL;
    return test_wrong_failure(cruddur_stream_apply(store.dm, "{}", 2, options, &result, TEST_ERROR),
                              expected, argument);
}

static const char *follow_with(cruddur_status expected, const char *argument,
                               const cruddur_follow_options *options)
{
    return test_wrong_failure(cruddur_stream_follow(store.dm, options, TEST_ERROR), expected,
                              argument);
}

static const char *upgrade_with(cruddur_status expected, const char *argument,
                                const cruddur_upgrade_options *options)
{
    return test_wrong_failure(cruddur_schema_upgrade(store.dm, options, TEST_ERROR), expected,
                              argument);
}

static const char *append_by(cruddur_status expected, const char *argument,
                             const cruddur_user *user)
{
    return try_append(expected, argument, user, refusal_group.text, TEST_SECRET, NULL);
}

static const char *create_by(cruddur_status expected, const char *argument,
                             const cruddur_user *user)
{
    return try_create(expected, argument, user, &test_cem, 1, TEST_SECRET, NULL);
}

static const char *create_for(cruddur_status expected, const char *argument,
                              const cruddur_user *user)
{
    return try_create(expected, argument, &test_cem, user, 1, TEST_SECRET, NULL);
}

Test(sizes, of_no_version_or_with_unknown_fields_set)
{
    EXPECT_SIZE_REFUSED(cruddur_options, CRUDDUR_OPTIONS_INIT, 0, "options", open_with);
    EXPECT_SIZE_REFUSED(cruddur_append_options, CRUDDUR_APPEND_OPTIONS_INIT, 0, "options",
                        append_with);
    EXPECT_SIZE_REFUSED(cruddur_create_options, CRUDDUR_CREATE_OPTIONS_INIT, 0, "options",
                        create_with);
    EXPECT_SIZE_REFUSED(cruddur_list_options, CRUDDUR_LIST_OPTIONS_INIT, 0, "options",
                        messages_with);
    EXPECT_SIZE_REFUSED(cruddur_list_options, CRUDDUR_LIST_OPTIONS_INIT, 0, "options", groups_with);
    EXPECT_SIZE_REFUSED(cruddur_get_options, CRUDDUR_GET_OPTIONS_INIT, 0, "options", get_with);
    EXPECT_SIZE_REFUSED(cruddur_members_options, CRUDDUR_MEMBERS_OPTIONS_INIT, 0, "options",
                        members_with);
    EXPECT_SIZE_REFUSED(cruddur_scan_options, CRUDDUR_SCAN_OPTIONS_INIT, 0, "options", try_scan);
    EXPECT_SIZE_REFUSED(cruddur_schema_options, CRUDDUR_SCHEMA_OPTIONS_INIT, 0, "options",
                        tables_with);
    EXPECT_SIZE_REFUSED(cruddur_stream_options, CRUDDUR_STREAM_OPTIONS_INIT, 0, "options",
                        apply_with);
    EXPECT_SIZE_REFUSED(cruddur_follow_options, CRUDDUR_FOLLOW_OPTIONS_INIT, 0, "options",
                        follow_with);
    EXPECT_SIZE_REFUSED(cruddur_upgrade_options, CRUDDUR_UPGRADE_OPTIONS_INIT, 0, "options",
                        upgrade_with);
    refusals_end();
}

/* Who forgot the initialiser is told its name. */
Test(sizes, of_options_without_an_initialiser)
{
    const char *ann = test_ann.uuid;
    const char *group = refusal_group.text;
    cruddur *dm = NULL;
    cruddur_msg_page *messages = NULL;
    cruddur_group_page *groups = NULL;
    cruddur_group *found = NULL;
    cruddur_members *members = NULL;
    cruddur_row_page *rows = NULL;
    cruddur_lines *lines = NULL;
    cruddur_stream_result *result = NULL;
    cruddur_options open = {.timeout_ms = 1000};
    cruddur_append_options append = {.timeout_ms = 1000};
    cruddur_create_options create = {.timeout_ms = 1000};
    cruddur_list_options list = {.limit = 5};
    cruddur_get_options get = {.timeout_ms = 1000};
    cruddur_members_options see = {.timeout_ms = 1000};
    cruddur_scan_options scan = {.limit = 5};
    cruddur_schema_options schema = {.timeout_ms = 1000};
    cruddur_stream_options stream = {.workers = 1};
    cruddur_follow_options follow = {.workers = 1};
    cruddur_upgrade_options upgrade = {.timeout_ms = 1000};
#define EXPECT_NAMED(init, call)                                                                   \
    do {                                                                                           \
        cr_assert_eq(call, CRUDDUR_E_STRUCT_SIZE);                                                 \
        cr_assert_not_null(strstr(cruddur_error_message(test_error), init), "%s",                  \
                           cruddur_error_message(test_error));                                     \
        cruddur_error_free(test_error);                                                            \
        test_error = NULL;                                                                         \
    } while (0)
    EXPECT_NAMED("CRUDDUR_OPTIONS_INIT", cruddur_open(store.url, &open, &dm, TEST_ERROR));
    EXPECT_NAMED("CRUDDUR_APPEND_OPTIONS_INIT",
                 cruddur_msg_append(store.dm, &test_ann, group, "x", &append, NULL, TEST_ERROR));
    EXPECT_NAMED(
        "CRUDDUR_CREATE_OPTIONS_INIT",
        cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "x", &create, NULL, TEST_ERROR));
    EXPECT_NAMED("CRUDDUR_LIST_OPTIONS_INIT",
                 cruddur_msg_list(store.dm, ann, group, &list, &messages, TEST_ERROR));
    EXPECT_NAMED("CRUDDUR_LIST_OPTIONS_INIT",
                 cruddur_group_list(store.dm, ann, &list, &groups, TEST_ERROR));
    EXPECT_NAMED("CRUDDUR_GET_OPTIONS_INIT",
                 cruddur_group_get(store.dm, ann, group, &get, &found, TEST_ERROR));
    EXPECT_NAMED("CRUDDUR_MEMBERS_OPTIONS_INIT",
                 cruddur_group_members(store.dm, ann, group, &see, &members, TEST_ERROR));
    EXPECT_NAMED("CRUDDUR_SCAN_OPTIONS_INIT", cruddur_scan(store.dm, &scan, &rows, TEST_ERROR));
    EXPECT_NAMED("CRUDDUR_SCHEMA_OPTIONS_INIT",
                 cruddur_schema_list(store.dm, &schema, &lines, TEST_ERROR));
    EXPECT_NAMED("CRUDDUR_STREAM_OPTIONS_INIT",
                 cruddur_stream_apply(store.dm, "{}", 2, &stream, &result, TEST_ERROR));
    EXPECT_NAMED("CRUDDUR_FOLLOW_OPTIONS_INIT",
                 cruddur_stream_follow(store.dm, &follow, TEST_ERROR));
    EXPECT_NAMED("CRUDDUR_UPGRADE_OPTIONS_INIT",
                 cruddur_schema_upgrade(store.dm, &upgrade, TEST_ERROR));
#undef EXPECT_NAMED
    refusals_end();
}

Test(sizes, of_users)
{
    /* 0 is a size of its own: below. */
    EXPECT_SIZE_REFUSED(cruddur_user, test_ann, 1, "author", append_by);
    EXPECT_SIZE_REFUSED(cruddur_user, test_ann, 1, "creator", create_by);
    EXPECT_SIZE_REFUSED(cruddur_user, test_ann, 1, "others", create_for);
    refusals_end();
}

Test(sizes, of_others_that_differ)
{
    cruddur_user others[] = {test_bob, test_cem};
    others[1].size = sizeof(cruddur_user) + 8;
    refused(try_create(CRUDDUR_E_STRUCT_SIZE, "others", &test_ann, others, 2, TEST_SECRET, NULL));
    others[1].size = sizeof(cruddur_user) - 1;
    refused(try_create(CRUDDUR_E_STRUCT_SIZE, "others", &test_ann, others, 2, TEST_SECRET, NULL));
    others[1].size = SIZE_MAX;
    refused(try_create(CRUDDUR_E_STRUCT_SIZE, "others", &test_ann, others, 2, TEST_SECRET, NULL));
    others[0].size = SIZE_MAX - 7; /* the first one's size says where the second is */
    refused(try_create(CRUDDUR_E_STRUCT_SIZE, "others", &test_ann, others, 2, TEST_SECRET, NULL));
    refusals_end();
}

/* ---- what is accepted ---- */

Test(sizes, newer_structs_that_set_nothing_new)
{
    NEWER(cruddur_list_options) list = {CRUDDUR_LIST_OPTIONS_INIT, {0}};
    NEWER(cruddur_append_options) append = {CRUDDUR_APPEND_OPTIONS_INIT, {0}};
    NEWER(cruddur_create_options) create = {CRUDDUR_CREATE_OPTIONS_INIT, {0}};
    NEWER(cruddur_scan_options) scan = {CRUDDUR_SCAN_OPTIONS_INIT, {0}};
    cruddur_row_page *rows = NULL;
    list.known.size = sizeof(list);
    list.known.limit = 2;
    append.known.size = sizeof(append);
    append.known.created_at_us = AT_SECOND(50);
    create.known.size = sizeof(create);
    create.known.created_at_us = AT_SECOND(60);
    scan.known.size = sizeof(scan);
    must_succeed(cruddur_msg_append(store.dm, &test_ann, refusal_group.text, "m3", &append.known,
                                    NULL, TEST_ERROR));
    must_succeed(cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "m4", &create.known, NULL,
                                      TEST_ERROR));
    must_succeed(cruddur_scan(store.dm, &scan.known, &rows, TEST_ERROR));
    cruddur_row_page_free(rows);
    cruddur_msg_page *page = list_messages(&test_ann, &refusal_group, &list.known);
    expect_messages(page, "m4 m3 ");
    cr_assert_eq(cruddur_msg_created_at_us(cruddur_msg_page_at(page, 0)), AT_SECOND(60));
    cr_assert_eq(cruddur_msg_created_at_us(cruddur_msg_page_at(page, 1)), AT_SECOND(50));
    cruddur_msg_page_free(page);
    test_check(&store);
}

/* A user without a size is one of version 0.2, also where others in the array have that size. */
Test(sizes, users_without_a_size)
{
    const cruddur_user ann = {.uuid = test_ann.uuid, .display_name = "Ann", .handle = "ann"};
    const cruddur_user others[] = {
        {.uuid = test_bob.uuid, .display_name = "Bob", .handle = "bob"},
        {.uuid = test_cem.uuid, .display_name = "Cem", .handle = "cem"},
    };
    cruddur_user mixed[] = {others[0], test_cem};
    must_succeed(
        cruddur_msg_append(store.dm, &ann, refusal_group.text, "m3", NULL, NULL, TEST_ERROR));
    for (int i = 0; i < 3; i++) {
        cruddur_group *group = NULL;
        must_succeed(cruddur_group_create(store.dm, &ann, i == 0 ? others : mixed, 2, "three", NULL,
                                          &group, TEST_ERROR));
        cr_assert_eq(cruddur_group_member_count(group), 3);
        cruddur_group_free(group);
        mixed[0].size = sizeof(mixed[0]);
        mixed[1].size = 0;
    }
    cruddur_group_page *page = list_groups(&test_cem, NULL);
    expect_groups(page, "three three three ");
    cruddur_group_page_free(page);
    test_check(&store);
}

Test(sizes, newer_users_in_an_array)
{
    NEWER(cruddur_user) author = {test_ann, {0}};
    NEWER(cruddur_user) others[2] = {{test_bob, {0}}, {test_cem, {0}}};
    cruddur_group *group = NULL;
    author.known.size = sizeof(author);
    others[0].known.size = others[1].known.size = sizeof(others[0]);
    must_succeed(cruddur_group_create(store.dm, &author.known, &others[0].known, 2, "three", NULL,
                                      &group, TEST_ERROR));
    cr_assert_eq(cruddur_group_member_count(group), 3);
    cruddur_group_free(group);
    cruddur_group_page *page = list_groups(&test_cem, NULL);
    expect_groups(page, "three ");
    cruddur_group_page_free(page);
    others[1].tail[23] = 1;
    refused(try_create(CRUDDUR_E_STRUCT_SIZE, "others", &test_ann, &others[0].known, 2, TEST_SECRET,
                       NULL));
    test_check(&store);
}
