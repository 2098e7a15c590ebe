/* SPDX-License-Identifier: MIT */
#include "model/taken_key.h"

#include "base/random.h"

#define REACH_FIRST_US INT64_C(1)
#define REACH_GROWTH 4
#define REACH_MAX_US INT64_C(100000)

int64_t cr_reach_next_us(int64_t reach_us)
{
    int64_t next_us = reach_us == 0 ? REACH_FIRST_US : reach_us * REACH_GROWTH;
    return next_us < REACH_MAX_US ? next_us : REACH_MAX_US;
}

int64_t cr_reach_step_us(int64_t reach_us)
{
    uint32_t random = 0;
    (void)cr_random_bytes(&random, sizeof(random)); /* without them the next place is tried */
    return 1 + random % reach_us;
}

bool cr_key_choose(cr_key_choice *choice, int64_t time_us, cr_str last_sk, cr_sort_key *key)
{
    if (choice->reach_us > 0 && time_us <= choice->time_us + choice->reach_us) {
        time_us = choice->time_us + cr_reach_step_us(choice->reach_us);
    }
    choice->has_chosen = cr_sort_key_after(time_us, last_sk, key) &&
                         cr_time_parse(cr_sort_key_str(key), &choice->time_us);
    choice->reach_us = cr_reach_next_us(choice->reach_us);
    return choice->has_chosen;
}
