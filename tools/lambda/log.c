/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <stdio.h>
#include <string.h>

/* What the setting calls a level, and what Lambda calls it in the lines that it filters. */
static const struct {
    const char *setting;
    const char *label;
} levels[] = {
    [CRUDDUR_LOG_DEBUG] = {"debug", "DEBUG"},
    [CRUDDUR_LOG_INFO] = {"info", "INFO"},
    [CRUDDUR_LOG_WARNING] = {"warning", "WARN"},
    [CRUDDUR_LOG_ERROR] = {"error", "ERROR"},
};
#define N_LEVELS (sizeof(levels) / sizeof(levels[0]))

bool log_level_read(const char *text, cruddur_log_level *ret_level)
{
    for (size_t i = 0; i < N_LEVELS; i++) {
        if (strcmp(levels[i].setting, text) == 0) {
            *ret_level = (cruddur_log_level)i;
            return true;
        }
    }
    return false;
}

void log_set_request(struct log *log, const char *request_id)
{
    (void)pthread_mutex_lock(&log->lock);
    (void)snprintf(log->request_id, sizeof(log->request_id), "%s", request_id);
    (void)pthread_mutex_unlock(&log->lock);
}

static void add(struct json_object *line, const char *name, struct json_object *value)
{
    if (value != NULL && json_object_object_add(line, name, value) != 0) {
        json_object_put(value);
    }
}

void log_text(struct json_object *line, const char *name, const char *text)
{
    if (line != NULL && text != NULL) {
        add(line, name, json_object_new_string(text));
    }
}

void log_number(struct json_object *line, const char *name, uint64_t number)
{
    if (line != NULL) {
        add(line, name, json_object_new_uint64(number));
    }
}

void log_fraction(struct json_object *line, const char *name, double number)
{
    char digits[64];
    if (line != NULL) {
        (void)snprintf(digits, sizeof(digits), "%.12g", number);
        add(line, name, json_object_new_double_s(number, digits));
    }
}

static void add_request(struct log *log, struct json_object *line)
{
    char request_id[LOG_REQUEST_SIZE];
    (void)pthread_mutex_lock(&log->lock);
    memcpy(request_id, log->request_id, sizeof(request_id));
    (void)pthread_mutex_unlock(&log->lock);
    log_text(line, "requestId", request_id[0] != '\0' ? request_id : NULL);
}

struct json_object *log_begin(struct log *log, cruddur_log_level level, const char *message)
{
    char time[CRUDDUR_TIME_SIZE];
    struct json_object *line = level < log->level ? NULL : json_object_new_object();
    if (line == NULL) {
        return NULL;
    }
    if (cruddur_time_format(cruddur_time_now_us(), time, NULL) == CRUDDUR_OK) {
        log_text(line, "timestamp", time);
    }
    /* A later library may have more of them. */
    log_text(line, "level", levels[(size_t)level < N_LEVELS ? level : CRUDDUR_LOG_ERROR].label);
    add_request(log, line);
    log_text(line, "message", message);
    return line;
}

void log_end(struct json_object *line)
{
    const char *text = json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN |
                                                                JSON_C_TO_STRING_NOSLASHESCAPE);
    if (line != NULL && text != NULL) {
        (void)fprintf(stderr, "%s\n", text);
    }
    json_object_put(line);
}

void log_say(struct log *log, cruddur_log_level level, const char *message)
{
    log_end(log_begin(log, level, message));
}

void log_hook(void *data, uint32_t level, const char *message)
{
    log_say(data, level, message);
}
