/* SPDX-License-Identifier: MIT */
#include "messaging/rewrite.h"

/* How many messages behind the group rows are looked at for the names of their authors, and how
 * many there are in most cases. */
#define NEWS_MAX 1000
#define NEWS_EXPECTED 100

/* The member whose row this is; the member count for somebody else's. */
static size_t owner_of(const cr_inboxes *inboxes, const cr_row *row)
{
    cr_uuid owner;
    return cr_uuid_parse(cr_pk_suffix(row->value[CR_PK]), &owner)
               ? cr_members_find(&inboxes->members, &owner)
               : inboxes->members.count;
}

/* Reads the group row that each member has at a sort key, but of the member `known`: in a healthy
 * group, at the head's. */
static cruddur_status get_rows(cr_txn *txn, cr_str sk, cr_str group, const cr_inboxes *inboxes,
                               size_t known, cr_row *rows)
{
    cr_key keys[CRUDDUR_MEMBERS_MAX] = {0};
    cr_row found[CRUDDUR_MEMBERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < inboxes->members.count; i++) {
        if (i != known) {
            keys[count++] = (cr_key){cr_pk_str(&inboxes->pk[i]), sk};
        }
    }
    cruddur_status status = cr_rows_get(txn, group, keys, count, found);
    size_t next = 0;
    for (size_t i = 0; status == CRUDDUR_OK && i < inboxes->members.count; i++) {
        if (i != known) {
            rows[i] = found[next++];
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

static void keep_newer(cr_row *kept, const cr_row *row)
{
    if (!cr_row_exists(kept) || cr_str_compare(kept->value[CR_SK], row->value[CR_SK]) < 0) {
        *kept = *row;
    }
}

static bool has_key_of(const cr_rows *rows, const cr_row *row)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (cr_str_equal(rows->row[i].value[CR_PK], row->value[CR_PK]) &&
            cr_str_equal(rows->row[i].value[CR_SK], row->value[CR_SK])) {
            return true;
        }
    }
    return false;
}

static bool add_once(cr_rows *rows, const cr_row *row)
{
    return has_key_of(rows, row) || cr_rows_add(rows, row);
}

/* Reads rows that the index told of from the table itself: they may have moved on, or changed. */
static cruddur_status refresh(cr_txn *txn, cr_rows *rows, cr_str group)
{
    cr_key *keys = cr_arena_alloc(txn->arena, (rows->count + 1) * sizeof(*keys));
    cr_row *fresh = cr_arena_alloc(txn->arena, (rows->count + 1) * sizeof(*fresh));
    if (keys == NULL || fresh == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    for (size_t i = 0; i < rows->count; i++) {
        keys[i] = cr_row_key(&rows->row[i]);
    }
    cruddur_status status = cr_rows_get(txn, group, keys, rows->count, fresh);
    size_t kept = 0;
    for (size_t i = 0; status == CRUDDUR_OK && i < rows->count; i++) {
        if (cr_row_exists(&fresh[i])) {
            rows->row[kept++] = fresh[i];
        }
    }
    rows->count = status == CRUDDUR_OK ? kept : rows->count;
    return status;
}

/* Adds the rows that an index lags behind with: those read by key, and for members that still have
 * none whatever their partitions hold. */
static cruddur_status find_beside_index(cr_txn *txn, cr_str group, const cr_inboxes *inboxes,
                                        cr_rows *found)
{
    bool has_row[CRUDDUR_MEMBERS_MAX] = {false};
    for (size_t i = 0; i < found->count; i++) {
        size_t owner = owner_of(inboxes, &found->row[i]);
        if (owner < inboxes->members.count) {
            has_row[owner] = true;
        }
    }
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < inboxes->members.count; i++) {
        cr_row row = inboxes->row[i];
        if (!cr_row_exists(&row) && !has_row[i]) {
            status = cr_group_search_partition(txn, group, &inboxes->pk[i], CR_STR_ABSENT, &row);
        }
        if (status == CRUDDUR_OK && cr_row_exists(&row) && !add_once(found, &row)) {
            status = cr_fail_memory(txn->call->error);
        }
    }
    return status;
}

/* Reads every group row of the group: by the index, and what that may not show yet. */
static cruddur_status find_rows(cr_txn *txn, const cr_uuid *group, const cr_row *group_row,
                                const cr_inboxes *inboxes, cr_rows *found)
{
    cruddur_status status = cr_group_read_index(txn, group, found);
    if (status == CRUDDUR_OK && !add_once(found, group_row)) {
        status = cr_fail_memory(txn->call->error);
    }
    if (status != CRUDDUR_OK || (txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0) {
        return status;
    }
    status = refresh(txn, found, cr_uuid_str(group));
    return status == CRUDDUR_OK ? find_beside_index(txn, cr_uuid_str(group), inboxes, found)
                                : status;
}

/* Between two changes all rows of a group have the same sort key, in the healthy case. */
static bool is_at_rest(const cr_txn *txn)
{
    return (txn->traits & (CR_TRAIT_ATOMIC | CR_TRAIT_STREAMED)) == CR_TRAIT_ATOMIC;
}

/* A member count of rows, all with the head's key, is as it should be. */
static bool is_orderly(const cr_rows *found, const cr_row *head, const cr_inboxes *inboxes)
{
    for (size_t i = 0; i < found->count; i++) {
        if (!cr_str_equal(found->row[i].value[CR_SK], head->value[CR_SK])) {
            return false;
        }
    }
    return found->count == inboxes->members.count;
}

/* Takes whatever rows the group has: of each member the newest counts, and all of them go. */
static cruddur_status take_rows(cr_txn *txn, const cr_rows *found, cr_inboxes *inboxes)
{
    for (size_t i = 0; i < found->count; i++) {
        size_t owner = owner_of(inboxes, &found->row[i]);
        if (owner == inboxes->members.count) {
            continue;
        }
        keep_newer(&inboxes->row[owner], &found->row[i]);
        if (!add_once(&inboxes->old, &found->row[i])) {
            return cr_fail_memory(txn->call->error);
        }
    }
    return CRUDDUR_OK;
}

static cruddur_status search_rows(cr_txn *txn, const cr_uuid *group, const cr_row *head,
                                  const cr_row *group_row, cr_inboxes *inboxes)
{
    cr_rows found;
    cruddur_status status = find_rows(txn, group, group_row, inboxes, &found);
    /* Elsewhere a disorder passes by itself. */
    if (status == CRUDDUR_OK && is_at_rest(txn) && !is_orderly(&found, head, inboxes)) {
        cr_log_line(&txn->call->logger, CRUDDUR_LOG_WARNING,
                    "group %s: its group rows disagree; the next write sets them right",
                    group->text);
    }
    return status == CRUDDUR_OK ? take_rows(txn, &found, inboxes) : status;
}

/* Reads the rows where a healthy group has them. Those of a group that has moved on meanwhile are
 * not worth a search. */
static cruddur_status read_healthy(cr_txn *txn, const cr_uuid *group, const cr_row *head,
                                   const cr_row *group_row, cr_inboxes *inboxes, bool *healthy)
{
    cruddur_status status = CRUDDUR_OK;
    size_t known = inboxes->members.count;
    *healthy = cr_str_equal(group_row->value[CR_SK], head->value[CR_SK]);
    if (*healthy) {
        known = owner_of(inboxes, group_row);
        inboxes->row[known] = *group_row;
    }
    if (*healthy || !is_at_rest(txn)) {
        status =
            get_rows(txn, head->value[CR_SK], cr_uuid_str(group), inboxes, known, inboxes->row);
        *healthy = status == CRUDDUR_OK && is_healthy(inboxes);
    }
    return status == CRUDDUR_OK && !*healthy && is_at_rest(txn)
               ? cr_group_check_head(txn, group, head)
               : status;
}

static cruddur_status read_rows(cr_txn *txn, const cr_uuid *group, const cr_row *head,
                                const cr_row *group_row, cr_inboxes *inboxes)
{
    bool healthy;
    cruddur_status status = read_healthy(txn, group, head, group_row, inboxes, &healthy);
    if (status != CRUDDUR_OK) {
        return status;
    }
    /* Where a change can be left half done, healthy rows may have others behind them. */
    if (!healthy || (txn->traits & CR_TRAIT_ATOMIC) == 0) {
        return search_rows(txn, group, head, group_row, inboxes);
    }
    cr_rows found = {inboxes->row, inboxes->members.count, inboxes->members.count, NULL};
    return take_rows(txn, &found, inboxes);
}

/* Takes the members of a group row, who have no rows yet. */
static cruddur_status begin(cr_txn *txn, const cr_uuid *group, const cr_row *group_row,
                            cr_inboxes *inboxes)
{
    inboxes->old = (cr_rows){.arena = txn->arena};
    inboxes->forward_only = false;
    inboxes->copy = (cr_row){0};
    if (!cr_members_of_row(group_row, &inboxes->members)) {
        return cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                            "a row of group %s does not tell its members", group->text);
    }
    for (size_t i = 0; i < inboxes->members.count; i++) {
        inboxes->pk[i] = cr_pk_of_member(&inboxes->members.uuid[i]);
        inboxes->row[i] = (cr_row){0};
    }
    return CRUDDUR_OK;
}

cruddur_status cr_inboxes_read(cr_txn *txn, const cr_row *head, const cr_row *group_row,
                               cr_inboxes *inboxes)
{
    cr_uuid group;
    if (!cr_uuid_parse(group_row->value[CR_GROUP_UUID], &group)) {
        return cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                            "a group row's message_group_uuid is no uuid");
    }
    cruddur_status status = begin(txn, &group, group_row, inboxes);
    if (status != CRUDDUR_OK) {
        return status;
    }
    /* An index that is fresh and cheap also shows what does not belong there. */
    status = (txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0
                 ? search_rows(txn, &group, head, group_row, inboxes)
                 : read_rows(txn, &group, head, group_row, inboxes);
    /* All of them went while they were being read. */
    return status == CRUDDUR_OK && inboxes->old.count == 0 ? CRUDDUR_E_CONFLICT : status;
}

/* The first of the rows that tells the group's members. */
static const cr_row *find_telling(const cr_rows *rows)
{
    cr_members members;
    for (size_t i = 0; i < rows->count; i++) {
        if (cr_members_of_row(&rows->row[i], &members)) {
            return &rows->row[i];
        }
    }
    return &rows->row[0];
}

cruddur_status cr_inboxes_reread(cr_txn *txn, const cr_uuid *group, cr_rows *told,
                                 cr_inboxes *inboxes)
{
    cruddur_status status = begin(txn, group, find_telling(told), inboxes);
    inboxes->forward_only = true;
    if (status == CRUDDUR_OK && (txn->traits & CR_TRAIT_INDEX_CONSISTENT) == 0) {
        status = refresh(txn, told, cr_uuid_str(group));
    }
    return status == CRUDDUR_OK ? take_rows(txn, told, inboxes) : status;
}

static bool is_up_to(const cr_row *row, cr_str sk)
{
    return cr_row_exists(row) && cr_str_compare(row->value[CR_SK], sk) <= 0;
}

/* A row at a later message than the head is one of a message that is not stored yet, and may never
 * be: the member's row before it counts, where there is one. */
static void forget_later(cr_inboxes *inboxes, cr_str head_sk)
{
    for (size_t i = 0; i < inboxes->members.count; i++) {
        cr_row kept = {0};
        for (size_t j = 0; j < inboxes->old.count; j++) {
            const cr_row *row = &inboxes->old.row[j];
            if (is_up_to(row, head_sk) && owner_of(inboxes, row) == i) {
                keep_newer(&kept, row);
            }
        }
        inboxes->row[i] = cr_row_exists(&kept) ? kept : inboxes->row[i];
    }
}

bool cr_inboxes_are_whole(const cr_inboxes *inboxes, cr_str head_sk)
{
    for (size_t i = 0; i < inboxes->members.count; i++) {
        const cr_row *row = &inboxes->row[i];
        if (!cr_row_exists(row) || (head_sk.data != NULL && !is_up_to(row, head_sk))) {
            return false;
        }
    }
    return true;
}

cruddur_status cr_inboxes_search(cr_txn *txn, const cr_uuid *group, cr_str head_sk,
                                 cr_inboxes *inboxes)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < inboxes->members.count; i++) {
        cr_row found;
        if (is_up_to(&inboxes->row[i], head_sk)) {
            continue;
        }
        status =
            cr_group_search_partition(txn, cr_uuid_str(group), &inboxes->pk[i], head_sk, &found);
        if (status == CRUDDUR_OK && !cr_row_exists(&found) && !cr_row_exists(&inboxes->row[i])) {
            status = cr_group_search_partition(txn, cr_uuid_str(group), &inboxes->pk[i],
                                               CR_STR_ABSENT, &found);
        }
        if (status == CRUDDUR_OK && cr_row_exists(&found)) {
            inboxes->row[i] = found;
            status =
                add_once(&inboxes->old, &found) ? CRUDDUR_OK : cr_fail_memory(txn->call->error);
        }
    }
    return status;
}

