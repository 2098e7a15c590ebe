/* SPDX-License-Identifier: MIT */
/* The two calls that write: opening a group (pattern C, create.c), appending to one (pattern D,
 * append.c). What they have in common is in send.h. */
#ifndef CR_MESSAGING_WRITE_H
#define CR_MESSAGING_WRITE_H

#include "messaging/group.h"
#include "model/page.h"
#include "model/person.h"

/* How far clocks may disagree. */
#define CR_CLOCK_MARGIN_US INT64_C(900000000)

/* A message that is to be written. All of it has been checked. */
typedef struct cr_draft {
    cr_person author; /* names that are absent: as the group has them */
    cr_uuid group;
    cr_str text;
    cr_uuid uuid;
    bool may_be_repeat;    /* the caller made the uuid, maybe for an earlier call */
    int64_t created_at_us; /* 0: now */
    bool is_reply;
    cr_uuid reply_to; /* to this message */
    cr_str data;      /* the application's own; absent: none */
    int64_t lasts_s;  /* CR_EXPIRES_NEVER: for ever */
} cr_draft;

/* A group that is to be opened. `person` is sorted by uuid and has the author in it. */
typedef struct cr_opening {
    cr_draft first_message;
    cr_person person[CRUDDUR_MEMBERS_MAX];
    cr_members members;
    cr_str name; /* absent: none */
} cr_opening;

struct cr_send;

/* Appends; *ret_message is the message row, or the one that an earlier call with the same uuid
 * stored. Free it with free(). The send (send.h) has its draft; the rest is empty, or what became
 * of it in a change for several that left it out. */
cruddur_status cr_append(cr_store *store, struct cr_send *send, cr_call *call,
                         cr_packed_row **ret_message);

/* Opens a group, or appends to it where it is there with the same members; *ret_group is the
 * author's group row. Free it with free(). */
cruddur_status cr_create(cr_store *store, const cr_opening *opening, cr_call *call,
                         cr_packed_row **ret_group);

#endif
