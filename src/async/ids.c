/* SPDX-License-Identifier: MIT */
#include "async/inside.h"

/* Numbers are given one after the other, so they spread evenly. */
static cr_request **find(const cr_table *ids, uint64_t id)
{
    cr_request **at = &ids->buckets[(size_t)id & (ids->count - 1)];
    while (*at != NULL && (*at)->id != id) {
        at = &(*at)->next_of_id;
    }
    return at;
}

void cr_ids_add(cr_table *ids, cr_request *request)
{
    cr_request **bucket = &ids->buckets[(size_t)request->id & (ids->count - 1)];
    request->next_of_id = *bucket;
    *bucket = request;
}

void cr_ids_remove(cr_table *ids, const cr_request *request)
{
    *find(ids, request->id) = request->next_of_id;
}

cr_request *cr_ids_find(const cr_table *ids, uint64_t id)
{
    return *find(ids, id);
}
