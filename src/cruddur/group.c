/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/clock.h"
#include "cruddur/entry.h"
#include "model/kind.h"
#include "model/time.h"

static const cr_page *page_of(const cruddur_group_page *page)
{
    return (const cr_page *)page;
}

static const cr_packed_row *row_of(const cruddur_group *group)
{
    return (const cr_packed_row *)group;
}

/* ---- pattern B ---- */

#define LIST_FLAGS                                                                                 \
    (CRUDDUR_LIST_UNREAD | CRUDDUR_LIST_ARCHIVED | CRUDDUR_LIST_HIDDEN | CRUDDUR_LIST_NO_COUNTS)

static cruddur_status read_list_options(const cruddur_list_options *given,
                                        cruddur_list_options *options, cr_listing *listing,
                                        cruddur_error **error)
{
    cruddur_status status = cr_read_listing(given, LIST_FLAGS, options, listing, error);
    if (status == CRUDDUR_OK && listing->is_around) {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.around_message_uuid",
                                  "must be NULL: it is for messages");
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    listing->only_unread = (options->flags & CRUDDUR_LIST_UNREAD) != 0;
    listing->with_archived = (options->flags & CRUDDUR_LIST_ARCHIVED) != 0;
    listing->with_hidden = (options->flags & CRUDDUR_LIST_HIDDEN) != 0;
    listing->leaves_uncounted = (options->flags & CRUDDUR_LIST_NO_COUNTS) != 0;
    return listing->only_unread && listing->leaves_uncounted
               ? cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.flags",
                                  "must not have both LIST_UNREAD and LIST_NO_COUNTS: unread "
                                  "messages are found by counting")
               : CRUDDUR_OK;
}

