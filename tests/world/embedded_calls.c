/* SPDX-License-Identifier: MIT */
/* Calls of the public API in a story of the embedded engine, and what they set. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world/embedded_story.h"
#include "world/network.h"
#include "world/submissions.h"
#include "world/world.h"

/* Of so many of the calls that take longest one is made. */
#define SELDOM 4
#define THUMB "\xf0\x9f\x91\x8d"

const cruddur_user embedded_people[PERSONS] = {
    {.uuid = "00000000-0000-4000-8000-000000000001", .display_name = "Ann", .handle = "ann"},
    {.uuid = "00000000-0000-4000-8000-000000000002", .display_name = "Bob", .handle = "bob"},
    {.uuid = "00000000-0000-4000-8000-000000000003", .display_name = "Xia", .handle = "xia"},
    {.uuid = "00000000-0000-4000-8000-000000000004", .display_name = "Yan", .handle = "yan"},
};

/* What a call has come to: whether it may have set what it should. */
static bool note(embedded *now, const char *what, cruddur_status status, cruddur_error *error)
{
    bool may_be = status == CRUDDUR_OK || cruddur_error_outcome_unknown(error);
    sim_tell("%s: %s%s", what, cruddur_status_name(status),
             status != CRUDDUR_OK && may_be ? ", outcome unknown" : "");
    now->calls++;
    now->acks += status == CRUDDUR_OK ? 1 : 0;
    if (status != CRUDDUR_OK) {
        embedded_judge_failure(now, what, true, status, error);
    }
    if (may_be) {
        registers_call(status == CRUDDUR_OK);
    }
    cruddur_error_free(error);
    return may_be;
}

static void note_one(embedded *now, const char *what, size_t number, const char *value,
                     cruddur_status status, cruddur_error *error)
{
    if (note(now, what, status, error)) {
        registers_set(number, value);
    }
}

/* Whoever calls: a member for certain. */
static const char *member(void)
{
    return embedded_people[sim_roll(MEMBERS)].uuid;
}

/* ---- sending ---- */

static void say(char *text, const char *kind, size_t number)
{
    (void)snprintf(text, REGISTER_SIZE, "%s%zu", kind, number);
}

/* One that was there before keeps what became of it. */
static void note_sent(embedded *now, size_t number, cruddur_status status, cruddur_error *error)
{
    char text[REGISTER_SIZE];
    bool is_new = *registers_last(REGISTER_MESSAGE(number)) == '\0';
    say(text, "m", number);
    if (note(now, text, status, error) && is_new) {
        registers_set(REGISTER_MESSAGE(number), text);
    }
    now->is_open = now->is_open || status == CRUDDUR_OK;
}

static void create(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.group_uuid = GROUP;
    options.message_uuid = now->message[0].uuid;
    cruddur_status status = cruddur_group_create(dm, &embedded_people[0], &embedded_people[1],
                                                 MEMBERS - 1, "m0", &options, NULL, &error);
    note_sent(now, 0, status, error);
}

static void append(embedded *now, cruddur *dm, size_t number)
{
    char text[REGISTER_SIZE];
    cruddur_error *error = NULL;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    const embedded_message *message = &now->message[number];
    options.message_uuid = message->uuid;
    say(text, "m", number);
    cruddur_status status = cruddur_msg_append(dm, &embedded_people[message->author], GROUP, text,
                                               &options, NULL, &error);
    note_sent(now, number, status, error);
}

static size_t plan(embedded *now)
{
    size_t number = now->message_count++;
    now->message[number].author = number == 0 ? 0 : sim_roll(MEMBERS);
    (void)snprintf(now->message[number].uuid, sizeof(now->message[number].uuid),
                   "00000000-0000-4000-9000-%012zu", number);
    return number;
}

static void send(embedded *now, cruddur *dm)
{
    if (now->message_count < MESSAGES) {
        append(now, dm, plan(now));
    }
}

static void send_again(embedded *now, cruddur *dm)
{
    append(now, dm, sim_roll(now->message_count));
}

