/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

#define GROUPS 50
#define MESSAGES 30
#define LAST_US INT64_C(253402300799999999) /* of the year 9999 */

/* ---- a page ---- */

static void end(void *state)
{
    struct page *self = state;
    json_decref(self->model);
    json_decref(self->known);
    free(self->text);
    free(self);
}

int64_t page_number(const char *text, int64_t min, int64_t max)
{
    char *rest = NULL;
    errno = 0;
    long long value = text != NULL ? strtoll(text, &rest, 10) : 0;
    return rest == NULL || rest == text || *rest != '\0' || errno != 0 || value < min || value > max
               ? 0
               : value;
}

int64_t page_time(const char *text)
{
    return page_number(text, 0, LAST_US);
}

bool page_is_part(const request *self)
{
    const char *accepted = request_header(self, "Accept");
    return accepted != NULL && strstr(accepted, "fragment") != NULL;
}

void page_redirect(request *self, const char *group_uuid)
{
    char path[sizeof("/messages/") + CRUDDUR_UUID_SIZE];
    (void)snprintf(path, sizeof(path), "/messages/%s", group_uuid);
    request_redirect(self, path);
}

/* Memory has run out: the answer will be 503. */
static void page_fail(struct page *self)
{
    json_decref(self->model);
    self->model = NULL;
}

void page_set(struct page *self, const char *name, json_t *value)
{
    if (json_object_set_new(self->model, name, value) != 0) {
        page_fail(self);
    }
}

/* What every page has. */
static json_t *make_model(const request *self)
{
    const struct static_file *files = self->server->files;
    return json_pack("{ss,ss,ss,ss,ss,sb,sb,si}", "css", files[STATIC_CSS].url, "script",
                     files[STATIC_SCRIPT].url, "icons", files[STATIC_ICONS].url, "csrf", self->csrf,
                     "open_uuid", "", "has_archived", request_query(self, "archived") != NULL,
                     "is_past", request_query(self, "before") != NULL, "text_max", TEXT_MAX);
}

struct page *page_begin(request *self, const char *name)
{
    struct page *page = self->state = calloc(1, sizeof(*page));
    if (page == NULL) {
        request_fail_memory(self);
        return NULL;
    }
    self->end = end;
    page->name = name;
    page->status = MHD_HTTP_OK;
    page->known = json_object();
    page->model = make_model(self);
    page->reader = (struct reader){request_uuid(self),
                                   (int)page_number(request_cookie(self, "utc_offset"),
                                                    -UTC_OFFSET_MAX_MIN, UTC_OFFSET_MAX_MIN),
                                   cruddur_time_now_us()};
    page_set(page, "viewer", model_person(self->person));
    return page;
}

static void render(request *self, unsigned status, const char *name, const json_t *model)
{
    size_t size = 0;
    char *text =
        model != NULL ? templates_render(&self->server->templates, name, model, &size) : NULL;
    request_answer(self, status, "text/html; charset=utf-8", text, size);
}

/* ---- what messages reply to ---- */

static void on_part(request *self, cruddur_completion *completion);

static void know(struct page *self, json_t *msg)
{
    if (json_object_set(self->known, text_of(msg, "uuid"), msg) != 0) {
        page_fail(self);
    }
}

/* Asks for a message that is not known, once. One that is gone is not shown. */
static void want(request *self, const char *uuid, const char *at)
{
    struct page *page = self->state;
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.created_at_us = page_time(at);
    if (uuid != NULL && cruddur_uuid_is_valid(uuid) && json_object_get(page->known, uuid) == NULL &&
        json_object_set_new(page->known, uuid, json_null()) == 0) {
        page->waits++;
        REQUEST_CALL_ANY(self, on_part, cruddur_msg_get_submit, request_uuid(self), self->part,
                         uuid, &options);
    }
}

/* A copy: messages that reply to each other would otherwise own each other. */
static void quote(struct page *self, json_t *msg)
{
    const json_t *quoted = json_object_get(self->known, text_of(msg, "reply_to"));
    if (json_is_object(quoted) && !json_is_true(json_object_get(quoted, "is_deleted")) &&
        json_object_set_new(msg, "quote",
                            json_pack("{sO,sO,sO}", "uuid", json_object_get(quoted, "uuid"), "by",
                                      json_object_get(quoted, "by"), "text",
                                      json_object_get(quoted, "text"))) != 0) {
        page_fail(self);
    }
}

/* What a link asks for, or a form that is shown again had in its field. */
static const char *either(const request *self, const char *query, const char *field)
{
    const struct page *page = self->state;
    return page->text != NULL ? request_field(self, field) : request_query(self, query);
}

