/* SPDX-License-Identifier: MIT */
#include "eve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cruddur_user eve = {sizeof(cruddur_user), "e0000000-0000-4000-8000-00000000000e", EVE_NAME,
                          EVE_HANDLE};

/* Mode `auto` finds out with the first change that it is in steps. */
void eve_begin(void)
{
    suite_begin();
    if (test_store_is_in_steps(&store)) {
        (void)open_direct(&test_ann, &test_bob, "one");
        must_fail(CRUDDUR_E_NEEDS_TRANSACTIONS, NULL,
                  cruddur_person_erase(store.dm, test_ann.uuid, NULL, TEST_ERROR));
        must_fail(CRUDDUR_E_NEEDS_TRANSACTIONS, NULL,
                  cruddur_person_rename(store.dm, (cruddur_person_lookup_fn)abort, NULL, NULL,
                                        TEST_ERROR));
        cr_skip_test("the store has no transactions");
    }
}

/* ---- the call ---- */

bool eve_listen(void *data, const cruddur_person_event *event)
{
    eve_told *heard = data;
    const char *cursor = event->cursor == NULL ? "" : event->cursor;
    cr_assert_eq(event->size, sizeof(*event));
    cr_assert_lt(strlen(cursor), sizeof(heard->cursor));
    (void)snprintf(heard->cursor, sizeof(heard->cursor), "%s", cursor);
    heard->last = *event;
    heard->parts++;
    return heard->parts != heard->parts_wanted;
}

cruddur_person_options eve_options(uint32_t flags, eve_told *heard)
{
    cruddur_person_options options = CRUDDUR_PERSON_OPTIONS_INIT;
    options.flags = flags;
    options.observe = eve_listen;
    options.data = heard;
    return options;
}

/* ---- what the table has ---- */

static bool page_has(const cruddur_row_page *page, const char *text)
{
    for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
        for (size_t j = 0; j < cruddur_row_attribute_count(); j++) {
            const char *value = cruddur_row_page_get(page, i, j);
            if (value != NULL && strstr(value, text) != NULL) {
                return true;
            }
        }
    }
    return false;
}

bool table_has(const char *text)
{
    bool is_there = false;
    bool is_at_end = false;
    char cursor[2000] = "";
    while (!is_there && !is_at_end) {
        cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
        cruddur_row_page *page = NULL;
        options.limit = CRUDDUR_LIMIT_MAX;
        options.cursor = *cursor == '\0' ? NULL : cursor;
        must_succeed(cruddur_scan(store.dm, &options, &page, TEST_ERROR));
        is_there = page_has(page, text);
        const char *next = cruddur_row_page_next(page);
        is_at_end = next == NULL;
        (void)snprintf(cursor, sizeof(cursor), "%s", is_at_end ? "" : next);
        cruddur_row_page_free(page);
    }
    return is_there;
}

/* ---- groups ---- */

group_id open_four(const cruddur_user *creator, const char *text)
{
    const cruddur_user *all[] = {&test_ann, &test_bob, &test_cem, &eve};
    cruddur_user others[3];
    size_t count = 0;
    group_id id;
    cruddur_group *group = NULL;
    for (size_t i = 0; i < 4; i++) {
        if (all[i] != creator) {
            others[count++] = *all[i];
        }
    }
    must_succeed(
        cruddur_group_create(store.dm, creator, others, count, text, NULL, &group, TEST_ERROR));
    (void)snprintf(id.text, sizeof(id.text), "%s", cruddur_group_uuid(group));
    cruddur_group_free(group);
    return id;
}

static void leave(const cruddur_user *user, const group_id *group)
{
    must_succeed(cruddur_group_remove_member(store.dm, user->uuid, group->text, user->uuid, NULL,
                                             NULL, TEST_ERROR));
}

static void pin(const cruddur_user *user, const group_id *group)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.pinned = CRUDDUR_SWITCH_ON;
    must_succeed(cruddur_group_set(store.dm, user->uuid, group->text, &options, NULL, TEST_ERROR));
}

talk talk_with_eve(void)
{
    talk all = {.direct = open_direct(&eve, &test_bob, EVE_TEXT " 1")};
    say(&test_bob, &all.direct, "from bob");
    pin(&eve, &all.direct);
    say(&eve, &all.direct, EVE_TEXT " 2");
    all.four = open_four(&eve, EVE_TEXT " 3");
    all.reacted = say_named(&test_bob, &all.four, "about four", 0);
    (void)react_to_it(&eve, &all.four, &all.reacted, "🦄", true, true);
    (void)react_to_it(&test_ann, &all.four, &all.reacted, "👍", true, true);
    all.left = open_four(&test_cem, "left behind");
    say(&eve, &all.left, EVE_TEXT " 4");
    leave(&eve, &all.left);
    (void)open_direct(&test_ann, &test_bob, "among others");
    return all;
}
