/* SPDX-License-Identifier: MIT */
/* The public calls for times, uuids and versions: what they accept, and what they say otherwise. */
#include <criterion/criterion.h>
#include <cruddur/cruddur.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

TestSuite(values, .timeout = 300);

#define EXPECT_REFUSED(expected, argument, call)                                                   \
    do {                                                                                           \
        cruddur_error *error = NULL;                                                               \
        cr_assert_eq(call, expected);                                                              \
        cr_assert_eq(cruddur_error_status(error), expected);                                       \
        cr_assert_str_eq(cruddur_error_argument(error), argument);                                 \
        cruddur_error_free(error);                                                                 \
    } while (0)

Test(values, the_version)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%d.%d.%d", CRUDDUR_VERSION_MAJOR, CRUDDUR_VERSION_MINOR,
                   CRUDDUR_VERSION_PATCH);
    cr_assert_str_eq(CRUDDUR_VERSION_STRING, text);
    cr_assert_str_eq(cruddur_version(), text);
    cr_assert_eq(cruddur_version_number(), CRUDDUR_VERSION_NUMBER);
    cr_assert_eq(CRUDDUR_VERSION_NUMBER, CRUDDUR_VERSION_MAJOR * 10000 +
                                             CRUDDUR_VERSION_MINOR * 100 + CRUDDUR_VERSION_PATCH);
}

Test(values, now)
{
    int64_t before_s = (int64_t)time(NULL) - 1;
    int64_t now_us = cruddur_time_now_us();
    int64_t after_s = (int64_t)time(NULL) + 1;
    cr_assert_geq(now_us, before_s * 1000000);
    cr_assert_leq(now_us, after_s * 1000000);
}

Test(values, times)
{
    char text[CRUDDUR_TIME_SIZE];
    int64_t time_us;
    cr_assert_eq(cruddur_time_format(INT64_C(1706692200000001), text, NULL), CRUDDUR_OK);
    cr_assert_str_eq(text, "2024-01-31T09:10:00.000001+00:00");
    cr_assert_eq(strlen(text) + 1, CRUDDUR_TIME_SIZE);
    cr_assert_eq(cruddur_time_parse(text, &time_us, NULL), CRUDDUR_OK);
    cr_assert_eq(time_us, INT64_C(1706692200000001));
    cr_assert_eq(cruddur_time_parse("2024-01-31T10:10:00+01:00", &time_us, NULL), CRUDDUR_OK);
    cr_assert_eq(time_us, INT64_C(1706692200000000));
}

Test(values, times_that_are_refused)
{
    char text[CRUDDUR_TIME_SIZE] = "untouched";
    int64_t time_us = 42;
    EXPECT_REFUSED(CRUDDUR_E_TIME, "time_us", cruddur_time_format(INT64_MIN, text, &error));
    EXPECT_REFUSED(CRUDDUR_E_TIME, "time_us",
                   cruddur_time_format(INT64_C(253402300800000000), text, &error));
    EXPECT_REFUSED(CRUDDUR_E_NULL_ARGUMENT, "buffer", cruddur_time_format(0, NULL, &error));
    EXPECT_REFUSED(CRUDDUR_E_TIME, "text", cruddur_time_parse("yesterday", &time_us, &error));
    EXPECT_REFUSED(CRUDDUR_E_TIME, "text", cruddur_time_parse("", &time_us, &error));
    EXPECT_REFUSED(CRUDDUR_E_NULL_ARGUMENT, "text", cruddur_time_parse(NULL, &time_us, &error));
    EXPECT_REFUSED(CRUDDUR_E_NULL_ARGUMENT, "ret_time_us",
                   cruddur_time_parse("2024-01-31T09:10:00Z", NULL, &error));
    cr_assert_eq(cruddur_time_parse("yesterday", &time_us, NULL), CRUDDUR_E_TIME);
    cr_assert_str_eq(text, "untouched");
    cr_assert_eq(time_us, 42);
}

