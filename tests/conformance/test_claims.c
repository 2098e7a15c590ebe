/* SPDX-License-Identifier: MIT */
/* The claim of a message: what a repeat makes of it, whatever has become of the message. */
#include "planted.h"

#include <stdio.h>
#include <string.h>

#include "support/raw.h"

CONFORMANCE_SUITE(claims);

#define UUID "2ed6657d-e927-468b-95e1-2665a8aea6a2"

/* In SQLite a message's own row is its claim. */
static bool are_rows(void)
{
    return strncmp(store.url, "dynamodb:", strlen("dynamodb:")) == 0;
}

static const char *claim_of(const char *uuid)
{
    return planted_text("CLAIM#%s", uuid);
}

static const char *talk_of(const group_id *group)
{
    return planted_text("MSG#%s", group->text);
}

static cruddur_status send(const cruddur_user *author, const group_id *group, const char *text,
                           cruddur_msg **ret_msg, cruddur_error **error)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.message_uuid = UUID;
    return cruddur_msg_append(store.dm, author, group->text, text, &options, ret_msg, error);
}

static void expect_sent(const group_id *group, const char *text, const char *sk)
{
    cruddur_msg *msg = NULL;
    must_succeed(send(&test_ann, group, "again", &msg, TEST_ERROR));
    cr_assert_str_eq(cruddur_msg_text(msg), text);
    if (sk != NULL) {
        cr_assert_str_eq(cruddur_msg_sort_key(msg), sk);
    }
    cruddur_msg_free(msg);
}

/* ---- messages that were removed ---- */

Test(claims, a_message_that_was_removed_is_not_stored_again)
{
    cruddur_msg *msg = NULL;
    group_id group = open_direct(&test_ann, &test_bob, "one");
    must_succeed(send(&test_ann, &group, "two", &msg, TEST_ERROR));
    say(&test_bob, &group, "three");
    const planted stored[] = {{{[CR_PK] = talk_of(&group), [CR_SK] = cruddur_msg_sort_key(msg)}}};
    cr_arena arena = CR_ARENA_INIT;
    cr_row row;
    const cr_key key = {cr_str_of(stored[0].value[CR_PK]), cr_str_of(stored[0].value[CR_SK])};
    must_succeed(raw_get_row(store.dm, key, &arena, &row));
    must_succeed(raw_remove_row(store.dm, &row));
    cr_arena_free(&arena);
    cruddur_msg_free(msg);
    if (are_rows() && !test_store_is_in_steps(&store)) {
        must_fail(CRUDDUR_E_MESSAGE_GONE, "options.message_uuid",
                  send(&test_ann, &group, TEST_SECRET, NULL, TEST_ERROR));
        return;
    }
    /* Nothing tells this from a message that was never stored. */
    expect_sent(&group, "again", NULL);
}

/* ---- claims that are ahead of their message: of a writer in steps, which was interrupted ---- */

static void skip_without_rows(void)
{
    if (!are_rows()) {
        cr_skip_test("this engine keeps no claims");
    }
}

static void plant_claim(const group_id *group, const cruddur_user *author, const char *sk)
{
    static char others[400];
    (void)snprintf(others, sizeof(others),
                   "{\"group_uuid\":{\"S\":\"%s\"},\"message_sk\":{\"S\":\"%s\"},"
                   "\"ahead\":{\"BOOL\":true}}",
                   group->text, sk);
    const planted rows[] = {{{[CR_PK] = claim_of(UUID),
                              [CR_SK] = "CLAIM",
                              [CR_USER_UUID] = author->uuid,
                              [CR_OTHERS] = others}}};
    plant(rows, 1);
}

Test(claims, ahead_of_their_message_give_it_their_key)
{
    skip_without_rows();
    group_id group = open_direct_at(&test_ann, &test_bob, "one", AT_SECOND(1));
    plant_claim(&group, &test_ann, planted_key(5));
    expect_sent(&group, "again", planted_key(5));
    expect_sent(&group, "again", planted_key(5));
    test_check(&store);
}

Test(claims, ahead_of_a_message_that_comes_below_others)
{
    skip_without_rows();
    group_id group = open_direct_at(&test_ann, &test_bob, "one", AT_SECOND(1));
    say_at(&test_bob, &group, "two", AT_SECOND(9));
    plant_claim(&group, &test_ann, planted_key(5));
    expect_sent(&group, "again", planted_key(5));
    expect_sent(&group, "again", planted_key(5));
    test_check(&store); /* the group rows are at the newest message */
}

Test(claims, whose_key_another_message_has_move)
{
    skip_without_rows();
    group_id group = open_direct_at(&test_ann, &test_bob, "one", AT_SECOND(1));
    say_at(&test_bob, &group, "two", AT_SECOND(5));
    plant_claim(&group, &test_ann, planted_key(5));
    expect_sent(&group, "again", NULL);
    cruddur_msg *msg = NULL;
    must_succeed(send(&test_ann, &group, "once more", &msg, TEST_ERROR));
    cr_assert_str_eq(cruddur_msg_text(msg), "again");
    cruddur_msg_free(msg);
    test_check(&store);
}

Test(claims, of_others_are_refused_before_their_message_is_there)
{
    skip_without_rows();
    group_id group = open_direct_at(&test_ann, &test_bob, "one", AT_SECOND(1));
    plant_claim(&group, &test_bob, planted_key(5));
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.message_uuid",
              send(&test_ann, &group, TEST_SECRET, NULL, TEST_ERROR));
    must_succeed(send(&test_bob, &group, "two", NULL, TEST_ERROR));
    test_check(&store);
}

Test(claims, that_are_damaged_are_told)
{
    static const char *const others[] = {NULL, "{\"message_sk\":{\"S\":\"soon\"}}"};
    skip_without_rows();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const planted rows[] = {{{[CR_PK] = claim_of(UUID),
                                  [CR_SK] = "CLAIM",
                                  [CR_USER_UUID] = test_ann.uuid,
                                  [CR_OTHERS] = others[i]}}};
        plant(rows, 1);
        must_fail(CRUDDUR_E_STORE_DAMAGED, NULL,
                  send(&test_ann, &group, TEST_SECRET, NULL, TEST_ERROR));
        (void)uproot(claim_of(UUID), NULL);
    }
}

/* ---- messages of version 0.1 ---- */

/* It looked for repeats in one group only, so a file may have a uuid in several. */
Test(claims, of_a_uuid_that_is_in_two_groups)
{
    if (are_rows()) {
        cr_skip_test("only a message's own row can be its claim twice");
    }
    group_id groups[] = {open_direct_at(&test_ann, &test_bob, "one", AT_SECOND(1)),
                         open_direct_at(&test_ann, &test_cem, "one", AT_SECOND(1))};
    for (int i = 0; i < 2; i++) {
        const planted rows[] = {{{[CR_PK] = talk_of(&groups[i]),
                                  [CR_SK] = planted_key(0),
                                  [CR_TEXT] = planted_text("in group %d", i),
                                  [CR_MESSAGE_UUID] = UUID,
                                  [CR_USER_UUID] = test_ann.uuid}}};
        plant(rows, 1);
    }
    for (int i = 0; i < 2; i++) {
        expect_sent(&groups[i], planted_text("in group %d", i), planted_key(0));
    }
}
