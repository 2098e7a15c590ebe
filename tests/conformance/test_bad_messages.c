/* SPDX-License-Identifier: MIT */
/* Calls on one message that are refused: each names the argument, and nothing is changed. */
#include <stdio.h>
#include <string.h>

#include "refusal.h"
#include "said.h"

REFUSAL_SUITE(bad_messages);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define UNKNOWN "12345678-0000-4000-8000-0000000000ad"

/* The newest message is m2, of Ann's. */
typedef struct attempt {
    const char *user, *group, *message, *text;
    cruddur_msg_options options;
} attempt;

static attempt good(void)
{
    static said message;
    message = last_said(&refusal_group);
    return (attempt){test_ann.uuid, refusal_group.text, message.uuid, "edited",
                     known_time(&message)};
}

static void refuse_edit(cruddur_status expected, const char *argument, const attempt *bad)
{
    cruddur_msg *msg = NULL;
    bool is_changed = true;
    must_fail(expected, argument,
              cruddur_msg_edit(store.dm, bad->user, bad->group, bad->message, bad->text,
                               &bad->options, &msg, &is_changed, TEST_ERROR));
    cr_assert(msg == NULL && is_changed);
    cr_assert_eq(cruddur_msg_edit(store.dm, bad->user, bad->group, bad->message, bad->text,
                                  &bad->options, NULL, NULL, NULL),
                 expected);
}

static void refuse_delete(cruddur_status expected, const char *argument, const attempt *bad)
{
    cruddur_msg *msg = NULL;
    bool is_changed = true;
    must_fail(expected, argument,
              cruddur_msg_delete(store.dm, bad->user, bad->group, bad->message, &bad->options, &msg,
                                 &is_changed, TEST_ERROR));
    cr_assert(msg == NULL && is_changed);
}

static void refuse_reaction(cruddur_status expected, const char *argument, const attempt *bad,
                            const char *reaction)
{
    cruddur_msg *msg = NULL;
    bool is_changed = true;
    for (int is_added = 0; is_added < 2; is_added++) {
        must_fail(expected, argument,
                  cruddur_msg_react(store.dm, bad->user, bad->group, bad->message, reaction,
                                    is_added != 0, &bad->options, &msg, &is_changed, TEST_ERROR));
    }
    cr_assert(msg == NULL && is_changed);
}

static void refuse_get(cruddur_status expected, const char *argument, const attempt *bad)
{
    cruddur_msg *msg = NULL;
    must_fail(expected, argument,
              cruddur_msg_get(store.dm, bad->user, bad->group, bad->message, &bad->options, &msg,
                              TEST_ERROR));
    cr_assert_null(msg);
}

/* The three calls that change a message. */
static void refuse_changes(cruddur_status expected, const char *argument, const attempt *bad)
{
    refuse_edit(expected, argument, bad);
    refuse_delete(expected, argument, bad);
    refuse_reaction(expected, argument, bad, "+");
}

static void refuse_all(cruddur_status expected, const char *argument, const attempt *bad)
{
    bool is_user = argument != NULL && strcmp(argument, "user_uuid") == 0;
    refuse_changes(expected, argument, bad);
    refuse_get(expected, is_user ? "viewer_uuid" : argument, bad);
}

/* ---- arguments ---- */

