/* SPDX-License-Identifier: MIT */
#include "messaging/edit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "messaging/change.h"
#include "messaging/own_row.h"
#include "messaging/previews.h"
#include "messaging/recall.h"
#include "messaging/settle.h"
#include "model/reactions.h"

/* What a change states beside the group rows: the message, the change row and its counter. */
#define WRITES_BESIDE (1 + CR_CHANGE_ROWS)

/* ---- reading a message with its group ---- */

/* One read, within one run of a body. */
typedef struct reading {
    cr_group group;
    cr_message_lookup lookup; /* has the message */
    cr_change_pk change_pk;
    cr_row counter;   /* of changes; absent throughout where there is none */
    bool is_recalled; /* all of it is what this handle has left: nothing was read */
} reading;

/* One call, over all runs of its body. */
typedef struct editing {
    const cr_edit *edit;
    cr_room_search room;
    bool has_run;  /* the body */
    bool is_guess; /* the latest run */
    bool is_changed;
    bool has_more; /* old group rows than one change had room for */
    cr_packed_row *result;
} editing;

/* By what this handle has left: the newest message alone. */
static cruddur_status recall(cr_txn *txn, const editing *call, reading *read)
{
    const cr_edit *edit = call->edit;
    cr_queue_keep(txn->call, NULL);
    const cr_kept_group *kept = cr_recall(txn, !call->has_run && edit->user != NULL);
    if (kept == NULL || !kept->knows_counter ||
        !cr_message_is_newest(&edit->group, &edit->name, &kept->message, &read->lookup)) {
        return CRUDDUR_OK;
    }
    read->change_pk = cr_change_pk_of(&edit->group);
    read->counter = kept->counter;
    return cr_group_recall(txn, &edit->group, edit->user, kept, &read->group, &read->is_recalled);
}

/* Who is no member learns nothing of the message, not even whether it is there. */
static cruddur_status read_to_change(cr_txn *txn, editing *call, reading *read)
{
    const cr_edit *edit = call->edit;
    const cr_group_reading wanted = cr_group_reading_to_change(txn, edit->user, !call->has_run);
    cruddur_status status = recall(txn, call, read);
    call->has_run = true;
    cr_meter_run(&txn->call->meter, wanted.may_guess, &call->is_guess);
    if (status != CRUDDUR_OK || read->is_recalled) {
        return status;
    }
    read->change_pk = cr_change_pk_of(&edit->group);
    const cr_key counter = cr_change_counter_key(&read->change_pk);
    status = cr_message_read(txn, &edit->group, wanted, &edit->name, &counter, &read->counter,
                             &read->group, &read->lookup);
    read->group.believes_index = read->group.is_own_guess;
    return status;
}

/* Whether a member's history reaches back to the message. If not, the member is told what a message
 * that is not there would give. */
static cruddur_status check_visible(cr_txn *txn, const cr_uuid *user, cr_group *group,
                                    cr_message_lookup *lookup, cr_row *own)
{
    *own = (cr_row){0};
    if (user == NULL) {
        return CRUDDUR_OK;
    }
    cruddur_status status = cr_own_row_find(txn, group, user, own);
    bool is_visible = cr_str_compare(lookup->row.value[CR_SK], own->value[CR_VISIBLE_SK]) > 0;
    if (status != CRUDDUR_OK || is_visible) {
        return status;
    }
    if (group->is_own_guess) {
        return CRUDDUR_E_CONFLICT;
    }
    cr_message_hide(txn, lookup);
    return cr_message_fail(txn, lookup);
}

static cruddur_status check_found(const cr_txn *txn, const cr_message_lookup *lookup)
{
    return cr_message_is_there(lookup) ? CRUDDUR_OK : cr_message_fail(txn, lookup);
}

/* ---- what becomes of the message ---- */

/* The message as it was read, and then as it is from now on. */
typedef struct edited {
    const cr_edit *edit;
    cr_row row;
    bool is_changed;
    cr_sort_key now; /* the text of a time in it */
} edited;

static cruddur_status fail_deleted(const cr_txn *txn, const cr_edit *edit)
{
    return cr_fail_argument(txn->call->error, CRUDDUR_E_MESSAGE_DELETED, "message_uuid",
                            "message %s was deleted", edit->name.uuid.text);
}

static void set(edited *message, cr_attribute attribute, cr_str value)
{
    bool is_same = cr_str_equal(message->row.value[attribute], value);
    message->is_changed = message->is_changed || !is_same;
    message->row.value[attribute] = value;
}

static bool is_deleted(const edited *message)
{
    return message->row.value[CR_DELETED_AT].data != NULL;
}

