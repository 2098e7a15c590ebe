/* SPDX-License-Identifier: MIT */
/* Appends that were submitted, wait behind each other, and go together in one change. */
#include "../aws/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "async/pool.h"
#include "base/clock.h"
#include "base/fork.h"
#include "cruddur/entry.h"
#include "world/scene.h"

TestSuite(submitted, .timeout = 60);

#define SECOND INT64_C(1000000)
#define NONE SIZE_MAX

static scene all;
static cruddur handle; /* on a store of its own */

static void begin(void)
{
    sim_tell_story(getenv("CRUDDUR_TEST_STORY") != NULL);
    scene_begin(&all, 1);
    handle = (cruddur){.store = sim_store_open_ours(),
                       .options = CRUDDUR_OPTIONS_INIT,
                       .generation = cr_fork_generation()};
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
}

static void end(void)
{
    sim_store_close(handle.store);
    scene_end(&all);
}

static void expect_whole(void)
{
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        cr_expect_eq(scene_rows(&all, i, true), 1u, "%zu", i);
        cr_expect_eq(scene_rows(&all, i, false), 1u, "%zu", i);
    }
}

/* ---- what is submitted ---- */

typedef struct submission {
    const char *text;
    size_t author;       /* SCENE_PEOPLE: a stranger */
    const cr_uuid *uuid; /* the caller's; NULL: the library makes one */
    uint32_t timeout_ms; /* 0: as the handle's */
    bool is_rename;      /* no append */
    uint64_t request;
    cruddur_status status;
    bool is_unknown;
    size_t place; /* among the completions */
    char sk[CRUDDUR_TIME_SIZE];
} submission;

#define SUBMISSIONS_MAX 40

static submission *now;
static size_t now_count;
static size_t completed;

static const cr_uuid stranger = {"f0000000-0000-4000-8000-00000000000f"};

static const char *uuid_of(size_t person)
{
    return person < SCENE_PEOPLE ? all.person[person].text : stranger.text;
}

static void submit(submission *one)
{
    cruddur_user author = CRUDDUR_USER_INIT;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_submit_options submit = CRUDDUR_SUBMIT_OPTIONS_INIT;
    author.uuid = uuid_of(one->author);
    options.message_uuid = one->uuid == NULL ? NULL : one->uuid->text;
    options.timeout_ms = one->timeout_ms;
    submit.data = one;
    if (one->is_rename) {
        cr_assert_eq(cruddur_group_rename_submit(&handle, author.uuid, all.group.text, one->text,
                                                 NULL, &submit, &one->request, NULL),
                     CRUDDUR_OK);
        return;
    }
    cr_assert_eq(cruddur_msg_append_submit(&handle, &author, all.group.text, one->text, &options,
                                           &submit, &one->request, NULL),
                 CRUDDUR_OK);
}

static void receive(void)
{
    cruddur_completion *completion = NULL;
    cr_assert_eq(cruddur_completion_next(&handle, CRUDDUR_WAIT_FOREVER, &completion, NULL),
                 CRUDDUR_OK);
    submission *one = cruddur_completion_data(completion);
    cruddur_msg *made = cruddur_completion_take_msg(completion);
    one->status = cruddur_completion_status(completion);
    one->is_unknown = cruddur_error_outcome_unknown(cruddur_completion_error(completion));
    one->place = completed++;
    cr_expect_eq(cruddur_completion_request(completion), one->request);
    cr_expect_eq(made != NULL, one->status == CRUDDUR_OK && !one->is_rename, "%s", one->text);
    if (made != NULL) {
        cr_expect_str_eq(cruddur_msg_text(made), one->text);
        cr_expect_str_eq(cruddur_msg_user_uuid(made), uuid_of(one->author));
        (void)snprintf(one->sk, sizeof(one->sk), "%s", cruddur_msg_sort_key(made));
    }
    cruddur_msg_free(made);
    cruddur_completion_free(completion);
}

static void open_pool(void)
{
    cruddur_async_options options = CRUDDUR_ASYNC_OPTIONS_INIT;
    options.threads = 2;
    handle.pool = NULL;
    cr_assert_eq(cruddur_async_start(&handle, &options, NULL), CRUDDUR_OK);
}

static void close_pool(void)
{
    cr_pool_close(handle.pool);
    handle.pool = NULL;
}

static void submit_and_receive(void *context)
{
    (void)context;
    completed = 0;
    open_pool();
    for (size_t i = 0; i < now_count; i++) {
        submit(&now[i]);
    }
    for (size_t i = 0; i < now_count; i++) {
        receive();
    }
    close_pool();
    sim_revive();
}

