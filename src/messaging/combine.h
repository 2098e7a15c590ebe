/* SPDX-License-Identifier: MIT */
/* Appends of one handle that wait for each other, to the same group: the one whose turn it is makes
 * one change for all of them, with a message of each, and the group rows move once. They wait with
 * threads of their own, where the engine has queues (store/queue.h), or were submitted
 * (followers.h).
 *
 * It is made for those alone of which nothing is special: the author is a member by the card, the
 * uuid has no claim yet. The others, and all of them where the change comes to nothing, go by
 * themselves when it is their turn: so one cannot make another fail, and each has its own status
 * and error. Those for which there is no room go with the next change. Of those that were submitted
 * none is stored before the one that was submitted before it: at the first that is left out, the
 * change ends. */
#ifndef CR_MESSAGING_COMBINE_H
#define CR_MESSAGING_COMBINE_H

#include "messaging/send.h"

/* Whether a send may go together with others: where a change is a transaction that moves the group
 * rows, which it can do once for all. */
bool cr_combine_can(const cr_store *store, const cr_send *send);

/* Appends together with those that wait behind the call. False: none does, or the message was
 * left out, or the change came to nothing; then it has to be appended alone. */
bool cr_combine(cr_store *store, cr_send *send, cr_call *call);

#endif
