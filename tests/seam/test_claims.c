/* SPDX-License-Identifier: MIT */
/* Changes that happen at most once: claims, and how a repeat finds what was stored. */
#include "suite.h"

#include <pthread.h>

SEAM_SUITE(seam_claims);

#define GROUP "00000000-0000-4000-8000-000000000001"
#define OTHER_GROUP "00000000-0000-4000-8000-000000000002"
#define ANN "00000000-0000-4000-8000-00000000000a"
#define TOKEN "00000000-0000-4000-8000-0000000000ff"
#define SK(second) "2026-01-31T09:30:0" second ".000000+00:00"

/* A send: it finds out whether the token is claimed, and if not, claims it for its message. */
typedef struct sending {
    const char *group;
    const char *sk;
    const cr_row *beside; /* another row of the same change; NULL: none */
    unsigned runs_max;    /* after which it gives up; 0: never */
    cr_claim found;       /* in the last run; its texts are in the test's arena */
    bool has_stored;
    unsigned runs;
    cruddur_status status;
} sending;

static cr_row message_of(const sending *now)
{
    cr_row row = make_row(text_of("MSG#%s", now->group), now->sk, "text");
    row.value[CR_MESSAGE_UUID] = cr_str_of(TOKEN);
    row.value[CR_USER_UUID] = cr_str_of(ANN);
    return row;
}

static cruddur_status send_body(cr_txn *txn, void *context)
{
    sending *now = context;
    cr_claim found;
    now->has_stored = false;
    if (now->runs_max > 0 && now->runs == now->runs_max) {
        return cr_fail_with(txn->call->error, CRUDDUR_E_REFUSED, "run too often");
    }
    now->runs++;
    cruddur_status status =
        txn->ops->find_claim(txn, cr_str_of(TOKEN), cr_str_of(now->group), &found);
    if (status != CRUDDUR_OK) {
        return status;
    }
    now->found = found;
    now->found.group = keep(found.group);
    now->found.author = keep(found.author);
    now->found.sk = keep(found.sk);
    if (found.sk.data != NULL) {
        return CRUDDUR_OK;
    }
    const cr_row message = message_of(now);
    const cr_claim claim = {.token = cr_str_of(TOKEN),
                            .group = cr_str_of(now->group),
                            .author = cr_str_of(ANN),
                            .sk = cr_str_of(now->sk)};
    now->has_stored = true;
    status = txn->ops->claim(txn, &claim, NULL);
    if (status == CRUDDUR_OK && now->beside != NULL) {
        status = txn->ops->put(txn, now->beside);
    }
    return status == CRUDDUR_OK ? txn->ops->put(txn, &message) : status;
}

static void run_send(sending *now)
{
    cr_call call = make_call();
    expect_status(seam->ops->change(seam, send_body, now, &call), CRUDDUR_OK);
}

Test(seam_claims, a_repeat_finds_what_was_stored)
{
    sending first = {.group = GROUP, .sk = SK("1")};
    sending repeat = {.group = GROUP, .sk = SK("2")};
    sending elsewhere = {.group = OTHER_GROUP, .sk = SK("3")};
    run_send(&first);
    cr_assert(first.has_stored);
    cr_assert_null(first.found.sk.data);
    cr_assert(cr_str_equal(first.found.token, cr_str_of(TOKEN)));
    run_send(&repeat);
    run_send(&elsewhere);
    const cr_claim found[] = {repeat.found, elsewhere.found};
    for (size_t i = 0; i < COUNT(found); i++) {
        cr_assert(cr_str_equal(found[i].sk, cr_str_of(SK("1"))));
        cr_assert(cr_str_equal(found[i].group, cr_str_of(GROUP)));
        cr_assert(cr_str_equal(found[i].author, cr_str_of(ANN)));
    }
    cr_assert(!repeat.has_stored && !elsewhere.has_stored);
    const cr_row message = message_of(&first);
    expect_row(&message, "the message");
    expect_absent(text_of("MSG#%s", GROUP), SK("2"), "the repeat");
    expect_absent(text_of("MSG#%s", OTHER_GROUP), SK("3"), "the other group's");
}

