/* SPDX-License-Identifier: MIT */
#include "store/queue.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/random.h"
#include "model/uuid.h"

/* A list has the tickets of several queues, which do not wait for each other. */
#define LISTS 64
/* For how many subjects conflicts are remembered, and for how long. */
#define MEMORIES 256
#define MEMORY_RUNS 20
/* How many groups are kept. */
#define KEEPSAKES 256
/* The window for pauses, in runs, after the first conflict and after many. */
#define WINDOW_RUNS 16
#define WINDOW_RUNS_MIN 2
/* Shorter and longer runs count as this long: a single slow run must not make for long pauses. */
#define RUN_MIN_US INT64_C(25000)
#define RUN_MAX_US INT64_C(100000)
/* A pause takes at most this part of the time that is left. */
#define PAUSE_PART 4
/* Who is taken along has lost at most this part of the time that the other has left. */
#define DEADLINE_PART 8

/* What was left of a group; NULL: nothing. */
typedef struct keepsake {
    char subject[CRUDDUR_UUID_SIZE];
    cr_kept_group *kept;
} keepsake;

/* A conflict with another handle or process. */
typedef struct memory {
    uint32_t hash; /* of the subject */
    int64_t at_us;
    int64_t run_us;
} memory;

struct cr_queues {
    pthread_mutex_t lock;
    cr_ticket *lists[LISTS]; /* each in the order of arrival */
    memory memories[MEMORIES];
    keepsake keepsakes[KEEPSAKES];
};

cr_queues *cr_queues_new(void)
{
    cr_queues *queues = calloc(1, sizeof(*queues));
    if (queues == NULL || pthread_mutex_init(&queues->lock, NULL) != 0) {
        free(queues);
        return NULL;
    }
    return queues;
}

void cr_queues_free(cr_queues *queues)
{
    if (queues != NULL) {
        for (size_t i = 0; i < KEEPSAKES; i++) {
            cr_kept_group_free(queues->keepsakes[i].kept);
        }
        (void)pthread_mutex_destroy(&queues->lock);
        free(queues);
    }
}

/* ---- the lists; all under the lock ---- */

/* FNV-1a. */
static uint32_t hash_of(cr_str subject)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < subject.size; i++) {
        hash = (hash ^ (unsigned char)subject.data[i]) * 16777619u;
    }
    return hash;
}

static cr_ticket **list_of(cr_queues *queues, cr_str subject)
{
    return &queues->lists[hash_of(subject) % LISTS];
}

static void add_ticket(cr_queues *queues, cr_ticket *ticket)
{
    cr_ticket **link = list_of(queues, ticket->subject);
    while (*link != NULL) {
        link = &(*link)->next;
    }
    *link = ticket;
}

static void remove_ticket(cr_queues *queues, const cr_ticket *ticket)
{
    cr_ticket **link = list_of(queues, ticket->subject);
    while (*link != ticket) {
        link = &(*link)->next;
    }
    *link = ticket->next;
}

static bool is_waiting(const cr_ticket *ticket, cr_str subject)
{
    return ticket->active_us == 0 && ticket->state == CR_TICKET_ITS_OWN &&
           cr_str_equal(ticket->subject, subject);
}

/* Wakes the first that waits, after the tickets before it have changed. */
static void wake_first(cr_queues *queues, cr_str subject)
{
    for (cr_ticket *ticket = *list_of(queues, subject); ticket != NULL; ticket = ticket->next) {
        if (is_waiting(ticket, subject)) {
            (void)pthread_cond_signal(&ticket->moved_up);
            return;
        }
    }
}

/* When the ticket may begin unless it is woken earlier: 0 if it is the first, INT64_MAX if another
 * one waits before it. Those that were taken along are in front with whoever took them. */
static int64_t may_begin_us(cr_queues *queues, const cr_ticket *ticket)
{
    int64_t us = 0;
    for (const cr_ticket *earlier = *list_of(queues, ticket->subject); earlier != ticket;
         earlier = earlier->next) {
        if (!cr_str_equal(earlier->subject, ticket->subject) ||
            earlier->state != CR_TICKET_ITS_OWN) {
            continue;
        }
        int64_t active_us = earlier->active_us;
        if (active_us == 0) {
            return INT64_MAX;
        }
        int64_t overdue_us = active_us + CR_QUEUE_OVERDUE_US;
        us = overdue_us > us ? overdue_us : us;
    }
    return us;
}

/* Returns false if the call's time ends first. */
static bool wait_to_begin(cr_queues *queues, cr_ticket *ticket, const cr_call *call)
{
    for (;;) {
        if (ticket->state == CR_TICKET_DONE) {
            return true;
        }
        if (ticket->state == CR_TICKET_ALONG) {
            (void)cr_condition_wait_until(&ticket->moved_up, &queues->lock,
                                          cr_clock_monotonic_us() + CR_QUEUE_OVERDUE_US);
            continue;
        }
        int64_t us = may_begin_us(queues, ticket);
        int64_t now_us = cr_clock_monotonic_us();
        if (us <= now_us) {
            ticket->active_us = now_us;
            return true;
        }
        if (cr_call_is_over(call)) {
            return false;
        }
        us = us < call->deadline_us ? us : call->deadline_us;
        (void)cr_condition_wait_until(&ticket->moved_up, &queues->lock,
                                      cr_cancel_look_us(us, call->cancel));
    }
}

