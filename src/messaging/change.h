/* SPDX-License-Identifier: MIT */
/* Change rows: what is edited, deleted or reacted to is behind the newest message, where watchers
 * of a group do not look. So each such change of a message puts a row into a partition of its own,
 * `CHG#<group uuid>`, under the next number, in the same transaction. The last number is in that
 * partition's counter row. Change rows expire; the counter stays. */
#ifndef CR_MESSAGING_CHANGE_H
#define CR_MESSAGING_CHANGE_H

#include "messaging/rows.h"

/* What a change of so many messages states beside these. */
#define CR_CHANGE_ROWS_OF(messages) ((messages) + 1)
#define CR_CHANGE_ROWS CR_CHANGE_ROWS_OF(1)

typedef struct cr_change_pk {
    char text[sizeof("CHG#") - 1 + CRUDDUR_UUID_SIZE];
} cr_change_pk;

cr_change_pk cr_change_pk_of(const cr_uuid *group);

/* The key of the counter row. */
cr_key cr_change_counter_key(const cr_change_pk *pk);

/* States the next change rows of a group, one for each of `count` messages, and its counter.
 * `counter` is the counter row as it was read, absent throughout where there is none; `messages`
 * are as they are from now on; `what` is the kind of change, a word. CRUDDUR_E_STORE_DAMAGED for a
 * counter that is none. */
cruddur_status cr_change_state(cr_txn *txn, const cr_change_pk *pk, const cr_row *counter,
                               const cr_row *messages, size_t count, const char *what);

#endif
