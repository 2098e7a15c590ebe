/* SPDX-License-Identifier: MIT */
/* Scenes that break a store without one of its rules, step by step. Each is played by the rules,
 * and where that is possible without the rule, which must show. CRUDDUR_TEST_STORY=1 tells what is
 * requested. */
#include "../aws/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/key.h"
#include "world/scene.h"

TestSuite(scenes, .timeout = 60);

#define MINUTE INT64_C(60000000)

static scene all;

static void begin(void)
{
    sim_tell_story(getenv("CRUDDUR_TEST_STORY") != NULL);
    scene_begin(&all, 1);
}

static void end(void)
{
    scene_end(&all);
    sim_service_plant(SIM_PLANT_NONE);
}

static cr_call quiet(void)
{
    return sim_call(NULL);
}

/* The first write is carried out and answered, and once more later. */
static void plan_twin(scene_plan *plan)
{
    *plan = (scene_plan){.number = 1, .fate = SIM_FATE_TWIN};
    scene_script(plan);
}

/* One more message: each member who is left has one row, at it. */
static void expect_whole(size_t members)
{
    cr_expect_eq(scene_send(&all, all.atomic, BOB, "last", NULL), CRUDDUR_OK);
    for (size_t i = 0; i < members; i++) {
        cr_expect_eq(scene_rows(&all, i, true), 1u, "%zu", i);
        cr_expect_eq(scene_rows(&all, i, false), 1u, "%zu", i);
    }
}

/* ---- an opening arrives again after its group was removed ---- */

static void open_twice_and_remove(bool forgets_card)
{
    scene_plan plan;
    cr_call call = quiet();
    plan_twin(&plan);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    scene_script(NULL);
    cr_assert_eq(sim_late_count(), 1u);
    cr_assert_eq(change_remove_group(all.atomic, &all.group, forgets_card, &call), CRUDDUR_OK);
    cr_assert_eq(scene_count("first"), 0u);
    sim_advance(11 * MINUTE); /* the service has forgotten the token */
}

Test(scenes, a_removed_group_stays_removed, .init = begin, .fini = end)
{
    open_twice_and_remove(false);
    sim_deliver(0);
    cr_expect_eq(scene_births("first"), 1u);
    cr_expect_eq(scene_rows(&all, ANN, false), 0u);
    cr_expect_eq(scene_read(&all, ANN), CRUDDUR_E_GROUP_NOT_FOUND);
    cr_expect_eq(scene_send(&all, all.atomic, ANN, "next", NULL), CRUDDUR_E_GROUP_NOT_FOUND);
    cr_expect_eq(scene_send(&all, all.stream, ANN, "next", NULL), CRUDDUR_E_GROUP_NOT_FOUND);
}

Test(scenes, a_removed_group_comes_back_where_its_card_went_too, .init = begin, .fini = end)
{
    open_twice_and_remove(true);
    sim_deliver(0);
    cr_expect_eq(scene_births("first"), 2u);
}

Test(scenes, a_group_that_is_opened_again_does_not_get_its_old_opening, .init = begin, .fini = end)
{
    open_twice_and_remove(false);
    cr_assert_eq(scene_open(&all, BOB, "again", NULL), CRUDDUR_OK);
    sim_deliver(0);
    cr_expect_eq(scene_births("first"), 1u);
    cr_expect_eq(scene_count("again"), 1u);
    expect_whole(SCENE_PEOPLE);
}

Test(scenes, an_old_opening_comes_where_the_cards_condition_is_ignored, .init = begin, .fini = end)
{
    open_twice_and_remove(false);
    sim_service_plant(SIM_PLANT_CARDS_OVERWRITTEN);
    sim_deliver(0);
    cr_expect_eq(scene_births("first"), 2u);
}

/* Both openings of a removed group read its card; the second one finds it changed. */
static void open_as_bob(void *context)
{
    (void)context;
    cr_assert_eq(scene_open(&all, BOB, "faster", NULL), CRUDDUR_OK);
}

Test(scenes, two_open_a_removed_group_again, .init = begin, .fini = end)
{
    scene_plan plan = {.number = 1, .meanwhile = open_as_bob};
    open_twice_and_remove(false);
    scene_script(&plan);
    cr_assert_eq(scene_open(&all, ANN, "slower", NULL), CRUDDUR_OK);
    scene_script(NULL);
    cr_expect_eq(scene_count("faster"), 1u);
    cr_expect_eq(scene_count("slower"), 1u);
    expect_whole(SCENE_PEOPLE);
}