cruddur_status cr_inboxes_read_at(cr_txn *txn, cr_str sk, cr_str group, cr_inboxes *inboxes)
{
    cr_row rows[CRUDDUR_MEMBERS_MAX];
    cr_rows found = {.arena = txn->arena};
    cruddur_status status = get_rows(txn, sk, group, inboxes, inboxes->members.count, rows);
    for (size_t i = 0; status == CRUDDUR_OK && i < inboxes->members.count; i++) {
        if (cr_row_exists(&rows[i]) && !cr_rows_add(&found, &rows[i])) {
            status = cr_fail_memory(txn->call->error);
        }
    }
    return status == CRUDDUR_OK ? take_rows(txn, &found, inboxes) : status;
}

/* ---- what the messages tell that the rows have not moved to yet ---- */

/* A row that names the author gets the names that are known. */
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

typedef struct news {
    cr_arena *arena;
    const cr_members *members;
    cr_row *newest;
    cr_row *copy; /* of the message behind it */
    cr_uuid last; /* message that was looked at */
    bool wants_all;
    cr_row latest[CRUDDUR_MEMBERS_MAX]; /* message of each member; absent where there is none */
    size_t unknown;
    size_t looked_at;
} news;

/* A message that was moved by a few microseconds, in steps, may have been left at its old place as
 * well. */
