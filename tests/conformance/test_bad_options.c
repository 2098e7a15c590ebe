/* SPDX-License-Identifier: MIT */
/* Options that are refused: limits, bounds, choices, flags, times. */
#include <stdio.h>
#include <string.h>

#include "refusal.h"

REFUSAL_SUITE(bad_options);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const int64_t first_us = INT64_C(-62135596800) * 1000000;
static const int64_t last_us = INT64_C(253402300800) * 1000000 - 1;

/* On both listings. */
static void refuse_listing(cruddur_status expected, const char *argument,
                           const cruddur_list_options *options)
{
    const char *group = refusal_group.text;
    refused(try_messages(expected, argument, test_ann.uuid, group, options));
    cruddur_list_options trusted = *options;
    trusted.flags |= CRUDDUR_LIST_TRUSTED;
    refused(try_messages(expected, argument, NULL, group, &trusted));
    refused(try_groups(expected, argument, test_ann.uuid, options));
}

Test(bad_options, limits)
{
    static const uint32_t limits[] = {0, 1001, 1002, INT32_MAX, UINT32_MAX};
    for (size_t i = 0; i < LENGTH(limits); i++) {
        cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
        cruddur_scan_options scan = CRUDDUR_SCAN_OPTIONS_INIT;
        options.limit = limits[i];
        scan.limit = limits[i];
        refuse_listing(CRUDDUR_E_LIMIT, "options.limit", &options);
        refused(try_scan(CRUDDUR_E_LIMIT, "options.limit", &scan));
    }
    refusals_end();
}

Test(bad_options, since_that_is_not_before_until)
{
    static const int64_t bounds[][2] = {
        {AT_SECOND(2), AT_SECOND(1)},
        {AT_SECOND(1), AT_SECOND(1)},
        {AT_SECOND(1) + 1, AT_SECOND(1)},
        {0, 0},
        {INT64_C(253402300800) * 1000000 - 1, INT64_C(-62135596800) * 1000000},
    };
    for (size_t i = 0; i < LENGTH(bounds); i++) {
        cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
        options.since_us = bounds[i][0];
        options.until_us = bounds[i][1];
        refuse_listing(CRUDDUR_E_TIME_RANGE, "options.since_us", &options);
    }
    refusals_end();
}

Test(bad_options, bounds_that_are_no_times)
{
    const int64_t wrong[] = {first_us - 1, last_us + 1, INT64_MIN + 1, INT64_MAX - 1};
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
        options.since_us = wrong[i];
        refuse_listing(CRUDDUR_E_TIME, "options.since_us", &options);
        options = (cruddur_list_options)CRUDDUR_LIST_OPTIONS_INIT;
        options.until_us = wrong[i];
        refuse_listing(CRUDDUR_E_TIME, "options.until_us", &options);
    }
    /* Each bound has its own value for "none". */
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.since_us = CRUDDUR_UNTIL_FOREVER;
    refuse_listing(CRUDDUR_E_TIME, "options.since_us", &options);
    options = (cruddur_list_options)CRUDDUR_LIST_OPTIONS_INIT;
    options.until_us = CRUDDUR_SINCE_ALWAYS;
    refuse_listing(CRUDDUR_E_TIME, "options.until_us", &options);
    refusals_end();
}

Test(bad_options, choices_that_are_not_there)
{
    static const uint32_t wrong[] = {2, 3, UINT32_MAX};
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
        options.start = wrong[i];
        refuse_listing(CRUDDUR_E_INVALID_ARGUMENT, "options.start", &options);
        options = (cruddur_list_options)CRUDDUR_LIST_OPTIONS_INIT;
        options.order = wrong[i];
        refuse_listing(CRUDDUR_E_INVALID_ARGUMENT, "options.order", &options);
        options = (cruddur_list_options)CRUDDUR_LIST_OPTIONS_INIT;
        options.consistency = wrong[i];
        refuse_listing(CRUDDUR_E_INVALID_ARGUMENT, "options.consistency", &options);
    }
    refusals_end();
}

Test(bad_options, flags_that_are_not_known)
{
    for (uint32_t bit = 0; bit < 32; bit++) {
        cruddur_create_options create = CRUDDUR_CREATE_OPTIONS_INIT;
        cruddur_options open = CRUDDUR_OPTIONS_INIT;
        create.flags = open.flags = UINT32_C(1) << bit;
        if ((create.flags & CRUDDUR_CREATE_SEPARATE) == 0) {
            refused(try_create(CRUDDUR_E_INVALID_ARGUMENT, "options.flags", &test_ann, &test_cem, 1,
                               TEST_SECRET, &create));
            create.flags |= CRUDDUR_CREATE_SEPARATE;
            refused(try_create(CRUDDUR_E_INVALID_ARGUMENT, "options.flags", &test_ann, &test_cem, 1,
                               TEST_SECRET, &create));
        }
        if ((open.flags & CRUDDUR_OPEN_EXISTING) == 0) {
            refused(try_open(CRUDDUR_E_INVALID_ARGUMENT, "options.flags", store.url, &open));
        }
    }
    refusals_end();
}

#define INBOX_FLAGS                                                                                \
    (CRUDDUR_LIST_UNREAD | CRUDDUR_LIST_ARCHIVED | CRUDDUR_LIST_HIDDEN | CRUDDUR_LIST_NO_COUNTS)

