/* SPDX-License-Identifier: MIT */
/* The version of a group row or card: different with each put, so that a condition notices one that
 * was put back as it had been. */
#ifndef CR_MODEL_VERSION_H
#define CR_MODEL_VERSION_H

#include "base/str.h"

#define CR_VERSION_LENGTH 16

typedef struct cr_version {
    char text[CR_VERSION_LENGTH + 1]; /* hexadecimal digits */
} cr_version;

/* False when the system gives no random bytes. */
bool cr_version_make(cr_version *version);

static inline cr_str cr_version_str(const cr_version *version)
{
    return (cr_str){version->text, CR_VERSION_LENGTH};
}

#endif
