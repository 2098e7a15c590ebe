/* SPDX-License-Identifier: MIT */
/* People who come and go, and direct groups that are blocked and unblocked, beside senders,
 * readers, processors and the original handler, in orders that dice decide, while requests are
 * late, lost or arrive twice. What a change has returned holds for every call that starts
 * afterwards; at rest the rows agree with the card. */
#include "../aws/unit.h"

#include <stdlib.h>

#include "messaging/regroup.h"
#include "model/card.h"
#include "model/key.h"
#include "world/scene.h"

TestSuite(members, .timeout = 600);

#define SEEDS 500
#define SEEDS_SLOW 25
#define SENDS 6
#define CHANGES 6
#define TRIES 5
#define SECOND INT64_C(1000000)

typedef enum actor_kind {
    SENDER,
    CHANGER, /* of Xia's membership, or of Bob's block */
    RENAMER,
    PROCESSOR,
    HANDLER,
} actor_kind;

typedef struct part {
    actor_kind kind;
    size_t person;
    bool is_streamed;
} part;

typedef enum knowledge { UNKNOWN, IS_OUT, IS_IN } knowledge;

/* A message and what was told of it. */
typedef struct told {
    char text[24];
    bool is_acknowledged;
} told;

static struct story {
    scene all;
    cr_store *second; /* another program's handle */
    uint64_t seed;
    bool is_direct; /* Bob blocks and unblocks; else Xia comes and goes */
    bool has_handler;
    bool is_streamed;
    knowledge known;    /* whether Xia is a member, or nobody blocks */
    bool may_come[3];   /* a request of this change is late, maybe */
    size_t begun;       /* changes */
    size_t named;       /* by the latest name that was acknowledged */
    size_t named_maybe; /* the latest name that was tried */
    size_t writing;
    told told[64];
    size_t told_count;
} story;

static void must(bool is_so, const char *what)
{
    cr_assert(is_so, "seed %llu: %s", (unsigned long long)story.seed, what);
}

/* Threads of one handle wait for each other, so those who change the group have another one. */
static cr_store *store_of(const part *self)
{
    cr_store *atomic = self->kind == SENDER ? story.all.atomic : story.second;
    return self->is_streamed ? story.all.stream : atomic;
}

/* ---- senders ---- */

/* What was known when a call began. */
typedef struct moment {
    knowledge known;
    size_t begun;
} moment;

static moment now(void)
{
    return (moment){story.known, story.begun};
}

/* What the status must be, if nothing has changed during the call. */
static void judge(const part *self, moment before, bool was_stored, cruddur_status status)
{
    bool concerns = story.is_direct || self->person == XIA;
    cruddur_status refusal = story.is_direct ? CRUDDUR_E_BLOCKED : CRUDDUR_E_GROUP_NOT_FOUND;
    bool is_as_before = before.begun == story.begun && before.known == story.known;
    must(status == CRUDDUR_OK || status == refusal || sim_may_pass(status), "another failure");
    must(status != refusal || concerns, "somebody else is refused");
    if (concerns && is_as_before && before.known == IS_OUT) {
        must(status != CRUDDUR_OK || was_stored, "a call succeeds that began when it was over");
    }
    if (concerns && is_as_before && before.known == IS_IN) {
        must(status != refusal, "a call is refused that is allowed");
    }
}

static void send_one(const part *self)
{
    told *made = &story.told[story.told_count++];
    cr_uuid uuid = scene_uuid(&story.all);
    bool is_callers = !sim_happens(3) || story.has_handler;
    (void)snprintf(made->text, sizeof(made->text), "m%zu", story.told_count);
    for (size_t i = 0; i < TRIES && !made->is_acknowledged; i++) {
        moment before = now();
        bool was_stored = scene_births(made->text) > 0;
        cruddur_status status = scene_send(&story.all, store_of(self), self->person, made->text,
                                           is_callers ? &uuid : NULL);
        if (sim_is_dead()) {
            return;
        }
        judge(self, before, was_stored && story.is_direct, status);
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
        moment before = now();
        if (!story.is_direct && sim_happens(2) && !sim_is_dead()) {
            cruddur_status status = scene_read(&story.all, self->person);
            if (!sim_is_dead()) {
                judge(self, before, false, status);
            }
        }
        sim_revive();
        sim_sleep((int64_t)sim_roll(60000));
    }
}

