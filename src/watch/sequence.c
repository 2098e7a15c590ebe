/* SPDX-License-Identifier: MIT */
#include "watch/sequence.h"

#include "base/clock.h"
#include "messaging/change.h"
#include "watch/poll.h"
#include "watch/tell.h"

/* Entries that are read at once. */
#define ENTRIES_MAX 64

/* How long the log is looked at closely after it was written to: a commit becomes visible when the
 * disk is done. The pauses grow. */
#define CLOSE_US INT64_C(1000000)
#define PAUSE_MIN_US INT64_C(300)
#define PAUSE_MAX_US INT64_C(8000)

/* After a failure: of reading, of renewing the presence. */
#define RETRY_US INT64_C(250000)
#define RENEWAL_RETRY_US INT64_C(60000000)

/* The hub's thread. */
typedef struct reading {
    cr_hub *hub;
    cr_crowd cohort;      /* all at one place */
    cr_event_list *found; /* one list for each */
    cr_arena arena;
    bool takes_first; /* the watch that is furthest behind, rather than those in front */
    bool took_cut;    /* the last time */
    uint64_t round;   /* of telling */
} reading;

/* ---- who is next; under the lock ---- */

static bool is_ready(const cruddur_watch *watch)
{
    return !watch->has_ended && watch->queue.count < CR_QUEUE_FULL;
}

static bool has_room(reading *now)
{
    size_t wanted = now->hub->crowd.count;
    if (now->cohort.watch != NULL && wanted <= now->cohort.capacity) {
        return true;
    }
    cruddur_watch **watches = calloc(wanted, sizeof(void *));
    cr_event_list *found = calloc(wanted, sizeof(*found));
    if (watches == NULL || found == NULL) {
        free(watches);
        free(found);
        return false;
    }
    free(now->cohort.watch);
    free(now->found);
    now->cohort = (cr_crowd){watches, 0, wanted};
    now->found = found;
    return true;
}

static void take(reading *now, cruddur_watch *watch)
{
    watch->is_in_work = true;
    now->found[now->cohort.count] = (cr_event_list){NULL, NULL, 0};
    now->cohort.watch[now->cohort.count++] = watch;
}

/* Takes all that are at the place of this one. */
static void take_cohort(reading *now, const cruddur_watch *first)
{
    const cr_crowd *crowd = &now->hub->crowd;
    for (size_t i = 0; i < crowd->count; i++) {
        cruddur_watch *watch = crowd->watch[i];
        if (!watch->is_cut && watch->at.seq == first->at.seq && is_ready(watch)) {
            take(now, watch);
        }
    }
}

typedef struct candidates {
    cruddur_watch *cut; /* of those that are cut, the one that has waited longest */
    cruddur_watch *front;
    cruddur_watch *last;
} candidates;

static void consider(candidates *found, cruddur_watch *watch, int64_t newest)
{
    if (!is_ready(watch)) {
        return;
    }
    if (watch->is_cut) {
        bool is_next = cr_deadline_passed(watch->due_us) &&
                       (found->cut == NULL || watch->due_us < found->cut->due_us);
        found->cut = is_next ? watch : found->cut;
    } else if (watch->at.seq < newest) {
        bool is_front = found->front == NULL || watch->at.seq > found->front->at.seq;
        bool is_last = found->last == NULL || watch->at.seq < found->last->at.seq;
        found->front = is_front ? watch : found->front;
        found->last = is_last ? watch : found->last;
    }
}

/* Those in front and the last one behind take turns, so that neither waits for the other; as do
 * they and those that are cut, each of which comes alone. False: nobody is ready. */
static bool choose(reading *now, int64_t newest)
{
    const cr_crowd *crowd = &now->hub->crowd;
    candidates found = {NULL, NULL, NULL};
    now->cohort.count = 0;
    if (!has_room(now)) {
        return false;
    }
    for (size_t i = 0; i < crowd->count; i++) {
        consider(&found, crowd->watch[i], newest);
    }
    now->took_cut = found.cut != NULL && (found.front == NULL || !now->took_cut);
    if (now->took_cut) {
        take(now, found.cut);
    } else if (found.front != NULL) {
        now->takes_first = !now->takes_first;
        take_cohort(now, now->takes_first ? found.last : found.front);
    }
    return now->cohort.count > 0;
}

static void release_all(reading *now)
{
    for (size_t i = 0; i < now->cohort.count; i++) {
        cr_event_list_free(&now->found[i]);
        cr_hub_release(now->hub, now->cohort.watch[i]);
    }
    now->cohort.count = 0;
}

