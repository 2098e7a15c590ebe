/* SPDX-License-Identifier: MIT */
/* Scenes in which a group's name and members change in the middle of another call, or a change of
 * them arrives again. */
#include "../aws/unit.h"

#include <string.h>

#include "listing/list.h"
#include "model/card.h"
#include "model/expiry.h"
#include "world/scene.h"

#define MINUTE INT64_C(60000000)
#define PROCESSOR_REQUESTS 20

static scene all;

static void begin(void)
{
    scene_begin(&all, 1);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
}

static void end(void)
{
    scene_end(&all);
    sim_service_plant(SIM_PLANT_NONE);
}

/* Everybody has one row, which has the card's name and rev, and is at the newest message. */
static void expect_whole(const char *name)
{
    cr_card_pk pk = cr_card_pk_of(&all.group);
    const sim_item *card = sim_table_get(cr_card_key(&pk));
    cr_str rev = sim_item_value(card, cr_str_of("rev"));
    cr_str list = sim_item_value(card, cr_str_of("member_uuids"));
    cr_expect(cr_str_equal(sim_item_text(card, "group_name"), cr_str_of(name)));
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        size_t wanted = sim_contains(list, all.person[i].text) ? 1 : 0;
        cr_expect_eq(scene_rows(&all, i, true), wanted, "%zu", i);
        cr_expect_eq(scene_rows(&all, i, false), wanted, "%zu", i);
    }
    for (size_t i = 0; i < sim_table_size(); i++) {
        const sim_item *item = sim_table_at(i);
        if (item != NULL && sim_has_prefix(item->pk, "GRP#")) {
            cr_expect(cr_str_equal(sim_item_value(item, cr_str_of("rev")), rev));
            cr_expect(cr_str_equal(sim_item_text(item, "group_name"), cr_str_of(name)));
        }
    }
}

/* ---- in the middle of another call ---- */

static void rename_it(void *context)
{
    cr_expect_eq(scene_rename(&all, context, BOB, "Renamed"), CRUDDUR_OK);
}

static void remove_xia(void *context)
{
    cr_expect_eq(scene_remove(&all, context, BOB, XIA), CRUDDUR_OK);
}

static void add_xia(void *context)
{
    cr_expect_eq(scene_add(&all, context, BOB, XIA, false), CRUDDUR_OK);
}

static void send(void *context)
{
    cr_expect_eq(scene_send(&all, context, BOB, "meanwhile", NULL), CRUDDUR_OK);
}

/* Before each request of a send, as many as it makes. */
static void change_in_send(cr_store *store, cr_store *other, void (*change)(void *context),
                           void (*undo)(void *context))
{
    bool has_come = true;
    for (size_t i = 1; has_come; i++) {
        char text[24];
        scene_plan plan = {
            .number = i, .counts_reads = true, .meanwhile = change, .context = other};
        (void)snprintf(text, sizeof(text), "message %u", all.number); /* a new one */
        scene_script(&plan);
        cr_expect_eq(scene_send(&all, store, ANN, text, NULL), CRUDDUR_OK);
        scene_script(NULL);
        scene_settle(&all);
        has_come = plan.seen >= i;
        cr_expect_eq(scene_count(text), 1u);
        if (has_come && undo != NULL) {
            undo(other);
        }
    }
}

Test(scenes, a_group_is_renamed_in_the_middle_of_a_send, .init = begin, .fini = end)
{
    change_in_send(all.atomic, all.stream, rename_it, NULL);
    change_in_send(all.stream, all.atomic, rename_it, NULL);
    expect_whole("Renamed");
}

Test(scenes, a_member_comes_and_goes_in_the_middle_of_a_send, .init = begin, .fini = end)
{
    cr_assert_eq(scene_rename(&all, all.atomic, ANN, "Group"), CRUDDUR_OK);
    change_in_send(all.atomic, all.stream, remove_xia, add_xia);
    expect_whole("Group");
    remove_xia(all.stream);
    change_in_send(all.atomic, all.stream, add_xia, remove_xia);
    expect_whole("Group");
    change_in_send(all.stream, all.atomic, add_xia, remove_xia);
    expect_whole("Group");
}

/* Another program's send, where no other writers but ours are told of. */
Test(scenes, a_group_changes_in_the_middle_of_a_send_beside_our_writers, .init = begin, .fini = end)
{
    cr_store *ours = sim_store_open_ours();
    cr_store *other = sim_store_open_ours();
    change_in_send(ours, other, remove_xia, add_xia);
    cr_expect_eq(scene_rename(&all, other, ANN, "Group"), CRUDDUR_OK);
    expect_whole("Group");
    sim_store_close(ours);
    sim_store_close(other);
}

