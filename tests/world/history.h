/* SPDX-License-Identifier: MIT */
/* Judges the history of one list to which some append and which others read: whether there is an
 * order of all calls, in which each takes effect at one moment between its beginning and its end,
 * that explains what every read has shown. As Elle does it for lists: calls are ordered by what
 * reads show (write-read and read-write), by where elements are in the list in the end
 * (write-write), and by real time; a cycle of such edges is a contradiction. It knows nothing of
 * the library. */
#ifndef TESTS_WORLD_HISTORY_H
#define TESTS_WORLD_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_APPENDS 256
#define HISTORY_READS 128

typedef enum history_outcome {
    HISTORY_OK,
    HISTORY_FAILED,  /* for certain: it has no effect */
    HISTORY_UNKNOWN, /* it has an effect once, or none, whenever */
} history_outcome;

typedef struct history_append {
    int64_t begun_us;
    int64_t ended_us; /* of one whose outcome is unknown: it does not matter */
    history_outcome outcome;
    size_t copies; /* in the list, in the end */
    size_t place;  /* of the first copy; the smallest is the oldest */
} history_append;

typedef struct history_read {
    int64_t begun_us;
    int64_t ended_us;
    bool shows[HISTORY_APPENDS];
} history_read;

typedef struct history {
    history_append append[HISTORY_APPENDS];
    size_t append_count;
    history_read read[HISTORY_READS];
    size_t read_count;
    /* Elements are committed in the order in which they are in the list. Else some may have come to
     * a place before others that were there already. */
    bool is_in_order;
} history;

/* What is wrong, in `text`; false where nothing is. *insertions counts the pairs of a read and an
 * element that came later, to a place before one that the read shows: only where the list need not
 * be in order. */
bool history_is_wrong(const history *all, size_t *insertions, char *text, size_t text_size);

#endif
