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
    bool has_day;
    int64_t last_day;
    size_t name_width;              /* columns of names; 0 where they stand on lines of their own */
    uint64_t authors[VIEW_COLOURS]; /* by colour; 0 for a colour that is free */
};

void view_init(struct view *view, struct out *out, int64_t now_us);
void view_free(struct view *view);

/* A group: who, when, and what was said last. */
void view_group(struct view *view, const cruddur_group *group);

/* Says to whom a group's first message went: "Sent to …", and the two uuids. */
void view_created_group(struct view *view, const cruddur_group *group, const char *message_uuid);

/* Says that a message is stored. */
void view_sent_message(struct view *view, const cruddur_msg *msg);

/* Lays out the messages that are to come for the names on their first page. */
void view_measure_names(struct view *view, const cruddur_msg_page *page);

/* A message, with the day and the author where they are not the last one's. */
void view_message(struct view *view, const cruddur_msg *msg);

/* A row of the table with all its attributes. */
void view_row(struct view *view, const cruddur_row_page *page, size_t index);

/* A remark of the command's own: dim, on a line of its own. */
void view_remark(struct view *view, const char *text, const char *more);

#endif
