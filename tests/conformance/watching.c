/* SPDX-License-Identifier: MIT */
#include "watching.h"

#include <stdlib.h>

bool has_sequence(void)
{
    return strncmp(store.url, "sqlite:", 7) == 0;
}

cruddur_watch_options watch_options(const cruddur_user *user, const group_id *group)
{
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    options.interval_min_ms = 100;
    options.interval_max_ms = 200;
    if (group == NULL) {
        options.user_uuid = user->uuid;
    } else {
        options.group_uuid = group->text;
        options.viewer_uuid = user == NULL ? NULL : user->uuid;
        options.flags = user == NULL ? CRUDDUR_WATCH_TRUSTED : 0;
    }
    return options;
}

static cruddur_watch *open_with(const cruddur_watch_options *options)
{
    cruddur_watch *watch = NULL;
    must_succeed(cruddur_watch_open(store.dm, options, &watch, TEST_ERROR));
    return watch;
}

cruddur_watch *watch_inbox(const cruddur_user *user, const char *cursor)
{
    cruddur_watch_options options = watch_options(user, NULL);
    options.cursor = cursor;
    return open_with(&options);
}

cruddur_watch *watch_group(const cruddur_user *viewer, const group_id *group, const char *cursor)
{
    cruddur_watch_options options = watch_options(viewer, group);
    options.cursor = cursor;
    return open_with(&options);
}

cruddur_event *next_event(cruddur_watch *watch)
{
    cruddur_event *event = NULL;
    must_succeed(cruddur_watch_next(watch, PATIENCE_MS, &event, TEST_ERROR));
    cr_assert_not_null(event, "no event came");
    return event;
}

void expect_status_of_next(cruddur_watch *watch, cruddur_status expected)
{
    cruddur_event *event = NULL;
    cr_assert_eq(cruddur_watch_next(watch, PATIENCE_MS, &event, NULL), expected);
    cr_assert_null(event);
}

const char *name_of_event(const cruddur_event *event)
{
    return cruddur_event_kind_name(cruddur_event_get_kind(event));
}

cruddur_event *expect_event(cruddur_watch *watch, const char *kind, const char *text)
{
    for (int i = 0; i < 1000; i++) {
        cruddur_event *event = next_event(watch);
        const cruddur_msg *msg = cruddur_event_msg(event);
        bool is_it = strcmp(name_of_event(event), kind) == 0 &&
                     (text == NULL || (msg != NULL && strcmp(cruddur_msg_text(msg), text) == 0));
        if (is_it) {
            return event;
        }
        cr_assert_not(has_sequence(), "a %s came instead of a %s (%s)", name_of_event(event), kind,
                      text);
        cruddur_event_free(event);
    }
    cr_assert_fail("no %s came", kind);
    return NULL;
}

void expect_and_free(cruddur_watch *watch, const char *kind, const char *text)
{
    cruddur_event_free(expect_event(watch, kind, text));
}

void expect_none_before(cruddur_watch *watch, const char *kind, const char *text)
{
    for (bool is_it = false; !is_it;) {
        cruddur_event *event = next_event(watch);
        const cruddur_msg *msg = cruddur_event_msg(event);
        is_it = msg != NULL && strcmp(name_of_event(event), "message") == 0 &&
                strcmp(cruddur_msg_text(msg), text) == 0;
        cr_assert_str_neq(name_of_event(event), kind, "before %s", text);
        cruddur_event_free(event);
    }
}

char *cursor_of_inbox(const cruddur_user *user)
{
    cruddur_watch *watch = watch_inbox(user, NULL);
    char *cursor = strdup(cruddur_watch_cursor(watch));
    cruddur_watch_close(watch);
    return cursor;
}

void mark_all_read(const cruddur_user *user, const group_id *group)
{
    must_succeed(
        cruddur_group_mark_read(store.dm, user->uuid, group->text, NULL, NULL, TEST_ERROR));
}

void archive_group(const cruddur_user *user, const group_id *group)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.archived = CRUDDUR_SWITCH_ON;
    must_succeed(cruddur_group_set(store.dm, user->uuid, group->text, &options, NULL, TEST_ERROR));
}
