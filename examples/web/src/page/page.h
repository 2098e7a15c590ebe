/* SPDX-License-Identifier: MIT */
/* The messages page: templates (static/pages/), filled from a model, which is JSON. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "http/http.h"

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

#define TEXT_MAX 1024 /* characters of a message: code points */

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
json_t *model_zones(const struct reader *reader);

/* Adds what is between the messages: days, blocks of one author, the unread line, receipts. */
void model_arrange(json_t *model, const struct reader *reader);

/* ---- page.c: reads what a page shows, then shows it ---- */

struct page {
    json_t *model;
    const char *name; /* of the template */
    struct reader reader;
    unsigned status, waits; /* waits: calls in progress */
    char *text;             /* of the form, with its line ends as the library counts them */
    json_t *known;          /* messages by uuid: those of the page, and those that they reply to */
};

/* Begins a page. */
struct page *page_begin(request *self, const char *name);

/* Adds a value, which it takes. */
void page_set(struct page *self, const char *name, json_t *value);

/* Reads what the messages reply to, then shows the page. */
void page_finish(request *self);

/* Whether the script asks, for a part. */
bool page_is_part(const request *self);

/* A number in a query or a form; 0 if it is missing, or is none of these numbers. */
int64_t page_number(const char *text, int64_t min, int64_t max);
int64_t page_time(const char *text); /* microseconds since 1970 */

/* Leads to a conversation. */
void page_redirect(request *self, const char *group_uuid);

/* Answers with a page about a failure; `code` is as for request_fail(). */
void page_failure(request *self, unsigned status, const char *code);

/* The handlers, for the table of routes. */
void page_home(request *self);
void page_inbox(request *self);
void page_conversation(request *self);
void page_new(request *self);
void page_items(request *self);
void page_groups(request *self);
void page_sign_in(request *self);
void form_new(request *self);
void form_send(request *self);
void form_edit(request *self);
void form_delete(request *self);
void form_react(request *self);
void form_read(request *self);
void form_set(request *self);
void form_time_zone(request *self);

/* Time zones reach from UTC-12 to UTC+14. */
#define UTC_OFFSET_MAX_MIN 840

#endif
