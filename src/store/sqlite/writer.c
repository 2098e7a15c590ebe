/* SPDX-License-Identifier: MIT */
#include "store/sqlite/writer.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/condition.h"
#include "store/sqlite/absence.h"
#include "store/sqlite/failure.h"
#include "store/sqlite/sequence.h"

/* Bounds how long the first of a batch waits for the last, and what a failed commit takes down. */
#define BATCH_MAX 128

/* SQLite gives its lock to whoever asks at the right moment, so a process that writes without a
 * pause could keep others out for long. After this long without one, the leader pauses for longer
 * than the others' naps (connection.c). */
#define BUSY_MAX_US 100000
#define PAUSE_US 1500
/* Two turns with less than this between them count as one. */
#define IDLE_MIN_US 1000
/* An entry of the sequence is written before it is as long as this. */
#define WRITTEN_MAX ((size_t)1024 * 1024)

typedef enum change_state {
    WAITING, /* in the queue; its thread may take it out again */
    LEADING, /* its thread writes, or is about to */
    RUNNING, /* in the leader's batch */
    DONE,
} change_state;

/* A change that a thread has submitted; lives on that thread's stack. */
typedef struct change {
    struct change *next;
    cr_body body;
    void *context;
    cr_call *call;
    change_state state;
    cruddur_status status;
    pthread_cond_t moved; /* signalled, under the lock, when the state changes */
} change;

struct cr_writer {
    pthread_mutex_t lock;
    change *first; /* the queue: the leader, and those who came after it */
    change **last;
    bool has_leader;
    bool has_file; /* the leader has the lock on the file */
    /* From here on the leader's alone. */
    cr_connection *connection;
    cr_store_files *files;
    const cr_store *store;
    cr_arena arena;
    cr_buffer written; /* sequence.h */
    bool is_alone;     /* the batch is one change */
    bool has_written;  /* in this turn */
    int64_t busy_since_us;
    int64_t turn_ended_us;
};

static cruddur_status fail_threads(cruddur_error **error)
{
    return cr_fail_with(error, CRUDDUR_E_INTERNAL,
                        "the system gave no mutex or condition variable");
}

cruddur_status cr_writer_new(cr_connection *connection, cr_store_files *files,
                             const cr_store *store, cr_writer **ret_writer, cruddur_error **error)
{
    cr_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL) {
        return cr_fail_memory(error);
    }
    if (pthread_mutex_init(&writer->lock, NULL) != 0) {
        free(writer);
        return fail_threads(error);
    }
    writer->last = &writer->first;
    cr_buffer_init(&writer->written, WRITTEN_MAX);
    writer->connection = connection;
    writer->files = files;
    writer->store = store;
    *ret_writer = writer;
    return CRUDDUR_OK;
}

void cr_writer_free(cr_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    if (cr_store_files_are_taken(writer->files)) {
        cr_connection_leave_log(writer->connection);
    }
    cr_connection_close(writer->connection);
    cr_arena_free(&writer->arena);
    cr_buffer_free(&writer->written);
    (void)pthread_mutex_destroy(&writer->lock);
    free(writer);
}

/* ---- the queue; all under the lock ---- */

static void enqueue(cr_writer *writer, change *submitted)
{
    *writer->last = submitted;
    writer->last = &submitted->next;
}

static void dequeue(cr_writer *writer, change *submitted)
{
    change **link = &writer->first;
    while (*link != submitted) {
        link = &(*link)->next;
    }
    *link = submitted->next;
    if (writer->last == &submitted->next) {
        writer->last = link;
    }
}

static void move_on(change *submitted, change_state state)
{
    submitted->state = state;
    (void)pthread_cond_signal(&submitted->moved);
}

/* Whoever has waited longest leads next. */
static void pass_the_lead(cr_writer *writer)
{
    writer->has_leader = writer->first != NULL;
    if (writer->has_leader) {
        move_on(writer->first, LEADING);
    }
}

/* Takes the leader's change and those behind it off the queue, as a batch. */
static change *take_batch(cr_writer *writer)
{
    change *batch = writer->first;
    change *end = batch;
    for (size_t count = 1; count < BATCH_MAX && end->next != NULL; count++) {
        end = end->next;
        end->state = RUNNING;
    }
    writer->first = end->next;
    if (writer->first == NULL) {
        writer->last = &writer->first;
    }
    end->next = NULL;
    return batch;
}

