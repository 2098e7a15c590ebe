/* SPDX-License-Identifier: MIT */
/* The pages and their parts: reads what they show, then shows it (show.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "page_state.h"
#include "server.h"

#define HTML "text/html; charset=utf-8"
#define GROUPS 50

static void end(void *data)
{
    struct page_state *state = data;
    person_free(state->found);
    cruddur_group_page_free(state->inbox);
    cruddur_group_free(state->group);
    cruddur_members_free(state->members);
    cruddur_msg_page_free(state->messages);
    cruddur_msg_free(state->changed);
    for (size_t i = 0; i < state->n_asked; i++) {
        cruddur_msg_free(state->quoted[i]);
    }
    free(state->text);
}

int64_t page_number(const char *text, int64_t min, int64_t max)
{
    char *rest = NULL;
    long long value = text != NULL ? strtoll(text, &rest, 10) : 0;
    return rest == NULL || rest == text || *rest != '\0' || value < min || value > max ? 0 : value;
}

bool page_is_part(const request *self)
{
    const char *accepted = request_header(self, "Accept");
    return accepted != NULL && strstr(accepted, "fragment") != NULL;
}

static void set_view(const request *self, struct view *view)
{
    *view = (struct view){
        .csrf = request_csrf(self),
        .utc_offset_min = (int)page_number(request_cookie(self, "utc_offset"),
                                           -PAGE_UTC_OFFSET_MAX_MIN, PAGE_UTC_OFFSET_MAX_MIN),
        .now_us = cruddur_time_now_us(),
        .css = static_url(request_server(self), "page.css"),
        .script = static_url(request_server(self), "page.js"),
        .icons = static_url(request_server(self), "icons.svg"),
        .has_archived = request_query(self, "archived") != NULL,
        .open_uuid = "",
    };
}

struct page_state *page_begin(request *self, void (*show)(html *out, const struct view *view))
{
    const struct person *person = request_person(self);
    struct page_state *state = request_make_state(self, sizeof(*state), end);
    if (state == NULL) {
        return NULL;
    }
    set_view(self, &state->view);
    state->viewer =
        (cruddur_user){sizeof(cruddur_user), person->uuid, person->display_name, person->handle};
    state->view.viewer = &state->viewer;
    state->show = show;
    state->status = MHD_HTTP_OK;
    return state;
}

static void answer(request *self, unsigned status, html *out)
{
    if (out->failed) {
        html_free(out);
    }
    request_answer(self, status, HTML, out->data, out->length);
}

void page_redirect(request *self, const char *group_uuid)
{
    char path[sizeof("/messages/") + CRUDDUR_UUID_SIZE];
    (void)snprintf(path, sizeof(path), "/messages/%s", group_uuid);
    request_redirect(self, path);
}

/* ---- loading ---- */

