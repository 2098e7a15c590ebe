/* SPDX-License-Identifier: MIT */
/* Who signs a request: immutable, shared by counting references, wiped when the last one goes. */
#ifndef CR_AWS_IDENTITY_H
#define CR_AWS_IDENTITY_H

#include <stdint.h>

#include "base/str.h"

#define CR_IDENTITY_NEVER_EXPIRES INT64_MAX

typedef struct cr_identity {
    cr_str access_key_id;
    cr_str secret_access_key;
    cr_str session_token;  /* absent: none */
    cr_str account_id;     /* absent: not known */
    int64_t expires_at_us; /* by the clock on the wall, or CR_IDENTITY_NEVER_EXPIRES */
} cr_identity;

/* A copy, with one reference; each text has a NUL behind it. NULL when memory runs out. */
const cr_identity *cr_identity_new(const cr_identity *fields);

/* One reference more; returns the identity. */
const cr_identity *cr_identity_retain(const cr_identity *identity);

/* One reference less; NULL is ignored. */
void cr_identity_release(const cr_identity *identity);

#endif
