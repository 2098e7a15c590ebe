/* SPDX-License-Identifier: MIT */
/* Where a group row goes whose key is taken, with the table in each state that another writer may
 * leave it in between two reads. */
#include "../aws/unit.h"

#include <stdio.h>

#include "messaging/rewrite.h"
#include "model/kind.h"
#include "model/time.h"
#include "world/simulated.h"

TestSuite(room, .timeout = 60);

#define GROUP "00000000-0000-4000-8000-0000000000aa"
#define ANN "00000000-0000-4000-8000-000000000001"
#define BOB "00000000-0000-4000-8000-000000000002"
#define MOMENT_US INT64_C(1769851800000000)
#define LAST_SK "9999-12-31T23:59:59.999999+00:00"

static const cr_uuid group = {GROUP};
static const cr_members members = {2, {{ANN}, {BOB}}};

static cr_store *store;

static void begin(void)
{
    sim_begin(1, 0, &SIM_CALM);
    store = sim_store_open(CR_MODE_ATOMIC);
}

static void end(void)
{
    sim_store_close(store);
    sim_end();
}

static const char *sk_at(int64_t behind_us)
{
    static char kept[64][sizeof(cr_sort_key)];
    static size_t used;
    cr_sort_key key;
    cr_assert(cr_time_format(MOMENT_US + behind_us, &key));
    cr_str text = cr_sort_key_str(&key);
    char *copy = kept[used++ % 64];
    (void)snprintf(copy, sizeof(kept[0]), "%.*s", CR_STR_ARGS(text));
    return copy;
}

/* Ann's group row; without a group a foreign row. */
static cr_row row_at(const char *sk, const char *head_sk, const char *group_uuid)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of("GRP#" ANN);
    row.value[CR_SK] = cr_str_of(sk);
    row.value[CR_GROUP_UUID] = cr_str_of(group_uuid);
    row.value[CR_USER_UUID] = cr_str_of(BOB);
    row.value[CR_HEAD_SK] = cr_str_of(head_sk);
    return row;
}

static void put(const char *sk, const char *head_sk, const char *group_uuid)
{
    cr_row row = row_at(sk, head_sk, group_uuid);
    sim_put_row(&row);
}

typedef struct look {
    const char *sk; /* of the message */
    cr_row old[2];  /* what was read of Ann's rows, and may have gone since */
    size_t old_count;
    cruddur_status status;
    char room[64]; /* empty: at the message's key */
    char row[64];  /* the key of Ann's row, as far as it is known */
} look;

static void keep(char text[64], cr_str value)
{
    (void)snprintf(text, 64, "%.*s", CR_STR_ARGS(value));
}

static cruddur_status look_body(cr_txn *txn, void *context)
{
    look *looking = context;
    cr_group_rows rows;
    cr_rows none = {.arena = txn->arena};
    cr_row message = {0};
    cr_read_card card = {0};
    cr_room_search search = {.is_wanted = true};
    message.value[CR_SK] = cr_str_of(looking->sk);
    cr_assert_eq(cr_group_rows_take(txn, &card, &none, &members, &rows), CRUDDUR_OK);
    for (size_t i = 0; i < looking->old_count; i++) {
        rows.row[0] = looking->old[i];
        cr_assert(cr_rows_add(&rows.old, &looking->old[i]));
    }
    cr_group_rows_restore(&group, &rows);
    cr_rewrite rewrite = {.group = &group, .message = &message, .rows = &rows};
    looking->status = cr_rewrite_find_room(txn, &rewrite, &search);
    keep(looking->room, rows.room[0]);
    keep(looking->row, rows.row[0].value[CR_SK]);
    cr_expect_null(rows.room[1].data);
    return CRUDDUR_OK;
}

static look find_room(look looking)
{
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    looking.sk = looking.sk == NULL ? sk_at(0) : looking.sk;
    cr_assert_eq(store->ops->change(store, look_body, &looking, &call), CRUDDUR_OK);
    cruddur_error_free(error);
    return looking;
}

