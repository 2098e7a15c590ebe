/* SPDX-License-Identifier: MIT */
/* Cards of groups and claims of messages: as rows, and read back. */
#include "base/call.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "model/card.h"
#include "store/claim.h"

TestSuite(card, .timeout = 300);

#define A "00000000-0000-4000-8000-00000000000a"
#define B "00000000-0000-4000-8000-00000000000b"
#define G "00000000-0000-4000-8000-000000000099"
#define SK "2026-01-31T09:30:00.000001+00:00"

static cr_uuid uuid_of(const char *text)
{
    cr_uuid uuid;
    cr_assert(cr_uuid_parse(cr_str_of(text), &uuid));
    return uuid;
}

/* ---- cards ---- */

static cr_row row_of(const char *list, const char *rev, const char *others)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of("CARD#" G);
    row.value[CR_SK] = cr_str_of(CR_CARD_SK);
    row.value[CR_MEMBER_UUIDS] = cr_str_of(list);
    row.value[CR_REV] = cr_str_of(rev);
    row.value[CR_OTHERS] = cr_str_of(others);
    return row;
}

Test(card, is_read_as_it_was_written)
{
    static const uint64_t revs[] = {1, 9, 10, 4294967296, UINT64_C(1844674407370955161)};
    const cr_uuid group = uuid_of(G);
    const cr_card_pk pk = cr_card_pk_of(&group);
    for (size_t i = 0; i < sizeof(revs) / sizeof(revs[0]); i++) {
        cr_arena arena = CR_ARENA_INIT;
        const cr_card card = {.members = {2, {uuid_of(A), uuid_of(B)}},
                              .name = i == 0 ? CR_STR_ABSENT : cr_str_of("All"),
                              .rev = revs[i],
                              .is_removed = i % 2 != 0,
                              .is_closed = i > 1};
        cr_row row;
        cr_card read;
        cr_assert(cr_card_write(&pk, &card, &arena, &row));
        cr_assert(cr_is_card(&row));
        cr_assert(cr_str_equal(row.value[CR_PK], cr_str_of("CARD#" G)));
        cr_assert_null(row.value[CR_GROUP_UUID].data, "the index must not show it");
        cr_assert(cr_card_read(&row, &read));
        cr_assert_eq(read.rev, revs[i]);
        cr_assert_eq(read.is_removed, card.is_removed);
        cr_assert_eq(read.is_closed, card.is_closed);
        cr_assert(cr_members_are_same(&read.members, &card.members));
        cr_assert(cr_str_equal(read.name, card.name));
        cr_arena_free(&arena);
    }
}

/* Also where another program uses the name that marks a removed group. */
Test(card, with_attributes_of_others)
{
    static const struct {
        const char *others;
        bool is_removed;
    } samples[] = {
        {NULL, false},
        {"{}", false},
        {"{\"color\":{\"S\":\"red\"},\"removed\":{\"BOOL\":true},\"z\":{}}", true},
        {"{\"color\":{\"S\":\"removed\"},\"z\":{\"M\":{\"removed\":{\"BOOL\":true}}}}", false},
        {"{\"removed\":{\"BOOL\":false}}", false},
        {"{\"removed\":{\"S\":\"true\"}}", false},
        {"{\"removed\":true}", false},
    };
    cr_card card;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        cr_row row = row_of(A "," B, "7", samples[i].others);
        cr_assert(cr_card_read(&row, &card), "sample %zu", i);
        cr_assert_eq(card.rev, 7u);
        cr_assert_eq(card.is_removed, samples[i].is_removed, "%s", samples[i].others);
    }
}

Test(card, that_is_damaged)
{
    static const char *const revs[] = {
        NULL, "", "0", "-1", "1.5", "x", "1 ", "99999999999999999999",
    };
    static const char *const lists[] = {"", A, A "," A, A ",x", A B};
    static const char *const others[] = {"", "[]", "{", "{\"removed\":{\"BOOL\":true}"};
    cr_card card;
    for (size_t i = 0; i < sizeof(revs) / sizeof(revs[0]); i++) {
        cr_row row = row_of(A "," B, revs[i], NULL);
        cr_assert(!cr_card_read(&row, &card), "%s", revs[i]);
    }
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        cr_row row = row_of(lists[i], "1", NULL);
        cr_assert(!cr_card_read(&row, &card), "%s", lists[i]);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        cr_row row = row_of(A "," B, "1", others[i]);
        cr_assert(!cr_card_read(&row, &card), "%s", others[i]);
    }
    cr_row row = row_of(A "," B, "1", NULL);
    cr_assert(cr_card_read(&row, &card));
    row.value[CR_MEMBER_UUIDS] = CR_STR_ABSENT;
    cr_assert(!cr_card_read(&row, &card));
}

