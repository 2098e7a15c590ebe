/* SPDX-License-Identifier: MIT */
/* The actors of the scenes, in orders that dice decide: members and groups are removed, groups are
 * opened again, while others send, and requests are late, lost or arrive twice. */
#include "../aws/unit.h"

#include <stdlib.h>

#include "model/card.h"
#include "world/scene.h"

TestSuite(interleavings, .timeout = 600);

#define SEEDS 600
#define SEEDS_SLOW 30
#define SENDS 5
#define TRIES 6
#define SECOND INT64_C(1000000)

typedef enum actor_kind {
    SENDER,
    OPENER,
    MEMBER_REMOVER,
    GROUP_REMOVER,
    HANDLER,
    PROCESSOR,
} actor_kind;

typedef struct part {
    actor_kind kind;
    size_t person;
    bool is_streamed;
} part;

/* A message and what was told of it. */
typedef struct told {
    char text[24];
    bool is_acknowledged;
} told;

static struct story {
    scene all;
    uint64_t seed;
    bool removes_group;
    bool has_handler;
    bool is_removed; /* the removal has returned */
    size_t writing;
    told told[64];
    size_t told_count;
} story;

static cr_store *store_of(const part *self)
{
    return self->is_streamed ? story.all.stream : story.all.atomic;
}

/* ---- the actors ---- */

/* Xia, who was removed before she began, must be refused. */
static void judge_send(const part *self, bool was_removed, cruddur_status status)
{
    if (self->person == XIA && was_removed && !story.removes_group) {
        cr_assert_neq(status, CRUDDUR_OK, "seed %llu: Xia writes", (unsigned long long)story.seed);
    }
}

/* A message with a uuid of the library's has no claim. Then nothing keeps a late copy away once a
 * message that was put alone is gone, or where the handler puts rows back as they were. */
static bool is_claimed(const part *self)
{
    return !sim_happens(3) || story.has_handler || (self->is_streamed && story.removes_group);
}

static void send_one(const part *self)
{
    told *made = &story.told[story.told_count++];
    cr_uuid uuid = scene_uuid(&story.all);
    bool is_callers = is_claimed(self);
    (void)snprintf(made->text, sizeof(made->text), "m%zu", story.told_count);
    for (size_t i = 0; i < TRIES && !made->is_acknowledged; i++) {
        bool was_removed = story.is_removed;
        cruddur_status status = scene_send(&story.all, store_of(self), self->person, made->text,
                                           is_callers ? &uuid : NULL);
        if (sim_is_dead()) {
            return;
        }
        judge_send(self, was_removed, status);
        made->is_acknowledged = status == CRUDDUR_OK;
        if (!is_callers) {
            return;
        }
        sim_sleep((int64_t)sim_roll(40000));
    }
}

static void act_sender(const part *self)
{
    for (size_t i = 0; i < SENDS; i++) {
        send_one(self);
        bool was_removed = story.is_removed;
        if (sim_happens(2) && scene_read(&story.all, self->person) == CRUDDUR_OK &&
            self->person == XIA && was_removed && !story.removes_group && !sim_is_dead()) {
            cr_assert(false, "seed %llu: Xia reads", (unsigned long long)story.seed);
        }
        sim_revive();
        sim_sleep((int64_t)sim_roll(60000));
    }
}

/* Opens the group, at first and after it was removed. */
static void act_opener(const part *self)
{
    for (size_t i = 0; i < 3; i++) {
        told *made = &story.told[story.told_count++];
        cr_uuid uuid = scene_uuid(&story.all);
        (void)snprintf(made->text, sizeof(made->text), "o%zu", story.told_count);
        made->is_acknowledged = scene_open(&story.all, self->person, made->text,
                                           is_claimed(self) ? &uuid : NULL) == CRUDDUR_OK &&
                                !sim_is_dead();
        sim_revive();
        sim_sleep((int64_t)sim_roll(120000));
    }
}

static void act_remover(const part *self)
{
    cruddur_status status = CRUDDUR_E_CONFLICT;
    sim_sleep((int64_t)sim_roll(200000));
    for (size_t i = 0; i < TRIES && status != CRUDDUR_OK; i++) {
        cr_call call = sim_call(NULL);
        scene *all = &story.all;
        status = self->kind == GROUP_REMOVER
                     ? change_remove_group(all->atomic, &all->group, false, &call)
                     : scene_remove(all, all->atomic, ANN, XIA);
        if (sim_is_dead()) {
            break;
        }
        /* An attempt before this one may have been carried out. */
        bool is_done = status == CRUDDUR_OK || status == CRUDDUR_E_NOT_A_MEMBER;
        status = is_done ? CRUDDUR_OK : status;
        story.is_removed = story.is_removed || is_done;
    }
    sim_revive();
}

static void act(void *context)
{
    const part *self = context;
    if (self->kind == HANDLER || self->kind == PROCESSOR) {
        scene_watch(&story.all, self->kind == HANDLER, &story.writing);
        return;
    }
    if (self->kind == SENDER) {
        act_sender(self);
    } else if (self->kind == OPENER) {
        act_opener(self);
    } else {
        act_remover(self);
    }
    sim_revive();
    story.writing--;
}

/* ---- a world ---- */

