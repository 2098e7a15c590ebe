/* SPDX-License-Identifier: MIT */
#include "messaging/stream.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "messaging/catch_up.h"
#include "messaging/rewrite.h"

#define WORKERS_MAX 64

#define ROUND_PART 4

/* How often a group's rows are looked for that nobody has heard of. */
#define MISSES_MAX 6

/* ---- one group ---- */

/* One group's move, over all runs of its body. */
typedef struct move {
    const cr_record *newest; /* of the group's records */
    unsigned misses;         /* runs that found no row of the group */
    bool are_known;          /* its members, without any row */
    cr_room_search room;     /* for rows that cannot go to the message's key */
    unsigned traits;         /* that the latest run met */
    cr_uuid member;          /* any of the group */
    cr_packed_row *oldest;   /* place of the rows that the latest run met */
    bool has_writes;         /* of the latest run */
    bool has_more;           /* than one change had room for */
    bool has_moved;
} move;

/* Everybody whom the rows name has one, all of the same message, and that is the record's or a
 * later one: as rows only move forward, it does not matter how far the index lags behind. */
static bool is_past(const cr_rows *rows, cr_str sk)
{
    cr_members named = {0};
    if (rows->count < CRUDDUR_MEMBERS_MIN || cr_str_compare(cr_row_place(&rows->row[0]), sk) < 0) {
        return false;
    }
    for (size_t i = 0; i < rows->count; i++) {
        const cr_row *row = &rows->row[i];
        if (!cr_str_equal(cr_row_place(row), cr_row_place(&rows->row[0])) ||
            !cr_members_add_row(&named, row)) {
            return false;
        }
    }
    return rows->count == named.count;
}

/* The index shows no row yet, or the group was deleted but for its messages, or it is damaged: that
 * shows in a while. */
static cruddur_status miss(cr_txn *txn, move *moving)
{
    if (++moving->misses < MISSES_MAX) {
        return CRUDDUR_E_CONFLICT;
    }
    return cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                        "group %s has messages, and no group rows that could be found",
                        moving->newest->group.text);
}

/* Where the index tells of no row, the author's own leads to the others. The head is absent
 * throughout for a group that is no longer there. */
static cruddur_status find_any_row(cr_txn *txn, const move *moving, cr_rows *rows, cr_row *head)
{
    const cr_record *record = moving->newest;
    cr_row row = {0};
    cruddur_status status = cr_group_find_head(txn, &record->group, head);
    if (status == CRUDDUR_OK && cr_row_exists(head) && record->has_author) {
        cr_pk pk = cr_pk_of_member(&record->author);
        status =
            cr_group_search_partition(txn, cr_uuid_str(&record->group), &pk, CR_STR_ABSENT, &row);
    }
    return status == CRUDDUR_OK && cr_row_exists(&row) && !cr_rows_add(rows, &row)
               ? cr_fail_memory(txn->call->error)
               : status;
}

/* Who is to have a row. A group without any may still be the direct group of two authors. */
static cruddur_status read_members(cr_txn *txn, move *moving, const cr_rows *rows,
                                   cr_members *members)
{
    const cr_record *record = moving->newest;
    cr_members author = {record->has_author ? 1 : 0, {record->author}};
    cruddur_status status =
        cr_group_members_of(txn, &record->group, rows, &author, members, &moving->are_known);
    if (status != CRUDDUR_OK || members->count >= CRUDDUR_MEMBERS_MIN) {
        return status;
    }
    return rows->count == 0 ? miss(txn, moving) : cr_group_fail_untold(txn, &record->group);
}

/* Completes the rows where the index lags behind, or a row was lost. What moved meanwhile moved to
 * a message that is read last. */
static cruddur_status search_others(cr_txn *txn, move *moving, cr_group_rows *group_rows,
                                    cr_row *head)
{
    cr_row newest = {0};
    bool may_restore_all = moving->are_known && moving->misses + 1 >= MISSES_MAX;
    const cr_uuid *group = &moving->newest->group;
    cruddur_status status = cr_group_find_head(txn, group, head);
    if (status != CRUDDUR_OK || !cr_row_exists(head)) {
        return status;
    }
    status = cr_group_rows_search(txn, group, head->value[CR_SK], group_rows);
    if (status == CRUDDUR_OK && group_rows->old.count == 0 && !may_restore_all) {
        return miss(txn, moving);
    }
    if (status == CRUDDUR_OK) {
        cr_group_rows_restore(group, group_rows);
        status = cr_group_rows_read_names(txn, group, group_rows, &newest);
    }
    bool is_other =
        cr_row_exists(&newest) && !cr_str_equal(newest.value[CR_SK], head->value[CR_SK]);
    return status == CRUDDUR_OK && is_other ? CRUDDUR_E_CONFLICT : status;
}

