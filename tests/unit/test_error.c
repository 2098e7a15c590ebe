/* SPDX-License-Identifier: MIT */
/* Statuses and errors. */
#include "base/call.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "base/lines.h"
#include "base/print.h"
#include "model/text.h"

TestSuite(error, .timeout = 300);

/* Names and values are stable: programs and logs depend on them. */
static const struct {
    cruddur_status status;
    int value;
    const char *name;
} statuses[] = {
    {CRUDDUR_OK, 0, "OK"},
    {CRUDDUR_E_NO_MEMORY, 1, "E_NO_MEMORY"},
    {CRUDDUR_E_INTERNAL, 2, "E_INTERNAL"},
    {CRUDDUR_E_NO_DESCRIPTORS, 3, "E_NO_DESCRIPTORS"},
    {CRUDDUR_E_NULL_ARGUMENT, 10, "E_NULL_ARGUMENT"},
    {CRUDDUR_E_INVALID_ARGUMENT, 11, "E_INVALID_ARGUMENT"},
    {CRUDDUR_E_STRUCT_SIZE, 12, "E_STRUCT_SIZE"},
    {CRUDDUR_E_TEXT_BLANK, 13, "E_TEXT_BLANK"},
    {CRUDDUR_E_TEXT_TOO_LONG, 14, "E_TEXT_TOO_LONG"},
    {CRUDDUR_E_NOT_UTF8, 15, "E_NOT_UTF8"},
    {CRUDDUR_E_UUID, 16, "E_UUID"},
    {CRUDDUR_E_NAME_TOO_LONG, 17, "E_NAME_TOO_LONG"},
    {CRUDDUR_E_NAME_CHARACTER, 18, "E_NAME_CHARACTER"},
    {CRUDDUR_E_MEMBER_COUNT, 19, "E_MEMBER_COUNT"},
    {CRUDDUR_E_MEMBER_TWICE, 20, "E_MEMBER_TWICE"},
    {CRUDDUR_E_MEMBER_SELF, 21, "E_MEMBER_SELF"},
    {CRUDDUR_E_LIMIT, 22, "E_LIMIT"},
    {CRUDDUR_E_CURSOR_DAMAGED, 23, "E_CURSOR_DAMAGED"},
    {CRUDDUR_E_CURSOR_FOREIGN, 24, "E_CURSOR_FOREIGN"},
    {CRUDDUR_E_TIME, 25, "E_TIME"},
    {CRUDDUR_E_TIME_RANGE, 26, "E_TIME_RANGE"},
    {CRUDDUR_E_URL_SCHEME, 27, "E_URL_SCHEME"},
    {CRUDDUR_E_URL_PARAMETER, 28, "E_URL_PARAMETER"},
    {CRUDDUR_E_UUID_TIME, 29, "E_UUID_TIME"},
    {CRUDDUR_E_DATA_TOO_LONG, 30, "E_DATA_TOO_LONG"},
    {CRUDDUR_E_REACTION, 31, "E_REACTION"},
    {CRUDDUR_E_ENGINE_DISABLED, 32, "E_ENGINE_DISABLED"},
    {CRUDDUR_E_GROUP_NOT_FOUND, 40, "E_GROUP_NOT_FOUND"},
    {CRUDDUR_E_NOT_A_MEMBER, 41, "E_NOT_A_MEMBER"},
    {CRUDDUR_E_GROUP_EXISTS, 42, "E_GROUP_EXISTS"},
    {CRUDDUR_E_CONFLICT, 43, "E_CONFLICT"},
    {CRUDDUR_E_MESSAGE_GONE, 44, "E_MESSAGE_GONE"},
    {CRUDDUR_E_FOREIGN_WRITER, 45, "E_FOREIGN_WRITER"},
    {CRUDDUR_E_MESSAGE_NOT_FOUND, 46, "E_MESSAGE_NOT_FOUND"},
    {CRUDDUR_E_MESSAGE_TIME, 47, "E_MESSAGE_TIME"},
    {CRUDDUR_E_NOT_THE_AUTHOR, 48, "E_NOT_THE_AUTHOR"},
    {CRUDDUR_E_MESSAGE_DELETED, 49, "E_MESSAGE_DELETED"},
    {CRUDDUR_E_VERSION, 50, "E_VERSION"},
    {CRUDDUR_E_REACTION_COUNT, 51, "E_REACTION_COUNT"},
    {CRUDDUR_E_GROUP_DIRECT, 52, "E_GROUP_DIRECT"},
    {CRUDDUR_E_GROUP_NOT_DIRECT, 53, "E_GROUP_NOT_DIRECT"},
    {CRUDDUR_E_BLOCKED, 54, "E_BLOCKED"},
    {CRUDDUR_E_MEMBER_LAST, 55, "E_MEMBER_LAST"},
    {CRUDDUR_E_NEEDS_TRANSACTIONS, 56, "E_NEEDS_TRANSACTIONS"},
    {CRUDDUR_E_CLOSED, 57, "E_CLOSED"},
    {CRUDDUR_E_TIMEOUT, 60, "E_TIMEOUT"},
    {CRUDDUR_E_STORE_LOCKED, 61, "E_STORE_LOCKED"},
    {CRUDDUR_E_STORE_MISSING, 62, "E_STORE_MISSING"},
    {CRUDDUR_E_STORE_ACCESS, 63, "E_STORE_ACCESS"},
    {CRUDDUR_E_STORE_READ_ONLY, 64, "E_STORE_READ_ONLY"},
    {CRUDDUR_E_STORE_FULL, 65, "E_STORE_FULL"},
    {CRUDDUR_E_STORE_FOREIGN, 66, "E_STORE_FOREIGN"},
    {CRUDDUR_E_STORE_NEWER, 67, "E_STORE_NEWER"},
    {CRUDDUR_E_STORE_DAMAGED, 68, "E_STORE_DAMAGED"},
    {CRUDDUR_E_STORE_IO, 69, "E_STORE_IO"},
    {CRUDDUR_E_STORE_FORKED, 70, "E_STORE_FORKED"},
    {CRUDDUR_E_STORE_REPLACED, 71, "E_STORE_REPLACED"},
    {CRUDDUR_E_CANCELLED, 72, "E_CANCELLED"},
    {CRUDDUR_E_STORE_FENCED, 73, "E_STORE_FENCED"},
    {CRUDDUR_E_EXPORT_DAMAGED, 74, "E_EXPORT_DAMAGED"},
    {CRUDDUR_E_QUEUE_FULL, 75, "E_QUEUE_FULL"},
    {CRUDDUR_E_CLOSING, 76, "E_CLOSING"},
    {CRUDDUR_E_REQUEST_DONE, 77, "E_REQUEST_DONE"},
    {CRUDDUR_E_WATCH_BUSY, 78, "E_WATCH_BUSY"},
    {CRUDDUR_E_MOVE_BEHIND, 79, "E_MOVE_BEHIND"},
    {CRUDDUR_E_NETWORK, 80, "E_NETWORK"},
    {CRUDDUR_E_TLS, 81, "E_TLS"},
    {CRUDDUR_E_PROTOCOL, 82, "E_PROTOCOL"},
    {CRUDDUR_E_CREDENTIALS, 83, "E_CREDENTIALS"},
    {CRUDDUR_E_ACCESS_DENIED, 84, "E_ACCESS_DENIED"},
    {CRUDDUR_E_THROTTLED, 85, "E_THROTTLED"},
    {CRUDDUR_E_SERVICE, 86, "E_SERVICE"},
    {CRUDDUR_E_TABLE_MISSING, 87, "E_TABLE_MISSING"},
    {CRUDDUR_E_TABLE_SHAPE, 88, "E_TABLE_SHAPE"},
    {CRUDDUR_E_ITEM_TOO_LARGE, 89, "E_ITEM_TOO_LARGE"},
    {CRUDDUR_E_CONFIG, 90, "E_CONFIG"},
    {CRUDDUR_E_REFUSED, 91, "E_REFUSED"},
};

