/* SPDX-License-Identifier: MIT */
/* Many threads' changes share one commit, and each keeps its own result. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sqlite/bed.h"
#include "sqlite/fault_vfs.h"

static void set_up(void)
{
    bed_make();
    fault_vfs_install();
}

TestSuite(group_commit, .init = set_up, .fini = bed_remove, .timeout = 600);

/* ---- a slow disk ---- */

#define THREADS 16
#define APPENDS 25

typedef struct writer {
    cruddur *dm;
    const char *group_uuid;
    unsigned index;
    char wrong[PROBLEM_SIZE]; /* empty: nothing */
} writer;

static const char *append_one(const writer *self, unsigned number)
{
    char text[64];
    cruddur_msg *msg = NULL;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.timeout_ms = 240000;
    (void)snprintf(text, sizeof(text), "message %u of thread %u", number, self->index);
    const char *wrong = test_wrong_success(cruddur_msg_append(
        self->dm, person(self->index % 5), self->group_uuid, text, &options, &msg, TEST_ERROR));
    if (wrong == NULL && strcmp(cruddur_msg_text(msg), text) != 0) {
        wrong = "the result is another thread's";
    }
    cruddur_msg_free(msg);
    return wrong;
}

static void *append_many(void *argument)
{
    writer *self = argument;
    for (unsigned i = 0; i < APPENDS && self->wrong[0] == '\0'; i++) {
        const char *wrong = append_one(self, i);
        (void)snprintf(self->wrong, sizeof(self->wrong), "%s", wrong == NULL ? "" : wrong);
    }
    return NULL;
}

Test(group_commit, many_appends_share_a_sync)
{
    static writer writers[THREADS];
    pthread_t threads[THREADS];
    char group_uuid[CRUDDUR_UUID_SIZE];
    const char *path = bed_path("store.db");
    cruddur *dm = open_store(path);
    number_uuid(5, group_uuid);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    fault_vfs_set_sync_us(2000);
    fault_vfs_count_again();
    for (unsigned i = 0; i < THREADS; i++) {
        writers[i] = (writer){dm, group_uuid, i, ""};
        cr_assert_eq(pthread_create(&threads[i], NULL, append_many, &writers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
        cr_assert_str_eq(writers[i].wrong, "");
    }
    unsigned syncs = fault_vfs_calls(AT_SYNC);
    fault_vfs_set_sync_us(0);
    cr_assert_gt(syncs, 0, "nothing was synced");
    cr_assert_lt(syncs * 4, THREADS * APPENDS, "%u syncs for %d appends", syncs, THREADS * APPENDS);
    cruddur_close(dm);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'MSG#*'"),
                 THREADS * APPENDS + 1);
    must_be_sound(path);
    must_pass_checker(path);
}

/* One after the other, each append has its own sync; without `full`, none has. */
Test(group_commit, synchronous_is_heeded)
{
    char group_uuid[CRUDDUR_UUID_SIZE];
    char url[URL_SIZE + 32];
    number_uuid(5, group_uuid);
    for (int full = 0; full <= 1; full++) {
        cruddur *dm = NULL;
        (void)snprintf(url, sizeof(url), "%s?synchronous=%s", bed_url(bed_path("store.db")),
                       full != 0 ? "full" : "normal");
        must_succeed(cruddur_open(url, NULL, &dm, TEST_ERROR));
        open_group(dm, 0, 5, group_uuid, "first", 0);
        fault_vfs_count_again();
        for (int i = 0; i < 20; i++) {
            append_text(dm, 0, group_uuid, "hello");
        }
        cr_assert_eq(fault_vfs_calls(AT_SYNC), full != 0 ? 20 : 0);
        cruddur_close(dm);
    }
}

/* ---- one batch ---- */

/* The leader is held back where it asks for the lock. */
typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned expected; /* calls before the gate opens */
    unsigned entered;
    useconds_t delay_us; /* and then this long */
    bool is_led;
    void (*then)(void *context); /* run as the gate opens; may be NULL */
    void *then_context;
} gate;

#define GATE_INIT(calls, delay)                                                                    \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, calls, 0, delay, false, NULL, NULL    \
    }

static void hold_back(void *context)
{
    gate *entry = context;
    (void)pthread_mutex_lock(&entry->lock);
    entry->is_led = true;
    (void)pthread_cond_broadcast(&entry->changed);
    while (entry->entered < entry->expected) {
        (void)pthread_cond_wait(&entry->changed, &entry->lock);
    }
    (void)pthread_mutex_unlock(&entry->lock);
    (void)usleep(entry->delay_us);
    if (entry->then != NULL) {
        entry->then(entry->then_context);
    }
}

