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
    cr_str visible_sk; /* the history begins after this message; absent: with the first */
} cr_view_member;

typedef struct cr_view {
    struct cr_view *next;
    cr_uuid group;
    bool is_there;
    cr_members members;
    cr_view_member *first;
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

/* Whether a member may see a message with this key (absent: what is of no message). */
bool cr_view_shows(const cr_view_member *member, cr_str message_sk);

#endif
