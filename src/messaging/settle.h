/* SPDX-License-Identifier: MIT */
/* Settling a group: every member gets one row, at the newest message, and no row is left before it.
 * Rows only move forward, so it does not matter how often a group is settled, or why.
 *
 * A group without a card can get it in the same change, with rows of the card's rev: either it has
 * both then, or neither, and another write meanwhile makes one of the two run again.
 *
 * The stream's processor settles a group whose message was put without its group rows. In steps,
 * where two writers that start from the same head each move the rows to their own message, a writer
 * settles the group when it is done: it helps the other writer, and clears the keys between.
 * It looks again until nothing is left, so that the last writer leaves one row for each member.
 */
#ifndef CR_MESSAGING_SETTLE_H
#define CR_MESSAGING_SETTLE_H

#include "messaging/group.h"

/* What is known of the group. */
typedef struct cr_settling {
    const cr_uuid *group;
    const cr_uuid *author;   /* of one of its messages; NULL: not known */
    const cr_members *named; /* maybe the two whose direct group it is; NULL: not known */
    cr_str message_sk;       /* rows that are at this message or beyond it are settled; absent: not
                                known */
    bool is_changed;         /* that message: rows that are at it are settled if they show `text` */
    cr_str text;             /* its text as far as it is known; absent: none */
    bool makes_card;         /* only for a group without one; one that has it is left alone */
    bool mends; /* rows that are at the newest message are put anew if they differ from what it and
                   the card say; only with transactions */

    /* For a writer in steps that looks back; message_sk is absent. */
    bool looks_back;
    cr_str from_sk;   /* rows may be left of messages behind this one; there is one, its own */
    bool is_repeat;   /* of this one rather, and of the one before it: an earlier call stored it */
    cr_str own_sk;    /* where it has put a row for each of `named`; absent: it has put none */
    cr_str left_sk;   /* where rows may be left although no message has this key; absent: none */
    bool must_settle; /* also where there is one such message only */
} cr_settling;

typedef enum cr_settled {
    CR_SETTLED_GONE,    /* the group has no message, or no row that could be found */
    CR_SETTLED_BEFORE,  /* there was nothing to do */
    CR_SETTLED_CHANGED, /* rows were moved or removed, or the group has got its card */
} cr_settled;

/* `result` may be NULL. CRUDDUR_E_STORE_DAMAGED where the rows of a group without a card do not
 * tell its members, or the card is damaged; CRUDDUR_E_CONFIG for a card in a store without
 * transactions. */
cruddur_status cr_settle(cr_store *store, const cr_settling *settling, cr_call *call,
                         cr_settled *result);

/* The same after the threads of this handle that came earlier to this group. */
cruddur_status cr_settle_in_turn(cr_store *store, const cr_settling *settling, cr_call *call,
                                 cr_settled *result);

/* Removes old group rows that a change had no room for. Its call has done its work: a failure is
 * logged, and the next write removes them. */
void cr_settle_rest(cr_store *store, const cr_uuid *group, cr_call *call);

#endif