typedef struct call {
    gate *entry;
    cruddur *dm;
    unsigned author;
    const char *group_uuid;
    uint32_t timeout_ms;
    bool leads;
    cruddur_status status;
    cruddur_error *error;
    cruddur_msg *msg;
} call;

static void *run_call(void *argument)
{
    call *self = argument;
    gate *entry = self->entry;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.timeout_ms = self->timeout_ms;
    (void)pthread_mutex_lock(&entry->lock);
    while (!self->leads && !entry->is_led) {
        (void)pthread_cond_wait(&entry->changed, &entry->lock);
    }
    entry->entered++;
    (void)pthread_cond_broadcast(&entry->changed);
    (void)pthread_mutex_unlock(&entry->lock);
    self->status = cruddur_msg_append(self->dm, person(self->author), self->group_uuid, "hello",
                                      &options, &self->msg, &self->error);
    (void)pthread_mutex_lock(&entry->lock);
    entry->is_led = true; /* the leader may never have come to the gate */
    (void)pthread_cond_broadcast(&entry->changed);
    (void)pthread_mutex_unlock(&entry->lock);
    return NULL;
}

/* Runs the calls, the first of which leads, and is held back at this point. */
static void run_calls(gate *entry, fault_point point, call *calls, unsigned count)
{
    pthread_t threads[THREADS];
    fault_vfs_hook(point, 1, hold_back, entry);
    for (unsigned i = 0; i < count; i++) {
        calls[i].leads = i == 0;
        cr_assert_eq(pthread_create(&threads[i], NULL, run_call, &calls[i]), 0);
    }
    for (unsigned i = 0; i < count; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
}

static void free_call(call *done)
{
    cruddur_error_free(done->error);
    cruddur_msg_free(done->msg);
}

Test(group_commit, a_refused_change_disturbs_no_other)
{
    char group_uuid[CRUDDUR_UUID_SIZE];
    char missing_uuid[CRUDDUR_UUID_SIZE];
    const char *path = bed_path("store.db");
    cruddur *dm = open_store(path);
    gate entry = GATE_INIT(5, 200000);
    number_uuid(5, group_uuid);
    number_uuid(6, missing_uuid);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    call calls[] = {
        {.entry = &entry, .dm = dm, .author = 0, .group_uuid = group_uuid},
        {.entry = &entry, .dm = dm, .author = 9, .group_uuid = group_uuid},
        {.entry = &entry, .dm = dm, .author = 1, .group_uuid = group_uuid},
        {.entry = &entry, .dm = dm, .author = 1, .group_uuid = missing_uuid},
        {.entry = &entry, .dm = dm, .author = 2, .group_uuid = group_uuid},
    };
    static const cruddur_status expected[] = {CRUDDUR_OK, CRUDDUR_E_GROUP_NOT_FOUND, CRUDDUR_OK,
                                              CRUDDUR_E_GROUP_NOT_FOUND, CRUDDUR_OK};
    fault_vfs_count_again();
    run_calls(&entry, AT_WRITE_LOCK, calls, 5);
    cr_assert_eq(fault_vfs_calls(AT_SYNC), 1, "the batch took %u syncs", fault_vfs_calls(AT_SYNC));
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(calls[i].status, expected[i], "call %u: %s", i,
                     cruddur_status_name(calls[i].status));
        cr_assert_eq(cruddur_error_status(calls[i].error), expected[i]);
        cr_assert_eq(calls[i].msg != NULL, expected[i] == CRUDDUR_OK);
        free_call(&calls[i]);
    }
    cruddur_close(dm);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'MSG#*'"),
                 4);
    must_be_sound(path);
}

/* The deadline of one in the queue passes while the leader is held back at this point. */
static void let_deadline_pass(fault_point point, cruddur_status expected)
{
    char group_uuid[CRUDDUR_UUID_SIZE];
    const char *path = bed_path("store.db");
    cruddur *dm = open_store(path);
    gate entry = GATE_INIT(3, 300000);
    number_uuid(5, group_uuid);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    call calls[] = {
        {.entry = &entry, .dm = dm, .author = 0, .group_uuid = group_uuid, .timeout_ms = 240000},
        {.entry = &entry, .dm = dm, .author = 1, .group_uuid = group_uuid, .timeout_ms = 50},
        {.entry = &entry, .dm = dm, .author = 2, .group_uuid = group_uuid, .timeout_ms = 240000},
    };
    run_calls(&entry, point, calls, 3);
    cr_assert_eq(calls[0].status, CRUDDUR_OK);
    cr_assert_eq(calls[1].status, expected, "%s", cruddur_status_name(calls[1].status));
    cr_assert_eq(calls[2].status, CRUDDUR_OK);
    cr_assert(cruddur_error_is_retryable(calls[1].error));
    cr_assert(!cruddur_error_outcome_unknown(calls[1].error));
    for (unsigned i = 0; i < 3; i++) {
        free_call(&calls[i]);
    }
    cruddur_close(dm);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'MSG#*'"),
                 3);
    must_be_sound(path);
}

