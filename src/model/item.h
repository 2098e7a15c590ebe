/* SPDX-License-Identifier: MIT */
/* Rows as DynamoDB writes them: {"pk": {"S": "MSG#…"}, "message": {"S": "…"}, …}. All attributes
 * that the library knows are strings, but for member_uuids, a set of strings, and rev, a number.
 * Attributes that it does not know, or that are of another type, keep their text (CR_OTHERS). */
#ifndef CR_MODEL_ITEM_H
#define CR_MODEL_ITEM_H

#include "base/json.h"
#include "model/row.h"

/* Adds the row as an item. */
void cr_item_write(cr_buffer *out, const cr_row *row);

/* Adds the key as an item. */
void cr_item_write_key(cr_buffer *out, cr_key key);

/* Adds the value of an attribute that the row has: {"S": "…"}. */
void cr_item_write_value(cr_buffer *out, cr_attribute attribute, cr_str value);

/* Reads an item; its text is borrowed from what is read, or lies in the arena. */
void cr_item_read(cr_json *in, cr_row *row);

/* How large the service takes the row for, in bytes: the names and the values of all attributes.
 * Source: Amazon DynamoDB Developer Guide, "Item sizes and formats". */
size_t cr_item_size(const cr_row *row);

/* Whether the table's row is the one that was put. Attributes that the library does not know are
 * not compared: their text may differ where their value does not. */
bool cr_item_is_same(const cr_row *stored, const cr_row *put);

/* Whether two rows have the same other attributes, with the same values, in whatever order. */
bool cr_item_has_same_others(const cr_row *a, const cr_row *b);

#endif
