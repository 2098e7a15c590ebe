/* SPDX-License-Identifier: MIT */
/* Uuids as values: 36 characters in lower case and a NUL. */
#ifndef CR_MODEL_UUID_H
#define CR_MODEL_UUID_H

#include <cruddur/uuid.h>

#include "base/str.h"

#define CR_UUID_LENGTH (CRUDDUR_UUID_SIZE - 1)

typedef struct cr_uuid {
    char text[CRUDDUR_UUID_SIZE];
} cr_uuid;

/* False, and *uuid as it was, for what is not a uuid. Upper case becomes lower case. */
bool cr_uuid_parse(cr_str text, cr_uuid *uuid);

/* Whether it is a uuid in lower case. */
bool cr_uuid_is_canonical(cr_str text);

/* False when the system gives no random bytes. */
bool cr_uuid_v4(cr_uuid *uuid);
bool cr_uuid_v7(int64_t time_us, cr_uuid *uuid);

/* False when OpenSSL runs out of memory. */
bool cr_uuid_v5(const cr_uuid *name_space, cr_str name, cr_uuid *uuid);

/* The version, 0 to 15. */
unsigned cr_uuid_version(const cr_uuid *uuid);

/* The time in a uuid of version 7, to the millisecond; false for another version. */
bool cr_uuid_v7_time_us(const cr_uuid *uuid, int64_t *time_us);

static inline cr_str cr_uuid_str(const cr_uuid *uuid)
{
    return (cr_str){uuid->text, CR_UUID_LENGTH};
}

static inline int cr_uuid_compare(const cr_uuid *a, const cr_uuid *b)
{
    return memcmp(a->text, b->text, CR_UUID_LENGTH);
}

#endif
