/* SPDX-License-Identifier: MIT */
/* Erasing the data of one person: three walks over the table. The first keeps new messages out, so
 * that the second misses none; names are taken out of inboxes last, as a writer may still have read
 * them in a message before. */
#include "cruddur/people.h"
#include "messaging/purge.h"
#include "messaging/regroup.h"
#include "model/card.h"

#include <inttypes.h>
#include <stdio.h>

static const cr_erasure *erasure_of(const cr_person_walk *walk)
{
    return walk->context;
}

/* ---- the person's part in groups ---- */

static bool is_foreign_in_inbox(const cr_person_walk *walk, const cr_row *row)
{
    cr_pk pk = cr_pk_of_member(&erasure_of(walk)->person.uuid);
    return cr_str_equal(row->value[CR_PK], cr_pk_str(&pk)) && cr_row_kind(row) == CR_KIND_FOREIGN;
}

static bool waits_already(const cr_person_walk *walk, cr_str group)
{
    for (size_t i = 0; i < walk->waiting_count; i++) {
        if (cr_str_equal(walk->waiting[i].group, group)) {
            return true;
        }
    }
    return false;
}

static bool look_for_part(cr_person_walk *walk, const cr_row *row, cr_found_row *found,
                          bool *is_wanted)
{
    cr_uuid group;
    walk->counts.foreign += is_foreign_in_inbox(walk, row) ? 1 : 0;
    *is_wanted = cr_erasure_concerns_part(erasure_of(walk), row, &group) &&
                 !waits_already(walk, cr_uuid_str(&group));
    if (*is_wanted) {
        found->group = cr_arena_copy(&walk->arena, cr_uuid_str(&group));
    }
    return !*is_wanted || found->group.data != NULL;
}

/* A group whose rows contradict each other cannot be changed; what its rows say of the person is
 * erased all the same. */
static cruddur_status end_part(cr_person_walk *walk, cr_str text)
{
    cr_uuid group;
    bool is_changed = false;
    cruddur_error *error = NULL;
    cr_call call = cr_parts_call(&walk->parts, &error);
    (void)cr_uuid_parse(text, &group); /* it was one */
    cruddur_status status = cr_group_end_part(walk->dm->store, &erasure_of(walk)->person.uuid,
                                              &group, &call, &is_changed);
    walk->counts.groups += is_changed ? 1 : 0;
    walk->counts.skipped += status == CRUDDUR_E_STORE_DAMAGED ? 1 : 0;
    if (status == CRUDDUR_E_STORE_DAMAGED || status == CRUDDUR_E_GROUP_NOT_FOUND) {
        status = CRUDDUR_OK;
    }
    cr_parts_end_call(&walk->parts, &call, error, status != CRUDDUR_OK);
    return status;
}

static cruddur_status end_parts(cr_person_walk *walk)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < walk->waiting_count; i++) {
        status = end_part(walk, walk->waiting[i].group);
    }
    return status;
}

/* ---- messages ---- */

static bool look_for_message(cr_person_walk *walk, const cr_row *row, cr_found_row *found,
                             bool *is_wanted)
{
    (void)found;
    *is_wanted = cr_erasure_concerns_message(erasure_of(walk), row);
    return true;
}

static cruddur_status change_messages(cr_person_walk *walk, const cr_found_row *rows, size_t count,
                                      cr_call *call)
{
    cr_uuid group;
    (void)cr_uuid_parse(cr_pk_suffix(rows->key.pk), &group); /* a message's key has one */
    return cr_erase_messages(walk->dm->store, erasure_of(walk), &group, rows, count, call,
                             &walk->counts.messages);
}

static cruddur_status erase_messages(cr_person_walk *walk)
{
    return cr_person_change_waiting(walk, change_messages, true);
}

/* ---- inboxes ---- */

