/* SPDX-License-Identifier: MIT */
/* Scenes of messages that are changed: requests that arrive late or twice, and calls that come in
 * between. CRUDDUR_TEST_STORY=1 tells what is requested. */
#include "../aws/unit.h"

#include <stdlib.h>

#include "messaging/edit.h"
#include "messaging/mark.h"
#include "model/key.h"
#include "world/scene.h"

TestSuite(edits, .timeout = 60);

#define MINUTE INT64_C(60000000)

static scene all;
static cr_uuid first, second; /* Ann's messages */

/* Ann opens the group. */
static void begin(void)
{
    sim_tell_story(getenv("CRUDDUR_TEST_STORY") != NULL);
    scene_begin(&all, 1);
    first = scene_uuid(&all);
    second = scene_uuid(&all);
    cr_assert_eq(scene_open(&all, ANN, "first", &first), CRUDDUR_OK);
}

static void end(void)
{
    scene_end(&all);
    sim_service_plant(SIM_PLANT_NONE);
}

/* ---- calls ---- */

static bool was_changed; /* by the last call that succeeded */

static cruddur_status make(cr_store *store, cr_edit *edit)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    edit->group = all.group;
    edit->user = edit->user == NULL ? &all.person[ANN] : edit->user;
    cruddur_status status = cr_edit_message(store, edit, &call, &row, &was_changed);
    sim_tell("changing it: %s", cruddur_status_name(status));
    free(row);
    cruddur_error_free(error);
    return status;
}

static cruddur_status edit(const cr_uuid *uuid, const char *text)
{
    cr_edit asked = {.kind = CR_EDIT_TEXT, .name = {.uuid = *uuid}, .text = cr_str_of(text)};
    return make(all.atomic, &asked);
}

static cruddur_status delete (const cr_uuid *uuid)
{
    cr_edit asked = {.kind = CR_EDIT_DELETE, .name = {.uuid = *uuid}};
    return make(all.atomic, &asked);
}

static cruddur_status react(size_t person, const cr_uuid *uuid, const char *reaction)
{
    cr_edit asked = {.kind = CR_EDIT_REACT,
                     .name = {.uuid = *uuid},
                     .user = &all.person[person],
                     .reaction = cr_str_of(reaction),
                     .is_added = true};
    return make(all.atomic, &asked);
}

/* ---- the table ---- */

/* The message as it is now; with a version of the same text there is one. */
static cr_str value_of(const cr_uuid *uuid, const char *name)
{
    cr_pk pk = cr_pk_of_group(&all.group);
    const sim_item *const *found;
    const sim_range range = {.partition = cr_pk_str(&pk)};
    size_t count = sim_table_query(&range, &found);
    for (size_t i = 0; i < count; i++) {
        if (cr_str_equal(sim_item_text(found[i], "message_uuid"), cr_uuid_str(uuid))) {
            return sim_item_text(found[i], name);
        }
    }
    cr_assert(false, "there is no message %s", uuid->text);
    return CR_STR_ABSENT;
}

static void expect_text(const cr_uuid *uuid, const char *text)
{
    cr_str value = value_of(uuid, "message");
    cr_expect(cr_str_equal(value, cr_str_of(text)), "%.*s and not %s", CR_STR_ARGS(value), text);
}

static bool is_tombstone(const cr_uuid *uuid)
{
    return value_of(uuid, "deleted_at").data != NULL;
}

/* Each member has one row, at the newest message, and this is what it shows. */
static void expect_previews(const char *text)
{
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        const sim_item *const *found;
        cr_pk pk = cr_pk_of_member(&all.person[i]);
        const sim_range range = {.partition = cr_pk_str(&pk)};
        cr_assert_eq(scene_rows(&all, i, true), 1u, "%zu", i);
        cr_assert_eq(sim_table_query(&range, &found), 1u, "%zu", i);
        cr_str shown = sim_item_text(found[0], "message");
        cr_expect(cr_str_equal(shown, cr_str_of(text)), "%zu: %.*s and not %s", i,
                  CR_STR_ARGS(shown), text);
    }
}

