/* SPDX-License-Identifier: MIT */
/* The messages page. What it shows is read together, and shown when the last part has come. Each
 * form changes one thing, and answers with the page anew, or to the script with the part that has
 * changed. */
#include "web.h"

#define GROUPS 50
#define MESSAGES 30
#define TEXT_MAX 1024 /* characters of a message: code points */
#define MUTE_US (8 * G_TIME_SPAN_HOUR)
#define LAST_US INT64_C(253402300799999999) /* of the year 9999 */
#define UTC_OFFSET_MAX_MIN 840              /* time zones reach from UTC-12 to UTC+14 */

/* A number in a query or a form; 0 if it is missing, or is none of these numbers. */
static int64_t number(const char *text, int64_t min, int64_t max)
{
    int64_t value = 0;
    return text != NULL && g_ascii_string_to_signed(text, 10, min, max, &value, NULL) ? value : 0;
}

/* The time of the message that a form or a link names: it finds the message on every engine. */
static int64_t message_time(const request *self)
{
    return number(request_given(self, "at"), 0, LAST_US);
}

/* Whether the script asks, for a part. */
static bool is_part(const request *self)
{
    const char *accepted = request_header(self, "Accept");
    return accepted != NULL && strstr(accepted, "fragment") != NULL;
}

void page_show_group(request *self, const char *uuid)
{
    g_autofree char *path = g_strconcat("/messages/", uuid, NULL);
    request_redirect(self, path);
}

/* ---- a page ---- */

void page_set(request *self, const char *name, json_t *value)
{
    (void)json_object_set_new(self->page.model, name, value);
}

static json_t *rows_of(const struct page *self)
{
    return json_object_get(json_object_get(self->model, "messages"), "rows");
}

/* What every page has. */
static json_t *make_model(const request *self)
{
    return json_pack("{ss,ss,ss,ss?,ss,sb,sb,si}", "css", static_url("page.css"), "script",
                     static_url("page.js"), "icons", static_url("icons.svg"), "csrf", self->csrf,
                     "open_uuid", "", "has_archived", request_query(self, "archived") != NULL,
                     "is_past", request_query(self, "before") != NULL, "text_max", TEXT_MAX);
}

static void begin(request *self, const char *template)
{
    int offset_min =
        (int)number(request_cookie(self, "utc_offset"), -UTC_OFFSET_MAX_MIN, UTC_OFFSET_MAX_MIN);
    self->page = (struct page){.template = template,
                               .status = 200,
                               .reader = {request_uuid(self), offset_min, cruddur_time_now_us()},
                               .model = make_model(self),
                               .known = json_object()};
    page_set(self, "viewer", model_person(self->person));
    page_set(self, "zone", json_sprintf("%+03d:%02d", offset_min / 60, abs(offset_min) % 60));
}

static void render(request *self, unsigned status, const char *template, const json_t *model)
{
    request_answer(self, status, "text/html; charset=utf-8", template_render(template, model));
}

/* ---- what messages reply to, and what the form below them replies to or edits ---- */

static void on_part(request *self, cruddur_completion *completion);

/* Asks for a message that is not known, once. One that is gone is not shown. */
static void want(request *self, const char *uuid, int64_t time_us)
{
    json_t *known = self->page.known;
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.created_at_us = time_us;
    if (uuid != NULL && cruddur_uuid_is_valid(uuid) && json_object_get(known, uuid) == NULL) {
        (void)json_object_set_new(known, uuid, json_null());
        self->takes_failures = REQUEST_CALL(self, on_part, cruddur_msg_get_submit,
                                            request_uuid(self), self->part, uuid, &options);
    }
}

/* What a link asks for, or the field of a form that is shown again. */
static json_t *chosen(const request *self, const char *name)
{
    const char *uuid = request_given(self, name);
    json_t *msg = uuid != NULL ? json_object_get(self->page.known, uuid) : NULL;
    return json_is_object(msg) ? json_incref(msg) : json_null();
}

/* What counts as unread: of another author, not deleted, and after what the reader has read. */
static bool is_unread(const json_t *row, json_int_t read_us)
{
    return !json_is_true(json_object_get(row, "is_own")) &&
           !json_is_true(json_object_get(row, "is_deleted")) &&
           json_integer_value(json_object_get(row, "at_us")) > read_us;
}

