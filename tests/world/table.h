/* SPDX-License-Identifier: MIT */
/* The items of a simulated table, with all that they were before, so that its index can lag behind;
 * and the log of its changes, which is its stream. */
#ifndef TESTS_WORLD_TABLE_H
#define TESTS_WORLD_TABLE_H

#include "model/row.h"

#define SIM_ATTRIBUTES_MAX 32

typedef struct sim_attribute {
    cr_str name;
    cr_str value; /* {"S":"…"} */
} sim_attribute;

/* An item as text, and what is in it. It stays until the table ends. */
typedef struct sim_item {
    cr_str json;
    size_t count;
    sim_attribute attribute[SIM_ATTRIBUTES_MAX];
    cr_str pk; /* these three without quotes */
    cr_str sk;
    cr_str group; /* message_group_uuid; absent: not in the index */
} sim_item;

typedef struct sim_change {
    const sim_item *old; /* NULL: there was none */
    const sim_item *new; /* NULL: it was removed */
    size_t job;          /* that sent the request; SIM_NO_JOB: it came late, or from outside */
} sim_change;

/* The index shows each item as it was up to `lag` moments ago. A request is a moment. */
void sim_table_begin(unsigned lag);
void sim_table_end(void);
void sim_table_set_lag(unsigned lag);
void sim_table_pass_moment(void);

const sim_item *sim_table_get(cr_key key);

/* As it was up to so many moments ago. */
const sim_item *sim_table_get_before(cr_key key, unsigned moments);
void sim_table_put(cr_str json, size_t job);
void sim_table_remove(cr_key key, size_t job);

/* What a query asks for: a partition of the table or of the index, between two keys, both included
 * (absent: no bound). */
typedef struct sim_range {
    bool is_index;
    cr_str partition;
    cr_str lower;
    cr_str upper;
} sim_range;

/* The items of a range, by sort key, and in the index by pk where that is the same; *found is valid
 * until the next query. */
size_t sim_table_query(const sim_range *range, const sim_item *const **found);

/* All keys that there ever were; NULL where no item has the key now. */
size_t sim_table_size(void);
const sim_item *sim_table_at(size_t index);

/* The changes of message rows, in the order of their commits. */
size_t sim_log_size(void);
const sim_change *sim_log_at(size_t index);

/* The value of an attribute as JSON, and of a string without its quotes; absent where the item has
 * none, or it is no string. */
cr_str sim_item_value(const sim_item *item, cr_str name);
cr_str sim_item_text(const sim_item *item, const char *name);

bool sim_has_prefix(cr_str text, const char *prefix);
bool sim_contains(cr_str text, const char *part);

#endif