static bool is_on_page(const struct page_state *state, const char *uuid)
{
    for (size_t i = 0; i < cruddur_msg_page_count(state->messages); i++) {
        if (strcmp(cruddur_msg_uuid(cruddur_msg_page_at(state->messages, i)), uuid) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < state->n_wanted; i++) {
        if (strcmp(state->wanted[i].uuid, uuid) == 0) {
            return true;
        }
    }
    return false;
}

static void want(struct page_state *state, const char *uuid, int64_t at_us)
{
    if (uuid != NULL && cruddur_uuid_is_valid(uuid) && state->n_wanted < PAGE_WANTED_MAX &&
        !is_on_page(state, uuid)) {
        state->wanted[state->n_wanted++] = (struct wanted){uuid, at_us};
    }
}

static const cruddur_msg *find(const struct page_state *state, const char *uuid)
{
    for (size_t i = 0; uuid != NULL && i < cruddur_msg_page_count(state->messages); i++) {
        const cruddur_msg *msg = cruddur_msg_page_at(state->messages, i);
        if (strcmp(cruddur_msg_uuid(msg), uuid) == 0) {
            return msg;
        }
    }
    for (size_t i = 0; uuid != NULL && i < state->n_asked; i++) {
        if (state->quoted[i] != NULL && strcmp(cruddur_msg_uuid(state->quoted[i]), uuid) == 0) {
            return state->quoted[i];
        }
    }
    return NULL;
}

/* What a link asks for, or a form that is shown again had in its field. */
static const char *either(const request *self, const char *query, const char *field)
{
    const struct page_state *state = request_state(self);
    return state->text != NULL ? request_field(self, field) : request_query(self, query);
}

/* Everything has come. */
static void show(request *self)
{
    struct page_state *state = request_state(self);
    struct view *view = &state->view;
    html out = {0};
    view->inbox = state->inbox;
    view->group = state->group;
    view->members = state->members;
    view->messages = state->messages;
    view->changed = state->changed;
    view->quoted = state->quoted;
    view->n_quoted = state->n_asked;
    view->reply = find(state, either(self, "reply", "reply_to"));
    view->edit = find(state, either(self, "edit", "message"));
    view->is_past = request_query(self, "before") != NULL;
    view->message_uuid = state->uuid;
    state->show(&out, view);
    answer(self, state->status, &out);
}

static void ask_wanted(request *self);

static void on_wanted(request *self, cruddur_completion *completion)
{
    struct page_state *state = request_state(self);
    state->quoted[state->n_asked++] = cruddur_completion_take_msg(completion);
    ask_wanted(self);
}

/* What messages reply to, one after the other: most pages have none. One that is gone is not shown.
 */
static void ask_wanted(request *self)
{
    struct page_state *state = request_state(self);
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    cruddur_submit_options submit;
    cruddur_error *error = NULL;
    if (state->n_asked == state->n_wanted) {
        show(self);
        return;
    }
    options.created_at_us = state->wanted[state->n_asked].at_us;
    submit = request_submit_any(self, on_wanted);
    request_submitted(
        self,
        cruddur_msg_get_submit(request_store(self), state->viewer.uuid, request_part(self, 0),
                               state->wanted[state->n_asked].uuid, &options, &submit, NULL, &error),
        &error);
}

static void want_replies(request *self)
{
    struct page_state *state = request_state(self);
    want(state, either(self, "edit", "message"),
         page_number(either(self, "at", "at"), 0, INT64_MAX));
    want(state, either(self, "reply", "reply_to"),
         page_number(either(self, "at", "at"), 0, INT64_MAX));
    for (size_t i = 0; i < cruddur_msg_page_count(state->messages); i++) {
        want(state, cruddur_msg_reply_to(cruddur_msg_page_at(state->messages, i)), 0);
    }
    if (state->changed != NULL) {
        want(state, cruddur_msg_reply_to(state->changed), 0);
    }
    ask_wanted(self);
}

void page_show_changed(request *self)
{
    want_replies(self);
}

static void on_part(request *self, cruddur_completion *completion)
{
    struct page_state *state = request_state(self);
    switch (cruddur_completion_operation(completion)) {
    case CRUDDUR_OP_GROUP_LIST:
        state->inbox = cruddur_completion_take_group_page(completion);
        break;
    case CRUDDUR_OP_GROUP_GET:
        state->group = cruddur_completion_take_group(completion);
        break;
    case CRUDDUR_OP_GROUP_MEMBERS:
        state->members = cruddur_completion_take_members(completion);
        break;
    default:
        state->messages = cruddur_completion_take_msg_page(completion);
        break;
    }
    if (--state->waits == 0) {
        want_replies(self);
    }
}

/* Counts a call whose result on_part() receives. */
static bool waits_for(request *self, cruddur_status status, cruddur_error **error)
{
    struct page_state *state = request_state(self);
    bool is_submitted = request_submitted(self, status, error);
    state->waits += is_submitted;
    return is_submitted;
}

void page_load_inbox(request *self)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_submit_options submit = request_submit(self, on_part);
    cruddur_error *error = NULL;
    options.limit = GROUPS;
    options.cursor = request_query(self, "groups");
    options.flags = request_query(self, "archived") != NULL ? CRUDDUR_LIST_ARCHIVED : 0;
    waits_for(self,
              cruddur_group_list_submit(request_store(self), request_person(self)->uuid, &options,
                                        &submit, NULL, &error),
              &error);
}