static void show(request *self)
{
    struct page *page = &self->page;
    const json_t *group = json_object_get(page->model, "group");
    json_int_t read_us = json_integer_value(json_object_get(group, "read_up_to_us"));
    bool needs_line = json_integer_value(json_object_get(group, "unread_count")) > 0;
    json_t *row, *edit = chosen(self, "message");
    const char *text = request_field(self, "text"),
               *draft = text != NULL ? text : text_of(edit, "text");
    size_t i;
    json_array_foreach(rows_of(page), i, row) {
        json_t *quoted = json_object_get(page->known, text_of(row, "reply_to"));
        if (json_is_object(quoted) && !json_is_true(json_object_get(quoted, "is_deleted"))) {
            /* A copy: messages that reply to each other would otherwise own each other. */
            (void)json_object_set_new(row, "quote", json_copy(quoted));
        }
        if (needs_line && is_unread(row, read_us)) {
            (void)json_object_set_new(row, "begins_unread", json_true());
            needs_line = false;
        }
    }
    page_set(self, "draft", json_string(draft));
    page_set(self, "left", json_integer(TEXT_MAX - g_utf8_strlen(draft, -1)));
    page_set(self, "edit", edit);
    page_set(self, "reply", chosen(self, "reply_to"));
    render(self, page->status, page->template, page->model);
}

/* Reads what the messages reply to, then shows the page. */
static void finish(request *self)
{
    struct page *page = &self->page;
    json_t *row;
    size_t i;
    json_array_foreach(rows_of(page), i, row) {
        want(self, text_of(row, "reply_to"), 0);
    }
    if (json_object_get(page->model, "has_main") != NULL) {
        want(self, request_given(self, "message"), message_time(self));
        want(self, request_given(self, "reply_to"), message_time(self));
    }
    if (self->pending == 1) { /* no other call is in progress */
        show(self);
    }
}

/* ---- loading ---- */

static void on_part(request *self, cruddur_completion *completion)
{
    struct page *page = &self->page;
    const char *open_uuid = text_of(page->model, "open_uuid");
    g_autoptr(cruddur_group_page) inbox = cruddur_completion_take_group_page(completion);
    g_autoptr(cruddur_group) group = cruddur_completion_take_group(completion);
    g_autoptr(cruddur_members) members = cruddur_completion_take_members(completion);
    g_autoptr(cruddur_msg_page) messages = cruddur_completion_take_msg_page(completion);
    g_autoptr(cruddur_msg) msg = cruddur_completion_take_msg(completion);
    if (inbox != NULL) {
        page_set(self, "inbox", model_inbox(inbox, &page->reader, open_uuid));
    } else if (group != NULL) {
        page_set(self, "group", model_group(group, &page->reader, open_uuid));
    } else if (members != NULL) {
        page_set(self, "members", model_members(members, &page->reader));
    } else if (messages != NULL) {
        page_set(self, "messages", model_messages(messages, &page->reader, page->known));
    } else if (msg != NULL) {
        (void)json_object_set_new(page->known, cruddur_msg_uuid(msg),
                                  model_msg(msg, &page->reader));
    }
    if (self->pending == 1) {
        finish(self);
    }
}

static void load_inbox(request *self)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.limit = GROUPS;
    options.cursor = request_query(self, "groups");
    options.flags = request_query(self, "archived") != NULL ? CRUDDUR_LIST_ARCHIVED : 0;
    REQUEST_CALL(self, on_part, cruddur_group_list_submit, request_uuid(self), &options);
}

/* The group, its members and a page of messages. */
static void load_messages(request *self)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    const char *after = request_query(self, "after"), *user = request_uuid(self);
    options.limit = MESSAGES;
    options.order = CRUDDUR_OLDEST_FIRST;
    options.cursor = after != NULL ? after : request_query(self, "before");
    options.around_message_uuid = request_query(self, "around");
    if (options.around_message_uuid != NULL) {
        options.around_created_at_us = message_time(self);
        options.limit = 1;
    }
    if (REQUEST_CALL(self, on_part, cruddur_group_get_submit, user, self->part, NULL) &&
        REQUEST_CALL(self, on_part, cruddur_group_members_submit, user, self->part, NULL)) {
        REQUEST_CALL(self, on_part, cruddur_msg_list_submit, user, self->part, &options);
    }
}

