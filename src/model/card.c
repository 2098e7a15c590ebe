/* SPDX-License-Identifier: MIT */
#include "model/card.h"

#include <inttypes.h>
#include <stdio.h>

#define PK_PREFIX "CARD#"
#define PK_PREFIX_SIZE (sizeof(PK_PREFIX) - 1)

/* The revision among the attributes that only cards have: {"rev":{"N":"1"}}. */
#define REV_BEGIN "{\"rev\":{\"N\":\""
#define REV_END "\"}}"
#define REV_MAX 64
#define REV_LAST (UINT64_MAX / 10)

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

bool cr_card_write(const cr_card_pk *pk, const cr_card *card, cr_arena *arena, cr_row *row)
{
    char rev[REV_MAX];
    cr_key key = cr_card_key(pk);
    (void)snprintf(rev, sizeof(rev), REV_BEGIN "%" PRIu64 REV_END, card->rev);
    *row = (cr_row){0};
    row->value[CR_PK] = key.pk;
    row->value[CR_SK] = key.sk;
    row->value[CR_GROUP_NAME] = card->name;
    row->value[CR_MEMBER_UUIDS] = cr_members_join(&card->members, arena);
    row->value[CR_OTHERS] = cr_arena_copy(arena, cr_str_of(rev));
    return row->value[CR_MEMBER_UUIDS].data != NULL && row->value[CR_OTHERS].data != NULL;
}

/* What other programs add beside it is left alone, and not looked at. */
static bool read_rev(cr_str others, uint64_t *rev)
{
    static const char name[] = "\"rev\":{\"N\":\"";
    size_t at = 0;
    *rev = 0;
    while (at + sizeof(name) - 1 < others.size &&
           memcmp(others.data + at, name, sizeof(name) - 1) != 0) {
        at++;
    }
    for (at += sizeof(name) - 1; at < others.size && others.data[at] != '"'; at++) {
        if (others.data[at] < '0' || others.data[at] > '9' || *rev > REV_LAST / 10) {
            return false;
        }
        *rev = *rev * 10 + (uint64_t)(others.data[at] - '0');
    }
    return at<others.size && * rev> 0;
}

bool cr_card_read(const cr_row *row, cr_card *card)
{
    *card = (cr_card){.name = row->value[CR_GROUP_NAME]};
    return cr_members_split(row->value[CR_MEMBER_UUIDS], &card->members) &&
           row->value[CR_OTHERS].data != NULL && read_rev(row->value[CR_OTHERS], &card->rev);
}
