/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

/* The well-formed sequences (The Unicode Standard, table 3-7): by the first byte, how many bytes
 * follow, and the range of the second. This shuts out overlong forms, surrogates, and what is
 * beyond U+10FFFF. */
static const struct sequence {
    unsigned char first_min, first_max, following, second_min, second_max;
} sequences[] = {
    {0x00, 0x7f, 0, 0x00, 0x00}, {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
    {0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
    {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

static const struct sequence *sequence_of(unsigned char first)
{
    for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        if (first >= sequences[i].first_min && first <= sequences[i].first_max) {
            return &sequences[i];
        }
    }
    return NULL;
}

size_t cr_utf8_length(unsigned char first)
{
    const struct sequence *sequence = sequence_of(first);
    return sequence == NULL ? 1 : (size_t)sequence->following + 1;
}

size_t cr_utf8_decode(const char *text, size_t size, uint32_t *character)
{
    const unsigned char *bytes = (const unsigned char *)text;
    const struct sequence *sequence = sequence_of(bytes[0]);
    if (sequence == NULL || sequence->following >= size) {
        return 0;
    }
    if (sequence->following == 0) {
        *character = bytes[0];
        return 1;
    }
    if (bytes[1] < sequence->second_min || bytes[1] > sequence->second_max) {
        return 0;
    }
    uint32_t value = bytes[0] & (0x3fu >> sequence->following);
    for (size_t i = 1; i <= sequence->following; i++) {
        if ((bytes[i] & 0xc0u) != 0x80u) {
            return 0;
        }
        value = value << 6 | (bytes[i] & 0x3fu);
    }
    *character = value;
    return (size_t)sequence->following + 1;
}
