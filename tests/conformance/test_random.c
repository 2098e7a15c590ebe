/* SPDX-License-Identifier: MIT */
/* A long random conversation, each answer compared with a simple model (model.h).
 *
 * CRUDDUR_TEST_SEED chooses another conversation, CRUDDUR_TEST_STEPS its length. The seed is
 * printed, so that what failed can be run again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

CONFORMANCE_SUITE(random_talk);

#define SEED_DEFAULT 20260101
#define STEPS_DEFAULT 1500
#define STEPS_SLOW 300

typedef struct talk {
    uint64_t state;
    int64_t clock_us; /* the conversation's own, far in the past */
    unsigned words;
    model known;
} talk;

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(talk *self)
{
    uint64_t z = self->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static size_t below(talk *self, size_t limit)
{
    return (size_t)(draw(self) % limit);
}

static bool one_in(talk *self, size_t n)
{
    return below(self, n) == 0;
}

/* Times are close together, so that groups want the same sort keys again and again. */
static int64_t draw_time(talk *self)
{
    self->clock_us += (int64_t)below(self, 4);
    return one_in(self, 100) ? 0 : self->clock_us - (int64_t)below(self, 6);
}

static void draw_word(talk *self, const char *prefix, char word[MODEL_WORD])
{
    (void)snprintf(word, MODEL_WORD, "%s%u", prefix, self->words++);
}

static bool draw_uuid(talk *self, int64_t time_us, char uuid[CRUDDUR_UUID_SIZE])
{
    switch (below(self, 3)) {
    case 0:
        must_succeed(cruddur_uuid_v4(uuid, TEST_ERROR));
        return true;
    case 1:
        must_succeed(cruddur_uuid_v7(time_us, uuid, TEST_ERROR));
        return true;
    default:
        return false;
    }
}

static model_group *draw_group(talk *self)
{
    return &self->known.groups[below(self, self->known.count)];
}

static size_t draw_member(talk *self, const model_group *group)
{
    size_t user = below(self, MODEL_USERS);
    while (!group->has_member[user]) {
        user = (user + 1) % MODEL_USERS;
    }
    return user;
}

/* A user whose names are the usual ones, new ones, or left to the group. */
static cruddur_user draw_names(talk *self, size_t number, char display_name[MODEL_WORD],
                               char handle[MODEL_WORD])
{
    cruddur_user user = test_user(number);
    if (one_in(self, 10)) {
        draw_word(self, "name", display_name);
        user.display_name = display_name;
    }
    if (one_in(self, 10)) {
        draw_word(self, "handle", handle);
        user.handle = handle;
    }
    user.display_name = one_in(self, 5) ? NULL : user.display_name;
    user.handle = one_in(self, 5) ? NULL : user.handle;
    return user;
}

static void learn_names(model_person *person, const cruddur_user *user)
{
    if (user->display_name != NULL) {
        (void)snprintf(person->display_name, MODEL_WORD, "%s", user->display_name);
    }
    if (user->handle != NULL) {
        (void)snprintf(person->handle, MODEL_WORD, "%s", user->handle);
    }
}

/* ---- writing ---- */

/* How much later a message may get in mode `stream`: its author's row, and in an opening all rows,
 * may be in the way. */
#define LATER_MAX_US 100000

/* The time that a message got is the one asked for, or right behind the newest; it is later only
 * where that moment was taken. */
static void expect_time(const talk *self, const model_group *group, int64_t asked_us,
                        int64_t got_us)
{
    int64_t least_us = asked_us;
    if (group->count > 0 && least_us <= model_head(group)->time_us) {
        least_us = model_head(group)->time_us + 1;
    }
    cr_assert_geq(got_us, least_us);
    if (test_store_is_streamed(&store)) {
        cr_assert(asked_us == 0 || got_us < least_us + LATER_MAX_US);
        return;
    }
    if (asked_us != 0 && !model_is_taken(&self->known, group, least_us)) {
        cr_assert_eq(got_us, least_us);
    }
    cr_assert_not(model_is_taken(&self->known, group, got_us));
}

static void learn_msg(const talk *self, model_group *group, model_msg *msg,
                      const cruddur_user *author)
{
    expect_time(self, group, msg->asked_us, msg->time_us);
    learn_names(&group->person[msg->author], author);
    msg->as = group->person[msg->author];
    model_add_msg(group, msg);
}

static void step_append(talk *self)
{
    model_group *group = draw_group(self);
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    model_msg msg = {.author = draw_member(self, group), .asked_us = draw_time(self)};
    char names[2][MODEL_WORD];
    cruddur_user author = draw_names(self, msg.author, names[0], names[1]);
    cruddur_msg *stored = NULL;
    draw_word(self, "text", msg.text);
    options.created_at_us = msg.asked_us;
    int64_t made_us = msg.asked_us != 0 ? self->clock_us : cruddur_time_now_us();
    msg.is_repeatable = draw_uuid(self, made_us, msg.uuid);
    options.message_uuid = msg.is_repeatable ? msg.uuid : NULL;
    must_succeed(cruddur_msg_append(store.dm, &author, group->id.text, msg.text, &options, &stored,
                                    TEST_ERROR));
    (void)snprintf(msg.uuid, sizeof(msg.uuid), "%s", cruddur_msg_uuid(stored));
    msg.time_us = cruddur_msg_created_at_us(stored);
    learn_msg(self, group, &msg, &author);
    model_expect_msg(group, model_head(group), stored);
    cruddur_msg_free(stored);
}

static void step_append_by_stranger(talk *self)
{
    const model_group *group = draw_group(self);
    size_t user = below(self, MODEL_USERS);
    cruddur_user author = test_user(user);
    if (!group->has_member[user]) {
        must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
                  cruddur_msg_append(store.dm, &author, group->id.text, TEST_SECRET, NULL, NULL,
                                     TEST_ERROR));
    }
}

