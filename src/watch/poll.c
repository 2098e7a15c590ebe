/* SPDX-License-Identifier: MIT */
#include "watch/poll.h"

#include "base/clock.h"
#include "base/condition.h"
#include "watch/poll_parts.h"
#include "watch/share.h"

/* How often a whole inbox is read at most: and the more groups there are, the less often. */
#define FULL_US INT64_C(15000000)
#define FULL_PER_GROUP_US INT64_C(500000)

/* By how much the pause grows after a look that found nothing: by an eighth. */
#define GROWTH_DIVISOR 8

/* After a failure. */
#define RETRY_US INT64_C(2000000)

cruddur_status cr_poll_tracked(cr_poll *poll, cr_tracked *tracked, bool begins, cr_call *call,
                               cr_look *look, bool *is_gone)
{
    cr_tracked_look one = {.tracked = tracked, .place = poll->place, .begins = begins};
    one.viewer = poll->wish.is_inbox     ? &poll->wish.subject
                 : poll->wish.has_viewer ? &poll->wish.viewer
                                         : NULL;
    cruddur_status status = cr_tracked_read(poll->store, &one, call);
    cr_event_list_join(&look->events, &one.events);
    look->has_more = status == CRUDDUR_OK && one.has_more;
    *is_gone = status == CRUDDUR_OK && one.is_gone;
    return status;
}

cruddur_status cr_poll_begin(cr_store *store, const cr_watch_wish *wish, const cr_place *from,
                             cr_call *call, cr_poll **ret_poll)
{
    cr_poll *poll = calloc(1, sizeof(*poll));
    if (poll == NULL) {
        return cr_fail_memory(call->error);
    }
    poll->store = store;
    poll->wish = *wish;
    cruddur_status status = wish->is_inbox ? cr_poll_begin_inbox(poll, from, call)
                                           : cr_poll_begin_group(poll, from, call);
    if (status != CRUDDUR_OK) {
        cr_poll_free(poll);
        return status;
    }
    *ret_poll = poll;
    return CRUDDUR_OK;
}

cruddur_status cr_poll_look(cr_poll *poll, const cr_uuid *hints, size_t hint_count, bool is_full,
                            cr_call *call, cr_look *look)
{
    *look = (cr_look){{NULL, NULL, 0}, false, false};
    return poll->wish.is_inbox ? cr_poll_look_at_inbox(poll, hints, hint_count, is_full, call, look)
                               : cr_poll_look_at_group(poll, call, look);
}

bool cr_poll_is_full_due(const cr_poll *poll)
{
    int64_t every_us = FULL_US;
    for (size_t i = 0; i < poll->count; i++) {
        every_us += poll->tracked[i]->is_lost ? 0 : FULL_PER_GROUP_US;
    }
    int64_t latest_us = poll->begun_at_us != 0 ? poll->begun_at_us : poll->full_at_us;
    return cr_clock_monotonic_us() - latest_us >= every_us;
}

void cr_poll_place(const cr_poll *poll, cr_place *place)
{
    *place = poll->place;
}

int64_t cr_poll_whole_at(const cr_poll *poll)
{
    return poll->full_at_us;
}

cr_poll *cr_poll_copy(const cr_poll *poll)
{
    cr_poll *copy = malloc(sizeof(*copy));
    if (copy == NULL) {
        return NULL;
    }
    *copy = *poll;
    copy->tracked = NULL;
    copy->count = copy->capacity = 0;
    if (!cr_tracked_copy(&copy->group, &poll->group) || !cr_poll_copy_inbox(copy, poll)) {
        cr_poll_free(copy);
        return NULL;
    }
    return copy;
}

void cr_poll_free(cr_poll *poll)
{
    if (poll != NULL) {
        cr_tracked_free(&poll->group);
        cr_poll_free_inbox(poll);
        free(poll);
    }
}

/* ---- the threads ---- */

static bool is_ready(const cruddur_watch *watch)
{
    return watch->leader == NULL && !watch->is_in_work && !watch->has_ended &&
           watch->queue.count < CR_QUEUE_FULL;
}

/* The watch that is due first; under the lock. Those that watch the same take turns, so that they
 * come to share a poll however long a look takes. */
static cruddur_watch *choose(const cr_hub *hub)
{
    cruddur_watch *first = NULL;
    for (size_t i = 0; i < hub->crowd.count; i++) {
        cruddur_watch *watch = hub->crowd.watch[i];
        bool is_earlier = first == NULL || watch->due_us < first->due_us;
        if (is_earlier && is_ready(watch) && !cr_share_is_in_work(hub, watch)) {
            first = watch;
        }
    }
    return first;
}

/* Why a watch was taken. */
typedef struct reason {
    cr_uuid hint[CR_HINTS_MAX];
    size_t hint_count;
    bool is_hinted_all;
    bool is_due; /* also without a hint */
} reason;

/* Takes the next watch that is due; NULL when the hub stops. */
static cruddur_watch *take(cr_hub *hub, reason *why)
{
    cruddur_watch *watch = NULL;
    (void)pthread_mutex_lock(&hub->lock);
    while (!atomic_load(&hub->stops)) {
        watch = choose(hub);
        if (watch != NULL && cr_deadline_passed(watch->due_us)) {
            break;
        }
        if (watch == NULL) {
            (void)pthread_cond_wait(&hub->work, &hub->lock);
        } else {
            (void)cr_condition_wait_until(&hub->work, &hub->lock, watch->due_us);
        }
        watch = NULL;
    }
    if (watch != NULL) {
        watch->is_in_work = true;
        memcpy(why->hint, watch->hint, sizeof(watch->hint));
        why->hint_count = watch->hint_count;
        why->is_hinted_all = watch->is_hinted_all;
        why->is_due = cr_deadline_passed(watch->look_us);
        watch->hint_count = 0;
        watch->is_hinted_all = false;
        watch->due_us = INT64_MAX; /* a hint that comes meanwhile sets it */
    }
    (void)pthread_mutex_unlock(&hub->lock);
    return watch;
}

