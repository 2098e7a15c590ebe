/* SPDX-License-Identifier: MIT */
#include "messaging/write.h"

#include <stdlib.h>

#include "base/clock.h"
#include "messaging/catch_up.h"
#include "messaging/reach.h"
#include "messaging/rewrite.h"
#include "model/time.h"

/* How often a look back is tried that fails, and for how long the first pause is. */
#define LOOKS_MAX 8
#define LOOK_PAUSE_US INT64_C(10000)
/* Which of the rows that a write makes the caller wants back. */
typedef enum wanted_row {
    WANT_MESSAGE,
    WANT_GROUP_ROW,
} wanted_row;

/* One call, over all runs of its body. */
typedef struct write_context {
    const cr_draft *draft;
    const cr_opening *opening; /* NULL for an append */
    wanted_row wanted;
    cr_packed_row *head; /* of the latest run: its sort key; NULL before, or where there was none */
    cr_packed_row *behind; /* sort key of the oldest group row that the latest run met, if it is one
                              that lags behind the head */
    bool has_planned;
    int64_t planned_us;    /* the time that the latest run chose */
    int64_t reach_us;      /* how far the next run steps on at most, if it finds the same head */
    cr_packed_row *result; /* of the latest run */
    bool is_repeat;        /* the result was there before this call */
    bool is_late;          /* the message was put alone, at the key that was claimed for it */
    bool has_restored_all; /* the latest run found a group without any group row */
    unsigned traits;       /* that the latest run met */
} write_context;

/* The claim of a message whose uuid the caller made, as one run finds it. */
typedef struct claim_state {
    cr_claim as_read; /* ahead of its message; or its sort key is absent: there is none */
    bool is_tried;    /* a run before this one chose the claim's key, and came to nothing */
    bool is_taken;    /* another message has its key */
} claim_state;

static bool is_isolated(const write_context *context)
{
    return (context->traits & CR_TRAIT_ATOMIC) != 0;
}

static bool is_known_head(const write_context *context, const cr_row *head)
{
    const char *known = context->head == NULL ? NULL : cr_packed_get(context->head, CR_SK);
    return cr_str_equal(cr_str_of(known), head->value[CR_SK]);
}

/* Keeps the head for the next run, and tells it whether to step on. */
static cruddur_status note_head(write_context *context, const cr_row *head, const cr_call *call)
{
    cr_row key = {0};
    key.value[CR_SK] = head->value[CR_SK];
    context->reach_us = is_known_head(context, head) ? context->reach_us : 0;
    free(context->head);
    context->head = cr_pack_row(&key);
    return context->head == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
}

static cruddur_status note_behind(write_context *context, const cr_inboxes *inboxes,
                                  const cr_row *head, const cr_call *call)
{
    cr_row key = {0};
    key.value[CR_SK] = cr_inboxes_oldest(inboxes);
    free(context->behind);
    context->behind = NULL;
    context->has_restored_all = inboxes->old.count == 0;
    if (context->has_restored_all || cr_str_compare(key.value[CR_SK], head->value[CR_SK]) >= 0) {
        return CRUDDUR_OK;
    }
    context->behind = cr_pack_row(&key);
    return context->behind == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
}

static cruddur_status keep_result(write_context *context, const cr_row *row, const cr_call *call)
{
    free(context->result);
    context->result = cr_pack_row(row);
    return context->result == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
}

/* ---- the sort key ---- */

/* Chooses the message's sort key, after the head's and those of all group rows that were read: a
 * row can be after the message that it shows. A run that finds the head of the one before it was
 * run again because a key was taken: another group of some member has it (invariant 4). It steps
 * on, by a few microseconds at first. */
static cruddur_status choose_free_key(write_context *context, cr_str last_sk, cr_sort_key *key,
                                      const cr_call *call)
{
    const cr_draft *draft = context->draft;
    int64_t time_us = draft->created_at_us != 0 ? draft->created_at_us : cr_clock_now_us();
    if (context->reach_us > 0 && time_us <= context->planned_us + context->reach_us) {
        time_us = context->planned_us + cr_reach_step_us(context->reach_us);
    }
    if (!cr_sort_key_after(time_us, last_sk, key) ||
        !cr_time_parse(cr_sort_key_str(key), &context->planned_us)) {
        return cr_fail_with(call->error, CRUDDUR_E_TIME,
                            "no time up to the year 9999 follows the newest message");
    }
    context->has_planned = true;
    context->reach_us = cr_reach_next_us(context->reach_us);
    return CRUDDUR_OK;
}