#define STATUSES (sizeof(statuses) / sizeof(statuses[0]))

Test(error, every_status_has_a_name_and_a_text_of_its_own)
{
    for (size_t i = 0; i < STATUSES; i++) {
        const char *text = cruddur_status_text(statuses[i].status);
        cr_assert_eq((int)statuses[i].status, statuses[i].value);
        cr_assert_str_eq(cruddur_status_name(statuses[i].status), statuses[i].name);
        cr_assert_gt(strlen(text), 0);
        for (size_t j = 0; j < i; j++) {
            cr_assert_str_neq(text, cruddur_status_text(statuses[j].status));
        }
    }
}

static bool is_listed(int value)
{
    for (size_t i = 0; i < STATUSES; i++) {
        if (statuses[i].value == value) {
            return true;
        }
    }
    return false;
}

/* The table above is complete: all else is unknown, and safe to ask about. */
Test(error, every_other_value_is_unknown)
{
    for (int value = -10; value < 1000; value++) {
        cruddur_status status = (cruddur_status)value;
        cr_assert_eq(strcmp(cruddur_status_name(status), "E_UNKNOWN") != 0, is_listed(value), "%d",
                     value);
        cr_assert(cruddur_status_text(status) != NULL);
        cr_assert(is_listed(value) || !cruddur_status_is_retryable(status));
    }
}

