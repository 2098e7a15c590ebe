/* SPDX-License-Identifier: MIT */
/* Appends that go together in one change, and calls that go by what their handle has left of the
 * group. */
#include "../aws/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "messaging/edit.h"
#include "messaging/mark.h"
#include "messaging/regroup.h"
#include "model/card.h"
#include "model/expiry.h"
#include "model/marker.h"
#include "world/scene.h"

TestSuite(together, .timeout = 60);
TestSuite(recall, .timeout = 60);

#define SECOND INT64_C(1000000)

static scene all;
static cr_store *ours;

static void begin(void)
{
    sim_tell_story(getenv("CRUDDUR_TEST_STORY") != NULL);
    scene_begin(&all, 1);
    ours = sim_store_open_ours();
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
}

static void end(void)
{
    sim_store_close(ours);
    scene_end(&all);
}

static void expect_whole(void)
{
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        cr_expect_eq(scene_rows(&all, i, true), 1u, "%zu", i);
        cr_expect_eq(scene_rows(&all, i, false), 1u, "%zu", i);
    }
}

/* ---- appends at the same time ---- */

/* One append, and what it came to. */
typedef struct sending {
    const char *text;
    size_t author;       /* SCENE_PEOPLE: a stranger */
    const cr_uuid *uuid; /* the caller's; NULL: the library makes one */
    int64_t timeout_us;  /* 0: as the weather grants it */
    cruddur_status status;
    bool is_unknown;
    cr_meter meter;
    char sk[CRUDDUR_TIME_SIZE];
} sending;

#define SENDINGS_MAX 8

static const cr_uuid stranger = {"f0000000-0000-4000-8000-00000000000f"};

static void send_one(void *context)
{
    sending *now = context;
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    cr_draft draft = {.group = all.group,
                      .author = {now->author < SCENE_PEOPLE ? all.person[now->author] : stranger,
                                 CR_STR_ABSENT, CR_STR_ABSENT},
                      .text = cr_str_of(now->text),
                      .uuid = now->uuid != NULL ? *now->uuid : scene_uuid(&all),
                      .may_be_repeat = now->uuid != NULL,
                      .lasts_s = CR_EXPIRES_NEVER};
    call.deadline_us =
        now->timeout_us > 0 ? cr_clock_monotonic_us() + now->timeout_us : call.deadline_us;
    now->status = cr_append(ours, &(cr_send){.draft = &draft}, &call, &row);
    now->meter = call.meter;
    now->is_unknown = error != NULL && cruddur_error_outcome_unknown(error);
    if (row != NULL) {
        (void)snprintf(now->sk, sizeof(now->sk), "%s", cr_packed_get_or_empty(row, CR_SK));
    }
    free(row);
    cruddur_error_free(error);
    sim_revive();
}

/* All at the same moment. `plan`: of the requests of the one that begins; NULL: all are good. */
static void send_at_once(sending *sendings, size_t count, scene_plan *plan)
{
    scene_plan plans[SENDINGS_MAX] = {{0}};
    for (size_t i = 0; i < count; i++) {
        (void)sim_add_job(send_one, &sendings[i]);
    }
    for (size_t i = 0; plan != NULL && i < count; i++) {
        plans[i] = plan[i];
    }
    scene_script_jobs(plans);
    sim_run(NULL);
    scene_script(NULL);
}

/* So many went along with another. */
static size_t count_along(const sending *sendings, size_t count)
{
    size_t along = 0;
    for (size_t i = 0; i < count; i++) {
        along += sendings[i].meter.combined > 0 && sendings[i].meter.requests == 0 ? 1 : 0;
    }
    return along;
}

Test(together, those_that_wait_go_in_one_change, .init = begin, .fini = end)
{
    cr_uuid uuid = scene_uuid(&all);
    sending sendings[] = {{.text = "a", .author = ANN},
                          {.text = "b", .author = BOB, .uuid = &uuid},
                          {.text = "c", .author = ANN},
                          {.text = "d", .author = XIA}};
    send_at_once(sendings, 4, NULL);
    uint32_t requests = 0;
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(sendings[i].status, CRUDDUR_OK);
        cr_expect_eq(scene_births(sendings[i].text), 1u, "%s", sendings[i].text);
        requests += sendings[i].meter.requests;
    }
    cr_expect_eq(count_along(sendings, 4), 2u, "the first alone, one for the other three");
    cr_expect_leq(requests, 7u);
    expect_whole();
}

