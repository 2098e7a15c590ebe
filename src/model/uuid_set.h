/* SPDX-License-Identifier: MIT */
/* A set of uuids, for walks that meet many groups several times: 16 bytes for each slot of the
 * table, of which a quarter to three quarters are used. */
#ifndef CR_MODEL_UUID_SET_H
#define CR_MODEL_UUID_SET_H

#include <stddef.h>
#include <stdint.h>

#include "model/uuid.h"

typedef struct cr_uuid_slot {
    uint64_t high;
    uint64_t low;
} cr_uuid_slot;

/* Begins as zeros. */
typedef struct cr_uuid_set {
    cr_uuid_slot *slot; /* zeros: free */
    size_t capacity;    /* a power of two, or 0 */
    size_t count;       /* without the nil uuid */
    bool has_nil;       /* the uuid of zeros, which no slot can hold */
} cr_uuid_set;

/* Adds a uuid; *is_new: it was not there. False when memory ran out: then nothing has changed. */
bool cr_uuid_set_add(cr_uuid_set *set, const cr_uuid *uuid, bool *is_new);

static inline bool cr_uuid_set_is_empty(const cr_uuid_set *set)
{
    return set->count == 0 && !set->has_nil;
}

bool cr_uuid_set_has(const cr_uuid_set *set, const cr_uuid *uuid);

void cr_uuid_set_free(cr_uuid_set *set);

#endif
