/* SPDX-License-Identifier: MIT */
/* Changes: their writes, all or none; running the body again; a body's own status. */
#include "suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

SEAM_SUITE(seam_writes);

Test(seam_writes, a_put_needs_a_free_key)
{
    const cr_row row = make_row("p", "a", "first");
    const cr_row other = make_row("p", "a", "second");
    const step put = {PUT, NULL, &other};
    put_row(&row);
    expect_status(run_steps(&put, 1), CRUDDUR_E_REFUSED);
    expect_row(&row, "taken");
    remove_row(&row);
    put_row(&other);
    expect_row(&other, "free again");
}

Test(seam_writes, all_are_carried_out)
{
    const cr_row old[] = {make_full_row("p", "removed"), make_full_row("p", "replaced"),
                          make_full_row("p", "required")};
    const cr_row next[] = {make_row("p", "put", "new"), make_full_row("q", "put"),
                           make_row("p", "replaced", "new")};
    for (size_t i = 0; i < COUNT(old); i++) {
        put_row(&old[i]);
    }
    const step steps[] = {{PUT, NULL, &next[0]},
                          {PUT, NULL, &next[1]},
                          {REMOVE, &old[0], NULL},
                          {REPLACE, &old[1], &next[2]},
                          {REQUIRE, &old[2], NULL}};
    expect_status(run_steps(steps, is_atomic() ? COUNT(steps) : 3), CRUDDUR_OK);
    expect_row(&next[0], "put");
    expect_row(&next[1], "put");
    expect_absent("p", "removed", "removed");
    expect_row(is_atomic() ? &next[2] : &old[1], "replaced");
    expect_row(&old[2], "required");
}

/* One condition that fails, of each kind and at each place, takes everything with it. */
Test(seam_writes, none_is_carried_out)
{
    enum { STEPS = 5 };
    if (!is_atomic()) {
        cr_skip_test("in steps a change can end halfway");
    }
    const cr_row old[] = {make_row("p", "removed", "old"), make_row("p", "replaced", "old"),
                          make_row("p", "required", "old")};
    const cr_row stale[] = {make_row("p", "removed", "stale"), make_row("p", "replaced", "stale"),
                            make_row("p", "required", "stale")};
    const cr_row next[] = {make_row("p", "put", "new"), make_row("q", "put", "new"),
                           make_row("p", "replaced", "new")};
    const step good[STEPS] = {{PUT, NULL, &next[0]},
                              {PUT, NULL, &next[1]},
                              {REMOVE, &old[0], NULL},
                              {REPLACE, &old[1], &next[2]},
                              {REQUIRE, &old[2], NULL}};
    const step bad[STEPS] = {{PUT, NULL, &old[0]},
                             {PUT, NULL, &old[1]},
                             {REMOVE, &stale[0], NULL},
                             {REPLACE, &stale[1], &next[2]},
                             {REQUIRE, &stale[2], NULL}};
    for (size_t i = 0; i < COUNT(old); i++) {
        put_row(&old[i]);
    }
    for (size_t i = 0; i < STEPS; i++) {
        step steps[STEPS];
        memcpy(steps, good, sizeof(steps));
        steps[i] = bad[i];
        if (i < 2) { /* a change writes once to a key */
            steps[2] = good[4];
        }
        expect_status(run_steps(steps, i < 2 ? 3 : STEPS), CRUDDUR_E_REFUSED);
        for (size_t row = 0; row < COUNT(old); row++) {
            expect_row(&old[row], text_of("step %zu", i));
        }
        expect_absent("p", "put", text_of("step %zu", i));
        expect_absent("q", "put", text_of("step %zu", i));
    }
    expect_status(run_steps(good, STEPS), CRUDDUR_OK);
}

Test(seam_writes, a_status_of_the_body_ends_the_change)
{
    const cr_row row = make_row("p", "a", "old");
    const cr_row next = make_row("p", "b", "new");
    const step steps[] = {{PUT, NULL, &next}, {REMOVE, &row, NULL}};
    put_row(&row);
    plan planned = {.steps = steps, .count = 2, .last = CRUDDUR_E_GROUP_NOT_FOUND};
    expect_status(run_plan(seam, &planned), CRUDDUR_E_GROUP_NOT_FOUND);
    cr_assert_eq(planned.runs, 1);
    expect_row(&row, "after a refusal");
    expect_absent("p", "b", "after a refusal");
}

/* ---- bodies that are run again ---- */

typedef struct stubborn {
    unsigned runs;
    unsigned until; /* the run that does not ask for another */
} stubborn;

static cruddur_status stubborn_body(cr_txn *txn, void *context)
{
    stubborn *now = context;
    const cr_row row = make_row("p", text_of("%u", now->runs), "text");
    cr_assert(cr_arena_alloc(txn->arena, 100) != NULL);
    cruddur_status status = txn->ops->put(txn, &row);
    return status == CRUDDUR_OK && ++now->runs < now->until ? CRUDDUR_E_CONFLICT : status;
}