/* ---- the leader's turn ---- */

static cruddur_status fail_writing(const cr_writer *writer, int code, const cr_call *call)
{
    return cr_connection_fail(writer->connection, code, "writing to", call->error);
}

static void let_others_in(cr_writer *writer)
{
    int64_t now_us = cr_clock_monotonic_us();
    if (now_us - writer->turn_ended_us >= IDLE_MIN_US) {
        writer->busy_since_us = now_us;
    } else if (now_us - writer->busy_since_us >= BUSY_MAX_US) {
        cr_clock_sleep_us(PAUSE_US);
        writer->busy_since_us = cr_clock_monotonic_us();
    }
}

/* Undoes what one run of a body has written. A change that is alone in its batch has no savepoint:
 * its transaction is ended, and another begun. */
static int undo_run(const cr_writer *writer)
{
    if (!writer->is_alone) {
        return cr_connection_run(writer->connection, CR_STATEMENT_ROLLBACK_TO);
    }
    int code = cr_connection_run(writer->connection, CR_STATEMENT_ROLLBACK);
    return code == SQLITE_OK ? cr_connection_run(writer->connection, CR_STATEMENT_BEGIN_WRITE)
                             : code;
}

/* Runs the body until its conditions hold. */
static cruddur_status run_body(cr_writer *writer, change *running)
{
    cr_sqlite_txn txn;
    cr_call *call = running->call;
    cr_sqlite_txn_init(&txn, writer->connection, writer->store->traits, &writer->arena, call);
    txn.written = &writer->written;
    for (;;) {
        if (cr_is_cancelled(call->cancel)) {
            return cr_fail_cancelled(call->error);
        }
        cr_arena_reset(&writer->arena);
        call->meter.attempts++;
        txn.absence_count = 0;
        cr_sequence_restart(&txn);
        cruddur_status status = running->body(&txn.base, running->context);
        if (status == CRUDDUR_OK) {
            status = cr_sequence_end(&txn);
        }
        if (status != CRUDDUR_E_CONFLICT) {
            writer->has_written =
                writer->has_written || txn.writes_others || writer->written.size > 0;
            return cr_absence_confirm(&txn, status);
        }
        if (cr_deadline_passed(call->deadline_us)) {
            return cr_fail_with(call->error, status, "the rows kept changing until the deadline");
        }
        int code = undo_run(writer);
        if (code != SQLITE_OK) {
            return fail_writing(writer, code, call);
        }
    }
}

/* Some failures (no memory, no space, input or output) make SQLite end the whole transaction. */
static bool transaction_is_lost(const cr_writer *writer)
{
    return sqlite3_get_autocommit(writer->connection->db) != 0;
}

static void roll_back(const cr_writer *writer)
{
    if (!transaction_is_lost(writer)) {
        (void)cr_connection_run(writer->connection, CR_STATEMENT_ROLLBACK);
    }
}

/* The only change of a batch. If it fails, the transaction has nothing to commit. */
static cruddur_status run_alone(cr_writer *writer, change *running)
{
    cruddur_status status = run_body(writer, running);
    if (status != CRUDDUR_OK) {
        roll_back(writer);
    }
    return status;
}

/* One of several, in its savepoint. What fails leaves no trace; the others of the batch go on. */
static cruddur_status run_beside_others(cr_writer *writer, change *running)
{
    cr_connection *connection = writer->connection;
    int code = cr_connection_run(connection, CR_STATEMENT_SAVEPOINT);
    if (code != SQLITE_OK) {
        return fail_writing(writer, code, running->call);
    }
    cruddur_status status = run_body(writer, running);
    if (transaction_is_lost(writer)) {
        return status;
    }
    if (status != CRUDDUR_OK) {
        code = cr_connection_run(connection, CR_STATEMENT_ROLLBACK_TO);
    }
    if (code == SQLITE_OK) {
        code = cr_connection_run(connection, CR_STATEMENT_RELEASE);
    }
    if (code != SQLITE_OK) {
        roll_back(writer); /* what cannot be undone alone takes the batch with it */
    }
    return status == CRUDDUR_OK && code != SQLITE_OK ? fail_writing(writer, code, running->call)
                                                     : status;
}

