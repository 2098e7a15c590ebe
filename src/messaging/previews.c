/* SPDX-License-Identifier: MIT */
#include "messaging/previews.h"

#include "messaging/told.h"

static cruddur_status read_rows(cr_txn *txn, cr_group *group, cr_group_rows *rows)
{
    cr_row newest;
    cruddur_status status = cr_group_rows_read(txn, group, rows);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_group_rows_restore(&group->uuid, rows);
    if (cr_group_rows_are_at(rows, group->head.value[CR_SK])) {
        return CRUDDUR_OK;
    }
    status = cr_group_rows_read_names(txn, &group->uuid, rows, &newest);
    return status == CRUDDUR_OK && cr_group_head_has_changed(group, &newest) ? CRUDDUR_E_CONFLICT
                                                                             : status;
}

cruddur_status cr_previews_read(cr_txn *txn, cr_group *group, const cr_row *changed, size_t beside,
                                cr_room_search *room, cr_previews *previews)
{
    previews->are_to_change = previews->are_touched = false;
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

/* At the message the rows show it, newest or not. */
cruddur_status cr_previews_guess(cr_txn *txn, const cr_group *group, const cr_row *changed,
                                 size_t beside, cr_previews *previews, bool *is_known)
{
    *is_known = (txn->traits & CR_TRAIT_STREAMED) != 0 && group->believes_index &&
                cr_told_is_whole(&group->told, &group->card);
    if (!*is_known) {
        return CRUDDUR_OK;
    }
    int order = cr_str_compare(cr_row_place(&group->told.row[0]), changed->value[CR_SK]);
    previews->are_to_change = order <= 0;
    previews->are_touched = order < 0;
    previews->head = *changed;
    previews->rewrite = (cr_rewrite){.group = &group->uuid,
                                     .message = &previews->head,
                                     .author = cr_person_of(changed),
                                     .rows = &previews->rows,
                                     .beside = beside,
                                     .replaces = true};
    return cr_group_rows_take(txn, &group->card, &group->told, &group->card.card.members,
                              &previews->rows);
}

static cruddur_status touch(cr_txn *txn, const cr_group_rows *rows)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < rows->members.count; i++) {
        cr_row touched = rows->row[i];
        touched.value[CR_VERSION] = rows->version;
        status = txn->ops->replace(txn, &rows->row[i], &touched);
    }
    return status;
}

cruddur_status cr_previews_write(cr_txn *txn, cr_previews *previews)
{
    if (previews->are_touched) {
        return touch(txn, &previews->rows);
    }
    cruddur_status status = cr_rewrite_put(txn, &previews->rewrite);
    return status == CRUDDUR_OK ? cr_rewrite_remove(txn, &previews->rewrite) : status;
}
