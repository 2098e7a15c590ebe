/* SPDX-License-Identifier: MIT */
/* Sends messages and reads them again from a plain poll() loop, which never blocks in a call of the
 * library: each request is submitted, and its completion comes through one descriptor.
 *
 *     cc poll.c $(pkg-config --cflags --libs libcruddur) -o poll
 *     ./poll sqlite:poll.db      (without an argument: a store in memory)
 */
#include <cruddur/cruddur.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGES 5

static const cruddur_user ada = {
    .uuid = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399", .display_name = "Ada", .handle = "ada"};
static const cruddur_user ben = {
    .uuid = "ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60", .display_name = "Ben", .handle = "ben"};

typedef struct program {
    cruddur *dm;
    char group_uuid[CRUDDUR_UUID_SIZE];
    size_t stored;
    bool is_over;
} program;

static void must(cruddur_status status, cruddur_error *error)
{
    if (status != CRUDDUR_OK) {
        fprintf(stderr, "%s: %s\n", cruddur_status_name(status), cruddur_error_message(error));
        exit(EXIT_FAILURE);
    }
}

/* The requests change one group, so they are carried out in this order. */
static void submit_messages(program *self)
{
    cruddur_error *error = NULL;
    char text[32];
    must(cruddur_group_create_submit(self->dm, &ada, &ben, 1, "Hello, Ben!", NULL, NULL, NULL,
                                     &error),
         error);
    for (int i = 1; i <= MESSAGES; i++) {
        snprintf(text, sizeof(text), "message %d", i); /* copied: the room is used again */
        must(cruddur_msg_append_submit(self->dm, &ada, self->group_uuid, text, NULL, NULL, NULL,
                                       &error),
             error);
    }
}

static void submit_page(program *self)
{
    cruddur_error *error = NULL;
    must(cruddur_msg_list_submit(self->dm, ben.uuid, self->group_uuid, NULL, NULL, NULL, &error),
         error);
}

static void print_page(const cruddur_msg_page *page)
{
    for (size_t i = cruddur_msg_page_count(page); i > 0; i--) {
        const cruddur_msg *msg = cruddur_msg_page_at(page, i - 1);
        printf("%s: %s\n", cruddur_msg_user_display_name(msg), cruddur_msg_text(msg));
    }
}

static void handle(program *self, cruddur_completion *completion)
{
    must(cruddur_completion_status(completion), cruddur_completion_take_error(completion));
    if (cruddur_completion_operation(completion) == CRUDDUR_OP_MSG_LIST) {
        cruddur_msg_page *page = cruddur_completion_take_msg_page(completion);
        print_page(page);
        cruddur_msg_page_free(page);
        self->is_over = true;
    } else if (++self->stored == MESSAGES + 1) {
        submit_page(self); /* a read waits for nothing: it is submitted when all is stored */
    }
}

/* The descriptor is readable: receives what there is. */
static void receive(program *self)
{
    cruddur_error *error = NULL;
    cruddur_completion *completion;
    do {
        completion = NULL;
        must(cruddur_completion_next(self->dm, 0, &completion, &error), error);
        if (completion != NULL) {
            handle(self, completion);
            cruddur_completion_free(completion);
        }
    } while (completion != NULL);
}

int main(int argc, char **argv)
{
    program self = {.dm = NULL};
    cruddur_error *error = NULL;
    struct pollfd asked = {.events = POLLIN}; /* beside the program's own descriptors */
    must(cruddur_open(argc > 1 ? argv[1] : "sqlite::memory:", NULL, &self.dm, &error), error);
    must(cruddur_group_direct_uuid(ada.uuid, ben.uuid, self.group_uuid, &error), error);
    must(cruddur_fd(self.dm, &asked.fd, &error), error);
    submit_messages(&self);
    while (!self.is_over) {
        if (poll(&asked, 1, -1) < 0 && errno != EINTR) {
            perror("poll");
            return EXIT_FAILURE;
        }
        if ((asked.revents & POLLIN) != 0) {
            receive(&self);
        }
    }
    cruddur_close(self.dm);
    return EXIT_SUCCESS;
}