/* The order of the queue is the order of the messages. */
Test(together, keys_follow_each_other, .init = begin, .fini = end)
{
    sending sendings[SENDINGS_MAX];
    static const char *const texts[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    for (size_t i = 0; i < SENDINGS_MAX; i++) {
        sendings[i] = (sending){.text = texts[i], .author = i % SCENE_PEOPLE};
    }
    send_at_once(sendings, SENDINGS_MAX, NULL);
    for (size_t i = 0; i < SENDINGS_MAX; i++) {
        for (size_t j = 0; j < i; j++) {
            cr_expect_str_neq(sendings[i].sk, sendings[j].sk);
        }
        cr_expect_eq(sendings[i].status, CRUDDUR_OK);
    }
    cr_expect_eq(count_along(sendings, SENDINGS_MAX), (size_t)SENDINGS_MAX - 2);
    expect_whole();
}

/* A stranger and a repeat, among others: each gets what it would get alone. */
Test(together, one_does_not_fail_the_others, .init = begin, .fini = end)
{
    cr_uuid uuid = scene_uuid(&all);
    cr_uuid twice = scene_uuid(&all);
    cr_assert_eq(scene_send(&all, ours, BOB, "repeated", &uuid), CRUDDUR_OK);
    sending sendings[] = {{.text = "a", .author = ANN},
                          {.text = "by a stranger", .author = SCENE_PEOPLE},
                          {.text = "repeated", .author = BOB, .uuid = &uuid},
                          {.text = "twice", .author = ANN, .uuid = &twice},
                          {.text = "twice", .author = ANN, .uuid = &twice},
                          {.text = "b", .author = XIA}};
    send_at_once(sendings, 6, NULL);
    for (size_t i = 0; i < 6; i++) {
        cr_expect_eq(sendings[i].status,
                     sendings[i].author < SCENE_PEOPLE ? CRUDDUR_OK : CRUDDUR_E_GROUP_NOT_FOUND,
                     "%s: %s", sendings[i].text, cruddur_status_name(sendings[i].status));
        cr_expect_eq(scene_births(sendings[i].text), sendings[i].author < SCENE_PEOPLE ? 1u : 0u,
                     "%s", sendings[i].text);
    }
    cr_expect_str_eq(sendings[3].sk, sendings[4].sk);
    cr_expect_geq(count_along(sendings, 6), 1u);
    expect_whole();
}

/* The first of them all gets through, and one of the others makes the change for the rest. Of its
 * requests this one has this fate. */
static void send_with_fate(size_t number, sim_fate fate, sending *sendings)
{
    static const char *const texts[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++) {
        sendings[i] = (sending){.text = texts[i], .author = i % SCENE_PEOPLE};
    }
    scene_plan plans[SENDINGS_MAX] = {{0}};
    for (size_t i = 0; i < 4; i++) {
        plans[i] = (scene_plan){.number = number, .fate = fate};
    }
    send_at_once(sendings, 4, plans);
}

/* Whatever becomes of the requests, no message is there twice, each that was acknowledged is there,
 * and who is told that nothing was stored, and knows it, finds nothing. */
Test(together, whatever_becomes_of_the_requests, .init = begin, .fini = end)
{
    static const sim_fate fates[] = {SIM_FATE_LOST,     SIM_FATE_LATE,  SIM_FATE_NEVER,
                                     SIM_FATE_TWIN,     SIM_FATE_SLOW,  SIM_FATE_SLOW_LATE,
                                     SIM_FATE_CONFLICT, SIM_FATE_DEATH, SIM_FATE_LAST};
    for (size_t f = 0; f < sizeof(fates) / sizeof(fates[0]); f++) {
        for (size_t number = 1; number <= 2; number++) {
            sending sendings[4];
            end();
            begin();
            send_with_fate(number, fates[f], sendings);
            while (sim_late_count() > 0) {
                sim_deliver(0);
            }
            for (size_t i = 0; i < 4; i++) {
                size_t births = scene_births(sendings[i].text);
                cr_expect_leq(births, 1u, "fate %zu: %s", f, sendings[i].text);
                cr_expect(sendings[i].status != CRUDDUR_OK || births == 1, "fate %zu", f);
            }
            cr_assert_eq(scene_send(&all, all.atomic, BOB, "last", NULL), CRUDDUR_OK);
            expect_whole();
        }
    }
}

/* The deadline of each holds: who has little time is not taken along by who has much. */
Test(together, who_has_less_time_waits_for_its_own_turn, .init = begin, .fini = end)
{
    sending sendings[] = {{.text = "a", .author = ANN},
                          {.text = "b", .author = BOB},
                          {.text = "hurry", .author = XIA, .timeout_us = SECOND},
                          {.text = "c", .author = ANN}};
    send_at_once(sendings, 4, NULL);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(sendings[i].status, CRUDDUR_OK, "%s", sendings[i].text);
    }
    cr_expect_eq(sendings[2].meter.combined, 0u);
    cr_expect_gt(sendings[2].meter.requests, 0u);
    expect_whole();
}

