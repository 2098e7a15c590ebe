/* SPDX-License-Identifier: MIT */
#include "world/streams.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "world/world.h"

#define RECORDS_MAX 1000
#define RECORDS_BYTES ((size_t)1 << 20)
/* A sequence number is this and the number of the change. */
#define FIRST_SEQUENCE UINT64_C(100000000000)

void sim_streams_begin(sim_about *about)
{
    about->shard_count = 1;
    about->trimmed = sim_change_count();
    about->shard[0] = (sim_shard){SIM_NO_SHARD, sim_change_count(), SIZE_MAX, 0, 0};
}

void sim_streams_split(sim_about *about)
{
    size_t count = about->shard_count;
    sim_note_trait(SIM_TRAIT_SPLIT);
    for (size_t i = 0; i < count && about->shard_count + 2 <= SIM_SHARDS_MAX; i++) {
        sim_shard *old = &about->shard[i];
        if (old->to != SIZE_MAX) {
            continue;
        }
        old->to = sim_change_count();
        for (uint32_t half = 0; half < 2; half++) {
            about->shard[about->shard_count++] =
                (sim_shard){i, old->to, SIZE_MAX, old->mask << 1 | 1u,
                            old->bits | (half == 0 ? 0 : old->mask + 1)};
        }
    }
}

void sim_streams_trim(sim_about *about, size_t kept)
{
    size_t count = sim_change_count();
    size_t trimmed = count > kept ? count - kept : 0;
    if (trimmed > about->trimmed) {
        sim_note_trait(SIM_TRAIT_TRIMMED);
        about->trimmed = trimmed;
    }
}

/* ---- names ---- */

void sim_streams_add_name(cr_buffer *out, const sim_about *about)
{
    char begin[] = "\"arn:aws:dynamodb:simulated:000000000000:table/";
    cr_buffer_add(out, cr_str_of(begin));
    cr_buffer_add(out, cr_str_of(about->name));
    CR_JSON_ADD(out, "/stream/2026-01-01T00:00:00.000\"");
}

/* Chooses the table whose stream has this name. */
static sim_about *find_stream(cr_str arn, sim_answer *answer)
{
    static const char before[] = ":table/";
    cr_str rest = arn;
    while (rest.size > 0 && !sim_has_prefix(rest, before)) {
        rest = (cr_str){rest.data + 1, rest.size - 1};
    }
    size_t skipped = rest.size == 0 ? 0 : sizeof(before) - 1;
    cr_str name = {rest.data + skipped, rest.size - skipped};
    const char *end = name.size == 0 ? NULL : memchr(name.data, '/', name.size);
    name.size = end == NULL ? 0 : (size_t)(end - name.data);
    sim_about *about = sim_tables_find(name);
    if (about == NULL || about->view[0] == '\0' || !sim_table_choose(name)) {
        sim_refuse(answer, "ResourceNotFoundException");
        return NULL;
    }
    return about;
}

static void add_format(cr_buffer *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_format(cr_buffer *out, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    cr_buffer_add(out, cr_str_of(text));
}

/* "shardId-00000000000000000001" */
static size_t shard_of(cr_str id)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%.*s", CR_STR_ARGS(id));
    const char *dash = strchr(text, '-');
    return dash == NULL ? SIM_NO_SHARD : (size_t)strtoul(dash + 1, NULL, 10);
}

/* ---- shards ---- */

/* One that is closed goes when all of it is trimmed. */
static bool is_gone(const sim_about *about, const sim_shard *shard)
{
    return shard->to != SIZE_MAX && shard->to <= about->trimmed;
}

static void add_shard(cr_buffer *out, const sim_about *about, size_t number)
{
    const sim_shard *shard = &about->shard[number];
    add_format(out, "{\"ShardId\":\"shardId-%020zu\",", number);
    if (shard->parent != SIM_NO_SHARD) {
        add_format(out, "\"ParentShardId\":\"shardId-%020zu\",", shard->parent);
    }
    add_format(out, "\"SequenceNumberRange\":{\"StartingSequenceNumber\":\"%" PRIu64 "\"",
               FIRST_SEQUENCE + shard->from);
    if (shard->to != SIZE_MAX) {
        add_format(out, ",\"EndingSequenceNumber\":\"%" PRIu64 "\"", FIRST_SEQUENCE + shard->to);
    }
    CR_JSON_ADD(out, "}}");
}

/* What requests about streams say. */
typedef struct asked {
    sim_about *about;
    size_t shard;
    cr_str type;
    cr_str sequence_number;
    cr_str iterator;
    size_t limit;
    size_t after; /* the shard number from which on they are described */
} asked;

