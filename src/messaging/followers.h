/* SPDX-License-Identifier: MIT */
/* Appends that were submitted after a call, to the same group, and wait for it without threads of
 * their own. The call may take them along in its change (combine.h), in the order of submission:
 * without a gap, as their messages keep that order. */
#ifndef CR_MESSAGING_FOLLOWERS_H
#define CR_MESSAGING_FOLLOWERS_H

#include "messaging/send.h"

typedef struct cr_followers {
    void *context;
    const atomic_bool *cancel; /* the call and all that it took along were cancelled */

    /* Takes the next one along, unless its deadline, which becomes *deadline_us, is before
     * `least_us`. NULL: there is none, or it has to go by itself. */
    cr_send *(*next)(void *context, int64_t least_us, int64_t *deadline_us);

    /* What became of it: `is_together` if its message is stored; otherwise it waits again. In the
     * order in which they were taken. */
    void (*set_down)(void *context, cr_send *taken);
} cr_followers;

#endif
