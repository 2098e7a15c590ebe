/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "messaging/append.h"
#include "messaging/repeat.h"
#include "messaging/rewrite.h"
#include "model/expiry.h"
#include "model/marker.h"

/* What an opening states beside group rows: the claim, the card, the message. */
#define WRITES_BESIDE 3

static cruddur_status fail_exists(const cr_call *call, const cr_uuid *group)
{
    return cr_fail_argument(call->error, CRUDDUR_E_GROUP_EXISTS, "options.group_uuid",
                            "group %s is there, with other members", group->text);
}

/* ---- the card ---- */

static cruddur_status fail_steps(const cr_call *call, const cr_uuid *group)
{
    return cr_fail_with(call->error, CRUDDUR_E_CONFIG,
                        "group %s was removed, and to open it again needs transactions; the store "
                        "is written in steps",
                        group->text);
}

/* A removed group can be opened by anybody; any other only by the same members. */
static bool is_of_others(const cr_send *send, const cr_read_card *card)
{
    return cr_row_exists(&card->row) && !card->card.is_removed &&
           !cr_members_are_same(&card->card.members, &send->opening->members);
}

/* In steps a card that is there is left alone, as its opening may be under way; so the openings
 * look back there. */
static bool leaves_card(const cr_send *send, const cr_read_card *old)
{
    return cr_row_exists(&old->row) && !cr_send_is_atomic(send);
}

/* Makes the card of the opening: it goes on from the one that is there. */
static cruddur_status make_card(const cr_txn *txn, const cr_send *send, const cr_read_card *old,
                                const cr_card_pk *pk, cr_row *row)
{
    const cr_card card = {.members = send->opening->members,
                          .name = send->opening->name,
                          .rev = cr_row_exists(&old->row) ? old->card.rev + 1 : 1};
    bool is_made = cr_card_write(pk, &card, txn->arena, row);
    row->value[CR_VERSION] = cr_row_fresh_version(txn->arena);
    if (leaves_card(send, old)) {
        row->value[CR_REV] = old->row.value[CR_REV]; /* for the group rows */
    }
    return is_made && row->value[CR_VERSION].data != NULL ? CRUDDUR_OK
                                                          : cr_fail_memory(txn->call->error);
}

/* Two openings meet in the card: the second finds it changed, and the group there. */
static cruddur_status state_card(cr_txn *txn, const cr_send *send, const cr_read_card *old,
                                 const cr_row *row)
{
    if (leaves_card(send, old)) {
        return CRUDDUR_OK;
    }
    return cr_row_exists(&old->row) ? txn->ops->replace(txn, &old->row, row)
                                    : txn->ops->put(txn, row);
}

/* ---- a group that is not there ---- */

/* Only the author has read the message. What a group had before it was removed counts as read. */
static cr_str marker_of(const cr_opening *opening, size_t member, const cr_row *head)
{
    const cr_uuid *author = &opening->first_message.author.uuid;
    if (cr_uuid_compare(&opening->members.uuid[member], author) == 0) {
        return CR_STR_ABSENT;
    }
    return cr_row_exists(head) ? head->value[CR_SK] : cr_str_of(CR_READ_NOTHING);
}

/* What an opening has found, and the message that it puts. */
typedef struct plan {
    const cr_found_claim *claim;
    const cr_read_card *card;
    const cr_rows *rows;
    const cr_row *head; /* of the group that was removed; absent throughout: it is new */
    const cr_row *message;
} plan;

static cr_row new_group_row(const cr_opening *opening, size_t member, const cr_pk *pk,
                            const plan *planned, const cr_row *card)
{
    const cr_row *message = planned->message;
    const cr_person *other = &opening->person[cr_members_next(&opening->members, member)];
    cr_row row = {0};
    row.value[CR_PK] = cr_pk_str(pk);
    row.value[CR_SK] = message->value[CR_SK];
    row.value[CR_GROUP_UUID] = cr_uuid_str(&opening->first_message.group);
    cr_row_show_message(&row, message, cr_clock_now_us());
    row.value[CR_USER_UUID] = cr_uuid_str(&other->uuid);
    row.value[CR_DISPLAY_NAME] = cr_str_or_empty(other->display_name);
    row.value[CR_HANDLE] = cr_str_or_empty(other->handle);
    row.value[CR_GROUP_NAME] = opening->name;
    row.value[CR_REV] = card->value[CR_REV];
    row.value[CR_VERSION] = card->value[CR_VERSION];
    row.value[CR_READ_SK] = marker_of(opening, member, planned->head);
    if (opening->members.count > CRUDDUR_MEMBERS_MIN) {
        row.value[CR_MEMBER_UUIDS] = card->value[CR_MEMBER_UUIDS];
    }
    return row;
}

