/* SPDX-License-Identifier: MIT */
/* The items of a simulated table, with all that they were before, so that its index can lag behind;
 * and the log of its changes, which is its stream. */
#ifndef TESTS_WORLD_TABLE_H
#define TESTS_WORLD_TABLE_H

#include <stdint.h>

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
    cr_str group;  /* message_group_uuid; absent: not in the index */
    size_t size;   /* as the service counts */
    uint32_t hash; /* of pk */
} sim_item;

typedef struct sim_change {
    const sim_item *old; /* NULL: there was none */
    const sim_item *new; /* NULL: it was removed */
    size_t job;          /* that sent the request; SIM_NO_JOB: it came late, or from outside */
    int64_t at_us;
    bool is_expiry; /* the service removed it */
} sim_change;

/* The index shows each item as it was up to `lag` moments ago. A request is a moment. */
void sim_table_begin(unsigned lag);
void sim_table_end(void);
void sim_table_set_lag(unsigned lag);
void sim_table_pass_moment(void);

/* A world begins with one table. Where there are more, all is about the one that was chosen last;
 * false: there is none of that name. A new one is chosen; after a removal, the first one. */
#define SIM_FIRST_TABLE "t"
bool sim_table_choose(cr_str name);
void sim_table_make(cr_str name);
void sim_table_drop(cr_str name);

const sim_item *sim_table_get(cr_key key);

/* As it was up to so many moments ago. */
const sim_item *sim_table_get_before(cr_key key, unsigned moments);
void sim_table_put(cr_str json, size_t job);
void sim_table_remove(cr_key key, size_t job);

/* The same, by the service itself. */
void sim_table_expire(cr_key key);

/* What a query asks for: a partition of the table or of the index, between two keys, both included
 * (absent: no bound). */
typedef struct sim_range {
    bool is_index;
    cr_str partition;
    cr_str lower;
    cr_str upper;
    unsigned stale; /* items of the table as they were up to so many moments ago */
} sim_range;

/* The items of a range, by sort key, and in the index by pk where that is the same; *found is valid
 * until the next query. */
size_t sim_table_query(const sim_range *range, const sim_item *const **found);

/* All keys that there ever were; NULL where no item has the key now. */
size_t sim_table_size(void);

/* All items as a scan shows them: partition after partition, in an order of its own, and by sort
 * key in each. */
size_t sim_table_scan(unsigned stale, const sim_item *const **found);

/* Whether a scan shows the item behind a key. */
bool sim_is_behind(const sim_item *item, cr_key key);
const sim_item *sim_table_at(size_t index);

/* The changes of message rows, in the order of their commits. */
size_t sim_log_size(void);
const sim_change *sim_log_at(size_t index);

/* The same of all rows. */
size_t sim_change_count(void);
const sim_change *sim_change_at(size_t index);

/* Of an item as text, as the service counts it. */
size_t sim_item_size(cr_str json);

/* The value of an attribute as JSON, and of a string without its quotes; absent where the item has
 * none, or it is no string. */
cr_str sim_item_value(const sim_item *item, cr_str name);
cr_str sim_item_text(const sim_item *item, const char *name);

bool sim_has_prefix(cr_str text, const char *prefix);
bool sim_contains(cr_str text, const char *part);

#endif
