/* SPDX-License-Identifier: MIT */
/* In whatever order records come, and however often: in the end the table is as if every message
 * had moved its group rows itself. */
#include <stdlib.h>
#include <string.h>

#include "stream/event.h"
#include "support/check.h"
#include "support/raw.h"

TestSuite(shuffle, .timeout = 600);

#define GROUPS 5
#define PEOPLE 6
#define MESSAGES 60
#define SEEDS 12
#define ROWS_MAX 1000
#define KEPT "{\"read_up_to\":{\"S\":\"message 7\"},\"pins\":{\"L\":[{\"N\":\"1\"}]}}"

/* A small generator of its own, so that a seed tells the same story everywhere. */
typedef struct dice {
    uint64_t state;
} dice;

static size_t roll(dice *thrown, size_t sides)
{
    thrown->state = thrown->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(thrown->state >> 33) % sides;
}

static cruddur_row_page *scan(cruddur *dm)
{
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_row_page *page;
    options.limit = ROWS_MAX;
    must_succeed(cruddur_scan(dm, &options, &page, TEST_ERROR));
    cr_assert_null(cruddur_row_page_next(page));
    return page;
}

#define PK 0
#define SK 1

static bool is_message(const cruddur_row_page *page, size_t index)
{
    return strncmp(cruddur_row_page_get(page, index, PK), "MSG#", 4) == 0;
}

static bool is_group_row(const cruddur_row_page *page, size_t index)
{
    return strncmp(cruddur_row_page_get(page, index, PK), "GRP#", 4) == 0;
}

