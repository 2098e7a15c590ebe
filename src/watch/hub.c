/* SPDX-License-Identifier: MIT */
#include "watch/hub.h"

#include "base/clock.h"
#include "base/condition.h"
#include "base/fork.h"
#include "base/thread.h"
#include "watch/poll.h"
#include "watch/sequence.h"
#include "watch/share.h"
#include "watch/tell.h"

/* From so many polling watches for each thread on there is another one. */
#define WATCHES_PER_THREAD 4

/* ---- waking ---- */

static void wake(cr_hub *hub)
{
    cr_beacon_raise(&hub->alarm);
    (void)pthread_cond_broadcast(&hub->work);
}

static void add_hint(cruddur_watch *watch, const cr_uuid *group)
{
    for (size_t i = 0; i < watch->hint_count; i++) {
        if (cr_uuid_compare(&watch->hint[i], group) == 0) {
            return;
        }
    }
    if (watch->hint_count == CR_HINTS_MAX) {
        watch->is_hinted_all = true;
        return;
    }
    watch->hint[watch->hint_count++] = *group;
}

/* The member whose row it is, or the group whose message or change it is. */
static bool read_subject(cr_str pk, cr_uuid *subject, bool *is_own)
{
    static const char *const prefixes[] = {CR_PK_GROUPS, CR_PK_MESSAGES, CR_PK_CHANGES};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t size = strlen(prefixes[i]);
        if (cr_pk_has_prefix(pk, prefixes[i])) {
            *is_own = i == 0;
            return cr_uuid_parse((cr_str){pk.data + size, pk.size - size}, subject);
        }
    }
    return false;
}

/* A member's row was written: the inbox is looked at at once. */
static void hint_inbox(const cr_hub *hub, const cr_uuid *user)
{
    const cr_crowd *crowd = &hub->crowd;
    for (size_t at = cr_crowd_find(crowd, true, user); cr_crowd_has(crowd, at, true, user); at++) {
        crowd->watch[at]->is_hinted_all = true;
        crowd->watch[at]->due_us = 0;
    }
}

/* What a thread has in work may be about to learn of the group. */
static bool may_know(const cruddur_watch *watch, const cr_uuid *group)
{
    return watch->leader == NULL &&
           (watch->is_in_work || watch->poll == NULL || cr_poll_knows(watch->poll, group, 1));
}

/* A message or change of a group was written. Inboxes are hinted at it only if no member's row was
 * written with it, which says whose inboxes it concerns. */
static void hint_group(const cr_hub *hub, const cr_uuid *group, bool has_rows)
{
    const cr_crowd *crowd = &hub->crowd;
    const cr_uuid none = {""};
    size_t at = cr_crowd_find(crowd, false, group);
    for (; cr_crowd_has(crowd, at, false, group); at++) {
        crowd->watch[at]->due_us = 0;
    }
    at = has_rows ? crowd->count : cr_crowd_find(crowd, true, &none);
    for (; at < crowd->count; at++) {
        if (may_know(crowd->watch[at], group)) {
            add_hint(crowd->watch[at], group);
            crowd->watch[at]->due_us = 0;
        }
    }
}

static bool has_rows_of_members(const cr_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cr_pk_has_prefix(keys[i].pk, CR_PK_GROUPS)) {
            return true;
        }
    }
    return false;
}

/* Whom it may concern looks at once. */
static void hint(const cr_hub *hub, const cr_key *keys, size_t count)
{
    bool has_rows = has_rows_of_members(keys, count);
    for (size_t i = 0; i < count; i++) {
        cr_uuid subject;
        bool is_own = false;
        if (read_subject(keys[i].pk, &subject, &is_own)) {
            if (is_own) {
                hint_inbox(hub, &subject);
            } else {
                hint_group(hub, &subject, has_rows);
            }
        }
    }
}

static void hear(void *context, const cr_key *keys, size_t count)
{
    cr_hub *hub = context;
    (void)pthread_mutex_lock(&hub->lock);
    if (!hub->has_sequence) {
        hint(hub, keys, count);
    }
    wake(hub);
    (void)pthread_mutex_unlock(&hub->lock);
}

/* ---- the hub ---- */

