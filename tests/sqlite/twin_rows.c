/* SPDX-License-Identifier: MIT */
/* Group rows that are not as they should be, as writers without transactions leave them: two of one
 * group, or none, or behind their time. Listings hide it, and the next append sets it right. */
#include <stdio.h>
#include <string.h>

#include "sqlite/bed.h"

TestSuite(twin_rows, .init = bed_make, .fini = bed_remove, .timeout = 120);

#define GROUPS 9
#define SECOND_US 1000000

static char path[PATH_SIZE];

static void group_uuid_of(unsigned group, char uuid[CRUDDUR_UUID_SIZE])
{
    number_uuid(10 + group, uuid);
}

static void sort_key_of(int64_t time_us, char key[CRUDDUR_TIME_SIZE])
{
    must_succeed(cruddur_time_format(time_us, key, TEST_ERROR));
}

/* When the newest message of a group is from. */
static int64_t time_of(unsigned group)
{
    return NOON_US + (int64_t)group * 10 * SECOND_US;
}

/* Person 0 with a group with each of the others, group 0 the oldest. */
static cruddur *make_groups(void)
{
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
    cruddur *dm = open_store(path);
    for (unsigned group = 0; group < GROUPS; group++) {
        char uuid[CRUDDUR_UUID_SIZE];
        char text[32];
        cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
        group_uuid_of(group, uuid);
        (void)snprintf(text, sizeof(text), "group %u", group);
        options.group_uuid = uuid;
        options.created_at_us = time_of(group);
        must_succeed(cruddur_group_create(dm, person(0), person(group + 1), 1, text, &options, NULL,
                                          TEST_ERROR));
    }
    return dm;
}

/* An export that has one row. */
typedef struct one_row {
    char text[1024];
    size_t size;
    size_t given;
} one_row;

static bool give_text(void *data, char *text, size_t size, size_t *ret_size)
{
    one_row *row = data;
    size_t rest = row->size - row->given;
    *ret_size = rest < size ? rest : size;
    memcpy(text, row->text + row->given, *ret_size);
    row->given += *ret_size;
    return true;
}

/* A second row of the group for a member, at another time: an import brings it, as the changes of
 * this engine make none. */
static void plant_twin(cruddur *dm, unsigned member, unsigned group, int64_t time_us)
{
    one_row row = {.size = 0};
    char uuid[CRUDDUR_UUID_SIZE];
    char key[CRUDDUR_TIME_SIZE];
    cruddur_import_options options = CRUDDUR_IMPORT_OPTIONS_INIT;
    const cruddur_user *other = person(member == 0 ? group + 1 : 0);
    group_uuid_of(group, uuid);
    sort_key_of(time_us, key);
    row.size = (size_t)snprintf(
        row.text, sizeof(row.text),
        "{\"Item\":{\"pk\":{\"S\":\"GRP#%s\"},\"sk\":{\"S\":\"%s\"},\"message_group_uuid\":{\"S\":"
        "\"%s\"},"
        "\"message\":{\"S\":\"stale\"},\"user_uuid\":{\"S\":\"%s\"},"
        "\"user_display_name\":{\"S\":\"%s\"},\"user_handle\":{\"S\":\"%s\"}}}\n",
        person(member)->uuid, key, uuid, other->uuid, other->display_name, other->handle);
    must_succeed(cruddur_import(dm, give_text, &row, &options, TEST_ERROR));
}

static int64_t count_rows(unsigned group)
{
    char sql[128];
    char uuid[CRUDDUR_UUID_SIZE];
    group_uuid_of(group, uuid);
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM cruddur_messages WHERE message_group_uuid = '%s'", uuid);
    return raw_number(path, sql);
}

/* ---- listings ---- */