static void load_conversation(request *self)
{
    page_set(self, "open_uuid", json_string(self->part));
    load_inbox(self);
    load_messages(self);
}

/* ---- failures ---- */

/* What the templates choose words by: the code, and the status as status_404. */
static json_t *make_failure(unsigned status, const char *code)
{
    g_autofree char *name = g_strdup_printf("status_%u", status);
    return json_pack("{sb,sb}", code, 1, name, 1);
}

/* A page without a conversation. */
static void show_alone(request *self, unsigned status, const char *template, json_t *failure)
{
    json_auto_t *model = make_model(self);
    (void)json_object_set_new(model, "failure", failure);
    render(self, status, template, model);
}

/* A text that was refused is shown again, to be mended. */
static void show_again(request *self, unsigned status, const char *code)
{
    self->page.status = status;
    self->page.template = "messages";
    page_set(self, "has_main", json_true());
    page_set(self, "failure", make_failure(status, code));
    page_set(self, "message_uuid", json_string(request_field(self, "message_uuid")));
    if (json_object_get(self->page.model, "is_new") != NULL) {
        load_inbox(self);
    } else {
        load_conversation(self);
    }
}

void page_failure(request *self, unsigned status, const char *code)
{
    if (is_part(self)) {
        show_alone(self, status, "failure", make_failure(status, code));
    } else if (status == 401) {
        request_redirect(self, "/sign-in");
    } else if (request_field(self, "text") != NULL && g_str_has_prefix(code, "message_") &&
               status == 422 && json_object_get(self->page.model, "failure") == NULL) {
        show_again(self, status, code);
    } else {
        show_alone(self, status, "notice", make_failure(status, code));
    }
}

/* ---- the pages ---- */

void page_sign_in(request *self)
{
    show_alone(self, 200, "sign_in", json_null());
}

void page_inbox(request *self)
{
    begin(self, is_part(self) ? "inbox" : "messages");
    page_set(self, "open_uuid", json_string(request_query(self, "group")));
    load_inbox(self);
}

void page_items(request *self)
{
    begin(self, "items");
    load_messages(self);
}

/* The form has the uuid of the next message, so that one that is sent twice is one message. */
static void begin_composing(request *self)
{
    char uuid[CRUDDUR_UUID_SIZE];
    begin(self, "messages");
    page_set(self, "has_main", json_true());
    if (cruddur_uuid_v7(self->page.reader.now_us, uuid, NULL) == CRUDDUR_OK) {
        page_set(self, "message_uuid", json_string(uuid));
    }
}

void page_conversation(request *self)
{
    begin_composing(self);
    load_conversation(self);
}

/* The two may have a conversation already. */
static void on_direct(request *self, cruddur_completion *completion)
{
    cruddur_status status = cruddur_completion_status(completion);
    g_autoptr(cruddur_group) group = cruddur_completion_take_group(completion);
    if (status == CRUDDUR_OK) {
        page_show_group(self, cruddur_group_uuid(group));
    } else if (status == CRUDDUR_E_GROUP_NOT_FOUND) {
        load_inbox(self);
    } else {
        request_fail_with(self, status, cruddur_completion_error(completion));
    }
}

static void on_person(request *self, json_t *person)
{
    char group[CRUDDUR_UUID_SIZE];
    if (person != NULL && cruddur_group_direct_uuid(request_uuid(self), text_of(person, "uuid"),
                                                    group, NULL) == CRUDDUR_OK) {
        page_set(self, "other", model_person(person));
        self->takes_failures = REQUEST_CALL(self, on_direct, cruddur_group_get_submit,
                                            request_uuid(self), group, NULL);
        return;
    }
    self->page.status = person == NULL ? 404 : 422;
    page_set(self, "failure",
             make_failure(0, person == NULL ? "handle_unknown" : "user_receiver_is_sender"));
    load_inbox(self);
}

void page_new(request *self)
{
    const char *asked = request_query(self, "handle");
    const char *handle = asked != NULL ? asked : self->part;
    handle += *handle == '@';
    begin_composing(self);
    page_set(self, "is_new", json_true());
    page_set(self, "handle", json_string(handle));
    if (*handle == '\0') {
        load_inbox(self);
    } else {
        request_find(self, PEOPLE_HANDLE, handle, 0, on_person);
    }
}

