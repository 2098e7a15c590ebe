/* SPDX-License-Identifier: MIT */
#include "base/print.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* The size without a character that is there in part only. */
static size_t whole_characters(const char *text, size_t size)
{
    size_t start = size;
    while (start > 0 && size - start < CR_UTF8_MAX) {
        unsigned char byte = (unsigned char)text[--start];
        if ((byte & 0xc0u) != 0x80u) {
            return cr_utf8_length(byte) > size - start ? start : size;
        }
    }
    return size; /* not UTF-8 */
}

size_t cr_cut(const char *text, size_t max)
{
    size_t size = strnlen(text, max + 1);
    return size <= max ? size : whole_characters(text, max);
}

static bool is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

static void make_printable(char *line, size_t size)
{
    size_t length;
    for (size_t at = 0; at < size; at += length) {
        uint32_t character;
        length = cr_utf8_decode(line + at, size - at, &character);
        if (length == 0 || is_control(character)) {
            length = length == 0 ? 1 : length;
            memset(line + at, '?', length);
        }
    }
}

size_t cr_print_line(char *line, size_t size, const char *format, va_list arguments)
{
    int needed = vsnprintf(line, size, format, arguments);
    size_t length = needed < 0 ? 0 : (size_t)needed;
    if (length >= size) {
        length = whole_characters(line, size - 1);
    }
    line[length] = '\0';
    make_printable(line, length);
    return length;
}
