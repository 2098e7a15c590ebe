/* SPDX-License-Identifier: MIT */
#include "model/kind.h"

#include "model/key.h"
#include "model/time.h"
#include "model/uuid.h"

static bool has_prefix(cr_str pk, const char *prefix)
{
    return pk.size >= CR_PK_PREFIX_SIZE && memcmp(pk.data, prefix, CR_PK_PREFIX_SIZE) == 0;
}

cr_kind cr_row_kind(const cr_row *row)
{
    int64_t time_us;
    cr_str pk = row->value[CR_PK];
    if (!cr_uuid_is_canonical(cr_pk_suffix(pk)) || !cr_time_parse(row->value[CR_SK], &time_us)) {
        return CR_KIND_FOREIGN;
    }
    if (has_prefix(pk, CR_PK_MESSAGES)) {
        bool is_message =
            row->value[CR_TEXT].data != NULL || row->value[CR_MESSAGE_UUID].data != NULL;
        return is_message ? CR_KIND_MESSAGE : CR_KIND_FOREIGN;
    }
    return has_prefix(pk, CR_PK_GROUPS) && cr_uuid_is_canonical(row->value[CR_GROUP_UUID])
               ? CR_KIND_GROUP_ROW
               : CR_KIND_FOREIGN;
}
