/* SPDX-License-Identifier: MIT */
/* What members have read, at random: sends, marks, deletions, settings, people who come and go, and
 * after each the counts against a model that counts by looking at all messages.
 *
 * CRUDDUR_TEST_SEED chooses another sequence, CRUDDUR_TEST_READING_STEPS its length; disturbed.h
 * has what it can be disturbed by. Each call is repeated until its outcome is known, so the model
 * knows it, too. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disturbed.h"
#include "reading_model.h"

#define SEED_DEFAULT 20261126
#define STEPS_DEFAULT 600
#define STEPS_SLOW 150

/* A store is filled so far, and then a new one is begun. On a service, where a processor reads the
 * stream from its start, it is filled less. */
#define STEPS_OF_STORE 1500
#define STEPS_OF_SLOW_STORE 250

/* A call that the store cannot make is refused. */
static bool is_made(cruddur_status status)
{
    if (!test_store_is_in_steps(&store)) {
        must_succeed(status);
        return true;
    }
    must_fail(CRUDDUR_E_NEEDS_TRANSACTIONS, NULL, status);
    return false;
}

/* ---- what happens ---- */

static void step_open(void)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *group = NULL;
    cruddur_user others[USERS];
    talk *in = &now.talks[now.count++];
    size_t n_others = one_in(2) ? 1 : 2;
    size_t creator = below(USERS);
    cruddur_user author = test_user(creator);
    char uuid[CRUDDUR_UUID_SIZE];
    *in = (talk){.is_direct = n_others == 1};
    for (size_t i = 0; i <= n_others; i++) {
        size_t user = (creator + i) % USERS;
        in->of[user] = (view){.is_member = true, .read = NOTHING, .visible = NOTHING};
        others[i == 0 ? n_others : i - 1] = test_user(user);
    }
    must_succeed(cruddur_uuid_v4(uuid, TEST_ERROR));
    must_succeed(cruddur_uuid_v4(in->id.text, TEST_ERROR));
    options.group_uuid = in->id.text; /* a call with it can be repeated */
    options.message_uuid = uuid;
    options.created_at_us = draw_time();
    attempt at = {0};
    cruddur_status status;
    do {
        status = cruddur_group_create(attempt_begin(&at), &author, others, n_others, "first",
                                      &options, &group, TEST_ERROR);
    } while (attempt_again(&at, status));
    must_succeed(status);
    said first = {.created_at_us = cruddur_group_last_message_at_us(group)};
    memcpy(first.uuid, uuid, sizeof(uuid));
    learn_message(in, creator, &first, "first");
    expect_returned(in, creator, group);
}

/* Whether the call found that an earlier attempt had done it. */
static bool is_done_before(const attempt *at, cruddur_status status, cruddur_status expected,
                           const char *argument)
{
    if (!at->may_be_done || status != expected) {
        return false;
    }
    must_fail(expected, argument, status);
    return true;
}

/* A repeat does not find an expired message, but the group tells its time. */
static said find_expired(const talk *in, const cruddur_user *author, const char *uuid)
{
    said made = {.version = ""};
    cruddur_group *group = look_at(author, &in->id);
    made.created_at_us = cruddur_group_last_message_at_us(group);
    (void)snprintf(made.uuid, sizeof(made.uuid), "%s", uuid);
    cruddur_group_free(group);
    return made;
}

/* An expired one ended long ago. */
static void send_to(talk *in, bool is_expired)
{
    char text[24];
    char uuid[CRUDDUR_UUID_SIZE];
    attempt at = {0};
    cruddur_status status;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *stored = NULL;
    size_t user = draw_user(in, true);
    cruddur_user author = test_user(user);
    (void)snprintf(text, sizeof(text), "text%u", now.words++);
    must_succeed(cruddur_uuid_v4(uuid, TEST_ERROR));
    options.message_uuid = uuid;
    options.created_at_us = draw_time();
    if (is_expired) {
        options.expires_in_s = 1;
    }
    do {
        status = cruddur_msg_append(attempt_begin(&at), &author, in->id.text, text, &options,
                                    &stored, TEST_ERROR);
    } while (attempt_again(&at, status));
    said made;
    if (is_expired && is_done_before(&at, status, CRUDDUR_E_MESSAGE_GONE, "options.message_uuid")) {
        made = find_expired(in, &author, uuid);
    } else {
        must_succeed(status);
        made = said_of(stored);
        cruddur_msg_free(stored);
    }
    learn_message(in, user, &made, text);
    in->msgs[in->count - 1].is_expired = is_expired;
}

static void step_send(void)
{
    send_to(draw_talk(), one_in(10));
}

static cruddur_status mark(const talk *in, size_t user, const cruddur_mark_options *options,
                           cruddur_group **ret_group)
{
    attempt at = {0};
    cruddur_status status;
    do {
        status = cruddur_group_mark_read(attempt_begin(&at), test_user(user).uuid, in->id.text,
                                         options, ret_group, TEST_ERROR);
    } while (attempt_again(&at, status));
    return status;
}

