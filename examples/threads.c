/* SPDX-License-Identifier: MIT */
/* Appends to one conversation from many threads on one handle, and checks that every acknowledged
 * message is stored. A call that failed for a passing reason, or whose outcome is unknown, is
 * repeated with the same message uuid after a pause.
 *
 *     cc threads.c $(pkg-config --cflags --libs libcruddur) -pthread -o threads
 *     ./threads sqlite:threads.db      (without an argument: a store in memory)
 */
#define _POSIX_C_SOURCE 200809L
#include <cruddur/cruddur.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS 8
#define MESSAGES 10 /* of each thread */
#define TRIES 5
#define FIRST_PAUSE_MS 50

static const cruddur_user ada = {
    .uuid = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399", .display_name = "Ada", .handle = "ada"};
static const cruddur_user ben = {
    .uuid = "ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60", .display_name = "Ben", .handle = "ben"};

typedef struct sent_message {
    char uuid[CRUDDUR_UUID_SIZE];
    bool is_acknowledged;
    bool is_stored;
} sent_message;

typedef struct writer {
    pthread_t thread;
    cruddur *dm;
    const char *group_uuid;
    int number;
    unsigned random_state;
    sent_message sent[MESSAGES];
} writer;

/* ---- repeating ---- */

/* Sleeps up to 50 ms before the first retry, up to twice as long before each further one. The
 * random part keeps callers that failed together from coming back together. */
static void back_off(unsigned retry, unsigned *random_state)
{
    long longest_ms = (long)FIRST_PAUSE_MS << retry;
    long pause_ms = rand_r(random_state) % longest_ms + 1;
    struct timespec pause = {pause_ms / 1000, pause_ms % 1000 * 1000000};
    (void)nanosleep(&pause, NULL);
}

/* Tells whether to repeat a call that failed; if so, frees its error and pauses. The same uuid
 * makes all tries one message: a try that was stored although it failed is found, and returned. */
static bool try_again(cruddur_error **error, unsigned tries, unsigned *random_state)
{
    bool may_help = cruddur_error_is_retryable(*error) || cruddur_error_outcome_unknown(*error);
    if (!may_help || tries == TRIES) {
        return false;
    }
    cruddur_error_free(*error);
    *error = NULL;
    back_off(tries - 1, random_state);
    return true;
}

static bool complain(const char *what, cruddur_error *error)
{
    fprintf(stderr, "%s: %s\n", what, cruddur_error_message(error));
    cruddur_error_free(error);
    return false;
}

/* ---- writing ---- */

static bool open_group(cruddur *dm, cruddur_group **group)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    char uuid[CRUDDUR_UUID_SIZE];
    unsigned random_state = (unsigned)cruddur_time_now_us();
    unsigned tries = 0;
    cruddur_error *error = NULL;
    if (cruddur_uuid_v7(cruddur_time_now_us(), uuid, &error) != CRUDDUR_OK) {
        return complain("no uuid", error);
    }
    options.message_uuid = uuid;
    while (cruddur_group_create(dm, &ada, &ben, 1, "Ready?", &options, group, &error) !=
           CRUDDUR_OK) {
        if (!try_again(&error, ++tries, &random_state)) {
            return complain("the group cannot be opened", error);
        }
    }
    return true;
}

static bool send_message(writer *self, const char *text, char *uuid)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    const cruddur_user *author = self->number % 2 == 0 ? &ada : &ben;
    unsigned tries = 0;
    cruddur_error *error = NULL;
    if (cruddur_uuid_v7(cruddur_time_now_us(), uuid, &error) != CRUDDUR_OK) {
        return complain("no uuid", error);
    }
    options.message_uuid = uuid;
    while (cruddur_msg_append(self->dm, author, self->group_uuid, text, &options, NULL, &error) !=
           CRUDDUR_OK) {
        if (!try_again(&error, ++tries, &self->random_state)) {
            return complain("a message cannot be sent", error);
        }
    }
    return true;
}