static void step_repeat(talk *self)
{
    const model_group *group = draw_group(self);
    const model_msg *msg = &group->msgs[below(self, group->count)];
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_user author = test_user(msg->author);
    cruddur_msg *stored = NULL;
    if (!msg->is_repeatable) {
        return;
    }
    options.message_uuid = msg->uuid;
    options.created_at_us = msg->asked_us;
    must_succeed(cruddur_msg_append(store.dm, &author, group->id.text, "again", &options, &stored,
                                    TEST_ERROR));
    model_expect_msg(group, msg, stored);
    cruddur_msg_free(stored);
}

/* Draws two or more members, the creator among them; returns how many others. */
static size_t draw_others(talk *self, model_group *wanted, size_t *creator, cruddur_user *others)
{
    size_t count = one_in(self, 3) ? 3 + below(self, MODEL_USERS - 2) : 2;
    size_t n_others = 0;
    while (wanted->member_count < count) {
        size_t user = below(self, MODEL_USERS);
        if (!wanted->has_member[user]) {
            wanted->has_member[user] = true;
            if (wanted->member_count++ == 0) {
                *creator = user;
            } else {
                others[n_others++] = test_user(user);
                learn_names(&wanted->person[user], &others[n_others - 1]);
            }
        }
    }
    return n_others;
}

/* Opens a group that is known, or a new one; both ways come from the same call. */
static void step_create(talk *self)
{
    model_group wanted = {.member_count = 0};
    model_msg msg = {.asked_us = draw_time(self)};
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_user others[MODEL_USERS];
    char group_uuid[CRUDDUR_UUID_SIZE];
    char names[2][MODEL_WORD];
    cruddur_group *got = NULL;
    size_t n_others = draw_others(self, &wanted, &msg.author, others);
    cruddur_user creator = draw_names(self, msg.author, names[0], names[1]);
    draw_word(self, "first", msg.text);
    if (n_others > 1 && one_in(self, 2)) {
        draw_word(self, "group", wanted.name);
        wanted.has_name = true;
        options.group_name = wanted.name;
    }
    options.flags = one_in(self, 4) ? CRUDDUR_CREATE_SEPARATE : 0;
    options.group_uuid =
        draw_uuid(self, self->clock_us, group_uuid) && one_in(self, 2) ? group_uuid : NULL;
    must_succeed(cruddur_uuid_v4(msg.uuid, TEST_ERROR));
    msg.is_repeatable = true;
    options.message_uuid = msg.uuid;
    options.created_at_us = msg.asked_us;
    must_succeed(cruddur_group_create(store.dm, &creator, others, n_others, msg.text, &options,
                                      &got, TEST_ERROR));
    model_group *group = model_find(&self->known, cruddur_group_uuid(got));
    if (group == NULL) {
        group = model_add_group(&self->known, cruddur_group_uuid(got));
        wanted.id = group->id;
        *group = wanted;
    } else {
        cr_assert_eq(n_others, 1);
        cr_assert(options.flags == 0 && options.group_uuid == NULL);
    }
    msg.time_us = cruddur_group_last_message_at_us(got);
    learn_msg(self, group, &msg, &creator);
    model_expect_group(group, msg.author, got);
    cruddur_group_free(got);
}