/* One leads and hangs, and has another along: who waits behind them begins when that is overdue. */
Test(together, who_waits_behind_is_not_held_up, .init = begin, .fini = end)
{
    sending sendings[] = {{.text = "a", .author = ANN, .timeout_us = 30 * SECOND},
                          {.text = "b", .author = BOB, .timeout_us = 30 * SECOND},
                          {.text = "c", .author = XIA, .timeout_us = 30 * SECOND},
                          {.text = "d", .author = ANN, .timeout_us = 12 * SECOND}};
    scene_plan plans[SENDINGS_MAX] = {{0}};
    plans[0] = plans[2] = (scene_plan){.number = 1, .fate = SIM_FATE_SLOW_LATE};
    send_at_once(sendings, 4, plans);
    cr_expect_eq(sendings[3].status, CRUDDUR_OK);
}

/* A repeat by another program gets the key that the message has in the change for several, as all
 * keys follow a head that is ahead of the clocks. The others are not stored by that. */
static cr_uuid shared_uuid;

static void repeat_elsewhere(void *context)
{
    (void)context;
    cr_assert_eq(scene_send(&all, all.atomic, BOB, "u", &shared_uuid), CRUDDUR_OK);
}

static void put_head_into_the_future(void)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    cr_draft draft = {.group = all.group,
                      .author = {all.person[ANN], CR_STR_ABSENT, CR_STR_ABSENT},
                      .text = cr_str_of("ahead"),
                      .uuid = scene_uuid(&all),
                      .created_at_us = cr_clock_now_us() + 600 * SECOND,
                      .lasts_s = CR_EXPIRES_NEVER};
    cr_assert_eq(cr_append(all.atomic, &(cr_send){.draft = &draft}, &call, &row), CRUDDUR_OK);
    free(row);
    cruddur_error_free(error);
}

Test(together, a_repeat_elsewhere_is_no_witness_of_the_others, .init = begin, .fini = end)
{
    shared_uuid = scene_uuid(&all);
    put_head_into_the_future();
    sending sendings[] = {{.text = "b", .author = XIA},
                          {.text = "a", .author = ANN},
                          {.text = "u", .author = BOB, .uuid = &shared_uuid}};
    scene_plan plans[SENDINGS_MAX] = {{0}};
    plans[2] = (scene_plan){.number = 1, .meanwhile = repeat_elsewhere};
    send_at_once(sendings, 3, plans);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(sendings[i].status, CRUDDUR_OK);
        cr_expect_eq(scene_births(sendings[i].text), 1u, "%s", sendings[i].text);
    }
    expect_whole();
}

/* A change for two is refused, as another program has a row at its key in Bob's inbox, and comes
 * once more when that has gone. */
typedef struct coming {
    char body[16384];
    char sk[64];
    bool is_refused;
    size_t failures; /* of the requests after that */
    bool has_come;
} coming;

/* So often a request is tried. */
#define ATTEMPTS 4

static const char *find_in(const char *text, const char *what)
{
    const char *at = text == NULL ? NULL : strstr(text, what);
    return at == NULL ? NULL : at + strlen(what);
}

