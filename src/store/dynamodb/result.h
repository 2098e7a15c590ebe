/* SPDX-License-Identifier: MIT */
/* What the service's answers say. */
#ifndef CR_STORE_DYNAMODB_RESULT_H
#define CR_STORE_DYNAMODB_RESULT_H

#include "model/item.h"

/* Why an action of a transaction did not go through. */
typedef struct cr_reason {
    cr_str code;    /* "None" where the action is not to blame */
    cr_str message; /* the service's words, for which the code alone is too coarse */
    cr_row row;     /* what is there instead, where that was asked for */
} cr_reason;

/* An answer of any kind; what it has not is empty. Its text is borrowed from the answer's body, or
 * lies in the arena. */
typedef struct cr_result {
    cr_row *row; /* Item, Items, Responses */
    size_t row_count;
    bool has_rows;   /* there were Items, Responses or UnprocessedItems, be it none of them */
    bool is_foreign; /* no success of any of these operations: an error, or nothing that we know */
    cr_str last_key; /* JSON; absent: there is no more */
    cr_str unprocessed; /* JSON; absent: everything was read or written */
    cr_reason *reason;  /* one for each action of the transaction */
    size_t reason_count;
    double capacity_units;
} cr_result;

typedef enum cr_result_check {
    CR_RESULT_GOOD,
    CR_RESULT_GARBAGE,
    CR_RESULT_NO_MEMORY,
} cr_result_check;

cr_result_check cr_result_read(cr_str body, cr_arena *arena, cr_result *result);

#endif
