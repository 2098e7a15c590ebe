/* SPDX-License-Identifier: MIT */
/* A group as the rows tell of it: its head, its members, their group rows. */
#ifndef CR_MESSAGING_GROUP_H
#define CR_MESSAGING_GROUP_H

#include <cruddur/group.h>

#include "messaging/rows.h"
#include "model/key.h"

/* The members of a group, sorted by uuid. */
typedef struct cr_members {
    size_t count;
    cr_uuid uuid[CRUDDUR_MEMBERS_MAX];
} cr_members;

/* Sorts; false if one is there twice. */
bool cr_members_sort(cr_members *members);

/* Where a uuid is among them; the count where it is not. */
size_t cr_members_find(const cr_members *members, const cr_uuid *uuid);

/* Whom a member's group row names: the next in order, round in a circle. With two members that is
 * the other party; with more, the rows of all members together name everybody once. */
static inline size_t cr_members_next(const cr_members *members, size_t index)
{
    return (index + 1) % members->count;
}

/* Reads the members off any group row of theirs; false for a row that does not tell, or whose owner
 * is not among them. */
bool cr_members_of_row(const cr_row *group_row, cr_members *members);

/* Reads the group's newest message. A group without one has head->value[CR_PK] absent. */
cruddur_status cr_group_find_head(cr_txn *txn, const cr_uuid *group, cr_row *head);

/* The same; CRUDDUR_E_GROUP_NOT_FOUND for a group without one. */
cruddur_status cr_group_read_head(cr_txn *txn, const cr_uuid *group, cr_row *head);

/* CRUDDUR_E_CONFLICT when the group has a newer message than this one: the body is to run again. */
cruddur_status cr_group_check_head(cr_txn *txn, const cr_uuid *group, const cr_row *head);

/* Reads a member's group row, and the head that it was found by. In a healthy table that is one
 * read by key: the row has the head's sort key (invariant 2). Elsewhere it is looked for, in the
 * index and in the member's partition, before anybody is told CRUDDUR_E_NOT_A_MEMBER. `argument` is
 * what the public call names the member. */
cruddur_status cr_group_read_member(cr_txn *txn, const cr_uuid *group, const cr_uuid *member,
                                    const char *argument, cr_row *head, cr_row *group_row);

/* Looks for a member's newest group row of the group in the member's partition, which may be long,
 * up to a sort key (absent: to the end); *row is absent throughout where there is none. */
cruddur_status cr_group_search_partition(cr_txn *txn, cr_str group, const cr_pk *pk, cr_str last_sk,
                                         cr_row *row);

/* Reads every group row of the group by the index. */
cruddur_status cr_group_read_index(cr_txn *txn, const cr_uuid *group, cr_rows *rows);

#endif