Test(error, only_what_may_pass_by_itself_is_retryable)
{
    static const cruddur_status retryable[] = {
        CRUDDUR_E_NO_DESCRIPTORS, CRUDDUR_E_TIMEOUT,   CRUDDUR_E_STORE_LOCKED, CRUDDUR_E_CONFLICT,
        CRUDDUR_E_NETWORK,        CRUDDUR_E_THROTTLED, CRUDDUR_E_SERVICE,      CRUDDUR_E_QUEUE_FULL,
    };
    for (size_t i = 0; i < STATUSES; i++) {
        bool expected = false;
        for (size_t j = 0; j < sizeof(retryable) / sizeof(retryable[0]); j++) {
            expected = expected || statuses[i].status == retryable[j];
        }
        cr_assert_eq(cruddur_status_is_retryable(statuses[i].status), expected, "%s",
                     statuses[i].name);
    }
}

/* Of one status there may be failures that pass, and others. */
Test(error, may_be_retryable_unlike_its_status)
{
    cruddur_error *error = NULL;
    (void)cr_fail_with(&error, CRUDDUR_E_PROTOCOL, "a page");
    cr_assert_not(cruddur_error_is_retryable(error));
    cr_error_set_retryable(&error, true);
    cr_assert(cruddur_error_is_retryable(error));
    cr_error_wrap(error, "reading");
    cr_assert(cruddur_error_is_retryable(error));
    cruddur_error_free(error);
    (void)cr_fail_with(&error, CRUDDUR_E_NETWORK, "gone");
    cr_error_set_retryable(&error, false);
    cr_assert_not(cruddur_error_is_retryable(error));
    cruddur_error_free(error);
    (void)cr_fail_memory(&error);
    cr_error_set_retryable(&error, true); /* all share that one */
    cr_assert_not(cruddur_error_is_retryable(error));
    error = NULL;
    cr_error_set_retryable(&error, true);
    cr_error_set_retryable(NULL, true);
}

Test(error, none_is_success)
{
    cr_assert_eq(cruddur_error_status(NULL), CRUDDUR_OK);
    cr_assert_str_eq(cruddur_error_message(NULL), cruddur_status_text(CRUDDUR_OK));
    cr_assert(cruddur_error_argument(NULL) == NULL);
    cr_assert_not(cruddur_error_is_retryable(NULL));
    cr_assert_not(cruddur_error_outcome_unknown(NULL));
    cruddur_error_free(NULL);
}

Test(error, tells_what_happened)
{
    cruddur_error *error = NULL;
    cr_assert_eq(cr_fail_with(&error, CRUDDUR_E_STORE_LOCKED, "reading %s: %d", "x", 5),
                 CRUDDUR_E_STORE_LOCKED);
    cr_assert_eq(cruddur_error_status(error), CRUDDUR_E_STORE_LOCKED);
    cr_assert_str_eq(cruddur_error_message(error), "reading x: 5");
    cr_assert(cruddur_error_argument(error) == NULL);
    cr_assert(cruddur_error_is_retryable(error));
    cr_assert_not(cruddur_error_outcome_unknown(error));
    cr_error_set_outcome_unknown(&error);
    cr_assert(cruddur_error_outcome_unknown(error));
    cruddur_error_free(error);
}

