/* SPDX-License-Identifier: MIT */
/* What the two halves of the simulated service share: reading requests, and answering them. */
#ifndef TESTS_WORLD_REQUESTS_H
#define TESTS_WORLD_REQUESTS_H

#include "base/json.h"
#include "world/service.h"

/* Ends the program unless this is so: the service does not know `what`. */
void sim_expect(bool is_good, cr_str what);

static inline bool sim_is_name(cr_str name, const char *text)
{
    return cr_str_equal(name, cr_str_of(text));
}

cr_key sim_read_key(cr_json *in);

/* {"Item": …}; without one where there is none. */
void sim_answer_item(sim_answer *answer, const sim_item *item);

/* PutItem and DeleteItem, and transactions, from the members of the request on. */
void sim_handle_write(cr_json *in, bool is_put, size_t job, sim_answer *answer);
void sim_handle_transaction(cr_json *in, size_t job, sim_answer *answer);

/* Whether a read by key shows a row as it was, because of a planted fault. */
bool sim_service_is_stale(void);

#endif
