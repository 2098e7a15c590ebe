/* SPDX-License-Identifier: MIT */
/* Submitted appends that go together in the largest group: each member has one row afterwards, as a
 * change has room for all that it writes. */
#include <stdio.h>

#include "support/store.h"

#define OTHERS 48u
#define SENDS 33u

static test_store store;

static void begin(void)
{
    cr_assert_eq(setenv("CRUDDUR_TEST_STORE", "sqlite::memory:", 1), 0);
    test_store_open(&store, NULL);
}

static void end(void)
{
    test_store_remove(&store);
}

TestSuite(together, .init = begin, .fini = end, .timeout = 300);

static void open_group(char *uuid)
{
    cruddur_user others[OTHERS];
    cruddur_group *group = NULL;
    for (unsigned i = 0; i < OTHERS; i++) {
        others[i] = test_user(i);
    }
    must_succeed(cruddur_group_create(store.dm, &test_ann, others, OTHERS, "first", NULL, &group,
                                      TEST_ERROR));
    (void)snprintf(uuid, CRUDDUR_UUID_SIZE, "%s", cruddur_group_uuid(group));
    cruddur_group_free(group);
}

static void receive_all(void)
{
    for (unsigned i = 0; i < SENDS; i++) {
        cruddur_completion *completion = NULL;
        must_succeed(
            cruddur_completion_next(store.dm, CRUDDUR_WAIT_FOREVER, &completion, TEST_ERROR));
        cr_assert_eq(cruddur_completion_status(completion), CRUDDUR_OK);
        cruddur_completion_free(completion);
    }
}

static bool count_breaches(void *data, const cruddur_check_event *event)
{
    unsigned *breaches = data;
    *breaches += event->is_breach ? 1 : 0;
    return true;
}

static unsigned check(void)
{
    unsigned breaches = 0;
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    options.observe = count_breaches;
    options.data = &breaches;
    must_succeed(cruddur_check(store.dm, &options, TEST_ERROR));
    return breaches;
}

Test(together, in_a_group_of_forty_nine)
{
    char group[CRUDDUR_UUID_SIZE];
    cruddur_async_options options = CRUDDUR_ASYNC_OPTIONS_INIT;
    options.threads = 1;
    must_succeed(cruddur_async_start(store.dm, &options, TEST_ERROR));
    open_group(group);
    for (unsigned i = 0; i < SENDS; i++) {
        must_succeed(cruddur_msg_append_submit(store.dm, &test_ann, group, "text", NULL, NULL, NULL,
                                               TEST_ERROR));
    }
    receive_all();
    cr_expect_eq(check(), 0u);
}
