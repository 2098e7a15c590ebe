/* SPDX-License-Identifier: MIT */
/* Submissions through the public API, on SQLite in memory. What each call does is shown by the
 * conformance suite, which runs through submissions, too. */
#include <criterion/criterion.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/inside.h"
#include "cruddur/submitting.h"
#include "support/child.h"
#include "support/store.h"

static test_store store;
static sem_t began;
static sem_t gate;
static atomic_uint metrics_count;
static atomic_uint combined_count; /* calls whose message went together with others */

static void count_metrics(void *data, const cruddur_metrics *metrics)
{
    (void)data;
    atomic_fetch_add(&metrics_count, 1);
    atomic_fetch_add(&combined_count, metrics->combined > 0 ? 1 : 0);
}

static void open_store(void)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.timeout_ms = 120000;
    options.metrics = count_metrics;
    cr_assert_eq(setenv("CRUDDUR_TEST_STORE", "sqlite::memory:", 1), 0);
    test_store_open(&store, &options);
    cr_assert_eq(sem_init(&began, 0, 0), 0);
    cr_assert_eq(sem_init(&gate, 0, 0), 0);
}

static void close_store(void)
{
    test_store_remove(&store);
}

TestSuite(submit, .init = open_store, .fini = close_store, .timeout = 300);

/* ---- words ---- */

static cruddur_completion *next(void)
{
    cruddur_completion *completion = NULL;
    must_succeed(cruddur_completion_next(store.dm, CRUDDUR_WAIT_FOREVER, &completion, TEST_ERROR));
    cr_assert(completion != NULL);
    return completion;
}

static void expect_next(uint64_t request, cruddur_status status)
{
    cruddur_completion *completion = next();
    cr_assert_eq(cruddur_completion_request(completion), request);
    cr_assert_eq(cruddur_completion_status(completion), status, "%s",
                 cruddur_error_message(cruddur_completion_error(completion)));
    cr_assert_eq(cruddur_error_status(cruddur_completion_error(completion)), status);
    cruddur_completion_free(completion);
}

static void start(uint32_t threads, uint32_t max_requests)
{
    cruddur_async_options options = CRUDDUR_ASYNC_OPTIONS_INIT;
    options.threads = threads;
    options.max_requests = max_requests;
    must_succeed(cruddur_async_start(store.dm, &options, TEST_ERROR));
}

static bool hold(void *data, const cruddur_check_event *event)
{
    (void)data;
    (void)event;
    (void)sem_post(&began);
    while (sem_wait(&gate) != 0) {
    }
    return true;
}

/* A request that keeps a thread until the gate is posted. */
static uint64_t submit_held(const cruddur_submit_options *submit)
{
    uint64_t request;
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    options.observe = hold;
    must_succeed(cruddur_check_submit(store.dm, &options, submit, &request, TEST_ERROR));
    while (sem_wait(&began) != 0) {
    }
    return request;
}

static char group[CRUDDUR_UUID_SIZE];

static void open_group(void)
{
    must_succeed(
        cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "first", NULL, NULL, TEST_ERROR));
    must_succeed(cruddur_group_direct_uuid(test_ann.uuid, test_bob.uuid, group, TEST_ERROR));
}

static uint64_t submit_append(const char *text, const cruddur_submit_options *submit)
{
    uint64_t request;
    must_succeed(cruddur_msg_append_submit(store.dm, &test_ann, group, text, NULL, submit, &request,
                                           TEST_ERROR));
    return request;
}

/* ---- arguments ---- */