static bool init_locks(cr_hub *hub)
{
    if (pthread_mutex_init(&hub->lock, NULL) != 0) {
        return false;
    }
    if (!cr_condition_init(&hub->work)) {
        (void)pthread_mutex_destroy(&hub->lock);
        return false;
    }
    return true;
}

cruddur_status cr_hub_new(cr_store *store, const cr_logger *logger, int64_t timeout_us,
                          cr_hub **ret_hub, cruddur_error **error)
{
    cr_hub *hub = calloc(1, sizeof(*hub));
    if (hub == NULL) {
        return cr_fail_memory(error);
    }
    hub->alarm = (cr_beacon)CR_BEACON_INIT;
    cruddur_status status = cr_beacon_init(&hub->alarm, error);
    if (status == CRUDDUR_OK && !init_locks(hub)) {
        cr_beacon_close(&hub->alarm);
        status = cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system gave no mutex");
    }
    hub->cache = calloc(1, sizeof(*hub->cache));
    if (status == CRUDDUR_OK && hub->cache == NULL) {
        cr_beacon_close(&hub->alarm);
        (void)pthread_cond_destroy(&hub->work);
        (void)pthread_mutex_destroy(&hub->lock);
        status = cr_fail_memory(error);
    }
    if (status != CRUDDUR_OK) {
        free(hub->cache);
        free(hub);
        return status;
    }
    hub->store = store;
    hub->logger = *logger;
    hub->timeout_us = timeout_us;
    hub->has_sequence = store->ops->read_changes != NULL;
    hub->generation = cr_fork_generation();
    hub->users = 1;
    hub->listener = (cr_listener){NULL, hear, hub};
    atomic_init(&hub->stops, false);
    cr_bell_listen(store->bell, &hub->listener);
    *ret_hub = hub;
    return CRUDDUR_OK;
}

/* Under the lock, which is gone afterwards. */
static void leave(cr_hub *hub)
{
    bool is_last = --hub->users == 0;
    (void)pthread_mutex_unlock(&hub->lock);
    if (is_last) {
        cr_beacon_close(&hub->alarm);
        (void)pthread_cond_destroy(&hub->work);
        (void)pthread_mutex_destroy(&hub->lock);
        free(hub->crowd.watch);
        free(hub->cache);
        free(hub);
    }
}

void cr_hub_close(cr_hub *hub)
{
    if (hub == NULL) {
        return;
    }
    cr_bell_unlisten(hub->store->bell, &hub->listener);
    (void)pthread_mutex_lock(&hub->lock);
    atomic_store(&hub->stops, true);
    wake(hub);
    (void)pthread_mutex_unlock(&hub->lock);
    for (size_t i = 0; i < hub->threads; i++) {
        (void)pthread_join(hub->thread[i], NULL);
    }
    (void)pthread_mutex_lock(&hub->lock);
    for (size_t i = 0; i < hub->crowd.count; i++) {
        cruddur_watch *watch = hub->crowd.watch[i];
        cruddur_error *error = NULL;
        cruddur_status status =
            cr_fail_with(&error, CRUDDUR_E_CANCELLED, "the handle of the watch was closed");
        if (watch->queue.count > 0) {
            watch->at = watch->told; /* its cursor is before what it was not told */
        }
        cr_event_list_free(&watch->queue);
        cr_hub_fail(watch, status, error, true);
    }
    leave(hub);
}

static bool start_thread(cr_hub *hub)
{
    void *(*run)(void *) = hub->has_sequence ? cr_sequence_watch : cr_poll_watch;
    bool is_started = cr_thread_start(&hub->thread[hub->threads], run, hub);
    hub->threads += is_started ? 1 : 0;
    return is_started;
}

/* Under the lock. */
static bool start_threads(cr_hub *hub)
{
    size_t wanted =
        hub->has_sequence ? 1 : (hub->crowd.count + WATCHES_PER_THREAD) / WATCHES_PER_THREAD;
    wanted = wanted > CR_HUB_THREADS ? CR_HUB_THREADS : wanted;
    while (hub->threads < wanted && start_thread(hub)) {
    }
    return hub->threads > 0;
}

/* ---- opening ---- */

