/* SPDX-License-Identifier: MIT */
/* Mode stream goes by what the index tells of a group: two waves where that is so, and nothing lost
 * where the index is behind, tells a row twice, one of who is no member any more, or one that was
 * lost. CRUDDUR_TEST_STORY=1 tells what is requested. */
#include "../aws/unit.h"

#include <stdlib.h>

#include "messaging/append.h"
#include "messaging/edit.h"
#include "messaging/mark.h"
#include "messaging/person.h"
#include "messaging/settle.h"
#include "model/expiry.h"
#include "model/key.h"
#include "model/kind.h"
#include "model/marker.h"
#include "world/scene.h"

TestSuite(told, .timeout = 120);

/* Moments by which the index is behind: more than a scene has. */
#define LAG 1000

static scene all;
static cr_uuid second;
static cr_call last; /* the call that a deed made */

/* ---- the rows in the table ---- */

static const sim_item *const *rows_of(size_t person, size_t *count)
{
    static const sim_item *own[8];
    const sim_item *const *found;
    cr_pk pk = cr_pk_of_member(&all.person[person]);
    const sim_range range = {.partition = cr_pk_str(&pk)};
    size_t all_count = sim_table_query(&range, &found);
    *count = 0;
    for (size_t i = 0; i < all_count && *count < 8; i++) {
        if (cr_str_equal(found[i]->group, cr_uuid_str(&all.group))) {
            own[(*count)++] = found[i];
        }
    }
    return own;
}

/* The same row at a key of long before, as another program may leave it. */
static void leave_copy(size_t person)
{
    size_t count;
    cr_arena arena = CR_ARENA_INIT;
    const sim_item *const *rows = rows_of(person, &count);
    cr_assert_eq(count, 1u);
    cr_row row = sim_row_of(rows[0], &arena);
    row.value[CR_SK] = cr_str_of("2020-01-01T00:00:00.000000+00:00");
    row.value[CR_HEAD_SK] = CR_STR_ABSENT;
    sim_put_row(&row);
    cr_arena_free(&arena);
}

static void lose(size_t person)
{
    size_t count;
    const sim_item *const *rows = rows_of(person, &count);
    cr_assert_eq(count, 1u);
    sim_table_remove((cr_key){rows[0]->pk, rows[0]->sk}, SIM_NO_JOB);
}

/* ---- the states ---- */

static void send_alone(size_t author, const char *text, const cr_uuid *uuid)
{
    cr_assert_eq(scene_send(&all, all.stream, author, text, uuid), CRUDDUR_OK);
}

static void be_behind(void)
{
    send_alone(ANN, "second", &second);
}

static void be_in_order(void)
{
    be_behind();
    scene_settle(&all);
}

/* The index shows the rows where they were before. */
static void be_stale(void)
{
    send_alone(ANN, "between", NULL);
    sim_table_set_lag(LAG);
    be_in_order();
}

/* It shows none of them. */
static void be_untold(void)
{
    be_behind();
    sim_table_set_lag(LAG);
}

static void be_twice(void)
{
    leave_copy(BOB);
    be_behind();
}

/* Of a member who has gone a row is back. */
static void be_strange(void)
{
    size_t count;
    cr_arena arena = CR_ARENA_INIT;
    const sim_item *const *rows = rows_of(XIA, &count);
    cr_assert_eq(count, 1u);
    cr_row row = sim_row_of(rows[0], &arena);
    cr_assert_eq(scene_remove(&all, all.stream, ANN, XIA), CRUDDUR_OK);
    sim_put_row(&row);
    be_behind();
    cr_arena_free(&arena);
}

static void be_without_bobs(void)
{
    be_behind();
    lose(BOB);
}

/* Nor does the index know yet. */
static void be_without_bobs_stale(void)
{
    be_behind();
    sim_table_set_lag(1);
    sim_table_pass_moment();
    sim_table_set_lag(LAG);
    lose(BOB);
}

