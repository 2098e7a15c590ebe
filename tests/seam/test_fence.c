/* SPDX-License-Identifier: MIT */
/* The fence, which closes a store; and the sequence of changes, where an engine has one. */
#include "suite.h"

#include "base/clock.h"
#include "model/store_row.h"

SEAM_SUITE(seam_fence);

static cr_row fence(void)
{
    return make_row(CR_FENCE_PK, CR_STORE_SK, "closed");
}

static cruddur_status put_alone(cr_store *into, const cr_row *row)
{
    step steps[] = {{PUT, NULL, row}};
    plan puts = {.steps = steps, .count = 1};
    return run_plan(into, &puts);
}

static void must_be_fenced(cr_store *into, const cr_row *row)
{
    expect_status(put_alone(into, row), CRUDDUR_E_STORE_FENCED);
}

/* Each kind of write, and loads: none leaves a trace. What only reads goes on. */
Test(seam_fence, closes_the_store)
{
    const cr_row before = make_row("p", "a", "before");
    const cr_row after = make_row("p", "b", "after");
    const cr_row closed = fence();
    cr_loaded loaded;
    cr_call call = make_call();
    put_row(&before);
    put_row(&closed);
    cr_clock_sleep_us(CR_FENCE_US); /* as long as a handle may believe that there is none */
    must_be_fenced(seam, &after);
    step removal[] = {{REMOVE, &before, NULL}};
    plan removes = {.steps = removal, .count = 1};
    expect_status(run_plan(seam, &removes), CRUDDUR_E_STORE_FENCED);
    expect_status(seam->ops->load(seam, &after, 1, NULL, &loaded, &call), CRUDDUR_E_STORE_FENCED);
    expect_row(&before, "it is as it was");
    cr_assert_eq(count_rows(), 2);
}

/* Loads of every form, and a change that puts a row among those about the store. */
Test(seam_fence, closes_the_store_to_loads)
{
    const cr_row before = make_row("p", "a", "before");
    const cr_row rows[] = {make_row("p", "a", "after"), make_row("p", "b", "after"),
                           make_row(CR_MOVE_PK, CR_STORE_SK, "moved")};
    const cr_row closed = fence();
    cr_call call = make_call();
    cr_fate fates[COUNT(rows)];
    put_row(&before);
    put_row(&closed);
    cr_clock_sleep_us(CR_FENCE_US);
    const cr_load_options forms[] = {{.fates = fates},
                                     {.replaces = is_atomic()},
                                     {.is_unused = true},
                                     {.is_unused = true, .makes_claims = true}};
    for (size_t i = 0; i < COUNT(forms); i++) {
        cr_loaded loaded;
        expect_status(seam->ops->load(seam, rows, COUNT(rows), &forms[i], &loaded, &call),
                      CRUDDUR_E_STORE_FENCED);
        cr_assert_eq(loaded.put + loaded.replaced + loaded.claims, 0);
    }
    step steps[] = {{PUT, NULL, &rows[2]}, {PUT, NULL, &rows[1]}};
    plan mixed = {.steps = steps, .count = COUNT(steps)};
    expect_status(run_plan(seam, &mixed), CRUDDUR_E_STORE_FENCED);
    expect_row(&before, "it is as it was");
    cr_assert_eq(count_rows(), 2);
}

/* A handle that is opened afterwards knows at its first write. */
Test(seam_fence, is_found_by_another_handle)
{
    const cr_row row = make_row("p", "a", "after");
    const cr_row closed = fence();
    if (is_serial()) {
        cr_skip_test("one handle knows as much as another");
    }
    put_row(&closed);
    must_be_fenced(open_other(), &row);
}

