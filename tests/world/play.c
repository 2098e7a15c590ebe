/* SPDX-License-Identifier: MIT */
#include "world/play.h"

#include "world/actors.h"
#include "world/check.h"
#include "world/edits.h"
#include "world/guests.h"
#include "world/judge.h"
#include "world/settings.h"
#include "world/streams.h"
#include "world/watchers.h"

#define CLIENTS 4
#define PROCESSORS 2
#define TASKS 14
#define OPERATOR_TASKS 3
#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
/* A world takes some hundreds. */
#define REQUESTS_MAX 20000

static stage now;
static uint64_t first_request;

const char *play_mode_name(stage_mode mode)
{
    static const char *const names[STAGE_MODE_COUNT] = {"atomic", "stream", "steps", "mixed"};
    return names[mode];
}

/* ---- the beginning ---- */

static sim_weather draw_weather(void)
{
    static const size_t faults[] = {0, 60, 12, 5};
    static const size_t deaths[] = {0, 0, 400, 80};
    static const size_t failures[] = {0, 0, 100, 20};
    bool is_slow = sim_happens(8);
    return (sim_weather){.faults = faults[sim_roll(4)],
                         .deaths = deaths[sim_roll(4)],
                         .failures = failures[sim_roll(4)],
                         .pace_us = is_slow ? 20 * SECOND : 3000,
                         .late_us = is_slow ? 900 * SECOND : 5 * SECOND,
                         .timeout_us = is_slow ? 7200 * SECOND : 10 * SECOND};
}

/* Clocks differ by seconds, or by minutes. Where requests are signed, all who use one handle have
 * the clock that it has measured. */
static int64_t draw_skew(void)
{
    static const size_t ranges_s[] = {0, 0, 3, 300};
    size_t range_s = ranges_s[sim_network_weather()->is_signed ? 0 : sim_roll(4)];
    return ((int64_t)sim_roll(2 * range_s + 1) - (int64_t)range_s) * SECOND / 2;
}

/* Where requests are signed, the clock of a program may be wrong by hours. */
static int64_t program_skew_us[2];

static void draw_program_skews(bool is_signed)
{
    for (size_t i = 0; i < 2; i++) {
        program_skew_us[i] =
            is_signed && sim_happens(2) ? (int64_t)sim_roll(4 * HOUR) - 2 * HOUR : 0;
    }
}

static void add_actors(stage *all, sim_job job, size_t count, size_t tasks, actor *actors,
                       size_t *used)
{
    for (size_t i = 0; i < count; i++) {
        actor *made = &actors[(*used)++];
        *made = (actor){all, i, tasks};
        sim_set_skew(sim_add_job(job, made), draw_skew() + program_skew_us[i % 2]);
    }
}

static void add_all(stage *all, const play_cut *cut, actor *actors)
{
    size_t used = 0;
    /* The original handler overwrites another group's row at the same key. */
    all->meets = sim_happens(4) && !all->has_handler;
    size_t clients = cut != NULL && cut->clients < CLIENTS ? cut->clients : CLIENTS;
    all->writing = clients;
    add_actors(all, act_client, clients, cut != NULL && cut->tasks < TASKS ? cut->tasks : TASKS,
               actors, &used);
    bool is_streamed = all->mode == STAGE_STREAM || all->mode == STAGE_MIXED;
    if (is_streamed) {
        add_actors(all, act_processor, all->has_follower ? 1 : PROCESSORS, 6, actors, &used);
    }
    if (is_streamed && all->has_follower) {
        add_actors(all, act_follower, 1, 0, actors, &used);
    }
    if (all->has_watchers) {
        add_actors(all, act_watcher, WATCHERS, 0, actors, &used);
    }
    if (all->has_operator) {
        add_actors(all, act_operator, 1, OPERATOR_TASKS, actors, &used);
    }
    if (all->has_foreign) {
        add_actors(all, act_foreigner, 1, 8, actors, &used);
    }
    if (all->has_handler) {
        add_actors(all, act_handler, 1, 0, actors, &used);
    }
}

/* ---- the service ---- */

/* What the service may do between two requests. */
static struct wildness {
    sim_manners manners;
    bool has_stream; /* shards split, and records are trimmed */
} wildness;

static void draw_wildness(bool is_fresh)
{
    static const unsigned moments[] = {0, 0, 30, 300};
    static const size_t bytes[] = {0, 0, 4000, 900};
    static const size_t keys[] = {0, 0, 4, 12};
    wildness.manners = (sim_manners){.stale = moments[sim_roll(4)],
                                     .page_bytes = bytes[sim_roll(4)],
                                     .unprocessed = keys[sim_roll(4)],
                                     .iterator_us = sim_happens(4) ? SECOND / 10 : 0};
    wildness.has_stream = sim_happens(2);
    if (is_fresh) {
        wildness.manners.stale = 0;
    }
    sim_service_set_manners(&wildness.manners);
}

