/* SPDX-License-Identifier: MIT */
/* The forms of the page. Each changes one thing, and answers with the page anew, or to the script
 * with the part that has changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "page_state.h"
#include "server.h"

#define HOUR_US INT64_C(3600000000)
#define MUTE_US (8 * HOUR_US)

static void show_nothing(html *out, const struct view *view)
{
    (void)view;
    html_put(out, "\n");
}

/* A field of the form, or of the URL that a button has. */
static const char *value(const request *self, const char *name)
{
    const char *field = request_field(self, name);
    return field != NULL ? field : request_query(self, name);
}

/* The text of the form: browsers send line ends as CR LF, and count them as one. */
static bool take_text(request *self, struct page_state *state)
{
    const char *text = request_field(self, "text");
    char *to;
    text = text != NULL ? text : "";
    state->text = to = malloc(strlen(text) + 1);
    if (to == NULL) {
        request_fail(self, MHD_HTTP_SERVICE_UNAVAILABLE, "no_memory");
        return false;
    }
    for (; *text != '\0'; text++) {
        if (text[0] != '\r' || text[1] != '\n') {
            *to++ = *text;
        }
    }
    *to = '\0';
    state->view.draft = state->text;
    return true;
}

/* A message was sent or changed. */
static void on_changed(request *self, cruddur_completion *completion)
{
    struct page_state *state = request_state(self);
    if (!page_is_part(self)) {
        page_redirect(self, request_part(self, 0));
        return;
    }
    state->changed = cruddur_completion_take_msg(completion);
    page_show_changed(self);
}

static const char *given(const char *text)
{
    return text != NULL && *text != '\0' ? text : NULL;
}

void form_send(request *self)
{
    struct page_state *state = page_begin(self, show_changed);
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_submit_options submit;
    cruddur_status status;
    cruddur_error *error = NULL;
    if (state == NULL || !take_text(self, state)) {
        return;
    }
    options.message_uuid = given(request_field(self, "message_uuid"));
    options.reply_to = given(request_field(self, "reply_to"));
    submit = request_submit(self, on_changed);
    status = cruddur_msg_append_submit(request_store(self), &state->viewer, request_part(self, 0),
                                       state->text, &options, &submit, NULL, &error);
    request_submitted(self, status, &error);
}

/* The options for the message that the form or the URL names. */
static cruddur_msg_options message_options(const request *self)
{
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.created_at_us = page_number(value(self, "at"), 0, INT64_MAX);
    options.if_version = request_field(self, "version");
    return options;
}

void form_edit(request *self)
{
    struct page_state *state = page_begin(self, show_changed);
    cruddur_msg_options options = message_options(self);
    cruddur_submit_options submit;
    cruddur_error *error = NULL;
    if (state == NULL || !take_text(self, state)) {
        return;
    }
    submit = request_submit(self, on_changed);
    request_submitted(self,
                      cruddur_msg_edit_submit(request_store(self), state->viewer.uuid,
                                              request_part(self, 0), value(self, "message"),
                                              state->text, &options, &submit, NULL, &error),
                      &error);
}

void form_delete(request *self)
{
    struct page_state *state = page_begin(self, show_changed);
    cruddur_msg_options options = message_options(self);
    cruddur_submit_options submit;
    cruddur_error *error = NULL;
    if (state == NULL) {
        return;
    }
    submit = request_submit(self, on_changed);
    request_submitted(self,
                      cruddur_msg_delete_submit(request_store(self), state->viewer.uuid,
                                                request_part(self, 0), value(self, "message"),
                                                &options, &submit, NULL, &error),
                      &error);
}

void form_react(request *self)
{
    struct page_state *state = page_begin(self, show_changed);
    const char *added = request_field(self, "add");
    cruddur_msg_options options = message_options(self);
    cruddur_submit_options submit;
    cruddur_error *error = NULL;
    if (state == NULL) {
        return;
    }
    submit = request_submit(self, on_changed);
    request_submitted(
        self,
        cruddur_msg_react_submit(request_store(self), state->viewer.uuid, request_part(self, 0),
                                 value(self, "message"),
                                 added != NULL ? added : request_field(self, "remove"),
                                 added != NULL, &options, &submit, NULL, &error),
        &error);
}

