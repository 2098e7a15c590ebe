/* SPDX-License-Identifier: MIT */
/* Plays simulated worlds, and prints what came of them; see scripts/world. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "world/disk.h"
#include "world/embedded.h"
#include "world/faults/faults.h"
#include "world/play.h"
#include "world/shrink.h"
#include "world/traces.h"

#define SEEDS 1000
#define PLANTED_SECONDS 60
/* For those that cannot show. */
#define HIDDEN_SECONDS 2.0

typedef struct arguments {
    uint64_t seeds;
    uint64_t calls; /* 0: as many as the seeds make */
    uint64_t from;
    uint64_t minutes; /* of processor time, for all; 0: no limit */
    uint64_t within;  /* seconds of it for each planted fault */
    bool is_replay;
    bool is_planted;
    const char *mode;    /* NULL: all */
    const char *sharing; /* "alone", "shared"; of the embedded engine "full", "normal"; NULL: all */
} arguments;

static int misuse(void)
{
    (void)fputs(
        "world [--seeds N] [--calls N] [--from SEED] [--replay SEED] [--minutes M] [--planted"
        " [--within S]] [--mode MODE] [--table alone|shared|full|normal]\n",
        stderr);
    return 2;
}

static double now_s(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- arguments ---- */

static bool read_number(const char *text, uint64_t *number)
{
    char *end;
    *number = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

static bool is_mode(const char *text)
{
    if (strcmp(text, "sqlite") == 0) {
        return true;
    }
    for (int mode = 0; mode < STAGE_MODE_COUNT; mode++) {
        if (strcmp(text, play_mode_name((stage_mode)mode)) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_kind(const char *text)
{
    static const char *const kinds[] = {"alone", "shared", "full", "normal"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(text, kinds[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool take_option(int option, const char *value, arguments *read)
{
    switch (option) {
    case 's':
        return read_number(value, &read->seeds) && read->seeds > 0;
    case 'c':
        read->seeds = UINT64_MAX;
        return read_number(value, &read->calls) && read->calls > 0;
    case 'f':
        return read_number(value, &read->from);
    case 'r':
        read->is_replay = true;
        read->seeds = 1;
        return read_number(value, &read->from);
    case 'M':
        read->seeds = UINT64_MAX;
        return read_number(value, &read->minutes) && read->minutes > 0;
    case 'w':
        return read_number(value, &read->within) && read->within > 0;
    case 'p':
        read->is_planted = true;
        return true;
    case 'm':
        read->mode = value;
        return is_mode(value);
    case 't':
        read->sharing = value;
        return is_kind(value);
    default:
        return false;
    }
}

static bool read_arguments(int count, char **values, arguments *read)
{
    static const struct option options[] = {
        {"seeds", required_argument, NULL, 's'},   {"calls", required_argument, NULL, 'c'},
        {"from", required_argument, NULL, 'f'},    {"replay", required_argument, NULL, 'r'},
        {"minutes", required_argument, NULL, 'M'}, {"planted", no_argument, NULL, 'p'},
        {"mode", required_argument, NULL, 'm'},    {"table", required_argument, NULL, 't'},
        {"within", required_argument, NULL, 'w'},  {NULL, 0, NULL, 0},
    };
    int option;
    bool is_good = true;
    while (is_good && (option = getopt_long(count, values, "", options, NULL)) != -1) {
        is_good = take_option(option, optarg, read);
    }
    return is_good && optind == count;
}

/* ---- stories ---- */

static bool is_asked(const arguments *asked, const play_setting *setting)
{
    const char *sharing = setting->is_shared ? "shared" : "alone";
    return (asked->mode == NULL || strcmp(asked->mode, play_mode_name(setting->mode)) == 0) &&
           (asked->sharing == NULL || strcmp(asked->sharing, sharing) == 0);
}

static void print_breach(const char *mode, const char *kind, const play_breach *breach)
{
    (void)printf("  seed %" PRIu64 ": %s\n  scripts/world --replay %" PRIu64
                 " --mode %s --table %s tells the story\n",
                 breach->seed, breach->text, breach->seed, mode, kind);
}

static void print_result(const char *mode, const char *kind, const play_result *result,
                         size_t distinct, double seconds)
{
    double spent_s = seconds > 0.001 ? seconds : 0.001;
    (void)printf("| %-6s | %-6s | %8" PRIu64 " | %8" PRIu64 " | %9" PRIu64 " | %8" PRIu64
                 " | %8zu | %6.1f | %9.0f | %7.0f |\n",
                 mode, kind, result->worlds, result->calls, result->requests, result->breaches,
                 distinct, seconds, (double)result->worlds / spent_s,
                 (double)result->calls / spent_s);
    if (result->insertions > 0) {
        (void)printf("  allowed: %" PRIu64
                     " times one of the latest messages was lost with the power\n",
                     result->insertions);
    }
    if (result->displaced > 0) {
        (void)printf("  %" PRIu64 " group rows were displaced, as their keys were taken\n",
                     result->displaced);
    }
    for (int i = 0; i < STAGE_ALLOWANCE_COUNT; i++) {
        if (result->allowed[i] > 0) {
            (void)printf("  allowed: %" PRIu64 " times %s\n", result->allowed[i],
                         stage_allowance_text((stage_allowance)i));
        }
    }
    for (size_t i = 0; i < result->breaches && i < PLAY_BREACHES_MAX; i++) {
        print_breach(mode, kind, &result->breach[i]);
    }
    (void)fflush(stdout);
}

static const char *kind_of(const play_setting *setting)
{
    return setting->is_shared ? "shared" : "alone";
}

/* The story of a seed; one with a breach as short as it can be made, after the whole one's line. */
static void replay(const play_setting *setting, uint64_t seed)
{
    play_cut cut;
    play_setting told = *setting;
    play_result result = {.worlds = 0};
    if (shrink_story(setting, seed, &cut)) {
        (void)printf("shrunk: at most %zu callers, %zu tasks each, %d faults%s\n", cut.clients,
                     cut.tasks, __builtin_popcountll(cut.faults),
                     cut.is_fresh ? ", an index that does not lag" : "");
        told.cut = &cut;
    }
    sim_tell_story(true);
    play_world(&told, seed, &result);
    sim_tell_story(false);
    (void)printf("trace %016" PRIx64 "\n", result.trace);
    if (result.breaches > 0) {
        print_breach(play_mode_name(setting->mode), kind_of(setting), &result.breach[0]);
    }
}

static uint64_t play_all(const arguments *asked, const play_setting *setting, double until_s)
{
    double began_s = now_s();
    traces seen = {.slot = NULL};
    play_result result = {.worlds = 0};
    for (uint64_t i = 0; i < asked->seeds && (asked->calls == 0 || result.calls < asked->calls) &&
                         (until_s <= 0 || now_s() < until_s);
         i++) {
        play_world(setting, asked->from + i, &result);
        traces_add(&seen, result.trace);
    }
    print_result(play_mode_name(setting->mode), kind_of(setting), &result, seen.count,
                 now_s() - began_s);
    traces_free(&seen);
    if (asked->is_replay) {
        replay(setting, asked->from);
    }
    return result.breaches;
}

/* ---- the embedded engine ---- */

static uint64_t play_embedded(const arguments *asked, bool is_full, double until_s)
{
    char folder[] = "/tmp/cruddur-world-XXXXXX";
    double began_s = now_s();
    traces seen = {.slot = NULL};
    play_result result = {.worlds = 0};
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 1;
    }
    sim_tell_story(asked->is_replay);
    for (uint64_t i = 0; i < asked->seeds && (asked->calls == 0 || result.calls < asked->calls) &&
                         (until_s <= 0 || now_s() < until_s);
         i++) {
        embedded_play(folder, is_full, asked->from + i, &result);
        traces_add(&seen, result.trace);
    }
    print_result("sqlite", is_full ? "full" : "normal", &result, seen.count, now_s() - began_s);
    traces_free(&seen);
    if (rmdir(folder) != 0) {
        perror(folder);
        return result.breaches + 1;
    }
    return result.breaches;
}

static bool is_embedded_asked(const arguments *asked, bool is_full)
{
    const char *kind = is_full ? "full" : "normal";
    return (asked->mode == NULL || strcmp(asked->mode, "sqlite") == 0) &&
           (asked->sharing == NULL || strcmp(asked->sharing, kind) == 0);
}

static void print_disk_faults(void)
{
    for (int i = 0; i < DISK_FAULT_COUNT; i++) {
        (void)printf("| %s | %" PRIu64 " |\n", disk_fault_name((disk_fault)i),
                     disk_fault_count((disk_fault)i));
    }
}

static void print_fates(void)
{
    (void)printf("\n| what happened | times |\n|---|---:|\n");
    for (int fate = SIM_FATE_GOOD + 1; fate < SIM_FATE_COUNT; fate++) {
        (void)printf("| %s | %" PRIu64 " |\n", sim_fate_name((sim_fate)fate),
                     sim_fate_count((sim_fate)fate));
    }
}

static void print_traits(void)
{
    for (int trait = 0; trait < SIM_TRAIT_COUNT; trait++) {
        (void)printf("| %s | %" PRIu64 " |\n", sim_trait_name((sim_trait)trait),
                     sim_trait_count((sim_trait)trait));
    }
}

static uint64_t play_modes(const arguments *asked)
{
    uint64_t breaches = 0;
    size_t left = 0;
    play_setting settings[2 * STAGE_MODE_COUNT];
    for (int i = 0; i < 2 * STAGE_MODE_COUNT; i++) {
        settings[left] = (play_setting){.mode = (stage_mode)(i / 2), .is_shared = i % 2 == 1};
        left += is_asked(asked, &settings[left]) ? 1 : 0;
    }
    (void)printf(
        "| mode   | table  |  stories |    calls |  requests | breaches | distinct | CPU s  "
        "| stories/s | calls/s |\n");
    (void)printf(
        "|--------|--------|---------:|---------:|----------:|---------:|---------:|-------:"
        "|--------:|--------:|\n");
    bool is_full[2];
    size_t more = 0;
    for (int i = 0; i < 2; i++) {
        is_full[more] = i == 0;
        more += is_embedded_asked(asked, i == 0) ? 1 : 0;
    }
    double until_s = (double)asked->minutes * 60;
    for (size_t i = 0; i < left + more; i++) {
        double share_s = (until_s - now_s()) / (double)(left + more - i);
        double stop_s = asked->minutes == 0 ? 0 : now_s() + share_s;
        breaches += i < left ? play_all(asked, &settings[i], stop_s)
                             : play_embedded(asked, is_full[i - left], stop_s);
    }
    print_fates();
    print_traits();
    if (more > 0) {
        print_disk_faults();
    }
    return breaches;
}

/* ---- planted faults ---- */

static uint64_t find_planted(const arguments *asked)
{
    uint64_t hidden = 0;
    (void)printf("| planted fault | mode | seed | stories | s | what was seen |\n"
                 "|---|---|---:|---:|---:|---|\n");
    (void)fflush(stdout);
    for (size_t i = 0; i < faults_count; i++) {
        fault_found found;
        const fault *planted = &faults_all[i];
        const play_setting setting = {.mode = planted->mode, .is_shared = planted->is_shared};
        if (!is_asked(asked, &setting)) {
            continue;
        }
        faults_search(planted, planted->why_hidden == NULL ? (double)asked->within : HIDDEN_SECONDS,
                      &found);
        hidden += found.is_found || planted->why_hidden != NULL ? 0 : 1;
        (void)printf("| %s | %s | %" PRIu64 " | %" PRIu64 " | %.2f | %s |\n", planted->name,
                     play_mode_name(planted->mode), found.seed, found.stories, found.seconds,
                     found.is_found                ? found.text
                     : planted->why_hidden != NULL ? planted->why_hidden
                                                   : "NOT FOUND");
        (void)fflush(stdout);
    }
    return hidden;
}

int main(int count, char **values)
{
    arguments asked = {.seeds = SEEDS, .from = 1, .within = PLANTED_SECONDS};
    if (!read_arguments(count, values, &asked)) {
        return misuse();
    }
    return (asked.is_planted ? find_planted(&asked) : play_modes(&asked)) > 0 ? 1 : 0;
}
