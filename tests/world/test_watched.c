/* SPDX-License-Identifier: MIT */
/* Scenes of watches whose viewer is removed, of groups whose newest message is gone, and of an
 * inbox with a row that was left behind. CRUDDUR_TEST_STORY=1 tells what is requested. */
#include "../aws/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listing/list.h"
#include "messaging/append.h"
#include "messaging/edit.h"
#include "messaging/mark.h"
#include "model/expiry.h"
#include "watch/poll.h"
#include "watch/tracked.h"
#include "world/scene.h"

TestSuite(watched, .timeout = 60);

#define TOLD_MAX 1024

static scene all;
static cr_message_name second;
static char told[TOLD_MAX]; /* the events of the latest look: "kind:text kind:text " */

static void begin(void)
{
    sim_tell_story(getenv("CRUDDUR_TEST_STORY") != NULL);
    scene_begin(&all, 1);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    second.uuid = scene_uuid(&all);
    cr_assert_eq(scene_send(&all, all.atomic, ANN, "second", &second.uuid), CRUDDUR_OK);
    cr_assert(cr_time_parse(cr_str_of(all.last_sk), &second.created_at_us));
}

static void end(void)
{
    scene_end(&all);
}

/* ---- looks ---- */

static void take_events(cr_event_list *events)
{
    size_t size = 0;
    told[0] = '\0';
    for (cruddur_event *event; (event = cr_event_list_take(events)) != NULL;) {
        size += (size_t)snprintf(
            told + size, sizeof(told) - size, "%s:%s ", cruddur_event_kind_name(event->kind),
            event->msg == NULL ? "" : cr_packed_get_or_empty(event->msg, CR_TEXT));
        cr_assert_lt(size, sizeof(told));
        cr_event_free(event);
    }
}

static cr_poll *watch(const cr_watch_wish *wish, const cr_place *from)
{
    cruddur_error *error = NULL;
    cr_poll *poll = NULL;
    cr_call call = sim_call(&error);
    cr_assert_eq(cr_poll_begin(all.atomic, wish, from, &call, &poll), CRUDDUR_OK);
    return poll;
}

static cr_poll *watch_inbox_from(const cr_place *from)
{
    const cr_watch_wish wish = {.is_inbox = true,
                                .subject = all.person[XIA],
                                .interval_min_us = 1000000,
                                .interval_max_us = 10000000};
    return watch(&wish, from);
}

static cr_poll *watch_inbox(void)
{
    return watch_inbox_from(NULL);
}

static cr_poll *watch_group(void)
{
    const cr_watch_wish wish = {.subject = all.group,
                                .has_viewer = true,
                                .viewer = all.person[XIA],
                                .interval_min_us = 1000000,
                                .interval_max_us = 10000000};
    return watch(&wish, NULL);
}

static const char *look_at(cr_poll *poll)
{
    cr_look look;
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    cr_assert_eq(cr_poll_look(poll, NULL, 0, true, &call, &look), CRUDDUR_OK);
    take_events(&look.events);
    cruddur_error_free(error);
    return told;
}

static const char *look_at_tracked(cr_tracked *tracked, bool begins)
{
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    cr_tracked_look look = {.tracked = tracked, .viewer = &all.person[XIA], .begins = begins};
    cr_assert_eq(cr_tracked_read(all.atomic, &look, &call), CRUDDUR_OK);
    take_events(&look.events);
    cruddur_error_free(error);
    return told;
}

/* ---- deeds ---- */

static void change_second(cr_edit_kind kind, const char *text)
{
    bool is_changed;
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    const cr_edit edit = {.kind = kind,
                          .group = all.group,
                          .name = second,
                          .user = &all.person[ANN],
                          .text = text == NULL ? CR_STR_ABSENT : cr_str_of(text)};
    cr_call call = sim_call(&error);
    cr_assert_eq(cr_edit_message(all.atomic, &edit, &call, &row, &is_changed), CRUDDUR_OK);
    free(row);
    cruddur_error_free(error);
}

static void send(const char *text)
{
    cr_assert_eq(scene_send(&all, all.atomic, ANN, text, NULL), CRUDDUR_OK);
}

