/* SPDX-License-Identifier: MIT */
/* The rows of a list that are of a period of time, in the order of their keys.
 *
 * Keys of our own form sort as their times do. A key of an old form can show another time than its
 * own: `2023-04-01T10:00:00+02:00` is of 08:00 and sorts with the rows of 10:00. Such a row can be
 * of the period and yet sort outside it, by up to a day. So a walk has three parts: what sorts
 * within the period, and a margin on either side.
 *
 * Which keys a margin has is not known before they are read, and nearly all tables have none of the
 * old forms. So a margin is read from the period outwards only until CR_PERIOD_RUN rows in a row
 * show their own time. */
#ifndef CR_LISTING_PERIOD_H
#define CR_LISTING_PERIOD_H

#include "messaging/rows.h"

/* How many rows that show their own time end a margin. */
#define CR_PERIOD_RUN 256

typedef struct cr_period {
    int64_t since_us; /* CRUDDUR_SINCE_ALWAYS, or included */
    int64_t until_us; /* CRUDDUR_UNTIL_FOREVER, or excluded */
} cr_period;

/* Walks over the rows of the period as cr_rows_query() does over all. */
cruddur_status cr_period_query(cr_txn *txn, const cr_period *period, const cr_query *query,
                               cr_sink sink, void *context);

#endif