/* All from one job, before any of its threads begins: as many as can go in the first change. Its
 * threads' requests go by the plan. */
static void run(submission *submissions, size_t count, scene_plan *plan)
{
    now = submissions;
    now_count = count;
    (void)sim_add_job(submit_and_receive, NULL);
    scene_script(plan);
    sim_run(NULL);
    scene_script(NULL);
}

static void expect_status(size_t i, cruddur_status wanted)
{
    bool is_stored = wanted == CRUDDUR_OK && !now[i].is_rename;
    cr_expect_eq(now[i].status, wanted, "%zu %s: %s", i, now[i].text,
                 cruddur_status_name(now[i].status));
    cr_expect_eq(scene_births(now[i].text), is_stored ? 1u : 0u, "%zu %s", i, now[i].text);
}

/* The messages are in the order of submission, whatever became of the others. */
static void expect_order(void)
{
    const submission *last = NULL;
    for (size_t i = 0; i < now_count; i++) {
        if (now[i].sk[0] != '\0') {
            cr_expect(last == NULL || strcmp(last->sk, now[i].sk) < 0, "%s", now[i].text);
            last = &now[i];
        }
    }
}

static void expect_completions_in_order(void)
{
    for (size_t i = 0; i < now_count; i++) {
        cr_expect_eq(now[i].place, i, "%s came as number %zu", now[i].text, now[i].place);
    }
}

static const char *const texts[SUBMISSIONS_MAX] = {
    "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b0", "b1", "b2", "b3",
    "b4", "b5", "b6", "b7", "b8", "b9", "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7",
    "c8", "c9", "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9"};

static void fill(submission *submissions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        submissions[i] = (submission){.text = texts[i], .author = i % SCENE_PEOPLE};
    }
}

/* ---- the order, and the requests ---- */

Test(submitted, those_that_wait_go_in_one_change, .init = begin, .fini = end)
{
    submission all_of_them[20];
    fill(all_of_them, 20);
    uint64_t before = sim_request_count();
    run(all_of_them, 20, NULL);
    cr_expect_leq(sim_request_count() - before, 4u);
    for (size_t i = 0; i < 20; i++) {
        expect_status(i, CRUDDUR_OK);
    }
    expect_order();
    expect_completions_in_order();
    expect_whole();
}

Test(submitted, more_than_one_change_has_room_for, .init = begin, .fini = end)
{
    submission many[SUBMISSIONS_MAX];
    cr_uuid uuid[SUBMISSIONS_MAX];
    fill(many, SUBMISSIONS_MAX);
    for (size_t i = 0; i < SUBMISSIONS_MAX; i++) {
        uuid[i] = scene_uuid(&all);
        many[i].uuid = &uuid[i];
    }
    uint64_t before = sim_request_count();
    run(many, SUBMISSIONS_MAX, NULL);
    cr_expect_leq(sim_request_count() - before, 12u);
    for (size_t i = 0; i < SUBMISSIONS_MAX; i++) {
        expect_status(i, CRUDDUR_OK);
    }
    expect_order();
    expect_completions_in_order();
    expect_whole();
}

/* Strangers, repeats and one uuid twice: each gets what it would get alone, and no message is
 * before one that was submitted earlier. */
Test(submitted, one_does_not_fail_the_others, .init = begin, .fini = end)
{
    cr_uuid uuid = scene_uuid(&all);
    cr_uuid twice = scene_uuid(&all);
    cr_assert_eq(scene_send(&all, handle.store, BOB, "repeated", &uuid), CRUDDUR_OK);
    submission mixed[] = {{.text = "a", .author = ANN},
                          {.text = "b", .author = BOB},
                          {.text = "by a stranger", .author = SCENE_PEOPLE},
                          {.text = "c", .author = XIA},
                          {.text = "repeated", .author = BOB, .uuid = &uuid},
                          {.text = "twice", .author = ANN, .uuid = &twice},
                          {.text = "d", .author = BOB},
                          {.text = "twice", .author = ANN, .uuid = &twice},
                          {.text = "by another", .author = SCENE_PEOPLE},
                          {.text = "e", .author = ANN}};
    run(mixed, 10, NULL);
    for (size_t i = 0; i < 10; i++) {
        expect_status(i, mixed[i].author < SCENE_PEOPLE ? CRUDDUR_OK : CRUDDUR_E_GROUP_NOT_FOUND);
    }
    cr_expect_str_eq(mixed[5].sk, mixed[7].sk);
    mixed[4].sk[0] = mixed[7].sk[0] = '\0';
    expect_order();
    expect_completions_in_order();
    expect_whole();
}

