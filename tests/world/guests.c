/* SPDX-License-Identifier: MIT */
#include "world/guests.h"

#include <cruddur/cruddur.h>

#include "model/card.h"
#include "model/key.h"
#include "world/actors.h"

typedef enum knowledge {
    IS_OUT,
    IS_IN,
    UNKNOWN,
} knowledge;

/* What is known of the guest, as test_members.c has it. */
static struct guest {
    knowledge known;
    bool may_come[2]; /* a change to that is under way, or may be */
    size_t begun;     /* changes */
    bool is_changing; /* one at a time */
    bool was_late;    /* when the latest change began, a request was still on its way */
    bool is_erased;
    bool was_erased;   /* the erasure was acknowledged */
    int64_t erased_us; /* when it began */
} guest;

void guests_begin(void)
{
    guest = (struct guest){.known = IS_IN};
}

/* ---- changes ---- */

/* Because of an attempt before. */
static bool is_so_already(cruddur_status status, knowledge wanted)
{
    return wanted == IS_OUT
               ? status == CRUDDUR_E_NOT_A_MEMBER || status == CRUDDUR_E_GROUP_NOT_FOUND
               : status == CRUDDUR_E_MEMBER_TWICE;
}

/* A change that was written keeps all from coming that were tried before. Where it was not, one of
 * the other kind may still be under way, or may have come after this one had read the card. */
static void note_change(knowledge wanted, cruddur_status status)
{
    knowledge other = wanted == IS_OUT ? IS_IN : IS_OUT;
    bool is_lost = sim_is_dead();
    bool may_be_late = guest.was_late || sim_late_count() > 0;
    if (!is_lost && (status == CRUDDUR_OK || !may_be_late)) {
        guest.may_come[IS_IN] = guest.may_come[IS_OUT] = false;
    }
    bool is_done = !is_lost && (status == CRUDDUR_OK || is_so_already(status, wanted));
    guest.may_come[wanted] = guest.may_come[wanted] || !is_done;
    guest.known = is_done && !guest.may_come[other] ? wanted : UNKNOWN;
}

static cruddur_status change(stage *all, cruddur *dm, knowledge wanted, cruddur_error **error)
{
    const char *group = all->group[GUEST_GROUP].uuid.text;
    size_t by = sim_happens(3) && wanted == IS_OUT ? GUEST : stage_any_member(all, GUEST_GROUP);
    cruddur_group_options options = CRUDDUR_GROUP_OPTIONS_INIT;
    const cruddur_user user = stage_user(all, GUEST);
    options.timeout_ms = stage_timeout_ms();
    options.flags = wanted == IS_IN && sim_happens(2) ? CRUDDUR_ADD_WITH_HISTORY : 0;
    sim_tell("%zu %s the guest", by, wanted == IS_IN ? "adds" : "removes");
    return wanted == IS_IN ? cruddur_group_add_members(dm, all->person[by].text, group, &user, 1,
                                                       &options, NULL, error)
                           : cruddur_group_remove_member(dm, all->person[by].text, group, user.uuid,
                                                         &options, NULL, error);
}

static void begin_change(stage *all)
{
    guest.begun++;
    guest.known = UNKNOWN;
    guest.is_changing = true;
    guest.was_late = sim_late_count() > 0;
    all->calls++;
}

static void end_change(stage *all, const char *what, knowledge wanted, cruddur_status status,
                       cruddur_error *error)
{
    sim_tell("%s: %s%s", what, cruddur_status_name(status),
             cruddur_error_outcome_unknown(error) ? ", outcome unknown" : "");
    if (status != CRUDDUR_OK && !sim_is_dead() && !is_so_already(status, wanted) &&
        !stage_may_fail(all, status)) {
        stage_breach(all, "%s: %s: %s", what, cruddur_status_name(status),
                     cruddur_error_message(error));
    }
    note_change(wanted, status);
    guest.is_changing = false;
    cruddur_error_free(error);
}

void act_invite(stage *all, size_t number)
{
    cruddur_error *error = NULL;
    if (!all->has_guest || guest.is_changing || guest.is_erased) {
        return;
    }
    knowledge wanted = guest.known == UNKNOWN ? (knowledge)sim_roll(2)
                       : guest.known == IS_IN ? IS_OUT
                                              : IS_IN;
    begin_change(all);
    cruddur_status status = change(all, stage_dm(all, number), wanted, &error);
    end_change(all, wanted == IS_IN ? "adding" : "removing", wanted, status, error);
}

/* ---- what the guest does ---- */

static void judge(stage *all, const struct guest *before, const char *what, bool is_refused,
                  bool has_succeeded)
{
    bool is_as_before = before->begun == guest.begun && before->known == guest.known;
    if (is_as_before && guest.known == IS_OUT && has_succeeded) {
        stage_breach(all, "%s by somebody who was removed", what);
    }
    if (is_as_before && guest.known == IS_IN && is_refused) {
        stage_breach(all, "%s is refused to a member who was added", what);
    }
}

