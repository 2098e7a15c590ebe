/* SPDX-License-Identifier: MIT */
#include <errno.h>
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
    g_free(self->text);
    g_free(self);
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
    g_autofree char *path = g_strconcat("/messages/", group_uuid, NULL);
    request_redirect(self, path);
}

void page_set(struct page *self, const char *name, json_t *value)
{
    (void)json_object_set_new(self->model, name, value);
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
    struct page *page = self->state = g_new0(struct page, 1);
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
    request_answer(self, status, "text/html; charset=utf-8",
                   templates_render(self->server->templates, name, model));
}

/* ---- what messages reply to ---- */

static void on_part(request *self, cruddur_completion *completion);

static void know(struct page *self, json_t *msg)
{
    (void)json_object_set(self->known, text_of(msg, "uuid"), msg);
}

/* Asks for a message that is not known, once. One that is gone is not shown. */
static void want(request *self, const char *uuid, const char *at)
{
    struct page *page = self->state;
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.created_at_us = page_time(at);
    if (uuid != NULL && cruddur_uuid_is_valid(uuid) && json_object_get(page->known, uuid) == NULL) {
        (void)json_object_set_new(page->known, uuid, json_null());
        page->waits++;
        REQUEST_CALL_ANY(self, on_part, cruddur_msg_get_submit, request_uuid(self), self->part,
                         uuid, &options);
    }
}

/* A copy: messages that reply to each other would otherwise own each other. */
static void quote(struct page *self, json_t *msg)
{
    json_t *quoted = json_object_get(self->known, text_of(msg, "reply_to"));
    if (json_is_object(quoted) && !json_is_true(json_object_get(quoted, "is_deleted"))) {
        (void)json_object_set_new(msg, "quote", json_copy(quoted));
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

static void show(request *self)
{
    struct page *page = self->state;
    json_t *rows = json_object_get(json_object_get(page->model, "messages"), "rows"), *row;
    json_t *edit = chosen(self, "edit", "message");
    g_autofree char *draft =
        g_utf8_make_valid(page->text != NULL ? page->text : text_of(edit, "text"), -1);
    size_t i;
    json_array_foreach(rows, i, row)
    {
        quote(page, row);
    }
    quote(page, json_object_get(page->model, "changed"));
    page_set(page, "draft", json_string(draft));
    page_set(page, "left", json_integer(TEXT_MAX - g_utf8_strlen(draft, -1)));
    page_set(page, "edit", edit);
    page_set(page, "reply", chosen(self, "reply", "reply_to"));
    page_set(page, "has_main",
             json_boolean(json_object_get(page->model, "group") != NULL ||
                          json_object_get(page->model, "is_new") != NULL));
    page_set(page, "zones", model_zones(&page->reader));
    model_arrange(page->model, &page->reader);
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
    g_autoptr(cruddur_group_page) inbox = cruddur_completion_take_group_page(completion);
    g_autoptr(cruddur_group) group = cruddur_completion_take_group(completion);
    g_autoptr(cruddur_members) members = cruddur_completion_take_members(completion);
    g_autoptr(cruddur_msg_page) messages = cruddur_completion_take_msg_page(completion);
    g_autoptr(cruddur_msg) msg = cruddur_completion_take_msg(completion);
    if (inbox != NULL) {
        page_set(self, "inbox", model_inbox(inbox, &self->reader, open_uuid));
    } else if (group != NULL) {
        page_set(self, "group", model_group(group, &self->reader, open_uuid));
    } else if (members != NULL) {
        page_set(self, "members", model_members(members, &self->reader));
    } else if (messages != NULL) {
        page_set(self, "messages", model_messages(messages, &self->reader));
    } else if (msg != NULL) {
        json_auto_t *model = model_msg(msg, &self->reader);
        know(self, model);
    }
}

static void on_part(request *self, cruddur_completion *completion)
{
    struct page *page = self->state;
    take_part(page, completion);
    if (--page->waits == 0) {
        page_finish(self);
    }
}

static void load_inbox(request *self)
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

static void load_conversation(request *self)
{
    page_set(self->state, "open_uuid", json_string(self->part));
    load_inbox(self);
    load_messages(self);
}

/* What the templates choose words by: the code, and the status as status_404. */
static json_t *make_failure(unsigned status, const char *code)
{
    g_autofree char *name = g_strdup_printf("status_%u", status);
    return json_pack("{sb,sb}", code, 1, name, 1);
}

/* ---- the routes ---- */

void page_home(request *self)
{
    request_redirect(self, "/messages");
}

void page_inbox(request *self)
{
    (void)page_begin(self, "messages");
    load_inbox(self);
}

void page_groups(request *self)
{
    const char *open = request_query(self, "group");
    page_set(page_begin(self, "inbox"), "open_uuid", json_string(open));
    load_inbox(self);
}

/* The form has the uuid of the next message, so that one that is sent twice is one message. */
static struct page *begin_composing(request *self)
{
    struct page *page = page_begin(self, "messages");
    char uuid[CRUDDUR_UUID_SIZE];
    if (cruddur_uuid_v7(page->reader.now_us, uuid, NULL) == CRUDDUR_OK) {
        page_set(page, "message_uuid", json_string(uuid));
    }
    return page;
}

void page_conversation(request *self)
{
    (void)begin_composing(self);
    load_conversation(self);
}

void page_items(request *self)
{
    (void)page_begin(self, "items");
    load_messages(self);
}

/* The two may have a conversation already. */
static void on_direct(request *self, cruddur_completion *completion)
{
    cruddur_status status = cruddur_completion_status(completion);
    g_autoptr(cruddur_group) group = cruddur_completion_take_group(completion);
    if (status == CRUDDUR_OK) {
        page_redirect(self, cruddur_group_uuid(group));
    } else if (status == CRUDDUR_E_GROUP_NOT_FOUND) {
        load_inbox(self);
    } else {
        request_fail_with(self, status, cruddur_completion_error(completion));
    }
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
    load_inbox(self);
}

void page_new(request *self)
{
    const char *handle = request_query(self, "handle");
    struct page *page = begin_composing(self);
    handle = handle != NULL ? handle : self->part;
    handle += *handle == '@';
    page_set(page, "is_new", json_true());
    page_set(page, "handle", json_string(handle));
    if (*handle == '\0') {
        load_inbox(self);
    } else {
        request_find(self, PEOPLE_HANDLE, handle, on_person);
    }
}

/* ---- without a conversation ---- */

static void show_alone(request *self, unsigned status, const char *name, json_t *failure)
{
    json_auto_t *model = make_model(self);
    (void)json_object_set_new(model, "failure", failure);
    render(self, status, name, model);
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
    page_set(page, "message_uuid", json_string(uuid));
    if (json_object_get(page->model, "is_new") != NULL) {
        load_inbox(self);
    } else {
        load_conversation(self);
    }
}

void page_failure(request *self, unsigned status, const char *code)
{
    const struct page *page = self->state;
    if (page_is_part(self)) {
        show_alone(self, status, "failure", make_failure(status, code));
    } else if (status == MHD_HTTP_UNAUTHORIZED) {
        request_redirect(self, "/sign-in");
    } else if (page != NULL && page->text != NULL && g_str_has_prefix(code, "message_") &&
               status == MHD_HTTP_UNPROCESSABLE_CONTENT &&
               json_object_get(page->model, "failure") == NULL) {
        show_again(self, status, code);
    } else {
        show_alone(self, status, "notice", make_failure(status, code));
    }
}
