/* SPDX-License-Identifier: MIT */
/* json-c as a strict reader, for tests that compare our readers of JSON with it. */
#ifndef TESTS_SUPPORT_JSON_C_H
#define TESTS_SUPPORT_JSON_C_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

/* Reads a document that has no NUL and is followed by one, and sets *ret_is_json; returns its
 * value, which is NULL for a JSON null, too.
 *
 * Under JSON_TOKENER_STRICT json-c 0.18 refuses all text that is not ASCII. So the syntax is
 * checked on a copy that has a letter in place of each byte of such text, and the value read
 * without that flag. */
json_object *json_c_read(const char *text, size_t size, int depth_max, bool *ret_is_json);

#endif