static bool is_for_two(coming *now, const sim_request *request)
{
    static const char uuid[] = "\"message_uuid\":{\"S\"";
    (void)snprintf(now->body, sizeof(now->body), "%.*s", CR_STR_ARGS(request->body));
    return request->is_write && find_in(find_in(now->body, uuid), uuid) != NULL;
}

static sim_fate refuse_for_two(void *context, const sim_request *request)
{
    coming *now = context;
    cr_row row = {0};
    cr_pk pk = cr_pk_of_member(&all.person[BOB]);
    bool is_it = !now->is_refused && is_for_two(now, request);
    if (is_it) {
        const char *sk = find_in(now->body, "\"sk\":{\"S\":\"");
        cr_assert_not_null(sk);
        (void)snprintf(now->sk, sizeof(now->sk), "%.*s", (int)strcspn(sk, "\""), sk);
    }
    row.value[CR_PK] = cr_pk_str(&pk);
    row.value[CR_SK] = cr_str_of(now->sk);
    if (is_it) {
        now->is_refused = true;
        sim_put_row(&row);
        return SIM_FATE_TWIN;
    }
    if (now->is_refused && now->failures > 0) {
        now->failures--;
        return SIM_FATE_REFUSED;
    }
    if (now->is_refused && !now->has_come && sim_late_count() > 0) {
        now->has_come = true;
        sim_table_remove(cr_row_key(&row), SIM_NO_JOB);
        sim_deliver(0);
    }
    return SIM_FATE_GOOD;
}

/* Of whom a stranger sends nothing, and all others once. */
static void expect_to_come_again(coming *now, const size_t *authors)
{
    static const char *const texts[] = {"a", "b", "c", "d"};
    static sending sendings[4];
    for (size_t i = 0; i < 4; i++) {
        sendings[i] = (sending){.text = texts[i], .author = authors[i]};
        (void)sim_add_job(send_one, &sendings[i]);
    }
    sim_network_script(refuse_for_two, now);
    sim_run(NULL);
    sim_network_script(NULL, NULL);
    cr_expect(now->has_come);
    for (size_t i = 0; i < 4; i++) {
        bool is_stranger = authors[i] == SCENE_PEOPLE;
        cr_expect_eq(sendings[i].status, is_stranger ? CRUDDUR_E_GROUP_NOT_FOUND : CRUDDUR_OK);
        cr_expect_eq(scene_births(texts[i]), is_stranger ? 0u : 1u, "%s", texts[i]);
    }
    expect_whole();
}

Test(together, a_change_that_was_refused_comes_again, .init = begin, .fini = end)
{
    static coming now;
    const size_t authors[] = {ANN, BOB, ANN, BOB};
    expect_to_come_again(&now, authors);
}

/* Who leads has no message in it. */
Test(together, a_change_that_a_stranger_leads_comes_again, .init = begin, .fini = end)
{
    static coming now;
    const size_t authors[] = {SCENE_PEOPLE, SCENE_PEOPLE, ANN, BOB};
    expect_to_come_again(&now, authors);
}

/* Between the refusal and that the change is given up, and all go by themselves. */
Test(together, a_change_that_was_given_up_comes_again, .init = begin, .fini = end)
{
    static coming now = {.failures = ATTEMPTS};
    const size_t authors[] = {ANN, BOB, ANN, BOB};
    expect_to_come_again(&now, authors);
}

/* A stranger who leads, by what the handle has left and is no more. */
Test(together, a_stranger_who_leads, .init = begin, .fini = end)
{
    cr_assert_eq(scene_send(&all, ours, BOB, "second", NULL), CRUDDUR_OK);
    cr_assert_eq(scene_send(&all, ours, BOB, "third", NULL), CRUDDUR_OK);
    cr_assert_eq(scene_send(&all, all.atomic, BOB, "elsewhere", NULL), CRUDDUR_OK);
    sending sendings[] = {{.text = "s", .author = SCENE_PEOPLE},
                          {.text = "t", .author = SCENE_PEOPLE},
                          {.text = "a", .author = ANN},
                          {.text = "b", .author = BOB}};
    send_at_once(sendings, 4, NULL);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(sendings[i].status, i < 2 ? CRUDDUR_E_GROUP_NOT_FOUND : CRUDDUR_OK);
        cr_expect_eq(scene_births(sendings[i].text), i < 2 ? 0u : 1u);
    }
    expect_whole();
}