static const struct state {
    const char *what;
    void (*make)(void);
    bool is_whole; /* the index tells it as it is */
} states[] = {
    {"behind", be_behind, true},
    {"in order", be_in_order, true},
    {"told as before", be_stale, false},
    {"not told", be_untold, false},
    {"told twice", be_twice, false},
    {"with a row of who has gone", be_strange, false},
    {"without Bob's row", be_without_bobs, false},
    {"without Bob's row, which is told", be_without_bobs_stale, false},
};
#define STATES (sizeof(states) / sizeof(states[0]))

/* ---- the deeds ---- */

static cruddur_status mark(size_t person)
{
    static const cr_message_arguments arguments = {"message_uuid", "created_at_us"};
    cruddur_error *error = NULL;
    const cr_marking marking = {
        .group = &all.group, .member = &all.person[person], .arguments = &arguments};
    last = sim_call(&error);
    cruddur_status status = cr_mark(all.stream, &marking, &last, NULL);
    cruddur_error_free(error);
    return status;
}

static cruddur_status edit(cr_edit_kind kind, size_t person)
{
    bool is_changed;
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    const cr_edit wanted = {.kind = kind,
                            .group = all.group,
                            .name = {.uuid = second},
                            .user = &all.person[person],
                            .text = cr_str_of("edited"),
                            .reaction = cr_str_of("+"),
                            .is_added = true};
    last = sim_call(&error);
    cruddur_status status = cr_edit_message(all.stream, &wanted, &last, &row, &is_changed);
    free(row);
    cruddur_error_free(error);
    return status;
}

static cruddur_status bob_reads(void)
{
    return mark(BOB);
}

static cruddur_status ann_edits(void)
{
    return edit(CR_EDIT_TEXT, ANN);
}

static cruddur_status ann_deletes(void)
{
    return edit(CR_EDIT_DELETE, ANN);
}

static cruddur_status bob_reacts(void)
{
    return edit(CR_EDIT_REACT, BOB);
}

static cruddur_status settle(void)
{
    cruddur_error *error = NULL;
    const cr_settling known = {.group = &all.group};
    last = sim_call(&error);
    cruddur_status status = cr_settle_in_turn(all.stream, &known, &last, NULL);
    cruddur_error_free(error);
    return status;
}

static const struct deed {
    const char *what;
    cruddur_status (*make)(void);
    const char *text; /* of the newest message afterwards */
    bool reads;
    bool needs_move; /* rows in order leave it nothing to do */
} deeds[] = {
    {"Bob reads", bob_reads, "second", true, false},
    {"Ann edits", ann_edits, "edited", false, false},
    {"Ann deletes", ann_deletes, "", false, false},
    {"Bob reacts", bob_reacts, "second", false, false},
    {"the processor comes", settle, "second", false, true},
};
#define DEEDS (sizeof(deeds) / sizeof(deeds[0]))

/* ---- what is there in the end ---- */

static void judge_row(const struct state *state, const struct deed *deed, size_t person)
{
    size_t count;
    cr_arena arena = CR_ARENA_INIT;
    const sim_item *const *rows = rows_of(person, &count);
    cr_assert_eq(count, 1u, "%s, %s: %zu has %zu rows", state->what, deed->what, person, count);
    cr_row row = sim_row_of(rows[0], &arena);
    cr_expect_eq(scene_rows(&all, person, true), 1u, "%s, %s: %zu", state->what, deed->what,
                 person);
    cr_expect(cr_str_equal(row.value[CR_TEXT], cr_str_of(deed->text)), "%s, %s: %zu sees %.*s",
              state->what, deed->what, person, CR_STR_ARGS(row.value[CR_TEXT]));
    bool is_read = cr_str_compare(cr_row_marker(&row), cr_row_place(&row)) >= 0;
    cr_expect(person != BOB || is_read == deed->reads || state->make == be_without_bobs ||
                  state->make == be_without_bobs_stale,
              "%s, %s: Bob's marker", state->what, deed->what);
    cr_arena_free(&arena);
}

