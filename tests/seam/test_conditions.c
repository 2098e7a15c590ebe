/* SPDX-License-Identifier: MIT */
/* The conditions of remove, replace and require: each attribute that was read, changed, added or
 * removed by another writer since. */
#include "suite.h"

SEAM_SUITE(seam_conditions);

#define PK "conditions"
#define BESIDE "beside"

typedef enum difference {
    NONE,
    CHANGED,
    ADDED,
    REMOVED,
} difference;

static const char *const differences[] = {"unchanged", "changed", "added", "removed"};
static const char *const operations[] = {"put", "replace", "remove", "require"};

/* The row that a body read, and the one that is there when it commits. */
static void make_rows(cr_attribute attribute, difference kind, const char *sk, cr_row *as_read,
                      cr_row *there)
{
    *as_read = *there = make_full_row(PK, sk);
    switch (kind) {
    case NONE:
        as_read->value[attribute] = there->value[attribute] = CR_STR_ABSENT;
        break;
    case CHANGED:
        there->value[attribute] = other_value_of(attribute);
        break;
    case ADDED:
        as_read->value[attribute] = CR_STR_ABSENT;
        break;
    case REMOVED:
        there->value[attribute] = CR_STR_ABSENT;
        break;
    }
}

/* A requirement guards a write of another row; the others are alone. */
static cruddur_status run_one(operation what, const cr_row *as_read, const cr_row *row)
{
    const cr_row beside = make_row(BESIDE, row->value[CR_SK].data, "beside");
    const step alone = {what, as_read, what == REPLACE ? row : NULL};
    const step guarded[] = {{PUT, NULL, &beside}, alone};
    return what == REQUIRE ? run_steps(guarded, 2) : run_steps(&alone, 1);
}

static void check_one(operation what, cr_attribute attribute, difference kind)
{
    cr_row as_read;
    cr_row there;
    const char *sk =
        text_of("%s of %s %s", operations[what], cr_attribute_name(attribute), differences[kind]);
    make_rows(attribute, kind, sk, &as_read, &there);
    cr_row next = make_row(PK, sk, "next");
    put_row(&there);
    if (kind == NONE) {
        expect_status(run_one(what, &as_read, &next), CRUDDUR_OK);
        if (what == REMOVE) {
            expect_absent(PK, sk, sk);
        } else {
            expect_row(what == REPLACE ? &next : &there, sk);
        }
        return;
    }
    cruddur_status status = run_one(what, &as_read, &next);
    cr_assert_eq(status, CRUDDUR_E_REFUSED, "%s went unnoticed: %s", sk,
                 cruddur_status_name(status));
    forget_error();
    expect_row(&there, sk);
    expect_absent(BESIDE, sk, sk);
}

/* What an engine cannot ask for: an attribute whose name it does not know. */
static bool is_out_of_reach(cr_attribute attribute, difference kind)
{
    return attribute == CR_OTHERS && kind == ADDED && !is_serial();
}

static void check_all(operation what)
{
    for (int attribute = CR_SK + 1; attribute < CR_ATTRIBUTE_COUNT; attribute++) {
        for (difference kind = NONE; kind <= REMOVED; kind++) {
            if (!is_out_of_reach((cr_attribute)attribute, kind)) {
                check_one(what, (cr_attribute)attribute, kind);
            }
        }
    }
}

Test(seam_conditions, of_a_removal)
{
    check_all(REMOVE);
}

Test(seam_conditions, of_a_replacement)
{
    if (!is_atomic()) {
        cr_skip_test("in steps there are no replacements");
    }
    check_all(REPLACE);
}

Test(seam_conditions, of_a_requirement)
{
    if (!is_atomic()) {
        cr_skip_test("in steps there are no requirements");
    }
    check_all(REQUIRE);
}

/* A message is known by more than its uuid. */
Test(seam_conditions, of_a_message_that_was_edited)
{
    cr_row as_read = make_row("MSG#00000000-0000-4000-8000-000000000001",
                              "2026-01-31T09:30:00.000000+00:00", "text");
    as_read.value[CR_MESSAGE_UUID] = cr_str_of("00000000-0000-4000-8000-0000000000ff");
    cr_row there = as_read;
    there.value[CR_TEXT] = cr_str_of("edited");
    cr_row next = as_read;
    next.value[CR_TEXT] = cr_str_of("edited too");
    if (!is_atomic()) {
        cr_skip_test("in steps there are no replacements");
    }
    put_row(&there);
    expect_status(run_one(REPLACE, &as_read, &next), CRUDDUR_E_REFUSED);
    expect_row(&there, "edited");
    expect_status(run_one(REPLACE, &there, &next), CRUDDUR_OK);
    expect_row(&next, "edited too");
}

