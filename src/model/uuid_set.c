/* SPDX-License-Identifier: MIT */
#include "model/uuid_set.h"

#include <stdlib.h>

#define FIRST_CAPACITY 256

static unsigned digit_value(char digit)
{
    return digit <= '9' ? (unsigned)(digit - '0') : (unsigned)(digit - 'a') + 10;
}

/* The 32 digits as two numbers. */
static cr_uuid_slot pack(const cr_uuid *uuid)
{
    cr_uuid_slot packed = {0, 0};
    for (size_t i = 0; i < CR_UUID_LENGTH; i++) {
        if (uuid->text[i] != '-') {
            packed.high = packed.high << 4 | packed.low >> 60;
            packed.low = packed.low << 4 | digit_value(uuid->text[i]);
        }
    }
    return packed;
}

/* Callers may choose uuids that differ in few digits: all of them have to count. (The last steps of
 * MurmurHash3.) */
static size_t hash(cr_uuid_slot packed)
{
    uint64_t mixed = packed.low ^ (packed.high * UINT64_C(0x9e3779b97f4a7c15));
    mixed = (mixed ^ mixed >> 33) * UINT64_C(0xff51afd7ed558ccd);
    mixed = (mixed ^ mixed >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (size_t)(mixed ^ mixed >> 33);
}

/* Where the uuid is, or the free slot for it. */
static cr_uuid_slot *find(const cr_uuid_set *set, cr_uuid_slot packed)
{
    size_t at = hash(packed) & (set->capacity - 1);
    while ((set->slot[at].high | set->slot[at].low) != 0 &&
           (set->slot[at].high != packed.high || set->slot[at].low != packed.low)) {
        at = (at + 1) & (set->capacity - 1);
    }
    return &set->slot[at];
}

static bool grow(cr_uuid_set *set)
{
    cr_uuid_set larger = *set;
    larger.capacity = set->capacity == 0 ? FIRST_CAPACITY : set->capacity * 2;
    larger.slot =
        larger.capacity > set->capacity ? calloc(larger.capacity, sizeof(*larger.slot)) : NULL;
    if (larger.slot == NULL) {
        return false;
    }
    for (size_t i = 0; i < set->capacity; i++) {
        if ((set->slot[i].high | set->slot[i].low) != 0) {
            *find(&larger, set->slot[i]) = set->slot[i];
        }
    }
    free(set->slot);
    *set = larger;
    return true;
}

bool cr_uuid_set_add(cr_uuid_set *set, const cr_uuid *uuid, bool *is_new)
{
    cr_uuid_slot packed = pack(uuid);
    if ((packed.high | packed.low) == 0) {
        *is_new = !set->has_nil;
        set->has_nil = true;
        return true;
    }
    if (set->count >= set->capacity / 4 * 3 && !grow(set)) {
        return false;
    }
    cr_uuid_slot *slot = find(set, packed);
    *is_new = (slot->high | slot->low) == 0;
    *slot = packed;
    set->count += *is_new ? 1 : 0;
    return true;
}

bool cr_uuid_set_has(const cr_uuid_set *set, const cr_uuid *uuid)
{
    cr_uuid_slot packed = pack(uuid);
    if ((packed.high | packed.low) == 0) {
        return set->has_nil;
    }
    if (set->capacity == 0) {
        return false;
    }
    const cr_uuid_slot *slot = find(set, packed);
    return (slot->high | slot->low) != 0;
}

void cr_uuid_set_free(cr_uuid_set *set)
{
    free(set->slot);
    *set = (cr_uuid_set){0};
}
