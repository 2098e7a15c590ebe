/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The messages page: from what the library returned to HTML. Nothing here reads a store or a
 * request; pages.c and forms.c do.
 */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include <cruddur/cruddur.h>

#include "html.h"

/** The most characters of a message, as the library counts them: code points. */
#define PAGE_TEXT_MAX 1024

/** What a page shows. Pointers are borrowed; those to parts that a page does not show are NULL. */
typedef struct page_view {
    /** Who looks; NULL before the sign-in. */
    const cruddur_user *viewer;
    /** The token that forms send back. */
    const char *csrf;
    /** The reader's time zone: what is added to UTC, in minutes. */
    int utc_offset_min;
    int64_t now_us;

    /** The list of conversations. */
    const cruddur_group_page *inbox;
    /** Whether the archived ones are in it. */
    bool has_archived;

    /** The open conversation: itself, its members and a page of messages, oldest first. */
    const cruddur_group *group;
    const cruddur_members *members;
    const cruddur_msg_page *messages;
    /** The messages that others on the page reply to and that are not on it; some may be NULL. */
    cruddur_msg *const *quoted;
    size_t n_quoted;
    /** Whether newer messages exist than the page has. */
    bool is_past;

    /** A conversation that has not begun: with whom, or with which handle. */
    const cruddur_user *other;
    const char *handle;
    bool is_new;

    /** The form below the messages: its text, the uuid that it sends, what it replies to or
     * edits. */
    const char *draft;
    const char *message_uuid;
    const cruddur_msg *reply;
    const cruddur_msg *edit;

    /** Why the last form failed, or what is wrong. */
    const char *error;
} page_view;

/** The forms of a time. */
typedef enum page_time_form {
    PAGE_TIME_CLOCK, /* 14:05 */
    PAGE_TIME_AGO,   /* 5 min, Tuesday, 3 June */
    PAGE_TIME_DAY,   /* Today, Friday 3 June 2026 */
} page_time_form;

/* ---- whole pages ---- */

/** The list of conversations, with the open conversation, a new one, or neither. */
void page_messages(html *out, const page_view *view);

/** A page that says one thing, such as that something was not found. */
void page_notice(html *out, const page_view *view, const char *title, const char *text);

/** The sign-in. `people` may sign in without more, in a demonstration; may be empty. */
void page_sign_in(html *out, const page_view *view, const cruddur_user *people, size_t n_people);

/* ---- parts, also for the script ---- */

/** The list of conversations alone. */
void page_inbox(html *out, const page_view *view);

/** Messages with where they go on, and the receipts. */
void page_items(html *out, const page_view *view);

/** The receipts as the script reads them. */
void page_receipts(html *out, const page_view *view);

/** One message, alone. */
void page_message(html *out, const page_view *view, const cruddur_msg *msg);

/** The main part: the open conversation, or one that has not begun. */
void page_conversation(html *out, const page_view *view);

/* ---- small things ---- */

/** A time in the reader's zone. */
void page_time(html *out, const page_view *view, int64_t time_us, page_time_form form);

/** Whether two times are of one day in the reader's zone. */
bool page_is_same_day(const page_view *view, int64_t a_us, int64_t b_us);

/** A circle with a letter. */
void page_avatar(html *out, const char *uuid, const char *name);

/** What a conversation is called. */
void page_group_title(html *out, const cruddur_group *group);

/** The same as a name alone: for an avatar, or where there is no room. */
const char *page_group_name(const cruddur_group *group);

/** A name, or where it is empty the handle, or a word. */
const char *page_name(const char *display_name, const char *handle);

/** An icon of icons.svg; it is hidden from screen readers. */
void page_icon(html *out, const char *name);

/** A number of unread messages. */
void page_badge(html *out, const cruddur_group *group, const page_view *view);

#endif