/* Fields that have no meaning yet must be zero, so that they can get one. */
Test(bad_options, fields_that_are_kept_for_later)
{
    for (uint32_t bit = 0; bit < 32; bit++) {
        cruddur_options open = CRUDDUR_OPTIONS_INIT;
        cruddur_list_options list = CRUDDUR_LIST_OPTIONS_INIT;
        cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
        cruddur_get_options get = CRUDDUR_GET_OPTIONS_INIT;
        cruddur_members_options members = CRUDDUR_MEMBERS_OPTIONS_INIT;
        cruddur_scan_options scan = CRUDDUR_SCAN_OPTIONS_INIT;
        const char *group = refusal_group.text;
        const cruddur_status expected = CRUDDUR_E_INVALID_ARGUMENT;
        open.reserved = list.flags = append.flags = get.flags = members.flags = scan.flags =
            UINT32_C(1) << bit;
        refused(try_open(expected, "options.reserved", store.url, &open));
        if ((list.flags & INBOX_FLAGS) == 0) {
            refused(try_groups(expected, "options.flags", test_ann.uuid, &list));
        }
        refused(try_append(expected, "options.flags", &test_ann, group, TEST_SECRET, &append));
        refused(try_get(expected, "options.flags", test_ann.uuid, group, &get));
        refused(try_scan(expected, "options.flags", &scan));
        scan.flags = 0;
        scan.reserved = UINT32_C(1) << bit;
        refused(try_scan(expected, "options.reserved", &scan));
        if (bit > 0) { /* bit 0 is CRUDDUR_LIST_TRUSTED, CRUDDUR_MEMBERS_TRUSTED */
            refused(try_messages(expected, "options.flags", test_ann.uuid, group, &list));
            refused(try_members(expected, "options.flags", test_ann.uuid, group, &members));
        }
    }
    refusals_end();
}

Test(bad_options, times_that_are_none)
{
    const int64_t wrong[] = {first_us - 1, last_us + 1, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
        cruddur_create_options create = CRUDDUR_CREATE_OPTIONS_INIT;
        append.created_at_us = create.created_at_us = wrong[i];
        refused(try_append(CRUDDUR_E_TIME, "options.created_at_us", &test_ann, refusal_group.text,
                           TEST_SECRET, &append));
        refused(try_create(CRUDDUR_E_TIME, "options.created_at_us", &test_ann, &test_cem, 1,
                           TEST_SECRET, &create));
        refused(try_create(CRUDDUR_E_TIME, "options.created_at_us", &test_ann, &test_bob, 1,
                           TEST_SECRET, &create));
    }
    refusals_end();
}

Test(bad_options, of_opening)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.timeout_ms = 0;
    refused(try_open(CRUDDUR_E_INVALID_ARGUMENT, "options.timeout_ms", store.url, &options));
    options = (cruddur_options)CRUDDUR_OPTIONS_INIT;
    options.max_text_chars = 0;
    refused(try_open(CRUDDUR_E_INVALID_ARGUMENT, "options.max_text_chars", store.url, &options));
    options.max_text_chars = 100001;
    refused(try_open(CRUDDUR_E_INVALID_ARGUMENT, "options.max_text_chars", store.url, &options));
    refused(try_open(CRUDDUR_E_NULL_ARGUMENT, "store_url", NULL, NULL));
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "ret_dm", cruddur_open(store.url, NULL, NULL, TEST_ERROR));
    refusals_end();
}

/* ---- store URLs ---- */

Test(bad_options, engines_that_are_not_there)
{
    static const char *const urls[] = {
        "",          ":",        "store.db",  "/tmp/store.db",          "nonsense:x",
        "nonsense:", ":memory:", " sqlite:x", "postgres://localhost/x", "nonsense:x?parameter=1",
    };
    for (size_t i = 0; i < LENGTH(urls); i++) {
        refused(try_open(CRUDDUR_E_URL_SCHEME, "store_url", urls[i], NULL));
    }
    refusals_end();
}

Test(bad_options, parameters_that_are_not_there_or_malformed)
{
    static const char *const parameters[] = {
        "nonsense=1",
        "nonsense=",
        "nonsense",
        "=1",
        "",
        "nonsense=1&",
        "%zz=1",
        "nonsense=%zz",
        "nonsense=%1",
        "nonsense=%",
        "nonsense=%00",
        "nonsense=1&nonsense=1",
        "a=1&b=2&a=3",
        "NONSENSE=1",
        "&nonsense=1",
    };
    for (size_t i = 0; i < LENGTH(parameters); i++) {
        char url[700];
        test_store_url_with(&store, parameters[i], url, sizeof(url));
        refused(try_open(CRUDDUR_E_URL_PARAMETER, "store_url", url, NULL));
    }
    refusals_end();
}

Test(bad_options, too_many_parameters)
{
    char url[1000];
    char parameters[300] = "p0=x";
    for (int i = 1; i < 40; i++) {
        char parameter[16];
        (void)snprintf(parameter, sizeof(parameter), "&p%d=x", i);
        strcat(parameters, parameter);
    }
    test_store_url_with(&store, parameters, url, sizeof(url));
    refused(try_open(CRUDDUR_E_URL_PARAMETER, "store_url", url, NULL));
    refusals_end();
}

Test(bad_options, a_malformed_percent_in_the_place)
{
    static const char *const places[] = {"%", "%1", "%zz", "a%0", "%00", "%%"};
    for (size_t i = 0; i < LENGTH(places); i++) {
        char url[700];
        const char *rest = strchr(store.url, ':');
        (void)snprintf(url, sizeof(url), "%.*s:%s", (int)(rest - store.url), store.url, places[i]);
        refused(try_open(CRUDDUR_E_INVALID_ARGUMENT, "store_url", url, NULL));
    }
    refusals_end();
}
