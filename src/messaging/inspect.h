/* SPDX-License-Identifier: MIT */
/* Looking at one group as a whole: whether its card, group rows and newest message agree with the
 * invariants; and mending what does not. */
#ifndef CR_MESSAGING_INSPECT_H
#define CR_MESSAGING_INSPECT_H

#include <cruddur/check.h>

#include "messaging/group.h"

/* Of one group no more findings than these are kept. */
#define CR_FINDINGS_MAX 400

typedef struct cr_finding {
    cruddur_check_kind kind;
    cr_uuid user; /* empty: none */
    cr_key row;   /* absent: there is none */
} cr_finding;

/* Where a walk over the table has met a group. Each group is judged at one place only, so that a
 * walk needs no memory of the groups that it has met: at its card, or without one at the first of
 * its group rows, or without any at its messages. */
typedef enum cr_place_met {
    CR_MET_CARD,
    CR_MET_ROW,
    CR_MET_MESSAGE,
    CR_MET_ALONE, /* no walk: the group was asked for */
} cr_place_met;

typedef struct cr_met {
    cr_place_met at;
    cr_uuid group;
    cr_key row; /* CR_MET_ROW: which one */
} cr_met;

/* Begins as zeros; the same one serves for many groups. */
typedef struct cr_inspection {
    bool is_there;     /* anything of the group */
    bool is_elsewhere; /* the group is judged at another place, and was not judged: */
    bool has_card;     /* at its card */
    bool is_busy;      /* it changed with each look, and was not judged */
    cr_uuid author;    /* of the newest message; empty: not known */
    size_t group_rows;
    size_t group_row_bytes;
    size_t card_bytes; /* 0: it has no card */
    size_t count;
    cr_finding finding[CR_FINDINGS_MAX];
    cr_arena arena; /* of the findings' keys */
    bool no_memory;
    uint64_t digest; /* of all that was read, where reads are not of one moment */
} cr_inspection;

void cr_inspection_free(cr_inspection *inspection);

/* Adds a finding; what does not fit is left out. `user` and `row` may be NULL. */
void cr_inspection_add(cr_inspection *inspection, cruddur_check_kind kind, const cr_uuid *user,
                       const cr_row *row);

/* Looks at a group. Where reads are not of one moment, findings count only if two looks at the
 * group show the same. Read statuses. */
cruddur_status cr_inspect(cr_store *store, const cr_met *met, cr_call *call,
                          cr_inspection *inspection);

/* Whether any of the findings is of a kind that cr_mend() mends. */
bool cr_inspection_is_mendable(const cr_inspection *inspection);

/* Mends what was found, by the rules: each change is conditional, so a write that comes meanwhile
 * is not undone. What remains shows in another look. CRUDDUR_E_NEEDS_TRANSACTIONS in steps, write
 * statuses, and those of a settling. */
cruddur_status cr_mend(cr_store *store, const cr_uuid *group, const cr_inspection *inspection,
                       cr_call *call);

/* Reads the messages of a group in order, from behind a sort key (absent: from the first), until
 * the sink stops it. Read statuses. */
cruddur_status cr_inspect_messages(cr_store *store, const cr_uuid *group, cr_str after,
                                   size_t expected, cr_sink sink, void *context, cr_call *call);

/* A claim, and the message that is at the place where it leads to. */
typedef struct cr_claim_look {
    cr_key message; /* its key */
    cr_str token;   /* the uuid that was claimed */
    cr_str author;
    bool is_ahead;
    cruddur_check_kind kind; /* what is the matter; CRUDDUR_CHECK_PROGRESS for nothing */
} cr_claim_look;

/* So many claims are looked at together. */
#define CR_CLAIM_LOOKS_MAX 100

/* Reads the messages of these claims, whose keys all differ, and judges the claims. Read statuses.
 */
cruddur_status cr_inspect_claims(cr_store *store, cr_claim_look *looks, size_t count,
                                 cr_call *call);

/* A message that has the uuid of a message of its group before it. */
typedef enum cr_twin_claim {
    CR_TWIN_UNCLAIMED,        /* no claim leads to either */
    CR_TWIN_IS_CLAIMED,       /* the uuid's claim leads to it */
    CR_TWIN_OTHER_IS_CLAIMED, /* to the other */
} cr_twin_claim;

typedef struct cr_twin {
    cr_uuid group;
    cr_str sk;
    cr_twin_claim claim;
    bool is_removed;
} cr_twin;

/* Finds out which of the two the claim means. `removes`: removes this one if the claim leads to the
 * other, the two are the same but for their keys, and this one is not the newest message. Read
 * statuses, and write statuses. */
cruddur_status cr_look_at_twin(cr_store *store, cr_twin *twin, bool removes, cr_call *call);

#endif
