/* SPDX-License-Identifier: MIT */
/* Warm calls with writers=ours that know where rows are: a page that is read together with the
 * viewer's row, and a mark up to a message that is not read. */
#include "../aws/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listing/list.h"
#include "messaging/mark.h"
#include "model/expiry.h"
#include "model/marker.h"
#include "world/scene.h"

TestSuite(warm, .timeout = 60);

#define LIMIT 20
/* So many worlds, as requests that are under way together are answered in any order. */
#define WORLDS 24
#define TEXT_MAX 64

static scene all;
static cr_store *ours;
static cr_message_name second; /* a message */

/* The handle is sure of the group. */
static void begin_world(uint64_t seed)
{
    sim_tell_story(getenv("CRUDDUR_TEST_STORY") != NULL);
    scene_begin(&all, seed);
    ours = sim_store_open_ours();
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    second.uuid = scene_uuid(&all);
    cr_assert_eq(scene_send(&all, ours, ANN, "second", &second.uuid), CRUDDUR_OK);
    cr_assert(cr_time_parse(cr_str_of(all.last_sk), &second.created_at_us));
    cr_assert_eq(scene_send(&all, ours, ANN, "third", NULL), CRUDDUR_OK);
}

static void begin(void)
{
    begin_world(1);
}

static void end(void)
{
    sim_store_close(ours);
    scene_end(&all);
}

/* ---- pages ---- */

/* What a page came to. */
typedef struct shown {
    cruddur_status status;
    cr_meter meter;
    size_t count;
    char newest[TEXT_MAX];
} shown;

static shown list_from(size_t viewer, bool from_oldest)
{
    cruddur_error *error = NULL;
    cr_page *page = NULL;
    cr_call call = sim_call(&error);
    const cr_listing listing = {.limit = LIMIT,
                                .from_oldest = from_oldest,
                                .since_us = CRUDDUR_SINCE_ALWAYS,
                                .until_us = CRUDDUR_UNTIL_FOREVER};
    shown now = {.newest = ""};
    now.status = cr_list_messages(ours, &all.person[viewer], &all.group, &listing, &call, &page);
    now.meter = call.meter;
    if (page != NULL) {
        now.count = page->count;
        (void)snprintf(now.newest, sizeof(now.newest), "%s",
                       page->count == 0 ? ""
                                        : cr_packed_get_or_empty(cr_page_at(page, 0), CR_TEXT));
    }
    free(page);
    cruddur_error_free(error);
    return now;
}

static shown list_for(size_t viewer)
{
    return list_from(viewer, false);
}

Test(warm, a_page_is_one_wave, .init = begin, .fini = end)
{
    shown now = list_for(BOB);
    cr_assert_eq(now.status, CRUDDUR_OK);
    cr_expect_eq(now.count, 3u);
    cr_expect_str_eq(now.newest, "third");
    cr_expect_eq(now.meter.waves, 1u);
    cr_expect_eq(now.meter.requests, 2u);
    cr_expect_eq(now.meter.guesses, 1u);
    cr_expect_eq(now.meter.guesses_wrong, 0u);
}

/* The viewer's row has moved since. */
Test(warm, a_page_after_another_handle, .init = begin, .fini = end)
{
    cr_assert_eq(scene_send(&all, all.atomic, XIA, "between", NULL), CRUDDUR_OK);
    shown now = list_for(BOB);
    cr_assert_eq(now.status, CRUDDUR_OK);
    cr_expect_eq(now.count, 4u);
    cr_expect_str_eq(now.newest, "between");
    cr_expect_eq(now.meter.waves, 2u);
    cr_expect_eq(now.meter.guesses_wrong, 1u);
}

Test(warm, a_page_for_one_who_was_removed, .init = begin, .fini = end)
{
    cr_assert_eq(scene_remove(&all, all.atomic, ANN, XIA), CRUDDUR_OK);
    cr_expect_eq(list_for(XIA).status, CRUDDUR_E_GROUP_NOT_FOUND);
    cr_assert_eq(scene_add(&all, all.atomic, ANN, XIA, false), CRUDDUR_OK);
    shown now = list_for(XIA);
    cr_assert_eq(now.status, CRUDDUR_OK);
    cr_expect_eq(now.count, 0u, "it was before the member's history");
}

static void write_without_xia(void *context)
{
    (void)context;
    cr_assert_eq(scene_remove(&all, all.atomic, ANN, XIA), CRUDDUR_OK);
    cr_assert_eq(scene_send(&all, all.atomic, ANN, "secret", NULL), CRUDDUR_OK);
}

static void write_and_add_again(void *context)
{
    write_without_xia(context);
    cr_assert_eq(scene_add(&all, all.atomic, ANN, XIA, false), CRUDDUR_OK);
}

/* From the oldest on, so that the page is another request than the head, before the last of which
 * something happens. */
static shown list_meanwhile(uint64_t seed, void (*meanwhile)(void *context))
{
    begin_world(seed);
    scene_plan plan = {.number = 3, .counts_reads = true, .meanwhile = meanwhile};
    scene_script(&plan);
    shown now = list_from(XIA, true);
    scene_script(NULL);
    end();
    return now;
}

