/* SPDX-License-Identifier: MIT */
/* The fields of pages, messages, groups and members say what the accessors return. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "said.h"

CONFORMANCE_SUITE(fields);

#define THUMB "\xf0\x9f\x91\x8d"
#define GUARD 0x7e
#define ROOM_STEP 17

/* A text of fields that is being read. */
typedef struct reading {
    char *text;
    const char *next;
    const char *end;
} reading;

static void expect_field(reading *from, const char *name, const char *expected)
{
    cr_assert(from->next < from->end, "there is no field %s", name);
    cr_assert_str_eq(from->next, expected == NULL ? "" : expected, "%s", name);
    from->next += strlen(from->next) + 1;
}

static void expect_number(reading *from, const char *name, int64_t expected)
{
    char digits[32];
    (void)snprintf(digits, sizeof(digits), "%" PRId64, expected);
    expect_field(from, name, expected == CRUDDUR_TIME_UNKNOWN ? NULL : digits);
}

static void expect_flag(reading *from, const char *name, bool expected)
{
    expect_field(from, name, expected ? "1" : NULL);
}

static void end_reading(reading *from)
{
    cr_assert_eq(from->next, from->end);
    free(from->text);
}

/* Each kind of object writes the same text whatever the size of the buffer, and nothing beyond. */
typedef size_t (*write_fields)(const void *object, char *buffer, size_t size);

static size_t first_changed(const char *bytes, size_t from, size_t size)
{
    while (from < size && bytes[from] == GUARD) {
        from++;
    }
    return from;
}

static reading read_fields(write_fields write, const void *object)
{
    size_t size = write(object, NULL, 0);
    char *text = malloc(size + 1);
    char *small = malloc(size + 1);
    cr_assert(size > 0 && text != NULL && small != NULL);
    cr_assert_eq(write(object, text, size), size);
    for (size_t room = 0; room <= size; room += room + ROOM_STEP < size ? ROOM_STEP : 1) {
        memset(small, GUARD, size + 1);
        cr_assert_eq(write(object, small, room), size);
        cr_assert_eq(first_changed(small, room, size + 1), size + 1, "beyond %zu bytes", room);
    }
    cr_assert_arr_eq(small, text, size);
    free(small);
    return (reading){text, text, text + size};
}

/* ---- messages ---- */

static size_t write_msg(const void *object, char *buffer, size_t size)
{
    return cruddur_msg_fields(object, buffer, size);
}

static size_t write_msg_page(const void *object, char *buffer, size_t size)
{
    return cruddur_msg_page_fields(object, buffer, size);
}

static void expect_reactions_field(reading *from, const cruddur_msg *msg)
{
    char expected[1000] = "";
    cruddur_reaction reaction;
    for (size_t i = 0; cruddur_msg_reaction_at(msg, i, &reaction); i++) {
        size_t used = strlen(expected);
        (void)snprintf(expected + used, sizeof(expected) - used, "%s%s %s", i > 0 ? "\n" : "",
                       reaction.text, reaction.user_uuid);
    }
    expect_field(from, "reactions", expected);
}

static void expect_msg_fields(reading *from, const cruddur_msg *msg)
{
    expect_field(from, "uuid", cruddur_msg_uuid(msg));
    expect_field(from, "group_uuid", cruddur_msg_group_uuid(msg));
    expect_field(from, "text", cruddur_msg_text(msg));
    expect_field(from, "user_uuid", cruddur_msg_user_uuid(msg));
    expect_field(from, "user_display_name", cruddur_msg_user_display_name(msg));
    expect_field(from, "user_handle", cruddur_msg_user_handle(msg));
    expect_number(from, "created_at_us", cruddur_msg_created_at_us(msg));
    expect_field(from, "sort_key", cruddur_msg_sort_key(msg));
    expect_field(from, "version", cruddur_msg_version(msg));
    expect_number(from, "edited_at_us", cruddur_msg_edited_at_us(msg));
    expect_number(from, "deleted_at_us", cruddur_msg_deleted_at_us(msg));
    expect_number(from, "expires_at_us", cruddur_msg_expires_at_us(msg));
    expect_field(from, "reply_to", cruddur_msg_reply_to(msg));
    expect_field(from, "data", cruddur_msg_data(msg));
    expect_reactions_field(from, msg);
}

