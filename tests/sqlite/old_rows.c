/* SPDX-License-Identifier: MIT */
/* Rows that the original application wrote: sort keys of other forms, attributes that the library
 * does not know. They are read, ordered, and moved, to the letter. */
#include <stdio.h>
#include <string.h>

#include "sqlite/bed.h"

TestSuite(old_rows, .init = bed_make, .fini = bed_remove, .timeout = 120);

static char group_uuid[CRUDDUR_UUID_SIZE];
static char path[PATH_SIZE];

/* Rows as SQL writes them; %1$s ann, %2$s ben, %3$s the group. */
static void insert_row(const char *pk_prefix, const char *owner, const char *sk,
                       const char *other_columns, const char *other_values)
{
    char sql[1024];
    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO cruddur_messages (pk, sk, %s) VALUES ('%s%s', '%s', %s)",
                   other_columns, pk_prefix, owner, sk, other_values);
    raw_run(path, sql);
}

static void insert_message(const char *sk, unsigned author, unsigned number, const char *others)
{
    char values[768];
    (void)snprintf(values, sizeof(values),
                   "'message %u', 'aaaaaaaa-0000-4000-8000-%012u', '%s', 'Old %u', 'old%u', %s",
                   number, number, person(author)->uuid, author, author, others);
    insert_row("MSG#", group_uuid, sk,
               "message, message_uuid, user_uuid, user_display_name, user_handle, "
               "other_attributes",
               values);
}

static void insert_group_row(const char *sk, unsigned owner, unsigned other, unsigned number,
                             const char *others)
{
    char values[768];
    (void)snprintf(values, sizeof(values), "'%s', 'message %u', '%s', 'Old %u', 'old%u', %s",
                   group_uuid, number, person(other)->uuid, other, other, others);
    insert_row("GRP#", person(owner)->uuid, sk,
               "message_group_uuid, message, user_uuid, user_display_name, user_handle, "
               "other_attributes",
               values);
}

static cruddur *make_store(void)
{
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
    number_uuid(2, group_uuid);
    return open_store(path);
}

/* A whole group whose newest message has this sort key. */
static void insert_group(const char *sk)
{
    insert_message(sk, 0, 1, "NULL");
    insert_group_row(sk, 0, 1, 1, "NULL");
    insert_group_row(sk, 1, 0, 1, "NULL");
}

/* Appends; the group's rows are where they should be, and none of the old are left. */
static void must_append(cruddur *dm, unsigned author, const char *old_sk)
{
    char sql[256];
    char old_text[64];
    cruddur_msg *msg = NULL;
    must_succeed(cruddur_msg_append(dm, person(author), group_uuid, "new", NULL, &msg, TEST_ERROR));
    (void)snprintf(old_text, sizeof(old_text), "%s", old_sk);
    cr_assert_gt(strcmp(cruddur_msg_sort_key(msg), old_text), 0);
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'GRP#*' AND sk = '%s' AND "
                   "message = 'new'",
                   cruddur_msg_sort_key(msg));
    cr_assert_eq(raw_number(path, sql), 2);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'GRP#*'"),
                 2);
    cruddur_msg_free(msg);
}

static const struct form {
    const char *sk;
    int64_t time_us;
} forms[] = {
    {"2023-04-05T06:07:08.123456+00:00", INT64_C(1680674828123456)},
    {"2023-04-05T06:07:08+00:00", INT64_C(1680674828000000)},
    {"2023-04-05T06:07:08", INT64_C(1680674828000000)},
    {"2023-04-05T06:07:08.5", INT64_C(1680674828500000)},
    {"2023-04-05T06:07:08Z", INT64_C(1680674828000000)},
    {"2023-04-05T06:07:08.123Z", INT64_C(1680674828123000)},
    {"2023-04-05 06:07:08.123456", INT64_C(1680674828123456)},
    {"2023-04-05T06:07:08.123456-05:00", INT64_C(1680692828123456)},
    {"2023-04-05T06:07:08.123456+09:30", INT64_C(1680640628123456)},
    {"2023-04-05T06:07:08-0500", INT64_C(1680692828000000)},
    {"2099-12-31T23:59:59.999999-05:00", INT64_C(4102462799999999)}, /* seeded ahead */
    {"2099-12-31T23:59:59", INT64_C(4102444799000000)},
};

