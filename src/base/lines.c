/* SPDX-License-Identifier: MIT */
#include "base/lines.h"

#include <stdarg.h>

#include "base/print.h"

#define LINE_MAX_SIZE 1024
#define LINES_MAX_SIZE ((size_t)64 * 1024 * 1024)

void cr_lines_init(cr_lines *lines)
{
    lines->count = 0;
    cr_buffer_init(&lines->bytes, LINES_MAX_SIZE);
    (void)cr_buffer_extend(&lines->bytes, sizeof(lines->count));
}

void cr_lines_add(cr_lines *lines, const char *format, ...)
{
    char line[LINE_MAX_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)cr_print_line(line, sizeof(line), format, arguments);
    va_end(arguments);
    cr_buffer_add_text(&lines->bytes, cr_str_of(line));
    lines->count++;
}

const char *cr_lines_first(const cr_lines *lines)
{
    return lines->count == 0 || lines->bytes.failed ? NULL
                                                    : lines->bytes.data + sizeof(lines->count);
}

void *cr_lines_take(cr_lines *lines)
{
    void *taken = cr_buffer_take(&lines->bytes);
    if (taken != NULL) {
        memcpy(taken, &lines->count, sizeof(lines->count));
    }
    return taken;
}

void cr_lines_free(cr_lines *lines)
{
    cr_buffer_free(&lines->bytes);
}

size_t cr_lines_count(const void *taken)
{
    size_t count;
    memcpy(&count, taken, sizeof(count));
    return count;
}

const char *cr_lines_at(const void *taken, size_t index)
{
    if (index >= cr_lines_count(taken)) {
        return NULL;
    }
    const char *line = (const char *)taken + sizeof(size_t);
    for (; index > 0; index--) {
        line += strlen(line) + 1;
    }
    return line;
}