Test(submit, refuses_at_once_what_the_call_would_refuse)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_submit_options submit = CRUDDUR_SUBMIT_OPTIONS_INIT;
    options.limit = 0;
    unsigned before = metrics_count;
    must_fail(CRUDDUR_E_LIMIT, "options.limit",
              cruddur_msg_list_submit(store.dm, test_ann.uuid, test_bob.uuid, &options, NULL, NULL,
                                      TEST_ERROR));
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "write",
              cruddur_export_submit(store.dm, NULL, NULL, NULL, NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "dm",
              cruddur_scan_submit(NULL, NULL, NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "from",
              cruddur_move_submit(NULL, store.dm, NULL, NULL, NULL, TEST_ERROR));
    cr_assert_eq(metrics_count, before + 1); /* as for a blocking call */
    submit.flags = 2;
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, "submit.flags",
              cruddur_scan_submit(store.dm, NULL, &submit, NULL, TEST_ERROR));
    submit.size = 8;
    must_fail(CRUDDUR_E_STRUCT_SIZE, "submit",
              cruddur_scan_submit(store.dm, NULL, &submit, NULL, TEST_ERROR));
    cruddur_completion *completion;
    must_succeed(cruddur_completion_next(store.dm, 0, &completion, TEST_ERROR));
    cr_assert(completion == NULL);
}

static char *scratch(const char *text)
{
    char *copy = strdup(text);
    cr_assert(copy != NULL);
    return copy;
}

/* A caller of a newer version, whose structs are longer. */
typedef struct newer_user {
    cruddur_user user;
    void *later;
} newer_user;

typedef struct newer_options {
    cruddur_create_options options;
    void *later;
} newer_options;

Test(submit, copies_its_arguments)
{
    char *texts[] = {scratch(test_ann.uuid), scratch("Ann"),  scratch("ann"),
                     scratch(test_bob.uuid), scratch("Bob"),  scratch(test_cem.uuid),
                     scratch("a text"),      scratch("team"), scratch("{\"a\":1}")};
    newer_user *others = calloc(2, sizeof(*others));
    newer_options *options = calloc(1, sizeof(*options));
    cruddur_user *ann = calloc(1, sizeof(*ann));
    uint64_t request;
    cr_assert(others != NULL && options != NULL && ann != NULL);
    start(1, 10);
    uint64_t held = submit_held(NULL);
    *ann = (cruddur_user){0, texts[0], texts[1], texts[2]};
    others[0].user = (cruddur_user){sizeof(newer_user), texts[3], texts[4], NULL};
    others[1].user = (cruddur_user){sizeof(newer_user), texts[5], NULL, NULL};
    options->options = (cruddur_create_options)CRUDDUR_CREATE_OPTIONS_INIT;
    options->options.size = sizeof(*options);
    options->options.group_name = texts[7];
    options->options.data = texts[8];
    must_succeed(cruddur_group_create_submit(store.dm, ann, &others[0].user, 2, texts[6],
                                             &options->options, NULL, &request, TEST_ERROR));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        memset(texts[i], '#', strlen(texts[i]));
        free(texts[i]);
    }
    memset(others, 0xff, 2 * sizeof(*others));
    memset(options, 0xff, sizeof(*options));
    memset(ann, 0xff, sizeof(*ann));
    free(others);
    free(options);
    free(ann);
    (void)sem_post(&gate);
    expect_next(held, CRUDDUR_OK);
    cruddur_completion *completion = next();
    cr_assert_eq(cruddur_completion_operation(completion), CRUDDUR_OP_GROUP_CREATE);
    cruddur_group *made = cruddur_completion_take_group(completion);
    cr_assert(made != NULL, "%s", cruddur_error_message(cruddur_completion_error(completion)));
    cr_assert_str_eq(cruddur_group_name(made), "team");
    cr_assert_str_eq(cruddur_group_text(made), "a text");
    cr_assert_str_eq(cruddur_group_user_display_name(made), "Bob");
    cr_assert_eq(cruddur_group_member_count(made), 3);
    cr_assert(cruddur_completion_take_group(completion) == NULL); /* it was taken */
    cr_assert(cruddur_completion_take_msg(completion) == NULL);   /* it never had one */
    cruddur_group_free(made);
    cruddur_completion_free(completion);
}

/* ---- the queue ---- */