static void remove_xia(void)
{
    cr_assert_eq(scene_remove(&all, all.atomic, ANN, XIA), CRUDDUR_OK);
}

static void add_xia(bool with_history)
{
    cr_assert_eq(scene_add(&all, all.atomic, ANN, XIA, with_history), CRUDDUR_OK);
}

/* ---- who is removed, and added again ---- */

Test(watched, an_inbox_goes_on_where_it_lost_a_group, .init = begin, .fini = end)
{
    cr_poll *poll = watch_inbox();
    send("third");
    cr_expect_str_eq(look_at(poll), "message:third ");
    remove_xia();
    cr_expect_str_eq(look_at(poll), "member-removed: ");
    send("secret");
    cr_assert_eq(scene_rename(&all, all.atomic, ANN, "while away"), CRUDDUR_OK);
    cr_expect_str_eq(look_at(poll), "");
    add_xia(false);
    cr_expect_str_eq(look_at(poll), "member-added: ");
    send("fourth");
    cr_expect_str_eq(look_at(poll), "message:fourth ");
    remove_xia();
    cr_expect_str_eq(look_at(poll), "member-removed: ");
    send("fifth");
    add_xia(true);
    cr_expect_str_eq(look_at(poll), "message:fifth member-added: ");
    cr_poll_free(poll);
}

Test(watched, an_inbox_does_not_tell_what_came_between_two_looks, .init = begin, .fini = end)
{
    cr_poll *poll = watch_inbox();
    remove_xia();
    send("secret");
    cr_assert_eq(scene_rename(&all, all.atomic, ANN, "while away"), CRUDDUR_OK);
    add_xia(false);
    cr_expect_str_eq(look_at(poll), "member-removed: member-added: ");
    cr_poll_free(poll);
}

/* More changes than one look tells of. */
#define MANY 300

Test(watched, an_inbox_does_not_tell_many_changes_in_between, .init = begin, .fini = end)
{
    cr_poll *poll = watch_inbox();
    remove_xia();
    cr_expect_str_eq(look_at(poll), "member-removed: ");
    for (int i = 0; i < MANY; i++) {
        cr_assert_eq(scene_rename(&all, all.atomic, ANN, i % 2 == 0 ? "one" : "two"), CRUDDUR_OK);
    }
    add_xia(false);
    cr_expect_str_eq(look_at(poll), "");
    cr_expect_str_eq(look_at(poll), "member-added: ");
    cr_poll_free(poll);
}

/* A message that came long ago, by its time: a watch that goes on by time looks for later keys. */
static void send_late(const char *text)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    const cr_draft draft = {.author = {.uuid = all.person[ANN]},
                            .group = all.group,
                            .text = cr_str_of(text),
                            .uuid = scene_uuid(&all),
                            .created_at_us = second.created_at_us + 1000000,
                            .lasts_s = CR_EXPIRES_NEVER};
    cr_assert_eq(cr_append(all.atomic, &(cr_send){.draft = &draft}, &call, &row), CRUDDUR_OK);
    free(row);
    cruddur_error_free(error);
}

#define DAY_US INT64_C(86400000000)

/* A watch that went on a day after the latest message. */
static cr_poll *go_on_a_day_later(void)
{
    cr_place from;
    sim_advance(DAY_US);
    cr_poll *poll = watch_inbox();
    cr_poll_place(poll, &from);
    cr_poll_free(poll);
    return watch_inbox_from(&from);
}

/* Removed, a late message, added again: before the first look, and after looks at each of these. */
static void be_away_meanwhile(bool looks, bool with_history, const char *events)
{
    begin();
    cr_poll *poll = go_on_a_day_later();
    cr_expect_str_eq(look_at(poll), "");
    remove_xia();
    if (looks) {
        cr_expect_str_eq(look_at(poll), "member-removed: ");
    }
    send_late("late");
    if (looks) {
        cr_expect_str_eq(look_at(poll), "");
    }
    cr_assert_eq(scene_rename(&all, all.atomic, ANN, "while away"), CRUDDUR_OK);
    add_xia(with_history);
    cr_expect_str_eq(look_at(poll), events);
    cr_expect_str_eq(look_at(poll), "");
    cr_poll_free(poll);
    end();
}

