/* SPDX-License-Identifier: MIT */
/* Up to where members have read: the marker, unread counts, receipts. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "reading.h"

CONFORMANCE_SUITE(reading);

/* Ann and Bob, with messages of seconds 0, 1, …: m0 by Ann, m1 by Bob, … */
#define COUNT 6

typedef struct talk {
    group_id group;
    said msg[COUNT];
} talk;

static talk open_talk(void)
{
    talk made;
    made.group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    made.msg[0] = last_said(&made.group);
    for (int i = 1; i < COUNT; i++) {
        char text[8];
        (void)snprintf(text, sizeof(text), "m%d", i);
        made.msg[i] =
            say_named(i % 2 == 0 ? &test_ann : &test_bob, &made.group, text, AT_SECOND(i));
    }
    return made;
}

/* ---- what moves the marker without a call ---- */

Test(reading, a_new_group_is_unread_to_all_but_its_author)
{
    group_id group = open_large(3, NULL, "first");
    cruddur_user people[] = {test_user(0), test_user(1), test_user(2)};
    expect_unread(&people[0], &group, 0);
    expect_unread(&people[1], &group, 1);
    expect_unread(&people[2], &group, 1);
    expect_read_up_to(&people[0], &group, last_said(&group).created_at_us);
    expect_read_up_to(&people[1], &group, CRUDDUR_TIME_UNKNOWN);
    test_check(&store);
}

Test(reading, who_writes_has_read_all_before)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    say_at(&test_ann, &group, "m1", AT_SECOND(1));
    expect_unread(&test_bob, &group, 2);
    expect_unread(&test_ann, &group, 0);
    say_at(&test_bob, &group, "m2", AT_SECOND(2));
    expect_unread(&test_bob, &group, 0);
    expect_unread(&test_ann, &group, 1);
    expect_read_up_to(&test_bob, &group, AT_SECOND(2));
    expect_read_up_to(&test_ann, &group, AT_SECOND(1));
    test_check(&store);
}

/* Where a processor moves rows past several messages, an author's own raises the marker. */
Test(reading, who_writes_between_others_has_read_up_to_there)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    say_at(&test_ann, &group, "m1", AT_SECOND(1));
    say_at(&test_bob, &group, "m2", AT_SECOND(2));
    say_at(&test_ann, &group, "m3", AT_SECOND(3));
    expect_unread(&test_bob, &group, 1);
    expect_read_up_to(&test_bob, &group, AT_SECOND(2));
    expect_unread(&test_ann, &group, 0);
    test_check(&store);
}

Test(reading, a_repeat_leaves_the_marker)
{
    needs_transactions();
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    char uuid[CRUDDUR_UUID_SIZE];
    must_succeed(cruddur_uuid_v4(uuid, TEST_ERROR));
    options.message_uuid = uuid;
    options.created_at_us = AT_SECOND(1);
    for (int i = 0; i < 2; i++) {
        must_succeed(
            cruddur_msg_append(store.dm, &test_ann, group.text, "m1", &options, NULL, TEST_ERROR));
        expect_unread(&test_bob, &group, i == 0 ? 2 : 0);
        mark_read(&test_bob, &group, NULL);
    }
    expect_unread(&test_bob, &group, 0);
    test_check(&store);
}

/* ---- marking as read ---- */

Test(reading, marks_all_or_up_to_a_message)
{
    needs_transactions();
    talk with = open_talk();
    say_at(&test_ann, &with.group, "m6", AT_SECOND(6));
    expect_unread(&test_bob, &with.group, 1);
    mark_unread(&test_bob, &with.group, &with.msg[0]);
    expect_unread(&test_bob, &with.group, 4); /* m0, m2, m4, m6 */
    mark_read(&test_bob, &with.group, &with.msg[2]);
    expect_unread(&test_bob, &with.group, 2);
    expect_read_up_to(&test_bob, &with.group, AT_SECOND(2));
    mark_read(&test_bob, &with.group, &with.msg[3]); /* his own */
    expect_unread(&test_bob, &with.group, 2);
    expect_read_up_to(&test_bob, &with.group, AT_SECOND(3));
    mark_read(&test_bob, &with.group, NULL);
    expect_unread(&test_bob, &with.group, 0);
    expect_read_up_to(&test_bob, &with.group, AT_SECOND(6));
    expect_unread(&test_ann, &with.group, 0); /* who wrote last */
    test_check(&store);
}

