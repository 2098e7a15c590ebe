/* SPDX-License-Identifier: MIT */
/* Settling a group: every member gets one row, at the newest message, and no row is left before it.
 * Rows only move forward, so it does not matter how often a group is settled, or why.
 *
 * The stream's processor settles a group whose message was put without its group rows. In steps,
 * where two writers that start from the same head each move the rows to their own message, a writer
 * settles the group when it is done: it helps whoever is still at it, and clears the keys between.
 * It looks again until nothing is left, so that whoever comes last leaves one row for each member.
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

    /* For a writer in steps that looks back; message_sk is absent. */
    bool looks_back;
    cr_str from_sk;   /* rows may be left of messages behind this one; there is one, its own */
    bool is_repeat;   /* of this one rather, and of the one before it: an earlier call stored it */
    bool must_settle; /* also where there is one such message only */
} cr_settling;

/* *has_moved (may be NULL): rows had to be moved or removed. */
cruddur_status cr_settle(cr_store *store, const cr_settling *settling, cr_call *call,
                         bool *has_moved);

#endif