Test(submit, keeps_the_order_of_a_group_across_kinds_of_changes)
{
    enum { COUNT = 30 };
    char text[20];
    char message[CRUDDUR_UUID_SIZE];
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    uint64_t created;
    uint64_t ids[COUNT];
    must_succeed(cruddur_group_direct_uuid(test_ann.uuid, test_bob.uuid, group, TEST_ERROR));
    must_succeed(cruddur_uuid_v7(cruddur_time_now_us(), message, TEST_ERROR));
    options.message_uuid = message;
    must_succeed(cruddur_group_create_submit(store.dm, &test_ann, &test_bob, 1, "first", NULL, NULL,
                                             &created, TEST_ERROR));
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(text, sizeof(text), "text %zu", i);
        must_succeed(i == 0 ? cruddur_msg_append_submit(store.dm, &test_bob, group, text, &options,
                                                        NULL, &ids[i], TEST_ERROR)
                            : cruddur_msg_edit_submit(store.dm, test_bob.uuid, group, message, text,
                                                      NULL, NULL, &ids[i], TEST_ERROR));
    }
    expect_next(created, CRUDDUR_OK);
    for (size_t i = 0; i < COUNT; i++) {
        cruddur_completion *completion = next();
        cr_assert_eq(cruddur_completion_request(completion), ids[i]);
        cr_assert_eq(cruddur_completion_status(completion), CRUDDUR_OK);
        cr_assert_eq(cruddur_completion_changed(completion), i > 0);
        cruddur_completion_free(completion);
    }
}

Test(submit, is_full_and_times_out_and_is_cancelled_in_the_queue)
{
    cruddur_submit_options hurry = CRUDDUR_SUBMIT_OPTIONS_INIT;
    hurry.timeout_ms = 10;
    open_group();
    start(1, 3);
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, "dm",
              cruddur_async_start(store.dm, NULL, TEST_ERROR)); /* too late */
    uint64_t held = submit_held(NULL);
    uint64_t late = submit_append("late", &hurry);
    uint64_t cancelled = submit_append("cancelled", NULL);
    must_fail(CRUDDUR_E_QUEUE_FULL, NULL,
              cruddur_msg_append_submit(store.dm, &test_ann, group, "one too many", NULL, NULL,
                                        NULL, TEST_ERROR));
    expect_next(late, CRUDDUR_E_TIMEOUT); /* no thread was free */
    must_succeed(cruddur_request_cancel(store.dm, cancelled, TEST_ERROR));
    expect_next(cancelled, CRUDDUR_E_CANCELLED);
    must_fail(CRUDDUR_E_REQUEST_DONE, NULL,
              cruddur_request_cancel(store.dm, cancelled, TEST_ERROR));
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, "request",
              cruddur_request_cancel(store.dm, 1000, TEST_ERROR));
    (void)sem_post(&gate);
    expect_next(held, CRUDDUR_OK);
}

/* The time in the queue counts, also where the call's own options have the deadline. */
Test(submit, the_deadline_of_the_call_counts_from_the_submission)
{
    uint64_t request;
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    open_group();
    start(1, 10);
    options.timeout_ms = 10;
    uint64_t held = submit_held(NULL);
    must_succeed(cruddur_msg_list_submit(store.dm, test_ann.uuid, group, &options, NULL, &request,
                                         TEST_ERROR));
    expect_next(request, CRUDDUR_E_TIMEOUT);
    (void)sem_post(&gate);
    expect_next(held, CRUDDUR_OK);
}

static bool go_on(void *data, const cruddur_purge_event *event)
{
    (void)data;
    (void)event;
    return true;
}

static bool fill(cruddur *dm, size_t count)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    bool is_good = true;
    for (size_t i = 0; is_good && i < count; i++) {
        is_good =
            cruddur_msg_append(dm, &test_ann, group, "text", &options, NULL, NULL) == CRUDDUR_OK;
    }
    return is_good;
}

static bool hold_purge(void *data, const cruddur_purge_event *event)
{
    (void)sem_post(&began);
    while (sem_wait(&gate) != 0) {
    }
    return go_on(data, event);
}

