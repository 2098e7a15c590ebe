/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "invisible.h"

#define ZERO_WIDTH_SPACE 0x200Bu
#define ZERO_WIDTH_JOINER 0x200Du
#define EMOJI_VARIATION 0xFE0Fu
#define FIRST_PICTURE_PLANE 0x1F000u
#define ELLIPSIS "\xE2\x80\xA6"
#define FIRST_STRONG_ISOLATE "\xE2\x81\xA8"
#define POP_DIRECTIONAL_ISOLATE "\xE2\x81\xA9"
#define LEFT_TO_RIGHT_MARK "\xE2\x80\x8E"
#define RIGHT_TO_LEFT_MARK "\xE2\x80\x8F"
#define TAB_AS_SPACES "    "

struct range {
    uint32_t first;
    uint32_t last;
};

/* The characters that show nothing, as the library has them. */
static const struct range blank_ranges[] = {CR_INVISIBLE_RANGES};
/* White space where a line may end: not the no-break ones. */
static const struct range breaking_ranges[] = {
    {0x0020, 0x0020}, {0x1680, 0x1680}, {0x2000, 0x2006},
    {0x2008, 0x200B}, {0x205F, 0x205F}, {0x3000, 0x3000},
};
/* Wide punctuation that must not begin a line. */
static const struct range closing_ranges[] = {
    {0x3001, 0x3002}, {0x3009, 0x3009}, {0x300B, 0x300B}, {0x300D, 0x300D}, {0x300F, 0x300F},
    {0x3011, 0x3011}, {0x30FC, 0x30FC}, {0xFF01, 0xFF01}, {0xFF09, 0xFF09}, {0xFF0C, 0xFF0C},
    {0xFF0E, 0xFF0E}, {0xFF1A, 0xFF1B}, {0xFF1F, 0xFF1F},
};
static const struct range right_to_left_ranges[] = {
    {0x0590, 0x08FF}, {0x200F, 0x200F},   {0xFB1D, 0xFDFF},
    {0xFE70, 0xFEFE}, {0x10800, 0x10FFF}, {0x1E800, 0x1EFFF},
};
/* They change the order of what comes after them: as harmful to a screen as an escape sequence. */
static const struct range bidi_control_ranges[] = {{0x202A, 0x202E}, {0x2066, 0x2069}};
static const struct range picture_ranges[] = {{0x2190, 0x2BFF}, {FIRST_PICTURE_PLANE, 0x1FFFF}};
static const struct range flag_letter_ranges[] = {{0x1F1E6, 0x1F1FF}};
static const struct range skin_tone_ranges[] = {{0x1F3FB, 0x1F3FF}};

#define IS_IN(code_point, ranges)                                                                  \
    is_in((code_point), (ranges), sizeof(ranges) / sizeof((ranges)[0]))

static bool is_in(uint32_t code_point, const struct range *ranges, size_t n_ranges)
{
    for (size_t i = 0; i < n_ranges; i++) {
        if (code_point >= ranges[i].first && code_point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

void text_set_locale(void)
{
    /* Only LC_CTYPE: numbers and dates stay the same everywhere. */
    if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
}

size_t text_decode(const char *bytes, uint32_t *ret_code_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)bytes;
    *ret_code_point = p[0] < 0x80 ? p[0] : TEXT_BAD;
    if (p[0] < 0xC0 || p[0] > 0xF4) {
        return 1;
    }
    size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    uint32_t code_point = p[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 1;
        }
        code_point = code_point << 6 | (p[i] & 0x3Fu);
    }
    if (code_point < least[n] || code_point > 0x10FFFF ||
        (code_point >= 0xD800 && code_point <= 0xDFFF)) {
        return 1;
    }
    *ret_code_point = code_point;
    return n;
}

size_t text_cut(const char *text, size_t max)
{
    size_t size = 0;
    uint32_t code_point;
    while (text[size] != '\0') {
        size_t n = text_decode(text + size, &code_point);
        if (n > max - size) {
            break;
        }
        size += n;
    }
    return size;
}

bool text_is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

struct text_facts text_look(const char *text)
{
    struct text_facts facts = {true, 0, 0, true, false};
    uint32_t code_point;
    for (size_t at = 0; text[at] != '\0'; facts.code_points++) {
        size_t n = text_decode(text + at, &code_point);
        if (code_point == TEXT_BAD && facts.is_utf8) {
            facts.is_utf8 = false;
            facts.bad_offset = at;
        }
        facts.is_blank = facts.is_blank && IS_IN(code_point, blank_ranges);
        facts.has_control = facts.has_control || text_is_control(code_point);
        at += n;
    }
    return facts;
}

void text_lower(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= 'A' && *text <= 'Z') {
            *text = (char)(*text - 'A' + 'a');
        }
    }
}

