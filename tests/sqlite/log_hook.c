/* SPDX-License-Identifier: MIT */
/* A log hook that takes its time delays its own call and nobody else: it is never called while the
 * file or a connection is in use. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "sqlite/bed.h"

TestSuite(log_hook, .init = bed_make, .fini = bed_remove, .timeout = 300);

static char path[PATH_SIZE];
static char group_uuid[CRUDDUR_UUID_SIZE];
static char other_uuid[CRUDDUR_UUID_SIZE];

typedef struct scene {
    cruddur *dm;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_in_hook;
    bool is_other_done;
    unsigned lines;
    int64_t is_busy;
} scene;

static void wait_for(scene *all, const bool *flag)
{
    (void)pthread_mutex_lock(&all->lock);
    while (!*flag) {
        (void)pthread_cond_wait(&all->changed, &all->lock);
    }
    (void)pthread_mutex_unlock(&all->lock);
}

static void set(scene *all, bool *flag)
{
    (void)pthread_mutex_lock(&all->lock);
    *flag = true;
    (void)pthread_cond_broadcast(&all->changed);
    (void)pthread_mutex_unlock(&all->lock);
}

/* Two groups; the rows of the first disagree, of which the log tells. */
static void open_disordered(scene *all, cruddur_log_fn log)
{
    char sql[600];
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    *all = (scene){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
    number_uuid(2, group_uuid);
    number_uuid(3, other_uuid);
    options.log = log;
    options.log_data = all;
    must_succeed(cruddur_open(bed_url(path), &options, &all->dm, TEST_ERROR));
    open_group(all->dm, 0, 2, group_uuid, "one", NOON_US);
    open_group(all->dm, 2, 2, other_uuid, "one", NOON_US);
    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO cruddur_messages (pk, sk, message_group_uuid, message, user_uuid) "
                   "VALUES ('GRP#%s', '2024-05-06T11:00:00.000000+00:00', '%s', 'stale', '%s')",
                   person(0)->uuid, group_uuid, person(1)->uuid);
    raw_run(path, sql);
}

/* ---- a write ---- */

static void log_slowly(void *data, uint32_t level, const char *message)
{
    scene *all = data;
    if (level < CRUDDUR_LOG_WARNING) {
        return; /* the file was made */
    }
    cr_assert(strstr(message, group_uuid) != NULL, "%s", message);
    all->lines++;
    set(all, &all->is_in_hook);
    wait_for(all, &all->is_other_done);
}

static void *append_to_other(void *argument)
{
    scene *all = argument;
    wait_for(all, &all->is_in_hook);
    must_succeed(cruddur_msg_append(all->dm, person(2), other_uuid, "two", NULL, NULL, TEST_ERROR));
    set(all, &all->is_other_done);
    return NULL;
}

Test(log_hook, a_slow_one_holds_no_writer_up)
{
    static scene all;
    pthread_t thread;
    open_disordered(&all, log_slowly);
    cr_assert_eq(pthread_create(&thread, NULL, append_to_other, &all), 0);
    append_text(all.dm, 0, group_uuid, "two");
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_assert_eq(all.lines, 1);
    cruddur_close(all.dm);
    must_be_sound(path);
}

/* ---- a read ---- */

/* SQLite's log is emptied only while no connection reads. */
static void log_and_tidy_up(void *data, uint32_t level, const char *message)
{
    scene *all = data;
    (void)message;
    if (level < CRUDDUR_LOG_WARNING) {
        return;
    }
    all->lines++;
    all->is_busy = raw_number(path, "PRAGMA wal_checkpoint(TRUNCATE)");
}

Test(log_hook, is_not_called_while_a_connection_reads)
{
    static scene all;
    cruddur_members *members = NULL;
    open_disordered(&all, log_and_tidy_up);
    must_succeed(
        cruddur_group_members(all.dm, person(0)->uuid, group_uuid, NULL, &members, TEST_ERROR));
    cr_assert_eq(cruddur_members_count(members), 2);
    cruddur_members_free(members);
    cr_assert_eq(all.lines, 1);
    cr_assert_eq(all.is_busy, 0);
    cruddur_close(all.dm);
}
