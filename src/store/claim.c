/* SPDX-License-Identifier: MIT */
#include "store/claim.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "model/key.h"
#include "model/kind.h"
#include "model/time.h"
#include "model/uuid.h"

#define SK "CLAIM"
#define ITEM_MAX 512

/* The attributes that only claims have. */
#define GROUP "group_uuid"
#define PLACE "message_sk"
#define AHEAD "ahead"

bool cr_claim_key(cr_str token, cr_arena *arena, cr_key *key)
{
    char pk[sizeof(CR_PK_CLAIMS) + CRUDDUR_UUID_SIZE];
    (void)snprintf(pk, sizeof(pk), CR_PK_CLAIMS "%.*s", (int)token.size, token.data);
    *key = (cr_key){cr_arena_copy(arena, cr_str_of(pk)), cr_str_of(SK)};
    return key->pk.data != NULL;
}

/* Nothing in it needs escaping: uuids, and a sort key, which is a time. */
bool cr_claim_write(const cr_claim *claim, int64_t expires_at_s, cr_arena *arena, cr_row *row)
{
    char others[ITEM_MAX];
    char end[24];
    cr_key key;
    (void)snprintf(end, sizeof(end), "%" PRId64, expires_at_s);
    (void)snprintf(others, sizeof(others),
                   "{\"" GROUP "\":{\"S\":\"%.*s\"},\"" PLACE "\":{\"S\":\"%.*s\"}%s}",
                   (int)claim->group.size, claim->group.data, (int)claim->sk.size, claim->sk.data,
                   claim->is_ahead ? ",\"" AHEAD "\":{\"BOOL\":true}" : "");
    *row = (cr_row){0};
    if (!cr_claim_key(claim->token, arena, &key)) {
        return false;
    }
    row->value[CR_PK] = key.pk;
    row->value[CR_SK] = key.sk;
    row->value[CR_USER_UUID] = claim->author;
    row->value[CR_OTHERS] = cr_arena_copy(arena, cr_str_of(others));
    if (!claim->is_forever) {
        row->value[CR_EXPIRES_AT] = cr_arena_copy(arena, cr_str_of(end));
    }
    return row->value[CR_OTHERS].data != NULL &&
           (claim->is_forever || row->value[CR_EXPIRES_AT].data != NULL);
}

#define US_PER_S 1000000

bool cr_claim_of_message(const cr_row *message, int64_t lasts_us, cr_arena *arena, cr_row *row,
                         bool *is_needed)
{
    int64_t time_us = 0;
    const cr_claim claim = {.token = message->value[CR_MESSAGE_UUID],
                            .group = cr_pk_suffix(message->value[CR_PK]),
                            .author = message->value[CR_USER_UUID],
                            .sk = message->value[CR_SK]};
    bool is_message = cr_row_kind(message) == CR_KIND_MESSAGE &&
                      cr_uuid_is_canonical(claim.token) && cr_uuid_is_canonical(claim.author) &&
                      cr_time_parse(claim.sk, &time_us);
    int64_t end_us = time_us + lasts_us + CR_CLAIM_MARGIN_US;
    *is_needed = is_message && end_us > cr_clock_now_us();
    return !*is_needed || cr_claim_write(&claim, end_us / US_PER_S, arena, row);
}

/* Reads {"S": "…"}; absent for any other value. */
static cr_str read_string(cr_json *in)
{
    cr_str type;
    cr_str value = CR_STR_ABSENT;
    bool first = true;
    if (cr_json_peek(in) != '{') {
        (void)cr_json_skip(in);
        return value;
    }
    cr_json_enter(in, '{');
    while (cr_json_next_member(in, &first, &type)) {
        value = cr_json_string_or_skip(in);
    }
    return value;
}

bool cr_claim_read(const cr_row *row, cr_arena *arena, cr_claim *claim)
{
    cr_json in;
    cr_str name;
    int64_t time_us;
    if (row->value[CR_OTHERS].data == NULL) {
        return false;
    }
    claim->author = row->value[CR_USER_UUID];
    claim->is_forever = row->value[CR_EXPIRES_AT].data == NULL;
    cr_json_init(&in, row->value[CR_OTHERS], arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        if (cr_str_equal(name, cr_str_of(GROUP))) {
            claim->group = read_string(&in);
        } else if (cr_str_equal(name, cr_str_of(PLACE))) {
            claim->sk = read_string(&in);
        } else {
            claim->is_ahead = claim->is_ahead || cr_str_equal(name, cr_str_of(AHEAD));
            (void)cr_json_skip(&in);
        }
    }
    return cr_json_is_done(&in) && cr_uuid_is_canonical(claim->group) &&
           cr_uuid_is_canonical(claim->author) && cr_time_parse(claim->sk, &time_us);
}

static bool is_claim(const cr_row *row)
{
    return cr_str_equal(row->value[CR_SK], cr_str_of(SK));
}

bool cr_claims_agree(const cr_row *a, const cr_row *b, cr_arena *arena)
{
    cr_claim x = {0};
    cr_claim y = {0};
    if (!is_claim(a) && !is_claim(b)) {
        return true;
    }
    return cr_claim_read(a, arena, &x) && cr_claim_read(b, arena, &y) && cr_str_equal(x.sk, y.sk) &&
           cr_str_equal(x.group, y.group) && cr_str_equal(x.author, y.author);
}
