/* SPDX-License-Identifier: MIT */
/* Markers and settings where rows are not as the library leaves them: those of the original
 * application, displaced rows, rows that were lost; and very many of them. */
#include <stdio.h>
#include <string.h>

#include "planted.h"
#include "reading.h"

CONFORMANCE_SUITE(reading_rows);

static const char *inbox_of(const cruddur_user *user)
{
    return planted_text("GRP#%s", user->uuid);
}

/* Takes away what only this version writes. */
static void make_original(const group_id *group)
{
    static const cr_attribute ours[] = {CR_READ_SK, CR_REV, CR_VERSION};
    uproot_card(group);
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        strip(NULL, group->text, ours[i]);
    }
}

Test(reading_rows, of_the_original_are_read_up_to_their_place)
{
    group_id group = open_with_messages(3); /* the last by Ann */
    test_store_settle(&store);
    make_original(&group);
    expect_unread(&test_bob, &group, 0);
    expect_read_up_to(&test_bob, &group, AT_SECOND(2));
    say_at(&test_ann, &group, "m3", AT_SECOND(3));
    expect_unread(&test_bob, &group, 1);
    expect_read_up_to(&test_bob, &group, AT_SECOND(2));
    test_check(&store);
}

Test(reading_rows, of_the_original_can_be_marked_and_set)
{
    needs_transactions();
    group_id group = open_with_messages(3);
    said last = last_said(&group);
    test_store_settle(&store);
    make_original(&group);
    mark_unread(&test_bob, &group, &last);
    expect_unread(&test_bob, &group, 1);
    archive(&test_bob, &group, CRUDDUR_SWITCH_ON);
    expect_inbox(&test_bob, 0, "");
    mark_read(&test_bob, &group, NULL);
    expect_unread(&test_bob, &group, 0);
    say_at(&test_ann, &group, "m3", AT_SECOND(3));
    expect_inbox(&test_bob, CRUDDUR_LIST_UNREAD, "m3 ");
    test_check(&store);
}

/* Ann's row is displaced, as her inbox has another row at the key of the newest message. */
static group_id open_displaced(void)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    say_at(&test_bob, &group, "m1", AT_SECOND(1));
    const planted rows[] = {
        {{[CR_PK] = inbox_of(&test_ann), [CR_SK] = planted_key(1), [CR_TEXT] = "other"}},
        {{[CR_PK] = inbox_of(&test_ann),
          [CR_SK] = planted_key(2),
          [CR_HEAD_SK] = planted_key(1),
          [CR_READ_SK] = planted_key(0),
          [CR_GROUP_UUID] = group.text,
          [CR_TEXT] = "m1",
          [CR_REV] = "1",
          [CR_USER_UUID] = test_bob.uuid,
          [CR_DISPLAY_NAME] = test_bob.display_name,
          [CR_HANDLE] = test_bob.handle}},
    };
    plant_instead(inbox_of(&test_ann), group.text, rows, 2);
    return group;
}

Test(reading_rows, that_are_displaced)
{
    group_id group = open_displaced();
    expect_unread(&test_ann, &group, 1);
    expect_read_up_to(&test_ann, &group, AT_SECOND(0));
    if (!test_store_is_in_steps(&store)) {
        mark_read(&test_ann, &group, NULL);
        expect_unread(&test_ann, &group, 0);
        expect_read_up_to(&test_ann, &group, AT_SECOND(1));
        hide(&test_ann, &group);
        expect_seen(&test_ann, &group, "");
        expect_inbox(&test_ann, 0, "");
        say_at(&test_bob, &group, "m2", AT_SECOND(5));
        expect_seen(&test_ann, &group, "m2 ");
        expect_unread(&test_ann, &group, 1);
    }
    check_beside(1);
}

/* A row that was lost comes back with the change, as with a message. */
Test(reading_rows, that_were_lost)
{
    needs_transactions();
    cruddur_members *members = NULL;
    group_id group = open_with_messages(3);
    said last = last_said(&group);
    test_store_settle(&store);
    cr_assert_eq(uproot(inbox_of(&test_bob), group.text), 1);
    must_succeed(
        cruddur_group_members(store.dm, test_ann.uuid, group.text, NULL, &members, TEST_ERROR));
    cr_assert_eq(cruddur_members_read_up_to_us(members, 0), AT_SECOND(2));
    cr_assert_eq(cruddur_members_read_up_to_us(members, 1), CRUDDUR_TIME_UNKNOWN);
    cruddur_members_free(members);
    mark_unread(&test_bob, &group, &last);
    expect_unread(&test_bob, &group, 1);
    cr_assert_eq(count_group_rows(group.text), 2);
    cr_assert_eq(uproot(inbox_of(&test_bob), group.text), 1);
    pin(&test_bob, &group, CRUDDUR_SWITCH_ON);
    cr_assert_eq(count_group_rows(group.text), 2);
    test_check(&store);
}

