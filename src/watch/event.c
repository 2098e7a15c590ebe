/* SPDX-License-Identifier: MIT */
#include "watch/event.h"

#include "model/marker.h"

static void copy_text(char *to, size_t size, cr_str text)
{
    size_t kept = text.size < size - 1 ? text.size : size - 1;
    if (kept > 0) {
        memcpy(to, text.data, kept);
    }
    to[kept] = '\0';
}

static cruddur_event *make(const cr_news *news, const cr_place *place)
{
    cruddur_event *event = calloc(1, sizeof(*event));
    if (event == NULL) {
        return NULL;
    }
    event->kind = news->kind;
    event->group = news->group;
    event->place = *place;
    event->read_up_to_us = CRUDDUR_TIME_UNKNOWN;
    copy_text(event->user.text, sizeof(event->user.text), news->user);
    copy_text(event->version, sizeof(event->version), news->version);
    if (news->marker.data != NULL) {
        (void)cr_time_parse(news->marker, &event->read_up_to_us);
    }
    if (news->message != NULL) {
        event->msg = cr_pack_row(news->message);
        if (event->msg == NULL) {
            free(event);
            return NULL;
        }
    }
    return event;
}

bool cr_event_list_add(cr_event_list *events, const cr_news *news, const cr_place *place)
{
    cruddur_event *event = make(news, place);
    if (event == NULL) {
        return false;
    }
    cr_event_list one = {event, event, 1};
    cr_event_list_join(events, &one);
    return true;
}

static size_t size_of_packed(const cr_packed_row *row)
{
    size_t size = sizeof(*row);
    for (int i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        const char *text = cr_packed_get(row, (cr_attribute)i);
        size_t end = text == NULL ? 0 : (size_t)row->distance[i] + strlen(text) + 1;
        size = end > size ? end : size;
    }
    return size;
}

static cruddur_event *copy_event(const cruddur_event *event)
{
    cruddur_event *copy = malloc(sizeof(*copy));
    if (copy == NULL) {
        return NULL;
    }
    *copy = *event;
    copy->next = NULL;
    copy->cursor = NULL;
    if (event->msg != NULL) {
        size_t size = size_of_packed(event->msg);
        copy->msg = malloc(size);
        if (copy->msg == NULL) {
            free(copy);
            return NULL;
        }
        memcpy(copy->msg, event->msg, size);
    }
    return copy;
}

bool cr_event_list_copy(const cr_event_list *events, cr_event_list *copies)
{
    for (const cruddur_event *event = events->first; event != NULL; event = event->next) {
        cruddur_event *copy = copy_event(event);
        if (copy == NULL) {
            cr_event_list_free(copies);
            return false;
        }
        cr_event_list one = {copy, copy, 1};
        cr_event_list_join(copies, &one);
    }
    return true;
}

void cr_event_list_join(cr_event_list *events, cr_event_list *more)
{
    if (more->first == NULL) {
        return;
    }
    if (events->first == NULL) {
        events->first = more->first;
    } else {
        events->last->next = more->first;
    }
    events->last = more->last;
    events->count += more->count;
    *more = (cr_event_list){NULL, NULL, 0};
}

cruddur_event *cr_event_list_take(cr_event_list *events)
{
    cruddur_event *event = events->first;
    if (event != NULL) {
        events->first = event->next;
        events->last = event->next == NULL ? NULL : events->last;
        events->count--;
        event->next = NULL;
    }
    return event;
}

void cr_event_list_free(cr_event_list *events)
{
    cruddur_event *event;
    while ((event = cr_event_list_take(events)) != NULL) {
        cr_event_free(event);
    }
}

void cr_event_free(cruddur_event *event)
{
    if (event != NULL) {
        free(event->msg);
        free(event->cursor);
        free(event);
    }
}
