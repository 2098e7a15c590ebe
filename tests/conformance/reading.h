/* SPDX-License-Identifier: MIT */
/* Short words for what a member has read, and for a member's settings. Each looks at inboxes when
 * they have moved. */
#ifndef TEST_CONFORMANCE_READING_H
#define TEST_CONFORMANCE_READING_H

#include "said.h"

/* Marks as read: up to a message, or NULL all of it. */
void mark_read(const cruddur_user *user, const group_id *group, const said *up_to);

/* Marks as unread, from this message on. */
void mark_unread(const cruddur_user *user, const group_id *group, const said *from);

/* Changes settings. */
void set_group(const cruddur_user *user, const group_id *group, const cruddur_set_options *options);
void archive(const cruddur_user *user, const group_id *group, uint32_t to);
void pin(const cruddur_user *user, const group_id *group, uint32_t to);
void hide(const cruddur_user *user, const group_id *group);
void mute(const cruddur_user *user, const group_id *group, int64_t until_us);

/* The group as the user sees it; free it. */
cruddur_group *look_at(const cruddur_user *user, const group_id *group);

/* So many messages are unread, exactly: by cruddur_group_get(), and in the user's list. */
void expect_unread(const cruddur_user *user, const group_id *group, uint32_t unread);

/* The user has read up to this time, as the user and every other member see it. */
void expect_read_up_to(const cruddur_user *user, const group_id *group, int64_t time_us);

/* The messages that the user sees, from the newest on, a space behind each. */
void expect_seen(const cruddur_user *user, const group_id *group, const char *expected);

/* The groups that a list with these flags has, from the newest on. */
void expect_inbox(const cruddur_user *user, uint32_t flags, const char *expected);

#endif
