/* SPDX-License-Identifier: MIT */
/* What the handlers of the page have in common: the parts of a page are read together, and shown
 * when the last of them has come. */
#ifndef WEB_PAGE_STATE_H
#define WEB_PAGE_STATE_H

#include "request.h"
#include "show.h"

/* Messages of one page. */
#define PAGE_MESSAGES 30
/* Messages that are looked up because others reply to them, and one that the form is about. */
#define PAGE_WANTED_MAX (PAGE_MESSAGES + 1)

/* Time zones reach from UTC-12 to UTC+14. */
#define PAGE_UTC_OFFSET_MAX_MIN 840

struct page_state {
    struct view view;
    void (*show)(html *out, const struct view *view);
    unsigned status;
    unsigned waits; /* calls under way */

    cruddur_user viewer, other;
    struct person *found;
    cruddur_group_page *inbox;
    cruddur_group *group;
    cruddur_members *members;
    cruddur_msg_page *messages;
    cruddur_msg *changed;

    struct wanted {
        const char *uuid;
        int64_t at_us;
    } wanted[PAGE_WANTED_MAX];
    cruddur_msg *quoted[PAGE_WANTED_MAX];
    size_t n_wanted, n_asked;

    char uuid[CRUDDUR_UUID_SIZE]; /* of the message that the form sends */
    char *text;                   /* of the form, with its line ends as the library counts them */
};

/* Makes the state. NULL: the request has been answered. */
struct page_state *page_begin(request *self, void (*show)(html *out, const struct view *view));

/* Submits what the whole page of a conversation needs, or the list of conversations alone. */
void page_load_conversation(request *self);
void page_load_inbox(request *self);

/* Shows the message in `changed`, when what it replies to has been read. */
void page_show_changed(request *self);

/* Keeps a person, whom the new conversation is with. */
bool page_keep_other(request *self, const struct person *person);

/* Whether the script asks, for a part. */
bool page_is_part(const request *self);

/* A number in a query or a form; 0 if it is missing, or is none of these numbers. */
int64_t page_number(const char *text, int64_t min, int64_t max);

/* Leads to a conversation. */
void page_redirect(request *self, const char *group_uuid);

#endif