/* Rows about the store can be written all the same: so the fence can be removed. */
Test(seam_fence, is_removed)
{
    const cr_row row = make_row("p", "a", "after");
    const cr_row move = make_row(CR_MOVE_PK, CR_STORE_SK, "moved");
    const cr_row closed = fence();
    put_row(&closed);
    put_row(&move);
    step steps[] = {{REMOVE, &closed, NULL}};
    plan removes = {.steps = steps, .count = 1};
    expect_status(run_plan(seam, &removes), CRUDDUR_OK);
    put_row(&row);
    expect_row(&row, "open again");
}

/* ---- the sequence ---- */

static cr_changed_keys changes_after(int64_t after, size_t limit)
{
    cr_changed_keys changed;
    cr_call call = make_call();
    expect_status(seam->ops->read_changes(seam, after, limit, &changed, &arena, &call), CRUDDUR_OK);
    return changed;
}

static void put_watch(void)
{
    const cr_row watch = make_row(CR_WATCH_PK, CR_STORE_SK, "followed");
    put_row(&watch);
}

/* Changes are kept from now on. */
#define begin_sequence()                                                                           \
    do {                                                                                           \
        if (seam->ops->read_changes == NULL) {                                                     \
            cr_skip_test("the engine has no sequence");                                            \
        }                                                                                          \
        put_watch();                                                                               \
    } while (0)

#define expect_key(changed, place, partition, sort)                                                \
    do {                                                                                           \
        const cr_key key_ = (changed).keys[place];                                                 \
        cr_assert(cr_str_equal(key_.pk, cr_str_of(partition)) &&                                   \
                      cr_str_equal(key_.sk, cr_str_of(sort)),                                      \
                  "key %d is %.*s, %.*s", place, CR_STR_ARGS(key_.pk), CR_STR_ARGS(key_.sk));      \
    } while (0)

Test(seam_fence, sequence_has_every_write)
{
    begin_sequence();
    const cr_row old = make_row("p", "a", "old");
    const cr_row new = make_row("p", "a", "new");
    const cr_row other = make_row("q", "a", "other");
    const int64_t start = changes_after(0, 100).newest;
    put_row(&old);
    step steps[] = {{REPLACE, &old, &new}, {PUT, NULL, &other}};
    plan both = {.steps = steps, .count = 2};
    expect_status(run_plan(seam, &both), CRUDDUR_OK);
    remove_row(&new);
    cr_changed_keys all = changes_after(start, 100);
    cr_assert(all.count == 4 && all.last == start + 3 && all.newest == start + 3 && !all.is_cut);
    expect_key(all, 0, "p", "a");
    expect_key(all, 1, "p", "a");
    expect_key(all, 2, "q", "a");
    expect_key(all, 3, "p", "a");
    cr_changed_keys second = changes_after(start + 1, 1);
    cr_assert(second.count == 2 && second.last == start + 2 && second.newest == start + 3);
    cr_assert_eq(changes_after(start + 3, 100).count, 0);
    cr_assert(changes_after(start + 4, 100).is_cut, "a sequence never ends earlier than it did");
}

/* Nothing is kept of what nothing follows. */
Test(seam_fence, sequence_is_kept_where_it_is_followed)
{
    begin_sequence();
    const cr_row row = make_row("p", "a", "text");
    const cr_row watch = make_row(CR_WATCH_PK, CR_STORE_SK, "followed");
    cr_row source = make_row(CR_MOVE_PK, CR_STORE_SK, "source");
    const cr_row target = source;
    source.value[CR_REV] = cr_str_of("0");
    put_row(&row);
    cr_assert_eq(changes_after(0, 100).count, 2);
    remove_row(&watch);
    cr_changed_keys none = changes_after(0, 100);
    cr_assert(none.is_cut && none.newest == 2, "the number of the newest is not forgotten");
    remove_row(&row);
    put_row(&target);
    put_row(&row);
    remove_row(&target);
    cr_assert_eq(changes_after(0, 100).newest, 2);
    put_row(&source);
    remove_row(&row);
    cr_assert_eq(changes_after(2, 100).count, 2);
}

