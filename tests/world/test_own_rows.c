/* SPDX-License-Identifier: MIT */
/* What is Bob's own is not lost to a call of Ann's that puts the group rows anew: his setting, or
 * his marker, comes before each request of hers in turn, whatever state the group is in.
 * CRUDDUR_TEST_STORY=1 tells what is requested. */
#include "../aws/unit.h"

#include <stdlib.h>

#include "messaging/edit.h"
#include "messaging/mark.h"
#include "messaging/person.h"
#include "model/key.h"
#include "model/kind.h"
#include "model/marker.h"
#include "world/scene.h"

TestSuite(own_rows, .timeout = 300);

#define UNTIL "2082-03-02T19:00:00.000000+00:00"
#define REQUESTS_MAX 40

static scene all;
static cr_uuid first, second; /* Ann's messages */
static size_t records;        /* of the stream, when Ann's call begins */

/* ---- the states ---- */

static void send_alone(size_t author, const char *text, const cr_uuid *uuid)
{
    cr_assert_eq(scene_send(&all, all.stream, author, text, uuid), CRUDDUR_OK);
}

static void be_healthy(void)
{
    send_alone(ANN, "second", &second);
    scene_settle(&all);
}

static void be_behind(void)
{
    send_alone(ANN, "second", &second);
}

/* Bob was the last to write: what he says of reading goes beyond that. */
static void be_behind_bobs(void)
{
    send_alone(ANN, "second", &second);
    send_alone(BOB, "Bob's", NULL);
}

static const sim_item *row_of(size_t person)
{
    const sim_item *const *found;
    cr_pk pk = cr_pk_of_member(&all.person[person]);
    const sim_range range = {.partition = cr_pk_str(&pk)};
    size_t count = sim_table_query(&range, &found);
    for (size_t i = count; i > 0; i--) {
        if (cr_str_equal(found[i - 1]->group, cr_uuid_str(&all.group))) {
            return found[i - 1];
        }
    }
    return NULL;
}

/* So nobody finds all rows at the head's key. */
static void lose_a_row(void)
{
    be_healthy();
    const sim_item *item = row_of(XIA);
    cr_assert(item != NULL);
    sim_table_remove((cr_key){item->pk, item->sk}, SIM_NO_JOB);
}

static void displace_a_row(void)
{
    cr_row row = {0};
    cr_pk pk = cr_pk_of_member(&all.person[XIA]);
    send_alone(ANN, "second", &second);
    row.value[CR_PK] = cr_pk_str(&pk);
    row.value[CR_SK] = cr_str_of(all.last_sk);
    row.value[CR_TEXT] = cr_str_of("a note");
    sim_put_row(&row);
    scene_settle(&all);
    cr_assert_eq(scene_rows(&all, XIA, true), 0u);
    cr_assert_eq(scene_rows(&all, XIA, false), 1u);
}

static void (*const states[])(void) = {be_healthy, be_behind, be_behind_bobs, lose_a_row,
                                       displace_a_row};

/* ---- what Ann does ---- */

static void change(cr_edit_kind kind, const cr_uuid *uuid)
{
    bool is_changed;
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    const cr_edit edit = {.kind = kind,
                          .group = all.group,
                          .name = {.uuid = *uuid},
                          .user = &all.person[ANN],
                          .text = cr_str_of("edited")};
    cruddur_status status = cr_edit_message(all.stream, &edit, &call, &row, &is_changed);
    sim_tell("changing it: %s", cruddur_status_name(status));
    cr_assert_eq(status, CRUDDUR_OK, "%s", cruddur_error_message(error));
    free(row);
    cruddur_error_free(error);
}

static void edit_the_newest(void)
{
    change(CR_EDIT_TEXT, &second);
}

static void delete_the_newest(void)
{
    change(CR_EDIT_DELETE, &second);
}

static void edit_an_old_one(void)
{
    change(CR_EDIT_TEXT, &first);
}

static void send_with_rows(void)
{
    cr_assert_eq(scene_send(&all, all.atomic, ANN, "next", NULL), CRUDDUR_OK);
}

static void rename_group(void)
{
    cr_assert_eq(scene_rename(&all, all.stream, ANN, "a name"), CRUDDUR_OK);
}

static void remove_xia(void)
{
    cr_assert_eq(scene_remove(&all, all.stream, ANN, XIA), CRUDDUR_OK);
}

static void process(void)
{
    scene_settle_up_to(&all, records);
}

