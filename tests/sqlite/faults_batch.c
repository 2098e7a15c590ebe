/* SPDX-License-Identifier: MIT */
/* Faults while several threads' changes are in one transaction: each call is told what became of
 * its own. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "sqlite/fault_kinds.h"

#define CALLS SCENE_CALLS_MAX
#define REFUSED 2 /* the call of one who is not a member */

static void set_up(void)
{
    bed_make();
    fault_vfs_install();
}

TestSuite(faults_batch, .init = set_up, .fini = bed_remove, .timeout = 900);

/* ---- the batch ---- */

/* The first call is held back where it asks for the lock, until the others stand in the queue. */
typedef struct batch {
    scene *stage;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_open; /* the others may come */
    unsigned entered;
    cruddur_error *errors[CALLS];
} batch;

typedef struct caller {
    batch *shared;
    unsigned call;
    cruddur_status status;
} caller;

static void let_others_in(batch *shared)
{
    (void)pthread_mutex_lock(&shared->lock);
    shared->is_open = true;
    (void)pthread_cond_broadcast(&shared->changed);
    (void)pthread_mutex_unlock(&shared->lock);
}

static void wait_for_others(void *context)
{
    batch *shared = context;
    let_others_in(shared);
    (void)pthread_mutex_lock(&shared->lock);
    while (shared->entered < CALLS) {
        (void)pthread_cond_wait(&shared->changed, &shared->lock);
    }
    (void)pthread_mutex_unlock(&shared->lock);
    (void)usleep(1000); /* from the count to the queue it is not far */
}

static void enter(batch *shared, unsigned call)
{
    (void)pthread_mutex_lock(&shared->lock);
    while (call != 0 && !shared->is_open) {
        (void)pthread_cond_wait(&shared->changed, &shared->lock);
    }
    shared->entered++;
    (void)pthread_cond_broadcast(&shared->changed);
    (void)pthread_mutex_unlock(&shared->lock);
}

static void *append(void *argument)
{
    caller *self = argument;
    batch *shared = self->shared;
    unsigned author = self->call == REFUSED ? PEOPLE - 1 : self->call;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.message_uuid = shared->stage->calls[self->call].message_uuid;
    enter(shared, self->call);
    self->status = cruddur_msg_append(shared->stage->dm, person(author), shared->stage->five,
                                      "hello", &options, NULL, &shared->errors[self->call]);
    if (self->call == 0) {
        let_others_in(shared);
    }
    return NULL;
}

static void run_batch(batch *shared, caller callers[CALLS])
{
    pthread_t threads[CALLS];
    for (unsigned i = 0; i < CALLS; i++) {
        callers[i] = (caller){shared, i, CRUDDUR_OK};
        (void)scene_message(shared->stage, i);
    }
    fault_vfs_hook(AT_WRITE_LOCK, 1, wait_for_others, shared);
    for (unsigned i = 0; i < CALLS; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, append, &callers[i]), 0);
    }
    for (unsigned i = 0; i < CALLS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    fault_vfs_hook(AT_WRITE_LOCK, 0, NULL, NULL);
}

/* ---- the sweep ---- */

static void check_call(const fault_kind *kind, const batch *shared, const caller *done, bool is_hit,
                       bool may_be_unknown)
{
    const char *name = shared->stage->name;
    const cruddur_error *error = shared->errors[done->call];
    if (done->call == REFUSED && done->status == CRUDDUR_E_GROUP_NOT_FOUND) {
        cr_assert(!cruddur_error_outcome_unknown(error), "%s", name);
        return;
    }
    cr_assert(done->status != CRUDDUR_OK || done->call != REFUSED, "%s: not refused", name);
    cr_assert(done->status == CRUDDUR_OK || is_hit, "%s: failed without a fault: %s", name,
              cruddur_error_message(error));
    if (done->status != CRUDDUR_OK) {
        fault_check_failure(kind, shared->stage, done->status, error, may_be_unknown);
    }
}

static bool run_with_fault(const fault_kind *kind, unsigned nth, bool persists)
{
    char name[64];
    scene stage;
    caller callers[CALLS];
    batch shared = {
        .stage = &stage, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    (void)snprintf(name, sizeof(name), "batch, %s %u%s", kind->name, nth,
                   persists ? " and on" : "");
    scene_set(&stage, name, SCENE_GROUPS, true);
    fault_vfs_arm(kind->point, nth, kind->code, persists);
    run_batch(&shared, callers);
    bool may_be_unknown = fault_outcome_may_be_unknown(kind);
    bool is_hit = fault_vfs_disarm() > 0;
    for (unsigned i = 0; i < CALLS; i++) {
        check_call(kind, &shared, &callers[i], is_hit, may_be_unknown);
        scene_note(&stage, i, callers[i].status, shared.errors[i]);
    }
    if (kind->code == SQLITE_IOERR_SHORT_READ) {
        cruddur_close(stage.dm); /* it may keep the zeros */
        stage.dm = NULL;
    }
    scene_check(&stage);
    return is_hit;
}

Test(faults_batch, each_call_has_its_own_outcome)
{
    unsigned faults = 0;
    scene_prepare(SCENE_GROUPS);
    for (size_t kind = 0; kind < FAULT_KINDS; kind++) {
        for (int persists = 0; persists <= (is_very_slow() ? 0 : 1); persists++) {
            unsigned nth = 1;
            while (run_with_fault(&fault_kinds[kind], nth, persists != 0)) {
                nth = next_fault(nth, 1000);
                faults++;
            }
        }
    }
    must_pass_checker(bed_path("scene"));
    cr_assert_geq(faults, (unsigned)scaled(60, 12));
}