/* A message that is put alone leaves the rows to whoever settles the group. */
static cruddur_status put_group_rows(cr_txn *txn, cr_send *send, const plan *planned,
                                     const cr_row *card)
{
    const cr_opening *opening = send->opening;
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < opening->members.count; i++) {
        const cr_uuid *member = &opening->members.uuid[i];
        cr_pk pk = cr_pk_of_member(member);
        cr_row row = new_group_row(opening, i, &pk, planned, card);
        status = send->is_late ? CRUDDUR_OK : txn->ops->put(txn, &row);
        if (status == CRUDDUR_OK && cr_uuid_compare(member, &send->draft->author.uuid) == 0) {
            status = cr_send_keep(send, &row, txn->call);
        }
    }
    return status;
}

/* In steps they may be of a message to come, and stay until whoever looks back settles the group;
 * so do those beside a message that is put alone, and those that one change has no room for. */
static cruddur_status remove_rows(cr_txn *txn, const cr_send *send, const cr_rows *rows)
{
    cruddur_status status = CRUDDUR_OK;
    bool stay = send->is_late || !cr_send_is_atomic(send);
    size_t room = CR_CHANGE_WRITES_MAX - WRITES_BESIDE - send->opening->members.count;
    for (size_t i = 0; !stay && status == CRUDDUR_OK && i < rows->count && i < room; i++) {
        status = txn->ops->remove(txn, &rows->row[i]);
    }
    return status;
}

/* States all writes; the order is that of store.h. */
static cruddur_status write_all(cr_txn *txn, cr_send *send, const plan *planned)
{
    cr_row card;
    cr_card_pk pk = cr_card_pk_of(&send->draft->group);
    const cr_members *members = send->is_late ? NULL : &send->opening->members;
    cruddur_status status = make_card(txn, send, planned->card, &pk, &card);
    if (status == CRUDDUR_OK) {
        status =
            cr_repeat_claim(txn, send, planned->claim, members, planned->message->value[CR_SK]);
    }
    if (status == CRUDDUR_OK) {
        status = state_card(txn, send, planned->card, &card);
    }
    if (status == CRUDDUR_OK) {
        status = put_group_rows(txn, send, planned, &card);
    }
    if (status == CRUDDUR_OK) {
        status = txn->ops->put(txn, planned->message);
    }
    return status == CRUDDUR_OK ? remove_rows(txn, send, planned->rows) : status;
}

/* Where there is a card, members may have rows of the group: its messages have gone, or an opening
 * in steps was interrupted. The first message comes after these. */
static cruddur_status find_rows(cr_txn *txn, const cr_send *send, const cr_read_card *card,
                                cr_rows *rows)
{
    const cr_members *members = &send->opening->members;
    cruddur_status status = CRUDDUR_OK;
    *rows = (cr_rows){.arena = txn->arena};
    for (size_t i = 0; cr_row_exists(&card->row) && status == CRUDDUR_OK && i < members->count;
         i++) {
        cr_row row;
        cr_pk pk = cr_pk_of_member(&members->uuid[i]);
        status = cr_group_search_partition(txn, cr_uuid_str(&send->draft->group), &pk,
                                           CR_STR_ABSENT, &row);
        if (status == CRUDDUR_OK && cr_row_exists(&row) && !cr_rows_add(rows, &row)) {
            status = cr_fail_memory(txn->call->error);
        }
    }
    return status;
}

