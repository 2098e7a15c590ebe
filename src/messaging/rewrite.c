/* SPDX-License-Identifier: MIT */
#include "messaging/rewrite.h"

/* Reads the rows of a healthy group: every member's has the head's sort key. */
static cruddur_status get_rows(cr_txn *txn, const cr_row *head, cr_str group, cr_inboxes *inboxes)
{
    cr_key keys[CRUDDUR_MEMBERS_MAX] = {0};
    size_t count = inboxes->members.count;
    for (size_t i = 0; i < count; i++) {
        keys[i] = (cr_key){cr_pk_str(&inboxes->pk[i]), head->value[CR_SK]};
    }
    cruddur_status status = txn->ops->get(txn, keys, count, inboxes->row);
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        if (!cr_str_equal(inboxes->row[i].value[CR_GROUP_UUID], group)) {
            inboxes->row[i] = (cr_row){0};
        }
    }
    return status;
}

static bool is_healthy(const cr_inboxes *inboxes)
{
    for (size_t i = 0; i < inboxes->members.count; i++) {
        if (!cr_row_exists(&inboxes->row[i])) {
            return false;
        }
    }
    return true;
}

/* The member whose row this is; the member count for somebody else's. */
static size_t owner_of(const cr_inboxes *inboxes, const cr_row *row)
{
    cr_uuid owner;
    return cr_uuid_parse(cr_pk_suffix(row->value[CR_PK]), &owner)
               ? cr_members_find(&inboxes->members, &owner)
               : inboxes->members.count;
}

static void keep_newer(cr_row *kept, const cr_row *row)
{
    if (!cr_row_exists(kept) || cr_str_compare(kept->value[CR_SK], row->value[CR_SK]) < 0) {
        *kept = *row;
    }
}

static bool has_key_of(const cr_group_rows *rows, const cr_row *row)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (cr_str_equal(rows->row[i].value[CR_PK], row->value[CR_PK]) &&
            cr_str_equal(rows->row[i].value[CR_SK], row->value[CR_SK])) {
            return true;
        }
    }
    return false;
}

/* A member count of rows, all with the head's key, is as it should be. */
static bool is_orderly(const cr_group_rows *found, const cr_row *head, const cr_inboxes *inboxes)
{
    for (size_t i = 0; i < found->count; i++) {
        if (!cr_str_equal(found->row[i].value[CR_SK], head->value[CR_SK])) {
            return false;
        }
    }
    return found->count == inboxes->members.count;
}

/* Takes whatever rows the group has: of each member the newest counts, and all of them go. Of very
 * many, what one change has no room for is left to the next. */
static cruddur_status take_rows(cr_txn *txn, const cr_group_rows *found, cr_inboxes *inboxes)
{
    size_t room = CR_CHANGE_WRITES_MAX - 1 - inboxes->members.count;
    for (size_t i = 0; i < found->count && inboxes->old.count < room; i++) {
        size_t owner = owner_of(inboxes, &found->row[i]);
        if (owner == inboxes->members.count) {
            continue;
        }
        keep_newer(&inboxes->row[owner], &found->row[i]);
        if (!cr_group_rows_add(&inboxes->old, &found->row[i])) {
            return cr_fail_memory(txn->call->error);
        }
    }
    return CRUDDUR_OK;
}

/* Reads all group rows by the index, and the one that is known, whose index entry may lag behind.
 */
static cruddur_status search_rows(cr_txn *txn, const cr_row *head, const cr_row *group_row,
                                  cr_inboxes *inboxes)
{
    cr_uuid group;
    cr_group_rows found;
    if (!cr_uuid_parse(group_row->value[CR_GROUP_UUID], &group)) {
        return cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                            "a group row's message_group_uuid is no uuid");
    }
    cruddur_status status = cr_group_read_index(txn, &group, &found);
    if (status == CRUDDUR_OK && !has_key_of(&found, group_row) &&
        !cr_group_rows_add(&found, group_row)) {
        status = cr_fail_memory(txn->call->error);
    }
    if (status == CRUDDUR_OK && !is_orderly(&found, head, inboxes)) {
        cr_log_line(&txn->call->logger, CRUDDUR_LOG_WARNING,
                    "group %s: its group rows disagree; the next write sets them right",
                    group.text);
    }
    return status == CRUDDUR_OK ? take_rows(txn, &found, inboxes) : status;
}

