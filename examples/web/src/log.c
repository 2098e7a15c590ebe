/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <cruddur/cruddur.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 1024

static enum log_level lowest = LOG_INFO;
static const char *const names[] = {"debug", "info", "warning", "error"};

void log_set_level(enum log_level level)
{
    lowest = level;
}

/* One write() for each line, so that lines of several threads do not mix. */
static void write_line(enum log_level level, const char *event, const char *members)
{
    char line[2 * LINE_SIZE], time[CRUDDUR_TIME_SIZE] = "";
    if (cruddur_time_format(cruddur_time_now_us(), time, NULL) != CRUDDUR_OK) {
        time[0] = '\0'; /* a clock before the year 1 */
    }
    int size =
        snprintf(line, sizeof(line), "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\",%s}\n",
                 time, names[level], event, members);
    if (size > 0 && write(STDERR_FILENO, line, (size_t)size) < 0) {
        return; /* there is no place to tell it */
    }
}

void log_message(enum log_level level, const char *event, const char *format, ...)
{
    char text[LINE_SIZE / 2], members[LINE_SIZE] = "\"message\":\"";
    size_t used = strlen(members);
    va_list values;
    if (level < lowest) {
        return;
    }
    va_start(values, format);
    (void)vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    for (const char *c = text; *c != '\0' && used < sizeof(members) - 3; c++) {
        if (*c == '"' || *c == '\\') {
            members[used++] = '\\';
        }
        members[used++] = (unsigned char)*c < ' ' || *c == 0x7f ? ' ' : *c;
    }
    members[used++] = '"';
    members[used] = '\0';
    write_line(level, event, members);
}

void log_members(enum log_level level, const char *event, const char *format, ...)
{
    char members[LINE_SIZE];
    va_list values;
    if (level < lowest) {
        return;
    }
    va_start(values, format);
    (void)vsnprintf(members, sizeof(members), format, values);
    va_end(values);
    write_line(level, event, members);
}

void log_library(void *data, uint32_t level, const char *message)
{
    (void)data;
    log_message(level <= LOG_ERROR ? (enum log_level)level : LOG_ERROR, "library", "%s", message);
}
