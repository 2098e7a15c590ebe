/* SPDX-License-Identifier: MIT */
/* A group as its rows tell of it: the newest message, which is its head, and the members.
 *
 * Where the group has a card, that says who is a member, and nothing else does. Elsewhere a member
 * is whom any group row of the group names, be it the member's own row or another's. So a member
 * whose own row was lost is one still. Of a direct group the two whose uuid it is are the members,
 * whatever its rows say; that needs no row at all. Authors of messages are not members by that
 * alone. */
#ifndef CR_MESSAGING_GROUP_H
#define CR_MESSAGING_GROUP_H

#include "messaging/rows.h"
#include "model/key.h"
#include "model/members.h"

/* A group as it was read for somebody. */
typedef struct cr_group {
    cr_uuid uuid;
    cr_row head;      /* absent throughout: there is no message */
    cr_row own;       /* the group row of whoever asked; absent throughout where none was found */
    cr_rows told;     /* the group rows that the index shows */
    bool has_asked;   /* the index */
    cr_members known; /* all members, where the card or the group's uuid says it; else empty */
} cr_group;

/* Reads the group's newest message. A group without one has head->value[CR_PK] absent. */
cruddur_status cr_group_find_head(cr_txn *txn, const cr_uuid *uuid, cr_row *head);

/* The same; CRUDDUR_E_GROUP_NOT_FOUND for a group without one. */
cruddur_status cr_group_read_head(cr_txn *txn, const cr_uuid *uuid, cr_row *head);

/* CRUDDUR_E_CONFLICT when the group has a newer message than this one: the body is to run again. */
cruddur_status cr_group_check_head(cr_txn *txn, const cr_uuid *uuid, const cr_row *head);

/* Finds out whether somebody is a member of the group. In a healthy table that takes the head and
 * one read by key: the member's row has the head's sort key (invariant 2). Elsewhere, and where
 * that row is displaced, the index and the member's partition are looked through, before anybody is
 * found to be no member. `named` may be the other party of a direct group; NULL: unknown. */
cruddur_status cr_group_find(cr_txn *txn, const cr_uuid *uuid, const cr_uuid *member,
                             const cr_members *named, cr_group *group, bool *is_member);

/* The same for a caller who must be a member. CRUDDUR_E_GROUP_NOT_FOUND for a group that is not
 * there and for one of other members alike: what a stranger is told must not depend on it. */
cruddur_status cr_group_read(cr_txn *txn, const cr_uuid *uuid, const cr_uuid *member,
                             cr_group *group);

/* Reads a group for a caller who may read any. */
cruddur_status cr_group_read_trusted(cr_txn *txn, const cr_uuid *uuid, cr_group *group);

/* Completes the members of a group that was found. A healthy row tells all of them: its
 * member_uuids, or the two of a direct group. A row that does not is compared with the others. */
cruddur_status cr_group_read_members(cr_txn *txn, cr_group *group, cr_members *members);

/* Adds whom these group rows of it name, unless the members are known without them. If the rows
 * name more than these members, the card decides. */
cruddur_status cr_group_add_named(cr_txn *txn, cr_group *group, const cr_rows *rows,
                                  cr_members *members);

/* Whom these group rows name; of a direct group the two whose it is, among whom they name, these
 * candidates (NULL: none) and the latest authors. If the rows disagree and the group has a card,
 * those of the card. Fewer than two: the rows do not tell. *are_known: the members are known
 * without any row. */
cruddur_status cr_group_members_of(cr_txn *txn, const cr_uuid *uuid, const cr_rows *rows,
                                   const cr_members *candidates, cr_members *members,
                                   bool *are_known);

cruddur_status cr_group_fail_untold(const cr_txn *txn, const cr_uuid *uuid);

/* The last sort key of the head and of the group rows that were read. */
cr_str cr_group_last(const cr_group *group);

/* Looks for a member's newest group row of the group in the member's partition, which may be long,
 * up to the message with this sort key (absent: at any). Where only rows of later messages are
 * there, *row is the newest of them; absent throughout where there is none. */
cruddur_status cr_group_search_partition(cr_txn *txn, cr_str uuid, const cr_pk *pk, cr_str last_sk,
                                         cr_row *row);

/* Reads every group row of the group by the index. */
cruddur_status cr_group_read_index(cr_txn *txn, const cr_uuid *uuid, cr_rows *rows);

/* The same once for a group that was found. */
cruddur_status cr_group_ask_index(cr_txn *txn, cr_group *group);

#endif
