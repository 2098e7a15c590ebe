/* SPDX-License-Identifier: MIT */
/* The application's JSON routes. */
#include "web.h"

#define PAGE_SIZE 20
#define HEALTH_TIMEOUT_MS 2000
#define NOBODY "00000000-0000-0000-0000-000000000000"

static json_t *time_text(int64_t time_us)
{
    char text[CRUDDUR_TIME_SIZE];
    return json_string(cruddur_time_format(time_us, text, NULL) == CRUDDUR_OK ? text : "");
}

static json_t *group_object(const cruddur_group *group)
{
    const char *name = cruddur_group_name(group);
    return json_pack("{ss,ss,ss,ss,so}", "uuid", cruddur_group_uuid(group), "display_name",
                     name != NULL ? name : cruddur_group_user_display_name(group), "handle",
                     cruddur_group_user_handle(group), "message", cruddur_group_text(group),
                     "created_at", time_text(cruddur_group_last_message_at_us(group)));
}

static json_t *msg_object(const cruddur_msg *msg)
{
    return json_pack("{ss,ss,ss,ss,ss,so}", "uuid", cruddur_msg_uuid(msg), "message_group_uuid",
                     cruddur_msg_group_uuid(msg), "display_name",
                     cruddur_msg_user_display_name(msg), "handle", cruddur_msg_user_handle(msg),
                     "message", cruddur_msg_text(msg), "created_at",
                     time_text(cruddur_msg_created_at_us(msg)));
}

static void on_groups(request *self, cruddur_completion *completion)
{
    g_autoptr(cruddur_group_page) page = cruddur_completion_take_group_page(completion);
    json_t *list = json_array();
    for (size_t i = 0; i < cruddur_group_page_count(page); i++) {
        (void)json_array_append_new(list, group_object(cruddur_group_page_at(page, i)));
    }
    request_answer_json(self, 200, list);
}

void api_groups(request *self)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.flags = CRUDDUR_LIST_NO_COUNTS;
    REQUEST_CALL(self, on_groups, cruddur_group_list_submit, request_uuid(self), &options);
}

static void on_messages(request *self, cruddur_completion *completion)
{
    g_autoptr(cruddur_msg_page) page = cruddur_completion_take_msg_page(completion);
    json_t *list = json_array();
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        (void)json_array_append_new(list, msg_object(cruddur_msg_page_at(page, i)));
    }
    request_answer_json(self, 200, list);
}

void api_messages(request *self)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.limit = PAGE_SIZE;
    options.order = CRUDDUR_OLDEST_FIRST;
    REQUEST_CALL(self, on_messages, cruddur_msg_list_submit, request_uuid(self), self->part,
                 &options);
}

static void on_user(request *self, json_t *person)
{
    request_answer_json(self, 200,
                        json_pack("{ss,ss,ss}", "uuid", text_of(person, "uuid"), "handle",
                                  text_of(person, "handle"), "display_name",
                                  text_of(person, "display_name")));
}

void api_user(request *self)
{
    request_find(self, PEOPLE_HANDLE, self->part + (self->part[0] == '@'), 404, on_user);
}

void send_to_group(request *self, const char *group_uuid, const char *text, request_then *then)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_user author = person_user(self->person);
    options.message_uuid = request_given(self, "message_uuid");
    options.reply_to = request_given(self, "reply_to");
    REQUEST_CALL(self, then, cruddur_msg_append_submit, &author, group_uuid, text, &options);
}

static void on_sent(request *self, cruddur_completion *completion)
{
    g_autoptr(cruddur_msg) msg = cruddur_completion_take_msg(completion);
    request_answer_json(self, 200, msg_object(msg));
}

static void on_opened(request *self, cruddur_completion *completion)
{
    g_autoptr(cruddur_group) group = cruddur_completion_take_group(completion);
    const char *uuid = cruddur_group_uuid(group);
    if ((self->route->flags & ROUTE_API) != 0) {
        request_answer_json(self, 200, json_pack("{ss}", "message_group_uuid", uuid));
    } else {
        page_show_group(self, uuid);
    }
}

static void on_receiver(request *self, json_t *person)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_user author = person_user(self->person), other = person_user(person);
    bool is_api = (self->route->flags & ROUTE_API) != 0;
    const char *text = request_field(self, is_api ? "message" : "text");
    options.message_uuid = request_given(self, "message_uuid");
    page_set(self, "other", model_person(person));
    REQUEST_CALL(self, on_opened, cruddur_group_create_submit, &author, &other, 1, text, &options);
}

void send_to_handle(request *self, const char *handle)
{
    request_find(self, PEOPLE_HANDLE, handle + (handle[0] == '@'), 404, on_receiver);
}

void api_send(request *self)
{
    const char *text = request_field(self, "message");
    const char *group_uuid = request_field(self, "message_group_uuid");
    const char *handle = request_field(self, "handle");
    if (text == NULL) {
        request_fail(self, 422, "message_blank");
    } else if (group_uuid != NULL) {
        send_to_group(self, group_uuid, text, on_sent);
    } else if (handle != NULL) {
        send_to_handle(self, handle);
    } else {
        request_fail(self, 422, "message_group_uuid_blank");
    }
}

static void on_health(request *self, G_GNUC_UNUSED cruddur_completion *completion)
{
    request_answer_json(self, 200, json_pack("{ss}", "status", "ok"));
}

/* The store is asked for the inbox of a user who does not exist. */
void api_health(request *self)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.timeout_ms = HEALTH_TIMEOUT_MS;
    REQUEST_CALL(self, on_health, cruddur_group_list_submit, NOBODY, &options);
}