#define SHARDS_MAX 8
#define SPLIT 500
#define TRIM 500
#define KEPT 60
#define EXPIRE 30

static void act_as_service(void)
{
    sim_about *about = sim_tables_find(cr_str_of(SIM_FIRST_TABLE));
    if (wildness.has_stream && about->shard_count < SHARDS_MAX && sim_happens(SPLIT)) {
        sim_streams_split(about);
    }
    if (wildness.has_stream && sim_happens(TRIM)) {
        sim_streams_trim(about, sim_roll(KEPT));
    }
    if (now.has_expiry && sim_happens(EXPIRE)) {
        (void)sim_tables_expire(about, (SIM_BEGIN_US + sim_now_us()) / SECOND);
    }
}

static void keep_time_to_live(void)
{
    sim_about *about = sim_tables_find(cr_str_of(SIM_FIRST_TABLE));
    (void)snprintf(about->expires_by, sizeof(about->expires_by), "expires_at");
}

/* Before each turn. */
static void on_last_step(void)
{
    if (sim_request_count() - first_request > REQUESTS_MAX) {
        stage_breach(&now, "it never ends: after %d requests somebody is still at it",
                     REQUESTS_MAX);
    }
}

static void on_step(void)
{
    sim_deliver_due();
    act_as_service();
    on_last_step();
}

/* ---- the end ---- */

/* Whoever has not been told yet sends again. Others do, too, and are told the same. */
static void repeat(stage *all)
{
    size_t count = all->message_count;
    for (size_t i = 0; i < count && !all->is_over; i++) {
        stage_message *one = &all->message[i];
        bool may_repeat = one->is_callers && !guests_are_erased(all, one->author) &&
                          !one->is_refused && one->calls > 0 &&
                          (one->rival == MESSAGES_MAX || one->acks > 0) &&
                          stage_is_member(all, one->group, one->author) &&
                          (one->is_opening || all->group[one->group].is_open);
        if (may_repeat && (one->acks == 0 || sim_happens(3))) {
            (void)stage_send(all, stage_dm(all, i), one);
        }
    }
}

static bool has_messages(const stage *all, size_t group)
{
    for (size_t i = 0; i < sim_log_size(); i++) {
        const sim_item *new = sim_log_at(i)->new;
        if (new != NULL && sim_item_text(new, "message_uuid").data !=
                               NULL &&cr_str_equal((cr_str){new->pk.data + 4, new->pk.size - 4},
                                                   cr_uuid_str(&all->group[group].uuid))) {
            return true;
        }
    }
    return false;
}

static bool has_rows(const stage *all, size_t group)
{
    const sim_item *const *found;
    const sim_range range = {.is_index = true, .partition = cr_uuid_str(&all->group[group].uuid)};
    return sim_table_query(&range, &found) > 0;
}

/* One more message to each group. An opening in steps that was interrupted leaves rows without a
 * message: such a group is opened once more. */
static void send_last(stage *all)
{
    for (size_t g = 0; g < GROUPS && !all->is_over; g++) {
        bool is_opening = !has_messages(all, g);
        if (is_opening && !(all->mode == STAGE_STEPS && has_rows(all, g))) {
            continue;
        }
        all->group[g].is_open = true;
        stage_message *made = stage_plan(all, g, stage_any_member(all, g), sim_happens(2));
        if (made != NULL) {
            made->is_opening = is_opening;
            (void)stage_send(all, stage_dm(all, g), made);
        }
    }
}

static void list_all(stage *all)
{
    for (size_t i = 0; i < PEOPLE && !all->is_over; i++) {
        act_list_groups(all, stage_dm(all, i), i);
        for (size_t g = 0; g < GROUPS && !all->is_over; g++) {
            if (all->group[g].is_open || !stage_is_member(all, g, i)) {
                act_list_messages(all, stage_dm(all, i), g, i);
            }
        }
    }
}

/* Runs jobs in a world at rest. */
static void run_last(stage *all, sim_job job, size_t count)
{
    actor actors[SIM_JOBS_MAX];
    size_t used = 0;
    add_actors(all, job, count, 0, actors, &used);
    sim_run(on_last_step);
}

static void settle(stage *all)
{
    bool is_streamed = all->mode == STAGE_STREAM || all->mode == STAGE_MIXED;
    if (is_streamed && all->has_follower) {
        run_last(all, act_last_follow, 1);
    } else if (is_streamed) {
        act_settle(all);
    }
}

