/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "bench.h"
#include "measure.h"
#include "raw.h"

#define LIMIT 20
#define ROUNDS 41
#define PAGES_PER_ROUND 1000

typedef struct page_context {
    cruddur *dm;
    raw_store raw;
    id group, viewer, host;
    cruddur_msg_page *newest;  /* of the messages */
    cruddur_group_page *first; /* of the host's groups */
} page_context;

/* ---- the library ---- */

static cruddur_msg_page *list_once(const page_context *context, const char *viewer,
                                   const char *cursor)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = NULL;
    cruddur_error *error = NULL;
    options.flags = viewer == NULL ? CRUDDUR_LIST_TRUSTED : 0;
    options.cursor = cursor;
    need(cruddur_msg_list(context->dm, viewer, context->group.text, &options, &page, &error),
         &error);
    must(cruddur_msg_page_count(page) == LIMIT, "a full page");
    return page;
}

static void list_messages(const page_context *context, const char *viewer, const char *cursor,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cruddur_msg_page_free(list_once(context, viewer, cursor));
    }
}

static void list_for_nobody(void *argument, size_t count)
{
    list_messages(argument, NULL, NULL, count);
}

static void list_older(void *argument, size_t count)
{
    const page_context *context = argument;
    list_messages(context, NULL, cruddur_msg_page_older(context->newest), count);
}

static void list_for_viewer(void *argument, size_t count)
{
    const page_context *context = argument;
    list_messages(context, context->viewer.text, NULL, count);
}

static cruddur_group_page *list_groups(const page_context *context, const char *cursor)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_group_page *page = NULL;
    cruddur_error *error = NULL;
    options.cursor = cursor;
    need(cruddur_group_list(context->dm, context->host.text, &options, &page, &error), &error);
    must(cruddur_group_page_count(page) == LIMIT, "a full page");
    return page;
}

static void list_newest_groups(void *argument, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cruddur_group_page_free(list_groups(argument, NULL));
    }
}

static void list_older_groups(void *argument, size_t count)
{
    const page_context *context = argument;
    for (size_t i = 0; i < count; i++) {
        cruddur_group_page_free(list_groups(context, cruddur_group_page_older(context->first)));
    }
}

/* ---- SQLite itself ---- */

static void raw_for_nobody(page_context *context, size_t count, bool is_copied)
{
    for (size_t i = 0; i < count; i++) {
        raw_key key = raw_group_key(context->group.text);
        raw_page(&context->raw, key.text, NULL, LIMIT, is_copied);
    }
}

static void raw_nobody_copied(void *argument, size_t count)
{
    raw_for_nobody(argument, count, true);
}

static void raw_nobody_in_place(void *argument, size_t count)
{
    raw_for_nobody(argument, count, false);
}

static void raw_older(void *argument, size_t count)
{
    page_context *context = argument;
    const cruddur_msg *last = cruddur_msg_page_at(context->newest, LIMIT - 1);
    for (size_t i = 0; i < count; i++) {
        raw_key key = raw_group_key(context->group.text);
        raw_page(&context->raw, key.text, cruddur_msg_sort_key(last), LIMIT, true);
    }
}

static void raw_for_viewer(page_context *context, size_t count, bool is_copied)
{
    for (size_t i = 0; i < count; i++) {
        raw_page_for(&context->raw, context->viewer.text, context->group.text, LIMIT, is_copied);
    }
}

static void raw_viewer_copied(void *argument, size_t count)
{
    raw_for_viewer(argument, count, true);
}

static void raw_viewer_in_place(void *argument, size_t count)
{
    raw_for_viewer(argument, count, false);
}

static void raw_groups(page_context *context, const char *upper, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        raw_key key = raw_member_key(context->host.text);
        raw_page(&context->raw, key.text, upper, LIMIT, true);
    }
}

static void raw_newest_groups(void *argument, size_t count)
{
    raw_groups(argument, NULL, count);
}

static void raw_older_groups(void *argument, size_t count)
{
    page_context *context = argument;
    const cruddur_group *last = cruddur_group_page_at(context->first, LIMIT - 1);
    raw_groups(context, cruddur_group_sort_key(last), count);
}

/* ---- the comparison ---- */

void bench_page(const char *small_path)
{
    page_context context = {.dm = open_store(small_path, ""),
                            .group = id_of(ID_GROUP, LONG_GROUP),
                            .viewer = id_of(ID_USER, 0),
                            .host = id_of(ID_USER, INBOX_USER)};
    context.newest = list_once(&context, NULL, NULL);
    context.first = list_groups(&context, NULL);
    raw_open(&context.raw, small_path, true);
    contender contenders[] = {
        {.name = "messages: SQLite", .run = raw_nobody_copied},
        {.name = "messages: SQLite, nothing copied", .run = raw_nobody_in_place},
        {.name = "messages: library", .run = list_for_nobody},
        {.name = "messages for a member: SQLite", .run = raw_viewer_copied},
        {.name = "messages for a member: SQLite, not copied", .run = raw_viewer_in_place},
        {.name = "messages for a member: library", .run = list_for_viewer},
        {.name = "groups: SQLite", .run = raw_newest_groups},
        {.name = "groups: library", .run = list_newest_groups},
        {.name = "the groups after these: SQLite", .run = raw_older_groups},
        {.name = "the groups after these: library", .run = list_older_groups},
        {.name = "the messages before these: SQLite", .run = raw_older},
        {.name = "the messages before these: library", .run = list_older},
    };
    static const size_t base[] = {0, 0, 0, 3, 3, 3, 6, 6, 8, 8, 10, 10};
    const size_t n = sizeof(contenders) / sizeof(contenders[0]);
    for (size_t i = 0; i < n; i++) {
        contenders[i].context = &context;
    }
    print_heading("A page of 20, processor time (copied to memory that outlives the statement, "
                  "unless said otherwise)");
    measure_processor_time();
    run_rounds(contenders, n, ROUNDS, PAGES_PER_ROUND);
    measure_real_time();
    print_contenders(contenders, base, n, ROUNDS);
    at_most("page of messages", 1.1, ratio_of(&contenders[2], &contenders[0], ROUNDS).median,
            "x raw");
    at_most("page of messages for a member", 2.0,
            ratio_of(&contenders[5], &contenders[3], ROUNDS).median, "x raw");
    at_most("page of messages behind a cursor", 1.3,
            ratio_of(&contenders[11], &contenders[10], ROUNDS).median, "x raw");
    at_most("page of groups", 1.3, ratio_of(&contenders[7], &contenders[6], ROUNDS).median,
            "x raw");
    at_most("page of groups behind a cursor", 1.3,
            ratio_of(&contenders[9], &contenders[8], ROUNDS).median, "x raw");
    cruddur_msg_page_free(context.newest);
    cruddur_group_page_free(context.first);
    raw_close(&context.raw);
    cruddur_close(context.dm);
}