/* ---- one part of the sequence ---- */

typedef struct part {
    reading *now;
    const cr_changed_keys *changed;
    bool has_run;
} part;

static void forget_own_rows(reading *now)
{
    memset(now->hub->cache, 0, sizeof(*now->hub->cache));
}

/* What the cache knows was told to the watches of the latest round: nobody else goes by it. */
static void begin_round(reading *now)
{
    bool is_known = true;
    for (size_t i = 0; i < now->cohort.count; i++) {
        is_known = is_known && now->cohort.watch[i]->round == now->round;
        now->cohort.watch[i]->round = now->round + 1;
    }
    now->round++;
    if (!is_known) {
        forget_own_rows(now);
    }
}

static cruddur_status tell_body(cr_txn *txn, void *context)
{
    part *of = context;
    reading *now = of->now;
    if (of->has_run) {
        forget_own_rows(now);
    }
    of->has_run = true;
    for (size_t i = 0; i < now->cohort.count; i++) {
        cr_event_list_free(&now->found[i]); /* of a run that came to nothing */
    }
    const cr_audience audience = {now->cohort, now->found};
    return cr_tell_changes(txn, of->changed, &audience, now->hub->cache);
}

/* `front`: where one that was cut is now. What was read in an epoch that has ended meanwhile does
 * not count: the sequence may have had a gap. The time of a place is one before which all was told,
 * for when the sequence does not reach back any more: so it waits until all was read. */
static void deliver(reading *now, const cr_changed_keys *changed, const cr_place *front)
{
    int64_t now_us = cr_clock_now_us();
    (void)pthread_mutex_lock(&now->hub->lock);
    for (size_t i = 0; i < now->cohort.count; i++) {
        cruddur_watch *watch = now->cohort.watch[i];
        cr_place at = front != NULL ? *front : watch->at;
        watch->is_cut = at.epoch != now->hub->presence.epoch;
        if (watch->is_cut) {
            watch->round = 0;
            continue;
        }
        at.seq = changed->last;
        at.time_us = front == NULL && changed->last >= changed->newest ? now_us : at.time_us;
        cr_hub_deliver(watch, &now->found[i], &at);
        if (watch->has_lost) {
            cruddur_error *error = NULL;
            cruddur_status status =
                cr_fail_with(&error, CRUDDUR_E_GROUP_NOT_FOUND,
                             "the group was removed, or the viewer is not a member of it any more");
            cr_hub_fail(watch, status, error, true);
        }
    }
    release_all(now);
    (void)pthread_mutex_unlock(&now->hub->lock);
}

/* Their place is not in the sequence any more. */
static void cut(reading *now)
{
    (void)pthread_mutex_lock(&now->hub->lock);
    for (size_t i = 0; i < now->cohort.count; i++) {
        now->cohort.watch[i]->is_cut = true;
    }
    release_all(now);
    (void)pthread_mutex_unlock(&now->hub->lock);
}

static cruddur_status read_part(reading *now, int64_t *newest, cr_call *call)
{
    cr_hub *hub = now->hub;
    cr_changed_keys changed;
    cr_arena_reset(&now->arena);
    cruddur_status status = hub->store->ops->read_changes(hub->store, now->cohort.watch[0]->at.seq,
                                                          ENTRIES_MAX, &changed, &now->arena, call);
    if (status != CRUDDUR_OK) {
        return status;
    }
    *newest = changed.newest;
    if (changed.is_cut) {
        cut(now);
        return CRUDDUR_OK;
    }
    if (changed.count > 0) {
        part of = {now, &changed, false};
        begin_round(now);
        status = hub->store->ops->read(hub->store, tell_body, &of, call);
    }
    if (status == CRUDDUR_OK) {
        deliver(now, &changed, NULL);
    } else {
        forget_own_rows(now);
    }
    return status;
}

/* What they were taken for is left, as when the handle is being closed. Takes the error. */
static void leave_all(reading *now, cruddur_error *error)
{
    (void)pthread_mutex_lock(&now->hub->lock);
    release_all(now);
    (void)pthread_mutex_unlock(&now->hub->lock);
    cruddur_error_free(error);
}

/* ---- a watch that was away for longer than the sequence reaches ---- */

static cr_place front_of(cr_hub *hub, const cr_changed_keys *changed)
{
    (void)pthread_mutex_lock(&hub->lock);
    uint64_t epoch = hub->presence.epoch;
    (void)pthread_mutex_unlock(&hub->lock);
    return (cr_place){.epoch = epoch,
                      .seq = changed->newest,
                      .time_us = cr_clock_now_us(),
                      .change = CR_CHANGE_UNKNOWN};
}

