/* SPDX-License-Identifier: MIT */
/* What opening a group shares with appending to one: a group that is there already gets the message
 * appended. */
#ifndef CR_MESSAGING_APPEND_H
#define CR_MESSAGING_APPEND_H

#include "messaging/send.h"

/* Appends to a group that was read for the author, who is a member, unless the message is there
 * already. */
cruddur_status cr_append_once(cr_txn *txn, cr_send *send, cr_group *group);

#endif
