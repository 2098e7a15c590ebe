/* SPDX-License-Identifier: MIT */
/* Plays simulated worlds, and prints what came of them; see scripts/simulate. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "world/play.h"

typedef struct arguments {
    uint64_t calls;
    uint64_t seed;
    const char *mode;    /* NULL: all */
    const char *sharing; /* "alone", "shared"; NULL: both */
    bool tells;
} arguments;

static int misuse(void)
{
    (void)fputs("simulate [--calls N] [--seed N] [--mode MODE] [--table alone|shared] [--story]\n",
                stderr);
    return 2;
}

static bool read_number(const char *text, uint64_t *number)
{
    char *end;
    *number = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

static bool read_mode(const char *text)
{
    for (int mode = 0; mode < STAGE_MODE_COUNT; mode++) {
        if (strcmp(text, play_mode_name((stage_mode)mode)) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_arguments(int count, char **values, arguments *read)
{
    static const struct option options[] = {
        {"calls", required_argument, NULL, 'c'}, {"seed", required_argument, NULL, 's'},
        {"mode", required_argument, NULL, 'm'},  {"table", required_argument, NULL, 't'},
        {"story", no_argument, NULL, 'y'},       {NULL, 0, NULL, 0},
    };
    int option;
    bool is_good = true;
    while (is_good && (option = getopt_long(count, values, "", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            is_good = read_number(optarg, &read->calls);
            break;
        case 's':
            is_good = read_number(optarg, &read->seed);
            break;
        case 'm':
            read->mode = optarg;
            is_good = read_mode(optarg);
            break;
        case 't':
            read->sharing = optarg;
            is_good = strcmp(optarg, "alone") == 0 || strcmp(optarg, "shared") == 0;
            break;
        case 'y':
            read->tells = true;
            break;
        default:
            is_good = false;
        }
    }
    return is_good && optind == count;
}

static void print_result(const play_setting *setting, const play_result *result, double seconds)
{
    (void)printf("| %-6s | %-6s | %8" PRIu64 " | %8" PRIu64 " | %9" PRIu64 " | %8" PRIu64
                 " | %6.1f |",
                 play_mode_name(setting->mode), setting->is_shared ? "shared" : "alone",
                 result->worlds, result->calls, result->requests, result->breaches, seconds);
    (void)putchar('\n');
    for (size_t i = 0; i < result->breaches && i < PLAY_BREACHES_MAX; i++) {
        (void)printf("  seed %" PRIu64 ": %s\n", result->breach[i].seed, result->breach[i].text);
    }
    (void)fflush(stdout);
}

int main(int count, char **values)
{
    arguments asked = {.calls = 10000, .seed = 1};
    uint64_t breaches = 0;
    if (!read_arguments(count, values, &asked)) {
        return misuse();
    }
    sim_tell_story(asked.tells);
    (void)printf("| mode   | table  |   worlds |    calls |  requests | breaches | CPU s  |\n");
    (void)printf("|--------|--------|---------:|---------:|----------:|---------:|-------:|\n");
    for (int mode = 0; mode < STAGE_MODE_COUNT; mode++) {
        for (int shared = 0; shared < 2; shared++) {
            play_result result = {.worlds = 0};
            const play_setting setting = {(stage_mode)mode, shared == 1};
            bool is_asked =
                (asked.mode == NULL || strcmp(asked.mode, play_mode_name(setting.mode)) == 0) &&
                (asked.sharing == NULL ||
                 strcmp(asked.sharing, setting.is_shared ? "shared" : "alone") == 0);
            clock_t began = clock();
            if (is_asked) {
                play_worlds(&setting, asked.seed, asked.calls, false, &result);
                print_result(&setting, &result, (double)(clock() - began) / CLOCKS_PER_SEC);
            }
            breaches += result.breaches;
        }
    }
    return breaches > 0 ? 1 : 0;
}