/* The changes after the one that is newest now are in the sequence; those before are found by keys.
 */
static cruddur_status begin_catching_up(reading *now, cruddur_watch *watch, cr_call *call)
{
    cr_changed_keys changed = {.newest = 0};
    cr_hub *hub = now->hub;
    cr_arena_reset(&now->arena);
    cruddur_status status =
        hub->store->ops->read_changes(hub->store, INT64_MAX, 1, &changed, &now->arena, call);
    watch->front = front_of(hub, &changed);
    return status == CRUDDUR_OK
               ? cr_poll_begin(hub->store, &watch->wish, &watch->at, call, &watch->poll)
               : status;
}

/* All of it is told again after a restart, or none: the place changes with the last part. */
static void deliver_part(reading *now, cruddur_watch *watch)
{
    cr_event_list *found = &now->found[0];
    for (cruddur_event *event = found->first; event != NULL; event = event->next) {
        event->place = watch->at;
    }
    (void)pthread_mutex_lock(&now->hub->lock);
    cr_hub_deliver(watch, found, &watch->at);
    watch->due_us = cr_clock_monotonic_us();
    (void)pthread_mutex_unlock(&now->hub->lock);
}

/* Then it is in the sequence. */
static void deliver_rest(reading *now, cruddur_watch *watch)
{
    const cr_changed_keys changed = {.last = watch->front.seq};
    cruddur_event *last = now->found[0].last;
    for (cruddur_event *event = now->found[0].first; event != NULL; event = event->next) {
        event->place = event == last ? watch->front : watch->at;
    }
    cr_poll_free(watch->poll);
    watch->poll = NULL;
    deliver(now, &changed, &watch->front);
}

/* One look: the next one comes when there is room for what it finds. */
static cruddur_status catch_up(reading *now, int64_t *newest, cr_call *call)
{
    cr_look look = {{NULL, NULL, 0}, false, false};
    cruddur_watch *watch = now->cohort.watch[0];
    bool is_first = watch->poll == NULL;
    cruddur_status status = is_first ? begin_catching_up(now, watch, call) : CRUDDUR_OK;
    bool is_gone = status == CRUDDUR_E_GROUP_NOT_FOUND;
    if (status == CRUDDUR_OK) {
        status = cr_poll_look(watch->poll, NULL, 0, is_first, call, &look);
        now->found[0] = look.events;
    }
    if (is_gone) {
        cr_error_discard(call->error);
    } else if (status != CRUDDUR_OK || look.has_more) {
        deliver_part(now, watch);
        if (status == CRUDDUR_OK) {
            leave_all(now, NULL);
        }
        return status;
    }
    *newest = watch->front.seq;
    watch->has_lost = is_gone || look.has_ended;
    deliver_rest(now, watch);
    return CRUDDUR_OK;
}

/* ---- the thread ---- */

static void fail_all(reading *now, cruddur_status status, const cruddur_error *error)
{
    bool is_end = cr_hub_is_end(status);
    (void)pthread_mutex_lock(&now->hub->lock);
    release_all(now);
    for (size_t i = 0; i < now->hub->crowd.count; i++) {
        cruddur_watch *watch = now->hub->crowd.watch[i];
        cruddur_error *copy = NULL;
        (void)cr_fail_with(&copy, status, "%s", cruddur_error_message(error));
        cr_error_set_retryable(&copy, cruddur_error_is_retryable(error));
        cr_hub_fail(watch, status, copy, is_end);
    }
    (void)pthread_mutex_unlock(&now->hub->lock);
}

/* Of one that is cut. The others go on. Takes the error. */
static void fail_one(reading *now, cruddur_status status, cruddur_error *error)
{
    cr_hub *hub = now->hub;
    cruddur_watch *watch = now->cohort.watch[0];
    (void)pthread_mutex_lock(&hub->lock);
    watch->due_us = cr_clock_monotonic_us() + RETRY_US;
    cr_hub_fail(watch, status, error, cr_hub_is_end(status));
    release_all(now);
    (void)pthread_mutex_unlock(&hub->lock);
}

