/* SPDX-License-Identifier: MIT */
/* Uuids. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/key.h"
#include "model/uuid.h"

TestSuite(uuid, .timeout = 300);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static cr_uuid parsed(const char *text)
{
    cr_uuid uuid;
    cr_assert(cr_uuid_parse(cr_str_of(text), &uuid), "refused: %s", text);
    return uuid;
}

static void expect_form(const cr_uuid *uuid, char version)
{
    cr_uuid again = parsed(uuid->text);
    cr_assert_str_eq(again.text, uuid->text); /* lower case */
    cr_assert_eq(uuid->text[14], version, "%s", uuid->text);
    cr_assert(strchr("89ab", uuid->text[19]) != NULL, "%s", uuid->text);
}

Test(uuid, of_version_4_are_random)
{
    enum { COUNT = 2000 };
    static cr_uuid uuids[COUNT];
    bool is_set[128] = {false};
    bool is_clear[128] = {false};
    for (size_t i = 0; i < COUNT; i++) {
        cr_assert(cr_uuid_v4(&uuids[i]));
        expect_form(&uuids[i], '4');
        for (size_t j = 0; j < i && i < 200; j++) {
            cr_assert_str_neq(uuids[i].text, uuids[j].text);
        }
        for (size_t digit = 0, at = 0; digit < 32; digit++, at++) {
            at += uuids[i].text[at] == '-' ? 1 : 0;
            const char one[2] = {uuids[i].text[at], '\0'};
            unsigned long value = strtoul(one, NULL, 16);
            for (size_t bit = 0; bit < 4; bit++) {
                bool on = (value >> (3 - bit) & 1) != 0;
                is_set[4 * digit + bit] = is_set[4 * digit + bit] || on;
                is_clear[4 * digit + bit] = is_clear[4 * digit + bit] || !on;
            }
        }
    }
    for (size_t bit = 0; bit < 128; bit++) {
        bool is_fixed = (bit >= 48 && bit < 52) || bit == 64 || bit == 65;
        cr_assert_eq(is_set[bit] && is_clear[bit], !is_fixed, "bit %zu", bit);
    }
}