static void send(stage *all, size_t number)
{
    stage_message *made = stage_plan(all, GUEST_GROUP, GUEST, true);
    const struct guest before = guest;
    if (made == NULL) {
        return;
    }
    (void)stage_send(all, stage_dm(all, number), made);
    /* One of two under one uuid is refused to any member. */
    bool is_refused = made->is_refused && made->rival == MESSAGES_MAX;
    if (!sim_is_dead()) {
        judge(all, &before, "a message", is_refused, made->acks > 0);
    }
    made->is_done = true; /* a repeat proves nothing */
}

static void read(stage *all, size_t number)
{
    cruddur_error *error = NULL;
    cruddur_msg_page *page = NULL;
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    const struct guest before = guest;
    options.timeout_ms = stage_timeout_ms();
    all->calls++;
    cruddur_status status =
        cruddur_msg_list(stage_dm(all, number), all->person[GUEST].text,
                         all->group[GUEST_GROUP].uuid.text, &options, &page, &error);
    bool is_refused = status == CRUDDUR_E_GROUP_NOT_FOUND;
    sim_tell("the guest reads: %s", cruddur_status_name(status));
    if (sim_is_dead()) {
        is_refused = false;
    } else if (status != CRUDDUR_OK && !is_refused && !stage_may_fail(all, status)) {
        stage_breach(all, "the guest reads: %s", cruddur_error_message(error));
    } else {
        judge(all, &before, "a list", is_refused, status == CRUDDUR_OK);
    }
    cruddur_msg_page_free(page);
    cruddur_error_free(error);
}

void act_guest(stage *all, size_t number)
{
    if (all->has_guest && !guest.is_erased) {
        (sim_happens(2) ? send : read)(all, number);
    }
}

/* ---- at rest ---- */

bool guests_are_erased(const stage *all, size_t person)
{
    return all->has_guest && guest.is_erased && person == GUEST;
}

void guests_resolve(stage *all)
{
    cr_card card;
    cr_arena arena = CR_ARENA_INIT;
    cr_card_pk pk = cr_card_pk_of(&all->group[GUEST_GROUP].uuid);
    const sim_item *item = all->has_guest ? sim_table_get(cr_card_key(&pk)) : NULL;
    if (item == NULL) {
        if (all->has_guest) {
            stage_breach(all, "the card of group %d is gone", GUEST_GROUP);
        }
        return;
    }
    cr_row row = sim_row_of(item, &arena);
    if (!cr_card_read(&row, &card)) {
        stage_breach(all, "the card of group %d is damaged", GUEST_GROUP);
    } else {
        bool is_in = cr_members_have(&card.members, &all->person[GUEST]);
        if (guest.known != UNKNOWN && is_in != (guest.known == IS_IN)) {
            stage_breach(all, "the guest was %s, and is %s", is_in ? "removed" : "added",
                         is_in ? "a member" : "none");
        }
        if (is_in) {
            (void)cr_members_add(&all->group[GUEST_GROUP].members, &all->person[GUEST]);
        }
    }
    cr_arena_free(&arena);
}

/* Messages that came before the erasure are tombstones, and no row has the guest's inbox. */
void check_guests(stage *all)
{
    cr_pk inbox = cr_pk_of_member(&all->person[GUEST]);
    for (size_t i = 0; i < all->message_count && guest.was_erased; i++) {
        const stage_message *message = &all->message[i];
        cr_pk pk = cr_pk_of_group(&all->group[message->group].uuid);
        const sim_item *item = sim_table_get((cr_key){cr_pk_str(&pk), cr_str_of(message->sk)});
        if (message->author == GUEST && message->acks > 0 && message->sk[0] != '\0' &&
            message->ended_us < guest.erased_us && item != NULL &&
            sim_item_text(item, "deleted_at").data == NULL) {
            stage_breach(all, "message %s of who was erased is there", message->text);
        }
    }
    for (size_t i = 0; i < sim_table_size() && guest.was_erased && guest.known == IS_OUT; i++) {
        const sim_item *item = sim_table_at(i);
        if (item != NULL && item->group.data != NULL && cr_str_equal(item->pk, cr_pk_str(&inbox))) {
            stage_breach(all, "who was erased has a row");
        }
    }
}

/* ---- operators ---- */

