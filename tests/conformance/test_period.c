/* SPDX-License-Identifier: MIT */
/* Listings with bounds where keys have old forms. Rows are listed in the order of their keys, and
 * judged by their times: an offset makes the two differ. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planted.h"
#include "support/raw.h"

CONFORMANCE_SUITE(period);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define NOON_US AT_SECOND(12 * 3600)

#define GROUP_UUID "abcdef00-0000-4000-8000-00000000abcd"
#define GROUP_PK "MSG#" GROUP_UUID
#define ANN_PK "GRP#a0000000-0000-4000-8000-00000000000a"

static const group_id group = {GROUP_UUID};

/* On a service every request takes its time. */
static bool is_slow(void)
{
    return getenv("CRUDDUR_TEST_SLOW") != NULL;
}

/* ---- rows with keys of any form ---- */

/* A key and the time that it stands for. */
typedef struct dated {
    int64_t time_us;
    char sk[40];
    char text[16];
} dated;

static cr_row message_row(const dated *message)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of(GROUP_PK);
    row.value[CR_SK] = cr_str_of(message->sk);
    row.value[CR_TEXT] = cr_str_of(message->text);
    row.value[CR_USER_UUID] = cr_str_of(test_bob.uuid);
    return row;
}

/* A group row of Ann's, each of another group. */
static cr_row group_row(const dated *message, size_t number, char uuid[CRUDDUR_UUID_SIZE])
{
    cr_row row = {0};
    (void)snprintf(uuid, CRUDDUR_UUID_SIZE, "abcdef00-0000-4000-8000-%012zu", number);
    row.value[CR_PK] = cr_str_of(ANN_PK);
    row.value[CR_SK] = cr_str_of(message->sk);
    row.value[CR_GROUP_UUID] = cr_str_of(uuid);
    row.value[CR_TEXT] = cr_str_of(message->text);
    row.value[CR_USER_UUID] = cr_str_of(test_bob.uuid);
    return row;
}

static void plant_messages(const dated *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cr_row row = message_row(&rows[i]);
        must_succeed(raw_put_row(store.dm, &row));
    }
}

/* Plants each as a message of the group, and as a group of Ann's. */
static void plant_dated(const dated *rows, size_t count)
{
    plant_messages(rows, count);
    for (size_t i = 0; i < count; i++) {
        char uuid[CRUDDUR_UUID_SIZE];
        cr_row row = group_row(&rows[i], i, uuid);
        must_succeed(raw_put_row(store.dm, &row));
    }
}

static int compare_keys(const void *a, const void *b)
{
    const dated *x = a;
    const dated *y = b;
    return strcmp(x->sk, y->sk);
}

/* ---- what must be listed ---- */

/* The texts of the rows of the period from the one of the number `first` on, in the order of their
 * keys, up to `limit` of them. */
typedef struct expected {
    size_t index[400];
    size_t count;
} expected;

static expected select_period(const dated *sorted, size_t count, int64_t since_us, int64_t until_us)
{
    expected selected = {.count = 0};
    for (size_t i = 0; i < count; i++) {
        if (sorted[i].time_us >= since_us && sorted[i].time_us < until_us) {
            selected.index[selected.count++] = i;
        }
    }
    return selected;
}

/* A page of either list. */
typedef struct read_page {
    texts on_it;
    size_t count;
    bool has_older, has_newer;
    char older[512], newer[512];
} read_page;

static read_page read_messages(const cruddur_list_options *options)
{
    read_page read;
    cruddur_msg_page *page = list_messages(NULL, &group, options);
    read.on_it = texts_of_messages(page);
    read.count = cruddur_msg_page_count(page);
    read.has_older = cruddur_msg_page_has_older(page);
    read.has_newer = cruddur_msg_page_has_newer(page);
    (void)snprintf(read.older, sizeof(read.older), "%s", cruddur_msg_page_older(page));
    (void)snprintf(read.newer, sizeof(read.newer), "%s", cruddur_msg_page_newer(page));
    cruddur_msg_page_free(page);
    return read;
}

static read_page read_groups(const cruddur_list_options *options)
{
    read_page read;
    cruddur_group_page *page = NULL;
    must_succeed(cruddur_group_list(store.dm, test_ann.uuid, options, &page, TEST_ERROR));
    read.on_it = texts_of_groups(page);
    read.count = cruddur_group_page_count(page);
    read.has_older = cruddur_group_page_has_older(page);
    read.has_newer = cruddur_group_page_has_newer(page);
    (void)snprintf(read.older, sizeof(read.older), "%s", cruddur_group_page_older(page));
    (void)snprintf(read.newer, sizeof(read.newer), "%s", cruddur_group_page_newer(page));
    cruddur_group_page_free(page);
    return read;
}