static void check_row(const cruddur_group *row, unsigned group)
{
    char uuid[CRUDDUR_UUID_SIZE];
    char key[CRUDDUR_TIME_SIZE];
    group_uuid_of(group, uuid);
    sort_key_of(time_of(group), key);
    cr_assert_str_eq(cruddur_group_uuid(row), uuid, "group %u was expected", group);
    cr_assert_str_eq(cruddur_group_sort_key(row), key);
    cr_assert_str_neq(cruddur_group_text(row), "stale");
}

/* The whole list, page by page: each group once, by its newer row. */
static void walk(cruddur *dm, uint32_t limit, bool from_oldest)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    char cursor[512];
    unsigned seen = 0;
    bool has_more = true;
    options.limit = limit;
    options.start = from_oldest ? CRUDDUR_START_OLDEST : CRUDDUR_START_NEWEST;
    options.order = from_oldest ? CRUDDUR_OLDEST_FIRST : CRUDDUR_NEWEST_FIRST;
    while (has_more) {
        cruddur_group_page *page = NULL;
        must_succeed(cruddur_group_list(dm, person(0)->uuid, &options, &page, TEST_ERROR));
        size_t count = cruddur_group_page_count(page);
        has_more =
            from_oldest ? cruddur_group_page_has_newer(page) : cruddur_group_page_has_older(page);
        cr_assert(count == limit || !has_more, "limit %u: a page of %zu, and more to come", limit,
                  count);
        cr_assert(count > 0, "limit %u: more was promised after %u groups", limit, seen);
        for (size_t i = 0; i < count; i++, seen++) {
            check_row(cruddur_group_page_at(page, i), from_oldest ? seen : GROUPS - 1 - seen);
        }
        (void)snprintf(cursor, sizeof(cursor), "%s",
                       from_oldest ? cruddur_group_page_newer(page)
                                   : cruddur_group_page_older(page));
        options.cursor = cursor;
        cruddur_group_page_free(page);
    }
    cr_assert_eq(seen, GROUPS, "limit %u: %u groups", limit, seen);
}

static void walk_all_ways(cruddur *dm)
{
    for (uint32_t limit = 1; limit <= GROUPS + 4; limit++) {
        walk(dm, limit, false);
        walk(dm, limit, true);
    }
}

Test(twin_rows, hidden_beside_the_newer)
{
    cruddur *dm = make_groups();
    plant_twin(dm, 0, 4, time_of(4) - SECOND_US);
    plant_twin(dm, 0, 7, time_of(7) - SECOND_US);
    walk_all_ways(dm);
    cruddur_close(dm);
}

Test(twin_rows, hidden_far_from_the_newer)
{
    cruddur *dm = make_groups();
    for (unsigned group = 3; group < GROUPS; group++) {
        plant_twin(dm, 0, group, time_of(1) + (int64_t)group * 1000);
        plant_twin(dm, 0, group, time_of(2) + (int64_t)group * 1000);
    }
    walk_all_ways(dm);
    cruddur_close(dm);
}

/* Behind the oldest group there are nothing but rows that are hidden: the list has no more. */
Test(twin_rows, hidden_at_the_end)
{
    cruddur *dm = make_groups();
    for (unsigned group = 0; group < GROUPS; group++) {
        plant_twin(dm, 0, group, time_of(0) - (int64_t)(group + 1) * SECOND_US);
    }
    walk_all_ways(dm);
    cruddur_close(dm);
}

/* Back from a page in the middle. */
Test(twin_rows, hidden_on_the_way_back)
{
    cruddur *dm = make_groups();
    cruddur_group_page *first = NULL;
    cruddur_group_page *second = NULL;
    cruddur_group_page *back = NULL;
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    plant_twin(dm, 0, 8, time_of(3) + 1);
    plant_twin(dm, 0, 7, time_of(6) + 1);
    options.limit = 3;
    must_succeed(cruddur_group_list(dm, person(0)->uuid, &options, &first, TEST_ERROR));
    options.cursor = cruddur_group_page_older(first);
    must_succeed(cruddur_group_list(dm, person(0)->uuid, &options, &second, TEST_ERROR));
    options.cursor = cruddur_group_page_newer(second);
    must_succeed(cruddur_group_list(dm, person(0)->uuid, &options, &back, TEST_ERROR));
    cr_assert_eq(cruddur_group_page_count(back), 3);
    for (unsigned i = 0; i < 3; i++) {
        check_row(cruddur_group_page_at(first, i), 8 - i);
        check_row(cruddur_group_page_at(second, i), 5 - i);
        check_row(cruddur_group_page_at(back, i), 8 - i);
    }
    cruddur_group_page_free(first);
    cruddur_group_page_free(second);
    cruddur_group_page_free(back);
    cruddur_close(dm);
}

