/* SPDX-License-Identifier: MIT */
/* The group-row rewrite: a new message moves the group row of every member to its sort key. A key
 * cannot be updated, so the row is put again and the old one removed. */
#ifndef CR_MESSAGING_REWRITE_H
#define CR_MESSAGING_REWRITE_H

#include "messaging/news.h"

/* Whether some member has a row at this sort key that is none of this group (invariant 4). */
cruddur_status cr_inboxes_is_taken(cr_txn *txn, const cr_uuid *group, const cr_inboxes *inboxes,
                                   cr_str sk, bool *is_taken);

/* A member's group row as it is after the message. Unknown attributes are carried along; all rows
 * get the list of members that belongs there. */
cr_row cr_inboxes_moved(const cr_inboxes *inboxes, size_t member, const cr_person *author,
                        const cr_row *message);

/* One of the old rows has this sort key, so that no row can be put there. */
bool cr_inboxes_meet(const cr_inboxes *inboxes, cr_str sk);

/* Whether the rewrite has anything to do. */
bool cr_inboxes_must_move(const cr_txn *txn, const cr_inboxes *inboxes, const cr_row *message);

/* States the rewrite: every member's row at the message's key, but for those that are there
 * already. The inboxes are complete. */
cruddur_status cr_inboxes_put(cr_txn *txn, const cr_inboxes *inboxes, const cr_person *author,
                              const cr_row *message);

/* And, behind all puts, the removal of the old: an interruption leaves a duplicate and never a lost
 * conversation. Of very many, what one change has no room for is left to the next. Two writes are
 * left to the caller. */
cruddur_status cr_inboxes_remove(cr_txn *txn, const cr_inboxes *inboxes, const cr_row *message,
                                 bool *is_complete);

#endif
