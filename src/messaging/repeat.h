/* SPDX-License-Identifier: MIT */
/* Sends that are repeated. A message whose uuid the caller made is stored once, because its uuid is
 * claimed in the same change, or in steps before it; a repeat finds the claim, and by it the
 * message. */
#ifndef CR_MESSAGING_REPEAT_H
#define CR_MESSAGING_REPEAT_H

#include "messaging/send.h"

/* The claim of a draft's uuid, as one run finds it. */
typedef struct cr_found_claim {
    cr_claim as_read; /* ahead of its message; or its sort key is absent: there is none */
    bool is_tried;    /* a run before this one chose the claim's key, and came to nothing */
    bool is_taken;    /* another message has its key */
} cr_found_claim;

/* Looks for the claim, and for the message that it leads to; then that is the result, and
 * send->is_repeat is set. CRUDDUR_E_MESSAGE_GONE where it has been removed since. A uuid that the
 * library made just now has no claim. */
cruddur_status cr_repeat_find(cr_txn *txn, cr_send *send, cr_group *group, cr_found_claim *claim);

/* For a change for several messages: *is_new if the uuid has no claim. Where the run has read
 * nothing it counts as new, and the condition of the claim judges. */
cruddur_status cr_repeat_is_new(cr_txn *txn, const cr_send *send, cr_found_claim *claim,
                                bool *is_new);

/* Chooses the message's sort key as cr_send_choose_key() does. A message that was claimed keeps its
 * key, so that no two repeats store it: unless another message has that key, where neither can. */
cruddur_status cr_repeat_choose_key(cr_send *send, const cr_found_claim *claim, cr_str last_sk,
                                    cr_sort_key *key, const cr_call *call);

/* Whether the message is put at the key that was claimed for it, and the group rows are left where
 * they are: these are past it, or cannot go there. */
bool cr_repeat_is_late(const cr_found_claim *claim, const cr_row *head);

/* Claims the uuid for the message at a sort key. `members`: whose group rows are to go there; NULL:
 * none. */
cruddur_status cr_repeat_claim(cr_txn *txn, const cr_send *send, const cr_found_claim *claim,
                               const cr_members *members, cr_str sk);

#endif