static size_t count_changes(void)
{
    size_t count = 0;
    for (size_t i = 0; i < sim_table_size(); i++) {
        const sim_item *item = sim_table_at(i);
        count +=
            item != NULL && sim_has_prefix(item->pk, "CHG#") && item->sk.data[0] == '0' ? 1 : 0;
    }
    return count;
}

/* ---- requests that arrive again, or late ---- */

/* The first write is carried out and answered, and once more later. */
static void plan(scene_plan *made, sim_fate fate)
{
    *made = (scene_plan){.number = 1, .fate = fate};
    scene_script(made);
}

Test(edits, an_edit_arrives_again_after_another, .init = begin, .fini = end)
{
    scene_plan twin;
    plan(&twin, SIM_FATE_TWIN);
    cr_assert_eq(edit(&first, "one"), CRUDDUR_OK);
    scene_script(NULL);
    cr_assert_eq(edit(&first, "two"), CRUDDUR_OK);
    cr_assert_eq(sim_late_count(), 1u);
    sim_advance(11 * MINUTE); /* the service has forgotten the token */
    sim_deliver(0);
    expect_text(&first, "two");
    expect_previews("two");
    cr_expect_eq(count_changes(), 2u);
}

static void edit_late_and_delete(void)
{
    scene_plan late;
    plan(&late, SIM_FATE_LATE);
    sim_network_set_weather(&(sim_weather){.pace_us = 3000, .timeout_us = 12000});
    cr_assert_neq(edit(&first, "edited"), CRUDDUR_OK);
    sim_network_set_weather(&SIM_CALM);
    scene_script(NULL);
    cr_assert_eq(sim_late_count(), 1u);
    cr_assert_eq(delete (&first), CRUDDUR_OK);
    sim_advance(MINUTE);
    sim_deliver(0);
}

Test(edits, a_tombstone_is_not_undone_by_a_late_edit, .init = begin, .fini = end)
{
    edit_late_and_delete();
    cr_expect(is_tombstone(&first));
    expect_text(&first, "");
    expect_previews("");
    cr_expect_eq(count_changes(), 1u);
}

Test(edits, a_tombstone_is_undone_where_the_condition_is_ignored, .init = begin, .fini = end)
{
    sim_service_plant(SIM_PLANT_EDITS_BLIND);
    edit_late_and_delete();
    cr_expect(!is_tombstone(&first));
}

Test(edits, a_reaction_arrives_again_after_a_deletion, .init = begin, .fini = end)
{
    scene_plan twin;
    plan(&twin, SIM_FATE_TWIN);
    cr_assert_eq(react(BOB, &first, "+"), CRUDDUR_OK);
    scene_script(NULL);
    cr_assert_eq(delete (&first), CRUDDUR_OK);
    sim_advance(11 * MINUTE);
    sim_deliver(0);
    cr_expect(is_tombstone(&first));
    cr_expect(value_of(&first, "reactions").data == NULL);
}

/* An append that is late has read the rows as they were; and an edit that is late finds them moved.
 */
Test(edits, an_edit_arrives_late_after_a_send, .init = begin, .fini = end)
{
    scene_plan twin;
    plan(&twin, SIM_FATE_TWIN);
    cr_assert_eq(edit(&first, "one"), CRUDDUR_OK);
    scene_script(NULL);
    cr_assert_eq(scene_send(&all, all.atomic, BOB, "next", NULL), CRUDDUR_OK);
    sim_advance(11 * MINUTE);
    sim_deliver(0);
    expect_text(&first, "one");
    expect_previews("next");
}