/* Up to any message, or the newest. */
static void step_mark_read(void)
{
    talk *in = draw_talk();
    size_t user = draw_user(in, true);
    view *seen = &in->of[user];
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    cruddur_group *group = NULL;
    int number = one_in(2) ? in->count - 1 : (int)below((size_t)in->count);
    if (number < in->count - 1 || one_in(4)) {
        options.up_to_message_uuid = in->msgs[number].is.uuid;
        options.up_to_created_at_us = in->msgs[number].is.created_at_us;
    }
    cruddur_status status = mark(in, user, &options, &group);
    if (status == CRUDDUR_E_MESSAGE_NOT_FOUND) {
        cr_assert(number <= seen->visible || in->msgs[number].is_expired);
        must_fail(CRUDDUR_E_MESSAGE_NOT_FOUND, "options.up_to_message_uuid", status);
    } else if (is_made(status)) {
        seen->read = later(seen->read, number);
        expect_returned(in, user, group);
    }
}

static void step_mark_unread(void)
{
    talk *in = draw_talk();
    size_t user = draw_user(in, true);
    view *seen = &in->of[user];
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    cruddur_group *group = NULL;
    int number = (int)below((size_t)in->count);
    options.unread_from_message_uuid = in->msgs[number].is.uuid;
    options.unread_from_created_at_us = in->msgs[number].is.created_at_us;
    cruddur_status status = mark(in, user, &options, &group);
    if (status == CRUDDUR_E_MESSAGE_NOT_FOUND) {
        cr_assert(number <= seen->visible || in->msgs[number].is_expired);
        must_fail(CRUDDUR_E_MESSAGE_NOT_FOUND, "options.unread_from_message_uuid", status);
    } else if (is_made(status)) {
        seen->read = seen->read >= number ? number - 1 : seen->read;
        expect_returned(in, user, group);
    }
}

/* A tombstone is not edited. */
static void step_edit(void)
{
    char text[24];
    talk *in = draw_talk();
    msg *edited = &in->msgs[one_in(3) ? (size_t)in->count - 1 : below((size_t)in->count)];
    const view *seen = &in->of[edited->author];
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.created_at_us = edited->is.created_at_us;
    attempt at = {0};
    cruddur_status status;
    bool is_visible = &in->msgs[seen->visible + 1] <= edited && !edited->is_expired;
    if (!seen->is_member || !is_visible) {
        return;
    }
    (void)snprintf(text, sizeof(text), "edited%u", now.words++);
    do {
        status = cruddur_msg_edit(attempt_begin(&at), test_user(edited->author).uuid, in->id.text,
                                  edited->is.uuid, text, &options, NULL, NULL, TEST_ERROR);
    } while (attempt_again(&at, status));
    if (edited->is_deleted) {
        must_fail(CRUDDUR_E_MESSAGE_DELETED, "message_uuid", status);
    } else if (is_made(status)) {
        memcpy(edited->text, text, sizeof(text));
    }
}

static void step_delete(void)
{
    talk *in = draw_talk();
    msg *deleted = &in->msgs[below((size_t)in->count)];
    const view *seen = &in->of[deleted->author];
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.created_at_us = deleted->is.created_at_us;
    attempt at = {0};
    cruddur_status status;
    bool is_visible = &in->msgs[seen->visible + 1] <= deleted && !deleted->is_expired;
    if (!seen->is_member || !is_visible) {
        return;
    }
    do {
        status =
            cruddur_msg_delete(attempt_begin(&at), test_user(deleted->author).uuid, in->id.text,
                               deleted->is.uuid, &options, NULL, NULL, TEST_ERROR);
    } while (attempt_again(&at, status));
    deleted->is_deleted = is_made(status) || deleted->is_deleted;
}

static void flip(uint32_t *option, bool *flag)
{
    *option = *flag ? CRUDDUR_SWITCH_OFF : CRUDDUR_SWITCH_ON;
    *flag = !*flag;
}

static void step_set(void)
{
    talk *in = draw_talk();
    size_t user = draw_user(in, true);
    view after = in->of[user];
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    cruddur_group *group = NULL;
    attempt at = {0};
    cruddur_status status;
    switch (below(4)) {
    case 0:
        flip(&options.archived, &after.is_archived);
        break;
    case 1:
        flip(&options.pinned, &after.is_pinned);
        break;
    case 2:
        after.is_muted = !after.is_muted;
        options.muted_until_us = after.is_muted ? CRUDDUR_MUTE_FOREVER : CRUDDUR_MUTE_OFF;
        break;
    default:
        options.hidden = CRUDDUR_SWITCH_ON;
        after.visible = in->count - 1;
        after.is_hidden = true;
    }
    do {
        status = cruddur_group_set(attempt_begin(&at), test_user(user).uuid, in->id.text, &options,
                                   &group, TEST_ERROR);
    } while (attempt_again(&at, status));
    if (is_made(status)) {
        in->of[user] = after;
        expect_returned(in, user, group);
    }
}