/* Between the requests of the page the viewer goes, and something is said. */
Test(warm, nothing_is_shown_of_a_time_without_the_viewer)
{
    size_t wrong = 0;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        shown gone = list_meanwhile(seed, write_without_xia);
        shown back = list_meanwhile(seed, write_and_add_again);
        cr_expect_str_neq(gone.newest, "secret", "%u", (unsigned)seed);
        cr_expect_str_neq(back.newest, "secret", "%u", (unsigned)seed);
        cr_expect_eq(back.status, CRUDDUR_OK);
        wrong += back.meter.guesses_wrong;
    }
    cr_expect_gt(wrong, 0u);
}

/* ---- marks ---- */

static cr_meter mark_up_to(const cr_message_name *name, cruddur_status wanted)
{
    static const cr_message_arguments arguments = {"message_uuid", "created_at_us"};
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    const cr_marking marking = {
        .group = &all.group, .member = &all.person[BOB], .message = name, .arguments = &arguments};
    cruddur_status status = cr_mark(ours, &marking, &call, NULL);
    cr_expect_eq(status, wanted, "%s", cruddur_error_message(error));
    cruddur_error_free(error);
    return call.meter;
}

/* Where Bob has read to. */
static void expect_marker(const char *sk)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_pk pk = cr_pk_of_member(&all.person[BOB]);
    const sim_item *item = sim_table_get((cr_key){cr_pk_str(&pk), cr_str_of(all.last_sk)});
    cr_assert_not_null(item);
    cr_row row = sim_row_of(item, &arena);
    cr_expect(cr_str_equal(cr_row_marker(&row), cr_str_of(sk)), "%.*s instead of %s",
              CR_STR_ARGS(cr_row_marker(&row)), sk);
    cr_arena_free(&arena);
}

static void expect_marked_second(void)
{
    cr_sort_key key;
    char sk[CRUDDUR_TIME_SIZE] = "";
    cr_assert(cr_time_format(second.created_at_us, &key));
    (void)snprintf(sk, sizeof(sk), "%.*s", CR_STR_ARGS(cr_sort_key_str(&key)));
    expect_marker(sk);
}

Test(warm, a_mark_up_to_a_message_is_one_request, .init = begin, .fini = end)
{
    cr_assert_eq(scene_send(&all, ours, ANN, "fourth", NULL), CRUDDUR_OK);
    cr_meter meter = mark_up_to(&second, CRUDDUR_OK);
    cr_expect_eq(meter.requests, 1u);
    cr_expect_eq(meter.waves, 1u);
    cr_expect_eq(meter.guesses_wrong, 0u);
    expect_marked_second();
    meter = mark_up_to(&second, CRUDDUR_OK);
    cr_expect_gt(meter.requests, 1u, "nothing is to be written, so it is read");
    expect_marked_second();
}

/* The uuid, or the time, is that of no message: the answer is as without a guess. */
Test(warm, a_mark_up_to_no_message, .init = begin, .fini = end)
{
    cr_message_name other = second;
    cr_assert_eq(scene_send(&all, ours, ANN, "fourth", NULL), CRUDDUR_OK);
    other.uuid = scene_uuid(&all);
    cr_meter meter = mark_up_to(&other, CRUDDUR_E_MESSAGE_NOT_FOUND);
    cr_expect_eq(meter.guesses_wrong, 1u);
    cr_assert_eq(scene_send(&all, ours, ANN, "fifth", NULL), CRUDDUR_OK);
    cr_assert_eq(scene_send(&all, ours, ANN, "sixth", NULL), CRUDDUR_OK);
    other = second;
    other.created_at_us++;
    (void)mark_up_to(&other, CRUDDUR_E_MESSAGE_NOT_FOUND);
    expect_marker(CR_READ_NOTHING);
}

static void move_rows(void *context)
{
    (void)context;
    cr_assert_eq(scene_send(&all, all.atomic, XIA, "between", NULL), CRUDDUR_OK);
}

/* Another handle moves the row at that moment. */
Test(warm, a_mark_that_meets_a_message, .init = begin, .fini = end)
{
    scene_plan plan = {.number = 1, .meanwhile = move_rows};
    cr_assert_eq(scene_send(&all, ours, ANN, "fourth", NULL), CRUDDUR_OK);
    scene_script(&plan);
    cr_meter meter = mark_up_to(&second, CRUDDUR_OK);
    scene_script(NULL);
    cr_expect_eq(meter.guesses_wrong, 1u);
    expect_marked_second();
}

/* Its answer is lost: the mark is there once, and the call succeeds. */
Test(warm, a_mark_whose_answer_is_lost, .init = begin, .fini = end)
{
    scene_plan plan = {.number = 1, .fate = SIM_FATE_LOST};
    cr_assert_eq(scene_send(&all, ours, ANN, "fourth", NULL), CRUDDUR_OK);
    scene_script(&plan);
    (void)mark_up_to(&second, CRUDDUR_OK);
    scene_script(NULL);
    expect_marked_second();
}

/* To the member it was before the history, as in every other call. */
Test(warm, a_mark_up_to_a_message_before_the_history, .init = begin, .fini = end)
{
    cr_assert_eq(scene_remove(&all, ours, ANN, BOB), CRUDDUR_OK);
    cr_assert_eq(scene_add(&all, ours, ANN, BOB, false), CRUDDUR_OK);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(scene_send(&all, ours, ANN, "later", NULL), CRUDDUR_OK);
    }
    (void)mark_up_to(&second, CRUDDUR_E_MESSAGE_NOT_FOUND);
}
