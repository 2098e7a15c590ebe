/* SPDX-License-Identifier: MIT */
#include "reading_model.h"

#include <stdio.h>
#include <string.h>

#include "disturbed.h"

world now;

/* ---- dice ---- */

/* SplitMix64 (Steele, Lea, Flood 2014). */
size_t below(size_t limit)
{
    uint64_t z = now.state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (size_t)((z ^ z >> 31) % limit);
}

bool one_in(size_t n)
{
    return below(n) == 0;
}

talk *draw_talk(void)
{
    return &now.talks[below(now.count)];
}

size_t draw_user(const talk *in, bool is_member)
{
    size_t user = below(USERS);
    while (in->of[user].is_member != is_member) {
        user = (user + 1) % USERS;
    }
    return user;
}

size_t count_members(const talk *in)
{
    size_t count = 0;
    for (size_t i = 0; i < USERS; i++) {
        count += in->of[i].is_member ? 1 : 0;
    }
    return count;
}

/* Messages come close together, so that inboxes want the same keys. */
int64_t draw_time(void)
{
    now.clock_us += (int64_t)below(3);
    return now.clock_us;
}

/* ---- the model ---- */

int later(int a, int b)
{
    return a > b ? a : b;
}

void learn_message(talk *in, size_t author, const said *is, const char *text)
{
    cr_assert_lt(in->count, MSGS_MAX);
    in->msgs[in->count] = (msg){.is = *is, .author = author};
    for (size_t i = 0; i < USERS; i++) {
        in->of[i].is_archived = in->of[i].is_archived && in->of[i].is_muted;
        in->of[i].is_hidden = false;
    }
    (void)snprintf(in->msgs[in->count].text, sizeof(in->msgs[0].text), "%s", text);
    in->of[author].read = in->count++;
}

static uint32_t count_unread(const talk *in, size_t user)
{
    const view *seen = &in->of[user];
    uint32_t count = 0;
    for (int i = later(seen->read, seen->visible) + 1; i < in->count; i++) {
        count += in->msgs[i].author != user && !in->msgs[i].is_deleted && !in->msgs[i].is_expired
                     ? 1
                     : 0;
    }
    return count;
}

static int64_t read_up_to(const talk *in, size_t user)
{
    int read = in->of[user].read;
    return read == NOTHING ? CRUDDUR_TIME_UNKNOWN : in->msgs[read].is.created_at_us;
}

/* The text of the newest message, where it is shown. */
static const char *preview_of(const talk *in, size_t user)
{
    const msg *head = &in->msgs[in->count - 1];
    bool is_shown = in->of[user].visible < in->count - 1 && !head->is_deleted && !head->is_expired;
    return is_shown ? head->text : "";
}

static bool is_listed(const talk *in, size_t user, uint32_t flags)
{
    const view *seen = &in->of[user];
    return seen->is_member && (!seen->is_archived || (flags & CRUDDUR_LIST_ARCHIVED) != 0) &&
           (!seen->is_hidden || (flags & CRUDDUR_LIST_HIDDEN) != 0) &&
           ((flags & CRUDDUR_LIST_UNREAD) == 0 || count_unread(in, user) > 0);
}

/* ---- the store against the model ---- */

static void expect_view(const talk *in, size_t user, const cruddur_group *group)
{
    const view *seen = &in->of[user];
    uint32_t unread = count_unread(in, user);
    uint32_t counted = unread > CRUDDUR_UNREAD_MAX ? CRUDDUR_UNREAD_MAX : unread;
    now.views++;
    cr_assert_eq(cruddur_group_unread_count(group), counted, "%u instead of %u unread",
                 cruddur_group_unread_count(group), counted);
    cr_assert_eq(cruddur_group_unread_is_exact(group), unread == counted);
    cr_assert_eq(cruddur_group_read_up_to_us(group), read_up_to(in, user));
    cr_assert_str_eq(cruddur_group_text(group), preview_of(in, user));
    cr_assert_eq(cruddur_group_is_archived(group), seen->is_archived);
    cr_assert_eq(cruddur_group_is_pinned(group), seen->is_pinned);
    cr_assert_eq(cruddur_group_is_hidden(group), seen->is_hidden);
    cr_assert_eq(cruddur_group_muted_until_us(group),
                 seen->is_muted ? CRUDDUR_MUTE_FOREVER : CRUDDUR_MUTE_OFF);
}