/* All rows are at one message or beyond it, but a member has two. */
static cruddur_status read_head_of_twins(cr_txn *txn, const move *moving, cr_group_rows *group_rows,
                                         cr_row *head)
{
    cruddur_status status = cr_group_find_head(txn, &moving->newest->group, head);
    if (status != CRUDDUR_OK || !cr_row_exists(head)) {
        return status;
    }
    cr_group_rows_forget_later(group_rows, head->value[CR_SK]);
    bool is_newer = cr_str_compare(head->value[CR_SK], cr_group_rows_oldest(group_rows)) > 0;
    return is_newer ? CRUDDUR_E_CONFLICT : CRUDDUR_OK;
}

/* The head is read last: whoever moved rows meanwhile did so to a message that it shows. It is
 * absent throughout where the rows are in place already. */
static cruddur_status read_group(cr_txn *txn, move *moving, cr_rows *rows,
                                 cr_group_rows *group_rows, cr_row *head)
{
    cr_members members;
    const cr_uuid *group = &moving->newest->group;
    cruddur_status status = CRUDDUR_OK;
    if (rows->count == 0) {
        status = find_any_row(txn, moving, rows, head);
    }
    if (status != CRUDDUR_OK || (rows->count == 0 && !cr_row_exists(head))) {
        return status;
    }
    status = read_members(txn, moving, rows, &members);
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_reread(txn, group, rows, &members, group_rows);
    }
    bool has_rows = status == CRUDDUR_OK && group_rows->old.count > 0;
    if (has_rows) {
        status = cr_group_rows_read_names(txn, group, group_rows, head);
    }
    bool has_twins = has_rows && group_rows->old.count > group_rows->members.count;
    if (status == CRUDDUR_OK && has_twins && !cr_row_exists(head)) {
        status = read_head_of_twins(txn, moving, group_rows, head);
    }
    bool is_whole = has_rows && cr_group_rows_are_whole(group_rows, head->value[CR_SK]);
    return status == CRUDDUR_OK && !is_whole ? search_others(txn, moving, group_rows, head)
                                             : status;
}

static cruddur_status move_rows(cr_txn *txn, move *moving, cr_group_rows *group_rows,
                                const cr_row *head)
{
    cr_person author = cr_person_of(head);
    bool is_complete = true;
    cruddur_status status =
        cr_group_rows_find_room(txn, &moving->newest->group, head, &moving->room, group_rows);
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_put(txn, group_rows, &author, head);
    }
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_remove(txn, group_rows, head, &is_complete);
    }
    moving->has_more = !is_complete;
    return status;
}

/* What a look back goes by. */
static cruddur_status note_start(move *moving, const cr_group_rows *group_rows, const cr_row *head,
                                 const cr_call *call)
{
    cr_row key = {0};
    cr_str oldest_sk = cr_group_rows_oldest(group_rows);
    key.value[CR_SK] = oldest_sk.data == NULL ? head->value[CR_SK] : oldest_sk;
    free(moving->oldest);
    moving->oldest = cr_pack_row(&key);
    moving->member = group_rows->members.uuid[0];
    return moving->oldest == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
}

static cruddur_status move_body(cr_txn *txn, void *argument)
{
    move *moving = argument;
    const cr_record *record = moving->newest;
    cr_rows rows;
    cr_group_rows group_rows;
    cr_row head;
    moving->traits = txn->traits;
    moving->has_writes = moving->has_more = false;
    cruddur_status status = cr_group_read_index(txn, &record->group, &rows);
    if (status != CRUDDUR_OK || is_past(&rows, record->sk)) {
        return status;
    }
    status = read_group(txn, moving, &rows, &group_rows, &head);
    if (status != CRUDDUR_OK || !cr_row_exists(&head)) {
        return status;
    }
    moving->has_writes = cr_group_rows_must_move(txn, &group_rows, &head);
    if (moving->has_writes) {
        status = note_start(moving, &group_rows, &head, txn->call);
    }
    if (status == CRUDDUR_OK && moving->has_writes) {
        status = move_rows(txn, moving, &group_rows, &head);
    }
    return status;
}