static bool has_row(const cruddur_row_page *page, const cruddur_row_page *of, size_t index)
{
    for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
        if (strcmp(cruddur_row_page_get(page, i, PK), cruddur_row_page_get(of, index, PK)) == 0 &&
            strcmp(cruddur_row_page_get(page, i, SK), cruddur_row_page_get(of, index, SK)) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- the story, told with and without moving group rows ---- */

typedef struct story {
    test_store told;  /* every append moved the rows */
    test_store moved; /* the stream's records do */
    char group[GROUPS][CRUDDUR_UUID_SIZE];
    size_t members[GROUPS];   /* people 0 to that less 1, from the group's number on */
    cruddur_row_page *rows;   /* of the first, at its end */
    size_t message[ROWS_MAX]; /* those that the second has still to get, the oldest first */
    size_t message_count;
    size_t written;
} story;

static cruddur_user member_of(const story *all, size_t group, size_t number)
{
    return test_user((group + number % all->members[group]) % PEOPLE);
}

static void open_groups(story *all, cruddur *dm, dice *thrown)
{
    for (size_t g = 0; g < GROUPS; g++) {
        cruddur_user others[PEOPLE];
        cruddur_group *made;
        all->members[g] = 2 + roll(thrown, PEOPLE - 2);
        cruddur_user creator = member_of(all, g, 0);
        for (size_t i = 1; i < all->members[g]; i++) {
            others[i - 1] = member_of(all, g, i);
        }
        must_succeed(cruddur_group_create(dm, &creator, others, all->members[g] - 1, "opened", NULL,
                                          &made, TEST_ERROR));
        memcpy(all->group[g], cruddur_group_uuid(made), CRUDDUR_UUID_SIZE);
        cruddur_group_free(made);
    }
}

static void copy_rows(const cruddur_row_page *page, cruddur *to)
{
    for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
        must_succeed(raw_put(to, page, i, is_group_row(page, i) ? KEPT : NULL));
    }
}

/* People change their names, and do not always tell. */
static void append_messages(story *all, dice *thrown)
{
    static const char *const names[] = {NULL, NULL, "Kim", "Kim the Second", ""};
    for (size_t i = 0; i < MESSAGES; i++) {
        char text[32];
        size_t g = roll(thrown, GROUPS);
        cruddur_user author = member_of(all, g, roll(thrown, PEOPLE));
        (void)snprintf(text, sizeof(text), "message %zu", i);
        author.display_name = names[roll(thrown, sizeof(names) / sizeof(names[0]))];
        author.handle = names[roll(thrown, sizeof(names) / sizeof(names[0]))];
        must_succeed(
            cruddur_msg_append(all->told.dm, &author, all->group[g], text, NULL, NULL, TEST_ERROR));
    }
}

static const cruddur_row_page *sorted_page;

static int compare_sort_keys(const void *a, const void *b)
{
    return strcmp(cruddur_row_page_get(sorted_page, *(const size_t *)a, SK),
                  cruddur_row_page_get(sorted_page, *(const size_t *)b, SK));
}

static void begin(story *all, dice *thrown)
{
    test_store seed;
    *all = (story){.message_count = 0};
    test_store_open(&seed, NULL);
    test_store_open(&all->told, NULL);
    test_store_open(&all->moved, NULL);
    open_groups(all, seed.dm, thrown);
    cruddur_row_page *start = scan(seed.dm);
    copy_rows(start, all->told.dm);
    copy_rows(start, all->moved.dm);
    append_messages(all, thrown);
    all->rows = scan(all->told.dm);
    for (size_t i = 0; i < cruddur_row_page_count(all->rows); i++) {
        if (is_message(all->rows, i) && !has_row(start, all->rows, i)) {
            all->message[all->message_count++] = i;
        }
    }
    sorted_page = all->rows;
    qsort(all->message, all->message_count, sizeof(all->message[0]), compare_sort_keys);
    cr_assert_eq(all->message_count, (size_t)MESSAGES);
    cruddur_row_page_free(start);
    test_store_remove(&seed);
}

static void end(story *all)
{
    cruddur_row_page_free(all->rows);
    test_store_remove(&all->told);
    test_store_remove(&all->moved);
}

static void write_next(story *all)
{
    must_succeed(raw_put(all->moved.dm, all->rows, all->message[all->written++], NULL));
}

static void add_record(const story *all, event *made, size_t message)
{
    event_add_insert(made, all->rows, all->message[message], (unsigned)message + 1);
}

/* ---- what must hold ---- */

static void expect_same_tables(const story *all, unsigned seed)
{
    test_report report;
    cruddur_row_page *moved = scan(all->moved.dm);
    cr_assert_eq(cruddur_row_page_count(moved), cruddur_row_page_count(all->rows), "seed %u", seed);
    for (size_t i = 0; i < cruddur_row_page_count(moved); i++) {
        for (size_t a = 0; a < cruddur_row_attribute_count(); a++) {
            const char *is = cruddur_row_page_get(moved, i, a);
            const char *wanted = cruddur_row_page_get(all->rows, i, a);
            bool is_same = is == NULL || wanted == NULL ? is == wanted : strcmp(is, wanted) == 0;
            /* Each put has another version. */
            cr_assert(is_same || a == CR_VERSION, "seed %u: %s is %s, and not %s", seed,
                      cruddur_row_attribute_name(a), is, wanted);
        }
    }
    cruddur_row_page_free(moved);
    cr_assert_eq(test_check_run(&all->moved, "--unknown-attributes", &report), 0, "seed %u: %s",
                 seed, report.text);
}

/* No group row ever moves back; the latest that was seen of each stands in `latest`. */
static void expect_forward(const story *all, char latest[GROUPS][CRUDDUR_TIME_SIZE], unsigned seed)
{
    for (size_t g = 0; g < GROUPS; g++) {
        cruddur_group *now;
        cruddur_user member = member_of(all, g, 0);
        must_succeed(
            cruddur_group_get(all->moved.dm, member.uuid, all->group[g], NULL, &now, TEST_ERROR));
        cr_assert_geq(strcmp(cruddur_group_sort_key(now), latest[g]), 0, "seed %u", seed);
        (void)snprintf(latest[g], CRUDDUR_TIME_SIZE, "%s", cruddur_group_sort_key(now));
        cruddur_group_free(now);
    }
}

static void apply(const story *all, event *made)
{
    cruddur_stream_options options = CRUDDUR_STREAM_OPTIONS_INIT;
    options.workers = 1 + (uint32_t)made->records % 3;
    cruddur_stream_result *result = event_apply(made, all->moved.dm, &options);
    cr_assert_eq(cruddur_stream_result_failure_count(result), 0u);
    cr_assert_leq(cruddur_stream_result_moved_count(result),
                  cruddur_stream_result_group_count(result));
    cruddur_stream_result_free(result);
}

/* Any records of messages that are written, any number of times. */
static void apply_some(const story *all, dice *thrown)
{
    event made;
    event_begin(&made);
    for (size_t left = roll(thrown, 8); left > 0 && all->written > 0; left--) {
        add_record(all, &made, roll(thrown, all->written));
    }
    apply(all, &made);
}

/* Every record at least once, in batches and an order of the dice's. */
static void apply_all(const story *all, dice *thrown)
{
    size_t order[MESSAGES] = {0};
    for (size_t i = 0; i < MESSAGES; i++) {
        size_t other = roll(thrown, i + 1);
        order[i] = order[other];
        order[other] = i;
    }
    for (size_t next = 0; next < MESSAGES;) {
        event made;
        event_begin(&made);
        for (size_t left = 1 + roll(thrown, 12); left > 0 && next < MESSAGES; left--) {
            add_record(all, &made, order[next++]);
        }
        apply(all, &made);
    }
}

/* From the start, in small batches; returns how many groups were moved. */
static size_t replay(const story *all)
{
    size_t moved = 0;
    for (size_t next = 0; next < MESSAGES; next += 4) {
        event made;
        event_begin(&made);
        for (size_t i = next; i < next + 4 && i < MESSAGES; i++) {
            add_record(all, &made, i);
        }
        cruddur_stream_result *result = event_apply(&made, all->moved.dm, NULL);
        moved += cruddur_stream_result_moved_count(result);
        cruddur_stream_result_free(result);
    }
    return moved;
}

Test(shuffle, comes_to_the_same_table)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        dice thrown = {seed};
        story all;
        char latest[GROUPS][CRUDDUR_TIME_SIZE] = {{0}};
        begin(&all, &thrown);
        while (all.written < MESSAGES) {
            if (roll(&thrown, 3) > 0) {
                write_next(&all);
            } else {
                apply_some(&all, &thrown);
                expect_forward(&all, latest, seed);
            }
        }
        apply_all(&all, &thrown);
        expect_same_tables(&all, seed);
        cr_assert_eq(replay(&all), 0u, "seed %u", seed);
        expect_same_tables(&all, seed);
        end(&all);
    }
}