/* Markers are as if the messages had been sent one by one: of their own the authors have read. */
Test(together, rows_are_as_if_sent_one_by_one, .init = begin, .fini = end)
{
    sending sendings[] = {
        {.text = "a", .author = ANN}, {.text = "b", .author = BOB}, {.text = "c", .author = ANN}};
    send_at_once(sendings, 3, NULL);
    cr_arena arena = CR_ARENA_INIT;
    const char *last = sendings[0].sk;
    for (size_t i = 1; i < 3; i++) {
        last = strcmp(sendings[i].sk, last) > 0 ? sendings[i].sk : last;
    }
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        cr_pk pk = cr_pk_of_member(&all.person[i]);
        const sim_item *item = sim_table_get((cr_key){cr_pk_str(&pk), cr_str_of(last)});
        cr_assert_not_null(item);
        cr_row row = sim_row_of(item, &arena);
        const char *own = i == BOB ? sendings[1].sk : NULL;
        cr_str marker = row.value[CR_READ_SK];
        if (own != NULL && strcmp(own, last) != 0) {
            cr_expect(cr_str_compare(marker, cr_str_of(own)) >= 0);
        } else if (i == XIA) {
            cr_expect(cr_str_equal(marker, cr_str_of(CR_READ_NOTHING)));
        }
    }
    cr_arena_free(&arena);
}

/* ---- what a handle has left ---- */

static cr_meter send_by(cr_store *store, size_t author, const char *text, cruddur_status wanted)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    cr_draft draft = {.group = all.group,
                      .author = {all.person[author], CR_STR_ABSENT, CR_STR_ABSENT},
                      .text = cr_str_of(text),
                      .uuid = scene_uuid(&all),
                      .lasts_s = CR_EXPIRES_NEVER};
    cr_expect_eq(cr_append(store, &(cr_send){.draft = &draft}, &call, &row), wanted, "%s", text);
    free(row);
    cruddur_error_free(error);
    return call.meter;
}

/* From the third append in a row on, the handle is sure. */
static void begin_sure(void)
{
    begin();
    (void)send_by(ours, ANN, "second", CRUDDUR_OK);
    (void)send_by(ours, BOB, "third", CRUDDUR_OK);
}

Test(recall, an_append_is_one_request, .init = begin_sure, .fini = end)
{
    cr_uuid uuid = scene_uuid(&all);
    for (size_t i = 0; i < 3; i++) {
        cr_meter meter = send_by(ours, i, "next", CRUDDUR_OK);
        cr_expect_eq(meter.requests, 1u);
        cr_expect_eq(meter.waves, 1u);
        cr_expect_eq(meter.guesses, 1u);
        cr_expect_eq(meter.guesses_wrong, 0u);
    }
    uint64_t before = sim_request_count();
    cr_expect_eq(scene_send(&all, ours, BOB, "claimed", &uuid), CRUDDUR_OK);
    cr_expect_eq(sim_request_count() - before, 1u);
    cr_expect_eq(scene_send(&all, ours, BOB, "claimed", &uuid), CRUDDUR_OK);
    cr_expect_eq(scene_births("claimed"), 1u);
    expect_whole();
}

/* Another handle was faster: the guess is wrong, and the handle is sure again after two more. */
Test(recall, a_wrong_guess_costs_a_wave, .init = begin_sure, .fini = end)
{
    (void)send_by(all.atomic, XIA, "between", CRUDDUR_OK);
    cr_meter meter = send_by(ours, ANN, "wrong", CRUDDUR_OK);
    cr_expect_eq(meter.guesses_wrong, 1u);
    cr_expect_eq(scene_births("wrong"), 1u);
    meter = send_by(ours, ANN, "reads", CRUDDUR_OK);
    cr_expect_gt(meter.requests, 1u);
    cr_expect_eq(meter.guesses_wrong, 0u);
    meter = send_by(ours, ANN, "sure", CRUDDUR_OK);
    cr_expect_eq(meter.requests, 1u);
    expect_whole();
}