/* The answer got lost: the call finds out, and has changed it. */
Test(edits, an_answer_gets_lost, .init = begin, .fini = end)
{
    scene_plan lost;
    plan(&lost, SIM_FATE_LOST);
    cr_assert_eq(edit(&first, "one"), CRUDDUR_OK);
    cr_expect(was_changed);
    scene_script(NULL);
    cr_assert_eq(edit(&first, "one"), CRUDDUR_OK);
    cr_expect(!was_changed);
    cr_expect_eq(count_changes(), 1u);
    expect_previews("one");
}

/* ---- calls that come in between ---- */

static void send_as_bob(void *context)
{
    cr_assert_eq(scene_send(&all, context, BOB, "next", NULL), CRUDDUR_OK);
}

static void edit_meanwhile(void *context)
{
    (void)context;
    cr_assert_eq(edit(&first, "faster"), CRUDDUR_OK);
}

static void delete_meanwhile(void *context)
{
    cr_assert_eq(delete (context), CRUDDUR_OK);
}

static void react_meanwhile(void *context)
{
    cr_assert_eq(react(XIA, context, "+"), CRUDDUR_OK);
}

/* Before each request of the call that is played, in turn. */
static void play_before_each(void (*call)(void), void (*meanwhile)(void *), void *context,
                             void (*judge)(void))
{
    for (size_t number = 1; number <= 5; number++) {
        if (number > 1) {
            end();
            begin();
        }
        scene_plan made = {
            .number = number, .counts_reads = true, .meanwhile = meanwhile, .context = context};
        scene_script(&made);
        call();
        scene_script(NULL);
        if (made.seen >= number) {
            judge();
        }
    }
}

static void edit_first(void)
{
    cr_assert_eq(edit(&first, "edited"), CRUDDUR_OK);
}

static void judge_edit_and_send(void)
{
    expect_text(&first, "edited");
    expect_previews("next");
}

Test(edits, a_send_comes_in_between, .init = begin, .fini = end)
{
    for (size_t number = 1; number <= 4; number++) {
        scene_plan made = {.number = number,
                           .counts_reads = true,
                           .meanwhile = send_as_bob,
                           .context = all.atomic};
        scene_script(&made);
        edit_first();
        scene_script(NULL);
        cr_assert_geq(made.seen, number);
        judge_edit_and_send();
        end();
        begin();
    }
}

static void rename_group(void)
{
    cr_assert_eq(scene_rename(&all, all.atomic, BOB, "film night"), CRUDDUR_OK);
}

static void judge_edit_and_rename(void)
{
    expect_text(&first, "faster");
    expect_previews("faster");
}

/* What was read of the message before the rows is not put back into rows that show the edit. */
Test(edits, come_between_the_requests_of_a_renaming, .init = begin, .fini = end)
{
    play_before_each(rename_group, edit_meanwhile, NULL, judge_edit_and_rename);
}

/* Without one of the rows the edit reads all of them twice. */
static void lose_row(size_t person)
{
    const sim_item *const *found;
    cr_pk pk = cr_pk_of_member(&all.person[person]);
    const sim_range range = {.partition = cr_pk_str(&pk)};
    cr_assert_eq(sim_table_query(&range, &found), 1u);
    sim_table_remove((cr_key){found[0]->pk, found[0]->sk}, SIM_NO_JOB);
}

static void pin_as_bob(void *context)
{
    cr_call call = sim_call(NULL);
    const cr_settings settings = {.group = &all.group, .member = &all.person[BOB], .pinned = CR_ON};
    (void)context;
    cr_assert_eq(cr_set(all.atomic, &settings, &call, NULL), CRUDDUR_OK);
}

