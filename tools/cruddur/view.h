/* SPDX-License-Identifier: MIT */
/* Groups, messages and rows as a person looks at them in a terminal. */
#ifndef CRUDDUR_TOOL_VIEW_H
#define CRUDDUR_TOOL_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include <cruddur/cruddur.h>

#include "buffer.h"
#include "out.h"
#include "timetext.h"

/* As many authors at a time have colours of their own. */
#define VIEW_COLOURS 6

struct view {
    struct out *out;
    size_t width;
    int64_t now_us;
    /* Working memory: a text cleaned, a name, a text cut, the cut isolated. */
    struct buffer clean, name, cut, isolated;
    /* What was shown last decides what has to be said again. */
    bool has_author;
    uint64_t last_author;
    char last_author_uuid[CRUDDUR_UUID_SIZE];
    int64_t last_time_us;
    size_t last_column;
    bool has_new; /* the line before what is new */
    bool has_day;
    int64_t last_day;
    size_t name_width;              /* columns of names; 0 where they stand on lines of their own */
    uint64_t authors[VIEW_COLOURS]; /* by colour; 0 for a colour that is free */
    /* What is shown beside messages; `members` and `viewer_uuid` may be NULL. */
    const cruddur_members *members;
    const char *viewer_uuid;
    struct buffer trouble; /* why `members` could not be read; clean */
    bool shows_uuids;
};

void view_init(struct view *view, struct out *out, int64_t now_us);
void view_free(struct view *view);

/* A group: who, how many unread messages, when, and what was said last. */
void view_group(struct view *view, const cruddur_group *group);

/* A group with all that its member can know, and what they have set. */
void view_group_details(struct view *view, const cruddur_group *group);

/* Who is in a group, and up to where they have read. */
void view_members(struct view *view, const cruddur_members *members);

/* Says to whom a group's first message went: "Sent to …", and the two uuids. */
void view_created_group(struct view *view, const cruddur_group *group, const char *message_uuid);

/* Says that a message is stored. */
void view_sent_message(struct view *view, const cruddur_msg *msg);

/* Says what was done to a message. */
void view_done_message(struct view *view, const char *done, const cruddur_msg *msg);

/* A message of a page (NULL: of none), with the day and the author where they are not the last
 * one's. Before it, who has read up to the last one. */
void view_message(struct view *view, const cruddur_msg_page *page, const cruddur_msg *msg);

/* Says who has read up to the last message. `has_newer` messages follow it. */
void view_end_messages(struct view *view, bool has_newer);

/* All that a message has besides its text. */
void view_message_details(struct view *view, const cruddur_msg *msg);

/* A row of the table with all its attributes. */
void view_row(struct view *view, const cruddur_row_page *page, size_t index);

/* A remark of the command's own: dim, on a line of its own. */
void view_remark(struct view *view, const char *text, const char *more);

#endif