Test(error, names_the_argument_in_front_of_the_rule)
{
    cruddur_error *error = NULL;
    cr_assert_eq(cr_fail_argument(&error, CRUDDUR_E_LIMIT, "options.limit", "must be %d", 7),
                 CRUDDUR_E_LIMIT);
    cr_assert_str_eq(cruddur_error_message(error), "options.limit: must be 7");
    cr_assert_str_eq(cruddur_error_argument(error), "options.limit");
    cr_assert_not(cruddur_error_is_retryable(error));
    cruddur_error_free(error);
    error = NULL;
    cr_assert_eq(cr_fail_null(&error, "dm"), CRUDDUR_E_NULL_ARGUMENT);
    cr_assert_eq(cruddur_error_status(error), CRUDDUR_E_NULL_ARGUMENT);
    cr_assert_str_eq(cruddur_error_argument(error), "dm");
    cr_assert_eq(strncmp(cruddur_error_message(error), "dm: ", 4), 0);
    cruddur_error_free(error);
}

Test(error, of_no_memory_needs_none)
{
    cruddur_error *one = NULL;
    cruddur_error *two = NULL;
    cr_assert_eq(cr_fail_memory(&one), CRUDDUR_E_NO_MEMORY);
    cr_assert_eq(cr_fail_memory(&two), CRUDDUR_E_NO_MEMORY);
    cr_assert(one == two);
    cr_assert_eq(cruddur_error_status(one), CRUDDUR_E_NO_MEMORY);
    cr_assert_gt(strlen(cruddur_error_message(one)), 0);
    cr_assert(cruddur_error_argument(one) == NULL);
    cr_error_set_outcome_unknown(&one); /* it is everybody's: nothing may stick to it */
    cr_assert_not(cruddur_error_outcome_unknown(two));
    cruddur_error_free(one);
    cruddur_error_free(two);
    cr_assert_eq(cruddur_error_status(one), CRUDDUR_E_NO_MEMORY);
}

Test(error, without_a_place_for_it)
{
    cr_assert_eq(cr_fail_with(NULL, CRUDDUR_E_TIME, "x"), CRUDDUR_E_TIME);
    cr_assert_eq(cr_fail_argument(NULL, CRUDDUR_E_LIMIT, "a", "x"), CRUDDUR_E_LIMIT);
    cr_assert_eq(cr_fail_null(NULL, "a"), CRUDDUR_E_NULL_ARGUMENT);
    cr_assert_eq(cr_fail_memory(NULL), CRUDDUR_E_NO_MEMORY);
    cr_error_set_outcome_unknown(NULL);
    cr_error_discard(NULL);
}

Test(error, can_be_discarded)
{
    cruddur_error *error = NULL;
    (void)cr_fail_with(&error, CRUDDUR_E_TIME, "x");
    cr_error_discard(&error);
    cr_assert(error == NULL);
    cr_error_discard(&error);
    (void)cr_fail_memory(&error);
    cr_error_discard(&error);
    cr_assert(error == NULL);
}

Test(error, a_long_message_is_cut)
{
    char text[5000];
    cruddur_error *error = NULL;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)cr_fail_with(&error, CRUDDUR_E_STORE_IO, "opening %s", text);
    cr_assert_eq(strncmp(cruddur_error_message(error), "opening xxx", 11), 0);
    cr_assert_lt(strlen(cruddur_error_message(error)), 2000);
    cruddur_error_free(error);
    (void)cr_fail_argument(&error, CRUDDUR_E_URL_SCHEME, "store_url", "what is %s", text);
    cr_assert_eq(strncmp(cruddur_error_message(error), "store_url: what is xxx", 22), 0);
    cruddur_error_free(error);
}

