/* SPDX-License-Identifier: MIT */
#include "world/settings.h"

#include <stdlib.h>
#include <string.h>

#include <cruddur/cruddur.h>

#include "model/card.h"
#include "model/key.h"
#include "model/marker.h"
#include "model/time.h"

#define SETS_MAX 256
#define THUMB "\xf0\x9f\x91\x8d"

typedef enum place {
    SETTING,  /* `what` is a group; the value a number, which says both settings */
    REACTION, /* `what` is a message; the value 1 or 0 */
    NAME,     /* `what` is a group, the person 0; the value a number, which the name ends with */
    BLOCK,    /* `what` is a group; the value 1 or 0 */
} place;

typedef struct set {
    place place;
    size_t what;
    size_t person;
    unsigned value; /* 0: none */
    int64_t begun_us;
    int64_t ended_us;
    bool is_running;
    bool is_acknowledged;
    bool may_be_set;
    bool may_change_nothing; /* as it may be so already */
    bool was_late;           /* when it began, a request was still on its way */
} set;

static set sets[SETS_MAX];
static size_t set_count;
/* When the latest mark began that was acknowledged: it covers all messages of before. */
static int64_t marked_us[GROUPS][PEOPLE];
/* The number of a message up to which a mark was acknowledged, and one more; 0: none was. */
static size_t read_up_to[GROUPS][PEOPLE];

void settings_begin(void)
{
    set_count = 0;
    memset(marked_us, 0, sizeof(marked_us));
    memset(read_up_to, 0, sizeof(read_up_to));
}

static bool has_none(const stage *all)
{
    return all->mode == STAGE_STEPS || all->has_handler;
}

/* ---- asking ---- */

static bool is_of(const set *one, place where, size_t what, size_t person)
{
    return one->place == where && one->what == what && one->person == person;
}

/* Whether a call succeeded; what may not fail is a breach. */
static bool has_succeeded(stage *all, const char *what, cruddur_status status,
                          const cruddur_error *error)
{
    sim_tell("%s: %s%s", what, cruddur_status_name(status),
             cruddur_error_outcome_unknown(error) ? ", outcome unknown" : "");
    all->calls++;
    if (status != CRUDDUR_OK && !sim_is_dead() && (all->is_quiet || !sim_may_pass(status))) {
        stage_breach(all, "%s: %s: %s", what, cruddur_status_name(status),
                     cruddur_error_message(error));
    }
    return status == CRUDDUR_OK && !sim_is_dead();
}

static set *begin_set(place where, size_t what, size_t person, unsigned value)
{
    set *made = &sets[set_count++];
    *made = (set){.place = where,
                  .what = what,
                  .person = person,
                  .value = value,
                  .begun_us = sim_now_us(),
                  .is_running = true,
                  .was_late = sim_late_count() > 0};
    return made;
}

static void end_set(stage *all, set *made, const char *what, cruddur_status status,
                    cruddur_error *error)
{
    made->is_running = false;
    made->is_acknowledged = has_succeeded(all, what, status, error);
    made->may_be_set =
        made->is_acknowledged || sim_is_dead() || cruddur_error_outcome_unknown(error);
    made->ended_us = sim_now_us();
    cruddur_error_free(error);
}

/* Until when a group is muted, as a number says. */
static int64_t muted_until_us(unsigned value)
{
    return 2 * SIM_BEGIN_US + value;
}

static cr_str muted_until(unsigned value, cr_sort_key *key)
{
    return cr_time_format(muted_until_us(value), key) ? cr_sort_key_str(key) : CR_STR_ABSENT;
}

/* A group that is there, as the world knows; GROUPS: none. */
static size_t pick_group(const stage *all)
{
    size_t group = sim_roll(GROUPS);
    return all->group[group].is_open ? group : GROUPS;
}