/* Writes down when it happened, if anything did. */
static void set_time(edited *message, cr_attribute attribute)
{
    if (message->is_changed && cr_time_format(cr_clock_now_us(), &message->now)) {
        message->row.value[attribute] = cr_sort_key_str(&message->now);
    }
}

static cruddur_status edit_text(cr_txn *txn, edited *message)
{
    const cr_edit *edit = message->edit;
    if (is_deleted(message)) {
        return fail_deleted(txn, edit);
    }
    set(message, CR_TEXT, edit->text);
    if (edit->data.data != NULL) {
        set(message, CR_DATA, edit->data.size > 0 ? edit->data : CR_STR_ABSENT);
    }
    set_time(message, CR_EDITED_AT);
    return CRUDDUR_OK;
}

static cruddur_status delete_message(cr_txn *txn, edited *message)
{
    (void)txn;
    if (is_deleted(message)) {
        return CRUDDUR_OK;
    }
    message->is_changed = true;
    set(message, CR_TEXT, cr_str_of(""));
    set(message, CR_DATA, CR_STR_ABSENT);
    set(message, CR_REACTIONS, CR_STR_ABSENT);
    set_time(message, CR_DELETED_AT);
    return CRUDDUR_OK;
}

static cruddur_status react(cr_txn *txn, edited *message)
{
    const cr_edit *edit = message->edit;
    const cr_reaction reaction = {edit->reaction, cr_uuid_str(edit->user)};
    cr_str after = CR_STR_ABSENT;
    if (is_deleted(message)) {
        return fail_deleted(txn, edit);
    }
    switch (cr_reactions_set(message->row.value[CR_REACTIONS], &reaction, edit->is_added,
                             txn->arena, &after)) {
    case CR_REACTIONS_CHANGED:
        set(message, CR_REACTIONS, after);
        break;
    case CR_REACTIONS_SAME:
        break;
    case CR_REACTIONS_TOO_MANY:
        return cr_fail_argument(txn->call->error, CRUDDUR_E_REACTION_COUNT, "reaction",
                                "message %s has %d other kinds of reactions already",
                                edit->name.uuid.text, CRUDDUR_REACTION_KINDS_MAX);
    case CR_REACTIONS_NO_MEMORY:
        return cr_fail_memory(txn->call->error);
    }
    return CRUDDUR_OK;
}

static const struct {
    const char *word; /* of the change row */
    cruddur_status (*apply)(cr_txn *txn, edited *message);
    bool is_for_author; /* alone */
    bool needs_consent; /* of both in a direct group */
} kinds[] = {
    [CR_EDIT_TEXT] = {CR_CHANGE_EDIT, edit_text, true, true},
    [CR_EDIT_DELETE] = {CR_CHANGE_DELETE, delete_message, true, false},
    [CR_EDIT_REACT] = {CR_CHANGE_REACT, react, false, true},
};

/* ---- the rules ---- */

static bool is_author(const cr_edit *edit, const cr_row *message)
{
    return cr_str_equal(message->value[CR_USER_UUID], cr_uuid_str(edit->user));
}

/* Authors may change what they have written, also if they have cleared their history since. Others
 * are told whose it is only where they can read it. */
static cruddur_status check_right(cr_txn *txn, const cr_edit *edit, reading *read)
{
    bool is_for_author = kinds[edit->kind].is_for_author;
    if (edit->user == NULL || (is_for_author && is_author(edit, &read->lookup.row))) {
        return CRUDDUR_OK;
    }
    cr_row own;
    cruddur_status status = check_visible(txn, edit->user, &read->group, &read->lookup, &own);
    return status == CRUDDUR_OK && is_for_author
               ? cr_fail_argument(txn->call->error, CRUDDUR_E_NOT_THE_AUTHOR, "user_uuid",
                                  "%s is not the author of message %s", edit->user->text,
                                  edit->name.uuid.text)
               : status;
}

/* A change that is in place already is no matter of versions: its call may be a repeat. */
static cruddur_status check_version(const cr_txn *txn, const cr_edit *edit, const cr_row *as_read)
{
    bool is_wanted =
        edit->if_version.data == NULL || cr_str_equal(edit->if_version, as_read->value[CR_VERSION]);
    return is_wanted ? CRUDDUR_OK
                     : cr_fail_argument(txn->call->error, CRUDDUR_E_VERSION, "options.if_version",
                                        "message %s has another version: it was changed since it "
                                        "was read",
                                        edit->name.uuid.text);
}

