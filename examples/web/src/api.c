/* SPDX-License-Identifier: MIT */
#include "api.h"

#include <json-c/json.h>
#include <string.h>

#include "request_http.h"

#define PAGE_SIZE 20
#define HEALTH_TIMEOUT_MS 2000

/* ---- JSON ---- */

/* Answers with an object or array, which it takes; NULL if it could not be made. */
static void answer(request *self, unsigned status, struct json_object *object)
{
    const char *text = object != NULL
                           ? json_object_to_json_string_ext(
                                 object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
                           : NULL;
    request_answer(self, status, "application/json", text != NULL ? strdup(text) : NULL,
                   text != NULL ? strlen(text) : 0);
    json_object_put(object);
}

/* Pairs of names and texts, ended by NULL. NULL if memory ran out. */
static struct json_object *make_object(const char *const pairs[])
{
    struct json_object *object = json_object_new_object();
    for (size_t i = 0; object != NULL && pairs[i] != NULL; i += 2) {
        struct json_object *value = json_object_new_string(pairs[i + 1]);
        if (value == NULL || json_object_object_add(object, pairs[i], value) != 0) {
            json_object_put(value);
            json_object_put(object);
            return NULL;
        }
    }
    return object;
}

static const char *time_text(int64_t time_us, char text[CRUDDUR_TIME_SIZE])
{
    return cruddur_time_format(time_us, text, NULL) == CRUDDUR_OK ? text : "";
}

static struct json_object *group_object(const void *page, size_t index)
{
    char time[CRUDDUR_TIME_SIZE];
    const cruddur_group *group = cruddur_group_page_at(page, index);
    const char *name = cruddur_group_name(group);
    const char *const pairs[] = {"uuid",
                                 cruddur_group_uuid(group),
                                 "display_name",
                                 name != NULL ? name : cruddur_group_user_display_name(group),
                                 "handle",
                                 cruddur_group_user_handle(group),
                                 "message",
                                 cruddur_group_text(group),
                                 "created_at",
                                 time_text(cruddur_group_last_message_at_us(group), time),
                                 NULL};
    return make_object(pairs);
}

static struct json_object *msg_object(const cruddur_msg *msg)
{
    char time[CRUDDUR_TIME_SIZE];
    const char *const pairs[] = {"uuid",
                                 cruddur_msg_uuid(msg),
                                 "message_group_uuid",
                                 cruddur_msg_group_uuid(msg),
                                 "display_name",
                                 cruddur_msg_user_display_name(msg),
                                 "handle",
                                 cruddur_msg_user_handle(msg),
                                 "message",
                                 cruddur_msg_text(msg),
                                 "created_at",
                                 time_text(cruddur_msg_created_at_us(msg), time),
                                 NULL};
    return make_object(pairs);
}

static struct json_object *msg_object_at(const void *page, size_t index)
{
    return msg_object(cruddur_msg_page_at(page, index));
}

static void answer_list(request *self, const void *page, size_t count,
                        struct json_object *(*make)(const void *page, size_t index))
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; list != NULL && i < count; i++) {
        struct json_object *object = make(page, i);
        if (object == NULL || json_object_array_add(list, object) != 0) {
            json_object_put(object);
            json_object_put(list);
            list = NULL;
        }
    }
    answer(self, MHD_HTTP_OK, list);
}

/* ---- reading ---- */

static void on_groups(request *self, cruddur_completion *completion)
{
    cruddur_group_page *page = cruddur_completion_take_group_page(completion);
    answer_list(self, page, cruddur_group_page_count(page), group_object);
    cruddur_group_page_free(page);
}

void api_groups(request *self)
{
    cruddur_error *error = NULL;
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_submit_options submit = request_submit(self, on_groups);
    options.flags = CRUDDUR_LIST_NO_COUNTS;
    request_submitted(self,
                      cruddur_group_list_submit(self->server->dm, self->person->uuid, &options,
                                                &submit, NULL, &error),
                      &error);
}

static void on_messages(request *self, cruddur_completion *completion)
{
    cruddur_msg_page *page = cruddur_completion_take_msg_page(completion);
    answer_list(self, page, cruddur_msg_page_count(page), msg_object_at);
    cruddur_msg_page_free(page);
}

