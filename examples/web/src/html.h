/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A buffer for HTML that cannot be made to hold foreign markup: what is not part of a format, which
 * is a literal, is escaped.
 */
#ifndef WEB_HTML_H
#define WEB_HTML_H

#include <stdbool.h>
#include <stddef.h>

/** HTML that grows. Starts as `{0}`. After a failed allocation it takes nothing more. */
typedef struct html {
    char *data;
    size_t length;
    size_t room;
    bool failed;
} html;

/**
 * Appends a literal with values in it. `%s` is text, escaped for content and for attributes in
 * quotes; `%d` and `%lld` are numbers, `%02d` one of two digits, and `%%` a percent sign.
 */
void html_put(html *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Appends a part of a URL's path, or a value of its query: percent-encoded. */
void html_put_url(html *out, const char *text);

/** Frees the memory. */
void html_free(html *out);

#endif
