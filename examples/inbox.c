/* SPDX-License-Identifier: MIT */
/* An inbox with unread counts, and what happens to messages: they are read, edited, deleted, and
 * reacted to.
 *
 *     cc inbox.c $(pkg-config --cflags --libs libcruddur) -o inbox
 *     ./inbox sqlite:inbox.db          (without an argument: a store in memory)
 */
#include <cruddur/cruddur.h>
#include <stdio.h>
#include <stdlib.h>

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

static cruddur_msg *append(cruddur *dm, const cruddur_user *author, const char *group_uuid,
                           const char *text, const char *reply_to)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    cruddur_error *error = NULL;
    options.reply_to = reply_to;
    require(cruddur_msg_append(dm, author, group_uuid, text, &options, &msg, &error), &error);
    return msg;
}

/* The groups with unread messages. A count goes up to 999, and says whether there are more. */
static void print_unread(cruddur *dm, const cruddur_user *user)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_group_page *page = NULL;
    cruddur_error *error = NULL;
    options.flags = CRUDDUR_LIST_UNREAD;
    require(cruddur_group_list(dm, user->uuid, &options, &page, &error), &error);
    printf("%s has %zu groups with unread messages\n", user->display_name,
           cruddur_group_page_count(page));
    for (size_t i = 0; i < cruddur_group_page_count(page); i++) {
        const cruddur_group *group = cruddur_group_page_at(page, i);
        printf("  %u%s from %s; the newest: %s\n", cruddur_group_unread_count(group),
               cruddur_group_unread_is_exact(group) ? "" : "+",
               cruddur_group_user_display_name(group), cruddur_group_text(group));
    }
    cruddur_group_page_free(page);
}

/* A message is found by its uuid. Its time makes that sure and quick on every engine, so a client
 * that has the message gives it. */
static cruddur_msg_options name_message(const cruddur_msg *msg)
{
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.created_at_us = cruddur_msg_created_at_us(msg);
    return options;
}

/* Changes a message as the user has seen it. If another device has changed it since, the edit is
 * refused: read it again, and ask the user. */
static void edit(cruddur *dm, const cruddur_user *author, const cruddur_msg *seen, const char *text)
{
    cruddur_msg_options options = name_message(seen);
    cruddur_error *error = NULL;
    options.if_version = cruddur_msg_version(seen);
    cruddur_status status =
        cruddur_msg_edit(dm, author->uuid, cruddur_msg_group_uuid(seen), cruddur_msg_uuid(seen),
                         text, &options, NULL, NULL, &error);
    if (status == CRUDDUR_E_VERSION) {
        printf("%s: it was changed elsewhere\n", text);
        cruddur_error_free(error);
        return;
    }
    require(status, &error);
}

static void print_message(const cruddur_msg *msg)
{
    bool is_deleted = cruddur_msg_deleted_at_us(msg) != CRUDDUR_TIME_UNKNOWN;
    bool is_edited = cruddur_msg_edited_at_us(msg) != CRUDDUR_TIME_UNKNOWN;
    cruddur_reaction reaction;
    printf("  %s: %s%s%s", cruddur_msg_user_display_name(msg),
           cruddur_msg_reply_to(msg) != NULL ? "(a reply) " : "",
           is_deleted ? "[deleted]" : cruddur_msg_text(msg),
           is_edited && !is_deleted ? " (edited)" : "");
    for (size_t i = 0; cruddur_msg_reaction_at(msg, i, &reaction); i++) {
        printf(" %s", reaction.text);
    }
    printf("\n");
}

/* The newest messages, and how far the others have read. */
static void print_conversation(cruddur *dm, const cruddur_user *viewer, const char *group_uuid)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = NULL;
    cruddur_members *members = NULL;
    cruddur_error *error = NULL;
    options.order = CRUDDUR_OLDEST_FIRST;
    options.limit = 4;
    require(cruddur_msg_list(dm, viewer->uuid, group_uuid, &options, &page, &error), &error);
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        print_message(cruddur_msg_page_at(page, i));
    }
    cruddur_msg_page_free(page);

    require(cruddur_group_members(dm, viewer->uuid, group_uuid, NULL, &members, &error), &error);
    for (size_t i = 0; i < cruddur_members_count(members); i++) {
        char text[CRUDDUR_TIME_SIZE];
        int64_t read_us = cruddur_members_read_up_to_us(members, i);
        if (read_us != CRUDDUR_TIME_UNKNOWN) {
            require(cruddur_time_format(read_us, text, &error), &error);
            printf("  %s has read up to %s\n", cruddur_members_at(members, i)->display_name, text);
        }
    }
    cruddur_members_free(members);
}

int main(int argc, char **argv)
{
    cruddur *dm = NULL;
    cruddur_group *group = NULL;
    cruddur_error *error = NULL;

    require(cruddur_open(argc > 1 ? argv[1] : "sqlite::memory:", NULL, &dm, &error), &error);
    require(cruddur_group_create(dm, &ada, &ben, 1, "Hello, Ben!", NULL, &group, &error), &error);
    const char *uuid = cruddur_group_uuid(group);
    cruddur_msg *typo = append(dm, &ada, uuid, "Are you free on Saterday?", NULL);
    cruddur_msg *slip = append(dm, &ada, uuid, "This is for somebody else", NULL);
    print_unread(dm, &ben);

    edit(dm, &ada, typo, "Are you free on Saturday?");
    edit(dm, &ada, typo, "Are you free on Sunday?"); /* by what it has seen: refused */
    cruddur_msg_options options = name_message(slip);
    require(cruddur_msg_delete(dm, ada.uuid, uuid, cruddur_msg_uuid(slip), &options, NULL, NULL,
                               &error),
            &error);

    options = name_message(typo);
    require(cruddur_msg_react(dm, ben.uuid, uuid, cruddur_msg_uuid(typo), "\xF0\x9F\x91\x8D", true,
                              &options, NULL, NULL, &error),
            &error);
    require(cruddur_group_mark_read(dm, ben.uuid, uuid, NULL, NULL, &error), &error);
    print_unread(dm, &ben);
    cruddur_msg_free(append(dm, &ben, uuid, "Yes!", cruddur_msg_uuid(typo)));
    print_conversation(dm, &ada, uuid);

    cruddur_msg_free(typo);
    cruddur_msg_free(slip);
    cruddur_group_free(group);
    cruddur_close(dm);
    return EXIT_SUCCESS;
}
