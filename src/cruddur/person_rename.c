/* SPDX-License-Identifier: MIT */
/* The copies of names, brought up to date. Messages come first: what moves the rows of inboxes
 * meanwhile takes names from them. */
#include "cruddur/people.h"
#include "messaging/purge.h"

typedef struct renaming {
    cruddur_person_lookup_fn lookup;
    void *data;
} renaming;

/* The names that the row has, until they are looked up. */
static bool keep_names(cr_person_walk *walk, const cr_row *row, cr_found_row *found)
{
    static const cr_attribute attributes[] = {CR_DISPLAY_NAME, CR_HANDLE};
    cr_str *names[] = {&found->person.display_name, &found->person.handle};
    for (size_t i = 0; i < 2; i++) {
        cr_str value = row->value[attributes[i]];
        *names[i] = value.data == NULL ? value : cr_arena_copy(&walk->arena, value);
        if (value.data != NULL && names[i]->data == NULL) {
            return false;
        }
    }
    return true;
}

static bool look_for(cr_person_walk *walk, cr_kind kind, const cr_row *row, cr_found_row *found,
                     bool *is_wanted)
{
    *is_wanted =
        cr_row_kind(row) == kind && cr_uuid_parse(row->value[CR_USER_UUID], &found->person.uuid);
    if (!*is_wanted) {
        return true;
    }
    if (kind == CR_KIND_GROUP_ROW) {
        found->group = cr_arena_copy(&walk->arena, row->value[CR_GROUP_UUID]);
    }
    return (kind != CR_KIND_GROUP_ROW || found->group.data != NULL) && keep_names(walk, row, found);
}

static bool look_for_message(cr_person_walk *walk, const cr_row *row, cr_found_row *found,
                             bool *is_wanted)
{
    return look_for(walk, CR_KIND_MESSAGE, row, found, is_wanted);
}

static bool look_for_group_row(cr_person_walk *walk, const cr_row *row, cr_found_row *found,
                               bool *is_wanted)
{
    return look_for(walk, CR_KIND_GROUP_ROW, row, found, is_wanted);
}

/* ---- the names of now ---- */

/* People whose names were looked up for this part of the table. */
typedef struct known {
    cr_person *person[CR_PART_ROWS];
    size_t count;
} known;

static cruddur_status read_name(cr_person_walk *walk, const char *argument, const char *given,
                                cr_str *name)
{
    cruddur_status status = cr_read_name(argument, given, name, walk->call->error);
    if (status == CRUDDUR_OK && name->data != NULL) {
        *name = cr_arena_copy(&walk->arena, *name);
        status = name->data == NULL ? cr_fail_memory(walk->call->error) : CRUDDUR_OK;
    }
    return status;
}

static cruddur_status look_up(cr_person_walk *walk, cr_person *person)
{
    const renaming *now = walk->context;
    cruddur_user user = CRUDDUR_USER_INIT;
    person->display_name = person->handle = CR_STR_ABSENT;
    if (!now->lookup(now->data, person->uuid.text, &user)) {
        return CRUDDUR_OK;
    }
    cruddur_status status =
        read_name(walk, "user.display_name", user.display_name, &person->display_name);
    return status == CRUDDUR_OK ? read_name(walk, "user.handle", user.handle, &person->handle)
                                : status;
}

static cruddur_status find_names(cr_person_walk *walk, known *people, const cr_uuid *uuid,
                                 const cr_person **person)
{
    for (size_t i = people->count; i > 0; i--) {
        if (cr_uuid_compare(&people->person[i - 1]->uuid, uuid) == 0) {
            *person = people->person[i - 1];
            return CRUDDUR_OK;
        }
    }
    cr_person *looked_up = cr_arena_alloc(&walk->arena, sizeof(*looked_up));
    if (looked_up == NULL) {
        return cr_fail_memory(walk->call->error);
    }
    looked_up->uuid = *uuid;
    people->person[people->count++] = looked_up;
    *person = looked_up;
    return look_up(walk, looked_up);
}

static bool is_same(cr_str wanted, cr_str before)
{
    return wanted.data == NULL || (before.data != NULL && cr_str_equal(wanted, before));
}

/* Of the rows that wait only those stay whose names are to change. */
static cruddur_status choose(cr_person_walk *walk)
{
    known people = {.count = 0};
    size_t count = 0;
    for (size_t i = 0; i < walk->waiting_count; i++) {
        cr_found_row *found = &walk->waiting[i];
        const cr_person *person = NULL;
        cruddur_status status = find_names(walk, &people, &found->person.uuid, &person);
        if (status != CRUDDUR_OK || person == NULL) {
            return status;
        }
        bool is_up_to_date = is_same(person->display_name, found->person.display_name) &&
                             is_same(person->handle, found->person.handle);
        if (!is_up_to_date) {
            walk->waiting[count] = *found;
            walk->waiting[count++].person = *person;
        }
    }
    walk->waiting_count = count;
    return CRUDDUR_OK;
}

/* ---- changes ---- */

static cruddur_status change_messages(cr_person_walk *walk, const cr_found_row *rows, size_t count,
                                      cr_call *call)
{
    return cr_rename_rows(walk->dm->store, rows, count, call, &walk->counts.messages);
}

static cruddur_status change_group_rows(cr_person_walk *walk, const cr_found_row *rows,
                                        size_t count, cr_call *call)
{
    return cr_rename_rows(walk->dm->store, rows, count, call, &walk->counts.inbox_rows);
}

static cruddur_status rename_messages(cr_person_walk *walk)
{
    cruddur_status status = choose(walk);
    return status == CRUDDUR_OK ? cr_person_change_waiting(walk, change_messages, false) : status;
}

static cruddur_status rename_group_rows(cr_person_walk *walk)
{
    cruddur_status status = choose(walk);
    return status == CRUDDUR_OK ? cr_person_change_waiting(walk, change_group_rows, false) : status;
}

/* ---- the call ---- */

static cruddur_status rename_all(const cruddur *dm, renaming *now,
                                 const cruddur_person_options *options, cr_call *call)
{
    static const cr_person_pass passes[] = {{look_for_message, rename_messages},
                                            {look_for_group_row, rename_group_rows}};
    size_t skipped = (options->flags & CRUDDUR_PERSON_MESSAGES) != 0 ? 0 : 1;
    cr_person_walk walk = {.dm = dm,
                           .call = call,
                           .options = options,
                           .passes = passes + skipped,
                           .pass_count = 2 - skipped,
                           .subject = cr_str_of(skipped == 0 ? "rename-messages" : "rename"),
                           .context = now};
    call->consistency = CRUDDUR_CONSISTENCY_STRONG;
    cruddur_status status = cr_purge_check(dm->store, call);
    if (status == CRUDDUR_OK) {
        status = cr_person_walk_run(&walk);
    }
    if (status == CRUDDUR_OK && !walk.is_stopped) {
        cr_person_tell_end(&walk);
    }
    return status;
}

cruddur_status cruddur_person_rename(cruddur *dm, cruddur_person_lookup_fn lookup,
                                     void *lookup_data, const cruddur_person_options *given,
                                     cruddur_error **error)
{
    cruddur_person_options options;
    cr_entry entry;
    renaming now = {lookup, lookup_data};
    if (dm == NULL || lookup == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : "lookup");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_PERSON_RENAME, error);
    if (status == CRUDDUR_OK) {
        status = cr_person_read_options(given, CRUDDUR_PERSON_MESSAGES, &options, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = rename_all(dm, &now, &options, &entry.call);
    }
    return cr_entry_end(&entry, status);
}