/* A write that is guarded by a message with this uuid at the key of `there`. */
static cruddur_status run_beside_message(const cr_row *there, const char *uuid, const char *beside)
{
    const cr_row written = make_row(BESIDE, beside, "beside");
    cr_row wanted = make_row(there->value[CR_PK].data, there->value[CR_SK].data, NULL);
    wanted.value[CR_MESSAGE_UUID] = cr_str_of(uuid);
    const step steps[] = {{PUT, NULL, &written}, {REQUIRE_MESSAGE, &wanted, NULL}};
    return run_steps(steps, 2);
}

/* A message that was not read: it is there, whatever it says, and has no end. */
Test(seam_conditions, of_a_message_that_was_not_read)
{
    static const char uuid[] = "00000000-0000-4000-8000-0000000000ff";
    static const char other[] = "00000000-0000-4000-8000-0000000000fe";
    cr_row there = make_row("MSG#00000000-0000-4000-8000-000000000001",
                            "2026-01-31T09:30:00.000000+00:00", "text");
    there.value[CR_MESSAGE_UUID] = cr_str_of(uuid);
    cr_row ends = there;
    ends.value[CR_SK] = cr_str_of("2026-01-31T09:30:00.000001+00:00");
    ends.value[CR_EXPIRES_AT] = cr_str_of("4102444800");
    if (!is_atomic()) {
        cr_skip_test("in steps there are no requirements");
    }
    expect_status(run_beside_message(&there, uuid, "not there"), CRUDDUR_E_REFUSED);
    put_row(&there);
    put_row(&ends);
    expect_status(run_beside_message(&there, other, "another"), CRUDDUR_E_REFUSED);
    expect_status(run_beside_message(&ends, uuid, "it ends"), CRUDDUR_E_REFUSED);
    expect_absent(BESIDE, "not there", "refused");
    expect_absent(BESIDE, "another", "refused");
    expect_absent(BESIDE, "it ends", "refused");
    expect_status(run_beside_message(&there, uuid, "there"), CRUDDUR_OK);
    expect_status(run_beside_message(&there, uuid, "again"), CRUDDUR_OK);
    expect_row(&there, "untouched");
}

/* A row that is gone is not as it was read, whatever it had. */
Test(seam_conditions, of_a_row_that_is_gone)
{
    const cr_row full = make_full_row(PK, "gone");
    const cr_row bare = make_row(PK, "gone", NULL);
    const cr_row next = make_row(PK, "gone", "next");
    for (int what = is_atomic() ? REPLACE : REMOVE; what <= (is_atomic() ? REQUIRE : REMOVE);
         what++) {
        expect_status(run_one((operation)what, &full, &next), CRUDDUR_E_REFUSED);
        expect_status(run_one((operation)what, &bare, &next), CRUDDUR_E_REFUSED);
        expect_absent(PK, "gone", operations[what]);
        expect_absent(BESIDE, "gone", operations[what]);
    }
}

/* Empty is not absent. */
Test(seam_conditions, of_an_empty_attribute)
{
    cr_row as_read = make_row(PK, "empty", "");
    cr_row there = make_row(PK, "empty", NULL);
    put_row(&there);
    const step removal = {REMOVE, &as_read, NULL};
    expect_status(run_steps(&removal, 1), CRUDDUR_E_REFUSED);
    remove_row(&there);
    put_row(&as_read);
    const step other = {REMOVE, &there, NULL};
    expect_status(run_steps(&other, 1), CRUDDUR_E_REFUSED);
    remove_row(&as_read);
    expect_absent(PK, "empty", "removed");
}

/* Rows of other programs may have one of our names with another type, and many attributes. */
Test(seam_conditions, of_attributes_of_others)
{
    cr_buffer others;
    cr_buffer_init(&others, 100000);
    cr_buffer_add(&others, cr_str_of("{\"rev\":{\"S\":\"x\"},\"version\":{\"N\":\"1\"}"));
    for (unsigned i = 0; i < 120; i++) {
        cr_buffer_add(&others, cr_str_of(text_of(",\"name %u\":{\"N\":\"%u\"}", i, i)));
    }
    cr_buffer_add(&others, cr_str_of("}"));
    cr_row row = make_row(PK, "others", "text");
    row.value[CR_OTHERS] = (cr_str){others.data, others.size};
    put_row(&row);
    const cr_row as_read = read_row(PK, "others");
    cr_assert_not_null(as_read.value[CR_OTHERS].data);
    if (is_atomic()) {
        const step kept = {REQUIRE, &as_read, NULL};
        expect_status(run_steps(&kept, 1), CRUDDUR_OK);
    }
    cr_row changed = as_read;
    changed.value[CR_OTHERS] = cr_str_of("{\"rev\":{\"S\":\"y\"}}");
    const step refused = {REMOVE, &changed, NULL};
    expect_status(run_steps(&refused, 1), CRUDDUR_E_REFUSED);
    remove_row(&as_read);
    cr_buffer_free(&others);
}
