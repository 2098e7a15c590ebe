/* SPDX-License-Identifier: MIT */
#include "work.h"

#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void put(struct job_queue *queue, struct job *job)
{
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
}

static struct job *take_all(struct job_queue *queue)
{
    struct job *first = queue->first;
    *queue = (struct job_queue){NULL, &queue->first};
    return first;
}

static struct job *take_first(struct job_queue *queue)
{
    struct job *job = queue->first;
    if (job != NULL && (queue->first = job->next) == NULL) {
        queue->last = &queue->first;
    }
    return job;
}

static void *run_jobs(void *data)
{
    struct work *self = data;
    pthread_mutex_lock(&self->mutex);
    for (;;) {
        struct job *job = take_first(&self->waiting);
        if (job != NULL) {
            pthread_mutex_unlock(&self->mutex);
            job->run(job);
            pthread_mutex_lock(&self->mutex);
            put(&self->finished, job);
            (void)eventfd_write(self->fd, 1); /* fails only if it is readable already */
        } else if (self->is_over) {
            break;
        } else {
            pthread_cond_wait(&self->is_wanted, &self->mutex);
        }
    }
    pthread_mutex_unlock(&self->mutex);
    return NULL;
}

bool work_start(struct work *self)
{
    sigset_t all, before;
    self->waiting = (struct job_queue){NULL, &self->waiting.first};
    self->finished = (struct job_queue){NULL, &self->finished.first};
    self->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (self->fd < 0 || pthread_mutex_init(&self->mutex, NULL) != 0 ||
        pthread_cond_init(&self->is_wanted, NULL) != 0) {
        return false;
    }
    (void)sigfillset(&all); /* signals are for the event loop */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (self->thread_count < WORK_THREADS &&
           pthread_create(&self->threads[self->thread_count], NULL, run_jobs, self) == 0) {
        self->thread_count++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return self->thread_count > 0;
}

void work_add(struct work *self, struct job *job)
{
    pthread_mutex_lock(&self->mutex);
    put(&self->waiting, job);
    pthread_cond_signal(&self->is_wanted);
    pthread_mutex_unlock(&self->mutex);
}

void work_receive(struct work *self)
{
    eventfd_t count;
    (void)eventfd_read(self->fd, &count);
    pthread_mutex_lock(&self->mutex);
    struct job *job = take_all(&self->finished);
    pthread_mutex_unlock(&self->mutex);
    while (job != NULL) {
        struct job *next = job->next;
        job->done(job);
        job = next;
    }
}

void work_stop(struct work *self)
{
    pthread_mutex_lock(&self->mutex);
    self->is_over = true;
    pthread_cond_broadcast(&self->is_wanted);
    pthread_mutex_unlock(&self->mutex);
    for (unsigned i = 0; i < self->thread_count; i++) {
        pthread_join(self->threads[i], NULL);
    }
    work_receive(self);
    close(self->fd);
    pthread_cond_destroy(&self->is_wanted);
    pthread_mutex_destroy(&self->mutex);
}