static void step_add(talk *in)
{
    size_t user = draw_user(in, true);
    size_t added = draw_user(in, false);
    cruddur_user person = test_user(added);
    cruddur_group_options options = CRUDDUR_GROUP_OPTIONS_INIT;
    cruddur_group *group = NULL;
    attempt at = {0};
    cruddur_status status;
    options.flags = one_in(2) ? CRUDDUR_ADD_WITH_HISTORY : 0;
    do {
        status = cruddur_group_add_members(attempt_begin(&at), test_user(user).uuid, in->id.text,
                                           &person, 1, &options, &group, TEST_ERROR);
    } while (attempt_again(&at, status));
    if (is_done_before(&at, status, CRUDDUR_E_MEMBER_TWICE, "people") || is_made(status)) {
        in->of[added] = (view){.is_member = true,
                               .read = in->count - 1,
                               .visible = options.flags == 0 ? in->count - 1 : NOTHING};
        if (group != NULL) {
            expect_returned(in, user, group);
        }
    }
}

static void step_remove(talk *in)
{
    size_t user = draw_user(in, true);
    size_t removed = draw_user(in, true);
    bool leaves = user == removed;
    attempt at = {0};
    cruddur_status status;
    do {
        status = cruddur_group_remove_member(attempt_begin(&at), test_user(user).uuid, in->id.text,
                                             test_user(removed).uuid, NULL, NULL, TEST_ERROR);
    } while (attempt_again(&at, status));
    if (is_done_before(&at, status, leaves ? CRUDDUR_E_GROUP_NOT_FOUND : CRUDDUR_E_NOT_A_MEMBER,
                       leaves ? "group_uuid" : "member_uuid") ||
        is_made(status)) {
        in->of[removed].is_member = false;
    }
}

static void step_people(void)
{
    talk *in = draw_talk();
    size_t members = count_members(in);
    if (in->is_direct) {
        return;
    }
    if (members < USERS && (members == 2 || one_in(2))) {
        step_add(in);
    } else if (members > 2) {
        step_remove(in);
    }
}

static void step_check(void)
{
    const talk *in = draw_talk();
    size_t user = draw_user(in, true);
    check_talk(in, user);
    check_messages(in, user);
    check_inbox(user);
}

/* ---- the sequence ---- */

static void step(void)
{
    static const struct {
        size_t weight;
        void (*step)(void);
    } steps[] = {{34, step_send},  {12, step_mark_read}, {6, step_mark_unread}, {6, step_edit},
                 {6, step_delete}, {10, step_set},       {6, step_people},      {20, step_check}};
    size_t die = below(100);
    size_t i = 0;
    if (now.count == 0 || (now.count < GROUPS && one_in(20))) {
        step_open();
        return;
    }
    while (die >= steps[i].weight) {
        die -= steps[i++].weight;
    }
    steps[i].step();
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void report(uint64_t steps)
{
    disturbances came = disturbed_count();
    (void)fprintf(stderr,
                  "%" PRIu64 " operations: %" PRIu64 " views of groups and %" PRIu64
                  " messages compared, difference 0; %u faults, %u requests late, %u calls "
                  "repeated, %u of them with an unknown outcome, %u processors killed\n",
                  steps, now.views, now.messages, came.faults, came.late, came.repeated,
                  came.unknown, came.killed);
}

/* At rest each member of each group is shown what the model says, and the table is in order. */
static void finish_store(void)
{
    disturbed_calm();
    for (size_t i = 0; disturbed_leaves_rows() && i < now.count; i++) {
        send_to(&now.talks[i], false);
    }
    for (size_t i = 0; i < now.count; i++) {
        for (size_t user = 0; user < USERS; user++) {
            if (now.talks[i].of[user].is_member) {
                check_talk(&now.talks[i], user);
                check_messages(&now.talks[i], user);
            }
        }
    }
    for (size_t user = 0; user < USERS; user++) {
        check_inbox(user);
    }
    test_check(&store);
    disturbed_end();
}

/* Where the test has failed. */
static void clean_up(void)
{
    if (store.dm != NULL) {
        disturbed_end();
    }
}

Test(reading_random, is_as_the_model_counts, .fini = clean_up, .timeout = 36000)
{
    bool is_slow = getenv("CRUDDUR_TEST_SLOW") != NULL || getenv("CRUDDUR_TEST_SERVICE") != NULL;
    uint64_t seed = number_from("CRUDDUR_TEST_SEED", SEED_DEFAULT);
    uint64_t steps =
        number_from("CRUDDUR_TEST_READING_STEPS", is_slow ? STEPS_SLOW : STEPS_DEFAULT);
    uint64_t steps_of_store = is_slow ? STEPS_OF_SLOW_STORE : STEPS_OF_STORE;
    (void)fprintf(stderr, "CRUDDUR_TEST_SEED=%" PRIu64 " CRUDDUR_TEST_READING_STEPS=%" PRIu64 "\n",
                  seed, steps);
    now = (world){.state = seed, .clock_us = AT_SECOND(0)};
    for (uint64_t i = 0; i < steps; i++) {
        if (i % steps_of_store == 0) {
            disturbed_begin((unsigned)(seed + i));
            now.count = 0;
        }
        if (one_in(40)) {
            disturbed_kill((unsigned)i);
        }
        step();
        if (i + 1 == steps || (i + 1) % steps_of_store == 0) {
            finish_store();
        }
    }
    report(steps);
}
