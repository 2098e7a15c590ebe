/* SPDX-License-Identifier: MIT */
/* Members of a JSON object, found in the text itself: no copy is made that nobody wipes. */
#ifndef CR_AWS_PROVIDERS_SECRET_JSON_H
#define CR_AWS_PROVIDERS_SECRET_JSON_H

#include <stdint.h>

#include "base/str.h"

/* Whether the text is a JSON object (RFC 8259), at most 32 levels deep, and nothing else. */
bool cr_secret_json_is_object(cr_str text);

/* The value of a member as it is written, of text that is an object; absent where there is no such
 * member. Of several the last counts. A name that is written with escapes is not found. */
cr_str cr_secret_json_find(cr_str object, const char *name);

/* Writes the content of a string, and a NUL, into room for value.size bytes; the size, or -1 for
 * what is not a string, and for a string with a NUL in it. */
ptrdiff_t cr_secret_json_text(cr_str value, char *text);

/* False for what is not an integer that fits. */
bool cr_secret_json_integer(cr_str value, int64_t *number);

#endif
