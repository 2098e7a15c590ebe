/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server.h"

static enum log_level lowest = LOG_INFO;
static const char *const names[] = {"debug", "info", "warning", "error"};

void log_set_level(enum log_level level)
{
    lowest = level;
}

/* One write() for each line, so that lines of several threads do not mix. A line that there is no
 * memory for is left out. */
void log_event(enum log_level level, const char *event, json_t *members)
{
    char time[CRUDDUR_TIME_SIZE] = "", *line = NULL;
    if (level >= lowest) {
        if (cruddur_time_format(cruddur_time_now_us(), time, NULL) != CRUDDUR_OK) {
            time[0] = '\0'; /* a clock before the year 1 */
        }
        json_t *whole =
            json_pack("{ss,ss,ss}", "time", time, "level", names[level], "event", event);
        (void)json_object_update(whole, members);
        line = json_dumps(whole, JSON_COMPACT);
        json_decref(whole);
    }
    json_decref(members);
    if (line != NULL) {
        size_t size = strlen(line);
        line[size] = '\n'; /* in the place of the NUL */
        if (write(STDERR_FILENO, line, size + 1) < 0) {
            lowest = LOG_ERROR; /* there is no place to tell it */
        }
    }
    free(line);
}

void log_message(enum log_level level, const char *event, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    log_event(level, event, json_pack("{so}", "message", json_vsprintf(format, values)));
    va_end(values);
}

void log_library(void *data, uint32_t level, const char *message)
{
    (void)data;
    log_message(level <= LOG_ERROR ? (enum log_level)level : LOG_ERROR, "library", "%s", message);
}
