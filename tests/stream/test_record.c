/* SPDX-License-Identifier: MIT */
/* What a record of a stream is taken for. */
#include "../aws/unit.h"

#include <stdio.h>

#include "model/record.h"

TestSuite(record, .timeout = 300);

#define G "00000000-0000-4000-8000-00000000000a"
#define ANN "00000000-0000-4000-8000-00000000000b"
#define SK "2026-01-31T09:30:00.000001+00:00"

static cr_arena arena;

static void free_arena(void)
{
    cr_arena_free(&arena);
}

static cr_records_check read_as(const char *text, const char *table, cr_records *records)
{
    return cr_records_read(cr_str_of(text), cr_str_of(table), &arena, records);
}

/* The only record of an event, whose text stays until the next. */
static cr_record read_one(const char *record)
{
    static char text[4096];
    cr_records records;
    (void)snprintf(text, sizeof(text), "{\"Records\":[%s]}", record);
    cr_assert_eq(read_as(text, "messages", &records), CR_RECORDS_GOOD, "%s", text);
    cr_assert_eq(records.count, 1u);
    return records.record[0];
}

#define HEAD "{\"eventName\":\"INSERT\",\"eventSource\":\"aws:dynamodb\","
#define KEYS(pk, sk) "\"Keys\":{\"pk\":{\"S\":\"" pk "\"},\"sk\":{\"S\":\"" sk "\"}},"
#define IMAGE "\"NewImage\":{\"message\":{\"S\":\"hi\"},\"user_uuid\":{\"S\":\"" ANN "\"}},"
#define BARE_IMAGE "\"NewImage\":{\"message_uuid\":{\"S\":\"" G "\"}},"
#define OTHER_IMAGE "\"NewImage\":{\"title\":{\"S\":\"hi\"},\"message\":{\"N\":\"1\"}},"
#define NUMBER "\"SequenceNumber\":\"100000000000000000000000000000000000009\""
#define RECORD(pk, sk) HEAD "\"dynamodb\":{" KEYS(pk, sk) IMAGE NUMBER "}}"

Test(record, of_a_message, .fini = free_arena)
{
    cr_record record = read_one(RECORD("MSG#" G, SK));
    cr_assert_eq(record.kind, CR_RECORD_MESSAGE);
    cr_assert_str_eq(record.group.text, G);
    cr_assert(record.has_author);
    cr_assert_str_eq(record.author.text, ANN);
    cr_assert(cr_str_equal(record.sk, cr_str_of(SK)));
    cr_assert(
        cr_str_equal(record.sequence_number, cr_str_of("100000000000000000000000000000000000009")));
    cr_assert(cr_str_equal(record.text, cr_str_of("hi")));
    cr_assert_not(record.is_change);
    cr_assert_null(record.problem);
    cr_assert_eq(record.written_at_us, 0);
}

Test(record, of_a_message_that_was_changed, .fini = free_arena)
{
    cr_record record =
        read_one("{\"eventName\":\"MODIFY\",\"eventSource\":\"aws:dynamodb\",\"dynamodb\":{" KEYS(
            "MSG#" G, SK) IMAGE NUMBER "}}");
    cr_assert_eq(record.kind, CR_RECORD_MESSAGE);
    cr_assert(record.is_change);
    cr_assert_str_eq(record.group.text, G);
    cr_assert(cr_str_equal(record.sk, cr_str_of(SK)));
    cr_assert(cr_str_equal(record.text, cr_str_of("hi")));
}

/* As the two sources of records write it, and some more. */
Test(record, is_as_old_as_it_says, .fini = free_arena)
{
    static const struct {
        const char *text;
        int64_t written_at_us;
    } times[] = {
        {"1700000000", 1700000000000000},
        {"1700000000.75", 1700000000000000},
        {"1.7E9", 1700000000000000},
        {"17000000000e-1", 1700000000000000},
        {"1.700000000123E+9", 1700000000000000},
        {"0", 0},
        {"-5", 0},
        {"1e300", 0},
        {"1e999999", 0},
        {"\"now\"", 0},
        {"null", 0},
    };
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text),
                       HEAD "\"dynamodb\":{\"ApproximateCreationDateTime\":%s," KEYS("MSG#" G, SK)
                           IMAGE NUMBER "}}",
                       times[i].text);
        cr_record record = read_one(text);
        cr_expect_eq(record.kind, CR_RECORD_MESSAGE, "%s", times[i].text);
        cr_expect_eq(record.written_at_us, times[i].written_at_us, "%s: %lld", times[i].text,
                     (long long)record.written_at_us);
    }
}