void api_messages(request *self)
{
    cruddur_error *error = NULL;
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_submit_options submit = request_submit(self, on_messages);
    options.limit = PAGE_SIZE;
    options.order = CRUDDUR_OLDEST_FIRST;
    request_submitted(self,
                      cruddur_msg_list_submit(self->server->dm, self->person->uuid,
                                              request_part(self, 0), &options, &submit, NULL,
                                              &error),
                      &error);
}

static void on_user(request *self, const struct person *person)
{
    if (person == NULL) {
        request_fail(self, MHD_HTTP_NOT_FOUND, "user_not_found");
        return;
    }
    const char *const pairs[] = {"uuid",         person->uuid,         "handle", person->handle,
                                 "display_name", person->display_name, NULL};
    answer(self, MHD_HTTP_OK, make_object(pairs));
}

void api_user(request *self)
{
    const char *handle = request_part(self, 0);
    request_find(self, PEOPLE_HANDLE, handle + (handle[0] == '@'), on_user);
}

/* ---- sending ---- */

static cruddur_user user_of(const struct person *person)
{
    return (cruddur_user){sizeof(cruddur_user), person->uuid, person->display_name, person->handle};
}

static void on_sent(request *self, cruddur_completion *completion)
{
    cruddur_msg *msg = cruddur_completion_take_msg(completion);
    answer(self, MHD_HTTP_OK, msg_object(msg));
    cruddur_msg_free(msg);
}

static void send_to_group(request *self, const char *text, const char *group_uuid)
{
    cruddur_error *error = NULL;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_submit_options submit = request_submit(self, on_sent);
    cruddur_user author = user_of(self->person);
    options.message_uuid = request_field(self, "message_uuid");
    request_submitted(self,
                      cruddur_msg_append_submit(self->server->dm, &author, group_uuid, text,
                                                &options, &submit, NULL, &error),
                      &error);
}

static void on_created(request *self, cruddur_completion *completion)
{
    cruddur_group *group = cruddur_completion_take_group(completion);
    const char *const pairs[] = {"message_group_uuid", cruddur_group_uuid(group), NULL};
    answer(self, MHD_HTTP_OK, make_object(pairs));
    cruddur_group_free(group);
}

static void on_receiver(request *self, const struct person *person)
{
    cruddur_error *error = NULL;
    if (person == NULL) {
        request_fail(self, MHD_HTTP_NOT_FOUND, "user_not_found");
        return;
    }
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_submit_options submit = request_submit(self, on_created);
    cruddur_user author = user_of(self->person), other = user_of(person);
    options.message_uuid = request_field(self, "message_uuid");
    request_submitted(self,
                      cruddur_group_create_submit(self->server->dm, &author, &other, 1,
                                                  request_field(self, "message"), &options, &submit,
                                                  NULL, &error),
                      &error);
}

void api_send(request *self)
{
    const char *text = request_field(self, "message");
    const char *group_uuid = request_field(self, "message_group_uuid");
    const char *handle = request_field(self, "handle");
    if (text == NULL) {
        request_fail(self, MHD_HTTP_UNPROCESSABLE_CONTENT, "message_blank");
    } else if (group_uuid != NULL) {
        send_to_group(self, text, group_uuid);
    } else if (handle != NULL) {
        request_find(self, PEOPLE_HANDLE, handle + (handle[0] == '@'), on_receiver);
    } else {
        request_fail(self, MHD_HTTP_UNPROCESSABLE_CONTENT, "message_group_uuid_blank");
    }
}

/* ---- monitoring ---- */

static void on_health(request *self, cruddur_completion *completion)
{
    if (cruddur_completion_status(completion) == CRUDDUR_E_GROUP_NOT_FOUND) {
        const char *const pairs[] = {"status", "ok", NULL};
        answer(self, MHD_HTTP_OK, make_object(pairs));
    } else {
        request_fail_with(self, cruddur_completion_status(completion),
                          cruddur_completion_error(completion));
    }
}

/* The store is asked for a group that does not exist: the cheapest read that there is. */
void api_health(request *self)
{
    static const char *const nobody = "00000000-0000-0000-0000-000000000000";
    cruddur_error *error = NULL;
    cruddur_submit_options submit = request_submit_any(self, on_health);
    submit.timeout_ms = HEALTH_TIMEOUT_MS;
    request_submitted(
        self,
        cruddur_group_get_submit(self->server->dm, nobody, nobody, NULL, &submit, NULL, &error),
        &error);
}
