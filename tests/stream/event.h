/* SPDX-License-Identifier: MIT */
/* Stream events as text. */
#ifndef TESTS_STREAM_EVENT_H
#define TESTS_STREAM_EVENT_H

#include <cruddur/cruddur.h>
#include <stdio.h>

typedef struct event {
    FILE *file;
    char *text; /* once it is finished */
    size_t size;
    size_t records;
} event;

void event_begin(event *made);

/* Adds a record as it is given. */
void event_add(event *made, const char *record);

/* Adds the insert of a row of a page, under this sequence number. */
void event_add_insert(event *made, const cruddur_row_page *page, size_t index, unsigned number);

/* Adds the change of such a row to one with this text. */
void event_add_change(event *made, const cruddur_row_page *page, size_t index, const char *text,
                      unsigned number);

/* The same as an insert for any key and author; NULL leaves it out. */
void event_add_key(event *made, const char *pk, const char *sk, const char *user_uuid,
                   unsigned number);

void event_finish(event *made);
void event_free(event *made);

/* Applies it and frees it; the call must succeed. */
cruddur_stream_result *event_apply(event *made, cruddur *dm, const cruddur_stream_options *options);

#endif