/* A message that was claimed keeps its key, so that no two repeats store it: unless another message
 * has that key, where neither can. */
static cruddur_status choose_key(write_context *context, const claim_state *claim, cr_str last_sk,
                                 cr_sort_key *key, const cr_call *call)
{
    if (claim->as_read.sk.data == NULL || claim->is_taken) {
        return choose_free_key(context, last_sk, key, call);
    }
    context->has_planned = true;
    return cr_time_parse(claim->as_read.sk, &context->planned_us) &&
                   cr_time_format(context->planned_us, key)
               ? CRUDDUR_OK
               : cr_fail_with(call->error, CRUDDUR_E_STORE_DAMAGED,
                              "the claim of message %s is damaged", context->draft->uuid.text);
}

/* ---- a send that is repeated ---- */

static cruddur_status fail_other_message(const cr_call *call)
{
    return cr_fail_argument(call->error, CRUDDUR_E_INVALID_ARGUMENT, "options.message_uuid",
                            "is the uuid of another message");
}

static cruddur_status fail_gone(const cr_call *call, const cr_draft *draft)
{
    return cr_fail_argument(call->error, CRUDDUR_E_MESSAGE_GONE, "options.message_uuid",
                            "message %s was stored, and has been removed since", draft->uuid.text);
}

static bool is_of_draft(const cr_claim *claim, const cr_draft *draft)
{
    return cr_str_equal(claim->group, cr_uuid_str(&draft->group)) &&
           cr_str_equal(claim->author, cr_uuid_str(&draft->author.uuid));
}

/* Makes the stored message the result, and notes its sort key. */
static cruddur_status settle(cr_txn *txn, write_context *context, cr_group *group,
                             const cr_row *message)
{
    cr_row found = *message;
    if (!cr_row_exists(&group->head)) {
        return CRUDDUR_E_CONFLICT; /* it came while the group was being read */
    }
    cruddur_status status = note_head(context, message, txn->call);
    context->is_repeat = true;
    if (status == CRUDDUR_OK && context->wanted == WANT_GROUP_ROW) {
        status = cr_inboxes_own_row(txn, group, &context->draft->author.uuid, &found);
    }
    return status == CRUDDUR_OK ? keep_result(context, &found, txn->call) : status;
}

static bool was_planned(const write_context *context, cr_str sk)
{
    int64_t time_us;
    return context->has_planned && cr_time_parse(sk, &time_us) && time_us == context->planned_us;
}

/* Looks for the claim of the draft's uuid, and for the message that it leads to. A uuid that the
 * library made just now has none. */
static cruddur_status find_repeat(cr_txn *txn, write_context *context, cr_group *group,
                                  claim_state *claim)
{
    cr_row there;
    const cr_draft *draft = context->draft;
    cr_str token = cr_uuid_str(&draft->uuid);
    *claim = (claim_state){.as_read = {.token = token}};
    if (!draft->may_be_repeat) {
        return CRUDDUR_OK;
    }
    cruddur_status status =
        txn->ops->find_claim(txn, token, cr_uuid_str(&draft->group), &claim->as_read);
    if (status != CRUDDUR_OK || claim->as_read.sk.data == NULL) {
        return status;
    }
    if (!is_of_draft(&claim->as_read, draft)) {
        return fail_other_message(txn->call);
    }
    cr_pk pk = cr_pk_of_group(&draft->group);
    status = cr_rows_get_message(txn, &pk, claim->as_read.sk, &there);
    if (status == CRUDDUR_OK && cr_str_equal(there.value[CR_MESSAGE_UUID], token)) {
        return settle(txn, context, group, &there);
    }
    if (status == CRUDDUR_OK && !claim->as_read.is_ahead) {
        return fail_gone(txn->call, draft);
    }
    claim->is_taken = cr_row_exists(&there);
    claim->is_tried = was_planned(context, claim->as_read.sk);
    return status;
}

/* In steps a claim is made before it shows whether the group rows can go to its key, and is not
 * moved for that: so all members' inboxes are asked first. Whoever takes the key in between is
 * seldom enough. */