/* Several at once, so that they wait behind each other; one of them may be there already. */
typedef struct submitting {
    embedded *now;
    cruddur *dm;
    size_t number[SUBMITTED_MAX];
    size_t count;
} submitting;

static void submit(const submitting *self, cruddur *own, size_t number)
{
    char text[REGISTER_SIZE];
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_submit_options submit = CRUDDUR_SUBMIT_OPTIONS_INIT;
    embedded_message *message = &self->now->message[number];
    options.message_uuid = message->uuid;
    submit.data = message;
    say(text, "m", number);
    if (cruddur_msg_append_submit(own, &embedded_people[message->author], GROUP, text, &options,
                                  &submit, NULL, NULL) != CRUDDUR_OK) {
        abort();
    }
}

static void receive(const submitting *self, cruddur *own)
{
    cruddur_completion *completion = NULL;
    if (cruddur_completion_next(own, CRUDDUR_WAIT_FOREVER, &completion, NULL) != CRUDDUR_OK) {
        abort();
    }
    const embedded_message *message = cruddur_completion_data(completion);
    note_sent(self->now, (size_t)(message - self->now->message),
              cruddur_completion_status(completion), cruddur_completion_take_error(completion));
    cruddur_completion_free(completion);
}

static void submit_and_receive(void *context)
{
    cruddur own;
    const submitting *self = context;
    submissions_open(&own, self->dm);
    for (size_t i = 0; i < self->count; i++) {
        submit(self, &own, self->number[i]);
    }
    for (size_t i = 0; i < self->count; i++) {
        receive(self, &own);
    }
    submissions_close(&own);
}

static void send_several(embedded *now, cruddur *dm)
{
    submitting several = {.now = now, .dm = dm};
    size_t again = sim_roll(now->message_count);
    for (size_t left = 2 + sim_roll(SUBMITTED_MAX - 2); left > 0; left--) {
        if (now->message_count < MESSAGES) {
            several.number[several.count++] = plan(now);
        }
        if (left == 2 && sim_happens(2)) {
            several.number[several.count++] = again;
        }
    }
    (void)sim_add_job(submit_and_receive, &several);
    sim_run(NULL);
}

/* ---- changing messages ---- */

/* One that is there for certain, and was not deleted; MESSAGES: none. */
static size_t pick(const embedded *now)
{
    size_t from = sim_roll(now->message_count);
    for (size_t i = 0; i < now->message_count; i++) {
        size_t number = (from + i) % now->message_count;
        const char *text = registers_certain(REGISTER_MESSAGE(number));
        if (text != NULL && *text != '\0' && *text != '-') {
            return number;
        }
    }
    return MESSAGES;
}

static void edit(embedded *now, cruddur *dm)
{
    char text[REGISTER_SIZE];
    cruddur_error *error = NULL;
    size_t number = pick(now);
    if (number == MESSAGES) {
        return;
    }
    say(text, "e", now->number++);
    const embedded_message *message = &now->message[number];
    cruddur_status status = cruddur_msg_edit(dm, embedded_people[message->author].uuid, GROUP,
                                             message->uuid, text, NULL, NULL, NULL, &error);
    note_one(now, text, REGISTER_MESSAGE(number), text, status, error);
}

static void delete (embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    size_t number = pick(now);
    if (number == MESSAGES) {
        return;
    }
    const embedded_message *message = &now->message[number];
    cruddur_status status = cruddur_msg_delete(dm, embedded_people[message->author].uuid, GROUP,
                                               message->uuid, NULL, NULL, NULL, &error);
    if (note(now, "deleting", status, error)) {
        registers_set(REGISTER_MESSAGE(number), "-");
        registers_set(REGISTER_REACTION(number), "");
    }
}

static void react(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    size_t number = pick(now);
    bool is_added = !sim_happens(3);
    if (number == MESSAGES) {
        return;
    }
    cruddur_status status =
        cruddur_msg_react(dm, embedded_people[0].uuid, GROUP, now->message[number].uuid, THUMB,
                          is_added, NULL, NULL, NULL, &error);
    note_one(now, "reacting", REGISTER_REACTION(number), is_added ? "+" : "", status, error);
}