static json_t *chosen(const request *self, const char *query, const char *field)
{
    const struct page *page = self->state;
    const char *uuid = either(self, query, field);
    json_t *msg = uuid != NULL ? json_object_get(page->known, uuid) : NULL;
    return json_is_object(msg) ? json_incref(msg) : json_null();
}

/* The characters of a text: bytes of UTF-8 that begin one. */
static int count_characters(const char *text)
{
    int count = 0;
    for (; *text != '\0'; text++) {
        count += ((unsigned char)*text & 0xC0u) != 0x80u;
    }
    return count;
}

static void show(request *self)
{
    struct page *page = self->state;
    json_t *rows = json_object_get(json_object_get(page->model, "messages"), "rows"), *row;
    json_t *edit = chosen(self, "edit", "message");
    const char *draft = page->text != NULL ? page->text : text_of(edit, "text");
    size_t i;
    json_array_foreach(rows, i, row)
    {
        quote(page, row);
    }
    quote(page, json_object_get(page->model, "changed"));
    page_set(page, "draft", json_string_nocheck(draft));
    page_set(page, "left", json_integer(TEXT_MAX - count_characters(draft)));
    page_set(page, "edit", edit);
    page_set(page, "reply", chosen(self, "reply", "reply_to"));
    page_set(page, "has_main",
             json_boolean(json_object_get(page->model, "group") != NULL ||
                          json_object_get(page->model, "is_new") != NULL));
    page_set(page, "zones", model_zones(&page->reader));
    if (!model_arrange(page->model, &page->reader)) {
        page_fail(page);
    }
    render(self, page->status, page->name, page->model);
}

void page_finish(request *self)
{
    struct page *page = self->state;
    const char *at = either(self, "at", "at");
    json_t *rows = json_object_get(json_object_get(page->model, "messages"), "rows"), *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        know(page, row);
    }
    json_array_foreach(rows, i, row)
    {
        want(self, text_of(row, "reply_to"), NULL);
    }
    want(self, text_of(json_object_get(page->model, "changed"), "reply_to"), NULL);
    want(self, either(self, "edit", "message"), at);
    want(self, either(self, "reply", "reply_to"), at);
    if (page->waits == 0) {
        show(self);
    }
}

/* ---- loading: the parts are read together, and shown when the last of them has come ---- */

static void take_part(struct page *self, cruddur_completion *completion)
{
    const char *open_uuid = text_of(self->model, "open_uuid");
    cruddur_group_page *inbox = cruddur_completion_take_group_page(completion);
    cruddur_group *group = cruddur_completion_take_group(completion);
    cruddur_members *members = cruddur_completion_take_members(completion);
    cruddur_msg_page *messages = cruddur_completion_take_msg_page(completion);
    cruddur_msg *msg = cruddur_completion_take_msg(completion);
    if (inbox != NULL) {
        page_set(self, "inbox", model_inbox(inbox, &self->reader, open_uuid));
    } else if (group != NULL) {
        page_set(self, "group", model_group(group, &self->reader, open_uuid));
    } else if (members != NULL) {
        page_set(self, "members", model_members(members, &self->reader));
    } else if (messages != NULL) {
        page_set(self, "messages", model_messages(messages, &self->reader));
    } else if (msg != NULL) {
        json_t *model = model_msg(msg, &self->reader);
        know(self, model);
        json_decref(model);
    }
    cruddur_msg_free(msg);
    cruddur_group_page_free(inbox);
    cruddur_group_free(group);
    cruddur_members_free(members);
    cruddur_msg_page_free(messages);
}

static void on_part(request *self, cruddur_completion *completion)
{
    struct page *page = self->state;
    take_part(page, completion);
    if (--page->waits == 0) {
        page_finish(self);
    }
}

void page_load_inbox(request *self)
{
    struct page *page = self->state;
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.limit = GROUPS;
    options.cursor = request_query(self, "groups");
    options.flags = request_query(self, "archived") != NULL ? CRUDDUR_LIST_ARCHIVED : 0;
    page->waits++;
    REQUEST_CALL(self, on_part, cruddur_group_list_submit, request_uuid(self), &options);
}

/* The group, its members and a page of messages. */
static void load_messages(request *self)
{
    struct page *page = self->state;
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    const char *after = request_query(self, "after"), *user = request_uuid(self);
    options.limit = MESSAGES;
    options.order = CRUDDUR_OLDEST_FIRST;
    options.cursor = after != NULL ? after : request_query(self, "before");
    options.around_message_uuid = request_query(self, "message");
    if (options.around_message_uuid != NULL) {
        options.around_created_at_us = page_time(request_query(self, "at"));
        options.limit = 1;
    }
    page->waits += 3;
    if (REQUEST_CALL(self, on_part, cruddur_group_get_submit, user, self->part, NULL) &&
        REQUEST_CALL(self, on_part, cruddur_group_members_submit, user, self->part, NULL)) {
        REQUEST_CALL(self, on_part, cruddur_msg_list_submit, user, self->part, &options);
    }
}