/* ---- the note about them ---- */

static int64_t count_notes(void)
{
    return raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk = 'STORE#TWINS'");
}

static void check_all(cruddur *dm, uint32_t flags)
{
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    options.flags = flags;
    must_succeed(cruddur_check(dm, &options, TEST_ERROR));
}

Test(twin_rows, forgotten_when_the_last_is_mended)
{
    cruddur *dm = make_groups();
    check_all(dm, CRUDDUR_CHECK_REPAIR);
    cr_assert_eq(count_notes(), 0);
    plant_twin(dm, 0, 4, time_of(4) - SECOND_US);
    plant_twin(dm, 3, 2, time_of(2) - SECOND_US);
    check_all(dm, 0);
    cr_assert_eq(count_notes(), 1);
    walk_all_ways(dm);
    check_all(dm, CRUDDUR_CHECK_REPAIR);
    cr_assert_eq(count_notes(), 0);
    walk_all_ways(dm);
    plant_twin(dm, 0, 5, time_of(5) - SECOND_US);
    cr_assert_eq(count_notes(), 1);
    walk_all_ways(dm);
    check_all(dm, CRUDDUR_CHECK_REPAIR);
    cruddur_close(dm);
    must_be_sound(path);
}

/* Another program's row, which the index has, too, is left alone. */
Test(twin_rows, remembered_as_long_as_any_are_left)
{
    cruddur *dm = make_groups();
    plant_twin(dm, 0, 4, time_of(4) - SECOND_US);
    raw_run(path, "INSERT INTO cruddur_messages (pk, sk, message_group_uuid) SELECT pk, 'note',"
                  " message_group_uuid FROM cruddur_messages WHERE message = 'group 6'");
    check_all(dm, CRUDDUR_CHECK_REPAIR);
    cr_assert_eq(count_notes(), 1);
    raw_run(path, "DELETE FROM cruddur_messages WHERE sk = 'note'");
    check_all(dm, CRUDDUR_CHECK_REPAIR);
    cr_assert_eq(count_notes(), 0);
    cruddur_close(dm);
    must_be_sound(path);
}

/* ---- the next append ---- */

static void append_to(cruddur *dm, unsigned author, unsigned group)
{
    char uuid[CRUDDUR_UUID_SIZE];
    group_uuid_of(group, uuid);
    append_text(dm, author, uuid, "set right");
}

/* An interrupted rewrite: one member has the new row and the old, the other the old one only. */
Test(twin_rows, healed_when_a_member_lags)
{
    cruddur *dm = make_groups();
    plant_twin(dm, 0, 3, time_of(3) - SECOND_US);
    plant_twin(dm, 4, 3, time_of(3) - SECOND_US);
    raw_run(path, "DELETE FROM cruddur_messages WHERE pk = 'GRP#' || "
                  "'00000000-0000-4000-8000-000000000005' AND message <> 'stale'");
    cr_assert_eq(count_rows(3), 3);
    append_to(dm, 4, 3);
    cruddur_close(dm);
    cr_assert_eq(count_rows(3), 2);
    must_be_sound(path);
    must_pass_checker(path);
}