/* --- columns --- */

static size_t code_point_width(uint32_t code_point)
{
    if (code_point == TEXT_BAD) {
        return 1;
    }
    int width = wcwidth((wchar_t)code_point);
    if (width >= 0) {
        return (size_t)width;
    }
    /* A control character, or newer than the C library: pictures are the ones that are made up. */
    return text_is_control(code_point) ? 0 : code_point >= FIRST_PICTURE_PLANE ? 2 : 1;
}

/* The bytes that belong to the picture or letter before them; 0 when the next one begins here. */
static size_t cluster_more(const char *text, uint32_t base)
{
    uint32_t code_point, joined;
    size_t n = text_decode(text, &code_point);
    if (code_point < 0x80 || code_point == TEXT_BAD || code_point == ZERO_WIDTH_SPACE) {
        return 0;
    }
    if (code_point == ZERO_WIDTH_JOINER) {
        /* It makes one picture of two; between letters it only shapes them. */
        size_t more = text_decode(text + n, &joined);
        return IS_IN(joined, picture_ranges) && IS_IN(base, picture_ranges) ? n + more : n;
    }
    bool is_part = (IS_IN(code_point, skin_tone_ranges) && IS_IN(base, picture_ranges)) ||
                   (IS_IN(code_point, flag_letter_ranges) && IS_IN(base, flag_letter_ranges));
    return is_part || code_point_width(code_point) == 0 ? n : 0;
}

/* The bytes of the first thing that must not be torn apart, and its width in columns. Terminals
 * disagree about pictures that are made of several: the width is that on those which put them side
 * by side, so that no line is too wide on any. */
static size_t cluster(const char *text, size_t *ret_width)
{
    uint32_t base, code_point;
    size_t at = text_decode(text, &base);
    size_t n = base < 0x20 || base == TEXT_BAD || base == ZERO_WIDTH_SPACE
                   ? 0
                   : cluster_more(text + at, base);
    *ret_width = code_point_width(base);
    while (n > 0) {
        for (size_t end = at + n; at < end;) {
            at += text_decode(text + at, &code_point);
            *ret_width += code_point_width(code_point);
        }
        if (code_point == EMOJI_VARIATION && *ret_width == 1) {
            *ret_width = 2;
        }
        /* Two letters are one flag. */
        n = IS_IN(code_point, flag_letter_ranges) ? 0 : cluster_more(text + at, base);
    }
    return at;
}

size_t text_width(const char *text, size_t length)
{
    size_t width = 0, one;
    for (size_t at = 0; at < length; width += one) {
        at += cluster(text + at, &one);
    }
    return width;
}

void text_truncate(struct buffer *to, const char *text, size_t width)
{
    size_t length = strlen(text);
    if (text_width(text, length) <= width) {
        buffer_add(to, text, length);
        return;
    }
    size_t end = 0, column = 0, one;
    size_t n = cluster(text, &one);
    while (column + one < width) { /* One column is for the ellipsis. */
        end += n;
        column += one;
        n = cluster(text + end, &one);
    }
    while (end > 0 && text[end - 1] == ' ') {
        end--;
    }
    buffer_add(to, text, end);
    buffer_add_text(to, ELLIPSIS);
}

/* --- cleaning --- */

/* The bytes of a line break at the start of the text; 0 when there is none. */
static size_t line_break(const char *text)
{
    uint32_t code_point;
    size_t n = text_decode(text, &code_point);
    if (code_point == '\r' && text[1] == '\n') {
        return 2;
    }
    return code_point == '\n' || code_point == 0x2028 || code_point == 0x2029 ? n : 0;
}

/* Handles a line break or a tab as asked for; 0 when there is neither, or it is to be escaped. */
static size_t clean_break(struct buffer *to, const char *text, enum text_breaks breaks)
{
    size_t n = line_break(text);
    if (breaks == TEXT_BREAKS_ESCAPED || (n == 0 && text[0] != '\t')) {
        return 0;
    }
    if (breaks == TEXT_BREAKS_KEPT) {
        buffer_add_text(to, n > 0 ? "\n" : TAB_AS_SPACES);
        return n > 0 ? n : 1;
    }
    size_t more;
    n = 0;
    while ((more = text[n] == '\t' || text[n] == ' ' ? 1 : line_break(text + n)) > 0) {
        n += more;
    }
    if (to->length > 0 && to->data[to->length - 1] != ' ') {
        buffer_add_text(to, " ");
    }
    return n;
}

