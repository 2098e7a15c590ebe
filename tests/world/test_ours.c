/* SPDX-License-Identifier: MIT */
/* A store of writers=ours: the group rows tell the head, the conditions judge it, and rows that
 * another program has written are noticed. */
#include "../aws/unit.h"

#include "messaging/group.h"
#include "world/scene.h"

TestSuite(ours, .timeout = 60);

static scene all;
static cr_store *ours;

static void begin(void)
{
    scene_begin(&all, 1);
    ours = sim_store_open_ours();
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
}

static void end(void)
{
    sim_store_close(ours);
    scene_end(&all);
}

static uint64_t requests_of(cr_store *store, const char *text, const cr_uuid *uuid)
{
    uint64_t before = sim_request_count();
    cr_assert_eq(scene_send(&all, store, BOB, text, uuid), CRUDDUR_OK);
    return sim_request_count() - before;
}

/* The index, the card, the transaction; with a claim one more. */
Test(ours, the_head_is_not_read, .init = begin, .fini = end)
{
    cr_uuid uuid = scene_uuid(&all);
    cr_expect_eq(requests_of(ours, "second", NULL), 3u);
    cr_expect_eq(requests_of(ours, "third", &uuid), 3u);
    cr_expect_eq(requests_of(all.atomic, "fourth", NULL), 4u);
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        cr_expect_eq(scene_rows(&all, i, true), 1u);
        cr_expect_eq(scene_rows(&all, i, false), 1u);
    }
}

/* What another program does to a row. */
typedef enum deed {
    LOSES_REV,
    MOVES_BACK,
} deed;

static cruddur_status change_row(cr_txn *txn, void *context)
{
    const deed *what = context;
    cr_rows rows;
    cr_assert_eq(cr_group_read_index(txn, &all.group, &rows), CRUDDUR_OK);
    cr_assert_eq(rows.count, (size_t)SCENE_PEOPLE);
    cr_row row = rows.row[0];
    if (*what == LOSES_REV) {
        row.value[CR_REV] = row.value[CR_VERSION] = CR_STR_ABSENT;
        return txn->ops->replace(txn, &rows.row[0], &row);
    }
    row.value[CR_SK] = cr_str_of("2020-01-01T00:00:00.000000+00:00");
    cruddur_status status = txn->ops->put(txn, &row);
    return status == CRUDDUR_OK ? txn->ops->remove(txn, &rows.row[0]) : status;
}

static void expect_noticed(deed what)
{
    cr_call call = sim_call(NULL);
    cr_assert_eq(all.atomic->ops->change(all.atomic, change_row, &what, &call), CRUDDUR_OK);
    cr_expect_eq(scene_send(&all, ours, ANN, "second", NULL), CRUDDUR_E_FOREIGN_WRITER);
    cr_expect_eq(scene_count("second"), 0u);
    cr_expect_eq(scene_send(&all, all.atomic, ANN, "third", NULL), CRUDDUR_OK);
    cr_expect_eq(scene_send(&all, ours, ANN, "fourth", NULL), CRUDDUR_OK);
}

Test(ours, a_row_without_rev_is_noticed, .init = begin, .fini = end)
{
    expect_noticed(LOSES_REV);
}

Test(ours, a_row_that_went_back_is_noticed, .init = begin, .fini = end)
{
    expect_noticed(MOVES_BACK);
}

/* The index still shows rows that a message of ours has moved since. */
Test(ours, an_index_that_lags_is_no_other_program, .init = begin, .fini = end)
{
    sim_table_set_lag(60);
    for (size_t i = 0; i < 24; i++) {
        cr_store *store = i % 2 == 0 ? ours : all.atomic;
        cr_assert_eq(scene_send(&all, store, i % SCENE_PEOPLE, "next", NULL), CRUDDUR_OK);
    }
    cr_expect_eq(scene_count("next"), 24u);
    sim_table_set_lag(0);
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        cr_expect_eq(scene_rows(&all, i, true), 1u);
        cr_expect_eq(scene_rows(&all, i, false), 1u);
    }
}
