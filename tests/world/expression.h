/* SPDX-License-Identifier: MIT */
/* Conditions on items, as DynamoDB has them. */
#ifndef TESTS_WORLD_EXPRESSION_H
#define TESTS_WORLD_EXPRESSION_H

#include "base/json.h"
#include "world/table.h"

#define SIM_PLACEHOLDERS_MAX 64

/* ExpressionAttributeNames and ExpressionAttributeValues: what `#n` and `:v` stand for. */
typedef struct sim_placeholders {
    size_t count;
    cr_str name[SIM_PLACEHOLDERS_MAX];
    cr_str meaning[SIM_PLACEHOLDERS_MAX];
} sim_placeholders;

/* Adds those of an object whose values are strings, or any JSON. */
void sim_placeholders_read(cr_json *in, bool are_names, sim_placeholders *placeholders);

cr_str sim_placeholder(const sim_placeholders *placeholders, cr_str name);

/* Whether the condition holds for an item; NULL: there is none. Comparisons with = and <> of an
 * attribute and a value, attribute_exists(), attribute_not_exists(), begins_with() and contains()
 * of strings, size() of strings in ASCII, AND, OR, NOT and parentheses: anything else ends the
 * program. Values are compared as text, as the library writes it (see canon.h). */
bool sim_condition_holds(cr_str condition, const sim_placeholders *placeholders,
                         const sim_item *item);

#endif
