/* SPDX-License-Identifier: MIT */
/* What calls make of a group that others have left half done, or without its messages: programs in
 * steps that died, openings of a group that was removed, keys that are taken in an inbox. */
#include "../aws/unit.h"

#include <stdlib.h>
#include <string.h>

#include "listing/list.h"
#include "messaging/group.h"
#include "messaging/inspect.h"
#include "messaging/settle.h"
#include "model/expiry.h"
#include "model/key.h"
#include "world/scene.h"

TestSuite(repairs, .timeout = 60);

static scene all;
static cr_store *ours;

static void begin(void)
{
    scene_begin(&all, 1);
    ours = sim_store_open_ours();
}

static void end(void)
{
    sim_store_close(ours);
    scene_end(&all);
}

static cruddur_status open_in(cr_store *store, size_t author, const char *text, const cr_uuid *uuid)
{
    cr_packed_row *row = NULL;
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    cr_opening opening = {.members = all.members};
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        opening.person[i] = (cr_person){all.person[i], cr_str_of("Some"), cr_str_of("some")};
    }
    opening.first_message = (cr_draft){.lasts_s = CR_EXPIRES_NEVER,
                                       .author = opening.person[author],
                                       .group = all.group,
                                       .text = cr_str_of(text),
                                       .uuid = uuid != NULL ? *uuid : scene_uuid(&all),
                                       .may_be_repeat = uuid != NULL};
    cruddur_status status = cr_create(store, &opening, &call, &row);
    free(row);
    cruddur_error_free(error);
    return status;
}

static void expect_whole(void)
{
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        cr_expect_eq(scene_rows(&all, i, true), 1u, "%zu", i);
        cr_expect_eq(scene_rows(&all, i, false), 1u, "%zu", i);
    }
}

/* The program ends before its request number `number`. */
static void die_before(size_t number, cr_store *store, const char *text, const cr_uuid *uuid,
                       bool opens)
{
    scene_plan plan = {.death = number};
    scene_script(&plan);
    cruddur_status status =
        opens ? open_in(store, ANN, text, uuid) : scene_send(&all, store, ANN, text, uuid);
    cr_assert_neq(status, CRUDDUR_OK);
    scene_script(NULL);
    sim_revive();
}

/* The claim and a row were put, in steps; the repeat finds the key taken by that row. */
Test(repairs, of_a_send_in_steps_by_one_in_a_transaction, .init = begin, .fini = end)
{
    cr_uuid uuid = scene_uuid(&all);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    die_before(3, all.steps[0], "second", &uuid, false);
    cr_expect_eq(scene_send(&all, all.atomic, ANN, "second", &uuid), CRUDDUR_OK);
    cr_expect_eq(scene_births("second"), 1u);
    expect_whole();
    cr_expect_eq(scene_send(&all, ours, BOB, "third", NULL), CRUDDUR_OK);
    expect_whole();
}

static cr_str rev_of(cr_str pk)
{
    for (size_t i = 0; i < sim_table_size(); i++) {
        const sim_item *item = sim_table_at(i);
        if (item != NULL && cr_str_equal(item->pk, pk)) {
            return sim_item_value(item, cr_str_of("rev"));
        }
    }
    return CR_STR_ABSENT;
}

/* The card of the first opening stays, and the rows of the second are of its rev. */
Test(repairs, of_an_opening_in_steps, .init = begin, .fini = end)
{
    cr_card_pk card = cr_card_pk_of(&all.group);
    cr_pk pk = cr_pk_of_member(&all.person[ANN]);
    die_before(2, all.steps[0], "dies", NULL, true);
    cr_expect_eq(open_in(all.steps[1], BOB, "first", NULL), CRUDDUR_OK);
    cr_str rev = rev_of(cr_str_of(card.text));
    cr_expect_not_null(rev.data);
    cr_expect(cr_str_equal(rev, rev_of(cr_pk_str(&pk))));
    expect_whole();
    cr_expect_eq(scene_send(&all, ours, ANN, "second", NULL), CRUDDUR_OK);
}