/* And a message in the middle of a change. */
Test(scenes, a_message_comes_in_the_middle_of_a_change, .init = begin, .fini = end)
{
    cr_store *const others[] = {all.stream, all.atomic};
    for (size_t store = 0; store < 2; store++) {
        bool has_come = true;
        for (size_t i = 1; has_come; i++) {
            scene_plan plan = {
                .number = i, .counts_reads = true, .meanwhile = send, .context = others[store]};
            scene_script(&plan);
            cr_expect_eq(scene_remove(&all, all.atomic, ANN, XIA), CRUDDUR_OK);
            scene_script(NULL);
            has_come = plan.seen >= i;
            scene_settle(&all);
            cr_expect_eq(scene_add(&all, others[store], ANN, XIA, true), CRUDDUR_OK);
            cr_expect_eq(scene_rename(&all, all.atomic, ANN, "Group"), CRUDDUR_OK);
            expect_whole("Group");
        }
    }
}

static void settle(void *context)
{
    (void)context;
    scene_settle(&all);
}

/* The processor moves the rows in the middle of a change, and the other way round. */
Test(scenes, the_processor_comes_in_the_middle_of_a_change, .init = begin, .fini = end)
{
    bool has_come = true;
    cr_assert_eq(scene_rename(&all, all.atomic, ANN, "Group"), CRUDDUR_OK);
    for (size_t i = 1; has_come; i++) {
        scene_plan plan = {.number = i, .counts_reads = true, .meanwhile = settle};
        cr_expect_eq(scene_send(&all, all.stream, BOB, "second", NULL), CRUDDUR_OK);
        scene_script(&plan);
        cr_expect_eq(scene_remove(&all, all.stream, ANN, XIA), CRUDDUR_OK);
        scene_script(NULL);
        has_come = plan.seen >= i;
        cr_expect_eq(scene_rows(&all, XIA, false), 0u);
        scene_settle(&all);
        expect_whole("Group");
        cr_expect_eq(scene_add(&all, all.stream, ANN, XIA, false), CRUDDUR_OK);
    }
    /* The processor begins with the first record each time. */
    for (size_t i = 1; i < PROCESSOR_REQUESTS; i++) {
        scene_plan plan = {
            .number = i, .counts_reads = true, .meanwhile = remove_xia, .context = all.stream};
        cr_expect_eq(scene_send(&all, all.stream, BOB, "third", NULL), CRUDDUR_OK);
        scene_script(&plan);
        scene_settle(&all);
        scene_script(NULL);
        cr_expect_geq(plan.seen, i);
        scene_settle(&all);
        expect_whole("Group");
        cr_expect_eq(scene_add(&all, all.stream, ANN, XIA, false), CRUDDUR_OK);
    }
}

/* ---- changes that arrive again ---- */

/* The first write of a change is carried out, and once more when the next one has been made. */
static void expect_no_second_time(void (*change)(void *context), void (*next)(void *context),
                                  size_t rows)
{
    scene_plan plan = {.number = 1, .fate = SIM_FATE_TWIN};
    scene_script(&plan);
    change(all.atomic);
    scene_script(NULL);
    cr_assert_eq(sim_late_count(), 1u);
    next(all.atomic);
    sim_advance(11 * MINUTE);
    sim_deliver(0);
    cr_expect_eq(scene_rows(&all, XIA, false), rows);
    cr_expect_eq(scene_read(&all, XIA), rows == 1 ? CRUDDUR_OK : CRUDDUR_E_GROUP_NOT_FOUND);
    cr_expect_eq(scene_rename(&all, all.atomic, ANN, "Group"), CRUDDUR_OK);
    expect_whole("Group");
}

Test(scenes, an_old_removal_arrives_after_the_member_was_added_again, .init = begin, .fini = end)
{
    expect_no_second_time(remove_xia, add_xia, 1);
}

Test(scenes, an_old_addition_arrives_after_the_member_was_removed_again, .init = begin, .fini = end)
{
    remove_xia(all.atomic);
    expect_no_second_time(add_xia, remove_xia, 0);
}

/* ---- lists that may be old ---- */

static size_t cards_read;

static sim_fate look_at_card(void *context, const sim_request *request)
{
    (void)context;
    if (sim_contains(request->body, "CARD#")) {
        cards_read++;
        cr_expect(sim_contains(request->body, "\"ConsistentRead\":true"), "%.*s",
                  CR_STR_ARGS(request->body));
    }
    return SIM_FATE_GOOD;
}