/* Where a processor moves the rows, a group that a call returns may not have moved yet. */
void expect_returned(const talk *in, size_t user, cruddur_group *group)
{
    if (!test_store_is_streamed(&store)) {
        expect_view(in, user, group);
    }
    cruddur_group_free(group);
}

void check_talk(const talk *in, size_t user)
{
    cruddur_user viewer = test_user(user);
    cruddur_members *members = NULL;
    cruddur_group *group = look_at(&viewer, &in->id);
    expect_view(in, user, group);
    cruddur_group_free(group);
    must_succeed(
        cruddur_group_members(store.dm, viewer.uuid, in->id.text, NULL, &members, TEST_ERROR));
    size_t at = 0;
    for (size_t i = 0; i < USERS; i++) {
        if (in->of[i].is_member) {
            cr_assert_eq(cruddur_members_read_up_to_us(members, at++), read_up_to(in, i));
        }
    }
    cr_assert_eq(cruddur_members_count(members), at);
    cruddur_members_free(members);
}

/* The messages that the user sees, and the count that they come to. */
void check_messages(const talk *in, size_t user)
{
    cruddur_user viewer = test_user(user);
    const view *seen = &in->of[user];
    cruddur_list_options options = from_newest(CRUDDUR_LIMIT_MAX);
    cruddur_msg_page *page = list_messages(&viewer, &in->id, &options);
    uint32_t unread = 0;
    size_t at = 0;
    size_t count = cruddur_msg_page_count(page);
    bool is_cut = cruddur_msg_page_has_older(page);
    for (int number = in->count - 1; number > seen->visible; number--) {
        if (in->msgs[number].is_expired || (is_cut && at == count)) {
            continue;
        }
        cr_assert_lt(at, count);
        const cruddur_msg *listed = cruddur_msg_page_at(page, at++);
        cr_assert_str_eq(cruddur_msg_uuid(listed), in->msgs[number].is.uuid);
        bool is_own = strcmp(cruddur_msg_user_uuid(listed), viewer.uuid) == 0;
        bool is_deleted = cruddur_msg_deleted_at_us(listed) != CRUDDUR_TIME_UNKNOWN;
        cr_assert_eq(is_deleted, in->msgs[number].is_deleted);
        cr_assert_str_eq(cruddur_msg_text(listed), is_deleted ? "" : in->msgs[number].text);
        now.messages++;
        unread += number > seen->read && !is_own && !is_deleted ? 1 : 0;
    }
    cr_assert_eq(at, count);
    cr_assert(is_cut || unread == count_unread(in, user));
    cruddur_msg_page_free(page);
}

static const talk *find_talk(const char *uuid)
{
    size_t i = 0;
    while (i < now.count && strcmp(now.talks[i].id.text, uuid) != 0) {
        i++;
    }
    cr_assert_lt(i, now.count);
    return &now.talks[i];
}

/* Walks along a user's groups in small pages: each that is asked for is there once. */
void check_inbox(size_t user)
{
    cruddur_user viewer = test_user(user);
    cruddur_list_options options =
        list_options((uint32_t)(1 + below(4)), (uint32_t)below(2), (uint32_t)below(2));
    if (disturbed_leaves_rows()) {
        options = from_newest(CRUDDUR_LIMIT_MAX);
    }
    cruddur_group_page *last = NULL;
    size_t expected = 0;
    bool goes_on = true;
    options.flags = (uint32_t)below(8) * CRUDDUR_LIST_UNREAD;
    for (size_t i = 0; i < now.count; i++) {
        expected += is_listed(&now.talks[i], user, options.flags) ? 1 : 0;
    }
    for (int pages = 0; goes_on; pages++) {
        cruddur_group_page *page = list_groups(&viewer, &options);
        cr_assert_lt(pages, GROUPS + 2, "pages without an end");
        for (size_t i = 0; i < cruddur_group_page_count(page); i++) {
            const cruddur_group *group = cruddur_group_page_at(page, i);
            const talk *in = find_talk(cruddur_group_uuid(group));
            expect_view(in, user, group);
            cr_assert(is_listed(in, user, options.flags));
            cr_assert_gt(expected--, 0);
        }
        bool is_down = options.start == CRUDDUR_START_NEWEST;
        goes_on = is_down ? cruddur_group_page_has_older(page) : cruddur_group_page_has_newer(page);
        options.cursor = is_down ? cruddur_group_page_older(page) : cruddur_group_page_newer(page);
        cruddur_group_page_free(last);
        last = page;
    }
    cruddur_group_page_free(last);
    cr_assert_eq(expected, 0);
}
