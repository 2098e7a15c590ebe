/* SPDX-License-Identifier: MIT */
#include "messaging/catch_up.h"

#include <stdlib.h>

#include "messaging/rewrite.h"

/* One is its own, and in most cases there is no other. */
#define MESSAGES_EXPECTED 2

/* One look, over all runs of its body. */
typedef struct look {
    cr_leftover leftover;
    cr_packed_row *reached; /* the sort key to which the latest run moved the rows */
    bool has_put;           /* rows there, which somebody may have cleared just before */
    bool has_more;          /* than one change had room for */
    bool is_done;
    bool has_gone_on; /* to where the rows were moved: that is where it looks from, inclusively */
    cr_room_search room; /* for rows that cannot go to the head's key */
} look;

/* The messages behind the one from which the rows may be left, the oldest first. */
static cruddur_status read_later(cr_txn *txn, const look *looking, cr_rows *messages)
{
    cr_pk pk = cr_pk_of_group(looking->leftover.group);
    cr_query query = {.partition = cr_pk_str(&pk),
                      .lower = {looking->leftover.from_sk, looking->has_gone_on},
                      .expected = MESSAGES_EXPECTED};
    return cr_rows_collect(txn, &query, SIZE_MAX, messages);
}

/* The message of an earlier call, and the one that its writer may have met as the head. */
static cruddur_status read_repeated(cr_txn *txn, const look *looking, cr_rows *messages)
{
    cr_pk pk = cr_pk_of_group(looking->leftover.group);
    cr_query query = {.partition = cr_pk_str(&pk),
                      .upper = {looking->leftover.from_sk, true},
                      .descending = true,
                      .expected = MESSAGES_EXPECTED};
    return cr_rows_collect(txn, &query, 2, messages);
}

static bool looks_at_repeat(const look *looking)
{
    return looking->leftover.is_repeat && !looking->has_gone_on;
}

/* Adds what the members have at the keys of messages that are no longer the newest. */
static cruddur_status read_leftovers(cr_txn *txn, const cr_leftover *leftover,
                                     const cr_rows *messages, const cr_row *head,
                                     cr_group_rows *group_rows)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < messages->count; i++) {
        cr_str sk = messages->row[i].value[CR_SK];
        if (cr_str_compare(sk, head->value[CR_SK]) < 0) {
            status = cr_group_rows_read_at(txn, sk, cr_uuid_str(leftover->group), group_rows);
        }
    }
    return status;
}

static cruddur_status replace(cr_packed_row **packed, const cr_row *row, const cr_call *call)
{
    free(*packed);
    *packed = cr_pack_row(row);
    return *packed == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
}

static cruddur_status note_reached(look *looking, const cr_row *head,
                                   const cr_group_rows *group_rows, const cr_call *call)
{
    cr_row key = {0};
    key.value[CR_SK] = head->value[CR_SK];
    looking->has_put = !cr_group_rows_are_at(group_rows, head->value[CR_SK]);
    return replace(&looking->reached, &key, call);
}

static cruddur_status move_rows(cr_txn *txn, look *looking, const cr_rows *messages)
{
    const cr_leftover *leftover = &looking->leftover;
    cr_group group;
    cr_group_rows group_rows;
    bool is_member;
    cruddur_status status =
        cr_group_find(txn, leftover->group, leftover->member, leftover->named, &group, &is_member);
    const cr_row *head = &group.head;
    if (status == CRUDDUR_OK && !is_member) {
        return cr_group_fail_untold(txn, leftover->group);
    }
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_read(txn, &group, &group_rows);
    }
    if (status == CRUDDUR_OK) {
        status = read_leftovers(txn, leftover, messages, head, &group_rows);
    }
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_complete(txn, leftover->group, &group_rows);
    }
    /* An append that began before ours may have moved the rows on from an older message meanwhile,
     * past the head's: then those are the ones that are left over. */
    if (status == CRUDDUR_OK) {
        status = cr_group_check_head(txn, leftover->group, head);
    }
    if (status == CRUDDUR_OK) {
        status = note_reached(looking, head, &group_rows, txn->call);
    }
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_find_room(txn, leftover->group, head, &looking->room, &group_rows);
    }
    cr_person author = cr_person_of(head);
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_put(txn, &group_rows, &author, head);
    }
    bool is_complete = true;
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_remove(txn, &group_rows, head, &is_complete);
    }
    looking->has_more = !is_complete;
    return status;
}

static cruddur_status look_body(cr_txn *txn, void *argument)
{
    look *looking = argument;
    cr_rows messages;
    looking->has_put = looking->has_more = false;
    messages = (cr_rows){.arena = txn->arena};
    bool is_repeat = looks_at_repeat(looking);
    cruddur_status status = (is_repeat ? read_repeated : read_later)(txn, looking, &messages);
    looking->is_done =
        status == CRUDDUR_OK && messages.count <= 1 && !is_repeat && !looking->leftover.must_move;
    if (status != CRUDDUR_OK || looking->is_done) {
        return status;
    }
    return move_rows(txn, looking, &messages);
}

/* Goes on from where the rows were moved to. */
static void go_on(look *looking, cr_packed_row **from)
{
    free(*from);
    *from = looking->reached;
    looking->reached = NULL;
    looking->leftover.from_sk = cr_str_of(cr_packed_get(*from, CR_SK));
    looking->has_gone_on = true;
    looking->leftover.must_move = false;
}

cruddur_status cr_catch_up(cr_store *store, const cr_leftover *leftover, cr_call *call)
{
    look looking = {.leftover = *leftover};
    cr_packed_row *from = NULL;
    bool has_put = false;
    cruddur_status status;
    do {
        looking.room = (cr_room_search){0};
        status = store->ops->change(store, look_body, &looking, call);
        has_put = has_put || looking.has_put;
        if (looking.has_more) {
            looking.leftover.must_move = true; /* the same once more */
        } else if (status == CRUDDUR_OK && has_put) {
            go_on(&looking, &from);
            has_put = false;
        } else {
            break;
        }
    } while (status == CRUDDUR_OK);
    free(looking.reached);
    free(from);
    return status;
}