/* Where others may have met the move half done, it looks back at the keys of all messages since the
 * rows' old place. */
static cruddur_status look_back(cr_store *store, const move *moving, cr_call *call)
{
    const cr_leftover leftover = {.group = &moving->newest->group,
                                  .member = &moving->member,
                                  .from_sk = cr_str_of(cr_packed_get(moving->oldest, CR_SK))};
    return cr_catch_up(store, &leftover, call);
}

static cruddur_status move_group(cr_store *store, move *moving, cr_call *call)
{
    cr_ticket ticket;
    cr_kept_log kept;
    cruddur_status status =
        cr_queue_enter(store->queues, cr_uuid_str(&moving->newest->group), call, &ticket);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_log_keep(&kept, call); /* others wait for their turn */
    do {
        moving->room = (cr_room_search){0};
        status = store->ops->change(store, move_body, moving, call);
        moving->has_moved = moving->has_moved || (status == CRUDDUR_OK && moving->has_writes);
        if (status == CRUDDUR_OK && moving->has_writes && (moving->traits & CR_TRAIT_ATOMIC) == 0) {
            status = look_back(store, moving, call);
        }
    } while (status == CRUDDUR_OK && moving->has_more);
    cr_queue_leave(call);
    cr_log_release(&kept, call);
    free(moving->oldest);
    moving->oldest = NULL;
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
    bool is_last_round;
    pthread_mutex_t lock;    /* of all below */
    const cr_record **again; /* those for the next round */
    size_t again_count;
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

/* One group that others keep busy is not to use up all of the time: in the first round it gets a
 * part of what is left, and in the second, behind the others, the rest. */
static int64_t deadline_us(const work *shared)
{
    int64_t now_us = cr_clock_monotonic_us();
    int64_t left_us = shared->call->deadline_us - now_us;
    return shared->is_last_round ? shared->call->deadline_us : now_us + left_us / ROUND_PART;
}

static bool may_go_again(const work *shared, cruddur_status status)
{
    return !shared->is_last_round && (status == CRUDDUR_E_CONFLICT || status == CRUDDUR_E_TIMEOUT);
}

static void run_move(work *shared, const cr_record *newest)
{
    cruddur_error *error = NULL;
    cr_call call = *shared->call;
    move moving = {.newest = newest};
    call.meter = (cr_meter){0};
    call.error = &error;
    call.deadline_us = deadline_us(shared);
    cruddur_status status = cr_call_check_deadline(&call);
    if (status == CRUDDUR_OK) {
        status = move_group(shared->store, &moving, &call);
    }
    (void)pthread_mutex_lock(&shared->lock);
    cr_meter_add(&shared->meter, &call.meter);
    shared->outcome->moved += moving.has_moved ? 1 : 0;
    if (may_go_again(shared, status)) {
        shared->again[shared->again_count++] = newest;
    } else if (status != CRUDDUR_OK) {
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
static void run_round(work *shared, unsigned workers)
{
    pthread_t thread[WORKERS_MAX];
    size_t started = 0;
    size_t wanted = workers < shared->count ? workers : shared->count;
    atomic_init(&shared->next, 0);
    while (started + 1 < wanted && started < WORKERS_MAX &&
           cr_thread_start(&thread[started], run_moves, shared)) {
        started++;
    }
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
    shared.again = cr_arena_alloc(arena, room * sizeof(const cr_record *));
    if (outcome->failure == NULL || shared.newest == NULL || shared.again == NULL) {
        return cr_fail_memory(call->error);
    }
    sort_records(&shared, records);
    run_round(&shared, workers);
    shared.is_last_round = true;
    shared.newest = shared.again;
    shared.count = shared.again_count;
    run_round(&shared, workers);
    (void)pthread_mutex_destroy(&shared.lock);
    cr_meter_add(&call->meter, &shared.meter);
    qsort(outcome->failure, outcome->failure_count, sizeof(*outcome->failure), compare_failures);
    return shared.no_memory ? cr_fail_memory(call->error) : CRUDDUR_OK;
}
