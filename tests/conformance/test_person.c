/* SPDX-License-Identifier: MIT */
/* cruddur_person_erase(): what is gone, what stays, and for whom. */
#include "eve.h"
#include "planted.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

TestSuite(person, .init = eve_begin, .fini = suite_end, .timeout = 600);

/* ---- the call ---- */

static cruddur_person_event erase(const cruddur_user *user, uint32_t flags)
{
    eve_told heard = {.parts = 0};
    cruddur_person_options options = eve_options(flags, &heard);
    test_store_settle(&store);
    must_succeed(cruddur_person_erase(store.dm, user->uuid, &options, TEST_ERROR));
    cr_assert_str_eq(heard.cursor, "");
    return heard.last;
}

/* ---- what the table has ---- */

static bool bytes_have(const char *bytes, size_t size, const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= size; i++) {
        if (memcmp(bytes + i, text, length) == 0) {
            return true;
        }
    }
    return false;
}

static bool file_has(const char *name, const char *text)
{
    char path[400];
    char *bytes = NULL;
    (void)snprintf(path, sizeof(path), "%s/%s", store.dir, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    cr_assert_eq(fseek(file, 0, SEEK_END), 0);
    size_t size = (size_t)ftell(file);
    bytes = malloc(size + 1);
    cr_assert_not_null(bytes);
    rewind(file);
    cr_assert_eq(fread(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
    bool is_there = bytes_have(bytes, size, text);
    free(bytes);
    return is_there;
}

static bool is_file(void)
{
    return strncmp(store.url, "sqlite:", 7) == 0 && test_store_is_lasting(&store);
}

static void expect_gone(const char *text)
{
    cr_assert_not(table_has(text), "the table has %s", text);
    if (is_file()) {
        cr_assert_not(file_has("store.db", text), "the file has %s", text);
        cr_assert_not(file_has("store.db-wal", text), "the log has %s", text);
    }
}

/* ---- groups ---- */

static cruddur_status append_as(const cruddur_user *author, const group_id *group)
{
    return cruddur_msg_append(store.dm, author, group->text, "more", NULL, NULL, TEST_ERROR);
}

/* ---- erasing ---- */

Test(person, erases_texts_names_and_reactions)
{
    talk all = talk_with_eve();
    cruddur_person_event event = erase(&eve, 0);
    cr_assert_eq(event.groups, 2, "%lu", (unsigned long)event.groups);
    cr_assert_eq(event.messages, 5, "%lu", (unsigned long)event.messages);
    cr_assert_eq(event.skipped, 0);
    expect_gone(EVE_NAME);
    expect_gone(EVE_HANDLE);
    expect_gone(EVE_TEXT);
    expect_gone("🦄");
    expect_reactions(&all.four, &all.reacted, "👍 a0000000-0000-4000-8000-00000000000a;");
    cruddur_msg_page *page = list_messages(&test_bob, &all.direct, NULL);
    cr_assert_eq(cruddur_msg_page_count(page), 3);
    cr_assert_str_eq(cruddur_msg_text(cruddur_msg_page_at(page, 0)), "");
    cr_assert_str_eq(cruddur_msg_user_display_name(cruddur_msg_page_at(page, 0)), "deleted user");
    cr_assert_str_eq(cruddur_msg_user_handle(cruddur_msg_page_at(page, 0)), "");
    cr_assert_str_eq(cruddur_msg_user_uuid(cruddur_msg_page_at(page, 0)), eve.uuid);
    cr_assert_str_eq(cruddur_msg_text(cruddur_msg_page_at(page, 1)), "from bob");
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(person, is_out_of_larger_groups_and_direct_ones_are_closed)
{
    talk all = talk_with_eve();
    said bobs = say_named(&test_bob, &all.direct, "mine", 0);
    (void)erase(&eve, 0);
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", append_as(&eve, &all.four));
    must_succeed(append_as(&test_bob, &all.four));
    must_fail(CRUDDUR_E_CLOSED, "group_uuid", append_as(&test_bob, &all.direct));
    must_fail(CRUDDUR_E_CLOSED, "group_uuid", append_as(&eve, &all.direct));
    must_fail(CRUDDUR_E_CLOSED, "others",
              cruddur_group_create(store.dm, &test_bob, &eve, 1, "again", NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_CLOSED, "group_uuid",
              cruddur_msg_edit(store.dm, test_bob.uuid, all.direct.text, bobs.uuid, "other", NULL,
                               NULL, NULL, TEST_ERROR));
    (void)delete_it(&test_bob, &all.direct, &bobs, true);
    cr_assert_eq(count_in("GRP#e0000000-0000-4000-8000-00000000000e", NULL), 1);
    test_store_settle(&store);
    cruddur_group_page *page = list_groups(&eve, NULL);
    cr_assert_eq(cruddur_group_page_count(page), 1);
    cr_assert_not(cruddur_group_is_pinned(cruddur_group_page_at(page, 0)));
    cruddur_group_page_free(page);
    test_check(&store);
}

Test(person, erases_once)
{
    (void)talk_with_eve();
    (void)erase(&eve, 0);
    test_report before = test_check_summary(&store);
    cruddur_person_event event = erase(&eve, 0);
    cr_assert_eq(event.groups + event.messages + event.inbox_rows, 0);
    test_report after = test_check_summary(&store);
    cr_assert_str_eq(before.text, after.text);
    cruddur_user nobody = eve;
    nobody.uuid = "f0000000-0000-4000-8000-00000000000f";
    event = erase(&nobody, 0);
    cr_assert_eq(event.groups + event.messages + event.inbox_rows, 0);
}

Test(person, may_keep_texts)
{
    talk all = talk_with_eve();
    (void)erase(&eve, CRUDDUR_PERSON_KEEP_TEXT);
    expect_gone(EVE_NAME);
    expect_gone(EVE_HANDLE);
    cr_assert(table_has(EVE_TEXT " 1"));
    cr_assert(table_has(EVE_TEXT " 4"));
    cr_assert(table_has("🦄"));
    must_fail(CRUDDUR_E_CLOSED, "group_uuid", append_as(&test_bob, &all.direct));
    cruddur_person_event event = erase(&eve, 0); /* and then not */
    cr_assert_eq(event.messages, 5);
    expect_gone(EVE_TEXT);
    test_check(&store);
}

/* What other programs have left: a preview in a row that no change of the group finds, a row of a
 * group that Eve has left, names in a group without a card. */
Test(person, finds_rows_that_are_not_in_order)
{
    talk all = talk_with_eve();
    say(&test_cem, &all.left, "later");
    test_store_settle(&store);
    const planted rows[] = {{{[CR_PK] = "GRP#e0000000-0000-4000-8000-00000000000e",
                              [CR_SK] = "2120-01-01T00:00:00.000000+00:00",
                              [CR_GROUP_UUID] = all.left.text,
                              [CR_TEXT] = "old",
                              [CR_USER_UUID] = test_bob.uuid,
                              [CR_DISPLAY_NAME] = "Bob",
                              [CR_HANDLE] = "bob"}},
                            {{[CR_PK] = "GRP#e0000000-0000-4000-8000-00000000000e",
                              [CR_SK] = "PROFILE",
                              [CR_OTHERS] = "{\"likes\":{\"S\":\"cake\"}}"}}};
    plant(rows, 2);
    uproot_card(&all.direct);
    cruddur_person_event event = erase(&eve, 0);
    cr_assert_eq(event.foreign, 1);
    expect_planted(&rows[1], 1);
    expect_gone(EVE_NAME);
    expect_gone(EVE_TEXT);
    cr_assert_eq(count_in("GRP#e0000000-0000-4000-8000-00000000000e", all.left.text), 0);
    must_fail(CRUDDUR_E_CLOSED, "group_uuid", append_as(&test_bob, &all.direct));
    check_beside(1);
}

/* A group that no call can read: its card is damaged. */
Test(person, is_erased_from_damaged_groups)
{
    group_id group = open_direct(&eve, &test_bob, EVE_TEXT " 1");
    say(&eve, &group, EVE_TEXT " 2");
    test_store_settle(&store);
    uproot_card(&group);
    const planted card = {{[CR_PK] = planted_text("CARD#%s", group.text),
                           [CR_SK] = "CARD",
                           [CR_MEMBER_UUIDS] = eve.uuid,
                           [CR_REV] = "0"}};
    plant(&card, 1);
    eve_told heard = {.parts = 0};
    cruddur_person_options options = eve_options(0, &heard);
    must_fail(CRUDDUR_E_STORE_DAMAGED, NULL,
              cruddur_person_erase(store.dm, eve.uuid, &options, TEST_ERROR));
    cr_assert_str_eq(heard.cursor, "");
    cr_assert_eq(heard.last.skipped, 1);
    cr_assert_eq(heard.last.messages, 2);
    expect_planted(&card, 1);
    cr_assert_not(table_has(EVE_NAME));
    cr_assert_not(table_has(EVE_TEXT));
}

/* The call that continues behind the skipped group tells of it, too. */
Test(person, remembers_in_the_cursor_what_was_skipped)
{
    group_id group = open_direct(&eve, &test_bob, EVE_TEXT);
    test_store_settle(&store);
    strip(planted_text("CARD#%s", group.text), NULL, CR_REV);
    eve_told heard = {.parts_wanted = 1};
    eve_told rest = {.parts = 0};
    cruddur_person_options options = eve_options(0, &heard);
    must_succeed(cruddur_person_erase(store.dm, eve.uuid, &options, TEST_ERROR));
    cr_assert_str_neq(heard.cursor, "");
    options = eve_options(0, &rest);
    options.cursor = heard.cursor;
    must_fail(CRUDDUR_E_STORE_DAMAGED, NULL,
              cruddur_person_erase(store.dm, eve.uuid, &options, TEST_ERROR));
    cr_assert_eq(rest.last.skipped, 1);
    *strchr(heard.cursor, '+') = '-';
    must_fail(CRUDDUR_E_CURSOR_DAMAGED, "options.cursor",
              cruddur_person_erase(store.dm, eve.uuid, &options, TEST_ERROR));
}

/* ---- cursors ---- */

Test(person, goes_on_where_it_was_stopped)
{
    size_t runs = 0;
    eve_told heard = {.parts_wanted = 1};
    (void)talk_with_eve();
    do {
        char cursor[600];
        (void)snprintf(cursor, sizeof(cursor), "%s", heard.cursor);
        cruddur_person_options options = eve_options(0, &heard);
        options.cursor = *cursor == '\0' ? NULL : cursor;
        heard.parts = 0;
        must_succeed(cruddur_person_erase(store.dm, eve.uuid, &options, TEST_ERROR));
        runs++;
    } while (*heard.cursor != '\0' && runs < 50);
    cr_assert_eq(runs, 3, "%zu", runs);
    expect_gone(EVE_NAME);
    expect_gone(EVE_TEXT);
    test_check(&store);
}

Test(person, refuses_the_cursor_of_another)
{
    eve_told heard = {.parts_wanted = 1};
    cruddur_person_options options = eve_options(0, &heard);
    (void)talk_with_eve();
    must_succeed(cruddur_person_erase(store.dm, eve.uuid, &options, TEST_ERROR));
    eve_told other = {.parts = 0};
    options = eve_options(0, &other);
    options.cursor = heard.cursor;
    must_fail(CRUDDUR_E_CURSOR_FOREIGN, "options.cursor",
              cruddur_person_erase(store.dm, test_bob.uuid, &options, TEST_ERROR));
    must_fail(CRUDDUR_E_CURSOR_FOREIGN, "options.cursor",
              cruddur_person_export(store.dm, eve.uuid, &options, TEST_ERROR));
    options.flags = CRUDDUR_PERSON_KEEP_TEXT;
    must_fail(CRUDDUR_E_CURSOR_FOREIGN, "options.cursor",
              cruddur_person_erase(store.dm, eve.uuid, &options, TEST_ERROR));
    options.flags = 0;
    heard.cursor[strlen(heard.cursor) - 1] ^= 1;
    must_fail(CRUDDUR_E_CURSOR_DAMAGED, "options.cursor",
              cruddur_person_erase(store.dm, eve.uuid, &options, TEST_ERROR));
    char *pass = strchr(heard.cursor, ':');
    cr_assert_not_null(pass);
    pass[1] = '9';
    must_fail(CRUDDUR_E_CURSOR_DAMAGED, "options.cursor",
              cruddur_person_erase(store.dm, eve.uuid, &options, TEST_ERROR));
    cr_assert_eq(other.parts, 0);
}

/* ---- bad arguments ---- */

Test(person, refuses_what_makes_no_sense)
{
    eve_told heard = {.parts = 0};
    cruddur_person_options options = eve_options(CRUDDUR_PERSON_MESSAGES, &heard);
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "dm",
              cruddur_person_erase(NULL, eve.uuid, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "user_uuid",
              cruddur_person_erase(store.dm, NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_UUID, "user_uuid", cruddur_person_erase(store.dm, "eve", NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.flags",
              cruddur_person_erase(store.dm, eve.uuid, &options, TEST_ERROR));
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.flags",
              cruddur_person_export(store.dm, eve.uuid, &options, TEST_ERROR));
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "options",
              cruddur_person_export(store.dm, eve.uuid, NULL, TEST_ERROR));
    options = eve_options(0, &heard);
    options.observe = NULL;
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "options.observe",
              cruddur_person_export(store.dm, eve.uuid, &options, TEST_ERROR));
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "lookup",
              cruddur_person_rename(store.dm, NULL, NULL, NULL, TEST_ERROR));
    options.size = 3;
    must_fail(CRUDDUR_E_STRUCT_SIZE, "options",
              cruddur_person_erase(store.dm, eve.uuid, &options, TEST_ERROR));
}

/* ---- beside writers ---- */

typedef struct writing {
    const cruddur_user *author;
    const group_id *group;
    cruddur *dm;
    atomic_bool *is_over;
    const char *wrong;
    pthread_t thread;
} writing;

static void *write_on(void *context)
{
    writing *now = context;
    while (!atomic_load(now->is_over) && now->wrong == NULL) {
        cruddur_status status = cruddur_msg_append(now->dm, now->author, now->group->text,
                                                   "meanwhile", NULL, NULL, NULL);
        bool is_expected = status == CRUDDUR_OK || status == CRUDDUR_E_CLOSED ||
                           status == CRUDDUR_E_CONFLICT || status == CRUDDUR_E_TIMEOUT ||
                           (status == CRUDDUR_E_GROUP_NOT_FOUND && now->author == &eve);
        now->wrong = is_expected ? NULL : cruddur_status_name(status);
        const struct timespec pause = {0, 30000000};
        (void)nanosleep(&pause, NULL);
    }
    return NULL;
}

Test(person, is_erased_beside_writers)
{
    talk all = talk_with_eve();
    atomic_bool is_over = false;
    writing writers[] = {{&test_bob, &all.four, store.dm, &is_over, NULL, 0},
                         {&test_cem, &all.left, store.dm, &is_over, NULL, 0},
                         {&eve, &all.four, store.dm, &is_over, NULL, 0},
                         {&eve, &all.direct, store.dm, &is_over, NULL, 0}};
    /* A message that is stored alone may come after its group was closed. */
    size_t count = test_store_is_streamed(&store) ? 2 : 4;
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]), 0);
    }
    (void)erase(&eve, 0);
    atomic_store(&is_over, true);
    for (size_t i = 0; i < count; i++) {
        (void)pthread_join(writers[i].thread, NULL);
        cr_assert_null(writers[i].wrong, "%s", writers[i].wrong);
    }
    cr_assert_not(table_has(EVE_NAME));
    cr_assert_not(table_has(EVE_HANDLE));
    cr_assert_not(table_has(EVE_TEXT));
    test_store_settle(&store);
    cr_assert_not(table_has(EVE_NAME));
    test_check(&store);
}
