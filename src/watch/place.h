/* SPDX-License-Identifier: MIT */
/* Where a watch is, and its cursor: that as text.
 *
 * Where the store has one sequence of all changes, the place is a number in it. Such a number
 * counts only within one *epoch*, a time in which the sequence was kept without a gap. Elsewhere,
 * and in another epoch, it is a time: what has become visible since is looked for by keys, from
 * CR_PLACE_MARGIN_US before that time on. A watch of a group is more exact: it has the key of the
 * message, and the number of the change row, up to which all was told. */
#ifndef CR_WATCH_PLACE_H
#define CR_WATCH_PLACE_H

#include "model/cursor.h"
#include "model/time.h"
#include "model/uuid.h"

/* How much older than the place of a watch a key can be that becomes visible after it: a key is
 * chosen up to 2 minutes in the past (messaging/change.h), clocks differ by up to 15 minutes, and a
 * call takes up to a minute to commit. */
#define CR_PLACE_CALL_US INT64_C(60000000)
#define CR_PLACE_MARGIN_US INT64_C(1080000000)

/* Of a watch that does not know a number of a change row. */
#define CR_CHANGE_UNKNOWN UINT64_MAX

typedef struct cr_place {
    uint64_t epoch; /* 0: the store has no sequence */
    int64_t seq;
    int64_t time_us;
    uint64_t change; /* of a watch of a group; CR_CHANGE_UNKNOWN: go by the time */
    cr_kept_key low; /* the same of messages; empty: go by the time */
} cr_place;

/* What a cursor belongs to. */
typedef struct cr_place_owner {
    bool is_inbox;
    cr_uuid subject; /* the user, or the group */
    uint64_t store;  /* cr_place_store() of the store's name */
} cr_place_owner;

static inline uint64_t cr_place_store(cr_str name)
{
    return cr_cursor_hash(name.data, name.size);
}

/* Adds the cursor and a NUL. */
void cr_place_write(const cr_place *place, const cr_place_owner *owner, cr_buffer *out);

/* Never CR_CURSOR_NO_MEMORY. */
cr_cursor_check cr_place_read(cr_str text, const cr_place_owner *owner, cr_place *place);

#endif
