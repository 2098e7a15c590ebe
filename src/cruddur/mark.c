/* SPDX-License-Identifier: MIT */
/* A member's reading and settings. */
#include <stdlib.h>

#include "cruddur/entry.h"
#include "messaging/mark.h"
#include "messaging/regroup.h"
#include "model/marker.h"
#include "model/time.h"

/* ---- who, and where ---- */

typedef struct member {
    cr_uuid user;
    cr_uuid group;
} member;

static cruddur_status read_member(const char *user_uuid, const char *group_uuid, member *who,
                                  cruddur_error **error)
{
    cruddur_status status = cr_read_uuid("user_uuid", user_uuid, &who->user, error);
    return status == CRUDDUR_OK ? cr_read_uuid("group_uuid", group_uuid, &who->group, error)
                                : status;
}

/* ---- marking ---- */

static const cr_message_arguments up_to_arguments = {"options.up_to_message_uuid",
                                                     "options.up_to_created_at_us"};
static const cr_message_arguments from_arguments = {"options.unread_from_message_uuid",
                                                    "options.unread_from_created_at_us"};

/* *name is that of the one message, if there is one. */
static cruddur_status read_mark_options(const cruddur_mark_options *options, cr_marking *marking,
                                        cr_message_name *name, cruddur_error **error)
{
    bool has_last;
    bool has_first;
    cr_message_name first;
    cruddur_status status = cr_check_flags("options.flags", options->flags, 0, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_message_name(&up_to_arguments, options->up_to_message_uuid,
                                      options->up_to_created_at_us, name, &has_last, error);
    }
    if (status == CRUDDUR_OK) {
        status =
            cr_read_message_name(&from_arguments, options->unread_from_message_uuid,
                                 options->unread_from_created_at_us, &first, &has_first, error);
    }
    if (status == CRUDDUR_OK && has_last && has_first) {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, from_arguments.uuid,
                                  "must be NULL if there is %s: the message that was read last, or "
                                  "the first that is unread",
                                  up_to_arguments.uuid);
    }
    if (status == CRUDDUR_OK) {
        *name = has_first ? first : *name;
        marking->message = has_last || has_first ? name : NULL;
        marking->arguments = has_first ? &from_arguments : &up_to_arguments;
        marking->is_unread = has_first;
    }
    return status;
}

cruddur_status cruddur_group_mark_read(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                       const cruddur_mark_options *given, cruddur_group **ret_group,
                                       cruddur_error **error)
{
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    member who;
    cr_message_name name;
    cr_marking marking = {.group = &who.group, .member = &who.user};
    cr_entry entry;
    cr_packed_row *row = NULL;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_GROUP_MARK_READ, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(MARK_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(&entry, options.timeout_ms);
        status = read_mark_options(&options, &marking, &name, entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = read_member(user_uuid, group_uuid, &who, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = cr_mark(dm->store, &marking, &entry.call, ret_group == NULL ? NULL : &row);
    }
    if (status == CRUDDUR_OK && ret_group != NULL) {
        *ret_group = (cruddur_group *)row;
    }
    return cr_entry_end(&entry, status);
}

/* ---- settings ---- */

static cruddur_status read_switch(const char *argument, uint32_t given, cr_switch *wanted,
                                  cruddur_error **error)
{
    static const cr_switch switches[] = {[CRUDDUR_SWITCH_KEEP] = CR_KEEP,
                                         [CRUDDUR_SWITCH_ON] = CR_ON,
                                         [CRUDDUR_SWITCH_OFF] = CR_OFF};
    if (given > CRUDDUR_SWITCH_OFF) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, argument,
                                "must be one of the constants 0, 1 and 2; it is %u", given);
    }
    *wanted = switches[given];
    return CRUDDUR_OK;
}

static cruddur_status read_hidden(uint32_t given, cr_settings *settings, cruddur_error **error)
{
    cr_switch hidden = CR_KEEP;
    cruddur_status status = read_switch("options.hidden", given, &hidden, error);
    if (status == CRUDDUR_OK && hidden == CR_OFF) {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.hidden",
                                  "must not be switched off: a history that was cleared does not "
                                  "come back");
    }
    settings->is_hidden = hidden == CR_ON;
    return status;
}

static cruddur_status read_mute(int64_t until_us, cr_settings *settings, cr_sort_key *key,
                                cruddur_error **error)
{
    settings->has_mute = until_us != CRUDDUR_MUTE_KEEP;
    if (until_us == CRUDDUR_MUTE_KEEP || until_us == CRUDDUR_MUTE_OFF) {
        return CRUDDUR_OK;
    }
    if (until_us == CRUDDUR_MUTE_FOREVER) {
        settings->muted_until = cr_str_of(CR_MUTED_FOREVER);
        return CRUDDUR_OK;
    }
    settings->muted_until = cr_sort_key_str(key);
    cruddur_status status = cr_read_time("options.muted_until_us", until_us, 0, error);
    return status != CRUDDUR_OK || cr_time_format(until_us, key)
               ? status
               : cr_fail_with(error, CRUDDUR_E_INTERNAL, "a valid time has no text");
}

