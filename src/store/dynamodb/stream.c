/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/stream.h"

#include "aws/skew.h"
#include "base/array.h"
#include "base/print.h"
#include "store/dynamodb/open.h"
#include "store/dynamodb/refusal.h"

#define REQUEST_MAX ((size_t)64 * 1024)
#define FIRST_CAPACITY 16
#define NAME_MAX_SIZE 1024

/* What all calls about one stream share. */
typedef struct calling {
    cr_dynamodb *table;
    cr_call *call;
    cr_arena *arena;
    cr_buffer request;
    cr_aws_answer answer;
} calling;

static void begin(calling *now, cr_store *base, cr_arena *arena, cr_call *call)
{
    *now = (calling){.table = (cr_dynamodb *)base, .call = call, .arena = arena};
    cr_buffer_init(&now->request, REQUEST_MAX);
    cr_aws_answer_init(&now->answer);
}

static void end(calling *now)
{
    cr_buffer_free(&now->request);
    cr_aws_answer_free(&now->answer);
}

/* ---- asking ---- */

/* `before` begins the object, or goes on with it, and names the member. */
static void add_member(calling *now, const char *before, cr_str value)
{
    cr_buffer_add(&now->request, cr_str_of(before));
    cr_json_add_string(&now->request, value);
}

/* The streams' endpoint is another than the table's. Two threads may make a client at the same
 * time: the first counts. */
static cruddur_status find_client(cr_dynamodb *table, cr_aws_client **ret_client,
                                  cruddur_error **error)
{
    cr_aws_client *known = atomic_load(&table->stream_client);
    if (known == NULL) {
        cr_aws_client *made = NULL;
        cruddur_status status =
            cr_dynamodb_make_client(table, CR_SERVICE_DYNAMODB_STREAMS, &made, error);
        if (status != CRUDDUR_OK) {
            return status;
        }
        if (atomic_compare_exchange_strong(&table->stream_client, &known, made)) {
            known = made;
        } else {
            cr_aws_client_free(made);
        }
    }
    *ret_client = known;
    return CRUDDUR_OK;
}

/* The service's codes for what is no failure of the request. */
static const struct {
    const char *code;
    cr_shard_state state;
} states[] = {
    {"ExpiredIteratorException", CR_SHARD_EXPIRED},
    {"TrimmedDataAccessException", CR_SHARD_TRIMMED},
    {"ResourceNotFoundException", CR_SHARD_GONE},
};

/* Sends the request: a success, or, where the caller can tell them apart, one of those states. */
static cruddur_status ask(calling *now, cr_operation operation, cr_aws_reading reading,
                          cr_shard_state *state)
{
    cr_aws_client *client;
    cruddur_status status = find_client(now->table, &client, now->call->error);
    if (status == CRUDDUR_OK) {
        status =
            cr_dynamodb_send_by(client, operation, &now->request, reading, now->call, &now->answer);
    }
    if (status != CRUDDUR_OK || cr_aws_is_ok(&now->answer)) {
        return status;
    }
    for (size_t i = 0; state != NULL && i < sizeof(states) / sizeof(states[0]); i++) {
        if (cr_dynamodb_is_code(&now->answer, states[i].code)) {
            *state = states[i].state;
            return CRUDDUR_OK;
        }
    }
    return cr_dynamodb_fail(now->table, operation, &now->answer, now->call);
}

/* ---- text ---- */

/* Text is borrowed from what is read, and outlives the answer in the arena; absent when memory ran
 * out. */
static cr_str keep_body(cr_arena *arena, cr_str body)
{
    return body.size == 0 ? cr_str_of("") : cr_arena_copy(arena, body);
}

/* Names are kept in files, a line for each. */
static bool is_name(cr_str text)
{
    return text.size <= NAME_MAX_SIZE && cr_str_is_word(text);
}

/* ---- which stream ---- */

static cruddur_status fail_shape(const calling *now, const char *words)
{
    return cr_fail_with(now->call->error, CRUDDUR_E_TABLE_SHAPE, "table %.*s %s",
                        CR_CUT(now->table->names.table.data, 255), words);
}

static cruddur_status read_stream_name(calling *now, const cr_description *description,
                                       cr_str *stream)
{
    const char *name = cr_json_member_text(description->table, "LatestStreamArn");
    cr_lines differences;
    if (!cr_description_has_stream(description)) {
        return fail_shape(now, "has no stream; `cruddur schema load` switches one on");
    }
    cr_lines_init(&differences);
    bool is_good = cr_description_check_stream(description, NULL, &differences);
    cr_lines_free(&differences);
    if (!is_good) {
        return fail_shape(now, "has a stream that does not tell of new rows as they are; it must "
                               "have the view NEW_IMAGE or NEW_AND_OLD_IMAGES");
    }
    if (!is_name(cr_str_of(name))) {
        return fail_shape(now, "has a stream without a name");
    }
    *stream = cr_arena_copy(now->arena, cr_str_of(name));
    return stream->data == NULL ? cr_fail_memory(now->call->error) : CRUDDUR_OK;
}

