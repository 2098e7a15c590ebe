/* SPDX-License-Identifier: MIT */
/* Edits and deletions in a simulated world: what was asked and told, and whether the table's
 * history is as it was told. */
#ifndef TESTS_WORLD_EDITS_H
#define TESTS_WORLD_EDITS_H

#include "world/stage.h"

/* Forgets those of the world before. */
void edits_begin(void);

/* The author of a message that was acknowledged edits or deletes it, or another user tries.
 * Nothing where the stage has no such changes: in steps, and beside the original application's
 * handler, which rewinds inboxes then. */
void act_edit(stage *all, cruddur *dm);

/* Whether a message may have another text than it was sent with. */
bool edits_may_be_of(const stage *all, const stage_message *message);

/* Whether the history's change of a message is that of an edit, or of a reaction. */
bool edits_are_cause(const sim_change *change);

/* Each edit that was acknowledged was carried out once, others at most once; tombstones stay; and
 * there is a change row for each. May be called at any time. */
void check_edits(stage *all);

#endif
