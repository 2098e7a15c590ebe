/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/ahead.h"

#include <stdlib.h>

/* ---- the answers ---- */

static void init_try(cr_dynamodb_try *asked)
{
    *asked = (cr_dynamodb_try){.page = CR_ARENA_INIT};
    cr_buffer_init(&asked->request, CR_REQUEST_SIZE_MAX);
    cr_aws_answer_init(&asked->answer);
}

static void free_try(cr_dynamodb_try *asked)
{
    cr_buffer_free(&asked->request);
    cr_aws_answer_free(&asked->answer);
    cr_arena_free(&asked->page);
}

static cr_ahead *make(void)
{
    cr_ahead *ahead = calloc(1, sizeof(*ahead));
    if (ahead != NULL) {
        init_try(&ahead->asked);
    }
    return ahead;
}

static cr_ahead_query *make_query(void)
{
    cr_ahead_query *query = malloc(sizeof(*query));
    if (query != NULL) {
        init_try(&query->asked);
    }
    return query;
}

void cr_ahead_forget(cr_ahead *ahead)
{
    if (ahead != NULL) {
        ahead->query_count = ahead->key_count = 0;
    }
}

void cr_ahead_free(cr_ahead *ahead)
{
    for (size_t i = 0; ahead != NULL && i < CR_READ_AHEAD_MAX && ahead->query[i] != NULL; i++) {
        free_try(&ahead->query[i]->asked);
        free(ahead->query[i]);
    }
    if (ahead != NULL) {
        free_try(&ahead->asked);
    }
    free(ahead);
}

/* ---- asking ---- */

static bool copy_text(cr_arena *arena, cr_str *text)
{
    bool is_there = text->data != NULL;
    *text = is_there ? cr_arena_copy(arena, *text) : CR_STR_ABSENT;
    return !is_there || text->data != NULL;
}

static bool is_same_bound(const cr_bound *a, const cr_bound *b)
{
    return (a->sk.data == NULL) == (b->sk.data == NULL) && a->included == b->included &&
           cr_str_equal(a->sk, b->sk);
}

/* Whether an answer to the one begins as an answer to the other does. */
static bool begin_alike(const cr_query *a, const cr_query *b)
{
    return a->index == b->index && a->descending == b->descending &&
           (a->descending ? is_same_bound(&a->upper, &b->upper)
                          : is_same_bound(&a->lower, &b->lower)) &&
           cr_str_equal(a->partition, b->partition);
}

/* Of two that are the same one is asked, and taken twice. */
static bool join_other(cr_ahead *ahead, const cr_query *query)
{
    for (size_t i = 0; i < ahead->query_count; i++) {
        cr_query *other = &ahead->query[i]->query;
        if (begin_alike(other, query)) {
            bool is_larger = query->expected == 0 || query->expected > other->expected;
            other->expected = other->expected > 0 && is_larger ? query->expected : other->expected;
            ahead->query[i]->uses++;
            return true;
        }
    }
    return false;
}

static bool note_query(cr_ahead *ahead, const cr_query *query, cr_arena *arena)
{
    if (join_other(ahead, query)) {
        return true;
    }
    cr_ahead_query **place = &ahead->query[ahead->query_count];
    *place = *place == NULL ? make_query() : *place;
    cr_ahead_query *noted = *place;
    if (noted == NULL) {
        return false;
    }
    noted->query = *query;
    noted->uses = 1;
    bool is_noted = copy_text(arena, &noted->query.partition) &&
                    copy_text(arena, &noted->query.lower.sk) &&
                    copy_text(arena, &noted->query.upper.sk);
    ahead->query_count += is_noted ? 1 : 0;
    return is_noted;
}

static bool note_keys(cr_ahead *ahead, const cr_reads *reads, const cr_key *fence, cr_arena *arena)
{
    size_t room = reads->key_count + 1;
    ahead->key = cr_arena_alloc(arena, room * sizeof(*ahead->key));
    ahead->is_taken = cr_arena_alloc(arena, room * sizeof(*ahead->is_taken));
    if (ahead->key == NULL || ahead->is_taken == NULL) {
        return false;
    }
    for (size_t i = 0; i < room; i++) {
        bool is_fence = i == reads->key_count;
        if (is_fence && fence == NULL) {
            break;
        }
        cr_key key = is_fence ? *fence : reads->keys[i];
        ahead->is_taken[i] = false;
        ahead->key[i] = key;
        if (!copy_text(arena, &ahead->key[i].pk) || !copy_text(arena, &ahead->key[i].sk)) {
            return false;
        }
        ahead->key_count++;
    }
    return true;
}

