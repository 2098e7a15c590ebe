/* SPDX-License-Identifier: MIT */
/* The forms of the page. Each changes one thing, and answers with the page anew, or to the script
 * with the part that has changed. */
#include <string.h>

#include "server.h"

#define MUTE_US (8 * INT64_C(3600000000))

/* A field of the form, or of the URL that a button has. */
static const char *value(const request *self, const char *name)
{
    const char *field = request_field(self, name);
    return field != NULL ? field : request_query(self, name);
}

/* Begins the page of a form with a text. Browsers send line ends as CR LF, and count them as one.
 */
static struct page *begin_text(request *self, const char *name)
{
    struct page *page = page_begin(self, name);
    const char *text = request_field(self, "text");
    GString *lines = g_string_new(text);
    (void)g_string_replace(lines, "\r\n", "\n", 0);
    page->text = g_string_free(lines, FALSE);
    return page;
}

/* ---- messages ---- */

static void on_changed(request *self, cruddur_completion *completion)
{
    g_autoptr(cruddur_msg) msg = cruddur_completion_take_msg(completion);
    struct page *page = self->state;
    if (page_is_part(self)) {
        if (msg != NULL) {
            page_set(page, "changed", model_msg(msg, &page->reader));
        }
        page_finish(self);
    } else {
        page_redirect(self, self->part);
    }
}

void form_send(request *self)
{
    const struct page *page = begin_text(self, "changed");
    send_to_group(self, self->part, page->text, on_changed);
}

/* The options for the message that the form or the URL names. */
static cruddur_msg_options message_options(const request *self)
{
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.created_at_us = page_time(value(self, "at"));
    options.if_version = request_field(self, "version");
    return options;
}

void form_edit(request *self)
{
    const struct page *page = begin_text(self, "changed");
    cruddur_msg_options options = message_options(self);
    REQUEST_CALL(self, on_changed, cruddur_msg_edit_submit, request_uuid(self), self->part,
                 value(self, "message"), page->text, &options);
}

void form_delete(request *self)
{
    cruddur_msg_options options = message_options(self);
    (void)page_begin(self, "changed");
    REQUEST_CALL(self, on_changed, cruddur_msg_delete_submit, request_uuid(self), self->part,
                 value(self, "message"), &options);
}

void form_react(request *self)
{
    const char *added = request_field(self, "add");
    cruddur_msg_options options = message_options(self);
    (void)page_begin(self, "changed");
    REQUEST_CALL(self, on_changed, cruddur_msg_react_submit, request_uuid(self), self->part,
                 value(self, "message"), added != NULL ? added : request_field(self, "remove"),
                 added != NULL, &options);
}

void form_read(request *self)
{
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    options.up_to_message_uuid = value(self, "message");
    if (options.up_to_message_uuid != NULL) {
        options.up_to_created_at_us = page_time(value(self, "at"));
    }
    (void)page_begin(self, "nothing");
    REQUEST_CALL(self, on_changed, cruddur_group_mark_read_submit, request_uuid(self), self->part,
                 &options);
}

/* ---- settings of a conversation ---- */

static void on_set(request *self, cruddur_completion *completion)
{
    g_autoptr(cruddur_group) group = cruddur_completion_take_group(completion);
    if (group != NULL && cruddur_group_is_archived(group)) {
        request_redirect(self, "/messages");
    } else {
        page_redirect(self, self->part);
    }
}

/* POST /messages/UUID/{mute,archive,block}: the path says what is set. */
void form_set(request *self)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    const char *what = strrchr(self->route->pattern, '/') + 1, *to = request_field(self, "set");
    bool is_mute = strcmp(what, "mute") == 0;
    bool is_on = to != NULL && strcmp(to, "on") == 0, is_off = to != NULL && strcmp(to, "off") == 0;
    bool is_for_hours = is_mute && to != NULL && strcmp(to, "8h") == 0;
    uint32_t *place = strcmp(what, "archive") == 0 ? &options.archived : &options.blocked;
    if (!is_on && !is_off && !is_for_hours) {
        request_fail(self, MHD_HTTP_UNPROCESSABLE_CONTENT, "argument_invalid");
        return;
    }
    if (is_mute) {
        options.muted_until_us = is_for_hours ? cruddur_time_now_us() + MUTE_US
                                 : is_on      ? CRUDDUR_MUTE_FOREVER
                                              : CRUDDUR_MUTE_OFF;
    } else {
        *place = is_on ? CRUDDUR_SWITCH_ON : CRUDDUR_SWITCH_OFF;
    }
    REQUEST_CALL(self, on_set, cruddur_group_set_submit, request_uuid(self), self->part, &options);
}

/* ---- a new conversation ---- */

static void on_opened(request *self, cruddur_completion *completion)
{
    g_autoptr(cruddur_group) group = cruddur_completion_take_group(completion);
    page_redirect(self, cruddur_group_uuid(group));
}

static void on_receiver(request *self, json_t *person)
{
    struct page *page = self->state;
    if (person == NULL) {
        request_fail(self, MHD_HTTP_NOT_FOUND, "user_not_found");
        return;
    }
    page_set(page, "other", model_person(person));
    send_to_person(self, person, page->text, on_opened);
}

void form_new(request *self)
{
    struct page *page = begin_text(self, "messages");
    const char *handle = request_field(self, "handle");
    page_set(page, "is_new", json_true());
    request_find(self, PEOPLE_HANDLE, handle != NULL ? handle : "", on_receiver);
}

/* ---- the reader's time zone, where there is no script to tell it ---- */

void form_time_zone(request *self)
{
    int offset = (int)page_number(request_field(self, "utc_offset"), -UTC_OFFSET_MAX_MIN,
                                  UTC_OFFSET_MAX_MIN);
    g_autofree char *cookie =
        g_strdup_printf("utc_offset=%d; Path=/; Max-Age=31536000; SameSite=Lax", offset);
    request_add_header(self, "Set-Cookie", cookie);
    request_redirect(self, "/messages");
}