/* Sort keys in the forms that older writers used are keys all the same. */
Test(record, of_an_old_message, .fini = free_arena)
{
    cr_assert_eq(read_one(RECORD("MSG#" G, "2022-11-05T14:00:00")).kind, CR_RECORD_MESSAGE);
    cr_assert_eq(read_one(RECORD("MSG#" G, "2022-11-05T14:00:00-04:00")).kind, CR_RECORD_MESSAGE);
}

/* Without an author it can be applied as long as the index tells the group's rows. */
Test(record, of_a_message_without_an_author, .fini = free_arena)
{
    cr_record record = read_one(HEAD "\"dynamodb\":{" KEYS("MSG#" G, SK) BARE_IMAGE NUMBER "}}");
    cr_assert_eq(record.kind, CR_RECORD_MESSAGE);
    cr_assert_not(record.has_author);
}

Test(record, of_anything_else_is_passed_over, .fini = free_arena)
{
    static const char *const records[] = {
        RECORD("GRP#" ANN, SK),
        "{\"eventName\":\"REMOVE\",\"eventSource\":\"aws:dynamodb\",\"dynamodb\":{" KEYS(
            "MSG#" G, SK) NUMBER "}}",
        "{\"eventName\":\"MODIFY\",\"eventSource\":\"aws:dynamodb\",\"dynamodb\":{" KEYS(
            "GRP#" ANN, SK) IMAGE NUMBER "}}",
        "{\"eventName\":\"REMOVE\",\"eventSource\":\"aws:dynamodb\",\"dynamodb\":{" NUMBER "}}",
        /* Rows of other programs. */
        RECORD("USR#" G, SK),
        RECORD("", SK),
        RECORD("MSG#", SK),
        RECORD("MSG#7", SK),
        RECORD("MSG#00000000-0000-4000-8000-00000000000A", SK),
        RECORD("MSG#" G, "META"),
        RECORD("MSG#" G, ""),
        HEAD "\"dynamodb\":{" KEYS("USR#" G, SK) NUMBER "}}",
        HEAD "\"dynamodb\":{" KEYS("MSG#" G, "META") NUMBER "}}",
        HEAD "\"dynamodb\":{" KEYS("MSG#" G, SK) "\"NewImage\":{}," NUMBER "}}",
        HEAD "\"dynamodb\":{" KEYS("MSG#" G, SK) OTHER_IMAGE NUMBER "}}",
        HEAD "\"dynamodb\":{\"Keys\":{\"pk\":{\"S\":\"MSG#" G "\"}}," IMAGE NUMBER "}}",
        HEAD "\"dynamodb\":{\"Keys\":{\"pk\":{\"N\":\"1\"},\"sk\":{\"S\":\"" SK "\"}}," IMAGE NUMBER
             "}}",
    };
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        cr_record record = read_one(records[i]);
        cr_expect_eq(record.kind, CR_RECORD_OTHER, "%s", records[i]);
        cr_expect_null(record.problem);
    }
}

Test(record, that_makes_no_sense_says_why, .fini = free_arena)
{
    static const struct {
        const char *text;
        const char *problem; /* a part of it */
        bool has_number;
    } records[] = {
        {"7", "not from a stream", false},
        {"[]", "not from a stream", false},
        {"{}", "not from a stream", false},
        {"{\"eventSource\":\"aws:kinesis\",\"dynamodb\":{" NUMBER "}}", "not from a stream", true},
        {"{\"eventSource\":[\"aws:dynamodb\"],\"dynamodb\":{" NUMBER "}}", "not from a stream",
         true},
        {HEAD "\"dynamodb\":{" KEYS("MSG#" G, SK) IMAGE "\"a\":1}}", "no sequence number", false},
        {HEAD "\"dynamodb\":{" KEYS("MSG#" G, SK) IMAGE "\"SequenceNumber\":9}}",
         "no sequence number", false},
        {HEAD "\"dynamodb\":{" KEYS("MSG#" G, SK) IMAGE "\"SequenceNumber\":\"nine\"}}",
         "no sequence number", false},
        {HEAD "\"dynamodb\":[]}", "no sequence number", false},
        {HEAD "\"dynamodb\":{" NUMBER "}}", "no keys", true},
        {HEAD "\"dynamodb\":{\"Keys\":7," NUMBER "}}", "no keys", true},
        {HEAD "\"dynamodb\":{" KEYS("MSG#" G, SK) NUMBER "}}", "no new image", true},
        {HEAD "\"dynamodb\":{" KEYS("MSG#" G, SK) "\"NewImage\":null," NUMBER "}}", "no new image",
         true},
        {"{\"eventName\":\"MODIFY\",\"eventSource\":\"aws:dynamodb\",\"dynamodb\":{" KEYS(
             "MSG#" G, SK) NUMBER "}}",
         "no new image", true},
        {"{\"eventName\":\"INSERTED\",\"eventSource\":\"aws:dynamodb\",\"dynamodb\":{" KEYS(
             "MSG#" G, SK) IMAGE NUMBER "}}",
         "eventName", true},
    };
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        cr_record record = read_one(records[i].text);
        cr_expect_eq(record.kind, CR_RECORD_POISON, "%s", records[i].text);
        cr_expect(record.problem != NULL && strstr(record.problem, records[i].problem) != NULL,
                  "%s: %s", records[i].text, record.problem);
        cr_expect_eq(record.sequence_number.size > 0, records[i].has_number, "%s", records[i].text);
    }
}