static bool note(cr_ahead *ahead, const cr_reads *reads, const cr_key *fence, cr_arena *arena)
{
    bool is_noted = true;
    for (size_t i = 0; is_noted && i < reads->query_count && i < CR_READ_AHEAD_MAX; i++) {
        is_noted = note_query(ahead, &reads->queries[i], arena);
    }
    return is_noted && note_keys(ahead, reads, fence, arena);
}

/* A query whose bounds leave no room has no request. */
static void write_requests(cr_ahead *ahead, const cr_table_names *names, bool is_strong)
{
    for (size_t i = 0; i < ahead->query_count; i++) {
        cr_ahead_query *now = ahead->query[i];
        const cr_page_request page = {now->query.expected, is_strong, CR_STR_ABSENT};
        now->asked.operation = CR_QUERY;
        now->asked.is_good = false;
        now->asked.request.size = 0;
        now->asked.request.failed = false;
        (void)cr_request_query(&now->asked.request, names, &now->query, &page);
    }
    cr_buffer *request = &ahead->asked.request;
    request->size = 0;
    request->failed = false;
    ahead->asked.is_good = false;
    ahead->asked.operation = ahead->key_count == 1 ? CR_GET_ITEM : CR_BATCH_GET_ITEM;
    if (ahead->key_count == 1) {
        cr_request_get(request, names, ahead->key[0], true);
    } else if (ahead->key_count > 1) {
        cr_request_batch_get(request, names, ahead->key, ahead->key_count, true);
    }
}

static size_t list_requests(cr_ahead *ahead, cr_dynamodb_try **tries)
{
    size_t count = 0;
    for (size_t i = 0; i < ahead->query_count; i++) {
        cr_dynamodb_try *asked = &ahead->query[i]->asked;
        if (asked->request.size > 0) {
            tries[count++] = asked;
        }
    }
    if (ahead->asked.request.size > 0) {
        tries[count++] = &ahead->asked;
    }
    return count;
}

void cr_ahead_read(cr_ahead **ahead, cr_dynamodb *table, const cr_reads *reads, bool is_strong,
                   const cr_key *fence, cr_arena *arena, cr_call *call)
{
    cr_dynamodb_try *tries[CR_READ_AHEAD_MAX + 1];
    *ahead = *ahead == NULL ? make() : *ahead;
    cr_ahead *now = *ahead;
    cr_ahead_forget(now);
    if (now == NULL || !note(now, reads, fence, arena)) {
        cr_ahead_forget(now);
        return;
    }
    write_requests(now, &table->names, is_strong);
    size_t count = list_requests(now, tries);
    if (count < 2) {
        cr_ahead_forget(now); /* nothing is gained */
        return;
    }
    cr_dynamodb_ask_together(table, tries, count, call);
    bool has_keys =
        now->key_count > 0 && now->asked.is_good && now->asked.result.unprocessed.data == NULL;
    now->key_count = has_keys ? now->key_count : 0;
}

/* ---- taking ---- */

bool cr_ahead_take_row(cr_ahead *ahead, cr_key key, cr_row *row)
{
    for (size_t i = 0; ahead != NULL && i < ahead->key_count; i++) {
        if (ahead->is_taken[i] || !cr_str_equal(ahead->key[i].pk, key.pk) ||
            !cr_str_equal(ahead->key[i].sk, key.sk)) {
            continue;
        }
        const cr_result *result = &ahead->asked.result;
        *row = (cr_row){0};
        for (size_t j = 0; j < result->row_count; j++) {
            const cr_row *found = &result->row[j];
            bool is_it = cr_str_equal(found->value[CR_PK], key.pk) &&
                         cr_str_equal(found->value[CR_SK], key.sk);
            *row = is_it ? *found : *row;
        }
        ahead->is_taken[i] = true;
        return true;
    }
    return false;
}

const cr_ahead_query *cr_ahead_take_query(cr_ahead *ahead, const cr_query *query)
{
    for (size_t i = 0; ahead != NULL && i < ahead->query_count; i++) {
        cr_ahead_query *now = ahead->query[i];
        if (now->uses > 0 && now->asked.is_good && begin_alike(&now->query, query)) {
            now->uses--;
            return now;
        }
    }
    return NULL;
}