/* Of repeats none is sent along again and again. */
Test(submitted, repeats_of_all, .init = begin, .fini = end)
{
    enum { COUNT = 8 };
    submission sends[COUNT];
    cr_uuid uuid[COUNT];
    char sk[COUNT][CRUDDUR_TIME_SIZE];
    fill(sends, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        uuid[i] = scene_uuid(&all);
        sends[i].uuid = &uuid[i];
    }
    run(sends, COUNT, NULL);
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(sk[i], sizeof(sk[i]), "%s", sends[i].sk);
        sends[i].sk[0] = '\0';
    }
    uint64_t before = sim_request_count();
    run(sends, COUNT, NULL);
    cr_expect_leq(sim_request_count() - before, 5u * (COUNT + 1));
    for (size_t i = 0; i < COUNT; i++) {
        expect_status(i, CRUDDUR_OK);
        cr_expect_str_eq(sends[i].sk, sk[i]);
    }
}

/* Another change of the group that was submitted between them comes between them. */
Test(submitted, another_change_is_not_passed, .init = begin, .fini = end)
{
    submission mixed[] = {{.text = "a", .author = ANN},
                          {.text = "b", .author = BOB},
                          {.text = "Named", .author = BOB, .is_rename = true},
                          {.text = "c", .author = XIA},
                          {.text = "d", .author = ANN}};
    run(mixed, 5, NULL);
    for (size_t i = 0; i < 5; i++) {
        expect_status(i, CRUDDUR_OK);
    }
    expect_order();
    expect_completions_in_order();
    expect_whole();
}

/* ---- faults ---- */

/* Whatever becomes of the requests, no message is there twice, each that was acknowledged is there,
 * and who is told that nothing was stored, and knows it, finds nothing; all in their order. */
Test(submitted, whatever_becomes_of_the_requests, .init = begin, .fini = end)
{
    static const sim_fate fates[] = {SIM_FATE_LOST,     SIM_FATE_LATE,  SIM_FATE_NEVER,
                                     SIM_FATE_TWIN,     SIM_FATE_SLOW,  SIM_FATE_SLOW_LATE,
                                     SIM_FATE_CONFLICT, SIM_FATE_DEATH, SIM_FATE_LAST};
    enum { COUNT = 6 };
    for (size_t f = 0; f < sizeof(fates) / sizeof(fates[0]); f++) {
        for (size_t number = 1; number <= 3; number++) {
            submission sends[COUNT];
            scene_plan plan = {.number = number, .fate = fates[f]};
            end();
            begin();
            fill(sends, COUNT);
            run(sends, COUNT, &plan);
            for (size_t i = 0; i < COUNT; i++) {
                size_t births = scene_births(sends[i].text);
                bool is_known = sends[i].status != CRUDDUR_OK && !sends[i].is_unknown;
                cr_expect(sends[i].status != CRUDDUR_OK || births == 1, "fate %zu", f);
                cr_expect(!is_known || births == 0 || fates[f] == SIM_FATE_DEATH, "fate %zu, %zu",
                          f, number);
            }
            while (sim_late_count() > 0) {
                sim_deliver(0);
            }
            for (size_t i = 0; i < COUNT; i++) {
                cr_expect_leq(scene_births(sends[i].text), 1u, "fate %zu: %s", f, sends[i].text);
            }
            expect_order();
            cr_assert_eq(scene_send(&all, all.atomic, BOB, "last", NULL), CRUDDUR_OK);
            expect_whole();
        }
    }
}

/* An answer is lost: the change is found again by its rows, and all are acknowledged with it. */
Test(submitted, a_lost_answer, .init = begin, .fini = end)
{
    submission sends[8];
    scene_plan plan = {.number = 1, .fate = SIM_FATE_LOST};
    fill(sends, 8);
    run(sends, 8, &plan);
    for (size_t i = 0; i < 8; i++) {
        expect_status(i, CRUDDUR_OK);
    }
    expect_order();
    expect_completions_in_order();
    expect_whole();
}

/* ---- cancellation ---- */

static void cancel_those(void *context)
{
    const bool *are_cancelled = context;
    for (size_t i = 0; i < now_count; i++) {
        if (are_cancelled[i]) {
            cr_expect_eq(cruddur_request_cancel(&handle, now[i].request, NULL), CRUDDUR_OK);
        }
    }
}