/* Whether a person is a member is always read strongly. */
Test(scenes, the_card_is_read_strongly_for_a_list_that_may_be_old, .init = begin, .fini = end)
{
    cr_page *page = NULL;
    cr_call call = sim_call(NULL);
    const cr_listing listing = {
        .limit = 100, .since_us = CRUDDUR_SINCE_ALWAYS, .until_us = CRUDDUR_UNTIL_FOREVER};
    call.consistency = CRUDDUR_CONSISTENCY_EVENTUAL;
    cards_read = 0;
    sim_network_script(look_at_card, NULL);
    cr_expect_eq(cr_list_messages(all.atomic, &all.person[XIA], &all.group, &listing, &call, &page),
                 CRUDDUR_OK);
    sim_network_script(NULL, NULL);
    cr_expect_eq(cards_read, 1u);
    free(page);
}

/* ---- two openings ---- */

static void open_meanwhile(void *context)
{
    (void)context;
    cr_assert_eq(scene_open(&all, BOB, "other", NULL), CRUDDUR_OK);
}

/* How often the group was opened, or changed. */
static cr_str rev_of_card(void)
{
    cr_card_pk pk = cr_card_pk_of(&all.group);
    return sim_item_value(sim_table_get(cr_card_key(&pk)), cr_str_of("rev"));
}

/* The card and the head may be read in any order: whoever finds the card of the other opening finds
 * its message, and does not open the group over it. */
Test(scenes, an_opening_in_mode_stream_meets_another)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        scene_plan made = {.number = 1};
        for (size_t number = 1; made.seen + 1 >= number; number++) {
            scene_begin(&all, seed);
            made =
                (scene_plan){.number = number, .counts_reads = true, .meanwhile = open_meanwhile};
            scene_script(&made);
            cr_expect_eq(scene_open_by(&all, all.stream, ANN, "mine", NULL), CRUDDUR_OK);
            scene_script(NULL);
            cr_expect_eq(scene_count("mine"), 1u);
            cr_expect_eq(scene_count("other"), made.seen >= number ? 1u : 0u);
            cr_expect(sim_contains(rev_of_card(), "\"1\""), "seed %u, before request %zu",
                      (unsigned)seed, number);
            scene_end(&all);
        }
    }
}

/* ---- a card is made while a group without one is opened again ---- */

static void forge_row_of(size_t person)
{
    const sim_item *const *found;
    cr_arena arena = CR_ARENA_INIT;
    cr_pk pk = cr_pk_of_member(&all.person[person]);
    const sim_range range = {.partition = cr_pk_str(&pk)};
    cr_assert_gt(sim_table_query(&range, &found), 0u);
    cr_row row = sim_row_of(found[0], &arena);
    row.value[CR_MEMBER_UUIDS] = cr_members_join(&all.members, &arena);
    row.value[CR_REV] = CR_STR_ABSENT;
    sim_put_row(&row);
    cr_arena_free(&arena);
}

/* From the card on, what another program writes into a row says nothing of the members. */
static void name_and_forge(void *context)
{
    (void)context;
    cr_assert_eq(scene_rename(&all, all.atomic, ANN, "a name"), CRUDDUR_OK);
    forge_row_of(ANN);
}

static bool open_again_meanwhile(cr_store *store, size_t number)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_opening opening = {.person = {{all.person[ANN], cr_str_of("Ann"), cr_str_of("ann")},
                                     {all.person[BOB], cr_str_of("Bob"), cr_str_of("bob")}}};
    (void)cr_members_add(&opening.members, &all.person[ANN]);
    (void)cr_members_add(&opening.members, &all.person[BOB]);
    opening.first_message = (cr_draft){.author = opening.person[0],
                                       .group = all.group,
                                       .text = cr_str_of("again"),
                                       .uuid = scene_uuid(&all),
                                       .lasts_s = CR_EXPIRES_NEVER};
    scene_put_original(&all, "first");
    scene_plan plan = {.number = number, .counts_reads = true, .meanwhile = name_and_forge};
    scene_script(&plan);
    cr_call call = sim_call(&error);
    cr_expect_eq(cr_create(store, &opening, &call, &row), CRUDDUR_OK, "before %zu: %s", number,
                 cruddur_error_message(error));
    scene_script(NULL);
    cr_expect_eq(scene_births("again"), 1u);
    free(row);
    cruddur_error_free(error);
    return plan.seen >= number;
}

Test(scenes, a_card_is_made_while_its_group_is_opened_again)
{
    for (size_t i = 0; i < 2; i++) {
        bool is_played = true;
        for (size_t number = 1; is_played; number++) {
            scene_begin(&all, 1);
            is_played = open_again_meanwhile(i == 0 ? all.atomic : all.stream, number);
            end();
        }
    }
}