static void erase_ann(void)
{
    uint64_t changed = 0;
    cruddur_error *error = NULL;
    cr_arena arena = CR_ARENA_INIT;
    cr_pk pk = cr_pk_of_group(&all.group);
    const sim_item *const *found;
    const sim_range range = {.partition = cr_pk_str(&pk)};
    cr_assert_geq(sim_table_query(&range, &found), 2u);
    const cr_erasure erasure = {.person = {all.person[ANN], cr_str_of("gone"), cr_str_of("")}};
    cr_found_row rows[2] = {{.key = {cr_pk_str(&pk), cr_arena_copy(&arena, found[0]->sk)}},
                            {.key = {cr_pk_str(&pk), cr_arena_copy(&arena, found[1]->sk)}}};
    cr_call call = sim_call(&error);
    cruddur_status status =
        cr_erase_messages(all.stream, &erasure, &all.group, rows, 2, &call, &changed);
    cr_assert_eq(status, CRUDDUR_OK, "%s", cruddur_error_message(error));
    cr_arena_free(&arena);
    cruddur_error_free(error);
}

static const struct deed {
    const char *what;
    void (*make)(void);
    bool unarchives;
} deeds[] = {
    {"edits the newest", edit_the_newest, false},
    {"deletes the newest", delete_the_newest, false},
    {"edits an old one", edit_an_old_one, false},
    {"sends", send_with_rows, true},
    {"renames", rename_group, false},
    {"removes Xia", remove_xia, false},
    {"erases", erase_ann, false},
    {"is the processor", process, false},
};
#define DEEDS (sizeof(deeds) / sizeof(deeds[0]))

/* ---- what Bob does ---- */

typedef struct wish {
    const char *what;
    bool writes_first; /* Ann sends a message alone before */
    bool mutes;
    bool archives;
    bool hides;
    bool reads;
    bool unreads;
} wish;

static const wish wishes[] = {
    {.what = "mutes", .mutes = true},
    {.what = "archives", .archives = true},
    {.what = "clears the history", .hides = true},
    {.what = "reads", .reads = true},
    {.what = "has read nothing", .unreads = true},
    {.what = "mutes what is new", .writes_first = true, .mutes = true},
    {.what = "archives what is new", .writes_first = true, .archives = true},
    {.what = "clears what is new", .writes_first = true, .hides = true},
    {.what = "reads what is new", .writes_first = true, .reads = true},
    {.what = "has not read what is new", .writes_first = true, .unreads = true},
};
#define WISHES (sizeof(wishes) / sizeof(wishes[0]))

static char seen[64]; /* the newest message when Bob's call began */

static void set(const wish *wanted)
{
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    const cr_settings settings = {.group = &all.group,
                                  .member = &all.person[BOB],
                                  .archived = wanted->archives ? CR_ON : CR_KEEP,
                                  .pinned = CR_ON,
                                  .is_hidden = wanted->hides,
                                  .has_mute = wanted->mutes,
                                  .muted_until = cr_str_of(UNTIL)};
    cruddur_status status = cr_set(all.stream, &settings, &call, NULL);
    sim_tell("setting: %s", cruddur_status_name(status));
    cr_assert_eq(status, CRUDDUR_OK, "%s", cruddur_error_message(error));
    cruddur_error_free(error);
}

static void mark(const wish *wanted)
{
    static const cr_message_arguments arguments = {"message_uuid", "created_at_us"};
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    const cr_message_name name = {.uuid = first};
    const cr_marking marking = {.group = &all.group,
                                .member = &all.person[BOB],
                                .message = wanted->unreads ? &name : NULL,
                                .arguments = &arguments,
                                .is_unread = wanted->unreads};
    cruddur_status status = cr_mark(all.stream, &marking, &call, NULL);
    sim_tell("marking: %s", cruddur_status_name(status));
    cr_assert_eq(status, CRUDDUR_OK, "%s", cruddur_error_message(error));
    cruddur_error_free(error);
}

static void note_newest(void)
{
    const sim_item *const *found;
    cr_pk pk = cr_pk_of_group(&all.group);
    const sim_range range = {.partition = cr_pk_str(&pk)};
    size_t count = sim_table_query(&range, &found);
    cr_assert_gt(count, 0u);
    (void)snprintf(seen, sizeof(seen), "%.*s", CR_STR_ARGS(found[count - 1]->sk));
}

static void come_between(void *context)
{
    const wish *wanted = context;
    if (wanted->writes_first) {
        send_alone(ANN, "third", NULL);
    }
    note_newest();
    (wanted->reads || wanted->unreads ? mark : set)(wanted);
}

/* ---- what is there in the end ---- */

static bool has(const sim_item *item, const char *name)
{
    return sim_item_value(item, cr_str_of(name)).data != NULL;
}

static const char *find_loss(const wish *wanted, const struct deed *deed, const sim_item *item,
                             const cr_row *row)
{
    bool sets = !wanted->reads && !wanted->unreads;
    if (sets && !has(item, "pinned")) {
        return "is not pinned";
    }
    if (wanted->mutes && !cr_str_equal(row->value[CR_MUTED_UNTIL], cr_str_of(UNTIL))) {
        return "is not muted";
    }
    if (wanted->archives && !deed->unarchives && !has(item, "archived")) {
        return "is not archived";
    }
    if (wanted->hides && cr_str_compare(row->value[CR_VISIBLE_SK], cr_str_of(seen)) < 0) {
        return "shows the history";
    }
    if (wanted->reads && cr_str_compare(cr_row_marker(row), cr_str_of(seen)) < 0) {
        return "is not read";
    }
    return wanted->unreads && !cr_str_equal(cr_row_marker(row), cr_str_of(CR_READ_NOTHING))
               ? "is not unread"
               : NULL;
}