Test(watched, a_late_message_of_a_time_without_the_viewer_is_told_if_it_is_in_the_history)
{
    be_away_meanwhile(false, false, "member-removed: member-added: ");
    be_away_meanwhile(false, true, "member-removed: message:late member-added: ");
    be_away_meanwhile(true, false, "member-added: ");
    be_away_meanwhile(true, true, "message:late member-added: ");
}

/* The look that finds the removal comes after the late message. */
Test(watched, a_late_message_before_the_removal_is_seen_is_told_afterwards, .init = begin,
     .fini = end)
{
    cr_poll *poll = go_on_a_day_later();
    cr_expect_str_eq(look_at(poll), "");
    remove_xia();
    send_late("late");
    cr_expect_str_eq(look_at(poll), "member-removed: ");
    add_xia(true);
    cr_expect_str_eq(look_at(poll), "message:late member-added: ");
    cr_poll_free(poll);
}

Test(watched, a_late_message_is_told_once, .init = begin, .fini = end)
{
    sim_advance(DAY_US);
    cr_poll *poll = watch_inbox();
    send_late("late");
    cr_expect_str_eq(look_at(poll), "message:late ");
    cr_expect_str_eq(look_at(poll), "");
    cr_poll_free(poll);
}

/* ---- a member's own settings, and a message after them ---- */

static void pin(void)
{
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    const cr_settings settings = {
        .group = &all.group, .member = &all.person[XIA], .archived = CR_KEEP, .pinned = CR_ON};
    cr_assert_eq(cr_set(all.atomic, &settings, &call, NULL), CRUDDUR_OK);
    cruddur_error_free(error);
}

static void mark(void)
{
    static const cr_message_arguments arguments = {"message_uuid", "created_at_us"};
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    const cr_marking marking = {
        .group = &all.group, .member = &all.person[XIA], .arguments = &arguments};
    cr_assert_eq(cr_mark(all.atomic, &marking, &call, NULL), CRUDDUR_OK);
    cruddur_error_free(error);
}

Test(watched, a_setting_is_told_although_a_message_has_moved_its_row, .init = begin, .fini = end)
{
    cr_poll *poll = watch_inbox();
    pin();
    send("third");
    cr_expect_str_eq(look_at(poll), "group-changed: message:third ");
    mark();
    send("fourth");
    cr_expect_str_eq(look_at(poll), "read: message:fourth ");
    send("fifth");
    cr_expect_str_eq(look_at(poll), "message:fifth ");
    cr_poll_free(poll);
}

/* What others have read is told behind the messages of the same look, and its place is, too. */
Test(watched, a_marker_has_the_place_of_its_look, .init = begin, .fini = end)
{
    cr_look look;
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    cr_poll *poll = watch_group();
    send("third");
    cr_assert_eq(cr_poll_look(poll, NULL, 0, true, &call, &look), CRUDDUR_OK);
    cr_assert_not_null(look.events.last);
    cr_expect_eq(look.events.last->kind, CRUDDUR_EVENT_READ);
    cr_expect_str_eq(cr_kept_key_str(&look.events.last->place.low).data, all.last_sk);
    cr_event_list_free(&look.events);
    cr_poll_free(poll);
}

static void edit_without_xia(void *context)
{
    (void)context;
    remove_xia();
    change_second(CR_EDIT_TEXT, "secret");
}

static void send_without_xia(void *context)
{
    (void)context;
    remove_xia();
    send("secret");
}

/* An edit that was not told yet, and another after the removal. */
Test(watched, an_edit_is_told_as_it_was_for_the_viewer)
{
    for (unsigned number = 1; number < 7; number++) {
        begin();
        cr_tracked tracked = {.group = all.group};
        (void)look_at_tracked(&tracked, true);
        change_second(CR_EDIT_TEXT, "edited");
        scene_plan plan = {.number = number, .counts_reads = true, .meanwhile = edit_without_xia};
        scene_script(&plan);
        const char *events = look_at_tracked(&tracked, false);
        scene_script(NULL);
        cr_expect_null(strstr(events, "secret"), "before %u: %s", number, events);
        cr_tracked_free(&tracked);
        end();
    }
}

