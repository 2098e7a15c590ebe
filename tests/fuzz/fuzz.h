/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"

/* What libFuzzer, or replay.c, calls with one input. The bytes end where their memory does. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Ends the process, which the fuzzer takes for a find. */
#define FUZZ_REQUIRE(condition)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (false)

/* The bytes as text, without a NUL behind it. */
static inline cr_str fuzz_text(const uint8_t *bytes, size_t size)
{
    return (cr_str){size == 0 ? "" : (const char *)bytes, size};
}

/* A copy with a NUL behind it, to be freed. */
static inline char *fuzz_copy(cr_str text)
{
    char *copy = malloc(text.size + 1);
    FUZZ_REQUIRE(copy != NULL);
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return copy;
}

/* Cuts the text at its first NUL; returns what stands behind it, empty where there is none. */
static inline cr_str fuzz_cut(cr_str *text)
{
    const char *zero = text->size == 0 ? NULL : memchr(text->data, '\0', text->size);
    if (zero == NULL) {
        return (cr_str){"", 0};
    }
    size_t before = (size_t)(zero - text->data);
    cr_str behind = {zero + 1, text->size - before - 1};
    text->size = before;
    return behind;
}

#endif