Test(card, only_its_key_is_one)
{
    cr_row row = row_of(A "," B, "1", NULL);
    cr_assert(cr_is_card(&row));
    row.value[CR_SK] = cr_str_of(SK);
    cr_assert(!cr_is_card(&row));
    row.value[CR_SK] = cr_str_of(CR_CARD_SK);
    row.value[CR_PK] = cr_str_of("MSG#" G);
    cr_assert(!cr_is_card(&row));
    row.value[CR_PK] = cr_str_of("CA");
    cr_assert(!cr_is_card(&row));
}

/* ---- claims ---- */

static cr_claim claim_of(bool is_ahead, bool is_forever)
{
    return (cr_claim){.token = cr_str_of(A),
                      .group = cr_str_of(G),
                      .author = cr_str_of(B),
                      .sk = cr_str_of(SK),
                      .is_ahead = is_ahead,
                      .is_forever = is_forever};
}

Test(card, claims_are_read_as_they_were_written)
{
    for (unsigned bits = 0; bits < 4; bits++) {
        cr_arena arena = CR_ARENA_INIT;
        const cr_claim claim = claim_of((bits & 1u) != 0, (bits & 2u) != 0);
        cr_claim read = {.token = claim.token};
        cr_key key;
        cr_row row;
        cr_assert(cr_claim_write(&claim, 1790000000, &arena, &row));
        cr_assert(cr_claim_key(claim.token, &arena, &key));
        cr_assert(cr_str_equal(row.value[CR_PK], key.pk));
        cr_assert(cr_str_equal(row.value[CR_SK], key.sk));
        cr_assert_null(row.value[CR_GROUP_UUID].data, "the index must not show it");
        cr_assert(cr_claim_read(&row, &arena, &read));
        cr_assert(cr_str_equal(read.group, claim.group));
        cr_assert(cr_str_equal(read.author, claim.author));
        cr_assert(cr_str_equal(read.sk, claim.sk));
        cr_assert_eq(read.is_ahead, claim.is_ahead);
        cr_assert_eq(read.is_forever, claim.is_forever);
        cr_arena_free(&arena);
    }
}

Test(card, claims_that_are_damaged)
{
    static const char *const others[] = {
        "{}",
        "[]",
        "{\"group_uuid\":{\"S\":\"" G "\"}}",
        "{\"message_sk\":{\"S\":\"" SK "\"}}",
        "{\"group_uuid\":{\"S\":\"x\"},\"message_sk\":{\"S\":\"" SK "\"}}",
        "{\"group_uuid\":{\"S\":\"" G "\"},\"message_sk\":{\"S\":\"x\"}}",
        "{\"group_uuid\":{\"N\":\"1\"},\"message_sk\":{\"S\":\"" SK "\"}}",
        "{\"group_uuid\":\"" G "\",\"message_sk\":{\"S\":\"" SK "\"}}",
        "{\"group_uuid\":{\"S\":\"" G "\"},\"message_sk\":{\"S\":\"" SK "\"}",
    };
    cr_arena arena = CR_ARENA_INIT;
    const cr_claim claim = claim_of(false, false);
    cr_claim read = {.token = claim.token};
    cr_row row;
    cr_assert(cr_claim_write(&claim, 1, &arena, &row));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        cr_row bad = row;
        read = (cr_claim){.token = claim.token};
        bad.value[CR_OTHERS] = cr_str_of(others[i]);
        cr_assert(!cr_claim_read(&bad, &arena, &read), "%s", others[i]);
    }
    cr_row bad = row;
    bad.value[CR_USER_UUID] = cr_str_of("x");
    cr_assert(!cr_claim_read(&bad, &arena, &read));
    bad = row;
    bad.value[CR_OTHERS] = CR_STR_ABSENT;
    cr_assert(!cr_claim_read(&bad, &arena, &read));
    cr_arena_free(&arena);
}

/* All that is equal but in what only claims have must not pass for the same row. */
Test(card, claims_for_other_places_differ)
{
    cr_arena arena = CR_ARENA_INIT;
    const cr_claim claim = claim_of(true, false);
    cr_claim other = claim;
    cr_row rows[3];
    cr_row message = {0};
    other.sk = cr_str_of("2026-01-31T09:30:00.000002+00:00");
    message.value[CR_SK] = claim.sk;
    cr_assert(cr_claim_write(&claim, 1, &arena, &rows[0]));
    cr_assert(cr_claim_write(&claim, 2, &arena, &rows[1]));
    cr_assert(cr_claim_write(&other, 1, &arena, &rows[2]));
    cr_assert(cr_claims_agree(&rows[0], &rows[1], &arena));
    cr_assert(!cr_claims_agree(&rows[0], &rows[2], &arena));
    cr_assert(!cr_claims_agree(&rows[0], &message, &arena));
    cr_assert(cr_claims_agree(&message, &message, &arena));
    cr_arena_free(&arena);
}
