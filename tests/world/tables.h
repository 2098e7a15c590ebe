/* SPDX-License-Identifier: MIT */
/* Tables as the simulated service describes them. */
#ifndef TESTS_WORLD_TABLES_H
#define TESTS_WORLD_TABLES_H

#include <stdint.h>

#include "world/requests.h"

void sim_create_table(cr_json *in, size_t job, sim_answer *answer);
void sim_describe_table(cr_json *in, size_t job, sim_answer *answer);
void sim_update_table(cr_json *in, size_t job, sim_answer *answer);
void sim_delete_table(cr_json *in, size_t job, sim_answer *answer);
void sim_describe_time_to_live(cr_json *in, size_t job, sim_answer *answer);
void sim_update_time_to_live(cr_json *in, size_t job, sim_answer *answer);

#define SIM_SHARDS_MAX 64
#define SIM_NO_SHARD SIM_SHARDS_MAX

/* Has the changes, between two of the table's, of those keys whose hash has these bits. */
typedef struct sim_shard {
    size_t parent; /* or SIM_NO_SHARD */
    size_t from;
    size_t to; /* SIZE_MAX: it is open */
    uint32_t mask;
    uint32_t bits;
} sim_shard;

typedef struct sim_about {
    struct sim_about *next;
    char *name;
    char *attributes; /* as they were told */
    char *keys;
    char *indexes; /* objects, with commas between them */
    char *capacity;
    char expires_by[256]; /* an attribute; empty: none */
    char view[24];        /* of its stream; empty: it has none */
    bool is_protected;
    sim_shard shard[SIM_SHARDS_MAX];
    size_t shard_count;
    size_t trimmed; /* so many changes are no longer in the stream */
} sim_about;

/* Begins with the first table only, which has a stream of its new rows. */
void sim_tables_begin(void);
void sim_tables_end(void);

/* NULL: no request has made it, and it is not the first one. */
sim_about *sim_tables_find(cr_str name);

/* Removes what has expired by this time, in the table that is chosen; so many of what there is. */
size_t sim_tables_expire(const sim_about *about, int64_t now_s);

#endif