Test(room, of_a_key_that_is_free, .init = begin, .fini = end)
{
    look found = find_room((look){.old = {row_at(sk_at(-9), NULL, GROUP)}, .old_count = 1});
    cr_expect_eq(found.status, CRUDDUR_OK);
    cr_expect_str_eq(found.room, "");
    cr_expect_str_eq(found.row, sk_at(-9));
}

Test(room, is_the_next_free_key, .init = begin, .fini = end)
{
    put(sk_at(0), NULL, ANN);
    put(sk_at(1), NULL, NULL);
    put(sk_at(3), NULL, NULL);
    look found = find_room((look){.old = {row_at(sk_at(-9), NULL, GROUP)}, .old_count = 1});
    cr_expect_eq(found.status, CRUDDUR_OK);
    cr_expect_str_eq(found.room, sk_at(2));
}

Test(room, is_behind_a_crowd, .init = begin, .fini = end)
{
    for (int64_t behind_us = 0; behind_us < 100; behind_us++) {
        put(sk_at(behind_us), NULL, NULL);
    }
    look found = find_room((look){.old_count = 0});
    cr_expect_eq(found.status, CRUDDUR_OK);
    cr_expect_geq(strcmp(found.room, sk_at(100)), 0);
    cr_expect_lt(strcmp(found.room, sk_at(2000000)), 0);
}

/* Another writer has put the row at the message meanwhile, displaced or not. */
Test(room, is_not_needed_where_the_row_is_there_already, .init = begin, .fini = end)
{
    put(sk_at(0), NULL, GROUP);
    look found = find_room((look){.old = {row_at(sk_at(-9), NULL, GROUP)}, .old_count = 1});
    cr_expect_eq(found.status, CRUDDUR_OK);
    cr_expect_str_eq(found.room, "");
    cr_expect_str_eq(found.row, sk_at(0));
}

Test(room, is_not_needed_where_the_row_is_displaced_already, .init = begin, .fini = end)
{
    put(sk_at(0), NULL, NULL);
    put(sk_at(1), NULL, NULL);
    put(sk_at(4), sk_at(0), GROUP);
    look found = find_room((look){.old = {row_at(sk_at(-9), NULL, GROUP)}, .old_count = 1});
    cr_expect_eq(found.status, CRUDDUR_OK);
    cr_expect_str_eq(found.room, "");
    cr_expect_str_eq(found.row, sk_at(4));
}

/* The row of another message is in the way like any other. */
Test(room, beside_the_row_of_another_message, .init = begin, .fini = end)
{
    put(sk_at(0), sk_at(-9), GROUP);
    look found = find_room((look){.old = {row_at(sk_at(0), sk_at(-9), GROUP)}, .old_count = 1});
    cr_expect_eq(found.status, CRUDDUR_OK);
    cr_expect_str_eq(found.room, sk_at(1));
}

/* A row that was read, is to be removed, and has gone meanwhile leaves its key free: one change
 * must not state two writes for it. */
Test(room, is_not_where_an_old_row_was, .init = begin, .fini = end)
{
    put(sk_at(0), NULL, NULL);
    look found = find_room((look){.old = {row_at(sk_at(1), sk_at(-9), GROUP)}, .old_count = 1});
    cr_expect_eq(found.status, CRUDDUR_OK);
    cr_expect_str_eq(found.room, sk_at(2));
}

Test(room, where_an_old_row_was_at_the_messages_key, .init = begin, .fini = end)
{
    look found = find_room((look){.old = {row_at(sk_at(0), sk_at(-9), GROUP)}, .old_count = 1});
    cr_expect_eq(found.status, CRUDDUR_E_CONFLICT);
}

Test(room, at_the_end_of_time, .init = begin, .fini = end)
{
    put(LAST_SK, NULL, NULL);
    look found = find_room((look){.sk = LAST_SK});
    cr_expect_eq(found.status, CRUDDUR_E_STORE_DAMAGED);
}
