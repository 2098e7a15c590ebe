/* SPDX-License-Identifier: MIT */
/* Cards for groups that have none: those of the original application and of version 0.1.
 *
 * The card is put together with a new generation of the group's rows, in one change whose
 * conditions cover every row that was read. So the group has either its card and rows of the card's
 * generation, or neither, and whoever writes to it meanwhile makes one of the two run again. */
#ifndef CR_MESSAGING_UPGRADE_H
#define CR_MESSAGING_UPGRADE_H

#include "model/uuid.h"
#include "store/store.h"

typedef enum cr_upgraded {
    CR_UPGRADED,         /* it has got its card */
    CR_UPGRADE_HAD_CARD, /* it was there already */
    CR_UPGRADE_GONE,     /* the group was removed meanwhile */
} cr_upgraded;

/* Gives a group its card. CRUDDUR_E_STORE_DAMAGED: its rows do not tell who its members are, or it
 * has a card that is damaged. CRUDDUR_E_CONFIG: the store has no transactions. */
cruddur_status cr_upgrade_group(cr_store *store, const cr_uuid *group, cr_call *call,
                                cr_upgraded *result);

/* CRUDDUR_E_CONFIG where the store is known to have no transactions. Reads nothing. */
cruddur_status cr_upgrade_check(cr_store *store, cr_call *call);

#endif