Test(values, uuids)
{
    char uuid[CRUDDUR_UUID_SIZE];
    cr_assert_eq(cruddur_uuid_v4(uuid, NULL), CRUDDUR_OK);
    cr_assert(cruddur_uuid_is_valid(uuid));
    cr_assert_eq(uuid[14], '4');
    cr_assert_eq(
        cruddur_uuid_v5("6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "www.example.com", uuid, NULL),
        CRUDDUR_OK);
    cr_assert_str_eq(uuid, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    cr_assert_eq(cruddur_uuid_v7(INT64_C(1645557742000000), uuid, NULL), CRUDDUR_OK);
    cr_assert_eq(strncmp(uuid, "017f22e2-79b0-7", 15), 0);
    cr_assert_eq(cruddur_uuid_v7(0, uuid, NULL), CRUDDUR_OK);
    cr_assert_eq(cruddur_uuid_v7(INT64_C(253402300799999999), uuid, NULL), CRUDDUR_OK);
    cr_assert(cruddur_uuid_is_valid(uuid));
    cr_assert(cruddur_uuid_is_valid("ABCDEF01-2345-6789-abcd-efabcdef0123"));
    cr_assert(cruddur_uuid_is_valid("00000000-0000-0000-0000-000000000000"));
    cr_assert_not(cruddur_uuid_is_valid("abcdef01-2345-6789-abcd-efabcdef012"));
    cr_assert_not(cruddur_uuid_is_valid(""));
    cr_assert_not(cruddur_uuid_is_valid(NULL));
}

Test(values, uuids_that_are_refused)
{
    char uuid[CRUDDUR_UUID_SIZE] = "untouched";
    EXPECT_REFUSED(CRUDDUR_E_NULL_ARGUMENT, "buffer", cruddur_uuid_v4(NULL, &error));
    EXPECT_REFUSED(CRUDDUR_E_NULL_ARGUMENT, "namespace_uuid",
                   cruddur_uuid_v5(NULL, "x", uuid, &error));
    EXPECT_REFUSED(CRUDDUR_E_UUID, "namespace_uuid", cruddur_uuid_v5("x", "x", uuid, &error));
    EXPECT_REFUSED(CRUDDUR_E_NULL_ARGUMENT, "name",
                   cruddur_uuid_v5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", NULL, uuid, &error));
    EXPECT_REFUSED(CRUDDUR_E_NULL_ARGUMENT, "buffer",
                   cruddur_uuid_v5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "x", NULL, &error));
    EXPECT_REFUSED(CRUDDUR_E_NULL_ARGUMENT, "buffer", cruddur_uuid_v7(0, NULL, &error));
    EXPECT_REFUSED(CRUDDUR_E_TIME, "time_us", cruddur_uuid_v7(-1, uuid, &error));
    EXPECT_REFUSED(CRUDDUR_E_TIME, "time_us", cruddur_uuid_v7(INT64_MAX, uuid, &error));
    EXPECT_REFUSED(CRUDDUR_E_TIME, "time_us", cruddur_uuid_v7(INT64_MIN, uuid, &error));
    cr_assert_str_eq(uuid, "untouched");
}

Test(values, defaults_of_the_structs)
{
    cruddur_options open = CRUDDUR_OPTIONS_INIT;
    cruddur_list_options list = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_create_options create = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_scan_options scan = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_user user = CRUDDUR_USER_INIT;
    cr_assert_eq(open.size, sizeof(open));
    cr_assert_eq(open.flags, 0);
    cr_assert_eq(open.timeout_ms, 10000);
    cr_assert_eq(open.max_text_chars, 1024);
    cr_assert(open.log == NULL && open.metrics == NULL);
    cr_assert_eq(list.size, sizeof(list));
    cr_assert_eq(list.limit, 20);
    cr_assert_eq(list.start, CRUDDUR_START_NEWEST);
    cr_assert_eq(list.order, CRUDDUR_NEWEST_FIRST);
    cr_assert_eq(list.consistency, CRUDDUR_CONSISTENCY_STRONG);
    cr_assert_eq(list.since_us, CRUDDUR_SINCE_ALWAYS);
    cr_assert_eq(list.until_us, CRUDDUR_UNTIL_FOREVER);
    cr_assert(list.cursor == NULL);
    cr_assert_eq(append.size, sizeof(append));
    cr_assert(append.message_uuid == NULL && append.created_at_us == 0);
    cr_assert_eq(create.size, sizeof(create));
    cr_assert(create.flags == 0 && create.group_uuid == NULL && create.group_name == NULL);
    cr_assert(create.message_uuid == NULL && create.created_at_us == 0);
    cr_assert_eq(scan.size, sizeof(scan));
    cr_assert_eq(scan.limit, 100);
    cr_assert(scan.cursor == NULL);
    cr_assert_eq(user.size, sizeof(user));
    cr_assert(user.uuid == NULL && user.display_name == NULL && user.handle == NULL);
}

/* Each function gives what its macro gives, for structs of every size. */
#define EXPECT_INIT(type, macro, function)                                                         \
    do {                                                                                           \
        const type expected = macro;                                                               \
        for (size_t size = 0; size <= sizeof(type) + 16; size++) {                                 \
            max_align_t room[sizeof(type) / sizeof(max_align_t) + 3];                              \
            unsigned char *bytes = (unsigned char *)room;                                          \
            memset(room, 0x5a, sizeof(room));                                                      \
            function((type *)(void *)room, size);                                                  \
            for (size_t i = 0; i < sizeof(room); i++) {                                            \
                bool is_known = i >= sizeof(size) && i < sizeof(type);                             \
                const unsigned char *wanted = (const unsigned char *)&expected;                    \
                int byte = size < sizeof(size) || i >= size ? 0x5a : is_known ? wanted[i] : 0;     \
                cr_assert(bytes[i] == byte || (i < sizeof(size) && size >= sizeof(size)));         \
            }                                                                                      \
            cr_assert(size < sizeof(size) || memcmp(bytes, &size, sizeof(size)) == 0);             \
        }                                                                                          \
        function(NULL, sizeof(type));                                                              \
    } while (0)

Test(values, defaults_of_the_functions)
{
    EXPECT_INIT(cruddur_options, CRUDDUR_OPTIONS_INIT, cruddur_options_init);
    EXPECT_INIT(cruddur_list_options, CRUDDUR_LIST_OPTIONS_INIT, cruddur_list_options_init);
    EXPECT_INIT(cruddur_append_options, CRUDDUR_APPEND_OPTIONS_INIT, cruddur_append_options_init);
    EXPECT_INIT(cruddur_create_options, CRUDDUR_CREATE_OPTIONS_INIT, cruddur_create_options_init);
    EXPECT_INIT(cruddur_scan_options, CRUDDUR_SCAN_OPTIONS_INIT, cruddur_scan_options_init);
}
