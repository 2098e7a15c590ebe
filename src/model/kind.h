/* SPDX-License-Identifier: MIT */
/* Which rows of the table are ours. Other programs write to the same table: other entities of one
 * single table, notes beside messages, writers that add attributes. A row is ours only if it looks
 * like ours in full; every other row is foreign. This is the only place that decides it. */
#ifndef CR_MODEL_KIND_H
#define CR_MODEL_KIND_H

#include "model/row.h"

typedef enum cr_kind {
    CR_KIND_FOREIGN,
    CR_KIND_MESSAGE,   /* MSG#<uuid>, a time, and a message or a message_uuid */
    CR_KIND_GROUP_ROW, /* GRP#<uuid>, a time, and a uuid as message_group_uuid */
} cr_kind;

/* The sort keys of our rows begin with a digit: each is at or after the first of these texts, and
 * before the second. A query between them does not even read most foreign rows. */
#define CR_SK_FIRST "0"
#define CR_SK_BEHIND ":"

/* Uuids that are part of a key, of the table or of its index, must be in lower case: keys are
 * compared byte by byte, so a row under another form would be out of every call's reach. */
cr_kind cr_row_kind(const cr_row *row);

/* The two parts of it, for reading many rows of one partition: the kind that a partition is for,
 * and whether a row in such a partition is of this kind. */
cr_kind cr_pk_kind(cr_str pk);
bool cr_row_fits_partition(const cr_row *row, cr_kind kind);

/* The sort key of the message that a group row shows: the row's own, unless head_sk is an earlier
 * time. Then the message's key was taken in this inbox, and the row is displaced. Any other head_sk
 * is not ours, and counts for nothing. */
cr_str cr_row_place(const cr_row *row);

#endif