static bool note_copy(news *heard, const cr_row *message)
{
    cr_str uuid = message->value[CR_MESSAGE_UUID];
    bool is_copy = uuid.size > 0 && cr_str_equal(uuid, cr_uuid_str(&heard->last));
    heard->last = (cr_uuid){""};
    (void)cr_uuid_parse(uuid, &heard->last);
    return !is_copy || cr_row_exists(heard->copy) ||
           cr_row_copy(heard->arena, message, heard->copy);
}

/* From the newest message on: each author's latest names count. */
static cr_sink_answer take_news(void *context, const cr_row *message)
{
    news *heard = context;
    cr_uuid author;
    bool has_author = cr_uuid_parse(message->value[CR_USER_UUID], &author);
    size_t member = has_author ? cr_members_find(heard->members, &author) : heard->members->count;
    if (heard->looked_at++ == 0 && !cr_row_copy(heard->arena, message, heard->newest)) {
        return CR_SINK_NO_MEMORY;
    }
    if (member < heard->members->count && !cr_row_exists(&heard->latest[member])) {
        if (!cr_row_copy(heard->arena, message, &heard->latest[member])) {
            return CR_SINK_NO_MEMORY;
        }
        heard->unknown--;
    }
    if (!note_copy(heard, message)) {
        return CR_SINK_NO_MEMORY;
    }
    bool is_enough = heard->unknown == 0 && !heard->wants_all;
    return is_enough || heard->looked_at == NEWS_MAX ? CR_SINK_STOP : CR_SINK_MORE;
}