/* Before request `number` of those that write, or of all. */
static void run_cancelling(submission *sends, size_t count, scene_plan plan, bool *are_cancelled)
{
    fill(sends, count);
    plan.meanwhile = cancel_those;
    plan.context = are_cancelled;
    run(sends, count, &plan);
}

/* While the change is being made it has what it has. */
Test(submitted, one_in_the_middle_is_cancelled_while_its_change_is_made, .init = begin, .fini = end)
{
    submission sends[6];
    bool are_cancelled[6] = {[3] = true};
    run_cancelling(sends, 6, (scene_plan){.number = 1}, are_cancelled);
    for (size_t i = 0; i < 6; i++) {
        expect_status(i, CRUDDUR_OK);
    }
    expect_order();
    expect_completions_in_order();
    expect_whole();
}

/* While it is still read what the change needs, who was cancelled is left out. */
Test(submitted, one_in_the_middle_is_cancelled_before_its_change, .init = begin, .fini = end)
{
    submission sends[6];
    bool are_cancelled[6] = {[3] = true};
    uint64_t before = sim_request_count();
    run_cancelling(sends, 6, (scene_plan){.number = 1, .counts_reads = true}, are_cancelled);
    cr_expect_leq(sim_request_count() - before, 4u);
    for (size_t i = 0; i < 6; i++) {
        expect_status(i, i == 3 ? CRUDDUR_E_CANCELLED : CRUDDUR_OK);
    }
    cr_expect(!sends[3].is_unknown);
    expect_order();
    expect_whole();
}

/* So does who leads: the others do not wait for that. */
Test(submitted, the_one_that_leads_is_cancelled, .init = begin, .fini = end)
{
    submission sends[6];
    bool are_cancelled[6] = {[0] = true};
    run_cancelling(sends, 6, (scene_plan){.number = 1, .counts_reads = true}, are_cancelled);
    for (size_t i = 0; i < 6; i++) {
        expect_status(i, i == 0 ? CRUDDUR_E_CANCELLED : CRUDDUR_OK);
    }
    expect_order();
    expect_whole();
}

/* All that are in it: then the change is cancelled, and whether it was made is not known. */
Test(submitted, all_are_cancelled, .init = begin, .fini = end)
{
    submission sends[6];
    bool are_cancelled[6] = {true, true, true, true, true, true};
    int64_t began_us = sim_now_us();
    run_cancelling(sends, 6, (scene_plan){.number = 1, .fate = SIM_FATE_SLOW_LATE}, are_cancelled);
    int64_t ended_us = sim_now_us();
    for (size_t i = 0; i < 6; i++) {
        cr_expect_eq(sends[i].status, CRUDDUR_E_CANCELLED);
        cr_expect(sends[i].is_unknown, "%zu", i);
    }
    cr_expect_lt(ended_us - began_us, 8 * SECOND, "it is not sent again until the deadline");
}

/* ---- deadlines ---- */

/* Who has little time is not taken along by who has much, and its deadline holds while it waits. */
Test(submitted, one_in_the_middle_has_less_time, .init = begin, .fini = end)
{
    submission sends[6];
    fill(sends, 6);
    sends[3].timeout_ms = 1000;
    run(sends, 6, NULL);
    for (size_t i = 0; i < 6; i++) {
        expect_status(i, CRUDDUR_OK);
    }
    expect_order();
    expect_completions_in_order();
    expect_whole();
}

Test(submitted, the_deadline_of_one_passes_behind_a_change_that_hangs, .init = begin, .fini = end)
{
    submission sends[6];
    scene_plan plan = {.number = 1, .fate = SIM_FATE_SLOW_LATE};
    fill(sends, 6);
    sends[3].timeout_ms = 1000;
    run(sends, 6, &plan);
    expect_status(3, CRUDDUR_E_TIMEOUT);
    cr_expect(!sends[3].is_unknown);
    cr_expect_eq(sends[3].place, 0u, "before the change that hangs");
}

/* A change of which nothing is known takes until its deadline: all who were in it are told so. */
Test(submitted, a_change_in_doubt_is_told_to_all, .init = begin, .fini = end)
{
    submission sends[4];
    scene_plan plan = {.number = 1, .fate = SIM_FATE_SLOW_LATE};
    fill(sends, 4);
    run(sends, 4, &plan);
    for (size_t i = 0; i < 4; i++) {
        cr_expect(sends[i].status == CRUDDUR_OK || sends[i].is_unknown, "%zu: %s", i,
                  cruddur_status_name(sends[i].status));
    }
    while (sim_late_count() > 0) {
        sim_deliver(0);
    }
    for (size_t i = 0; i < 4; i++) {
        cr_expect_leq(scene_births(sends[i].text), 1u);
    }
}

