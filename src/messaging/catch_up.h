/* SPDX-License-Identifier: MIT */
/* What is left to do behind a write that other writers may have met half done.
 *
 * Where changes are written in steps, two writers that start from the same head each move the group
 * rows to their own message; and two that open the same group at the same moment do so even where
 * changes are transactions, as neither touches a row of the other's. Each of them looks back when
 * it is done: if other messages came in between, it moves every group row on to the newest, helping
 * whoever is still at it, and clears the places between. It looks again until nothing is left, so
 * that whoever comes last leaves one row for each member.
 */
#ifndef CR_MESSAGING_CATCH_UP_H
#define CR_MESSAGING_CATCH_UP_H

#include "messaging/group.h"
#include "model/page.h"

typedef struct cr_leftover {
    const cr_uuid *group;
    const cr_uuid *member;   /* any of the group */
    const cr_members *named; /* maybe the two whose direct group it is; NULL: not known */
    cr_str from_sk; /* group rows may be left of messages behind this one; absent: of any */
    bool is_repeat; /* of this one rather, and of the one before it: an earlier call stored it */
    bool must_move; /* also where there is one such message only */
} cr_leftover;

cruddur_status cr_catch_up(cr_store *store, const cr_leftover *leftover, cr_call *call);

#endif
