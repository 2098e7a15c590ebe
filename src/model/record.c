/* SPDX-License-Identifier: MIT */
#include "model/record.h"

#include "base/array.h"
#include "base/json.h"
#include "model/item.h"
#include "model/key.h"
#include "model/kind.h"

#define FIRST_CAPACITY 64
#define US_PER_S INT64_C(1000000)
/* Up to 40 digits, says the service; those of its kin are longer. */
#define SEQUENCE_NUMBER_MAX 64
#define YEAR_10000_S 253402300800.0

/* What a record says, before it is judged. */
typedef struct facts {
    cr_str event_name;
    cr_str event_source;
    cr_str source_arn; /* absent where GetRecords tells of the record */
    bool has_keys;
    bool has_image;
    cr_row keys;
    cr_row image;
} facts;

/* Reads an item; false, and behind the value, for anything else. */
static bool read_item(cr_json *in, cr_row *row)
{
    cr_json ahead = *in;
    cr_str text = cr_json_skip(in);
    if (cr_json_peek(&ahead) != '{') {
        return false;
    }
    cr_json_init(&ahead, text, in->arena);
    cr_item_read(&ahead, row);
    in->no_memory = in->no_memory || ahead.no_memory;
    return !ahead.failed;
}

/* Reads seconds since 1970 as services write them: 1700000000, 1700000000.5, 1.7E9. */
static int64_t read_seconds_us(cr_json *in)
{
    char c = cr_json_peek(in);
    if (c < '0' || c > '9') {
        (void)cr_json_skip(in);
        return 0;
    }
    double seconds = cr_json_number(in);
    return seconds < YEAR_10000_S ? (int64_t)seconds * US_PER_S : 0;
}

/* The part of a record that is about the row. */
static void read_change(cr_json *in, cr_record *record, facts *found)
{
    cr_str name;
    if (cr_json_peek(in) != '{') {
        (void)cr_json_skip(in);
        return;
    }
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (cr_str_equal(name, cr_str_of("Keys"))) {
            found->has_keys = read_item(in, &found->keys);
        } else if (cr_str_equal(name, cr_str_of("NewImage"))) {
            found->has_image = read_item(in, &found->image);
        } else if (cr_str_equal(name, cr_str_of("SequenceNumber"))) {
            record->sequence_number = cr_json_string_or_skip(in);
        } else if (cr_str_equal(name, cr_str_of("ApproximateCreationDateTime"))) {
            record->written_at_us = read_seconds_us(in);
        } else {
            (void)cr_json_skip(in);
        }
    }
}

static void read_facts(cr_json *in, cr_record *record, facts *found)
{
    cr_str name;
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (cr_str_equal(name, cr_str_of("eventName"))) {
            found->event_name = cr_json_string_or_skip(in);
        } else if (cr_str_equal(name, cr_str_of("eventSource"))) {
            found->event_source = cr_json_string_or_skip(in);
        } else if (cr_str_equal(name, cr_str_of("eventSourceARN"))) {
            found->source_arn = cr_json_string_or_skip(in);
        } else if (cr_str_equal(name, cr_str_of("dynamodb"))) {
            read_change(in, record, found);
        } else {
            (void)cr_json_skip(in);
        }
    }
}

/* ---- judging ---- */

/* "arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL" */
static bool is_of_table(cr_str arn, cr_str table)
{
    static const char before[] = ":table/";
    const size_t size = sizeof(before) - 1;
    for (size_t at = 0; at + size + table.size <= arn.size; at++) {
        if (memcmp(arn.data + at, before, size) == 0) {
            cr_str rest = {arn.data + at + size, arn.size - at - size};
            bool ends = rest.size == table.size || rest.data[table.size] == '/';
            return ends && memcmp(rest.data, table.data, table.size) == 0;
        }
    }
    return false;
}

/* The row that was put, as far as the record shows it. */
static cr_row row_of(const facts *found)
{
    cr_row row = found->has_image ? found->image : (cr_row){0};
    row.value[CR_PK] = found->keys.value[CR_PK];
    row.value[CR_SK] = found->keys.value[CR_SK];
    if (!found->has_image) {
        row.value[CR_TEXT] = cr_str_of(""); /* it may have been a message */
    }
    return row;
}

