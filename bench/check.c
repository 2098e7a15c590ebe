/* SPDX-License-Identifier: MIT */
/* Measures cruddur_check() on a file against the same scan and look-ups on SQLite itself, and the
 * memory that it takes. Times are the processor's. Arguments: a folder that is there and empty; how
 * many groups (default 50,000), and how many messages each has (default 20). */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "heap.h"
#include "measure.h"
#include "raw.h"

#define GROUPS 50000
#define MESSAGES 20
#define ROUNDS 5
#define MIB (1024.0 * 1024.0)

/* ---- the same on SQLite ---- */

typedef struct raw_check {
    raw_store raw;
    sqlite3_stmt *scan, *get, *rows, *head;
    uint64_t found; /* so that nothing is left out */
} raw_check;

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    must(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK, sql);
    return statement;
}

/* Looks at each column of the row. */
static uint64_t read_columns(sqlite3_stmt *statement)
{
    uint64_t bytes = 0;
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        const char *text = (const char *)sqlite3_column_blob(statement, i);
        bytes += text != NULL ? (uint64_t)sqlite3_column_bytes(statement, i) : 0;
    }
    return bytes;
}

static void look_up(raw_check *check, sqlite3_stmt *statement, const char *key)
{
    must(sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC) == SQLITE_OK, "binding");
    while (sqlite3_step(statement) == SQLITE_ROW) {
        check->found += read_columns(statement);
    }
    (void)sqlite3_reset(statement);
}

static void look_at_group(raw_check *check, const char *card_pk)
{
    char card[64];
    char messages[64];
    (void)snprintf(card, sizeof(card), "%s", card_pk);
    (void)snprintf(messages, sizeof(messages), "MSG#%s", card + strlen("CARD#"));
    look_up(check, check->get, card);
    look_up(check, check->rows, card + strlen("CARD#"));
    look_up(check, check->head, messages);
}

static void check_raw(void *argument, size_t count)
{
    raw_check *check = argument;
    for (size_t i = 0; i < count; i++) {
        raw_step(&check->raw, RAW_BEGIN);
        while (sqlite3_step(check->scan) == SQLITE_ROW) {
            check->found += read_columns(check->scan);
            const char *pk = (const char *)sqlite3_column_text(check->scan, 0);
            if (pk != NULL && strncmp(pk, "CARD#", 5) == 0) {
                look_at_group(check, pk);
            }
        }
        (void)sqlite3_reset(check->scan);
        raw_step(&check->raw, RAW_COMMIT);
    }
}

static void open_raw(raw_check *check, const char *path)
{
    raw_open(&check->raw, path, false);
    sqlite3 *db = check->raw.db;
    check->scan = prepare(db, "SELECT * FROM cruddur_messages ORDER BY pk, sk");
    check->get = prepare(db, "SELECT * FROM cruddur_messages WHERE pk = ?1 AND sk = 'CARD'");
    check->rows = prepare(db, "SELECT * FROM cruddur_messages WHERE message_group_uuid = ?1 "
                              "ORDER BY sk DESC");
    check->head = prepare(db, "SELECT * FROM cruddur_messages WHERE pk = ?1 ORDER BY sk DESC "
                              "LIMIT 1");
    check->found = 0;
}

static void close_raw(raw_check *check)
{
    (void)sqlite3_finalize(check->scan);
    (void)sqlite3_finalize(check->get);
    (void)sqlite3_finalize(check->rows);
    (void)sqlite3_finalize(check->head);
    raw_close(&check->raw);
}

/* ---- the library ---- */

static bool keep_counts(void *data, const cruddur_check_event *event)
{
    cruddur_check_event *last = data;
    *last = *event;
    return true;
}

static cruddur_check_event check_once(cruddur *dm)
{
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    cruddur_check_event last = {0};
    cruddur_error *error = NULL;
    options.observe = keep_counts;
    options.data = &last;
    need(cruddur_check(dm, &options, &error), &error);
    return last;
}

static void check_library(void *argument, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        must(check_once(argument).breaches == 0, "a table in order");
    }
}

/* ---- what is printed ---- */

static void fill(const char *path, uint64_t groups, uint64_t messages)
{
    cruddur_error *error = NULL;
    print_heading("Filling a store by SQL, and giving its groups cards");
    double started_us = now_us();
    fill_groups(path, groups, messages);
    cruddur *dm = open_store(path, "?synchronous=normal");
    need(cruddur_schema_upgrade(dm, NULL, &error), &error);
    cruddur_close(dm);
    (void)printf("  done in %.1f s\n", (now_us() - started_us) / 1e6);
}

static void measure_memory(const char *path)
{
    cruddur *dm = open_store(path, "");
    sqlite3_int64 before = sqlite3_memory_used();
    (void)sqlite3_memory_highwater(1);
    heap_start();
    cruddur_check_event last = check_once(dm);
    heap_use use = heap_stop();
    double sqlite = (double)(sqlite3_memory_highwater(0) - before);
    cruddur_close(dm);
    print_heading("Memory of a check, MiB");
    (void)printf("  %" PRIu64 " rows, %" PRIu64 " groups: the library %.2f, SQLite's cache %.2f\n",
                 last.rows, last.groups, (double)use.peak / MIB, sqlite / MIB);
    at_most("memory of a check beyond SQLite's cache", 16.0, (double)use.peak / MIB, "MiB");
}

static void measure_time(const char *path)
{
    static raw_check raw;
    static contender contenders[2];
    const size_t base[] = {0, 0};
    cruddur *dm = open_store(path, "");
    open_raw(&raw, path);
    contenders[0] =
        (contender){.name = "SQLite: scan and look-ups", .run = check_raw, .context = &raw};
    contenders[1] = (contender){.name = "library: check", .run = check_library, .context = dm};
    measure_processor_time(); /* the file is in memory, and the machine may have other work */
    print_heading("A check of the whole table, processor time");
    run_rounds(contenders, 2, ROUNDS, 1);
    print_contenders(contenders, base, 2, ROUNDS);
    at_least("speed of a check", 0.5, ratio_of(&contenders[0], &contenders[1], ROUNDS).median,
             "x raw");
    must(raw.found > 0, "rows");
    close_raw(&raw);
    cruddur_close(dm);
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 4) {
        (void)fprintf(stderr, "usage: %s FOLDER [GROUPS [MESSAGES]]\n", argv[0]);
        return EXIT_FAILURE;
    }
    uint64_t groups = argc > 2 ? strtoull(argv[2], NULL, 10) : GROUPS;
    uint64_t messages = argc > 3 ? strtoull(argv[3], NULL, 10) : MESSAGES;
    must(groups > 0 && messages > 0, "GROUPS and MESSAGES are numbers from 1");
    bench_path path = path_in(argv[1], "check.db");
    (void)printf("cruddur %s, SQLite %s\n", cruddur_version(), sqlite3_libversion());
    fill(path.text, groups, messages);
    measure_time(path.text);
    measure_memory(path.text);
    print_targets();
    return EXIT_SUCCESS;
}
