/* SPDX-License-Identifier: MIT */
/* Claims as items (docs/data-model.md): pk `CLAIM#<message uuid>`, sk `CLAIM`. */
#ifndef CR_STORE_CLAIM_H
#define CR_STORE_CLAIM_H

#include "store/store.h"

/* The key of a token's claim; false when memory ran out. */
bool cr_claim_key(cr_str token, cr_arena *arena, cr_key *key);

/* The item of a claim that ends at this time, in seconds since 1970, unless it is there forever.
 * False when memory ran out. */
bool cr_claim_write(const cr_claim *claim, int64_t expires_at_s, cr_arena *arena, cr_row *row);

/* Reads the item of a token's claim; false for what is none. */
bool cr_claim_read(const cr_row *row, cr_arena *arena, cr_claim *claim);

/* Whether both are the same, or no claims at all: what only claims have is not compared elsewhere.
 */
bool cr_claims_agree(const cr_row *a, const cr_row *b, cr_arena *arena);

#endif
