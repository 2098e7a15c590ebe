/* SPDX-License-Identifier: MIT */
/* The calls that read: a group's messages (pattern A), a user's groups (pattern B), one group, its
 * members. */
#ifndef CR_LISTING_LIST_H
#define CR_LISTING_LIST_H

#include "messaging/find.h"
#include "messaging/group.h"
#include "model/page.h"

/* What to list; checked. */
typedef struct cr_listing {
    size_t limit;
    bool from_oldest;  /* the end to start from, without a cursor */
    bool oldest_first; /* the order on the page */
    int64_t since_us;
    int64_t until_us;
    cr_str cursor;    /* absent: none */
    bool only_unread; /* of groups: leaves out those without unread messages */
    bool with_archived;
    bool with_hidden;
    bool leaves_uncounted; /* unread messages */
    bool is_around;        /* of messages: the page has this one in its middle */
    cr_message_name around;
} cr_listing;

/* Reads a caller's cursor of `list` (empty: of a scan); its position lives in the arena. */
cruddur_status cr_read_cursor(cr_str text, cr_str list, cr_arena *arena, cr_cursor *cursor,
                              cruddur_error **error);

/* `viewer` may be NULL. Free the page with free(). */
cruddur_status cr_list_messages(cr_store *store, const cr_uuid *viewer, const cr_uuid *group,
                                const cr_listing *listing, cr_call *call, cr_page **ret_page);

cruddur_status cr_list_groups(cr_store *store, const cr_uuid *user, const cr_listing *listing,
                              cr_call *call, cr_page **ret_page);

/* One group as one of its members sees it. Free it with free(). */
cruddur_status cr_get_group(cr_store *store, const cr_uuid *user, const cr_uuid *group,
                            cr_call *call, cr_packed_row **ret_group);

/* The members: a page of one row each, with user_uuid, user_display_name, user_handle and read_sk,
 * by uuid. `viewer` may be NULL. Free the page with free(). */
cruddur_status cr_list_members(cr_store *store, const cr_uuid *viewer, const cr_uuid *group,
                               cr_call *call, cr_page **ret_page);

#endif
