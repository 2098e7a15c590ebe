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

/* ---- pattern D ---- */

static cruddur_status read_append_options(const cruddur *dm, const cruddur_append_options *options,
                                          cr_draft *draft, cruddur_error **error)
{
    const cr_content content = {options->reply_to, options->data, options->expires_in_s};
    draft->created_at_us = options->created_at_us;
    cruddur_status status = cr_check_flags("options.flags", options->flags, 0, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_created_at(options->created_at_us, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_content(dm, &content, draft, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_message_uuid(dm->store, options->message_uuid, options->created_at_us,
                                      &draft->uuid, &draft->may_be_repeat, error);
    }
    if (status == CRUDDUR_OK && !draft->may_be_repeat &&
        !cr_uuid_v7(cr_clock_now_us(), &draft->uuid)) {
        status = cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system returned no random bytes");
    }
    return status;
}

static cruddur_status read_draft(const cruddur *dm, const cruddur_user *author,
                                 const char *group_uuid, const char *text,
                                 const cruddur_append_options *options, cr_draft *draft,
                                 cruddur_error **error)
{
    static const cr_user_names names = {"author", "author.uuid", "author.display_name",
                                        "author.handle"};
    cruddur_status status = cr_read_user(&names, author, &draft->author, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid("group_uuid", group_uuid, &draft->group, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_text("text", text, dm->options.max_text_chars, &draft->text, error);
    }
    return status == CRUDDUR_OK ? read_append_options(dm, options, draft, error) : status;
}

cruddur_status cruddur_msg_append(cruddur *dm, const cruddur_user *author, const char *group_uuid,
                                  const char *text, const cruddur_append_options *given,
                                  cruddur_msg **ret_msg, cruddur_error **error)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cr_draft draft;
    cr_entry entry;
    cr_packed_row *row = NULL;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_MSG_APPEND, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(APPEND_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(&entry, options.timeout_ms);
        status = read_draft(dm, author, group_uuid, text, &options, &draft, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = cr_append(dm->store, &draft, &entry.call, &row);
    }
    if (status == CRUDDUR_OK && ret_msg != NULL) {
        *ret_msg = (cruddur_msg *)row;
        row = NULL;
    }
    free(row);
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