/* Replaced and loaded rows are in it; those that stay as they are, are not. */
Test(seam_fence, sequence_has_replaced_rows)
{
    begin_sequence();
    const cr_row rows[] = {make_row("p", "a", "old"), make_row("p", "b", "same")};
    const cr_row after[] = {make_row("p", "a", "new"), rows[1], make_row("p", "c", "put")};
    cr_loaded loaded;
    cr_call call = make_call();
    expect_status(seam->ops->load(seam, rows, 2, NULL, &loaded, &call), CRUDDUR_OK);
    const int64_t start = changes_after(0, 100).newest;
    expect_status(seam->ops->load(seam, after, 3, NULL, &loaded, &call), CRUDDUR_OK);
    cr_changed_keys put = changes_after(start, 100);
    cr_assert_eq(put.count, 1);
    expect_key(put, 0, "p", "c");
    const cr_load_options replaces = {.replaces = true};
    expect_status(seam->ops->load(seam, after, 3, &replaces, &loaded, &call), CRUDDUR_OK);
    cr_changed_keys replaced = changes_after(start + 1, 100);
    cr_assert_eq(replaced.count, 1);
    expect_key(replaced, 0, "p", "a");
}

#define KEPT 16384
#define FEW 130

/* A move that is under way keeps what it has not copied; later, a part goes with each change. */
Test(seam_fence, sequence_is_pruned_but_for_a_move)
{
    begin_sequence();
    if (!is_serial() || strstr(store.url, ":memory:") == NULL) {
        cr_skip_test("on a disk it takes long");
    }
    cr_row source = make_row(CR_MOVE_PK, CR_STORE_SK, "source");
    source.value[CR_REV] = cr_str_of("1");
    put_row(&source);
    const cr_row row = make_row("p", "a", "text");
    for (int i = 0; i < KEPT + FEW; i += 2) {
        put_row(&row);
        remove_row(&row);
    }
    cr_assert(!changes_after(1, 1).is_cut, "the move still needs them");
    remove_row(&source);
    for (int i = 0; i < FEW; i += 2) {
        put_row(&row);
        remove_row(&row);
    }
    cr_assert(changes_after(1, 1).is_cut);
    int64_t newest = changes_after(0, 1).newest;
    cr_assert(!changes_after(newest - KEPT + FEW, 1).is_cut);
}

/* A change that comes to nothing adds none. */
Test(seam_fence, sequence_has_only_what_was_committed)
{
    begin_sequence();
    const cr_row row = make_row("p", "a", "text");
    put_row(&row);
    const int64_t start = changes_after(0, 100).newest;
    step steps[] = {{PUT, NULL, &(cr_row){{{"q", 1}, {"b", 1}}}}};
    plan fails = {.steps = steps, .count = 1, .last = CRUDDUR_E_GROUP_NOT_FOUND};
    expect_status(run_plan(seam, &fails), CRUDDUR_E_GROUP_NOT_FOUND);
    cr_assert_eq(changes_after(0, 100).newest, start);
}

#define MANY 3000

/* Loads are in it, too; a large one has several entries. */
Test(seam_fence, sequence_has_loads)
{
    begin_sequence();
    cr_loaded loaded;
    cr_call call = make_call();
    static cr_row rows[MANY];
    const int64_t start = changes_after(0, 100).newest;
    for (size_t i = 0; i < MANY; i++) {
        rows[i] = make_row(text_of("partition %zu", i % 9), text_of("sort key %zu", i), "text");
    }
    expect_status(seam->ops->load(seam, rows, MANY, NULL, &loaded, &call), CRUDDUR_OK);
    cr_changed_keys all = changes_after(start, 100);
    cr_assert_eq(all.count, MANY);
    for (size_t i = 0; i < MANY; i++) {
        cr_assert(cr_str_equal(all.keys[i].pk, rows[i].value[CR_PK]));
        cr_assert(cr_str_equal(all.keys[i].sk, rows[i].value[CR_SK]));
    }
    cr_assert_gt(all.newest, start + 1);
}
