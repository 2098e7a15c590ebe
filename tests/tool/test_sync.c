/* SPDX-License-Identifier: MIT */
/* Which users get which account's sub, and who is left alone. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "sync.h"

#define USERS_MAX 8
#define TEXT_SIZE 16

struct sides {
    struct users users;
    struct pool_users accounts;
    struct pool_user room[USERS_MAX];
    char texts[USERS_MAX][2][TEXT_SIZE]; /* handle and sub */
    struct sync_plan plan;
};

static void add_user(struct sides *sides, const char *uuid, const char *handle, const char *id)
{
    const char *values[USERS_N_FIELDS] = {NULL};
    values[USERS_UUID] = uuid;
    values[USERS_HANDLE] = handle;
    values[USERS_COGNITO_USER_ID] = id;
    (void)users_add(&sides->users, values);
}

/* In the order of handles, as the pool's list is. */
static void add_account(struct sides *sides, const char *handle, const char *sub)
{
    size_t count = sides->accounts.count;
    cr_assert(count < USERS_MAX);
    char(*texts)[TEXT_SIZE] = sides->texts[count];
    (void)snprintf(texts[0], TEXT_SIZE, "%s", handle != NULL ? handle : "");
    (void)snprintf(texts[1], TEXT_SIZE, "%s", sub);
    sides->room[count] = (struct pool_user){
        .name = texts[1], .sub = texts[1], .handle = handle != NULL ? texts[0] : NULL};
    sides->accounts = (struct pool_users){sides->room, count + 1, USERS_MAX};
}

/* One letter for each item, in the order of handles. */
static void expect(struct sides *sides, const char *kinds)
{
    static const char letters[SYNC_N_KINDS + 1] = "c=ptwhi";
    char found[2 * USERS_MAX + 1] = "";
    sync_make_plan(&sides->users, &sides->accounts, &sides->plan);
    cr_assert(sides->plan.count < sizeof(found));
    for (size_t i = 0; i < sides->plan.count; i++) {
        found[i] = letters[sides->plan.items[i].kind];
    }
    cr_expect_str_eq(found, kinds);
}

static void end(struct sides *sides)
{
    sync_plan_free(&sides->plan);
    users_free(&sides->users);
}

Test(sync, a_pair_is_of_one_handle)
{
    struct sides sides = {0};
    add_user(&sides, "u3", "teo", "MOCK");
    add_user(&sides, "u1", "anna", "MOCK");
    add_user(&sides, "u2", "maren", "s2");
    add_user(&sides, "u4", "zoe", "");
    add_account(&sides, "layla", "s9");
    add_account(&sides, "maren", "s2");
    add_account(&sides, "teo", "s3");
    add_account(&sides, "zoe", "s4");
    add_account(&sides, NULL, "s5");
    expect(&sides, "pt=ccw");
    cr_expect_str_eq(sides.plan.items[3].user->fields[USERS_UUID], "u3");
    cr_expect_str_eq(sides.plan.items[3].account->sub, "s3");
    cr_expect_eq(sides.plan.counts[SYNC_CHANGED], 2);
    cr_expect_eq(sides.plan.counts[SYNC_NOT_IN_TABLE], 1);
    end(&sides);
}

Test(sync, either_side_may_be_empty)
{
    struct sides sides = {0};
    expect(&sides, "");
    add_account(&sides, "teo", "s1");
    add_account(&sides, NULL, "s2");
    expect(&sides, "tw");
    sync_plan_free(&sides.plan);
    add_user(&sides, "u1", "maren", "MOCK");
    sides.accounts.count = 0;
    expect(&sides, "p");
    end(&sides);
}

Test(sync, handles_differ_by_case)
{
    struct sides sides = {0};
    add_user(&sides, "u1", "Teo", "MOCK");
    add_account(&sides, "teo", "s1");
    expect(&sides, "pt");
    end(&sides);
}

Test(sync, several_of_one_handle_are_left_alone)
{
    struct sides sides = {0};
    add_user(&sides, "u1", "maren", "MOCK");
    add_user(&sides, "u2", "teo", "MOCK");
    add_user(&sides, "u3", "teo", "MOCK");
    add_account(&sides, "maren", "s1");
    add_account(&sides, "maren", "s2");
    add_account(&sides, "teo", "s3");
    expect(&sides, "hh");
    cr_expect_eq(sides.plan.items[0].n_accounts, 2);
    cr_expect_eq(sides.plan.items[1].n_users, 2);
    end(&sides);
}

Test(sync, no_two_users_get_one_id)
{
    struct sides sides = {0};
    add_user(&sides, "u1", "anna", "s1");
    add_user(&sides, "u2", "maren", "s2"); /* whose account is called otherwise by now */
    add_account(&sides, "anna", "s2");
    expect(&sides, "ip");
    cr_expect_str_eq(sides.plan.items[0].other->fields[USERS_HANDLE], "maren");
    end(&sides);
}

/* Anna keeps s1, because Maren keeps s2: so it is not free for Zoe. */
Test(sync, an_id_that_is_kept_after_all_is_not_free)
{
    struct sides sides = {0};
    add_user(&sides, "u1", "anna", "s1");
    add_user(&sides, "u2", "maren", "s2");
    add_user(&sides, "u3", "zoe", "MOCK");
    add_account(&sides, "anna", "s2");
    add_account(&sides, "zoe", "s1");
    expect(&sides, "ipi");
    end(&sides);
}

Test(sync, ids_can_be_exchanged)
{
    struct sides sides = {0};
    add_user(&sides, "u1", "anna", "s1");
    add_user(&sides, "u2", "maren", "s2");
    add_user(&sides, "u3", "teo", "MOCK");
    add_user(&sides, "u4", "zoe", "MOCK");
    add_account(&sides, "anna", "s2");
    add_account(&sides, "maren", "s1");
    expect(&sides, "ccpp");
    end(&sides);
}

Test(sync, an_id_that_two_have_already_is_told)
{
    struct sides sides = {0};
    add_user(&sides, "u1", "anna", "s1");
    add_user(&sides, "u2", "maren", "s1");
    add_account(&sides, "anna", "s1");
    expect(&sides, "ip");
    end(&sides);
}

Test(sync, ids_of_pools)
{
    static const char *const good[] = {"eu-central-1_AbCdEfGhI", "local_1R4l8ShN",
                                       "us-gov-west-1_1", "a_b_C"};
    static const char *const bad[] = {"",
                                      "_a",
                                      "eu-central-1",
                                      "eu-central-1_",
                                      "eu-central-1_a-b",
                                      "eu central-1_a",
                                      "eu/1_a",
                                      "eu-1_é",
                                      "eu-central-1_0123456789012345678901234567890123456789012"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        cr_expect(pool_is_id(good[i]), "%s", good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_expect_not(pool_is_id(bad[i]), "%s", bad[i]);
    }
}
