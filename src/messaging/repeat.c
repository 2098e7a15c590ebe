/* SPDX-License-Identifier: MIT */
#include "messaging/repeat.h"

#include <stdlib.h>

#include "base/clock.h"
#include "messaging/names.h"
#include "messaging/unread.h"
#include "model/expiry.h"

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

/* Where the row of a message is its claim, it cannot be gone. */
static cruddur_status fail_missing(const cr_txn *txn, const cr_draft *draft)
{
    return (txn->traits & CR_TRAIT_UUIDS) == 0
               ? fail_gone(txn->call, draft)
               : cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                              "the store knows the uuid of message %s, and has no such message",
                              draft->uuid.text);
}

static bool is_of_draft(const cr_claim *claim, const cr_draft *draft)
{
    return cr_str_equal(claim->group, cr_uuid_str(&draft->group)) &&
           cr_str_equal(claim->author, cr_uuid_str(&draft->author.uuid));
}

/* Makes the stored message the result, and notes its sort key. */
static cruddur_status take_repeat(cr_txn *txn, cr_send *send, cr_group *group,
                                  const cr_row *message)
{
    cr_row found;
    if (!cr_row_exists(&group->head)) {
        return CRUDDUR_E_CONFLICT; /* it came while the group was being read */
    }
    cr_send_note_head(send, message);
    send->is_repeat = true;
    if (send->opening == NULL) {
        return cr_send_keep(send, message, txn->call);
    }
    cruddur_status status = cr_group_rows_own(txn, group, &send->draft->author.uuid, &found);
    if (status == CRUDDUR_OK) {
        free(send->result);
        send->result = NULL;
        status = cr_unread_pack(txn, &found, &send->result);
    }
    return status;
}

static bool was_chosen(const cr_key_choice *choice, cr_str sk)
{
    int64_t time_us;
    return choice->has_chosen && cr_time_parse(sk, &time_us) && time_us == choice->time_us;
}

/* A message without a claim, of a run before this one. That failed a condition which may be true
 * again since, such as that its key is free in an inbox: so its request, come late, may have been
 * carried out before this run. Once this one is committed it cannot be any more. */
static cruddur_status find_own(cr_txn *txn, cr_send *send, cr_group *group)
{
    cr_row found;
    cr_pk pk = cr_pk_of_group(&send->draft->group);
    const cr_query query = {.partition = cr_pk_str(&pk),
                            .lower = {cr_kept_key_str(&send->first), true}};
    cruddur_status status =
        cr_rows_find(txn, &query, CR_MESSAGE_UUID, cr_uuid_str(&send->draft->uuid), &found);
    return status == CRUDDUR_OK && cr_row_exists(&found) ? take_repeat(txn, send, group, &found)
                                                         : status;
}

cruddur_status cr_repeat_find(cr_txn *txn, cr_send *send, cr_group *group, cr_found_claim *claim)
{
    cr_row there;
    const cr_draft *draft = send->draft;
    cr_str token = cr_uuid_str(&draft->uuid);
    *claim = (cr_found_claim){.as_read = {.token = token}};
    if (!draft->may_be_repeat) {
        return cr_send_may_be_stored(send, txn, &group->head) ? find_own(txn, send, group)
                                                              : CRUDDUR_OK;
    }
    if (send->is_recalled) {
        return CRUDDUR_OK; /* the condition of the claim judges */
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
        return cr_message_is_shown(&there, cr_clock_now_us())
                   ? take_repeat(txn, send, group, &there)
                   : fail_gone(txn->call, draft);
    }
    if (status == CRUDDUR_OK && !claim->as_read.is_ahead) {
        return fail_missing(txn, draft);
    }
    claim->is_taken = cr_row_exists(&there);
    claim->is_tried = was_chosen(&send->choice, claim->as_read.sk);
    return status;
}

cruddur_status cr_repeat_is_new(cr_txn *txn, const cr_send *send, cr_found_claim *claim,
                                bool *is_new)
{
    const cr_draft *draft = send->draft;
    cr_str token = cr_uuid_str(&draft->uuid);
    cruddur_status status = CRUDDUR_OK;
    *claim = (cr_found_claim){.as_read = {.token = token}};
    if (draft->may_be_repeat && !send->is_recalled) {
        status = txn->ops->find_claim(txn, token, cr_uuid_str(&draft->group), &claim->as_read);
    }
    *is_new = claim->as_read.sk.data == NULL;
    return status;
}

cruddur_status cr_repeat_choose_key(cr_send *send, const cr_found_claim *claim, cr_str last_sk,
                                    cr_sort_key *key, const cr_call *call)
{
    cr_key_choice *choice = &send->choice;
    if (claim->as_read.sk.data == NULL || claim->is_taken) {
        return cr_send_choose_key(send, last_sk, key, call);
    }
    choice->has_chosen =
        cr_time_parse(claim->as_read.sk, &choice->time_us) && cr_time_format(choice->time_us, key);
    return choice->has_chosen
               ? CRUDDUR_OK
               : cr_fail_with(call->error, CRUDDUR_E_STORE_DAMAGED,
                              "the claim of message %s is damaged", send->draft->uuid.text);
}

bool cr_repeat_is_late(const cr_found_claim *claim, const cr_row *head)
{
    cr_str sk = claim->as_read.sk;
    return sk.data != NULL && !claim->is_taken &&
           (claim->is_tried || cr_str_compare(sk, head->value[CR_SK]) < 0);
}

/* In steps a claim is made before it shows whether the group rows can go to its key, and is not
 * moved for that: so all members' inboxes are asked first. Whoever takes the key in between is
 * seldom enough. */
static cruddur_status check_places(cr_txn *txn, const cr_send *send, const cr_members *members,
                                   cr_str sk)
{
    cr_pk pk[CRUDDUR_MEMBERS_MAX];
    cr_key keys[CRUDDUR_MEMBERS_MAX];
    cr_row rows[CRUDDUR_MEMBERS_MAX];
    bool are_taken = false;
    if (cr_send_is_atomic(send) || members == NULL) {
        return CRUDDUR_OK;
    }
    for (size_t i = 0; i < members->count; i++) {
        pk[i] = cr_pk_of_member(&members->uuid[i]);
        keys[i] = (cr_key){cr_pk_str(&pk[i]), sk};
    }
    cruddur_status status = cr_rows_are_taken(txn, cr_uuid_str(&send->draft->group), keys,
                                              members->count, rows, &are_taken);
    return status == CRUDDUR_OK && are_taken ? CRUDDUR_E_CONFLICT : status;
}

cruddur_status cr_repeat_claim(cr_txn *txn, const cr_send *send, const cr_found_claim *claim,
                               const cr_members *members, cr_str sk)
{
    const cr_draft *draft = send->draft;
    const cr_claim *as_read = claim->as_read.sk.data == NULL ? NULL : &claim->as_read;
    const cr_claim stated = {.token = cr_uuid_str(&draft->uuid),
                             .group = cr_uuid_str(&draft->group),
                             .author = cr_uuid_str(&draft->author.uuid),
                             .sk = sk,
                             .is_forever = draft->created_at_us != 0};
    if (!draft->may_be_repeat) {
        return CRUDDUR_OK;
    }
    bool is_new = as_read == NULL || !cr_str_equal(as_read->sk, sk);
    cruddur_status status = is_new ? check_places(txn, send, members, sk) : CRUDDUR_OK;
    return status == CRUDDUR_OK ? txn->ops->claim(txn, &stated, as_read) : status;
}
