/* SPDX-License-Identifier: MIT */
/* Loading rows in bulk. */
#include "suite.h"

#include <stdatomic.h>

SEAM_SUITE(seam_load);

#define ROWS 250

static cr_row rows[ROWS];

static void make_rows(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = make_full_row(text_of("load %zu", i % 7), text_of("%03zu", i));
        rows[i].value[CR_TEXT] = rows[i].value[CR_SK];
    }
}

static cr_loaded load(const cr_row *from, size_t count)
{
    cr_loaded loaded = {99, 99, 99, 99, 99, 99};
    cr_call call = make_call();
    expect_status(seam->ops->load(seam, from, count, NULL, &loaded, &call), CRUDDUR_OK);
    return loaded;
}

#define expect_loaded(call, puts, sames, takens)                                                   \
    do {                                                                                           \
        const cr_loaded loaded_ = (call);                                                          \
        cr_assert_eq(loaded_.put, puts, "%zu put", loaded_.put);                                   \
        cr_assert_eq(loaded_.same, sames, "%zu the same", loaded_.same);                           \
        cr_assert_eq(loaded_.taken, takens, "%zu taken", loaded_.taken);                           \
    } while (0)

Test(seam_load, puts_every_row)
{
    make_rows();
    expect_loaded(load(rows, 0), 0, 0, 0);
    expect_loaded(load(rows, ROWS), ROWS, 0, 0);
    cr_assert_eq(count_rows(), ROWS);
    for (size_t i = 0; i < ROWS; i += 49) {
        expect_row(&rows[i], "loaded");
    }
}

/* An import that ended halfway is begun again from the start. */
Test(seam_load, is_repeated)
{
    make_rows();
    expect_loaded(load(rows + 30, 130), 130, 0, 0);
    expect_loaded(load(rows, ROWS), ROWS - 130, 130, 0);
    expect_loaded(load(rows, ROWS), 0, ROWS, 0);
    cr_assert_eq(count_rows(), ROWS);
}

/* A row that differs in one attribute, or lacks one, is another one: it stays. */
Test(seam_load, leaves_other_rows_alone)
{
    make_rows();
    enum { FIRST = 5 };
    size_t taken = 0;
    for (int attribute = CR_SK + 1; attribute < CR_ATTRIBUTE_COUNT; attribute++, taken += 2) {
        cr_row row = rows[FIRST + taken];
        row.value[attribute] = other_value_of((cr_attribute)attribute);
        put_row(&row);
        row = rows[FIRST + taken + 1];
        row.value[attribute] = CR_STR_ABSENT;
        put_row(&row);
    }
    cr_loaded loaded = load(rows, 100);
    expect_loaded(loaded, 100 - taken, 0, taken);
    cr_assert_eq(loaded.first_taken, FIRST);
    cr_row row = rows[FIRST];
    row.value[CR_SK + 1] = other_value_of(CR_SK + 1);
    expect_row(&row, "taken");
    expect_row(&rows[FIRST - 1], "loaded");
}

/* Two rows of one key in a load: the first one is put. */
Test(seam_load, has_two_rows_of_one_key)
{
    make_rows();
    rows[3] = rows[1];
    rows[4] = rows[1];
    rows[4].value[CR_TEXT] = cr_str_of("another");
    rows[120] = rows[110];
    cr_loaded loaded = load(rows, 130);
    expect_loaded(loaded, 127, 2, 1);
    cr_assert_eq(loaded.first_taken, 4);
    expect_row(&rows[1], "the first");
}

/* What was not loaded is loaded by the next one. */
Test(seam_load, that_is_cancelled)
{
    const atomic_bool cancel = true;
    cr_loaded loaded = {99, 99, 99, 99, 99, 99};
    cr_call call = make_call();
    make_rows();
    call.cancel = &cancel;
    expect_status(seam->ops->load(seam, rows, ROWS, NULL, &loaded, &call), CRUDDUR_E_CANCELLED);
    expect_loaded(loaded, 0, 0, 0);
    expect_absent(rows[0].value[CR_PK].data, rows[0].value[CR_SK].data, "cancelled");
    expect_loaded(load(rows, ROWS), ROWS, 0, 0);
}

static cr_loaded load_with(const cr_row *from, size_t count, const cr_load_options *options)
{
    cr_loaded loaded = {99, 99, 99, 99, 99, 99};
    cr_call call = make_call();
    expect_status(seam->ops->load(seam, from, count, options, &loaded, &call), CRUDDUR_OK);
    return loaded;
}

static cr_fate expected_fate(size_t number)
{
    if (number >= 10) {
        return CR_FATE_PUT;
    }
    return number == 3 || number == 4 ? CR_FATE_REPLACED : CR_FATE_SAME;
}

/* Where a change can replace rows, a load can; what became of each row is told. */
Test(seam_load, replaces_rows)
{
    static cr_fate fates[ROWS];
    const cr_load_options options = {.replaces = true, .fates = fates};
    make_rows();
    (void)load(rows, 10);
    rows[3].value[CR_TEXT] = cr_str_of("new");
    rows[4].value[CR_OTHERS] = CR_STR_ABSENT;
    if (!is_atomic()) {
        cr_loaded loaded;
        cr_call call = make_call();
        expect_status(seam->ops->load(seam, rows, ROWS, &options, &loaded, &call),
                      CRUDDUR_E_CONFIG);
        return;
    }
    const cr_loaded loaded = load_with(rows, ROWS, &options);
    expect_loaded(loaded, ROWS - 10, 8, 0);
    cr_assert_eq(loaded.replaced, 2);
    for (size_t i = 0; i < ROWS; i++) {
        cr_assert_eq(fates[i], expected_fate(i), "row %zu", i);
    }
    expect_row(&rows[3], "replaced");
    expect_row(&rows[4], "replaced");
    expect_loaded(load(rows, ROWS), 0, ROWS, 0);
}

/* A table that nothing else uses: more rows than one request takes, and keys that are there twice.
 */
Test(seam_load, fills_an_unused_table)
{
    const cr_load_options options = {.is_unused = true};
    make_rows();
    rows[30] = rows[3];
    rows[31] = rows[28];
    const cr_loaded loaded = load_with(rows, ROWS, &options);
    cr_assert_eq(loaded.put + loaded.same, ROWS);
    cr_assert_eq(count_rows(), ROWS - 2);
    for (size_t i = 0; i < ROWS; i += 23) {
        expect_row(&rows[i], "loaded");
    }
}

/* A value is the same in any form that the service or a person may write. */
Test(seam_load, knows_the_same_values)
{
    static const char *const forms[][2] = {
        {"{\"a\":{\"N\":\"1.50\"}}", "{\"a\":{\"N\":\"15E-1\"}}"},
        {"{\"a\":{\"SS\":[\"x\",\"y\"]}}", "{\"a\":{\"SS\":[\"y\",\"x\"]}}"},
    };
    for (size_t i = 0; i < 2; i++) {
        cr_row row = make_row("forms", text_of("%zu", i), "text");
        row.value[CR_OTHERS] = cr_str_of(forms[i][0]);
        expect_loaded(load(&row, 1), 1, 0, 0);
        row.value[CR_OTHERS] = cr_str_of(forms[i][1]);
        expect_loaded(load(&row, 1), 0, 1, 0);
    }
}