static void on_read(request *self, cruddur_completion *completion)
{
    (void)completion;
    if (page_is_part(self)) {
        page_show_changed(self);
    } else {
        page_redirect(self, request_part(self, 0));
    }
}

void form_read(request *self)
{
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    cruddur_submit_options submit;
    cruddur_error *error = NULL;
    if (page_begin(self, show_nothing) == NULL) {
        return;
    }
    options.up_to_message_uuid = value(self, "message");
    options.up_to_created_at_us =
        options.up_to_message_uuid != NULL ? page_number(value(self, "at"), 0, INT64_MAX) : 0;
    submit = request_submit(self, on_read);
    request_submitted(
        self,
        cruddur_group_mark_read_submit(request_store(self), request_person(self)->uuid,
                                       request_part(self, 0), &options, &submit, NULL, &error),
        &error);
}

/* ---- settings of a conversation ---- */

static void on_set(request *self, cruddur_completion *completion)
{
    cruddur_group *group = cruddur_completion_take_group(completion);
    bool is_archived = group != NULL && cruddur_group_is_archived(group);
    cruddur_group_free(group);
    if (is_archived) {
        request_redirect(self, "/messages");
    } else {
        page_redirect(self, request_part(self, 0));
    }
}

static void set(request *self, const cruddur_set_options *options)
{
    cruddur_submit_options submit = request_submit(self, on_set);
    cruddur_error *error = NULL;
    request_submitted(self,
                      cruddur_group_set_submit(request_store(self), request_person(self)->uuid,
                                               request_part(self, 0), options, &submit, NULL,
                                               &error),
                      &error);
}

static uint32_t switched(const request *self)
{
    const char *set_to = request_field(self, "set");
    return set_to != NULL && strcmp(set_to, "on") == 0 ? CRUDDUR_SWITCH_ON : CRUDDUR_SWITCH_OFF;
}

void form_mute(request *self)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    const char *set_to = request_field(self, "set");
    bool is_for_hours = set_to != NULL && strcmp(set_to, "8h") == 0;
    options.muted_until_us = is_for_hours                          ? cruddur_time_now_us() + MUTE_US
                             : switched(self) == CRUDDUR_SWITCH_ON ? CRUDDUR_MUTE_FOREVER
                                                                   : CRUDDUR_MUTE_OFF;
    set(self, &options);
}

void form_archive(request *self)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.archived = switched(self);
    set(self, &options);
}

void form_block(request *self)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.blocked = switched(self);
    set(self, &options);
}

/* ---- a new conversation ---- */

static void on_opened(request *self, cruddur_completion *completion)
{
    cruddur_group *group = cruddur_completion_take_group(completion);
    page_redirect(self, cruddur_group_uuid(group));
    cruddur_group_free(group);
}

static void open_with(request *self, const struct person *person)
{
    struct page_state *state = request_state(self);
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_submit_options submit;
    cruddur_error *error = NULL;
    if (person == NULL) {
        request_fail(self, MHD_HTTP_NOT_FOUND, "user_not_found");
        return;
    }
    if (!page_keep_other(self, person)) {
        return;
    }
    options.message_uuid = given(request_field(self, "message_uuid"));
    submit = request_submit(self, on_opened);
    request_submitted(self,
                      cruddur_group_create_submit(request_store(self), &state->viewer,
                                                  &state->other, 1, state->text, &options, &submit,
                                                  NULL, &error),
                      &error);
}

void form_new(request *self)
{
    struct page_state *state = page_begin(self, show_messages);
    const char *handle = request_field(self, "handle");
    if (state == NULL || !take_text(self, state)) {
        return;
    }
    state->view.is_new = true;
    request_find(self, PEOPLE_HANDLE, handle != NULL ? handle : "", open_with);
}

/* ---- the reader's time zone, where there is no script to tell it ---- */

void form_time_zone(request *self)
{
    char cookie[96];
    (void)snprintf(cookie, sizeof(cookie), "utc_offset=%d; Path=/; Max-Age=31536000; SameSite=Lax",
                   (int)page_number(request_field(self, "utc_offset"), -PAGE_UTC_OFFSET_MAX_MIN,
                                    PAGE_UTC_OFFSET_MAX_MIN));
    request_add_header(self, "Set-Cookie", cookie);
    request_redirect(self, "/messages");
}