Test(reading, the_marker_moves_forward_only)
{
    needs_transactions();
    talk with = open_talk();
    mark_read(&test_ann, &with.group, NULL);
    test_report before = test_check_summary(&store);
    mark_read(&test_ann, &with.group, &with.msg[1]);
    mark_read(&test_ann, &with.group, NULL);
    expect_read_up_to(&test_ann, &with.group, AT_SECOND(COUNT - 1));
    cr_assert_str_eq(test_check_summary(&store).text, before.text); /* nothing was written */
}

Test(reading, marks_as_unread)
{
    needs_transactions();
    talk with = open_talk();
    mark_read(&test_ann, &with.group, NULL);
    mark_unread(&test_ann, &with.group, &with.msg[3]);
    expect_unread(&test_ann, &with.group, 2); /* m3, m5 */
    expect_read_up_to(&test_ann, &with.group, AT_SECOND(2));
    mark_unread(&test_ann, &with.group, &with.msg[4]); /* is unread already */
    expect_unread(&test_ann, &with.group, 2);
    mark_unread(&test_ann, &with.group, &with.msg[0]);
    expect_unread(&test_ann, &with.group, 3);
    expect_read_up_to(&test_ann, &with.group, CRUDDUR_TIME_UNKNOWN);
    mark_unread(&test_bob, &with.group, &with.msg[4]);
    expect_unread(&test_bob, &with.group, 1);
    say_at(&test_bob, &with.group, "m6", AT_SECOND(6));
    expect_unread(&test_bob, &with.group, 0);
    expect_unread(&test_ann, &with.group, 4);
    test_check(&store);
}

/* A message that has not reached the rows yet, in mode `stream`, is one like the others. */
Test(reading, marks_at_once_after_messages)
{
    needs_transactions();
    talk with = open_talk();
    test_store_settle(&store);
    said last = say_named(&test_bob, &with.group, "m6", AT_SECOND(6));
    say_at(&test_ann, &with.group, "m7", AT_SECOND(7));
    say_at(&test_bob, &with.group, "m8", AT_SECOND(8));
    mark_read(&test_ann, &with.group, &last);
    expect_unread(&test_ann, &with.group, 1);
    say_at(&test_bob, &with.group, "m9", AT_SECOND(9));
    mark_unread(&test_bob, &with.group, &last);
    expect_unread(&test_bob, &with.group, 1); /* m7, which his own m8 and m9 follow */
    say_at(&test_bob, &with.group, "m10", AT_SECOND(10));
    mark_read(&test_ann, &with.group, NULL);
    expect_unread(&test_ann, &with.group, 0);
    test_check(&store);
}

Test(reading, returns_the_group_as_it_is_then)
{
    needs_transactions();
    talk with = open_talk();
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    cruddur_group *group = NULL;
    test_store_settle(&store);
    options.unread_from_message_uuid = with.msg[1].uuid;
    options.unread_from_created_at_us = with.msg[1].created_at_us;
    must_succeed(cruddur_group_mark_read(store.dm, test_ann.uuid, with.group.text, &options, &group,
                                         TEST_ERROR));
    cr_assert_eq(cruddur_group_unread_count(group), 3);
    cr_assert(cruddur_group_unread_is_exact(group));
    cr_assert_eq(cruddur_group_read_up_to_us(group), AT_SECOND(0));
    cr_assert_str_eq(cruddur_group_uuid(group), with.group.text);
    cr_assert_str_eq(cruddur_group_text(group), "m5");
    cruddur_group_free(group);
    must_succeed(cruddur_group_mark_read(store.dm, test_ann.uuid, with.group.text, NULL, &group,
                                         TEST_ERROR));
    cr_assert_eq(cruddur_group_unread_count(group), 0);
    cruddur_group_free(group);
    test_check(&store);
}

/* ---- what counts ---- */