/* Only the record of each group's last message is needed. */
Test(shuffle, needs_the_last_record_of_a_group_only)
{
    dice thrown = {77};
    story all;
    event made;
    begin(&all, &thrown);
    while (all.written < MESSAGES) {
        write_next(&all);
    }
    event_begin(&made);
    for (size_t i = 0; i < MESSAGES; i++) {
        bool is_last = true;
        const char *pk = cruddur_row_page_get(all.rows, all.message[i], PK);
        for (size_t j = i + 1; j < MESSAGES; j++) {
            is_last =
                is_last && strcmp(cruddur_row_page_get(all.rows, all.message[j], PK), pk) != 0;
        }
        if (is_last) {
            add_record(&all, &made, i);
        }
    }
    apply(&all, &made);
    expect_same_tables(&all, 77);
    end(&all);
}

/* What follows is in the records of rows that were taken away since. */
Test(shuffle, leaves_what_is_no_longer_there)
{
    dice thrown = {5};
    story all;
    begin(&all, &thrown);
    while (all.written < MESSAGES) {
        write_next(&all);
    }
    cruddur_row_page *before = scan(all.moved.dm);
    for (size_t i = 0; i < cruddur_row_page_count(before); i++) {
        must_succeed(raw_remove(all.moved.dm, before, i));
    }
    cr_assert_eq(replay(&all), 0u);
    cruddur_row_page *after = scan(all.moved.dm);
    cr_assert_eq(cruddur_row_page_count(after), 0u);
    cruddur_row_page_free(before);
    cruddur_row_page_free(after);
    end(&all);
}

/* ---- one sort key ---- */

/* Copies all rows to a new store, has a message appended there, and copies that to the first. */
static void write_elsewhere(cruddur *to, const cruddur_row_page *start, const cruddur_user *author,
                            const char *group_uuid, int64_t created_at_us)
{
    test_store elsewhere;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    test_store_open(&elsewhere, NULL);
    copy_rows(start, elsewhere.dm);
    options.created_at_us = created_at_us;
    must_succeed(cruddur_msg_append(elsewhere.dm, author, group_uuid, "at the same moment",
                                    &options, NULL, TEST_ERROR));
    cruddur_row_page *rows = scan(elsewhere.dm);
    for (size_t i = 0; i < cruddur_row_page_count(rows); i++) {
        if (is_message(rows, i) && !has_row(start, rows, i)) {
            must_succeed(raw_put(to, rows, i, NULL));
        }
    }
    cruddur_row_page_free(rows);
    test_store_remove(&elsewhere);
}

/* More than a processor finds room for in its first two looks. */
#define TWINS 40

typedef struct twins {
    test_store store;
    char group[TWINS][CRUDDUR_UUID_SIZE];
    int64_t moment_us;
} twins;

static void apply_inserts(const twins *all, const char *sk)
{
    event made;
    cruddur_stream_options options = CRUDDUR_STREAM_OPTIONS_INIT;
    cruddur_row_page *rows = scan(all->store.dm);
    event_begin(&made);
    for (size_t i = 0; i < cruddur_row_page_count(rows); i++) {
        if (is_message(rows, i) &&
            (sk == NULL || strcmp(cruddur_row_page_get(rows, i, SK), sk) == 0)) {
            event_add_insert(&made, rows, i, (unsigned)i + 1);
        }
    }
    options.workers = 4;
    cruddur_stream_result *result = event_apply(&made, all->store.dm, &options);
    cr_expect_str_eq(cruddur_stream_result_answer(result), "{\"batchItemFailures\":[]}");
    cruddur_stream_result_free(result);
    cruddur_row_page_free(rows);
}

