/* SPDX-License-Identifier: MIT */
/* Marks and settings that must be refused. */
#include <stdio.h>
#include <string.h>

#include "reading.h"
#include "refusal.h"

REFUSAL_SUITE(bad_marks);

#define UNKNOWN "11111111-2222-4333-8444-555555555555"

static const char *try_mark(cruddur_status expected, const char *argument, const char *user,
                            const char *group, const cruddur_mark_options *options)
{
    cruddur_group *none = NULL;
    const char *wrong = test_wrong_failure(
        cruddur_group_mark_read(store.dm, user, group, options, &none, TEST_ERROR), expected,
        argument);
    bool is_quiet = cruddur_group_mark_read(store.dm, user, group, options, NULL, NULL) == expected;
    bool is_documented = test_is_documented("cruddur_group_mark_read(", expected);
    return wrong != NULL ? wrong : none == NULL && is_quiet && is_documented ? NULL : "not alike";
}

static const char *try_set(cruddur_status expected, const char *argument, const char *user,
                           const char *group, const cruddur_set_options *options)
{
    cruddur_group *none = NULL;
    const char *wrong = test_wrong_failure(
        cruddur_group_set(store.dm, user, group, options, &none, TEST_ERROR), expected, argument);
    bool is_quiet = cruddur_group_set(store.dm, user, group, options, NULL, NULL) == expected;
    bool is_documented = test_is_documented("cruddur_group_set(", expected);
    return wrong != NULL ? wrong : none == NULL && is_quiet && is_documented ? NULL : "not alike";
}

Test(bad_marks, null_and_uuids)
{
    const char *group = refusal_group.text;
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "dm",
              cruddur_group_mark_read(NULL, test_ann.uuid, group, NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "dm",
              cruddur_group_set(NULL, test_ann.uuid, group, NULL, NULL, TEST_ERROR));
    refused(try_mark(CRUDDUR_E_NULL_ARGUMENT, "user_uuid", NULL, group, NULL));
    refused(try_mark(CRUDDUR_E_UUID, "user_uuid", "x", group, NULL));
    refused(try_mark(CRUDDUR_E_NULL_ARGUMENT, "group_uuid", test_ann.uuid, NULL, NULL));
    refused(try_mark(CRUDDUR_E_UUID, "group_uuid", test_ann.uuid, "x", NULL));
    refused(try_set(CRUDDUR_E_NULL_ARGUMENT, "user_uuid", NULL, group, NULL));
    refused(try_set(CRUDDUR_E_UUID, "user_uuid", "x", group, NULL));
    refused(try_set(CRUDDUR_E_NULL_ARGUMENT, "group_uuid", test_ann.uuid, NULL, NULL));
    refused(try_set(CRUDDUR_E_UUID, "group_uuid", test_ann.uuid, "x", NULL));
    refusals_end();
}

Test(bad_marks, options_of_marking)
{
    const char *group = refusal_group.text;
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    options.size = 8;
    refused(try_mark(CRUDDUR_E_STRUCT_SIZE, "options", test_ann.uuid, group, &options));
    options = (cruddur_mark_options)CRUDDUR_MARK_OPTIONS_INIT;
    options.flags = 1;
    refused(try_mark(CRUDDUR_E_INVALID_ARGUMENT, "options.flags", test_ann.uuid, group, &options));
    options.flags = 0;
    options.up_to_message_uuid = "x";
    refused(try_mark(CRUDDUR_E_UUID, "options.up_to_message_uuid", test_ann.uuid, group, &options));
    options.up_to_message_uuid = UNKNOWN;
    options.unread_from_message_uuid = UNKNOWN;
    refused(try_mark(CRUDDUR_E_INVALID_ARGUMENT, "options.unread_from_message_uuid", test_ann.uuid,
                     group, &options));
    options.up_to_message_uuid = NULL;
    options.unread_from_message_uuid = "x";
    refused(try_mark(CRUDDUR_E_UUID, "options.unread_from_message_uuid", test_ann.uuid, group,
                     &options));
    options.unread_from_message_uuid = NULL;
    options.up_to_created_at_us = AT_SECOND(0); /* a time without its message */
    refused(try_mark(CRUDDUR_E_INVALID_ARGUMENT, "options.up_to_created_at_us", test_ann.uuid,
                     group, &options));
    options.up_to_message_uuid = UNKNOWN;
    options.up_to_created_at_us = INT64_MAX;
    refused(
        try_mark(CRUDDUR_E_TIME, "options.up_to_created_at_us", test_ann.uuid, group, &options));
    options.up_to_message_uuid = NULL;
    options.up_to_created_at_us = 0;
    options.unread_from_message_uuid = UNKNOWN;
    options.unread_from_created_at_us = INT64_MIN;
    refused(try_mark(CRUDDUR_E_TIME, "options.unread_from_created_at_us", test_ann.uuid, group,
                     &options));
    refusals_end();
}