/* One that was asked for before; 0: none. */
static unsigned any_setting(size_t group, size_t person)
{
    size_t at = sim_roll(set_count + 1);
    for (size_t i = at; i < set_count; i++) {
        if (is_of(&sets[i], SETTING, group, person)) {
            return sets[i].value;
        }
    }
    return 0;
}

void act_set(stage *all, cruddur *dm)
{
    cruddur_error *error = NULL;
    size_t group = pick_group(all);
    if (has_none(all) || group == GROUPS || set_count == SETS_MAX) {
        return;
    }
    size_t person = stage_any_member(all, group);
    unsigned before = sim_happens(3) ? any_setting(group, person) : 0;
    unsigned value = before > 0 ? before : (unsigned)set_count + 1;
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    options.pinned = value % 2 == 1 ? CRUDDUR_SWITCH_ON : CRUDDUR_SWITCH_OFF;
    options.muted_until_us = muted_until_us(value);
    set *made = begin_set(SETTING, group, person, value);
    made->may_change_nothing = before > 0;
    sim_tell("setting %u for %zu in group %zu", value, person, group);
    cruddur_status status = cruddur_group_set(dm, all->person[person].text,
                                              all->group[group].uuid.text, &options, NULL, &error);
    end_set(all, made, "setting", status, error);
}

/* A message that is there, as the world knows; MESSAGES_MAX: none. */
static size_t pick_message(const stage *all)
{
    size_t number = sim_roll(all->message_count + 1);
    bool is_there = number < all->message_count && all->message[number].acks > 0 &&
                    all->message[number].sk[0] != '\0' && all->message[number].lasts_s == 0;
    return is_there ? number : MESSAGES_MAX;
}

static void mark_all(stage *all, cruddur *dm)
{
    cruddur_error *error = NULL;
    size_t group = pick_group(all);
    if (group == GROUPS) {
        return;
    }
    size_t person = stage_any_member(all, group);
    int64_t begun_us = sim_now_us();
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    sim_tell("marking group %zu as read by %zu", group, person);
    cruddur_status status = cruddur_group_mark_read(
        dm, all->person[person].text, all->group[group].uuid.text, &options, NULL, &error);
    if (has_succeeded(all, "marking", status, error) && begun_us > marked_us[group][person]) {
        marked_us[group][person] = begun_us;
    }
    cruddur_error_free(error);
}

/* Up to a message, or, with the time of one, up to none. */
static void mark_up_to(stage *all, cruddur *dm, bool is_there)
{
    cruddur_error *error = NULL;
    size_t number = pick_message(all);
    if (number == MESSAGES_MAX) {
        return;
    }
    const stage_message *message = &all->message[number];
    size_t person = stage_any_member(all, message->group);
    const cr_uuid *group = &all->group[message->group].uuid;
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    options.up_to_message_uuid = is_there ? message->uuid.text : group->text;
    (void)cr_time_parse(cr_str_of(message->sk), &options.up_to_created_at_us);
    sim_tell("marking as read by %zu up to %s%s", person, is_there ? "" : "none at ",
             message->text);
    cruddur_status status =
        cruddur_group_mark_read(dm, all->person[person].text, group->text, &options, NULL, &error);
    bool is_answer = is_there || (status != CRUDDUR_OK && status != CRUDDUR_E_MESSAGE_NOT_FOUND);
    if (!is_there && status == CRUDDUR_OK && !sim_is_dead()) {
        stage_breach(all, "%zu has read up to a message that is not there", person);
    }
    if (is_answer && has_succeeded(all, "marking", status, error) && is_there) {
        read_up_to[message->group][person] = number + 1;
    }
    cruddur_error_free(error);
}

void act_mark(stage *all, cruddur *dm)
{
    if (has_none(all)) {
        return;
    }
    if (sim_happens(2)) {
        mark_all(all, dm);
    } else {
        mark_up_to(all, dm, !sim_happens(4));
    }
}

