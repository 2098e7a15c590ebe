/* SPDX-License-Identifier: MIT */
/* The previews of a group whose messages change in their place: what the group rows show of the
 * newest message. */
#ifndef CR_MESSAGING_PREVIEWS_H
#define CR_MESSAGING_PREVIEWS_H

#include "messaging/rewrite.h"

/* What the group rows are to become. */
typedef struct cr_previews {
    bool are_to_change;
    bool are_touched; /* they are behind what changes, and stay there */
    cr_row head;      /* as they are to show it */
    cr_group_rows rows;
    cr_rewrite rewrite; /* its has_more is set by the writing */
} cr_previews;

/* Reads the group rows, and finds out whether they may show what changes. `changed` is the newest
 * of the messages that the change replaces, as it is from now on; `beside` is the number of writes
 * that the caller states. Rows that are behind the message are put anew, too: a writer that is
 * moving them to it at that moment has read the old text, and finds them changed. */
cruddur_status cr_previews_read(cr_txn *txn, cr_group *group, const cr_row *changed, size_t beside,
                                cr_room_search *room, cr_previews *previews);

/* The same without a read, where a stream's processor moves the rows: as the index told them, each
 * in its place, if that makes a whole. What is behind the message stays there, with a fresh
 * version. *is_known: they make one. */
cruddur_status cr_previews_guess(cr_txn *txn, const cr_group *group, const cr_row *changed,
                                 size_t beside, cr_previews *previews, bool *is_known);

/* States the group rows; only where they are to change. */
cruddur_status cr_previews_write(cr_txn *txn, cr_previews *previews);

#endif