static void free_watch(cruddur_watch *watch)
{
    cr_poll_free(watch->poll);
    cr_event_list_free(&watch->queue);
    cruddur_error_free(watch->error);
    cr_beacon_close(&watch->beacon);
    (void)pthread_cond_destroy(&watch->changed);
    free(watch->cursor);
    free(watch);
}

static cruddur_status make_watch(cr_hub *hub, const cr_watch_wish *wish, cruddur_watch **ret_watch,
                                 cruddur_error **error)
{
    cruddur_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL) {
        return cr_fail_memory(error);
    }
    if (!cr_condition_init(&watch->changed)) {
        free(watch);
        return cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system gave no condition variable");
    }
    watch->hub = hub;
    watch->wish = *wish;
    watch->pause_us = wish->interval_min_us;
    watch->look_us = cr_clock_monotonic_us() + wish->interval_min_us;
    watch->due_us = watch->look_us;
    atomic_init(&watch->is_busy, false);
    watch->beacon = (cr_beacon)CR_BEACON_INIT;
    cruddur_status status = cr_beacon_init(&watch->beacon, error);
    if (status != CRUDDUR_OK) {
        free_watch(watch);
        return status;
    }
    *ret_watch = watch;
    return CRUDDUR_OK;
}

/* The epoch, and the store's name in cursors. */
static cruddur_status read_presence(cruddur_watch *watch, cr_call *call, cr_presence *presence)
{
    cr_hub *hub = watch->hub;
    cruddur_status status = CRUDDUR_OK;
    *presence = (cr_presence){"", 0};
    if (hub->has_sequence) {
        status = cr_presence_renew(hub->store, presence, call);
    }
    (void)pthread_mutex_lock(&hub->lock);
    if (status == CRUDDUR_OK) {
        cr_hub_note_presence(hub, presence);
    }
    (void)pthread_mutex_unlock(&hub->lock);
    watch->store = cr_place_store(
        cr_str_of(hub->has_sequence ? presence->name : cr_bell_place(hub->store->bell)));
    return status;
}

static cr_place_owner owner_of(const cruddur_watch *watch)
{
    return (cr_place_owner){watch->wish.is_inbox, watch->wish.subject, watch->store};
}

static cruddur_status read_cursor(const cruddur_watch *watch, cr_place *place, const cr_call *call)
{
    const cr_place_owner owner = owner_of(watch);
    switch (cr_place_read(watch->wish.cursor, &owner, place)) {
    case CR_CURSOR_GOOD:
        return CRUDDUR_OK;
    case CR_CURSOR_FOREIGN:
        return cr_fail_argument(call->error, CRUDDUR_E_CURSOR_FOREIGN, "options.cursor",
                                "belongs to a watch of something else, to another store, or to a "
                                "list");
    default:
        return cr_fail_argument(call->error, CRUDDUR_E_CURSOR_DAMAGED, "options.cursor",
                                "is not one of a watch, or was cut short or altered");
    }
}

/* The newest change of the sequence. */
static cruddur_status read_newest(cr_hub *hub, cr_call *call, int64_t *newest)
{
    cr_changed_keys changed;
    cr_arena arena = CR_ARENA_INIT;
    cruddur_status status =
        hub->store->ops->read_changes(hub->store, INT64_MAX, 1, &changed, &arena, call);
    *newest = status == CRUDDUR_OK ? changed.newest : 0;
    cr_arena_free(&arena);
    return status;
}

typedef struct membership {
    const cr_watch_wish *wish;
} membership;

static cruddur_status check_body(cr_txn *txn, void *context)
{
    cr_group group;
    const cr_watch_wish *wish = ((const membership *)context)->wish;
    return wish->has_viewer ? cr_group_read(txn, &wish->subject, &wish->viewer, &group)
                            : cr_group_read_trusted(txn, &wish->subject, &group);
}

/* A place of another epoch is looked for by time. */
static cruddur_status place_in_sequence(cruddur_watch *watch, const cr_presence *presence,
                                        cr_call *call)
{
    cr_hub *hub = watch->hub;
    int64_t newest = 0;
    membership asked = {&watch->wish};
    cruddur_status status = watch->wish.is_inbox
                                ? CRUDDUR_OK
                                : hub->store->ops->read(hub->store, check_body, &asked, call);
    if (status == CRUDDUR_OK) {
        status = read_newest(hub, call, &newest);
    }
    if (watch->wish.cursor.data == NULL) {
        watch->at = (cr_place){.epoch = presence->epoch,
                               .seq = newest,
                               .time_us = cr_clock_now_us(),
                               .change = CR_CHANGE_UNKNOWN};
    } else {
        watch->is_cut = watch->at.epoch != presence->epoch || watch->at.seq > newest;
    }
    watch->due_us = 0;
    return status;
}