/* Whatever failed took with it all that thought it had succeeded. */
static void fail_batch(const cr_writer *writer, change *batch, int code, bool is_unknown)
{
    for (change *failed = batch; failed != NULL; failed = failed->next) {
        if (failed->status == CRUDDUR_OK) {
            failed->status = fail_writing(writer, code, failed->call);
            if (is_unknown) {
                cr_error_set_outcome_unknown(failed->call->error);
            }
        }
    }
}

/* The files were gone when the bodies had run: nothing that those read, or were refused for, need
 * be true of the store. */
static void fail_lost(const cr_writer *writer, change *batch, cr_store_finding finding)
{
    for (change *failed = batch; failed != NULL; failed = failed->next) {
        failed->status = cr_store_files_fail(writer->files, finding, failed->call->error);
    }
}

/* The files are gone after the commit, which may or may not have reached them before. */
static void doubt_commit(const cr_writer *writer, change *batch, cr_store_finding finding)
{
    for (change *failed = batch; failed != NULL; failed = failed->next) {
        if (failed->status == CRUDDUR_OK) {
            failed->status = cr_store_files_fail(writer->files, finding, failed->call->error);
            cr_error_set_outcome_unknown(failed->call->error);
        }
    }
}

/* Whether a failed commit may be in the log nevertheless, and be recovered after a crash. Without
 * powersafe overwrite SQLite writes padding after the commit, which a full disk may refuse. */
static bool may_be_in_log(const cr_writer *writer, int primary)
{
    int is_powersafe = -1; /* a question */
    if (primary == SQLITE_FULL) {
        int code = sqlite3_file_control(writer->connection->db, "main",
                                        SQLITE_FCNTL_POWERSAFE_OVERWRITE, &is_powersafe);
        return code != SQLITE_OK || is_powersafe == 0;
    }
    return primary == SQLITE_IOERR || primary == SQLITE_NOMEM;
}

static void commit_batch(cr_writer *writer, change *batch)
{
    int code = cr_connection_run(writer->connection, CR_STATEMENT_COMMIT);
    if (code != SQLITE_OK) {
        fail_batch(writer, batch, code, may_be_in_log(writer, code & 0xff));
    } else if (writer->has_written) {
        cr_bell_ring(writer->store->bell, NULL, 0);
    }
    cr_store_finding finding = cr_store_files_look(writer->files);
    if (finding != 0) {
        doubt_commit(writer, batch, finding);
    }
}

/* Runs a batch in the transaction that is open, and ends the transaction. */
static void run_batch(cr_writer *writer, change *batch)
{
    bool is_lost = false;
    writer->has_written = false;
    writer->is_alone = batch->next == NULL;
    for (change *running = batch; running != NULL && !is_lost; running = running->next) {
        running->status =
            writer->is_alone ? run_alone(writer, running) : run_beside_others(writer, running);
        is_lost = transaction_is_lost(writer);
    }
    cr_store_finding finding = cr_store_files_look(writer->files);
    if (finding != 0) {
        fail_lost(writer, batch, finding);
    } else if (is_lost) {
        int code = sqlite3_extended_errcode(writer->connection->db);
        fail_batch(writer, batch, code == SQLITE_OK ? SQLITE_ABORT_ROLLBACK : code, false);
    } else {
        commit_batch(writer, batch);
    }
    roll_back(writer);
}

/* Takes the file's lock, and then as many changes as have gathered. Returns the batch; without the
 * lock, that is the leader alone, as the others have deadlines of their own. */
