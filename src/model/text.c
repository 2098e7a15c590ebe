/* SPDX-License-Identifier: MIT */
#include "model/text.h"

#include "base/utf8.h"
#include "model/invisible.h"

static const struct range {
    uint32_t first, last;
} invisible_ranges[] = {CR_INVISIBLE_RANGES};

static bool is_invisible(uint32_t c)
{
    size_t low = 0;
    size_t high = sizeof(invisible_ranges) / sizeof(invisible_ranges[0]);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c > invisible_ranges[middle].last) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < sizeof(invisible_ranges) / sizeof(invisible_ranges[0]) &&
           c >= invisible_ranges[low].first;
}

/* Most text is, and is looked at much faster than what has to be decoded. */
static bool is_printable_ascii(char c)
{
    return c >= 0x20 && c < 0x7f;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

cr_text_facts cr_text_look(cr_str text)
{
    cr_text_facts facts = {.is_utf8 = true, .is_blank = true};
    size_t length;
    for (size_t at = 0; at < text.size; at += length) {
        uint32_t character;
        if (is_printable_ascii(text.data[at])) {
            facts.characters++;
            facts.is_blank = facts.is_blank && text.data[at] == ' ';
            length = 1;
            continue;
        }
        length = cr_utf8_decode(text.data + at, text.size - at, &character);
        if (length == 0) {
            facts.is_utf8 = false;
            facts.bad_position = at;
            return facts;
        }
        facts.characters++;
        facts.is_blank = facts.is_blank && is_invisible(character);
        facts.has_control = facts.has_control || is_control(character);
    }
    return facts;
}
