/* SPDX-License-Identifier: MIT */
#include "world/edits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cruddur/cruddur.h>

#include "messaging/change.h"
#include "model/key.h"
#include "model/time.h"
#include "world/guests.h"
#include "world/settings.h"

#define EDITS_MAX 256

/* A change that somebody wants; each edit has a text of its own. */
typedef struct wanted {
    size_t message;
    char text[16]; /* empty: a deletion */
    unsigned acks;
    unsigned applied; /* as the history tells */
    bool may_be_applied;
} wanted;

static wanted edits[EDITS_MAX];
static size_t edit_count;

void edits_begin(void)
{
    edit_count = 0;
}

static bool is_deletion(const wanted *edit)
{
    return edit->text[0] == '\0';
}

/* ---- asking ---- */

static size_t pick_message(const stage *all)
{
    size_t at = sim_roll(all->message_count + 1);
    for (size_t i = 0; i < all->message_count; i++) {
        size_t number = (at + i) % all->message_count;
        const stage_message *message = &all->message[number];
        if (message->acks > 0 && message->sk[0] != '\0' && !message->is_opening &&
            message->lasts_s == 0) {
            return number;
        }
    }
    return MESSAGES_MAX;
}

static bool was_deletion_wanted(size_t message)
{
    for (size_t i = 0; i < edit_count; i++) {
        if (edits[i].message == message && is_deletion(&edits[i])) {
            return true;
        }
    }
    return false;
}

/* Whoever is not the author is told so. */
static bool is_good_refusal(const stage *all, const wanted *edit, size_t person,
                            cruddur_status status)
{
    bool is_authors = person == all->message[edit->message].author;
    bool is_too_late = status == CRUDDUR_E_MESSAGE_DELETED && !is_deletion(edit) &&
                       (was_deletion_wanted(edit->message) ||
                        guests_are_erased(all, all->message[edit->message].author));
    /* Who was added does not see what came before. */
    bool is_unseen = all->has_guest && person == GUEST &&
                     (status == CRUDDUR_E_GROUP_NOT_FOUND || status == CRUDDUR_E_MESSAGE_TIME ||
                      status == CRUDDUR_E_MESSAGE_NOT_FOUND);
    return is_too_late || is_unseen ||
           (!is_authors &&
            (status == CRUDDUR_E_NOT_THE_AUTHOR || status == CRUDDUR_E_GROUP_NOT_FOUND));
}

static bool may_fail(const stage *all, cruddur_status status)
{
    return !all->is_quiet && sim_may_pass(status);
}

/* A deletion may find that another one was faster. */
static void note_success(stage *all, wanted *edit, const cr_packed_row *row, bool is_changed)
{
    if (strcmp(cr_packed_get_or_empty(row, CR_TEXT), edit->text) != 0 ||
        (cr_packed_get(row, CR_DELETED_AT) != NULL) != is_deletion(edit)) {
        stage_breach(all, "an edit of %s returned another text", all->message[edit->message].text);
    }
    if (!is_changed && !is_deletion(edit)) {
        stage_breach(all, "edit %s was in place before it was made", edit->text);
    }
    edit->acks += is_changed ? 1 : 0;
    edit->may_be_applied = !is_changed;
}

static cruddur_status change(const stage *all, cruddur *dm, const wanted *edit, size_t person,
                             cruddur_msg **ret_msg, bool *ret_changed, cruddur_error **error)
{
    const stage_message *message = &all->message[edit->message];
    const char *by = all->person[person].text;
    const char *group = all->group[message->group].uuid.text;
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    if (!message->is_callers || sim_happens(2)) {
        (void)cr_time_parse(cr_str_of(message->sk), &options.created_at_us);
    }
    return is_deletion(edit) ? cruddur_msg_delete(dm, by, group, message->uuid.text, &options,
                                                  ret_msg, ret_changed, error)
                             : cruddur_msg_edit(dm, by, group, message->uuid.text, edit->text,
                                                &options, ret_msg, ret_changed, error);
}

