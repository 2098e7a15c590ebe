/* SPDX-License-Identifier: MIT */
/* Walks over the whole table for the sake of people: one pass or several, each of which looks at
 * all rows, and changes those that concern it when the engine has left the part of the table. */
#ifndef CR_CRUDDUR_PEOPLE_H
#define CR_CRUDDUR_PEOPLE_H

#include "cruddur/parts.h"
#include "messaging/person.h"

typedef struct cr_person_walk cr_person_walk;

typedef struct cr_person_pass {
    /* Finds out whether a row is to be changed, and sets found->group and found->person as the
     * change needs them, in the arena of the walk. False when memory ran out. */
    bool (*look)(cr_person_walk *walk, const cr_row *row, cr_found_row *found, bool *is_wanted);
    /* Changes the rows that wait. */
    cruddur_status (*change)(cr_person_walk *walk);
} cr_person_pass;

struct cr_person_walk {
    const cruddur *dm;
    cr_call *call;
    const cruddur_person_options *options;
    const cr_person_pass *passes;
    size_t pass_count;
    size_t pass;    /* the current one */
    cr_str subject; /* cursors of other calls, people and choices are refused */
    void *context;  /* of the passes */
    cr_parts parts;
    cr_arena arena; /* of the rows that wait */
    cr_found_row waiting[CR_PART_ROWS];
    size_t waiting_count;
    bool is_stopped;
    cruddur_person_event counts;
};

/* Reads the options of a call that knows these flags. */
cruddur_status cr_person_read_options(const cruddur_person_options *given, uint32_t flags,
                                      cruddur_person_options *options, cruddur_error **error);

/* Walks from the cursor of the options to the end of the last pass, or until the observer stops it.
 * The event at the end of the last pass is left to the caller. */
cruddur_status cr_person_walk_run(cr_person_walk *walk);

/* The event at the end of everything. */
void cr_person_tell_end(cr_person_walk *walk);

/* Tells the observer; false to stop. */
bool cr_person_tell(cr_person_walk *walk, const char *line, const char *cursor);

/* Hands the rows that wait to a change, as many at a time as fit into one. `in_groups`: all rows of
 * one change are of one partition. */
typedef cruddur_status (*cr_person_change)(cr_person_walk *walk, const cr_found_row *rows,
                                           size_t count, cr_call *call);
cruddur_status cr_person_change_waiting(cr_person_walk *walk, cr_person_change change,
                                        bool in_groups);

#endif