static cruddur_status ask_for_stream(calling *now, cr_str *stream)
{
    cr_description description;
    cruddur_status status = cr_dynamodb_describe(now->table, now->call, &description);
    if (status == CRUDDUR_OK) {
        status = description.table == NULL
                     ? cr_fail_with(now->call->error, CRUDDUR_E_TABLE_MISSING,
                                    "table %.*s does not exist; `cruddur schema load` makes it",
                                    CR_CUT(now->table->names.table.data, 255))
                     : read_stream_name(now, &description, stream);
    }
    cr_description_free(&description);
    return status;
}

static cruddur_status find_stream(cr_store *base, cr_arena *arena, cr_call *call, cr_str *stream)
{
    calling now;
    begin(&now, base, arena, call);
    cruddur_status status = ask_for_stream(&now, stream);
    end(&now);
    return status;
}

/* ---- its shards ---- */

static bool is_shard(const cr_shard *shard)
{
    return is_name(shard->id) && (shard->parent.data == NULL || is_name(shard->parent));
}

/* Whether there is an end among the sequence numbers. */
static bool read_range(cr_json *in)
{
    cr_str name;
    bool has_end = false;
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        bool is_end = cr_str_equal(name, cr_str_of("EndingSequenceNumber"));
        has_end = (cr_json_string_or_skip(in).size > 0 && is_end) || has_end;
    }
    return has_end;
}

static void read_shard(cr_json *in, cr_shard *shard)
{
    cr_str name;
    *shard = (cr_shard){.is_closed = false};
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (cr_str_equal(name, cr_str_of("ShardId"))) {
            shard->id = cr_json_string_or_skip(in);
        } else if (cr_str_equal(name, cr_str_of("ParentShardId"))) {
            shard->parent = cr_json_string_or_skip(in);
        } else if (cr_str_equal(name, cr_str_of("SequenceNumberRange"))) {
            shard->is_closed = read_range(in);
        } else {
            (void)cr_json_skip(in);
        }
    }
}

/* What one stream's pages come to. */
typedef struct listing {
    cr_arena *arena;
    cr_shards *shards;
    size_t capacity;
    size_t count_before; /* the latest page */
    bool has_list;       /* the latest page */
    cr_str last;         /* where the next page begins; absent: there is none */
} listing;

static void read_shards(cr_json *in, listing *list)
{
    cr_shards *shards = list->shards;
    list->has_list = true;
    cr_json_enter(in, '[');
    for (bool first = true; cr_json_next_element(in, &first);) {
        cr_shard *grown = cr_array_grow_in(in->arena, shards->shard, shards->count, &list->capacity,
                                           FIRST_CAPACITY, sizeof(*grown));
        if (grown == NULL) {
            in->no_memory = in->failed = true;
            return;
        }
        shards->shard = grown;
        cr_shard *added = &shards->shard[shards->count++];
        read_shard(in, added);
        in->failed = in->failed || !is_shard(added);
    }
}

static void read_stream(cr_json *in, listing *list)
{
    cr_str name;
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (cr_str_equal(name, cr_str_of("Shards")) && cr_json_peek(in) == '[') {
            read_shards(in, list);
        } else if (cr_str_equal(name, cr_str_of("LastEvaluatedShardId"))) {
            list->last = cr_json_string_or_skip(in);
        } else if (cr_str_equal(name, cr_str_of("StreamStatus"))) {
            cr_str value = cr_json_string_or_skip(in);
            list->shards->is_enabled = !cr_str_equal(value, cr_str_of("DISABLED")) &&
                                       !cr_str_equal(value, cr_str_of("DISABLING"));
        } else {
            (void)cr_json_skip(in);
        }
    }
}

/* A page that is read again, of a later attempt, takes the place of what was read of it before. */
static cruddur_status read_page(void *data, cr_str body)
{
    cr_json in;
    cr_str name;
    listing *list = data;
    list->has_list = false;
    list->last = CR_STR_ABSENT;
    list->shards->count = list->count_before;
    body = keep_body(list->arena, body);
    if (body.data == NULL) {
        return CRUDDUR_E_NO_MEMORY;
    }
    cr_json_init(&in, body, list->arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        if (cr_str_equal(name, cr_str_of("StreamDescription"))) {
            read_stream(&in, list);
        } else {
            (void)cr_json_skip(&in);
        }
    }
    if (in.no_memory) {
        return CRUDDUR_E_NO_MEMORY;
    }
    return cr_json_is_done(&in) && list->has_list ? CRUDDUR_OK : CRUDDUR_E_PROTOCOL;
}

static cruddur_status describe_stream(calling *now, cr_str stream, cr_shards *shards)
{
    listing list = {.arena = now->arena, .shards = shards};
    cruddur_status status;
    do {
        cr_shard_state state = CR_SHARD_GOOD;
        add_member(now, "{\"StreamArn\":", stream);
        if (list.last.data != NULL) {
            add_member(now, ",\"ExclusiveStartShardId\":", list.last);
        }
        CR_JSON_ADD(&now->request, "}");
        list.count_before = shards->count;
        status = ask(now, CR_DESCRIBE_STREAM, (cr_aws_reading){read_page, &list}, &state);
        if (status == CRUDDUR_OK && state != CR_SHARD_GOOD) {
            return fail_shape(now, "has another stream by now, or none");
        }
    } while (status == CRUDDUR_OK && list.last.data != NULL);
    return status;
}