static void check_form(const struct form *form)
{
    cruddur *dm = make_store();
    cruddur_msg_page *messages = NULL;
    cruddur_group_page *groups = NULL;
    insert_group(form->sk);
    must_succeed(cruddur_msg_list(dm, person(0)->uuid, group_uuid, NULL, &messages, TEST_ERROR));
    must_succeed(cruddur_group_list(dm, person(1)->uuid, NULL, &groups, TEST_ERROR));
    cr_assert_eq(cruddur_msg_page_count(messages), 1, "%s", form->sk);
    cr_assert_eq(cruddur_group_page_count(groups), 1, "%s", form->sk);
    const cruddur_msg *msg = cruddur_msg_page_at(messages, 0);
    const cruddur_group *group = cruddur_group_page_at(groups, 0);
    cr_assert_str_eq(cruddur_msg_sort_key(msg), form->sk);
    cr_assert_str_eq(cruddur_group_sort_key(group), form->sk);
    cr_assert_eq(cruddur_msg_created_at_us(msg), form->time_us, "%s", form->sk);
    cr_assert_eq(cruddur_group_last_message_at_us(group), form->time_us, "%s", form->sk);
    cr_assert_str_eq(cruddur_group_user_display_name(group), "Old 0");
    cruddur_msg_page_free(messages);
    cruddur_group_page_free(groups);
    must_append(dm, 1, form->sk);
    must_append(dm, 0, form->sk);
    cruddur_close(dm);
    must_be_sound(path);
    bed_remove_store(path);
}

Test(old_rows, sort_keys_of_all_forms)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        check_form(&forms[i]);
    }
}

/* The order of a list is the order of the keys' bytes, through pages of any size, both ways. */
Test(old_rows, listed_in_order)
{
    static const char *const keys[] = {
        "2023-04-05 06:07:08.123456", "2023-04-05T06:07:08",
        "2023-04-05T06:07:08+00:00",  "2023-04-05T06:07:08.000001+00:00",
        "2023-04-05T06:07:08.5",      "2023-04-05T06:07:08.500000+00:00",
        "2023-04-05T06:07:08Z",       "2023-04-05T06:07:09.000000+00:00",
    };
    const size_t count = sizeof(keys) / sizeof(keys[0]);
    cruddur *dm = make_store();
    for (unsigned i = 0; i < count; i++) {
        insert_message(keys[i], 0, i, "NULL");
    }
    insert_group_row(keys[count - 1], 0, 1, (unsigned)count - 1, "NULL");
    insert_group_row(keys[count - 1], 1, 0, (unsigned)count - 1, "NULL");
    for (uint32_t limit = 1; limit <= count; limit++) {
        cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
        cruddur_msg_page *page = NULL;
        char cursor[512];
        size_t at = 0;
        options.limit = limit;
        options.start = CRUDDUR_START_OLDEST;
        options.order = CRUDDUR_OLDEST_FIRST;
        do {
            must_succeed(
                cruddur_msg_list(dm, person(1)->uuid, group_uuid, &options, &page, TEST_ERROR));
            for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
                cr_assert_str_eq(cruddur_msg_sort_key(cruddur_msg_page_at(page, i)), keys[at++]);
            }
            (void)snprintf(cursor, sizeof(cursor), "%s", cruddur_msg_page_newer(page));
            options.cursor = cursor;
            size_t on_page = cruddur_msg_page_count(page);
            bool has_newer = cruddur_msg_page_has_newer(page);
            cr_assert_eq(has_newer, at < count);
            cr_assert(on_page > 0 && on_page <= limit);
            cruddur_msg_page_free(page);
        } while (at < count);
    }
    cruddur_close(dm);
}

