/* SPDX-License-Identifier: MIT */
#include "processor/run.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/random.h"

#define US_PER_MS 1000

#define CHILDREN_LATE_US INT64_C(1000000)

#define PAUSE_FIRST_US INT64_C(100000)
#define PAUSE_FIRST_THROTTLED_US INT64_C(1000000)
#define PAUSE_MAX_US INT64_C(20000000)

cr_call cr_run_call(const cr_run *run, cruddur_error **error)
{
    cr_call call = *run->call;
    *error = NULL;
    call.deadline_us = cr_clock_monotonic_us() + run->timeout_us;
    call.meter = (cr_meter){0};
    call.error = error;
    return call;
}

/* ---- telling ---- */

void cr_run_tell(cr_run *run, cruddur_follow_event event)
{
    cr_events_add(&run->events, &event);
}

void cr_run_tell_gap(cr_run *run, const cr_node *node, cr_shard_state state)
{
    static const char *const words[] = {
        [CR_SHARD_TRIMMED] = "records behind this one were not read in time, and the stream does "
                             "not keep them any more; how many, it does not say",
        [CR_SHARD_GONE] = "the stream does not keep this shard any more: what may have come in it "
                          "behind this record was not applied",
    };
    cr_run_tell(run, (cruddur_follow_event){.kind = CRUDDUR_FOLLOW_GAP,
                                            .shard_id = node->id,
                                            .sequence_number = node->after,
                                            .message = words[state]});
}

/* ---- the end ---- */

bool cr_run_is_over(cr_run *run)
{
    (void)pthread_mutex_lock(&run->lock);
    bool over = run->is_over;
    (void)pthread_mutex_unlock(&run->lock);
    return over;
}

void cr_run_finish(cr_run *run, cruddur_status status, cruddur_error *error)
{
    (void)pthread_mutex_lock(&run->lock);
    bool is_first = !run->is_over;
    if (is_first) {
        run->is_over = true;
        run->status = status;
        run->error = error;
        (void)pthread_cond_broadcast(&run->changed);
    }
    (void)pthread_mutex_unlock(&run->lock);
    if (!is_first) {
        cruddur_error_free(error);
    }
}

/* ---- failures ---- */

/* What is not in the table is tried again: a run that has begun outlives an outage, rights that
 * were taken away by mistake, and credentials that expired. */
static const struct {
    cr_stage stage;
    cruddur_status status;
    cr_consequence consequence;
} consequences[] = {
    {CR_STAGE_LIST, CRUDDUR_E_TABLE_SHAPE, CR_END_LATER},
    {CR_STAGE_APPLY, CRUDDUR_E_INVALID_ARGUMENT, CR_PASS_OVER},
    {CR_STAGE_APPLY, CRUDDUR_E_ITEM_TOO_LARGE, CR_PASS_OVER},
    {CR_STAGE_APPLY, CRUDDUR_E_STORE_DAMAGED, CR_PASS_OVER},
    {CR_STAGE_APPLY, CRUDDUR_E_STORE_FENCED, CR_END},
};

cr_consequence cr_run_consequence(cr_stage stage, cruddur_status status, bool is_retryable)
{
    for (size_t i = 0; i < sizeof(consequences) / sizeof(consequences[0]); i++) {
        if (consequences[i].stage == stage && consequences[i].status == status) {
            return consequences[i].consequence;
        }
    }
    /* What is wrong from the start, and does not pass by itself, is for a person to see. */
    return stage == CR_STAGE_FIRST && !is_retryable ? CR_END : CR_TRY_AGAIN;
}

/* Half of it is chance, so that several followers do not come back together. Where the system gives
 * no random bytes the clock's low digits do. */
static int64_t choose_pause_us(cruddur_status status, unsigned failures)
{
    uint32_t random;
    int64_t bound_us = status == CRUDDUR_E_THROTTLED ? PAUSE_FIRST_THROTTLED_US : PAUSE_FIRST_US;
    for (unsigned i = 1; i < failures && bound_us < PAUSE_MAX_US; i++) {
        bound_us *= 2;
    }
    bound_us = bound_us < PAUSE_MAX_US ? bound_us : PAUSE_MAX_US;
    if (!cr_random_bytes(&random, sizeof(random))) {
        random = (uint32_t)cr_clock_monotonic_us() * 2654435761u;
    }
    return bound_us / 2 + bound_us / 2 * (int64_t)(random >> 12) / (INT64_C(1) << 20);
}

/* For how much longer the job may go on failing. */
static int64_t patience_left_us(const cr_run *run, const cr_attempts *attempts, int64_t now_us)
{
    return run->patience_us == 0 ? INT64_MAX
                                 : run->patience_us - (now_us - attempts->failing_since_us);
}

void cr_run_fail(cr_run *run, cruddur_follow_event trouble, cr_attempts *attempts, int64_t *due_us,
                 cruddur_error *error)
{
    int64_t now_us = cr_clock_monotonic_us();
    if (cr_run_is_over(run)) { /* nobody will try again */
        cruddur_error_free(error);
        return;
    }
    attempts->failing_since_us = attempts->failures == 0 ? now_us : attempts->failing_since_us;
    attempts->failures++;
    int64_t left_us = patience_left_us(run, attempts, now_us);
    if (left_us <= 0) {
        cr_run_finish(run, trouble.status, error);
        return;
    }
    int64_t pause_us = choose_pause_us(trouble.status, attempts->failures);
    pause_us = pause_us < left_us ? pause_us : left_us; /* the last attempt is at the very end */
    trouble.kind = CRUDDUR_FOLLOW_TROUBLE;
    trouble.message =
        error == NULL ? cruddur_status_text(trouble.status) : cruddur_error_message(error);
    trouble.wait_ms = (uint32_t)(pause_us / US_PER_MS);
    cr_run_tell(run, trouble);
    *due_us = cr_clock_monotonic_us() + pause_us;
    cruddur_error_free(error);
}

bool cr_run_awaits_children(const cr_run *run)
{
    int64_t since_us = cr_clock_monotonic_us() - CHILDREN_LATE_US;
    for (size_t i = 0; i < run->lineage.count; i++) {
        const cr_node *node = run->lineage.node[i];
        bool has_just_ended = node->reader != NULL && node->reader->ended_us > since_us;
        if (has_just_ended && !cr_lineage_has_child(&run->lineage, node)) {
            return true;
        }
    }
    return false;
}