/* One of each kind: plain, a reply with data and an end, edited with reactions, deleted. */
static group_id open_varied(void)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    group_id group = open_direct(&test_ann, &test_bob, "pl\xc3\xa4in");
    said first = last_said(&group);
    options.reply_to = first.uuid;
    options.data = "{\"file\": 1}";
    options.expires_in_s = 86400;
    must_succeed(
        cruddur_msg_append(store.dm, &test_bob, group.text, "reply", &options, NULL, TEST_ERROR));
    if (!test_store_is_in_steps(&store)) {
        said edited = say_named(&test_ann, &group, "before", 0);
        said deleted = say_named(&test_ann, &group, "gone", 0);
        edited = edit_it(&test_ann, &group, &edited, "after", NULL, true);
        edited = react_to_it(&test_ann, &group, &edited, THUMB, true, true);
        (void)react_to_it(&test_bob, &group, &edited, THUMB, true, true);
        (void)react_to_it(&test_bob, &group, &edited, "!", true, true);
        (void)delete_it(&test_ann, &group, &deleted, true);
    }
    return group;
}

Test(fields, of_messages)
{
    group_id group = open_varied();
    cruddur_list_options options = list_options(3, CRUDDUR_START_NEWEST, CRUDDUR_OLDEST_FIRST);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    reading from = read_fields(write_msg_page, page);
    expect_field(&from, "older", cruddur_msg_page_older(page));
    expect_field(&from, "newer", cruddur_msg_page_newer(page));
    expect_flag(&from, "has_older", cruddur_msg_page_has_older(page));
    expect_flag(&from, "has_newer", cruddur_msg_page_has_newer(page));
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        expect_msg_fields(&from, cruddur_msg_page_at(page, i));
    }
    end_reading(&from);
    from = read_fields(write_msg, cruddur_msg_page_at(page, 0));
    expect_msg_fields(&from, cruddur_msg_page_at(page, 0));
    end_reading(&from);
    cruddur_msg_page_free(page);
    cr_assert_eq(cruddur_msg_page_fields(NULL, NULL, 0), 0);
    test_check(&store);
}

/* ---- groups ---- */

static size_t write_group(const void *object, char *buffer, size_t size)
{
    return cruddur_group_fields(object, buffer, size);
}

static size_t write_group_page(const void *object, char *buffer, size_t size)
{
    return cruddur_group_page_fields(object, buffer, size);
}

static void expect_group_fields(reading *from, const cruddur_group *group)
{
    expect_field(from, "uuid", cruddur_group_uuid(group));
    expect_field(from, "name", cruddur_group_name(group));
    expect_field(from, "text", cruddur_group_text(group));
    expect_field(from, "user_uuid", cruddur_group_user_uuid(group));
    expect_field(from, "user_display_name", cruddur_group_user_display_name(group));
    expect_field(from, "user_handle", cruddur_group_user_handle(group));
    expect_number(from, "member_count", (int64_t)cruddur_group_member_count(group));
    expect_number(from, "last_message_at_us", cruddur_group_last_message_at_us(group));
    expect_field(from, "sort_key", cruddur_group_sort_key(group));
    expect_number(from, "unread_count", cruddur_group_unread_count(group));
    expect_flag(from, "unread_is_exact", cruddur_group_unread_is_exact(group));
    expect_number(from, "read_up_to_us", cruddur_group_read_up_to_us(group));
    expect_number(from, "muted_until_us", cruddur_group_muted_until_us(group));
    expect_flag(from, "is_archived", cruddur_group_is_archived(group));
    expect_flag(from, "is_pinned", cruddur_group_is_pinned(group));
    expect_flag(from, "is_hidden", cruddur_group_is_hidden(group));
    expect_flag(from, "is_blocked", cruddur_group_is_blocked(group));
    expect_flag(from, "is_blocked_by_viewer", cruddur_group_is_blocked_by_viewer(group));
    expect_field(from, "data", cruddur_group_data(group));
}

static void set_all(const group_id *group, bool is_direct)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.archived = CRUDDUR_SWITCH_ON;
    options.pinned = CRUDDUR_SWITCH_ON;
    options.blocked = is_direct ? CRUDDUR_SWITCH_ON : CRUDDUR_SWITCH_KEEP;
    options.muted_until_us = is_direct ? CRUDDUR_MUTE_FOREVER : AT_SECOND(1);
    must_succeed(
        cruddur_group_set(store.dm, test_bob.uuid, group->text, &options, NULL, TEST_ERROR));
}