static cruddur_status check_rules(cr_txn *txn, const cr_edit *edit, reading *read)
{
    cruddur_status status = CRUDDUR_OK;
    if (kinds[edit->kind].needs_consent) {
        status = cr_group_check_open(txn, &read->group.uuid, &read->group.card, "group_uuid");
    }
    if (status == CRUDDUR_OK) {
        status = check_found(txn, &read->lookup);
    }
    if (status == CRUDDUR_OK) {
        status = check_right(txn, edit, read);
    }
    return status;
}

/* ---- the previews ---- */

/* Whether the index tells of a row that is at this message or behind it, as a write in steps may
 * have left one. */
static cruddur_status is_told(cr_txn *txn, cr_group *group, cr_str sk, bool *is_it)
{
    *is_it = false;
    cruddur_status status = cr_group_ask_index(txn, group);
    for (size_t i = 0; status == CRUDDUR_OK && i < group->told.count; i++) {
        *is_it = *is_it || cr_str_compare(cr_row_place(&group->told.row[i]), sk) <= 0;
    }
    return status;
}

/* Whether no inbox shows what has changed. All rows move in one change, so where one is at a later
 * message, the others are; but for what was left behind. */
static cruddur_status find_unseen(cr_txn *txn, reading *read, const cr_row *changed, bool *is_it)
{
    cr_group *group = &read->group;
    cr_str sk = changed->value[CR_SK];
    *is_it = cr_str_equal(read->lookup.row.value[CR_TEXT], changed->value[CR_TEXT]);
    if (*is_it || cr_str_compare(sk, group->head.value[CR_SK]) >= 0 ||
        !cr_row_exists(&group->own) || cr_str_compare(sk, cr_row_place(&group->own)) >= 0) {
        return CRUDDUR_OK; /* a reaction changes no text */
    }
    bool is_left = false;
    cruddur_status status = is_told(txn, group, sk, &is_left);
    *is_it = !is_left;
    return status;
}

static cruddur_status read_previews(cr_txn *txn, reading *read, const cr_row *changed,
                                    editing *call, cr_previews *shown)
{
    bool is_known = false;
    shown->are_to_change = shown->are_touched = false;
    cruddur_status status = find_unseen(txn, read, changed, &is_known);
    if (status == CRUDDUR_OK && !is_known) {
        status = cr_previews_guess(txn, &read->group, changed, WRITES_BESIDE, shown, &is_known);
    }
    return status != CRUDDUR_OK || is_known
               ? status
               : cr_previews_read(txn, &read->group, changed, WRITES_BESIDE, &call->room, shown);
}

/* ---- the change ---- */

static cruddur_status keep(const cr_txn *txn, const cr_row *message, cr_packed_row **result)
{
    free(*result);
    *result = cr_pack_row(message);
    return *result == NULL ? cr_fail_memory(txn->call->error) : CRUDDUR_OK;
}

/* Who reacts must see the message, and where the card was not read, who changes it be a member: a
 * row that is only guessed has to be as it was, unless it is stated as a preview. */
static cruddur_status require_own(cr_txn *txn, const cr_edit *edit, const reading *read,
                                  const cr_previews *shown)
{
    bool is_needed = read->is_recalled || !kinds[edit->kind].is_for_author;
    return read->group.is_own_guess && edit->user != NULL && is_needed && !shown->are_to_change
               ? txn->ops->require(txn, &read->group.own)
               : CRUDDUR_OK;
}

/* What is known of the group from here on. */
static cruddur_status leave(cr_txn *txn, const reading *read, const cr_row *changed,
                            const cr_previews *shown)
{
    cr_row counter;
    cruddur_status status = cr_change_count_next(txn, &read->change_pk, &read->counter, &counter);
    if (status == CRUDDUR_OK && shown->are_to_change) {
        cr_recall_leave(txn, &read->group, &shown->rewrite, &counter);
    } else if (status == CRUDDUR_OK) {
        cr_recall_leave_message(txn, &read->group, changed, &counter);
    }
    return status;
}

/* Reads first and writes after. */
static cruddur_status write_message(cr_txn *txn, editing *call, reading *read,
                                    const cr_row *changed)
{
    cr_previews shown;
    cruddur_status status = read_previews(txn, read, changed, call, &shown);
    if (status == CRUDDUR_OK) {
        status = txn->ops->replace(txn, &read->lookup.row, changed);
    }
    if (status == CRUDDUR_OK) {
        status = cr_change_state(txn, &read->change_pk, &read->counter, changed, 1,
                                 kinds[call->edit->kind].word);
    }
    if (status == CRUDDUR_OK) {
        status = require_own(txn, call->edit, read, &shown);
    }
    if (status == CRUDDUR_OK && shown.are_to_change) {
        status = cr_previews_write(txn, &shown);
        call->has_more = shown.rewrite.has_more;
    }
    return status == CRUDDUR_OK ? leave(txn, read, changed, &shown) : status;
}

