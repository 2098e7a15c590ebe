/* SPDX-License-Identifier: MIT */
#include "people.h"

#include <string.h>

void people_of(cruddur_user *people, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        people[i] = test_user(i);
    }
}

/* ---- what is seen ---- */

static bool are_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void expect_view(const expected_group *expected, const cruddur_group *group,
                        const cruddur_user *next, size_t count)
{
    cr_assert_str_eq(cruddur_group_uuid(group), expected->group->text);
    cr_assert(are_same(cruddur_group_name(group), expected->name), "%s", cruddur_group_name(group));
    cr_assert(are_same(cruddur_group_data(group), expected->data), "%s", cruddur_group_data(group));
    cr_assert_eq(cruddur_group_member_count(group), count);
    cr_assert_str_eq(cruddur_group_user_uuid(group), next->uuid);
    cr_assert_str_eq(cruddur_group_user_display_name(group), next->display_name);
    cr_assert_str_eq(cruddur_group_user_handle(group), next->handle);
    if (*cruddur_group_text(group) != '\0' || expected->text == NULL) {
        cr_assert(are_same(cruddur_group_text(group), expected->text), "%s",
                  cruddur_group_text(group));
    }
}

static void expect_members(const group_id *group, const cruddur_user *viewer,
                           const cruddur_user *people, size_t count)
{
    cruddur_members *members = NULL;
    must_succeed(
        cruddur_group_members(store.dm, viewer->uuid, group->text, NULL, &members, TEST_ERROR));
    cr_assert_eq(cruddur_members_count(members), count);
    for (size_t i = 0; i < count; i++) {
        const cruddur_user *member = cruddur_members_at(members, i);
        cr_assert_str_eq(member->uuid, people[i].uuid);
        cr_assert_str_eq(member->display_name, people[i].display_name);
        cr_assert_str_eq(member->handle, people[i].handle);
    }
    cruddur_members_free(members);
}

void expect_group(const expected_group *expected, const cruddur_user *people, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cruddur_group *group = NULL;
        const cruddur_user *next = &people[(i + 1) % count];
        bool is_listed = false;
        cruddur_group_page *page = list_groups(&people[i], NULL);
        for (size_t j = 0; j < cruddur_group_page_count(page); j++) {
            const cruddur_group *row = cruddur_group_page_at(page, j);
            if (strcmp(cruddur_group_uuid(row), expected->group->text) == 0) {
                cr_assert(!is_listed, "it is listed twice");
                is_listed = true;
                expect_view(expected, row, next, count);
            }
        }
        cr_assert(is_listed);
        cruddur_group_page_free(page);
        must_succeed(cruddur_group_get(store.dm, people[i].uuid, expected->group->text, NULL,
                                       &group, TEST_ERROR));
        expect_view(expected, group, next, count);
        cruddur_group_free(group);
        expect_members(expected->group, &people[i], people, count);
    }
    test_report report;
    int code = test_check_run(&store, expected->beside_others ? "--foreign-rows" : NULL, &report);
    cr_assert_eq(code, 0, "the checker of tables came to %d:\n%s", code, report.text);
}

size_t inbox_size(const cruddur_user *user)
{
    cruddur_group_page *page = list_groups(user, NULL);
    size_t count = cruddur_group_page_count(page);
    cruddur_group_page_free(page);
    return count;
}

void expect_outside(const cruddur_user *user, const group_id *group)
{
    cruddur_msg_page *messages = NULL;
    cruddur_group *found = NULL;
    cruddur_members *members = NULL;
    cruddur_list_options eventual = CRUDDUR_LIST_OPTIONS_INIT;
    const cruddur_list_options *const options[] = {NULL, &eventual};
    eventual.consistency = CRUDDUR_CONSISTENCY_EVENTUAL;
    for (size_t i = 0; i < 2; i++) {
        must_fail(
            CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
            cruddur_msg_list(store.dm, user->uuid, group->text, options[i], &messages, TEST_ERROR));
    }
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_group_get(store.dm, user->uuid, group->text, NULL, &found, TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_group_members(store.dm, user->uuid, group->text, NULL, &members, TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_append(store.dm, user, group->text, TEST_SECRET, NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_group_rename(store.dm, user->uuid, group->text, TEST_SECRET, NULL, NULL,
                                   TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_group_add_members(store.dm, user->uuid, group->text, user, 1, NULL, NULL,
                                        TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_group_remove_member(store.dm, user->uuid, group->text, user->uuid, NULL, NULL,
                                          TEST_ERROR));
}

/* ---- what is done ---- */

void rename_group(const cruddur_user *user, const group_id *group, const char *name,
                  const char *data)
{
    cruddur_group_options options = CRUDDUR_GROUP_OPTIONS_INIT;
    options.data = data;
    must_succeed(
        cruddur_group_rename(store.dm, user->uuid, group->text, name, &options, NULL, TEST_ERROR));
}

void add_member(const cruddur_user *user, const group_id *group, const cruddur_user *added,
                uint32_t flags)
{
    cruddur_group_options options = CRUDDUR_GROUP_OPTIONS_INIT;
    options.flags = flags;
    must_succeed(cruddur_group_add_members(store.dm, user->uuid, group->text, added, 1, &options,
                                           NULL, TEST_ERROR));
}

void remove_member(const cruddur_user *user, const group_id *group, const cruddur_user *removed)
{
    must_succeed(cruddur_group_remove_member(store.dm, user->uuid, group->text, removed->uuid, NULL,
                                             NULL, TEST_ERROR));
}