static cruddur_status place_watch(cruddur_watch *watch, cr_call *call)
{
    cr_presence presence;
    cr_hub *hub = watch->hub;
    bool has_cursor = watch->wish.cursor.data != NULL;
    cruddur_status status = read_presence(watch, call, &presence);
    if (status == CRUDDUR_OK && has_cursor) {
        status = read_cursor(watch, &watch->at, call);
    }
    if (status == CRUDDUR_OK && hub->has_sequence) {
        status = place_in_sequence(watch, &presence, call);
    } else if (status == CRUDDUR_OK) {
        status = cr_poll_begin(hub->store, &watch->wish, has_cursor ? &watch->at : NULL, call,
                               &watch->poll);
        if (status == CRUDDUR_OK) {
            cr_poll_place(watch->poll, &watch->at);
        }
    }
    watch->told = watch->at;
    watch->wish.cursor = CR_STR_ABSENT;
    watch->looked_until_us = cr_clock_monotonic_us();
    watch->news_until_us = watch->looked_until_us;
    return status;
}

/* Under the lock. */
static cruddur_status enter(cr_hub *hub, cruddur_watch *watch, cruddur_error **error)
{
    if (!cr_crowd_add(&hub->crowd, watch)) {
        return cr_fail_memory(error);
    }
    if (!start_threads(hub)) {
        cr_crowd_remove(&hub->crowd, watch);
        return cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system started no thread");
    }
    hub->users++;
    wake(hub);
    return CRUDDUR_OK;
}

cruddur_status cr_hub_open_watch(cr_hub *hub, const cr_watch_wish *wish, cr_call *call,
                                 cruddur_watch **ret_watch)
{
    cruddur_watch *watch = NULL;
    cruddur_status status = make_watch(hub, wish, &watch, call->error);
    if (watch == NULL) {
        return status;
    }
    status = place_watch(watch, call);
    if (status != CRUDDUR_OK) {
        free_watch(watch);
        return status;
    }
    (void)pthread_mutex_lock(&hub->lock);
    status = enter(hub, watch, call->error);
    (void)pthread_mutex_unlock(&hub->lock);
    if (status != CRUDDUR_OK) {
        free_watch(watch);
        return status;
    }
    *ret_watch = watch;
    return CRUDDUR_OK;
}

/* ---- the owner's calls ---- */

/* Under the lock. */
static void announce(cruddur_watch *watch)
{
    if (watch->queue.count > 0 || watch->failed != CRUDDUR_OK) {
        cr_beacon_raise(&watch->beacon);
        (void)pthread_cond_signal(&watch->changed);
    } else {
        cr_beacon_lower(&watch->beacon);
    }
}

/* One that is over for good is told again and again. */
static cruddur_status take_failure(cruddur_watch *watch, cruddur_error **error)
{
    cruddur_status status = watch->failed;
    if (watch->has_ended) {
        return cr_fail_with(error, status, "%s",
                            watch->error == NULL ? cruddur_status_text(status)
                                                 : cruddur_error_message(watch->error));
    }
    if (error != NULL) {
        *error = watch->error;
    } else {
        cruddur_error_free(watch->error);
    }
    watch->error = NULL;
    watch->failed = CRUDDUR_OK;
    return status;
}

static char *write_cursor(const cruddur_watch *watch, const cr_place *place)
{
    cr_buffer text;
    const cr_place_owner owner = owner_of(watch);
    cr_buffer_init(&text, (size_t)2 * CR_CURSOR_BYTES_MAX);
    cr_place_write(place, &owner, &text);
    return cr_buffer_take(&text);
}