void text_clean(struct buffer *to, const char *text, enum text_breaks breaks)
{
    size_t n;
    for (; *text != '\0'; text += n) {
        n = clean_break(to, text, breaks);
        if (n > 0) {
            continue;
        }
        uint32_t code_point;
        n = text_decode(text, &code_point);
        if (code_point == TEXT_BAD) {
            buffer_add_format(to, "\\x%02x", (unsigned)(unsigned char)*text);
        } else if (text_is_control(code_point)) {
            buffer_add_format(to, "\\x%02x", (unsigned)code_point);
        } else if (IS_IN(code_point, bidi_control_ranges) || line_break(text) > 0) {
            buffer_add_format(to, "\\u%04x", (unsigned)code_point);
        } else {
            buffer_add(to, text, n);
        }
    }
}

/* --- right to left --- */

enum text_direction text_direction(const char *text, size_t length, bool *ret_has_right_to_left)
{
    enum text_direction direction = TEXT_NEUTRAL;
    uint32_t code_point;
    *ret_has_right_to_left = false;
    for (size_t at = 0; at < length;) {
        at += text_decode(text + at, &code_point);
        bool is_right_to_left = IS_IN(code_point, right_to_left_ranges);
        *ret_has_right_to_left = *ret_has_right_to_left || is_right_to_left;
        if (direction == TEXT_NEUTRAL && is_right_to_left) {
            direction = TEXT_RIGHT_TO_LEFT;
        } else if (direction == TEXT_NEUTRAL && iswalpha((wint_t)code_point)) {
            direction = TEXT_LEFT_TO_RIGHT;
        }
    }
    return direction;
}

void text_isolate(struct buffer *to, const char *text, size_t length, enum text_direction whole)
{
    bool has_right_to_left;
    enum text_direction direction = text_direction(text, length, &has_right_to_left);
    if (!has_right_to_left) {
        buffer_add(to, text, length);
        return;
    }
    buffer_add_text(to, FIRST_STRONG_ISOLATE);
    /* A line runs as its whole text does, also when its own first letter runs the other way. */
    if (whole != TEXT_NEUTRAL && whole != direction) {
        buffer_add_text(to, whole == TEXT_LEFT_TO_RIGHT ? LEFT_TO_RIGHT_MARK : RIGHT_TO_LEFT_MARK);
    }
    buffer_add(to, text, length);
    buffer_add_text(to, POP_DIRECTIONAL_ISOLATE);
}

/* --- lines --- */

/* Where the next line begins when this one ends before white space: behind all of it, and behind
 * the newline that it may lead to. */
static const char *skip_space(const char *text)
{
    uint32_t code_point;
    size_t n = text_decode(text, &code_point);
    while (IS_IN(code_point, breaking_ranges)) {
        text += n;
        n = text_decode(text, &code_point);
    }
    return code_point == '\n' ? text + 1 : text;
}

/* The line at hand, as far as it has been walked. */
struct line {
    const char *end; /* of the last thing that is not white space */
    /* The latest place to break: the line's end, and where the next one begins; NULL: none yet. */
    const char *break_end, *break_next;
    bool after_wide;
};

/* Notes whether the line may be broken before or behind the `n` bytes at `at`. */
static void note_break(struct line *line, const char *at, size_t n, uint32_t code_point,
                       size_t width, bool is_begun)
{
    bool is_space = IS_IN(code_point, breaking_ranges);
    bool is_wide = width == 2 && !is_space;
    if (is_wide && line->after_wide && !IS_IN(code_point, closing_ranges)) {
        line->break_end = line->end;
        line->break_next = at;
    } else if (is_space && is_begun) {
        line->break_end = line->end;
        line->break_next = at + n;
    }
    line->after_wide = is_wide;
}

bool text_wrap_next(struct text_wrap *wrap, const char **ret_line, size_t *ret_length)
{
    const char *start = wrap->next, *at = start;
    struct line line = {start, NULL, NULL, false};
    uint32_t code_point = 0;
    size_t n = 0;
    for (size_t column = 0, width; *at != '\0' && *at != '\n'; at += n) {
        (void)text_decode(at, &code_point);
        n = cluster(at, &width);
        note_break(&line, at, n, code_point, width, line.end > start);
        column += width;
        if (column > wrap->width) {
            break;
        }
        line.end = IS_IN(code_point, breaking_ranges) ? line.end : at + n;
    }
    if (*at == '\0' || *at == '\n') {
        wrap->next = *at == '\n' ? at + 1 : at;
    } else if (IS_IN(code_point, breaking_ranges)) {
        wrap->next = skip_space(at);
    } else if (line.break_next != NULL) {
        line.end = line.break_end;
        wrap->next = line.break_next;
    } else { /* One thing alone that is wider than the line stands on it all the same. */
        line.end = at > start ? at : at + n;
        wrap->next = skip_space(line.end);
    }
    *ret_line = start;
    *ret_length = (size_t)(line.end - start);
    return *start != '\0';
}