/* ---- reading ---- */

/* Where a walk from one end to the other stands: rows from `low` to below `high` are to come. */
typedef struct range {
    size_t low, high;
    bool towards_older;
    bool has_begun;
} range;

/* Takes the next `limit` rows off the range; returns those, and what the page must say of others.
 */
static range take_page(range *rest, size_t limit, bool *has_older, bool *has_newer)
{
    range page = *rest;
    size_t left = rest->high - rest->low;
    size_t count = left < limit ? left : limit;
    bool has_more = left > count;
    if (rest->towards_older) {
        page.low = rest->high = rest->high - count;
    } else {
        page.high = rest->low = rest->low + count;
    }
    *has_older = rest->towards_older ? has_more : rest->has_begun;
    *has_newer = rest->towards_older ? rest->has_begun : has_more;
    rest->has_begun = true;
    return page;
}

static size_t row_of(const range *page, uint32_t order, size_t index)
{
    return order == CRUDDUR_OLDEST_FIRST ? page->low + index : page->high - 1 - index;
}

static cruddur_list_options draw_options(talk *self)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.limit = (uint32_t)(1 + below(self, 12));
    options.start = (uint32_t)below(self, 2);
    options.order = (uint32_t)below(self, 2);
    if (one_in(self, 2)) {
        options.since_us = self->clock_us - (int64_t)below(self, 1000);
    }
    if (one_in(self, 2)) {
        options.until_us = self->clock_us - (int64_t)below(self, 1000);
    }
    if (options.since_us >= options.until_us) {
        options.until_us = options.since_us + 1;
    }
    return options;
}

static range range_of(const cruddur_list_options *options)
{
    return (range){.towards_older = options->start == CRUDDUR_START_NEWEST};
}

static void narrow(range *rest, int64_t time_us, const cruddur_list_options *options)
{
    rest->low += time_us < options->since_us ? 1 : 0;
    rest->high += time_us < options->until_us ? 1 : 0;
}

static void step_list_messages(talk *self)
{
    const model_group *group = draw_group(self);
    cruddur_user viewer = test_user(draw_member(self, group));
    cruddur_list_options options = draw_options(self);
    range rest = range_of(&options);
    cruddur_msg_page *last = NULL;
    bool has_older;
    bool has_newer;
    for (size_t i = 0; i < group->count; i++) {
        narrow(&rest, group->msgs[i].time_us, &options);
    }
    do {
        range expected = take_page(&rest, options.limit, &has_older, &has_newer);
        cruddur_msg_page *page = list_messages(&viewer, &group->id, &options);
        cr_assert_eq(cruddur_msg_page_count(page), expected.high - expected.low);
        for (size_t i = 0; i < expected.high - expected.low; i++) {
            model_expect_msg(group, &group->msgs[row_of(&expected, options.order, i)],
                             cruddur_msg_page_at(page, i));
        }
        cr_assert_eq(cruddur_msg_page_has_older(page), has_older);
        cr_assert_eq(cruddur_msg_page_has_newer(page), has_newer);
        options.cursor =
            rest.towards_older ? cruddur_msg_page_older(page) : cruddur_msg_page_newer(page);
        cruddur_msg_page_free(last);
        last = page;
    } while (rest.low < rest.high);
    cruddur_msg_page_free(last);
}

