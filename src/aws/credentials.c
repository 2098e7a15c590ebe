/* SPDX-License-Identifier: MIT */
#include "aws/credentials.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/random.h"
#include "base/thread.h"

#define US_PER_S INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_S)
/* From here to the expiry callers wait for a new identity. */
#define MANDATORY_WINDOW_US (60 * US_PER_S)
/* All that one fetch may take, whoever waits for it. */
#define FETCH_TIMEOUT_US (30 * US_PER_S)
/* The pause after a failure, at random so that a fleet of machines does not come back as one. */
#define PAUSE_MIN_US (300 * US_PER_S)
#define PAUSE_MAX_US (600 * US_PER_S)
#define MESSAGE_SIZE 1024
#define REQUEST_ID_SIZE 64

struct cr_credentials {
    cr_identity_source source; /* none: one fixed identity */
    cr_logger logger;
    pthread_mutex_t lock;
    pthread_cond_t fetch_ended;
    const cr_identity *identity; /* NULL: none yet, or none any more */
    int64_t advisory_window_us;  /* before the expiry: fetch, but nobody waits */
    int64_t next_fetch_us;       /* on the monotonic clock: not before that while there is one */
    bool is_fetching;
    uint64_t fetches; /* that have ended */
    unsigned telling; /* threads that are in the caller's log hook after a fetch */
    bool has_thread;  /* to be joined: it is fetching, or has done so */
    pthread_t thread;
    bool has_had_one;      /* so that the source is set up rightly, and a failure may pass */
    cruddur_status status; /* what the latest fetch came to */
    bool is_retryable;
    char message[MESSAGE_SIZE];
    char request_id[REQUEST_ID_SIZE];
};

/* ---- making and freeing ---- */

static cruddur_status make(cr_credentials **ret_credentials, cruddur_error **error)
{
    cr_credentials *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return cr_fail_memory(error);
    }
    bool has_lock = pthread_mutex_init(&made->lock, NULL) == 0;
    if (has_lock && cr_condition_init(&made->fetch_ended)) {
        *ret_credentials = made;
        return CRUDDUR_OK;
    }
    if (has_lock) {
        (void)pthread_mutex_destroy(&made->lock);
    }
    free(made);
    return cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system gave no mutex or no condition");
}

cruddur_status cr_credentials_new_fixed(const cr_identity *identity,
                                        cr_credentials **ret_credentials, cruddur_error **error)
{
    cruddur_status status = make(ret_credentials, error);
    if (status == CRUDDUR_OK) {
        (*ret_credentials)->identity = cr_identity_retain(identity);
    }
    return status;
}

static void free_source(const cr_identity_source *source)
{
    if (source->free != NULL) {
        source->free(source->context);
    }
}

cruddur_status cr_credentials_new(const cr_identity_source *source, cr_logger logger,
                                  cr_credentials **ret_credentials, cruddur_error **error)
{
    cruddur_status status = make(ret_credentials, error);
    if (status != CRUDDUR_OK) {
        free_source(source);
        return status;
    }
    (*ret_credentials)->source = *source;
    (*ret_credentials)->logger = logger;
    return CRUDDUR_OK;
}

/* The lock is not held: the thread takes it before it ends. */
static void join_thread(cr_credentials *credentials)
{
    if (credentials->has_thread) {
        (void)pthread_join(credentials->thread, NULL);
        credentials->has_thread = false;
    }
}

void cr_credentials_free(cr_credentials *credentials)
{
    if (credentials == NULL) {
        return;
    }
    if (credentials->has_thread && credentials->source.cancel != NULL) {
        credentials->source.cancel(credentials->source.context);
    }
    join_thread(credentials);
    cr_identity_release(credentials->identity);
    free_source(&credentials->source);
    (void)pthread_cond_destroy(&credentials->fetch_ended);
    (void)pthread_mutex_destroy(&credentials->lock);
    free(credentials);
}

/* ---- when to fetch ---- */

static int64_t advisory_window_us(int64_t lifetime_us)
{
    if (lifetime_us <= 20 * US_PER_MINUTE) {
        return 5 * US_PER_MINUTE;
    }
    return lifetime_us < 90 * US_PER_MINUTE ? 15 * US_PER_MINUTE : 60 * US_PER_MINUTE;
}

static int64_t random_pause_us(void)
{
    uint32_t random = 0;
    if (!cr_random_bytes(&random, sizeof(random))) {
        return PAUSE_MAX_US;
    }
    return PAUSE_MIN_US + (int64_t)random % (PAUSE_MAX_US - PAUSE_MIN_US);
}