static cruddur_status read_set_options(const cruddur_set_options *options, cr_settings *settings,
                                       cr_sort_key *muted_until, cr_switch *blocked,
                                       cruddur_error **error)
{
    cruddur_status status = cr_check_flags("options.flags", options->flags, 0, error);
    if (status == CRUDDUR_OK) {
        status = read_switch("options.archived", options->archived, &settings->archived, error);
    }
    if (status == CRUDDUR_OK) {
        status = read_switch("options.pinned", options->pinned, &settings->pinned, error);
    }
    if (status == CRUDDUR_OK) {
        status = read_hidden(options->hidden, settings, error);
    }
    if (status == CRUDDUR_OK) {
        status = read_switch("options.blocked", options->blocked, blocked, error);
    }
    return status == CRUDDUR_OK ? read_mute(options->muted_until_us, settings, muted_until, error)
                                : status;
}

static bool has_settings(const cr_settings *settings)
{
    return settings->archived != CR_KEEP || settings->pinned != CR_KEEP || settings->is_hidden ||
           settings->has_mute;
}

/* Blocking changes the card and both rows, so it is a change of its own; it comes first, as it can
 * be refused. `row` may be NULL. */
static cruddur_status set(cr_entry *entry, const cr_settings *settings, cr_switch blocked,
                          cr_packed_row **row)
{
    cr_store *store = entry->dm->store;
    cr_packed_row *of_block = NULL;
    cruddur_status status = CRUDDUR_OK;
    if (blocked != CR_KEEP) {
        status = cr_group_block(store, settings->member, settings->group, blocked == CR_ON,
                                &entry->call, &of_block);
    }
    if (status == CRUDDUR_OK && (blocked == CR_KEEP || has_settings(settings))) {
        status = cr_set(store, settings, &entry->call, row);
    } else if (status == CRUDDUR_OK && row != NULL) {
        *row = of_block;
        of_block = NULL;
    }
    free(of_block);
    return status;
}

cruddur_status cruddur_group_set(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                 const cruddur_set_options *given, cruddur_group **ret_group,
                                 cruddur_error **error)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    member who;
    cr_settings settings = {.group = &who.group, .member = &who.user};
    cr_sort_key muted_until;
    cr_switch blocked = CR_KEEP;
    cr_entry entry;
    cr_packed_row *row = NULL;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_GROUP_SET, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(SET_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(&entry, options.timeout_ms);
        status = read_set_options(&options, &settings, &muted_until, &blocked, entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = read_member(user_uuid, group_uuid, &who, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = set(&entry, &settings, blocked, ret_group == NULL ? NULL : &row);
    }
    if (status == CRUDDUR_OK && ret_group != NULL) {
        *ret_group = (cruddur_group *)row;
    }
    return cr_entry_end(&entry, status);
}

/* ---- what a group tells of them ---- */

static const cr_packed_row *row_of(const cruddur_group *group)
{
    return (const cr_packed_row *)group;
}

static bool has(const cruddur_group *group, cr_attribute attribute)
{
    return cr_packed_get(row_of(group), attribute) != NULL;
}

/* The keys of a row, as far as markers are about them. */
static cr_row keys_of(const cruddur_group *group)
{
    static const cr_attribute keys[] = {CR_SK, CR_HEAD_SK, CR_READ_SK, CR_VISIBLE_SK};
    cr_row row = {0};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        row.value[keys[i]] = cr_str_of(cr_packed_get(row_of(group), keys[i]));
    }
    return row;
}

uint32_t cruddur_group_unread_count(const cruddur_group *group)
{
    return row_of(group)->unread.count;
}

bool cruddur_group_unread_is_exact(const cruddur_group *group)
{
    return row_of(group)->unread.is_exact;
}

int64_t cruddur_group_read_up_to_us(const cruddur_group *group)
{
    int64_t time_us = CRUDDUR_TIME_UNKNOWN;
    cr_row row = keys_of(group);
    (void)cr_time_parse(cr_row_marker(&row), &time_us);
    return time_us;
}

int64_t cruddur_group_muted_until_us(const cruddur_group *group)
{
    int64_t time_us = CRUDDUR_MUTE_OFF;
    cr_str until = cr_str_of(cr_packed_get(row_of(group), CR_MUTED_UNTIL));
    if (cr_str_equal(until, cr_str_of(CR_MUTED_FOREVER))) {
        return CRUDDUR_MUTE_FOREVER;
    }
    (void)cr_time_parse(until, &time_us);
    return time_us;
}

bool cruddur_group_is_archived(const cruddur_group *group)
{
    return has(group, CR_ARCHIVED);
}

bool cruddur_group_is_pinned(const cruddur_group *group)
{
    return has(group, CR_PINNED);
}

bool cruddur_group_is_hidden(const cruddur_group *group)
{
    cr_row row = keys_of(group);
    return cr_row_is_hidden(&row);
}
