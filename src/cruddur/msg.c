/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/clock.h"
#include "cruddur/entry.h"
#include "listing/around.h"
#include "model/time.h"

/* The public objects are the model's packed rows and pages under other names. */

static const cr_page *page_of(const cruddur_msg_page *page)
{
    return (const cr_page *)page;
}

static const cr_packed_row *row_of(const cruddur_msg *msg)
{
    return (const cr_packed_row *)msg;
}

/* ---- pattern A ---- */

static cruddur_status list(cr_entry *entry, const char *viewer_uuid, const char *group_uuid,
                           const cruddur_list_options *options, const cr_listing *listing,
                           cr_page **page)
{
    cr_uuid uuid;
    cr_uuid group;
    const cr_uuid *viewer;
    cr_call *call = &entry->call;
    bool is_trusted = (options->flags & CRUDDUR_LIST_TRUSTED) != 0;
    cruddur_status status = cr_read_viewer(viewer_uuid, is_trusted, &uuid, &viewer, call->error);
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid("group_uuid", group_uuid, &group, call->error);
    }
    status = cr_entry_checked(entry, status);
    if (status != CRUDDUR_OK) {
        return status;
    }
    call->consistency = (cruddur_consistency)options->consistency;
    return listing->is_around
               ? cr_list_around(entry->dm->store, viewer, &group, listing, call, page)
               : cr_list_messages(entry->dm->store, viewer, &group, listing, call, page);
}

cruddur_status cruddur_msg_list(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                                const cruddur_list_options *given, cruddur_msg_page **ret_page,
                                cruddur_error **error)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cr_listing listing;
    cr_entry entry;
    cr_page *page = NULL;
    if (dm == NULL || ret_page == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : "ret_page");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_MSG_LIST, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_listing(given, CRUDDUR_LIST_TRUSTED, &options, &listing, entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(&entry, options.timeout_ms);
        status = list(&entry, viewer_uuid, group_uuid, &options, &listing, &page);
    }
    if (status == CRUDDUR_OK) {
        *ret_page = (cruddur_msg_page *)page;
    }
    return cr_entry_end(&entry, status);
}

/* ---- pages ---- */

size_t cruddur_msg_page_count(const cruddur_msg_page *page)
{
    return page == NULL ? 0 : page_of(page)->count;
}

const cruddur_msg *cruddur_msg_page_at(const cruddur_msg_page *page, size_t index)
{
    return page == NULL ? NULL : (const cruddur_msg *)cr_page_at(page_of(page), index);
}

const char *cruddur_msg_page_older(const cruddur_msg_page *page)
{
    return cr_page_older(page_of(page));
}

const char *cruddur_msg_page_newer(const cruddur_msg_page *page)
{
    return cr_page_newer(page_of(page));
}

bool cruddur_msg_page_has_older(const cruddur_msg_page *page)
{
    return page != NULL && page_of(page)->has_older;
}

bool cruddur_msg_page_has_newer(const cruddur_msg_page *page)
{
    return page != NULL && page_of(page)->has_newer;
}

void cruddur_msg_page_free(cruddur_msg_page *page)
{
    free(page);
}

/* ---- messages ---- */

const char *cruddur_msg_uuid(const cruddur_msg *msg)
{
    return cr_packed_get_or_empty(row_of(msg), CR_MESSAGE_UUID);
}

const char *cruddur_msg_group_uuid(const cruddur_msg *msg)
{
    return cr_pk_suffix(cr_str_of(cr_packed_get_or_empty(row_of(msg), CR_PK))).data;
}

const char *cruddur_msg_text(const cruddur_msg *msg)
{
    return cr_packed_get_or_empty(row_of(msg), CR_TEXT);
}

const char *cruddur_msg_user_uuid(const cruddur_msg *msg)
{
    return cr_packed_get_or_empty(row_of(msg), CR_USER_UUID);
}

const char *cruddur_msg_user_display_name(const cruddur_msg *msg)
{
    return cr_packed_get_or_empty(row_of(msg), CR_DISPLAY_NAME);
}

const char *cruddur_msg_user_handle(const cruddur_msg *msg)
{
    return cr_packed_get_or_empty(row_of(msg), CR_HANDLE);
}

int64_t cruddur_msg_created_at_us(const cruddur_msg *msg)
{
    int64_t time_us = CRUDDUR_TIME_UNKNOWN;
    (void)cr_time_parse(cr_str_of(cruddur_msg_sort_key(msg)), &time_us);
    return time_us;
}

const char *cruddur_msg_sort_key(const cruddur_msg *msg)
{
    return cr_packed_get_or_empty(row_of(msg), CR_SK);
}

void cruddur_msg_free(cruddur_msg *msg)
{
    free(msg);
}
