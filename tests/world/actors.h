/* SPDX-License-Identifier: MIT */
/* Who acts in a simulated world. All of them are jobs, whose context is an actor. */
#ifndef TESTS_WORLD_ACTORS_H
#define TESTS_WORLD_ACTORS_H

#include "world/stage.h"

typedef struct actor {
    stage *all;
    size_t number; /* among those of its kind */
    size_t tasks;
} actor;

/* Sends, opens, repeats and lists, until its tasks are done. */
void act_client(void *context);

/* Brings the stream's records to cr_stream_apply(), in batches, some of them again and out of
 * order, until the clients have ended and everything was applied. */
void act_processor(void *context);

/* The original application's stream handler: for each message it finds the group's rows by the
 * index, deletes each one and puts it again at the message's key, with the attributes that it knows
 * and without any condition. */
void act_handler(void *context);

/* Puts rows of other kinds into the partitions of groups and members. */
void act_foreigner(void *context);

/* Applies all records of the stream, in a world at rest. */
void act_settle(stage *all);

/* The original handler's work for one change. */
void act_handle(const sim_change *change);

/* Reads a page of a person's groups, and of a group's messages, and judges it (listing.c). */
void act_list_groups(stage *all, cruddur *dm, size_t person);
void act_list_messages(stage *all, cruddur *dm, size_t group, size_t person);

#endif
