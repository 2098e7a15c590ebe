/* SPDX-License-Identifier: MIT */
#include "model/key.h"

static cr_pk prefixed(const char *prefix, const cr_uuid *uuid)
{
    cr_pk pk;
    memcpy(pk.text, prefix, CR_PK_PREFIX_SIZE);
    memcpy(pk.text + CR_PK_PREFIX_SIZE, uuid->text, sizeof(uuid->text));
    return pk;
}

cr_pk cr_pk_of_member(const cr_uuid *member)
{
    return prefixed(CR_PK_GROUPS, member);
}

cr_pk cr_pk_of_group(const cr_uuid *group)
{
    return prefixed(CR_PK_MESSAGES, group);
}

bool cr_pk_has_prefix(cr_str pk, const char *prefix)
{
    size_t size = strlen(prefix);
    return pk.size >= size && memcmp(pk.data, prefix, size) == 0 &&
           cr_uuid_is_canonical((cr_str){pk.data + size, pk.size - size});
}
