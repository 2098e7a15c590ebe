/* SPDX-License-Identifier: MIT */
#include "html.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends bytes, and keeps room for a NUL. */
static void append(html *out, const char *bytes, size_t length)
{
    if (out->failed) {
        return;
    }
    if (out->room - out->length <= length) {
        size_t room = (out->length + length + 1) * 2;
        char *data = realloc(out->data, room);
        if (data == NULL) {
            out->failed = true;
            return;
        }
        out->data = data;
        out->room = room;
    }
    memcpy(out->data + out->length, bytes, length);
    out->length += length;
    out->data[out->length] = '\0';
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void append_text(html *out, const char *text)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "&<>\"'");
        append(out, text, plain);
        text += plain;
        if (*text != '\0') {
            append(out, entity(*text), strlen(entity(*text)));
            text++;
        }
    }
}

static void append_number(html *out, const char *format, long long value)
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), format[1] == '0' ? "%02lld" : "%lld", value);
    append(out, digits, (size_t)length);
}

void html_put(html *out, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    while (*format != '\0') {
        size_t literal = strcspn(format, "%");
        append(out, format, literal);
        format += literal;
        if (strncmp(format, "%lld", 4) == 0) {
            append_number(out, format, va_arg(values, long long));
            format += 4;
        } else if (strncmp(format, "%02d", 4) == 0) {
            append_number(out, format, va_arg(values, int));
            format += 4;
        } else if (strncmp(format, "%d", 2) == 0) {
            append_number(out, format, va_arg(values, int));
            format += 2;
        } else if (strncmp(format, "%s", 2) == 0) {
            const char *text = va_arg(values, const char *);
            append_text(out, text != NULL ? text : "");
            format += 2;
        } else if (*format == '%') {
            append(out, "%", 1);
            format += format[1] == '%' ? 2 : 1;
        }
    }
    va_end(values);
}

void html_put_url(html *out, const char *text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *text != '\0'; text++) {
        char coded[4];
        if (strchr(plain, *text) != NULL) {
            append(out, text, 1);
        } else {
            (void)snprintf(coded, sizeof(coded), "%%%02X", (unsigned)(unsigned char)*text);
            append(out, coded, 3);
        }
    }
}

void html_free(html *out)
{
    free(out->data);
    *out = (html){0};
}