/* ---- changes ---- */

static cruddur_status change(const part *self, knowledge wanted)
{
    scene *all = &story.all;
    cr_store *store = store_of(self);
    if (story.is_direct) {
        cr_packed_row *row = NULL;
        cr_call call = sim_call(NULL);
        cruddur_status status =
            cr_group_block(store, &all->person[BOB], &all->group, wanted == IS_OUT, &call, &row);
        sim_tell("blocking %d: %s", wanted == IS_OUT, cruddur_status_name(status));
        free(row);
        return status;
    }
    return wanted == IS_OUT
               ? scene_remove(all, store, sim_happens(3) ? XIA : ANN, XIA)
               : scene_add(all, store, sim_happens(2) ? ANN : BOB, XIA, sim_happens(2));
}

/* It is so already: because of an attempt before, or because nothing was to be done. */
static bool is_so_already(cruddur_status status, knowledge wanted)
{
    if (story.is_direct) {
        return false;
    }
    return wanted == IS_OUT
               ? status == CRUDDUR_E_NOT_A_MEMBER || status == CRUDDUR_E_GROUP_NOT_FOUND
               : status == CRUDDUR_E_MEMBER_TWICE;
}

/* A change that was written keeps all from coming that were tried before. Where it was not, one of
 * the other kind may still be under way. */
static void note_change(knowledge before, knowledge wanted, cruddur_status status)
{
    knowledge other = wanted == IS_OUT ? IS_IN : IS_OUT;
    bool has_written = status == CRUDDUR_OK && (!story.is_direct || before == other);
    if (has_written || sim_late_count() == 0) {
        story.may_come[IS_IN] = story.may_come[IS_OUT] = false;
    }
    bool is_done = status == CRUDDUR_OK || is_so_already(status, wanted);
    story.may_come[wanted] = story.may_come[wanted] || !is_done;
    story.known = is_done && !story.may_come[other] ? wanted : UNKNOWN;
}

static void act_changer(const part *self)
{
    knowledge wanted = IS_OUT;
    for (size_t i = 0; i < CHANGES; i++) {
        sim_sleep((int64_t)sim_roll(120000));
        for (size_t j = 0; j < TRIES; j++) {
            knowledge before = story.known;
            story.begun++;
            story.known = UNKNOWN;
            cruddur_status status = change(self, wanted);
            if (sim_is_dead()) {
                story.may_come[wanted] = true;
                sim_revive();
                continue;
            }
            must(status == CRUDDUR_OK || sim_may_pass(status) || is_so_already(status, wanted),
                 "a change fails");
            note_change(before, wanted, status);
            if (story.known == wanted) {
                break;
            }
        }
        wanted = wanted == IS_OUT ? IS_IN : IS_OUT;
    }
}

static void act_renamer(const part *self)
{
    for (size_t i = 0; i < CHANGES; i++) {
        char name[24];
        size_t number = ++story.named_maybe;
        (void)snprintf(name, sizeof(name), "name %zu", number);
        cruddur_status status = scene_rename(&story.all, store_of(self), BOB, name);
        if (!sim_is_dead()) {
            must(status == CRUDDUR_OK || sim_may_pass(status), "a renaming fails");
            story.named = status == CRUDDUR_OK ? number : story.named;
        }
        sim_revive();
        sim_sleep((int64_t)sim_roll(120000));
    }
}

/* ---- the stream ---- */

static void act(void *context)
{
    const part *self = context;
    if (self->kind == HANDLER || self->kind == PROCESSOR) {
        scene_watch(&story.all, self->kind == HANDLER, &story.writing);
        return;
    }
    if (self->kind == SENDER) {
        act_sender(self);
    } else if (self->kind == CHANGER) {
        act_changer(self);
    } else {
        act_renamer(self);
    }
    sim_revive();
    story.writing--;
}

/* ---- a world at rest ---- */

static const sim_item *card_of(void)
{
    cr_card_pk pk = cr_card_pk_of(&story.all.group);
    return sim_table_get(cr_card_key(&pk));
}