void page_load_conversation(request *self)
{
    page_set(self->state, "open_uuid", json_string(self->part));
    page_load_inbox(self);
    load_messages(self);
}

/* What the templates choose words by: the code, and the status as status_404. */
static json_t *make_failure(unsigned status, const char *code)
{
    char name[16];
    (void)snprintf(name, sizeof(name), "status_%u", status);
    return json_pack("{sb,sb}", code, 1, name, 1);
}

/* ---- the routes ---- */

void page_home(request *self)
{
    request_redirect(self, "/messages");
}

void page_inbox(request *self)
{
    if (page_begin(self, "messages") != NULL) {
        page_load_inbox(self);
    }
}

void page_groups(request *self)
{
    const char *open = request_query(self, "group");
    if (page_begin(self, "inbox") != NULL) {
        page_set(self->state, "open_uuid", json_string(open != NULL ? open : ""));
        page_load_inbox(self);
    }
}

/* The form has the uuid of the next message, so that one that is sent twice is one message. */
static struct page *begin_composing(request *self)
{
    struct page *page = page_begin(self, "messages");
    char uuid[CRUDDUR_UUID_SIZE];
    if (page != NULL && cruddur_uuid_v7(page->reader.now_us, uuid, NULL) != CRUDDUR_OK) {
        request_fail(self, MHD_HTTP_INTERNAL_SERVER_ERROR, "internal");
        return NULL;
    }
    if (page != NULL) {
        page_set(page, "message_uuid", json_string(uuid));
    }
    return page;
}

void page_conversation(request *self)
{
    if (begin_composing(self) != NULL) {
        page_load_conversation(self);
    }
}

void page_items(request *self)
{
    if (page_begin(self, "items") != NULL) {
        load_messages(self);
    }
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

static void on_person(request *self, json_t *person)
{
    struct page *page = self->state;
    char group[CRUDDUR_UUID_SIZE];
    if (person != NULL && cruddur_group_direct_uuid(request_uuid(self), text_of(person, "uuid"),
                                                    group, NULL) == CRUDDUR_OK) {
        page_set(page, "other", model_person(person));
        REQUEST_CALL_ANY(self, on_direct, cruddur_group_get_submit, request_uuid(self), group,
                         NULL);
        return;
    }
    page->status = person == NULL ? MHD_HTTP_NOT_FOUND : MHD_HTTP_UNPROCESSABLE_CONTENT;
    page_set(page, "failure",
             make_failure(0, person == NULL ? "handle_unknown" : "user_receiver_is_sender"));
    page_load_inbox(self);
}

void page_new(request *self)
{
    const char *handle = request_query(self, "handle");
    struct page *page = begin_composing(self);
    if (page == NULL) {
        return;
    }
    handle = handle != NULL ? handle : self->part;
    handle += *handle == '@';
    page_set(page, "is_new", json_true());
    page_set(page, "handle", json_string_nocheck(handle));
    if (*handle == '\0') {
        page_load_inbox(self);
    } else {
        request_find(self, PEOPLE_HANDLE, handle, on_person);
    }
}

/* ---- without a conversation ---- */

static void show_alone(request *self, unsigned status, const char *name, json_t *failure)
{
    json_t *model = make_model(self);
    if (json_object_set_new(model, "failure", failure) == 0) {
        render(self, status, name, model);
    } else {
        render(self, status, name, NULL);
    }
    json_decref(model);
}

void page_sign_in(request *self)
{
    show_alone(self, MHD_HTTP_OK, "sign_in", json_null());
}

/* A text that was refused is shown again, to be mended. */
static void show_again(request *self, unsigned status, const char *code)
{
    struct page *page = self->state;
    const char *uuid = request_field(self, "message_uuid");
    page->status = status;
    page->name = "messages";
    page_set(page, "failure", make_failure(status, code));
    page_set(page, "message_uuid", json_string_nocheck(uuid != NULL ? uuid : ""));
    if (json_object_get(page->model, "is_new") != NULL) {
        page_load_inbox(self);
    } else {
        page_load_conversation(self);
    }
}

void page_failure(request *self, unsigned status, const char *code)
{
    const struct page *page = self->state;
    if (page_is_part(self)) {
        show_alone(self, status, "failure", make_failure(status, code));
    } else if (status == MHD_HTTP_UNAUTHORIZED) {
        request_redirect(self, "/sign-in");
    } else if (page != NULL && page->text != NULL && strncmp(code, "message_", 8) == 0 &&
               status == MHD_HTTP_UNPROCESSABLE_CONTENT &&
               json_object_get(page->model, "failure") == NULL) {
        show_again(self, status, code);
    } else {
        show_alone(self, status, "notice", make_failure(status, code));
    }
}
