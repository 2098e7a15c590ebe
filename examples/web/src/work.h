/* SPDX-License-Identifier: MIT */
/* A few threads for what has no form that returns at once: opening a watch, asking PostgreSQL,
 * fetching keys. */
#ifndef WEB_WORK_H
#define WEB_WORK_H

#include <pthread.h>
#include <stdbool.h>

#define WORK_THREADS 4

struct job {
    void (*run)(struct job *self);  /* on a worker thread */
    void (*done)(struct job *self); /* afterwards, on the event loop */
    struct job *next;
};

struct job_queue {
    struct job *first, **last;
};

struct work {
    pthread_t threads[WORK_THREADS];
    unsigned thread_count;
    pthread_mutex_t mutex;
    pthread_cond_t is_wanted;
    struct job_queue waiting, finished;
    int fd; /* readable while jobs are finished */
    bool is_over;
};

bool work_start(struct work *self);
void work_add(struct work *self, struct job *job);

/* Calls `done` of the finished jobs. */
void work_receive(struct work *self);

/* Waits until all jobs have run, and calls `done` of each. */
void work_stop(struct work *self);

#endif
