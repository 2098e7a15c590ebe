/* SPDX-License-Identifier: MIT */
/* Pages through a conversation in both directions, and polls it for new messages.
 *
 *     cc paging.c $(pkg-config --cflags --libs libcruddur) -o paging
 *     ./paging sqlite:paging.db        (without an argument: a store in memory)
 */
#include <cruddur/cruddur.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGES 25
#define PAGE 10

static const cruddur_user ada = {
    .uuid = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399", .display_name = "Ada", .handle = "ada"};
static const cruddur_user ben = {
    .uuid = "ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60", .display_name = "Ben", .handle = "ben"};

/* Ends the program if a call failed; threads.c shows which errors to retry, and how. */
static void require(cruddur_status status, cruddur_error **error)
{
    if (status != CRUDDUR_OK) {
        fprintf(stderr, "%s: %s\n", cruddur_status_name(status), cruddur_error_message(*error));
        cruddur_error_free(*error);
        exit(EXIT_FAILURE);
    }
}

static cruddur_group *write_conversation(cruddur *dm)
{
    cruddur_group *group = NULL;
    cruddur_error *error = NULL;
    require(cruddur_group_create(dm, &ada, &ben, 1, "message 1", NULL, &group, &error), &error);
    for (int i = 2; i <= MESSAGES; i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "message %d", i);
        require(cruddur_msg_append(dm, i % 2 == 0 ? &ben : &ada, cruddur_group_uuid(group), text,
                                   NULL, NULL, &error),
                &error);
    }
    return group;
}

static void print_page(const char *title, const cruddur_msg_page *page)
{
    printf("%s:", title);
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        printf("%s %s", i == 0 ? "" : ",", cruddur_msg_text(cruddur_msg_page_at(page, i)));
    }
    printf("\n");
}

/* Prints the newest page, then the pages before it. On each page the oldest message is first. */
static void walk_back(cruddur *dm, const char *group_uuid)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = NULL;
    cruddur_error *error = NULL;
    options.limit = PAGE;
    options.order = CRUDDUR_OLDEST_FIRST;
    require(cruddur_msg_list(dm, ada.uuid, group_uuid, &options, &page, &error), &error);
    print_page("newest", page);
    while (cruddur_msg_page_has_older(page)) {
        cruddur_msg_page *older = NULL;
        options.cursor = cruddur_msg_page_older(page);
        require(cruddur_msg_list(dm, ada.uuid, group_uuid, &options, &older, &error), &error);
        cruddur_msg_page_free(page); /* not before: the cursor belongs to it */
        page = older;
        print_page("older", page);
    }
    cruddur_msg_page_free(page);
}

/* Prints all messages after `shown`, page by page. Frees `shown`; returns the last page, whose
 * cursor is where to continue. A page without messages has a cursor too. */
static cruddur_msg_page *catch_up(cruddur *dm, const char *group_uuid, cruddur_msg_page *shown)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_error *error = NULL;
    bool has_more = true;
    options.limit = PAGE;
    options.order = CRUDDUR_OLDEST_FIRST;
    while (has_more) {
        cruddur_msg_page *newer = NULL;
        options.cursor = cruddur_msg_page_newer(shown);
        require(cruddur_msg_list(dm, ada.uuid, group_uuid, &options, &newer, &error), &error);
        cruddur_msg_page_free(shown);
        shown = newer;
        print_page("newer", shown);
        has_more = cruddur_msg_page_has_newer(shown);
    }
    return shown;
}

/* What a client does that shows a conversation: it polls for what follows the last page. */
static void follow(cruddur *dm, const char *group_uuid)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *shown = NULL;
    cruddur_error *error = NULL;
    options.limit = PAGE;
    options.order = CRUDDUR_OLDEST_FIRST;
    require(cruddur_msg_list(dm, ada.uuid, group_uuid, &options, &shown, &error), &error);
    print_page("shown", shown);
    shown = catch_up(dm, group_uuid, shown); /* nothing new yet */
    for (int i = 1; i <= PAGE + 1; i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "new message %d", i);
        require(cruddur_msg_append(dm, &ben, group_uuid, text, NULL, NULL, &error), &error);
    }
    shown = catch_up(dm, group_uuid, shown);
    cruddur_msg_page_free(shown);
}

int main(int argc, char **argv)
{
    cruddur *dm = NULL;
    cruddur_error *error = NULL;
    require(cruddur_open(argc > 1 ? argv[1] : "sqlite::memory:", NULL, &dm, &error), &error);
    cruddur_group *group = write_conversation(dm);
    walk_back(dm, cruddur_group_uuid(group));
    follow(dm, cruddur_group_uuid(group));
    cruddur_group_free(group);
    cruddur_close(dm);
    return EXIT_SUCCESS;
}
