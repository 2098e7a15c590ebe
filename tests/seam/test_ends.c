/* SPDX-License-Identifier: MIT */
/* Deadlines and cancelled calls. */
#include "suite.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "support/late.h"

SEAM_SUITE(seam_ends);

#define SOON_US 50000
#define SECOND_US INT64_C(1000000)

/* ---- every kind of call ---- */

static cr_sink_answer ignore_row(void *context, const cr_row *row)
{
    (void)context;
    (void)row;
    return CR_SINK_MORE;
}

static cruddur_status read_body(cr_txn *txn, void *context)
{
    cr_row row;
    const cr_key key = {cr_str_of("p"), cr_str_of("a")};
    (void)context;
    return txn->ops->get(txn, &key, 1, &row);
}

static cruddur_status query_body(cr_txn *txn, void *context)
{
    const cr_query query = {.partition = cr_str_of("p")};
    return txn->ops->query(txn, &query, ignore_row, context);
}

static cruddur_status put_body(cr_txn *txn, void *context)
{
    const cr_row row = make_row("p", "put", "text");
    cruddur_status status = read_body(txn, context);
    return status == CRUDDUR_OK ? txn->ops->put(txn, &row) : status;
}

static cruddur_status read_one(cr_call *call)
{
    return seam->ops->read(seam, read_body, NULL, call);
}

static cruddur_status query_all(cr_call *call)
{
    return seam->ops->read(seam, query_body, NULL, call);
}

static cruddur_status put_one(cr_call *call)
{
    return seam->ops->change(seam, put_body, NULL, call);
}

static cruddur_status load_one(cr_call *call)
{
    const cr_row row = make_row("p", "load", "text");
    cr_loaded loaded;
    return seam->ops->load(seam, &row, 1, NULL, &loaded, call);
}

static cruddur_status scan_all(cr_call *call)
{
    return seam->ops->scan(seam, (cr_key){CR_STR_ABSENT, CR_STR_ABSENT}, 0, ignore_row, NULL, call);
}

static cruddur_status verify(cr_call *call)
{
    cr_lines lines;
    cr_lines_init(&lines);
    cruddur_status status = seam->ops->schema_verify(seam, NULL, &lines, call);
    cr_lines_free(&lines);
    return status;
}

typedef cruddur_status (*call_kind)(cr_call *call);

static const call_kind kinds[] = {read_one, query_all, put_one, load_one, scan_all};

Test(seam_ends, no_call_outlives_its_deadline)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        cr_call call = make_call();
        call.deadline_us = cr_clock_monotonic_us() - 1;
        expect_status(kinds[i](&call), CRUDDUR_E_TIMEOUT);
    }
    cr_assert_eq(count_rows(), 0);
}

Test(seam_ends, every_call_can_be_cancelled)
{
    atomic_bool cancel = true;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        cr_call call = make_call();
        call.cancel = &cancel;
        expect_status(kinds[i](&call), CRUDDUR_E_CANCELLED);
    }
    cr_assert_eq(count_rows(), 0);
    atomic_store(&cancel, false);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        cr_call call = make_call();
        call.cancel = &cancel;
        expect_status(kinds[i](&call), CRUDDUR_OK);
    }
    cr_assert_eq(count_rows(), 2);
    cr_call call = make_call();
    call.cancel = &cancel;
    expect_status(verify(&call), CRUDDUR_OK);
}

/* ---- waits ---- */

static void *set_soon(void *argument)
{
    cr_clock_sleep_us(SOON_US);
    atomic_store((atomic_bool *)argument, true);
    return NULL;
}

typedef cruddur_status (*wait_kind)(cr_call *call);

/* Begins a call that would last for a minute, and cancels it. */
static void expect_cancelled(wait_kind wait)
{
    pthread_t canceller;
    atomic_bool cancel = false;
    cr_call call = make_call();
    call.cancel = &cancel;
    int64_t began_us = cr_clock_monotonic_us();
    cr_assert_eq(pthread_create(&canceller, NULL, set_soon, &cancel), 0);
    cruddur_status status = wait(&call);
    cr_assert_eq(pthread_join(canceller, NULL), 0);
    expect_status(status, CRUDDUR_E_CANCELLED);
    cr_assert_not(test_is_late_since(began_us, SOON_US + 2 * SECOND_US));
}

static cruddur_status conflict_body(cr_txn *txn, void *context)
{
    (void)txn;
    (void)context;
    return CRUDDUR_E_CONFLICT;
}

static cruddur_status run_forever(cr_call *call)
{
    return seam->ops->change(seam, conflict_body, NULL, call);
}

Test(seam_ends, a_body_that_is_run_again_and_again)
{
    expect_cancelled(run_forever);
}

/* A change of another thread, whose body does not return yet. */
typedef struct holder {
    cr_store *to;
    pthread_t thread;
    atomic_bool has_begun;
    atomic_bool may_end;
} holder;

static holder holding;

static cruddur_status hold_body(cr_txn *txn, void *context)
{
    (void)txn;
    (void)context;
    atomic_store(&holding.has_begun, true);
    while (!atomic_load(&holding.may_end)) {
        cr_clock_sleep_us(1000);
    }
    return CRUDDUR_OK;
}

static void *hold(void *unused)
{
    cr_call call = make_call();
    (void)unused;
    call.error = NULL;
    (void)holding.to->ops->change(holding.to, hold_body, NULL, &call);
    return NULL;
}

static void begin_holding(cr_store *to)
{
    holding.to = to;
    cr_assert_eq(pthread_create(&holding.thread, NULL, hold, NULL), 0);
    while (!atomic_load(&holding.has_begun)) {
        cr_clock_sleep_us(1000);
    }
}

static void end_holding(void)
{
    atomic_store(&holding.may_end, true);
    cr_assert_eq(pthread_join(holding.thread, NULL), 0);
}

Test(seam_ends, a_change_behind_another_thread)
{
    if (!is_serial()) {
        cr_skip_test("changes do not wait for each other");
    }
    begin_holding(seam);
    expect_cancelled(put_one);
    end_holding();
    cr_assert_eq(count_rows(), 0);
}

Test(seam_ends, a_change_behind_another_handle)
{
    if (!is_serial() || !test_store_is_lasting(&store)) {
        cr_skip_test("changes do not wait for each other");
    }
    begin_holding(open_other());
    expect_cancelled(put_one);
    end_holding();
    cr_assert_eq(count_rows(), 0);
}

static cruddur_status enter(cr_call *call)
{
    cr_ticket ticket;
    return cr_queue_enter(seam->queues, cr_str_of("group"), call, &ticket);
}

Test(seam_ends, a_call_in_a_queue)
{
    cr_ticket ticket;
    cr_call call = make_call();
    if (seam->queues == NULL) {
        cr_skip_test("the engine has no queues");
    }
    expect_status(cr_queue_enter(seam->queues, cr_str_of("group"), &call, &ticket), CRUDDUR_OK);
    expect_cancelled(enter);
    cr_queue_leave(&call);
}
