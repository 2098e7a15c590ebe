/* SPDX-License-Identifier: MIT */
#include "model/card.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"

#define PK_PREFIX "CARD#"
#define PK_PREFIX_SIZE (sizeof(PK_PREFIX) - 1)

#define REV_SIZE 24 /* of the largest number, and its NUL */
#define REV_MAX (UINT64_MAX / 10)

#define REMOVED "removed"
#define CLOSED "closed"
#define IS_TRUE "\":{\"BOOL\":true}"

cr_card_pk cr_card_pk_of(const cr_uuid *group)
{
    cr_card_pk pk;
    memcpy(pk.text, PK_PREFIX, PK_PREFIX_SIZE);
    memcpy(pk.text + PK_PREFIX_SIZE, group->text, sizeof(group->text));
    return pk;
}

bool cr_is_card(const cr_row *row)
{
    cr_str pk = row->value[CR_PK];
    return pk.size > PK_PREFIX_SIZE && memcmp(pk.data, PK_PREFIX, PK_PREFIX_SIZE) == 0 &&
           cr_str_equal(row->value[CR_SK], cr_str_of(CR_CARD_SK));
}

/* What only cards have is among the attributes that other rows do not know. */
static cr_str write_others(const cr_card *card)
{
    if (card->is_closed) {
        return cr_str_of(card->is_removed ? "{\"" CLOSED IS_TRUE ",\"" REMOVED IS_TRUE "}"
                                          : "{\"" CLOSED IS_TRUE "}");
    }
    return card->is_removed ? cr_str_of("{\"" REMOVED IS_TRUE "}") : CR_STR_ABSENT;
}

bool cr_card_write(const cr_card_pk *pk, const cr_card *card, cr_arena *arena, cr_row *row)
{
    char rev[REV_SIZE];
    cr_key key = cr_card_key(pk);
    (void)snprintf(rev, sizeof(rev), "%" PRIu64, card->rev);
    *row = (cr_row){0};
    row->value[CR_PK] = key.pk;
    row->value[CR_SK] = key.sk;
    row->value[CR_GROUP_NAME] = card->name;
    row->value[CR_GROUP_DATA] = card->data;
    row->value[CR_MEMBER_UUIDS] = cr_members_join(&card->members, arena);
    row->value[CR_REV] = cr_arena_copy(arena, cr_str_of(rev));
    row->value[CR_OTHERS] = write_others(card);
    bool has_blocks = card->blocked.count > 0;
    if (has_blocks) {
        row->value[CR_BLOCKED] = cr_members_join(&card->blocked, arena);
    }
    return row->value[CR_MEMBER_UUIDS].data != NULL && row->value[CR_REV].data != NULL &&
           (!has_blocks || row->value[CR_BLOCKED].data != NULL);
}

bool cr_rev_read(cr_str text, uint64_t *rev)
{
    *rev = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *rev > REV_MAX / 10) {
            return false;
        }
        *rev = *rev * 10 + (uint64_t)(text.data[i] - '0');
    }
    return *rev > 0;
}

/* Reads {"BOOL": true}; false for any other value. */
static bool read_true(cr_json *in)
{
    cr_str type;
    bool is_true = false;
    if (cr_json_peek(in) != '{') {
        (void)cr_json_skip(in);
        return false;
    }
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &type);) {
        bool is_bool = cr_str_equal(type, cr_str_of("BOOL"));
        is_true = cr_str_equal(cr_json_skip(in), cr_str_of("true")) && is_bool;
    }
    return is_true;
}

/* False for what is no JSON. */
static bool read_others(cr_str others, cr_card *card)
{
    cr_json in;
    cr_str name;
    cr_arena arena = CR_ARENA_INIT;
    if (others.data == NULL) {
        return true;
    }
    cr_json_init(&in, others, &arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        if (cr_str_equal(name, cr_str_of(REMOVED))) {
            card->is_removed = read_true(&in);
        } else if (cr_str_equal(name, cr_str_of(CLOSED))) {
            card->is_closed = read_true(&in);
        } else {
            (void)cr_json_skip(&in);
        }
    }
    bool is_read = cr_json_is_done(&in);
    cr_arena_free(&arena);
    return is_read;
}

bool cr_card_read(const cr_row *row, cr_card *card)
{
    cr_str blocked = row->value[CR_BLOCKED];
    *card = (cr_card){.name = row->value[CR_GROUP_NAME], .data = row->value[CR_GROUP_DATA]};
    return (blocked.data == NULL || cr_members_split_some(blocked, &card->blocked)) &&
           cr_members_split(row->value[CR_MEMBER_UUIDS], &card->members) &&
           cr_rev_read(row->value[CR_REV], &card->rev) && read_others(row->value[CR_OTHERS], card);
}
