/* SPDX-License-Identifier: MIT */
/* Children made by fork(): the parent's handle is of no use there, and the parent does not notice
 * that it was tried. */
#include <string.h>

#include "suite.h"
#include "support/child.h"

CONFORMANCE_SUITE(fork);

/* What the parent's handle has; a child has a copy. */
static group_id group;

static bool is_file_or_memory(void)
{
    return strncmp(store.url, "sqlite:", 7) == 0;
}

static void expect_listed(const char *expected)
{
    cruddur_msg_page *page = list_messages(&test_ann, &group, NULL);
    expect_messages(page, expected);
    cruddur_msg_page_free(page);
}

/* ---- the inherited handle ---- */

static cruddur_status list_inherited(cruddur_error **error)
{
    cruddur_msg_page *page;
    return cruddur_msg_list(store.dm, test_ann.uuid, group.text, NULL, &page, error);
}

static cruddur_status list_groups_of_inherited(cruddur_error **error)
{
    cruddur_group_page *page;
    return cruddur_group_list(store.dm, test_ann.uuid, NULL, &page, error);
}

static cruddur_status create_on_inherited(cruddur_error **error)
{
    return cruddur_group_create(store.dm, &test_ann, &test_cem, 1, TEST_SECRET, NULL, NULL, error);
}

static cruddur_status append_to_inherited(cruddur_error **error)
{
    return cruddur_msg_append(store.dm, &test_ann, group.text, TEST_SECRET, NULL, NULL, error);
}

static cruddur_status get_from_inherited(cruddur_error **error)
{
    cruddur_group *got;
    return cruddur_group_get(store.dm, test_ann.uuid, group.text, NULL, &got, error);
}

static cruddur_status members_of_inherited(cruddur_error **error)
{
    cruddur_members *members;
    return cruddur_group_members(store.dm, test_ann.uuid, group.text, NULL, &members, error);
}

static cruddur_status scan_inherited(cruddur_error **error)
{
    cruddur_row_page *page;
    return cruddur_scan(store.dm, NULL, &page, error);
}

static cruddur_status load_inherited(cruddur_error **error)
{
    return cruddur_schema_load(store.dm, NULL, error);
}

static cruddur_status verify_inherited(cruddur_error **error)
{
    cruddur_lines *lines;
    return cruddur_schema_verify(store.dm, NULL, &lines, error);
}

static cruddur_status list_tables_of_inherited(cruddur_error **error)
{
    cruddur_lines *lines;
    return cruddur_schema_list(store.dm, NULL, &lines, error);
}

static cruddur_status drop_inherited(cruddur_error **error)
{
    return cruddur_schema_drop(store.dm, NULL, error);
}

static cruddur_status upgrade_inherited(cruddur_error **error)
{
    return cruddur_schema_upgrade(store.dm, NULL, error);
}

static cruddur_status apply_to_inherited(cruddur_error **error)
{
    cruddur_stream_result *result;
    return cruddur_stream_apply(store.dm, "{}", 2, NULL, &result, error);
}

static cruddur_status follow_inherited(cruddur_error **error)
{
    return cruddur_stream_follow(store.dm, NULL, error);
}

static const char *use_inherited(void *unused)
{
    static cruddur_status (*const calls[])(cruddur_error * *error) = {
        list_inherited,     list_groups_of_inherited, create_on_inherited, append_to_inherited,
        get_from_inherited, members_of_inherited,     scan_inherited,      load_inherited,
        verify_inherited,   list_tables_of_inherited, drop_inherited,      apply_to_inherited,
        follow_inherited,   upgrade_inherited,
    };
    (void)unused;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        const char *wrong = test_wrong_failure(calls[i](TEST_ERROR), CRUDDUR_E_STORE_FORKED, NULL);
        if (wrong != NULL) {
            return wrong;
        }
    }
    cruddur_close(store.dm);
    return NULL;
}

static const char *use_inherited_in_grandchild(void *unused)
{
    (void)unused;
    const char *wrong = test_child_run(use_inherited, NULL);
    return wrong == NULL ? use_inherited(NULL) : wrong;
}

Test(fork, an_inherited_handle_is_refused)
{
    group = open_direct(&test_ann, &test_bob, "m0");
    for (int i = 1; i < 5; i++) {
        char text[] = "m?";
        text[1] = (char)('0' + i);
        child_must_succeed(
            test_child_run(i % 2 == 0 ? use_inherited : use_inherited_in_grandchild, NULL));
        say(&test_bob, &group, text);
        expect_listed(texts_from_to('m', i, 0).all);
    }
    test_check(&store);
}

/* ---- a handle of the child's own ---- */

static const char *open_and_append(void *text)
{
    cruddur *dm = NULL;
    const char *wrong = test_wrong_success(cruddur_open(store.url, NULL, &dm, TEST_ERROR));
    if (wrong == NULL) {
        wrong = test_wrong_success(
            cruddur_msg_append(dm, &test_bob, group.text, text, NULL, NULL, TEST_ERROR));
        cruddur_close(dm);
    }
    return wrong;
}

static const char *open_and_be_refused(void *unused)
{
    const char *const urls[] = {store.url, "sqlite:no-such-file", "sqlite::memory:"};
    (void)unused;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        cruddur *dm = NULL;
        cruddur_error *error = NULL;
        cruddur_status status = cruddur_open(urls[i], NULL, &dm, &error);
        const char *message = cruddur_error_message(error);
        if (status != CRUDDUR_E_STORE_FORKED || strstr(message, "before forking") == NULL) {
            return message;
        }
        cruddur_error_free(error);
    }
    return NULL;
}

static const char *open_another_engine(void *unused)
{
    cruddur *dm = NULL;
    (void)unused;
    const char *wrong = test_wrong_success(cruddur_open(
        is_file_or_memory() ? "dynamodb:table?region=us-east-1" : "sqlite::memory:", NULL, &dm,
        TEST_ERROR));
    cruddur_close(dm);
    return wrong;
}

static const char *refused_in_grandchild(void *unused)
{
    (void)unused;
    const char *wrong = test_child_run(open_and_be_refused, NULL);
    return wrong == NULL ? open_and_be_refused(NULL) : wrong;
}

/* SQLite's own state is inherited; a service's handle has none beside itself. */
Test(fork, a_child_opens_the_store_while_the_parent_has_it_open)
{
    char m1[] = "m1";
    group = open_direct(&test_ann, &test_bob, "m0");
    if (is_file_or_memory()) {
        child_must_succeed(test_child_run(refused_in_grandchild, NULL));
        say(&test_bob, &group, m1);
    } else {
        child_must_succeed(test_child_run(open_and_append, m1));
    }
    child_must_succeed(test_child_run(open_another_engine, NULL));
    say(&test_bob, &group, "m2");
    expect_listed("m2 m1 m0 ");
    test_check(&store);
}

Test(fork, a_child_opens_the_store_after_the_parent_has_closed_it)
{
    char m1[] = "m1";
    char m2[] = "m2";
    if (!test_store_is_lasting(&store)) {
        return;
    }
    group = open_direct(&test_ann, &test_bob, "m0");
    test_store_close(&store);
    child_must_succeed(test_child_run(open_and_append, m1));
    pid_t child = test_child_start(open_and_append, m2);
    test_store_reopen(&store, NULL);
    child_must_succeed(test_child_wait(child));
    say(&test_bob, &group, "m3");
    expect_listed("m3 m2 m1 m0 ");
    test_check(&store);
}
