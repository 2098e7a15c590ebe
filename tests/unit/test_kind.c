/* SPDX-License-Identifier: MIT */
/* Which rows of a table are the library's. */
#include "base/call.h"

#include <criterion/criterion.h>

#include "model/kind.h"
#include "model/time.h"

TestSuite(kind, .timeout = 300);

#define UUID "00000000-0000-4000-8000-00000000000a"
#define LOUD "00000000-0000-4000-8000-00000000000A"
#define SK "2026-01-31T09:30:00.000001+00:00"

typedef struct sample {
    const char *value[CR_ATTRIBUTE_COUNT];
    cr_kind kind;
} sample;

static void expect(const sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cr_row row = {0};
        for (size_t a = 0; a < CR_ATTRIBUTE_COUNT; a++) {
            row.value[a] = cr_str_of(samples[i].value[a]);
        }
        cr_expect_eq(cr_row_kind(&row), samples[i].kind, "%zu: %s, %s", i, samples[i].value[CR_PK],
                     samples[i].value[CR_SK]);
    }
}

#define EXPECT(samples) expect(samples, sizeof(samples) / sizeof((samples)[0]))

Test(kind, of_messages)
{
    static const sample samples[] = {
        {{[CR_PK] = "MSG#" UUID, [CR_SK] = SK, [CR_TEXT] = "hi"}, CR_KIND_MESSAGE},
        {{[CR_PK] = "MSG#" UUID, [CR_SK] = SK, [CR_TEXT] = ""}, CR_KIND_MESSAGE},
        {{[CR_PK] = "MSG#" UUID, [CR_SK] = SK, [CR_MESSAGE_UUID] = UUID}, CR_KIND_MESSAGE},
        {{[CR_PK] = "MSG#" UUID, [CR_SK] = "2026-01-31 09:30:00", [CR_TEXT] = "hi"},
         CR_KIND_MESSAGE},
        {{[CR_PK] = "MSG#" UUID, [CR_SK] = SK, [CR_TEXT] = "hi", [CR_GROUP_UUID] = UUID},
         CR_KIND_MESSAGE},
        {{[CR_PK] = "MSG#" UUID, [CR_SK] = SK}, CR_KIND_FOREIGN},
        {{[CR_PK] = "MSG#" UUID, [CR_SK] = SK, [CR_GROUP_UUID] = UUID}, CR_KIND_FOREIGN},
        {{[CR_PK] = "MSG#" UUID, [CR_SK] = "META", [CR_TEXT] = "hi"}, CR_KIND_FOREIGN},
        {{[CR_PK] = "MSG#" UUID, [CR_SK] = SK " ", [CR_TEXT] = "hi"}, CR_KIND_FOREIGN},
        {{[CR_PK] = "MSG#" UUID, [CR_SK] = "", [CR_TEXT] = "hi"}, CR_KIND_FOREIGN},
        {{[CR_PK] = "MSG#" UUID, [CR_TEXT] = "hi"}, CR_KIND_FOREIGN},
        {{[CR_PK] = "MSG#" LOUD, [CR_SK] = SK, [CR_TEXT] = "hi"}, CR_KIND_FOREIGN},
        {{[CR_PK] = "MSG#7", [CR_SK] = SK, [CR_TEXT] = "hi"}, CR_KIND_FOREIGN},
        {{[CR_PK] = "MSG#", [CR_SK] = SK, [CR_TEXT] = "hi"}, CR_KIND_FOREIGN},
        {{[CR_PK] = "MSG#" UUID "0", [CR_SK] = SK, [CR_TEXT] = "hi"}, CR_KIND_FOREIGN},
        {{[CR_PK] = UUID, [CR_SK] = SK, [CR_TEXT] = "hi"}, CR_KIND_FOREIGN},
        {{[CR_PK] = "msg#" UUID, [CR_SK] = SK, [CR_TEXT] = "hi"}, CR_KIND_FOREIGN},
    };
    EXPECT(samples);
}

