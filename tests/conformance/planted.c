/* SPDX-License-Identifier: MIT */
#include "planted.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "messaging/rows.h"
#include "support/raw.h"

/* ---- texts ---- */

const char *planted_text(const char *format, ...)
{
    static char kept[8000][64];
    static size_t used;
    va_list arguments;
    cr_assert_lt(used, sizeof(kept) / sizeof(kept[0]), "too many texts");
    va_start(arguments, format);
    int length = vsnprintf(kept[used], sizeof(kept[0]), format, arguments);
    va_end(arguments);
    cr_assert(length >= 0 && (size_t)length < sizeof(kept[0]), "too long a text");
    return kept[used++];
}

const char *planted_key(int64_t second)
{
    char key[CRUDDUR_TIME_SIZE];
    must_succeed(cruddur_time_format(AT_SECOND(second), key, TEST_ERROR));
    return planted_text("%s", key);
}

/* ---- rows ---- */

static cr_row row_of(const planted *given)
{
    cr_row row = {0};
    for (size_t i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        row.value[i] = cr_str_of(given->value[i]);
    }
    return row;
}

static void put_rows(const planted *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cr_row row = row_of(&rows[i]);
        must_succeed(raw_put_row(store.dm, &row));
    }
}

void plant(const planted *rows, size_t count)
{
    test_store_settle(&store);
    put_rows(rows, count);
}

void plant_instead(const char *pk, const char *group, const planted *rows, size_t count)
{
    test_store_settle(&store);
    cr_assert_eq(uproot(pk, group), 1);
    put_rows(rows, count);
}

/* Gives every row of the table to a function. */
static void for_rows(void (*look)(void *context, const cr_row *row), void *context)
{
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_row_page *last = NULL;
    options.limit = CRUDDUR_LIMIT_MAX;
    do {
        cruddur_row_page *page = NULL;
        must_succeed(cruddur_scan(store.dm, &options, &page, TEST_ERROR));
        for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
            cr_row row = raw_row_at(page, i);
            look(context, &row);
        }
        options.cursor = cruddur_row_page_next(page);
        cruddur_row_page_free(last);
        last = page;
    } while (options.cursor != NULL);
    cruddur_row_page_free(last);
}

typedef struct search {
    cr_row wanted;
    size_t found;
} search;

static void look_for_same(void *context, const cr_row *row)
{
    search *searched = context;
    for (size_t i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        cr_str wanted = searched->wanted.value[i];
        bool is_same = (wanted.data == NULL) == (row->value[i].data == NULL) &&
                       cr_str_equal(wanted, row->value[i]);
        if (!is_same) {
            return;
        }
    }
    searched->found++;
}

void expect_planted(const planted *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        search searched = {row_of(&rows[i]), 0};
        for_rows(look_for_same, &searched);
        cr_assert_eq(searched.found, 1, "row %s, %s is not as it was planted", rows[i].value[CR_PK],
                     rows[i].value[CR_SK]);
    }
}

typedef struct selection {
    cr_str pk;    /* absent: any */
    cr_str group; /* absent: any */
    cr_rows rows;
} selection;

static void select_row(void *context, const cr_row *row)
{
    selection *selected = context;
    bool is_of_group =
        selected->group.data == NULL || cr_str_equal(selected->group, row->value[CR_GROUP_UUID]);
    bool is_there = selected->pk.data == NULL || cr_str_equal(selected->pk, row->value[CR_PK]);
    if (is_of_group && is_there) {
        cr_assert(cr_rows_add(&selected->rows, row));
    }
}

static selection select_rows(const char *pk, const char *group, cr_arena *arena)
{
    selection selected = {cr_str_of(pk), cr_str_of(group), {.arena = arena}};
    for_rows(select_row, &selected);
    return selected;
}

size_t uproot(const char *pk, const char *group)
{
    cr_arena arena = CR_ARENA_INIT;
    selection selected = select_rows(pk, group, &arena);
    size_t count = selected.rows.count;
    for (size_t i = 0; i < count; i++) {
        must_succeed(raw_remove_row(store.dm, &selected.rows.row[i]));
    }
    cr_arena_free(&arena);
    return count;
}

void uproot_card(const group_id *group)
{
    cr_assert_eq(uproot(planted_text("CARD#%s", group->text), NULL), 1);
}

void reword(const char *pk, const char *group, cr_attribute attribute, const char *value)
{
    cr_arena arena = CR_ARENA_INIT;
    selection selected = select_rows(pk, group, &arena);
    cr_assert_gt(selected.rows.count, 0);
    for (size_t i = 0; i < selected.rows.count; i++) {
        cr_row row = selected.rows.row[i];
        must_succeed(raw_remove_row(store.dm, &row));
        row.value[attribute] = cr_str_of(value);
        must_succeed(raw_put_row(store.dm, &row));
    }
    cr_arena_free(&arena);
}