static void ask(stage *all, cruddur *dm, wanted *edit, size_t person)
{
    const stage_message *message = &all->message[edit->message];
    cruddur_error *error = NULL;
    cruddur_msg *row = NULL;
    bool is_changed = false;
    int64_t begun_us = sim_now_us();
    sim_tell("changing %s to \"%s\" by %zu", message->text, edit->text, person);
    cruddur_status status = change(all, dm, edit, person, &row, &is_changed, &error);
    sim_tell("\"%s\": %s%s", edit->text, cruddur_status_name(status),
             cruddur_error_outcome_unknown(error) ? ", outcome unknown" : "");
    if (sim_is_dead()) {
        edit->may_be_applied = true;
    } else if (status == CRUDDUR_OK && person == message->author) {
        note_success(all, edit, (const cr_packed_row *)row, is_changed);
    } else if (may_fail(all, status)) {
        edit->may_be_applied = cruddur_error_outcome_unknown(error);
    } else if (!is_good_refusal(all, edit, person, status) &&
               !settings_may_refuse(message->group, status, begun_us)) {
        stage_breach(all, "changing %s by %zu: %s: %s", message->text, person,
                     cruddur_status_name(status), cruddur_error_message(error));
    }
    cruddur_msg_free(row);
    cruddur_error_free(error);
}

void act_edit(stage *all, cruddur *dm)
{
    size_t message = pick_message(all);
    if (all->mode == STAGE_STEPS || all->has_handler || edit_count == EDITS_MAX ||
        message == MESSAGES_MAX) {
        return;
    }
    size_t number = edit_count++;
    wanted *edit = &edits[number];
    *edit = (wanted){.message = message};
    if (!sim_happens(4)) {
        (void)snprintf(edit->text, sizeof(edit->text), "e%zu", number);
    }
    size_t person = sim_happens(8) ? sim_roll(PEOPLE) : all->message[message].author;
    all->calls++;
    ask(all, dm, edit, person);
}

bool edits_may_be_of(const stage *all, const stage_message *message)
{
    for (size_t i = 0; i < edit_count; i++) {
        if (&all->message[edits[i].message] == message) {
            return true;
        }
    }
    return false;
}

/* ---- judging ---- */

static bool has_same(const sim_change *change, const char *name)
{
    return cr_str_equal(sim_item_text(change->old, name), sim_item_text(change->new, name));
}

/* An operator has changed the names in it. */
static bool is_renaming(const sim_change *change)
{
    static const char *const kept[] = {"message_uuid", "user_uuid", "message", "deleted_at",
                                       "edited_at"};
    bool is_same = cr_str_equal(sim_item_value(change->old, cr_str_of("reactions")),
                                sim_item_value(change->new, cr_str_of("reactions")));
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        is_same = is_same && has_same(change, kept[i]);
    }
    return is_same && !(has_same(change, "user_display_name") && has_same(change, "user_handle"));
}

bool edits_are_cause(const sim_change *change)
{
    if (change->old != NULL && change->new != NULL &&is_renaming(change)) {
        return true;
    }
    return change->old != NULL && change->new != NULL &&has_same(change, "message_uuid") &&
           has_same(change, "user_uuid") && !has_same(change, "version");
}

/* What edits and deletions change stays as it is. */
static bool is_reaction(const sim_change *change)
{
    return has_same(change, "message") && has_same(change, "deleted_at");
}

static bool is_of(const stage *all, const wanted *edit, const sim_item *item)
{
    return cr_str_equal(sim_item_text(item, "message"), cr_str_of(edit->text)) &&
           cr_str_equal(sim_item_text(item, "message_uuid"),
                        cr_uuid_str(&all->message[edit->message].uuid));
}

/* The likelier the change came of this edit, the more. */
static unsigned likelihood(const wanted *edit)
{
    return edit->acks > 0 ? 2 : edit->may_be_applied ? 1 : 0;
}

/* Of several deletions of one message any may be the one that was carried out. */
static wanted *find_cause(const stage *all, const sim_item *item)
{
    wanted *found = NULL;
    for (size_t i = 0; i < edit_count; i++) {
        if (is_of(all, &edits[i], item) &&
            (found == NULL || likelihood(&edits[i]) > likelihood(found))) {
            found = &edits[i];
        }
    }
    return found;
}

/* An erasure, or a deletion before it. */
static bool is_erased(const stage *all, const sim_item *item)
{
    return guests_are_erased(all, GUEST) &&
           cr_str_equal(sim_item_text(item, "user_uuid"), cr_uuid_str(&all->person[GUEST]));
}