Test(fields, of_groups)
{
    cruddur_user first = test_user(0);
    group_id direct = open_direct(&test_ann, &test_bob, "one");
    group_id large = open_large(3, "The \xe2\x98\x83 club", "two");
    cruddur_list_options options = from_newest(10);
    options.flags = CRUDDUR_LIST_ARCHIVED;
    if (!test_store_is_in_steps(&store)) {
        set_all(&direct, true);
    }
    cruddur_group_page *page = list_groups(&test_bob, &options);
    reading from = read_fields(write_group_page, page);
    cr_assert_eq(cruddur_group_page_count(page), 1);
    expect_field(&from, "older", cruddur_group_page_older(page));
    expect_field(&from, "newer", cruddur_group_page_newer(page));
    expect_flag(&from, "has_older", cruddur_group_page_has_older(page));
    expect_flag(&from, "has_newer", cruddur_group_page_has_newer(page));
    expect_group_fields(&from, cruddur_group_page_at(page, 0));
    end_reading(&from);
    cruddur_group_page_free(page);
    cr_assert_eq(cruddur_group_page_fields(NULL, NULL, 0), 0);

    cruddur_group *group = NULL;
    must_succeed(cruddur_group_get(store.dm, first.uuid, large.text, NULL, &group, TEST_ERROR));
    from = read_fields(write_group, group);
    expect_group_fields(&from, group);
    end_reading(&from);
    cruddur_group_free(group);
    test_check(&store);
}

static size_t write_members(const void *object, char *buffer, size_t size)
{
    return cruddur_members_fields(object, buffer, size);
}

Test(fields, of_members)
{
    group_id group = open_large(3, NULL, "one");
    cruddur_members *members = NULL;
    must_succeed(cruddur_group_members(store.dm, NULL, group.text, &test_trusted_members, &members,
                                       TEST_ERROR));
    reading from = read_fields(write_members, members);
    cr_assert_eq(cruddur_members_count(members), 3);
    for (size_t i = 0; i < 3; i++) {
        const cruddur_user *user = cruddur_members_at(members, i);
        expect_field(&from, "uuid", user->uuid);
        expect_field(&from, "display_name", user->display_name);
        expect_field(&from, "handle", user->handle);
        expect_number(&from, "read_up_to_us", cruddur_members_read_up_to_us(members, i));
    }
    end_reading(&from);
    cruddur_members_free(members);
    cr_assert_eq(cruddur_members_fields(NULL, NULL, 0), 0);
    test_check(&store);
}

/* The names are those above, in their order; callers find a field by its name. */
Test(fields, have_names)
{
    static const char *const of_msg[] = {
        "uuid",          "group_uuid",    "text",     "user_uuid", "user_display_name",
        "user_handle",   "created_at_us", "sort_key", "version",   "edited_at_us",
        "deleted_at_us", "expires_at_us", "reply_to", "data",      "reactions"};
    static const char *const of_group[] = {"uuid",
                                           "name",
                                           "text",
                                           "user_uuid",
                                           "user_display_name",
                                           "user_handle",
                                           "member_count",
                                           "last_message_at_us",
                                           "sort_key",
                                           "unread_count",
                                           "unread_is_exact",
                                           "read_up_to_us",
                                           "muted_until_us",
                                           "is_archived",
                                           "is_pinned",
                                           "is_hidden",
                                           "is_blocked",
                                           "is_blocked_by_viewer",
                                           "data"};
    cr_assert_eq(cruddur_msg_field_count(), sizeof(of_msg) / sizeof(of_msg[0]));
    cr_assert_eq(cruddur_group_field_count(), sizeof(of_group) / sizeof(of_group[0]));
    for (size_t i = 0; i < cruddur_msg_field_count(); i++) {
        cr_assert_str_eq(cruddur_msg_field_name(i), of_msg[i]);
    }
    for (size_t i = 0; i < cruddur_group_field_count(); i++) {
        cr_assert_str_eq(cruddur_group_field_name(i), of_group[i]);
    }
    cr_assert_null(cruddur_msg_field_name(cruddur_msg_field_count()));
    cr_assert_null(cruddur_group_field_name(cruddur_group_field_count()));
}
