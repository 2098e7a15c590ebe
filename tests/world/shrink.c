/* SPDX-License-Identifier: MIT */
#include "world/shrink.h"

#define FAULTS 64
#define MANY 1000

static bool breaches(const play_setting *setting, uint64_t seed, play_cut *cut)
{
    play_setting cut_setting = *setting;
    play_result result = {.worlds = 0};
    cut_setting.cut = cut;
    play_world(&cut_setting, seed, &result);
    return result.breaches > 0;
}

/* Keeps the smaller story if it has a breach, too. */
static bool try_cut(const play_setting *setting, uint64_t seed, play_cut smaller, play_cut *cut)
{
    if (!breaches(setting, seed, &smaller)) {
        return false;
    }
    *cut = smaller;
    return true;
}

static void shrink_number(const play_setting *setting, uint64_t seed, play_cut *cut,
                          bool is_of_clients)
{
    size_t most = is_of_clients ? 4 : 16;
    for (size_t number = 1; number < most; number++) {
        play_cut smaller = *cut;
        *(is_of_clients ? &smaller.clients : &smaller.tasks) = number;
        if (try_cut(setting, seed, smaller, cut)) {
            return;
        }
    }
}

/* Half of the faults at once, then a quarter, and in the end one by one. */
static void shrink_faults(const play_setting *setting, uint64_t seed, play_cut *cut)
{
    for (size_t width = FAULTS / 2; width > 0; width /= 2) {
        for (size_t from = 0; from < FAULTS; from += width) {
            play_cut fewer = *cut;
            uint64_t some = ((UINT64_C(1) << width) - 1) << from;
            fewer.faults &= ~some;
            if (fewer.faults != cut->faults) {
                (void)try_cut(setting, seed, fewer, cut);
            }
        }
    }
}

bool shrink_story(const play_setting *setting, uint64_t seed, play_cut *cut)
{
    *cut = (play_cut){.clients = MANY, .tasks = MANY, .faults = UINT64_MAX};
    if (!breaches(setting, seed, cut)) {
        return false;
    }
    play_cut fresh = *cut;
    fresh.is_fresh = true;
    (void)try_cut(setting, seed, fresh, cut);
    shrink_number(setting, seed, cut, false);
    shrink_number(setting, seed, cut, true);
    shrink_faults(setting, seed, cut);
    shrink_number(setting, seed, cut, false);
    return true;
}