/* ---- the group, for a member and for all ---- */

static void pin(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    size_t person = sim_roll(MEMBERS);
    bool is_on = sim_happens(2);
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.pinned = is_on ? CRUDDUR_SWITCH_ON : CRUDDUR_SWITCH_OFF;
    options.archived = sim_happens(2) ? CRUDDUR_SWITCH_ON : CRUDDUR_SWITCH_KEEP;
    cruddur_status status =
        cruddur_group_set(dm, embedded_people[person].uuid, GROUP, &options, NULL, &error);
    note_one(now, "pinning", REGISTER_PINNED(person), is_on ? "+" : "", status, error);
}

static void mute(embedded *now, cruddur *dm)
{
    char value[REGISTER_SIZE];
    cruddur_error *error = NULL;
    size_t person = sim_roll(MEMBERS);
    int64_t number = (int64_t)now->number++;
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.muted_until_us = 2 * SIM_BEGIN_US + number;
    (void)snprintf(value, sizeof(value), "%" PRId64, number);
    cruddur_status status =
        cruddur_group_set(dm, embedded_people[person].uuid, GROUP, &options, NULL, &error);
    note_one(now, "muting", REGISTER_MUTED(person), value, status, error);
}

static void rename_group(embedded *now, cruddur *dm)
{
    char name[REGISTER_SIZE];
    cruddur_error *error = NULL;
    say(name, "n", now->number++);
    cruddur_status status = cruddur_group_rename(dm, member(), GROUP, name, NULL, NULL, &error);
    note_one(now, name, REGISTER_NAME, name, status, error);
}

static void mark_read(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    cruddur_status status = cruddur_group_mark_read(dm, member(), GROUP, NULL, NULL, &error);
    (void)note(now, "marking", status, error);
}

static void change_members(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    const char *guest = registers_certain(REGISTER_GUEST);
    if (guest == NULL) {
        return;
    }
    bool is_added = *guest == '\0';
    cruddur_status status =
        is_added ? cruddur_group_add_members(dm, member(), GROUP, &embedded_people[MEMBERS], 1,
                                             NULL, NULL, &error)
                 : cruddur_group_remove_member(dm, member(), GROUP, embedded_people[MEMBERS].uuid,
                                               NULL, NULL, &error);
    note_one(now, is_added ? "adding" : "removing", REGISTER_GUEST, is_added ? "+" : "", status,
             error);
}

/* ---- the direct group ---- */

const char *embedded_direct_group(void)
{
    static char uuid[CRUDDUR_UUID_SIZE];
    if (uuid[0] == '\0' &&
        cruddur_group_direct_uuid(embedded_people[0].uuid, embedded_people[1].uuid, uuid, NULL) !=
            CRUDDUR_OK) {
        abort();
    }
    return uuid;
}

/* The second person writes to the first one, which opens the group; again and again the same. */
static void write_directly(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    const char *blocked = registers_certain(REGISTER_BLOCKED);
    options.message_uuid = DIRECT_MESSAGE;
    bool is_new = *registers_last(REGISTER_DIRECT) == '\0';
    cruddur_status status = cruddur_group_create(dm, &embedded_people[1], embedded_people, 1, "d",
                                                 &options, NULL, &error);
    if (status == CRUDDUR_E_BLOCKED && (blocked == NULL || *blocked == '+')) {
        cruddur_error_free(error);
        return;
    }
    if (note(now, "writing directly", status, error) && is_new) {
        registers_set(REGISTER_DIRECT, "+");
    }
}

static void block(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    bool is_on = sim_happens(2);
    const char *is_there = registers_certain(REGISTER_DIRECT);
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.blocked = is_on ? CRUDDUR_SWITCH_ON : CRUDDUR_SWITCH_OFF;
    if (is_there == NULL || *is_there == '\0') {
        return;
    }
    cruddur_status status = cruddur_group_set(dm, embedded_people[0].uuid, embedded_direct_group(),
                                              &options, NULL, &error);
    note_one(now, is_on ? "blocking" : "unblocking", REGISTER_BLOCKED, is_on ? "+" : "", status,
             error);
}

