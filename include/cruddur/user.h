/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Who writes and who reads.
 */
#ifndef CRUDDUR_USER_H
#define CRUDDUR_USER_H

#include <cruddur/error.h>

CRUDDUR_BEGIN_DECLS

/**
 * A person. The strings stay the caller's; a call copies what it keeps.
 *
 * In an array of users every element has the same `size`.
 * Since: 0.1.
 */
typedef struct cruddur_user {
    /** `sizeof (cruddur_user)`; 0 means the struct as version 0.2 has it, the fields below. */
    size_t size;
    /** The person's uuid. */
    const char *uuid;
    /**
     * The name that others see: UTF-8, at most 256 characters, none of them a control character and
     * at least one visible; or empty. NULL: as the group has it, else empty.
     */
    const char *display_name;
    /** The handle, without `@`: same rules. */
    const char *handle;
} cruddur_user;

/* clang-format off */
/** An initialiser: `cruddur_user bob = CRUDDUR_USER_INIT;` */
#define CRUDDUR_USER_INIT {sizeof(cruddur_user), NULL, NULL, NULL}
/* clang-format on */

CRUDDUR_END_DECLS

#endif
