/* SPDX-License-Identifier: MIT */
/* Loads blocks of rows into a store, with several threads where the store is a service. The blocks
 * are finished in the order in which they were submitted, whatever order they are written in.
 *
 *     while there are rows:
 *         cr_loader_take()     waits for a free place, and gives its block
 *         ...                  the caller fills the block, with rows that live until it is finished
 *         cr_loader_submit()
 *     cr_loader_finish()       waits for all of them
 *     cr_loader_free()
 *
 * All four are called by one thread. */
#ifndef CR_TRANSFER_LOADER_H
#define CR_TRANSFER_LOADER_H

#include <cruddur/transfer.h>
#include <pthread.h>

#include "transfer/block.h"

#define CR_LOADER_WORKERS 16

/* A place for a block, and what became of it. */
typedef struct cr_loading {
    cr_block block;
    uint64_t rows; /* for the caller: what it wants to know when the block is finished */
    uint64_t bytes;
    cr_checksum sum;
    /* From here on the loader's. */
    enum { CR_LOADING_FREE, CR_LOADING_READY, CR_LOADING_RUNNING, CR_LOADING_DONE } state;
    cr_fate fates[CR_BLOCK_ROWS];
    cr_loaded loaded;
    cruddur_status status;
    cruddur_error *error;
} cr_loading;

/* Receives each block that was loaded, in order, on the thread that calls the loader. False stops
 * the loader: it finishes nothing more, and returns CRUDDUR_OK. */
typedef bool (*cr_loader_finished)(void *context, const cr_loading *loading);

typedef struct cr_loader {
    cr_store *store;
    cr_call *call;           /* the whole call's; each part of a block has its own */
    int64_t timeout_us;      /* of a part of a block */
    cr_load_options options; /* `fates` is not used */
    cr_loader_finished finished;
    void *context;
    cr_call part_call; /* what the call of a part begins as */
    size_t workers;    /* 0: the thread that submits does the work */
    size_t places;
    cr_loading *loading; /* a ring */
    size_t next;         /* the place that is filled next; it is also the oldest */
    bool is_stopped;     /* by a failure, or by the caller */
    bool must_end;
    pthread_mutex_t lock;
    pthread_cond_t is_ready;
    pthread_cond_t is_done;
    pthread_t threads[CRUDDUR_IMPORT_WORKERS_MAX];
    size_t started;
} cr_loader;

/* Fields up to `context` are the caller's to set before. `workers` 0: the default. To be freed with
 * cr_loader_free(), also on failure. */
cruddur_status cr_loader_start(cr_loader *loader, size_t workers);

/* *ret_loading is NULL once the loader was stopped. */
cruddur_status cr_loader_take(cr_loader *loader, cr_loading **ret_loading);

/* Loads the block that was taken: its `rows` and `count`. */
cruddur_status cr_loader_submit(cr_loader *loader, cr_loading *loading);

cruddur_status cr_loader_finish(cr_loader *loader);

void cr_loader_free(cr_loader *loader);

#endif