static void read_asked(cr_json *in, asked *request, sim_answer *answer)
{
    cr_str name;
    *request = (asked){.limit = RECORDS_MAX, .shard = SIM_NO_SHARD};
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (sim_is_name(name, "StreamArn")) {
            request->about = find_stream(cr_json_string(in), answer);
        } else if (sim_is_name(name, "ShardId")) {
            request->shard = shard_of(cr_json_string(in));
        } else if (sim_is_name(name, "ExclusiveStartShardId")) {
            request->after = shard_of(cr_json_string(in)) + 1;
        } else if (sim_is_name(name, "ShardIteratorType")) {
            request->type = cr_json_string(in);
        } else if (sim_is_name(name, "SequenceNumber")) {
            request->sequence_number = cr_json_string(in);
        } else if (sim_is_name(name, "ShardIterator")) {
            request->iterator = cr_json_string(in);
        } else if (sim_is_name(name, "Limit")) {
            request->limit = (size_t)cr_json_number(in);
        } else {
            (void)cr_json_skip(in);
        }
    }
}

void sim_describe_stream(cr_json *in, size_t job, sim_answer *answer)
{
    asked request;
    bool is_any = false;
    (void)job;
    read_asked(in, &request, answer);
    if (sim_is_refused(answer)) {
        return;
    }
    cr_buffer *out = &answer->body;
    CR_JSON_ADD(out, "{\"StreamDescription\":{\"StreamStatus\":\"ENABLED\",\"StreamArn\":");
    sim_streams_add_name(out, request.about);
    add_format(out, ",\"StreamViewType\":\"%s\",\"Shards\":[", request.about->view);
    for (size_t i = request.after; i < request.about->shard_count; i++) {
        if (!is_gone(request.about, &request.about->shard[i])) {
            cr_buffer_add(out, cr_str_of(is_any ? "," : ""));
            add_shard(out, request.about, i);
            is_any = true;
        }
    }
    CR_JSON_ADD(out, "]}}");
}

/* ---- iterators ---- */

/* It has the table, the shard, the next change, and when it expires. */
static void add_iterator(cr_buffer *out, const sim_about *about, size_t shard, size_t at)
{
    int64_t lasts_us = sim_service_manners()->iterator_us;
    add_format(out, "\"%s|%zu|%zu|%" PRId64 "\"", about->name, shard, at,
               sim_now_us() + (lasts_us == 0 ? SIM_ITERATOR_US : lasts_us));
}

static bool read_position(const asked *request, const sim_shard *shard, size_t *at,
                          sim_answer *answer)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%.*s",
                   CR_STR_ARGS(cr_str_or_empty(request->sequence_number)));
    uint64_t number = strtoull(text, NULL, 10);
    if (sim_is_name(request->type, "TRIM_HORIZON")) {
        *at = shard->from > request->about->trimmed ? shard->from : request->about->trimmed;
    } else if (sim_is_name(request->type, "LATEST")) {
        *at = shard->to == SIZE_MAX ? sim_change_count() : shard->to;
    } else if (number < FIRST_SEQUENCE) {
        sim_refuse(answer, SIM_INVALID);
        return false;
    } else {
        *at = (size_t)(number - FIRST_SEQUENCE) +
              (sim_is_name(request->type, "AFTER_SEQUENCE_NUMBER") ? 1 : 0);
    }
    if (*at < request->about->trimmed) {
        sim_note_trait(SIM_TRAIT_TOO_LATE);
        sim_refuse(answer, "TrimmedDataAccessException");
        return false;
    }
    return true;
}

void sim_get_shard_iterator(cr_json *in, size_t job, sim_answer *answer)
{
    asked request;
    size_t at;
    (void)job;
    read_asked(in, &request, answer);
    if (!sim_is_refused(answer) && (request.shard >= request.about->shard_count ||
                                    is_gone(request.about, &request.about->shard[request.shard]))) {
        sim_refuse(answer, "ResourceNotFoundException");
    }
    if (!sim_is_refused(answer) &&
        read_position(&request, &request.about->shard[request.shard], &at, answer)) {
        CR_JSON_ADD(&answer->body, "{\"ShardIterator\":");
        add_iterator(&answer->body, request.about, request.shard, at);
        CR_JSON_ADD(&answer->body, "}");
    }
}

/* ---- records ---- */

static uint32_t hash_of(cr_str pk)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < pk.size; i++) {
        hash = (hash ^ (unsigned char)pk.data[i]) * 16777619u;
    }
    return hash ^ hash >> 16;
}

