/* SPDX-License-Identifier: MIT */
/* Who the members of a group without a card are.
 *
 * A member is whom any group row of the group names, be it the member's own row or another's. So a
 * member whose own row was lost is one still. Of a direct group the two whose uuid it is are the
 * members, whatever its rows say; that needs no row at all. */
#ifndef CR_MESSAGING_CARDLESS_H
#define CR_MESSAGING_CARDLESS_H

#include "messaging/group.h"

/* Finds out whether a person is a member, of a group whose head and own row by its key were read.
 * Before anybody is found to be none, the index and the member's partition are looked through. */
cruddur_status cr_cardless_judge(cr_txn *txn, cr_group *group, const cr_uuid *member,
                                 const cr_members *named, bool *is_member);

/* Completes the members of a group that was found. A healthy row tells all of them: its
 * member_uuids, or the two of a direct group. A row that does not is compared with the others. */
cruddur_status cr_cardless_read_members(cr_txn *txn, cr_group *group, cr_members *members);

/* Adds whom these group rows of it name, unless the members are known without them. */
cruddur_status cr_cardless_add_named(const cr_txn *txn, const cr_group *group, const cr_rows *rows,
                                     cr_members *members);

/* Whom these group rows name; of a direct group the two whose it is, among whom they name, these
 * candidates (NULL: none) and the latest authors. Fewer than two: the rows do not tell. *are_known:
 * the members are known without any row. */
cruddur_status cr_cardless_members_of(cr_txn *txn, const cr_uuid *uuid, const cr_rows *rows,
                                      const cr_members *candidates, cr_members *members,
                                      bool *are_known);

cruddur_status cr_cardless_fail_untold(const cr_txn *txn, const cr_uuid *uuid);

#endif