static bool look_for_group_row(cr_person_walk *walk, const cr_row *row, cr_found_row *found,
                               bool *is_wanted)
{
    *is_wanted = cr_erasure_concerns_group_row(erasure_of(walk), row);
    if (*is_wanted) {
        found->group = cr_arena_copy(&walk->arena, row->value[CR_GROUP_UUID]);
    }
    return !*is_wanted || found->group.data != NULL;
}

static cruddur_status change_group_rows(cr_person_walk *walk, const cr_found_row *rows,
                                        size_t count, cr_call *call)
{
    return cr_erase_group_rows(walk->dm->store, erasure_of(walk), rows, count, call,
                               &walk->counts.inbox_rows);
}

static cruddur_status erase_group_rows(cr_person_walk *walk)
{
    return cr_person_change_waiting(walk, change_group_rows, false);
}

/* ---- the call ---- */

/* What was deleted stays in an SQLite file, until the file is rewritten. */
static cruddur_status scrub(cr_person_walk *walk)
{
    cr_store *store = walk->dm->store;
    if (walk->is_stopped || store->ops->scrub == NULL) {
        return CRUDDUR_OK;
    }
    cruddur_error *error = NULL;
    cr_call call = cr_parts_call(&walk->parts, &error);
    cruddur_status status = store->ops->scrub(store, &call);
    cr_parts_end_call(&walk->parts, &call, error, status != CRUDDUR_OK);
    return status;
}

static cruddur_status fail_skipped(const cr_person_walk *walk)
{
    return cr_fail_with(walk->call->error, CRUDDUR_E_STORE_DAMAGED,
                        "all else is erased, but %" PRIu64 " groups whose rows contradict each "
                        "other were skipped: check the table, mend them, and erase the person "
                        "again",
                        walk->counts.skipped);
}

static cruddur_status erase(const cruddur *dm, cr_erasure *erasure,
                            const cruddur_person_options *options, cr_call *call)
{
    static const cr_person_pass passes[] = {{look_for_part, end_parts},
                                            {look_for_message, erase_messages},
                                            {look_for_group_row, erase_group_rows}};
    char subject[sizeof("erase-text-") + CRUDDUR_UUID_SIZE];
    erasure->keeps_text = (options->flags & CRUDDUR_PERSON_KEEP_TEXT) != 0;
    erasure->person.display_name = cr_str_of(CR_ERASED_NAME);
    erasure->person.handle = cr_str_of(CR_ERASED_HANDLE);
    (void)snprintf(subject, sizeof(subject), "erase-%s%s", erasure->keeps_text ? "" : "text-",
                   erasure->person.uuid.text);
    cr_person_walk walk = {.dm = dm,
                           .call = call,
                           .options = options,
                           .passes = passes,
                           .pass_count = sizeof(passes) / sizeof(passes[0]),
                           .subject = cr_str_of(subject),
                           .context = erasure};
    call->consistency = CRUDDUR_CONSISTENCY_STRONG;
    cruddur_status status = cr_purge_check(dm->store, call);
    if (status == CRUDDUR_OK) {
        status = cr_person_walk_run(&walk);
    }
    if (status == CRUDDUR_OK) {
        status = scrub(&walk);
    }
    if (status == CRUDDUR_OK && !walk.is_stopped) {
        cr_person_tell_end(&walk);
        status = walk.counts.skipped > 0 ? fail_skipped(&walk) : CRUDDUR_OK;
    }
    return status;
}

cruddur_status cruddur_person_erase(cruddur *dm, const char *user_uuid,
                                    const cruddur_person_options *given, cruddur_error **error)
{
    cruddur_person_options options;
    cr_erasure erasure;
    cr_entry entry;
    if (dm == NULL || user_uuid == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : "user_uuid");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_PERSON_ERASE, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid("user_uuid", user_uuid, &erasure.person.uuid, entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status =
            cr_person_read_options(given, CRUDDUR_PERSON_KEEP_TEXT, &options, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = erase(dm, &erasure, &options, &entry.call);
    }
    return cr_entry_end(&entry, status);
}