/* ---- reading ---- */

static void list_messages(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    cruddur_msg_page *page = NULL;
    cruddur_status status = cruddur_msg_list(dm, member(), GROUP, NULL, &page, &error);
    (void)note(now, "listing", status, error);
    cruddur_msg_page_free(page);
}

static void list_groups(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    cruddur_group_page *page = NULL;
    cruddur_status status = cruddur_group_list(dm, member(), NULL, &page, &error);
    (void)note(now, "listing groups", status, error);
    if (!now->is_rotten && status == CRUDDUR_OK && cruddur_group_page_count(page) > 2) {
        embedded_breach(now, "an inbox shows a group twice");
    }
    cruddur_group_page_free(page);
}

/* ---- operators ---- */

static bool observe(void *data, const cruddur_check_event *event)
{
    embedded *now = data;
    if (event->breaches > 0 && !now->is_rotten) {
        embedded_breach(now, "the check finds: %s", event->message == NULL ? "" : event->message);
    }
    return true;
}

static void check(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    options.flags = sim_happens(2) ? CRUDDUR_CHECK_REPAIR : 0;
    options.observe = observe;
    options.data = now;
    cruddur_status status = cruddur_check(dm, &options, &error);
    (void)note(now, "checking", status, error);
}

static void purge(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    cruddur_status status = cruddur_purge(dm, NULL, &error);
    (void)note(now, "purging", status, error);
}

/* The fourth person has written nothing: what an erasure changes is one group's members. */
static void erase(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    if (!sim_happens(SELDOM)) {
        return;
    }
    cruddur_status status = cruddur_person_erase(dm, embedded_people[MEMBERS].uuid, NULL, &error);
    /* It is several changes, of which a part may be made when one fails. */
    if (!note(now, "erasing", status, error)) {
        registers_call(false);
    }
    registers_set(REGISTER_GUEST, "");
}

static bool look_up(void *data, const char *user_uuid, cruddur_user *user)
{
    (void)data;
    user->display_name = sim_happens(2) ? "Renamed" : "Named";
    user->handle = user_uuid;
    return true;
}

/* Names are copies of no promised age: what else there is must stay as it is. */
static void rename_people(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    cruddur_person_options options = CRUDDUR_PERSON_OPTIONS_INIT;
    options.flags = sim_happens(2) ? CRUDDUR_PERSON_MESSAGES : 0;
    if (!sim_happens(SELDOM)) {
        return;
    }
    cruddur_status status = cruddur_person_rename(dm, look_up, NULL, &options, &error);
    (void)note(now, "renaming people", status, error);
}

static void upgrade(embedded *now, cruddur *dm)
{
    cruddur_error *error = NULL;
    cruddur_status status = cruddur_schema_upgrade(dm, NULL, &error);
    (void)note(now, "upgrading", status, error);
}

/* Calls of a group that is there, each so often. */
static const struct {
    void (*make)(embedded *now, cruddur *dm);
    unsigned weight;
} calls[] = {
    {send, 7},
    {send_again, 4},
    {edit, 4},
    {send_several, 2},
    {delete, 1},
    {react, 3},
    {pin, 2},
    {mute, 2},
    {rename_group, 2},
    {mark_read, 3},
    {change_members, 2},
    {list_messages, 3},
    {list_groups, 3},
    {check, 1},
    {purge, 1},
    {upgrade, 1},
    {erase, 1},
    {block, 2},
    {write_directly, 2},
    {rename_people, 1},
};

void embedded_call(embedded *now, cruddur *dm)
{
    unsigned sum = 0;
    if (now->message_count == 0) {
        (void)plan(now);
    }
    if (!now->is_open) {
        create(now, dm);
        return;
    }
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        sum += calls[i].weight;
    }
    size_t dice = sim_roll(sum);
    size_t chosen = 0;
    while (dice >= calls[chosen].weight) {
        dice -= calls[chosen++].weight;
    }
    calls[chosen].make(now, dm);
}
