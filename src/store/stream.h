/* SPDX-License-Identifier: MIT */
/* The seam between whoever follows a table's stream and the engines that have one.
 *
 * A stream is a set of shards, each a list of records. A shard that was split, or went on as
 * another, is closed: it has an end, and its children's records come after all of its own. */
#ifndef CR_STORE_STREAM_H
#define CR_STORE_STREAM_H

#include "base/arena.h"
#include "base/call.h"
#include "model/record.h"
#include "store/store.h"

typedef struct cr_shard {
    cr_str id;
    cr_str parent; /* absent: none */
    bool is_closed;
} cr_shard;

typedef struct cr_shards {
    bool is_enabled;        /* more may come */
    bool has_clock;
    int64_t clock_ahead_us; /* of the service's clock before ours; 0 where it does not tell */
    cr_shard *shard;
    size_t count;
} cr_shards;

/* Where in a shard to begin. */
typedef enum cr_shard_start {
    CR_SHARD_OLDEST,
    CR_SHARD_LATEST, /* behind everything that is there */
    CR_SHARD_AFTER,  /* a sequence number */
} cr_shard_start;

/* What became of a question about a shard that was understood. */
typedef enum cr_shard_state {
    CR_SHARD_GOOD,
    CR_SHARD_EXPIRED, /* the iterator is too old: get another */
    CR_SHARD_TRIMMED, /* the records behind this place are not kept any more */
    CR_SHARD_GONE,    /* nor is the shard */
} cr_shard_state;

/* Text is borrowed from the arena. Any number of threads may call. */
struct cr_stream_ops {
    /* Finds the table's stream; a table that gets a new one gets one of another name.
     * CRUDDUR_E_TABLE_SHAPE: it has none, or one that does not tell what is needed. */
    cruddur_status (*find_stream)(cr_store *store, cr_arena *arena, cr_call *call, cr_str *stream);

    /* Lists all shards. CRUDDUR_E_TABLE_SHAPE: the stream is not kept any more. */
    cruddur_status (*list_shards)(cr_store *store, cr_str stream, cr_arena *arena, cr_call *call,
                                  cr_shards *shards);

    /* Gets an iterator, good for some minutes. It is absent unless the state is good. */
    cruddur_status (*get_iterator)(cr_store *store, cr_str stream, cr_str shard,
                                   cr_shard_start start, cr_str sequence_number, cr_arena *arena,
                                   cr_call *call, cr_shard_state *state, cr_str *iterator);

    /* Gets up to `limit` records and the next iterator, which is absent where a closed shard ends.
     * There may be none although more are to come. */
    cruddur_status (*get_records)(cr_store *store, cr_str iterator, unsigned limit, cr_arena *arena,
                                  cr_call *call, cr_shard_state *state, cr_records *records);
};

#endif