/* A message that a stream has yet to bring to the inboxes. */
Test(twin_rows, healed_when_all_lag)
{
    char sql[512];
    char uuid[CRUDDUR_UUID_SIZE];
    char key[CRUDDUR_TIME_SIZE];
    cruddur *dm = make_groups();
    cruddur_group *group = NULL;
    group_uuid_of(3, uuid);
    sort_key_of(time_of(3) + SECOND_US, key);
    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO cruddur_messages (pk, sk, message, message_uuid, user_uuid, "
                   "user_display_name, user_handle) VALUES ('MSG#%s', '%s', 'ahead', "
                   "'aaaaaaaa-0000-4000-8000-000000000001', '%s', 'A', 'a')",
                   uuid, key, person(0)->uuid);
    raw_run(path, sql);
    must_succeed(cruddur_group_get(dm, person(4)->uuid, uuid, NULL, &group, TEST_ERROR));
    cr_assert_str_eq(cruddur_group_text(group), "group 3");
    cruddur_group_free(group);
    append_to(dm, 4, 3);
    cruddur_close(dm);
    cr_assert_eq(count_rows(3), 2);
    must_be_sound(path);
    must_pass_checker(path);
}

Test(twin_rows, healed_when_a_member_has_none)
{
    cruddur *dm = make_groups();
    cruddur_group_page *page = NULL;
    raw_run(path, "DELETE FROM cruddur_messages WHERE pk = 'GRP#' || "
                  "'00000000-0000-4000-8000-000000000005'");
    must_succeed(cruddur_group_list(dm, person(4)->uuid, NULL, &page, TEST_ERROR));
    cr_assert_eq(cruddur_group_page_count(page), 0);
    cruddur_group_page_free(page);
    append_to(dm, 0, 3);
    must_succeed(cruddur_group_list(dm, person(4)->uuid, NULL, &page, TEST_ERROR));
    cr_assert_eq(cruddur_group_page_count(page), 1);
    const cruddur_group *row = cruddur_group_page_at(page, 0);
    cr_assert_str_eq(cruddur_group_text(row), "set right");
    cr_assert_str_eq(cruddur_group_user_uuid(row), person(0)->uuid);
    cr_assert_str_eq(cruddur_group_user_display_name(row), person(0)->display_name);
    cruddur_group_page_free(page);
    append_to(dm, 4, 3);
    cruddur_close(dm);
    must_be_sound(path);
    must_pass_checker(path);
}

/* Of a large group, most rows are gone or double. */
Test(twin_rows, healed_in_a_large_group)
{
    char uuid[CRUDDUR_UUID_SIZE];
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
    cruddur *dm = open_store(path);
    group_uuid_of(0, uuid);
    open_group(dm, 0, 9, uuid, "first", time_of(0));
    raw_run(path, "DELETE FROM cruddur_messages WHERE pk IN "
                  "('GRP#00000000-0000-4000-8000-000000000003',"
                  " 'GRP#00000000-0000-4000-8000-000000000007')");
    raw_run(path, "INSERT INTO cruddur_messages (pk, sk, message_group_uuid, message, user_uuid,"
                  " user_display_name, user_handle, group_name, member_uuids)"
                  " SELECT pk, '2024-05-06T11:00:00.000000+00:00',"
                  " message_group_uuid, 'stale', user_uuid, user_display_name, user_handle,"
                  " group_name, member_uuids FROM cruddur_messages WHERE pk IN "
                  "('GRP#00000000-0000-4000-8000-000000000001',"
                  " 'GRP#00000000-0000-4000-8000-000000000002')");
    append_to(dm, 4, 0);
    cruddur_close(dm);
    cr_assert_eq(count_rows(0), 9);
    must_be_sound(path);
    must_pass_checker(path);
}

/* Whoever has no row, and is named by nobody's, is still no member. */
Test(twin_rows, strangers_stay_out)
{
    char uuid[CRUDDUR_UUID_SIZE];
    cruddur *dm = make_groups();
    plant_twin(dm, 0, 3, time_of(3) - SECOND_US);
    group_uuid_of(3, uuid);
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_append(dm, person(9), uuid, "hello", NULL, NULL, TEST_ERROR));
    cruddur_close(dm);
}
