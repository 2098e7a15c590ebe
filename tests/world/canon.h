/* SPDX-License-Identifier: MIT */
/* Requests of any program in the form in which the library writes them: without white space,
 * strings without escapes that need none, numbers as DynamoDB keeps them, sets in order. */
#ifndef TESTS_WORLD_CANON_H
#define TESTS_WORLD_CANON_H

#include "base/json.h"

/* False: it is not JSON. */
bool sim_canonize(cr_str json, cr_buffer *out);

#endif