/* ---- an append arrives again ---- */

/* Under its uuid it is claimed; one of the library's uuid finds other rows. */
static void send_twice(cr_store *store, bool is_callers)
{
    scene_plan plan;
    cr_uuid uuid = scene_uuid(&all);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    plan_twin(&plan);
    cr_assert_eq(scene_send(&all, store, ANN, "second", is_callers ? &uuid : NULL), CRUDDUR_OK);
    scene_script(NULL);
    cr_assert_eq(sim_late_count(), 1u);
    cr_assert_eq(scene_send(&all, store, BOB, "third", NULL), CRUDDUR_OK);
    sim_advance(11 * MINUTE);
    sim_deliver(0);
    cr_expect_eq(scene_births("second"), 1u);
    if (is_callers) {
        cr_expect_eq(scene_send(&all, store, ANN, "second", &uuid), CRUDDUR_OK);
        cr_expect_eq(scene_births("second"), 1u);
    }
    scene_settle(&all);
    expect_whole(SCENE_PEOPLE);
}

Test(scenes, an_append_arrives_again, .init = begin, .fini = end)
{
    send_twice(all.atomic, false);
}

Test(scenes, an_append_under_its_uuid_arrives_again, .init = begin, .fini = end)
{
    send_twice(all.atomic, true);
}

Test(scenes, an_append_of_a_message_alone_arrives_again, .init = begin, .fini = end)
{
    send_twice(all.stream, false);
}

/* The processor must not move a message off its key: its late copy would find the key free. */
Test(scenes, an_append_is_stored_twice_where_messages_move, .init = begin, .fini = end)
{
    scene_plan plan;
    cr_call call = quiet();
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    plan_twin(&plan);
    cr_assert_eq(scene_send(&all, all.stream, ANN, "second", NULL), CRUDDUR_OK);
    scene_script(NULL);
    cr_assert_eq(change_move_newest(all.atomic, &all.group, &call), CRUDDUR_OK);
    sim_deliver(0);
    cr_expect_eq(scene_count("second"), 2u);
}

/* ---- an append, late, beside the original application's handler ---- */

/* The first request is late, its repeat is stored; then the handler works on the record of the old
 * message, and the rows are where the late request read them. */
static size_t send_beside_handler(void)
{
    scene_plan plan = {.number = 1, .fate = SIM_FATE_LATE};
    cr_uuid uuid = scene_uuid(&all);
    scene_put_original(&all, "first");
    scene_script(&plan);
    sim_network_set_weather(&(sim_weather){.pace_us = 3000, .timeout_us = 12000});
    cr_assert_neq(scene_send(&all, all.atomic, ANN, "second", &uuid), CRUDDUR_OK);
    sim_network_set_weather(&SIM_CALM);
    scene_script(NULL);
    cr_assert_eq(sim_late_count(), 1u);
    sim_advance(MINUTE);
    cr_assert_eq(scene_send(&all, all.atomic, ANN, "second", &uuid), CRUDDUR_OK);
    cr_assert_eq(scene_births("second"), 1u);
    act_handle(sim_log_at(0));
    sim_deliver(0);
    return scene_births("second");
}

Test(scenes, an_append_arrives_late_beside_the_original_handler, .init = begin, .fini = end)
{
    cr_expect_eq(send_beside_handler(), 1u);
    expect_whole(2);
}

Test(scenes, an_append_is_stored_twice_beside_the_handler_without_claims, .init = begin,
     .fini = end)
{
    sim_service_plant(SIM_PLANT_CLAIMS_UNSTATED);
    cr_expect_eq(send_beside_handler(), 2u);
}

/* ---- rows that go back ---- */

/* The newest message expires. If the rows went back, its late copy would find all as it was. */
static size_t send_and_remove(bool go_back)
{
    scene_plan plan;
    cr_call call = quiet();
    scene_put_original(&all, "first");
    plan_twin(&plan);
    cr_assert_eq(scene_send(&all, all.atomic, ANN, "second", NULL), CRUDDUR_OK);
    scene_script(NULL);
    cr_assert_eq(change_remove_newest(all.atomic, &all.group, &all.members, go_back, &call),
                 CRUDDUR_OK);
    cr_assert_eq(scene_count("second"), 0u);
    sim_advance(11 * MINUTE);
    sim_deliver(0);
    return scene_births("second");
}

