/* SPDX-License-Identifier: MIT */
#include "sqlite/load.h"

#include <stdio.h>
#include <string.h>

#include "sqlite/ledger.h"

#define TIMEOUT_MS 240000

/* Members are persons `first` to `first + members - 1`. */
static const struct shape {
    unsigned first;
    unsigned members;
} shapes[LOAD_GROUPS] = {{0, 2}, {1, 2}, {2, 2}, {3, 2}, {4, 2}, {5, 2}, {0, 5}, {1, 5}, {2, 5}};

#define LOAD_PEOPLE 7

static void group_uuid_of(unsigned group, char uuid[CRUDDUR_UUID_SIZE])
{
    number_uuid(0xfe00000000u + group, uuid);
}

static bool is_member(unsigned group, unsigned who)
{
    return who >= shapes[group].first && who < shapes[group].first + shapes[group].members;
}

static unsigned roll(load *running, unsigned sides)
{
    running->dice = running->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(running->dice >> 33) % sides;
}

static bool has_problem(const load *running)
{
    return running->problem[0] != '\0';
}

static void note(load *running, const char *doing, const char *wrong)
{
    if (wrong != NULL) {
        (void)snprintf(running->problem, sizeof(running->problem), "%s: %s", doing, wrong);
    }
}

/* ---- writing ---- */

static void send(load *running, unsigned group, unsigned author, uint64_t number)
{
    char message_uuid[CRUDDUR_UUID_SIZE];
    char group_uuid[CRUDDUR_UUID_SIZE];
    char text[TEXT_SIZE];
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    number_uuid(number, message_uuid);
    group_uuid_of(group, group_uuid);
    text_of(message_uuid, text);
    options.message_uuid = message_uuid;
    options.created_at_us = NOON_US;
    options.timeout_ms = TIMEOUT_MS;
    note(running, "append",
         test_wrong_success(cruddur_msg_append(running->dm, person(author), group_uuid, text,
                                               &options, &msg, TEST_ERROR)));
    if (has_problem(running)) {
        return;
    }
    running->acknowledge(running->context, message_uuid, group_uuid);
    if (strcmp(cruddur_msg_text(msg), text) != 0) {
        note(running, "append", "returned another message");
    }
    cruddur_msg_free(msg);
}

static unsigned any_member(load *running, unsigned group)
{
    return shapes[group].first + roll(running, shapes[group].members);
}

static void send_new(load *running)
{
    unsigned group = roll(running, LOAD_GROUPS);
    send(running, group, any_member(running, group), (uint64_t)running->seed << 32 | running->step);
}

/* The same message as all other threads send at about this step. */
static void send_shared(load *running)
{
    unsigned number = running->step / 8;
    unsigned group = number % LOAD_GROUPS;
    send(running, group, shapes[group].first, (uint64_t)0xff << 32 | number);
}

/* Whoever comes first opens the group; to all others it is an append. */
static void open_shape(load *running, unsigned group)
{
    char message_uuid[CRUDDUR_UUID_SIZE];
    char group_uuid[CRUDDUR_UUID_SIZE];
    char text[TEXT_SIZE];
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    number_uuid((uint64_t)0xfd << 32 | group, message_uuid);
    group_uuid_of(group, group_uuid);
    text_of(message_uuid, text);
    options.group_uuid = group_uuid;
    options.message_uuid = message_uuid;
    options.created_at_us = NOON_US;
    options.timeout_ms = TIMEOUT_MS;
    note(running, "create",
         test_wrong_success(cruddur_group_create(
             running->dm, person(shapes[group].first), person(shapes[group].first + 1),
             shapes[group].members - 1, text, &options, NULL, TEST_ERROR)));
    if (!has_problem(running)) {
        running->acknowledge(running->context, message_uuid, group_uuid);
    }
}

void load_prepare(load *prepared)
{
    for (unsigned group = 0; group < LOAD_GROUPS && !has_problem(prepared); group++) {
        open_shape(prepared, group);
    }
}

/* ---- reading ---- */