Test(kind, of_group_rows)
{
    static const sample samples[] = {
        {{[CR_PK] = "GRP#" UUID, [CR_SK] = SK, [CR_GROUP_UUID] = UUID}, CR_KIND_GROUP_ROW},
        {{[CR_PK] = "GRP#" UUID, [CR_SK] = SK, [CR_GROUP_UUID] = UUID, [CR_MESSAGE_UUID] = UUID},
         CR_KIND_GROUP_ROW},
        {{[CR_PK] = "GRP#" UUID, [CR_SK] = "2026-01-31T09:30:00Z", [CR_GROUP_UUID] = UUID},
         CR_KIND_GROUP_ROW},
        {{[CR_PK] = "GRP#" UUID, [CR_SK] = SK, [CR_TEXT] = "hi"}, CR_KIND_FOREIGN},
        {{[CR_PK] = "GRP#" UUID, [CR_SK] = SK, [CR_GROUP_UUID] = LOUD}, CR_KIND_FOREIGN},
        {{[CR_PK] = "GRP#" UUID, [CR_SK] = SK, [CR_GROUP_UUID] = "general"}, CR_KIND_FOREIGN},
        {{[CR_PK] = "GRP#" LOUD, [CR_SK] = SK, [CR_GROUP_UUID] = UUID}, CR_KIND_FOREIGN},
        {{[CR_PK] = "GRP#ann", [CR_SK] = SK, [CR_GROUP_UUID] = UUID}, CR_KIND_FOREIGN},
        {{[CR_PK] = "GRP#" UUID, [CR_SK] = "PROFILE", [CR_GROUP_UUID] = UUID}, CR_KIND_FOREIGN},
        {{[CR_PK] = "USR#" UUID, [CR_SK] = SK, [CR_GROUP_UUID] = UUID}, CR_KIND_FOREIGN},
        {{NULL}, CR_KIND_FOREIGN},
    };
    EXPECT(samples);
}

/* What a query leaves out unread cannot be a row of ours. */
Test(kind, all_times_lie_between_two_texts)
{
    static const int64_t years[] = {INT64_C(-62135596800000000), 0, INT64_C(253402300799999999)};
    cr_sort_key key;
    for (size_t i = 0; i < sizeof(years) / sizeof(years[0]); i++) {
        cr_assert(cr_time_format(years[i], &key));
        cr_assert(cr_str_compare(cr_sort_key_str(&key), cr_str_of(CR_SK_FIRST)) >= 0);
        cr_assert(cr_str_compare(cr_sort_key_str(&key), cr_str_of(CR_SK_BEHIND)) < 0);
    }
}

Test(kind, place_of_a_group_row)
{
    static const struct {
        const char *sk;
        const char *head_sk;
        bool is_displaced;
    } samples[] = {
        {SK, NULL, false},
        {SK, "2026-01-31T09:30:00.000000+00:00", true},
        {SK, "2026-01-31T09:30:00+00:00", true}, /* an old form; '+' sorts before '.' */
        {SK, "2020-01-01 00:00:00", true},
        {SK, SK, false},
        {SK, "2026-01-31T09:30:00.000002+00:00", false},
        {SK, "2026-01-31T09:30:00Z", false}, /* sorts behind */
        {SK, "", false},
        {SK, "0", false},
        {SK, "2020", false},
        {SK, "~", false},
        {"", NULL, false}, /* of a row that was restored */
    };
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        cr_row row = {0};
        row.value[CR_SK] = cr_str_of(samples[i].sk);
        row.value[CR_HEAD_SK] = cr_str_of(samples[i].head_sk);
        cr_str expected = row.value[samples[i].is_displaced ? CR_HEAD_SK : CR_SK];
        cr_expect(cr_str_equal(cr_row_place(&row), expected), "%zu", i);
    }
}