Test(watched, who_was_removed_learns_of_no_reading)
{
    for (unsigned number = 1; number < 6; number++) {
        begin();
        cr_poll *poll = watch_group();
        scene_plan plan = {.number = number, .counts_reads = true, .meanwhile = send_without_xia};
        scene_script(&plan);
        const char *events = look_at(poll);
        scene_script(NULL);
        cr_expect_null(strstr(events, "read:"), "before %u: %s", number, events);
        cr_expect_null(strstr(events, "secret"), "before %u: %s", number, events);
        cr_poll_free(poll);
        end();
    }
}

/* ---- a newest message that has gone ---- */

Test(watched, messages_before_one_that_has_gone_are_told, .init = begin, .fini = end)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    cr_tracked tracked = {.group = all.group};
    const cr_draft draft = {.author = {.uuid = all.person[ANN]},
                            .group = all.group,
                            .text = cr_str_of("short"),
                            .uuid = scene_uuid(&all),
                            .lasts_s = 1};
    (void)look_at_tracked(&tracked, true);
    send("third");
    cr_assert_eq(cr_append(all.atomic, &(cr_send){.draft = &draft}, &call, &row), CRUDDUR_OK);
    sim_advance(5000000);
    cr_pk pk = cr_pk_of_group(&all.group);
    const cr_key key = {cr_pk_str(&pk), cr_str_of(cr_packed_get_or_empty(row, CR_SK))};
    sim_table_remove(key, SIM_NO_JOB);
    cr_expect_str_eq(look_at_tracked(&tracked, false), "message:third ");
    cr_expect_str_eq(look_at_tracked(&tracked, false), "");
    send("fourth");
    cr_expect_str_eq(look_at_tracked(&tracked, false), "message:fourth ");
    cr_tracked_free(&tracked);
    free(row);
    cruddur_error_free(error);
}

/* ---- a row that was left behind ---- */

static bool shows(const cr_page *page, const char *text)
{
    bool is_shown = false;
    for (size_t i = 0; i < page->count; i++) {
        is_shown =
            is_shown || strcmp(cr_packed_get_or_empty(cr_page_at(page, i), CR_TEXT), text) == 0;
    }
    return is_shown;
}

/* Bob's inbox from the oldest group on, one a page at first. */
static bool is_in_inbox(const char *text, size_t limit)
{
    cr_page *page = NULL;
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    const cr_listing listing = {.limit = limit,
                                .from_oldest = true,
                                .since_us = CRUDDUR_SINCE_ALWAYS,
                                .until_us = CRUDDUR_UNTIL_FOREVER};
    cr_assert_eq(cr_list_groups(all.atomic, &all.person[BOB], &listing, &call, &page), CRUDDUR_OK);
    bool is_shown = shows(page, text);
    free(page);
    cruddur_error_free(error);
    return is_shown;
}

/* A program in steps dies with its message stored and the rows at the one before not removed. That
 * one is deleted: its text is in no inbox then, also where a page has the row left behind and not
 * the newer one. */
static bool delete_beside_two_rows(size_t death)
{
    begin();
    const cr_uuid group = all.group;
    all.group = scene_uuid(&all);
    cr_assert_eq(scene_open(&all, ANN, "another group", NULL), CRUDDUR_OK);
    all.group = group;
    scene_plan plan = {.counts_reads = true, .death = death};
    scene_script(&plan);
    (void)scene_send(&all, all.steps[0], ANN, "third", NULL);
    scene_script(NULL);
    sim_revive();
    bool is_it = scene_count("third") == 1 && scene_rows(&all, BOB, false) == 2;
    if (is_it) {
        change_second(CR_EDIT_DELETE, NULL);
        cr_expect(!is_in_inbox("second", 1), "death at %zu", death);
        cr_expect(!is_in_inbox("second", 20), "death at %zu", death);
    }
    end();
    return is_it;
}

Test(watched, a_deletion_beside_a_row_that_was_left_behind)
{
    size_t played = 0;
    for (size_t death = 1; death <= 16; death++) {
        played += delete_beside_two_rows(death) ? 1 : 0;
    }
    cr_expect_gt(played, 0u);
}
