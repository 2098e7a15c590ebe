/* SPDX-License-Identifier: MIT */
/* Changes of groups that the library's calls do not make yet, on the seam, by the rules
 * of docs/invariants.md; and changes that break them. */
#ifndef TESTS_WORLD_CHANGES_H
#define TESTS_WORLD_CHANGES_H

#include "model/members.h"
#include "store/store.h"

/* Removes all rows and messages of a group. The card stays, marked as removed, with the next `rev`;
 * unless it `forgets_card`, which breaks the rule. */
cruddur_status change_remove_group(cr_store *store, const cr_uuid *group, bool forgets_card,
                                   cr_call *call);

/* Sets a flag in a member's row, or takes it away again, with a new version. */
cruddur_status change_flag(cr_store *store, const cr_uuid *group, const cr_uuid *member,
                           bool is_set, cr_call *call);

/* Removes the newest message. Its rows stay where they are; unless they `go_back` to the message
 * before it, as they were read there, which breaks the rule. */
cruddur_status change_remove_newest(cr_store *store, const cr_uuid *group,
                                    const cr_members *members, bool go_back, cr_call *call);

/* Moves the newest message and the rows at it to the next key, which breaks the rule. */
cruddur_status change_move_newest(cr_store *store, const cr_uuid *group, cr_call *call);

#endif