Test(repairs, of_a_removed_group_need_transactions, .init = begin, .fini = end)
{
    cr_uuid uuid = scene_uuid(&all);
    cr_call call = sim_call(NULL);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    cr_assert_eq(change_remove_group(all.atomic, &all.group, false, &call), CRUDDUR_OK);
    cr_expect_eq(open_in(all.steps[0], ANN, "again", &uuid), CRUDDUR_E_CONFIG);
    cr_expect_eq(scene_births("again"), 0u);
    cr_expect_eq(open_in(all.atomic, ANN, "again", &uuid), CRUDDUR_OK);
    expect_whole();
}

/* A row of another group comes to the claimed key, in Bob's inbox. */
static void take_key(void *context)
{
    cr_uuid other = scene_uuid(&all);
    cr_pk pk = cr_pk_of_member(&all.person[BOB]);
    (void)context;
    for (size_t i = 0; i < sim_table_size(); i++) {
        const sim_item *item = sim_table_at(i);
        if (item == NULL || !sim_has_prefix(item->pk, "CLAIM#")) {
            continue;
        }
        cr_row row = {0};
        row.value[CR_PK] = cr_pk_str(&pk);
        row.value[CR_SK] = sim_item_text(item, "message_sk");
        row.value[CR_GROUP_UUID] = cr_uuid_str(&other);
        row.value[CR_TEXT] = cr_str_of("other");
        row.value[CR_USER_UUID] = cr_uuid_str(&all.person[ANN]);
        sim_put_row(&row);
        return;
    }
}

Test(repairs, of_an_opening_whose_key_is_taken, .init = begin, .fini = end)
{
    cr_uuid uuid = scene_uuid(&all);
    scene_plan plan = {.number = 3, .meanwhile = take_key};
    scene_script(&plan);
    cruddur_status status = open_in(all.steps[0], ANN, "first", &uuid);
    scene_script(NULL);
    if (status != CRUDDUR_OK) {
        status = open_in(all.steps[0], ANN, "first", &uuid);
    }
    cr_expect_eq(status, CRUDDUR_OK);
    cr_expect_eq(scene_births("first"), 1u);
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        cr_expect_eq(scene_rows(&all, i, false), 1u, "%zu", i);
    }
}

/* Rows that the index shows as they were before the group got its card tell of nobody else. */
Test(repairs, of_a_group_that_has_just_got_its_card, .init = begin, .fini = end)
{
    cr_call call = sim_call(NULL);
    scene_put_original(&all, "first");
    const cr_settling known = {.group = &all.group, .makes_card = true};
    cr_assert_eq(cr_settle(ours, &known, &call, NULL), CRUDDUR_OK);
    sim_table_set_lag(60);
    for (size_t i = 0; i < 5; i++) {
        cr_expect_eq(scene_send(&all, ours, ANN, "next", NULL), CRUDDUR_OK);
    }
}

/* Another program has removed all messages, but not the rows; and this clock is behind. */
Test(repairs, of_a_group_without_messages, .init = begin, .fini = end)
{
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    for (size_t i = 0; i < sim_table_size(); i++) {
        const sim_item *item = sim_table_at(i);
        if (item != NULL && sim_has_prefix(item->pk, "MSG#")) {
            sim_table_remove((cr_key){item->pk, item->sk}, SIM_NO_JOB);
        }
    }
    sim_set_skew(SIM_NO_JOB, -300000000);
    cr_expect_eq(open_in(all.atomic, ANN, "again", NULL), CRUDDUR_OK);
    sim_set_skew(SIM_NO_JOB, 0);
    expect_whole();
    cr_expect_eq(scene_send(&all, ours, ANN, "next", NULL), CRUDDUR_OK);
}

/* ---- the largest group ---- */

static cr_opening largest;

static void open_largest(void)
{
    cr_packed_row *row = NULL;
    cr_call call = sim_call(NULL);
    memset(&largest, 0, sizeof(largest));
    for (size_t i = 0; i < CRUDDUR_MEMBERS_MAX; i++) {
        cr_uuid uuid = scene_uuid(&all);
        cr_assert(cr_members_add(&largest.members, &uuid));
    }
    for (size_t i = 0; i < CRUDDUR_MEMBERS_MAX; i++) {
        largest.person[i] =
            (cr_person){largest.members.uuid[i], cr_str_of("Some"), cr_str_of("some")};
    }
    largest.first_message = (cr_draft){.lasts_s = CR_EXPIRES_NEVER,
                                       .author = largest.person[0],
                                       .group = all.group,
                                       .text = cr_str_of("first"),
                                       .uuid = scene_uuid(&all)};
    cr_assert_eq(cr_create(all.atomic, &largest, &call, &row), CRUDDUR_OK);
    free(row);
}