/* Gives the rows that name an author the names that the author has by now. */
static void learn_names(cr_inboxes *inboxes, const cr_row *message)
{
    cr_person author = {{""}, message->value[CR_DISPLAY_NAME], message->value[CR_HANDLE]};
    if (!cr_uuid_parse(message->value[CR_USER_UUID], &author.uuid)) {
        return;
    }
    for (size_t i = 0; i < inboxes->members.count; i++) {
        if (cr_row_exists(&inboxes->row[i])) {
            name_author(&inboxes->row[i], &author);
        }
    }
}

cr_str cr_inboxes_oldest(const cr_inboxes *inboxes)
{
    cr_str oldest = CR_STR_ABSENT;
    for (size_t i = 0; i < inboxes->old.count; i++) {
        cr_str sk = inboxes->old.row[i].value[CR_SK];
        oldest = oldest.data == NULL || cr_str_compare(sk, oldest) < 0 ? sk : oldest;
    }
    return oldest;
}

cruddur_status cr_inboxes_read_news(cr_txn *txn, const cr_uuid *group, cr_inboxes *inboxes,
                                    cr_row *newest)
{
    cr_pk pk = cr_pk_of_group(group);
    news heard = {.arena = txn->arena,
                  .members = &inboxes->members,
                  .newest = newest,
                  .copy = &inboxes->copy,
                  .wants_all = (txn->traits & CR_TRAIT_ATOMIC) == 0,
                  .unknown = inboxes->members.count};
    cr_query query = {.partition = cr_pk_str(&pk),
                      .lower = {cr_inboxes_oldest(inboxes), false},
                      .descending = true,
                      .expected = NEWS_EXPECTED};
    *newest = (cr_row){0};
    cruddur_status status = cr_rows_query(txn, &query, take_news, &heard);
    if (status == CRUDDUR_OK && cr_row_exists(newest) && inboxes->forward_only) {
        forget_later(inboxes, newest->value[CR_SK]);
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < inboxes->members.count; i++) {
        learn_names(inboxes, &heard.latest[i]);
    }
    return status;
}