/* Pieces of paths and arguments may stand in a message: it is one line of UTF-8 all the same. */
Test(error, a_message_is_printable)
{
    static const struct {
        const char *piece, *expected;
    } rows[] = {
        {"plain", "plain"},
        {"two\nlines\ttab\x1b[0m\x7f", "two?lines?tab?[0m?"},
        {"caf\xc3\xa9 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xf0\x9f\x98\x80"},
        {"\xff\xc3", "??"},
        {"\xe4\xbdz", "??z"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cruddur_error *error = NULL;
        (void)cr_fail_with(&error, CRUDDUR_E_STORE_IO, "%s", rows[i].piece);
        cr_assert_str_eq(cruddur_error_message(error), rows[i].expected);
        cruddur_error_free(error);
        char expected[64];
        (void)snprintf(expected, sizeof(expected), "a: %s", rows[i].expected);
        (void)cr_fail_argument(&error, CRUDDUR_E_LIMIT, "a", "%s", rows[i].piece);
        cr_assert_str_eq(cruddur_error_message(error), expected);
        cruddur_error_free(error);
    }
}

/* ---- what is too long ---- */

#define SMILE "\xf0\x9f\x98\x80"

/* Characters of four bytes behind 0 to 3 of one byte: a cut at any size is once inside each. */
static void fill_with_smiles(char *text, size_t size, size_t shift)
{
    memset(text, 0, size);
    memset(text, 'x', shift);
    for (size_t at = shift; at + sizeof(SMILE) < size; at += sizeof(SMILE) - 1) {
        memcpy(text + at, SMILE, sizeof(SMILE) - 1);
    }
}

/* Not a byte of a character is left over: neither as it is nor as a question mark. */
static void expect_whole_characters(const char *text)
{
    cr_text_facts facts = cr_text_look(cr_str_of(text));
    cr_assert(facts.is_utf8);
    cr_assert_gt(facts.characters, 100);
    cr_assert(strchr(text, '?') == NULL, "%s", text);
}

Test(error, a_message_is_cut_between_characters)
{
    for (size_t shift = 0; shift < 4; shift++) {
        char text[3000];
        cruddur_error *error = NULL;
        fill_with_smiles(text, sizeof(text), shift);
        (void)cr_fail_with(&error, CRUDDUR_E_STORE_IO, "%s", text);
        expect_whole_characters(cruddur_error_message(error));
        cruddur_error_free(error);
        (void)cr_fail_argument(&error, CRUDDUR_E_LIMIT, "a", "%s", text);
        expect_whole_characters(cruddur_error_message(error));
        cruddur_error_free(error);
        (void)cr_fail_system(&error, CRUDDUR_E_STORE_IO, ENOSPC, "%s", text);
        expect_whole_characters(cruddur_error_message(error));
        cr_assert(strstr(cruddur_error_message(error), "No space") != NULL);
        cruddur_error_free(error);
    }
}

/* What was put in front of a message cuts its end. */
Test(error, a_wrapped_message_is_cut_between_characters)
{
    for (size_t shift = 0; shift < 8; shift++) {
        char text[900];
        char outer[900];
        cruddur_error *error = NULL;
        fill_with_smiles(text, sizeof(text), shift % 4);
        fill_with_smiles(outer, sizeof(outer), shift < 4 ? 0 : shift % 4);
        (void)cr_fail_with(&error, CRUDDUR_E_STORE_IO, "%s", text);
        cr_error_wrap(error, outer);
        expect_whole_characters(cruddur_error_message(error));
        cruddur_error_free(error);
    }
}

Test(error, is_wrapped)
{
    cruddur_error *error = NULL;
    (void)cr_fail_with(&error, CRUDDUR_E_STORE_IO, "caf\xc3\xa9");
    cr_error_wrap(error, "reading");
    cr_assert_str_eq(cruddur_error_message(error), "reading: caf\xc3\xa9");
    cruddur_error_free(error);
    cr_error_wrap(NULL, "reading");
    (void)cr_fail_memory(&error);
    cr_error_wrap(error, "reading"); /* it is everybody's */
    cr_assert_str_eq(cruddur_error_message(error), "out of memory");
}

Test(error, a_text_is_cut_between_characters)
{
    static const struct {
        const char *text;
        size_t max, size;
    } rows[] = {
        {"", 0, 0},
        {"", 9, 0},
        {"abc", 2, 2},
        {"abc", 3, 3},
        {"\xc3\xa9\xc3\xa9", 4, 4},
        {"\xc3\xa9\xc3\xa9", 3, 2},
        {"\xc3\xa9\xc3\xa9", 1, 0},
        {"z\xe4\xbd\xa0", 4, 4},
        {"z\xe4\xbd\xa0", 3, 1},
        {"z\xe4\xbd\xa0", 2, 1},
        {"z" SMILE, 5, 5},
        {"z" SMILE, 4, 1},
        {"z" SMILE, 2, 1},
        {"\xff\xff\xff\xff\xff\xff", 5, 5}, /* not UTF-8: anywhere will do */
        {"\x80\x80\x80\x80\x80\x80", 5, 5},
        {"caf\xe9 au lait", 6, 6},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_assert_eq(cr_cut(rows[i].text, rows[i].max), rows[i].size, "number %zu: %zu", i,
                     cr_cut(rows[i].text, rows[i].max));
    }
}

Test(error, says_what_the_system_refused)
{
    cruddur_error *error = NULL;
    cr_assert_eq(cr_fail_system(&error, CRUDDUR_E_STORE_ACCESS, EACCES, "creating %s", "x\n"),
                 CRUDDUR_E_STORE_ACCESS);
    cr_assert_str_eq(cruddur_error_message(error), "creating x?: Permission denied");
    cruddur_error_free(error);
    (void)cr_fail_system(&error, CRUDDUR_E_STORE_IO, 99999, "x"); /* no such number */
    cr_assert_eq(strncmp(cruddur_error_message(error), "x: ", 3), 0);
    cr_assert_gt(strlen(cruddur_error_message(error)), 3);
    cruddur_error_free(error);
    cr_assert_eq(cr_fail_system(NULL, CRUDDUR_E_STORE_IO, EACCES, "x"), CRUDDUR_E_STORE_IO);
}

/* ---- the log and the deadline of a call ---- */

typedef struct log_line {
    int count;
    cruddur_log_level level;
    char text[2000];
} log_line;

static void note(void *data, uint32_t level, const char *message)
{
    log_line *line = data;
    line->count++;
    line->level = level;
    (void)snprintf(line->text, sizeof(line->text), "%s", message);
}

Test(error, the_log_gets_one_line)
{
    log_line line = {0};
    char longest[3000];
    cr_logger logger = {note, &line};
    cr_logger nobody = {NULL, NULL};
    cr_log_line(&logger, CRUDDUR_LOG_WARNING, "text: %s", "group x");
    cr_assert_eq(line.count, 1);
    cr_assert_eq(line.level, CRUDDUR_LOG_WARNING);
    cr_assert_str_eq(line.text, "text: group x");
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    cr_log_line(&logger, CRUDDUR_LOG_ERROR, "text: %s", longest);
    cr_assert_eq(line.count, 2);
    cr_assert_gt(strlen(line.text), 100);
    cr_log_line(&nobody, CRUDDUR_LOG_ERROR, "text: %s", longest);
    cr_assert_eq(line.count, 2);
}

Test(error, a_line_of_the_log_is_cut_between_characters)
{
    for (size_t shift = 0; shift < 4; shift++) {
        log_line line = {0};
        cr_logger logger = {note, &line};
        char text[3000];
        fill_with_smiles(text, sizeof(text), shift);
        cr_log_line(&logger, CRUDDUR_LOG_WARNING, "%s", text);
        expect_whole_characters(line.text);
    }
}

Test(error, a_line_of_a_report_is_cut_between_characters)
{
    for (size_t shift = 0; shift < 4; shift++) {
        cr_lines lines;
        char text[3000];
        fill_with_smiles(text, sizeof(text), shift);
        cr_lines_init(&lines);
        cr_lines_add(&lines, "%s", text);
        void *taken = cr_lines_take(&lines);
        cr_assert(taken != NULL);
        expect_whole_characters(cr_lines_at(taken, 0));
        free(taken);
    }
}

Test(error, a_deadline_that_has_passed)
{
    cruddur_error *error = NULL;
    cr_call call = {.deadline_us = INT64_MAX, .error = &error};
    cr_assert_eq(cr_call_check_deadline(&call), CRUDDUR_OK);
    cr_assert(error == NULL);
    call.deadline_us = 0;
    cr_assert_eq(cr_call_check_deadline(&call), CRUDDUR_E_TIMEOUT);
    cr_assert(cruddur_error_is_retryable(error));
    cruddur_error_free(error);
}

Test(error, operations_have_names)
{
    cr_assert_str_eq(cruddur_operation_name(CRUDDUR_OP_MSG_LIST), "msg_list");
    cr_assert_str_eq(cruddur_operation_name(CRUDDUR_OP_WATCH_OPEN), "watch_open");
    cr_assert_str_eq(cruddur_operation_name((cruddur_operation)25), "unknown");
    cr_assert_str_eq(cruddur_operation_name((cruddur_operation)1000), "unknown");
}