static uint64_t rev_of(const sim_item *item, cr_members *members)
{
    cr_card card = {.rev = 0};
    cr_arena arena = CR_ARENA_INIT;
    cr_row row = sim_row_of(item, &arena);
    must(cr_card_read(&row, &card), "the card is damaged");
    *members = card.members;
    cr_arena_free(&arena);
    return card.rev;
}

/* The card has every generation once, and members change with it alone. */
static void check_generations(void)
{
    for (size_t i = 0; i < sim_log_size(); i++) {
        const sim_change *one = sim_log_at(i);
        cr_members before;
        cr_members after;
        if (one->new == NULL || one->old == NULL || !sim_has_prefix(one->new->pk, "CARD#")) {
            continue;
        }
        uint64_t old = rev_of(one->old, &before);
        uint64_t new = rev_of(one->new, &after);
        must(new == old + 1 || (new == old &&cr_members_are_same(&before, &after)),
             "a generation is left out, or made twice");
    }
}

static void check_messages(void)
{
    for (size_t i = 0; i < story.told_count; i++) {
        const told *one = &story.told[i];
        size_t births = scene_births(one->text);
        must(births <= 1, "a message is stored twice");
        must(!one->is_acknowledged || births == 1, "a message is lost");
    }
}

static bool has_same(const cr_row *row, const cr_row *card, cr_attribute attribute)
{
    return cr_str_equal(row->value[attribute], card->value[attribute]);
}

/* Each row says what the card says, and names the next member. */
static void check_row(const sim_item *item, const cr_row *card, const cr_members *members)
{
    cr_uuid owner;
    cr_arena arena = CR_ARENA_INIT;
    cr_row row = sim_row_of(item, &arena);
    must(cr_row_owner(&row, &owner) && cr_members_have(members, &owner), "a stranger has a row");
    size_t next = cr_members_next(members, cr_members_find(members, &owner));
    must(cr_str_equal(row.value[CR_USER_UUID], cr_uuid_str(&members->uuid[next])),
         "a row names somebody else");
    must(has_same(&row, card, CR_REV), "a row has another rev");
    must(has_same(&row, card, CR_GROUP_NAME), "a row has another name");
    must(has_same(&row, card, CR_BLOCKED), "a row is blocked by somebody else");
    must(members->count == 2 ? row.value[CR_MEMBER_UUIDS].data == NULL
                             : has_same(&row, card, CR_MEMBER_UUIDS),
         "a row has other members");
    cr_arena_free(&arena);
}

static void check_rows(void)
{
    scene *all = &story.all;
    cr_members members;
    cr_arena arena = CR_ARENA_INIT;
    (void)rev_of(card_of(), &members);
    cr_row card = sim_row_of(card_of(), &arena);
    for (size_t i = 0; i < sim_table_size(); i++) {
        const sim_item *item = sim_table_at(i);
        if (item != NULL && sim_has_prefix(item->pk, "GRP#")) {
            check_row(item, &card, &members);
        }
    }
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        bool is_member = cr_members_have(&members, &all->person[i]);
        must(scene_rows(all, i, true) == (is_member ? 1u : 0u), "a member has no row at the head");
        must(scene_rows(all, i, false) == (is_member ? 1u : 0u), "somebody has rows too many");
        must((scene_read(all, i) == CRUDDUR_OK) == is_member, "a stranger reads");
    }
    if (!story.is_direct && story.known != UNKNOWN) {
        must(cr_members_have(&members, &all->person[XIA]) == (story.known == IS_IN),
             "Xia is not where she was put");
    }
    if (story.is_direct && story.known != UNKNOWN) {
        must((card.value[CR_BLOCKED].data == NULL) == (story.known == IS_IN),
             "the group is not as Bob has left it");
    }
    cr_arena_free(&arena);
}

/* An acknowledged name is replaced only by one that was tried later. */
static void check_name(void)
{
    size_t number = 0;
    cr_str name = sim_item_text(card_of(), "group_name");
    for (size_t i = story.named; i <= story.named_maybe && number == 0; i++) {
        char tried[24];
        (void)snprintf(tried, sizeof(tried), "name %zu", i);
        number = cr_str_equal(name, cr_str_of(tried)) ? i : 0;
    }
    must(number > 0 || (story.named == 0 && name.data == NULL), "a name is lost");
}

/* ---- a world ---- */