typedef read_page (*reader)(const cruddur_list_options *options);

/* A whole walk: page by page in one direction, and where `turns`, each page also from the other
 * side, by the cursor of the page after it. */
typedef struct course {
    reader read;
    const dated *sorted;
    const expected *wanted;
    cruddur_list_options options;
    bool is_down;
} course;

static void expect_page(const course *walked, size_t seen, const read_page *page)
{
    texts texts_wanted = {""};
    size_t size = 0;
    size_t left = walked->wanted->count - seen;
    size_t count = left < walked->options.limit ? left : walked->options.limit;
    for (size_t i = 0; i < count; i++) {
        size_t at = walked->is_down ? walked->wanted->count - 1 - seen - i : seen + i;
        size += (size_t)snprintf(texts_wanted.all + size, sizeof(texts_wanted.all) - size, "%s ",
                                 walked->sorted[walked->wanted->index[at]].text);
    }
    cr_assert_str_eq(page->on_it.all, texts_wanted.all);
    cr_assert_eq(walked->is_down ? page->has_older : page->has_newer, count < left,
                 "more after %zu of %zu rows, wrongly", seen + count, walked->wanted->count);
    cr_assert_eq(walked->is_down ? page->has_newer : page->has_older, seen > 0,
                 "more is promised wrongly before row %zu", seen);
}

/* Goes back by one page: the same rows as before, in the same order. */
static void expect_back(const course *walked, size_t seen, const read_page *page)
{
    cruddur_list_options back = walked->options;
    back.cursor = walked->is_down ? page->newer : page->older;
    if (seen < back.limit || page->count == 0) {
        return;
    }
    read_page before = walked->read(&back);
    expect_page(walked, seen - back.limit, &before);
}

static void walk(course *walked)
{
    char cursor[512];
    size_t seen = 0;
    for (bool has_more = true; has_more;) {
        read_page page = walked->read(&walked->options);
        expect_page(walked, seen, &page);
        expect_back(walked, seen, &page);
        seen += page.count;
        has_more = walked->is_down ? page.has_older : page.has_newer;
        (void)snprintf(cursor, sizeof(cursor), "%s", walked->is_down ? page.older : page.newer);
        walked->options.cursor = cursor;
    }
    cr_assert_eq(seen, walked->wanted->count);
}

/* Both lists, both ways. */
static void expect_period(const dated *sorted, size_t count, int64_t since_us, int64_t until_us,
                          uint32_t limit)
{
    static const reader readers[] = {read_messages, read_groups};
    expected wanted = select_period(sorted, count, since_us, until_us);
    for (size_t i = 0; i < 2 * LENGTH(readers); i++) {
        bool is_down = i % 2 == 0;
        course walked = {readers[i / 2], sorted, &wanted,
                         is_down ? from_newest(limit) : from_oldest(limit), is_down};
        walked.options.since_us = since_us;
        walked.options.until_us = until_us;
        walk(&walked);
    }
}

/* ---- some rows, by hand ---- */

Test(period, keys_with_offsets_are_judged_by_their_times)
{
    /* In the order of the keys, which is not that of the times. */
    const dated rows[] = {
        {NOON_US + 2 * US_PER_HOUR, "2020-01-01T04:00:00-10:00", "a"},
        {NOON_US, "2020-01-01T07:00:00.000000-05:00", "b"},
        {NOON_US - 3 * US_PER_HOUR, "2020-01-01T09:00:00.000000+00:00", "c"},
        {NOON_US - 2 * US_PER_HOUR, "2020-01-01T12:00:00+02:00", "d"},
        {NOON_US, "2020-01-01T12:00:00.000000+00:00", "e"},
        {NOON_US, "2020-01-01T12:00:00Z", "f"},
        {NOON_US - US_PER_HOUR, "2020-01-01T13:00:00.000000+02:00", "g"},
        {NOON_US + 90 * US_PER_MINUTE, "2020-01-01T13:30:00", "h"},
        {NOON_US - 1, "2020-01-01T17:29:59.999999+05:30", "i"},
        {NOON_US, "2020-01-02 01:00:00+1300", "j"},
    };
    const size_t count = LENGTH(rows);
    plant_dated(rows, count);
    cruddur_list_options options = from_oldest(100);
    options.since_us = NOON_US;
    cruddur_msg_page *page = list_messages(NULL, &group, &options);
    expect_messages(page, "a b e f h j ");
    cruddur_msg_page_free(page);
    options.since_us = CRUDDUR_SINCE_ALWAYS;
    options.until_us = NOON_US;
    page = list_messages(NULL, &group, &options);
    expect_messages(page, "c d g i ");
    cruddur_msg_page_free(page);
    const int64_t bounds[] = {
        CRUDDUR_SINCE_ALWAYS, NOON_US - 3 * US_PER_HOUR, NOON_US - 1,           NOON_US,
        NOON_US + 1,          NOON_US + US_PER_HOUR,     CRUDDUR_UNTIL_FOREVER,
    };
    for (size_t since = 0; since + 1 < LENGTH(bounds); since++) {
        size_t step = is_slow() ? 3 : 1;
        for (size_t until = since + 1; until < LENGTH(bounds); until += step) {
            expect_period(rows, count, bounds[since], bounds[until], 1 + (uint32_t)until % 4);
        }
    }
}