void act_react(stage *all, cruddur *dm)
{
    cruddur_error *error = NULL;
    size_t number = pick_message(all);
    if (has_none(all) || number == MESSAGES_MAX || set_count == SETS_MAX) {
        return;
    }
    const stage_message *message = &all->message[number];
    size_t person = stage_any_member(all, message->group);
    bool is_added = !sim_happens(3);
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    (void)cr_time_parse(cr_str_of(message->sk), &options.created_at_us);
    set *made = begin_set(REACTION, number, person, is_added ? 1 : 0);
    sim_tell("%zu %s %s", person, is_added ? "reacts to" : "takes back a reaction to",
             message->text);
    cruddur_status status =
        cruddur_msg_react(dm, all->person[person].text, all->group[message->group].uuid.text,
                          message->uuid.text, THUMB, is_added, &options, NULL, NULL, &error);
    made->is_running = false;
    if (status == CRUDDUR_E_MESSAGE_DELETED ||
        settings_may_refuse(message->group, status, made->begun_us)) {
        made->ended_us = sim_now_us(); /* it is not set; all other reactions may be gone */
        all->calls++;
        cruddur_error_free(error);
        return;
    }
    end_set(all, made, "reacting", status, error);
}

/* ---- a group's name, and blocks ---- */

#define NAME_TEXT "Name "

void act_rename(stage *all, cruddur *dm)
{
    char name[32];
    cruddur_error *error = NULL;
    size_t group = pick_group(all);
    if (has_none(all) || group == GROUPS || stage_is_direct(all, group) || set_count == SETS_MAX) {
        return;
    }
    size_t person = stage_any_member(all, group);
    unsigned value = (unsigned)set_count + 1;
    cruddur_group_options options = CRUDDUR_GROUP_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    (void)snprintf(name, sizeof(name), NAME_TEXT "%u", value);
    set *made = begin_set(NAME, group, 0, value);
    sim_tell("%zu names group %zu \"%s\"", person, group, name);
    cruddur_status status = cruddur_group_rename(
        dm, all->person[person].text, all->group[group].uuid.text, name, &options, NULL, &error);
    end_set(all, made, "naming", status, error);
}

static void block(stage *all, cruddur *dm, size_t group, size_t person, bool is_on)
{
    cruddur_error *error = NULL;
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    options.blocked = is_on ? CRUDDUR_SWITCH_ON : CRUDDUR_SWITCH_OFF;
    set *made = begin_set(BLOCK, group, person, is_on ? 1 : 0);
    made->may_change_nothing = true;
    sim_tell("%zu %s group %zu", person, is_on ? "blocks" : "unblocks", group);
    cruddur_status status = cruddur_group_set(dm, all->person[person].text,
                                              all->group[group].uuid.text, &options, NULL, &error);
    end_set(all, made, is_on ? "blocking" : "unblocking", status, error);
}

void act_block(stage *all, cruddur *dm)
{
    size_t group = pick_group(all);
    if (!has_none(all) && group < GROUPS && stage_is_direct(all, group) && set_count < SETS_MAX) {
        block(all, dm, group, stage_any_member(all, group), sim_happens(2));
    }
}

/* ---- judging ---- */

/* One that changed nothing does not keep those from coming that were on their way. */
static bool replaces(const set *one)
{
    return one->is_acknowledged && !(one->may_change_nothing && one->was_late);
}

/* Whether a call has replaced all that was set before `since_us`, by another value. */
static bool is_replaced(place where, size_t what, size_t person, unsigned value, int64_t since_us)
{
    for (size_t i = 0; i < set_count; i++) {
        if (is_of(&sets[i], where, what, person) && replaces(&sets[i]) &&
            sets[i].begun_us > since_us && sets[i].value != value) {
            return true;
        }
    }
    return false;
}

static bool may_be(place where, size_t what, size_t person, unsigned value)
{
    bool is_found = value == 0 && !is_replaced(where, what, person, value, INT64_MIN);
    for (size_t i = 0; i < set_count && !is_found; i++) {
        is_found = is_of(&sets[i], where, what, person) && sets[i].may_be_set &&
                   sets[i].value == value &&
                   !is_replaced(where, what, person, value, sets[i].ended_us);
    }
    return is_found;
}

