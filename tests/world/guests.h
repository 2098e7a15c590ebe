/* SPDX-License-Identifier: MIT */
/* In a simulated world, members who come and go, and operators' work: calls of the public API. */
#ifndef TESTS_WORLD_GUESTS_H
#define TESTS_WORLD_GUESTS_H

#include "world/stage.h"

/* Forgets those of the world before. */
void guests_begin(void);

/* The guest is added or removed, or leaves. */
void act_invite(stage *all, size_t number);

/* The guest sends a message, or reads: refused for certain where removed for certain, and not where
 * a member. */
void act_guest(stage *all, size_t number);

/* Whether the data of this person are erased, or may be. */
bool guests_are_erased(const stage *all, size_t person);

/* At rest: the card is as it was told, and the group's members are from now on those that it names.
 */
void guests_resolve(stage *all);

/* What an erasure was to leave of the guest. */
void check_guests(stage *all);

/* An operator purges, checks, repairs, renames and erases. */
void act_operator(void *context);

/* At rest, where no other program has written: the library's own check finds nothing. */
void operators_check(stage *all);

#endif