static size_t cast(part *parts)
{
    bool is_streamed = sim_happens(2);
    size_t count = 0;
    parts[count++] = (part){.kind = SENDER, .person = ANN};
    parts[count++] = (part){.kind = SENDER, .person = BOB, .is_streamed = is_streamed};
    parts[count++] = (part){.kind = SENDER, .person = XIA, .is_streamed = is_streamed};
    parts[count++] = (part){.kind = story.removes_group ? GROUP_REMOVER : MEMBER_REMOVER};
    if (story.removes_group) {
        parts[count++] = (part){.kind = OPENER, .person = ANN};
        parts[count++] = (part){.kind = OPENER, .person = BOB};
    }
    story.writing = count;
    if (is_streamed) {
        parts[count++] = (part){.kind = PROCESSOR};
    }
    if (story.has_handler) {
        parts[count++] = (part){.kind = HANDLER};
    }
    return count;
}

static void must(bool is_so, const char *what)
{
    cr_assert(is_so, "seed %llu: %s", (unsigned long long)story.seed, what);
}

static void check_messages(void)
{
    for (size_t i = 0; i < story.told_count; i++) {
        const told *one = &story.told[i];
        size_t births = scene_births(one->text);
        cr_assert_leq(births, 1u, "seed %llu: %s is stored %zu times",
                      (unsigned long long)story.seed, one->text, births);
        cr_assert(!one->is_acknowledged || births == 1, "seed %llu: %s is lost",
                  (unsigned long long)story.seed, one->text);
    }
}

/* The removal may have been carried out although its caller died. */
static bool is_listed(const scene *all, size_t person)
{
    cr_card_pk pk = cr_card_pk_of(&all->group);
    const sim_item *card = sim_table_get(cr_card_key(&pk));
    return sim_contains(sim_item_value(card, cr_str_of("member_uuids")), all->person[person].text);
}

/* One more message: then each member has one row, at it, and nobody else has any. */
static void check_rows(void)
{
    scene *all = &story.all;
    must(!story.is_removed || story.removes_group || !is_listed(all, XIA), "Xia is listed again");
    bool is_open = scene_read(all, ANN) == CRUDDUR_OK;
    must(is_open || story.removes_group, "Ann is refused");
    if (!is_open) {
        must(scene_open(all, ANN, "at the end", NULL) == CRUDDUR_OK, "the group cannot be opened");
    }
    must(scene_send(all, all->atomic, ANN, "last", NULL) == CRUDDUR_OK, "Ann cannot send");
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        bool is_member = is_listed(all, i);
        must(!is_member || scene_rows(all, i, true) == 1, "a member has no row at the head");
        must(story.has_handler || scene_rows(all, i, false) == (is_member ? 1u : 0u),
             "somebody has rows too many");
        must((scene_read(all, i) == CRUDDUR_OK) == is_member, "a stranger reads");
    }
}

static sim_weather draw_weather(void)
{
    static const size_t faults[] = {0, 30, 8, 4};
    static const size_t deaths[] = {0, 0, 200};
    return (sim_weather){.faults = faults[sim_roll(4)],
                         .deaths = deaths[sim_roll(3)],
                         .pace_us = 3000,
                         .late_us = SECOND,
                         .timeout_us = 5 * SECOND};
}

static void play(uint64_t seed, bool removes_group, bool has_handler)
{
    static const unsigned lags[] = {0, 20, 100};
    part parts[SIM_JOBS_MAX] = {0};
    memset(&story, 0, sizeof(story));
    story.seed = seed;
    story.removes_group = removes_group;
    story.has_handler = has_handler;
    scene_begin(&story.all, seed);
    must(scene_open(&story.all, ANN, "first", NULL) == CRUDDUR_OK, "the group cannot be opened");
    sim_table_set_lag(lags[sim_roll(3)]);
    size_t count = cast(parts);
    for (size_t i = 0; i < count; i++) {
        (void)sim_add_job(act, &parts[i]);
    }
    sim_weather weather = draw_weather();
    sim_network_set_weather(&weather);
    sim_run(sim_deliver_due);
    sim_network_set_weather(&SIM_CALM);
    sim_table_set_lag(0);
    sim_advance(SIM_TOKEN_US + SECOND);
    sim_deliver_all(4);
    scene_settle(&story.all);
    check_messages();
    check_rows();
    scene_end(&story.all);
}

static void play_all(bool removes_group, bool has_handler)
{
    uint64_t seeds = getenv("CRUDDUR_TEST_SLOW") != NULL ? SEEDS_SLOW : SEEDS;
    const char *given = getenv("CRUDDUR_TEST_SEED");
    uint64_t first = given == NULL ? 1 : strtoull(given, NULL, 10);
    sim_tell_story(given != NULL);
    for (uint64_t seed = first; seed < first + (given == NULL ? seeds : 1); seed++) {
        play(seed, removes_group, has_handler);
    }
}

Test(interleavings, a_member_is_removed)
{
    play_all(false, false);
}

Test(interleavings, a_member_is_removed_beside_the_original_handler)
{
    play_all(false, true);
}

Test(interleavings, a_group_is_removed_and_opened_again)
{
    play_all(true, false);
}

Test(interleavings, a_group_is_removed_beside_the_original_handler)
{
    play_all(true, true);
}