/* Reads until everybody who is ready has all there is. False after a failure. */
static bool read_all(reading *now)
{
    cr_hub *hub = now->hub;
    int64_t newest = INT64_MAX; /* not known yet */
    for (;;) {
        cruddur_error *error = NULL;
        (void)pthread_mutex_lock(&hub->lock);
        bool has_work = !atomic_load(&hub->stops) && choose(now, newest);
        (void)pthread_mutex_unlock(&hub->lock);
        if (!has_work) {
            return true;
        }
        cr_call call = cr_hub_call(hub, &error);
        bool is_cut = now->cohort.watch[0]->is_cut;
        cruddur_status status =
            is_cut ? catch_up(now, &newest, &call) : read_part(now, &newest, &call);
        if (status == CRUDDUR_OK) {
            continue;
        }
        if (atomic_load(&hub->stops)) {
            leave_all(now, error);
            return false;
        }
        if (!is_cut) {
            fail_all(now, status, error);
            cruddur_error_free(error);
            return false;
        }
        fail_one(now, status, error);
    }
}

/* ---- the presence ---- */

/* Also by the clock on the wall: the other one may stand still while the machine sleeps. */
static bool is_renewal_due(cr_hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    bool is_due =
        cr_deadline_passed(hub->renewal_due_us) ||
        (!hub->renewal_failed && cr_clock_now_us() - hub->renewed_at_us >= CR_PRESENCE_RENEWAL_US);
    (void)pthread_mutex_unlock(&hub->lock);
    return is_due;
}

static void note_failure(reading *now, cruddur_status status, const cruddur_error *error,
                         bool has_ended)
{
    cr_hub *hub = now->hub;
    (void)pthread_mutex_lock(&hub->lock);
    hub->renewal_failed = true;
    hub->renewal_due_us = cr_clock_monotonic_us() + RENEWAL_RETRY_US;
    (void)pthread_mutex_unlock(&hub->lock);
    cr_log_line(&hub->logger, CRUDDUR_LOG_WARNING, "renewing the mark of a watch: %s",
                cruddur_error_message(error));
    if (has_ended) {
        fail_all(now, status, error);
    }
}

/* Before anything is read: if the presence had ended, the sequence has a gap, and watches of the
 * epoch before it must not go on in it. False: that may be so, and is not known. */
static bool renew(reading *now)
{
    cr_hub *hub = now->hub;
    cr_presence presence = {"", 0};
    cruddur_error *error = NULL;
    cr_call call = cr_hub_call(hub, &error);
    bool is_due = is_renewal_due(hub);
    cruddur_status status = is_due ? cr_presence_renew(hub->store, &presence, &call) : CRUDDUR_OK;
    (void)pthread_mutex_lock(&hub->lock);
    if (is_due && status == CRUDDUR_OK) {
        cr_hub_note_presence(hub, &presence);
    }
    bool has_ended = cr_clock_now_us() - hub->renewed_at_us >= CR_PRESENCE_US;
    for (size_t i = 0; i < hub->crowd.count; i++) {
        cruddur_watch *watch = hub->crowd.watch[i];
        watch->is_cut = watch->is_cut || watch->at.epoch != hub->presence.epoch;
    }
    (void)pthread_mutex_unlock(&hub->lock);
    if (status != CRUDDUR_OK && !atomic_load(&hub->stops)) {
        note_failure(now, status, error, has_ended);
    }
    cruddur_error_free(error);
    return !has_ended;
}

static void lower(cr_hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    cr_beacon_lower(&hub->alarm);
    (void)pthread_mutex_unlock(&hub->lock);
}

/* Waits for the next change. */
static void wait_for_more(cr_hub *hub, bool has_failed, int64_t *close_until_us, int64_t *pause_us)
{
    int64_t now_us = cr_clock_monotonic_us();
    int64_t until_us = has_failed                 ? now_us + RETRY_US
                       : now_us < *close_until_us ? now_us + *pause_us
                                                  : now_us + CR_PRESENCE_RENEWAL_US;
    *pause_us = *pause_us * 2 < PAUSE_MAX_US ? *pause_us * 2 : PAUSE_MAX_US;
    if (hub->store->ops->await(hub->store, cr_beacon_fd(&hub->alarm), until_us)) {
        *close_until_us = cr_clock_monotonic_us() + CLOSE_US;
        *pause_us = PAUSE_MIN_US;
    }
}

void *cr_sequence_watch(void *context)
{
    reading now = {.hub = context, .arena = CR_ARENA_INIT};
    cr_hub *hub = now.hub;
    int64_t close_until_us = 0;
    int64_t pause_us = PAUSE_MIN_US;
    while (!atomic_load(&hub->stops)) {
        lower(hub); /* first: what comes from now on is heard */
        bool is_good = renew(&now) && read_all(&now);
        wait_for_more(hub, !is_good, &close_until_us, &pause_us);
    }
    free(now.cohort.watch);
    free(now.found);
    cr_arena_free(&now.arena);
    return NULL;
}
