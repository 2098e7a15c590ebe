/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The people who write and read messages.
 */
#ifndef CRUDDUR_USER_H
#define CRUDDUR_USER_H

#include <cruddur/error.h>

CRUDDUR_BEGIN_DECLS

/**
 * A person. The library has no user directory: names are stored with what the person writes.
 *
 * Designated initialisers may omit `size`: `{.uuid = u, .display_name = n, .handle = h}`. In an
 * array all elements have the same `size`. Since: 0.1.
 */
typedef struct cruddur_user {
    /** `sizeof (cruddur_user)`, or 0 for the fields below, as version 0.2 has them. */
    size_t size;
    /** The person's uuid. */
    const char *uuid;
    /**
     * The name that others see: at most 256 characters, none of them a control character and at
     * least one visible; or empty. NULL: the name that the group already has for this person, or an
     * empty name if it has none.
     */
    const char *display_name;
    /** The handle without `@`. The rules are the same. */
    const char *handle;
} cruddur_user;

/* clang-format off */
/** An initialiser: `cruddur_user bob = CRUDDUR_USER_INIT;` */
#define CRUDDUR_USER_INIT {sizeof(cruddur_user), NULL, NULL, NULL}
/* clang-format on */

CRUDDUR_END_DECLS

#endif