/* A walk sees it between two parts of the table. */
Test(submit, a_walk_is_cancelled_and_has_a_deadline_as_a_whole)
{
    cruddur_purge_options options = CRUDDUR_PURGE_OPTIONS_INIT;
    cruddur_submit_options submit = CRUDDUR_SUBMIT_OPTIONS_INIT;
    uint64_t request;
    open_group();
    cr_assert(fill(store.dm, 600));
    options.observe = hold_purge;
    must_succeed(cruddur_purge_submit(store.dm, &options, &submit, &request, TEST_ERROR));
    while (sem_wait(&began) != 0) {
    }
    must_succeed(cruddur_request_cancel(store.dm, request, TEST_ERROR));
    (void)sem_post(&gate);
    expect_next(request, CRUDDUR_E_CANCELLED);
    submit.timeout_ms = 50;
    must_succeed(cruddur_purge_submit(store.dm, &options, &submit, &request, TEST_ERROR));
    while (sem_wait(&began) != 0) {
    }
    (void)usleep(100000); /* longer than the deadline */
    (void)sem_post(&gate);
    expect_next(request, CRUDDUR_E_TIMEOUT);
}

/* ---- callbacks ---- */

static atomic_uint appended;

static void append_on(void *data, cruddur_completion *completion)
{
    cruddur_submit_options submit = CRUDDUR_SUBMIT_OPTIONS_INIT;
    cr_assert_eq(cruddur_completion_status(completion), CRUDDUR_OK);
    cr_assert(cruddur_completion_data(completion) == data);
    submit.complete = append_on;
    submit.data = data;
    if (atomic_fetch_add(&appended, 1) < 9) {
        cr_assert_eq(cruddur_msg_append_submit(store.dm, &test_ann, group, "again", NULL, &submit,
                                               NULL, NULL),
                     CRUDDUR_OK);
    } else {
        (void)sem_post(data);
    }
}

Test(submit, a_callback_may_submit)
{
    sem_t ended;
    cruddur_submit_options submit = CRUDDUR_SUBMIT_OPTIONS_INIT;
    cr_assert_eq(sem_init(&ended, 0, 0), 0);
    open_group();
    submit.complete = append_on;
    submit.data = &ended;
    (void)submit_append("begin", &submit);
    while (sem_wait(&ended) != 0) {
    }
    must_succeed(
        cruddur_shutdown(store.dm, CRUDDUR_SHUTDOWN_DRAIN, CRUDDUR_WAIT_FOREVER, TEST_ERROR));
    cr_assert_eq(appended, 10);
}

/* ---- appends that go together ---- */

#define TOGETHER 20

/* Behind a request that keeps the only thread. */
static void submit_together(uint64_t *requests, const cruddur_submit_options *submit)
{
    char text[16];
    open_group();
    start(1, 100);
    uint64_t held = submit_held(NULL);
    metrics_count = combined_count = 0;
    for (unsigned i = 0; i < TOGETHER; i++) {
        (void)snprintf(text, sizeof(text), "%u", i);
        requests[i] = submit_append(text, submit);
    }
    (void)sem_post(&gate);
    expect_next(held, CRUDDUR_OK);
}

Test(submit, appends_that_wait_go_together_in_their_order)
{
    uint64_t requests[TOGETHER];
    char last[CRUDDUR_TIME_SIZE] = "";
    submit_together(requests, NULL);
    for (unsigned i = 0; i < TOGETHER; i++) {
        char text[16];
        cruddur_completion *completion = next();
        cruddur_msg *message = cruddur_completion_take_msg(completion);
        (void)snprintf(text, sizeof(text), "%u", i);
        cr_assert_eq(cruddur_completion_request(completion), requests[i]);
        cr_assert_eq(cruddur_completion_status(completion), CRUDDUR_OK);
        cr_assert_str_eq(cruddur_msg_text(message), text);
        cr_assert(strcmp(cruddur_msg_sort_key(message), last) > 0);
        (void)snprintf(last, sizeof(last), "%s", cruddur_msg_sort_key(message));
        cruddur_msg_free(message);
        cruddur_completion_free(completion);
    }
    cr_assert_eq(combined_count, TOGETHER);
    cr_assert_eq(metrics_count, TOGETHER + 1); /* with the one that kept the thread */
}

static atomic_uint called_count;
static uint64_t called_requests[2 * TOGETHER];