/* What the earlier runs stated is forgotten. */
Test(seam_writes, a_body_asks_for_another_run)
{
    stubborn now = {.until = 3};
    cr_call call = make_call();
    expect_status(seam->ops->change(seam, stubborn_body, &now, &call), CRUDDUR_OK);
    cr_assert_eq(now.runs, 3);
    expect_absent("p", "0", "the first run");
    expect_absent("p", "1", "the second run");
    cr_assert_eq(count_rows(), 1);
    cr_assert_eq(call.meter.attempts, 3);
}

Test(seam_writes, runs_end_at_the_deadline)
{
    stubborn now = {.until = UINT32_MAX};
    cr_call call = make_call();
    call.deadline_us = cr_clock_monotonic_us() + 300000;
    expect_status(seam->ops->change(seam, stubborn_body, &now, &call), CRUDDUR_E_CONFLICT);
    cr_assert_gt(now.runs, 1);
    cr_assert_eq(count_rows(), 0);
}

/* ---- other writers ---- */

typedef struct meeting {
    cr_store *other;
    step theirs; /* in the first run, between the read and the writes */
    step ours;
    unsigned runs;
    bool found[3]; /* whether the row was there, in each run */
} meeting;

static cruddur_status meet_body(cr_txn *txn, void *context)
{
    meeting *now = context;
    cr_row row;
    const cr_row *stated = now->ours.row == NULL ? now->ours.as_read : now->ours.row;
    const cr_key key = cr_row_key(stated);
    cruddur_status status = txn->ops->get(txn, &key, 1, &row);
    if (status != CRUDDUR_OK || now->runs == COUNT(now->found)) {
        return status;
    }
    now->found[now->runs++] = cr_row_exists(&row);
    if (now->runs == 1) {
        plan theirs = {.steps = &now->theirs, .count = 1};
        cr_assert_eq(run_plan(now->other, &theirs), CRUDDUR_OK);
    }
    if (cr_row_exists(&row) != (now->ours.as_read != NULL)) {
        return CRUDDUR_OK; /* seen: nothing to do */
    }
    return now->ours.as_read == NULL ? txn->ops->put(txn, now->ours.row)
                                     : txn->ops->remove(txn, now->ours.as_read);
}

/* The second run sees what the other one did. */
Test(seam_writes, another_writer_comes_between)
{
    if (is_serial()) {
        cr_skip_test("a change keeps other writers out");
    }
    const cr_row row = make_row("p", "a", "theirs");
    const cr_row ours = make_row("p", "a", "ours");
    cr_call call = make_call();
    meeting puts = {open_other(), {PUT, NULL, &row}, {PUT, NULL, &ours}, 0, {false}};
    expect_status(seam->ops->change(seam, meet_body, &puts, &call), CRUDDUR_OK);
    cr_assert_eq(puts.runs, 2);
    cr_assert(!puts.found[0] && puts.found[1]);
    expect_row(&row, "their put");
    meeting removals = {puts.other, {REMOVE, &row, NULL}, {REMOVE, &row, NULL}, 0, {false}};
    expect_status(seam->ops->change(seam, meet_body, &removals, &call), CRUDDUR_OK);
    cr_assert_eq(removals.runs, 2);
    cr_assert(removals.found[0] && !removals.found[1]);
}

/* ---- no update is lost ---- */

#define THREADS 4
#define ROUNDS 10

typedef struct counter {
    unsigned step; /* that this thread adds */
    cruddur_status status;
} counter;

static cruddur_status count_body(cr_txn *txn, void *context)
{
    const counter *now = context;
    char rev[24];
    cr_row row;
    const cr_key key = {cr_str_of("counter"), cr_str_of("a")};
    cruddur_status status = txn->ops->get(txn, &key, 1, &row);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_row next = row;
    (void)snprintf(rev, sizeof(rev), "%lu", strtoul(row.value[CR_REV].data, NULL, 10) + now->step);
    next.value[CR_REV] = cr_str_of(rev);
    return txn->ops->replace(txn, &row, &next);
}

static void *count_up(void *argument)
{
    counter *now = argument;
    for (unsigned i = 0; now->status == CRUDDUR_OK && i < ROUNDS; i++) {
        cr_call call = make_call();
        call.error = NULL;
        now->status = seam->ops->change(seam, count_body, now, &call);
    }
    return NULL;
}

