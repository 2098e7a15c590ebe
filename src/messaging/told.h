/* SPDX-License-Identifier: MIT */
/* The group rows that the index tells, which may lag behind the table. They count where the
 * conditions of a write judge them, or lead to rows that are read by key. */
#ifndef CR_MESSAGING_TOLD_H
#define CR_MESSAGING_TOLD_H

#include "messaging/group.h"

/* Whether there is one row of the card's rev for each member whom the card names, all at one
 * message, and no other row. Not so where the group has no card, or was removed. */
bool cr_told_is_whole(const cr_rows *told, const cr_read_card *card);

/* The member's row, if there is one of the card's rev and no other; else NULL. */
const cr_row *cr_told_own(const cr_group *group, const cr_uuid *member);

/* A row that names the person; NULL: there is none. */
const cr_row *cr_told_naming(const cr_group *group, const cr_uuid *person);

/* The member's row at the head's key; NULL: there is none. */
const cr_row *cr_told_own_at_head(const cr_group *group, const cr_uuid *member);

#endif