/* A message that claimed nothing, as another program or an older version has put it. */
Test(seam_claims, find_every_message_where_uuids_are_known)
{
    const sending put = {.group = GROUP, .sk = SK("1")};
    sending repeat = {.group = GROUP, .sk = SK("2")};
    const cr_row message = message_of(&put);
    put_row(&message);
    run_send(&repeat);
    cr_assert_eq(repeat.has_stored, !knows_uuids());
    cr_assert_eq(cr_str_equal(repeat.found.sk, cr_str_of(SK("1"))), knows_uuids());
}

/* Of a change that came to nothing no claim is left, or it says that its message may be missing. */
Test(seam_claims, are_part_of_their_change)
{
    const cr_row taken = make_row("p", "taken", "text");
    sending refused = {.group = GROUP, .sk = SK("1"), .beside = &taken, .runs_max = 2};
    bool is_whole = is_atomic();
    cr_call call = make_call();
    put_row(&taken);
    cruddur_status status = seam->ops->change(seam, send_body, &refused, &call);
    expect_status(status, is_whole ? CRUDDUR_E_REFUSED : CRUDDUR_OK); /* which finds the claim */
    cr_assert_eq(refused.runs, 2);
    const cr_row message = message_of(&refused);
    expect_absent(message.value[CR_PK].data, SK("1"), "the message");
    sending again = {.group = GROUP, .sk = SK("2")};
    run_send(&again);
    cr_assert_eq(again.has_stored, is_whole);
    cr_assert(is_whole || again.found.is_ahead);
}

/* ---- at most once ---- */

#define THREADS 6

static void *send_once(void *argument)
{
    sending *now = argument;
    cr_call call = make_call();
    call.error = NULL;
    now->status = seam->ops->change(seam, send_body, now, &call);
    return NULL;
}

Test(seam_claims, many_at_once_are_one)
{
    static const char *const sks[THREADS] = {SK("1"), SK("2"), SK("3"), SK("4"), SK("5"), SK("6")};
    pthread_t threads[THREADS];
    sending sends[THREADS];
    size_t stored = 0;
    size_t there = 0;
    for (size_t i = 0; i < THREADS; i++) {
        sends[i] = (sending){.group = i % 2 == 0 ? GROUP : OTHER_GROUP, .sk = sks[i]};
        cr_assert_eq(pthread_create(&threads[i], NULL, send_once, &sends[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
        cr_assert_eq(sends[i].status, CRUDDUR_OK, "%s", cruddur_status_name(sends[i].status));
        stored += sends[i].has_stored ? 1 : 0;
        const cr_row message = message_of(&sends[i]);
        const cr_row found = read_row(message.value[CR_PK].data, sends[i].sk);
        cr_assert_eq(cr_row_exists(&found), sends[i].has_stored, "%s", sends[i].sk);
        there += cr_row_exists(&found) ? 1 : 0;
    }
    cr_assert_eq(stored, 1);
    cr_assert_eq(there, 1);
}

/* ---- claims that move, in steps ---- */

typedef struct moving {
    cr_claim as_read;
    cr_claim claim;
} moving;

static cruddur_status move_body(cr_txn *txn, void *context)
{
    moving *now = context;
    cruddur_status status =
        txn->ops->find_claim(txn, now->claim.token, now->claim.group, &now->as_read);
    return status == CRUDDUR_OK ? txn->ops->claim(txn, &now->claim, &now->as_read) : status;
}

Test(seam_claims, one_that_is_ahead_moves_to_another_key)
{
    if (is_atomic()) {
        cr_skip_test("a claim is never ahead of its message");
    }
    const cr_row taken = make_row(text_of("MSG#%s", GROUP), SK("1"), "another message");
    sending first = {.group = GROUP, .sk = SK("1")};
    moving moves = {.claim = {.token = cr_str_of(TOKEN),
                              .group = cr_str_of(GROUP),
                              .author = cr_str_of(ANN),
                              .sk = cr_str_of(SK("2"))}};
    put_row(&taken);
    run_send(&first); /* claims the token, meets the message, and finds its own claim */
    cr_assert(first.found.is_ahead);
    cr_assert(cr_str_equal(first.found.sk, cr_str_of(SK("1"))));
    cr_call call = make_call();
    expect_status(seam->ops->change(seam, move_body, &moves, &call), CRUDDUR_OK);
    sending repeat = {.group = GROUP, .sk = SK("3")};
    run_send(&repeat);
    cr_assert(cr_str_equal(repeat.found.sk, cr_str_of(SK("2"))));
    cr_assert(repeat.found.is_ahead);
}