static bool load_messages(request *self)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_submit_options submit = request_submit(self, on_part);
    cruddur_error *error = NULL;
    const char *after = request_query(self, "after");
    options.limit = PAGE_MESSAGES;
    options.order = CRUDDUR_OLDEST_FIRST;
    options.cursor = after != NULL ? after : request_query(self, "before");
    options.around_message_uuid = request_query(self, "message");
    if (options.around_message_uuid != NULL) {
        options.around_created_at_us = page_number(request_query(self, "at"), 0, INT64_MAX);
        options.limit = 1;
    }
    return waits_for(self,
                     cruddur_msg_list_submit(request_store(self), request_person(self)->uuid,
                                             request_part(self, 0), &options, &submit, NULL,
                                             &error),
                     &error);
}

static bool load_group(request *self)
{
    cruddur_submit_options submit = request_submit(self, on_part);
    cruddur_error *error = NULL;
    return waits_for(self,
                     cruddur_group_get_submit(request_store(self), request_person(self)->uuid,
                                              request_part(self, 0), NULL, &submit, NULL, &error),
                     &error);
}

static bool load_members(request *self)
{
    cruddur_submit_options submit = request_submit(self, on_part);
    cruddur_error *error = NULL;
    return waits_for(self,
                     cruddur_group_members_submit(request_store(self), request_person(self)->uuid,
                                                  request_part(self, 0), NULL, &submit, NULL,
                                                  &error),
                     &error);
}

void page_load_conversation(request *self)
{
    struct page_state *state = request_state(self);
    state->view.open_uuid = request_part(self, 0);
    if (load_group(self) && load_members(self) && load_messages(self)) {
        page_load_inbox(self);
    }
}

/* The uuid of the next message, so that a form that is sent twice is one message. */
static bool make_uuid(request *self, struct page_state *state)
{
    if (cruddur_uuid_v7(state->view.now_us, state->uuid, NULL) == CRUDDUR_OK) {
        return true;
    }
    request_fail(self, MHD_HTTP_INTERNAL_SERVER_ERROR, "internal");
    return false;
}

/* ---- the routes ---- */

void page_home(request *self)
{
    request_redirect(self, "/messages");
}

void page_inbox(request *self)
{
    if (page_begin(self, show_messages) != NULL) {
        page_load_inbox(self);
    }
}

void page_groups(request *self)
{
    struct page_state *state = page_begin(self, show_inbox);
    const char *open = request_query(self, "group");
    if (state != NULL) {
        state->view.open_uuid = open != NULL ? open : "";
        page_load_inbox(self);
    }
}

void page_conversation(request *self)
{
    struct page_state *state = page_begin(self, show_messages);
    if (state != NULL && make_uuid(self, state)) {
        page_load_conversation(self);
    }
}

void page_items(request *self)
{
    if (page_begin(self, show_items) != NULL && load_group(self) && load_members(self)) {
        load_messages(self);
    }
}

bool page_keep_other(request *self, const struct person *person)
{
    struct page_state *state = request_state(self);
    state->found = person_copy(person);
    if (state->found == NULL) {
        request_fail(self, MHD_HTTP_SERVICE_UNAVAILABLE, "no_memory");
        return false;
    }
    state->other = (cruddur_user){sizeof(cruddur_user), state->found->uuid,
                                  state->found->display_name, state->found->handle};
    state->view.other = &state->other;
    return true;
}

/* The two may have a conversation already. */
static void on_direct(request *self, cruddur_completion *completion)
{
    cruddur_status status = cruddur_completion_status(completion);
    cruddur_group *group = cruddur_completion_take_group(completion);
    if (status == CRUDDUR_OK) {
        page_redirect(self, cruddur_group_uuid(group));
    } else if (status == CRUDDUR_E_GROUP_NOT_FOUND) {
        page_load_inbox(self);
    } else {
        request_fail_with(self, status, cruddur_completion_error(completion));
    }
    cruddur_group_free(group);
}

static void ask_direct(request *self)
{
    struct page_state *state = request_state(self);
    char uuid[CRUDDUR_UUID_SIZE];
    cruddur_submit_options submit;
    cruddur_error *error = NULL;
    cruddur_status status =
        cruddur_group_direct_uuid(state->viewer.uuid, state->other.uuid, uuid, &error);
    if (status != CRUDDUR_OK) {
        request_fail_with(self, status, error);
        cruddur_error_free(error);
        return;
    }
    submit = request_submit_any(self, on_direct);
    request_submitted(self,
                      cruddur_group_get_submit(request_store(self), state->viewer.uuid, uuid, NULL,
                                               &submit, NULL, &error),
                      &error);
}