/* A group that was removed may have messages still: the new one comes after them. */
static cruddur_status open_group(cr_txn *txn, cr_send *send, cr_group *group,
                                 const cr_read_card *card)
{
    const cr_draft *draft = send->draft;
    cr_rows rows;
    cr_sort_key sk;
    cr_found_claim claim;
    cruddur_status status = cr_repeat_find(txn, send, group, &claim);
    if (status == CRUDDUR_OK && !send->is_repeat) {
        status = cr_group_check_open(txn, &draft->group, card, "others");
    }
    if (status != CRUDDUR_OK || send->is_repeat) {
        return status;
    }
    cr_send_note_head(send, &(cr_row){0});
    send->is_late = cr_repeat_is_late(&claim, &group->head);
    status = find_rows(txn, send, card, &rows);
    if (status == CRUDDUR_OK) {
        cr_str last_sk = cr_rows_last(&rows, group->head.value[CR_SK]);
        status = cr_repeat_choose_key(send, &claim, last_sk, &sk, txn->call);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_pk pk = cr_pk_of_group(&draft->group);
    cr_person author = {draft->author.uuid, cr_str_or_empty(draft->author.display_name),
                        cr_str_or_empty(draft->author.handle)};
    cr_row message;
    const plan planned = {&claim, card, &rows, &group->head, &message};
    status = cr_send_message(txn, draft, &author, &pk, &sk, &message);
    return status == CRUDDUR_OK ? write_all(txn, send, &planned) : status;
}

/* ---- the call ---- */

/* The opening may have been made before, and the members have changed since. */
static cruddur_status find_repeat(cr_txn *txn, cr_send *send, cr_group *group, bool is_member)
{
    cr_found_claim claim;
    cruddur_status status = is_member ? cr_repeat_find(txn, send, group, &claim) : CRUDDUR_OK;
    return status == CRUDDUR_OK && !send->is_repeat ? fail_exists(txn->call, &group->uuid) : status;
}

/* A group that is opened and is there already must have the same members. */
static cruddur_status append_to_same(cr_txn *txn, cr_send *send, cr_group *group, bool is_member)
{
    cr_members members = {0};
    cruddur_status status = is_member ? cr_group_read_members(txn, group, &members) : CRUDDUR_OK;
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (cr_members_are_same(&members, &send->opening->members)) {
        return cr_append_once(txn, send, group);
    }
    status = cr_group_check_card(txn, group); /* made since, it decides instead of the rows */
    return status == CRUDDUR_OK ? fail_exists(txn->call, &group->uuid) : status;
}

/* Where there is no card yet, and the head is none that came before it, the two may be read at the
 * same time. Else the head is read after the card: whoever opens the group from then on changes
 * that. */
static cruddur_status find_group(cr_txn *txn, const cr_send *send, const cr_read_card *card,
                                 cr_group *group, bool *is_member)
{
    const cr_draft *draft = send->draft;
    bool is_first = !cr_send_has_failed(send);
    const cr_group_reading again = {.member = &draft->author.uuid,
                                    .ahead = cr_send_reads(send),
                                    .asks_index =
                                        is_first && (txn->traits & CR_TRAIT_STREAMED) == 0};
    return cr_group_find(txn, &draft->group, &draft->author.uuid, &send->opening->members, card,
                         cr_row_exists(&card->row) ? &again : NULL, group, is_member);
}

static cruddur_status create_body(cr_txn *txn, void *argument)
{
    cr_send *send = argument;
    const cr_draft *draft = send->draft;
    cr_read_card card;
    cr_group group;
    bool is_member;
    cr_send_begin(send, txn);
    const cr_reads ahead = cr_send_reads(send);
    cruddur_status status = cr_group_read_card_to_open(txn, &draft->group, &ahead, &card);
    if (status == CRUDDUR_OK && card.card.is_removed && !cr_send_is_atomic(send)) {
        status = fail_steps(txn->call, &draft->group);
    }
    if (status == CRUDDUR_OK) {
        status = find_group(txn, send, &card, &group, &is_member);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (is_of_others(send, &card)) {
        return find_repeat(txn, send, &group, is_member);
    }
    return cr_row_exists(&group.head) && !card.card.is_removed
               ? append_to_same(txn, send, &group, is_member)
               : open_group(txn, send, &group, &card);
}

cruddur_status cr_create(cr_store *store, const cr_opening *opening, cr_call *call,
                         cr_packed_row **ret_group)
{
    cr_send send = {.draft = &opening->first_message, .opening = opening};
    return cr_send_run(store, create_body, &send, call, ret_group);
}
