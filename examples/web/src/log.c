/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <unistd.h>

#include "web.h"

static const char *const names[] = {"debug", "info", "warning", "error"};

/* One write() for each line, so that lines of several threads do not mix. */
void log_event(enum log_level level, const char *event, json_t *members)
{
    json_auto_t *rest = members;
    if (level >= (config.is_quiet ? LOG_WARNING : LOG_INFO)) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *time = g_date_time_format_iso8601(now);
        json_auto_t *whole =
            json_pack("{ss,ss,ss}", "time", time, "level", names[level], "event", event);
        (void)json_object_update(whole, rest);
        g_autofree char *object = json_dumps(whole, JSON_COMPACT);
        g_autofree char *line = g_strconcat(object, "\n", NULL);
        ssize_t written = write(STDERR_FILENO, line, strlen(line));
        (void)written; /* there is no place to report a failure */
    }
}

void log_message(enum log_level level, const char *event, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    log_event(level, event, json_pack("{so}", "message", json_vsprintf(format, values)));
    va_end(values);
}

void log_library(G_GNUC_UNUSED void *data, uint32_t level, const char *message)
{
    log_message(MIN((enum log_level)level, LOG_ERROR), "library", "%s", message);
}
