/* SPDX-License-Identifier: MIT */
/* Records of messages that were changed: they move nothing, and previews show the present text. */
#include <string.h>

#include "stream/event.h"
#include "support/check.h"
#include "support/raw.h"

TestSuite(modify, .timeout = 300);

#define GROUP "00000000-0000-4000-8000-0000000000bc"
#define FIRST "00000000-0000-4000-8000-0000000000c1"
#define SECOND "00000000-0000-4000-8000-0000000000c2"

static test_store store;
static uint32_t rows_read; /* by the latest event */

static void note_rows(void *data, const cruddur_metrics *metrics)
{
    (void)data;
    rows_read = metrics->operation == CRUDDUR_OP_STREAM_APPLY ? metrics->rows_read : rows_read;
}

/* Ann says "one" and then "two". */
static void begin(void)
{
    cruddur_options counting = CRUDDUR_OPTIONS_INIT;
    const cruddur_user others[] = {test_bob, test_cem};
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_append_options second = CRUDDUR_APPEND_OPTIONS_INIT;
    counting.metrics = note_rows;
    test_store_open(&store, &counting);
    options.group_uuid = GROUP;
    options.message_uuid = FIRST;
    second.message_uuid = SECOND;
    must_succeed(
        cruddur_group_create(store.dm, &test_ann, others, 2, "one", &options, NULL, TEST_ERROR));
    must_succeed(cruddur_msg_append(store.dm, &test_ann, GROUP, "two", &second, NULL, TEST_ERROR));
}

static void end(void)
{
    test_store_remove(&store);
}

/* ---- the table ---- */

static cruddur_row_page *scan(void)
{
    cruddur_row_page *page = NULL;
    must_succeed(cruddur_scan(store.dm, NULL, &page, TEST_ERROR));
    return page;
}

/* Where on the page the message is. */
static size_t place_of(const cruddur_row_page *page, const char *uuid)
{
    for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
        if (cr_str_equal(raw_row_at(page, i).value[CR_MESSAGE_UUID], cr_str_of(uuid))) {
            return i;
        }
    }
    cr_assert_fail("there is no message %s", uuid);
    return 0;
}

/* Another program changes a message, and no group row. */
static void change(const char *uuid, const char *text)
{
    cruddur_row_page *page = scan();
    cr_row row = raw_row_at(page, place_of(page, uuid));
    must_succeed(raw_remove(store.dm, page, place_of(page, uuid)));
    row.value[CR_TEXT] = cr_str_of(text);
    must_succeed(raw_put_row(store.dm, &row));
    cruddur_row_page_free(page);
}

static void expect_previews(const char *text)
{
    const cruddur_user *const members[] = {&test_ann, &test_bob, &test_cem};
    for (size_t i = 0; i < 3; i++) {
        cruddur_group *group = NULL;
        must_succeed(
            cruddur_group_get(store.dm, members[i]->uuid, GROUP, NULL, &group, TEST_ERROR));
        cr_assert_str_eq(cruddur_group_text(group), text);
        cruddur_group_free(group);
    }
}

/* ---- events ---- */

/* Applies the record of a change to this text; how many groups were changed. */
static size_t apply_change(const char *uuid, const char *text)
{
    event made;
    cruddur_row_page *page = scan();
    event_begin(&made);
    event_add_change(&made, page, place_of(page, uuid), text, 1);
    cruddur_row_page_free(page);
    cruddur_stream_result *result = event_apply(&made, store.dm, NULL);
    cr_assert_eq(cruddur_stream_result_message_count(result), 1u);
    cr_assert_eq(cruddur_stream_result_failure_count(result), 0u);
    size_t moved = cruddur_stream_result_moved_count(result);
    cruddur_stream_result_free(result);
    return moved;
}

Test(modify, refreshes_previews, .init = begin, .fini = end)
{
    change(SECOND, "two!");
    expect_previews("two");
    cr_assert_eq(apply_change(SECOND, "two!"), 1u);
    expect_previews("two!");
    cr_assert_eq(apply_change(SECOND, "two!"), 0u);
    test_check(&store);
}

/* "Its handler rewinds inboxes on any change of a message": this does not. */
Test(modify, of_an_older_message_moves_nothing, .init = begin, .fini = end)
{
    test_report before;
    change(FIRST, "one!");
    before = test_check_summary(&store);
    cr_assert_eq(apply_change(FIRST, "one!"), 0u);
    expect_previews("two");
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
}

