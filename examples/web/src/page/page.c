/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "server.h"

#define GROUPS 50
#define MESSAGES 30

/* ---- a page ---- */

static void end(void *state)
{
    struct page *self = state;
    json_decref(self->model);
    json_decref(self->known);
    json_decref(self->wanted);
    free(self->text);
    free(self);
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

void page_redirect(request *self, const char *group_uuid)
{
    char path[sizeof("/messages/") + CRUDDUR_UUID_SIZE];
    (void)snprintf(path, sizeof(path), "/messages/%s", group_uuid);
    request_redirect(self, path);
}

void page_set(struct page *self, const char *name, json_t *value)
{
    if (json_object_set_new(self->model, name, value) != 0) {
        json_decref(self->model);
        self->model = NULL;
    }
}

/* What every page has. */
static json_t *make_model(const request *self)
{
    const struct static_file *files = self->server->files;
    return json_pack("{ss,ss,ss,ss,ss,sb,si}", "css", files[STATIC_CSS].url, "script",
                     files[STATIC_SCRIPT].url, "icons", files[STATIC_ICONS].url, "csrf", self->csrf,
                     "open_uuid", "", "has_archived", request_query(self, "archived") != NULL,
                     "text_max", TEXT_MAX);
}

struct page *page_begin(request *self, const char *name)
{
    struct page *page = self->state = calloc(1, sizeof(*page));
    const cruddur_user user = person_user(self->person);
    if (page == NULL) {
        request_fail_memory(self);
        return NULL;
    }
    self->end = end;
    page->name = name;
    page->status = MHD_HTTP_OK;
    page->known = json_object();
    page->wanted = json_array();
    page->model = make_model(self);
    page->reader = (struct reader){user.uuid,
                                   (int)page_number(request_cookie(self, "utc_offset"),
                                                    -UTC_OFFSET_MAX_MIN, UTC_OFFSET_MAX_MIN),
                                   cruddur_time_now_us()};
    page_set(page, "viewer", model_person(user.uuid, user.display_name, user.handle));
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

static void know(struct page *self, json_t *msg)
{
    if (json_object_set(self->known, text_of(msg, "uuid"), msg) != 0) {
        page_set(self, "", NULL);
    }
}

static void want(struct page *self, const char *uuid, const char *at)
{
    if (uuid != NULL && cruddur_uuid_is_valid(uuid) && json_object_get(self->known, uuid) == NULL &&
        (json_object_set_new(self->known, uuid, json_null()) != 0 ||
         json_array_append_new(
             self->wanted, json_pack("[s,I]", uuid, (json_int_t)page_number(at, 0, INT64_MAX))) !=
             0)) {
        page_set(self, "", NULL);
    }
}

/* A copy: messages that reply to each other would otherwise own each other. */
static void quote(struct page *self, json_t *msg)
{
    const json_t *quoted = json_object_get(self->known, text_of(msg, "reply_to"));
    if (json_is_object(quoted) && !json_is_true(json_object_get(quoted, "is_deleted")) &&
        json_object_set_new(msg, "quote",
                            json_pack("{ss,ss,ss}", "uuid", text_of(quoted, "uuid"), "by",
                                      text_of(quoted, "by"), "text", text_of(quoted, "text"))) !=
            0) {
        page_set(self, "", NULL);
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

static void set_composer(request *self)
{
    struct page *page = self->state;
    json_t *edit = chosen(self, "edit", "message"), *reply = chosen(self, "reply", "reply_to");
    const char *draft = page->text != NULL ? page->text : text_of(edit, "text");
    bool is_context = json_is_object(edit) || json_is_object(reply);
    page_set(page, "draft", json_string_nocheck(draft));
    page_set(page, "left", json_integer(TEXT_MAX - count_characters(draft)));
    page_set(page, "context", json_incref(json_is_object(edit) ? edit : reply));
    page_set(page, "edit", edit);
    page_set(page, "reply", reply);
    page_set(page, "is_asked",
             json_boolean(is_context || json_object_get(page->model, "error") != NULL));
}

static void show(request *self)
{
    struct page *page = self->state;
    const json_t *group = json_object_get(page->model, "group");
    json_t *rows = json_object_get(json_object_get(page->model, "messages"), "rows"), *row;
    bool is_new = json_is_true(json_object_get(page->model, "is_new"));
    size_t i;
    json_array_foreach(rows, i, row)
    {
        quote(page, row);
    }
    if ((row = json_object_get(page->model, "changed")) != NULL) {
        quote(page, row);
    }
    set_composer(self);
    page_set(page, "is_blocked",
             json_boolean(json_is_true(json_object_get(group, "is_blocked"))));
    page_set(page, "is_past", json_boolean(request_query(self, "before") != NULL));
    page_set(page, "has_main", json_boolean(group != NULL || is_new));
    page_set(page, "title",
             json_string(group != NULL ? text_of(group, "name")
                         : is_new      ? "New conversation"
                                       : "Messages"));
    page_set(page, "zones", model_zones(&page->reader));
    if (!model_arrange(page->model, &page->reader)) {
        page_set(page, "", NULL);
    }
    render(self, page->status, page->name, page->model);
}

static void ask_wanted(request *self);

/* One that is gone is not shown. */
static void on_wanted(request *self, cruddur_completion *completion)
{
    struct page *page = self->state;
    cruddur_msg *msg = cruddur_completion_take_msg(completion);
    if (msg != NULL) {
        json_t *model = model_msg(msg, &page->reader);
        know(page, model);
        json_decref(model);
        cruddur_msg_free(msg);
    }
    (void)json_array_remove(page->wanted, 0);
    ask_wanted(self);
}

/* One after the other: most pages have none. */
static void ask_wanted(request *self)
{
    struct page *page = self->state;
    const json_t *next = json_array_get(page->wanted, 0);
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    if (next == NULL) {
        show(self);
        return;
    }
    options.created_at_us = json_integer_value(json_array_get(next, 1));
    REQUEST_CALL_ANY(self, on_wanted, cruddur_msg_get_submit, request_uuid(self), self->part,
                     json_string_value(json_array_get(next, 0)), &options);
}

void page_finish(request *self)
{
    struct page *page = self->state;
    json_t *rows = json_object_get(json_object_get(page->model, "messages"), "rows"), *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        know(page, row);
    }
    want(page, either(self, "edit", "message"), either(self, "at", "at"));
    want(page, either(self, "reply", "reply_to"), either(self, "at", "at"));
    json_array_foreach(rows, i, row)
    {
        want(page, text_of(row, "reply_to"), NULL);
    }
    want(page, text_of(json_object_get(page->model, "changed"), "reply_to"), NULL);
    ask_wanted(self);
}

/* ---- loading: the parts are read together, and shown when the last of them has come ---- */

static void take_part(struct page *self, cruddur_completion *completion)
{
    const char *open_uuid = text_of(self->model, "open_uuid");
    cruddur_group_page *inbox = cruddur_completion_take_group_page(completion);
    cruddur_group *group = cruddur_completion_take_group(completion);
    cruddur_members *members = cruddur_completion_take_members(completion);
    cruddur_msg_page *messages = cruddur_completion_take_msg_page(completion);
    if (inbox != NULL) {
        page_set(self, "inbox", model_inbox(inbox, &self->reader, open_uuid));
    } else if (group != NULL) {
        page_set(self, "group", model_group(group, &self->reader, open_uuid));
    } else if (members != NULL) {
        page_set(self, "members", model_members(members, &self->reader));
    } else if (messages != NULL) {
        page_set(self, "messages", model_messages(messages, &self->reader));
    }
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
        options.around_created_at_us = page_number(request_query(self, "at"), 0, INT64_MAX);
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
    const char *uuid = text_of(person, "uuid");
    char group[CRUDDUR_UUID_SIZE];
    if (person != NULL &&
        cruddur_group_direct_uuid(request_uuid(self), uuid, group, NULL) == CRUDDUR_OK) {
        page_set(page, "other",
                 model_person(uuid, text_of(person, "display_name"), text_of(person, "handle")));
        REQUEST_CALL_ANY(self, on_direct, cruddur_group_get_submit, request_uuid(self), group,
                         NULL);
        return;
    }
    page->status = person == NULL ? MHD_HTTP_NOT_FOUND : MHD_HTTP_UNPROCESSABLE_CONTENT;
    page_set(page, "error",
             json_string(person == NULL ? "Nobody has this handle." : "That is you."));
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

static void show_words(request *self, unsigned status, const char *name, const char *title,
                       const char *words)
{
    json_t *model = make_model(self);
    (void)json_object_set_new(model, "title", json_string(title));
    (void)json_object_set_new(model, "words", json_string(words));
    render(self, status, name, model);
    json_decref(model);
}

void page_sign_in(request *self)
{
    show_words(self, MHD_HTTP_OK, "sign_in", "Sign in", "");
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
    struct page *page = self->state;
    const char *uuid = request_field(self, "message_uuid");
    page->status = status;
    page->name = "messages";
    page_set(page, "error", json_string(words));
    page_set(page, "message_uuid", json_string_nocheck(uuid != NULL ? uuid : ""));
    if (json_is_true(json_object_get(page->model, "is_new"))) {
        page_load_inbox(self);
    } else {
        page_load_conversation(self);
    }
}

void page_failure(request *self, unsigned status, const char *code)
{
    const struct page *page = self->state;
    const char *words = words_for(status, code);
    if (page_is_part(self)) {
        show_words(self, status, "failure", "", words);
    } else if (status == MHD_HTTP_UNAUTHORIZED) {
        request_redirect(self, "/sign-in");
    } else if (page != NULL && page->text != NULL && strncmp(code, "message_", 8) == 0 &&
               status == MHD_HTTP_UNPROCESSABLE_CONTENT &&
               json_object_get(page->model, "error") == NULL) {
        show_again(self, status, words);
    } else {
        show_words(self, status, "notice",
                   status == MHD_HTTP_NOT_FOUND ? "Not found" : "That did not work", words);
    }
}
