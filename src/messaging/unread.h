/* SPDX-License-Identifier: MIT */
/* Unread messages are counted, not kept: the member's marker is the truth, so no race can make the
 * number drift. */
#ifndef CR_MESSAGING_UNREAD_H
#define CR_MESSAGING_UNREAD_H

#include "messaging/rows.h"
#include "model/page.h"

/* What a count is going to read, to announce it: false where it reads nothing. The query's text is
 * the row's, and in *pk. */
bool cr_unread_query(const cr_row *group_row, cr_pk *pk, cr_query *query);

/* Counts the messages of others that are after the marker of a member's group row and in the
 * member's history, neither deleted nor expired. It costs nothing where the row shows that there
 * are none. A count beyond CRUDDUR_UNREAD_MAX ends there, and so does one that has passed over very
 * many messages. */
cruddur_status cr_unread_count(cr_txn *txn, const cr_row *group_row, cr_unread *unread);

/* Packs a member's group row with its unread messages counted, to be freed with free(). */
cruddur_status cr_unread_pack(cr_txn *txn, const cr_row *group_row, cr_packed_row **packed);

#endif
