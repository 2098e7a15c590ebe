/* SPDX-License-Identifier: MIT */
/* One group as a member sees it, and its members. */
#include <stdlib.h>

#include "listing/list.h"
#include "messaging/names.h"
#include "messaging/own_row.h"
#include "messaging/unread.h"
#include "model/marker.h"

typedef struct get_context {
    const cr_uuid *user; /* NULL: nobody in particular */
    const cr_uuid *group;
    cr_packed_row *row;
    cr_page *page;
} get_context;

static cruddur_status get_group_body(cr_txn *txn, void *argument)
{
    get_context *context = argument;
    cr_group group;
    cr_row own;
    cruddur_status status = cr_group_read(txn, context->group, context->user, &group);
    if (status == CRUDDUR_OK) {
        status = cr_own_row_find(txn, &group, context->user, &own);
    }
    if (status == CRUDDUR_OK && !cr_row_exists(&own)) {
        status = cr_group_rows_own(txn, &group, context->user, &own);
    }
    if (status == CRUDDUR_OK) {
        free(context->row);
        context->row = NULL;
        status = cr_unread_pack(txn, &own, &context->row);
    }
    return status;
}

cruddur_status cr_get_group(cr_store *store, const cr_uuid *user, const cr_uuid *group,
                            cr_call *call, cr_packed_row **ret_group)
{
    get_context context = {.user = user, .group = group};
    cruddur_status status = store->ops->read(store, get_group_body, &context, call);
    if (status == CRUDDUR_OK) {
        *ret_group = context.row;
    } else {
        free(context.row);
    }
    return status;
}

/* Absent for a member whose row was lost. */
static cr_str receipt_of(const cr_row *group_row)
{
    return cr_row_is_restored(group_row) ? CR_STR_ABSENT : cr_row_marker(group_row);
}

static cruddur_status make_members_page(const cr_group_rows *group_rows, get_context *context,
                                        const cr_call *call)
{
    cr_page_builder builder;
    bool is_added = true;
    cr_page_builder_init(&builder, group_rows->members.count);
    for (size_t i = 0; is_added && i < group_rows->members.count; i++) {
        cr_person person = cr_group_rows_person(group_rows, &group_rows->members.uuid[i]);
        cr_row row = {0};
        row.value[CR_USER_UUID] = cr_uuid_str(&person.uuid);
        row.value[CR_DISPLAY_NAME] = person.display_name;
        row.value[CR_HANDLE] = person.handle;
        row.value[CR_READ_SK] = receipt_of(&group_rows->row[i]);
        is_added = cr_page_add(&builder, &row);
    }
    free(context->page);
    context->page = cr_page_finish(&builder, NULL, NULL);
    return context->page == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
}

static cruddur_status list_members_body(cr_txn *txn, void *argument)
{
    get_context *context = argument;
    cr_group group;
    cr_group_rows group_rows;
    cruddur_status status = context->user == NULL
                                ? cr_group_read_trusted(txn, context->group, &group)
                                : cr_group_read(txn, context->group, context->user, &group);
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_read(txn, &group, &group_rows);
    }
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_complete(txn, &group.uuid, &group_rows);
    }
    return status == CRUDDUR_OK ? make_members_page(&group_rows, context, txn->call) : status;
}

cruddur_status cr_list_members(cr_store *store, const cr_uuid *viewer, const cr_uuid *group,
                               cr_call *call, cr_page **ret_page)
{
    get_context context = {.user = viewer, .group = group};
    cruddur_status status = store->ops->read(store, list_members_body, &context, call);
    if (status == CRUDDUR_OK) {
        *ret_page = context.page;
    } else {
        free(context.page);
    }
    return status;
}
