/* SPDX-License-Identifier: MIT */
/* Warm calls that know where rows are. With writers=ours: a page that is read together with the
 * viewer's row, and a mark up to a message that is not read. In steps: appends and openings. */
#include "../aws/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listing/around.h"
#include "listing/list.h"
#include "messaging/edit.h"
#include "messaging/mark.h"
#include "model/card.h"
#include "model/expiry.h"
#include "model/marker.h"
#include "watch/tracked.h"
#include "world/scene.h"

TestSuite(warm, .timeout = 60);

#define LIMIT 20
/* So many worlds, as requests that are under way together are answered in any order. */
#define WORLDS 24
#define TEXT_MAX 64

static scene all;
static cr_store *ours;
static cr_message_name second; /* a message */
static sim_manners manners;    /* of the service, while a page is read */

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
    bool has_secret;
} shown;

static bool has_text(const cr_page *page, const char *text)
{
    bool is_there = false;
    for (size_t i = 0; i < page->count; i++) {
        is_there =
            is_there || strcmp(cr_packed_get_or_empty(cr_page_at(page, i), CR_TEXT), text) == 0;
    }
    return is_there;
}

/* Which page. */
typedef enum part { NEWEST, OLDEST, SINCE, AROUND, PARTS } part;

static shown list_part(cr_store *store, size_t viewer, part wanted)
{
    cruddur_error *error = NULL;
    cr_page *page = NULL;
    cr_call call = sim_call(&error);
    const cr_listing listing = {.limit = LIMIT,
                                .from_oldest = wanted == OLDEST,
                                .since_us = wanted == SINCE ? 1 : CRUDDUR_SINCE_ALWAYS,
                                .until_us = CRUDDUR_UNTIL_FOREVER,
                                .around = second};
    shown now = {.newest = ""};
    now.status = (wanted == AROUND ? cr_list_around : cr_list_messages)(
        store, &all.person[viewer], &all.group, &listing, &call, &page);
    now.meter = call.meter;
    if (page != NULL) {
        now.count = page->count;
        now.has_secret = has_text(page, "secret");
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
    return list_part(ours, viewer, NEWEST);
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

/* Who lists. */
typedef enum reader { BY_OURS, BY_ATOMIC, WITHOUT_A_CARD, BEHIND_THE_STREAM, READERS } reader;

/* As before there were cards. */
static void take_card(void)
{
    cr_card_pk pk = cr_card_pk_of(&all.group);
    sim_table_remove(cr_card_key(&pk), SIM_NO_JOB);
}

/* Before one of the requests something happens. */
static shown list_meanwhile(reader by, part wanted, uint64_t seed, unsigned number,
                            void (*meanwhile)(void *context))
{
    begin_world(seed);
    sim_service_set_manners(&manners);
    if (by == BEHIND_THE_STREAM) {
        cr_assert_eq(scene_send(&all, all.stream, ANN, "fourth", NULL), CRUDDUR_OK);
    }
    if (by == WITHOUT_A_CARD) {
        take_card();
    }
    cr_store *stores[READERS] = {ours, all.atomic, all.atomic, all.stream};
    scene_plan plan = {.number = number, .counts_reads = true, .meanwhile = meanwhile};
    scene_script(&plan);
    shown now = list_part(stores[by], XIA, wanted);
    scene_script(NULL);
    end();
    return now;
}

/* Between the requests of the page the viewer goes, and something is said. */
Test(warm, nothing_is_shown_of_a_time_without_the_viewer)
{
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        unsigned lists = (unsigned)READERS * PARTS;
        for (unsigned i = 0; i < lists * 5; i++) {
            reader by = (reader)(i % READERS);
            part wanted = (part)(i / READERS % PARTS);
            unsigned number = 1 + i / lists;
            shown gone = list_meanwhile(by, wanted, seed, number, write_without_xia);
            shown back = list_meanwhile(by, wanted, seed, number, write_and_add_again);
            cr_expect(!gone.has_secret, "%d, %d, before %u", (int)by, (int)wanted, number);
            cr_expect(!back.has_secret, "%d, %d, before %u", (int)by, (int)wanted, number);
            cr_expect(back.status == CRUDDUR_OK || wanted == AROUND, "%d, %d, before %u", (int)by,
                      (int)wanted, number);
        }
    }
}

/* The service answers each second key later: the viewer's row may be of before the card. */
Test(warm, nothing_is_shown_of_a_time_without_the_viewer_by_a_batch_in_parts)
{
    unsigned parts = 0;
    manners = (sim_manners){.unprocessed = 2};
    for (uint64_t seed = 1; seed <= 4 * WORLDS; seed++) {
        for (unsigned i = 0; i < PARTS * 8; i++) {
            part wanted = (part)(i % PARTS);
            unsigned number = 1 + i / PARTS;
            shown back = list_meanwhile(BY_ATOMIC, wanted, seed, number, write_and_add_again);
            cr_expect(!back.has_secret, "%u, %d, before %u", (unsigned)seed, (int)wanted, number);
            parts += back.meter.waves > 2 ? 1 : 0;
        }
    }
    cr_expect_gt(parts, 0u);
}

/* A look of a watch that the viewer has; whether it tells the secret. */
static bool look_tells(cr_store *store, cr_tracked *tracked, bool begins)
{
    bool is_told = false;
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    cr_tracked_look look = {.tracked = tracked, .viewer = &all.person[XIA], .begins = begins};
    cr_expect_eq(cr_tracked_read(store, &look, &call), CRUDDUR_OK);
    for (cruddur_event *event; (event = cr_event_list_take(&look.events)) != NULL;) {
        is_told = is_told || (event->msg != NULL &&
                              strcmp(cr_packed_get_or_empty(event->msg, CR_TEXT), "secret") == 0);
        cr_event_free(event);
    }
    cruddur_error_free(error);
    return is_told;
}

static void edit_second(const char *text)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    bool is_changed;
    cr_call call = sim_call(&error);
    const cr_edit edit = {.kind = CR_EDIT_TEXT,
                          .group = all.group,
                          .name = second,
                          .user = &all.person[ANN],
                          .text = cr_str_of(text)};
    cr_assert_eq(cr_edit_message(all.atomic, &edit, &call, &row, &is_changed), CRUDDUR_OK);
    free(row);
    cruddur_error_free(error);
}

