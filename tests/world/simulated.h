/* SPDX-License-Identifier: MIT */
/* The simulated store: the library's own rules and its own engine of DynamoDB, on a simulated
 * service, in a world where dice decide who comes next. The same seed tells the same story. */
#ifndef TESTS_WORLD_SIMULATED_H
#define TESTS_WORLD_SIMULATED_H

#include "model/record.h"
#include "world/network.h"
#include "world/service.h"
#include "world/table.h"
#include "world/world.h"

#define SIM_CALM                                                                                   \
    (sim_weather)                                                                                  \
    {                                                                                              \
        .pace_us = 3000, .timeout_us = 20000000                                                    \
    }

/* Begins a world with an empty table, whose index lags behind by up to so many moments. */
void sim_begin(uint64_t seed, unsigned lag, const sim_weather *weather);

/* Ends it; its handles are closed. */
void sim_end(void);

/* Puts a row as another program does: whatever was there. */
void sim_put_row(const cr_row *row);

/* The row of an item; its text lies in the item or the arena. */
cr_row sim_row_of(const sim_item *item, cr_arena *arena);

/* The stream's record of a change; false for a removal, and for another program's row. */
bool sim_record_of(const sim_change *change, cr_record *record);

/* A call with the time that the weather grants. */
cr_call sim_call(cruddur_error **error);

#endif