/* ---- many rows, by dice ---- */

static size_t below(size_t bound)
{
    return (size_t)rand() % bound; /* NOLINT: the same each time */
}

static int64_t draw_offset_us(char text[8])
{
    static const int quarters[] = {0, 0, -48, -38, -20, -1, 1, 8, 22, 23, 51, 56, 95, -95};
    int quarter = quarters[below(LENGTH(quarters))];
    unsigned minutes = (unsigned)abs(quarter) * 15 % (24 * 60);
    (void)snprintf(text, 8, "%c%02u%s%02u", quarter < 0 ? '-' : '+', minutes / 60,
                   below(2) == 0 ? ":" : "", minutes % 60);
    return (quarter < 0 ? -US_PER_MINUTE : US_PER_MINUTE) * minutes;
}

/* A time in any form that is read, within a few days. */
static dated draw(size_t number)
{
    dated drawn;
    char offset[8] = "";
    char shown[CRUDDUR_TIME_SIZE];
    const char *const plain[] = {"", "Z", "z"};
    int64_t offset_us = 0;
    int64_t us = below(3) == 0 ? 0 : (int64_t)below(1000000);
    int digits = us == 0 && below(2) == 0 ? 0 : 6;
    drawn.time_us = NOON_US + ((int64_t)below(4 * 86400) - 2 * 86400) * US_PER_SECOND + us;
    if (below(3) == 0) {
        (void)snprintf(offset, sizeof(offset), "%s", plain[below(LENGTH(plain))]);
    } else {
        offset_us = draw_offset_us(offset);
    }
    must_succeed(cruddur_time_format(drawn.time_us + offset_us, shown, TEST_ERROR));
    shown[10] = "TTTt "[below(5)];
    shown[digits == 0 ? 19 : 26] = '\0';
    (void)snprintf(drawn.sk, sizeof(drawn.sk), "%s%s", shown, offset);
    (void)snprintf(drawn.text, sizeof(drawn.text), "r%zu", number);
    return drawn;
}

Test(period, keys_of_all_forms_are_judged_by_their_times)
{
    enum { ROWS = 120 };
    static dated rows[ROWS];
    size_t count = is_slow() ? 60 : ROWS;
    int periods = is_slow() ? 5 : 60;
    srand(7);
    for (size_t i = 0; i < count; i++) {
        rows[i] = draw(i);
    }
    qsort(rows, count, sizeof(rows[0]), compare_keys);
    plant_dated(rows, count);
    for (int i = 0; i < periods; i++) {
        int64_t one_us = rows[below(count)].time_us + (int64_t)below(3) - 1;
        int64_t other_us = rows[below(count)].time_us + (int64_t)below(3) - 1;
        int64_t since_us = one_us < other_us ? one_us : other_us;
        int64_t until_us = one_us < other_us ? other_us : one_us + 1;
        since_us = below(4) == 0 ? CRUDDUR_SINCE_ALWAYS : since_us;
        until_us = below(4) == 0 ? CRUDDUR_UNTIL_FOREVER : until_us;
        expect_period(rows, count, since_us, until_us, 1 + (uint32_t)below(i % 3 == 0 ? 150 : 20));
    }
}

