/* SPDX-License-Identifier: MIT */
#include "watch/view.h"

#include "messaging/own_row.h"

/* That there is no such group, or that its rows make no sense, ends no watch of others. */
static bool is_of_group_alone(cruddur_status status)
{
    return status == CRUDDUR_E_GROUP_NOT_FOUND || status == CRUDDUR_E_STORE_DAMAGED;
}

static cruddur_status read_group(cr_txn *txn, cr_view *view)
{
    cr_group group;
    cruddur_status status = cr_group_read_trusted(txn, &view->group, &group);
    if (status == CRUDDUR_OK) {
        status = cr_group_read_members(txn, &group, &view->members);
    }
    view->is_there = status == CRUDDUR_OK;
    if (is_of_group_alone(status)) {
        cr_error_discard(txn->call->error);
        status = CRUDDUR_OK;
    }
    return status;
}

cruddur_status cr_view_read(cr_views *views, const cr_uuid *group, cr_view **ret_view)
{
    cr_txn *txn = views->txn;
    for (cr_view *view = views->first; view != NULL; view = view->next) {
        if (cr_uuid_compare(&view->group, group) == 0) {
            *ret_view = view;
            return CRUDDUR_OK;
        }
    }
    cr_view *view = cr_arena_alloc(txn->arena, sizeof(*view));
    if (view == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    *view = (cr_view){.next = views->first, .group = *group};
    cruddur_status status = read_group(txn, view);
    if (status == CRUDDUR_OK) {
        views->first = view;
        *ret_view = view;
    }
    return status;
}

static cruddur_status read_member(cr_txn *txn, const cr_uuid *uuid, cr_view_member *member)
{
    cr_group group;
    cr_row own;
    cruddur_status status = cr_group_read(txn, uuid, &member->uuid, &group);
    if (status == CRUDDUR_OK) {
        status = cr_own_row_find(txn, &group, &member->uuid, &own);
    }
    member->is_member = status == CRUDDUR_OK;
    if (status == CRUDDUR_OK) {
        member->visible_sk = own.value[CR_VISIBLE_SK];
    } else if (is_of_group_alone(status)) {
        cr_error_discard(txn->call->error);
        status = CRUDDUR_OK;
    }
    return status;
}

cruddur_status cr_view_read_member(cr_views *views, cr_view *view, const cr_uuid *uuid,
                                   const cr_view_member **ret_member)
{
    cr_txn *txn = views->txn;
    for (const cr_view_member *known = view->first; known != NULL; known = known->next) {
        if (cr_uuid_compare(&known->uuid, uuid) == 0) {
            *ret_member = known;
            return CRUDDUR_OK;
        }
    }
    cr_view_member *member = cr_arena_alloc(txn->arena, sizeof(*member));
    if (member == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    *member = (cr_view_member){.next = view->first, .uuid = *uuid};
    cruddur_status status = view->is_there ? read_member(txn, &view->group, member) : CRUDDUR_OK;
    if (status == CRUDDUR_OK) {
        view->first = member;
        *ret_member = member;
    }
    return status;
}

bool cr_view_shows(const cr_view_member *member, cr_str message_sk)
{
    return member->is_member && (message_sk.data == NULL || member->visible_sk.data == NULL ||
                                 cr_str_compare(message_sk, member->visible_sk) > 0);
}