/* ---- others ---- */

static void send_blocking(void *context)
{
    const char *text = context;
    cruddur_user author = CRUDDUR_USER_INIT;
    author.uuid = all.person[BOB].text;
    cr_expect_eq(cruddur_msg_append(&handle, &author, all.group.text, text, NULL, NULL, NULL),
                 CRUDDUR_OK);
}

/* Threads that block and submissions of one handle meet in one change. */
Test(submitted, threads_that_block_meet_them, .init = begin, .fini = end)
{
    static char blocking[][4] = {"t0", "t1", "t2", "t3", "t4", "t5"};
    submission sends[12];
    fill(sends, 12);
    uint64_t before = sim_request_count();
    now = sends;
    now_count = 12;
    (void)sim_add_job(submit_and_receive, NULL);
    for (size_t i = 0; i < 6; i++) {
        (void)sim_add_job(send_blocking, blocking[i]);
    }
    sim_run(NULL);
    cr_expect_leq(sim_request_count() - before, 18u);
    for (size_t i = 0; i < 12; i++) {
        expect_status(i, CRUDDUR_OK);
    }
    for (size_t i = 0; i < 6; i++) {
        cr_expect_eq(scene_births(blocking[i]), 1u);
    }
    expect_order();
    expect_completions_in_order();
    expect_whole();
}

/* A hook of each call that appends to the same group, too: no call has its turn meanwhile. */
static size_t appended_by_hook;

static void append_in_hook(void *data, const cruddur_metrics *metrics)
{
    cruddur *other = data;
    cruddur_user author = CRUDDUR_USER_INIT;
    int64_t began_us = sim_now_us();
    author.uuid = all.person[XIA].text;
    if (metrics->operation == CRUDDUR_OP_MSG_APPEND) {
        cr_expect_eq(
            cruddur_msg_append(other, &author, all.group.text, "by the hook", NULL, NULL, NULL),
            CRUDDUR_OK);
        cr_expect_lt(sim_now_us() - began_us, SECOND);
        appended_by_hook++;
    }
}

Test(submitted, a_hook_that_appends_has_its_turn, .init = begin, .fini = end)
{
    submission sends[6];
    cruddur other = {
        .store = handle.store, .options = handle.options, .generation = handle.generation};
    handle.options.metrics = append_in_hook;
    handle.options.metrics_data = &other;
    appended_by_hook = 0;
    fill(sends, 6);
    run(sends, 6, NULL);
    for (size_t i = 0; i < 6; i++) {
        expect_status(i, CRUDDUR_OK);
    }
    cr_expect_eq(appended_by_hook, 6u);
    expect_order();
    expect_completions_in_order();
    expect_whole();
}

/* The handle is closed while they wait, and while some are in a change. */
static void submit_and_close(void *context)
{
    (void)context;
    completed = 0;
    open_pool();
    for (size_t i = 0; i < now_count; i++) {
        submit(&now[i]);
    }
    sim_sleep(4000);
    cr_expect_eq(cruddur_shutdown(&handle, CRUDDUR_SHUTDOWN_CANCEL, CRUDDUR_WAIT_FOREVER, NULL),
                 CRUDDUR_OK);
    for (size_t i = 0; i < now_count; i++) {
        receive();
    }
    cr_expect_eq(cruddur_completion_next(&handle, 0, &(cruddur_completion *){NULL}, NULL),
                 CRUDDUR_E_CLOSING);
    close_pool();
}

Test(submitted, the_handle_is_closed_while_they_wait, .init = begin, .fini = end)
{
    submission many[SUBMISSIONS_MAX];
    scene_plan plan = {.number = 1, .fate = SIM_FATE_SLOW_LATE};
    fill(many, SUBMISSIONS_MAX);
    now = many;
    now_count = SUBMISSIONS_MAX;
    (void)sim_add_job(submit_and_close, NULL);
    scene_script(&plan);
    sim_run(NULL);
    scene_script(NULL);
    for (size_t i = 0; i < SUBMISSIONS_MAX; i++) {
        cr_expect(many[i].status == CRUDDUR_OK || many[i].status == CRUDDUR_E_CANCELLED);
        cr_expect(many[i].status != CRUDDUR_OK || scene_births(many[i].text) == 1);
        cr_expect(many[i].status == CRUDDUR_OK || many[i].is_unknown ||
                  scene_births(many[i].text) == 0);
    }
}