/* Appends once more, now or after the others, and is not called while another one is. */
static void append_once_more(void *data, cruddur_completion *completion)
{
    unsigned number = atomic_fetch_add(&called_count, 1);
    cruddur_submit_options submit = CRUDDUR_SUBMIT_OPTIONS_INIT;
    called_requests[number] = cruddur_completion_request(completion);
    cr_assert_eq(cruddur_completion_status(completion), CRUDDUR_OK);
    submit.complete = append_once_more;
    submit.data = data;
    if (number >= TOGETHER) {
        (void)(number == 2 * TOGETHER - 1 ? sem_post(data) : 0);
        return;
    }
    cr_assert_eq(cruddur_msg_append(store.dm, &test_bob, group, "blocking", NULL, NULL, NULL),
                 CRUDDUR_OK);
    cr_assert_eq(
        cruddur_msg_append_submit(store.dm, &test_ann, group, "more", NULL, &submit, NULL, NULL),
        CRUDDUR_OK);
}

Test(submit, callbacks_of_appends_that_went_together_come_in_their_order)
{
    sem_t ended;
    uint64_t requests[TOGETHER];
    cruddur_submit_options submit = CRUDDUR_SUBMIT_OPTIONS_INIT;
    cr_assert_eq(sem_init(&ended, 0, 0), 0);
    submit.complete = append_once_more;
    submit.data = &ended;
    submit_together(requests, &submit);
    while (sem_wait(&ended) != 0) {
    }
    for (unsigned i = 1; i < 2 * TOGETHER; i++) {
        cr_assert_gt(called_requests[i], called_requests[i - 1]);
    }
    cr_assert_eq(combined_count, 2 * TOGETHER);
}

/* ---- the end ---- */

Test(submit, completions_come_after_a_shutdown_and_outlive_the_handle)
{
    cruddur_completion *completion;
    open_group();
    uint64_t request = submit_append("last", NULL);
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, "mode", cruddur_shutdown(store.dm, 2, 0, TEST_ERROR));
    must_succeed(
        cruddur_shutdown(store.dm, CRUDDUR_SHUTDOWN_DRAIN, CRUDDUR_WAIT_FOREVER, TEST_ERROR));
    must_fail(CRUDDUR_E_CLOSING, NULL,
              cruddur_msg_append_submit(store.dm, &test_ann, group, "later", NULL, NULL, NULL,
                                        TEST_ERROR));
    must_succeed(cruddur_msg_append(store.dm, &test_ann, group, "blocking", NULL, NULL,
                                    TEST_ERROR)); /* still works */
    completion = next();
    must_fail(CRUDDUR_E_CLOSING, NULL,
              cruddur_completion_next(store.dm, 0, &(cruddur_completion *){NULL}, TEST_ERROR));
    test_store_close(&store);
    cr_assert_eq(cruddur_completion_request(completion), request);
    cruddur_msg *msg = cruddur_completion_take_msg(completion);
    cruddur_completion_free(completion);
    cr_assert_str_eq(cruddur_msg_text(msg), "last");
    cruddur_msg_free(msg);
}

Test(submit, closing_cancels_what_is_in_flight)
{
    open_group();
    for (int i = 0; i < 200; i++) {
        (void)submit_append("text", NULL);
    }
    test_store_close(&store); /* LeakSanitizer and valgrind look at the rest */
}

/* ---- closing in a callback ---- */

static void note_log(void *data, uint32_t level, const char *message)
{
    (void)message;
    atomic_fetch_add((atomic_uint *)data, level == CRUDDUR_LOG_ERROR);
}

static void close_handle(void *data, cruddur_completion *completion)
{
    (void)completion;
    cruddur_close(data);
    (void)sem_post(&began);
}

/* It would wait for its own thread. */
Test(submit, a_callback_cannot_close_the_handle)
{
    cruddur *dm;
    atomic_uint errors = 0;
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    cruddur_submit_options submit = CRUDDUR_SUBMIT_OPTIONS_INIT;
    options.log = note_log;
    options.log_data = &errors;
    must_succeed(cruddur_open("sqlite::memory:", &options, &dm, TEST_ERROR));
    submit.complete = close_handle;
    submit.data = dm;
    must_succeed(cruddur_scan_submit(dm, NULL, &submit, NULL, TEST_ERROR));
    (void)sem_wait(&began);
    cr_assert_eq(errors, 1);
    must_succeed(cruddur_schema_load(dm, NULL, TEST_ERROR)); /* still open */
    cruddur_close(dm);
}