static cr_record_kind kind_of_arn(const char *arn)
{
    char text[2048];
    (void)snprintf(text, sizeof(text),
                   "{\"eventSourceARN\":\"%s\",\"eventName\":\"INSERT\","
                   "\"eventSource\":\"aws:dynamodb\",\"dynamodb\":{" KEYS("MSG#" G, SK) IMAGE NUMBER
                   "}}",
                   arn);
    return read_one(text).kind;
}

#define ARN "arn:aws:dynamodb:eu-central-1:123456789012:table/"

Test(record, of_another_table, .fini = free_arena)
{
    cr_expect_eq(kind_of_arn(ARN "messages/stream/2026-01-31T09:30:00.000"), CR_RECORD_MESSAGE);
    cr_expect_eq(kind_of_arn(ARN "messages"), CR_RECORD_MESSAGE);
    cr_expect_eq(kind_of_arn(ARN "messages2/stream/2026-01-31T09:30:00.000"), CR_RECORD_POISON);
    cr_expect_eq(kind_of_arn(ARN "message/stream/2026-01-31T09:30:00.000"), CR_RECORD_POISON);
    cr_expect_eq(kind_of_arn(ARN "my-messages/stream/messages"), CR_RECORD_POISON);
    cr_expect_eq(kind_of_arn(""), CR_RECORD_POISON);
    cr_expect_eq(kind_of_arn(":table/"), CR_RECORD_POISON);
}

Test(record, lists_of_them, .fini = free_arena)
{
    static const struct {
        const char *text;
        cr_records_check check;
    } events[] = {
        {"{\"Records\":[]}", CR_RECORDS_GOOD},
        {" {\"a\":[{}],\"Records\":[ ],\"b\":null} ", CR_RECORDS_GOOD},
        {"{}", CR_RECORDS_NO_LIST},
        {"[]", CR_RECORDS_NO_LIST},
        {"7", CR_RECORDS_NO_LIST},
        {"{\"Records\":{}}", CR_RECORDS_NO_LIST},
        {"{\"Records\":null}", CR_RECORDS_NO_LIST},
        {"{\"records\":[]}", CR_RECORDS_NO_LIST},
        {"{\"Records\":[],\"Records\":[]}", CR_RECORDS_NO_LIST},
        {"", CR_RECORDS_NOT_JSON},
        {"{", CR_RECORDS_NOT_JSON},
        {"hello", CR_RECORDS_NOT_JSON},
        {"{\"Records\":[}", CR_RECORDS_NOT_JSON},
        {"{\"Records\":[{]}", CR_RECORDS_NOT_JSON},
        {"{\"Records\":[]}}", CR_RECORDS_NOT_JSON},
        {"{\"Records\":[\"\\x\"]}", CR_RECORDS_NOT_JSON},
    };
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        cr_records records;
        cr_expect_eq(read_as(events[i].text, NULL, &records), events[i].check, "%s",
                     events[i].text);
    }
}

Test(record, of_a_page_that_goes_on, .fini = free_arena)
{
    cr_records records;
    cr_assert_eq(read_as("{\"NextShardIterator\":\"arn:7|it\",\"Records\":[" RECORD(
                             "MSG#" G, SK) ",7," RECORD("GRP#" ANN, SK) "]}",
                         NULL, &records),
                 CR_RECORDS_GOOD);
    cr_assert_eq(records.count, 3u);
    cr_expect_eq(records.record[0].kind, CR_RECORD_MESSAGE);
    cr_expect_eq(records.record[1].kind, CR_RECORD_POISON);
    cr_expect_eq(records.record[2].kind, CR_RECORD_OTHER);
    cr_expect(cr_str_equal(records.next_iterator, cr_str_of("arn:7|it")));
    cr_assert_eq(read_as("{\"NextShardIterator\":null,\"Records\":[]}", NULL, &records),
                 CR_RECORDS_GOOD);
    cr_expect_null(records.next_iterator.data);
}
