/* SPDX-License-Identifier: MIT */
/* What the threads of one follower share.
 *
 *   follow.c   the threads: whose turn it is, when it is over, when the checkpoint is written
 *   listing.c  finding the shards
 *   turn.c     one shard's turn: fetching a batch, applying it
 *   run.c      what happened, pauses, whether it is over
 *   events.c   telling the observer and the log
 */
#ifndef CR_PROCESSOR_RUN_H
#define CR_PROCESSOR_RUN_H

#include <cruddur/follow.h>
#include <pthread.h>

#include "processor/checkpoint.h"
#include "processor/events.h"
#include "processor/follow.h"
#include "processor/lineage.h"
#include "store/stream.h"

/* A job that fails is tried again after a pause that grows. */
typedef struct cr_attempts {
    unsigned failures;        /* in a row */
    int64_t failing_since_us; /* of the first of them */
} cr_attempts;

/* What came of a batch so far: it may take several attempts. */
typedef struct cr_batch_sums {
    size_t records;
    size_t messages;
    size_t groups;
    size_t moved;
    int64_t began_us;
    cr_meter meter;
} cr_batch_sums;

/* Who reads a shard. While is_busy, all but the flags is its thread's alone. */
struct cr_reader {
    bool is_busy;
    bool is_opened;
    bool is_closed;        /* says the list: the shard has an end */
    bool has_caught_up;    /* all the same with CRUDDUR_FOLLOW_ONCE */
    bool is_gap_told;      /* since the last record */
    bool starts_latest;    /* the first iterator is behind what is there */
    int64_t due_us;        /* when its turn comes */
    int64_t ended_us;      /* when it was read to its end; 0: not in this run */
    unsigned empty_pages;  /* in a row */
    bool is_iterator_lost; /* since the last page */
    cr_attempts attempts;
    char *iterator;   /* NULL: get another */
    cr_arena arena;   /* of the batch */
    bool has_batch;   /* it is being applied */
    cr_records batch; /* what of it is still to be applied */
    char *last;       /* the batch's last sequence number; NULL: it has none */
    bool is_last_batch;
    int64_t written_at_us; /* of the batch's last record; 0: not told */
    cr_batch_sums sums;
};

typedef struct cr_run {
    cr_store *store;
    const cruddur_follow_options *options;
    const cr_follow_target *target; /* who applies the records; NULL: cr_stream_apply() */
    const cr_call *call;            /* of which each job makes its own */
    int64_t timeout_us;
    int64_t patience_us;       /* 0: no end */
    cr_checkpoint *checkpoint; /* NULL: none */
    cr_buffer found;           /* what it said at the beginning */
    bool has_found;

    cr_events events;

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t changed;
    cr_lineage lineage;
    char *stream;   /* NULL until it was found */
    bool is_listed; /* its shards are known */
    bool has_clock; /* the service has told its time */
    int64_t clock_ahead_us;
    int64_t began_us; /* by that clock */
    bool is_listing;
    bool must_list; /* a shard has ended since the latest list was asked for */
    int64_t listing_due_us;
    cr_attempts listing_attempts;
    cruddur_error *ended; /* the stream has: what to tell once all of it is read */
    cruddur_status ended_status;
    bool must_save; /* the checkpoint */
    bool is_over;
    cruddur_status status; /* what it came to */
    cruddur_error *error;
    cr_meter meter;
} cr_run;

/* ---- run.c ---- */

/* Where something failed whose failure need not be tried again, as that of all else is. */
typedef enum cr_stage {
    CR_STAGE_FIRST, /* finding the stream and its shards, before anything was read */
    CR_STAGE_LIST,  /* listing the shards later */
    CR_STAGE_APPLY, /* applying a record */
} cr_stage;

/* What a failure leads to. */
typedef enum cr_consequence {
    CR_TRY_AGAIN, /* after a pause that grows, for as long as the options' patience lasts */
    CR_PASS_OVER, /* the record fails however often it is tried, and is of one group alone */
    CR_END_LATER, /* the stream has ended: once what is left of it is read, the run ends */
    CR_END,       /* the run ends at once */
} cr_consequence;

/* `is_retryable`: as the error says. */
cr_consequence cr_run_consequence(cr_stage stage, cruddur_status status, bool is_retryable);

/* Begins a job's call: its deadline, its meter, its error. */
cr_call cr_run_call(const cr_run *run, cruddur_error **error);

/* Tells the observer and the log, without waiting for either; with or without the lock. */
void cr_run_tell(cr_run *run, cruddur_follow_event event);

/* Tells of what a shard lost: for what is trimmed or gone. */
void cr_run_tell_gap(cr_run *run, const cr_node *node, cr_shard_state state);

/* Without the lock. */
bool cr_run_is_over(cr_run *run);

/* Ends the run, unless it is over; takes the error. Without the lock. */
void cr_run_finish(cr_run *run, cruddur_status status, cruddur_error *error);

/* A job failed: tells of it, and how long it waits until *due_us. Where that has lasted for too
 * long, ends the run. The trouble has the status, the shard and the lag. Takes the error. Without
 * the lock. */
void cr_run_fail(cr_run *run, cruddur_follow_event trouble, cr_attempts *attempts, int64_t *due_us,
                 cruddur_error *error);

static inline void cr_attempts_succeed(cr_attempts *attempts)
{
    *attempts = (cr_attempts){0};
}

static inline bool cr_run_is_once(const cr_run *run)
{
    return (run->options->flags & CRUDDUR_FOLLOW_ONCE) != 0;
}

/* Whether a shard has just ended whose children are not in the list: they may come a moment later.
 * With the lock. */
bool cr_run_awaits_children(const cr_run *run);

/* ---- the jobs; without the lock ---- */

void cr_run_list(cr_run *run);

void cr_run_take_turn(cr_run *run, cr_node *node);

void cr_reader_free(cr_reader *reader);

#endif