/* What the member's row decides counts only where a condition judges it; so does all that was
 * recalled. */
static bool goes_by_guess(const cr_edit *edit, const reading *read)
{
    return read->is_recalled ||
           (read->group.is_own_guess && edit->user != NULL &&
            !(kinds[edit->kind].is_for_author && is_author(edit, &read->lookup.row)));
}

/* What has changed gets another version. */
static cruddur_status apply(cr_txn *txn, const cr_edit *edit, edited *message)
{
    const cr_row as_read = message->row;
    cruddur_status status = kinds[edit->kind].apply(txn, message);
    if (status != CRUDDUR_OK || !message->is_changed) {
        return status;
    }
    message->row.value[CR_VERSION] = cr_row_fresh_version(txn->arena);
    return message->row.value[CR_VERSION].data == NULL ? cr_fail_memory(txn->call->error)
                                                       : check_version(txn, edit, &as_read);
}

static cruddur_status edit_body(cr_txn *txn, void *argument)
{
    editing *call = argument;
    const cr_edit *edit = call->edit;
    reading read = {.counter = {{CR_STR_ABSENT}}};
    cruddur_status status = cr_check_transactions(txn);
    if (status == CRUDDUR_OK) {
        status = read_to_change(txn, call, &read);
    }
    if (status == CRUDDUR_OK) {
        status = check_rules(txn, edit, &read);
    }
    edited message = {.edit = edit, .row = read.lookup.row};
    if (status == CRUDDUR_OK) {
        status = apply(txn, edit, &message);
    }
    if (status == CRUDDUR_OK) {
        status = keep(txn, &message.row, &call->result);
    }
    call->is_changed = message.is_changed;
    call->has_more = false;
    bool is_to_write = status == CRUDDUR_OK && message.is_changed;
    if (!is_to_write && goes_by_guess(edit, &read)) {
        return CRUDDUR_E_CONFLICT;
    }
    if (is_to_write) {
        return write_message(txn, call, &read, &message.row);
    }
    if (status == CRUDDUR_OK) {
        cr_recall_leave_as_is(txn, &read.group);
    }
    return status;
}

cruddur_status cr_edit_message(cr_store *store, const cr_edit *edit, cr_call *call,
                               cr_packed_row **ret_message, bool *ret_changed)
{
    cr_ticket ticket;
    editing now = {.edit = edit};
    cruddur_status status = cr_queue_enter(store->queues, cr_uuid_str(&edit->group), call, &ticket);
    if (status == CRUDDUR_OK) {
        status = store->ops->change(store, edit_body, &now, call);
        if (status == CRUDDUR_OK && now.has_more) {
            cr_settle_rest(store, &edit->group, call);
        }
        if (status != CRUDDUR_OK) {
            cr_queue_keep(call, NULL);
        }
        cr_queue_leave(call);
    }
    if (status != CRUDDUR_OK) {
        free(now.result);
        return status;
    }
    *ret_message = now.result;
    *ret_changed = now.is_changed;
    return CRUDDUR_OK;
}

/* ---- reading one ---- */

typedef struct getting {
    const cr_uuid *viewer;
    const cr_uuid *group;
    const cr_message_name *name;
    cr_packed_row *result;
} getting;

static cruddur_status get_body(cr_txn *txn, void *argument)
{
    getting *call = argument;
    cr_row own;
    cr_group group;
    cr_message_lookup lookup;
    cruddur_status status =
        cr_message_read(txn, call->group, (cr_group_reading){.member = call->viewer}, call->name,
                        NULL, NULL, &group, &lookup);
    if (status == CRUDDUR_OK) {
        status = check_found(txn, &lookup);
    }
    if (status == CRUDDUR_OK) {
        status = check_visible(txn, call->viewer, &group, &lookup, &own);
    }
    if (status == CRUDDUR_OK && call->viewer != NULL) {
        status = cr_own_row_check_beyond(txn, &group, &own, lookup.row.value[CR_SK]);
    }
    return status == CRUDDUR_OK ? keep(txn, &lookup.row, &call->result) : status;
}

cruddur_status cr_get_message(cr_store *store, const cr_uuid *viewer, const cr_uuid *group,
                              const cr_message_name *name, cr_call *call,
                              cr_packed_row **ret_message)
{
    getting now = {.viewer = viewer, .group = group, .name = name};
    cruddur_status status = store->ops->read(store, get_body, &now, call);
    if (status == CRUDDUR_OK) {
        *ret_message = now.result;
    } else {
        free(now.result);
    }
    return status;
}