/* Whether somebody has taken this block back for certain, before a call that began then. */
static bool is_taken_back(const set *blocked, int64_t begun_us)
{
    for (size_t i = 0; i < set_count && !blocked->is_running; i++) {
        if (is_of(&sets[i], BLOCK, blocked->what, blocked->person) && sets[i].value == 0 &&
            !sets[i].is_running && replaces(&sets[i]) && sets[i].begun_us > blocked->ended_us &&
            sets[i].ended_us < begun_us) {
            return true;
        }
    }
    return false;
}

bool settings_may_refuse(size_t group, cruddur_status status, int64_t begun_us)
{
    bool may_be_blocked = false;
    for (size_t i = 0; i < set_count && !may_be_blocked; i++) {
        may_be_blocked = sets[i].place == BLOCK && sets[i].what == group && sets[i].value == 1 &&
                         (sets[i].is_running || sets[i].may_be_set) &&
                         !is_taken_back(&sets[i], begun_us);
    }
    return status == CRUDDUR_E_BLOCKED && may_be_blocked;
}

/* Whether a block may have been taken back at any time. */
static bool may_be_taken_back(const set *blocked)
{
    for (size_t i = 0; i < set_count; i++) {
        if (is_of(&sets[i], BLOCK, blocked->what, blocked->person) && sets[i].value == 0 &&
            (sets[i].is_running || (sets[i].may_be_set && sets[i].ended_us > blocked->begun_us))) {
            return true;
        }
    }
    return false;
}

bool settings_must_refuse(size_t group, int64_t begun_us)
{
    for (size_t i = 0; i < set_count; i++) {
        if (sets[i].place == BLOCK && sets[i].what == group && sets[i].value == 1 &&
            !sets[i].is_running && replaces(&sets[i]) && sets[i].ended_us < begun_us &&
            !may_be_taken_back(&sets[i])) {
            return true;
        }
    }
    return false;
}

static unsigned number_of_name(cr_str name)
{
    size_t digits = sizeof(NAME_TEXT) - 1;
    return name.data != NULL && name.size > digits ? (unsigned)strtoul(name.data + digits, NULL, 10)
                                                   : 0;
}

static void check_card(stage *all, size_t group, const cr_card *card)
{
    unsigned value = number_of_name(card->name);
    if (!may_be(NAME, group, 0, value)) {
        stage_breach(all, "name %u of group %zu is not the latest", value, group);
    }
    for (size_t i = 0; i < PEOPLE && stage_is_direct(all, group); i++) {
        bool is_blocked = cr_members_have(&card->blocked, &all->person[i]);
        if (!may_be(BLOCK, group, i, is_blocked ? 1 : 0)) {
            stage_breach(all, "%zu %s group %zu", i, is_blocked ? "blocks" : "does not block",
                         group);
        } else if (is_blocked && set_count < SETS_MAX) {
            block(all, stage_dm(all, group), group, i, false);
        }
    }
}

/* The cards are as it was told; then all blocks are taken back, so that the rest can be sent. */
void settings_resolve(stage *all)
{
    for (size_t g = 0; g < GROUPS && !has_none(all); g++) {
        cr_card card = {0};
        cr_arena arena = CR_ARENA_INIT;
        cr_card_pk pk = cr_card_pk_of(&all->group[g].uuid);
        const sim_item *item = sim_table_get(cr_card_key(&pk));
        cr_row row = item == NULL ? (cr_row){0} : sim_row_of(item, &arena);
        if (item != NULL && !cr_card_read(&row, &card)) {
            stage_breach(all, "the card of group %zu is damaged", g);
        } else {
            check_card(all, g, &card);
        }
        cr_arena_free(&arena);
    }
}

