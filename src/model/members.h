/* SPDX-License-Identifier: MIT */
/* Who the members of a group are, as its group rows say: the owners of the rows, and whom the rows
 * name. Of a direct group the group's uuid says it, too. */
#ifndef CR_MODEL_MEMBERS_H
#define CR_MODEL_MEMBERS_H

#include <cruddur/group.h>

#include "model/row.h"
#include "model/uuid.h"

/* The members of a group, sorted by uuid. */
typedef struct cr_members {
    size_t count;
    cr_uuid uuid[CRUDDUR_MEMBERS_MAX];
} cr_members;

/* Sorts; false if one is there twice. */
bool cr_members_sort(cr_members *members);

/* Where a uuid is among them; the count where it is not. */
size_t cr_members_find(const cr_members *members, const cr_uuid *uuid);

static inline bool cr_members_have(const cr_members *members, const cr_uuid *uuid)
{
    return cr_members_find(members, uuid) < members->count;
}

bool cr_members_are_same(const cr_members *a, const cr_members *b);

/* Whom a member's group row names: the next in order, round in a circle. With two members that is
 * the other party; with more, the rows of all members together name everybody once. */
static inline size_t cr_members_next(const cr_members *members, size_t index)
{
    return (index + 1) % members->count;
}

/* Adds one, unless it is there already; false when there is no room. */
bool cr_members_add(cr_members *members, const cr_uuid *uuid);

/* Takes one away, if it is there. */
void cr_members_remove(cr_members *members, const cr_uuid *uuid);

/* Adds the owner of a group row, and whom the row names: its member_uuids, or where it has none the
 * other party. False when there is no room. */
bool cr_members_add_row(cr_members *members, const cr_row *group_row);

/* Reads the member_uuids of a group row; false where it has none, or its owner is not among them.
 */
bool cr_members_of_list(const cr_row *group_row, cr_members *members);

/* Reads a list as member_uuids has it; false for what is none. */
bool cr_members_split(cr_str list, cr_members *members);

/* The same of a list that may be of one, as `blocked` has it. */
bool cr_members_split_some(cr_str list, cr_members *members);

/* "uuid,uuid,…", as member_uuids has it, of one or more; absent when memory ran out. */
cr_str cr_members_join(const cr_members *members, cr_arena *arena);

/* The owner of a group row; false for any other row. */
bool cr_row_owner(const cr_row *group_row, cr_uuid *owner);

/* ---- direct groups ---- */

/* Direct groups have uuids of version 5. Others may, too, where another program made them. */
static inline bool cr_may_be_direct(const cr_uuid *group)
{
    return cr_uuid_version(group) == 5;
}

/* The uuid of the direct group of two members; false when memory ran out. */
bool cr_direct_group_uuid(const cr_members *members, cr_uuid *uuid);

/* Finds the two of these whose direct group has this uuid: *pair is empty where there are none.
 * False when memory ran out. */
bool cr_direct_group_pair(const cr_uuid *group, const cr_members *among, cr_members *pair);

#endif
