/* SPDX-License-Identifier: MIT */
#include "messaging/names.h"

#include "base/clock.h"
#include "messaging/told.h"
#include "model/expiry.h"
#include "model/marker.h"

/* How many messages behind the group rows are looked at for the names of their authors, and how
 * many there are in most cases. */
#define NEWS_MAX 1000
#define NEWS_EXPECTED 100

/* How many of those before are looked at for the names in a row that is restored. */
#define NAMES_MAX 100

/* ---- names ---- */

cr_person cr_group_rows_person(const cr_group_rows *group_rows, const cr_uuid *uuid)
{
    for (size_t i = 0; i < group_rows->members.count; i++) {
        const cr_row *row = &group_rows->row[i];
        if (cr_row_names(row, uuid)) {
            return (cr_person){*uuid, row->value[CR_DISPLAY_NAME], row->value[CR_HANDLE]};
        }
    }
    return (cr_person){*uuid, CR_STR_ABSENT, CR_STR_ABSENT};
}

/* ---- messages ---- */

typedef struct news {
    cr_arena *arena;
    const cr_members *members;
    cr_str oldest_sk; /* of the group rows: what is up to there, rows that were not lost know */
    cr_row *newest;
    cr_row latest[CRUDDUR_MEMBERS_MAX]; /* message of each member; absent where there is none */
    size_t unknown;
    size_t looked_at;
    size_t looked_back_at; /* of those that are no news */
} news;

static bool is_news(const news *heard, const cr_row *message)
{
    return heard->oldest_sk.data != NULL &&
           cr_str_compare(message->value[CR_SK], heard->oldest_sk) > 0;
}

static bool note_author(news *heard, const cr_row *message)
{
    cr_person author = cr_person_of(message);
    size_t member = cr_members_find(heard->members, &author.uuid);
    if (member == heard->members->count || cr_row_exists(&heard->latest[member])) {
        return true;
    }
    heard->unknown--;
    return cr_row_copy(heard->arena, message, &heard->latest[member]);
}

static bool is_enough(news *heard, bool is_new)
{
    if (is_new) {
        return heard->looked_at == NEWS_MAX || heard->unknown == 0;
    }
    return heard->unknown == 0 || ++heard->looked_back_at == NAMES_MAX;
}

/* From the newest message on: each author's latest names count. */
static cr_sink_answer take_news(void *context, const cr_row *message)
{
    news *heard = context;
    bool is_new = is_news(heard, message);
    if (heard->looked_at++ == 0 && !cr_row_copy(heard->arena, message, heard->newest)) {
        return CR_SINK_NO_MEMORY;
    }
    if (!note_author(heard, message)) {
        return CR_SINK_NO_MEMORY;
    }
    return is_enough(heard, is_new) ? CR_SINK_STOP : CR_SINK_MORE;
}

/* Who has written a message has read all before it. */
static void raise_markers(cr_group_rows *group_rows, const news *heard)
{
    for (size_t i = 0; i < group_rows->members.count; i++) {
        if (cr_row_exists(&group_rows->row[i]) && cr_row_exists(&heard->latest[i])) {
            cr_row_raise_marker(&group_rows->row[i], heard->latest[i].value[CR_SK]);
        }
    }
}

/* Gives the rows that name the author of a message the names that the author had. */
static void learn_names(cr_group_rows *group_rows, const news *heard, const cr_row *message)
{
    cr_person author = cr_person_of(message);
    bool is_new = is_news(heard, message);
    for (size_t i = 0; cr_row_exists(message) && i < group_rows->members.count; i++) {
        if (is_new || cr_row_is_restored(&group_rows->row[i])) {
            cr_row_name_author(&group_rows->row[i], &author);
        }
    }
}

cruddur_status cr_group_rows_read_names(cr_txn *txn, const cr_uuid *group,
                                        cr_group_rows *group_rows, cr_row *newest)
{
    cr_pk pk = cr_pk_of_group(group);
    news heard = {.arena = txn->arena,
                  .members = &group_rows->members,
                  .oldest_sk = cr_group_rows_oldest(group_rows),
                  .newest = newest,
                  .unknown = group_rows->members.count};
    cr_query query = {.partition = cr_pk_str(&pk), .descending = true, .expected = NEWS_EXPECTED};
    if (!cr_group_rows_have_restored(group_rows)) {
        query.lower.sk = heard.oldest_sk;
    }
    *newest = (cr_row){0};
    cruddur_status status = cr_rows_query(txn, &query, take_news, &heard);
    if (status == CRUDDUR_OK && cr_row_exists(newest) && group_rows->forward_only) {
        cr_group_rows_forget_later(group_rows, newest->value[CR_SK]);
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < group_rows->members.count; i++) {
        learn_names(group_rows, &heard, &heard.latest[i]);
    }
    if (status == CRUDDUR_OK) {
        raise_markers(group_rows, &heard);
    }
    return status;
}