static unsigned value_of(const cr_row *row)
{
    cr_sort_key key;
    unsigned value = (unsigned)set_count;
    while (value > 0 && !cr_str_equal(row->value[CR_MUTED_UNTIL], muted_until(value, &key))) {
        value--;
    }
    return value;
}

static void check_marker(stage *all, size_t group, size_t person, const cr_row *row)
{
    size_t up_to = read_up_to[group][person];
    if (up_to > 0 &&
        cr_str_compare(cr_str_of(all->message[up_to - 1].sk), cr_row_marker(row)) > 0) {
        stage_breach(all, "person %zu has read up to %s of group %zu, and the marker is at %.*s",
                     person, all->message[up_to - 1].text, group, CR_STR_ARGS(cr_row_marker(row)));
    }
    for (size_t i = 0; i < all->message_count; i++) {
        const stage_message *message = &all->message[i];
        if (message->group == group && message->acks > 0 && message->sk[0] != '\0' &&
            message->lasts_s == 0 && message->ended_us < marked_us[group][person] &&
            cr_str_compare(cr_str_of(message->sk), cr_row_marker(row)) > 0) {
            stage_breach(all, "person %zu has read %s of group %zu, and the marker is at %.*s",
                         person, message->text, group, CR_STR_ARGS(cr_row_marker(row)));
        }
    }
}

static void check_own_row(stage *all, size_t group, size_t person, const cr_row *row)
{
    unsigned value = value_of(row);
    bool is_pinned = row->value[CR_PINNED].data != NULL;
    if (is_pinned != (value % 2 == 1)) {
        stage_breach(all, "a setting of %zu in group %zu was carried out in part", person, group);
    } else if (!may_be(SETTING, group, person, value)) {
        stage_breach(all, "setting %u of %zu in group %zu is not the latest", value, person, group);
    }
    check_marker(all, group, person, row);
}

static void check_rows_of(stage *all, size_t person)
{
    const sim_item *const *found;
    cr_pk pk = cr_pk_of_member(&all->person[person]);
    const sim_range range = {.partition = cr_pk_str(&pk)};
    size_t count = sim_table_query(&range, &found);
    for (size_t i = 0; i < count && !all->is_over; i++) {
        cr_arena arena = CR_ARENA_INIT;
        for (size_t g = 0; g < GROUPS; g++) {
            if (stage_is_member(all, g, person) && found[i]->group.data != NULL &&
                cr_str_equal(found[i]->group, cr_uuid_str(&all->group[g].uuid))) {
                cr_row row = sim_row_of(found[i], &arena);
                check_own_row(all, g, person, &row);
            }
        }
        cr_arena_free(&arena);
    }
}

/* A tombstone has no reactions, whatever was asked for. */
static void check_reactions(stage *all, size_t number)
{
    const stage_message *message = &all->message[number];
    cr_pk pk = cr_pk_of_group(&all->group[message->group].uuid);
    const sim_item *item = sim_table_get((cr_key){cr_pk_str(&pk), cr_str_of(message->sk)});
    bool is_there = item != NULL && sim_item_text(item, "deleted_at").data == NULL;
    cr_str reactions = is_there ? sim_item_text(item, "reactions") : CR_STR_ABSENT;
    for (size_t i = 0; i < PEOPLE && is_there; i++) {
        bool is_set = reactions.data != NULL && sim_contains(reactions, all->person[i].text);
        if (!may_be(REACTION, number, i, is_set ? 1 : 0)) {
            stage_breach(all, "%zu has %s reaction to %s", i, is_set ? "a" : "no", message->text);
        }
    }
}

void check_settings(stage *all)
{
    for (size_t i = 0; i < PEOPLE && !has_none(all) && !all->is_over; i++) {
        check_rows_of(all, i);
    }
    for (size_t i = 0; i < set_count && !all->is_over; i++) {
        if (sets[i].place == REACTION) {
            check_reactions(all, sets[i].what);
        }
    }
}