/* A member whose row was lost has not read what came since. */
Test(reading_rows, that_come_back_with_a_message)
{
    group_id group = open_with_messages(3);
    test_store_settle(&store);
    cr_assert_eq(uproot(inbox_of(&test_bob), group.text), 1);
    say_at(&test_ann, &group, "m3", AT_SECOND(3));
    expect_unread(&test_bob, &group, 1);
    expect_read_up_to(&test_bob, &group, AT_SECOND(2));
    test_check(&store);
}

/* ---- many ---- */

static planted message_at(const group_id *group, int second)
{
    const char *uuid = planted_text("00000000-0000-4000-8000-%012x", (unsigned)second);
    return (planted){{[CR_PK] = planted_text("MSG#%s", group->text),
                      [CR_SK] = planted_key(second),
                      [CR_TEXT] = "m",
                      [CR_MESSAGE_UUID] = uuid,
                      [CR_USER_UUID] = test_ann.uuid,
                      [CR_DISPLAY_NAME] = test_ann.display_name,
                      [CR_HANDLE] = test_ann.handle}};
}

static void expect_at_least(const group_id *group, uint32_t count, bool is_exact)
{
    cruddur_group *found = look_at(&test_bob, group);
    cr_assert_eq(cruddur_group_unread_count(found), count, "%u unread",
                 cruddur_group_unread_count(found));
    cr_assert_eq(cruddur_group_unread_is_exact(found), is_exact);
    cruddur_group_free(found);
}

Test(reading_rows, are_counted_up_to_999)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "first", AT_SECOND(0));
    say_at(&test_ann, &group, "last", AT_SECOND(2000));
    test_store_settle(&store);
    static planted rows[CRUDDUR_UNREAD_MAX];
    for (int i = 1; i < CRUDDUR_UNREAD_MAX; i++) {
        rows[i] = message_at(&group, i);
    }
    plant(rows + 1, CRUDDUR_UNREAD_MAX - 2); /* beside the first and the last */
    expect_at_least(&group, CRUDDUR_UNREAD_MAX, true);
    plant(rows + CRUDDUR_UNREAD_MAX - 1, 1);
    expect_at_least(&group, CRUDDUR_UNREAD_MAX, false);
    test_check(&store);
}

/* The page would pass over more rows than one call does: it is cut short, and its cursor goes on.
 */
Test(reading_rows, that_are_left_out_do_not_make_a_page_endless)
{
    enum { ARCHIVED = 1050 };
    cruddur_list_options options = from_newest(5);
    cruddur_user other = test_user(0);
    (void)open_direct_at(&test_ann, &test_bob, "oldest", AT_SECOND(0));
    test_store_settle(&store);
    static planted rows[ARCHIVED];
    for (int i = 0; i < ARCHIVED; i++) {
        rows[i] =
            (planted){{[CR_PK] = inbox_of(&test_ann),
                       [CR_SK] = planted_key(i + 1),
                       [CR_GROUP_UUID] = planted_text("11111111-0000-4000-8000-%012x", (unsigned)i),
                       [CR_TEXT] = "m",
                       [CR_ARCHIVED] = CR_TRUE,
                       [CR_USER_UUID] = other.uuid}};
    }
    plant(rows, ARCHIVED);
    cruddur_group_page *first = list_groups(&test_ann, &options);
    cr_assert_eq(cruddur_group_page_count(first), 0);
    cr_assert(cruddur_group_page_has_older(first));
    options.cursor = cruddur_group_page_older(first);
    cruddur_group_page *second = list_groups(&test_ann, &options);
    expect_groups(second, "oldest ");
    cr_assert_not(cruddur_group_page_has_older(second));
    cruddur_group_page_free(second);
    cruddur_group_page_free(first);
}

/* Of two rows of one group the newer counts, also where the list leaves that one out. */
Test(reading_rows, that_are_older_are_not_shown_in_place_of_what_is_left_out)
{
    needs_transactions();
    group_id other = open_direct_at(&test_ann, &test_bob, "other", AT_SECOND(8));
    cruddur_user user = test_user(0);
    group_id group = open_direct_at(&test_ann, &user, "hidden", AT_SECOND(9));
    test_store_settle(&store);
    hide(&test_ann, &group);
    const planted older = {{[CR_PK] = inbox_of(&test_ann),
                            [CR_SK] = planted_key(5),
                            [CR_GROUP_UUID] = group.text,
                            [CR_TEXT] = "older",
                            [CR_USER_UUID] = user.uuid}};
    plant(&older, 1);
    for (uint32_t start = CRUDDUR_START_NEWEST; start <= CRUDDUR_START_OLDEST; start++) {
        cruddur_list_options options = from_newest(5);
        options.start = start;
        cruddur_group_page *page = list_groups(&test_ann, &options);
        cr_assert_eq(cruddur_group_page_count(page), 1);
        cr_assert_str_eq(cruddur_group_uuid(cruddur_group_page_at(page, 0)), other.text);
        cruddur_group_page_free(page);
    }
}
