/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "cruddur/entry.h"
#include "messaging/edit.h"
#include "model/expiry.h"
#include "model/reactions.h"
#include "model/time.h"

#define US_PER_S INT64_C(1000000)

/* ---- arguments ---- */

/* What all calls of this file are given. */
typedef struct request {
    cruddur_operation operation;
    const char *user_name; /* of the argument */
    const char *user_uuid;
    const char *group_uuid;
    const char *message_uuid;
    const cruddur_msg_options *options;
    cr_edit_kind kind;   /* of a change */
    const char *content; /* its text, or its reaction */
    bool is_added;       /* the reaction */
} request;

/* What is read of it. */
typedef struct arguments {
    cruddur_msg_options options;
    cr_uuid user;
    cr_edit edit;
} arguments;

/* Which flags and which options a call knows. */
static uint32_t flags_of(cruddur_operation operation)
{
    return operation == CRUDDUR_OP_MSG_REACT ? 0 : CRUDDUR_MSG_TRUSTED;
}

static cruddur_status check_unused(const char *argument, const char *given, bool is_used,
                                   cruddur_error **error)
{
    return is_used || given == NULL ? CRUDDUR_OK
                                    : cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, argument,
                                                       "must be NULL: this call has no use for it");
}

static cruddur_status read_options(cr_entry *entry, const request *given, arguments *read)
{
    cruddur_error **error = entry->call.error;
    cruddur_msg_options *options = &read->options;
    cruddur_operation operation = given->operation;
    cruddur_status status = cr_read_struct("options", given->options, options,
                                           CR_STRUCT_0_2(MSG_OPTIONS, *options), error);
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(entry, options->timeout_ms);
        status = cr_check_flags("options.flags", options->flags, flags_of(operation), error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_time("options.created_at_us", options->created_at_us, 0, error);
    }
    if (status == CRUDDUR_OK) {
        status = check_unused("options.if_version", options->if_version,
                              operation != CRUDDUR_OP_MSG_GET, error);
    }
    if (status == CRUDDUR_OK) {
        status =
            check_unused("options.data", options->data, operation == CRUDDUR_OP_MSG_EDIT, error);
    }
    return status == CRUDDUR_OK
               ? cr_read_data("options.data", options->data, &read->edit.data, error)
               : status;
}

/* Only a viewer may be left out, by a trusted caller. */
static cruddur_status read_user(const request *given, arguments *read, cruddur_error **error)
{
    bool is_trusted = (read->options.flags & CRUDDUR_MSG_TRUSTED) != 0;
    if (given->operation == CRUDDUR_OP_MSG_GET) {
        return cr_read_viewer(given->user_uuid, is_trusted, &read->user, &read->edit.user, error);
    }
    read->edit.user = is_trusted ? NULL : &read->user;
    return cr_read_uuid(given->user_name, given->user_uuid, &read->user, error);
}

