/* SPDX-License-Identifier: MIT */
#include "messaging/person.h"

#include "messaging/group.h"

/* ---- names ---- */

bool cr_row_has_other_names(const cr_row *row, const cr_person *person)
{
    return cr_row_names(row, &person->uuid) &&
           (!cr_str_equal(row->value[CR_DISPLAY_NAME], person->display_name) ||
            !cr_str_equal(row->value[CR_HANDLE], person->handle));
}

/* ---- rows that were found ---- */

static cruddur_status follow(cr_txn *txn, const cr_found_row *found, cr_row *row)
{
    cr_uuid owner;
    if (!cr_uuid_parse(cr_pk_suffix(found->key.pk), &owner)) {
        return CRUDDUR_OK;
    }
    cr_pk pk = cr_pk_of_member(&owner);
    return cr_group_search_partition(txn, found->group, &pk, CR_STR_ABSENT, row);
}

/* Another row of this change has the key: it was found at its old place and at its new one. */
static bool is_there_before(const cr_row *rows, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (cr_str_equal(rows[i].value[CR_PK], rows[index].value[CR_PK]) &&
            cr_str_equal(rows[i].value[CR_SK], rows[index].value[CR_SK])) {
            return true;
        }
    }
    return false;
}

/* Reads the rows. A group row that is not at its key any more is its member's newest of the group:
 * a message has moved it to a key that the walk has passed, perhaps. */
static cruddur_status read_found(cr_txn *txn, const cr_found_row *found, size_t count, cr_row *rows)
{
    cr_key keys[CR_PERSON_ROWS_MAX];
    for (size_t i = 0; i < count; i++) {
        keys[i] = found[i].key;
    }
    cruddur_status status = cr_check_transactions(txn);
    if (status == CRUDDUR_OK) {
        status = cr_rows_get_any(txn, keys, count, rows);
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        if (found[i].group.data != NULL && !cr_row_is_of_group(&rows[i], found[i].group)) {
            rows[i] = (cr_row){0};
            status = follow(txn, &found[i], &rows[i]);
        }
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        if (cr_row_exists(&rows[i]) && is_there_before(rows, i)) {
            rows[i] = (cr_row){0};
        }
    }
    return status;
}

/* ---- writing ---- */

static bool is_changed(const cr_row *before, const cr_row *after)
{
    for (int i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        bool is_same = (before->value[i].data == NULL) == (after->value[i].data == NULL) &&
                       cr_str_equal(before->value[i], after->value[i]);
        if (!is_same) {
            return true;
        }
    }
    return false;
}

/* Replaces a row that has become another one. A group row gets a fresh version, a message keeps the
 * one that it has: its content is the same. */
static cruddur_status replace(cr_txn *txn, const cr_row *before, cr_row *after, uint64_t *changed)
{
    if (!is_changed(before, after)) {
        return CRUDDUR_OK;
    }
    if (cr_row_kind(before) == CR_KIND_GROUP_ROW) {
        after->value[CR_VERSION] = cr_row_fresh_version(txn->arena);
        if (after->value[CR_VERSION].data == NULL) {
            return cr_fail_memory(txn->call->error);
        }
    }
    ++*changed;
    return txn->ops->replace(txn, before, after);
}

/* ---- renaming ---- */

typedef struct renaming {
    const cr_found_row *rows;
    size_t count;
    uint64_t changed; /* in the latest run */
} renaming;

static cruddur_status rename_body(cr_txn *txn, void *context)
{
    renaming *now = context;
    cr_row rows[CR_PERSON_ROWS_MAX];
    now->changed = 0;
    cruddur_status status = read_found(txn, now->rows, now->count, rows);
    for (size_t i = 0; status == CRUDDUR_OK && i < now->count; i++) {
        cr_row after = rows[i];
        if (cr_row_kind(&rows[i]) != CR_KIND_FOREIGN) {
            cr_row_name_author(&after, &now->rows[i].person);
            status = replace(txn, &rows[i], &after, &now->changed);
        }
    }
    return status;
}

cruddur_status cr_rename_rows(cr_store *store, const cr_found_row *rows, size_t count,
                              cr_call *call, uint64_t *changed)
{
    renaming now = {.rows = rows, .count = count};
    cruddur_status status = store->ops->change(store, rename_body, &now, call);
    *changed += status == CRUDDUR_OK ? now.changed : 0;
    return status;
}

/* ---- group rows of one whose data are erased ---- */

static bool is_own(const cr_erasure *erasure, const cr_row *row)
{
    cr_uuid owner;
    return cr_row_owner(row, &owner) && cr_uuid_compare(&owner, &erasure->person.uuid) == 0;
}

bool cr_erasure_concerns_group_row(const cr_erasure *erasure, const cr_row *row)
{
    bool may_show_text = !erasure->keeps_text && row->value[CR_TEXT].size > 0;
    return cr_row_kind(row) == CR_KIND_GROUP_ROW &&
           (may_show_text || is_own(erasure, row) || cr_row_has_other_names(row, &erasure->person));
}

bool cr_erasure_concerns_part(const cr_erasure *erasure, const cr_row *row, cr_uuid *group)
{
    cr_members members;
    cr_card card;
    const cr_uuid *user = &erasure->person.uuid;
    if (cr_is_card(row)) {
        cr_str pk = row->value[CR_PK];
        size_t prefix = sizeof("CARD#") - 1;
        return cr_uuid_parse((cr_str){pk.data + prefix, pk.size - prefix}, group) &&
               cr_card_read(row, &card) && cr_members_have(&card.members, user) &&
               !(card.is_closed && card.members.count == CRUDDUR_MEMBERS_MIN);
    }
    return cr_row_kind(row) == CR_KIND_GROUP_ROW &&
           (is_own(erasure, row) || cr_row_names(row, user) ||
            (cr_members_of_list(row, &members) && cr_members_have(&members, user))) &&
           cr_uuid_parse(row->value[CR_GROUP_UUID], group);
}

