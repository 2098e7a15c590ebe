/* SPDX-License-Identifier: MIT */
/* Scenes without transactions. */
#include "../aws/unit.h"

#include "world/scene.h"

#define SECOND INT64_C(1000000)

static scene all;

static void begin(void)
{
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