static void on_found(request *self, const struct person *person)
{
    struct page_state *state = request_state(self);
    if (person != NULL && strcmp(person->uuid, state->viewer.uuid) != 0) {
        if (page_keep_other(self, person)) {
            ask_direct(self);
        }
        return;
    }
    state->status = person == NULL ? MHD_HTTP_NOT_FOUND : 422;
    state->view.error = person == NULL ? "Nobody has this handle." : "That is you.";
    page_load_inbox(self);
}

void page_new(request *self)
{
    struct page_state *state = page_begin(self, show_messages);
    const char *handle = request_query(self, "handle");
    if (state == NULL || !make_uuid(self, state)) {
        return;
    }
    handle = handle != NULL ? handle : request_part(self, 0);
    handle += *handle == '@';
    state->view.is_new = true;
    state->view.handle = handle;
    if (*handle == '\0') {
        page_load_inbox(self);
    } else {
        request_find(self, PEOPLE_HANDLE, handle, on_found);
    }
}

/* ---- without a conversation ---- */

void page_sign_in(request *self)
{
    struct view view;
    html out = {0};
    set_view(self, &view);
    show_sign_in(&out, &view);
    answer(self, MHD_HTTP_OK, &out);
}

static const struct {
    unsigned status;
    const char *code, *words;
} known_failures[] = {
    {0, "message_blank", "Write something first."},
    {0, "message_exceed_max_chars", "The message is too long."},
    {0, "message_group_blocked", "Nobody can write here at the moment."},
    {0, "message_deleted", "The message was deleted."},
    {0, "message_changed", "The message has changed in the meantime."},
    {MHD_HTTP_BAD_REQUEST, NULL, "The service does not understand this request."},
    {MHD_HTTP_FORBIDDEN, NULL, "This is not allowed, or the page is too old. Open it again."},
    {MHD_HTTP_NOT_FOUND, NULL, "It does not exist, or it is not for you to see."},
    {MHD_HTTP_GONE, NULL, "The message was removed."},
    {MHD_HTTP_TOO_MANY_REQUESTS, NULL, "Too many requests. Wait a moment, then try again."},
};

static const char *words_for(unsigned status, const char *code)
{
    for (size_t i = 0; i < sizeof(known_failures) / sizeof(known_failures[0]); i++) {
        if (known_failures[i].code != NULL ? strcmp(known_failures[i].code, code) == 0
                                           : known_failures[i].status == status) {
            return known_failures[i].words;
        }
    }
    return status < 500 ? "The service refused it."
                        : "The service cannot do it now. Try again soon.";
}

/* A text that was refused is shown again, to be mended. */
static void show_again(request *self, unsigned status, const char *words)
{
    struct page_state *state = request_state(self);
    const char *uuid = request_field(self, "message_uuid");
    state->view.error = words;
    state->status = status;
    state->show = show_messages;
    if (uuid != NULL && cruddur_uuid_is_valid(uuid)) {
        memcpy(state->uuid, uuid, CRUDDUR_UUID_SIZE);
    }
    if (state->view.is_new) {
        page_load_inbox(self);
    } else {
        page_load_conversation(self);
    }
}

void page_failure(request *self, unsigned status, const char *code)
{
    struct page_state *state = request_state(self);
    struct view view;
    html out = {0};
    const char *words = words_for(status, code);
    set_view(self, &view);
    if (page_is_part(self)) {
        html_put(&out, "<p>%s</p>\n", words);
    } else if (status == MHD_HTTP_UNAUTHORIZED) {
        request_redirect(self, "/sign-in");
        return;
    } else if (state != NULL && state->text != NULL && strstr(code, "message_") == code &&
               status == 422 && state->view.error == NULL) {
        show_again(self, status, words);
        return;
    } else {
        show_notice(&out, &view, status == MHD_HTTP_NOT_FOUND ? "Not found" : "That did not work",
                    words);
    }
    answer(self, status, &out);
}
