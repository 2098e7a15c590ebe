/* SPDX-License-Identifier: MIT */
/* Structs of other versions, as a program has them that was compiled with other headers; and
 * structs that were never initialised. */
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
#define EXPECT_SIZE_REFUSED(type, init, argument, attempt)                                         \
    do {                                                                                           \
        NEWER(type) given = {init, {0}};                                                           \
        for (size_t size = 0; size < sizeof(type); size++) {                                       \
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
    EXPECT_SIZE_REFUSED(cruddur_options, CRUDDUR_OPTIONS_INIT, "options", open_with);
    EXPECT_SIZE_REFUSED(cruddur_append_options, CRUDDUR_APPEND_OPTIONS_INIT, "options",
                        append_with);
    EXPECT_SIZE_REFUSED(cruddur_create_options, CRUDDUR_CREATE_OPTIONS_INIT, "options",
                        create_with);
    EXPECT_SIZE_REFUSED(cruddur_list_options, CRUDDUR_LIST_OPTIONS_INIT, "options", messages_with);
    EXPECT_SIZE_REFUSED(cruddur_list_options, CRUDDUR_LIST_OPTIONS_INIT, "options", groups_with);
    EXPECT_SIZE_REFUSED(cruddur_scan_options, CRUDDUR_SCAN_OPTIONS_INIT, "options", try_scan);
    refusals_end();
}

Test(sizes, of_users)
{
    EXPECT_SIZE_REFUSED(cruddur_user, test_ann, "author", append_by);
    EXPECT_SIZE_REFUSED(cruddur_user, test_ann, "creator", create_by);
    EXPECT_SIZE_REFUSED(cruddur_user, test_ann, "others", create_for);
    refusals_end();
}

Test(sizes, of_others_that_differ)
{
    cruddur_user others[] = {test_bob, test_cem};
    others[1].size = sizeof(cruddur_user) + 8;
    refused(try_create(CRUDDUR_E_STRUCT_SIZE, "others", &test_ann, others, 2, TEST_SECRET, NULL));
    others[1].size = sizeof(cruddur_user) - 1;
    refused(try_create(CRUDDUR_E_STRUCT_SIZE, "others", &test_ann, others, 2, TEST_SECRET, NULL));
    others[1].size = 0;
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
    cruddur_msg_page *page = list_messages(NULL, &refusal_group, &list.known);
    expect_messages(page, "m4 m3 ");
    cr_assert_eq(cruddur_msg_created_at_us(cruddur_msg_page_at(page, 0)), AT_SECOND(60));
    cr_assert_eq(cruddur_msg_created_at_us(cruddur_msg_page_at(page, 1)), AT_SECOND(50));
    cruddur_msg_page_free(page);
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
