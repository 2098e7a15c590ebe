/* SPDX-License-Identifier: MIT */
#include "model/members.h"

#include "model/key.h"
#include "model/kind.h"

/* The namespace of direct groups' uuids. Never to be changed: two releases must find the same
 * group. */
static const cr_uuid direct_namespace = {"1610e24a-6dab-4dbd-a05d-8f9178288498"};

static int compare_uuids(const void *a, const void *b)
{
    return cr_uuid_compare(a, b);
}

bool cr_members_sort(cr_members *members)
{
    qsort(members->uuid, members->count, sizeof(members->uuid[0]), compare_uuids);
    for (size_t i = 1; i < members->count; i++) {
        if (cr_uuid_compare(&members->uuid[i - 1], &members->uuid[i]) == 0) {
            return false;
        }
    }
    return true;
}

size_t cr_members_find(const cr_members *members, const cr_uuid *uuid)
{
    size_t i = 0;
    while (i < members->count && cr_uuid_compare(&members->uuid[i], uuid) != 0) {
        i++;
    }
    return i;
}

bool cr_members_are_same(const cr_members *a, const cr_members *b)
{
    return a->count == b->count && memcmp(a->uuid, b->uuid, a->count * sizeof(a->uuid[0])) == 0;
}

bool cr_members_add(cr_members *members, const cr_uuid *uuid)
{
    size_t at = members->count;
    if (cr_members_have(members, uuid)) {
        return true;
    }
    if (members->count == CRUDDUR_MEMBERS_MAX) {
        return false;
    }
    while (at > 0 && cr_uuid_compare(&members->uuid[at - 1], uuid) > 0) {
        members->uuid[at] = members->uuid[at - 1];
        at--;
    }
    members->uuid[at] = *uuid;
    members->count++;
    return true;
}

void cr_members_remove(cr_members *members, const cr_uuid *uuid)
{
    size_t at = cr_members_find(members, uuid);
    if (at == members->count) {
        return;
    }
    for (members->count--; at < members->count; at++) {
        members->uuid[at] = members->uuid[at + 1];
    }
}

/* ---- rows ---- */

bool cr_members_split_some(cr_str list, cr_members *members)
{
    size_t count = (list.size + 1) / (CR_UUID_LENGTH + 1);
    members->count = 0;
    if (count > CRUDDUR_MEMBERS_MAX || list.size + 1 != count * (CR_UUID_LENGTH + 1)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const char *at = list.data + i * (CR_UUID_LENGTH + 1);
        bool is_separated = i == 0 || at[-1] == ',';
        if (!is_separated || !cr_uuid_parse((cr_str){at, CR_UUID_LENGTH}, &members->uuid[i])) {
            return false;
        }
    }
    members->count = count;
    return count > 0 && cr_members_sort(members);
}

bool cr_members_split(cr_str list, cr_members *members)
{
    return cr_members_split_some(list, members) && members->count >= CRUDDUR_MEMBERS_MIN;
}

bool cr_row_owner(const cr_row *group_row, cr_uuid *owner)
{
    return cr_row_kind(group_row) == CR_KIND_GROUP_ROW &&
           cr_uuid_parse(cr_pk_suffix(group_row->value[CR_PK]), owner);
}

bool cr_members_of_list(const cr_row *group_row, cr_members *members)
{
    cr_uuid owner;
    return cr_row_owner(group_row, &owner) &&
           cr_members_split(group_row->value[CR_MEMBER_UUIDS], members) &&
           cr_members_have(members, &owner);
}

bool cr_members_add_row(cr_members *members, const cr_row *group_row)
{
    cr_uuid uuid;
    cr_members listed;
    bool has_room = !cr_row_owner(group_row, &uuid) || cr_members_add(members, &uuid);
    if (!cr_members_split(group_row->value[CR_MEMBER_UUIDS], &listed)) {
        return has_room && (!cr_uuid_parse(group_row->value[CR_USER_UUID], &uuid) ||
                            cr_members_add(members, &uuid));
    }
    for (size_t i = 0; has_room && i < listed.count; i++) {
        has_room = cr_members_add(members, &listed.uuid[i]);
    }
    return has_room;
}

cr_str cr_members_join(const cr_members *members, cr_arena *arena)
{
    char *list = cr_arena_alloc(arena, members->count * sizeof(members->uuid[0]));
    if (list == NULL) {
        return CR_STR_ABSENT;
    }
    for (size_t i = 0; i < members->count; i++) {
        memcpy(list + i * sizeof(cr_uuid), members->uuid[i].text, CR_UUID_LENGTH);
        list[i * sizeof(cr_uuid) + CR_UUID_LENGTH] = ',';
    }
    return (cr_str){list, members->count * sizeof(cr_uuid) - 1};
}

/* ---- direct groups ---- */

bool cr_direct_group_uuid(const cr_members *members, cr_uuid *uuid)
{
    char name[2 * sizeof(cr_uuid)];
    memcpy(name, members->uuid[0].text, CR_UUID_LENGTH);
    name[CR_UUID_LENGTH] = ',';
    memcpy(name + sizeof(cr_uuid), members->uuid[1].text, sizeof(cr_uuid));
    return cr_uuid_v5(&direct_namespace, (cr_str){name, sizeof(name) - 1}, uuid);
}

bool cr_direct_group_pair(const cr_uuid *group, const cr_members *among, cr_members *pair)
{
    pair->count = 0;
    if (!cr_may_be_direct(group)) {
        return true;
    }
    for (size_t i = 0; i < among->count; i++) {
        for (size_t j = i + 1; j < among->count; j++) {
            cr_members two = {2, {among->uuid[i], among->uuid[j]}};
            cr_uuid uuid;
            if (!cr_direct_group_uuid(&two, &uuid)) {
                return false;
            }
            if (cr_uuid_compare(&uuid, group) == 0) {
                *pair = two;
                return true;
            }
        }
    }
    return true;
}