static void *write_messages(void *argument)
{
    writer *self = argument;
    for (int i = 0; i < MESSAGES; i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "message %d of thread %d", i, self->number);
        self->sent[i].is_acknowledged = send_message(self, text, self->sent[i].uuid);
    }
    return NULL;
}

/* Returns how many threads could be started; all of them have ended. */
static int run_writers(writer *writers, cruddur *dm, const char *group_uuid)
{
    int started = 0;
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (writer){.dm = dm, .group_uuid = group_uuid, .number = i};
        writers[i].random_state = (unsigned)cruddur_time_now_us() + (unsigned)i;
    }
    while (started < THREADS &&
           pthread_create(&writers[started].thread, NULL, write_messages, &writers[started]) == 0) {
        started++;
    }
    for (int i = 0; i < started; i++) {
        (void)pthread_join(writers[i].thread, NULL);
    }
    return started;
}

/* ---- checking ---- */

static void mark_stored(writer *writers, const char *uuid)
{
    for (int i = 0; i < THREADS * MESSAGES; i++) {
        sent_message *sent = &writers[i / MESSAGES].sent[i % MESSAGES];
        sent->is_stored = sent->is_stored || strcmp(sent->uuid, uuid) == 0;
    }
}

/* The newest page; it is kept for its cursor, from which the messages that follow are read. */
static bool read_newest(cruddur *dm, const char *group_uuid, cruddur_msg_page **page)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_error *error = NULL;
    options.limit = 1;
    return cruddur_msg_list(dm, ada.uuid, group_uuid, &options, page, &error) == CRUDDUR_OK ||
           complain("the messages cannot be listed", error);
}

/* Reads everything after `page`, page by page, however much it is. Frees `page`. */
static bool read_on(cruddur *dm, const char *group_uuid, cruddur_msg_page *page, writer *writers)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_error *error = NULL;
    bool has_more = true;
    options.limit = CRUDDUR_LIMIT_MAX;
    while (has_more) {
        cruddur_msg_page *next = NULL;
        options.cursor = cruddur_msg_page_newer(page);
        cruddur_status status = cruddur_msg_list(dm, ada.uuid, group_uuid, &options, &next, &error);
        cruddur_msg_page_free(page); /* not before: the cursor belongs to it */
        if (status != CRUDDUR_OK) {
            return complain("the messages cannot be listed", error);
        }
        page = next;
        for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
            mark_stored(writers, cruddur_msg_uuid(cruddur_msg_page_at(page, i)));
        }
        has_more = cruddur_msg_page_has_newer(page);
    }
    cruddur_msg_page_free(page);
    return true;
}

static bool report(const writer *writers, int started)
{
    int acknowledged = 0;
    int stored = 0;
    for (int i = 0; i < THREADS * MESSAGES; i++) {
        const sent_message *sent = &writers[i / MESSAGES].sent[i % MESSAGES];
        acknowledged += sent->is_acknowledged ? 1 : 0;
        stored += sent->is_acknowledged && sent->is_stored ? 1 : 0;
    }
    printf("%d threads: %d messages acknowledged, %d of these are stored\n", started, acknowledged,
           stored);
    return started == THREADS && acknowledged == THREADS * MESSAGES && stored == acknowledged;
}

int main(int argc, char **argv)
{
    static writer writers[THREADS];
    cruddur *dm = NULL;
    cruddur_group *group = NULL;
    cruddur_msg_page *newest = NULL;
    cruddur_error *error = NULL;
    bool is_good = false;
    if (cruddur_open(argc > 1 ? argv[1] : "sqlite::memory:", NULL, &dm, &error) != CRUDDUR_OK) {
        (void)complain("the store cannot be opened", error);
        return EXIT_FAILURE;
    }
    if (open_group(dm, &group) && read_newest(dm, cruddur_group_uuid(group), &newest)) {
        int started = run_writers(writers, dm, cruddur_group_uuid(group));
        is_good =
            read_on(dm, cruddur_group_uuid(group), newest, writers) && report(writers, started);
    }
    cruddur_group_free(group);
    cruddur_close(dm);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
