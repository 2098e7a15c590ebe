/* SPDX-License-Identifier: MIT */
#include "messaging/stream.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "messaging/rewrite.h"

#define WORKERS_MAX 64

/* ---- one group ---- */

/* One group's move, over all runs of its body. */
typedef struct move {
    const cr_record *newest; /* of the group's records */
    unsigned traits;         /* that the latest run met */
    bool has_writes;         /* of the latest run */
    bool has_more;           /* than one change had room for */
    bool has_moved;
} move;

/* Every member has one row, all of the same message, and that is the record's or a later one: as
 * rows only move forward, it does not matter how far the index lags behind. */
static bool is_past(const cr_group_rows *rows, cr_str sk)
{
    cr_members members;
    cr_uuid owner;
    if (rows->count == 0 || !cr_members_of_row(&rows->row[0], &members) ||
        rows->count != members.count || cr_str_compare(rows->row[0].value[CR_SK], sk) < 0) {
        return false;
    }
    for (size_t i = 0; i < rows->count; i++) {
        const cr_row *row = &rows->row[i];
        if (!cr_str_equal(row->value[CR_SK], rows->row[0].value[CR_SK]) ||
            !cr_uuid_parse(cr_pk_suffix(row->value[CR_PK]), &owner) ||
            cr_members_find(&members, &owner) == members.count) {
            return false;
        }
    }
    return true;
}

/* Any row of the group: of those that the index told of and that are still there, else the
 * author's. */
static cruddur_status find_any_row(cr_txn *txn, const cr_record *record, const cr_group_rows *rows,
                                   cr_row *found)
{
    *found = rows->count > 0 ? rows->row[0] : (cr_row){0};
    if (rows->count > 0 || !record->has_author) {
        return CRUDDUR_OK;
    }
    cr_pk pk = cr_pk_of_member(&record->author);
    return cr_group_search_partition(txn, cr_uuid_str(&record->group), &pk, found);
}

/* Reads the group rows where the index lags behind, or some are missing, and the head, which is
 * absent throughout for a group that is no longer there. */
static cruddur_status read_from_head(cr_txn *txn, const cr_record *record,
                                     const cr_group_rows *rows, cr_inboxes *inboxes, cr_row *head)
{
    cr_row group_row;
    cruddur_status status = find_any_row(txn, record, rows, &group_row);
    if (status == CRUDDUR_OK) {
        status = cr_group_find_head(txn, &record->group, head);
    }
    if (status != CRUDDUR_OK || !cr_row_exists(head)) {
        return status;
    }
    if (!cr_row_exists(&group_row)) {
        *head = (cr_row){0};
        cr_log_line(&txn->call->logger, CRUDDUR_LOG_WARNING,
                    "group %s: it has messages, and no group rows that tell its members",
                    record->group.text);
        return CRUDDUR_OK;
    }
    status = cr_inboxes_read(txn, head, &group_row, inboxes);
    return status == CRUDDUR_OK ? cr_group_check_head(txn, &record->group, head) : status;
}

/* The head is read last: whoever moved rows meanwhile did so to a message that it shows. */
static cruddur_status read_group(cr_txn *txn, const cr_record *record, cr_group_rows *rows,
                                 cr_inboxes *inboxes, cr_row *head)
{
    bool is_whole;
    cruddur_status status = cr_inboxes_reread(txn, &record->group, rows, inboxes, &is_whole);
    if (status != CRUDDUR_OK) {
        return status;
    }
    return is_whole ? cr_group_find_head(txn, &record->group, head)
                    : read_from_head(txn, record, rows, inboxes, head);
}

static cruddur_status move_rows(cr_txn *txn, const cr_inboxes *inboxes, const cr_row *head,
                                bool *is_complete)
{
    cr_person author = {0};
    if (cr_uuid_parse(head->value[CR_USER_UUID], &author.uuid)) {
        author.display_name = head->value[CR_DISPLAY_NAME];
        author.handle = head->value[CR_HANDLE];
    }
    cruddur_status status = cr_inboxes_put(txn, inboxes, &author, head);
    return status == CRUDDUR_OK ? cr_inboxes_remove(txn, inboxes, head, is_complete) : status;
}

static cruddur_status move_body(cr_txn *txn, void *argument)
{
    move *moving = argument;
    const cr_record *record = moving->newest;
    cr_group_rows rows;
    cr_inboxes inboxes;
    cr_row head;
    bool is_complete = true;
    moving->traits = txn->traits;
    moving->has_writes = moving->has_more = false;
    cruddur_status status = cr_group_read_index(txn, &record->group, &rows);
    if (status != CRUDDUR_OK || is_past(&rows, record->sk)) {
        return status;
    }
    status = read_group(txn, record, &rows, &inboxes, &head);
    if (status != CRUDDUR_OK || !cr_row_exists(&head)) {
        return status;
    }
    inboxes.forward_only = true;
    moving->has_writes = cr_inboxes_must_move(txn, &inboxes, &head);
    if (moving->has_writes) {
        status = move_rows(txn, &inboxes, &head, &is_complete);
        moving->has_more = !is_complete;
    }
    return status;
}

/* Where others may have met the move half done, it looks again until there is nothing to do. */
static cruddur_status move_group(cr_store *store, move *moving, cr_call *call)
{
    cruddur_status status;
    bool must_look;
    do {
        status = store->ops->change(store, move_body, moving, call);
        bool has_written = status == CRUDDUR_OK && moving->has_writes;
        moving->has_moved = moving->has_moved || has_written;
        must_look = has_written && (moving->traits & CR_TRAIT_ATOMIC) == 0;
    } while (status == CRUDDUR_OK && (moving->has_more || must_look));
    return status;
}