static change *begin_turn(cr_writer *writer, change *leader, int *code)
{
    let_others_in(writer);
    roll_back(writer); /* of a turn that had no memory to end its transaction */
    writer->connection->deadline_us = leader->call->deadline_us;
    writer->connection->cancel = leader->call->cancel;
    *code = cr_connection_run(writer->connection, CR_STATEMENT_BEGIN_WRITE);
    (void)pthread_mutex_lock(&writer->lock);
    change *batch = leader;
    writer->has_file = *code == SQLITE_OK;
    if (writer->has_file) {
        writer->connection->cancel = NULL; /* the batch is that of others as well */
        batch = take_batch(writer);
    } else {
        dequeue(writer, leader);
        leader->next = NULL;
    }
    (void)pthread_mutex_unlock(&writer->lock);
    return batch;
}

/* Hands everybody their result, before the log is tidied up: that is nobody's business. */
static void end_turn(cr_writer *writer, change *batch)
{
    (void)pthread_mutex_lock(&writer->lock);
    for (change *done = batch; done != NULL;) {
        change *next = done->next; /* its thread may be gone once it is done */
        move_on(done, DONE);
        done = next;
    }
    (void)pthread_mutex_unlock(&writer->lock);

    writer->connection->cancel = NULL;
    if (!cr_store_files_are_lost(writer->files)) {
        cr_connection_tidy_log(writer->connection);
    }
    writer->turn_ended_us = cr_clock_monotonic_us();

    (void)pthread_mutex_lock(&writer->lock);
    writer->has_file = false;
    pass_the_lead(writer);
    (void)pthread_mutex_unlock(&writer->lock);
}

static void lead(cr_writer *writer, change *leader)
{
    int code;
    change *batch = begin_turn(writer, leader, &code);
    if (code == SQLITE_OK) {
        run_batch(writer, batch);
    } else {
        cr_store_finding finding = cr_store_files_look(writer->files);
        leader->status = finding == 0
                             ? fail_writing(writer, code, leader->call)
                             : cr_store_files_fail(writer->files, finding, leader->call->error);
    }
    end_turn(writer, batch);
}

/* ---- the submitting thread ---- */

static cruddur_status fail_waiting(const cr_writer *writer, const cr_call *call)
{
    if (cr_is_cancelled(call->cancel)) {
        return cr_fail_cancelled(call->error);
    }
    if (!writer->has_file) {
        /* The connection is the leader's. */
        return cr_sqlite_fail(call->error, NULL, SQLITE_BUSY, writer->connection->place->path,
                              "writing to");
    }
    return cr_fail_with(call->error, CRUDDUR_E_TIMEOUT,
                        "the deadline passed before other threads' changes were written");
}

/* Waits until the change is done or has the lead. A change that has not begun is taken back at its
 * deadline, or when it is cancelled; one that runs is waited for, as only then its outcome is
 * known. Under the lock. */
static void wait_for_turn(cr_writer *writer, change *submitted)
{
    const cr_call *call = submitted->call;
    while (submitted->state == WAITING) {
        (void)cr_condition_wait_until(&submitted->moved, &writer->lock,
                                      cr_cancel_look_us(call->deadline_us, call->cancel));
        if (submitted->state == WAITING && cr_call_is_over(call)) {
            dequeue(writer, submitted);
            submitted->status = fail_waiting(writer, submitted->call);
            submitted->state = DONE;
        }
    }
    while (submitted->state == RUNNING) {
        (void)pthread_cond_wait(&submitted->moved, &writer->lock);
    }
}

static void submit(cr_writer *writer, change *submitted)
{
    (void)pthread_mutex_lock(&writer->lock);
    enqueue(writer, submitted);
    if (writer->has_leader) {
        wait_for_turn(writer, submitted);
    } else {
        writer->has_leader = true;
        submitted->state = LEADING;
    }
    bool leads = submitted->state == LEADING;
    (void)pthread_mutex_unlock(&writer->lock);
    if (leads) {
        lead(writer, submitted);
    }
}

cruddur_status cr_writer_change(cr_writer *writer, cr_body body, void *context, cr_call *call)
{
    change submitted = {.body = body, .context = context, .call = call, .state = WAITING};
    cr_kept_log kept;
    if (!cr_condition_init(&submitted.moved)) {
        return fail_threads(call->error);
    }
    cr_log_keep(&kept, call); /* the body runs while the file is locked */
    submit(writer, &submitted);
    cr_log_release(&kept, call);
    (void)pthread_cond_destroy(&submitted.moved);
    return submitted.status;
}