Test(bad_marks, switches)
{
    const char *group = refusal_group.text;
    static const struct {
        const char *argument;
        size_t offset;
    } switches[] = {
        {"options.archived", offsetof(cruddur_set_options, archived)},
        {"options.pinned", offsetof(cruddur_set_options, pinned)},
        {"options.hidden", offsetof(cruddur_set_options, hidden)},
        {"options.blocked", offsetof(cruddur_set_options, blocked)},
    };
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
        uint32_t wrong = 3;
        memcpy((char *)&options + switches[i].offset, &wrong, sizeof(wrong));
        refused(try_set(CRUDDUR_E_INVALID_ARGUMENT, switches[i].argument, test_ann.uuid, group,
                        &options));
    }
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.hidden = CRUDDUR_SWITCH_OFF;
    refused(try_set(CRUDDUR_E_INVALID_ARGUMENT, "options.hidden", test_ann.uuid, group, &options));
    options = (cruddur_set_options)CRUDDUR_SET_OPTIONS_INIT;
    options.flags = 1;
    refused(try_set(CRUDDUR_E_INVALID_ARGUMENT, "options.flags", test_ann.uuid, group, &options));
    options = (cruddur_set_options)CRUDDUR_SET_OPTIONS_INIT;
    options.muted_until_us = INT64_MAX - 1;
    refused(try_set(CRUDDUR_E_TIME, "options.muted_until_us", test_ann.uuid, group, &options));
    options = (cruddur_set_options)CRUDDUR_SET_OPTIONS_INIT;
    options.size = 8;
    refused(try_set(CRUDDUR_E_STRUCT_SIZE, "options", test_ann.uuid, group, &options));
    refusals_end();
}

/* ---- what the group says to it ---- */

Test(bad_marks, strangers_and_groups_that_are_not_there)
{
    const char *group = refusal_group.text;
    bool in_steps = test_store_is_in_steps(&store);
    cruddur_status expected = in_steps ? CRUDDUR_E_NEEDS_TRANSACTIONS : CRUDDUR_E_GROUP_NOT_FOUND;
    const char *argument = in_steps ? NULL : "group_uuid";
    refused(try_mark(expected, argument, test_cem.uuid, group, NULL));
    refused(try_mark(expected, argument, test_ann.uuid, UNKNOWN, NULL));
    refused(try_set(expected, argument, test_cem.uuid, group, NULL));
    refused(try_set(expected, argument, test_ann.uuid, UNKNOWN, NULL));
    refusals_end();
}

Test(bad_marks, in_steps)
{
    if (!test_store_is_in_steps(&store)) {
        cr_skip_test("this store has transactions");
    }
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.pinned = CRUDDUR_SWITCH_ON;
    refused(try_mark(CRUDDUR_E_NEEDS_TRANSACTIONS, NULL, test_ann.uuid, refusal_group.text, NULL));
    refused(
        try_set(CRUDDUR_E_NEEDS_TRANSACTIONS, NULL, test_ann.uuid, refusal_group.text, &options));
    refusals_end();
}

/* Marks that name this message, one way or the other. */
static void refuse_message(cruddur_status expected, const char *field, const char *uuid,
                           int64_t created_at_us)
{
    char argument[48];
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    options.up_to_message_uuid = uuid;
    options.up_to_created_at_us = created_at_us;
    (void)snprintf(argument, sizeof(argument), "options.up_to_%s", field);
    refused(try_mark(expected, argument, test_bob.uuid, refusal_group.text, &options));
    options = (cruddur_mark_options)CRUDDUR_MARK_OPTIONS_INIT;
    options.unread_from_message_uuid = uuid;
    options.unread_from_created_at_us = created_at_us;
    (void)snprintf(argument, sizeof(argument), "options.unread_from_%s", field);
    refused(try_mark(expected, argument, test_bob.uuid, refusal_group.text, &options));
}

Test(bad_marks, messages_that_the_group_has_not)
{
    needs_transactions();
    said own = last_said(&refusal_group);
    refuse_message(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", UNKNOWN, own.created_at_us);
    refuse_message(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", own.uuid, own.created_at_us + 1);
    refuse_message(finds_by_uuid() ? CRUDDUR_E_MESSAGE_NOT_FOUND : CRUDDUR_E_MESSAGE_TIME,
                   finds_by_uuid() ? "message_uuid" : "created_at_us", UNKNOWN, 0);
    refusals_end();
}

Test(bad_marks, messages_of_another_group)
{
    needs_transactions();
    group_id elsewhere = open_direct_at(&test_bob, &test_cem, "other", AT_SECOND(10));
    said other = last_said(&elsewhere);
    test_report before = test_check_summary(&store);
    refuse_message(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", other.uuid, other.created_at_us);
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
}
