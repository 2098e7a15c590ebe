/* SPDX-License-Identifier: MIT */
/* Following a stream while the observer or the log takes its time. No test here depends on how fast
 * the machine is: an observer waits for what must happen meanwhile, and if that never happens, the
 * suite's timeout ends the test. */
#include "base/call.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "processor/checkpoint.h"
#include "processor/events.h"
#include "processor/follow.h"
#include "store/stream.h"

TestSuite(follow, .timeout = 300);

#define STREAM "stream"
#define SHARDS 2
#define TIMEOUT_US INT64_C(60000000)
/* How many pages of each shard are fetched while the observer waits. */
#define PAGES 3

static const char *const shard_ids[SHARDS] = {"shard-0", "shard-1"};

/* A stream of open shards, whose every page has one record that is no message. */
typedef struct world {
    cr_store store;
    pthread_mutex_t lock; /* for all below */
    pthread_cond_t changed;
    unsigned pages[SHARDS]; /* fetched so far */
    unsigned events;        /* delivered */
    unsigned gaps;
    unsigned inside; /* observers at this moment */
    bool has_waited;
    bool has_overlapped;
} world;

static world all;

static void begin(void);

static void end(void)
{
    (void)pthread_cond_destroy(&all.changed);
    (void)pthread_mutex_destroy(&all.lock);
}

static void enter(void)
{
    (void)pthread_mutex_lock(&all.lock);
}

static void leave(void)
{
    (void)pthread_cond_broadcast(&all.changed);
    (void)pthread_mutex_unlock(&all.lock);
}

static bool have_pages(void)
{
    for (size_t i = 0; i < SHARDS; i++) {
        if (all.pages[i] < PAGES) {
            return false;
        }
    }
    return true;
}

/* Returns once all shards were read on: whoever waits here must not hold them up. */
static void wait_for_pages(void)
{
    enter();
    while (!have_pages()) {
        (void)pthread_cond_wait(&all.changed, &all.lock);
    }
    all.has_waited = true;
    leave();
}

/* ---- the stream ---- */

static cruddur_status find_stream(cr_store *store, cr_arena *arena, cr_call *call, cr_str *stream)
{
    (void)store, (void)arena, (void)call;
    *stream = cr_str_of(STREAM);
    return CRUDDUR_OK;
}

static cruddur_status list_shards(cr_store *store, cr_str stream, cr_arena *arena, cr_call *call,
                                  cr_shards *shards)
{
    (void)store, (void)stream, (void)call;
    *shards = (cr_shards){.is_enabled = true, .count = SHARDS};
    shards->shard = cr_arena_alloc(arena, SHARDS * sizeof(*shards->shard));
    cr_assert(shards->shard != NULL);
    for (size_t i = 0; i < SHARDS; i++) {
        shards->shard[i] = (cr_shard){cr_str_of(shard_ids[i]), CR_STR_ABSENT, false};
    }
    return CRUDDUR_OK;
}

static cruddur_status get_iterator(cr_store *store, cr_str stream, cr_str shard,
                                   cr_shard_start start, cr_str sequence_number, cr_arena *arena,
                                   cr_call *call, cr_shard_state *state, cr_str *iterator)
{
    (void)store, (void)stream, (void)start, (void)sequence_number, (void)call;
    *state = CR_SHARD_GOOD;
    *iterator = cr_arena_copy(arena, shard);
    return CRUDDUR_OK;
}

static cruddur_status get_records(cr_store *store, cr_str iterator, unsigned limit, cr_arena *arena,
                                  cr_call *call, cr_shard_state *state, cr_records *records)
{
    (void)store, (void)limit, (void)call;
    *state = CR_SHARD_GOOD;
    *records = (cr_records){.count = 1, .next_iterator = cr_arena_copy(arena, iterator)};
    records->record = cr_arena_alloc(arena, sizeof(*records->record));
    cr_assert(records->record != NULL);
    *records->record = (cr_record){.kind = CR_RECORD_OTHER, .sequence_number = cr_str_of("1")};
    enter();
    all.pages[iterator.data[iterator.size - 1] - '0']++;
    leave();
    return CRUDDUR_OK;
}

static const cr_stream_ops operations = {find_stream, list_shards, get_iterator, get_records};

static void begin(void)
{
    all = (world){.store = {.table = "messages", .stream = &operations}};
    cr_assert_eq(pthread_mutex_init(&all.lock, NULL), 0);
    cr_assert_eq(pthread_cond_init(&all.changed, NULL), 0);
}

/* ---- who listens ---- */

static bool stop_when_waited(void *data)
{
    (void)data;
    enter();
    bool stops = all.has_waited && have_pages();
    leave();
    return stops;
}

static void enter_observer(const cruddur_follow_event *event)
{
    enter();
    all.events++;
    all.gaps += event->kind == CRUDDUR_FOLLOW_GAP ? 1 : 0;
    all.has_overlapped = all.has_overlapped || all.inside > 0;
    all.inside++;
    leave();
}

static void leave_observer(void)
{
    enter();
    all.inside--;
    leave();
}

/* Waits in the first event. */
static void observe_slowly(void *data, const cruddur_follow_event *event)
{
    (void)data;
    enter_observer(event);
    wait_for_pages();
    leave_observer();
}

