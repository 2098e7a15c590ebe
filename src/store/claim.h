/* SPDX-License-Identifier: MIT */
/* Claims as items (docs/data-model.md): pk `CLAIM#<message uuid>`, sk `CLAIM`. */
#ifndef CR_STORE_CLAIM_H
#define CR_STORE_CLAIM_H

#include "store/store.h"

/* How far the clocks of whoever made a uuid, claims it and repeats it may disagree, in sum: until
 * it is refused for its age, its claim must not end. */
#define CR_CLAIM_MARGIN_US INT64_C(2700000000)

/* The key of a token's claim; false when memory ran out. */
bool cr_claim_key(cr_str token, cr_arena *arena, cr_key *key);

/* The item of a claim that ends at this time, in seconds since 1970, unless it is there forever.
 * False when memory ran out. */
bool cr_claim_write(const cr_claim *claim, int64_t expires_at_s, cr_arena *arena, cr_row *row);

/* Makes the claim of a message that is stored, as its sender would have made it: it ends when that
 * one would. *is_needed is false for what is no message with a uuid and an author, and for one that
 * is older than claims last. The row's text is in the arena, or borrowed from the message. False
 * when memory ran out. */
bool cr_claim_of_message(const cr_row *message, int64_t lasts_us, cr_arena *arena, cr_row *row,
                         bool *is_needed);

/* Reads the item of a token's claim; false for what is none. */
bool cr_claim_read(const cr_row *row, cr_arena *arena, cr_claim *claim);

/* Whether both are the same, or no claims at all: what only claims have is not compared elsewhere.
 */
bool cr_claims_agree(const cr_row *a, const cr_row *b, cr_arena *arena);

#endif
