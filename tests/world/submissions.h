/* SPDX-License-Identifier: MIT */
/* Appends that are submitted, several to one group, so that they wait behind each other. */
#ifndef TESTS_WORLD_SUBMISSIONS_H
#define TESTS_WORLD_SUBMISSIONS_H

#include "cruddur/entry.h"
#include "world/stage.h"

#define SUBMITTED_MAX 6

/* A handle on the store of another one, with threads that are jobs of the caller's program; and its
 * end. */
void submissions_open(cruddur *own, const cruddur *dm);
void submissions_close(cruddur *own);

/* Submits them in this order, cancels some, receives all, and notes what came of each. Their order
 * must be that of the group's messages. */
void act_submit(stage *all, cruddur *dm, stage_message *const *messages, size_t count);

#endif
