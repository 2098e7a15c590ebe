/* SPDX-License-Identifier: MIT */
#include "async/inside.h"

static void put(cr_timer *timer, size_t place, cr_request *request)
{
    timer->heap[place] = request;
    request->place = place;
}

static void rise(cr_timer *timer, size_t place, cr_request *request)
{
    while (place > 0) {
        cr_request *parent = timer->heap[(place - 1) / 2];
        if (parent->deadline_us <= request->deadline_us) {
            break;
        }
        put(timer, place, parent);
        place = (place - 1) / 2;
    }
    put(timer, place, request);
}

static void sink(cr_timer *timer, size_t place, cr_request *request)
{
    for (size_t child; (child = 2 * place + 1) < timer->count; place = child) {
        cr_request **heap = timer->heap;
        if (child + 1 < timer->count && heap[child + 1]->deadline_us < heap[child]->deadline_us) {
            child++;
        }
        if (request->deadline_us <= heap[child]->deadline_us) {
            break;
        }
        put(timer, place, heap[child]);
    }
    put(timer, place, request);
}

void cr_timer_add(cr_timer *timer, cr_request *request)
{
    request->place = CR_NO_PLACE;
    if (request->deadline_us < INT64_MAX) {
        rise(timer, timer->count++, request);
    }
}

void cr_timer_remove(cr_timer *timer, cr_request *request)
{
    size_t place = request->place;
    if (place == CR_NO_PLACE) {
        return;
    }
    request->place = CR_NO_PLACE;
    cr_request *last = timer->heap[--timer->count];
    if (last == request) {
        return;
    }
    if (last->deadline_us < request->deadline_us) {
        rise(timer, place, last);
    } else {
        sink(timer, place, last);
    }
}

int64_t cr_timer_next_us(const cr_timer *timer)
{
    return timer->count == 0 ? INT64_MAX : timer->heap[0]->deadline_us;
}
