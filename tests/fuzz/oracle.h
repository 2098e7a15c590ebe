/* SPDX-License-Identifier: MIT */
/* json-c, as what our readers of JSON are compared with.
 *
 * What we take, json-c has to take, and to understand alike. The opposite cannot be asked for as it
 * stands: json-c takes notations that are no JSON (NaN, 01, blanks of other kinds, depending on its
 * version), so what it took is written out by it, plainly, and that we have to take. What needs a
 * rule of its own:
 *
 * - a NUL byte is the end of the text for json-c, and never part of JSON: such text we must refuse;
 * - bytes that are no UTF-8 are passed on as they are, by both;
 * - half a surrogate pair becomes U+FFFD, for both;
 * - of members with one name json-c keeps the last. Documents with such are not compared but for
 *   being JSON: the services send none;
 * - json-c cuts a member's name at an escaped NUL: not compared either;
 * - what stands behind the document, but for blanks, makes it no JSON, for both. */
#ifndef TESTS_FUZZ_ORACLE_H
#define TESTS_FUZZ_ORACLE_H

#include <json-c/json.h>

#include "fuzz.h"

/* Reads a document that is an object or an array; NULL for anything else, and for what is nested
 * deeper. */
json_object *oracle_read(cr_str text, int depth_max);

/* Writes it plainly; valid as long as the value is. Absent for what JSON cannot say. */
cr_str oracle_write(json_object *value);

/* Whether the text, which has no bare NUL, has one as an escape, or what looks like it. */
bool oracle_has_escaped_nul(cr_str text);

/* The members of all objects. */
size_t oracle_count_members(json_object *value);

/* The text of a string. */
cr_str oracle_text(json_object *string);

/* A member, wherever there is one of that name; *value is NULL for null, too. */
bool oracle_member(json_object *object, const char *name, json_object **value);

#endif