static void play(const struct state *state, const struct deed *deed)
{
    sim_tell_story(getenv("CRUDDUR_TEST_STORY") != NULL);
    sim_tell("---- %s, %s", state->what, deed->what);
    scene_begin(&all, 1);
    second = scene_uuid(&all);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    state->make();
    cruddur_status status = deed->make();
    cr_assert_eq(status, CRUDDUR_OK, "%s, %s: %s", state->what, deed->what,
                 cruddur_status_name(status));
    bool has_work = !deed->needs_move || state->make != be_in_order;
    if (state->is_whole && has_work) {
        cr_expect_eq(last.meter.waves, 2u, "%s, %s: %u waves", state->what, deed->what,
                     last.meter.waves);
        cr_expect_eq(last.meter.guesses_wrong, 0u);
    }
    cr_expect_eq(scene_read(&all, BOB), CRUDDUR_OK);
    sim_table_set_lag(0);
    scene_settle(&all);
    cr_expect_eq(settle(), CRUDDUR_OK); /* what other programs left has no record */
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        if (i != XIA || state->make != be_strange) {
            judge_row(state, deed, i);
        }
    }
    if (state->make == be_strange) {
        cr_expect_eq(mark(XIA), CRUDDUR_E_GROUP_NOT_FOUND);
        cr_expect_eq(scene_read(&all, XIA), CRUDDUR_E_GROUP_NOT_FOUND);
        cr_expect_eq(scene_rows(&all, XIA, false), 0u);
    }
    scene_end(&all);
}

Test(told, every_call_in_every_state)
{
    for (size_t i = 0; i < STATES; i++) {
        for (size_t j = 0; j < DEEDS; j++) {
            play(&states[i], &deeds[j]);
        }
    }
}

/* What would come out differently if the row moved afterwards settles the group first: one wave to
 * find that out, two to settle, three by the row that is there then. */
Test(told, what_goes_by_the_newest_message_settles_first)
{
    cruddur_error *error = NULL;
    scene_begin(&all, 1);
    second = scene_uuid(&all);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    be_behind();
    const cr_settings settings = {
        .group = &all.group, .member = &all.person[BOB], .archived = CR_ON, .pinned = CR_KEEP};
    last = sim_call(&error);
    cr_assert_eq(cr_set(all.stream, &settings, &last, NULL), CRUDDUR_OK);
    cr_expect_eq(last.meter.waves, 6u, "%u waves", last.meter.waves);
    cr_expect_eq(scene_rows(&all, BOB, true), 1u);
    scene_settle(&all);
    size_t count;
    const sim_item *const *rows = rows_of(BOB, &count);
    cr_assert_eq(count, 1u);
    cr_expect(sim_item_value(rows[0], cr_str_of("archived")).data != NULL);
    cruddur_error_free(error);
    scene_end(&all);
}

/* Until the rows have moved, what changes is behind them: who moves them and has read the old text
 * does not bring it into an inbox. */
static void delete_meanwhile(void *context)
{
    bool *is_played = context;
    *is_played = true;
    cr_expect_eq(ann_deletes(), CRUDDUR_OK);
}

static cruddur_status name_group(void)
{
    return scene_rename(&all, all.stream, ANN, "other");
}

static cruddur_status name_group_by_atomic(void)
{
    return scene_rename(&all, all.atomic, ANN, "other");
}

/* Everybody has cleared the conversation once: that says nothing of what came later. */
static void be_cleared_and_in_order(void)
{
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        cruddur_error *error = NULL;
        const cr_settings settings = {.group = &all.group,
                                      .member = &all.person[i],
                                      .archived = CR_KEEP,
                                      .pinned = CR_KEEP,
                                      .is_hidden = true};
        cr_call call = sim_call(&error);
        cr_assert_eq(cr_set(all.atomic, &settings, &call, NULL), CRUDDUR_OK);
        cruddur_error_free(error);
    }
    be_in_order();
}

