/* SPDX-License-Identifier: MIT */
/* A borrowed piece of text: not NUL-terminated, and absent when data is NULL. */
#ifndef CR_BASE_STR_H
#define CR_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct cr_str {
    const char *data;
    size_t size;
} cr_str;

#define CR_STR_ABSENT ((cr_str){NULL, 0})

/* For printf's "%.*s". */
#define CR_STR_ARGS(str) (int)(str).size, (str).data

static inline cr_str cr_str_of(const char *text)
{
    return (cr_str){text, text == NULL ? 0 : strlen(text)};
}

static inline cr_str cr_str_or_empty(cr_str text)
{
    return text.data == NULL ? cr_str_of("") : text;
}

static inline bool cr_str_equal(cr_str a, cr_str b)
{
    return a.size == b.size &&
           (a.size == 0 || a.data == b.data || memcmp(a.data, b.data, a.size) == 0);
}

/* By bytes, as both engines order sort keys; what is a prefix of the other comes first. */
static inline int cr_str_compare(cr_str a, cr_str b)
{
    size_t shared = a.size < b.size ? a.size : b.size;
    int order = shared == 0 ? 0 : memcmp(a.data, b.data, shared);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* Digits, and at least one. */
static inline bool cr_str_is_number(cr_str text)
{
    size_t digits = 0;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9') {
        digits++;
    }
    return digits == text.size && digits > 0;
}

/* ASCII that shows as what it is, at least one character, and no space. */
static inline bool cr_str_is_word(cr_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~') {
            return false;
        }
    }
    return text.size > 0;
}

/* Replaces a text of one's own, to be freed, by a copy of another; absent: by NULL. False, and
 * nothing changed, when memory ran out. */
static inline bool cr_str_keep(char **kept, cr_str text)
{
    char *copy = text.data == NULL ? NULL : strndup(text.data, text.size);
    if (text.data != NULL && copy == NULL) {
        return false;
    }
    free(*kept);
    *kept = copy;
    return true;
}

#endif