/* Two handles that take turns never go by what they have left. */
Test(recall, handles_that_take_turns_do_not_guess_wrong, .init = begin, .fini = end)
{
    cr_store *other = sim_store_open_ours();
    for (size_t i = 0; i < 6; i++) {
        cr_meter meter = send_by(i % 2 == 0 ? ours : other, ANN, "turn", CRUDDUR_OK);
        cr_expect_eq(meter.guesses_wrong, 0u);
    }
    sim_store_close(other);
    expect_whole();
}

Test(recall, who_was_removed_sends_nothing, .init = begin_sure, .fini = end)
{
    cr_assert_eq(scene_remove(&all, all.atomic, ANN, XIA), CRUDDUR_OK);
    (void)send_by(ours, XIA, "removed", CRUDDUR_E_GROUP_NOT_FOUND);
    cr_expect_eq(scene_births("removed"), 0u);
    (void)send_by(ours, ANN, "stays", CRUDDUR_OK);
    cr_expect_eq(scene_rows(&all, XIA, false), 0u);
    cr_assert_eq(scene_add(&all, all.atomic, ANN, XIA, false), CRUDDUR_OK);
    (void)send_by(ours, XIA, "back", CRUDDUR_OK);
    expect_whole();
}

/* ---- other calls ---- */

static cr_meter edit(cr_edit_kind kind, size_t user, const cr_uuid *uuid, const char *text,
                     bool is_added, cruddur_status wanted)
{
    bool is_changed;
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    cr_edit change = {.kind = kind,
                      .group = all.group,
                      .name = {.uuid = *uuid},
                      .user = &all.person[user],
                      .text = cr_str_of(text),
                      .reaction = cr_str_of(text),
                      .is_added = is_added};
    cr_expect_eq(cr_edit_message(ours, &change, &call, &row, &is_changed), wanted);
    free(row);
    cruddur_error_free(error);
    return call.meter;
}

static cr_meter mark(size_t member)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    const cr_marking marking = {.group = &all.group, .member = &all.person[member]};
    cr_expect_eq(cr_mark(ours, &marking, &call, &row), CRUDDUR_OK);
    free(row);
    cruddur_error_free(error);
    return call.meter;
}

static void expect_one_wave(cr_meter meter)
{
    cr_expect_eq(meter.waves, 1u);
    cr_expect_eq(meter.guesses_wrong, 0u);
}

/* The first change of a message tells the counter of changes. */
Test(recall, marks_and_changes_of_the_newest_message_are_one_wave, .init = begin_sure, .fini = end)
{
    cr_uuid uuid = scene_uuid(&all);
    cr_assert_eq(scene_send(&all, ours, BOB, "newest", &uuid), CRUDDUR_OK);
    expect_one_wave(mark(ANN));
    cr_expect_leq(edit(CR_EDIT_REACT, XIA, &uuid, "+", true, CRUDDUR_OK).waves, 3u);
    expect_one_wave(edit(CR_EDIT_REACT, ANN, &uuid, "+", true, CRUDDUR_OK));
    expect_one_wave(edit(CR_EDIT_TEXT, BOB, &uuid, "edited", true, CRUDDUR_OK));
    expect_one_wave(mark(XIA));
    expect_one_wave(edit(CR_EDIT_DELETE, BOB, &uuid, "", true, CRUDDUR_OK));
    expect_one_wave(send_by(ours, ANN, "after", CRUDDUR_OK));
    expect_whole();
}

