/* SPDX-License-Identifier: MIT */
#include "messaging/rewrite.h"

cruddur_status cr_inboxes_is_taken(cr_txn *txn, const cr_uuid *group, const cr_inboxes *inboxes,
                                   cr_str sk, bool *is_taken)
{
    cr_key keys[CRUDDUR_MEMBERS_MAX];
    cr_row found[CRUDDUR_MEMBERS_MAX];
    for (size_t i = 0; i < inboxes->members.count; i++) {
        keys[i] = (cr_key){cr_pk_str(&inboxes->pk[i]), sk};
    }
    return cr_rows_are_taken(txn, cr_uuid_str(group), keys, inboxes->members.count, found,
                             is_taken);
}

cr_row cr_inboxes_moved(const cr_inboxes *inboxes, size_t member, const cr_person *author,
                        const cr_row *message)
{
    cr_row row = inboxes->row[member];
    row.value[CR_SK] = message->value[CR_SK];
    row.value[CR_TEXT] = message->value[CR_TEXT];
    if (inboxes->list.data != NULL) {
        row.value[CR_MEMBER_UUIDS] = inboxes->list;
    }
    cr_row_name_author(&row, author);
    return row;
}

bool cr_inboxes_meet(const cr_inboxes *inboxes, cr_str sk)
{
    for (size_t i = 0; i < inboxes->old.count; i++) {
        if (cr_str_equal(inboxes->old.row[i].value[CR_SK], sk)) {
            return true;
        }
    }
    return false;
}

/* Where writers see each other's changes half done, a later message's rows are left alone. */
static bool later_stay(const cr_txn *txn, const cr_inboxes *inboxes)
{
    return inboxes->forward_only || (txn->traits & CR_TRAIT_ATOMIC) == 0;
}

static bool must_go(const cr_txn *txn, const cr_inboxes *inboxes, const cr_row *old,
                    const cr_row *message)
{
    int order = cr_str_compare(old->value[CR_SK], message->value[CR_SK]);
    return order < 0 || (order > 0 && !later_stay(txn, inboxes));
}

/* Whether a member's row is where it belongs, or must not be moved there. */
static bool stays(const cr_inboxes *inboxes, size_t member, const cr_row *message)
{
    const cr_row *row = &inboxes->row[member];
    int order = cr_str_compare(row->value[CR_SK], message->value[CR_SK]);
    return cr_row_exists(row) && (order == 0 || (order > 0 && inboxes->forward_only));
}

bool cr_inboxes_must_move(const cr_txn *txn, const cr_inboxes *inboxes, const cr_row *message)
{
    for (size_t i = 0; i < inboxes->members.count; i++) {
        if (!stays(inboxes, i, message)) {
            return true;
        }
    }
    for (size_t i = 0; i < inboxes->old.count; i++) {
        if (must_go(txn, inboxes, &inboxes->old.row[i], message)) {
            return true;
        }
    }
    return false;
}

cruddur_status cr_inboxes_put(cr_txn *txn, const cr_inboxes *inboxes, const cr_person *author,
                              const cr_row *message)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < inboxes->members.count; i++) {
        cr_row moved = cr_inboxes_moved(inboxes, i, author, message);
        status = stays(inboxes, i, message) ? CRUDDUR_OK : txn->ops->put(txn, &moved);
    }
    return status;
}

cruddur_status cr_inboxes_remove(cr_txn *txn, const cr_inboxes *inboxes, const cr_row *message,
                                 bool *is_complete)
{
    cruddur_status status = CRUDDUR_OK;
    size_t room = CR_CHANGE_WRITES_MAX - 2 - inboxes->members.count;
    *is_complete = true;
    for (size_t i = 0; status == CRUDDUR_OK && i < inboxes->old.count; i++) {
        if (!must_go(txn, inboxes, &inboxes->old.row[i], message)) {
            continue;
        }
        *is_complete = room > 0;
        if (!*is_complete) {
            break;
        }
        status = txn->ops->remove(txn, &inboxes->old.row[i]);
        room--;
    }
    return status;
}