/* ---- without the rows ---- */

cr_query cr_latest_query(const cr_pk *pk, size_t expected)
{
    return (cr_query){.partition = cr_pk_str(pk), .descending = true, .expected = expected};
}

typedef struct latest {
    cr_arena *arena;
    cr_str author;
    cr_str place; /* of the row that names the author: its names are of up to there */
    cr_row *found;
    size_t left;
} latest;

static cr_sink_answer take_latest(void *context, const cr_row *message)
{
    latest *search = context;
    if (cr_str_compare(message->value[CR_SK], search->place) <= 0) {
        return CR_SINK_STOP;
    }
    if (!cr_str_equal(message->value[CR_USER_UUID], search->author)) {
        return --search->left > 0 ? CR_SINK_MORE : CR_SINK_STOP;
    }
    return cr_row_copy(search->arena, message, search->found) ? CR_SINK_STOP : CR_SINK_NO_MEMORY;
}

/* Reads the row strongly: the index may show names that have been changed since. Absent throughout
 * where it has moved on. */
static cruddur_status read_naming(cr_txn *txn, cr_group *group, const cr_uuid *person, cr_row *row)
{
    *row = (cr_row){0};
    cruddur_status status = cr_group_ask_index(txn, group);
    const cr_row *told = status == CRUDDUR_OK && cr_told_is_whole(&group->told, &group->card)
                             ? cr_told_naming(group, person)
                             : NULL;
    if (told == NULL) {
        return status;
    }
    cr_key key = cr_row_key(told);
    status = cr_rows_get(txn, cr_uuid_str(&group->uuid), &key, 1, row);
    if (status == CRUDDUR_OK && !cr_row_names(row, person)) {
        *row = (cr_row){0};
    }
    return status;
}

static bool has_names(const cr_row *row)
{
    return row->value[CR_DISPLAY_NAME].size > 0 && row->value[CR_HANDLE].size > 0;
}

cruddur_status cr_latest_names(cr_txn *txn, cr_group *group, cr_person *person, bool *are_known)
{
    cr_row row;
    cr_row message = {0};
    cr_pk pk = cr_pk_of_group(&group->uuid);
    cr_query query = cr_latest_query(&pk, CR_LATEST_FOR_NAMES);
    *are_known = false;
    cruddur_status status = read_naming(txn, group, &person->uuid, &row);
    if (status != CRUDDUR_OK || !cr_row_exists(&row)) {
        return status;
    }
    latest search = {txn->arena, cr_uuid_str(&person->uuid), cr_row_place(&row), &message,
                     CR_LATEST_FOR_NAMES};
    status = cr_rows_query(txn, &query, take_latest, &search);
    const cr_row *known = cr_row_exists(&message) ? &message : &row;
    *are_known = status == CRUDDUR_OK && search.left > 0 && has_names(known);
    if (*are_known) {
        *person = (cr_person){person->uuid, known->value[CR_DISPLAY_NAME], known->value[CR_HANDLE]};
    }
    return status;
}

/* ---- rows that were lost ---- */

cruddur_status cr_group_rows_complete(cr_txn *txn, const cr_uuid *group, cr_group_rows *group_rows)
{
    cr_row newest;
    cr_group_rows_restore(group, group_rows);
    return cr_group_rows_have_restored(group_rows)
               ? cr_group_rows_read_names(txn, group, group_rows, &newest)
               : CRUDDUR_OK;
}

cruddur_status cr_group_rows_own(cr_txn *txn, cr_group *group, const cr_uuid *member, cr_row *row)
{
    cr_group_rows group_rows;
    *row = group->own;
    if (cr_row_exists(row)) {
        return CRUDDUR_OK;
    }
    cruddur_status status = cr_group_rows_read(txn, group, &group_rows);
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_complete(txn, &group->uuid, &group_rows);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    size_t index = cr_members_find(&group_rows.members, member);
    if (index == group_rows.members.count) {
        return CRUDDUR_E_CONFLICT; /* whoever named the member went while it was being read */
    }
    cr_row found = group_rows.row[index];
    if (cr_row_is_restored(&found)) {
        found.value[CR_SK] = group->head.value[CR_SK];
        cr_row_show_message(&found, &group->head, cr_clock_now_us());
    }
    return cr_row_copy(txn->arena, &found, row) ? CRUDDUR_OK : cr_fail_memory(txn->call->error);
}
