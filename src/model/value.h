/* SPDX-License-Identifier: MIT */
/* Values of attributes as DynamoDB writes them: {"S": "…"}, {"N": "1"}, {"L": […]}. */
#ifndef CR_MODEL_VALUE_H
#define CR_MODEL_VALUE_H

#include "base/str.h"

/* Whether two values are the same, whatever the texts: a set has no order, nor has a map, numbers
 * have zeros that count for nothing, and characters can be escaped. False also for what is no
 * value, unless the texts are the same, and when memory runs out. */
bool cr_value_is_same(cr_str a, cr_str b);

#endif