/* What counts is the table: the record tells of a text that the message has not got any more. */
Test(modify, that_comes_late, .init = begin, .fini = end)
{
    change(SECOND, "two!");
    cr_assert_eq(apply_change(SECOND, "in between"), 1u);
    expect_previews("two!");
    cr_assert_eq(apply_change(SECOND, "in between"), 0u);
    cr_assert_eq(apply_change(SECOND, "two"), 0u);
    expect_previews("two!");
    test_check(&store);
}

/* A member who has hidden the group is shown nothing, which is not out of date: the index alone is
 * asked. */
Test(modify, of_what_one_member_has_hidden, .init = begin, .fini = end)
{
    cruddur_set_options hidden = CRUDDUR_SET_OPTIONS_INIT;
    hidden.hidden = CRUDDUR_SWITCH_ON;
    must_succeed(cruddur_group_set(store.dm, test_bob.uuid, GROUP, &hidden, NULL, TEST_ERROR));
    must_succeed(cruddur_msg_edit(store.dm, test_ann.uuid, GROUP, SECOND, "two!", NULL, NULL, NULL,
                                  TEST_ERROR));
    event made;
    cruddur_row_page *page = scan();
    event_begin(&made);
    event_add_change(&made, page, place_of(page, SECOND), "two!", 1);
    cruddur_row_page_free(page);
    cruddur_stream_result_free(event_apply(&made, store.dm, NULL));
    cr_assert_eq(rows_read, 3u);
    test_check(&store);
}

/* The library's own changes have put the previews already. */
Test(modify, of_our_own, .init = begin, .fini = end)
{
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    must_succeed(cruddur_msg_edit(store.dm, test_ann.uuid, GROUP, SECOND, "two!", &options, NULL,
                                  NULL, TEST_ERROR));
    cr_assert_eq(apply_change(SECOND, "two!"), 0u);
    expect_previews("two!");
    must_succeed(cruddur_msg_delete(store.dm, test_ann.uuid, GROUP, SECOND, &options, NULL, NULL,
                                    TEST_ERROR));
    cr_assert_eq(apply_change(SECOND, ""), 0u);
    expect_previews("");
    test_check(&store);
}

/* The newest message has expired and gone, and one comes that is put alone, at the same key. */
Test(modify, of_one_that_has_the_key_of_one_that_expired, .init = begin, .fini = end)
{
    event made;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.message_uuid = "00000000-0000-4000-8000-0000000000c3";
    options.expires_in_s = 600;
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, GROUP, "gone", &options, NULL, TEST_ERROR));
    cruddur_row_page *page = scan();
    size_t place = place_of(page, options.message_uuid);
    cr_row row = raw_row_at(page, place);
    must_succeed(raw_remove(store.dm, page, place));
    row.value[CR_TEXT] = cr_str_of("three");
    row.value[CR_MESSAGE_UUID] = cr_str_of("00000000-0000-4000-8000-0000000000c4");
    row.value[CR_EXPIRES_AT] = CR_STR_ABSENT;
    must_succeed(raw_put_row(store.dm, &row));
    cruddur_row_page_free(page);
    for (size_t i = 0; i < 2; i++) {
        event_begin(&made);
        page = scan();
        event_add_insert(&made, page, place_of(page, "00000000-0000-4000-8000-0000000000c4"), 1);
        cruddur_row_page_free(page);
        cruddur_stream_result *result = event_apply(&made, store.dm, NULL);
        cr_assert_eq(cruddur_stream_result_moved_count(result), i == 0 ? 1u : 0u);
        cruddur_stream_result_free(result);
        expect_previews("three");
    }
    test_check(&store);
}

/* The insert and two changes in one event: the rows are where the insert has them. */
Test(modify, with_the_insert, .init = begin, .fini = end)
{
    event made;
    change(FIRST, "one!");
    change(SECOND, "two!");
    cruddur_row_page *page = scan();
    size_t first = place_of(page, FIRST);
    size_t second = place_of(page, SECOND);
    event_begin(&made);
    event_add_change(&made, page, second, "in between", 2);
    event_add_change(&made, page, second, "two!", 3);
    event_add_insert(&made, page, second, 1);
    event_add_change(&made, page, first, "one!", 4);
    cruddur_row_page_free(page);
    cruddur_stream_result *result = event_apply(&made, store.dm, NULL);
    cr_assert_eq(cruddur_stream_result_message_count(result), 4u);
    cr_assert_eq(cruddur_stream_result_group_count(result), 1u);
    cr_assert_eq(cruddur_stream_result_moved_count(result), 1u);
    cruddur_stream_result_free(result);
    expect_previews("two!");
    test_check(&store);
}
