/* SPDX-License-Identifier: MIT */
/* cruddur_person_export() and cruddur_person_rename(). */
#include "eve.h"

#include <string.h>

TestSuite(person_names, .init = eve_begin, .fini = suite_end, .timeout = 600);

/* ---- exporting ---- */

typedef struct exported {
    size_t messages, inboxes, names, groups, reactions, others, claims;
    bool has_text, has_others;
} exported;

static bool take_line(void *data, const cruddur_person_event *event)
{
    exported *all = data;
    static const char begin_of[] = "{\"kind\":\"";
    if (event->line == NULL) {
        return true;
    }
    cr_assert_eq(strncmp(event->line, begin_of, sizeof(begin_of) - 1), 0, "%s", event->line);
    cr_assert_eq(event->line[strlen(event->line) - 1], '}');
    const char *kind = event->line + sizeof(begin_of) - 1;
    size_t *counts[] = {&all->messages,  &all->inboxes, &all->names, &all->groups,
                        &all->reactions, &all->others,  &all->claims};
    static const char *const kinds[] = {"message\"",  "inbox\"", "name\"", "group\"",
                                        "reaction\"", "other\"", "claim\""};
    for (size_t i = 0; i < 7; i++) {
        *counts[i] += strncmp(kind, kinds[i], strlen(kinds[i])) == 0 ? 1 : 0;
    }
    all->has_text = all->has_text || strstr(event->line, EVE_TEXT " 4") != NULL;
    all->has_others = all->has_others || strstr(event->line, "about four") != NULL;
    return true;
}

Test(person_names, is_exported)
{
    exported all = {.messages = 0};
    cruddur_person_options options = CRUDDUR_PERSON_OPTIONS_INIT;
    options.observe = take_line;
    options.data = &all;
    talk with = talk_with_eve();
    say(&test_cem, &with.four, "the latest of four");
    test_store_settle(&store);
    must_succeed(cruddur_person_export(store.dm, eve.uuid, &options, TEST_ERROR));
    cr_assert_eq(all.messages, 4);
    cr_assert_eq(all.inboxes, 2);
    cr_assert_eq(all.names, 2);
    cr_assert_eq(all.groups, 2);
    cr_assert_eq(all.reactions, 1);
    cr_assert_eq(all.others, 0);
    cr_assert(all.has_text);
    cr_assert_not(all.has_others, "a message of another");
}

/* ---- renaming ---- */

static bool new_names(void *data, const char *user_uuid, cruddur_user *user)
{
    size_t *asked = data;
    ++*asked;
    if (strcmp(user_uuid, eve.uuid) != 0) {
        return false;
    }
    user->display_name = "Eve Newname";
    user->handle = "newhandle";
    return true;
}

/* A message moves the row after it was found. */
static bool new_names_late(void *data, const char *user_uuid, cruddur_user *user)
{
    const group_id *group = data;
    say(&test_cem, group, "just now");
    test_store_settle(&store);
    user->display_name = "Eve Newname";
    user->handle = "newhandle";
    return strcmp(user_uuid, eve.uuid) == 0;
}

Test(person_names, is_followed_where_a_message_moves_the_row)
{
    eve_told heard = {.parts = 0};
    cruddur_person_options options = eve_options(0, &heard);
    group_id group = open_four(&test_ann, "four");
    test_store_settle(&store);
    must_succeed(cruddur_person_rename(store.dm, new_names_late, &group, &options, TEST_ERROR));
    cr_assert_eq(heard.last.inbox_rows, 1);
    cr_assert_not(table_has(EVE_NAME));
    cr_assert(table_has("Eve Newname"));
    test_check(&store);
}

static bool bad_name(void *data, const char *user_uuid, cruddur_user *user)
{
    (void)data;
    (void)user_uuid;
    user->handle = "a\nb";
    return true;
}

Test(person_names, is_renamed_in_inboxes_and_messages)
{
    size_t asked = 0;
    eve_told heard = {.parts = 0};
    (void)talk_with_eve();
    test_store_settle(&store);
    cruddur_person_options options = eve_options(0, &heard);
    must_fail(CRUDDUR_E_NAME_CHARACTER, "user.handle",
              cruddur_person_rename(store.dm, bad_name, NULL, &options, TEST_ERROR));
    must_succeed(cruddur_person_rename(store.dm, new_names, &asked, &options, TEST_ERROR));
    cr_assert_eq(heard.last.inbox_rows, 2, "%lu", (unsigned long)heard.last.inbox_rows);
    cr_assert_eq(heard.last.messages, 0);
    cr_assert_eq(asked, 4, "each is looked up once: %zu", asked);
    cr_assert(table_has("Eve Newname"));
    cr_assert(table_has(EVE_NAME), "of messages");
    options.cursor = "rename-messages:0:";
    must_fail(CRUDDUR_E_CURSOR_FOREIGN, "options.cursor",
              cruddur_person_rename(store.dm, new_names, &asked, &options, TEST_ERROR));
    options = eve_options(CRUDDUR_PERSON_MESSAGES, &heard);
    must_succeed(cruddur_person_rename(store.dm, new_names, &asked, &options, TEST_ERROR));
    cr_assert_eq(heard.last.messages, 4);
    cr_assert_eq(heard.last.inbox_rows, 0);
    cr_assert_not(table_has(EVE_NAME));
    cr_assert_not(table_has(EVE_HANDLE));
    must_succeed(cruddur_person_rename(store.dm, new_names, &asked, &options, TEST_ERROR));
    cr_assert_eq(heard.last.messages + heard.last.inbox_rows, 0);
    test_check(&store);
}
