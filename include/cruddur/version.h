/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The version of the headers, and of the library that is loaded.
 */
#ifndef CRUDDUR_VERSION_H
#define CRUDDUR_VERSION_H

#include <cruddur/api.h>

/** The version that these headers belong to. */
#define CRUDDUR_VERSION_MAJOR 0
#define CRUDDUR_VERSION_MINOR 2
#define CRUDDUR_VERSION_PATCH 0
#define CRUDDUR_VERSION_STRING "0.2.0"

/** The same as one number: 10000 × major + 100 × minor + patch. */
#define CRUDDUR_VERSION_NUMBER                                                                     \
    (CRUDDUR_VERSION_MAJOR * 10000 + CRUDDUR_VERSION_MINOR * 100 + CRUDDUR_VERSION_PATCH)

CRUDDUR_BEGIN_DECLS

/**
 * The version of the loaded library as text, for example "0.2.0".
 *
 * @return a string that lives as long as the library; never NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_version(void);

/**
 * The version of the loaded library as a number, comparable with #CRUDDUR_VERSION_NUMBER.
 *
 * @return 10000 × major + 100 × minor + patch.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API uint32_t cruddur_version_number(void);

CRUDDUR_END_DECLS

#endif
