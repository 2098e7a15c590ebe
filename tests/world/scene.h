/* SPDX-License-Identifier: MIT */
/* A group of Ann, Bob and Xia, for scenes whose steps come in an order that the test decides: calls
 * follow each other, a script says what becomes of each request, and may make other calls between
 * two requests of the call that is under way. */
#ifndef TESTS_WORLD_SCENE_H
#define TESTS_WORLD_SCENE_H

#include "messaging/send.h"
#include "world/actors.h"
#include "world/changes.h"
#include "world/simulated.h"

enum { ANN, BOB, XIA, SCENE_PEOPLE };

typedef struct scene {
    cr_store *atomic;
    cr_store *stream;
    cr_store *steps[2]; /* of two programs: threads of one handle wait for each other */
    cr_uuid person[SCENE_PEOPLE];
    cr_members members; /* all three */
    cr_uuid group;
    cr_uuid made; /* the uuid of the next message */
    unsigned number;
    char last_sk[64]; /* that was acknowledged */
} scene;

/* Begins a world without faults and with an index that is up to date. */
void scene_begin(scene *all, uint64_t seed);
void scene_end(scene *all);

/* Opens the group with a first message; by its members, as the library does, or long ago by the
 * original application, with two members. */
cruddur_status scene_open(scene *all, size_t author, const char *text, const cr_uuid *uuid);
cruddur_status scene_open_by(scene *all, cr_store *store, size_t author, const char *text,
                             const cr_uuid *uuid);
void scene_put_original(scene *all, const char *text);

/* Sends a message under a uuid of the caller's; NULL: of the library's. */
cruddur_status scene_send(scene *all, cr_store *store, size_t author, const char *text,
                          const cr_uuid *uuid);
cr_uuid scene_uuid(scene *all);

/* The person `by` removes a member or adds one, with names of the scene's. */
cruddur_status scene_remove(scene *all, cr_store *store, size_t by, size_t person);
cruddur_status scene_add(scene *all, cr_store *store, size_t by, size_t person, bool with_history);
cruddur_status scene_rename(scene *all, cr_store *store, size_t by, const char *name);

/* Whether the person may read the group. */
cruddur_status scene_read(scene *all, size_t person);

/* How often a message with this text is stored now, and was put since the world began. */
size_t scene_count(const char *text);
size_t scene_births(const char *text);

/* The key of the newest message. */
cr_str scene_newest(const scene *all);

/* A person's rows of the group, and those that are at the newest message. */
size_t scene_rows(const scene *all, size_t person, bool at_newest);

/* Applies all records of the stream; or so many of them. */
void scene_settle(scene *all);

/* Follows the stream until nobody writes any more and all of it is handled: as the processor, or as
 * the original application's handler. It may die at any request. */
void scene_watch(scene *all, bool is_handler, const size_t *writing);
void scene_settle_up_to(scene *all, size_t count);

/* ---- scripts ---- */

/* The fate of the request number `number` of those that write (or of all); the others are good.
 * Before it, `meanwhile` is called, which may be NULL. */
typedef struct scene_plan {
    size_t number;
    bool counts_reads;
    sim_fate fate;
    void (*meanwhile)(void *context);
    void *context;
    size_t death;     /* the request at which the program dies; 0: none */
    int64_t pause_us; /* before request `number`, in a job: others come first */
    size_t seen;
} scene_plan;

void scene_script(scene_plan *plan);

/* A plan for each job, by its number. */
void scene_script_jobs(scene_plan *plans);

#endif