static bool is_told_meanwhile(cr_store *const *store, uint64_t seed, unsigned number,
                              void (*meanwhile)(void *context))
{
    begin_world(seed);
    cr_tracked tracked = {.group = all.group};
    (void)look_tells(*store, &tracked, true);
    cr_assert_eq(scene_send(&all, all.atomic, ANN, "fourth", NULL), CRUDDUR_OK);
    cr_assert_eq(scene_rename(&all, all.atomic, ANN, "name"), CRUDDUR_OK);
    edit_second("edited");
    sim_service_set_manners(&manners);
    scene_plan plan = {.number = number, .counts_reads = true, .meanwhile = meanwhile};
    scene_script(&plan);
    bool is_told = look_tells(*store, &tracked, false);
    scene_script(NULL);
    cr_tracked_free(&tracked);
    end();
    return is_told;
}

/* A message, or the new text of another. */
static void change_without_xia(void *context)
{
    (void)context;
    cr_assert_eq(scene_remove(&all, all.atomic, ANN, XIA), CRUDDUR_OK);
    edit_second("secret");
}

static void change_and_add_again(void *context)
{
    change_without_xia(context);
    cr_assert_eq(scene_add(&all, all.atomic, ANN, XIA, false), CRUDDUR_OK);
}

Test(warm, nothing_is_told_of_a_time_without_the_viewer)
{
    cr_store *const *stores[] = {&all.atomic, &all.stream};
    void (*const deeds[])(void *) = {write_without_xia, write_and_add_again, change_without_xia};
    for (unsigned i = 0; i < WORLDS * 2 * 3 * 6; i++) {
        unsigned number = 1 + i / 6 % 6;
        cr_expect(!is_told_meanwhile(stores[i % 2], 1 + i / 36, number, deeds[i / 2 % 3]),
                  "%u, before %u", i % 6, number);
    }
}

/* The viewer's row may be of before the card, and what it says of the history, too. */
Test(warm, nothing_is_told_of_a_time_without_the_viewer_by_a_batch_in_parts)
{
    void (*const deeds[])(void *) = {write_and_add_again, change_and_add_again};
    manners = (sim_manners){.unprocessed = 2};
    for (unsigned i = 0; i < 4 * WORLDS * 2 * 8; i++) {
        unsigned number = 1 + i / 2 % 8;
        cr_expect(!is_told_meanwhile(&all.atomic, 1 + i / 16, number, deeds[i % 2]),
                  "%u: %u, before %u", 1 + i / 16, i % 2, number);
    }
}

Test(warm, a_page_behind_the_stream, .init = begin, .fini = end)
{
    shown now = list_part(all.stream, BOB, NEWEST);
    cr_assert_eq(now.status, CRUDDUR_OK);
    cr_expect_eq(now.meter.waves, 1u, "the row is at the newest message");
    cr_assert_eq(scene_send(&all, all.stream, ANN, "fourth", NULL), CRUDDUR_OK);
    now = list_part(all.stream, BOB, NEWEST);
    cr_assert_eq(now.status, CRUDDUR_OK);
    cr_expect_str_eq(now.newest, "fourth");
    cr_expect_eq(now.meter.waves, 2u, "it is behind, and looked at once more");
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

/* ---- in steps ---- */

static cr_meter send_in_steps(size_t author, const char *text, bool is_claimed)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    const cr_draft draft = {.group = all.group,
                            .author = {all.person[author], CR_STR_ABSENT, CR_STR_ABSENT},
                            .text = cr_str_of(text),
                            .uuid = scene_uuid(&all),
                            .may_be_repeat = is_claimed,
                            .lasts_s = CR_EXPIRES_NEVER};
    cr_expect_eq(cr_append(all.steps[0], &(cr_send){.draft = &draft}, &call, &row), CRUDDUR_OK,
                 "%s: %s", text, cruddur_error_message(error));
    free(row);
    cruddur_error_free(error);
    return call.meter;
}