static void expect_text_is_gone(const char *mover, size_t number)
{
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        size_t count;
        cr_arena arena = CR_ARENA_INIT;
        const sim_item *const *rows = rows_of(i, &count);
        cr_assert_eq(count, 1u);
        cr_row row = sim_row_of(rows[0], &arena);
        cr_expect_eq(scene_rows(&all, i, true), 1u);
        cr_expect_eq(row.value[CR_TEXT].size, 0u, "%s, before request %zu", mover, number);
        cr_arena_free(&arena);
    }
}

/* The deletion comes before this request of the mover's; false: there are not so many. */
static bool delete_before(size_t number, void (*state)(void), const char *mover,
                          cruddur_status (*move)(void))
{
    bool is_played = false;
    scene_begin(&all, 1);
    second = scene_uuid(&all);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    state();
    sim_tell_story(getenv("CRUDDUR_TEST_STORY") != NULL);
    sim_tell("---- %s, before request %zu", mover, number);
    scene_plan plan = {.number = number,
                       .counts_reads = true,
                       .meanwhile = delete_meanwhile,
                       .context = &is_played};
    scene_script(&plan);
    cr_assert_eq(move(), CRUDDUR_OK);
    scene_script(NULL);
    if (is_played) {
        expect_text_is_gone(mover, number);
    }
    scene_end(&all);
    return is_played;
}

static void delete_before_each(void (*state)(void), const char *mover, cruddur_status (*move)(void))
{
    size_t number = 1;
    while (delete_before(number, state, mover, move)) {
        number++;
    }
    cr_assert_gt(number, 4u); /* before each of four requests */
}

Test(told, a_processor_that_has_read_the_old_text_starts_again)
{
    delete_before_each(be_behind, "a processor", settle);
}

Test(told, a_change_of_the_card_that_has_read_the_old_text_starts_again)
{
    delete_before_each(be_behind, "a renaming", name_group);
    delete_before_each(be_behind, "a renaming by atomic", name_group_by_atomic);
    delete_before_each(be_in_order, "a renaming in order", name_group);
    delete_before_each(be_cleared_and_in_order, "a renaming after clearing", name_group);
    delete_before_each(be_cleared_and_in_order, "a renaming by atomic after clearing",
                       name_group_by_atomic);
}

/* An edit of an earlier message, whose first run failed by a mark, moves the rows to the head in
 * its second run. */
static cr_uuid early;
static scene_plan deletion;

static cruddur_status edit_early(void)
{
    bool is_changed;
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    const cr_edit wanted = {.kind = CR_EDIT_TEXT,
                            .group = all.group,
                            .name = {.uuid = early},
                            .user = &all.person[ANN],
                            .text = cr_str_of("edited")};
    cr_call call = sim_call(&error);
    cruddur_status status = cr_edit_message(all.stream, &wanted, &call, &row, &is_changed);
    free(row);
    cruddur_error_free(error);
    return status;
}

static void mark_meanwhile(void *context)
{
    (void)context;
    scene_script(NULL);
    cr_expect_eq(mark(XIA), CRUDDUR_OK);
    scene_script(&deletion);
}

static bool edit_beside(size_t marked_before, size_t deleted_before)
{
    bool is_played = false;
    scene_begin(&all, 1);
    second = scene_uuid(&all);
    early = scene_uuid(&all);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    send_alone(ANN, "early", &early);
    be_behind();
    deletion = (scene_plan){.number = deleted_before,
                            .counts_reads = true,
                            .meanwhile = delete_meanwhile,
                            .context = &is_played};
    scene_plan plan = {.number = marked_before, .counts_reads = true, .meanwhile = mark_meanwhile};
    scene_script(&plan);
    cr_assert_eq(edit_early(), CRUDDUR_OK);
    scene_script(NULL);
    for (size_t i = 0; is_played && i < SCENE_PEOPLE; i++) {
        size_t count;
        cr_arena arena = CR_ARENA_INIT;
        const sim_item *const *rows = rows_of(i, &count);
        cr_assert_eq(count, 1u);
        cr_row row = sim_row_of(rows[0], &arena);
        cr_expect(!cr_str_equal(row.value[CR_TEXT], cr_str_of("second")), "mark %zu, deletion %zu",
                  marked_before, deleted_before);
        cr_arena_free(&arena);
    }
    scene_end(&all);
    return is_played;
}