static cruddur_status check_places(cr_txn *txn, const write_context *context,
                                   const cr_members *members, cr_str sk)
{
    cr_pk pk[CRUDDUR_MEMBERS_MAX];
    cr_key keys[CRUDDUR_MEMBERS_MAX];
    cr_row rows[CRUDDUR_MEMBERS_MAX];
    bool are_taken = false;
    if (is_isolated(context)) {
        return CRUDDUR_OK;
    }
    for (size_t i = 0; i < members->count; i++) {
        pk[i] = cr_pk_of_member(&members->uuid[i]);
        keys[i] = (cr_key){cr_pk_str(&pk[i]), sk};
    }
    cruddur_status status = cr_rows_are_taken(txn, cr_uuid_str(&context->draft->group), keys,
                                              members->count, rows, &are_taken);
    return status == CRUDDUR_OK && are_taken ? CRUDDUR_E_CONFLICT : status;
}

/* Claims the uuid for the message at a sort key. `members`: whose group rows are to go there; NULL:
 * none. */
static cruddur_status state_claim(cr_txn *txn, const write_context *context,
                                  const claim_state *claim, const cr_members *members, cr_str sk)
{
    const cr_draft *draft = context->draft;
    bool is_there = claim->as_read.sk.data != NULL;
    if (!draft->may_be_repeat) {
        return CRUDDUR_OK;
    }
    bool is_new = !cr_str_equal(claim->as_read.sk, sk);
    cruddur_status status =
        is_new && members != NULL ? check_places(txn, context, members, sk) : CRUDDUR_OK;
    if (status != CRUDDUR_OK) {
        return status;
    }
    const cr_claim stated = {.token = cr_uuid_str(&draft->uuid),
                             .group = cr_uuid_str(&draft->group),
                             .author = cr_uuid_str(&draft->author.uuid),
                             .sk = sk,
                             .is_forever = draft->created_at_us != 0};
    return txn->ops->claim(txn, &stated, is_there ? &claim->as_read : NULL);
}

/* ---- what a write starts from ---- */

static cruddur_status fail_exists(const cr_call *call, const cr_uuid *group)
{
    return cr_fail_argument(call->error, CRUDDUR_E_GROUP_EXISTS, "options.group_uuid",
                            "group %s is there, with other members", group->text);
}

/* A group that is opened and is there already must have the same members. */
static cruddur_status check_members(cr_txn *txn, const write_context *context, cr_group *group)
{
    cr_members members;
    cruddur_status status = cr_group_read_members(txn, group, &members);
    return status == CRUDDUR_OK && !cr_members_are_same(&members, &context->opening->members)
               ? fail_exists(txn->call, &group->uuid)
               : status;
}

/* Reads the group for its author. The head of one that is yet to be opened is absent throughout. */
static cruddur_status read_start(cr_txn *txn, write_context *context, cr_group *group)
{
    bool is_member;
    const cr_draft *draft = context->draft;
    /* Run again because the engine found out what the service lacks: no key was taken. */
    context->reach_us = txn->traits == context->traits ? context->reach_us : 0;
    context->traits = txn->traits;
    context->has_restored_all = false;
    if (context->opening == NULL) {
        return cr_group_read(txn, &draft->group, &draft->author.uuid, group);
    }
    cruddur_status status = cr_group_find(txn, &draft->group, &draft->author.uuid,
                                          &context->opening->members, group, &is_member);
    if (status != CRUDDUR_OK || !cr_row_exists(&group->head)) {
        return status;
    }
    return is_member ? check_members(txn, context, group) : fail_exists(txn->call, &draft->group);
}

/* ---- append ---- */

/* The message row; its strings are the arguments'. */
static cr_row message_row(const cr_draft *draft, const cr_person *author, const cr_pk *pk,
                          const cr_sort_key *sk)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_pk_str(pk);
    row.value[CR_SK] = cr_sort_key_str(sk);
    row.value[CR_TEXT] = draft->text;
    row.value[CR_MESSAGE_UUID] = cr_uuid_str(&draft->uuid);
    row.value[CR_USER_UUID] = cr_uuid_str(&draft->author.uuid);
    row.value[CR_DISPLAY_NAME] = author->display_name;
    row.value[CR_HANDLE] = author->handle;
    return row;
}

static cr_str first_present(cr_str a, cr_str b)
{
    return a.data != NULL ? a : b.data != NULL ? b : cr_str_of("");
}