static void expect_whole(void)
{
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        cr_expect_eq(scene_rows(&all, i, true), 1u, "%zu", i);
        cr_expect_eq(scene_rows(&all, i, false), 1u, "%zu", i);
    }
}

/* The rows are read with the head, and so are the inboxes for a claim. */
Test(warm, an_append_in_steps, .init = begin, .fini = end)
{
    cr_expect_eq(send_in_steps(ANN, "cold", false).waves, 6u);
    cr_expect_eq(send_in_steps(XIA, "found as it was left", false).waves, 6u);
    cr_expect_eq(send_in_steps(BOB, "warm", false).waves, 5u);
    cr_expect_eq(send_in_steps(ANN, "claimed", true).waves, 6u);
    expect_whole();
}

/* The rows are elsewhere by now: they are read there. */
Test(warm, an_append_in_steps_after_another_program, .init = begin, .fini = end)
{
    (void)send_in_steps(ANN, "cold", false);
    (void)send_in_steps(ANN, "found as it was left", false);
    cr_assert_eq(scene_send(&all, all.steps[1], XIA, "between", NULL), CRUDDUR_OK);
    cr_expect_eq(send_in_steps(BOB, "again", false).waves, 6u);
    expect_whole();
}

static void send_elsewhere(void *context)
{
    (void)context;
    cr_assert_eq(scene_send(&all, all.steps[1], XIA, "between", NULL), CRUDDUR_OK);
}

/* Another program comes between any two requests. */
Test(warm, an_append_in_steps_that_meets_another_program)
{
    for (uint64_t seed = 1; seed <= 2 * WORLDS; seed++) {
        begin_world(seed);
        (void)send_in_steps(ANN, "cold", false);
        (void)send_in_steps(ANN, "found as it was left", false);
        scene_plan plan = {
            .number = 1 + seed % 16, .counts_reads = true, .meanwhile = send_elsewhere};
        scene_script(&plan);
        (void)send_in_steps(BOB, "meets", seed % 2 == 0);
        scene_script(NULL);
        cr_expect_eq(scene_births("meets"), 1u, "%u", (unsigned)seed);
        cr_expect_leq(scene_births("between"), 1u);
        (void)send_in_steps(ANN, "after", false);
        expect_whole();
        end();
    }
}

static cr_meter open_in_steps(const cr_members *members, bool is_claimed)
{
    cr_packed_row *row = NULL;
    cr_call call = sim_call(NULL);
    cr_opening opening = {.members = *members};
    for (size_t i = 0; i < members->count; i++) {
        opening.person[i] = (cr_person){members->uuid[i], cr_str_of("Some"), cr_str_of("some")};
    }
    opening.first_message = (cr_draft){.lasts_s = CR_EXPIRES_NEVER,
                                       .author = opening.person[ANN],
                                       .group = all.group,
                                       .text = cr_str_of("first"),
                                       .uuid = scene_uuid(&all),
                                       .may_be_repeat = is_claimed};
    cr_expect_eq(cr_create(all.steps[0], &opening, &call, &row), CRUDDUR_OK);
    free(row);
    return call.meter;
}

/* An opening looks back at the card and its rows together with the messages. */
Test(warm, an_opening_in_steps)
{
    for (size_t i = 0; i < 2; i++) {
        scene_begin(&all, 1);
        cr_expect_eq(open_in_steps(&all.members, i == 1).waves, i == 1 ? 8u : 6u);
        expect_whole();
        scene_end(&all);
    }
}

/* Each 24 rows that are put are a wave, and each 24 that are removed. The places of 49 new rows are
 * not asked for together with the rows. */
Test(warm, an_append_in_steps_to_a_full_group)
{
    scene_begin(&all, 1);
    cr_members members = all.members;
    while (members.count < CRUDDUR_MEMBERS_MAX) {
        cr_uuid uuid = scene_uuid(&all);
        cr_assert(cr_members_add(&members, &uuid));
    }
    (void)open_in_steps(&members, false);
    cr_expect_eq(send_in_steps(ANN, "cold", false).waves, 10u);
    cr_expect_eq(send_in_steps(XIA, "found as it was left", false).waves, 10u);
    cr_expect_eq(send_in_steps(BOB, "warm", false).waves, 9u);
    cr_expect_eq(send_in_steps(ANN, "claimed", true).waves, 11u);
    expect_whole();
    scene_end(&all);
}