Test(told, an_edit_that_has_read_the_old_text_of_the_head_starts_again)
{
    size_t played = 0;
    for (size_t marked = 1; marked < 9; marked++) {
        for (size_t deleted = 1; deleted < 12; deleted++) {
            played += edit_beside(marked, deleted) ? 1 : 0;
        }
    }
    cr_expect_gt(played, 20u);
}

/* ---- the author's names ---- */

static void rename_ann(void)
{
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        size_t count;
        uint64_t changed = 0;
        cruddur_error *error = NULL;
        cr_arena arena = CR_ARENA_INIT;
        const sim_item *const *rows = rows_of(i, &count);
        cr_assert_eq(count, 1u);
        cr_row row = sim_row_of(rows[0], &arena);
        const cr_found_row found = {
            .key = cr_row_key(&row),
            .group = cr_uuid_str(&all.group),
            .person = {all.person[ANN], cr_str_of("Ann New"), cr_str_of("ann.new")},
            .size = 100};
        cr_call call = sim_call(&error);
        if (cr_row_names(&row, &all.person[ANN])) {
            cr_assert_eq(cr_rename_rows(all.stream, &found, 1, &call, &changed), CRUDDUR_OK);
        }
        cruddur_error_free(error);
        cr_arena_free(&arena);
    }
}

/* Ann appends, and says no names. */
static unsigned expect_named(const char *name, bool is_behind_before)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    if (is_behind_before) {
        send_alone(BOB, "meanwhile", NULL);
    }
    const cr_draft draft = {.author = {all.person[ANN], CR_STR_ABSENT, CR_STR_ABSENT},
                            .group = all.group,
                            .text = cr_str_of("hello"),
                            .uuid = scene_uuid(&all),
                            .lasts_s = CR_EXPIRES_NEVER};
    last = sim_call(&error);
    cr_assert_eq(cr_append(all.stream, &(cr_send){.draft = &draft}, &last, &row), CRUDDUR_OK);
    cr_expect_str_eq(cr_packed_get_or_empty(row, CR_DISPLAY_NAME), name);
    free(row);
    cruddur_error_free(error);
    return last.meter.waves;
}

Test(told, an_append_takes_the_names_that_the_rows_have)
{
    scene_begin(&all, 1);
    second = scene_uuid(&all);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    be_in_order();
    rename_ann();
    cr_expect_eq(expect_named("Ann New", false), 3u, "%u waves", last.meter.waves);
    cr_expect_eq(expect_named("Ann New", true), 3u, "%u waves", last.meter.waves);
    scene_settle(&all);
    cr_expect_eq(expect_named("Ann New", false), 3u, "%u waves", last.meter.waves);
    cr_assert_eq(scene_rename(&all, all.stream, ANN, "name"), CRUDDUR_OK);
    cr_expect_eq(expect_named("Ann New", true), 3u, "%u waves", last.meter.waves);
    scene_end(&all);
}

/* The index shows the row as it was before the renaming. */
Test(told, an_append_does_not_go_by_names_of_the_index)
{
    scene_begin(&all, 1);
    second = scene_uuid(&all);
    cr_assert_eq(scene_open(&all, ANN, "first", NULL), CRUDDUR_OK);
    be_in_order();
    sim_table_set_lag(LAG);
    rename_ann();
    (void)expect_named("Ann New", false);
    scene_end(&all);
}