/* ---- what is kept; under the lock ---- */

static keepsake *keepsake_of(cr_queues *queues, cr_str subject)
{
    return &queues->keepsakes[hash_of(subject) % KEEPSAKES];
}

static bool is_of(const keepsake *place, cr_str subject)
{
    return place->kept != NULL && cr_str_equal(cr_str_of(place->subject), subject);
}

static cr_kept_group *take_kept(cr_queues *queues, cr_str subject)
{
    keepsake *place = keepsake_of(queues, subject);
    if (!is_of(place, subject)) {
        return NULL;
    }
    cr_kept_group *kept = place->kept;
    place->kept = NULL;
    return kept;
}

/* Returns what had that place, which is to be freed. */
static cr_kept_group *put_kept(cr_queues *queues, cr_str subject, cr_kept_group *left)
{
    keepsake *place = keepsake_of(queues, subject);
    cr_kept_group *before = place->kept;
    if (left == NULL || subject.size >= sizeof(place->subject)) {
        return left;
    }
    memcpy(place->subject, subject.data, subject.size);
    place->subject[subject.size] = '\0';
    place->kept = left;
    return before;
}

bool cr_queue_find_kept(cr_queues *queues, cr_str subject, cr_str pk, cr_kept_key *sk)
{
    bool is_known = false;
    if (queues == NULL) {
        return false;
    }
    (void)pthread_mutex_lock(&queues->lock);
    const keepsake *place = keepsake_of(queues, subject);
    if (is_of(place, subject)) {
        is_known = cr_kept_group_find(place->kept, pk, sk);
    }
    (void)pthread_mutex_unlock(&queues->lock);
    return is_known;
}

/* ---- other handles and processes ---- */

static int64_t draw_pause_us(int64_t window_us, int64_t deadline_us)
{
    int64_t most_us = (deadline_us - cr_clock_monotonic_us()) / PAUSE_PART;
    int64_t us = window_us < most_us ? window_us : most_us;
    return us > 0 ? (int64_t)((double)us * cr_random_fraction()) : 0;
}

static int64_t count_waiting(cr_queues *queues, cr_str subject)
{
    int64_t count = 0;
    for (const cr_ticket *other = *list_of(queues, subject); other != NULL; other = other->next) {
        count += is_waiting(other, subject) ? 1 : 0;
    }
    return count;
}

/* How long to pause before a change whose turn it is: not at all unless there was a conflict a
 * short time ago. Under the lock. */
static int64_t pause_to_begin_us(cr_queues *queues, cr_ticket *ticket, int64_t deadline_us)
{
    uint32_t hash = hash_of(ticket->subject);
    const memory *latest = &queues->memories[hash % MEMORIES];
    ticket->is_contended = latest->hash == hash && latest->run_us > 0 &&
                           ticket->active_us - latest->at_us < MEMORY_RUNS * latest->run_us;
    if (!ticket->is_contended) {
        return 0;
    }
    int64_t waiting = count_waiting(queues, ticket->subject);
    return draw_pause_us(WINDOW_RUNS * latest->run_us / (1 + waiting), deadline_us);
}

int64_t cr_queue_conflict_us(cr_ticket *ticket, int64_t run_us, int64_t deadline_us)
{
    cr_queues *queues = ticket->queues;
    bool was_contended = ticket->is_contended;
    uint32_t hash = hash_of(ticket->subject);
    ticket->is_contended = true;
    run_us = run_us < RUN_MIN_US ? RUN_MIN_US : run_us > RUN_MAX_US ? RUN_MAX_US : run_us;
    (void)pthread_mutex_lock(&queues->lock);
    queues->memories[hash % MEMORIES] = (memory){hash, cr_clock_monotonic_us(), run_us};
    (void)pthread_mutex_unlock(&queues->lock);
    if (!was_contended) {
        return 0;
    }
    const int64_t least_us = WINDOW_RUNS_MIN * run_us;
    int64_t window_us = WINDOW_RUNS * run_us;
    for (unsigned i = 0; i < ticket->conflicts && window_us > least_us; i++) {
        window_us -= window_us / 5;
    }
    window_us = window_us > least_us ? window_us : least_us;
    ticket->conflicts++;
    return draw_pause_us(window_us, deadline_us);
}

/* ---- a ticket ---- */