/* RFC 9562, appendix A.4; and what Python's uuid5 gives. */
Test(uuid, of_version_5)
{
    static const struct {
        const char *name_space, *name, *expected;
    } rows[] = {
        {"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com",
         "2ed6657d-e927-568b-95e1-2665a8aea6a2"},
        {"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "python.org",
         "886313e1-3b8a-5372-9b90-0c9aee199e5d"},
        {"6ba7b811-9dad-11d1-80b4-00c04fd430c8", "", "1b4db7eb-4057-5ddf-91e0-36dec72071f5"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        cr_uuid name_space = parsed(rows[i].name_space);
        cr_uuid uuid;
        cr_assert(cr_uuid_v5(&name_space, cr_str_of(rows[i].name), &uuid));
        cr_assert_str_eq(uuid.text, rows[i].expected);
        expect_form(&uuid, '5');
    }
}

/* RFC 9562, appendix A.6: 2022-02-22T19:22:22Z is 017f22e2-79b0. */
Test(uuid, of_version_7_begin_with_their_time)
{
    cr_uuid uuid;
    int64_t time_us;
    cr_assert(cr_uuid_v7(INT64_C(1645557742000000), &uuid));
    expect_form(&uuid, '7');
    cr_assert_eq(strncmp(uuid.text, "017f22e2-79b0-7000-", 19), 0, "%s", uuid.text);
    cr_assert(cr_uuid_v7_time_us(&uuid, &time_us));
    cr_assert_eq(time_us, INT64_C(1645557742000000));
    cr_assert(cr_uuid_v7(INT64_C(1645557742000999), &uuid));
    cr_assert_eq(strncmp(uuid.text, "017f22e2-79b0-7ffb-", 19), 0, "%s", uuid.text);
    cr_assert(cr_uuid_v7_time_us(&uuid, &time_us));
    cr_assert_eq(time_us, INT64_C(1645557742000000));
    cr_assert(cr_uuid_v7(0, &uuid));
    cr_assert_eq(strncmp(uuid.text, "00000000-0000-7000-", 19), 0, "%s", uuid.text);
}

Test(uuid, of_version_7_sort_by_their_time)
{
    cr_uuid before;
    int64_t time_us = INT64_C(1645557742000000);
    cr_assert(cr_uuid_v7(time_us, &before));
    for (int64_t i = 1; i < 5000; i++) {
        cr_uuid uuid;
        time_us += i < 3000 ? 1 : i * i;
        cr_assert(cr_uuid_v7(time_us, &uuid));
        expect_form(&uuid, '7');
        cr_assert_lt(cr_uuid_compare(&before, &uuid), 0, "%s, then %s", before.text, uuid.text);
        before = uuid;
    }
}

Test(uuid, of_version_7_differ_at_one_moment)
{
    cr_uuid a;
    cr_uuid b;
    for (int i = 0; i < 100; i++) {
        cr_assert(cr_uuid_v7(INT64_C(1645557742000000), &a));
        cr_assert(cr_uuid_v7(INT64_C(1645557742000000), &b));
        cr_assert_str_neq(a.text, b.text);
    }
}

Test(uuid, of_other_versions_tell_no_time)
{
    static const char *const others[] = {
        "c232ab00-9414-11ec-b3c8-9f6bdeced846", "2ed6657d-e927-568b-95e1-2665a8aea6a2",
        "1ec9414c-232a-6b00-b3c8-9f6bdeced846", "2489e9ad-2ee2-8e00-8ec9-32d5f69181c0",
        "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "017f22e2-79b0-4000-8000-000000000007", "77777777-7777-0777-7777-777777777777",
    };
    for (size_t i = 0; i < LENGTH(others); i++) {
        cr_uuid uuid = parsed(others[i]);
        int64_t time_us = 42;
        cr_assert_not(cr_uuid_v7_time_us(&uuid, &time_us));
        cr_assert_eq(time_us, 42);
    }
}

Test(uuid, the_largest_time)
{
    cr_uuid uuid = parsed("ffffffff-ffff-7fff-bfff-ffffffffffff");
    int64_t time_us;
    cr_assert(cr_uuid_v7_time_us(&uuid, &time_us));
    cr_assert_eq(time_us, INT64_C(281474976710655000));
}

Test(uuid, upper_case_becomes_lower_case)
{
    cr_assert_str_eq(parsed("ABCDEF01-2345-6789-ABCD-EFabcdef0123").text,
                     "abcdef01-2345-6789-abcd-efabcdef0123");
}

Test(uuid, what_is_none)
{
    static const char *const texts[] = {
        "",
        "abcdef01-2345-6789-abcd-efabcdef012",
        "abcdef01-2345-6789-abcd-efabcdef01234",
        "abcdef0123456789abcdefabcdef01230000",
        "abcdef01-2345-6789-abcd_efabcdef0123",
        "abcdef0-12345-6789-abcd-efabcdef0123",
        "gbcdef01-2345-6789-abcd-efabcdef0123",
        "abcdef01-2345-6789-abcd-efabcdef012 ",
        "{bcdef01-2345-6789-abcd-efabcdef012}",
        "abcdef01-2345-6789-abcd-efabcdef01-3",
        "--------------------------------------",
        "------------------------------------",
        "\303\251cdef01-2345-6789-abcd-efabcdef0123",
    };
    for (size_t i = 0; i < LENGTH(texts); i++) {
        cr_uuid uuid = {"untouched"};
        cr_assert_not(cr_uuid_parse(cr_str_of(texts[i]), &uuid), "accepted: %s", texts[i]);
        cr_assert_str_eq(uuid.text, "untouched");
    }
    cr_uuid uuid = {"untouched"};
    cr_assert_not(cr_uuid_parse(CR_STR_ABSENT, &uuid));
}

/* Each character in turn is exchanged for every other byte. */
Test(uuid, every_character_counts)
{
    const char good[] = "abcdef01-2345-6789-abcd-efabcdef0123";
    for (size_t i = 0; i < sizeof(good) - 1; i++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[sizeof(good)];
            cr_uuid uuid;
            memcpy(text, good, sizeof(good));
            text[i] = (char)byte;
            bool is_digit = byte != 0 && strchr("0123456789abcdefABCDEF", byte) != NULL;
            bool is_good = good[i] == '-' ? byte == '-' : is_digit;
            cr_assert_eq(cr_uuid_parse((cr_str){text, sizeof(good) - 1}, &uuid), is_good);
        }
    }
}

Test(uuid, keys_of_partitions)
{
    cr_uuid uuid = parsed("abcdef01-2345-6789-abcd-efabcdef0123");
    cr_pk member = cr_pk_of_member(&uuid);
    cr_pk group = cr_pk_of_group(&uuid);
    cr_assert_str_eq(member.text, "GRP#abcdef01-2345-6789-abcd-efabcdef0123");
    cr_assert_str_eq(group.text, "MSG#abcdef01-2345-6789-abcd-efabcdef0123");
    cr_assert_eq(cr_pk_str(&member).size, strlen(member.text));
    cr_assert(cr_str_equal(cr_pk_suffix(cr_pk_str(&group)), cr_uuid_str(&uuid)));
    cr_assert_eq(cr_pk_suffix(cr_str_of("GRP#")).size, 0);
    cr_assert_eq(cr_pk_suffix(cr_str_of("GRP")).size, 0);
    cr_assert_eq(cr_pk_suffix(CR_STR_ABSENT).size, 0);
}