static void add_image(cr_buffer *out, const char *name, const sim_item *item)
{
    if (item != NULL) {
        add_format(out, "\"%s\":", name);
        cr_buffer_add(out, item->json);
        CR_JSON_ADD(out, ",");
    }
}

static void add_record(cr_buffer *out, const sim_about *about, size_t number)
{
    const sim_change *made = sim_change_at(number);
    const sim_item *item = made->new == NULL ? made->old : made->new;
    const char *event = made->old == NULL ? "INSERT" : made->new == NULL ? "REMOVE" : "MODIFY";
    add_format(out,
               "{\"eventID\":\"%zu\",\"eventName\":\"%s\",\"eventVersion\":\"1.1\","
               "\"eventSource\":\"aws:dynamodb\",\"awsRegion\":\"simulated\",",
               number, event);
    if (made->is_expiry) {
        CR_JSON_ADD(out, "\"userIdentity\":{\"type\":\"Service\","
                         "\"principalId\":\"dynamodb.amazonaws.com\"},");
    }
    add_format(out, "\"dynamodb\":{\"ApproximateCreationDateTime\":%" PRId64 ",\"Keys\":{\"pk\":",
               (SIM_BEGIN_US + made->at_us) / 1000000);
    cr_buffer_add(out, sim_item_value(item, cr_str_of("pk")));
    CR_JSON_ADD(out, ",\"sk\":");
    cr_buffer_add(out, sim_item_value(item, cr_str_of("sk")));
    CR_JSON_ADD(out, "},");
    if (strncmp(about->view, "NEW_", 4) == 0) {
        add_image(out, "NewImage", made->new);
    }
    if (strstr(about->view, "OLD_") != NULL) {
        add_image(out, "OldImage", made->old);
    }
    add_format(out,
               "\"SequenceNumber\":\"%" PRIu64 "\",\"SizeBytes\":%zu,\"StreamViewType\":\"%s\"}}",
               FIRST_SEQUENCE + number, item->size, about->view);
}

/* The next change that is read, behind those that were. */
static size_t add_records(sim_answer *answer, const asked *request, size_t at)
{
    const sim_shard *shard = &request->about->shard[request->shard];
    size_t end = shard->to < sim_change_count() ? shard->to : sim_change_count();
    size_t count = 0;
    size_t before = answer->body.size;
    for (; at < end && count < request->limit && answer->body.size - before < RECORDS_BYTES; at++) {
        const sim_change *made = sim_change_at(at);
        const sim_item *item = made->new == NULL ? made->old : made->new;
        if ((hash_of(item->pk) & shard->mask) == shard->bits) {
            cr_buffer_add(&answer->body, cr_str_of(count++ > 0 ? "," : ""));
            add_record(&answer->body, request->about, at);
        }
    }
    return at;
}

static bool read_iterator(asked *request, size_t *at, sim_answer *answer)
{
    char text[512];
    char *rest = text;
    (void)snprintf(text, sizeof(text), "%.*s", CR_STR_ARGS(cr_str_or_empty(request->iterator)));
    const char *name = strsep(&rest, "|");
    request->about = rest == NULL ? NULL : sim_tables_find(cr_str_of(name));
    if (request->about == NULL || !sim_table_choose(cr_str_of(name))) {
        sim_refuse(answer, "ResourceNotFoundException");
        return false;
    }
    request->shard = strtoul(rest, &rest, 10);
    *at = strtoul(rest + 1, &rest, 10);
    if (strtoll(rest + 1, NULL, 10) < sim_now_us()) {
        sim_note_trait(SIM_TRAIT_ITERATOR);
        sim_refuse(answer, "ExpiredIteratorException");
        return false;
    }
    if (*at < request->about->trimmed) {
        sim_note_trait(SIM_TRAIT_TOO_LATE);
        sim_refuse(answer, "TrimmedDataAccessException");
        return false;
    }
    return true;
}

void sim_get_records(cr_json *in, size_t job, sim_answer *answer)
{
    asked request;
    size_t at;
    (void)job;
    read_asked(in, &request, answer);
    if (sim_is_refused(answer) || !read_iterator(&request, &at, answer)) {
        return;
    }
    CR_JSON_ADD(&answer->body, "{\"Records\":[");
    at = add_records(answer, &request, at);
    CR_JSON_ADD(&answer->body, "]");
    if (at < request.about->shard[request.shard].to) {
        CR_JSON_ADD(&answer->body, ",\"NextShardIterator\":");
        add_iterator(&answer->body, request.about, request.shard, at);
    }
    CR_JSON_ADD(&answer->body, "}");
}