/* ---- watches ---- */

/* The handle's own watches: opened by submissions, in vain, and left in a completion. */
Test(submit, a_watch_is_opened)
{
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    char user[CRUDDUR_UUID_SIZE];
    uint64_t request;
    open_group();
    (void)snprintf(user, sizeof(user), "%s", test_ann.uuid);
    cr_assert_eq(cruddur_watch_open_submit(store.dm, &options, NULL, &request, NULL),
                 CRUDDUR_E_INVALID_ARGUMENT); /* no user, no group */
    options.user_uuid = user;
    must_succeed(cruddur_watch_open_submit(store.dm, &options, NULL, &request, TEST_ERROR));
    user[0] = '\0'; /* it was copied */
    cruddur_completion *completion = next();
    must_succeed(cruddur_completion_status(completion));
    cruddur_watch *watch = cruddur_completion_take_watch(completion);
    cr_assert_not_null(watch);
    cr_assert_null(cruddur_completion_take_watch(completion));
    cruddur_completion_free(completion);
    (void)submit_append("text", NULL);
    cruddur_completion_free(next());
    cruddur_event *event = NULL;
    must_succeed(cruddur_watch_next(watch, CRUDDUR_WATCH_FOREVER, &event, TEST_ERROR));
    cr_assert_eq(cruddur_event_get_kind(event), CRUDDUR_EVENT_MESSAGE);
    cruddur_event_free(event);
    cruddur_watch_close(watch);
    options.user_uuid = test_ann.uuid;
    options.cursor = "damaged";
    must_succeed(cruddur_watch_open_submit(store.dm, &options, NULL, &request, TEST_ERROR));
    expect_next(request, CRUDDUR_E_CURSOR_DAMAGED);
    options.cursor = NULL;
    must_succeed(cruddur_watch_open_submit(store.dm, &options, NULL, &request, TEST_ERROR));
    completion = next();
    must_succeed(cruddur_completion_status(completion));
    cruddur_completion_free(completion); /* LeakSanitizer and valgrind look at the rest */
    must_succeed(cruddur_watch_open_submit(store.dm, &options, NULL, &request, TEST_ERROR));
}

/* ---- forks ---- */

static const char *use_inherited(void *argument)
{
    cruddur_completion *completion;
    int fd;
    (void)argument;
    const cruddur_status statuses[] = {
        cruddur_msg_append_submit(store.dm, &test_ann, group, "text", NULL, NULL, NULL, NULL),
        cruddur_scan_submit(store.dm, NULL, NULL, NULL, NULL),
        cruddur_completion_next(store.dm, CRUDDUR_WAIT_FOREVER, &completion, NULL),
        cruddur_fd(store.dm, &fd, NULL),
        cruddur_request_cancel(store.dm, 1, NULL),
        cruddur_shutdown(store.dm, CRUDDUR_SHUTDOWN_CANCEL, CRUDDUR_WAIT_FOREVER, NULL),
        cruddur_async_start(store.dm, NULL, NULL),
    };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i] != CRUDDUR_E_STORE_FORKED) {
            return "a call on the inherited handle was not refused";
        }
    }
    cruddur_close(store.dm);
    return NULL;
}

/* While another thread keeps the lock of the pool, as a fork may find it. */
Test(submit, a_forked_child_is_refused_and_does_not_hang)
{
    open_group();
    uint64_t held = submit_held(NULL);
    cr_pool *pool = atomic_load(&store.dm->pool);
    cr_assert_eq(pthread_mutex_lock(&pool->lock), 0);
    const char *wrong = test_child_run(use_inherited, NULL);
    cr_assert_eq(pthread_mutex_unlock(&pool->lock), 0);
    cr_assert(wrong == NULL, "%s", wrong);
    (void)sem_post(&gate);
    expect_next(held, CRUDDUR_OK);
}