typedef struct erasing_rows {
    const cr_erasure *erasure;
    const cr_found_row *rows;
    size_t count;
    uint64_t changed; /* in the latest run */
} erasing_rows;

/* What decides about a group row beside the row itself: the message that it shows, and the card of
 * its group. Rows of one group have both in common, and no key may be asked for twice. */
typedef struct beside {
    cr_pk message_pk[CR_PERSON_ROWS_MAX];
    cr_card_pk card_pk[CR_PERSON_ROWS_MAX];
    cr_key key[2 * CR_PERSON_ROWS_MAX];
    cr_row found[2 * CR_PERSON_ROWS_MAX];
    size_t count;
    size_t message[CR_PERSON_ROWS_MAX]; /* of each group row, among those found */
    size_t card[CR_PERSON_ROWS_MAX];
} beside;

static size_t ask_for(beside *read, cr_key key)
{
    for (size_t i = 0; i < read->count; i++) {
        if (cr_str_equal(read->key[i].pk, key.pk) && cr_str_equal(read->key[i].sk, key.sk)) {
            return i;
        }
    }
    read->key[read->count] = key;
    return read->count++;
}

static cruddur_status read_beside(cr_txn *txn, const cr_row *rows, size_t count, beside *read)
{
    *read = (beside){.count = 0};
    for (size_t i = 0; i < count; i++) {
        cr_uuid group;
        if (cr_row_exists(&rows[i]) && cr_uuid_parse(rows[i].value[CR_GROUP_UUID], &group)) {
            read->message_pk[i] = cr_pk_of_group(&group);
            read->card_pk[i] = cr_card_pk_of(&group);
            read->message[i] =
                ask_for(read, (cr_key){cr_pk_str(&read->message_pk[i]), cr_row_place(&rows[i])});
            read->card[i] = ask_for(read, cr_card_key(&read->card_pk[i]));
        }
    }
    return read->count == 0 ? CRUDDUR_OK
                            : cr_rows_get_any(txn, read->key, read->count, read->found);
}

/* The card alone says who is a member: a row that another program has put back proves nothing. */
static bool is_strangers(const cr_erasure *erasure, const cr_row *row, const cr_row *card_row)
{
    cr_card card;
    return is_own(erasure, row) && cr_row_exists(card_row) && cr_card_read(card_row, &card) &&
           (card.is_removed || !cr_members_have(&card.members, &erasure->person.uuid));
}

static bool shows_erased_text(const cr_erasure *erasure, const cr_row *message)
{
    return !erasure->keeps_text && cr_row_kind(message) == CR_KIND_MESSAGE &&
           cr_row_names(message, &erasure->person.uuid) && message->value[CR_TEXT].size == 0;
}

static cruddur_status erase_group_row(cr_txn *txn, erasing_rows *now, const cr_row *row,
                                      const cr_row *message)
{
    cr_row after = *row;
    const cr_erasure *erasure = now->erasure;
    if (is_own(erasure, row)) {
        after.value[CR_MUTED_UNTIL] = CR_STR_ABSENT;
        after.value[CR_ARCHIVED] = CR_STR_ABSENT;
        after.value[CR_PINNED] = CR_STR_ABSENT;
    }
    cr_row_name_author(&after, &erasure->person);
    if (shows_erased_text(erasure, message)) {
        after.value[CR_TEXT] = cr_str_of("");
    }
    return replace(txn, row, &after, &now->changed);
}

/* Removals are stated last. */
static cruddur_status erase_some(cr_txn *txn, erasing_rows *now, const cr_row *rows,
                                 const beside *read, bool strangers)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < now->count; i++) {
        const cr_row *row = &rows[i];
        if (!cr_row_exists(row) ||
            is_strangers(now->erasure, row, &read->found[read->card[i]]) != strangers) {
            continue;
        }
        if (strangers) {
            now->changed++;
            status = txn->ops->remove(txn, row);
        } else {
            status = erase_group_row(txn, now, row, &read->found[read->message[i]]);
        }
    }
    return status;
}

static cruddur_status erase_group_rows_body(cr_txn *txn, void *context)
{
    erasing_rows *now = context;
    cr_row rows[CR_PERSON_ROWS_MAX];
    beside read;
    now->changed = 0;
    cruddur_status status = read_found(txn, now->rows, now->count, rows);
    if (status == CRUDDUR_OK) {
        status = read_beside(txn, rows, now->count, &read);
    }
    if (status == CRUDDUR_OK) {
        status = erase_some(txn, now, rows, &read, false);
    }
    return status == CRUDDUR_OK ? erase_some(txn, now, rows, &read, true) : status;
}

cruddur_status cr_erase_group_rows(cr_store *store, const cr_erasure *erasure,
                                   const cr_found_row *rows, size_t count, cr_call *call,
                                   uint64_t *changed)
{
    erasing_rows now = {.erasure = erasure, .rows = rows, .count = count};
    cruddur_status status = store->ops->change(store, erase_group_rows_body, &now, call);
    *changed += status == CRUDDUR_OK ? now.changed : 0;
    return status;
}