static int64_t time_left_us(const cr_identity *identity)
{
    return identity->expires_at_us == CR_IDENTITY_NEVER_EXPIRES
               ? INT64_MAX
               : identity->expires_at_us - cr_clock_now_us();
}

/* How soon the source may be asked again that has just given this: it may give the same for a while
 * although that expires soon, or has. */
static int64_t pause_after_success_us(int64_t left_us)
{
    if (left_us <= 0) {
        return random_pause_us();
    }
    if (left_us <= MANDATORY_WINDOW_US) {
        return left_us;
    }
    return left_us / 4 < US_PER_MINUTE ? left_us / 4 : US_PER_MINUTE;
}

/* There is one more try before the old identity expires. */
static int64_t pause_after_failure_us(const cr_credentials *credentials)
{
    int64_t pause_us = random_pause_us();
    int64_t left_us = credentials->identity == NULL ? 0 : time_left_us(credentials->identity);
    bool ends_too_late = left_us > MANDATORY_WINDOW_US && left_us - MANDATORY_WINDOW_US < pause_us;
    return ends_too_late ? left_us - MANDATORY_WINDOW_US : pause_us;
}

/* ---- fetching ---- */

static void note_success(cr_credentials *credentials, const cr_identity *identity)
{
    int64_t left_us = time_left_us(identity);
    cr_identity_release(credentials->identity);
    credentials->identity = identity;
    credentials->has_had_one = true;
    credentials->status = CRUDDUR_OK;
    credentials->advisory_window_us = advisory_window_us(left_us);
    credentials->next_fetch_us = cr_clock_monotonic_us() + pause_after_success_us(left_us);
}

static void note_failure(cr_credentials *credentials, cruddur_status status,
                         const cruddur_error *error)
{
    credentials->status = status;
    credentials->is_retryable = credentials->has_had_one || cruddur_error_is_retryable(error);
    (void)snprintf(credentials->message, sizeof(credentials->message), "%s",
                   cruddur_error_message(error));
    const char *request_id = cruddur_error_request_id(error);
    (void)snprintf(credentials->request_id, sizeof(credentials->request_id), "%s",
                   request_id == NULL ? "" : request_id);
    credentials->next_fetch_us = cr_clock_monotonic_us() + pause_after_failure_us(credentials);
}

/* The callers that waited for the fetch are awake already: the hook may be slow. */
static void tell(cr_credentials *credentials, const cruddur_error *error)
{
    cr_log_line(&credentials->logger, CRUDDUR_LOG_WARNING, "fetching credentials failed: %s",
                cruddur_error_message(error));
    (void)pthread_mutex_lock(&credentials->lock);
    credentials->telling--;
    (void)pthread_mutex_unlock(&credentials->lock);
}

/* Asks the source, and tells everybody who waits. The lock is not held. */
static void fetch(cr_credentials *credentials)
{
    const cr_identity *identity = NULL;
    cruddur_error *error = NULL;
    cruddur_status status = credentials->source.fetch(
        credentials->source.context, cr_clock_monotonic_us() + FETCH_TIMEOUT_US, &identity, &error);
    (void)pthread_mutex_lock(&credentials->lock);
    if (status == CRUDDUR_OK) {
        note_success(credentials, identity);
    } else {
        note_failure(credentials, status, error);
    }
    credentials->is_fetching = false;
    credentials->telling += status == CRUDDUR_OK ? 0 : 1;
    credentials->fetches++;
    (void)pthread_cond_broadcast(&credentials->fetch_ended);
    (void)pthread_mutex_unlock(&credentials->lock);
    if (status != CRUDDUR_OK) {
        tell(credentials, error);
    }
    cruddur_error_free(error);
}

static void *run_thread(void *argument)
{
    fetch(argument);
    return NULL;
}

/* Starts a thread that fetches, unless the one before is still in the caller's hook. Otherwise that
 * has nothing left to do but to end. The lock is held. */
static bool start_thread(cr_credentials *credentials)
{
    if (credentials->telling > 0) {
        return false;
    }
    join_thread(credentials);
    credentials->has_thread = cr_thread_start(&credentials->thread, run_thread, credentials);
    return credentials->has_thread;
}

/* Begins a fetch unless one is under way. The lock is held, and held again at the end. */
static void begin_fetch(cr_credentials *credentials)
{
    if (credentials->is_fetching) {
        return;
    }
    credentials->is_fetching = true;
    if (!start_thread(credentials)) {
        (void)pthread_mutex_unlock(&credentials->lock);
        fetch(credentials);
        (void)pthread_mutex_lock(&credentials->lock);
    }
}

