/* SPDX-License-Identifier: MIT */
#include "processor/lineage.h"

#include <stdlib.h>

#include "base/array.h"

#define FIRST_CAPACITY 16

/* The place of the first shard whose id is not less. */
static size_t find_place(const cr_lineage *lineage, cr_str id)
{
    size_t low = 0;
    size_t high = lineage->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cr_str_compare(cr_str_of(lineage->node[middle]->id), id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

cr_node *cr_lineage_find(const cr_lineage *lineage, cr_str id)
{
    size_t place = find_place(lineage, id);
    bool is_there = place < lineage->count && cr_str_equal(cr_str_of(lineage->node[place]->id), id);
    return is_there ? lineage->node[place] : NULL;
}

cr_node *cr_lineage_add(cr_lineage *lineage, cr_str id)
{
    cr_node *node = cr_lineage_find(lineage, id);
    if (node != NULL) {
        return node;
    }
    cr_node **nodes = cr_array_grow(lineage->node, lineage->count, &lineage->capacity,
                                    FIRST_CAPACITY, sizeof(cr_node *));
    if (nodes == NULL) {
        return NULL;
    }
    lineage->node = nodes;
    node = calloc(1, sizeof(*node));
    if (node == NULL || !cr_str_keep(&node->id, id)) {
        free(node);
        return NULL;
    }
    size_t place = find_place(lineage, id);
    memmove(&lineage->node[place + 1], &lineage->node[place],
            (lineage->count - place) * sizeof(cr_node *));
    lineage->node[place] = node;
    lineage->count++;
    return node;
}

bool cr_node_set_parent(cr_node *node, cr_str parent)
{
    return cr_str_keep(&node->parent, parent);
}

bool cr_node_set_after(cr_node *node, cr_str sequence_number)
{
    return cr_str_keep(&node->after, sequence_number);
}

static const cr_node *waits_for(const cr_lineage *lineage, const cr_node *node)
{
    const cr_node *parent =
        node->parent == NULL ? NULL : cr_lineage_find(lineage, cr_str_of(node->parent));
    return parent == NULL || parent->is_done ? NULL : parent;
}

/* Shards that wait for each other in a circle, which no service should tell of, do not wait. */
bool cr_lineage_may_read(const cr_lineage *lineage, const cr_node *node)
{
    const cr_node *ancestor = waits_for(lineage, node);
    if (ancestor == NULL) {
        return true;
    }
    for (size_t steps = 0; ancestor != NULL && ancestor != node; steps++) {
        ancestor = steps > lineage->count ? NULL : waits_for(lineage, ancestor);
    }
    return ancestor == node;
}

bool cr_lineage_has_child(const cr_lineage *lineage, const cr_node *node)
{
    for (size_t i = 0; i < lineage->count; i++) {
        const char *parent = lineage->node[i]->parent;
        if (parent != NULL && strcmp(parent, node->id) == 0) {
            return true;
        }
    }
    return false;
}

bool cr_lineage_is_done(const cr_lineage *lineage)
{
    for (size_t i = 0; i < lineage->count; i++) {
        if (!lineage->node[i]->is_done) {
            return false;
        }
    }
    return true;
}

static void free_node(cr_node *node)
{
    free(node->id);
    free(node->parent);
    free(node->after);
    free(node);
}

void cr_lineage_remove(cr_lineage *lineage, size_t place)
{
    free_node(lineage->node[place]);
    lineage->count--;
    memmove(&lineage->node[place], &lineage->node[place + 1],
            (lineage->count - place) * sizeof(cr_node *));
}

void cr_lineage_free(cr_lineage *lineage)
{
    for (size_t i = 0; i < lineage->count; i++) {
        free_node(lineage->node[i]);
    }
    free(lineage->node);
    *lineage = (cr_lineage)CR_LINEAGE_INIT;
}
