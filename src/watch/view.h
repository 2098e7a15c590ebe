/* SPDX-License-Identifier: MIT */
/* Who may see what of a group now: read once for each group and member in a run of a body. */
#ifndef CR_WATCH_VIEW_H
#define CR_WATCH_VIEW_H

#include "messaging/group.h"

/* A group's member, or who asks to be one. */
typedef struct cr_view_member {
    struct cr_view_member *next;
    cr_uuid uuid;
    bool is_member;
    cr_row own; /* the member's row */
} cr_view_member;

/* That a member was added or removed. */
typedef struct cr_view_coming {
    uint64_t number; /* of the change */
    cr_uuid member;
    bool is_added;
} cr_view_coming;

typedef struct cr_view {
    struct cr_view *next;
    cr_uuid group;
    bool is_there;
    cr_members members;
    cr_view_member *first;
    cr_view_coming *coming; /* after the first change that was asked for */
    size_t coming_count;
    size_t coming_capacity;
    bool has_comings; /* they were read */
} cr_view;

/* Lives in the transaction's arena; begins as {txn}. */
typedef struct cr_views {
    cr_txn *txn;
    cr_view *first;
} cr_views;

/* Reads a group. One that cannot be made sense of counts as not there. Read statuses. */
cruddur_status cr_view_read(cr_views *views, const cr_uuid *group, cr_view **view);

/* Reads who asks to see a group that is there. Read statuses. */
cruddur_status cr_view_read_member(cr_views *views, cr_view *view, const cr_uuid *uuid,
                                   const cr_view_member **member);

/* Whether this person was no member when the group's change with this number was made, but is
 * again. To be asked in the order of the numbers. Read statuses. */
cruddur_status cr_view_was_out(cr_views *views, cr_view *view, const cr_uuid *person,
                               uint64_t number, bool *was_out);

/* Whether a member may see a message with this key (absent: what is of no message). */
bool cr_view_shows(const cr_view_member *member, cr_str message_sk);

#endif
