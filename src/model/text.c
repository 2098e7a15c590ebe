/* SPDX-License-Identifier: MIT */
#include "model/text.h"

#include "base/utf8.h"

/* Unicode's White_Space, and the characters that show nothing at all. */
static bool is_blank(uint32_t c)
{
    return c == 0x20 || (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200d) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x2060 || c == 0x3000 || c == 0xfeff;
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
        length = cr_utf8_decode(text.data + at, text.size - at, &character);
        if (length == 0) {
            facts.is_utf8 = false;
            facts.bad_position = at;
            return facts;
        }
        facts.characters++;
        facts.is_blank = facts.is_blank && is_blank(character);
        facts.has_control = facts.has_control || is_control(character);
    }
    return facts;
}
