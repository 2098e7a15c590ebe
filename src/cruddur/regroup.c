/* SPDX-License-Identifier: MIT */
/* Changing a group's name and data, and its members. */
#include <stdlib.h>

#include "cruddur/entry.h"
#include "messaging/regroup.h"

/* The most that can be added to a group, which has two at least. */
#define PEOPLE_MAX (CRUDDUR_MEMBERS_MAX - CRUDDUR_MEMBERS_MIN)

/* One call. */
typedef struct request {
    cr_entry entry;
    cruddur_group_options options;
    cr_regroup wanted;
    cr_uuid user;
    cr_uuid group;
} request;

/* Begins a call whose options may have these flags. It has to be ended all the same if it fails. */
static cruddur_status begin(request *call, const cruddur *dm, cruddur_operation operation,
                            const cruddur_group_options *given, uint32_t flags,
                            cruddur_error **error)
{
    call->options = (cruddur_group_options)CRUDDUR_GROUP_OPTIONS_INIT;
    call->wanted = (cr_regroup){.group = &call->group, .user = &call->user};
    cruddur_status status = cr_entry_begin(&call->entry, dm, operation, error);
    if (status == CRUDDUR_OK) {
        status =
            cr_read_struct("options", given, &call->options,
                           CR_STRUCT_0_2(GROUP_OPTIONS, call->options), call->entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(&call->entry, call->options.timeout_ms);
        status =
            cr_check_flags("options.flags", call->options.flags, flags, call->entry.call.error);
    }
    if (status == CRUDDUR_OK && call->options.data != NULL &&
        operation != CRUDDUR_OP_GROUP_RENAME) {
        status =
            cr_fail_argument(call->entry.call.error, CRUDDUR_E_INVALID_ARGUMENT, "options.data",
                             "must be NULL: cruddur_group_rename() changes it");
    }
    return status;
}

static cruddur_status read_uuids(request *call, const char *user_uuid, const char *group_uuid)
{
    cruddur_error **error = call->entry.call.error;
    cruddur_status status = cr_read_uuid("user_uuid", user_uuid, &call->user, error);
    return status == CRUDDUR_OK ? cr_read_uuid("group_uuid", group_uuid, &call->group, error)
                                : status;
}

/* Makes the change if nothing is wrong so far, and ends the call. */
static cruddur_status finish(request *call, cruddur_status status, cruddur_group **ret_group)
{
    cr_packed_row *row = NULL;
    status = cr_entry_checked(&call->entry, status);
    if (status == CRUDDUR_OK) {
        status = cr_regroup_change(call->entry.dm->store, &call->wanted, &call->entry.call, &row);
    }
    if (status == CRUDDUR_OK && ret_group != NULL) {
        *ret_group = (cruddur_group *)row;
        row = NULL;
    }
    free(row);
    return cr_entry_end(&call->entry, status);
}

/* ---- name and data ---- */

cruddur_status cruddur_group_rename(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                    const char *name, const cruddur_group_options *options,
                                    cruddur_group **ret_group, cruddur_error **error)
{
    request call;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = begin(&call, dm, CRUDDUR_OP_GROUP_RENAME, options, 0, error);
    if (status == CRUDDUR_OK) {
        status = read_uuids(&call, user_uuid, group_uuid);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_name("name", name, &call.wanted.name, call.entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_data("options.data", call.options.data, &call.wanted.data,
                              call.entry.call.error);
    }
    return finish(&call, status, ret_group);
}

/* ---- members ---- */

static const cr_user_names people_names = {"people", "people.uuid", "people.display_name",
                                           "people.handle"};

static cruddur_status check_count(const cruddur_user *people, size_t n_people,
                                  cruddur_error **error)
{
    if (people == NULL && n_people > 0) {
        return cr_fail_null(error, "people");
    }
    return n_people > 0 && n_people <= PEOPLE_MAX
               ? CRUDDUR_OK
               : cr_fail_argument(error, CRUDDUR_E_MEMBER_COUNT, "n_people",
                                  "must be 1 to %d, as a group has %d to %d members; it is %zu",
                                  PEOPLE_MAX, CRUDDUR_MEMBERS_MIN, CRUDDUR_MEMBERS_MAX, n_people);
}

static cruddur_status read_people(const cruddur_user *people, size_t n_people, cr_person *persons,
                                  cruddur_error **error)
{
    cr_members listed = {0};
    cruddur_status status = check_count(people, n_people, error);
    for (size_t i = 0; status == CRUDDUR_OK && i < n_people; i++) {
        status = cr_read_element(&people_names, people, i, &persons[i], error);
        if (status == CRUDDUR_OK && cr_members_have(&listed, &persons[i].uuid)) {
            status = cr_fail_argument(error, CRUDDUR_E_MEMBER_TWICE, "people",
                                      "must not list a person twice, as element %zu does", i);
        }
        if (status == CRUDDUR_OK) {
            (void)cr_members_add(&listed, &persons[i].uuid); /* there is room */
        }
    }
    return status;
}

cruddur_status cruddur_group_add_members(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                         const cruddur_user *people, size_t n_people,
                                         const cruddur_group_options *options,
                                         cruddur_group **ret_group, cruddur_error **error)
{
    request call;
    cr_person added[PEOPLE_MAX];
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status =
        begin(&call, dm, CRUDDUR_OP_GROUP_ADD_MEMBERS, options, CRUDDUR_ADD_WITH_HISTORY, error);
    if (status == CRUDDUR_OK) {
        status = read_uuids(&call, user_uuid, group_uuid);
    }
    if (status == CRUDDUR_OK) {
        status = read_people(people, n_people, added, call.entry.call.error);
    }
    call.wanted.added = added;
    call.wanted.added_count = n_people;
    call.wanted.with_history = (call.options.flags & CRUDDUR_ADD_WITH_HISTORY) != 0;
    return finish(&call, status, ret_group);
}

cruddur_status cruddur_group_remove_member(cruddur *dm, const char *user_uuid,
                                           const char *group_uuid, const char *member_uuid,
                                           const cruddur_group_options *options,
                                           cruddur_group **ret_group, cruddur_error **error)
{
    request call;
    cr_uuid member;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = begin(&call, dm, CRUDDUR_OP_GROUP_REMOVE_MEMBER, options, 0, error);
    if (status == CRUDDUR_OK) {
        status = read_uuids(&call, user_uuid, group_uuid);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid("member_uuid", member_uuid, &member, call.entry.call.error);
    }
    call.wanted.removed = &member;
    return finish(&call, status, ret_group);
}