/* ---- all groups ---- */

/* What the workers share. */
typedef struct work {
    cr_store *store;
    const cr_call *call;
    const cr_record *records; /* of the event */
    const cr_record **newest; /* of each group */
    size_t count;
    atomic_size_t next;
    pthread_mutex_t lock; /* of all below */
    cr_meter meter;
    cr_arena *arena;
    cr_stream_outcome *outcome;
    bool no_memory;
} work;

static void add_failure(work *shared, const cr_record *record, cruddur_status status,
                        const char *message)
{
    cr_stream_outcome *outcome = shared->outcome;
    cr_str kept = cr_arena_copy(shared->arena, cr_str_of(message));
    shared->no_memory = shared->no_memory || kept.data == NULL;
    if (kept.data != NULL) {
        outcome->failure[outcome->failure_count++] =
            (cr_stream_failure){(size_t)(record - shared->records), status, kept};
    }
}

static void run_move(work *shared, const cr_record *newest)
{
    cruddur_error *error = NULL;
    cr_call call = *shared->call;
    move moving = {.newest = newest};
    call.meter = (cr_meter){0};
    call.error = &error;
    cruddur_status status = cr_call_check_deadline(&call);
    if (status == CRUDDUR_OK) {
        status = move_group(shared->store, &moving, &call);
    }
    (void)pthread_mutex_lock(&shared->lock);
    cr_meter_add(&shared->meter, &call.meter);
    shared->outcome->moved += moving.has_moved ? 1 : 0;
    if (status != CRUDDUR_OK) {
        add_failure(shared, newest, status, cruddur_error_message(error));
    }
    (void)pthread_mutex_unlock(&shared->lock);
    cruddur_error_free(error);
}

static void *run_moves(void *argument)
{
    work *shared = argument;
    size_t next;
    while ((next = atomic_fetch_add(&shared->next, 1)) < shared->count) {
        run_move(shared, shared->newest[next]);
    }
    return NULL;
}

/* The caller's thread is one of the workers: what no thread can be had for, it does itself. */
static void run_workers(work *shared, unsigned workers)
{
    pthread_t thread[WORKERS_MAX];
    sigset_t all;
    sigset_t before;
    size_t started = 0;
    size_t wanted = workers < shared->count ? workers : shared->count;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the caller's threads' */
    while (started + 1 < wanted && started < WORKERS_MAX &&
           pthread_create(&thread[started], NULL, run_moves, shared) == 0) {
        started++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)run_moves(shared);
    for (size_t i = 0; i < started; i++) {
        (void)pthread_join(thread[i], NULL);
    }
}

/* ---- the event ---- */

static int compare_messages(const void *a, const void *b)
{
    const cr_record *const *x = a;
    const cr_record *const *y = b;
    int order = cr_uuid_compare(&(*x)->group, &(*y)->group);
    return order != 0 ? order : cr_str_compare((*x)->sk, (*y)->sk);
}

static int compare_failures(const void *a, const void *b)
{
    const cr_stream_failure *x = a;
    const cr_stream_failure *y = b;
    return (x->record > y->record) - (x->record < y->record);
}

/* Leaves the newest message of each group. */
static void keep_newest(work *shared)
{
    size_t kept = 0;
    qsort(shared->newest, shared->count, sizeof(const cr_record *), compare_messages);
    for (size_t i = 0; i < shared->count; i++) {
        bool is_last = i + 1 == shared->count ||
                       cr_uuid_compare(&shared->newest[i]->group, &shared->newest[i + 1]->group);
        if (is_last) {
            shared->newest[kept++] = shared->newest[i];
        }
    }
    shared->count = kept;
}

/* Tells the records apart. */
static void sort_records(work *shared, const cr_records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        const cr_record *record = &records->record[i];
        if (record->kind == CR_RECORD_POISON) {
            add_failure(shared, record, CRUDDUR_E_INVALID_ARGUMENT, record->problem);
        } else if (record->kind == CR_RECORD_MESSAGE) {
            shared->newest[shared->count++] = record;
        }
    }
    shared->outcome->messages = shared->count;
    keep_newest(shared);
    shared->outcome->groups = shared->count;
}

cruddur_status cr_stream_apply(cr_store *store, const cr_records *records, unsigned workers,
                               cr_call *call, cr_arena *arena, cr_stream_outcome *outcome)
{
    work shared = {.store = store,
                   .call = call,
                   .records = records->record,
                   .lock = PTHREAD_MUTEX_INITIALIZER,
                   .arena = arena,
                   .outcome = outcome};
    size_t room = records->count + 1;
    *outcome = (cr_stream_outcome){0};
    outcome->failure = cr_arena_alloc(arena, room * sizeof(*outcome->failure));
    shared.newest = cr_arena_alloc(arena, room * sizeof(const cr_record *));
    if (outcome->failure == NULL || shared.newest == NULL) {
        return cr_fail_memory(call->error);
    }
    atomic_init(&shared.next, 0);
    sort_records(&shared, records);
    run_workers(&shared, workers);
    (void)pthread_mutex_destroy(&shared.lock);
    cr_meter_add(&call->meter, &shared.meter);
    qsort(outcome->failure, outcome->failure_count, sizeof(*outcome->failure), compare_failures);
    return shared.no_memory ? cr_fail_memory(call->error) : CRUDDUR_OK;
}