cruddur_status cr_inboxes_read(cr_txn *txn, const cr_row *head, const cr_row *group_row,
                               cr_inboxes *inboxes)
{
    inboxes->old = (cr_group_rows){.arena = txn->arena};
    if (!cr_members_of_row(group_row, &inboxes->members)) {
        return cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                            "a row of group %.*s does not tell its members",
                            CR_STR_ARGS(group_row->value[CR_GROUP_UUID]));
    }
    for (size_t i = 0; i < inboxes->members.count; i++) {
        inboxes->pk[i] = cr_pk_of_member(&inboxes->members.uuid[i]);
        inboxes->row[i] = (cr_row){0};
    }
    /* An index that is fresh and cheap also shows what does not belong there. */
    if ((txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0) {
        return search_rows(txn, head, group_row, inboxes);
    }
    cruddur_status status = get_rows(txn, head, group_row->value[CR_GROUP_UUID], inboxes);
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (!is_healthy(inboxes)) {
        return search_rows(txn, head, group_row, inboxes);
    }
    inboxes->old =
        (cr_group_rows){inboxes->row, inboxes->members.count, CRUDDUR_MEMBERS_MAX, txn->arena};
    return CRUDDUR_OK;
}

cr_person cr_inboxes_person(const cr_inboxes *inboxes, const cr_uuid *uuid)
{
    for (size_t i = 0; i < inboxes->members.count; i++) {
        const cr_row *row = &inboxes->row[i];
        if (cr_str_equal(row->value[CR_USER_UUID], cr_uuid_str(uuid))) {
            return (cr_person){*uuid, row->value[CR_DISPLAY_NAME], row->value[CR_HANDLE]};
        }
    }
    return (cr_person){*uuid, CR_STR_ABSENT, CR_STR_ABSENT};
}

/* A member without a row gets one: what all rows of the group share is taken from any other. */
static cr_row make_row(const cr_inboxes *inboxes, size_t member)
{
    size_t other = cr_members_next(&inboxes->members, member);
    cr_row row = {0};
    for (size_t i = 0; i < inboxes->members.count && !cr_row_exists(&row); i++) {
        row = inboxes->row[i];
    }
    row.value[CR_PK] = cr_pk_str(&inboxes->pk[member]);
    row.value[CR_USER_UUID] = cr_uuid_str(&inboxes->members.uuid[other]);
    row.value[CR_DISPLAY_NAME] = cr_str_of("");
    row.value[CR_HANDLE] = cr_str_of("");
    row.value[CR_OTHERS] = CR_STR_ABSENT;
    return row;
}

static void name_author(cr_row *row, const cr_person *author)
{
    if (!cr_str_equal(row->value[CR_USER_UUID], cr_uuid_str(&author->uuid))) {
        return;
    }
    if (author->display_name.data != NULL) {
        row->value[CR_DISPLAY_NAME] = author->display_name;
    }
    if (author->handle.data != NULL) {
        row->value[CR_HANDLE] = author->handle;
    }
}

cr_row cr_inboxes_moved(const cr_inboxes *inboxes, size_t member, const cr_person *author,
                        const cr_row *message)
{
    cr_row row =
        cr_row_exists(&inboxes->row[member]) ? inboxes->row[member] : make_row(inboxes, member);
    row.value[CR_SK] = message->value[CR_SK];
    row.value[CR_TEXT] = message->value[CR_TEXT];
    name_author(&row, author);
    return row;
}

cruddur_status cr_inboxes_rewrite(cr_txn *txn, const cr_inboxes *inboxes, const cr_person *author,
                                  const cr_row *message)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; i < inboxes->old.count; i++) {
        if (cr_str_equal(inboxes->old.row[i].value[CR_SK], message->value[CR_SK])) {
            return CRUDDUR_E_CONFLICT; /* one write a key: plan again with another */
        }
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < inboxes->members.count; i++) {
        cr_row moved = cr_inboxes_moved(inboxes, i, author, message);
        status = txn->ops->put(txn, &moved);
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < inboxes->old.count; i++) {
        status = txn->ops->remove(txn, &inboxes->old.row[i]);
    }
    return status;
}
