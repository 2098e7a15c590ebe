/* SPDX-License-Identifier: MIT */
/* The library in C, and libcurl alone, for the comparison with other languages (bench/python.py).
 * Argument: the service's URL. Each line of the standard input is an operation and a count, such as
 * "page 100", and is answered with the processor time of one in microseconds. `curl-page` and
 * `curl-append` are the same bytes by libcurl alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "canned.h"
#include "measure.h"
#include "replay.h"

#define WARM_UP 20

static cruddur *dm, *stream_dm;
static replayer player;
static recording page_bytes, append_bytes;

static void list_page(size_t count)
{
    id group = canned_group();
    for (size_t i = 0; i < count; i++) {
        cruddur_msg_page *page = NULL;
        cruddur_error *error = NULL;
        cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
        options.flags = CRUDDUR_LIST_TRUSTED;
        need(cruddur_msg_list(dm, NULL, group.text, &options, &page, &error), &error);
        must(cruddur_msg_page_count(page) == CANNED_PAGE, "a full page");
        cruddur_msg_page_free(page);
    }
}

static void append_to(cruddur *store, size_t count)
{
    id group = canned_group();
    id author = canned_member(CANNED_AUTHOR);
    bench_text text = text_of(0);
    for (size_t i = 0; i < count; i++) {
        cruddur_user user = CRUDDUR_USER_INIT;
        cruddur_msg *msg = NULL;
        cruddur_error *error = NULL;
        user.uuid = author.text;
        user.display_name = "Andrew Brown";
        user.handle = "andrewbrown";
        need(cruddur_msg_append(store, &user, group.text, text.text, NULL, &msg, &error), &error);
        cruddur_msg_free(msg);
    }
}

static void append(size_t count)
{
    append_to(dm, count);
}

static void append_by_stream(size_t count)
{
    append_to(stream_dm, count);
}

static void replay_page(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        replay(&player, &page_bytes);
    }
}

static void replay_append(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        replay(&player, &append_bytes);
    }
}

static const struct operation {
    const char *name;
    void (*run)(size_t count);
} operations[] = {
    {"page", list_page},
    {"append", append},
    {"append-stream", append_by_stream},
    {"curl-page", replay_page},
    {"curl-append", replay_append},
};

static double measure(const char *name, size_t count)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (strcmp(name, operations[i].name) == 0) {
            double began_us = contender_us();
            operations[i].run(count);
            return (contender_us() - began_us) / (double)count;
        }
    }
    must(false, "an operation that is known");
    return 0;
}

int main(int argc, char **argv)
{
    char url[256];
    char name[32];
    size_t count;
    cruddur_error *error = NULL;
    must(argc == 2, "the service's URL as argument");
    measure_processor_time();
    (void)snprintf(url, sizeof(url), "dynamodb:cruddur-messages?endpoint=%s", argv[1]);
    need(cruddur_open(url, NULL, &dm, &error), &error);
    (void)snprintf(url, sizeof(url), "dynamodb:cruddur-messages?mode=stream&endpoint=%s", argv[1]);
    need(cruddur_open(url, NULL, &stream_dm, &error), &error);
    list_page(1);
    take_recording(argv[1], &page_bytes);
    append(1);
    take_recording(argv[1], &append_bytes);
    replayer_init(&player, argv[1]);
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        operations[i].run(WARM_UP);
    }
    (void)printf("%s %s %s\n", canned_group().text, canned_member(CANNED_AUTHOR).text,
                 canned_member(CANNED_OTHER).text);
    (void)fflush(stdout);
    while (scanf("%31s %zu", name, &count) == 2) {
        (void)printf("%.3f\n", measure(name, count));
        (void)fflush(stdout);
    }
    replayer_free(&player);
    recording_free(&page_bytes);
    recording_free(&append_bytes);
    cruddur_close(stream_dm);
    cruddur_close(dm);
    return EXIT_SUCCESS;
}
