/* SPDX-License-Identifier: MIT */
#include "messaging/previews.h"

static cruddur_status read_rows(cr_txn *txn, cr_group *group, cr_group_rows *rows)
{
    cr_row newest;
    cruddur_status status = cr_group_rows_read(txn, group, rows);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_group_rows_restore(&group->uuid, rows);
    return cr_group_rows_are_at(rows, group->head.value[CR_SK])
               ? CRUDDUR_OK
               : cr_group_rows_read_names(txn, &group->uuid, rows, &newest);
}

cruddur_status cr_previews_read(cr_txn *txn, cr_group *group, const cr_row *changed, size_t beside,
                                cr_room_search *room, cr_previews *previews)
{
    previews->are_to_change = false;
    cruddur_status status = read_rows(txn, group, &previews->rows);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_str oldest_sk = cr_group_rows_oldest(&previews->rows);
    previews->are_to_change =
        oldest_sk.data == NULL || cr_str_compare(changed->value[CR_SK], oldest_sk) >= 0;
    bool is_head = cr_str_equal(group->head.value[CR_SK], changed->value[CR_SK]);
    if (previews->are_to_change && !is_head) {
        status = cr_group_rows_check_head(txn, group, &previews->rows);
    }
    previews->head = is_head ? *changed : group->head;
    previews->rewrite = (cr_rewrite){.group = &group->uuid,
                                     .message = &previews->head,
                                     .author = cr_person_of(&previews->head),
                                     .rows = &previews->rows,
                                     .beside = beside,
                                     .replaces = true};
    bool are_in_place = cr_group_rows_are_at(&previews->rows, previews->head.value[CR_SK]);
    return status == CRUDDUR_OK && previews->are_to_change && !are_in_place
               ? cr_rewrite_find_room(txn, &previews->rewrite, room)
               : status;
}

cruddur_status cr_previews_write(cr_txn *txn, cr_previews *previews)
{
    cruddur_status status = cr_rewrite_put(txn, &previews->rewrite);
    return status == CRUDDUR_OK ? cr_rewrite_remove(txn, &previews->rewrite) : status;
}
