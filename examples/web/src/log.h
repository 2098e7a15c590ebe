/* SPDX-License-Identifier: MIT */
/* The log: one JSON object a line, on standard error. It never has a message text, a token, a
 * cookie or a path that a client chose. */
#ifndef WEB_LOG_H
#define WEB_LOG_H

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Lines below this level are left out. */
void log_set_level(enum log_level level);

/* `event` is a constant; `format` makes the member `message`, which is escaped. */
__attribute__((format(printf, 3, 4))) void log_message(enum log_level level, const char *event,
                                                       const char *format, ...);

/* `format` makes further members, which need no escaping. */
__attribute__((format(printf, 3, 4))) void log_members(enum log_level level, const char *event,
                                                       const char *format, ...);

/* The library's hook. */
void log_library(void *data, uint32_t level, const char *message);

#endif