/* Each group of Ann's has a newest message of one and the same moment. */
static void make_twins(twins *all)
{
    test_store_open(&all->store, NULL);
    all->moment_us = cruddur_time_now_us() + 60 * INT64_C(1000000);
    for (size_t i = 0; i < TWINS; i++) {
        cruddur_group *opened;
        cruddur_user other = test_user(i);
        must_succeed(cruddur_group_create(all->store.dm, &test_ann, &other, 1, "first", NULL,
                                          &opened, TEST_ERROR));
        memcpy(all->group[i], cruddur_group_uuid(opened), CRUDDUR_UUID_SIZE);
        cruddur_group_free(opened);
    }
    cruddur_row_page *start = scan(all->store.dm);
    for (size_t i = 0; i < TWINS; i++) {
        write_elsewhere(all->store.dm, start, &test_ann, all->group[i], all->moment_us);
    }
    cruddur_row_page_free(start);
    apply_inserts(all, NULL);
}

static void expect_displaced(const twins *all, size_t count)
{
    test_report report;
    char expected[48] = " group_rows 80 digest ";
    cr_assert_eq(test_check_run(&all->store, NULL, &report), 0, "%s", report.text);
    if (count > 0) {
        (void)snprintf(expected, sizeof(expected), " displaced_rows %zu ", count);
    }
    cr_assert(strstr(report.text, expected) != NULL, "%s: %s", expected, report.text);
}

/* Who writes a message alone does not see that another group of a member has its key. The message
 * stays where it is: it may be sent again. The member's row goes to the next free key. */
Test(shuffle, groups_whose_newest_messages_have_one_sort_key)
{
    static twins all;
    make_twins(&all);
    expect_displaced(&all, TWINS - 1);
    for (size_t i = 0; i < TWINS; i++) {
        cruddur_msg_page *page;
        cruddur_group *group;
        must_succeed(cruddur_msg_list(all.store.dm, NULL, all.group[i], &test_trusted_list, &page,
                                      TEST_ERROR));
        cr_assert_eq(cruddur_msg_page_count(page), 2u);
        const cruddur_msg *newest = cruddur_msg_page_at(page, 0);
        cr_expect_str_eq(cruddur_msg_text(newest), "at the same moment");
        cr_expect_eq(cruddur_msg_created_at_us(newest), all.moment_us);
        must_succeed(
            cruddur_group_get(all.store.dm, test_ann.uuid, all.group[i], NULL, &group, TEST_ERROR));
        cr_expect_eq(cruddur_group_last_message_at_us(group), all.moment_us);
        cr_expect_str_eq(cruddur_group_text(group), "at the same moment");
        cruddur_group_free(group);
        cruddur_msg_page_free(page);
    }
    apply_inserts(&all, NULL); /* again: nothing moves back */
    expect_displaced(&all, TWINS - 1);
    for (size_t i = 0; i < TWINS; i++) {
        must_succeed(cruddur_msg_append(all.store.dm, &test_ann, all.group[i], "next", NULL, NULL,
                                        TEST_ERROR));
    }
    expect_displaced(&all, 0);
    test_store_remove(&all.store);
}

/* Its uuid says who its members are. */
static bool is_direct(const story *all, size_t group)
{
    return all->group[group][14] == '5';
}

/* A group that has messages and neither rows nor a card is a failure, and makes none; but the two
 * of a direct group get theirs back, and the group a card. */
Test(shuffle, makes_no_rows_of_nothing)
{
    dice thrown = {6};
    story all;
    event made;
    size_t direct = 0;
    begin(&all, &thrown);
    while (all.written < MESSAGES) {
        write_next(&all);
    }
    cruddur_row_page *before = scan(all.moved.dm);
    size_t messages = 0;
    for (size_t i = 0; i < cruddur_row_page_count(before); i++) {
        messages += is_message(before, i) ? 1 : 0;
        if (!is_message(before, i)) {
            must_succeed(raw_remove(all.moved.dm, before, i));
        }
    }
    event_begin(&made);
    for (size_t i = 0; i < MESSAGES; i++) {
        add_record(&all, &made, i);
    }
    for (size_t g = 0; g < GROUPS; g++) {
        direct += is_direct(&all, g) ? 1 : 0;
    }
    cr_assert(direct > 0 && direct < GROUPS);
    cruddur_stream_result *result = event_apply(&made, all.moved.dm, NULL);
    cr_expect_eq(cruddur_stream_result_failure_count(result), GROUPS - direct);
    cr_expect_eq(cruddur_stream_result_failure_status(result, 0), CRUDDUR_E_STORE_DAMAGED);
    cruddur_stream_result_free(result);
    cruddur_row_page *after = scan(all.moved.dm);
    cr_expect_eq(cruddur_row_page_count(after), messages + 3 * direct);
    cruddur_row_page_free(before);
    cruddur_row_page_free(after);
    end(&all);
}