/* ---- forms: messages ---- */

static bool is_form(const request *self, const char *end)
{
    return g_str_has_suffix(self->route->pattern, end);
}

static void on_changed(request *self, cruddur_completion *completion)
{
    g_autoptr(cruddur_msg) msg = cruddur_completion_take_msg(completion);
    if (!is_part(self)) {
        page_show_group(self, self->part);
        return;
    }
    if (msg != NULL) {
        json_t *row = model_msg(msg, &self->page.reader);
        page_set(self, "messages", json_pack("{s[o]}", "rows", row));
    }
    finish(self);
}

void form_send(request *self)
{
    begin(self, "changed");
    send_to_group(self, self->part, request_field(self, "text"), on_changed);
}

/* POST /messages/UUID/{edit,delete,react}: the message that the form or the URL names. */
void form_change(request *self)
{
    const char *user = request_uuid(self), *message = request_given(self, "message");
    const char *added = request_field(self, "add"), *removed = request_field(self, "remove");
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.created_at_us = message_time(self);
    options.if_version = request_field(self, "version");
    begin(self, "changed");
    if (is_form(self, "/edit")) {
        REQUEST_CALL(self, on_changed, cruddur_msg_edit_submit, user, self->part, message,
                     request_field(self, "text"), &options);
    } else if (is_form(self, "/delete")) {
        REQUEST_CALL(self, on_changed, cruddur_msg_delete_submit, user, self->part, message,
                     &options);
    } else {
        REQUEST_CALL(self, on_changed, cruddur_msg_react_submit, user, self->part, message,
                     added != NULL ? added : removed, added != NULL, &options);
    }
}

void form_read(request *self)
{
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    options.up_to_message_uuid = request_given(self, "message");
    options.up_to_created_at_us = options.up_to_message_uuid != NULL ? message_time(self) : 0;
    begin(self, "nothing");
    REQUEST_CALL(self, on_changed, cruddur_group_mark_read_submit, request_uuid(self), self->part,
                 &options);
}

/* ---- forms: conversations ---- */

static void on_set(request *self, cruddur_completion *completion)
{
    g_autoptr(cruddur_group) group = cruddur_completion_take_group(completion);
    if (group != NULL && cruddur_group_is_archived(group)) {
        request_redirect(self, "/messages");
    } else {
        page_show_group(self, self->part);
    }
}

/* POST /messages/UUID/{mute,archive,block}: the path says what is set. */
void form_set(request *self)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    const char *to = request_field(self, "set");
    bool is_on = g_strcmp0(to, "on") == 0, is_mute = is_form(self, "/mute");
    if (is_mute && g_strcmp0(to, "8h") == 0) {
        options.muted_until_us = cruddur_time_now_us() + MUTE_US;
    } else if (!is_on && g_strcmp0(to, "off") != 0) {
        request_fail(self, 422, "argument_invalid");
        return;
    } else if (is_mute) {
        options.muted_until_us = is_on ? CRUDDUR_MUTE_FOREVER : CRUDDUR_MUTE_OFF;
    } else {
        *(is_form(self, "/archive") ? &options.archived : &options.blocked) =
            is_on ? CRUDDUR_SWITCH_ON : CRUDDUR_SWITCH_OFF;
    }
    REQUEST_CALL(self, on_set, cruddur_group_set_submit, request_uuid(self), self->part, &options);
}

void form_new(request *self)
{
    const char *handle = request_field(self, "handle");
    begin(self, "messages");
    page_set(self, "is_new", json_true());
    send_to_handle(self, handle != NULL ? handle : "");
}

/* The reader's time zone, where there is no script to tell it. */
void form_time_zone(request *self)
{
    const char *minutes = request_field(self, "utc_offset");
    g_autofree char *cookie =
        g_strdup_printf("utc_offset=%" PRId64 "; Path=/; Max-Age=31536000; SameSite=Lax",
                        number(minutes, -UTC_OFFSET_MAX_MIN, UTC_OFFSET_MAX_MIN));
    request_add_header(self, "Set-Cookie", cookie);
    request_redirect(self, "/messages");
}
