/* SPDX-License-Identifier: MIT */
/* Processors and writers at once, in every order that the dice come up with, beside an index that
 * lags: in the end each member has one row, at the newest message, with all that it had. */
#include "../aws/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "messaging/write.h"
#include "model/expiry.h"
#include "model/key.h"
#include "model/kind.h"
#include "model/time.h"
#include "processor/apply.h"
#include "world/simulated.h"

TestSuite(turns, .timeout = 600);

#define SEEDS 400
#define SEEDS_SLOW 20
#define GROUPS 2 /* which share their first member */
#define MESSAGES 4
#define BATCH_MAX 4
#define KEPT "{\"starred\":{\"BOOL\":true}}"

typedef struct scene {
    cr_store *mover;    /* whoever moves the group rows */
    cr_store *streamed; /* whoever leaves that to a processor */
    bool meets;         /* messages want the same few sort keys again and again */
    int64_t moment_us;
    cr_members members[GROUPS];
    cr_uuid group[GROUPS];
    size_t writing; /* jobs that do */
    size_t written;
    const char *problem;
} scene;

typedef struct job {
    scene *stage;
    bool is_streamed; /* of a writer */
} job;

static cr_uuid uuid_of(unsigned number)
{
    cr_uuid uuid;
    (void)snprintf(uuid.text, sizeof(uuid.text), "00000000-0000-4000-8000-%012x", number);
    return uuid;
}

static cr_call call_for(cruddur_error **error)
{
    return (cr_call){.deadline_us = cr_clock_monotonic_us() + INT64_C(600000000), .error = error};
}

/* ---- the beginning ---- */

static void put_group_row(scene *stage, size_t g, size_t member, cr_str sk, cr_str list)
{
    const cr_members *members = &stage->members[g];
    cr_pk pk = cr_pk_of_member(&members->uuid[member]);
    cr_row row = {0};
    row.value[CR_PK] = cr_pk_str(&pk);
    row.value[CR_SK] = sk;
    row.value[CR_GROUP_UUID] = cr_uuid_str(&stage->group[g]);
    row.value[CR_TEXT] = cr_str_of("first");
    row.value[CR_USER_UUID] = cr_uuid_str(&members->uuid[cr_members_next(members, member)]);
    row.value[CR_MEMBER_UUIDS] = list;
    row.value[CR_OTHERS] = cr_str_of(KEPT);
    sim_put_row(&row);
}

static void open_group(scene *stage, size_t g)
{
    char list[CRUDDUR_MEMBERS_MAX * sizeof(cr_uuid)] = "";
    cr_sort_key sk;
    cr_row message = {0};
    cr_members *members = &stage->members[g];
    stage->group[g] = uuid_of(100 + (unsigned)g);
    members->count = 2 + sim_roll(3);
    for (size_t i = 0; i < members->count; i++) {
        members->uuid[i] = uuid_of(i == 0 ? 0 : (unsigned)(10 * g + i));
        (void)snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i > 0 ? "," : "",
                       members->uuid[i].text);
    }
    cr_assert(cr_time_format(stage->moment_us + (int64_t)g, &sk));
    for (size_t i = 0; i < members->count; i++) {
        put_group_row(stage, g, i, cr_sort_key_str(&sk),
                      members->count > 2 ? cr_str_of(list) : CR_STR_ABSENT);
    }
    cr_pk pk = cr_pk_of_group(&stage->group[g]);
    cr_uuid uuid = uuid_of(200 + (unsigned)g);
    message.value[CR_PK] = cr_pk_str(&pk);
    message.value[CR_SK] = cr_sort_key_str(&sk);
    message.value[CR_TEXT] = cr_str_of("first");
    message.value[CR_MESSAGE_UUID] = cr_uuid_str(&uuid);
    message.value[CR_USER_UUID] = cr_uuid_str(&members->uuid[0]);
    sim_put_row(&message);
    stage->written++;
}

/* ---- the jobs ---- */

static int64_t time_of_next(const scene *stage)
{
    int64_t written = (int64_t)stage->written;
    return stage->meets ? stage->moment_us + written / 2 + (int64_t)sim_roll(4) : 0;
}

static void write_messages(void *context)
{
    const job *self = context;
    scene *stage = self->stage;
    for (unsigned i = 0; i < MESSAGES; i++) {
        cruddur_error *error = NULL;
        cr_packed_row *stored = NULL;
        size_t g = sim_roll(GROUPS);
        cr_call call = call_for(&error);
        size_t author = sim_roll(stage->members[g].count);
        cr_draft draft = {.lasts_s = CR_EXPIRES_NEVER,
                          .author = {.uuid = stage->members[g].uuid[author],
                                     .display_name = cr_str_of("Somebody"),
                                     .handle = cr_str_of("somebody")},
                          .group = stage->group[g],
                          .created_at_us = time_of_next(stage),
                          .text = cr_str_of("next")};
        if (!cr_uuid_v4(&draft.uuid) ||
            cr_append(self->is_streamed ? stage->streamed : stage->mover, &draft, &call, &stored) !=
                CRUDDUR_OK) {
            stage->problem = "an append failed";
        }
        stage->written++;
        free(stored);
        cruddur_error_free(error);
    }
    stage->writing--;
}