cruddur_status cruddur_group_list(cruddur *dm, const char *user_uuid,
                                  const cruddur_list_options *given, cruddur_group_page **ret_page,
                                  cruddur_error **error)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cr_listing listing;
    cr_entry entry;
    cr_uuid user;
    cr_page *page = NULL;
    if (dm == NULL || ret_page == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : "ret_page");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_GROUP_LIST, error);
    if (status == CRUDDUR_OK) {
        status = read_list_options(given, &options, &listing, entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid("user_uuid", user_uuid, &user, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(&entry, options.timeout_ms);
        entry.call.consistency = (cruddur_consistency)options.consistency;
        status = cr_list_groups(dm->store, &user, &listing, &entry.call, &page);
    }
    if (status == CRUDDUR_OK) {
        *ret_page = (cruddur_group_page *)page;
    }
    return cr_entry_end(&entry, status);
}

/* ---- pattern C ---- */

static const cr_user_names creator_names = {"creator", "creator.uuid", "creator.display_name",
                                            "creator.handle"};
static const cr_user_names other_names = {"others", "others.uuid", "others.display_name",
                                          "others.handle"};

static int compare_persons(const void *a, const void *b)
{
    const cr_person *x = a;
    const cr_person *y = b;
    return cr_uuid_compare(&x->uuid, &y->uuid);
}

static cruddur_status check_count(const cruddur_user *others, size_t n_others,
                                  cruddur_error **error)
{
    if (others == NULL && n_others > 0) {
        return cr_fail_null(error, "others");
    }
    if (n_others + 1 < CRUDDUR_MEMBERS_MIN || n_others > CRUDDUR_MEMBERS_MAX - 1) {
        return cr_fail_argument(error, CRUDDUR_E_MEMBER_COUNT, "n_others",
                                "must be %d to %d, as a group has %d to %d members; it is %zu",
                                CRUDDUR_MEMBERS_MIN - 1, CRUDDUR_MEMBERS_MAX - 1,
                                CRUDDUR_MEMBERS_MIN, CRUDDUR_MEMBERS_MAX, n_others);
    }
    return CRUDDUR_OK;
}

/* The creator and the others, sorted and distinct. */
static cruddur_status read_members(const cruddur_user *creator, const cruddur_user *others,
                                   size_t n_others, cr_opening *opening, cruddur_error **error)
{
    cr_person *author = &opening->first_message.author;
    cruddur_status status = cr_read_user(&creator_names, creator, author, error);
    if (status == CRUDDUR_OK) {
        status = check_count(others, n_others, error);
    }
    opening->person[0] = *author;
    for (size_t i = 0; status == CRUDDUR_OK && i < n_others; i++) {
        cr_person *person = &opening->person[i + 1];
        status = cr_read_element(&other_names, others, i, person, error);
        if (status == CRUDDUR_OK && cr_uuid_compare(&person->uuid, &author->uuid) == 0) {
            status = cr_fail_argument(error, CRUDDUR_E_MEMBER_SELF, "others",
                                      "must not contain the creator, as element %zu does", i);
        }
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    opening->members.count = n_others + 1;
    qsort(opening->person, n_others + 1, sizeof(opening->person[0]), compare_persons);
    for (size_t i = 0; i <= n_others; i++) {
        opening->members.uuid[i] = opening->person[i].uuid;
    }
    if (!cr_members_sort(&opening->members)) {
        return cr_fail_argument(error, CRUDDUR_E_MEMBER_TWICE, "others",
                                "must not list a member twice");
    }
    return CRUDDUR_OK;
}

/* Uuids of version 5 are reserved for direct groups: they must not be used for other members. */
static cruddur_status check_group_uuid(const cr_uuid *group, const cr_members *members,
                                       cruddur_error **error)
{
    cr_uuid direct;
    if (cr_uuid_version(group) != 5) {
        return CRUDDUR_OK;
    }
    if (members->count == 2 && !cr_direct_group_uuid(members, &direct)) {
        return cr_fail_memory(error);
    }
    return members->count == 2 && cr_uuid_compare(group, &direct) == 0
               ? CRUDDUR_OK
               : cr_fail_argument(error, CRUDDUR_E_UUID, "options.group_uuid",
                                  "must not be of version 5, unless it is the uuid of these "
                                  "members' direct group");
}

static cruddur_status choose_uuids(const cruddur *dm, const cruddur_create_options *options,
                                   cr_opening *opening, cruddur_error **error)
{
    cr_draft *draft = &opening->first_message;
    bool has_group;
    cruddur_status status = cr_read_optional_uuid("options.group_uuid", options->group_uuid,
                                                  &draft->group, &has_group, error);
    if (status == CRUDDUR_OK && has_group) {
        status = check_group_uuid(&draft->group, &opening->members, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_message_uuid(dm->store, options->message_uuid, options->created_at_us,
                                      &draft->uuid, &draft->may_be_repeat, error);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    bool is_direct = opening->members.count == 2 && (options->flags & CRUDDUR_CREATE_SEPARATE) == 0;
    if (!has_group && is_direct && !cr_direct_group_uuid(&opening->members, &draft->group)) {
        return cr_fail_memory(error);
    }
    bool has_random = (has_group || is_direct || cr_uuid_v4(&draft->group)) &&
                      (draft->may_be_repeat || cr_uuid_v7(cr_clock_now_us(), &draft->uuid));
    return has_random
               ? CRUDDUR_OK
               : cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system returned no random bytes");
}

static cruddur_status read_create_options(const cruddur *dm, const cruddur_create_options *options,
                                          cr_opening *opening, cruddur_error **error)
{
    const cr_content content = {options->reply_to, options->data, options->expires_in_s};
    cruddur_status status =
        cr_check_flags("options.flags", options->flags, CRUDDUR_CREATE_SEPARATE, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_name("options.group_name", options->group_name, &opening->name, error);
    }
    if (status == CRUDDUR_OK && opening->name.data != NULL && opening->members.count == 2) {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.group_name",
                                  "must be NULL for two members: each sees the other's name");
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_created_at(options->created_at_us, error);
    }
    opening->first_message.created_at_us = options->created_at_us;
    if (status == CRUDDUR_OK) {
        status = cr_read_content(dm, &content, &opening->first_message, error);
    }
    return status == CRUDDUR_OK ? choose_uuids(dm, options, opening, error) : status;
}

cruddur_status cruddur_group_create(cruddur *dm, const cruddur_user *creator,
                                    const cruddur_user *others, size_t n_others, const char *text,
                                    const cruddur_create_options *given, cruddur_group **ret_group,
                                    cruddur_error **error)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cr_opening opening;
    cr_entry entry;
    cr_packed_row *row = NULL;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_GROUP_CREATE, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(CREATE_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(&entry, options.timeout_ms);
        status = read_members(creator, others, n_others, &opening, entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_text("text", text, dm->options.max_text_chars, &opening.first_message.text,
                              entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = read_create_options(dm, &options, &opening, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = cr_create(dm->store, &opening, &entry.call, &row);
    }
    if (status == CRUDDUR_OK && ret_group != NULL) {
        *ret_group = (cruddur_group *)row;
        row = NULL;
    }
    free(row);
    return cr_entry_end(&entry, status);
}

cruddur_status cruddur_group_direct_uuid(const char *user_uuid, const char *other_uuid,
                                         char *buffer, cruddur_error **error)
{
    cr_members members = {.count = 2};
    cr_uuid uuid;
    if (buffer == NULL) {
        return cr_fail_null(error, "buffer");
    }
    cruddur_status status = cr_read_uuid("user_uuid", user_uuid, &members.uuid[0], error);
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid("other_uuid", other_uuid, &members.uuid[1], error);
    }
    if (status == CRUDDUR_OK && !cr_members_sort(&members)) {
        status =
            cr_fail_argument(error, CRUDDUR_E_MEMBER_SELF, "other_uuid",
                             "must not be user_uuid: a user cannot send a message to themselves");
    }
    if (status == CRUDDUR_OK && !cr_direct_group_uuid(&members, &uuid)) {
        status = cr_fail_memory(error);
    }
    if (status == CRUDDUR_OK) {
        memcpy(buffer, uuid.text, sizeof(uuid.text));
    }
    return status;
}

/* ---- one group ---- */

cruddur_status cruddur_group_get(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                                 const cruddur_get_options *given, cruddur_group **ret_group,
                                 cruddur_error **error)
{
    cruddur_get_options options = CRUDDUR_GET_OPTIONS_INIT;
    cr_entry entry;
    cr_uuid viewer;
    cr_uuid group;
    cr_packed_row *row = NULL;
    if (dm == NULL || ret_group == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : "ret_group");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_GROUP_GET, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(GET_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(&entry, options.timeout_ms);
        status = cr_check_flags("options.flags", options.flags, 0, entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid("viewer_uuid", viewer_uuid, &viewer, entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid("group_uuid", group_uuid, &group, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = cr_get_group(dm->store, &viewer, &group, &entry.call, &row);
    }
    if (status == CRUDDUR_OK) {
        *ret_group = (cruddur_group *)row;
    }
    return cr_entry_end(&entry, status);
}

/* ---- pages ---- */

size_t cruddur_group_page_count(const cruddur_group_page *page)
{
    return page == NULL ? 0 : page_of(page)->count;
}

const cruddur_group *cruddur_group_page_at(const cruddur_group_page *page, size_t index)
{
    return page == NULL ? NULL : (const cruddur_group *)cr_page_at(page_of(page), index);
}

const char *cruddur_group_page_older(const cruddur_group_page *page)
{
    return cr_page_older(page_of(page));
}

const char *cruddur_group_page_newer(const cruddur_group_page *page)
{
    return cr_page_newer(page_of(page));
}

bool cruddur_group_page_has_older(const cruddur_group_page *page)
{
    return page != NULL && page_of(page)->has_older;
}

bool cruddur_group_page_has_newer(const cruddur_group_page *page)
{
    return page != NULL && page_of(page)->has_newer;
}

void cruddur_group_page_free(cruddur_group_page *page)
{
    free(page);
}

/* ---- groups ---- */

const char *cruddur_group_uuid(const cruddur_group *group)
{
    return cr_packed_get_or_empty(row_of(group), CR_GROUP_UUID);
}

const char *cruddur_group_name(const cruddur_group *group)
{
    return cr_packed_get(row_of(group), CR_GROUP_NAME);
}

const char *cruddur_group_data(const cruddur_group *group)
{
    return cr_packed_get(row_of(group), CR_GROUP_DATA);
}

const char *cruddur_group_text(const cruddur_group *group)
{
    return cr_packed_get_or_empty(row_of(group), CR_TEXT);
}

const char *cruddur_group_user_uuid(const cruddur_group *group)
{
    return cr_packed_get_or_empty(row_of(group), CR_USER_UUID);
}

const char *cruddur_group_user_display_name(const cruddur_group *group)
{
    return cr_packed_get_or_empty(row_of(group), CR_DISPLAY_NAME);
}

const char *cruddur_group_user_handle(const cruddur_group *group)
{
    return cr_packed_get_or_empty(row_of(group), CR_HANDLE);
}

size_t cruddur_group_member_count(const cruddur_group *group)
{
    const char *list = cr_packed_get(row_of(group), CR_MEMBER_UUIDS);
    size_t count = 1;
    for (const char *at = list; at != NULL && *at != '\0'; at++) {
        count += *at == ',' ? 1 : 0;
    }
    return list == NULL || *list == '\0' ? 2 : count;
}

bool cruddur_group_is_blocked(const cruddur_group *group)
{
    return cr_packed_get(row_of(group), CR_BLOCKED) != NULL;
}

/* The row is in the viewer's inbox. */
bool cruddur_group_is_blocked_by_viewer(const cruddur_group *group)
{
    cr_members blocked;
    cr_uuid viewer;
    cr_str inbox = cr_str_of(cr_packed_get_or_empty(row_of(group), CR_PK));
    cr_str list = cr_str_of(cr_packed_get(row_of(group), CR_BLOCKED));
    return cr_uuid_parse(cr_pk_suffix(inbox), &viewer) && cr_members_split_some(list, &blocked) &&
           cr_members_have(&blocked, &viewer);
}

int64_t cruddur_group_last_message_at_us(const cruddur_group *group)
{
    int64_t time_us = CRUDDUR_TIME_UNKNOWN;
    cr_row row = {0};
    row.value[CR_SK] = cr_str_of(cruddur_group_sort_key(group));
    row.value[CR_HEAD_SK] = cr_str_of(cr_packed_get(row_of(group), CR_HEAD_SK));
    (void)cr_time_parse(cr_row_place(&row), &time_us);
    return time_us;
}

const char *cruddur_group_sort_key(const cruddur_group *group)
{
    return cr_packed_get_or_empty(row_of(group), CR_SK);
}

void cruddur_group_free(cruddur_group *group)
{
    free(group);
}
