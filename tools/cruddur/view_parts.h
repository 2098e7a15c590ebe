/* SPDX-License-Identifier: MIT */
/* What the parts of the view have in common. */
#ifndef CRUDDUR_TOOL_VIEW_PARTS_H
#define CRUDDUR_TOOL_VIEW_PARTS_H

#include "text.h"
#include "view.h"

/* Between columns. */
#define VIEW_GAP ((size_t)2)
/* From here on names have a column of their own beside the messages. */
#define VIEW_MESSAGES_WIDE 60

void view_put_spaces(struct view *view, size_t count);

/* A text without what a terminal would obey, in view->clean. */
const char *view_clean(struct view *view, const char *text, enum text_breaks breaks);

/* Writes a clean text in at most `width` columns, so that it does not reorder what stands beside
 * it, and returns how many it took. */
size_t view_put_cut(struct view *view, const char *text, size_t width, const char *style);

/* Writes a clean text from column `column` on, its further lines at column `hang`. `style` may be
 * NULL. */
void view_put_wrapped(struct view *view, const char *text, size_t column, size_t hang,
                      const char *style);

/* A line with a label and a uuid. A uuid is there to be copied: it is never cut. */
void view_put_uuid(struct view *view, const char *label, const char *uuid);

/* Adds what a person is called: the name, else the handle, else the uuid; clean. */
void view_name_person(struct buffer *to, const char *display_name, const char *handle,
                      const char *uuid);

#endif
