/* SPDX-License-Identifier: MIT */
/* The streams of the simulated tables: shards that split and close, iterators that expire, and
 * records that are trimmed. */
#ifndef TESTS_WORLD_STREAMS_H
#define TESTS_WORLD_STREAMS_H

#include "world/tables.h"

#define SIM_ITERATOR_US INT64_C(900000000)

void sim_describe_stream(cr_json *in, size_t job, sim_answer *answer);
void sim_get_shard_iterator(cr_json *in, size_t job, sim_answer *answer);
void sim_get_records(cr_json *in, size_t job, sim_answer *answer);

/* The stream's name, in quotes. */
void sim_streams_add_name(cr_buffer *out, const sim_about *about);

/* Begins a stream with the changes that come from now on; the table is chosen. */
void sim_streams_begin(sim_about *about);

/* Closes the shards that are open, and makes two of each. */
void sim_streams_split(sim_about *about);

/* Forgets the oldest changes but for so many. */
void sim_streams_trim(sim_about *about, size_t kept);

#endif
