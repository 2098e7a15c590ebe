/* SPDX-License-Identifier: MIT */
#include "store/bell.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/fork.h"

struct cr_bell {
    cr_bell *next; /* in the list; these three under its lock */
    size_t users;
    struct list *list; /* NULL: nobody else can find it */
    char *place;
    pthread_mutex_t lock;
    cr_listener *first;
    _Atomic size_t listeners;
};

/* The bells of one process. A child of fork() begins a list of its own: the locks of its parent's
 * may be held by threads that the child does not have. */
typedef struct list {
    struct list *previous; /* of the parent; kept, as handles of the parent's lead there */
    uint32_t generation;
    pthread_mutex_t lock;
    cr_bell *first;
} list;

static _Atomic(list *) current;

static list *make_list(list *previous, uint32_t generation)
{
    list *made = calloc(1, sizeof(*made));
    if (made != NULL && pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made);
        return NULL;
    }
    if (made != NULL) {
        made->previous = previous;
        made->generation = generation;
    }
    return made;
}

static list *find_list(void)
{
    uint32_t generation = cr_fork_generation();
    list *found = atomic_load(&current);
    while (found == NULL || found->generation != generation) {
        list *made = make_list(found, generation);
        if (made == NULL) {
            return NULL;
        }
        if (atomic_compare_exchange_strong(&current, &found, made)) {
            return made;
        }
        (void)pthread_mutex_destroy(&made->lock);
        free(made);
    }
    return found;
}

static cr_bell *make_bell(list *in, const char *place)
{
    cr_bell *bell = calloc(1, sizeof(*bell));
    if (bell == NULL) {
        return NULL;
    }
    bell->place = strdup(place);
    if (bell->place == NULL || pthread_mutex_init(&bell->lock, NULL) != 0) {
        free(bell->place);
        free(bell);
        return NULL;
    }
    bell->users = 1;
    bell->list = in;
    atomic_init(&bell->listeners, 0);
    return bell;
}

static void free_bell(cr_bell *bell)
{
    (void)pthread_mutex_destroy(&bell->lock);
    free(bell->place);
    free(bell);
}

cr_bell *cr_bell_of(const char *place)
{
    list *in = place == NULL ? NULL : find_list();
    if (in == NULL) {
        return place == NULL ? make_bell(NULL, "") : NULL;
    }
    (void)pthread_mutex_lock(&in->lock);
    cr_bell *bell = in->first;
    while (bell != NULL && strcmp(bell->place, place) != 0) {
        bell = bell->next;
    }
    if (bell != NULL) {
        bell->users++;
    } else {
        bell = make_bell(in, place);
        if (bell != NULL) {
            bell->next = in->first;
            in->first = bell;
        }
    }
    (void)pthread_mutex_unlock(&in->lock);
    return bell;
}

void cr_bell_leave(cr_bell *bell)
{
    bool is_last = bell != NULL;
    if (bell != NULL && bell->list != NULL) {
        list *in = bell->list;
        (void)pthread_mutex_lock(&in->lock);
        is_last = --bell->users == 0;
        for (cr_bell **link = &in->first; is_last && *link != NULL; link = &(*link)->next) {
            if (*link == bell) {
                *link = bell->next;
                break;
            }
        }
        (void)pthread_mutex_unlock(&in->lock);
    }
    if (is_last) {
        free_bell(bell);
    }
}

const char *cr_bell_place(const cr_bell *bell)
{
    return bell->place;
}

void cr_bell_listen(cr_bell *bell, cr_listener *listener)
{
    (void)pthread_mutex_lock(&bell->lock);
    listener->next = bell->first;
    bell->first = listener;
    (void)pthread_mutex_unlock(&bell->lock);
    (void)atomic_fetch_add(&bell->listeners, 1);
}

void cr_bell_unlisten(cr_bell *bell, const cr_listener *listener)
{
    (void)atomic_fetch_sub(&bell->listeners, 1);
    (void)pthread_mutex_lock(&bell->lock);
    for (cr_listener **link = &bell->first; *link != NULL; link = &(*link)->next) {
        if (*link == listener) {
            *link = listener->next;
            break;
        }
    }
    (void)pthread_mutex_unlock(&bell->lock);
}

bool cr_bell_is_heard(const cr_bell *bell)
{
    return atomic_load(&bell->listeners) > 0;
}

void cr_bell_ring(cr_bell *bell, const cr_key *keys, size_t count)
{
    if (!cr_bell_is_heard(bell)) {
        return;
    }
    (void)pthread_mutex_lock(&bell->lock);
    for (const cr_listener *listener = bell->first; listener != NULL; listener = listener->next) {
        listener->hear(listener->context, keys, count);
    }
    (void)pthread_mutex_unlock(&bell->lock);
}
