/* SPDX-License-Identifier: MIT */
#include "async/inside.h"

static cr_request **bucket_of(cr_table *lanes, uint64_t lane)
{
    return &lanes->buckets[(size_t)lane & (lanes->count - 1)];
}

/* Where the first of the lane is, or would be. */
static cr_request **find(cr_table *lanes, uint64_t lane)
{
    cr_request **at = bucket_of(lanes, lane);
    while (*at != NULL && (*at)->lane != lane) {
        at = &(*at)->next_of_lane;
    }
    return at;
}

bool cr_lane_enter(cr_table *lanes, cr_request *request)
{
    request->behind = (cr_request_list){NULL, NULL};
    request->next_of_lane = NULL;
    if (request->lane == 0) {
        return true;
    }
    cr_request **at = find(lanes, request->lane);
    if (*at != NULL) {
        cr_request_list_push(&(*at)->behind, request);
        return false;
    }
    *at = request;
    return true;
}

cr_request *cr_lane_first(cr_table *lanes, cr_request *request)
{
    return request->lane == 0 ? request : *find(lanes, request->lane);
}

void cr_lane_leave_waiting(cr_table *lanes, cr_request *request)
{
    cr_request_list_remove(&(*find(lanes, request->lane))->behind, request);
}

cr_request *cr_lane_leave_first(cr_table *lanes, cr_request *request)
{
    if (request->lane == 0) {
        return NULL;
    }
    cr_request **at = find(lanes, request->lane);
    cr_request *next = cr_request_list_pop(&request->behind);
    if (next == NULL) {
        *at = request->next_of_lane;
        return NULL;
    }
    next->behind = request->behind;
    next->next_of_lane = request->next_of_lane;
    *at = next;
    return next;
}