/* Applies up to so many records from the position on; how many there were. */
static size_t apply_batch(scene *stage, size_t position)
{
    cr_record record[BATCH_MAX];
    cr_records records = {record, 0, CR_STR_ABSENT};
    cr_stream_outcome outcome;
    cr_arena arena = CR_ARENA_INIT;
    cruddur_error *error = NULL;
    cr_call call = call_for(&error);
    size_t wanted = 1 + sim_roll(BATCH_MAX);
    while (records.count < wanted && position + records.count < sim_log_size()) {
        cr_assert(sim_record_of(sim_log_at(position + records.count), &record[records.count]));
        records.count++;
    }
    if (records.count > 0 &&
        (cr_stream_apply(stage->mover, &records, 1, &call, &arena, &outcome) != CRUDDUR_OK ||
         outcome.failure_count > 0)) {
        stage->problem = "a record failed";
    }
    cr_arena_free(&arena);
    cruddur_error_free(error);
    return records.count;
}

/* Until all is written, and applied. Now and then it goes back, as after a crash. */
static void process(void *context)
{
    scene *stage = ((job *)context)->stage;
    size_t position = 0;
    bool is_over = false;
    while (!is_over) {
        is_over = stage->writing == 0;
        size_t count = apply_batch(stage, position);
        is_over = is_over && count == 0;
        position += count;
        if (!is_over && position > 0 && sim_roll(8) == 0) {
            position -= 1 + sim_roll(position);
        }
        sim_step();
    }
}

/* ---- the end ---- */

static const sim_item *newest_of(const cr_pk *pk)
{
    const sim_item *const *found;
    const sim_range range = {.partition = cr_pk_str(pk)};
    size_t count = sim_table_query(&range, &found);
    return count == 0 ? NULL : found[count - 1];
}

static void check_row(const sim_item *item, const sim_item *head, unsigned seed)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_row row = sim_row_of(item, &arena);
    cr_assert(cr_str_equal(cr_row_place(&row), head->sk), "seed %u: %.*s, not %.*s", seed,
              CR_STR_ARGS(cr_row_place(&row)), CR_STR_ARGS(head->sk));
    cr_assert(cr_str_equal(row.value[CR_TEXT], sim_item_text(head, "message")), "seed %u", seed);
    cr_assert(cr_str_equal(row.value[CR_OTHERS], cr_str_of(KEPT)), "seed %u", seed);
    cr_arena_free(&arena);
}

static void check_member(const scene *stage, size_t g, size_t member, const sim_item *head,
                         unsigned seed)
{
    cr_pk pk = cr_pk_of_member(&stage->members[g].uuid[member]);
    size_t rows = 0;
    const sim_item *const *found;
    const sim_range range = {.partition = cr_pk_str(&pk)};
    size_t count = sim_table_query(&range, &found);
    for (size_t i = 0; i < count; i++) {
        if (cr_str_equal(found[i]->group, cr_uuid_str(&stage->group[g]))) {
            rows++;
            check_row(found[i], head, seed);
        }
    }
    cr_assert_eq(rows, 1u, "seed %u: %zu rows", seed, rows);
}

/* Returns how many rows are displaced. */
static size_t check(const scene *stage, unsigned seed)
{
    size_t displaced = 0;
    cr_assert_null(stage->problem, "seed %u: %s", seed, stage->problem);
    cr_assert_eq(sim_log_size(), stage->written, "seed %u", seed);
    for (size_t i = 0; i < sim_table_size(); i++) {
        displaced += sim_item_text(sim_table_at(i), "head_sk").data != NULL ? 1 : 0;
    }
    for (size_t g = 0; g < GROUPS; g++) {
        cr_pk pk = cr_pk_of_group(&stage->group[g]);
        const sim_item *head = newest_of(&pk);
        for (size_t i = 0; i < stage->members[g].count; i++) {
            check_member(stage, g, i, head, seed);
        }
    }
    return displaced;
}

static size_t play(unsigned seed, unsigned lag, bool meets)
{
    static const sim_job jobs[] = {write_messages, write_messages, write_messages, process,
                                   process};
    scene stage = {.meets = meets, .moment_us = SIM_BEGIN_US, .writing = 3};
    job job_of[] = {
        {&stage, true}, {&stage, true}, {&stage, false}, {&stage, false}, {&stage, false}};
    sim_begin(seed, lag, &SIM_CALM);
    stage.mover = sim_store_open(CR_MODE_ATOMIC);
    stage.streamed = sim_store_open(CR_MODE_STREAM);
    for (size_t g = 0; g < GROUPS; g++) {
        open_group(&stage, g);
    }
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        (void)sim_add_job(jobs[i], &job_of[i]);
    }
    sim_run(NULL);
    size_t displaced = check(&stage, seed);
    sim_store_close(stage.mover);
    sim_store_close(stage.streamed);
    sim_end();
    return displaced;
}

static void play_all(unsigned lag)
{
    size_t displaced = 0;
    unsigned seeds = getenv("CRUDDUR_TEST_SLOW") != NULL ? SEEDS_SLOW : SEEDS;
    for (unsigned seed = 1; seed <= seeds; seed++) {
        cr_assert_eq(play(seed, lag, false), 0u, "seed %u: a row is displaced for nothing", seed);
        displaced += play(seed, lag, true);
    }
    cr_assert(displaced > 0 || seeds < SEEDS); /* else they did not meet */
}

Test(turns, beside_an_index_that_is_fresh)
{
    play_all(0);
}

Test(turns, beside_an_index_that_lags)
{
    play_all(100);
}

Test(turns, beside_an_index_that_lags_far_behind)
{
    play_all(1000);
}