/* The author of the newest message is nobody of the group, and has a row of it all the same. */
Test(repairs, of_a_list_of_members_beside_a_strangers_message, .init = begin, .fini = end)
{
    cr_page *page = NULL;
    cr_row row = {0};
    cr_call call = sim_call(NULL);
    cr_uuid stranger = scene_uuid(&all);
    cr_uuid made = scene_uuid(&all);
    cr_pk inbox = cr_pk_of_member(&stranger);
    cr_pk messages = cr_pk_of_group(&all.group);
    open_largest();
    row.value[CR_PK] = cr_pk_str(&messages);
    row.value[CR_SK] = cr_str_of("2099-01-01T00:00:00.000000+00:00");
    row.value[CR_TEXT] = cr_str_of("foreign");
    row.value[CR_MESSAGE_UUID] = cr_uuid_str(&made);
    row.value[CR_USER_UUID] = cr_uuid_str(&stranger);
    sim_put_row(&row);
    row.value[CR_PK] = cr_pk_str(&inbox);
    row.value[CR_MESSAGE_UUID] = CR_STR_ABSENT;
    row.value[CR_GROUP_UUID] = cr_uuid_str(&all.group);
    sim_put_row(&row);
    cr_assert_eq(cr_list_members(all.atomic, NULL, &all.group, &call, &page), CRUDDUR_OK);
    cr_expect_eq(page->count, (uint32_t)CRUDDUR_MEMBERS_MAX);
    free(page);
}

/* With the card, a change has room for all rows, as long as it has no claim. */
Test(repairs, of_all_rows_of_the_largest_group, .init = begin, .fini = end)
{
    size_t count = 0;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(NULL);
    open_largest();
    act_handle(sim_log_at(0)); /* the original's handler drops what it does not know */
    cr_draft draft = largest.first_message;
    draft.uuid = scene_uuid(&all);
    cr_assert_eq(cr_append(all.atomic, &(cr_send){.draft = &draft}, &call, &row), CRUDDUR_OK);
    free(row);
    for (size_t i = 0; i < sim_table_size(); i++) {
        const sim_item *item = sim_table_at(i);
        count += item != NULL && sim_has_prefix(item->pk, "GRP#") ? 1 : 0;
    }
    cr_expect_eq(count, (size_t)CRUDDUR_MEMBERS_MAX);
}

/* ---- what a check finds ---- */

static void lose_messages(void)
{
    cr_pk pk = cr_pk_of_group(&all.group);
    for (size_t i = 0; i < sim_table_size(); i++) {
        const sim_item *item = sim_table_at(i);
        if (item != NULL && cr_str_equal(item->pk, cr_pk_str(&pk))) {
            sim_table_remove((cr_key){item->pk, item->sk}, 0);
            return;
        }
    }
}

/* The members' rows are there, but the index does not show them yet: they are found in the members'
 * partitions, also where there is no message. */
Test(repairs, a_card_with_rows_that_the_index_lacks_is_used)
{
    size_t judged = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        cr_call call = sim_call(NULL);
        cr_inspection inspection = {.count = 0};
        scene_begin(&all, seed);
        sim_table_set_lag(60);
        cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
        lose_messages();
        const cr_met met = {.at = CR_MET_ALONE, .group = all.group};
        cr_assert_eq(cr_inspect(all.atomic, &met, &call, &inspection), CRUDDUR_OK);
        cr_expect_eq(inspection.group_rows, (size_t)SCENE_PEOPLE);
        cr_expect(inspection.count == 1 || inspection.is_busy);
        if (!inspection.is_busy) {
            cr_expect_eq(inspection.finding[0].kind, CRUDDUR_CHECK_MESSAGES_GONE);
            judged++;
        }
        cr_inspection_free(&inspection);
        scene_end(&all);
    }
    cr_expect_gt(judged, 0u);
}