Test(seam_writes, no_update_is_lost)
{
    pthread_t threads[THREADS];
    counter counters[THREADS];
    unsigned sum = 0;
    if (!is_atomic()) {
        cr_skip_test("in steps there are no replacements");
    }
    cr_row row = make_row("counter", "a", "text");
    row.value[CR_REV] = cr_str_of("0");
    put_row(&row);
    for (unsigned i = 0; i < THREADS; i++) {
        counters[i] = (counter){i + 1, CRUDDUR_OK};
        sum += ROUNDS * (i + 1);
        cr_assert_eq(pthread_create(&threads[i], NULL, count_up, &counters[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
        cr_assert_eq(counters[i].status, CRUDDUR_OK, "%s", cruddur_status_name(counters[i].status));
    }
    row.value[CR_REV] = cr_str_of(text_of("%u", sum));
    expect_row(&row, "the sum");
}

/* ---- large changes ---- */

enum { MOVED = 49, SIZE = 80000 };

static cr_row old_rows[MOVED];
static cr_row new_rows[MOVED];
static step moves[2 * MOVED + 2];

/* As many writes as a change has, of the longest texts: 49 rows move with 80 KB each. Returns how
 * many steps it is. */
static size_t plan_large_change(const cr_row *guard, const cr_row *beside)
{
    static char text[2][SIZE + 1];
    cr_loaded loaded;
    memset(text[0], 'a', SIZE);
    memset(text[1], 'b', SIZE);
    for (size_t i = 0; i < MOVED; i++) {
        const char *pk = text_of("inbox %zu", i);
        old_rows[i] = make_row(pk, "1", text[0]);
        new_rows[i] = make_row(pk, "2", text[1]);
        moves[i] = (step){PUT, NULL, &new_rows[i]};
        moves[i + MOVED + 1] = (step){REMOVE, &old_rows[i], NULL};
    }
    moves[MOVED] = (step){PUT, NULL, beside};
    moves[2 * MOVED + 1] = (step){REQUIRE, guard, NULL};
    cr_call call = make_call();
    expect_status(seam->ops->load(seam, old_rows, MOVED, NULL, &loaded, &call), CRUDDUR_OK);
    put_row(guard);
    return COUNT(moves) - (is_atomic() ? 0 : 1);
}

Test(seam_writes, a_large_change)
{
    const cr_row guard = make_full_row("guard", "a");
    const cr_row beside = make_row("beside", "a", "text");
    size_t count = plan_large_change(&guard, &beside);
    expect_status(run_steps(moves, count), CRUDDUR_OK);
    for (size_t i = 0; i < MOVED; i++) {
        expect_row(&new_rows[i], "moved");
        expect_absent(old_rows[i].value[CR_PK].data, "1", "moved");
    }
    expect_row(&beside, "beside");
}

/* Its last row has another text than was read: another begin, another end, another size. */
Test(seam_writes, a_large_change_with_a_stale_text)
{
    static char text[SIZE + 2];
    const cr_row guard = make_full_row("guard", "a");
    const cr_row beside = make_row("beside", "a", "text");
    if (!is_atomic()) {
        cr_skip_test("in steps old rows that have changed are left");
    }
    size_t count = plan_large_change(&guard, &beside);
    for (unsigned i = 0; i < 3; i++) {
        cr_row stale = old_rows[MOVED - 1];
        memset(text, 'a', SIZE);
        text[SIZE] = i == 2 ? 'a' : '\0';
        text[i == 0 ? 0 : SIZE - 1] = i == 2 ? 'a' : 'c';
        stale.value[CR_TEXT] = cr_str_of(text);
        moves[2 * MOVED].as_read = &stale;
        expect_status(run_steps(moves, count), CRUDDUR_E_REFUSED);
        expect_absent("beside", "a", "refused");
    }
}

/* ---- what steps refuse ---- */

static void expect_refusal_in_steps(const step *steps, size_t count)
{
    cruddur_status status = run_steps(steps, count);
    cr_assert_eq(status, CRUDDUR_E_CONFIG, "%s", cruddur_status_name(status));
    cr_assert_not_null(strstr(cruddur_error_message(test_error), "needs transactions"));
    forget_error();
}

Test(seam_writes, steps_refuse_what_needs_transactions)
{
    const cr_row row = make_row("p", "a", "old");
    const cr_row next = make_row("p", "a", "new");
    const cr_row beside = make_row("p", "b", "beside");
    const step replacement[] = {{PUT, NULL, &beside}, {REPLACE, &row, &next}};
    const step requirement[] = {{PUT, NULL, &beside}, {REQUIRE, &row, NULL}};
    put_row(&row);
    if (is_atomic()) {
        expect_status(run_steps(requirement, 2), CRUDDUR_OK);
        remove_row(&beside);
        expect_status(run_steps(replacement, 2), CRUDDUR_OK);
        expect_row(&next, "replaced");
        return;
    }
    expect_refusal_in_steps(replacement, 2);
    expect_refusal_in_steps(replacement + 1, 1);
    expect_refusal_in_steps(requirement, 2);
    expect_refusal_in_steps(requirement + 1, 1);
    expect_row(&row, "refused");
    expect_absent("p", "b", "refused");
}
