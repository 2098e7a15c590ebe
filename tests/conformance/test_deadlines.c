/* SPDX-License-Identifier: MIT */
/* Deadlines: a call's own, and the handle's. */
#include <string.h>

#include "suite.h"

CONFORMANCE_SUITE(deadlines);

Test(deadlines, a_calls_own_is_accepted_by_every_call)
{
    static const uint32_t timeouts[] = {30000, UINT32_MAX};
    for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
        cruddur_list_options list = CRUDDUR_LIST_OPTIONS_INIT;
        cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
        cruddur_create_options create = CRUDDUR_CREATE_OPTIONS_INIT;
        cruddur_get_options get = CRUDDUR_GET_OPTIONS_INIT;
        cruddur_members_options see = CRUDDUR_MEMBERS_OPTIONS_INIT;
        cruddur_scan_options scan = CRUDDUR_SCAN_OPTIONS_INIT;
        cruddur_group *group = NULL;
        cruddur_group *again = NULL;
        cruddur_members *members = NULL;
        cruddur_row_page *rows = NULL;
        get.timeout_ms = see.timeout_ms = timeouts[i];
        list.timeout_ms = append.timeout_ms = create.timeout_ms = scan.timeout_ms = timeouts[i];
        must_succeed(cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "one", &create, &group,
                                          TEST_ERROR));
        const char *uuid = cruddur_group_uuid(group);
        must_succeed(
            cruddur_msg_append(store.dm, &test_bob, uuid, "two", &append, NULL, TEST_ERROR));
        must_succeed(cruddur_group_get(store.dm, test_ann.uuid, uuid, &get, &again, TEST_ERROR));
        must_succeed(
            cruddur_group_members(store.dm, test_bob.uuid, uuid, &see, &members, TEST_ERROR));
        must_succeed(cruddur_scan(store.dm, &scan, &rows, TEST_ERROR));
        cruddur_group_page_free(list_groups(&test_ann, &list));
        cruddur_group_free(group);
        cruddur_group_free(again);
        cruddur_members_free(members);
        cruddur_row_page_free(rows);
    }
    test_check(&store);
}

Test(deadlines, the_longest_of_a_handle)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.timeout_ms = UINT32_MAX;
    test_store_remove(&store);
    test_store_open(&store, &options);
    (void)open_with_messages(3);
    test_check(&store);
}

/* With a deadline that may well pass, a call either does all of its work or says that it did none:
 * then it can be repeated. Where a request can be on its way to a service, it may say that it does
 * not know. */
Test(deadlines, a_call_that_has_no_time_does_nothing)
{
    group_id group = open_large(49, NULL, "first");
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_user author = test_user(0);
    size_t stored = 1;
    size_t unknown = 0;
    options.timeout_ms = 1;
    for (int i = 0; i < 200; i++) {
        cruddur_error *error = NULL;
        cruddur_status status =
            cruddur_msg_append(store.dm, &author, group.text, "x", &options, NULL, &error);
        if (status == CRUDDUR_OK) {
            stored++;
        } else {
            cr_assert(cruddur_status_is_retryable(status), "%s", cruddur_error_message(error));
            unknown += cruddur_error_outcome_unknown(error) ? 1 : 0;
        }
        cruddur_error_free(error);
    }
    size_t found = test_check_count(&store, "messages");
    cr_assert(strncmp(store.url, "sqlite:", strlen("sqlite:")) != 0 || unknown == 0);
    cr_assert(found >= stored && found <= stored + unknown, "%zu messages: %zu sent, %zu unknown",
              found, stored, unknown);
    test_check(&store);
}