static size_t cast(part *parts)
{
    bool is_streamed = story.is_streamed;
    size_t count = 0;
    parts[count++] = (part){.kind = SENDER, .person = ANN};
    parts[count++] = (part){.kind = SENDER, .person = BOB, .is_streamed = is_streamed};
    parts[count++] = (part){.kind = CHANGER, .is_streamed = is_streamed && sim_happens(2)};
    if (!story.is_direct) {
        parts[count++] = (part){.kind = SENDER, .person = XIA, .is_streamed = is_streamed};
        parts[count++] = (part){.kind = RENAMER, .is_streamed = is_streamed && sim_happens(2)};
    }
    story.writing = count;
    if (is_streamed) {
        parts[count++] = (part){.kind = PROCESSOR};
        parts[count++] = (part){.kind = PROCESSOR};
    }
    if (story.has_handler) {
        parts[count++] = (part){.kind = HANDLER};
    }
    return count;
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

static void begin(uint64_t seed, bool is_direct, bool has_handler)
{
    scene *all = &story.all;
    memset(&story, 0, sizeof(story));
    story.seed = seed;
    story.is_direct = is_direct;
    story.has_handler = has_handler;
    story.known = IS_IN;
    scene_begin(all, seed);
    story.is_streamed = sim_happens(2);
    bool are_ours = !story.is_streamed && !has_handler && sim_happens(2);
    if (are_ours) {
        sim_store_close(all->atomic);
        all->atomic = sim_store_open_ours();
    }
    story.second = are_ours ? sim_store_open_ours() : sim_store_open(CR_MODE_ATOMIC);
    if (is_direct) {
        cr_members_remove(&all->members, &all->person[XIA]);
        must(cr_direct_group_uuid(&all->members, &all->group), "no memory");
    }
    must(scene_open(all, ANN, "first", NULL) == CRUDDUR_OK, "the group cannot be opened");
}

static void come_to_rest(void)
{
    scene *all = &story.all;
    cr_packed_row *row = NULL;
    sim_network_set_weather(&SIM_CALM);
    sim_table_set_lag(0);
    sim_advance(SIM_TOKEN_US + SECOND);
    sim_deliver_all(4);
    scene_settle(all);
    check_messages();
    check_generations();
    check_name();
    if (!story.has_handler) {
        check_rows();
    }
    if (story.is_direct) {
        cr_call call = sim_call(NULL);
        must(cr_group_block(all->atomic, &all->person[BOB], &all->group, false, &call, &row) ==
                 CRUDDUR_OK,
             "Bob cannot unblock");
        free(row);
        story.known = IS_IN;
    }
    must(scene_send(all, all->atomic, ANN, "last", NULL) == CRUDDUR_OK, "Ann cannot send");
    check_rows();
}

static void play(uint64_t seed, bool is_direct, bool has_handler)
{
    static const unsigned lags[] = {0, 20, 100};
    part parts[SIM_JOBS_MAX] = {0};
    begin(seed, is_direct, has_handler);
    sim_table_set_lag(lags[sim_roll(3)]);
    size_t count = cast(parts);
    for (size_t i = 0; i < count; i++) {
        (void)sim_add_job(act, &parts[i]);
    }
    sim_weather weather = draw_weather();
    sim_network_set_weather(&weather);
    sim_run(sim_deliver_due);
    come_to_rest();
    sim_store_close(story.second);
    scene_end(&story.all);
}

static void play_all(bool is_direct, bool has_handler)
{
    uint64_t seeds = getenv("CRUDDUR_TEST_SLOW") != NULL ? SEEDS_SLOW : SEEDS;
    const char *given = getenv("CRUDDUR_TEST_SEED");
    uint64_t first = given == NULL ? 1 : strtoull(given, NULL, 10);
    sim_tell_story(given != NULL);
    for (uint64_t seed = first; seed < first + (given == NULL ? seeds : 1); seed++) {
        play(seed, is_direct, has_handler);
    }
}

Test(members, come_and_go)
{
    play_all(false, false);
}

Test(members, come_and_go_beside_the_original_handler)
{
    play_all(false, true);
}

Test(members, block_each_other)
{
    play_all(true, false);
}

Test(members, block_each_other_beside_the_original_handler)
{
    play_all(true, true);
}