static cruddur_status read_request(cr_entry *entry, const request *given, arguments *read)
{
    cruddur_error **error = entry->call.error;
    *read = (arguments){.options = CRUDDUR_MSG_OPTIONS_INIT};
    cruddur_status status = read_options(entry, given, read);
    if (status == CRUDDUR_OK) {
        status = read_user(given, read, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid("group_uuid", given->group_uuid, &read->edit.group, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid("message_uuid", given->message_uuid, &read->edit.name.uuid, error);
    }
    read->edit.name.created_at_us = read->options.created_at_us;
    read->edit.if_version = cr_str_of(read->options.if_version);
    return status;
}

/* ---- one message ---- */

cruddur_status cruddur_msg_get(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                               const char *message_uuid, const cruddur_msg_options *options,
                               cruddur_msg **ret_msg, cruddur_error **error)
{
    const request given = {.operation = CRUDDUR_OP_MSG_GET,
                           .user_name = "viewer_uuid",
                           .user_uuid = viewer_uuid,
                           .group_uuid = group_uuid,
                           .message_uuid = message_uuid,
                           .options = options};
    arguments read;
    cr_entry entry;
    cr_packed_row *row = NULL;
    if (dm == NULL || ret_msg == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : "ret_msg");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, given.operation, error);
    if (status == CRUDDUR_OK) {
        status = read_request(&entry, &given, &read);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = cr_get_message(dm->store, read.edit.user, &read.edit.group, &read.edit.name,
                                &entry.call, &row);
    }
    if (status == CRUDDUR_OK) {
        *ret_msg = (cruddur_msg *)row;
    }
    return cr_entry_end(&entry, status);
}

/* ---- its changes ---- */

static cruddur_status read_reaction(const char *given, cr_str *reaction, cruddur_error **error)
{
    static const char *const faults[] = {
        [CR_REACTION_NONE] = "must be one character; it is empty",
        [CR_REACTION_MANY] = "must be one character; it has more than one",
        [CR_REACTION_INVISIBLE] = "must be a visible character",
        [CR_REACTION_TOO_LONG] = "must be shorter: the character has too many bytes",
    };
    if (given == NULL) {
        return cr_fail_null(error, "reaction");
    }
    *reaction = cr_str_of(given);
    cr_reaction_fault fault = cr_reaction_check(*reaction);
    if (fault == CR_REACTION_NOT_UTF8) {
        return cr_fail_argument(error, CRUDDUR_E_NOT_UTF8, "reaction", "must be UTF-8");
    }
    return fault == CR_REACTION_GOOD
               ? CRUDDUR_OK
               : cr_fail_argument(error, CRUDDUR_E_REACTION, "reaction", "%s", faults[fault]);
}

/* What becomes of the message: a text, or a reaction. */
static cruddur_status read_content(const cruddur *dm, const request *given, cr_edit *edit,
                                   cruddur_error **error)
{
    edit->kind = given->kind;
    edit->is_added = given->is_added;
    switch (given->kind) {
    case CR_EDIT_TEXT:
        return cr_read_text("text", given->content, dm->options.max_text_chars, &edit->text, error);
    case CR_EDIT_REACT:
        return read_reaction(given->content, &edit->reaction, error);
    case CR_EDIT_DELETE:
        break;
    }
    return CRUDDUR_OK;
}

static cruddur_status change(cruddur *dm, const request *given, cruddur_msg **ret_msg,
                             bool *ret_changed, cruddur_error **error)
{
    arguments read;
    cr_entry entry;
    cr_packed_row *row = NULL;
    bool is_changed = false;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, given->operation, error);
    if (status == CRUDDUR_OK) {
        status = read_request(&entry, given, &read);
    }
    if (status == CRUDDUR_OK) {
        status = read_content(dm, given, &read.edit, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = cr_edit_message(dm->store, &read.edit, &entry.call, &row, &is_changed);
    }
    if (status == CRUDDUR_OK && ret_changed != NULL) {
        *ret_changed = is_changed;
    }
    if (status == CRUDDUR_OK && ret_msg != NULL) {
        *ret_msg = (cruddur_msg *)row;
        row = NULL;
    }
    free(row);
    return cr_entry_end(&entry, status);
}

cruddur_status cruddur_msg_edit(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                const char *message_uuid, const char *text,
                                const cruddur_msg_options *options, cruddur_msg **ret_msg,
                                bool *ret_changed, cruddur_error **error)
{
    const request given = {.operation = CRUDDUR_OP_MSG_EDIT,
                           .user_name = "user_uuid",
                           .user_uuid = user_uuid,
                           .group_uuid = group_uuid,
                           .message_uuid = message_uuid,
                           .options = options,
                           .kind = CR_EDIT_TEXT,
                           .content = text};
    return change(dm, &given, ret_msg, ret_changed, error);
}

cruddur_status cruddur_msg_delete(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                  const char *message_uuid, const cruddur_msg_options *options,
                                  cruddur_msg **ret_msg, bool *ret_changed, cruddur_error **error)
{
    const request given = {.operation = CRUDDUR_OP_MSG_DELETE,
                           .user_name = "user_uuid",
                           .user_uuid = user_uuid,
                           .group_uuid = group_uuid,
                           .message_uuid = message_uuid,
                           .options = options,
                           .kind = CR_EDIT_DELETE};
    return change(dm, &given, ret_msg, ret_changed, error);
}

cruddur_status cruddur_msg_react(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                 const char *message_uuid, const char *reaction, bool is_added,
                                 const cruddur_msg_options *options, cruddur_msg **ret_msg,
                                 bool *ret_changed, cruddur_error **error)
{
    const request given = {.operation = CRUDDUR_OP_MSG_REACT,
                           .user_name = "user_uuid",
                           .user_uuid = user_uuid,
                           .group_uuid = group_uuid,
                           .message_uuid = message_uuid,
                           .options = options,
                           .kind = CR_EDIT_REACT,
                           .content = reaction,
                           .is_added = is_added};
    return change(dm, &given, ret_msg, ret_changed, error);
}

/* ---- what a message tells of it ---- */

static const cr_packed_row *row_of(const cruddur_msg *msg)
{
    return (const cr_packed_row *)msg;
}

static cr_str reactions_of(const cruddur_msg *msg)
{
    return cr_str_of(cr_packed_get(row_of(msg), CR_REACTIONS));
}

static int64_t time_of(const cruddur_msg *msg, cr_attribute attribute)
{
    int64_t time_us = CRUDDUR_TIME_UNKNOWN;
    (void)cr_time_parse(cr_str_of(cr_packed_get_or_empty(row_of(msg), attribute)), &time_us);
    return time_us;
}

size_t cruddur_msg_reaction_count(const cruddur_msg *msg)
{
    size_t count = 0;
    cr_reaction reaction;
    for (cr_str rest = reactions_of(msg); cr_reactions_next(&rest, &reaction);) {
        count++;
    }
    return count;
}

bool cruddur_msg_reaction_at(const cruddur_msg *msg, size_t index, cruddur_reaction *ret_reaction)
{
    cr_reaction reaction;
    cr_str rest = reactions_of(msg);
    for (size_t i = 0; i <= index; i++) {
        if (!cr_reactions_next(&rest, &reaction)) {
            return false;
        }
    }
    *ret_reaction = (cruddur_reaction){.user_uuid = ""};
    memcpy(ret_reaction->user_uuid, reaction.user.data, reaction.user.size);
    memcpy(ret_reaction->text, reaction.text.data, reaction.text.size);
    return true;
}

const char *cruddur_msg_version(const cruddur_msg *msg)
{
    return cr_packed_get_or_empty(row_of(msg), CR_VERSION);
}

int64_t cruddur_msg_edited_at_us(const cruddur_msg *msg)
{
    return time_of(msg, CR_EDITED_AT);
}

int64_t cruddur_msg_deleted_at_us(const cruddur_msg *msg)
{
    return time_of(msg, CR_DELETED_AT);
}

int64_t cruddur_msg_expires_at_us(const cruddur_msg *msg)
{
    int64_t end_s = cr_expiry_read(cr_str_of(cr_packed_get(row_of(msg), CR_EXPIRES_AT)));
    return end_s == CR_EXPIRES_NEVER ? CRUDDUR_TIME_UNKNOWN : end_s * US_PER_S;
}

const char *cruddur_msg_reply_to(const cruddur_msg *msg)
{
    return cr_packed_get(row_of(msg), CR_REPLY_TO);
}

const char *cruddur_msg_data(const cruddur_msg *msg)
{
    return cr_packed_get(row_of(msg), CR_DATA);
}
