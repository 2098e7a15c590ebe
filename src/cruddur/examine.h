/* SPDX-License-Identifier: MIT */
/* Checking the table: what the walk over it and the looks at its groups share. */
#ifndef CR_CRUDDUR_EXAMINE_H
#define CR_CRUDDUR_EXAMINE_H

#include "cruddur/parts.h"
#include "messaging/change.h"
#include "messaging/inspect.h"
#include "model/uuid_set.h"

/* Rows can be noted for their key, for its order, and for their uuid. */
#define CR_NOTES_MAX (3 * CR_PART_ROWS + 2)

/* So many messages of a group are remembered, and as many before them: twice that is a multiple of
 * what a set of some size has room for. */
#define CR_TWINS_REACH 49000

/* The sort key of a change row. */
typedef struct cr_kept_number {
    char text[21];
} cr_kept_number;

/* A finding about one row. */
typedef struct cr_note {
    cruddur_check_kind kind;
    cr_uuid group; /* empty: none */
    cr_uuid user;  /* empty: none */
    cr_key row;    /* absent: none */
} cr_note;

typedef struct cr_examination {
    cr_parts parts;
    const cruddur_check_options *options;
    cr_uuid group; /* the one to be checked; empty: all */
    cr_uuid user;  /* whose groups are checked; empty: everybody's */
    bool is_stopped;
    cruddur_check_event counts; /* and nothing else of an event */

    /* Of the part. */
    cr_arena arena; /* of the keys */
    cr_met met[CR_PART_ROWS];
    size_t met_count;
    cr_claim_look claim[CR_PART_ROWS];
    cr_key claim_row[CR_PART_ROWS];
    size_t claim_count;
    cr_note note[CR_NOTES_MAX];
    size_t note_count;

    /* From part to part. */
    cr_uuid_set seen;   /* groups that were judged lately: they need no second look */
    cr_uuid_set carded; /* groups that are judged at their cards */
    cr_pk messages;     /* the partition of messages where the walk is; empty: in none */
    int64_t latest_us;  /* the time of the message before */
    bool has_latest;
    cr_uuid_set uuids;          /* of the latest messages of that partition */
    cr_uuid_set older;          /* of those before them */
    cr_change_pk changes;       /* the change row before, whose counter is still to come; */
    cr_kept_number last_change; /* empty: none */

    cr_inspection found;
    cr_inspection after; /* what was found is mended */
} cr_examination;

/* Tells the observer of a finding, and counts it. */
void cr_examination_tell(cr_examination *examination, const cr_note *note, bool is_repaired);

/* Receives a row of the walk: counts it, notes what is wrong with it alone, and which group or
 * claim is to be looked at. `context` is a cr_examination. */
cr_sink_answer cr_examine_row(void *context, const cr_row *row);

/* The walk has ended. False when memory ran out. */
bool cr_examine_end_of_changes(cr_examination *examination);

/* Whether a group needs no look where the walk has met it. */
bool cr_examination_knows(const cr_examination *examination, cr_place_met at, const cr_uuid *group);

/* Looks at a group that the walk has met, mends it if asked to, and tells what was found. Failures
 * of this group alone are findings. */
cruddur_status cr_examine_group(cr_examination *examination, const cr_met *met);

/* Looks at a message whose uuid a message before it has, too; removes it if asked to and if it is
 * proven to be redundant; and tells of it. Failures of this message alone are findings. */
cruddur_status cr_examine_twin(cr_examination *examination, const cr_note *note);

/* Looks at the claims of the part. */
cruddur_status cr_examine_claims(cr_examination *examination);

#endif
