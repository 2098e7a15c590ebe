/* SPDX-License-Identifier: MIT */
#include "said.h"

#include <stdio.h>
#include <string.h>

said said_of(const cruddur_msg *msg)
{
    said message = {.created_at_us = cruddur_msg_created_at_us(msg)};
    (void)snprintf(message.uuid, sizeof(message.uuid), "%s", cruddur_msg_uuid(msg));
    (void)snprintf(message.version, sizeof(message.version), "%s", cruddur_msg_version(msg));
    return message;
}

static said take(cruddur_msg *msg)
{
    cr_assert_not_null(msg);
    said message = said_of(msg);
    cruddur_msg_free(msg);
    return message;
}

said say_named(const cruddur_user *author, const group_id *group, const char *text,
               int64_t created_at_us)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    options.created_at_us = created_at_us;
    must_succeed(
        cruddur_msg_append(store.dm, author, group->text, text, &options, &msg, TEST_ERROR));
    return take(msg);
}

said last_said(const group_id *group)
{
    cruddur_list_options options = from_newest(1);
    cruddur_msg_page *page = list_messages(NULL, group, &options);
    cr_assert_eq(cruddur_msg_page_count(page), 1);
    said message = said_of(cruddur_msg_page_at(page, 0));
    cruddur_msg_page_free(page);
    return message;
}

cruddur_msg_options known_time(const said *message)
{
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.created_at_us = message->created_at_us;
    return options;
}

/* ---- changes ---- */

/* A change puts another version, and nothing else does. */
static said judge(cruddur_msg *msg, const said *before, bool has_changed, bool is_changed)
{
    said after = take(msg);
    cr_assert_eq(has_changed, is_changed);
    cr_assert_str_eq(after.uuid, before->uuid);
    cr_assert_eq(after.created_at_us, before->created_at_us);
    if (is_changed) {
        cr_assert_str_neq(after.version, "");
        cr_assert_str_neq(after.version, before->version);
    }
    return after;
}

said edit_it(const cruddur_user *user, const group_id *group, const said *message, const char *text,
             const cruddur_msg_options *options, bool is_changed)
{
    cruddur_msg *msg = NULL;
    bool has_changed = !is_changed;
    cruddur_msg_options with_time = known_time(message);
    options = options == NULL ? &with_time : options;
    must_succeed(cruddur_msg_edit(store.dm, user->uuid, group->text, message->uuid, text, options,
                                  &msg, &has_changed, TEST_ERROR));
    cr_assert_str_eq(cruddur_msg_text(msg), text);
    return judge(msg, message, has_changed, is_changed);
}

said delete_it(const cruddur_user *user, const group_id *group, const said *message,
               bool is_changed)
{
    cruddur_msg *msg = NULL;
    bool has_changed = !is_changed;
    cruddur_msg_options options = known_time(message);
    must_succeed(cruddur_msg_delete(store.dm, user->uuid, group->text, message->uuid, &options,
                                    &msg, &has_changed, TEST_ERROR));
    cr_assert_str_empty(cruddur_msg_text(msg));
    return judge(msg, message, has_changed, is_changed);
}

said react_to_it(const cruddur_user *user, const group_id *group, const said *message,
                 const char *reaction, bool is_added, bool is_changed)
{
    cruddur_msg *msg = NULL;
    bool has_changed = !is_changed;
    cruddur_msg_options options = known_time(message);
    must_succeed(cruddur_msg_react(store.dm, user->uuid, group->text, message->uuid, reaction,
                                   is_added, &options, &msg, &has_changed, TEST_ERROR));
    return judge(msg, message, has_changed, is_changed);
}

/* ---- how it is ---- */

cruddur_msg *get_it(const group_id *group, const said *message)
{
    cruddur_msg *msg = NULL;
    cruddur_msg_options options = known_time(message);
    options.flags = CRUDDUR_MSG_TRUSTED;
    must_succeed(
        cruddur_msg_get(store.dm, NULL, group->text, message->uuid, &options, &msg, TEST_ERROR));
    cr_assert_not_null(msg);
    return msg;
}

void expect_text(const group_id *group, const said *message, const char *text)
{
    cruddur_msg *msg = get_it(group, message);
    cr_assert_str_eq(cruddur_msg_text(msg), text);
    cruddur_msg_free(msg);
}

void expect_reactions(const group_id *group, const said *message, const char *reactions)
{
    static char all[20000];
    size_t size = 0;
    cruddur_reaction reaction;
    cruddur_msg *msg = get_it(group, message);
    size_t count = cruddur_msg_reaction_count(msg);
    all[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        cr_assert(cruddur_msg_reaction_at(msg, i, &reaction));
        size += (size_t)snprintf(all + size, sizeof(all) - size, "%s %s;", reaction.text,
                                 reaction.user_uuid);
        cr_assert_lt(size, sizeof(all));
    }
    cr_assert_not(cruddur_msg_reaction_at(msg, count, &reaction));
    cr_assert_str_eq(all, reactions);
    cruddur_msg_free(msg);
}

void expect_preview(const cruddur_user *user, const char *text)
{
    cruddur_group_page *page = list_groups(user, NULL);
    cr_assert_eq(cruddur_group_page_count(page), 1);
    cr_assert_str_eq(cruddur_group_text(cruddur_group_page_at(page, 0)), text);
    cruddur_group_page_free(page);
}

bool finds_by_uuid(void)
{
    return strncmp(store.url, "sqlite:", strlen("sqlite:")) == 0;
}

/* ---- waves ---- */

static uint32_t last_waves;

static void count_waves(void *data, const cruddur_metrics *metrics)
{
    (void)data;
    last_waves = metrics->waves;
}

void open_counting(void)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.metrics = count_waves;
    test_store_remove(&store);
    test_store_open(&store, &options);
}

uint32_t waves_of_last(void)
{
    return last_waves;
}
