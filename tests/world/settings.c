/* SPDX-License-Identifier: MIT */
#include "world/settings.h"

#include <stdlib.h>
#include <string.h>

#include <cruddur/cruddur.h>

#include "model/key.h"
#include "model/marker.h"
#include "model/time.h"

#define SETS_MAX 256
#define THUMB "\xf0\x9f\x91\x8d"

typedef enum place {
    SETTING,  /* `what` is a group; the value a number, which says both settings */
    REACTION, /* `what` is a message; the value 1 or 0 */
} place;

typedef struct set {
    place place;
    size_t what;
    size_t person;
    unsigned value; /* 0: none */
    int64_t begun_us;
    int64_t ended_us;
    bool is_acknowledged;
    bool may_be_set;
} set;

static set sets[SETS_MAX];
static size_t set_count;
/* When the latest mark began that was acknowledged: it covers all messages of before. */
static int64_t marked_us[GROUPS][PEOPLE];

void settings_begin(void)
{
    set_count = 0;
    memset(marked_us, 0, sizeof(marked_us));
}

static bool has_none(const stage *all)
{
    return all->mode == STAGE_STEPS || all->has_handler;
}

/* ---- asking ---- */

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
    *made = (set){
        .place = where, .what = what, .person = person, .value = value, .begun_us = sim_now_us()};
    return made;
}

static void end_set(stage *all, set *made, const char *what, cruddur_status status,
                    cruddur_error *error)
{
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

void act_set(stage *all, cruddur *dm)
{
    cruddur_error *error = NULL;
    size_t group = pick_group(all);
    if (has_none(all) || group == GROUPS || set_count == SETS_MAX) {
        return;
    }
    size_t person = stage_any_member(all, group);
    unsigned value = (unsigned)set_count + 1;
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    options.pinned = value % 2 == 1 ? CRUDDUR_SWITCH_ON : CRUDDUR_SWITCH_OFF;
    options.muted_until_us = muted_until_us(value);
    set *made = begin_set(SETTING, group, person, value);
    sim_tell("setting %u for %zu in group %zu", value, person, group);
    cruddur_status status = cruddur_group_set(dm, all->person[person].text,
                                              all->group[group].uuid.text, &options, NULL, &error);
    end_set(all, made, "setting", status, error);
}

void act_mark(stage *all, cruddur *dm)
{
    cruddur_error *error = NULL;
    size_t group = pick_group(all);
    if (has_none(all) || group == GROUPS) {
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

/* A message that is there, as the world knows; MESSAGES_MAX: none. */
static size_t pick_message(const stage *all)
{
    size_t number = sim_roll(all->message_count + 1);
    bool is_there = number < all->message_count && all->message[number].acks > 0 &&
                    all->message[number].sk[0] != '\0' && all->message[number].lasts_s == 0;
    return is_there ? number : MESSAGES_MAX;
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
    if (status == CRUDDUR_E_MESSAGE_DELETED) {
        made->ended_us = sim_now_us(); /* it is not set, and all other reactions are gone */
        all->calls++;
        cruddur_error_free(error);
        return;
    }
    end_set(all, made, "reacting", status, error);
}

/* ---- judging ---- */

static bool is_of(const set *one, place where, size_t what, size_t person)
{
    return one->place == where && one->what == what && one->person == person;
}

/* Whether a call has replaced all that was set before `since_us`, by another value. */
static bool is_replaced(place where, size_t what, size_t person, unsigned value, int64_t since_us)
{
    for (size_t i = 0; i < set_count; i++) {
        if (is_of(&sets[i], where, what, person) && sets[i].is_acknowledged &&
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
