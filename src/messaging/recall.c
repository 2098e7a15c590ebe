/* SPDX-License-Identifier: MIT */
#include "messaging/recall.h"

static bool is_in_steps(const cr_txn *txn)
{
    return (txn->traits & (CR_TRAIT_ATOMIC | CR_TRAIT_STREAMED)) == 0;
}

static bool can_leave(const cr_txn *txn)
{
    bool may_be = (txn->traits & CR_TRAIT_OURS) != 0 || is_in_steps(txn);
    return may_be && txn->call->ticket != NULL;
}

/* What was left before; NULL: nothing. */
static const cr_kept_group *left_before(const cr_txn *txn)
{
    return can_leave(txn) ? txn->call->ticket->kept : NULL;
}

static const cr_kept_group *left_for_sure(const cr_txn *txn, bool is_first)
{
    const cr_kept_group *kept = left_before(txn);
    return is_first && kept != NULL && kept->is_sure ? kept : NULL;
}

const cr_kept_group *cr_recall(const cr_txn *txn, bool is_first)
{
    bool may_be = (txn->traits & CR_TRAIT_OURS) != 0 && !txn->may_be_stored;
    return may_be ? left_for_sure(txn, is_first) : NULL;
}

const cr_kept_group *cr_recall_keys(const cr_txn *txn, bool is_first)
{
    return is_in_steps(txn) ? left_for_sure(txn, is_first) : NULL;
}

bool cr_recall_own_key(const cr_store *store, const cr_uuid *group, const cr_uuid *member,
                       cr_kept_key *sk)
{
    cr_pk pk = cr_pk_of_member(member);
    return (store->traits & CR_TRAIT_OURS) != 0 &&
           cr_queue_find_kept(store->queues, cr_uuid_str(group), cr_pk_str(&pk), sk);
}

static void leave(const cr_txn *txn, const cr_group_content *content, bool is_sure)
{
    cr_kept_group *left = cr_kept_group_make(content);
    if (left != NULL) {
        left->is_sure = is_sure;
    }
    cr_queue_keep(txn->call, left);
}

/* A group whose rows are in order before the change, and after it. One that is blocked or closed is
 * read, as what it refuses is no matter of conditions. */
static bool can_be_left(const cr_txn *txn, const cr_group *group, const cr_rewrite *rewrite)
{
    const cr_group_rows *rows = rewrite->rows;
    bool are_in_place = rows->old.count == rows->members.count;
    for (size_t i = 0; i < rows->members.count; i++) {
        are_in_place = are_in_place && rows->room[i].data == NULL;
    }
    const cr_read_card *card = &group->card;
    return can_leave(txn) && are_in_place && cr_row_exists(&card->row) &&
           card->card.blocked.count == 0 && !card->card.is_closed;
}

/* In steps no more than the key is gone by. */
static cr_row key_of(const cr_row *row)
{
    cr_row alone = {0};
    alone.value[CR_PK] = row->value[CR_PK];
    alone.value[CR_SK] = row->value[CR_SK];
    return alone;
}

/* A handle is sure of a group that it has found as it left it. */
void cr_recall_leave(const cr_txn *txn, const cr_group *group, const cr_rewrite *rewrite,
                     const cr_row *counter)
{
    cr_row moved[CRUDDUR_MEMBERS_MAX];
    const cr_group_rows *rows = rewrite->rows;
    const cr_kept_group *before = left_before(txn);
    if (!can_be_left(txn, group, rewrite)) {
        return;
    }
    for (size_t i = 0; i < rows->members.count; i++) {
        cr_row row = cr_rewrite_moved(txn, rewrite, i);
        moved[i] = is_in_steps(txn) ? key_of(&row) : row;
    }
    const cr_row message = is_in_steps(txn) ? key_of(rewrite->message) : *rewrite->message;
    bool is_sure =
        before != NULL && cr_str_equal(cr_row_place(before->rows.row), group->head.value[CR_SK]);
    bool is_counter_known = is_sure && before->knows_counter;
    const cr_group_content content = {.card = &group->card.row,
                                      .rows = moved,
                                      .row_count = rows->members.count,
                                      .message = &message,
                                      .counter = counter != NULL    ? counter
                                                 : is_counter_known ? &before->counter
                                                                    : NULL};
    leave(txn, &content, is_sure);
}

static cr_group_content content_of(const cr_kept_group *kept)
{
    return (cr_group_content){.card = &kept->card,
                              .rows = kept->rows.row,
                              .row_count = kept->rows.count,
                              .message = &kept->message,
                              .counter = kept->knows_counter ? &kept->counter : NULL};
}

static bool is_as_left(const cr_kept_group *before, const cr_group *group)
{
    return before != NULL && cr_str_equal(before->message.value[CR_SK], group->head.value[CR_SK]);
}

void cr_recall_leave_as_is(const cr_txn *txn, const cr_group *group)
{
    const cr_kept_group *before = left_before(txn);
    if (is_as_left(before, group)) {
        const cr_group_content content = content_of(before);
        leave(txn, &content, true);
    }
}

void cr_recall_leave_row(const cr_txn *txn, const cr_row *as_read, const cr_row *row)
{
    cr_row rows[CRUDDUR_MEMBERS_MAX];
    const cr_kept_group *before = left_before(txn);
    bool is_there = false;
    if (before == NULL) {
        return;
    }
    for (size_t i = 0; i < before->rows.count; i++) {
        const cr_row *now = &before->rows.row[i];
        bool is_it = cr_str_equal(now->value[CR_PK], as_read->value[CR_PK]) &&
                     cr_str_equal(now->value[CR_VERSION], as_read->value[CR_VERSION]);
        rows[i] = is_it ? *row : *now;
        is_there = is_there || is_it;
    }
    if (is_there) {
        cr_group_content content = content_of(before);
        content.rows = rows;
        leave(txn, &content, true);
    }
}

void cr_recall_leave_message(const cr_txn *txn, const cr_group *group, const cr_row *message,
                             const cr_row *counter)
{
    const cr_kept_group *before = left_before(txn);
    if (before == NULL || !cr_str_equal(before->message.value[CR_SK], group->head.value[CR_SK])) {
        return;
    }
    cr_group_content content = content_of(before);
    bool is_newest = cr_str_equal(before->message.value[CR_SK], message->value[CR_SK]);
    content.message = is_newest ? message : content.message;
    content.counter = counter;
    leave(txn, &content, true);
}