/* An event stays in the queue when there is no memory for its cursor. */
static cruddur_status take_event(cruddur_watch *watch, cruddur_event **ret_event,
                                 cruddur_error **error)
{
    cr_hub *hub = watch->hub;
    cruddur_event *event = watch->queue.first;
    event->cursor = write_cursor(watch, &event->place);
    if (event->cursor == NULL) {
        return cr_fail_memory(error);
    }
    bool was_full = watch->queue.count >= CR_QUEUE_FULL / 2;
    *ret_event = cr_event_list_take(&watch->queue);
    watch->told = event->place;
    if (was_full && watch->queue.count < CR_QUEUE_FULL / 2) {
        wake(hub);
    }
    return CRUDDUR_OK;
}

cruddur_status cr_hub_next(cruddur_watch *watch, int64_t until_us, cruddur_event **ret_event,
                           cruddur_error **error)
{
    cr_hub *hub = watch->hub;
    cruddur_status status = CRUDDUR_OK;
    bool has_time = true;
    *ret_event = NULL;
    (void)pthread_mutex_lock(&hub->lock);
    while (has_time && watch->queue.count == 0 && watch->failed == CRUDDUR_OK) {
        if (until_us < 0) {
            (void)pthread_cond_wait(&watch->changed, &hub->lock);
        } else {
            has_time = cr_condition_wait_until(&watch->changed, &hub->lock, until_us);
        }
    }
    if (watch->queue.count > 0) {
        status = take_event(watch, ret_event, error);
    } else if (watch->failed != CRUDDUR_OK) {
        status = take_failure(watch, error);
    }
    announce(watch);
    (void)pthread_mutex_unlock(&hub->lock);
    return status;
}

const char *cr_hub_cursor(cruddur_watch *watch)
{
    (void)pthread_mutex_lock(&watch->hub->lock);
    if (watch->queue.count == 0) {
        watch->told = watch->at;
    }
    const cr_place place = watch->told;
    (void)pthread_mutex_unlock(&watch->hub->lock);
    free(watch->cursor);
    watch->cursor = write_cursor(watch, &place);
    return watch->cursor;
}

/* A watch that a thread has in work is freed by that. */
void cr_hub_close_watch(cruddur_watch *watch)
{
    cr_hub *hub = watch->hub;
    (void)pthread_mutex_lock(&hub->lock);
    cr_crowd_remove(&hub->crowd, watch);
    if (watch->is_in_work) {
        watch->is_closed = true;
    } else {
        cr_share_leave(hub, watch);
        free_watch(watch);
        (void)pthread_cond_signal(&hub->work);
    }
    leave(hub);
}

/* ---- for its threads ---- */

void cr_hub_release(cr_hub *hub, cruddur_watch *watch)
{
    watch->is_in_work = false;
    if (watch->is_closed) {
        cr_share_leave(hub, watch);
        free_watch(watch);
    }
}

void cr_hub_deliver(cruddur_watch *watch, cr_event_list *events, const cr_place *at)
{
    cr_event_list_join(&watch->queue, events);
    watch->at = *at;
    announce(watch);
}

void cr_hub_fail(cruddur_watch *watch, cruddur_status status, cruddur_error *error, bool is_end)
{
    if (!watch->has_ended) {
        cruddur_error_free(watch->error);
        watch->error = error;
        watch->failed = status;
        watch->has_ended = is_end;
    } else {
        cruddur_error_free(error);
    }
    announce(watch);
}

bool cr_hub_is_end(cruddur_status status)
{
    return status == CRUDDUR_E_STORE_REPLACED || status == CRUDDUR_E_STORE_FORKED ||
           status == CRUDDUR_E_CANCELLED || status == CRUDDUR_E_NEEDS_TRANSACTIONS;
}

void cr_hub_note_presence(cr_hub *hub, const cr_presence *presence)
{
    hub->presence = *presence;
    hub->renewed_at_us = cr_clock_now_us();
    hub->renewal_due_us = cr_clock_monotonic_us() + CR_PRESENCE_RENEWAL_US;
    hub->renewal_failed = false;
}

cr_call cr_hub_call(const cr_hub *hub, cruddur_error **error)
{
    return (cr_call){.deadline_us = cr_clock_monotonic_us() + hub->timeout_us,
                     .cancel = &hub->stops,
                     .consistency = CRUDDUR_CONSISTENCY_STRONG,
                     .logger = hub->logger,
                     .error = error};
}
