/* SPDX-License-Identifier: MIT */
/* Stream events: our reader, which builds no tree, against json-c (oracle.h says where they may
 * differ). */
#include "model/key.h"
#include "model/record.h"
#include "model/time.h"
#include "oracle.h"

#define DEPTH_BOTH_TAKE 60

static bool is_text(json_object *object, const char *name, cr_str text)
{
    json_object *value = NULL;
    return oracle_member(object, name, &value) && json_object_is_type(value, json_type_string) &&
           cr_str_equal(oracle_text(value), text);
}

/* {"name": {"S": "text"}} */
static bool has_string(json_object *item, const char *name, cr_str text)
{
    json_object *typed = NULL;
    return oracle_member(item, name, &typed) && json_object_is_type(typed, json_type_object) &&
           is_text(typed, "S", text);
}

/* Whatever is said of the record is what the record says. */
static void check_message(const cr_record *record, json_object *theirs)
{
    json_object *change = NULL;
    json_object *keys = NULL;
    json_object *image = NULL;
    cr_pk pk = cr_pk_of_group(&record->group);
    FUZZ_REQUIRE(is_text(theirs, "eventName", cr_str_of(record->is_change ? "MODIFY" : "INSERT")));
    FUZZ_REQUIRE(is_text(theirs, "eventSource", cr_str_of("aws:dynamodb")));
    FUZZ_REQUIRE(oracle_member(theirs, "dynamodb", &change));
    FUZZ_REQUIRE(is_text(change, "SequenceNumber", record->sequence_number));
    FUZZ_REQUIRE(oracle_member(change, "Keys", &keys) && has_string(keys, "pk", cr_pk_str(&pk)));
    FUZZ_REQUIRE(has_string(keys, "sk", record->sk));
    FUZZ_REQUIRE(oracle_member(change, "NewImage", &image) &&
                 json_object_is_type(image, json_type_object));
}

/* Of every record, whatever it was read from. */
static void check_record(const cr_record *record)
{
    int64_t time_us;
    cr_uuid uuid;
    FUZZ_REQUIRE((record->kind == CR_RECORD_POISON) == (record->problem != NULL));
    FUZZ_REQUIRE(record->kind == CR_RECORD_POISON || record->sequence_number.size > 0);
    FUZZ_REQUIRE(record->written_at_us >= 0);
    for (size_t i = 0; i < record->sequence_number.size; i++) {
        FUZZ_REQUIRE(record->sequence_number.data[i] >= '0' &&
                     record->sequence_number.data[i] <= '9');
    }
    if (record->kind == CR_RECORD_MESSAGE) {
        FUZZ_REQUIRE(cr_uuid_parse(cr_uuid_str(&record->group), &uuid));
        FUZZ_REQUIRE(cr_time_parse(record->sk, &time_us));
        FUZZ_REQUIRE(!record->has_author || cr_uuid_parse(cr_uuid_str(&record->author), &uuid));
    }
}

static void read_plain(cr_str plain, json_object *event)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_records records;
    json_object *list = NULL;
    bool has_list = json_object_is_type(event, json_type_object) &&
                    oracle_member(event, "Records", &list) &&
                    json_object_is_type(list, json_type_array);
    cr_records_check check = cr_records_read(plain, CR_STR_ABSENT, &arena, &records);
    FUZZ_REQUIRE(check == (has_list ? CR_RECORDS_GOOD : CR_RECORDS_NO_LIST));
    FUZZ_REQUIRE(!has_list || records.count == json_object_array_length(list));
    for (size_t i = 0; i < records.count; i++) {
        check_record(&records.record[i]);
        if (records.record[i].kind == CR_RECORD_MESSAGE) {
            check_message(&records.record[i], json_object_array_get_idx(list, i));
        }
    }
    cr_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_records records;
    cr_str text = fuzz_text(bytes, size);
    cr_records_check check = cr_records_read(text, cr_str_of("messages"), &arena, &records);
    FUZZ_REQUIRE(check != CR_RECORDS_NO_MEMORY);
    for (size_t i = 0; check == CR_RECORDS_GOOD && i < records.count; i++) {
        check_record(&records.record[i]);
    }
    json_object *event = oracle_read(text, DEPTH_BOTH_TAKE);
    cr_str plain =
        event == NULL || oracle_has_escaped_nul(text) ? CR_STR_ABSENT : oracle_write(event);
    if (plain.data != NULL) {
        read_plain(plain, event);
    }
    (void)json_object_put(event);
    cr_arena_free(&arena);
    return 0;
}