/* What the check may find although nobody has broken a rule. */
static bool may_find(stage *all, uint32_t kind)
{
    if (all->has_foreign || (all->mode != STAGE_ATOMIC && !all->is_quiet)) {
        return true;
    }
    /* The key of a message that has expired may be another one's, in mode stream; and by a clock
     * that is wrong by hours what has gone has not expired. */
    if (all->has_expiry &&
        (kind == CRUDDUR_CHECK_CLAIM_CONTRADICTED || (all->are_clocks_wrong && !all->is_quiet))) {
        return true;
    }
    /* Rows that stay beyond the newest message, in mode stream (check.c). */
    bool is_streamed = all->mode == STAGE_STREAM || all->mode == STAGE_MIXED;
    if (is_streamed && all->has_expiry && all->are_clocks_wrong &&
        kind == CRUDDUR_CHECK_ROW_AHEAD) {
        return true;
    }
    bool is_unseen = kind == CRUDDUR_CHECK_MEMBERS_UNKNOWN && !all->is_quiet;
    all->allowed[STAGE_UNCHECKED] +=
        is_unseen ? 1 : 0; /* of a group with a card it never says so */
    return is_unseen;
}

static bool observe_check(void *data, const cruddur_check_event *event)
{
    stage *all = data;
    if (event->is_breach != 0 && !may_find(all, event->kind)) {
        stage_breach(all, "the check finds %s in group %s, at %s of %s",
                     cruddur_check_kind_name(event->kind),
                     event->group_uuid == NULL ? "-" : event->group_uuid,
                     event->sk == NULL ? "-" : event->sk, event->pk == NULL ? "-" : event->pk);
    }
    return !all->is_over && !sim_is_dead();
}

static void note(stage *all, const char *what, cruddur_status status, cruddur_error *error)
{
    sim_tell("%s: %s", what, cruddur_status_name(status));
    all->calls++;
    if (status != CRUDDUR_OK && !sim_is_dead() && !stage_may_fail(all, status)) {
        stage_breach(all, "%s: %s: %s", what, cruddur_status_name(status),
                     cruddur_error_message(error));
    }
    cruddur_error_free(error);
}

static void check_with(stage *all, cruddur *dm, uint32_t flags)
{
    cruddur_error *error = NULL;
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    options.flags = flags;
    options.observe = observe_check;
    options.data = all;
    cruddur_status status = cruddur_check(dm, &options, &error);
    note(all, flags == 0 ? "a check" : "a repair", status, error);
}

static void check(stage *all, cruddur *dm)
{
    check_with(all, dm, 0);
}

static void repair(stage *all, cruddur *dm)
{
    check_with(all, dm, CRUDDUR_CHECK_REPAIR);
}

static void purge(stage *all, cruddur *dm)
{
    cruddur_error *error = NULL;
    cruddur_purge_options options = CRUDDUR_PURGE_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    cruddur_status status = cruddur_purge(dm, &options, &error);
    note(all, "a purge", status, error);
}

static bool look_up(void *data, const char *user_uuid, cruddur_user *user)
{
    (void)data;
    user->display_name = sim_happens(2) ? "Renamed" : "Somebody";
    user->handle = user_uuid;
    return true;
}

static void rename_rows(stage *all, cruddur *dm)
{
    cruddur_error *error = NULL;
    cruddur_person_options options = CRUDDUR_PERSON_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    options.flags = sim_happens(2) ? CRUDDUR_PERSON_MESSAGES : 0;
    cruddur_status status = cruddur_person_rename(dm, look_up, NULL, &options, &error);
    note(all, "a renaming", status, error);
}

/* It ends the guest's part, as a removal does. */
static void erase(stage *all, cruddur *dm)
{
    cruddur_error *error = NULL;
    cruddur_person_options options = CRUDDUR_PERSON_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    if (!all->has_guest || guest.is_changing || guest.was_erased) {
        return;
    }
    guest.is_erased = true;
    guest.erased_us = sim_now_us();
    begin_change(all);
    sim_tell("the guest is erased");
    cruddur_status status = cruddur_person_erase(dm, all->person[GUEST].text, &options, &error);
    guest.was_erased = status == CRUDDUR_OK && !sim_is_dead();
    end_change(all, "an erasure", IS_OUT, status, error);
}

/* What operators do; a new call joins by an entry. */
static const struct {
    void (*run)(stage *all, cruddur *dm);
    size_t weight;
} works[] = {{purge, 2}, {check, 2}, {repair, 2}, {rename_rows, 1}, {erase, 1}};

#define OPERATOR_PAUSE_US 2000000

void act_operator(void *context)
{
    actor *self = context;
    stage *all = self->all;
    while (self->tasks > 0 && !all->is_over) {
        size_t dice = sim_roll(8);
        size_t chosen = 0;
        self->tasks--;
        sim_sleep((int64_t)sim_roll(OPERATOR_PAUSE_US));
        while (dice >= works[chosen].weight) {
            dice -= works[chosen++].weight;
        }
        works[chosen].run(all, stage_dm(all, self->number));
        sim_revive();
    }
}

void operators_check(stage *all)
{
    if (!all->has_foreign && all->mode != STAGE_STEPS) {
        check(all, stage_dm(all, 0));
    }
}
