/* SPDX-License-Identifier: MIT */
/* One handle, many threads: each appends to the same conversation, and all of it is there at the
 * end. A send whose outcome is not known is repeated with the same message uuid.
 *
 *     cc threads.c $(pkg-config --cflags --libs libcruddur) -pthread -o threads
 *     ./threads sqlite:threads.db      (or without a store: one in memory)
 */
#include <cruddur/cruddur.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 8
#define MESSAGES 10
#define TRIES 3

static const cruddur_user ada = {sizeof(ada), "5ae290ed-55d1-47a0-bc6d-fe2bc2700399", "Ada", "ada"};
static const cruddur_user ben = {sizeof(ben), "ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60", "Ben", "ben"};

typedef struct writer {
    pthread_t thread;
    cruddur *dm;
    const char *group_uuid;
    int number;
    int sent;
} writer;

/* Made once for the draft, the uuid makes all tries one message. */
static cruddur_status send_once(const writer *self, const char *text)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    char uuid[CRUDDUR_UUID_SIZE];
    cruddur_status status = cruddur_uuid_v7(cruddur_time_now_us(), uuid, NULL);
    options.message_uuid = uuid;
    for (int i = 0; status == CRUDDUR_OK && i < TRIES; i++) {
        cruddur_error *error = NULL;
        const cruddur_user *author = self->number % 2 == 0 ? &ada : &ben;
        status =
            cruddur_msg_append(self->dm, author, self->group_uuid, text, &options, NULL, &error);
        bool is_worth_a_try =
            cruddur_error_is_retryable(error) || cruddur_error_outcome_unknown(error);
        cruddur_error_free(error);
        if (!is_worth_a_try) {
            break;
        }
        status = i + 1 < TRIES ? CRUDDUR_OK : status;
    }
    return status;
}

static void *write_messages(void *argument)
{
    writer *self = argument;
    for (int i = 0; i < MESSAGES; i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "message %d of thread %d", i, self->number);
        self->sent += send_once(self, text) == CRUDDUR_OK ? 1 : 0;
    }
    return NULL;
}

static size_t count_messages(cruddur *dm, const char *group_uuid)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = NULL;
    options.limit = CRUDDUR_LIMIT_MAX;
    if (cruddur_msg_list(dm, ada.uuid, group_uuid, &options, &page, NULL) != CRUDDUR_OK) {
        return 0;
    }
    size_t count = cruddur_msg_page_count(page);
    cruddur_msg_page_free(page);
    return count;
}

int main(int argc, char **argv)
{
    static writer writers[THREADS];
    cruddur *dm = NULL;
    cruddur_group *group = NULL;
    int sent = 1;
    if (cruddur_open(argc > 1 ? argv[1] : "sqlite::memory:", NULL, &dm, NULL) != CRUDDUR_OK ||
        cruddur_group_create(dm, &ada, &ben, 1, "Ready?", NULL, &group, NULL) != CRUDDUR_OK) {
        fprintf(stderr, "the store cannot be used\n");
        cruddur_close(dm);
        return EXIT_FAILURE;
    }
    size_t before = count_messages(dm, cruddur_group_uuid(group)) - 1;
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (writer){.dm = dm, .group_uuid = cruddur_group_uuid(group), .number = i};
        if (pthread_create(&writers[i].thread, NULL, write_messages, &writers[i]) != 0) {
            abort();
        }
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(writers[i].thread, NULL);
        sent += writers[i].sent;
    }
    size_t stored = count_messages(dm, cruddur_group_uuid(group)) - before;
    printf("%d threads sent %d messages, %zu are stored\n", THREADS, sent, stored);
    cruddur_group_free(group);
    cruddur_close(dm);
    return stored == (size_t)sent ? EXIT_SUCCESS : EXIT_FAILURE;
}
