/* SPDX-License-Identifier: MIT */
#include "model/kind.h"

#include "model/key.h"
#include "model/time.h"
#include "model/uuid.h"

static bool has_prefix(cr_str pk, const char *prefix)
{
    return pk.size >= CR_PK_PREFIX_SIZE && memcmp(pk.data, prefix, CR_PK_PREFIX_SIZE) == 0;
}

cr_kind cr_pk_kind(cr_str pk)
{
    if (!cr_uuid_is_canonical(cr_pk_suffix(pk))) {
        return CR_KIND_FOREIGN;
    }
    if (has_prefix(pk, CR_PK_MESSAGES)) {
        return CR_KIND_MESSAGE;
    }
    return has_prefix(pk, CR_PK_GROUPS) ? CR_KIND_GROUP_ROW : CR_KIND_FOREIGN;
}

bool cr_row_fits_partition(const cr_row *row, cr_kind kind)
{
    int64_t time_us;
    if (kind == CR_KIND_FOREIGN || !cr_time_parse(row->value[CR_SK], &time_us)) {
        return false;
    }
    return kind == CR_KIND_MESSAGE
               ? row->value[CR_TEXT].data != NULL || row->value[CR_MESSAGE_UUID].data != NULL
               : cr_uuid_is_canonical(row->value[CR_GROUP_UUID]);
}

cr_kind cr_row_kind(const cr_row *row)
{
    cr_kind kind = cr_pk_kind(row->value[CR_PK]);
    return cr_row_fits_partition(row, kind) ? kind : CR_KIND_FOREIGN;
}

cr_str cr_row_place(const cr_row *row)
{
    int64_t time_us;
    cr_str sk = row->value[CR_SK];
    cr_str head_sk = row->value[CR_HEAD_SK];
    bool is_displaced =
        head_sk.data != NULL && cr_str_compare(head_sk, sk) < 0 && cr_time_parse(head_sk, &time_us);
    return is_displaced ? head_sk : sk;
}
