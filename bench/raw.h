/* SPDX-License-Identifier: MIT */
/* What the library is compared with: the same statements, on SQLite itself, as one would write them
 * by hand. */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "data.h"

#define COLUMN_COUNT 11
#define SORT_KEY_SIZE 33

typedef enum raw_statement {
    RAW_BEGIN,
    RAW_BEGIN_IMMEDIATE,
    RAW_COMMIT,
    RAW_GET,
    RAW_QUERY,
    RAW_MESSAGES,
    RAW_GROUPS,
    RAW_PUT,
    RAW_REMOVE,
    RAW_PUT_MARKED,
    RAW_COUNT
} raw_statement;

typedef struct raw_store {
    sqlite3 *db;
    sqlite3_stmt *statement[RAW_COUNT];
} raw_store;

void raw_open(raw_store *raw, const char *path, bool is_synchronous_full);
void raw_close(raw_store *raw);
void raw_run(raw_store *raw, const char *sql);
void raw_step(raw_store *raw, raw_statement which);

typedef struct raw_key {
    char text[4 + CRUDDUR_UUID_SIZE];
} raw_key;

raw_key raw_group_key(const char *group);
raw_key raw_member_key(const char *member);

/* Microseconds since the epoch as a sort key. */
void raw_sort_key(int64_t time_us, char key[SORT_KEY_SIZE]);

void raw_put(raw_store *raw, const char *const columns[COLUMN_COUNT]);

/* A page of the rows up to a sort key, NULL for the newest: copied to memory that outlives the
 * statement, one allocation a row, and freed again; or every column looked at where it is. Looks
 * for one row more, as the library does to tell whether there are more pages. */
void raw_page(raw_store *raw, const char *partition, const char *upper, size_t limit,
              bool is_copied);

/* The newest with what the library asks before, to make sure that the viewer is a member. */
void raw_page_for(raw_store *raw, const char *viewer, const char *group, size_t limit,
                  bool is_copied);

/* Appends a message to a group of two, in the transaction that is open: the reads and writes of the
 * library. */
void raw_append(raw_store *raw, const char *author, const char *group, const char *message_uuid,
                const char *text);

/* Marks a group as read up to the message of this time, in the transaction that is open: the reads
 * and writes of the library. */
void raw_mark(raw_store *raw, const char *member, const char *group, int64_t time_us);

#endif