Test(bad_messages, null_arguments)
{
    attempt bad = good();
    bad.user = NULL;
    refuse_all(CRUDDUR_E_NULL_ARGUMENT, "user_uuid", &bad);
    bad = good();
    bad.group = NULL;
    refuse_all(CRUDDUR_E_NULL_ARGUMENT, "group_uuid", &bad);
    bad = good();
    bad.message = NULL;
    refuse_all(CRUDDUR_E_NULL_ARGUMENT, "message_uuid", &bad);
    bad = good();
    refuse_reaction(CRUDDUR_E_NULL_ARGUMENT, "reaction", &bad, NULL);
    bad.text = NULL;
    refuse_edit(CRUDDUR_E_NULL_ARGUMENT, "text", &bad);
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "ret_msg",
              cruddur_msg_get(store.dm, bad.user, bad.group, bad.message, NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "dm",
              cruddur_msg_edit(NULL, bad.user, bad.group, bad.message, "x", NULL, NULL, NULL,
                               TEST_ERROR));
    must_fail(
        CRUDDUR_E_NULL_ARGUMENT, "dm",
        cruddur_msg_delete(NULL, bad.user, bad.group, bad.message, NULL, NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "dm",
              cruddur_msg_react(NULL, bad.user, bad.group, bad.message, "+", true, NULL, NULL, NULL,
                                TEST_ERROR));
    refusals_end();
}

Test(bad_messages, uuids)
{
    attempt bad = good();
    bad.user = "ann";
    refuse_all(CRUDDUR_E_UUID, "user_uuid", &bad);
    bad = good();
    bad.group = "";
    refuse_all(CRUDDUR_E_UUID, "group_uuid", &bad);
    bad = good();
    bad.message = "12345678-0000-4000-8000-0000000000a";
    refuse_all(CRUDDUR_E_UUID, "message_uuid", &bad);
    refusals_end();
}

Test(bad_messages, options)
{
    attempt bad = good();
    bad.options.size = 3;
    refuse_all(CRUDDUR_E_STRUCT_SIZE, "options", &bad);
    bad = good();
    bad.options.flags = 0x2u;
    refuse_all(CRUDDUR_E_INVALID_ARGUMENT, "options.flags", &bad);
    bad.options.flags = CRUDDUR_MSG_TRUSTED;
    refuse_reaction(CRUDDUR_E_INVALID_ARGUMENT, "options.flags", &bad, "+");
    refuse_get(CRUDDUR_E_INVALID_ARGUMENT, "viewer_uuid", &bad);
    bad = good();
    bad.options.created_at_us = CRUDDUR_UNTIL_FOREVER;
    refuse_all(CRUDDUR_E_TIME, "options.created_at_us", &bad);
    bad = good();
    bad.options.if_version = "";
    refuse_get(CRUDDUR_E_INVALID_ARGUMENT, "options.if_version", &bad);
    bad = good();
    bad.options.data = "";
    refuse_get(CRUDDUR_E_INVALID_ARGUMENT, "options.data", &bad);
    refuse_delete(CRUDDUR_E_INVALID_ARGUMENT, "options.data", &bad);
    refuse_reaction(CRUDDUR_E_INVALID_ARGUMENT, "options.data", &bad, "+");
    refusals_end();
}

Test(bad_messages, text_and_data)
{
    static char long_text[1100];
    static char long_data[CRUDDUR_DATA_MAX + 2];
    attempt bad = good();
    bad.text = " \t";
    refuse_edit(CRUDDUR_E_TEXT_BLANK, "text", &bad);
    bad.text = TEST_SECRET "\xff";
    refuse_edit(CRUDDUR_E_NOT_UTF8, "text", &bad);
    memset(long_text, 'x', sizeof(long_text) - 1);
    bad.text = long_text;
    refuse_edit(CRUDDUR_E_TEXT_TOO_LONG, "text", &bad);
    bad = good();
    bad.options.data = TEST_SECRET "\xff";
    refuse_edit(CRUDDUR_E_NOT_UTF8, "options.data", &bad);
    memset(long_data, 'x', sizeof(long_data) - 1);
    bad.options.data = long_data;
    refuse_edit(CRUDDUR_E_DATA_TOO_LONG, "options.data", &bad);
    refusals_end();
}

Test(bad_messages, reactions)
{
    static const struct {
        const char *text;
        cruddur_status status;
    } reactions[] = {
        {"", CRUDDUR_E_REACTION},
        {" ", CRUDDUR_E_REACTION},
        {"\n", CRUDDUR_E_REACTION},
        {"ok", CRUDDUR_E_REACTION},
        {TEST_SECRET, CRUDDUR_E_REACTION},
        {"\xf0\x9f\x91\x8d\xf0\x9f\x91\x8d", CRUDDUR_E_REACTION}, /* two thumbs */
        {"\xf0\x9f\x91\x8d ", CRUDDUR_E_REACTION},
        {"\xe2\x80\x8b", CRUDDUR_E_REACTION}, /* a space without width */
        {"\xff", CRUDDUR_E_NOT_UTF8},
        {"a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"
         "\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"
         "\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
         CRUDDUR_E_REACTION}, /* 65 bytes */
    };
    attempt bad = good();
    for (size_t i = 0; i < LENGTH(reactions); i++) {
        refuse_reaction(reactions[i].status, "reaction", &bad, reactions[i].text);
    }
    refusals_end();
}

/* ---- messages ---- */

Test(bad_messages, of_others)
{
    needs_transactions();
    attempt bad = good();
    bad.user = test_bob.uuid;
    bad.text = TEST_SECRET;
    refuse_edit(CRUDDUR_E_NOT_THE_AUTHOR, "user_uuid", &bad);
    refuse_delete(CRUDDUR_E_NOT_THE_AUTHOR, "user_uuid", &bad);
    refusals_end();
}

Test(bad_messages, of_strangers)
{
    needs_transactions();
    attempt bad = good();
    bad.user = test_cem.uuid;
    refuse_all(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", &bad);
    bad.message = UNKNOWN;
    refuse_all(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", &bad);
    bad = good();
    bad.group = UNKNOWN;
    refuse_all(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", &bad);
    refusals_end();
}

Test(bad_messages, that_are_not_there)
{
    needs_transactions();
    attempt bad = good();
    bad.message = UNKNOWN;
    refuse_all(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &bad);
    bad = good();
    bad.options.created_at_us--;
    bad.message = UNKNOWN;
    refuse_all(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &bad);
    bad.options.created_at_us = 0;
    refuse_all(finds_by_uuid() ? CRUDDUR_E_MESSAGE_NOT_FOUND : CRUDDUR_E_MESSAGE_TIME,
               finds_by_uuid() ? "message_uuid" : "options.created_at_us", &bad);
    refusals_end();
}

/* ---- in steps ---- */

/* Before anything is written; and the error says why. */
Test(bad_messages, in_steps)
{
    attempt bad = good();
    if (!test_store_is_in_steps(&store)) {
        cr_skip_test("this store has transactions");
    }
    refuse_changes(CRUDDUR_E_NEEDS_TRANSACTIONS, NULL, &bad);
    cruddur_msg *msg = NULL;
    must_succeed(cruddur_msg_get(store.dm, bad.user, bad.group, bad.message, &bad.options, &msg,
                                 TEST_ERROR));
    cruddur_msg_free(msg);
    refusals_end();
}
