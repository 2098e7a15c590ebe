/* SPDX-License-Identifier: MIT */
/* UTF-8. */
#ifndef CR_BASE_UTF8_H
#define CR_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The most bytes of a character. */
#define CR_UTF8_MAX 4

/* The bytes of a character that begins with this one; 1 where none begins with it. */
size_t cr_utf8_length(unsigned char first);

/* Reads the character at the beginning of `size` > 0 bytes. Returns its length in bytes, 0 where
 * the bytes are not well-formed. */
size_t cr_utf8_decode(const char *text, size_t size, uint32_t *character);

#endif