static void step_list_groups(talk *self)
{
    model_group *groups[MODEL_GROUPS_MAX];
    int64_t row_us[MODEL_GROUPS_MAX];
    size_t viewer = below(self, MODEL_USERS);
    cruddur_user user = test_user(viewer);
    cruddur_list_options options = draw_options(self);
    range rest = range_of(&options);
    cruddur_group_page *last = NULL;
    bool has_older;
    bool has_newer;
    size_t count = model_groups_of(&self->known, viewer, groups, row_us);
    for (size_t i = 0; i < count; i++) {
        narrow(&rest, row_us[i], &options);
    }
    do {
        range expected = take_page(&rest, options.limit, &has_older, &has_newer);
        cruddur_group_page *page = list_groups(&user, &options);
        cr_assert_eq(cruddur_group_page_count(page), expected.high - expected.low);
        for (size_t i = 0; i < expected.high - expected.low; i++) {
            model_expect_group(groups[row_of(&expected, options.order, i)], viewer,
                               cruddur_group_page_at(page, i));
        }
        cr_assert_eq(cruddur_group_page_has_older(page), has_older);
        cr_assert_eq(cruddur_group_page_has_newer(page), has_newer);
        options.cursor =
            rest.towards_older ? cruddur_group_page_older(page) : cruddur_group_page_newer(page);
        cruddur_group_page_free(last);
        last = page;
    } while (rest.low < rest.high);
    cruddur_group_page_free(last);
}

static void step_look(talk *self)
{
    const model_group *group = draw_group(self);
    size_t user = draw_member(self, group);
    const char *viewer = one_in(self, 2) ? test_user(user).uuid : NULL;
    cruddur_group *got = NULL;
    cruddur_members *members = NULL;
    test_store_settle(&store);
    must_succeed(
        cruddur_group_get(store.dm, test_user(user).uuid, group->id.text, NULL, &got, TEST_ERROR));
    must_succeed(cruddur_group_members(store.dm, viewer, group->id.text,
                                       viewer == NULL ? &test_trusted_members : NULL, &members,
                                       TEST_ERROR));
    model_expect_group(group, user, got);
    model_expect_members(group, members);
    cruddur_group_free(got);
    cruddur_members_free(members);
}

/* ---- the conversation ---- */

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void step(talk *self)
{
    size_t die = below(self, 100);
    bool has_room = self->known.count < MODEL_GROUPS_MAX;
    if (self->known.count == 0 || (die < 6 && has_room)) {
        step_create(self);
    } else if (die < 50) {
        step_append(self);
    } else if (die < 55) {
        step_append_by_stranger(self);
    } else if (die < 65) {
        step_repeat(self);
    } else if (die < 80) {
        step_list_messages(self);
    } else if (die < 92) {
        step_list_groups(self);
    } else {
        step_look(self);
    }
}

Test(random_talk, is_as_the_model_says)
{
    static talk self;
    bool is_slow = getenv("CRUDDUR_TEST_SLOW") != NULL;
    uint64_t seed = number_from("CRUDDUR_TEST_SEED", SEED_DEFAULT);
    uint64_t steps = number_from("CRUDDUR_TEST_STEPS", is_slow ? STEPS_SLOW : STEPS_DEFAULT);
    (void)fprintf(stderr, "CRUDDUR_TEST_SEED=%" PRIu64 " CRUDDUR_TEST_STEPS=%" PRIu64 "\n", seed,
                  steps);
    self = (talk){.state = seed, .clock_us = AT_SECOND(0)};
    for (uint64_t i = 0; i < steps; i++) {
        step(&self);
        test_store_settle(&store);
    }
    size_t messages = 0;
    for (size_t i = 0; i < self.known.count; i++) {
        messages += self.known.groups[i].count;
    }
    cr_assert_eq(test_check_count(&store, "messages"), messages);
    cr_assert_eq(test_check_count(&store, "groups"), self.known.count);
    model_free(&self.known);
    test_check(&store);
}