static void check_change(stage *all, const sim_change *change)
{
    wanted *edit = find_cause(all, change->new);
    cr_str text = sim_item_text(change->new, "message");
    bool is_deleted = sim_item_text(change->new, "deleted_at").data != NULL;
    if (is_deleted && is_erased(all, change->new)) {
        return;
    }
    if (sim_item_text(change->old, "deleted_at").data != NULL) {
        stage_breach(all, "a tombstone became \"%.*s\"", CR_STR_ARGS(text));
    } else if (edit == NULL || is_deleted != is_deletion(edit)) {
        stage_breach(all, "a message became \"%.*s\", and nobody asked for it", CR_STR_ARGS(text));
    } else if (edit->applied++ > 0) {
        stage_breach(all, "edit \"%s\" was carried out twice", edit->text);
    } else if (edit->acks == 0 && !edit->may_be_applied) {
        stage_breach(all, "edit \"%s\" failed, and was carried out", edit->text);
    }
}

/* The number of the counter's item; 0 where there is none. */
static uint64_t last_number(const sim_item *counter)
{
    cr_str number = counter == NULL ? cr_str_of("") : sim_item_value(counter, cr_str_of("rev"));
    const char *digits = number.size == 0 ? NULL : memchr(number.data, ':', number.size);
    return digits == NULL ? 0 : strtoull(digits + 2, NULL, 10); /* {"N":"5"} */
}

static bool is_edit(const sim_item *row)
{
    cr_str what = sim_item_text(row, "change");
    return cr_str_equal(what, cr_str_of(CR_CHANGE_EDIT)) ||
           cr_str_equal(what, cr_str_of(CR_CHANGE_DELETE));
}

/* Rows are numbered without a gap up to the counter's number. `changes` of them are of messages
 * that were edited; others tell of members, and of messages of the past. */
static void check_change_rows(stage *all, size_t group, uint64_t changes)
{
    char sk[24];
    uint64_t edited = 0;
    cr_change_pk pk = cr_change_pk_of(&all->group[group].uuid);
    cr_key key = cr_change_counter_key(&pk);
    uint64_t last = last_number(sim_table_get(key));
    for (uint64_t i = 1; i <= last + 1; i++) {
        (void)snprintf(sk, sizeof(sk), "%020" PRIu64, i);
        key.sk = cr_str_of(sk);
        const sim_item *row = sim_table_get(key);
        if ((row != NULL) != (i <= last)) {
            stage_breach(all, "group %zu has %" PRIu64 " changes, and change row %" PRIu64 " is %s",
                         group, last, i, i <= last ? "missing" : "there");
        }
        edited += row != NULL && is_edit(row) ? 1 : 0;
    }
    if (edited != changes) {
        stage_breach(all, "group %zu has %" PRIu64 " edited messages, and %" PRIu64 " such rows",
                     group, changes, edited);
    }
}

static bool is_in_group(const stage *all, const sim_item *item, size_t group)
{
    return cr_str_equal(cr_pk_suffix(item->pk), cr_uuid_str(&all->group[group].uuid));
}

void check_edits(stage *all)
{
    uint64_t changes[GROUPS] = {0};
    for (size_t i = 0; i < edit_count; i++) {
        edits[i].applied = 0;
    }
    for (size_t i = 0; i < sim_log_size() && !all->is_over; i++) {
        const sim_change *change = sim_log_at(i);
        if (!edits_are_cause(change) || is_reaction(change)) {
            continue;
        }
        check_change(all, change);
        for (size_t g = 0; g < GROUPS; g++) {
            changes[g] += is_in_group(all, change->new, g) ? 1 : 0;
        }
    }
    for (size_t i = 0; i < edit_count; i++) {
        if (edits[i].acks > 0 && edits[i].applied == 0 &&
            !(is_deletion(&edits[i]) &&
              guests_are_erased(all, all->message[edits[i].message].author))) {
            stage_breach(all, "edit \"%s\" of %s was acknowledged, and was not carried out",
                         edits[i].text, all->message[edits[i].message].text);
        }
    }
    for (size_t g = 0; g < GROUPS; g++) {
        check_change_rows(all, g, changes[g]);
    }
}