/* A key is deleted as it is: another row at the same moment, written otherwise, stays. */
Test(old_rows, deleted_to_the_letter)
{
    cruddur *dm = make_store();
    char first_group[CRUDDUR_UUID_SIZE];
    insert_group("2023-04-05T06:07:08+00:00");
    memcpy(first_group, group_uuid, sizeof(first_group));
    number_uuid(3, group_uuid);
    insert_group("2023-04-05T06:07:08.000000+00:00");
    append_text(dm, 0, first_group, "new");
    cruddur_close(dm);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'GRP#*'"
                                  " AND sk = '2023-04-05T06:07:08.000000+00:00'"),
                 2);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'GRP#*'"
                                  " AND sk = '2023-04-05T06:07:08+00:00'"),
                 0);
    must_be_sound(path);
}

/* What the library does not know moves with the row that it is on, and stays on messages. */
Test(old_rows, unknown_attributes_are_carried)
{
    static const char *const sk = "2023-04-05T06:07:08+00:00";
    static const char *const mine = "'{\"starred\": {\"BOOL\": true}, \"x\": {\"N\": \"1\"}}'";
    static const char *const theirs = "'{\"muted\": {\"S\": \"für \\\"immer\\\"\"}}'";
    cruddur *dm = make_store();
    cruddur_row_page *rows = NULL;
    size_t others = cruddur_row_attribute_count() - 1;
    size_t seen = 0;
    insert_message(sk, 0, 1, "'{\"source\": {\"S\": \"seed\"}}'");
    insert_group_row(sk, 0, 1, 1, mine);
    insert_group_row(sk, 1, 0, 1, theirs);
    append_text(dm, 0, group_uuid, "new");
    append_text(dm, 1, group_uuid, "newer");
    must_succeed(cruddur_scan(dm, NULL, &rows, TEST_ERROR));
    for (size_t i = 0; i < cruddur_row_page_count(rows); i++) {
        const char *found = cruddur_row_page_get(rows, i, others);
        const char *pk = cruddur_row_page_get(rows, i, 0);
        if (strcmp(pk + 4, person(0)->uuid) == 0) {
            cr_assert_str_eq(found, "{\"starred\": {\"BOOL\": true}, \"x\": {\"N\": \"1\"}}");
            seen++;
        } else if (strcmp(pk + 4, person(1)->uuid) == 0) {
            cr_assert_str_eq(found, "{\"muted\": {\"S\": \"für \\\"immer\\\"\"}}");
            seen++;
        } else if (strcmp(cruddur_row_page_get(rows, i, 1), sk) == 0) {
            cr_assert_str_eq(found, "{\"source\": {\"S\": \"seed\"}}");
            seen++;
        } else {
            cr_assert_null(found);
        }
    }
    cr_assert_eq(seen, 3);
    cruddur_row_page_free(rows);
    cruddur_close(dm);
    must_be_sound(path);
}

/* A message without names or a uuid, a group row without text. */
Test(old_rows, missing_attributes)
{
    static const char *const sk = "2023-04-05T06:07:08+00:00";
    cruddur *dm = make_store();
    cruddur_msg_page *messages = NULL;
    cruddur_group_page *groups = NULL;
    char values[256];
    (void)snprintf(values, sizeof(values), "'%s', '%s'", group_uuid, person(1)->uuid);
    insert_row("MSG#", group_uuid, sk, "message", "'bare'");
    insert_row("GRP#", person(0)->uuid, sk, "message_group_uuid, user_uuid", values);
    must_succeed(cruddur_msg_list(dm, person(0)->uuid, group_uuid, NULL, &messages, TEST_ERROR));
    must_succeed(cruddur_group_list(dm, person(0)->uuid, NULL, &groups, TEST_ERROR));
    const cruddur_msg *msg = cruddur_msg_page_at(messages, 0);
    cr_assert_str_eq(cruddur_msg_text(msg), "bare");
    cr_assert_str_eq(cruddur_msg_uuid(msg), "");
    cr_assert_str_eq(cruddur_msg_user_uuid(msg), "");
    cr_assert_str_eq(cruddur_msg_user_display_name(msg), "");
    cr_assert_str_eq(cruddur_group_text(cruddur_group_page_at(groups, 0)), "");
    cruddur_msg_page_free(messages);
    cruddur_group_page_free(groups);
    append_text(dm, 0, group_uuid, "new");
    cruddur_close(dm);
    must_be_sound(path);
}
