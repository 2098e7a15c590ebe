/* SPDX-License-Identifier: MIT */
/* The messages page: templates (static/pages/), filled from a model, which is JSON. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "auth/auth.h"

/* ---- template.c: HTML with a subset of Mustache, as Debian has no such library for C ----
 *
 *     {{name}}               a text or a number, escaped for content and for quoted attributes
 *     {{#name}}…{{/name}}    once for each item of a list; once if the value is something else but
 *                            not empty, 0, false or missing. In it, names are those of the item
 *                            first, then those around it
 *     {{^name}}…{{/name}}    if the value is empty, 0, false or missing
 *     {{>name}}              another template
 *     {{! words }}           nothing
 *
 * There is no way to put a value into a page without escaping it. */

/* Reads the templates in a folder's `pages`, by name. Returns NULL, logged, on a mistake in one. */
GHashTable *templates_read(const char *folder);
char *templates_render(GHashTable *templates, const char *name, const json_t *model);

/* ---- model.c: from what the library returns to JSON ---- */

struct reader {
    const char *uuid;
    int utc_offset_min; /* what is added to UTC in the reader's time zone */
    int64_t now_us;
};

json_t *model_person(const json_t *person);
json_t *model_group(const cruddur_group *group, const struct reader *reader, const char *open_uuid);
json_t *model_inbox(const cruddur_group_page *page, const struct reader *reader,
                    const char *open_uuid);
json_t *model_members(const cruddur_members *members, const struct reader *reader);
json_t *model_msg(const cruddur_msg *msg, const struct reader *reader);
json_t *model_messages(const cruddur_msg_page *page, const struct reader *reader);

/* Adds what is between the messages: days, blocks of one author, the unread line, receipts. */
void model_arrange(json_t *model, const struct reader *reader);

/* ---- page.c: the pages and their forms ---- */

struct page {
    const char *template;
    unsigned status;
    struct reader reader;
    json_t *model, *known; /* known: messages by uuid, also those that the page's reply to */
    char *text;            /* of the form, with its line ends as the library counts them */
};

/* Answers with a page about a failure; `code` is as for request_fail(). */
void page_failure(request *self, unsigned status, const char *code);

/* Adds a value, which it takes, to the model. */
void page_set(request *self, const char *name, json_t *value);

/* Leads to a conversation. */
void page_show_group(request *self, const char *uuid);

#endif
