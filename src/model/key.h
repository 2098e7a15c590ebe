/* SPDX-License-Identifier: MIT */
/* Partition keys: `GRP#<member uuid>` for group rows, `MSG#<group uuid>` for message rows. */
#ifndef CR_MODEL_KEY_H
#define CR_MODEL_KEY_H

#include "base/str.h"
#include "model/uuid.h"

#define CR_PK_GROUPS "GRP#"
#define CR_PK_MESSAGES "MSG#"
#define CR_PK_PREFIX_SIZE 4
/* Of others. */
#define CR_PK_CHANGES "CHG#"
#define CR_PK_CLAIMS "CLAIM#"

typedef struct cr_pk {
    char text[CR_PK_PREFIX_SIZE + CRUDDUR_UUID_SIZE];
} cr_pk;

/* Whether a partition key is this prefix and a uuid in lower case. */
bool cr_pk_has_prefix(cr_str pk, const char *prefix);

cr_pk cr_pk_of_member(const cr_uuid *member);
cr_pk cr_pk_of_group(const cr_uuid *group);

static inline cr_str cr_pk_str(const cr_pk *pk)
{
    return (cr_str){pk->text, sizeof(pk->text) - 1};
}

/* What stands behind the prefix; empty where there is not even that. */
static inline cr_str cr_pk_suffix(cr_str pk)
{
    return pk.size < CR_PK_PREFIX_SIZE
               ? (cr_str){"", 0}
               : (cr_str){pk.data + CR_PK_PREFIX_SIZE, pk.size - CR_PK_PREFIX_SIZE};
}

#endif