void strip(const char *pk, const char *group, cr_attribute attribute)
{
    reword(pk, group, attribute, NULL);
}

const char *newest_key(const char *pk)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_str newest = CR_STR_ABSENT;
    selection selected = select_rows(pk, NULL, &arena);
    cr_assert_gt(selected.rows.count, 0);
    for (size_t i = 0; i < selected.rows.count; i++) {
        cr_str sk = selected.rows.row[i].value[CR_SK];
        newest = cr_str_compare(newest, sk) < 0 ? sk : newest;
    }
    const char *key = planted_text("%.*s", CR_STR_ARGS(newest));
    cr_arena_free(&arena);
    return key;
}

size_t count_unsettled(const char *pk, const char *group)
{
    cr_arena arena = CR_ARENA_INIT;
    selection selected = select_rows(pk, group, &arena);
    cr_arena_free(&arena);
    return selected.rows.count;
}

size_t count_in(const char *pk, const char *group)
{
    test_store_settle(&store);
    return count_unsettled(pk, group);
}

size_t count_group_rows(const char *group)
{
    return count_in(NULL, group);
}

void check_beside(size_t foreign)
{
    test_report report;
    char expected[48];
    int code = test_check_run(&store, "--foreign-rows", &report);
    cr_assert_eq(code, 0, "the checker of tables came to %d:\n%s", code, report.text);
    (void)snprintf(expected, sizeof(expected), " foreign_rows %zu ", foreign);
    cr_assert(strstr(report.text, expected) != NULL, "%s instead of%s", report.text, expected);
}

/* ---- walks ---- */

/* A list, of messages or of groups. */
typedef struct list {
    const cruddur_user *viewer;
    const group_id *group; /* NULL: the viewer's groups */
    char letter;
    int last;
} list;

typedef struct list_page {
    texts on_it;
    size_t count;
    bool has_more;
    char next[512];
} list_page;

static void keep_cursor(list_page *read, const char *cursor)
{
    int length = snprintf(read->next, sizeof(read->next), "%s", cursor);
    cr_assert(length > 0 && (size_t)length < sizeof(read->next));
}

static list_page read_page(const list *walked, const cruddur_list_options *options, bool is_down)
{
    list_page read;
    if (walked->group != NULL) {
        cruddur_msg_page *page = list_messages(walked->viewer, walked->group, options);
        read.on_it = texts_of_messages(page);
        read.count = cruddur_msg_page_count(page);
        read.has_more =
            is_down ? cruddur_msg_page_has_older(page) : cruddur_msg_page_has_newer(page);
        keep_cursor(&read, is_down ? cruddur_msg_page_older(page) : cruddur_msg_page_newer(page));
        cruddur_msg_page_free(page);
        return read;
    }
    cruddur_group_page *page = list_groups(walked->viewer, options);
    read.on_it = texts_of_groups(page);
    read.count = cruddur_group_page_count(page);
    read.has_more =
        is_down ? cruddur_group_page_has_older(page) : cruddur_group_page_has_newer(page);
    keep_cursor(&read, is_down ? cruddur_group_page_older(page) : cruddur_group_page_newer(page));
    cruddur_group_page_free(page);
    return read;
}

/* From one end to the other. */
static void walk(const list *walked, uint32_t limit, bool is_down)
{
    static char cursor[512];
    cruddur_list_options options = is_down ? from_newest(limit) : from_oldest(limit);
    int seen = 0;
    bool has_more = true;
    while (has_more) {
        list_page page = read_page(walked, &options, is_down);
        int first = is_down ? walked->last - seen : seen;
        int last = first + (is_down ? 1 - (int)page.count : (int)page.count - 1);
        cr_assert(page.count > 0, "limit %u: an empty page after %d rows", limit, seen);
        cr_assert_str_eq(page.on_it.all, texts_from_to(walked->letter, first, last).all);
        seen += (int)page.count;
        has_more = page.has_more;
        cr_assert_eq(has_more, seen <= walked->last, "limit %u: more after %d rows: %d", limit,
                     seen, has_more);
        cr_assert(page.count == limit || !has_more, "limit %u: a page of %zu", limit, page.count);
        memcpy(cursor, page.next, sizeof(cursor));
        options.cursor = cursor;
    }
}

static void walk_all_ways(const list *walked)
{
    for (uint32_t limit = 1; limit <= (uint32_t)walked->last + 2; limit++) {
        walk(walked, limit, true);
        walk(walked, limit, false);
    }
}

void walk_messages(const cruddur_user *viewer, const group_id *group, char letter, int last)
{
    walk_all_ways(&(list){viewer, group, letter, last});
}

void walk_groups(const cruddur_user *user, char letter, int last)
{
    walk_all_ways(&(list){user, NULL, letter, last});
}
