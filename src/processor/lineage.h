/* SPDX-License-Identifier: MIT */
/* The shards of a stream, how far each was applied, and which may be read now: a parent's records
 * come before those of its children. Pure; not for several threads at once. */
#ifndef CR_PROCESSOR_LINEAGE_H
#define CR_PROCESSOR_LINEAGE_H

#include "base/str.h"

typedef struct cr_reader cr_reader;

/* A shard. It stays where it is until it is removed. */
typedef struct cr_node {
    char *id;
    char *parent;      /* NULL: none */
    char *after;       /* the sequence number up to which it was applied; NULL: none was */
    bool is_done;      /* there is nothing left to read in it */
    bool is_listed;    /* the latest listing has it */
    cr_reader *reader; /* of whoever reads it; NULL: nobody's yet */
} cr_node;

typedef struct cr_lineage {
    cr_node **node; /* by their ids */
    size_t count;
    size_t capacity;
} cr_lineage;

#define CR_LINEAGE_INIT                                                                            \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

/* NULL: there is none. */
cr_node *cr_lineage_find(const cr_lineage *lineage, cr_str id);

/* Finds a shard, or adds it; NULL when memory ran out. */
cr_node *cr_lineage_add(cr_lineage *lineage, cr_str id);

/* Each is false, and nothing changed, when memory ran out. Absent: none. */
bool cr_node_set_parent(cr_node *node, cr_str parent);
bool cr_node_set_after(cr_node *node, cr_str sequence_number);

/* Whether any shard names this one as its parent. */
bool cr_lineage_has_child(const cr_lineage *lineage, const cr_node *node);

/* Whether the shard's turn has come: its parent is done, or not kept any more. */
bool cr_lineage_may_read(const cr_lineage *lineage, const cr_node *node);

bool cr_lineage_is_done(const cr_lineage *lineage);

/* Removes the shard at this place. */
void cr_lineage_remove(cr_lineage *lineage, size_t place);

void cr_lineage_free(cr_lineage *lineage);

#endif
