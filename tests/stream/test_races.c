/* SPDX-License-Identifier: MIT */
/* Processors and writers at once, in every order that the dice come up with, beside an index that
 * lags: in the end each member has one row, at the newest message, with all that it had. */
#include "../aws/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "messaging/write.h"
#include "model/key.h"
#include "model/kind.h"
#include "model/time.h"
#include "processor/apply.h"
#include "stream/simulated.h"

TestSuite(turns, .timeout = 600);

#define SEEDS 400
#define SEEDS_SLOW 20
#define GROUPS 2 /* which share their first member */
#define MESSAGES 4
#define BATCH_MAX 4
#define KEPT "{\"pinned\":{\"BOOL\":true}}"

typedef struct scene {
    simulated *all;
    bool meets; /* messages want the same few sort keys again and again */
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
    cr_assert(simulated_put(stage->all, &row));
}

static void open_group(scene *stage, size_t g)
{
    char list[CRUDDUR_MEMBERS_MAX * sizeof(cr_uuid)] = "";
    cr_sort_key sk;
    cr_row message = {0};
    cr_members *members = &stage->members[g];
    stage->group[g] = uuid_of(100 + (unsigned)g);
    members->count = 2 + simulated_roll(stage->all, 3);
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
    cr_assert(simulated_put(stage->all, &message));
    stage->written++;
}

/* ---- the jobs ---- */

static int64_t time_of_next(const scene *stage)
{
    int64_t written = (int64_t)stage->written;
    return stage->meets ? stage->moment_us + written / 2 + (int64_t)simulated_roll(stage->all, 4)
                        : 0;
}

static void write_messages(void *context)
{
    const job *self = context;
    scene *stage = self->stage;
    for (unsigned i = 0; i < MESSAGES; i++) {
        cruddur_error *error = NULL;
        cr_packed_row *stored = NULL;
        size_t g = simulated_roll(stage->all, GROUPS);
        cr_call call = call_for(&error);
        size_t author = simulated_roll(stage->all, stage->members[g].count);
        cr_draft draft = {.author = {.uuid = stage->members[g].uuid[author],
                                     .display_name = cr_str_of("Somebody"),
                                     .handle = cr_str_of("somebody")},
                          .group = stage->group[g],
                          .created_at_us = time_of_next(stage),
                          .text = cr_str_of("next")};
        if (!cr_uuid_v4(&draft.uuid) || cr_append(simulated_store(stage->all, self->is_streamed),
                                                  &draft, &call, &stored) != CRUDDUR_OK) {
            stage->problem = "an append failed";
        }
        stage->written++;
        free(stored);
        cruddur_error_free(error);
    }
    stage->writing--;
}

static cr_record record_of(const cr_row *message)
{
    cr_record record = {.kind = CR_RECORD_MESSAGE,
                        .sequence_number = cr_str_of("1"),
                        .sk = message->value[CR_SK],
                        .has_author = true};
    (void)cr_uuid_parse(cr_pk_suffix(message->value[CR_PK]), &record.group);
    (void)cr_uuid_parse(message->value[CR_USER_UUID], &record.author);
    return record;
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
    size_t wanted = 1 + simulated_roll(stage->all, BATCH_MAX);
    const cr_row *message;
    while (records.count < wanted &&
           (message = simulated_message(stage->all, position + records.count)) != NULL) {
        record[records.count++] = record_of(message);
    }
    if (records.count > 0 && (cr_stream_apply(simulated_store(stage->all, false), &records, 1,
                                              &call, &arena, &outcome) != CRUDDUR_OK ||
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
        if (!is_over && position > 0 && simulated_roll(stage->all, 8) == 0) {
            position -= 1 + simulated_roll(stage->all, position);
        }
        simulated_wait(stage->all);
    }
}

/* ---- the end ---- */

static const cr_row *newest_of(const scene *stage, const cr_pk *pk)
{
    const cr_row *newest = NULL;
    const cr_row *row;
    for (size_t i = 0; (row = simulated_row(stage->all, i)) != NULL; i++) {
        bool is_later =
            newest == NULL || cr_str_compare(row->value[CR_SK], newest->value[CR_SK]) > 0;
        newest = cr_str_equal(row->value[CR_PK], cr_pk_str(pk)) && is_later ? row : newest;
    }
    return newest;
}

static void check_member(const scene *stage, size_t g, size_t member, const cr_row *head,
                         unsigned seed)
{
    cr_pk pk = cr_pk_of_member(&stage->members[g].uuid[member]);
    size_t count = 0;
    const cr_row *row;
    for (size_t i = 0; (row = simulated_row(stage->all, i)) != NULL; i++) {
        if (!cr_str_equal(row->value[CR_PK], cr_pk_str(&pk)) ||
            !cr_str_equal(row->value[CR_GROUP_UUID], cr_uuid_str(&stage->group[g]))) {
            continue;
        }
        count++;
        cr_assert(cr_str_equal(cr_row_place(row), head->value[CR_SK]), "seed %u: %.*s, not %.*s",
                  seed, CR_STR_ARGS(cr_row_place(row)), CR_STR_ARGS(head->value[CR_SK]));
        cr_assert(cr_str_equal(row->value[CR_TEXT], head->value[CR_TEXT]), "seed %u", seed);
        cr_assert(cr_str_equal(row->value[CR_OTHERS], cr_str_of(KEPT)), "seed %u", seed);
    }
    cr_assert_eq(count, 1u, "seed %u: %zu rows", seed, count);
}

/* Returns how many rows are displaced. */
static size_t check(const scene *stage, unsigned seed)
{
    size_t messages = 0;
    size_t displaced = 0;
    const cr_row *row;
    cr_assert_null(stage->problem, "seed %u: %s", seed, stage->problem);
    for (size_t i = 0; (row = simulated_row(stage->all, i)) != NULL; i++) {
        messages += row->value[CR_MESSAGE_UUID].data != NULL ? 1 : 0;
        displaced += row->value[CR_HEAD_SK].data != NULL ? 1 : 0;
    }
    cr_assert_eq(messages, stage->written, "seed %u", seed);
    for (size_t g = 0; g < GROUPS; g++) {
        cr_pk pk = cr_pk_of_group(&stage->group[g]);
        const cr_row *head = newest_of(stage, &pk);
        for (size_t i = 0; i < stage->members[g].count; i++) {
            check_member(stage, g, i, head, seed);
        }
    }
    return displaced;
}

static size_t play(unsigned seed, unsigned lag, bool meets)
{
    static const simulated_job jobs[] = {write_messages, write_messages, write_messages, process,
                                         process};
    scene stage = {.all = simulated_new(seed, lag),
                   .meets = meets,
                   .moment_us = cr_clock_now_us() - 1000000,
                   .writing = 3};
    job job_of[] = {
        {&stage, true}, {&stage, true}, {&stage, false}, {&stage, false}, {&stage, false}};
    void *contexts[] = {&job_of[0], &job_of[1], &job_of[2], &job_of[3], &job_of[4]};
    cr_assert_not_null(stage.all);
    for (size_t g = 0; g < GROUPS; g++) {
        open_group(&stage, g);
    }
    simulated_run(stage.all, jobs, contexts, sizeof(jobs) / sizeof(jobs[0]));
    size_t displaced = check(&stage, seed);
    simulated_free(stage.all);
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
    cr_assert_gt(displaced, 0u); /* else they did not meet */
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