/* What comes to nothing is read first: it may be wrong. */
Test(recall, what_is_not_written_is_read, .init = begin_sure, .fini = end)
{
    cr_uuid uuid = scene_uuid(&all);
    cr_assert_eq(scene_send(&all, ours, BOB, "newest", &uuid), CRUDDUR_OK);
    (void)edit(CR_EDIT_REACT, ANN, &uuid, "+", true, CRUDDUR_OK);
    cr_expect_gt(edit(CR_EDIT_REACT, ANN, &uuid, "+", true, CRUDDUR_OK).requests, 1u);
    (void)edit(CR_EDIT_TEXT, ANN, &uuid, "not hers", true, CRUDDUR_E_NOT_THE_AUTHOR);
    cr_assert_eq(scene_remove(&all, all.atomic, ANN, XIA), CRUDDUR_OK);
    (void)edit(CR_EDIT_REACT, XIA, &uuid, "-", true, CRUDDUR_E_GROUP_NOT_FOUND);
    cr_assert_eq(scene_add(&all, all.atomic, ANN, XIA, false), CRUDDUR_OK);
    cr_assert_eq(scene_remove(&all, all.atomic, ANN, BOB), CRUDDUR_OK);
    (void)edit(CR_EDIT_DELETE, BOB, &uuid, "", true, CRUDDUR_E_GROUP_NOT_FOUND);
    cr_expect_eq(scene_count("newest"), 1u);
}

/* What a handle finds as it left it, it is sure of from then on. */
Test(recall, a_change_that_finds_the_group_as_it_was_left_makes_sure, .init = begin, .fini = end)
{
    cr_uuid uuid = scene_uuid(&all);
    cr_assert_eq(scene_send(&all, ours, BOB, "newest", &uuid), CRUDDUR_OK);
    (void)edit(CR_EDIT_REACT, ANN, &uuid, "+", false, CRUDDUR_OK); /* changes nothing */
    (void)edit(CR_EDIT_REACT, ANN, &uuid, "+", true, CRUDDUR_OK);  /* the counter was not known */
    expect_one_wave(edit(CR_EDIT_REACT, ANN, &uuid, "+", false, CRUDDUR_OK));
    expect_one_wave(edit(CR_EDIT_REACT, ANN, &uuid, "+", true, CRUDDUR_OK));
    expect_one_wave(mark(XIA));
    expect_one_wave(send_by(ours, ANN, "after", CRUDDUR_OK));
}

/* What blocks a group is no matter of conditions: such a group is read. */
Test(recall, a_block_that_was_taken_back_does_not_last, .init = begin_sure, .fini = end)
{
    cr_uuid uuid = scene_uuid(&all);
    cr_arena arena = CR_ARENA_INIT;
    cr_card_pk pk = cr_card_pk_of(&all.group);
    cr_assert_eq(scene_send(&all, ours, BOB, "newest", &uuid), CRUDDUR_OK);
    cr_row open = sim_row_of(sim_table_get(cr_card_key(&pk)), &arena);
    cr_row blocked;
    cr_assert(cr_row_copy(&arena, &open, &open));
    blocked = open;
    blocked.value[CR_BLOCKED] = cr_uuid_str(&all.person[ANN]);
    sim_put_row(&blocked);
    (void)edit(CR_EDIT_REACT, ANN, &uuid, "+", true, CRUDDUR_E_BLOCKED);
    (void)send_by(ours, BOB, "reads", CRUDDUR_E_BLOCKED);
    (void)edit(CR_EDIT_DELETE, BOB, &uuid, "", true, CRUDDUR_OK);
    sim_put_row(&open);
    (void)send_by(ours, ANN, "open again", CRUDDUR_OK);
    cr_arena_free(&arena);
}

/* What has expired is not there, whatever a handle has left. */
Test(recall, a_message_that_has_expired_is_not_marked, .init = begin_sure, .fini = end)
{
    static const cr_message_arguments arguments = {"uuid", "time"};
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    const cr_message_name name = {.uuid = scene_uuid(&all)};
    cr_draft draft = {.group = all.group,
                      .author = {all.person[BOB], CR_STR_ABSENT, CR_STR_ABSENT},
                      .text = cr_str_of("short"),
                      .uuid = name.uuid,
                      .may_be_repeat = true,
                      .lasts_s = 60};
    cr_assert_eq(cr_append(ours, &(cr_send){.draft = &draft}, &call, &row), CRUDDUR_OK);
    free(row);
    row = NULL;
    sim_advance(120 * SECOND);
    const cr_marking marking = {
        .group = &all.group, .member = &all.person[ANN], .message = &name, .arguments = &arguments};
    call = sim_call(&error);
    cr_expect_eq(cr_mark(ours, &marking, &call, &row), CRUDDUR_E_MESSAGE_NOT_FOUND);
    free(row);
    cruddur_error_free(error);
}
