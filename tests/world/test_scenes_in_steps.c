/* SPDX-License-Identifier: MIT */
/* Scenes without transactions. */
#include "../aws/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/key.h"
#include "model/time.h"
#include "world/scene.h"

#define SECOND INT64_C(1000000)
#define LAG 1000 /* of the index, in moments: longer than a call takes */

static scene all;

static void begin(void)
{
    sim_tell_story(getenv("CRUDDUR_TEST_STORY") != NULL);
    scene_begin(&all, 1);
}

static void end(void)
{
    scene_end(&all);
}

/* Two programs choose the key that follows a head in the future. Ann puts her claim and rows; Bob
 * meets them, stores his message, and clears the old rows; then Ann is refused her message. Where
 * her program dies at any moment from then on, Bob's message has its rows all the same. */
#define ANNS_CLAIM 1
#define ANNS_MESSAGE (2 + SCENE_PEOPLE)
#define ANNS_WRITES_MAX 24

static void send_in_steps(void *context)
{
    const size_t *person = context;
    cr_uuid uuid = scene_uuid(&all);
    const char *text = *person == ANN ? "by Ann" : "by Bob";
    cruddur_status status = scene_send(&all, all.steps[*person], *person, text, &uuid);
    cr_expect(status == CRUDDUR_OK || sim_is_dead());
    sim_revive();
}

static void send_at_one_key(size_t death)
{
    static size_t people[] = {ANN, BOB};
    scene_plan plans[] = {{.number = ANNS_MESSAGE, .pause_us = SECOND, .death = death},
                          {.number = ANNS_CLAIM, .pause_us = SECOND / 2}};
    sim_set_skew(SIM_NO_JOB, 300 * SECOND);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    for (size_t i = 0; i < 2; i++) {
        (void)sim_add_job(send_in_steps, &people[i]);
    }
    scene_script_jobs(plans);
    sim_run(NULL);
    scene_script(NULL);
    cr_expect_eq(scene_births("by Bob"), 1u);
    cr_expect(scene_births("by Ann") == 1 || death > 0);
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        cr_expect_geq(scene_rows(&all, i, true), 1u, "death at %zu: member %zu has no row", death,
                      i);
    }
}

Test(scenes, two_choose_one_key_in_steps, .init = begin, .fini = end)
{
    send_at_one_key(0);
}

Test(scenes, one_of_two_at_one_key_dies_in_steps)
{
    for (size_t death = ANNS_MESSAGE + 1; death <= ANNS_WRITES_MAX; death++) {
        begin();
        send_at_one_key(death);
        end();
    }
}

/* ---- a refusal beside a put without an answer ---- */

/* The rows of one wave: at the key of one another program has a row, so it is refused, and another
 * one has no answer. It arrives before the message that then gets the next key. */
typedef struct wave {
    size_t lost; /* of the writes, from 1 */
    size_t writes;
    bool is_claimed; /* the claim is the first write, and that row comes after the look for it */
    size_t taken;
    char sk[64];
} wave;

static void take_key(const wave *now)
{
    cr_row row = {0};
    cr_pk pk = cr_pk_of_member(&all.person[now->taken]);
    row.value[CR_PK] = cr_pk_str(&pk);
    row.value[CR_SK] = cr_str_of(now->sk);
    row.value[CR_TEXT] = cr_str_of("a note");
    sim_put_row(&row);
}

static bool puts_message(const sim_request *request)
{
    char body[4096];
    (void)snprintf(body, sizeof(body), "%.*s", CR_STR_ARGS(request->body));
    return request->is_write && strstr(body, "\"message_uuid\":{") != NULL;
}

static sim_fate lose_one(void *context, const sim_request *request)
{
    wave *now = context;
    if (puts_message(request)) {
        sim_deliver_all(0);
    }
    if (!request->is_write) {
        return SIM_FATE_GOOD;
    }
    now->writes++;
    if (now->is_claimed && now->writes == 1) {
        take_key(now);
    }
    return now->writes == now->lost ? SIM_FATE_LATE : SIM_FATE_GOOD;
}

/* The key that the next message gets, as the head is in the future. */
static void plan_wave(wave *now)
{
    int64_t time_us;
    cr_sort_key next;
    sim_set_skew(SIM_NO_JOB, 300 * SECOND);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    sim_set_skew(SIM_NO_JOB, 0);
    cr_assert(cr_time_parse(scene_newest(&all), &time_us));
    cr_assert(cr_time_format(time_us + 1, &next));
    (void)snprintf(now->sk, sizeof(now->sk), "%.*s", CR_STR_ARGS(cr_sort_key_str(&next)));
}

static void lose_beside_a_refusal(wave now)
{
    cr_uuid uuid = scene_uuid(&all);
    plan_wave(&now);
    if (!now.is_claimed) {
        take_key(&now);
    }
    sim_table_set_lag(LAG);
    sim_network_script(lose_one, &now);
    cr_expect_eq(scene_send(&all, all.steps[ANN], ANN, "second", now.is_claimed ? &uuid : NULL),
                 CRUDDUR_OK);
    sim_network_script(NULL, NULL);
    cr_expect_eq(sim_late_total(), 1u);
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        cr_expect_eq(scene_rows(&all, i, false), 1u, "lost %zu, taken %zu, claimed %d: member %zu",
                     now.lost, now.taken, now.is_claimed, i);
    }
}

Test(scenes, a_refusal_beside_a_put_without_an_answer_in_steps)
{
    for (size_t taken = 0; taken < SCENE_PEOPLE; taken++) {
        for (size_t lost = 0; lost < SCENE_PEOPLE; lost++) {
            for (int claimed = 0; lost != taken && claimed < 2; claimed++) {
                begin();
                lose_beside_a_refusal((wave){.lost = 1 + lost + (size_t)claimed,
                                             .taken = taken,
                                             .is_claimed = claimed == 1});
                end();
            }
        }
    }
}