Test(scenes, a_message_that_was_removed_stays_removed, .init = begin, .fini = end)
{
    cr_expect_eq(send_and_remove(false), 1u);
    expect_whole(2);
}

Test(scenes, a_removed_message_comes_back_where_rows_went_back, .init = begin, .fini = end)
{
    cr_expect_eq(send_and_remove(true), 2u);
}

/* A new message comes after the rows although the message that they showed is gone. */
Test(scenes, a_message_follows_the_rows_of_one_that_was_removed, .init = begin, .fini = end)
{
    cr_call call = quiet();
    char removed_sk[64];
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    sim_set_skew(SIM_NO_JOB, 5 * MINUTE);
    cr_assert_eq(scene_send(&all, all.atomic, ANN, "second", NULL), CRUDDUR_OK);
    (void)strcpy(removed_sk, all.last_sk);
    cr_assert_eq(change_remove_newest(all.atomic, &all.group, &all.members, false, &call),
                 CRUDDUR_OK);
    sim_set_skew(SIM_NO_JOB, 0);
    cr_assert_eq(scene_send(&all, all.atomic, BOB, "third", NULL), CRUDDUR_OK);
    cr_expect_gt(strcmp(all.last_sk, removed_sk), 0);
    expect_whole(SCENE_PEOPLE);
}

/* ---- who is a member ---- */

static void remove_xia(void *context)
{
    (void)context;
    cr_assert_eq(scene_remove(&all, all.atomic, ANN, XIA), CRUDDUR_OK);
}

static void expect_xia_is_out(void)
{
    cr_expect_eq(scene_read(&all, XIA), CRUDDUR_E_GROUP_NOT_FOUND);
    cr_expect_eq(scene_send(&all, all.atomic, XIA, "by Xia", NULL), CRUDDUR_E_GROUP_NOT_FOUND);
    cr_expect_eq(scene_send(&all, all.stream, XIA, "by Xia", NULL), CRUDDUR_E_GROUP_NOT_FOUND);
    cr_expect_eq(scene_count("by Xia"), 0u);
    cr_expect_eq(scene_read(&all, ANN), CRUDDUR_OK);
}

/* The handler has read the rows before Xia is removed, and puts hers back. */
static const sim_item *stale_row;

static void put_back(void)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_row row = sim_row_of(stale_row, &arena);
    row.value[CR_REV] = row.value[CR_VERSION] = row.value[CR_MEMBER_UUIDS] = CR_STR_ABSENT;
    sim_put_row(&row);
    cr_arena_free(&arena);
    cr_assert_eq(scene_rows(&all, XIA, false), 1u);
}

static void open_and_keep_row(void)
{
    const sim_item *const *found;
    const sim_range range = {.is_index = true, .partition = cr_uuid_str(&all.group)};
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    size_t count = sim_table_query(&range, &found);
    cr_assert_eq(count, (size_t)SCENE_PEOPLE);
    stale_row = found[XIA];
}

Test(scenes, a_removed_members_row_is_put_back, .init = begin, .fini = end)
{
    open_and_keep_row();
    remove_xia(NULL);
    put_back();
    expect_xia_is_out();
    expect_whole(XIA);
    cr_expect_eq(scene_rows(&all, XIA, false), 0u, "the next message removes the row");
    expect_xia_is_out();
}

Test(scenes, a_removed_members_row_counts_where_the_card_was_not_changed, .init = begin,
     .fini = end)
{
    open_and_keep_row();
    sim_service_plant(SIM_PLANT_CARDS_UNSTATED);
    remove_xia(NULL);
    put_back();
    cr_expect_eq(scene_read(&all, XIA), CRUDDUR_OK);
}

/* A send that began before the removal may be stored or not; one that begins after it is refused.
 * Afterwards the group is whole, and Xia has no row. */
static void send_while_removed(cr_store *store)
{
    scene_plan plan = {.number = 1, .meanwhile = remove_xia};
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    scene_script(&plan);
    cruddur_status status = scene_send(&all, store, XIA, "while removed", NULL);
    scene_script(NULL);
    cr_expect_eq(scene_count("while removed"), status == CRUDDUR_OK ? 1u : 0u);
    scene_settle(&all);
    expect_xia_is_out();
    scene_settle(&all);
    expect_whole(XIA);
    cr_expect_eq(scene_rows(&all, XIA, false), 0u);
}

