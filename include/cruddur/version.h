/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The version of the headers, and of the loaded library.
 */
#ifndef CRUDDUR_VERSION_H
#define CRUDDUR_VERSION_H

#include <cruddur/api.h>

/** The version of these headers. */
#define CRUDDUR_VERSION_MAJOR 0
#define CRUDDUR_VERSION_MINOR 2
#define CRUDDUR_VERSION_PATCH 0
#define CRUDDUR_VERSION_STRING "0.2.0"

/** The same as one number: 10000 × major + 100 × minor + patch. */
#define CRUDDUR_VERSION_NUMBER                                                                     \
    (CRUDDUR_VERSION_MAJOR * 10000 + CRUDDUR_VERSION_MINOR * 100 + CRUDDUR_VERSION_PATCH)

CRUDDUR_BEGIN_DECLS

/**
 * Returns the version of the loaded library as text, for example "0.2.0".
 *
 * @return a string that lives as long as the library; never NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_version(void);

/**
 * Returns the version of the loaded library as a number. A program compares it with
 * #CRUDDUR_VERSION_NUMBER to find out whether it runs with a library older than its headers.
 *
 * @return 10000 × major + 100 × minor + patch.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API uint32_t cruddur_version_number(void);

CRUDDUR_END_DECLS

#endif
