/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The messages page: from what the library returned to HTML. Nothing here reads a store or a
 * request; pages.c and forms.c do.
 */
#ifndef WEB_SHOW_H
#define WEB_SHOW_H

#include <cruddur/cruddur.h>

#include "html.h"

/** The most characters of a message, as the library counts them: code points. */
#define SHOW_TEXT_MAX 1024

/** What a page shows. Pointers are borrowed; those to parts that a page does not show are NULL. */
struct view {
    /** Who looks; NULL before the sign-in. */
    const cruddur_user *viewer;
    /** The token that forms send back. */
    const char *csrf;
    /** The reader's time zone: what is added to UTC, in minutes. */
    int utc_offset_min;
    int64_t now_us;
    /** The URLs of the style sheet, the script and the icons. */
    const char *css;
    const char *script;
    const char *icons;

    /** The list of conversations. */
    const cruddur_group_page *inbox;
    /** Whether the archived ones are in it. */
    bool has_archived;
    /** The uuid of the one that is open; "" for none. */
    const char *open_uuid;

    /** The open conversation: itself, its members and a page of messages, oldest first. */
    const cruddur_group *group;
    const cruddur_members *members;
    const cruddur_msg_page *messages;
    /** The messages that others on the page reply to and that are not on it; some may be NULL. */
    cruddur_msg *const *quoted;
    size_t n_quoted;
    /** The message that a form has changed. */
    const cruddur_msg *changed;
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
};

/** The forms of a time. */
typedef enum show_time_form {
    SHOW_TIME_CLOCK, /* 14:05 */
    SHOW_TIME_AGO,   /* 5 min, Tuesday, 3 June */
    SHOW_TIME_DAY,   /* Today, Friday 3 June 2026 */
} show_time_form;

/* ---- whole pages ---- */

/** The list of conversations, with the open conversation, a new one, or neither. */
void show_messages(html *out, const struct view *view);

/** A page that says one thing, such as that something was not found. */
void show_notice(html *out, const struct view *view, const char *title, const char *text);

/** The sign-in, by a code. */
void show_sign_in(html *out, const struct view *view);

/* ---- parts, also for the script ---- */

/** The list of conversations alone. */
void show_inbox(html *out, const struct view *view);

/** Messages with where they go on, and the receipts. */
void show_items(html *out, const struct view *view);

/** The message `changed` alone. */
void show_changed(html *out, const struct view *view);

/** The main part: the open conversation, or one that has not begun. */
void show_conversation(html *out, const struct view *view);

/* ---- small things ---- */

/** A time in the reader's zone. */
void show_time(html *out, const struct view *view, int64_t time_us, show_time_form form);

/** Whether two times are of one day in the reader's zone. */
bool show_is_same_day(const struct view *view, int64_t a_us, int64_t b_us);

/** A circle with a letter. */
void show_avatar(html *out, const char *uuid, const char *name);

/** What a conversation is called. */
void show_group_title(html *out, const cruddur_group *group);

/** The same as a name alone: for an avatar, or where there is no room. */
const char *show_group_name(const cruddur_group *group);

/** A name, or where it is empty the handle, or a word. */
const char *show_name(const char *display_name, const char *handle);

/** An icon of icons.svg; it is hidden from screen readers. */
void show_icon(html *out, const struct view *view, const char *name);

#endif