Test(group_commit, deadline_while_others_write)
{
    let_deadline_pass(AT_SYNC, CRUDDUR_E_TIMEOUT);
}

Test(group_commit, deadline_while_the_leader_waits_for_the_file)
{
    let_deadline_pass(AT_WRITE_LOCK, CRUDDUR_E_STORE_LOCKED);
}

/* When the commit fails, so does every change in it, but for the one that was refused anyway. */
Test(group_commit, a_failed_commit_fails_all)
{
    char group_uuid[CRUDDUR_UUID_SIZE];
    const char *path = bed_path("store.db");
    cruddur *dm = open_store(path);
    gate entry = GATE_INIT(4, 200000);
    number_uuid(5, group_uuid);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    call calls[4] = {{0}};
    for (unsigned i = 0; i < 4; i++) {
        calls[i] =
            (call){.entry = &entry, .dm = dm, .author = i == 3 ? 9 : i, .group_uuid = group_uuid};
    }
    fault_vfs_arm(AT_SYNC, 1, SQLITE_IOERR_FSYNC, false);
    run_calls(&entry, AT_WRITE_LOCK, calls, 4);
    cr_assert_eq(fault_vfs_disarm(), 1);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(calls[i].status, CRUDDUR_E_STORE_IO, "call %u: %s", i,
                     cruddur_status_name(calls[i].status));
        cr_assert(cruddur_error_outcome_unknown(calls[i].error), "call %u", i);
        cr_assert_null(calls[i].msg);
        free_call(&calls[i]);
    }
    cr_assert_eq(calls[3].status, CRUDDUR_E_GROUP_NOT_FOUND);
    cr_assert(!cruddur_error_outcome_unknown(calls[3].error));
    free_call(&calls[3]);
    append_text(dm, 0, group_uuid, "the handle works");
    cruddur_close(dm);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'MSG#*'"),
                 2);
    must_be_sound(path);
}

/* ---- a file that is taken away ---- */

static void take_away(void *path)
{
    char away[PATH_SIZE + 8];
    (void)snprintf(away, sizeof(away), "%s.away", (const char *)path);
    (void)rename(path, away);
}

static void put_back(const char *path)
{
    char away[PATH_SIZE + 8];
    (void)snprintf(away, sizeof(away), "%s.away", path);
    cr_assert_eq(rename(away, path), 0);
}

static void take_away_in_the_commit(void *path)
{
    fault_vfs_hook(AT_SYNC, 1, take_away, path);
}

/* One batch of three members and a stranger; the file goes when the batch has gathered. */
static void lose_file(void (*lose)(void *path), bool is_committed)
{
    char group_uuid[CRUDDUR_UUID_SIZE];
    char path[PATH_SIZE];
    gate entry = GATE_INIT(4, 200000);
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
    cruddur *dm = open_store(path);
    number_uuid(5, group_uuid);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    entry.then = lose;
    entry.then_context = path;
    call calls[4] = {{0}};
    for (unsigned i = 0; i < 4; i++) {
        calls[i] =
            (call){.entry = &entry, .dm = dm, .author = i == 3 ? 9 : i, .group_uuid = group_uuid};
    }
    run_calls(&entry, AT_WRITE_LOCK, calls, 4);
    for (unsigned i = 0; i < 4; i++) {
        bool is_refused = i == 3 && is_committed;
        cr_assert_eq(calls[i].status,
                     is_refused ? CRUDDUR_E_GROUP_NOT_FOUND : CRUDDUR_E_STORE_REPLACED,
                     "call %u: %s", i, cruddur_status_name(calls[i].status));
        cr_assert_eq(cruddur_error_outcome_unknown(calls[i].error), is_committed && !is_refused);
        cr_assert_null(calls[i].msg);
        free_call(&calls[i]);
    }
    put_back(path);
    must_fail(CRUDDUR_E_STORE_REPLACED, NULL,
              cruddur_msg_append(dm, person(0), group_uuid, "again", NULL, NULL, TEST_ERROR));
    cruddur_close(dm);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'MSG#*'"),
                 is_committed ? 4 : 1);
    must_be_sound(path);
}

Test(group_commit, a_file_that_is_gone_before_the_commit_fails_all)
{
    lose_file(take_away, false);
}

Test(group_commit, a_file_that_goes_during_the_commit_leaves_the_outcome_unknown)
{
    lose_file(take_away_in_the_commit, true);
}