static cr_person name_author(const cr_draft *draft, const cr_person *known)
{
    return (cr_person){draft->author.uuid,
                       first_present(draft->author.display_name, known->display_name),
                       first_present(draft->author.handle, known->handle)};
}

/* Fills in what the caller does not tell of the author: the group rows know it, or a message that
 * they have not moved to yet. */
static cruddur_status complete_author(cr_txn *txn, const cr_draft *draft, cr_group *group,
                                      cr_person *author)
{
    cr_inboxes inboxes;
    cr_row newest;
    *author = draft->author;
    if (author->display_name.data != NULL && author->handle.data != NULL) {
        return CRUDDUR_OK;
    }
    cruddur_status status = cr_inboxes_read(txn, group, &inboxes);
    if (status == CRUDDUR_OK) {
        cr_inboxes_restore(&group->uuid, &inboxes);
        status = cr_inboxes_read_news(txn, &group->uuid, &inboxes, &newest);
    }
    if (status == CRUDDUR_OK) {
        cr_person known = cr_inboxes_person(&inboxes, &draft->author.uuid);
        *author = name_author(draft, &known);
    }
    return status;
}

/* Appends where somebody else moves the group rows, or where they are past the message. */
static cruddur_status append_message(cr_txn *txn, write_context *context, cr_group *group,
                                     const claim_state *claim)
{
    cr_person author;
    cr_sort_key sk;
    cr_row moved;
    cr_pk pk = cr_pk_of_group(&group->uuid);
    cruddur_status status = complete_author(txn, context->draft, group, &author);
    if (status == CRUDDUR_OK) {
        status = choose_key(context, claim, cr_group_last(group), &sk, txn->call);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_row message = message_row(context->draft, &author, &pk, &sk);
    if (context->wanted == WANT_MESSAGE) {
        moved = message;
    } else {
        status = cr_inboxes_own_row(txn, group, &author.uuid, &moved);
        moved.value[CR_SK] = message.value[CR_SK];
        moved.value[CR_HEAD_SK] = CR_STR_ABSENT;
        moved.value[CR_TEXT] = message.value[CR_TEXT];
    }
    if (status == CRUDDUR_OK) {
        status = state_claim(txn, context, claim, NULL, message.value[CR_SK]);
    }
    if (status == CRUDDUR_OK) {
        status = txn->ops->put(txn, &message);
    }
    return status == CRUDDUR_OK ? keep_result(context, &moved, txn->call) : status;
}

/* Whoever writes to somebody again knows them by name. */
static void name_restored(const cr_opening *opening, cr_inboxes *inboxes)
{
    for (size_t i = 0; opening != NULL && i < inboxes->members.count; i++) {
        for (size_t j = 0; j < opening->members.count; j++) {
            if (cr_row_is_restored(&inboxes->row[i])) {
                cr_row_name_author(&inboxes->row[i], &opening->person[j]);
            }
        }
    }
}

/* Reads the group rows as they are to be moved on from the head. */
static cruddur_status read_inboxes(cr_txn *txn, write_context *context, cr_group *group,
                                   cr_inboxes *inboxes)
{
    cr_row newest;
    cruddur_status status = cr_inboxes_read(txn, group, inboxes);
    if (status == CRUDDUR_OK) {
        cr_inboxes_restore(&group->uuid, inboxes);
    }
    /* Rows that lag behind, in mode stream, have not got the names of the messages between; nor has
     * a row that was lost any. */
    if (status == CRUDDUR_OK && !cr_inboxes_are_at(inboxes, group->head.value[CR_SK])) {
        status = cr_inboxes_read_news(txn, &group->uuid, inboxes, &newest);
    }
    if (status == CRUDDUR_OK) {
        name_restored(context->opening, inboxes);
    }
    return status == CRUDDUR_OK ? note_behind(context, inboxes, &group->head, txn->call) : status;
}

/* Appends, and moves the group rows. */
static cruddur_status append_and_move(cr_txn *txn, write_context *context, cr_group *group,
                                      const claim_state *claim)
{
    const cr_draft *draft = context->draft;
    cr_inboxes inboxes;
    cr_sort_key sk;
    cruddur_status status = read_inboxes(txn, context, group, &inboxes);
    if (status == CRUDDUR_OK) {
        status = choose_key(context, claim, cr_rows_last(&inboxes.old, group->head.value[CR_SK]),
                            &sk, txn->call);
    }
    if (status == CRUDDUR_OK && cr_inboxes_meet(&inboxes, cr_sort_key_str(&sk))) {
        status = CRUDDUR_E_CONFLICT; /* a claimed key; one change states one write for it */
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_pk pk = cr_pk_of_group(&draft->group);
    cr_person known = cr_inboxes_person(&inboxes, &draft->author.uuid);
    cr_person author = name_author(draft, &known);
    cr_row message = message_row(draft, &author, &pk, &sk);
    bool is_complete;
    status = state_claim(txn, context, claim, &inboxes.members, message.value[CR_SK]);
    if (status == CRUDDUR_OK) {
        status = cr_inboxes_put(txn, &inboxes, &author, &message);
    }
    if (status == CRUDDUR_OK) {
        status = txn->ops->put(txn, &message);
    }
    if (status == CRUDDUR_OK) {
        status = cr_inboxes_remove(txn, &inboxes, &message, &is_complete);
    }
    if (status == CRUDDUR_OK) {
        size_t self = cr_members_find(&inboxes.members, &author.uuid);
        cr_row moved = cr_inboxes_moved(&inboxes, self, &author, &message);
        status =
            keep_result(context, context->wanted == WANT_MESSAGE ? &message : &moved, txn->call);
    }
    return status;
}

/* Whether the message is put at the place that was claimed for it, and the group rows are left
 * where they are: these are past it, or cannot go there. */
static bool is_late(const claim_state *claim, const cr_group *group)
{
    cr_str sk = claim->as_read.sk;
    return sk.data != NULL && !claim->is_taken &&
           (claim->is_tried || cr_str_compare(sk, group->head.value[CR_SK]) < 0);
}

/* Appends, unless the message is there already. */
static cruddur_status append_once(cr_txn *txn, write_context *context, cr_group *group)
{
    claim_state claim;
    context->is_repeat = false;
    cruddur_status status = find_repeat(txn, context, group, &claim);
    if (status != CRUDDUR_OK || context->is_repeat) {
        return status;
    }
    status = note_head(context, &group->head, txn->call);
    if (status != CRUDDUR_OK) {
        return status;
    }
    context->is_late = is_late(&claim, group);
    return context->is_late || (txn->traits & CR_TRAIT_STREAMED) != 0
               ? append_message(txn, context, group, &claim)
               : append_and_move(txn, context, group, &claim);
}

static cruddur_status append_body(cr_txn *txn, void *argument)
{
    cr_group group;
    cruddur_status status = read_start(txn, argument, &group);
    return status == CRUDDUR_OK ? append_once(txn, argument, &group) : status;
}

/* ---- create ---- */

static cr_row new_group_row(const cr_opening *opening, size_t member, const cr_pk *pk,
                            const cr_row *message, cr_str member_list)
{
    const cr_person *other = &opening->person[cr_members_next(&opening->members, member)];
    cr_row row = {0};
    row.value[CR_PK] = cr_pk_str(pk);
    row.value[CR_SK] = message->value[CR_SK];
    row.value[CR_GROUP_UUID] = cr_uuid_str(&opening->first_message.group);
    row.value[CR_TEXT] = message->value[CR_TEXT];
    row.value[CR_USER_UUID] = cr_uuid_str(&other->uuid);
    row.value[CR_DISPLAY_NAME] = first_present(other->display_name, CR_STR_ABSENT);
    row.value[CR_HANDLE] = first_present(other->handle, CR_STR_ABSENT);
    row.value[CR_GROUP_NAME] = opening->name;
    row.value[CR_MEMBER_UUIDS] = member_list;
    return row;
}

static cruddur_status put_group_rows(cr_txn *txn, write_context *context, const cr_row *message)
{
    const cr_opening *opening = context->opening;
    cr_str member_list = CR_STR_ABSENT;
    cruddur_status status = CRUDDUR_OK;
    if (opening->members.count > 2) {
        member_list = cr_members_join(&opening->members, txn->arena);
        status = member_list.data == NULL ? cr_fail_memory(txn->call->error) : CRUDDUR_OK;
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < opening->members.count; i++) {
        const cr_uuid *member = &opening->members.uuid[i];
        cr_pk pk = cr_pk_of_member(member);
        cr_row row = new_group_row(opening, i, &pk, message, member_list);
        status = txn->ops->put(txn, &row);
        if (status == CRUDDUR_OK && cr_uuid_compare(member, &context->draft->author.uuid) == 0) {
            status = keep_result(context, &row, txn->call);
        }
    }
    return status;
}

/* The card of a group that is to be opened, as it was read before anything else of the group was.
 */
typedef struct old_card {
    cr_card_pk pk;
    cr_row row; /* absent throughout: there is none */
    cr_card card;
} old_card;

static cruddur_status read_card(cr_txn *txn, const write_context *context, old_card *old)
{
    const cr_uuid *group = &context->draft->group;
    old->pk = cr_card_pk_of(group);
    cruddur_status status = cr_rows_get_card(txn, &old->pk, &old->row);
    if (status != CRUDDUR_OK || !cr_row_exists(&old->row)) {
        return status;
    }
    if (!cr_card_read(&old->row, &old->card)) {
        return cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                            "the card of group %s is damaged", group->text);
    }
    return cr_members_are_same(&old->card.members, &context->opening->members)
               ? CRUDDUR_OK
               : fail_exists(txn->call, group);
}

/* Two openings meet in the card: the second finds it changed, and the group there. In steps a card
 * that is there is left alone, as its opening may be under way; so the openings look back there. */
static cruddur_status state_card(cr_txn *txn, const write_context *context, const old_card *old)
{
    cr_row row;
    bool is_there = cr_row_exists(&old->row);
    const cr_card card = {.members = context->opening->members,
                          .name = context->opening->name,
                          .rev = is_there ? old->card.rev + 1 : 1};
    if (is_there && !is_isolated(context)) {
        return CRUDDUR_OK;
    }
    if (!cr_card_write(&old->pk, &card, txn->arena, &row)) {
        return cr_fail_memory(txn->call->error);
    }
    return is_there ? txn->ops->replace(txn, &old->row, &row) : txn->ops->put(txn, &row);
}

static cruddur_status open_group(cr_txn *txn, write_context *context, cr_group *group,
                                 const old_card *card)
{
    const cr_draft *draft = context->draft;
    cr_sort_key sk;
    claim_state claim;
    cruddur_status status = find_repeat(txn, context, group, &claim);
    if (status != CRUDDUR_OK || context->is_repeat) {
        return status;
    }
    status = choose_key(context, &claim, CR_STR_ABSENT, &sk, txn->call);
    if (status == CRUDDUR_OK) {
        status =
            state_claim(txn, context, &claim, &context->opening->members, cr_sort_key_str(&sk));
    }
    if (status == CRUDDUR_OK) {
        status = state_card(txn, context, card);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_pk pk = cr_pk_of_group(&draft->group);
    cr_person author = {draft->author.uuid,
                        first_present(draft->author.display_name, CR_STR_ABSENT),
                        first_present(draft->author.handle, CR_STR_ABSENT)};
    cr_row message = message_row(draft, &author, &pk, &sk);
    status = put_group_rows(txn, context, &message);
    return status == CRUDDUR_OK ? txn->ops->put(txn, &message) : status;
}

/* The card is read first: whoever opens the group from then on changes it. */
static cruddur_status create_body(cr_txn *txn, void *argument)
{
    write_context *context = argument;
    cr_group group;
    old_card card;
    context->is_repeat = false;
    context->traits = txn->traits;
    cruddur_status status = read_card(txn, context, &card);
    if (status == CRUDDUR_OK) {
        status = read_start(txn, context, &group);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    return cr_row_exists(&group.head) ? append_once(txn, context, &group)
                                      : open_group(txn, context, &group, &card);
}

/* ---- the calls ---- */

static bool has_opened(const write_context *context)
{
    return context->opening != NULL && context->head == NULL;
}

/* Somebody else moves the group rows behind an append. */
static bool rows_stay(const write_context *context)
{
    return (context->traits & CR_TRAIT_STREAMED) != 0 && !has_opened(context);
}

/* Other writers may have met the change half done, or may have made the rows anew as well. */
static bool has_left_over(const write_context *context)
{
    if ((context->traits & CR_TRAIT_SNAPSHOT) != 0 || rows_stay(context)) {
        return false;
    }
    return !is_isolated(context) || context->has_restored_all;
}

static cruddur_status look_back(cr_store *store, const cr_leftover *leftover, cr_call *call)
{
    int64_t pause_us = LOOK_PAUSE_US;
    cruddur_status status = cr_catch_up(store, leftover, call);
    for (int look = 1; look < LOOKS_MAX && status != CRUDDUR_OK &&
                       cr_clock_monotonic_us() + pause_us < call->deadline_us;
         look++) {
        cr_error_discard(call->error);
        cr_clock_sleep_us(pause_us);
        pause_us *= 2;
        status = cr_catch_up(store, leftover, call);
    }
    return status;
}

/* Where changes are transactions no later write clears up: then a look back that fails leaves the
 * outcome open, and whoever sends again under the same uuid makes up for it. Elsewhere the next
 * write does. */
static cruddur_status end_look(const write_context *context, cruddur_status status,
                               cruddur_error *found, cr_call *call)
{
    if (status != CRUDDUR_OK && is_isolated(context)) {
        cr_error_wrap(found, "the message is stored, but others may have done the same just now");
        cr_error_set_outcome_unknown(&found);
        if (call->error != NULL) {
            *call->error = found;
        } else {
            cruddur_error_free(found);
        }
        return status;
    }
    if (status != CRUDDUR_OK) {
        cr_log_line(&call->logger, CRUDDUR_LOG_WARNING,
                    "group %s: old group rows may be left, for the next write to remove: %s",
                    context->draft->group.text, cruddur_error_message(found));
    }
    cruddur_error_free(found);
    return CRUDDUR_OK;
}

static cruddur_status clear_up(cr_store *store, write_context *context, cr_call *call)
{
    cruddur_error *error = NULL;
    const cr_draft *draft = context->draft;
    bool is_behind = context->behind != NULL && !context->is_repeat;
    const char *from = cr_packed_get(is_behind ? context->behind : context->head, CR_SK);
    const cr_leftover leftover = {
        .group = &draft->group,
        .member = &draft->author.uuid,
        .named = context->opening == NULL ? NULL : &context->opening->members,
        .from_sk = cr_str_of(from),
        .is_repeat = context->is_repeat,
        .must_move = (has_opened(context) || context->is_late) && !is_isolated(context)};
    cr_call quiet = *call;
    quiet.error = &error;
    cruddur_status status = look_back(store, &leftover, &quiet);
    quiet.meter.attempts = call->meter.attempts;
    call->meter = quiet.meter;
    return end_look(context, status, error, call);
}

/* Writes to the group after the threads that came earlier. An append that leaves the group rows
 * alone contends with nobody. */
static cruddur_status write_in_turn(cr_store *store, cr_body body, write_context *context,
                                    cr_call *call)
{
    cr_ticket ticket;
    cr_kept_log kept;
    bool puts_only = (store->traits & CR_TRAIT_STREAMED) != 0 && context->opening == NULL;
    cruddur_status status = cr_queue_enter(puts_only ? NULL : store->queues,
                                           cr_uuid_str(&context->draft->group), call, &ticket);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_log_keep(&kept, call); /* others wait for their turn */
    status = store->ops->change(store, body, context, call);
    if (status == CRUDDUR_OK && has_left_over(context)) {
        status = clear_up(store, context, call);
    }
    cr_queue_leave(call);
    cr_log_release(&kept, call);
    return status;
}

static cruddur_status run_write(cr_store *store, cr_body body, write_context *context,
                                cr_call *call, cr_packed_row **ret_row)
{
    cruddur_status status = write_in_turn(store, body, context, call);
    if (status == CRUDDUR_OK) {
        *ret_row = context->result;
    } else {
        free(context->result);
    }
    free(context->head);
    free(context->behind);
    return status;
}

cruddur_status cr_append(cr_store *store, const cr_draft *draft, cr_call *call,
                         cr_packed_row **ret_message)
{
    write_context context = {.draft = draft, .wanted = WANT_MESSAGE};
    return run_write(store, append_body, &context, call, ret_message);
}

cruddur_status cr_create(cr_store *store, const cr_opening *opening, cr_call *call,
                         cr_packed_row **ret_group)
{
    write_context context = {
        .draft = &opening->first_message, .opening = opening, .wanted = WANT_GROUP_ROW};
    return run_write(store, create_body, &context, call, ret_group);
}
