/* SPDX-License-Identifier: MIT */
#include "processor/events.h"

#include <stdlib.h>
#include <string.h>

#include "base/thread.h"

/* One event and its strings, in one allocation. */
struct cr_told {
    cr_told *next;
    cruddur_follow_event event;
    char text[];
};

static size_t size_of(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

/* Copies a string to *room, moves *room on, and returns the copy. */
static const char *copy_text(char **room, const char *text)
{
    size_t size = size_of(text);
    char *copy = *room;
    if (size == 0) {
        return NULL;
    }
    memcpy(copy, text, size);
    *room += size;
    return copy;
}

static cr_told *copy_event(const cruddur_follow_event *event)
{
    size_t size =
        size_of(event->shard_id) + size_of(event->sequence_number) + size_of(event->message);
    cr_told *told = malloc(sizeof(*told) + size);
    if (told == NULL) {
        return NULL;
    }
    char *room = told->text;
    told->next = NULL;
    told->event = *event;
    told->event.size = sizeof(*event);
    told->event.shard_id = copy_text(&room, event->shard_id);
    told->event.sequence_number = copy_text(&room, event->sequence_number);
    told->event.message = copy_text(&room, event->message);
    return told;
}

/* ---- the thread that delivers ---- */

static void log_event(const cr_events *events, const cruddur_follow_event *event)
{
    static const char *const words[] = {
        [CRUDDUR_FOLLOW_GAP] = "records were lost",
        [CRUDDUR_FOLLOW_RECORD_FAILED] = "a record was passed over",
        [CRUDDUR_FOLLOW_TROUBLE] = "trouble",
    };
    if (event->kind < CRUDDUR_FOLLOW_GAP) {
        return;
    }
    cr_log_line(&events->logger, CRUDDUR_LOG_WARNING, "stream: %s: shard %s, record %s: %s",
                words[event->kind], event->shard_id == NULL ? "-" : event->shard_id,
                event->sequence_number == NULL ? "-" : event->sequence_number, event->message);
}

static void deliver(const cr_events *events, const cruddur_follow_event *event)
{
    log_event(events, event);
    if (events->options->observe != NULL) {
        events->options->observe(events->options->data, event);
    }
}

/* Waits for an event and takes it; NULL at the end. */
static cr_told *take_first(cr_events *events)
{
    (void)pthread_mutex_lock(&events->lock);
    while (events->first == NULL && !events->has_ended) {
        (void)pthread_cond_wait(&events->changed, &events->lock);
    }
    cr_told *told = events->first;
    if (told != NULL) {
        events->first = told->next;
        events->last = told->next == NULL ? &events->first : events->last;
        (void)pthread_cond_broadcast(&events->changed);
    }
    (void)pthread_mutex_unlock(&events->lock);
    return told;
}

static void *deliver_all(void *argument)
{
    cr_events *events = argument;
    cr_told *told;
    while ((told = take_first(events)) != NULL) {
        deliver(events, &told->event);
        free(told);
    }
    return NULL;
}

/* ---- everybody else ---- */

bool cr_events_start(cr_events *events, const cruddur_follow_options *options,
                     const cr_logger *logger)
{
    *events = (cr_events){.options = options, .logger = *logger};
    events->last = &events->first;
    if (pthread_mutex_init(&events->lock, NULL) != 0) {
        return false;
    }
    if (pthread_cond_init(&events->changed, NULL) != 0) {
        (void)pthread_mutex_destroy(&events->lock);
        return false;
    }
    if (!cr_thread_start(&events->thread, deliver_all, events)) {
        (void)pthread_cond_destroy(&events->changed);
        (void)pthread_mutex_destroy(&events->lock);
        return false;
    }
    return true;
}

void cr_events_add(cr_events *events, const cruddur_follow_event *event)
{
    cr_told *told = copy_event(event);
    (void)pthread_mutex_lock(&events->lock);
    if (told == NULL) {
        events->no_memory = true;
    } else {
        *events->last = told;
        events->last = &told->next;
        (void)pthread_cond_broadcast(&events->changed);
    }
    (void)pthread_mutex_unlock(&events->lock);
}

/* Under the lock. */
static size_t count_of_shard(const cr_events *events, const char *shard_id)
{
    size_t count = 0;
    for (const cr_told *told = events->first; told != NULL; told = told->next) {
        const char *id = told->event.shard_id;
        count += id != NULL && strcmp(id, shard_id) == 0 ? 1 : 0;
    }
    return count;
}

void cr_events_await_room(cr_events *events, const char *shard_id)
{
    (void)pthread_mutex_lock(&events->lock);
    while (count_of_shard(events, shard_id) >= CR_EVENTS_OF_SHARD_MAX) {
        (void)pthread_cond_wait(&events->changed, &events->lock);
    }
    (void)pthread_mutex_unlock(&events->lock);
}

bool cr_events_are_lost(cr_events *events)
{
    (void)pthread_mutex_lock(&events->lock);
    bool are_lost = events->no_memory;
    (void)pthread_mutex_unlock(&events->lock);
    return are_lost;
}

void cr_events_end(cr_events *events)
{
    (void)pthread_mutex_lock(&events->lock);
    events->has_ended = true;
    (void)pthread_cond_broadcast(&events->changed);
    (void)pthread_mutex_unlock(&events->lock);
    (void)pthread_join(events->thread, NULL);
    (void)pthread_cond_destroy(&events->changed);
    (void)pthread_mutex_destroy(&events->lock);
}
