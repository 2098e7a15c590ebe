/* SPDX-License-Identifier: MIT */
#include "watch/view.h"

#include "base/array.h"
#include "messaging/change.h"
#include "messaging/own_row.h"

#define FIRST_COMINGS 8

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
    cruddur_status status = cr_group_read(txn, uuid, &member->uuid, &group);
    if (status == CRUDDUR_OK) {
        status = cr_own_row_find(txn, &group, &member->uuid, &member->own);
    }
    member->is_member = status == CRUDDUR_OK;
    if (is_of_group_alone(status)) {
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

/* ---- who came and went ---- */

typedef struct comings {
    cr_txn *txn;
    cr_view *view;
} comings;

static cr_sink_answer take_coming(void *context, const cr_row *row)
{
    cr_change change;
    cr_view_coming coming;
    const comings *now = context;
    cr_view *view = now->view;
    if (!cr_change_read(row, now->txn->arena, &change)) {
        return CR_SINK_MORE;
    }
    coming.number = change.number;
    coming.is_added = cr_str_equal(change.what, cr_str_of(CR_CHANGE_ADD));
    if ((!coming.is_added && !cr_str_equal(change.what, cr_str_of(CR_CHANGE_REMOVE))) ||
        !cr_uuid_parse(change.member, &coming.member)) {
        return CR_SINK_MORE;
    }
    cr_view_coming *grown = cr_array_grow_in(now->txn->arena, view->coming, view->coming_count,
                                             &view->coming_capacity, FIRST_COMINGS, sizeof(*grown));
    if (grown == NULL) {
        return CR_SINK_NO_MEMORY;
    }
    view->coming = grown;
    grown[view->coming_count++] = coming;
    return CR_SINK_MORE;
}

static cruddur_status read_comings(cr_txn *txn, cr_view *view, uint64_t after)
{
    char sk[CR_CHANGE_SK_SIZE];
    comings now = {txn, view};
    cr_change_pk pk = cr_change_pk_of(&view->group);
    cr_change_sk(after, sk);
    const cr_query query = {.partition = cr_change_pk_str(&pk),
                            .lower = {cr_str_of(sk), false},
                            .upper = {cr_str_of(CR_SK_BEHIND), false}};
    view->coming_count = 0;
    cruddur_status status = txn->ops->query(txn, &query, take_coming, &now);
    view->has_comings = status == CRUDDUR_OK;
    return status;
}

cruddur_status cr_view_was_out(cr_views *views, cr_view *view, const cr_uuid *person,
                               uint64_t number, bool *was_out)
{
    *was_out = false;
    cruddur_status status = view->has_comings ? CRUDDUR_OK : read_comings(views->txn, view, number);
    for (size_t i = 0; status == CRUDDUR_OK && i < view->coming_count; i++) {
        const cr_view_coming *coming = &view->coming[i];
        if (coming->number > number && cr_uuid_compare(&coming->member, person) == 0) {
            *was_out = coming->is_added;
            break;
        }
    }
    return status;
}

bool cr_view_shows(const cr_view_member *member, cr_str message_sk)
{
    cr_str visible_sk = member->own.value[CR_VISIBLE_SK];
    return member->is_member && (message_sk.data == NULL || visible_sk.data == NULL ||
                                 cr_str_compare(message_sk, visible_sk) > 0);
}
