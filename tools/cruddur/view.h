/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Groups and messages as a person looks at them in a terminal.
 *
 * What goes wrong is noted in the output's `error`.
 */
#ifndef CRUDDUR_TOOL_VIEW_H
#define CRUDDUR_TOOL_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include <cruddur/cruddur.h>

#include "buffer.h"
#include "out.h"

/** Lines get no longer than this on wide terminals: longer ones are hard to read. */
#define VIEW_WIDTH_MAX 100
/** Authors who are sure to have a colour of their own choice; there are fewer members. */
#define VIEW_AUTHORS_MAX 64

struct view {
    struct out *out;
    size_t width;
    int64_t now_us;
    /* Working memory: a text cleaned, a name, a text cut or isolated. */
    struct buffer clean;
    struct buffer name;
    struct buffer cut;
};

/** A view of messages: what was shown last decides what has to be said again. */
struct messages_view {
    struct view view;
    /** Columns of names; 0 where they stand on lines of their own. */
    size_t name_width;
    uint64_t last_author;
    int64_t last_day;
    bool begun;
    size_t n_authors;
    struct {
        uint64_t author;
        size_t colour;
    } authors[VIEW_AUTHORS_MAX];
};

void view_init(struct view *view, struct out *out, int64_t now_us);
void view_free(struct view *view);

/** A group: who, when, and what was said last. */
void view_group(struct view *view, const cruddur_group *group);

/** Says to whom a group's first message went: "Sent to …", and the two uuids. */
void view_created_group(struct view *view, const cruddur_group *group, const char *message_uuid);

/** Says that a message is stored. */
void view_sent_message(struct view *view, const cruddur_msg *msg);

/** Starts a view of messages, laid out for the names on its first page. */
void messages_view_init(struct messages_view *view, struct out *out, int64_t now_us,
                        const cruddur_msg_page *first_page);
void messages_view_free(struct messages_view *view);

/** A message, with the day and the author where they are not the last one's. */
void view_message(struct messages_view *view, const cruddur_msg *msg);

/** A remark of the tool's own, such as how to go on: dim, on a line of its own. */
void view_remark(struct view *view, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** The first line of a row: its keys, on two lines where there is no room for both on one. */
void view_row(struct view *view, const char *pk, const char *sk);

/** An attribute of a row, its name in a column of `name_width`. */
void view_attribute(struct view *view, const char *name, size_t name_width, const char *value);

#endif
