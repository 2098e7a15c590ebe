/* SPDX-License-Identifier: MIT */
#include "reading.h"

#include <string.h>

/* ---- changing ---- */

void mark_read(const cruddur_user *user, const group_id *group, const said *up_to)
{
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    if (up_to != NULL) {
        options.up_to_message_uuid = up_to->uuid;
        options.up_to_created_at_us = up_to->created_at_us;
    }
    must_succeed(
        cruddur_group_mark_read(store.dm, user->uuid, group->text, &options, NULL, TEST_ERROR));
}

void mark_unread(const cruddur_user *user, const group_id *group, const said *from)
{
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    options.unread_from_message_uuid = from->uuid;
    options.unread_from_created_at_us = from->created_at_us;
    must_succeed(
        cruddur_group_mark_read(store.dm, user->uuid, group->text, &options, NULL, TEST_ERROR));
}

void set_group(const cruddur_user *user, const group_id *group, const cruddur_set_options *options)
{
    must_succeed(cruddur_group_set(store.dm, user->uuid, group->text, options, NULL, TEST_ERROR));
}

void archive(const cruddur_user *user, const group_id *group, uint32_t to)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.archived = to;
    set_group(user, group, &options);
}

void pin(const cruddur_user *user, const group_id *group, uint32_t to)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.pinned = to;
    set_group(user, group, &options);
}

void hide(const cruddur_user *user, const group_id *group)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.hidden = CRUDDUR_SWITCH_ON;
    set_group(user, group, &options);
}

void mute(const cruddur_user *user, const group_id *group, int64_t until_us)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.muted_until_us = until_us;
    set_group(user, group, &options);
}

/* ---- looking ---- */

cruddur_group *look_at(const cruddur_user *user, const group_id *group)
{
    cruddur_group *found = NULL;
    test_store_settle(&store);
    must_succeed(cruddur_group_get(store.dm, user->uuid, group->text, NULL, &found, TEST_ERROR));
    return found;
}

static void expect_count(const cruddur_group *group, uint32_t unread)
{
    cr_assert_eq(cruddur_group_unread_count(group), unread, "%u unread instead of %u",
                 cruddur_group_unread_count(group), unread);
    cr_assert(cruddur_group_unread_is_exact(group));
}

void expect_unread(const cruddur_user *user, const group_id *group, uint32_t unread)
{
    cruddur_list_options options = from_newest(100);
    cruddur_group *found = look_at(user, group);
    size_t listed = 0;
    options.flags = CRUDDUR_LIST_ARCHIVED | CRUDDUR_LIST_HIDDEN;
    expect_count(found, unread);
    cruddur_group_free(found);
    cruddur_group_page *page = list_groups(user, &options);
    for (size_t i = 0; i < cruddur_group_page_count(page); i++) {
        const cruddur_group *at = cruddur_group_page_at(page, i);
        if (strcmp(cruddur_group_uuid(at), group->text) == 0) {
            expect_count(at, unread);
            listed++;
        }
    }
    cruddur_group_page_free(page);
    cr_assert_eq(listed, 1);
}

void expect_read_up_to(const cruddur_user *user, const group_id *group, int64_t time_us)
{
    cruddur_members *members = NULL;
    size_t found = 0;
    cruddur_group *own = look_at(user, group);
    cr_assert_eq(cruddur_group_read_up_to_us(own), time_us);
    cruddur_group_free(own);
    must_succeed(cruddur_group_members(store.dm, NULL, group->text, &test_trusted_members, &members,
                                       TEST_ERROR));
    for (size_t i = 0; i < cruddur_members_count(members); i++) {
        if (strcmp(cruddur_members_at(members, i)->uuid, user->uuid) == 0) {
            cr_assert_eq(cruddur_members_read_up_to_us(members, i), time_us);
            found++;
        }
    }
    cr_assert_eq(found, 1);
    cruddur_members_free(members);
}

void expect_seen(const cruddur_user *user, const group_id *group, const char *expected)
{
    cruddur_list_options options = from_newest(100);
    cruddur_msg_page *page = list_messages(user, group, &options);
    expect_messages(page, expected);
    cruddur_msg_page_free(page);
}

void expect_inbox(const cruddur_user *user, uint32_t flags, const char *expected)
{
    cruddur_list_options options = from_newest(100);
    options.flags = flags;
    cruddur_group_page *page = list_groups(user, &options);
    expect_groups(page, expected);
    cr_assert_not(cruddur_group_page_has_older(page));
    cruddur_group_page_free(page);
}