/* The group of the row; LOAD_GROUPS for one that the person is not in. */
static unsigned group_of(const cruddur_group *row, unsigned who)
{
    char uuid[CRUDDUR_UUID_SIZE];
    unsigned group = 0;
    for (; group < LOAD_GROUPS; group++) {
        group_uuid_of(group, uuid);
        if (is_member(group, who) && strcmp(uuid, cruddur_group_uuid(row)) == 0) {
            break;
        }
    }
    return group;
}

/* A row of the list: it never goes back, nor comes twice. */
static const char *check_row(load *running, unsigned who, const cruddur_group *row, unsigned *found)
{
    unsigned group = group_of(row, who);
    const char *sk = cruddur_group_sort_key(row);
    if (group == LOAD_GROUPS) {
        return "a group of others";
    }
    if ((*found & 1u << group) != 0) {
        return "a group twice";
    }
    *found |= 1u << group;
    if (strcmp(sk, running->seen[who][group]) < 0) {
        return "a group went back in time";
    }
    (void)snprintf(running->seen[who][group], CRUDDUR_TIME_SIZE, "%s", sk);
    return NULL;
}

static const char *check_page(load *running, unsigned who, const cruddur_group_page *page)
{
    unsigned found = 0;
    unsigned expected = 0;
    const char *wrong = NULL;
    for (unsigned group = 0; group < LOAD_GROUPS; group++) {
        expected |= is_member(group, who) ? 1u << group : 0;
    }
    for (size_t i = 0; wrong == NULL && i < cruddur_group_page_count(page); i++) {
        const cruddur_group *row = cruddur_group_page_at(page, i);
        wrong = check_row(running, who, row, &found);
        if (wrong == NULL && i > 0 &&
            strcmp(cruddur_group_sort_key(row),
                   cruddur_group_sort_key(cruddur_group_page_at(page, i - 1))) >= 0) {
            wrong = "rows out of order";
        }
    }
    return wrong == NULL && found != expected ? "a group is missing" : wrong;
}

static void list_groups(load *running)
{
    unsigned who = roll(running, LOAD_PEOPLE);
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_group_page *page = NULL;
    options.timeout_ms = TIMEOUT_MS;
    note(running, "group_list",
         test_wrong_success(
             cruddur_group_list(running->dm, person(who)->uuid, &options, &page, TEST_ERROR)));
    if (!has_problem(running)) {
        note(running, "group_list", check_page(running, who, page));
        cruddur_group_page_free(page);
    }
}

static void list_messages(load *running)
{
    unsigned group = roll(running, LOAD_GROUPS);
    char group_uuid[CRUDDUR_UUID_SIZE];
    char text[TEXT_SIZE];
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = NULL;
    options.timeout_ms = TIMEOUT_MS;
    group_uuid_of(group, group_uuid);
    note(running, "msg_list",
         test_wrong_success(cruddur_msg_list(running->dm, person(any_member(running, group))->uuid,
                                             group_uuid, &options, &page, TEST_ERROR)));
    if (has_problem(running)) {
        return;
    }
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        const cruddur_msg *msg = cruddur_msg_page_at(page, i);
        text_of(cruddur_msg_uuid(msg), text);
        if (strcmp(cruddur_msg_text(msg), text) != 0) {
            note(running, "msg_list", "a message has another's text");
        }
        if (i > 0 && strcmp(cruddur_msg_sort_key(msg),
                            cruddur_msg_sort_key(cruddur_msg_page_at(page, i - 1))) >= 0) {
            note(running, "msg_list", "messages out of order");
        }
    }
    cruddur_msg_page_free(page);
}

void *load_run(void *argument)
{
    load *running = argument;
    running->dice = running->seed;
    for (running->step = 0; running->step < running->steps && !has_problem(running);
         running->step++) {
        switch (roll(running, 10)) {
        case 0:
        case 1:
            send_shared(running);
            break;
        case 2:
            open_shape(running, roll(running, LOAD_GROUPS));
            break;
        case 3:
        case 4:
            list_groups(running);
            break;
        case 5:
            list_messages(running);
            break;
        default:
            send_new(running);
        }
    }
    return NULL;
}
