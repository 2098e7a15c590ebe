/* SPDX-License-Identifier: MIT */
/* What the tests of watches share: opening one, and taking its events. */
#ifndef TEST_CONFORMANCE_WATCHING_H
#define TEST_CONFORMANCE_WATCHING_H

#include "people.h"
#include "said.h"

/* A guard against hanging: everything that is waited for comes. */
#define PATIENCE_MS 60000

/* Whether the store has a sequence of changes, which repeats nothing while it is watched. */
bool has_sequence(void);

/* Of the user's inbox, where there is no group; of a group by this viewer, or trusted for NULL. */
cruddur_watch_options watch_options(const cruddur_user *user, const group_id *group);
cruddur_watch *watch_inbox(const cruddur_user *user, const char *cursor);
cruddur_watch *watch_group(const cruddur_user *viewer, const group_id *group, const char *cursor);

/* Where a watch of the inbox begins now; free it with free(). */
char *cursor_of_inbox(const cruddur_user *user);

/* The next event; free it. */
cruddur_event *next_event(cruddur_watch *watch);
void expect_status_of_next(cruddur_watch *watch, cruddur_status expected);

const char *name_of_event(const cruddur_event *event);

/* Takes events until one is of this kind, and its message, if it has one, has this text. On
 * DynamoDB others may be repeated before it. Free it. */
cruddur_event *expect_event(cruddur_watch *watch, const char *kind, const char *text);
void expect_and_free(cruddur_watch *watch, const char *kind, const char *text);

/* Takes events until this message comes; none before it is of this kind. */
void expect_none_before(cruddur_watch *watch, const char *kind, const char *text);

/* ---- what a member does ---- */

void mark_all_read(const cruddur_user *user, const group_id *group);
void archive_group(const cruddur_user *user, const group_id *group);

#endif
