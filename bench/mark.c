/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "bench.h"
#include "crowd.h"
#include "measure.h"
#include "raw.h"

/* Each round marks each group up to its next message; the newest is not marked, as that would leave
 * out the marker. */
#define ROUNDS 15
#define MESSAGES (ROUNDS + 3u)

typedef struct mark_context {
    cruddur *dm;
    raw_store *raw;
    uint64_t marked;
} mark_context;

static void mark_by_library(void *argument, size_t count)
{
    mark_context *context = argument;
    cruddur_error *error = NULL;
    for (size_t i = 0; i < count; i++) {
        uint64_t number = context->marked++;
        uint64_t group = number % CROWD_GROUPS;
        id message = message_of(CROWD_GROUPS, group, number / CROWD_GROUPS);
        cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
        options.up_to_message_uuid = message.text;
        options.up_to_created_at_us = time_of_message(number / CROWD_GROUPS);
        need(cruddur_group_mark_read(context->dm, member_of(group, 0).text,
                                     id_of(ID_GROUP, group).text, &options, NULL, &error),
             &error);
    }
}

static void mark_raw(void *argument, size_t count)
{
    mark_context *context = argument;
    for (size_t i = 0; i < count; i++) {
        uint64_t number = context->marked++;
        uint64_t group = number % CROWD_GROUPS;
        raw_step(context->raw, RAW_BEGIN_IMMEDIATE);
        raw_mark(context->raw, member_of(group, 0).text, id_of(ID_GROUP, group).text,
                 time_of_message(number / CROWD_GROUPS));
        raw_step(context->raw, RAW_COMMIT);
    }
}

/* A store of groups with cards, in which nobody has read anything. */
static void fill_unread(const char *path)
{
    raw_store raw;
    cruddur_error *error = NULL;
    fill_groups(path, CROWD_GROUPS, MESSAGES);
    cruddur *dm = open_store(path, "?synchronous=normal");
    need(cruddur_schema_upgrade(dm, NULL, &error), &error);
    cruddur_close(dm);
    raw_open(&raw, path, false);
    raw_run(&raw, "UPDATE cruddur_messages SET read_sk = '0' WHERE substr(pk, 1, 4) = 'GRP#'");
    raw_close(&raw);
}

static void compare_marks(const bench_path paths[2], bool is_synchronous_full)
{
    const char *parameters = is_synchronous_full ? "?synchronous=full" : "?synchronous=normal";
    raw_store raw;
    mark_context library = {.dm = open_store(paths[0].text, parameters)};
    mark_context single = {.raw = &raw};
    raw_open(&raw, paths[1].text, is_synchronous_full);
    contender contenders[] = {
        {.name = "SQLite", .run = mark_raw, .context = &single},
        {.name = "library", .run = mark_by_library, .context = &library},
    };
    static const size_t base[] = {0, 0};
    run_rounds(contenders, 2, ROUNDS, CROWD_GROUPS);
    print_contenders(contenders, base, 2, ROUNDS);
    spread times = ratio_of(&contenders[1], &contenders[0], ROUNDS);
    print_spread("the library's time", times, "x raw");
    if (is_synchronous_full) {
        at_most("durable mark as read", 1.3, times.median, "x raw");
    }
    raw_close(&raw);
    cruddur_close(library.dm);
}

void bench_mark(const char *folder)
{
    static const bool is_full[] = {true, false};
    for (size_t i = 0; i < 2; i++) {
        const bench_path paths[2] = {path_in(folder, i == 0 ? "marks.db" : "marks-normal.db"),
                                     path_in(folder, i == 0 ? "raw-marks.db" : "raw-normal.db")};
        fill_unread(paths[0].text);
        fill_unread(paths[1].text);
        print_heading(i == 0 ? "Marking a group of two as read, one thread, synchronous=full"
                             : "The same with synchronous=normal: without the wait for the disk");
        compare_marks(paths, is_full[i]);
    }
}
