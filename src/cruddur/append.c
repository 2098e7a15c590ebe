/* SPDX-License-Identifier: MIT */
/* Pattern D: appending to a group. */
#include "cruddur/append.h"

#include <stdlib.h>

#include "base/clock.h"

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

static cruddur_status read_draft(const cruddur *dm, const cr_append_arguments *given,
                                 const cruddur_append_options *options, cr_draft *draft,
                                 cruddur_error **error)
{
    static const cr_user_names names = {"author", "author.uuid", "author.display_name",
                                        "author.handle"};
    cruddur_status status = cr_read_user(&names, given->author, &draft->author, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid("group_uuid", given->group_uuid, &draft->group, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_text("text", given->text, dm->options.max_text_chars, &draft->text, error);
    }
    return status == CRUDDUR_OK ? read_append_options(dm, options, draft, error) : status;
}

cruddur_status cr_appending_begin(cr_appending *now, const cruddur *dm,
                                  const cr_append_arguments *given, cruddur_error **error)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cr_entry *entry = &now->entry;
    now->send = (cr_send){.draft = &now->draft};
    cruddur_status status = cr_entry_begin(entry, dm, CRUDDUR_OP_MSG_APPEND, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given->options, &options,
                                CR_STRUCT_0_2(APPEND_OPTIONS, options), entry->call.error);
    }
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(entry, options.timeout_ms);
        status = read_draft(dm, given, &options, &now->draft, entry->call.error);
    }
    return cr_entry_checked(entry, status);
}

static cruddur_status end(cr_appending *now, cruddur_status status, cr_packed_row *row,
                          cruddur_msg **ret_msg)
{
    if (status == CRUDDUR_OK && ret_msg != NULL) {
        *ret_msg = (cruddur_msg *)row;
    } else {
        free(row);
    }
    return cr_entry_end(&now->entry, status);
}

cruddur_status cr_appending_run(cr_appending *now, cruddur_msg **ret_msg)
{
    cr_packed_row *row = NULL;
    cruddur_status status = cr_append(now->entry.dm->store, &now->send, &now->entry.call, &row);
    return end(now, status, row, ret_msg);
}

cruddur_status cruddur_msg_append(cruddur *dm, const cruddur_user *author, const char *group_uuid,
                                  const char *text, const cruddur_append_options *options,
                                  cruddur_msg **ret_msg, cruddur_error **error)
{
    cr_appending now;
    const cr_append_arguments given = {author, group_uuid, text, options};
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = cr_appending_begin(&now, dm, &given, error);
    return status == CRUDDUR_OK ? cr_appending_run(&now, ret_msg)
                                : end(&now, status, NULL, ret_msg);
}