/* An inbox is hinted at all groups that this process writes to. */
static bool is_of_others(const cruddur_watch *watch, const reason *why)
{
    return !why->is_due && !why->is_hinted_all && why->hint_count > 0 && watch->poll != NULL &&
           !cr_poll_knows(watch->poll, why->hint, why->hint_count);
}

static void put_back(cr_hub *hub, cruddur_watch *watch)
{
    (void)pthread_mutex_lock(&hub->lock);
    watch->due_us = watch->due_us < watch->look_us ? watch->due_us : watch->look_us;
    cr_hub_release(hub, watch);
    (void)pthread_cond_signal(&hub->work);
    (void)pthread_mutex_unlock(&hub->lock);
}

/* One look at a table for a watch. */
typedef struct looking {
    cr_hub *hub;
    cruddur_watch *watch;
    int64_t began_us;
    cruddur_status status;
    cruddur_error *error;
    cr_look look;
    cr_place at; /* after it */
} looking;

/* Under the lock: by the intervals of those that share the poll from now on. */
static void note_pause(const looking *now, bool has_found)
{
    int64_t min_us;
    int64_t max_us;
    cruddur_watch *watch = now->watch;
    cr_share_intervals(now->hub, watch, &min_us, &max_us);
    int64_t pause_us = has_found ? min_us : watch->pause_us + watch->pause_us / GROWTH_DIVISOR;
    watch->pause_us = pause_us < max_us ? pause_us : max_us;
    if (now->status != CRUDDUR_OK && watch->pause_us < RETRY_US) {
        watch->pause_us = RETRY_US;
    }
}

/* Under the lock. */
static void tell_end(looking *now)
{
    cruddur_watch *watch = now->watch;
    if (now->status != CRUDDUR_OK && !atomic_load(&now->hub->stops)) {
        cr_share_fail(now->hub, watch, now->status, now->error, cr_hub_is_end(now->status));
        now->error = NULL;
    } else if (now->look.has_ended) {
        cruddur_error *lost = NULL;
        (void)cr_fail_with(&lost, CRUDDUR_E_GROUP_NOT_FOUND,
                           "the group was removed, or the viewer is not a member of it any more");
        cr_share_fail(now->hub, watch, CRUDDUR_E_GROUP_NOT_FOUND, lost, true);
    }
}

/* Under the lock. */
static void note_look(const looking *now, bool has_found)
{
    cruddur_watch *watch = now->watch;
    bool is_whole = now->status == CRUDDUR_OK && !now->look.has_more && !now->look.has_ended &&
                    cr_poll_whole_at(watch->poll) >= now->began_us;
    if (is_whole && !has_found && !watch->is_closed) {
        cr_share_join(now->hub, watch, now->began_us);
    }
    watch->looked_until_us = cr_clock_monotonic_us();
    if (is_whole || has_found) {
        watch->news_until_us = watch->looked_until_us;
    }
}

static void end_look(looking *now)
{
    cr_hub *hub = now->hub;
    cruddur_watch *watch = now->watch;
    bool has_found = now->look.events.count > 0;
    (void)pthread_mutex_lock(&hub->lock);
    cr_share_deliver(hub, watch, &now->look.events, &now->at);
    tell_end(now);
    note_look(now, has_found);
    note_pause(now, has_found);
    int64_t due_us = cr_clock_monotonic_us() + (now->look.has_more ? 0 : watch->pause_us);
    watch->look_us = due_us;
    watch->due_us = watch->due_us < due_us ? watch->due_us : due_us;
    cr_hub_release(hub, watch);
    (void)pthread_cond_signal(&hub->work);
    (void)pthread_mutex_unlock(&hub->lock);
    cruddur_error_free(now->error);
}

static void look(looking *now, const reason *why)
{
    cr_hub *hub = now->hub;
    cruddur_watch *watch = now->watch;
    cr_call call = cr_hub_call(hub, &now->error);
    now->at = watch->at;
    if (watch->poll == NULL) {
        now->status = cr_poll_begin(hub->store, &watch->wish, &watch->at, &call, &watch->poll);
    }
    if (watch->poll != NULL) { /* else it could not begin */
        bool is_full = why->is_hinted_all || cr_poll_is_full_due(watch->poll);
        now->status =
            cr_poll_look(watch->poll, why->hint, why->hint_count, is_full, &call, &now->look);
        cr_poll_place(watch->poll, &now->at);
    }
}

void *cr_poll_watch(void *context)
{
    cr_hub *hub = context;
    reason why;
    cruddur_watch *watch;
    while ((watch = take(hub, &why)) != NULL) {
        if (is_of_others(watch, &why)) {
            put_back(hub, watch);
            continue;
        }
        looking now = {.hub = hub, .watch = watch, .began_us = cr_clock_monotonic_us()};
        look(&now, &why);
        end_look(&now);
    }
    return NULL;
}
