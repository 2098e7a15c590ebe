/* SPDX-License-Identifier: MIT */
#include "sqlite/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite/bed.h"

void text_of(const char *message_uuid, char text[TEXT_SIZE])
{
    (void)snprintf(text, TEXT_SIZE, "text of %s", message_uuid);
}

void ledger_add(ledger *book, const char *message_uuid, const char *group_uuid)
{
    (void)pthread_mutex_lock(&book->lock);
    if (book->count == book->capacity) {
        book->capacity = book->capacity == 0 ? 1024 : book->capacity * 2;
        book->entries = realloc(book->entries, book->capacity * sizeof(*book->entries));
    }
    ledger_entry *entry = &book->entries[book->count++];
    (void)snprintf(entry->message_uuid, sizeof(entry->message_uuid), "%s", message_uuid);
    (void)snprintf(entry->group_uuid, sizeof(entry->group_uuid), "%s", group_uuid);
    (void)pthread_mutex_unlock(&book->lock);
}

static int compare_entries(const void *a, const void *b)
{
    const ledger_entry *x = a;
    const ledger_entry *y = b;
    return strcmp(x->message_uuid, y->message_uuid);
}

/* The table's messages, sorted; each has its text. */
static void read_table(const char *path, ledger *table)
{
    sqlite3 *db = raw_open(path);
    sqlite3_stmt *statement = NULL;
    char text[TEXT_SIZE];
    int code = sqlite3_prepare_v2(db,
                                  "SELECT message_uuid, substr(pk, 5), message FROM "
                                  "cruddur_messages WHERE pk GLOB 'MSG#*' ORDER BY message_uuid",
                                  -1, &statement, NULL);
    cr_assert_eq(code, SQLITE_OK, "%s", sqlite3_errmsg(db));
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *uuid = (const char *)sqlite3_column_text(statement, 0);
        text_of(uuid, text);
        cr_assert_str_eq((const char *)sqlite3_column_text(statement, 2), text);
        ledger_add(table, uuid, (const char *)sqlite3_column_text(statement, 1));
    }
    cr_assert_eq(code, SQLITE_DONE, "%s", sqlite3_errmsg(db));
    (void)sqlite3_finalize(statement);
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

size_t ledger_must_match(ledger *book, const char *path)
{
    ledger table = LEDGER_INIT;
    size_t at = 0;
    read_table(path, &table);
    for (size_t i = 1; i < table.count; i++) {
        cr_assert(compare_entries(&table.entries[i - 1], &table.entries[i]) != 0,
                  "message %s is stored twice", table.entries[i].message_uuid);
    }
    if (book->count > 0) {
        qsort(book->entries, book->count, sizeof(*book->entries), compare_entries);
    }
    for (size_t i = 0; i < book->count; i++) {
        const ledger_entry *known = &book->entries[i];
        while (at < table.count && compare_entries(&table.entries[at], known) < 0) {
            at++;
        }
        cr_assert(at < table.count && compare_entries(&table.entries[at], known) == 0,
                  "message %s was acknowledged and is lost", known->message_uuid);
        cr_assert_str_eq(table.entries[at].group_uuid, known->group_uuid);
    }
    size_t count = table.count;
    ledger_free(&table);
    return count;
}

void ledger_free(ledger *book)
{
    free(book->entries);
    book->entries = NULL;
    book->count = book->capacity = 0;
}