static cruddur_status list_shards(cr_store *base, cr_str stream, cr_arena *arena, cr_call *call,
                                  cr_shards *shards)
{
    calling now;
    *shards = (cr_shards){.is_enabled = true};
    begin(&now, base, arena, call);
    cruddur_status status = describe_stream(&now, stream, shards);
    if (status == CRUDDUR_OK) {
        shards->has_clock = cr_skew_measure(&now.answer.http, &shards->clock_ahead_us);
        shards->clock_ahead_us = shards->has_clock ? shards->clock_ahead_us : 0;
    }
    end(&now);
    return status;
}

/* ---- reading one ---- */

typedef struct iterator_reading {
    cr_arena *arena;
    cr_str iterator;
} iterator_reading;

static cruddur_status read_iterator(void *data, cr_str body)
{
    cr_json in;
    cr_str name;
    iterator_reading *now = data;
    now->iterator = CR_STR_ABSENT;
    body = keep_body(now->arena, body);
    if (body.data == NULL) {
        return CRUDDUR_E_NO_MEMORY;
    }
    cr_json_init(&in, body, now->arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        cr_str value = cr_json_string_or_skip(&in);
        now->iterator = cr_str_equal(name, cr_str_of("ShardIterator")) ? value : now->iterator;
    }
    if (in.no_memory) {
        return CRUDDUR_E_NO_MEMORY;
    }
    return cr_json_is_done(&in) && now->iterator.size > 0 ? CRUDDUR_OK : CRUDDUR_E_PROTOCOL;
}

static cruddur_status get_iterator(cr_store *base, cr_str stream, cr_str shard,
                                   cr_shard_start start, cr_str sequence_number, cr_arena *arena,
                                   cr_call *call, cr_shard_state *state, cr_str *iterator)
{
    static const char *const types[] = {
        [CR_SHARD_OLDEST] = "TRIM_HORIZON",
        [CR_SHARD_LATEST] = "LATEST",
        [CR_SHARD_AFTER] = "AFTER_SEQUENCE_NUMBER",
    };
    calling now;
    *state = CR_SHARD_GOOD;
    *iterator = CR_STR_ABSENT;
    begin(&now, base, arena, call);
    add_member(&now, "{\"StreamArn\":", stream);
    add_member(&now, ",\"ShardId\":", shard);
    add_member(&now, ",\"ShardIteratorType\":", cr_str_of(types[start]));
    if (start == CR_SHARD_AFTER) {
        add_member(&now, ",\"SequenceNumber\":", sequence_number);
    }
    CR_JSON_ADD(&now.request, "}");
    iterator_reading found = {.arena = arena};
    cruddur_status status =
        ask(&now, CR_GET_SHARD_ITERATOR, (cr_aws_reading){read_iterator, &found}, state);
    if (status == CRUDDUR_OK && *state == CR_SHARD_GOOD) {
        *iterator = found.iterator;
    }
    end(&now);
    return status;
}

typedef struct records_reading {
    cr_arena *arena;
    cr_records *records;
} records_reading;

static cruddur_status read_records(void *data, cr_str body)
{
    const records_reading *now = data;
    body = keep_body(now->arena, body);
    if (body.data == NULL) {
        return CRUDDUR_E_NO_MEMORY;
    }
    switch (cr_records_read(body, CR_STR_ABSENT, now->arena, now->records)) {
    case CR_RECORDS_GOOD:
        return CRUDDUR_OK;
    case CR_RECORDS_NO_MEMORY:
        return CRUDDUR_E_NO_MEMORY;
    case CR_RECORDS_NOT_JSON:
    case CR_RECORDS_NO_LIST:
        break;
    }
    return CRUDDUR_E_PROTOCOL;
}

static cruddur_status get_records(cr_store *base, cr_str iterator, unsigned limit, cr_arena *arena,
                                  cr_call *call, cr_shard_state *state, cr_records *records)
{
    calling now;
    *state = CR_SHARD_GOOD;
    *records = (cr_records){.record = NULL};
    begin(&now, base, arena, call);
    add_member(&now, "{\"ShardIterator\":", iterator);
    CR_JSON_ADD(&now.request, ",\"Limit\":");
    cr_json_add_number(&now.request, limit);
    CR_JSON_ADD(&now.request, "}");
    records_reading reading = {arena, records};
    cruddur_status status =
        ask(&now, CR_GET_RECORDS, (cr_aws_reading){read_records, &reading}, state);
    end(&now);
    return status;
}

const cr_stream_ops cr_dynamodb_stream_operations = {
    find_stream,
    list_shards,
    get_iterator,
    get_records,
};
