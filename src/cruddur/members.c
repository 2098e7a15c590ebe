/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "cruddur/entry.h"
#include "model/time.h"

typedef struct member {
    cruddur_user user;
    int64_t read_up_to_us;
} member;

/* One allocation: this struct, and the strings after it. */
struct cruddur_members {
    size_t count;
    member member[];
};

static const cr_attribute attributes[] = {CR_USER_UUID, CR_DISPLAY_NAME, CR_HANDLE};

#define ATTRIBUTE_COUNT (sizeof(attributes) / sizeof(attributes[0]))

static const char *get(const cr_page *page, size_t row, size_t attribute)
{
    return cr_packed_get_or_empty(cr_page_at(page, row), attributes[attribute]);
}

static int64_t receipt_of(const cr_page *page, size_t row)
{
    int64_t time_us = CRUDDUR_TIME_UNKNOWN;
    (void)cr_time_parse(cr_str_of(cr_packed_get(cr_page_at(page, row), CR_READ_SK)), &time_us);
    return time_us;
}

static cruddur_members *make_members(const cr_page *page)
{
    size_t strings = 0;
    for (size_t i = 0; i < page->count * ATTRIBUTE_COUNT; i++) {
        strings += strlen(get(page, i / ATTRIBUTE_COUNT, i % ATTRIBUTE_COUNT)) + 1;
    }
    cruddur_members *members =
        malloc(sizeof(*members) + page->count * sizeof(members->member[0]) + strings);
    if (members == NULL) {
        return NULL;
    }
    char *at = (char *)&members->member[page->count];
    members->count = page->count;
    for (size_t i = 0; i < page->count; i++) {
        const char *text[ATTRIBUTE_COUNT];
        for (size_t a = 0; a < ATTRIBUTE_COUNT; a++) {
            size_t size = strlen(get(page, i, a)) + 1;
            text[a] = memcpy(at, get(page, i, a), size);
            at += size;
        }
        members->member[i].user = (cruddur_user){sizeof(cruddur_user), text[0], text[1], text[2]};
        members->member[i].read_up_to_us = receipt_of(page, i);
    }
    return members;
}

static cruddur_status list_members(cr_entry *entry, const char *viewer_uuid, const char *group_uuid,
                                   bool is_trusted, cruddur_members **members)
{
    cr_uuid uuid;
    cr_uuid group;
    const cr_uuid *viewer;
    cr_page *page = NULL;
    cr_call *call = &entry->call;
    cruddur_status status = cr_read_viewer(viewer_uuid, is_trusted, &uuid, &viewer, call->error);
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid("group_uuid", group_uuid, &group, call->error);
    }
    status = cr_entry_checked(entry, status);
    if (status == CRUDDUR_OK) {
        status = cr_list_members(entry->dm->store, viewer, &group, call, &page);
    }
    if (status == CRUDDUR_OK) {
        *members = make_members(page);
        status = *members == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
    }
    free(page);
    return status;
}

cruddur_status cruddur_group_members(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                                     const cruddur_members_options *given,
                                     cruddur_members **ret_members, cruddur_error **error)
{
    cruddur_members_options options = CRUDDUR_MEMBERS_OPTIONS_INIT;
    cr_entry entry;
    cruddur_members *members = NULL;
    if (dm == NULL || ret_members == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : "ret_members");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_GROUP_MEMBERS, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(MEMBERS_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_check_flags("options.flags", options.flags, CRUDDUR_MEMBERS_TRUSTED,
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(&entry, options.timeout_ms);
        status = list_members(&entry, viewer_uuid, group_uuid,
                              (options.flags & CRUDDUR_MEMBERS_TRUSTED) != 0, &members);
    }
    if (status == CRUDDUR_OK) {
        *ret_members = members;
    }
    return cr_entry_end(&entry, status);
}

size_t cruddur_members_count(const cruddur_members *members)
{
    return members == NULL ? 0 : members->count;
}

const cruddur_user *cruddur_members_at(const cruddur_members *members, size_t index)
{
    return members == NULL || index >= members->count ? NULL : &members->member[index].user;
}

int64_t cruddur_members_read_up_to_us(const cruddur_members *members, size_t index)
{
    return members == NULL || index >= members->count ? CRUDDUR_TIME_UNKNOWN
                                                      : members->member[index].read_up_to_us;
}

void cruddur_members_free(cruddur_members *members)
{
    free(members);
}