/* What was read first of a row is not what the conditions compare, and must not be written back. */
Test(edits, a_setting_comes_in_between_where_a_row_was_lost, .init = begin, .fini = end)
{
    scene_plan made = {.number = 1};
    for (size_t number = 1; made.seen + 1 >= number; number++) {
        end();
        begin();
        lose_row(XIA);
        made = (scene_plan){.number = number, .counts_reads = true, .meanwhile = pin_as_bob};
        scene_script(&made);
        edit_first();
        scene_script(NULL);
        if (made.seen >= number) {
            const sim_item *const *found;
            cr_pk pk = cr_pk_of_member(&all.person[BOB]);
            const sim_range range = {.partition = cr_pk_str(&pk)};
            cr_assert_eq(sim_table_query(&range, &found), 1u);
            cr_expect(sim_item_value(found[0], cr_str_of("pinned")).data != NULL, "%zu", number);
            expect_previews("edited");
        }
    }
    cr_expect_gt(made.seen, 5u);
}

static void send_next(void)
{
    cr_assert_eq(scene_send(&all, all.atomic, BOB, "next", NULL), CRUDDUR_OK);
}

static void judge_faster(void)
{
    expect_text(&first, "faster");
    expect_previews("next");
}

Test(edits, an_edit_comes_in_between_a_send, .init = begin, .fini = end)
{
    play_before_each(send_next, edit_meanwhile, NULL, judge_faster);
}

static void delete_first(void)
{
    cr_assert_eq(delete (&first), CRUDDUR_OK);
}

static void judge_tombstone(void)
{
    cr_expect(is_tombstone(&first));
    expect_previews("");
    cr_expect_eq(count_changes(), 2u);
}

Test(edits, an_edit_comes_in_between_a_deletion, .init = begin, .fini = end)
{
    play_before_each(delete_first, edit_meanwhile, NULL, judge_tombstone);
}

static void edit_in_vain(void)
{
    cruddur_status status = edit(&first, "edited");
    cr_expect(status == CRUDDUR_OK || status == CRUDDUR_E_MESSAGE_DELETED);
}

static void judge_deleted(void)
{
    cr_expect(is_tombstone(&first));
    expect_text(&first, "");
    expect_previews("");
}

Test(edits, a_deletion_comes_in_between_an_edit, .init = begin, .fini = end)
{
    play_before_each(edit_in_vain, delete_meanwhile, &first, judge_deleted);
}

static void react_as_bob(void)
{
    cr_assert_eq(react(BOB, &first, "+"), CRUDDUR_OK);
}

static void judge_reactions(void)
{
    cr_str lines = value_of(&first, "reactions");
    cr_expect(sim_contains(lines, all.person[BOB].text));
    cr_expect(sim_contains(lines, all.person[XIA].text));
    cr_expect_eq(count_changes(), 2u);
}

Test(edits, two_react_at_the_same_time, .init = begin, .fini = end)
{
    play_before_each(react_as_bob, react_meanwhile, &first, judge_reactions);
}

/* Two changes of two messages meet in the counter. */
Test(edits, changes_of_two_messages_have_two_numbers, .init = begin, .fini = end)
{
    scene_plan made = {.number = 1, .meanwhile = react_meanwhile, .context = &second};
    cr_assert_eq(scene_send(&all, all.atomic, ANN, "second", &second), CRUDDUR_OK);
    scene_script(&made);
    cr_assert_eq(edit(&first, "edited"), CRUDDUR_OK);
    scene_script(NULL);
    cr_expect_eq(count_changes(), 2u);
    expect_text(&first, "edited");
    cr_expect(sim_contains(value_of(&second, "reactions"), all.person[XIA].text));
}

/* ---- beside a processor ---- */

static void edit_second(void *context)
{
    (void)context;
    cr_assert_eq(edit(&second, "edited"), CRUDDUR_OK);
}

static void delete_second(void *context)
{
    (void)context;
    cr_assert_eq(delete (&second), CRUDDUR_OK);
}

