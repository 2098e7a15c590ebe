/* SPDX-License-Identifier: MIT */
#include "messaging/mark.h"
#include "model/marker.h"

static void turn(cr_row *row, cr_attribute attribute, cr_switch to)
{
    if (to != CR_KEEP) {
        row->value[attribute] = to == CR_ON ? cr_str_of(CR_TRUE) : CR_STR_ABSENT;
    }
}

/* The history begins after the newest message that there is now. It never begins earlier again. */
static void hide(cr_own_found *found)
{
    cr_row *row = &found->row;
    cr_str head_sk = found->group.head.value[CR_SK];
    cr_str place = cr_row_place(row);
    cr_str newest_sk = cr_str_compare(head_sk, place) > 0 ? head_sk : place;
    if (!cr_row_is_hidden(row) || cr_str_compare(newest_sk, row->value[CR_VISIBLE_SK]) > 0) {
        row->value[CR_VISIBLE_SK] = newest_sk;
        row->value[CR_TEXT] = cr_str_of(""); /* of a message that is no longer in the history */
    }
}

static cruddur_status edit(cr_txn *txn, const cr_own_change *change, cr_own_found *found)
{
    const cr_settings *settings = change->context;
    (void)txn;
    turn(&found->row, CR_ARCHIVED, settings->archived);
    turn(&found->row, CR_PINNED, settings->pinned);
    if (settings->has_mute) {
        found->row.value[CR_MUTED_UNTIL] = settings->muted_until;
    }
    if (settings->is_hidden) {
        hide(found);
    }
    return CRUDDUR_OK;
}

/* Where a row is behind the head, moving it there would take the group out of the archive again, or
 * not, if it is muted meanwhile. */
cruddur_status cr_set(cr_store *store, const cr_settings *settings, cr_call *call,
                      cr_packed_row **ret_group)
{
    const cr_own_change change = {.group = settings->group,
                                  .member = settings->member,
                                  .edit = edit,
                                  .context = settings,
                                  .goes_by_head =
                                      settings->archived == CR_ON || settings->has_mute};
    return cr_own_row_change(store, &change, call, ret_group);
}
