/* SPDX-License-Identifier: MIT */
/* Requests that run for as long as a test of the pool wants. */
#ifndef TESTS_ASYNC_FAKES_H
#define TESTS_ASYNC_FAKES_H

#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>

#include "async/inside.h"

typedef struct fake {
    cr_request request;
    bool is_held; /* runs until the gate is posted, or until it is cancelled */
} fake;

extern sem_t began;  /* posted by each held request that runs */
extern sem_t gate;   /* lets one held request end */
extern sem_t called; /* posted by each callback */
extern atomic_size_t released;
extern atomic_uint_fast64_t callback_order[64];
extern atomic_size_t callback_count;

void run(cr_request *request);
void release(cr_request *request);
void note_callback(void *data, cruddur_completion *completion);
void hold_callback(void *data, cruddur_completion *completion); /* until the gate is posted */
cr_pool *open_pool(uint32_t threads, uint32_t max_requests);
fake *make(uint64_t lane, bool is_held);
uint64_t submit(cr_pool *pool, fake *request);
uint64_t submit_simple(cr_pool *pool, uint64_t lane, bool is_held);
void wait_for(sem_t *semaphore);

/* Receives one, which has this number (0: any) and status. */
void expect_next(cr_pool *pool, uint64_t id, cruddur_status status);
void expect_none(cr_pool *pool);

/* A thread that cancels the latest ones again and again until it is to end. */
typedef struct canceller {
    cr_pool *pool;
    atomic_uint_fast64_t *latest;
    atomic_bool *ends;
} canceller;

void *cancel_much(void *argument);

#endif