Test(reading, deleted_and_expired_messages_do_not_count)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    said second = say_named(&test_ann, &group, "m1", AT_SECOND(1));
    options.created_at_us = AT_SECOND(2);
    options.expires_in_s = 1; /* long ago */
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "m2", &options, NULL, TEST_ERROR));
    say_at(&test_ann, &group, "m3", AT_SECOND(3));
    expect_unread(&test_bob, &group, 3);
    needs_transactions();
    delete_it(&test_ann, &group, &second, true);
    expect_unread(&test_bob, &group, 2);
    test_check(&store);
}

/* ---- waves ---- */

/* In mode stream the row may be anywhere. */
Test(reading, marking_takes_two_waves)
{
    needs_transactions();
    open_counting();
    talk with = open_talk();
    cruddur_group *group = NULL;
    uint32_t most = test_store_is_streamed(&store) ? 3 : 2;
    test_store_settle(&store);
    mark_unread(&test_ann, &with.group, &with.msg[0]);
    cr_assert_leq(waves_of_last(), most + 1, "%u waves", waves_of_last());
    mark_read(&test_ann, &with.group, &with.msg[2]);
    cr_assert_leq(waves_of_last(), most, "%u waves", waves_of_last());
    must_succeed(cruddur_group_mark_read(store.dm, test_ann.uuid, with.group.text, NULL, &group,
                                         TEST_ERROR));
    cr_assert_leq(waves_of_last(), most, "%u waves", waves_of_last());
    cruddur_group_free(group);
    mark_read(&test_ann, &with.group, NULL); /* is so already */
    cr_assert_leq(waves_of_last(), 2, "%u waves", waves_of_last());
    test_check(&store);
}

/* ---- races ---- */

#define ROUNDS 12

/* Threads do not assert: they count what went wrong. */
typedef struct worker {
    pthread_t thread;
    const group_id *group;
    int failures;
} worker;

static void *send_all(void *argument)
{
    worker *self = argument;
    for (int i = 0; i < ROUNDS; i++) {
        self->failures += cruddur_msg_append(store.dm, &test_ann, self->group->text, "x", NULL,
                                             NULL, NULL) == CRUDDUR_OK
                              ? 0
                              : 1;
    }
    return NULL;
}

/* Each marks what it has seen as the newest, maybe late. */
static void *mark_all(void *argument)
{
    worker *self = argument;
    int64_t seen_us = CRUDDUR_TIME_UNKNOWN;
    for (int i = 0; i < ROUNDS; i++) {
        cruddur_msg_page *page = NULL;
        cruddur_group *group = NULL;
        cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
        cruddur_list_options newest = from_newest(3);
        bool is_good = cruddur_msg_list(store.dm, test_bob.uuid, self->group->text, &newest, &page,
                                        NULL) == CRUDDUR_OK;
        const cruddur_msg *last =
            is_good ? cruddur_msg_page_at(page, cruddur_msg_page_count(page) - 1) : NULL;
        options.up_to_message_uuid = is_good ? cruddur_msg_uuid(last) : NULL;
        options.up_to_created_at_us = is_good ? cruddur_msg_created_at_us(last) : 0;
        is_good = is_good && cruddur_group_mark_read(store.dm, test_bob.uuid, self->group->text,
                                                     &options, &group, NULL) == CRUDDUR_OK;
        int64_t now_us = is_good ? cruddur_group_read_up_to_us(group) : 0;
        is_good = is_good && now_us >= seen_us && now_us >= options.up_to_created_at_us;
        self->failures += is_good ? 0 : 1;
        seen_us = now_us;
        cruddur_group_free(group);
        cruddur_msg_page_free(page);
    }
    return NULL;
}

Test(reading, a_race_never_moves_a_marker_back)
{
    needs_transactions();
    static void *(*const work[])(void *) = {send_all, mark_all, mark_all};
    worker workers[3];
    group_id group = open_direct(&test_ann, &test_bob, "first");
    for (size_t i = 0; i < 3; i++) {
        workers[i] = (worker){.group = &group};
        cr_assert_eq(pthread_create(&workers[i].thread, NULL, work[i], &workers[i]), 0);
    }
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(pthread_join(workers[i].thread, NULL), 0);
    }
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(workers[i].failures, 0, "thread %zu: %d failures", i, workers[i].failures);
    }
    mark_read(&test_bob, &group, NULL);
    expect_unread(&test_bob, &group, 0);
    test_check(&store);
}
