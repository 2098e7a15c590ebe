/* SPDX-License-Identifier: MIT */
/* Scenes of watches whose viewer is removed, and of groups whose newest message is gone.
 * CRUDDUR_TEST_STORY=1 tells what is requested. */
#include "../aws/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messaging/append.h"
#include "messaging/edit.h"
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

static cr_poll *watch(const cr_watch_wish *wish)
{
    cruddur_error *error = NULL;
    cr_poll *poll = NULL;
    cr_call call = sim_call(&error);
    cr_assert_eq(cr_poll_begin(all.atomic, wish, NULL, &call, &poll), CRUDDUR_OK);
    return poll;
}

static cr_poll *watch_inbox(void)
{
    const cr_watch_wish wish = {.is_inbox = true,
                                .subject = all.person[XIA],
                                .interval_min_us = 1000000,
                                .interval_max_us = 10000000};
    return watch(&wish);
}

static cr_poll *watch_group(void)
{
    const cr_watch_wish wish = {.subject = all.group,
                                .has_viewer = true,
                                .viewer = all.person[XIA],
                                .interval_min_us = 1000000,
                                .interval_max_us = 10000000};
    return watch(&wish);
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

static void edit_second(const char *text)
{
    bool is_changed;
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    const cr_edit edit = {.kind = CR_EDIT_TEXT,
                          .group = all.group,
                          .name = second,
                          .user = &all.person[ANN],
                          .text = cr_str_of(text)};
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
    edit_second("secret");
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
        edit_second("edited");
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
    cr_assert_eq(cr_append(all.atomic, &draft, &call, &row), CRUDDUR_OK);
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