Test(period, at_the_ends_of_the_calendar)
{
    const dated rows[] = {
        {INT64_C(-62135596800000000), "0001-01-01T00:00:00", "a"},
        {INT64_C(-62135510400000000), "0001-01-02T05:00:00+05:00", "b"},
        {INT64_C(253402246800000000), "9999-12-31T04:00:00-05:00", "c"},
        {INT64_C(253402300799999999), "9999-12-31T23:59:59.999999+00:00", "d"},
    };
    plant_dated(rows, LENGTH(rows));
    for (size_t i = 0; i < LENGTH(rows); i++) {
        expect_period(rows, LENGTH(rows), rows[i].time_us, CRUDDUR_UNTIL_FOREVER, 1);
        if (i + 1 < LENGTH(rows)) {
            expect_period(rows, LENGTH(rows), rows[i].time_us, rows[i + 1].time_us, 2);
        }
        expect_period(rows, LENGTH(rows), CRUDDUR_SINCE_ALWAYS, rows[i].time_us, 1);
    }
}

/* ---- what it costs ---- */

static uint32_t rows_read;

static void note_rows(void *data, const cruddur_metrics *metrics)
{
    (void)data;
    rows_read = metrics->rows_read;
}

static void open_measured(void)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.metrics = note_rows;
    options.timeout_ms = 60000;
    test_store_remove(&store);
    test_store_open(&store, &options);
}

/* Makes a row each ten seconds from noon on, all of the library's own form. */
static void make_regular(dated *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rows[i].time_us = NOON_US + (int64_t)i * 10 * US_PER_SECOND;
        must_succeed(cruddur_time_format(rows[i].time_us, rows[i].sk, TEST_ERROR));
        (void)snprintf(rows[i].text, sizeof(rows[i].text), "r%zu", i);
    }
}

static uint32_t rows_read_for(int64_t since_us, int64_t until_us, uint32_t limit)
{
    cruddur_list_options options = from_newest(limit);
    options.since_us = since_us;
    options.until_us = until_us;
    cruddur_msg_page_free(list_messages(NULL, &group, &options));
    return rows_read;
}

/* Each end costs a bounded number of rows, and only if the page gets there. docs/data-model.md has
 * these numbers. */
Test(period, rows_of_our_own_form_are_not_read_for_nothing)
{
    enum { ROWS = 600, RUN = 256, LIMIT = 5, SLACK = 3 };
    static dated rows[ROWS];
    open_measured();
    make_regular(rows, ROWS);
    plant_messages(rows, ROWS);
    int64_t middle_us = rows[ROWS / 2].time_us;
    uint32_t unbounded = rows_read_for(CRUDDUR_SINCE_ALWAYS, CRUDDUR_UNTIL_FOREVER, LIMIT);
    cr_assert_leq(unbounded, LIMIT + SLACK);
    cr_assert_leq(rows_read_for(middle_us, CRUDDUR_UNTIL_FOREVER, LIMIT), unbounded);
    cr_assert_leq(rows_read_for(CRUDDUR_SINCE_ALWAYS, middle_us, LIMIT), unbounded + RUN);
    cr_assert_leq(rows_read_for(middle_us - 600 * US_PER_SECOND, middle_us, LIMIT),
                  unbounded + RUN);
    /* The whole period on one page: both ends. */
    cr_assert_leq(rows_read_for(middle_us - 30 * US_PER_SECOND, middle_us, LIMIT),
                  unbounded + 2 * RUN);
}

/* A row of an old form is found behind fewer rows than that, and so are others behind it. */
Test(period, old_forms_behind_rows_of_our_own_form)
{
    enum { ROWS = 255, OLD = 60 };
    static dated rows[ROWS + OLD];
    make_regular(rows, ROWS);
    for (size_t i = 0; i < OLD; i++) {
        dated *old = &rows[ROWS + i];
        char shown[CRUDDUR_TIME_SIZE];
        old->time_us = NOON_US - US_PER_HOUR + (int64_t)i * US_PER_SECOND;
        must_succeed(cruddur_time_format(old->time_us + 4 * US_PER_HOUR, shown, TEST_ERROR));
        (void)snprintf(old->sk, sizeof(old->sk), "%.26s+04:00", shown);
        (void)snprintf(old->text, sizeof(old->text), "old%zu", i);
    }
    qsort(rows, ROWS + OLD, sizeof(rows[0]), compare_keys);
    plant_dated(rows, ROWS + OLD);
    expect_period(rows, ROWS + OLD, CRUDDUR_SINCE_ALWAYS, NOON_US, 25);
    expect_period(rows, ROWS + OLD, NOON_US - US_PER_HOUR, NOON_US, 7);
}
