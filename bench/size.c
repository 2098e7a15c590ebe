/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "measure.h"
#include "raw.h"

#define LIMIT 20
#define ROUNDS 41
#define PAGES_PER_ROUND 500
#define CURSOR_SIZE 256
#define FULL_PAGE 1000

typedef cruddur_status (*list_function)(cruddur *dm, const char *whose,
                                        const cruddur_list_options *options, void **ret_page,
                                        cruddur_error **error);

/* One of the two kinds of listing. */
typedef struct listing {
    list_function list;
    const char *(*older)(const void *page); /* the cursor; NULL at the end */
    void (*free)(void *page);
} listing;

typedef struct size_context {
    const listing *kind;
    cruddur *dm;
    const char *whose;
    bool walks;              /* each page continues the one before */
    char start[CURSOR_SIZE]; /* empty: the newest end */
    char cursor[CURSOR_SIZE];
} size_context;

/* ---- the two kinds ---- */

static cruddur_status list_messages(cruddur *dm, const char *group,
                                    const cruddur_list_options *options, void **ret_page,
                                    cruddur_error **error)
{
    cruddur_msg_page *page = NULL;
    cruddur_list_options trusted = *options;
    trusted.flags = CRUDDUR_LIST_TRUSTED;
    cruddur_status status = cruddur_msg_list(dm, NULL, group, &trusted, &page, error);
    *ret_page = page;
    return status;
}

static const char *older_messages(const void *page)
{
    return cruddur_msg_page_has_older(page) ? cruddur_msg_page_older(page) : NULL;
}

static void free_messages(void *page)
{
    cruddur_msg_page_free(page);
}

static cruddur_status list_groups(cruddur *dm, const char *user,
                                  const cruddur_list_options *options, void **ret_page,
                                  cruddur_error **error)
{
    cruddur_group_page *page = NULL;
    cruddur_status status = cruddur_group_list(dm, user, options, &page, error);
    *ret_page = page;
    return status;
}

static const char *older_groups(const void *page)
{
    return cruddur_group_page_has_older(page) ? cruddur_group_page_older(page) : NULL;
}

static void free_groups(void *page)
{
    cruddur_group_page_free(page);
}

static const listing messages = {list_messages, older_messages, free_messages};
static const listing groups = {list_groups, older_groups, free_groups};

/* ---- the pages ---- */

static void *list_page(const size_context *context, uint32_t limit)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    void *page = NULL;
    cruddur_error *error = NULL;
    options.limit = limit;
    options.cursor = context->cursor[0] == '\0' ? NULL : context->cursor;
    need(context->kind->list(context->dm, context->whose, &options, &page, &error), &error);
    return page;
}

/* Moves the cursor on behind the page; from the list's end back to the start. */
static void move_on(size_context *context, const void *page)
{
    const char *older = context->kind->older(page);
    const char *next = older == NULL ? context->start : older;
    must(strlen(next) < CURSOR_SIZE, "a cursor of the usual length");
    memcpy(context->cursor, next, strlen(next) + 1);
}

static void list_pages(void *argument, size_t count)
{
    size_context *context = argument;
    for (size_t i = 0; i < count; i++) {
        void *page = list_page(context, LIMIT);
        if (context->walks) {
            move_on(context, page);
        }
        context->kind->free(page);
    }
}

/* Makes the place where so many rows are newer the start. */
static void start_behind(size_context *context, uint64_t rows)
{
    for (uint64_t passed = 0; passed < rows;) {
        uint32_t limit = rows - passed < FULL_PAGE ? (uint32_t)(rows - passed) : FULL_PAGE;
        void *page = list_page(context, limit);
        move_on(context, page);
        context->kind->free(page);
        passed += limit;
    }
    memcpy(context->start, context->cursor, sizeof(context->start));
}

/* ---- the comparison ---- */

enum { SMALL_NEWEST, LARGE_NEWEST, SMALL_MIDDLE, LARGE_MIDDLE, LARGE_WALK, CASES };

/* What is measured of one kind of listing. */
static void compare_sizes(const listing *kind, cruddur *const dm[2], const char *whose,
                          const uint64_t sizes[2], contender contenders[CASES])
{
    static const size_t base[CASES] = {0, 0, 2, 2, 3};
    size_context contexts[CASES];
    for (size_t i = 0; i < CASES; i++) {
        bool is_large = i == LARGE_NEWEST || i == LARGE_MIDDLE || i == LARGE_WALK;
        contexts[i] = (size_context){kind, dm[is_large], whose, i == LARGE_WALK, "", ""};
        if (i >= SMALL_MIDDLE) {
            start_behind(&contexts[i], sizes[is_large] / 2);
        }
        contenders[i].run = list_pages;
        contenders[i].context = &contexts[i];
    }
    measure_processor_time();
    run_rounds(contenders, CASES, ROUNDS, PAGES_PER_ROUND);
    measure_real_time();
    print_contenders(contenders, base, CASES, ROUNDS);
}

static double ratio(const contender *contenders, size_t one, size_t other)
{
    return ratio_of(&contenders[one], &contenders[other], ROUNDS).median;
}

static void compare_messages(cruddur *const dm[2])
{
    contender contenders[CASES] = {
        {.name = "newest of 1,000 messages"},
        {.name = "newest of 1,000,000"},
        {.name = "from a cursor in the middle of 1,000"},
        {.name = "from a cursor in the middle of 1,000,000"},
        {.name = "walking on from there, each page a new one"},
    };
    const uint64_t sizes[] = {SMALL_MESSAGES, LARGE_MESSAGES};
    id group = id_of(ID_GROUP, LONG_GROUP);
    compare_sizes(&messages, dm, group.text, sizes, contenders);
    at_most("newest of 1,000,000 messages", 1.3, ratio(contenders, LARGE_NEWEST, SMALL_NEWEST),
            "x small");
    at_most("middle of 1,000,000 messages", 1.3, ratio(contenders, LARGE_MIDDLE, SMALL_MIDDLE),
            "x small");
}

static void compare_groups(cruddur *const dm[2])
{
    contender contenders[CASES] = {
        {.name = "newest of 1,000 groups"},
        {.name = "newest of 100,000"},
        {.name = "from a cursor in the middle of 1,000"},
        {.name = "from a cursor in the middle of 100,000"},
        {.name = "walking on from there, each page a new one"},
    };
    const uint64_t sizes[] = {SMALL_INBOX, LARGE_INBOX};
    id host = id_of(ID_USER, INBOX_USER);
    compare_sizes(&groups, dm, host.text, sizes, contenders);
    at_most("newest of 100,000 groups", 1.3, ratio(contenders, LARGE_NEWEST, SMALL_NEWEST),
            "x small");
    at_most("middle of 100,000 groups", 1.3, ratio(contenders, LARGE_MIDDLE, SMALL_MIDDLE),
            "x small");
}

void bench_size(const char *small_path, const char *large_path)
{
    cruddur *const dm[2] = {open_store(small_path, ""), open_store(large_path, "")};
    print_heading("A page of 20 out of little, and out of much, processor time");
    compare_messages(dm);
    compare_groups(dm);
    cruddur_close(dm[0]);
    cruddur_close(dm[1]);
}
