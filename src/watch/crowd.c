/* SPDX-License-Identifier: MIT */
#include "watch/crowd.h"

#include <string.h>

#include "base/array.h"
#include "watch/hub.h"

#define FIRST_WATCHES 16

static int compare_subject(const cr_watch_wish *wish, bool is_inbox, const cr_uuid *subject)
{
    return wish->is_inbox != is_inbox ? (int)wish->is_inbox - (int)is_inbox
                                      : cr_uuid_compare(&wish->subject, subject);
}

static int compare(const cr_watch_wish *a, const cr_watch_wish *b)
{
    int order = compare_subject(a, b->is_inbox, &b->subject);
    if (order == 0) {
        order = (int)a->has_viewer - (int)b->has_viewer;
    }
    return order == 0 && a->has_viewer ? cr_uuid_compare(&a->viewer, &b->viewer) : order;
}

/* The first that is not before such a wish. */
static size_t find_wish(const cr_crowd *crowd, const cr_watch_wish *wish)
{
    size_t low = 0;
    size_t high = crowd->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool is_before = compare(&crowd->watch[middle]->wish, wish) < 0;
        low = is_before ? middle + 1 : low;
        high = is_before ? high : middle;
    }
    return low;
}

size_t cr_crowd_find_same(const cr_crowd *crowd, const cr_watch_wish *wish, size_t *ret_end)
{
    size_t first = find_wish(crowd, wish);
    size_t end = first;
    while (end < crowd->count && compare(&crowd->watch[end]->wish, wish) == 0) {
        end++;
    }
    *ret_end = end;
    return first;
}

bool cr_crowd_add(cr_crowd *crowd, cruddur_watch *watch)
{
    cruddur_watch **grown =
        cr_array_grow(crowd->watch, crowd->count, &crowd->capacity, FIRST_WATCHES, sizeof(void *));
    if (grown == NULL) {
        return false;
    }
    crowd->watch = grown;
    size_t at = find_wish(crowd, &watch->wish);
    memmove(grown + at + 1, grown + at, (crowd->count - at) * sizeof(void *));
    grown[at] = watch;
    crowd->count++;
    return true;
}

void cr_crowd_remove(cr_crowd *crowd, const cruddur_watch *watch)
{
    size_t at = find_wish(crowd, &watch->wish);
    while (at < crowd->count && crowd->watch[at] != watch) {
        at++;
    }
    if (at < crowd->count) {
        crowd->count--;
        memmove(crowd->watch + at, crowd->watch + at + 1, (crowd->count - at) * sizeof(void *));
    }
}

size_t cr_crowd_find(const cr_crowd *crowd, bool is_inbox, const cr_uuid *subject)
{
    size_t low = 0;
    size_t high = crowd->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool is_before = compare_subject(&crowd->watch[middle]->wish, is_inbox, subject) < 0;
        low = is_before ? middle + 1 : low;
        high = is_before ? high : middle;
    }
    return low;
}

bool cr_crowd_has(const cr_crowd *crowd, size_t at, bool is_inbox, const cr_uuid *subject)
{
    return at < crowd->count && compare_subject(&crowd->watch[at]->wish, is_inbox, subject) == 0;
}
