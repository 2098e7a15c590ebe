/* SPDX-License-Identifier: MIT */
/* Change rows: what is edited, deleted or reacted to is behind the newest message, where watchers
 * of a group do not look. So each such change of a message puts a row into a partition of its own,
 * `CHG#<group uuid>`, under the next number, in the same transaction. So does each change of the
 * group: of its name, its data or blocks, and of each member. And so does a message that gets a key
 * far in the past. The last number is in that partition's counter row. Change rows expire; the
 * counter stays. */
#ifndef CR_MESSAGING_CHANGE_H
#define CR_MESSAGING_CHANGE_H

#include "messaging/rows.h"

/* What a change of so many messages states beside these. */
#define CR_CHANGE_ROWS_OF(messages) ((messages) + 1)
#define CR_CHANGE_ROWS CR_CHANGE_ROWS_OF(1)

/* The kinds of changes. */
#define CR_CHANGE_EDIT "edit"
#define CR_CHANGE_DELETE "delete"
#define CR_CHANGE_REACT "react"
#define CR_CHANGE_LATE "late"     /* a message that is stored behind where watchers look */
#define CR_CHANGE_GROUP "group"   /* the group's name, data or blocks */
#define CR_CHANGE_ADD "add"       /* a member */
#define CR_CHANGE_REMOVE "remove" /* a member */

typedef struct cr_change_pk {
    char text[sizeof("CHG#") - 1 + CRUDDUR_UUID_SIZE];
} cr_change_pk;

cr_change_pk cr_change_pk_of(const cr_uuid *group);

static inline cr_str cr_change_pk_str(const cr_change_pk *pk)
{
    return (cr_str){pk->text, sizeof(pk->text) - 1};
}

/* The key of the counter row. */
cr_key cr_change_counter_key(const cr_change_pk *pk);

/* States the next change rows of a group, one for each of `count` messages, and its counter.
 * `counter` is the counter row as it was read, absent throughout where there is none; `messages`
 * are as they are from now on; `what` is the kind of change, a word. CRUDDUR_E_STORE_DAMAGED for a
 * counter that is none. */
cruddur_status cr_change_state(cr_txn *txn, const cr_change_pk *pk, const cr_row *counter,
                               const cr_row *messages, size_t count, const char *what);

/* Makes the counter row as it is after a change of one message, in the arena. */
cruddur_status cr_change_count_next(cr_txn *txn, const cr_change_pk *pk, const cr_row *counter,
                                    cr_row *next);

/* A change of a group: what it is, and of which member; NULL: of the group as a whole. */
typedef struct cr_group_change {
    const char *what;
    const cr_uuid *member;
} cr_group_change;

/* States the next change rows of a group for these changes, which have this version, and its
 * counter. */
cruddur_status cr_change_state_group(cr_txn *txn, const cr_change_pk *pk, const cr_row *counter,
                                     const cr_group_change *changes, size_t count, cr_str version);

/* Whether a message with this sort key is stored so far back that it needs a change row. Where one
 * sequence tells of all changes, none does. */
bool cr_change_is_late(const cr_txn *txn, cr_str message_sk);

/* ---- reading ---- */

/* A change row. */
typedef struct cr_change {
    uint64_t number;
    cr_str what;
    cr_str message_sk; /* absent: it is of no message */
    cr_str member;     /* a uuid; absent: it is of no member */
    cr_str version;
    int64_t made_at_us;
} cr_change;

/* Reads a change row, whose text it borrows; false for the counter, and for any other row. */
bool cr_change_read(const cr_row *row, cr_arena *arena, cr_change *change);

/* The last number of a counter row; 0 where there is none. */
uint64_t cr_change_count_read(const cr_row *counter);

/* The sort key of a number. */
#define CR_CHANGE_SK_SIZE 21
void cr_change_sk(uint64_t number, char text[CR_CHANGE_SK_SIZE]);

#endif
