/* SPDX-License-Identifier: MIT */
/* Opens a store and a conversation, answers, and prints what both sides see.
 *
 *     cc hello.c $(pkg-config --cflags --libs libcruddur) -o hello
 *     ./hello sqlite:hello.db          (without an argument: a store in memory)
 */
#include <cruddur/cruddur.h>
#include <stdio.h>
#include <stdlib.h>

static const cruddur_user ada = {
    .uuid = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399", .display_name = "Ada", .handle = "ada"};
static const cruddur_user ben = {
    .uuid = "ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60", .display_name = "Ben", .handle = "ben"};

/* Ends the program if a call failed. A service would report the error and carry on; threads.c shows
 * which errors to retry, and how. */
static void require(cruddur_status status, cruddur_error **error)
{
    if (status != CRUDDUR_OK) {
        fprintf(stderr, "%s: %s\n", cruddur_status_name(status), cruddur_error_message(*error));
        cruddur_error_free(*error);
        exit(EXIT_FAILURE);
    }
}

/* The newest 20 messages, oldest first; paging.c shows how to get to the others. */
static void print_messages(cruddur *dm, const cruddur_user *viewer, const char *group_uuid)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = NULL;
    cruddur_error *error = NULL;
    options.order = CRUDDUR_OLDEST_FIRST;
    require(cruddur_msg_list(dm, viewer->uuid, group_uuid, &options, &page, &error), &error);
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        const cruddur_msg *msg = cruddur_msg_page_at(page, i);
        printf("  %s: %s\n", cruddur_msg_user_display_name(msg), cruddur_msg_text(msg));
    }
    cruddur_msg_page_free(page);
}

/* The 20 groups with the newest messages. */
static void print_inbox(cruddur *dm, const cruddur_user *user)
{
    cruddur_group_page *page = NULL;
    cruddur_error *error = NULL;
    require(cruddur_group_list(dm, user->uuid, NULL, &page, &error), &error);
    printf("%s's inbox:\n", user->display_name);
    for (size_t i = 0; i < cruddur_group_page_count(page); i++) {
        const cruddur_group *group = cruddur_group_page_at(page, i);
        printf("  with %s: %s\n", cruddur_group_user_display_name(group),
               cruddur_group_text(group));
    }
    cruddur_group_page_free(page);
}

int main(int argc, char **argv)
{
    cruddur *dm = NULL;
    cruddur_group *group = NULL;
    cruddur_error *error = NULL;

    require(cruddur_open(argc > 1 ? argv[1] : "sqlite::memory:", NULL, &dm, &error), &error);
    require(cruddur_group_create(dm, &ada, &ben, 1, "Hello, Ben!", NULL, &group, &error), &error);
    require(cruddur_msg_append(dm, &ben, cruddur_group_uuid(group), "Ada! How are you?", NULL, NULL,
                               &error),
            &error);

    print_messages(dm, &ben, cruddur_group_uuid(group));
    print_inbox(dm, &ada);
    print_inbox(dm, &ben);

    cruddur_group_free(group); /* before or after the store is closed */
    cruddur_close(dm);
    return EXIT_SUCCESS;
}
