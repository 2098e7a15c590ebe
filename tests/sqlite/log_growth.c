/* SPDX-License-Identifier: MIT */
/* The write-ahead log is moved into the file from time to time, whoever reads meanwhile. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/bed.h"
#include "sqlite/fault_vfs.h"
#include "sqlite/workers.h"

#define FRAME_SIZE (4096 + 24)
/* How long the writer waits for readers once the log is large (docs/embedded-engine.md). */
#define WAIT_US 50000

static char group_uuid[CRUDDUR_UUID_SIZE];
static char path[PATH_SIZE];

static void set_up(void)
{
    bed_make();
    fault_vfs_install();
    number_uuid(5, group_uuid);
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
}

TestSuite(log_growth, .init = set_up, .fini = bed_remove, .timeout = 600);

static long log_frames(void)
{
    char log[PATH_SIZE + 8];
    struct stat facts;
    (void)snprintf(log, sizeof(log), "%s-wal", path);
    return stat(log, &facts) == 0 ? (long)facts.st_size / FRAME_SIZE : 0;
}

static cruddur *make_store(void)
{
    cruddur *dm = open_store(path);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    return dm;
}

Test(log_growth, one_writer)
{
    cruddur *dm = make_store();
    for (int i = 0; i < scaled(3000, 800); i++) {
        append_text(dm, 0, group_uuid, "one of many");
    }
    cr_assert_lt(log_frames(), 1500);
    cruddur_close(dm);
    must_be_sound(path);
}

/* ---- readers ---- */

/* How often the log has been started anew: a number in its header. */
static unsigned log_sequence(void)
{
    char log[PATH_SIZE + 8];
    unsigned char bytes[4];
    (void)snprintf(log, sizeof(log), "%s-wal", path);
    int file = open(log, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(file, 0);
    cr_assert_eq(pread(file, bytes, sizeof(bytes), 12), (ssize_t)sizeof(bytes));
    (void)close(file); /* SQLite has no locks on this file */
    return (unsigned)bytes[0] << 24 | (unsigned)bytes[1] << 16 | (unsigned)bytes[2] << 8 | bytes[3];
}

static void read_with(sqlite3 *db, const char *sql)
{
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
}

static atomic_bool has_begun;
static atomic_bool is_over;

/* Each reader begins before the one before it ends. */
static void *read_on(void *unused)
{
    sqlite3 *readers[] = {raw_open(path), raw_open(path)};
    static const char begin[] = "BEGIN; SELECT count(*) FROM sqlite_schema";
    (void)unused;
    read_with(readers[0], begin);
    atomic_store(&has_begun, true);
    for (unsigned i = 1; !atomic_load(&is_over); i++) {
        (void)usleep(2000);
        read_with(readers[i % 2], begin);
        read_with(readers[(i + 1) % 2], "COMMIT");
    }
    cr_assert_eq(sqlite3_close(readers[0]), SQLITE_OK);
    cr_assert_eq(sqlite3_close(readers[1]), SQLITE_OK);
    return NULL;
}

/* Readers who follow each other without a break: there is always one, so the log is started anew
 * only if the writer waits for those of the moment. */
Test(log_growth, readers_without_a_break)
{
    pthread_t thread;
    cruddur *dm = make_store();
    append_text(dm, 0, group_uuid, "the log is there");
    unsigned before = log_sequence();
    cr_assert_eq(pthread_create(&thread, NULL, read_on, NULL), 0);
    while (!atomic_load(&has_begun)) {
        (void)usleep(1000);
    }
    while (log_sequence() == before && log_frames() < 40000) {
        append_text(dm, 0, group_uuid, "one of many");
    }
    cr_assert_neq(log_sequence(), before, "the log grew to %ld pages", log_frames());
    atomic_store(&is_over, true);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cruddur_close(dm);
    must_be_sound(path);
}

/* How long an append takes, of a hundred. */
static int64_t quickest_append_us(cruddur *dm)
{
    int64_t quickest_us = INT64_MAX;
    for (int i = 0; i < 100; i++) {
        int64_t started_us = monotonic_us();
        append_text(dm, 0, group_uuid, "one of many");
        int64_t took_us = monotonic_us() - started_us;
        quickest_us = took_us < quickest_us ? took_us : quickest_us;
    }
    return quickest_us;
}

/* One that stays: the log must grow, and the writers must not wait for the reader again and again.
 */
Test(log_growth, a_reader_that_stays)
{
    cruddur *dm = make_store();
    sqlite3 *other = raw_open(path);
    cr_assert_eq(
        sqlite3_exec(other, "BEGIN; SELECT count(*) FROM cruddur_messages", NULL, NULL, NULL),
        SQLITE_OK);
    while (log_frames() < 8200) {
        append_text(dm, 0, group_uuid, "one of many");
    }
    /* If each append waited for the reader, none would be quicker than that wait, on any machine.
     */
    int64_t quickest_us = quickest_append_us(dm);
    cr_assert_lt(quickest_us, WAIT_US, "the quickest append took %lld us", (long long)quickest_us);
    cr_assert_eq(sqlite3_close(other), SQLITE_OK);
    cruddur_close(dm);
    must_be_sound(path);
}