Test(scenes, a_member_is_removed_in_the_middle_of_a_send, .init = begin, .fini = end)
{
    send_while_removed(all.atomic);
    cr_expect_eq(scene_count("while removed"), 0u);
}

Test(scenes, a_member_is_removed_in_the_middle_of_a_send_of_a_message_alone, .init = begin,
     .fini = end)
{
    send_while_removed(all.stream);
}

/* All rows were lost, and an append makes them anew: no row tells that Xia was removed meanwhile.
 */
static void lose_rows(void)
{
    for (size_t i = 0; i < sim_table_size(); i++) {
        const sim_item *item = sim_table_at(i);
        if (item != NULL && item->group.data != NULL) {
            sim_table_remove((cr_key){item->pk, item->sk}, SIM_NO_JOB);
        }
    }
}

static void send_without_rows(void)
{
    scene_plan plan = {.number = 1, .meanwhile = remove_xia};
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    lose_rows();
    scene_script(&plan);
    cr_assert_eq(scene_send(&all, all.atomic, ANN, "second", NULL), CRUDDUR_OK);
    scene_script(NULL);
    cr_expect_eq(scene_rows(&all, ANN, true), 1u);
    cr_expect_eq(scene_rows(&all, BOB, true), 1u);
}

Test(scenes, a_member_is_removed_while_rows_are_made_anew, .init = begin, .fini = end)
{
    send_without_rows();
    cr_expect_eq(scene_rows(&all, XIA, false), 0u);
    expect_xia_is_out();
}

Test(scenes, a_removed_member_comes_back_where_the_cards_condition_is_ignored, .init = begin,
     .fini = end)
{
    sim_service_plant(SIM_PLANT_CARDS_OVERWRITTEN);
    send_without_rows();
    cr_expect_eq(scene_rows(&all, XIA, false), 1u);
}

/* The handler's rows carry no `rev`, so they do not tell that the card has changed: it has read
 * them before Xia was removed, and puts them back as they were. */
static const sim_item *handlers_row[2];

static cr_key key_of_row(size_t person)
{
    const sim_item *const *found;
    cr_pk pk = cr_pk_of_member(&all.person[person]);
    const sim_range range = {.partition = cr_pk_str(&pk)};
    cr_assert_eq(sim_table_query(&range, &found), 1u);
    return (cr_key){found[0]->pk, found[0]->sk};
}

static void remove_xia_beside_handler(void *context)
{
    remove_xia(context);
    for (size_t i = 0; i < 2; i++) {
        sim_table_put(handlers_row[i]->json, SIM_NO_JOB);
    }
}

static void send_beside_stale_handler(void)
{
    scene_plan plan = {.number = 1, .meanwhile = remove_xia_beside_handler};
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    act_handle(sim_log_at(0));
    handlers_row[ANN] = sim_table_get(key_of_row(ANN));
    handlers_row[BOB] = sim_table_get(key_of_row(BOB));
    sim_table_remove(key_of_row(XIA), SIM_NO_JOB);
    scene_script(&plan);
    cr_assert_eq(scene_send(&all, all.atomic, ANN, "second", NULL), CRUDDUR_OK);
    scene_script(NULL);
}

Test(scenes, a_member_is_removed_beside_rows_without_rev, .init = begin, .fini = end)
{
    send_beside_stale_handler();
    cr_expect_eq(scene_rows(&all, XIA, false), 0u);
    expect_xia_is_out();
}

Test(scenes, a_removed_member_gets_a_row_where_the_card_is_not_required, .init = begin, .fini = end)
{
    sim_service_plant(SIM_PLANT_REQUIREMENTS_IGNORED);
    send_beside_stale_handler();
    cr_expect_eq(scene_rows(&all, XIA, false), 1u);
}

/* ---- versions ---- */

/* Ann archives the group, and takes it back: all is as it was but for the version. Then her first
 * request arrives again. */
