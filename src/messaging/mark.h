/* SPDX-License-Identifier: MIT */
/* What a member changes of the member's own group row: the marker of reading, and settings. */
#ifndef CR_MESSAGING_MARK_H
#define CR_MESSAGING_MARK_H

#include "messaging/own_row.h"

typedef struct cr_marking {
    const cr_uuid *group;
    const cr_uuid *member;
    const cr_message_name *message; /* NULL: the newest */
    const cr_message_arguments *arguments;
    bool is_unread; /* the message and all later ones are unread; else it and all before are read */
} cr_marking;

/* Moves the marker: forward, or back to before a message that is to be unread. *ret_group as of
 * cr_own_row_change(). */
cruddur_status cr_mark(cr_store *store, const cr_marking *marking, cr_call *call,
                       cr_packed_row **ret_group);

typedef enum cr_switch {
    CR_KEEP,
    CR_ON,
    CR_OFF,
} cr_switch;

typedef struct cr_settings {
    const cr_uuid *group;
    const cr_uuid *member;
    cr_switch archived;
    cr_switch pinned;
    bool is_hidden;     /* the history so far is cleared; else it is as it was */
    bool has_mute;      /* else muting is as it was */
    cr_str muted_until; /* as a sort key; absent: not muted */
} cr_settings;

/* What is stored for muting without an end: the last time that there is. */
#define CR_MUTED_FOREVER "9999-12-31T23:59:59.999999+00:00"

cruddur_status cr_set(cr_store *store, const cr_settings *settings, cr_call *call,
                      cr_packed_row **ret_group);

#endif
