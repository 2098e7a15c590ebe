/* SPDX-License-Identifier: MIT */
/* Walks over the table for the sake of people, as a command shows them: progress, what was done,
 * and where to go on after a failure. */
#ifndef CRUDDUR_TOOL_PERSON_WALK_H
#define CRUDDUR_TOOL_PERSON_WALK_H

#include "command.h"

/* A count that is shown. */
struct person_count {
    const char *name; /* in JSON */
    const char *what; /* in words, after the number */
    size_t offset;    /* of the uint64_t in cruddur_person_event */
};

struct person_walk {
    struct context *context;
    const struct person_count *shown;
    size_t n_shown;
    cruddur_person_event counts; /* the latest; its cursor is not used */
    char *cursor;                /* where another run can continue */
    bool has_ended;              /* it was at the end of the table; the call may still fail */
    bool has_progress;
};

/* The options of the call, with the command's --cursor, for the observer of the walk. */
cruddur_person_options person_walk_options(struct person_walk *walk, uint32_t flags);

/* Writes the counts if the walk has ended, and reports a failure; frees the error, and what the
 * walk has kept. */
enum exit_code person_walk_end(struct person_walk *walk, cruddur_status status,
                               cruddur_error *error);

#endif
