/* SPDX-License-Identifier: MIT */
/* The write-ahead log is moved into the file from time to time, whoever reads meanwhile. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

#include "sqlite/bed.h"
#include "sqlite/fault_vfs.h"
#include "sqlite/workers.h"

#define FRAME_SIZE (4096 + 24)
#define READERS 3
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

/* How often the log was begun anew, by its header. Its file does not shrink when that happens.
 * Source: "Database File Format", section 4.1. */
static unsigned log_sequence(void)
{
    char log[PATH_SIZE + 8];
    unsigned char header[16] = {0};
    (void)snprintf(log, sizeof(log), "%s-wal", path);
    FILE *file = fopen(log, "rb");
    cr_assert(file != NULL);
    cr_assert_eq(fread(header, 1, sizeof(header), file), sizeof(header));
    cr_assert_eq(fclose(file), 0);
    return (unsigned)header[12] << 24 | (unsigned)header[13] << 16 | (unsigned)header[14] << 8 |
           header[15];
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

typedef struct reader {
    cruddur *dm;
    atomic_bool *is_over;
    bool has_failed;
} reader;

static void *read_on(void *argument)
{
    reader *self = argument;
    while (!atomic_load(self->is_over) && !self->has_failed) {
        cruddur_msg_page *page = NULL;
        self->has_failed = cruddur_msg_list(self->dm, NULL, group_uuid, &test_trusted_list, &page,
                                            NULL) != CRUDDUR_OK;
        cruddur_msg_page_free(page);
    }
    return NULL;
}

/* Larger than it may become, and never begun anew. */
static bool is_large(long frames, unsigned first_sequence)
{
    return frames >= 12000 && log_sequence() == first_sequence;
}

/* Readers who follow each other without a break: there is always one. */
Test(log_growth, readers_without_a_break)
{
    static atomic_bool is_over;
    pthread_t threads[READERS];
    reader readers[READERS];
    cruddur *dm = make_store();
    long most = 0;
    unsigned first = log_sequence();
    for (int i = 0; i < READERS; i++) {
        readers[i] = (reader){dm, &is_over, false};
        cr_assert_eq(pthread_create(&threads[i], NULL, read_on, &readers[i]), 0);
    }
    /* Each try of the writer finds a moment without readers, or not: on a machine with other work
     * it takes some. */
    const int tries = 10;
    const int appends = scaled(6000, 600);
    for (int i = 0; i < appends || (is_large(most, first) && i < tries * appends); i++) {
        append_text(dm, 0, group_uuid, "one of many");
        most = log_frames() > most ? log_frames() : most;
    }
    bool is_bounded = !is_large(most, first);
    atomic_store(&is_over, true);
    for (int i = 0; i < READERS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
        cr_assert(!readers[i].has_failed);
    }
    cr_assert(is_bounded, "the log grew to %ld pages", most);
    cruddur_close(dm);
    must_be_sound(path);
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
    int64_t quickest_us = INT64_MAX;
    for (int i = 0; i < 100; i++) {
        int64_t started_us = monotonic_us();
        append_text(dm, 0, group_uuid, "one of many");
        int64_t took_us = monotonic_us() - started_us;
        quickest_us = took_us < quickest_us ? took_us : quickest_us;
    }
    /* If each append waited for the reader, none would be quicker than that wait, on any machine.
     */
    cr_assert_lt(quickest_us, WAIT_US, "the quickest append took %lld us", (long long)quickest_us);
    cr_assert_eq(sqlite3_close(other), SQLITE_OK);
    cruddur_close(dm);
    must_be_sound(path);
}