static void observe_gap_slowly(void *data, const cruddur_follow_event *event)
{
    (void)data;
    enter_observer(event);
    if (event->kind == CRUDDUR_FOLLOW_GAP) {
        wait_for_pages();
    }
    leave_observer();
}

static void log_slowly(void *data, uint32_t level, const char *message)
{
    (void)data, (void)level, (void)message;
    wait_for_pages();
}

static void follow(const cruddur_follow_options *options, cruddur_log_fn log)
{
    cruddur_error *error = NULL;
    cr_call call = {.logger = {log, NULL}, .error = &error};
    cruddur_status status = cr_follow(&all.store, NULL, options, TIMEOUT_US, &call);
    cr_assert_eq(status, CRUDDUR_OK, "%s", cruddur_error_message(error));
    cr_assert(all.has_waited);
    cr_assert_not(all.has_overlapped);
    cr_assert_eq(all.inside, 0);
}

static cruddur_follow_options options_with(cruddur_follow_fn observe)
{
    cruddur_follow_options options = CRUDDUR_FOLLOW_OPTIONS_INIT;
    options.shards = SHARDS;
    options.poll_ms = 1;
    options.observe = observe;
    options.is_stopping = stop_when_waited;
    return options;
}

Test(follow, a_slow_observer_stalls_no_shard)
{
    begin();
    cruddur_follow_options options = options_with(observe_slowly);
    follow(&options, NULL);
    cr_assert_geq(all.events, SHARDS * (1 + PAGES)); /* opened, and a batch for each page */
    end();
}

/* ---- a shard that the checkpoint knows and the stream does not ---- */

static char folder[] = "/tmp/cruddur-follow-XXXXXX";

static const char *make_checkpoint(void)
{
    static char path[100];
    cr_lineage lineage = CR_LINEAGE_INIT;
    cr_checkpoint *checkpoint = NULL;
    cr_buffer text;
    cr_assert(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof(path), "%s/position", folder);
    cr_buffer_init(&text, CR_CHECKPOINT_MAX);
    cr_assert(cr_node_set_after(cr_lineage_add(&lineage, cr_str_of("gone")), cr_str_of("1")));
    cr_checkpoint_format(cr_str_of(STREAM), &lineage, &text);
    cr_assert_eq(cr_checkpoint_open(path, &checkpoint, NULL), CRUDDUR_OK);
    cr_assert_eq(cr_checkpoint_write(checkpoint, (cr_str){text.data, text.size}, NULL), CRUDDUR_OK);
    cr_checkpoint_close(checkpoint);
    cr_buffer_free(&text);
    cr_lineage_free(&lineage);
    return path;
}

static void remove_checkpoint(const char *path)
{
    char lock[120];
    (void)snprintf(lock, sizeof(lock), "%s.lock", path);
    (void)remove(lock);
    (void)remove(path);
    cr_assert_eq(rmdir(folder), 0);
}

Test(follow, a_slow_observer_of_a_gap_stalls_no_shard)
{
    begin();
    cruddur_follow_options options = options_with(observe_gap_slowly);
    options.checkpoint = make_checkpoint();
    follow(&options, NULL);
    cr_assert_eq(all.gaps, 1);
    remove_checkpoint(options.checkpoint);
    end();
}

Test(follow, a_slow_log_stalls_no_shard)
{
    begin();
    cruddur_follow_options options = options_with(NULL);
    options.checkpoint = make_checkpoint();
    follow(&options, log_slowly);
    remove_checkpoint(options.checkpoint);
    end();
}

/* ---- the queue of events ---- */

typedef struct heard {
    unsigned count;
    unsigned wrong;
} heard;

static void hear(void *data, const cruddur_follow_event *event)
{
    heard *noted = data;
    char expected[24];
    (void)snprintf(expected, sizeof(expected), "shard %u", noted->count);
    bool is_right = event->size == sizeof(*event) && event->records == noted->count &&
                    strcmp(event->shard_id, expected) == 0 &&
                    (event->message == NULL) == (noted->count % 2 == 0) &&
                    (event->message == NULL || strcmp(event->message, "words") == 0) &&
                    event->sequence_number == NULL;
    noted->wrong += is_right ? 0 : 1;
    noted->count++;
}

Test(follow, events_come_in_order_with_texts_of_their_own)
{
    heard noted = {0, 0};
    cr_events events;
    cr_logger nobody = {NULL, NULL};
    cruddur_follow_options options = CRUDDUR_FOLLOW_OPTIONS_INIT;
    options.observe = hear;
    options.data = &noted;
    cr_assert(cr_events_start(&events, &options, &nobody));
    for (unsigned i = 0; i < 20 * CR_EVENTS_OF_SHARD_MAX; i++) {
        char shard[24];
        char words[] = "words";
        (void)snprintf(shard, sizeof(shard), "shard %u", i);
        cr_events_add(&events, &(cruddur_follow_event){.kind = CRUDDUR_FOLLOW_SHARD_OPENED,
                                                       .shard_id = shard,
                                                       .message = i % 2 == 0 ? NULL : words,
                                                       .records = i});
        memset(shard, 'x', sizeof(shard) - 1);
        memset(words, 'x', sizeof(words) - 1);
    }
    cr_events_await_room(&events, "shard 0");
    cr_assert_not(cr_events_are_lost(&events));
    cr_events_end(&events);
    cr_assert_eq(noted.count, 20 * CR_EVENTS_OF_SHARD_MAX);
    cr_assert_eq(noted.wrong, 0);
}