static void leave(cr_ticket *ticket)
{
    cr_queues *queues = ticket->queues;
    (void)pthread_mutex_lock(&queues->lock);
    cr_kept_group *before = put_kept(queues, ticket->subject, ticket->left);
    remove_ticket(queues, ticket);
    wake_first(queues, ticket->subject);
    (void)pthread_mutex_unlock(&queues->lock);
    (void)pthread_cond_destroy(&ticket->moved_up);
    cr_kept_group_free(before);
    cr_kept_group_free(ticket->kept);
}

cruddur_status cr_queue_enter_with(cr_queues *queues, cr_str subject, void *errand, cr_call *call,
                                   cr_ticket *ticket, bool *is_done)
{
    call->ticket = NULL;
    *is_done = false;
    if (queues == NULL) {
        return CRUDDUR_OK;
    }
    *ticket = (cr_ticket){.queues = queues,
                          .subject = subject,
                          .errand = call->cancel == NULL ? errand : NULL,
                          .deadline_us = call->deadline_us};
    if (!cr_condition_init(&ticket->moved_up)) {
        return cr_fail_with(call->error, CRUDDUR_E_INTERNAL,
                            "the system is out of condition variables");
    }
    int64_t pause_us = 0;
    (void)pthread_mutex_lock(&queues->lock);
    add_ticket(queues, ticket);
    bool has_begun = wait_to_begin(queues, ticket, call);
    *is_done = ticket->state == CR_TICKET_DONE;
    if (has_begun && !*is_done) {
        wake_first(queues, subject); /* to wait for this one */
        ticket->kept = take_kept(queues, subject);
        pause_us = pause_to_begin_us(queues, ticket, call->deadline_us);
    }
    (void)pthread_mutex_unlock(&queues->lock);
    if (!has_begun) {
        leave(ticket);
        return cr_is_cancelled(call->cancel)
                   ? cr_fail_cancelled(call->error)
                   : cr_fail_with(call->error, CRUDDUR_E_TIMEOUT,
                                  "the deadline passed while other threads changed the same group");
    }
    if (*is_done) {
        leave(ticket);
        return CRUDDUR_OK;
    }
    call->ticket = ticket;
    cr_log_keep(&ticket->log, call);
    (void)cr_cancel_sleep_us(pause_us, call->cancel); /* the change looks at it */
    return CRUDDUR_OK;
}

cruddur_status cr_queue_enter(cr_queues *queues, cr_str subject, cr_call *call, cr_ticket *ticket)
{
    bool is_done;
    return cr_queue_enter_with(queues, subject, NULL, call, ticket, &is_done);
}

/* ---- errands ---- */

int64_t cr_queue_least_us(const cr_call *call)
{
    int64_t left_us = call->deadline_us - cr_clock_monotonic_us();
    return call->deadline_us - left_us / DEADLINE_PART;
}

size_t cr_queue_take_along(const cr_call *call, bool (*accept)(void *context, void *errand),
                           void *context, cr_ticket **taken, size_t max, int64_t *deadline_us)
{
    size_t count = 0;
    const cr_ticket *own = call->ticket;
    if (own == NULL) {
        return 0;
    }
    int64_t least_us = cr_queue_least_us(call);
    (void)pthread_mutex_lock(&own->queues->lock);
    for (cr_ticket *other = own->next; other != NULL && count < max; other = other->next) {
        bool can_be = is_waiting(other, own->subject) && other->errand != NULL;
        if (can_be && other->deadline_us >= least_us && accept(context, other->errand)) {
            other->state = CR_TICKET_ALONG;
            taken[count++] = other;
            *deadline_us = other->deadline_us < *deadline_us ? other->deadline_us : *deadline_us;
        }
    }
    if (count > 0) {
        wake_first(own->queues, own->subject); /* to wait for this one alone */
    }
    (void)pthread_mutex_unlock(&own->queues->lock);
    return count;
}

void cr_queue_set_down(cr_ticket *taken, bool is_done)
{
    cr_queues *queues = taken->queues;
    (void)pthread_mutex_lock(&queues->lock);
    taken->state = is_done ? CR_TICKET_DONE : CR_TICKET_ITS_OWN;
    (void)pthread_cond_signal(&taken->moved_up);
    (void)pthread_mutex_unlock(&queues->lock);
}

void cr_queue_keep(const cr_call *call, cr_kept_group *left)
{
    if (call->ticket == NULL) {
        cr_kept_group_free(left);
        return;
    }
    cr_kept_group_free(call->ticket->left);
    call->ticket->left = left;
}

void cr_queue_forget(const cr_call *call)
{
    if (call->ticket != NULL) {
        cr_kept_group_free(call->ticket->kept);
        call->ticket->kept = NULL;
    }
}

void cr_queue_progress(const cr_call *call)
{
    if (call->ticket != NULL) {
        call->ticket->active_us = cr_clock_monotonic_us();
    }
}

void cr_queue_leave(cr_call *call)
{
    cr_ticket *ticket = call->ticket;
    if (ticket != NULL) {
        leave(ticket);
        call->ticket = NULL;
        cr_log_release(&ticket->log, call);
    }
}
