/* SPDX-License-Identifier: MIT */
/* Groups whose newest message has expired and gone. The group rows stay where they are, at the key
 * of that message, and say when it expired: so it is known where the group's next message belongs,
 * and that no message is to come there. Older messages may be there still, or none. A group exists
 * while it has a card or a row. */
#ifndef CR_MESSAGING_HEADLESS_H
#define CR_MESSAGING_HEADLESS_H

#include "messaging/group.h"

/* Where the group rows show that the newest message has gone, makes that message the head, without
 * text and author, and reads the member's own row. For a group that was read as far as the card,
 * and in which the member has no row at the head that was found. */
cruddur_status cr_headless_look(cr_txn *txn, const cr_uuid *member, cr_group *group);

#endif