/* The processor is about to move the rows to a message, and has read its text. */
static void change_before_the_move(void (*change)(void *), const char *text)
{
    scene_plan made = {.number = 1, .meanwhile = change};
    cr_assert_eq(scene_send(&all, all.stream, ANN, "second", &second), CRUDDUR_OK);
    size_t records = sim_log_size();
    scene_script(&made);
    scene_settle_up_to(&all, records); /* the change's own record is not applied */
    scene_script(NULL);
    cr_assert_geq(made.seen, 1u);
    expect_text(&second, text);
    expect_previews(text);
}

Test(edits, an_edit_is_not_lost_to_a_move, .init = begin, .fini = end)
{
    change_before_the_move(edit_second, "edited");
}

Test(edits, a_deletion_is_not_lost_to_a_move, .init = begin, .fini = end)
{
    change_before_the_move(delete_second, "");
}

/* Another program changes the message alone. */
static void put_second(const char *text)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_pk pk = cr_pk_of_group(&all.group);
    const sim_item *item = sim_table_get((cr_key){cr_pk_str(&pk), cr_str_of(all.last_sk)});
    cr_assert(item != NULL);
    cr_row row = sim_row_of(item, &arena);
    row.value[CR_TEXT] = cr_str_of(text);
    sim_put_row(&row);
    cr_arena_free(&arena);
}

static void change_again(void *context)
{
    (void)context;
    put_second("changed again");
}

static scene_plan again = {.number = 1, .meanwhile = change_again};

static void change_second(void *context)
{
    const bool *is_twice = context;
    put_second("changed");
    if (*is_twice) {
        scene_script(&again);
    }
}

static void move_meanwhile(bool is_twice)
{
    scene_plan made = {.number = 1, .meanwhile = change_second, .context = &is_twice};
    cr_assert_eq(scene_send(&all, all.stream, ANN, "second", &second), CRUDDUR_OK);
    size_t records = sim_log_size();
    scene_script(&made);
    scene_settle_up_to(&all, records);
    scene_script(NULL);
}

/* The move has read the old text, and its condition on the head tells. */
Test(edits, a_change_of_another_program_during_a_move, .init = begin, .fini = end)
{
    move_meanwhile(false);
    expect_text(&second, "changed");
    expect_previews("changed");
    scene_settle(&all);
    expect_previews("changed");
}

/* The second time the head is read after the rows, and not required: the move brings the old text,
 * and the record of the change sets it right. */
Test(edits, two_changes_of_another_program_during_a_move, .init = begin, .fini = end)
{
    move_meanwhile(true);
    expect_text(&second, "changed again");
    expect_previews("changed");
    scene_settle(&all);
    expect_previews("changed again");
}

Test(edits, records_that_come_again_change_nothing, .init = begin, .fini = end)
{
    cr_assert_eq(scene_send(&all, all.stream, ANN, "second", &second), CRUDDUR_OK);
    cr_assert_eq(edit(&second, "one"), CRUDDUR_OK);
    cr_assert_eq(edit(&second, "two"), CRUDDUR_OK);
    cr_assert_eq(edit(&first, "old"), CRUDDUR_OK);
    for (int i = 0; i < 3; i++) {
        scene_settle(&all);
        expect_previews("two");
    }
    cr_assert_eq(delete (&second), CRUDDUR_OK);
    scene_settle(&all);
    expect_previews("");
}

/* ---- programs that die ---- */

Test(edits, a_program_dies_at_any_request, .init = begin, .fini = end)
{
    for (size_t death = 1; death <= 5; death++) {
        scene_plan made = {.counts_reads = true, .death = death};
        scene_script(&made);
        (void)edit(&first, "edited");
        scene_script(NULL);
        sim_revive();
        cr_str text = value_of(&first, "message");
        bool is_done = cr_str_equal(text, cr_str_of("edited"));
        expect_previews(is_done ? "edited" : "first");
        cr_expect_eq(count_changes(), is_done ? 1u : 0u);
        cr_assert_eq(edit(&first, "edited"), CRUDDUR_OK);
        expect_previews("edited");
        end();
        begin();
    }
}