/* Fetches, or waits for the fetch that is under way; false when the deadline passed, or the call
 * was cancelled, before that had ended. */
static bool fetch_and_wait(cr_credentials *credentials, int64_t deadline_us,
                           const atomic_bool *cancel)
{
    uint64_t before = credentials->fetches;
    bool has_time = true;
    begin_fetch(credentials);
    while (credentials->fetches == before && has_time && !cr_is_cancelled(cancel)) {
        int64_t until_us = cr_cancel_look_us(deadline_us, cancel);
        has_time =
            cr_condition_wait_until(&credentials->fetch_ended, &credentials->lock, until_us) ||
            until_us < deadline_us;
    }
    return credentials->fetches != before;
}

/* ---- handing out ---- */

static cruddur_status tell_failure(const cr_credentials *credentials, cruddur_error **error)
{
    (void)cr_fail_with(error, credentials->status, "%s", credentials->message);
    cr_error_set_retryable(error, credentials->is_retryable);
    if (error != NULL) {
        cr_error_set_request_id(*error, credentials->request_id);
    }
    return credentials->status;
}

/* Waits until there is an identity. It may be gone again, rejected, when this thread wakes up. */
static cruddur_status fetch_first(cr_credentials *credentials, int64_t deadline_us,
                                  const atomic_bool *cancel, cruddur_error **error)
{
    while (credentials->identity == NULL) {
        bool has_ended = fetch_and_wait(credentials, deadline_us, cancel);
        if (credentials->identity == NULL && !has_ended && cr_is_cancelled(cancel)) {
            return cr_fail_cancelled(error);
        }
        if (credentials->identity == NULL && !has_ended) {
            return cr_fail_with(error, CRUDDUR_E_TIMEOUT,
                                "the deadline passed before there were credentials");
        }
        if (credentials->identity == NULL && credentials->status != CRUDDUR_OK) {
            return tell_failure(credentials, error);
        }
    }
    return CRUDDUR_OK;
}

/* Until when a caller waits for another identity. One that is still good serves before the wait has
 * used up the time that the call itself needs. */
static int64_t end_of_wait_us(int64_t left_us, int64_t deadline_us)
{
    int64_t now_us = cr_clock_monotonic_us();
    int64_t half_us = (deadline_us - now_us) / 2;
    if (left_us <= 0) {
        return deadline_us;
    }
    return now_us + (left_us < half_us ? left_us : half_us);
}

/* Replaces an identity that is about to expire, if it can be done. */
static void refresh(cr_credentials *credentials, int64_t deadline_us, const atomic_bool *cancel)
{
    int64_t left_us = time_left_us(credentials->identity);
    if (left_us > credentials->advisory_window_us ||
        cr_clock_monotonic_us() < credentials->next_fetch_us) {
        return;
    }
    if (left_us > MANDATORY_WINDOW_US && credentials->telling == 0) {
        begin_fetch(credentials);
    } else if (left_us <= MANDATORY_WINDOW_US) {
        (void)fetch_and_wait(credentials, end_of_wait_us(left_us, deadline_us), cancel);
    }
}

static cruddur_status freshen(cr_credentials *credentials, int64_t deadline_us,
                              const atomic_bool *cancel, cruddur_error **error)
{
    if (credentials->identity != NULL) {
        refresh(credentials, deadline_us, cancel);
    }
    return fetch_first(credentials, deadline_us, cancel, error);
}

cruddur_status cr_credentials_get(cr_credentials *credentials, int64_t deadline_us,
                                  const atomic_bool *cancel, const cr_identity **ret_identity,
                                  cruddur_error **error)
{
    (void)pthread_mutex_lock(&credentials->lock);
    cruddur_status status = CRUDDUR_OK;
    if (credentials->source.fetch != NULL) {
        status = freshen(credentials, deadline_us, cancel, error);
    }
    if (status == CRUDDUR_OK) {
        *ret_identity = cr_identity_retain(credentials->identity);
    }
    (void)pthread_mutex_unlock(&credentials->lock);
    return status;
}

void cr_credentials_reject(cr_credentials *credentials, const cr_identity *identity)
{
    (void)pthread_mutex_lock(&credentials->lock);
    if (credentials->source.fetch != NULL && credentials->identity == identity) {
        cr_identity_release(credentials->identity);
        credentials->identity = NULL;
    }
    (void)pthread_mutex_unlock(&credentials->lock);
}
