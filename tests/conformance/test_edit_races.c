/* SPDX-License-Identifier: MIT */
/* Threads that send, edit, delete and react at the same time: no change is lost, and none undoes
 * another. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "said.h"

CONFORMANCE_SUITE(edit_races);

#define THREADS 4
#define ROUNDS_MAX 30

static unsigned rounds(void)
{
    return getenv("CRUDDUR_TEST_SLOW") != NULL ? ROUNDS_MAX / 4 : ROUNDS_MAX;
}

/* Threads do not assert: they count what went wrong. */
typedef struct worker {
    pthread_t thread;
    size_t number;
    const group_id *group;
    const said *messages;
    int failures;
} worker;

static void run(void *(*const work[THREADS])(void *), const group_id *group, const said *messages)
{
    worker workers[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){.number = i, .group = group, .messages = messages};
        cr_assert_eq(pthread_create(&workers[i].thread, NULL, work[i], &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(workers[i].thread, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_eq(workers[i].failures, 0, "thread %zu: %d failures", i, workers[i].failures);
    }
}

static void *append(void *argument)
{
    worker *self = argument;
    const cruddur_user *author = self->number % 2 == 0 ? &test_ann : &test_bob;
    for (unsigned i = 0; i < rounds(); i++) {
        cruddur_status status =
            cruddur_msg_append(store.dm, author, self->group->text, "x", NULL, NULL, NULL);
        self->failures += status == CRUDDUR_OK ? 0 : 1;
    }
    return NULL;
}

static void text_of_round(const char *letter, unsigned round, char *text, size_t size)
{
    (void)snprintf(text, size, "%s%u", letter, round);
}

static cruddur_status edit(const worker *self, const said *message, const char *text)
{
    bool is_changed = false;
    const cruddur_msg_options options = known_time(message);
    cruddur_status status =
        cruddur_msg_edit(store.dm, test_ann.uuid, self->group->text, message->uuid, text, &options,
                         NULL, &is_changed, NULL);
    return status == CRUDDUR_OK && !is_changed ? CRUDDUR_E_INTERNAL : status;
}

/* ---- edits, while the rows move ---- */

static void *edit_first(void *argument)
{
    worker *self = argument;
    for (unsigned i = 0; i < rounds(); i++) {
        char text[16];
        text_of_round("e", i, text, sizeof(text));
        self->failures += edit(self, &self->messages[0], text) == CRUDDUR_OK ? 0 : 1;
    }
    return NULL;
}

/* Sends, and edits at once what was sent: often still the newest message. */
static void *append_and_edit(void *argument)
{
    worker *self = argument;
    for (unsigned i = 0; i < rounds(); i++) {
        cruddur_msg *msg = NULL;
        cruddur_status status =
            cruddur_msg_append(store.dm, &test_ann, self->group->text, "draft", NULL, &msg, NULL);
        if (status == CRUDDUR_OK) {
            said message = said_of(msg);
            status = edit(self, &message, "edited");
        }
        self->failures += status == CRUDDUR_OK ? 0 : 1;
        cruddur_msg_free(msg);
    }
    return NULL;
}

static size_t count_texts(const group_id *group, const char *text)
{
    size_t count = 0;
    cruddur_list_options options = from_newest(CRUDDUR_LIMIT_MAX);
    cruddur_msg_page *page = list_messages(NULL, group, &options);
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        count += strcmp(cruddur_msg_text(cruddur_msg_page_at(page, i)), text) == 0 ? 1 : 0;
    }
    cruddur_msg_page_free(page);
    return count;
}

Test(edit_races, an_edit_is_never_lost_to_a_move)
{
    needs_transactions();
    static void *(*const work[THREADS])(void *) = {append_and_edit, append, edit_first,
                                                   append_and_edit};
    char last[16];
    group_id group = open_direct(&test_ann, &test_bob, "first");
    said first = last_said(&group);
    run(work, &group, &first);
    text_of_round("e", rounds() - 1, last, sizeof(last));
    expect_text(&group, &first, last);
    cr_assert_eq(count_texts(&group, "draft"), 0);
    cr_assert_eq(count_texts(&group, "edited"), 2 * rounds());
    test_store_settle(&store);
    (void)test_check_summary(&store); /* every preview is the newest message's text */
}

/* ---- deletions, while the same messages are edited ---- */

static void *edit_each(void *argument)
{
    worker *self = argument;
    for (unsigned i = 0; i < rounds(); i++) {
        cruddur_status status = edit(self, &self->messages[i], self->number == 0 ? "a" : "b");
        bool is_good = status == CRUDDUR_OK || status == CRUDDUR_E_MESSAGE_DELETED;
        self->failures += is_good ? 0 : 1;
    }
    return NULL;
}

static void *react_to_each(void *argument)
{
    worker *self = argument;
    for (unsigned i = 0; i < rounds(); i++) {
        const cruddur_msg_options options = known_time(&self->messages[i]);
        cruddur_status status =
            cruddur_msg_react(store.dm, test_bob.uuid, self->group->text, self->messages[i].uuid,
                              "+", true, &options, NULL, NULL, NULL);
        bool is_good = status == CRUDDUR_OK || status == CRUDDUR_E_MESSAGE_DELETED;
        self->failures += is_good ? 0 : 1;
    }
    return NULL;
}

static void *delete_each(void *argument)
{
    worker *self = argument;
    for (unsigned i = 0; i < rounds(); i++) {
        const cruddur_msg_options options = known_time(&self->messages[i]);
        bool is_changed = false;
        cruddur_status status =
            cruddur_msg_delete(store.dm, test_ann.uuid, self->group->text, self->messages[i].uuid,
                               &options, NULL, &is_changed, NULL);
        self->failures += status == CRUDDUR_OK && is_changed ? 0 : 1;
    }
    return NULL;
}

Test(edit_races, a_tombstone_stays_one)
{
    needs_transactions();
    static void *(*const work[THREADS])(void *) = {edit_each, edit_each, delete_each,
                                                   react_to_each};
    static said messages[ROUNDS_MAX];
    group_id group = open_direct(&test_ann, &test_bob, "first");
    for (unsigned i = 0; i < rounds(); i++) {
        messages[i] = say_named(&test_ann, &group, "text", 0);
    }
    run(work, &group, messages);
    for (unsigned i = 0; i < rounds(); i++) {
        expect_text(&group, &messages[i], "");
        expect_reactions(&group, &messages[i], "");
    }
    expect_preview(&test_bob, "");
    (void)test_check_summary(&store);
}

/* ---- reactions to one message ---- */

static void *react_with_letters(void *argument)
{
    worker *self = argument;
    const cruddur_user user = test_user(self->number);
    const cruddur_msg_options options = known_time(&self->messages[0]);
    for (char letter = 'a'; letter < 'f'; letter++) {
        const char reaction[] = {letter, '\0'};
        for (int round = 0; round < 3; round++) {
            bool is_changed = false;
            cruddur_status status =
                cruddur_msg_react(store.dm, user.uuid, self->group->text, self->messages[0].uuid,
                                  reaction, round != 1, &options, NULL, &is_changed, NULL);
            self->failures += status == CRUDDUR_OK && is_changed ? 0 : 1;
        }
    }
    return NULL;
}

Test(edit_races, no_reaction_is_lost)
{
    needs_transactions();
    static void *(*const work[THREADS])(void *) = {react_with_letters, react_with_letters,
                                                   react_with_letters, react_with_letters};
    group_id group = open_large(THREADS, NULL, "first");
    said message = last_said(&group);
    run(work, &group, &message);
    cruddur_msg *msg = get_it(&group, &message);
    cr_assert_eq(cruddur_msg_reaction_count(msg), 5 * THREADS);
    cruddur_msg_free(msg);
    test_store_settle(&store);
    (void)test_check_summary(&store);
}

/* ---- versions ---- */

static void *edit_by_version(void *argument)
{
    worker *self = argument;
    const said *message = &self->messages[0];
    for (unsigned done = 0; done < rounds() / 4 + 1;) {
        cruddur_msg *msg = get_it(self->group, message);
        char text[64];
        cruddur_msg_options options = known_time(message);
        options.if_version = cruddur_msg_version(msg);
        (void)snprintf(text, sizeof(text), "%d", atoi(cruddur_msg_text(msg)) + 1);
        cruddur_status status = cruddur_msg_edit(store.dm, test_ann.uuid, self->group->text,
                                                 message->uuid, text, &options, NULL, NULL, NULL);
        cruddur_msg_free(msg);
        /* Another thread may have put the same text since: then the edit was in place already. */
        self->failures += status == CRUDDUR_OK || status == CRUDDUR_E_VERSION ? 0 : 1;
        done += status == CRUDDUR_OK || self->failures > 0 ? 1 : 0;
    }
    return NULL;
}

/* Who edits what they have read overwrites nothing that they have not: the text counts up. */
Test(edit_races, edits_of_a_version_are_one_after_the_other)
{
    needs_transactions();
    static void *(*const work[THREADS])(void *) = {edit_by_version, edit_by_version,
                                                   edit_by_version, edit_by_version};
    group_id group = open_direct(&test_ann, &test_bob, "0");
    said message = last_said(&group);
    run(work, &group, &message);
    cruddur_msg *msg = get_it(&group, &message);
    cr_assert_geq(atoi(cruddur_msg_text(msg)), (int)(rounds() / 4 + 1));
    cruddur_msg_free(msg);
    test_store_settle(&store);
    (void)test_check_summary(&store);
}