static void judge(size_t state, const struct deed *deed, const wish *wanted, size_t number)
{
    cr_arena arena = CR_ARENA_INIT;
    const sim_item *item = row_of(BOB);
    cr_assert(item != NULL);
    cr_assert_eq(scene_rows(&all, BOB, false), 1u);
    cr_row row = sim_row_of(item, &arena);
    const char *loss = find_loss(wanted, deed, item, &row);
    cr_expect(loss == NULL, "state %zu, Ann %s, and before her request %zu Bob %s: it %s", state,
              deed->what, number, wanted->what, loss);
    cr_arena_free(&arena);
}

/* Whether Ann's call had as many requests. */
static bool play(size_t state, const struct deed *deed, const wish *wanted, size_t number)
{
    wish asked = *wanted;
    sim_tell_story(getenv("CRUDDUR_TEST_STORY") != NULL);
    scene_begin(&all, 1);
    first = scene_uuid(&all);
    second = scene_uuid(&all);
    cr_assert_eq(scene_open(&all, ANN, "first", &first), CRUDDUR_OK);
    states[state]();
    records = sim_log_size();
    scene_plan made = {
        .number = number, .counts_reads = true, .meanwhile = come_between, .context = &asked};
    scene_script(&made);
    deed->make();
    scene_script(NULL);
    bool is_played = made.seen >= number;
    if (is_played) {
        scene_settle(&all);
        judge(state, deed, wanted, number);
    }
    scene_end(&all);
    return is_played;
}

static void play_all(size_t state)
{
    for (size_t i = 0; i < DEEDS; i++) {
        for (size_t j = 0; j < WISHES; j++) {
            size_t number = 1;
            while (play(state, &deeds[i], &wishes[j], number)) {
                cr_assert_lt(++number, REQUESTS_MAX);
            }
            cr_assert_gt(number, 1u);
        }
    }
}

Test(own_rows, of_a_healthy_group)
{
    play_all(0);
}

Test(own_rows, of_a_group_whose_rows_are_behind)
{
    play_all(1);
}

Test(own_rows, of_a_group_where_the_member_wrote_last)
{
    play_all(2);
}

Test(own_rows, beside_one_that_was_lost)
{
    play_all(3);
}

Test(own_rows, beside_one_that_is_displaced)
{
    play_all(4);
}

/* ---- doubt ---- */

/* Another program changes the row, so nobody sees whose it was before. */
static void change_bobs_row(void)
{
    cr_arena arena = CR_ARENA_INIT;
    const sim_item *item = row_of(BOB);
    cr_assert_not_null(item);
    cr_row row = sim_row_of(item, &arena);
    row.value[CR_VERSION] = cr_str_of("00000000000000ff");
    sim_put_row(&row);
    cr_arena_free(&arena);
}

/* The answer to the first write gets lost, the request is carried out before it is sent again, and
 * from then on nothing answers. */
static sim_fate lose_the_first(void *context, const sim_request *request)
{
    size_t *writes = context;
    *writes += request->is_write ? 1 : 0;
    if (request->is_write && *writes == 2) {
        sim_deliver(0);
        change_bobs_row();
        return SIM_FATE_GOOD;
    }
    return *writes >= 2 ? SIM_FATE_REFUSED : *writes == 1 ? SIM_FATE_LATE : SIM_FATE_GOOD;
}

static void set_in_doubt(cr_store *store)
{
    size_t writes = 0;
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    const cr_settings settings = {.group = &all.group, .member = &all.person[BOB], .pinned = CR_ON};
    sim_network_script(lose_the_first, &writes);
    cr_expect_neq(cr_set(store, &settings, &call, NULL), CRUDDUR_OK);
    sim_network_script(NULL, NULL);
    cr_expect_eq(writes, 2u);
    cr_expect(cruddur_error_outcome_unknown(error), "%s", cruddur_error_message(error));
    cruddur_error_free(error);
    const sim_item *item = row_of(BOB);
    cr_arena arena = CR_ARENA_INIT;
    cr_expect_not_null(sim_row_of(item, &arena).value[CR_PINNED].data);
    cr_arena_free(&arena);
}

Test(own_rows, a_setting_that_was_made_and_not_answered_is_in_doubt)
{
    sim_tell_story(getenv("CRUDDUR_TEST_STORY") != NULL);
    scene_begin(&all, 1);
    first = scene_uuid(&all);
    cr_assert_eq(scene_open(&all, ANN, "first", &first), CRUDDUR_OK);
    set_in_doubt(all.atomic);
    scene_end(&all);
}
