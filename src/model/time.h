/* SPDX-License-Identifier: MIT */
/* Times, and the sort keys made of them. */
#ifndef CR_MODEL_TIME_H
#define CR_MODEL_TIME_H

#include <cruddur/time.h>

#include "base/str.h"

#define CR_TIME_LENGTH (CRUDDUR_TIME_SIZE - 1)
/* The longest text that is read as a time: nine digits of a fraction. */
#define CR_TIME_LENGTH_MAX (sizeof("YYYY-MM-DDTHH:MM:SS.fffffffff+00:00") - 1)

typedef struct cr_sort_key {
    char text[CRUDDUR_TIME_SIZE];
} cr_sort_key;

bool cr_time_is_valid(int64_t time_us);

/* False outside the years 1 to 9999. */
bool cr_time_format(int64_t time_us, cr_sort_key *key);

/* False, and *time_us as it was, for what is not a time. */
bool cr_time_parse(cr_str text, int64_t *time_us);

/* The least text that a key of this time can have in any accepted form: without offset, and
 * without a fraction's trailing zeros. All earlier keys sort before it, all others do not. Returns
 * its length, 0 outside the years 1 to 9999. */
size_t cr_time_lower_bound(int64_t time_us, cr_sort_key *bound);

/* Whether a key shows the second of its own time, as one without an offset does. Keys that all do
 * sort as their times do, up to a second. */
bool cr_time_shows_itself(cr_str text);

/* The key for a row that comes at `time_us` and after `head` (absent: after nothing): the first
 * time from `time_us` on whose key sorts behind the head's and is later than it. The head may have
 * any of the old forms, whose order of bytes and order of times differ. False where that is beyond
 * the year 9999. */
bool cr_sort_key_after(int64_t time_us, cr_str head, cr_sort_key *key);

/* A copy of the sort key of one of our rows, which may have any accepted form. Begins as zeros. */
typedef struct cr_kept_key {
    char text[CR_TIME_LENGTH_MAX];
    size_t size; /* 0: none */
} cr_kept_key;

/* Keeps a sort key; what is no sort key of ours, and an absent one, is not kept. */
void cr_kept_key_set(cr_kept_key *kept, cr_str sk);

/* Absent where none is kept. */
static inline cr_str cr_kept_key_str(const cr_kept_key *kept)
{
    return kept->size == 0 ? CR_STR_ABSENT : (cr_str){kept->text, kept->size};
}

static inline cr_str cr_sort_key_str(const cr_sort_key *key)
{
    return (cr_str){key->text, CR_TIME_LENGTH};
}

#endif
