/* SPDX-License-Identifier: MIT */
/* The log: one JSON object a line on standard error, where Lambda collects it. Nothing in it is a
 * message's text. Any thread may write. */
#ifndef CRUDDUR_LAMBDA_LOG_H
#define CRUDDUR_LAMBDA_LOG_H

#include <pthread.h>

#include <json-c/json.h>

#include <cruddur/cruddur.h>

#define LOG_REQUEST_SIZE 128

struct log {
    pthread_mutex_t lock;
    cruddur_log_level level;           /* lines that matter less are left out */
    char request_id[LOG_REQUEST_SIZE]; /* empty between invocations */
};

#define LOG_INIT                                                                                   \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, CRUDDUR_LOG_INFO, ""                                            \
    }

/* Reads `debug`, `info`, `warning` or `error`. */
bool log_level_read(const char *text, cruddur_log_level *ret_level);

/* Which invocation lines belong to from now on. */
void log_set_request(struct log *log, const char *request_id);

/* Begins a line; NULL where nobody wants to read it, or there is no memory: then what is added and
 * ended is nothing. What cannot be added for lack of memory is left out. */
struct json_object *log_begin(struct log *log, cruddur_log_level level, const char *message);
void log_text(struct json_object *line, const char *name, const char *text);
void log_number(struct json_object *line, const char *name, uint64_t number);
void log_fraction(struct json_object *line, const char *name, double number);
/* Writes the line and frees it. */
void log_end(struct json_object *line);

/* A line with nothing but a message. */
void log_say(struct log *log, cruddur_log_level level, const char *message);

/* The library's hook; `data` is a struct log. */
void log_hook(void *data, uint32_t level, const char *message);

#endif
