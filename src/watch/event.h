/* SPDX-License-Identifier: MIT */
/* Events, and lists of them. */
#ifndef CR_WATCH_EVENT_H
#define CR_WATCH_EVENT_H

#include <cruddur/watch.h>

#include "model/page.h"
#include "watch/place.h"

/* Room for the version of a message, of a change, or for a marker. */
#define CR_EVENT_VERSION_SIZE (CR_TIME_LENGTH_MAX + 1)

struct cruddur_event {
    struct cruddur_event *next;
    cruddur_event_kind kind;
    cr_uuid group;
    cr_uuid user; /* empty: none */
    char version[CR_EVENT_VERSION_SIZE];
    int64_t read_up_to_us;
    cr_packed_row *msg; /* NULL: it is about none, or that has gone */
    cr_place place;     /* after it */
    char *cursor;       /* the same as text, once it was told */
};

/* What becomes an event, with borrowed text. */
typedef struct cr_news {
    cruddur_event_kind kind;
    cr_uuid group;
    cr_str user; /* a uuid; absent: none */
    cr_str version;
    cr_str marker;         /* of a READ; absent: none */
    const cr_row *message; /* NULL: it is about none, or that has gone */
    cr_str message_sk;     /* of the message that it is about, gone or not; absent: none */
} cr_news;

typedef struct cr_event_list {
    cruddur_event *first;
    cruddur_event *last;
    size_t count;
} cr_event_list;

/* Adds an event; false when memory ran out. */
bool cr_event_list_add(cr_event_list *events, const cr_news *news, const cr_place *place);

/* Adds copies of events that were not told yet; false when memory ran out: then none is left. */
bool cr_event_list_copy(const cr_event_list *events, cr_event_list *copies);

/* Moves all of `more` to the end. */
void cr_event_list_join(cr_event_list *events, cr_event_list *more);

/* Takes the first; NULL where there is none. */
cruddur_event *cr_event_list_take(cr_event_list *events);

void cr_event_list_free(cr_event_list *events);

void cr_event_free(cruddur_event *event);

#endif
