/* SPDX-License-Identifier: MIT */
/* Finding one message by its uuid. Rows are in the order of time, so that takes its time as well,
 * or something that leads to it: where an engine does not know messages by their uuid, the claim of
 * the uuid, or the time in a uuid of version 7. No look-up reads a whole group. */
#ifndef CR_MESSAGING_FIND_H
#define CR_MESSAGING_FIND_H

#include "messaging/group.h"
#include "model/time.h"

/* How a caller names a message. */
typedef struct cr_message_name {
    cr_uuid uuid;
    int64_t created_at_us; /* 0: not known */
} cr_message_name;

/* How errors call the arguments that name a message. */
typedef struct cr_message_arguments {
    const char *uuid;
    const char *created_at_us;
} cr_message_arguments;

/* One look-up. Its text may be the lookup's own: it must stay where it is. */
typedef struct cr_message_lookup {
    const cr_uuid *group;
    const cr_message_name *name;
    cr_pk pk;         /* the group's partition */
    cr_str sk;        /* where the message is to be read; absent: no need, or not known */
    cr_row row;       /* the message; absent throughout: it is not there */
    bool is_timeless; /* it was not found, and its time would tell more */
    cr_sort_key made_sk;
} cr_message_lookup;

/* Reads a group for a member (NULL: for who may read any), and a message of it in the request that
 * reads the card. So is the row at `also`, into *also_row; NULL: none. A message that is not there
 * leaves lookup->row absent, and is no failure. Read statuses, and those of cr_group_read(). */
cruddur_status cr_message_read(cr_txn *txn, const cr_uuid *group, cr_group_reading reading,
                               const cr_message_name *name, const cr_key *also, cr_row *also_row,
                               cr_group *read, cr_message_lookup *lookup);

/* The same look-up where a group was recalled: finds the message if it is the newest; false: it is
 * another one, for all that is known. */
bool cr_message_is_newest(const cr_uuid *group, const cr_message_name *name, const cr_row *newest,
                          cr_message_lookup *lookup);

/* The same without a read: the message has the key that its time makes, if it is there, which a
 * condition is to judge. Of its row no more is known than its key. False: its time is not known. */
bool cr_message_guess(const cr_uuid *group, const cr_message_name *name, cr_message_lookup *lookup);

/* Whether the message is there for anybody: it has not expired. */
bool cr_message_is_there(const cr_message_lookup *lookup);

/* The message is there, but hidden from the user, who gets the same error as if it were not. */
void cr_message_hide(const cr_txn *txn, cr_message_lookup *lookup);

/* Says that the message was not found: CRUDDUR_E_MESSAGE_NOT_FOUND or CRUDDUR_E_MESSAGE_TIME. */
cruddur_status cr_message_fail(const cr_txn *txn, const cr_message_lookup *lookup);

/* The same where other arguments name it. */
cruddur_status cr_message_fail_as(const cr_txn *txn, const cr_message_lookup *lookup,
                                  const cr_message_arguments *arguments);

#endif
