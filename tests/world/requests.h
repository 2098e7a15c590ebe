/* SPDX-License-Identifier: MIT */
/* What the parts of the simulated service share: reading requests, and answering them. */
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

/* Answers with an error, unless there is one already. */
void sim_refuse(sim_answer *answer, const char *code);
#define SIM_INVALID "ValidationException"

static inline bool sim_is_refused(const sim_answer *answer)
{
    return answer->status != 200;
}

/* Reads a table's name, and chooses it. */
void sim_read_table(cr_json *in, sim_answer *answer);

/* A name that is a member's name. */
void sim_choose_table(cr_str name, sim_answer *answer);

/* Strings only; another key is refused. */
cr_key sim_read_key(cr_json *in, sim_answer *answer);

/* Refuses a key that a table cannot have. */
void sim_check_key(cr_key key, sim_answer *answer);

/* {"Item": …}; without one where there is none. */
void sim_answer_item(sim_answer *answer, const sim_item *item);

/* Each reads a request from its members on, and answers it. */
typedef void (*sim_handler)(cr_json *in, size_t job, sim_answer *answer);

void sim_get_item(cr_json *in, size_t job, sim_answer *answer);
void sim_batch_get_item(cr_json *in, size_t job, sim_answer *answer);
void sim_query(cr_json *in, size_t job, sim_answer *answer);
void sim_scan(cr_json *in, size_t job, sim_answer *answer);
void sim_put_item(cr_json *in, size_t job, sim_answer *answer);
void sim_delete_item(cr_json *in, size_t job, sim_answer *answer);
void sim_batch_write_item(cr_json *in, size_t job, sim_answer *answer);
void sim_transact_write_items(cr_json *in, size_t job, sim_answer *answer);

/* Whether a read by key shows a row as it was, because of a planted fault. */
bool sim_service_is_stale(void);
bool sim_service_is_eventual(void);

const sim_manners *sim_service_manners(void);

#endif