static void watch(stage *all)
{
    if (all->has_watchers && !all->is_over) {
        run_last(all, act_last_watch, WATCHERS);
        check_watchers(all);
    }
}

static void judge(stage *all, check_rows rows)
{
    if (!all->is_over) {
        check_messages_stored(all);
    }
    if (!all->is_over) {
        judge_histories(all);
    }
    if (!all->is_over) {
        check_edits(all);
    }
    if (!all->is_over) {
        check_settings(all);
    }
    if (!all->is_over) {
        check_guests(all);
    }
    if (!all->is_over) {
        check_table(all, rows);
    }
    if (!all->is_over) {
        operators_check(all);
    }
    if (!all->is_over) {
        list_all(all);
    }
}

/* Everything that is late arrives, or never will; then nothing goes wrong any more. */
static void come_to_rest(stage *all, bool is_calm)
{
    if (sim_happens(2)) {
        sim_advance(SIM_TOKEN_US + SECOND);
    }
    all->is_quiet = true;
    sim_network_set_weather(&SIM_CALM);
    sim_table_set_lag(0);
    sim_service_set_manners(&(sim_manners){.page_bytes = wildness.manners.page_bytes});
    sim_deliver_all(4);
    guests_resolve(all);
    settings_resolve(all);
    repeat(all);
    if (!all->is_over && !all->has_handler && all->mode != STAGE_STEPS) {
        check_previews(all);
    }
    if (!all->is_over && is_calm && all->mode == STAGE_STEPS && !all->has_foreign) {
        check_table(all, CHECK_ROWS_EXACT); /* all have looked back */
    }
    send_last(all);
    settle(all);
    watch(all);
    bool may_have_twins = all->mode == STAGE_STEPS;
    judge(all, may_have_twins ? CHECK_ROWS_NEWEST : CHECK_ROWS_EXACT);
    if (may_have_twins) {
        send_last(all);
        judge(all, CHECK_ROWS_EXACT);
    }
}

static uint64_t count_displaced(void)
{
    uint64_t count = 0;
    for (size_t i = 0; i < sim_change_count(); i++) {
        const sim_item *new = sim_change_at(i)->new;
        count += new != NULL &&new->group.data != NULL &&sim_item_text(new, "head_sk").data != NULL;
    }
    return count;
}

void play_world(const play_setting *setting, uint64_t seed, play_result *result)
{
    static const unsigned lags[] = {0, 30, 300};
    actor actors[SIM_JOBS_MAX];
    first_request = sim_request_count();
    sim_begin(seed, 0, &SIM_CALM);
    unsigned lag = lags[sim_roll(3)];
    sim_table_set_lag(setting->cut != NULL && setting->cut->is_fresh ? 0 : lag);
    sim_weather weather = SIM_CALM;
    weather.is_signed = sim_happens(8);
    sim_network_set_weather(&weather);
    draw_program_skews(weather.is_signed);
    draw_wildness(setting->cut != NULL && setting->cut->is_fresh);
    keep_time_to_live();
    edits_begin();
    settings_begin();
    guests_begin();
    watchers_begin();
    judge_begin();
    stage_begin(&now, setting->mode, setting->is_shared, seed);
    now.are_clocks_wrong = program_skew_us[0] != 0 || program_skew_us[1] != 0;
    add_all(&now, setting->cut, actors);
    weather = draw_weather();
    sim_network_set_weather(&weather);
    sim_network_choose_faults(setting->cut == NULL ? NULL : &setting->cut->faults);
    sim_run(on_step);
    result->late += sim_late_total();
    if (!now.is_over) {
        come_to_rest(&now, weather.faults + weather.failures + weather.deaths == 0);
    }
    if (setting->cut != NULL) {
        setting->cut->faults_seen = sim_network_faults();
    }
    result->worlds++;
    result->trace = sim_trace();
    now.allowed[STAGE_BELOW] += judge_insertions();
    for (size_t i = 0; i < STAGE_ALLOWANCE_COUNT; i++) {
        result->allowed[i] += now.allowed[i];
    }
    result->calls += now.calls;
    result->acks += now.acks;
    result->displaced += count_displaced();
    result->requests += sim_request_count() - first_request;
    if (now.breach[0] != '\0' && result->breaches++ < PLAY_BREACHES_MAX) {
        play_breach *noted = &result->breach[result->breaches - 1];
        noted->seed = seed;
        memcpy(noted->text, now.breach, sizeof(noted->text));
    }
    stage_end(&now);
    sim_end();
}

void play_worlds(const play_setting *setting, uint64_t seed, uint64_t calls, bool stops,
                 play_result *result)
{
    uint64_t until = result->calls + calls;
    while (result->calls < until && !(stops && result->breaches > 0)) {
        play_world(setting, seed++, result);
    }
}