cruddur_status cr_inboxes_is_taken(cr_txn *txn, const cr_uuid *group, const cr_inboxes *inboxes,
                                   cr_str sk, bool *is_taken)
{
    cr_key keys[CRUDDUR_MEMBERS_MAX];
    cr_row found[CRUDDUR_MEMBERS_MAX];
    for (size_t i = 0; i < inboxes->members.count; i++) {
        keys[i] = (cr_key){cr_pk_str(&inboxes->pk[i]), sk};
    }
    return cr_rows_are_taken(txn, cr_uuid_str(group), keys, inboxes->members.count, found,
                             is_taken);
}

/* ---- the rewrite ---- */

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

bool cr_inboxes_are_at(const cr_inboxes *inboxes, cr_str sk)
{
    for (size_t i = 0; i < inboxes->members.count; i++) {
        if (!cr_str_equal(inboxes->row[i].value[CR_SK], sk)) {
            return false;
        }
    }
    return true;
}

bool cr_inboxes_meet(const cr_inboxes *inboxes, cr_str sk)
{
    for (size_t i = 0; i < inboxes->old.count; i++) {
        if (cr_str_equal(inboxes->old.row[i].value[CR_SK], sk)) {
            return true;
        }
    }
    return false;
}

/* Where writers see each other's changes half done, a later message's rows are left alone. */
static bool later_stay(const cr_txn *txn, const cr_inboxes *inboxes)
{
    return inboxes->forward_only || (txn->traits & CR_TRAIT_ATOMIC) == 0;
}

static bool must_go(const cr_txn *txn, const cr_inboxes *inboxes, const cr_row *old,
                    const cr_row *message)
{
    int order = cr_str_compare(old->value[CR_SK], message->value[CR_SK]);
    return order < 0 || (order > 0 && !later_stay(txn, inboxes));
}

/* Whether a member's row is where it belongs, or must not be moved there. */
static bool stays(const cr_inboxes *inboxes, size_t member, const cr_row *message)
{
    const cr_row *row = &inboxes->row[member];
    int order = cr_str_compare(row->value[CR_SK], message->value[CR_SK]);
    return cr_row_exists(row) && (order == 0 || (order > 0 && inboxes->forward_only));
}

bool cr_inboxes_must_move(const cr_txn *txn, const cr_inboxes *inboxes, const cr_row *message)
{
    for (size_t i = 0; i < inboxes->members.count; i++) {
        if (!stays(inboxes, i, message)) {
            return true;
        }
    }
    for (size_t i = 0; i < inboxes->old.count; i++) {
        if (must_go(txn, inboxes, &inboxes->old.row[i], message)) {
            return true;
        }
    }
    return false;
}

cruddur_status cr_inboxes_put(cr_txn *txn, const cr_inboxes *inboxes, const cr_person *author,
                              const cr_row *message)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < inboxes->members.count; i++) {
        cr_row moved = cr_inboxes_moved(inboxes, i, author, message);
        status = stays(inboxes, i, message) ? CRUDDUR_OK : txn->ops->put(txn, &moved);
    }
    return status;
}

cruddur_status cr_inboxes_remove(cr_txn *txn, const cr_inboxes *inboxes, const cr_row *message,
                                 bool *is_complete)
{
    cruddur_status status = CRUDDUR_OK;
    size_t room = CR_CHANGE_WRITES_MAX - 2 - inboxes->members.count;
    *is_complete = true;
    for (size_t i = 0; status == CRUDDUR_OK && i < inboxes->old.count; i++) {
        if (!must_go(txn, inboxes, &inboxes->old.row[i], message)) {
            continue;
        }
        *is_complete = room > 0;
        if (!*is_complete) {
            break;
        }
        status = txn->ops->remove(txn, &inboxes->old.row[i]);
        room--;
    }
    return status;
}
