/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <stdio.h>
#include <string.h>

test_store store;

void suite_begin(void)
{
    test_store_open(&store, NULL);
}

void suite_end(void)
{
    test_store_remove(&store);
}

/* ---- talking ---- */

static group_id take_id(cruddur_group *group)
{
    group_id id;
    (void)snprintf(id.text, sizeof(id.text), "%s", cruddur_group_uuid(group));
    cruddur_group_free(group);
    return id;
}

group_id open_direct_at(const cruddur_user *creator, const cruddur_user *other, const char *text,
                        int64_t created_at_us)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *group = NULL;
    options.created_at_us = created_at_us;
    must_succeed(
        cruddur_group_create(store.dm, creator, other, 1, text, &options, &group, TEST_ERROR));
    return take_id(group);
}

group_id open_direct(const cruddur_user *creator, const cruddur_user *other, const char *text)
{
    return open_direct_at(creator, other, text, 0);
}

group_id open_large(size_t n_members, const char *name, const char *text)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_user users[CRUDDUR_MEMBERS_MAX];
    cruddur_group *group = NULL;
    options.group_name = name;
    for (size_t i = 0; i < n_members; i++) {
        users[i] = test_user(i);
    }
    must_succeed(cruddur_group_create(store.dm, &users[0], &users[1], n_members - 1, text, &options,
                                      &group, TEST_ERROR));
    return take_id(group);
}

void say_at(const cruddur_user *author, const group_id *group, const char *text,
            int64_t created_at_us)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.created_at_us = created_at_us;
    must_succeed(
        cruddur_msg_append(store.dm, author, group->text, text, &options, NULL, TEST_ERROR));
}

void say(const cruddur_user *author, const group_id *group, const char *text)
{
    say_at(author, group, text, 0);
}

group_id open_with_messages(size_t count)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    for (size_t i = 1; i < count; i++) {
        char text[24];
        (void)snprintf(text, sizeof(text), "m%zu", i);
        say_at(i % 2 == 0 ? &test_ann : &test_bob, &group, text, AT_SECOND((int64_t)i));
    }
    return group;
}

void open_many(group_id *groups, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[24];
        cruddur_user other = test_user(i);
        (void)snprintf(text, sizeof(text), "g%zu", i);
        groups[i] = open_direct_at(&test_ann, &other, text, AT_SECOND((int64_t)i));
    }
}

/* ---- listings ---- */

cruddur_list_options list_options(uint32_t limit, uint32_t start, uint32_t order)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.limit = limit;
    options.start = start;
    options.order = order;
    return options;
}

cruddur_list_options from_newest(uint32_t limit)
{
    return list_options(limit, CRUDDUR_START_NEWEST, CRUDDUR_NEWEST_FIRST);
}

cruddur_list_options from_oldest(uint32_t limit)
{
    return list_options(limit, CRUDDUR_START_OLDEST, CRUDDUR_OLDEST_FIRST);
}

cruddur_msg_page *list_messages(const cruddur_user *viewer, const group_id *group,
                                const cruddur_list_options *options)
{
    cruddur_msg_page *page = NULL;
    cruddur_list_options trusted = options == NULL ? test_trusted_list : *options;
    trusted.flags |= CRUDDUR_LIST_TRUSTED;
    must_succeed(
        viewer == NULL
            ? cruddur_msg_list(store.dm, NULL, group->text, &trusted, &page, TEST_ERROR)
            : cruddur_msg_list(store.dm, viewer->uuid, group->text, options, &page, TEST_ERROR));
    cr_assert(page != NULL);
    return page;
}

cruddur_group_page *list_groups(const cruddur_user *user, const cruddur_list_options *options)
{
    cruddur_group_page *page = NULL;
    test_store_settle(&store);
    must_succeed(cruddur_group_list(store.dm, user->uuid, options, &page, TEST_ERROR));
    cr_assert(page != NULL);
    return page;
}

static void add_word(texts *to, size_t *size, const char *word)
{
    int length = snprintf(to->all + *size, sizeof(to->all) - *size, "%s ", word);
    cr_assert(length > 0 && (size_t)length < sizeof(to->all) - *size, "too many texts");
    *size += (size_t)length;
}

texts texts_of_messages(const cruddur_msg_page *page)
{
    texts found = {""};
    size_t size = 0;
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        add_word(&found, &size, cruddur_msg_text(cruddur_msg_page_at(page, i)));
    }
    return found;
}

texts texts_of_groups(const cruddur_group_page *page)
{
    texts found = {""};
    size_t size = 0;
    for (size_t i = 0; i < cruddur_group_page_count(page); i++) {
        add_word(&found, &size, cruddur_group_text(cruddur_group_page_at(page, i)));
    }
    return found;
}

texts texts_from_to(char letter, int first, int last)
{
    texts made = {""};
    size_t size = 0;
    int step = first <= last ? 1 : -1;
    for (int i = first; i != last + step; i += step) {
        char word[16];
        (void)snprintf(word, sizeof(word), "%c%d", letter, i);
        add_word(&made, &size, word);
    }
    return made;
}
