/* SPDX-License-Identifier: MIT */
/* Records of a group one of whose rows is displaced: where it goes, and that it stays the only
 * one. */
#include "stream/event.h"
#include "support/check.h"
#include "support/raw.h"

TestSuite(displaced_rows, .timeout = 600);

#define FIRST "2026-01-31T09:30:00.000001+00:00"
#define BETWEEN "2026-01-31T09:30:00.000003+00:00"
#define SECOND "2026-01-31T09:30:00.000005+00:00"
#define THIRD "2026-01-31T09:30:00.000006+00:00"
#define LAST "2026-01-31T09:30:00.000009+00:00"

typedef struct scene {
    test_store store;
    char pk[2][64]; /* of Ann's inbox and of Bob's */
    char talk[64];
    char group[CRUDDUR_UUID_SIZE];
} scene;

static void put_message(const scene *all, const char *sk, const char *uuid)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of(all->talk);
    row.value[CR_SK] = cr_str_of(sk);
    row.value[CR_TEXT] = cr_str_of(sk);
    row.value[CR_MESSAGE_UUID] = cr_str_of(uuid);
    row.value[CR_USER_UUID] = cr_str_of(test_ann.uuid);
    row.value[CR_DISPLAY_NAME] = cr_str_of(test_ann.display_name);
    row.value[CR_HANDLE] = cr_str_of(test_ann.handle);
    must_succeed(raw_put_row(all->store.dm, &row));
}

static cr_row row_of(const scene *all, bool is_ann, const char *sk, const char *head_sk)
{
    const cruddur_user *other = is_ann ? &test_bob : &test_ann;
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of(all->pk[is_ann ? 0 : 1]);
    row.value[CR_SK] = cr_str_of(sk);
    row.value[CR_GROUP_UUID] = cr_str_of(all->group);
    row.value[CR_TEXT] = cr_str_of(head_sk == NULL ? sk : head_sk);
    row.value[CR_USER_UUID] = cr_str_of(other->uuid);
    row.value[CR_DISPLAY_NAME] = cr_str_of(other->display_name);
    row.value[CR_HANDLE] = cr_str_of(other->handle);
    row.value[CR_HEAD_SK] = cr_str_of(head_sk);
    return row;
}

static void put_group_row(const scene *all, bool is_ann, const char *sk, const char *head_sk)
{
    cr_row row = row_of(all, is_ann, sk, head_sk);
    must_succeed(raw_put_row(all->store.dm, &row));
}

/* Ann's row of the first message is displaced to the second's key. */
static void make_scene(scene *all)
{
    test_store_open(&all->store, NULL);
    (void)snprintf(all->group, sizeof(all->group), "%s", "00000000-0000-4000-8000-0000000000cc");
    (void)snprintf(all->pk[0], sizeof(all->pk[0]), "GRP#%s", test_ann.uuid);
    (void)snprintf(all->pk[1], sizeof(all->pk[1]), "GRP#%s", test_bob.uuid);
    (void)snprintf(all->talk, sizeof(all->talk), "MSG#%s", all->group);
    put_message(all, FIRST, "00000000-0000-4000-8000-000000000001");
    put_group_row(all, true, SECOND, FIRST);
    put_group_row(all, false, FIRST, NULL);
}

/* Applies the record of a message. */
static size_t apply_message(const scene *all, const char *sk)
{
    event made;
    event_begin(&made);
    event_add_key(&made, all->talk, sk, test_ann.uuid, 1);
    cruddur_stream_result *result = event_apply(&made, all->store.dm, NULL);
    cr_assert_eq(cruddur_stream_result_failure_count(result), 0u);
    size_t moved = cruddur_stream_result_moved_count(result);
    cruddur_stream_result_free(result);
    return moved;
}

/* Ann's row is like this, and Bob's is at the message itself. */
static void expect_rows(const scene *all, const char *sk, const char *head_sk)
{
    const cr_row expected[] = {row_of(all, true, sk, head_sk),
                               row_of(all, false, head_sk == NULL ? sk : head_sk, NULL)};
    for (size_t i = 0; i < 2; i++) {
        cr_row row;
        cr_arena arena = CR_ARENA_INIT;
        must_succeed(raw_get_row(all->store.dm, cr_row_key(&expected[i]), &arena, &row));
        for (size_t a = 0; a < CR_ATTRIBUTE_COUNT; a++) {
            bool is_same = cr_str_equal(row.value[a], expected[i].value[a]);
            /* Each put has another version; and what Bob has read is behind where his row moves. */
            bool may_differ = a == CR_VERSION || (a == CR_READ_SK && i == 1);
            cr_expect(is_same || may_differ, "%s of row %zu", cruddur_row_attribute_name(a), i);
        }
        cr_arena_free(&arena);
    }
    test_check(&all->store);
}

Test(displaced_rows, a_displaced_row_is_at_its_message)
{
    scene all;
    make_scene(&all);
    cr_expect_eq(apply_message(&all, FIRST), 0u);
    expect_rows(&all, SECOND, FIRST);
    put_message(&all, LAST, "00000000-0000-4000-8000-000000000002");
    cr_expect_eq(apply_message(&all, FIRST), 0u); /* the rows are past that one */
    cr_expect_eq(apply_message(&all, LAST), 1u);
    expect_rows(&all, LAST, NULL);
    test_store_remove(&all.store);
}

/* One key takes one write in a change: the row goes on to the next. */
Test(displaced_rows, a_message_comes_where_a_displaced_row_is)
{
    scene all;
    make_scene(&all);
    put_message(&all, SECOND, "00000000-0000-4000-8000-000000000002");
    cr_expect_eq(apply_message(&all, SECOND), 1u);
    expect_rows(&all, THIRD, SECOND);
    test_store_remove(&all.store);
}

/* The messages are searched from the row's place on, not from its key. */
Test(displaced_rows, a_message_comes_before_all_displaced_rows)
{
    scene all;
    make_scene(&all);
    cr_row bob = row_of(&all, false, FIRST, NULL);
    must_succeed(raw_remove_row(all.store.dm, &bob));
    put_group_row(&all, false, LAST, FIRST);
    put_message(&all, BETWEEN, "00000000-0000-4000-8000-000000000002");
    cr_expect_eq(apply_message(&all, BETWEEN), 1u);
    expect_rows(&all, BETWEEN, NULL);
    test_store_remove(&all.store);
}

/* Of two rows at one message the one with the smaller key stays. */
Test(displaced_rows, a_displaced_row_has_a_twin)
{
    scene all;
    make_scene(&all);
    put_group_row(&all, true, THIRD, FIRST);
    cr_expect_eq(apply_message(&all, FIRST), 1u);
    expect_rows(&all, SECOND, FIRST);
    put_group_row(&all, true, FIRST, NULL);
    cr_expect_eq(apply_message(&all, FIRST), 1u);
    expect_rows(&all, FIRST, NULL);
    test_store_remove(&all.store);
}