static const char *judge_put(const facts *found, cr_record *record)
{
    if (!found->has_keys) {
        return "it has no keys";
    }
    cr_row row = row_of(found);
    if (cr_row_kind(&row) != CR_KIND_MESSAGE) {
        return NULL;
    }
    if (!found->has_image) {
        return "it has no new image; the stream's view must be NEW_IMAGE or NEW_AND_OLD_IMAGES";
    }
    record->kind = CR_RECORD_MESSAGE;
    record->sk = row.value[CR_SK];
    record->text = row.value[CR_TEXT];
    record->has_author = cr_uuid_parse(row.value[CR_USER_UUID], &record->author);
    (void)cr_uuid_parse(cr_pk_suffix(row.value[CR_PK]), &record->group); /* as its kind says */
    return NULL;
}

/* What is wrong with a record; NULL for nothing. */
static const char *judge(const facts *found, cr_str table, cr_record *record)
{
    if (!cr_str_equal(found->event_source, cr_str_of("aws:dynamodb"))) {
        return "it is not from a stream: its eventSource is not aws:dynamodb";
    }
    if (record->sequence_number.size == 0) {
        return "it has no sequence number";
    }
    if (table.data != NULL && found->source_arn.data != NULL &&
        !is_of_table(found->source_arn, table)) {
        return "it is of another table";
    }
    record->is_change = cr_str_equal(found->event_name, cr_str_of("MODIFY"));
    if (record->is_change || cr_str_equal(found->event_name, cr_str_of("INSERT"))) {
        return judge_put(found, record);
    }
    bool is_known = cr_str_equal(found->event_name, cr_str_of("REMOVE"));
    return is_known ? NULL : "its eventName is not INSERT, MODIFY or REMOVE";
}

/* ---- the list ---- */

/* Reads one record, of whatever JSON; false when memory ran out. */
static bool read_record(cr_str text, cr_str table, cr_arena *arena, cr_record *record)
{
    cr_json in;
    facts found = {.has_keys = false};
    *record = (cr_record){.kind = CR_RECORD_OTHER, .sequence_number = {"", 0}};
    cr_json_init(&in, text, arena);
    if (cr_json_peek(&in) == '{') {
        read_facts(&in, record, &found);
    }
    if (record->sequence_number.size > SEQUENCE_NUMBER_MAX ||
        !cr_str_is_number(record->sequence_number)) {
        record->sequence_number = cr_str_of("");
    }
    record->problem = judge(&found, table, record);
    record->key =
        record->problem == NULL ? cr_row_key(&found.keys) : (cr_key){{NULL, 0}, {NULL, 0}};
    record->kind = record->problem != NULL ? CR_RECORD_POISON : record->kind;
    return !in.no_memory;
}

static void read_list(cr_json *in, cr_str table, cr_records *records)
{
    size_t capacity = 0;
    records->count = 0;
    cr_json_enter(in, '[');
    for (bool first = true; cr_json_next_element(in, &first);) {
        cr_str text = cr_json_skip(in);
        if (in->failed) {
            return;
        }
        cr_record *grown = cr_array_grow_in(in->arena, records->record, records->count, &capacity,
                                            FIRST_CAPACITY, sizeof(*grown));
        records->record = grown == NULL ? records->record : grown;
        if (grown == NULL ||
            !read_record(text, table, in->arena, &records->record[records->count++])) {
            in->no_memory = in->failed = true;
            return;
        }
    }
}

static cr_records_check check_end(cr_json *in, bool has_list)
{
    if (!cr_json_is_done(in)) {
        return in->no_memory ? CR_RECORDS_NO_MEMORY : CR_RECORDS_NOT_JSON;
    }
    return has_list ? CR_RECORDS_GOOD : CR_RECORDS_NO_LIST;
}

cr_records_check cr_records_read(cr_str text, cr_str table, cr_arena *arena, cr_records *records)
{
    cr_json in;
    cr_str name;
    bool has_list = false;
    bool has_twins = false;
    *records = (cr_records){.record = NULL};
    cr_json_init(&in, text, arena);
    if (cr_json_peek(&in) != '{') {
        (void)cr_json_skip(&in);
        return check_end(&in, false);
    }
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        if (cr_str_equal(name, cr_str_of("Records")) && cr_json_peek(&in) == '[') {
            has_twins = has_list;
            has_list = true;
            read_list(&in, table, records);
        } else if (cr_str_equal(name, cr_str_of("NextShardIterator"))) {
            records->next_iterator = cr_json_string_or_skip(&in);
        } else {
            (void)cr_json_skip(&in);
        }
    }
    return check_end(&in, has_list && !has_twins);
}