static bool is_starred_again(void)
{
    scene_plan plan;
    cr_call call = quiet();
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    plan_twin(&plan);
    cr_assert_eq(change_flag(all.atomic, &all.group, &all.person[ANN], true, &call), CRUDDUR_OK);
    scene_script(NULL);
    cr_assert_eq(change_flag(all.atomic, &all.group, &all.person[ANN], false, &call), CRUDDUR_OK);
    sim_advance(11 * MINUTE);
    sim_deliver(0);
    bool is_starred = false;
    for (size_t i = 0; i < sim_table_size(); i++) {
        is_starred =
            is_starred || sim_item_value(sim_table_at(i), cr_str_of("starred")).data != NULL;
    }
    return is_starred;
}

Test(scenes, a_row_is_as_it_was_but_for_its_version, .init = begin, .fini = end)
{
    cr_expect_not(is_starred_again());
}

Test(scenes, a_row_changes_again_where_versions_are_the_same, .init = begin, .fini = end)
{
    sim_service_plant(SIM_PLANT_VERSIONS_SAME);
    cr_expect(is_starred_again());
}

/* ---- a request comes late, and its repeat was refused for another reason ---- */

/* The first sort key that a request names: that of the new message. */
static void first_key(cr_str body, char *buffer, size_t size)
{
    static const char before[] = "\"sk\":{\"S\":\"";
    char text[1024];
    (void)snprintf(text, sizeof(text), "%.*s", CR_STR_ARGS(body));
    const char *at = strstr(text, before);
    const char *from = at == NULL ? "" : at + sizeof(before) - 1;
    (void)snprintf(buffer, size, "%.*s", (int)strcspn(from, "\""), from);
}

/* The first request is late. Its repeat finds that another program has a row at its key in Bob's
 * inbox, so the next one wants another key. Before that the row goes, and the first arrives. */
static sim_fate arrive_between(void *context, const sim_request *request)
{
    static char sk[64];
    size_t *writes = context;
    cr_row row = {0};
    cr_pk pk = cr_pk_of_member(&all.person[BOB]);
    if (!request->is_write || ++*writes > 3) {
        return SIM_FATE_GOOD;
    }
    if (*writes == 1) {
        first_key(request->body, sk, sizeof(sk));
        return SIM_FATE_LATE;
    }
    row.value[CR_PK] = cr_pk_str(&pk);
    row.value[CR_SK] = cr_str_of(sk);
    if (*writes == 2) {
        sim_put_row(&row);
    } else {
        sim_table_remove(cr_row_key(&row), SIM_NO_JOB);
        sim_deliver(0);
    }
    return SIM_FATE_GOOD;
}

/* The first request is refused, as another program has a row at its key in Bob's inbox, and comes
 * once more when that has gone, before the next one. */
static sim_fate come_again(void *context, const sim_request *request)
{
    static char sk[64];
    size_t *writes = context;
    cr_row row = {0};
    cr_pk pk = cr_pk_of_member(&all.person[BOB]);
    bool is_first = request->is_write && ++*writes == 1;
    if (is_first) {
        first_key(request->body, sk, sizeof(sk));
    }
    row.value[CR_PK] = cr_pk_str(&pk);
    row.value[CR_SK] = cr_str_of(sk);
    if (is_first) {
        sim_put_row(&row);
        return SIM_FATE_TWIN;
    }
    if (*writes == 1 && sim_late_count() > 0) {
        sim_table_remove(cr_row_key(&row), SIM_NO_JOB);
        sim_deliver(0);
    }
    return SIM_FATE_GOOD;
}

Test(scenes, a_request_that_was_refused_comes_again, .init = begin, .fini = end)
{
    size_t writes = 0;
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    sim_network_script(come_again, &writes);
    cr_expect_eq(scene_send(&all, all.atomic, ANN, "once", NULL), CRUDDUR_OK);
    sim_network_script(NULL, NULL);
    cr_expect_eq(scene_births("once"), 1u);
    expect_whole(SCENE_PEOPLE);
}

Test(scenes, a_late_request_of_a_call_that_took_another_key, .init = begin, .fini = end)
{
    size_t writes = 0;
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    sim_network_script(arrive_between, &writes);
    cr_expect_eq(scene_send(&all, all.atomic, ANN, "once", NULL), CRUDDUR_OK);
    sim_network_script(NULL, NULL);
    cr_expect_eq(writes, 3u);
    cr_expect_eq(scene_births("once"), 1u);
    expect_whole(SCENE_PEOPLE);
}
