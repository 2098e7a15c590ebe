/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/result.h"

#include "base/array.h"

/* Room is made for as many rows as the answer may have, if each takes so much of it, but at first
 * not for more than a page: most answers have one or two. */
#define ITEM_SIZE ((size_t)256)
#define FIRST_CAPACITY_MAX 32

/* An answer while it is read. */
typedef struct reader {
    cr_json in;
    cr_result *result;
    bool has_known;   /* a member that a success of one of the operations may have */
    bool has_unknown; /* another */
    bool has_error;
    size_t first_capacity;
    size_t row_capacity;
    size_t reason_capacity;
} reader;

/* Room for one element more of an array in the arena; NULL when memory ran out. */
static void *grow(reader *reading, void *array, size_t count, size_t *capacity, size_t size)
{
    cr_json *in = &reading->in;
    void *grown =
        cr_array_grow_in(in->arena, array, count, capacity, reading->first_capacity, size);
    if (grown == NULL) {
        in->no_memory = in->failed = true;
    }
    return grown;
}

static void read_row(reader *reading)
{
    cr_result *result = reading->result;
    cr_row *rows =
        grow(reading, result->row, result->row_count, &reading->row_capacity, sizeof(*result->row));
    if (rows != NULL) {
        result->row = rows;
        cr_item_read(&reading->in, &rows[result->row_count++]);
    }
}

static void read_rows(reader *reading)
{
    reading->result->has_rows = true;
    cr_json_enter(&reading->in, '[');
    for (bool first = true; cr_json_next_element(&reading->in, &first);) {
        read_row(reading);
    }
}

/* {"table": [row, …]} */
static void read_responses(reader *reading)
{
    cr_str table;
    reading->result->has_rows = true;
    cr_json_enter(&reading->in, '{');
    for (bool first = true; cr_json_next_member(&reading->in, &first, &table);) {
        read_rows(reading);
    }
}

static void read_last_key(reader *reading)
{
    if (cr_json_peek(&reading->in) == '{') {
        reading->result->last_key = cr_json_skip(&reading->in);
    } else {
        (void)cr_json_skip(&reading->in); /* null */
    }
}

static void read_unprocessed(reader *reading)
{
    bool first = true;
    cr_str table;
    cr_json ahead = reading->in;
    cr_json_enter(&ahead, '{');
    bool is_any = cr_json_next_member(&ahead, &first, &table);
    cr_str text = cr_json_skip(&reading->in);
    if (is_any) {
        reading->result->unprocessed = text;
    }
}

/* All successes of a batch of writes have it, be it empty. */
static void read_unprocessed_items(reader *reading)
{
    reading->result->has_rows = true;
    read_unprocessed(reading);
}

/* Of one table: {"CapacityUnits": 1.5, …} */
static void read_table_capacity(reader *reading)
{
    cr_str name;
    cr_json_enter(&reading->in, '{');
    for (bool first = true; cr_json_next_member(&reading->in, &first, &name);) {
        if (cr_str_equal(name, cr_str_of("CapacityUnits"))) {
            reading->result->capacity_units += cr_json_number(&reading->in);
        } else {
            (void)cr_json_skip(&reading->in);
        }
    }
}

static void read_capacity(reader *reading)
{
    if (cr_json_peek(&reading->in) == '{') {
        read_table_capacity(reading);
        return;
    }
    cr_json_enter(&reading->in, '[');
    for (bool first = true; cr_json_next_element(&reading->in, &first);) {
        read_table_capacity(reading);
    }
}

static void read_reason(reader *reading, cr_reason *reason)
{
    cr_str name;
    *reason = (cr_reason){CR_STR_ABSENT, CR_STR_ABSENT, {{CR_STR_ABSENT}}};
    cr_json_enter(&reading->in, '{');
    for (bool first = true; cr_json_next_member(&reading->in, &first, &name);) {
        if (cr_str_equal(name, cr_str_of("Code"))) {
            reason->code = cr_json_string(&reading->in);
        } else if (cr_str_equal(name, cr_str_of("Message")) && cr_json_peek(&reading->in) == '"') {
            reason->message = cr_json_string(&reading->in);
        } else if (cr_str_equal(name, cr_str_of("Item")) && cr_json_peek(&reading->in) == '{') {
            cr_item_read(&reading->in, &reason->row);
        } else {
            (void)cr_json_skip(&reading->in);
        }
    }
}

static void read_reasons(reader *reading)
{
    cr_result *result = reading->result;
    cr_json_enter(&reading->in, '[');
    for (bool first = true; cr_json_next_element(&reading->in, &first);) {
        cr_reason *reasons = grow(reading, result->reason, result->reason_count,
                                  &reading->reason_capacity, sizeof(*result->reason));
        if (reasons == NULL) {
            return;
        }
        result->reason = reasons;
        read_reason(reading, &reasons[result->reason_count++]);
    }
}

static void skip(reader *reading)
{
    (void)cr_json_skip(&reading->in);
}

/* A success whose members are all unknown is none: it may be empty, as we ask for little. */
static const struct member {
    const char *name;
    void (*read)(reader *reading);
    bool is_of_error;
} members[] = {
    {"Item", read_row, false},
    {"Items", read_rows, false},
    {"Responses", read_responses, false},
    {"LastEvaluatedKey", read_last_key, false},
    {"UnprocessedKeys", read_unprocessed, false},
    {"UnprocessedItems", read_unprocessed_items, false},
    {"ConsumedCapacity", read_capacity, false},
    {"ItemCollectionMetrics", skip, false},
    {"CancellationReasons", read_reasons, true},
    {"__type", skip, true},
};

static void read_member(reader *reading, cr_str name)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (cr_str_equal(name, cr_str_of(members[i].name))) {
            reading->has_known = true;
            reading->has_error = reading->has_error || members[i].is_of_error;
            members[i].read(reading);
            return;
        }
    }
    reading->has_unknown = true;
    skip(reading);
}

cr_result_check cr_result_read(cr_str body, cr_arena *arena, cr_result *result)
{
    size_t expected = body.size / ITEM_SIZE + 1;
    reader reading = {
        .result = result,
        .first_capacity = expected < FIRST_CAPACITY_MAX ? expected : FIRST_CAPACITY_MAX,
    };
    cr_str name;
    *result = (cr_result){0};
    cr_json_init(&reading.in, body, arena);
    cr_json_enter(&reading.in, '{');
    for (bool first = true; cr_json_next_member(&reading.in, &first, &name);) {
        read_member(&reading, name);
    }
    result->is_foreign = reading.has_error || (reading.has_unknown && !reading.has_known);
    if (reading.in.no_memory) {
        return CR_RESULT_NO_MEMORY;
    }
    return cr_json_is_done(&reading.in) ? CR_RESULT_GOOD : CR_RESULT_GARBAGE;
}
