/* SPDX-License-Identifier: MIT */
/* Changes that all members of a group see: its name and data, its members, who blocks it. One
 * change replaces the card by one of the next `rev`, or makes it, and puts every member's group row
 * anew with it, wherever the rows are: so the rows agree with the card, and no write that has read
 * the group before this change goes through after it. */
#ifndef CR_MESSAGING_REGROUP_H
#define CR_MESSAGING_REGROUP_H

#include "messaging/group.h"
#include "model/page.h"
#include "model/person.h"

/* What is to change. All of it has been checked, but for what the group says to it. */
typedef struct cr_regroup {
    const cr_uuid *group;
    const cr_uuid *user;    /* the member who does it */
    cr_str name;            /* from now on; empty: none; absent: as it is */
    cr_str data;            /* the same */
    const cr_person *added; /* the new members; names may be absent */
    size_t added_count;
    bool with_history;      /* they see what was written before */
    const cr_uuid *removed; /* the member who goes; NULL: none */
} cr_regroup;

/* *ret_group is the user's group row as it is now, which it was already if nothing changed; NULL
 * for who has left. Free it with free().
 *
 * CRUDDUR_E_GROUP_NOT_FOUND where the user is no member, CRUDDUR_E_GROUP_DIRECT,
 * CRUDDUR_E_MEMBER_TWICE, CRUDDUR_E_MEMBER_COUNT, CRUDDUR_E_NOT_A_MEMBER, CRUDDUR_E_MEMBER_LAST,
 * CRUDDUR_E_NEEDS_TRANSACTIONS, write statuses. */
cruddur_status cr_regroup_change(cr_store *store, const cr_regroup *wanted, cr_call *call,
                                 cr_packed_row **ret_group);

/* The user blocks a direct group, or no longer does. CRUDDUR_E_GROUP_NOT_DIRECT for any other; the
 * argument is options.blocked. */
cruddur_status cr_group_block(cr_store *store, const cr_uuid *user, const cr_uuid *group,
                              bool is_on, cr_call *call, cr_packed_row **ret_group);

/* Ends the user's part in a group: the user leaves a group of more than two members; a group of two
 * is closed, and takes no more messages. CRUDDUR_E_GROUP_NOT_FOUND where the user is no member. */
cruddur_status cr_group_end_part(cr_store *store, const cr_uuid *user, const cr_uuid *group,
                                 cr_call *call, bool *ret_changed);

#endif
