/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#define ZERO_WIDTH_SPACE 0x200Bu
#define ZERO_WIDTH_JOINER 0x200Du
#define EMOJI_VARIATION 0xFE0Fu
#define ELLIPSIS "\xE2\x80\xA6"
#define FIRST_STRONG_ISOLATE "\xE2\x81\xA8"
#define LEFT_TO_RIGHT_MARK "\xE2\x80\x8E"
#define RIGHT_TO_LEFT_MARK "\xE2\x80\x8F"
#define POP_DIRECTIONAL_ISOLATE "\xE2\x81\xA9"
#define TAB_AS_SPACES "    "

struct range {
    uint32_t first;
    uint32_t last;
};

/* Only for what the C library does not know: another locale, or newer characters than its own. */
static const struct range wide_ranges[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xA960, 0xA97C},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF},
    {0x20000, 0x3FFFD},
};
static const struct range zero_width_ranges[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},   {0x064B, 0x065F},
    {0x200B, 0x200F}, {0x2060, 0x2064}, {0x20D0, 0x20F0},   {0xFE00, 0xFE0F},
    {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE01EF},
};
static const struct range right_to_left_ranges[] = {
    {0x0590, 0x08FF}, {0x200F, 0x200F},   {0xFB1D, 0xFDFF},
    {0xFE70, 0xFEFE}, {0x10800, 0x10FFF}, {0x1E800, 0x1EFFF},
};
/* They change the order of what comes after them: as harmful to a screen as an escape sequence. */
static const struct range bidi_control_ranges[] = {
    {0x202A, 0x202E},
    {0x2066, 0x2069},
};
static const struct range white_space_ranges[] = {
    {0x0009, 0x000D}, {0x0020, 0x0020}, {0x0085, 0x0085}, {0x00A0, 0x00A0}, {0x1680, 0x1680},
    {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000},
};
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

size_t text_decode(const char *bytes, size_t length, uint32_t *ret_code_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)bytes;
    uint32_t code_point;
    size_t n;

    *ret_code_point = TEXT_BAD;
    if (length == 0) {
        return 0;
    }
    if (p[0] < 0x80) {
        *ret_code_point = p[0];
        return 1;
    }
    n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || n > length) {
        return 1;
    }
    code_point = p[0] & (0xFFu >> (n + 1));
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

bool text_is_utf8(const char *bytes, size_t length, size_t *ret_offset)
{
    uint32_t code_point;

    for (size_t at = 0; at < length;) {
        size_t n = text_decode(bytes + at, length - at, &code_point);

        if (code_point == TEXT_BAD) {
            *ret_offset = at;
            return false;
        }
        at += n;
    }
    return true;
}

size_t text_count(const char *text)
{
    size_t length = strlen(text), count = 0;
    uint32_t code_point;

    for (size_t at = 0; at < length; count++) {
        at += text_decode(text + at, length - at, &code_point);
    }
    return count;
}

bool text_is_blank(const char *text)
{
    size_t length = strlen(text);
    uint32_t code_point;

    for (size_t at = 0; at < length;) {
        at += text_decode(text + at, length - at, &code_point);
        if (!IS_IN(code_point, white_space_ranges)) {
            return false;
        }
    }
    return true;
}

static size_t code_point_width(uint32_t code_point)
{
    int width;

    if (code_point < 0x7F) {
        return code_point >= 0x20 ? 1 : 0;
    }
    if (code_point == TEXT_BAD) {
        return 1;
    }
    width = wcwidth((wchar_t)code_point);
    if (width >= 0) {
        return (size_t)width;
    }
    if (IS_IN(code_point, zero_width_ranges)) {
        return 0;
    }
    return IS_IN(code_point, wide_ranges) ? 2 : 1;
}

static bool is_regional_indicator(uint32_t code_point)
{
    return code_point >= 0x1F1E6 && code_point <= 0x1F1FF;
}

static bool is_skin_tone(uint32_t code_point)
{
    return code_point >= 0x1F3FB && code_point <= 0x1F3FF;
}

/* A joiner makes one picture of two; between letters it only shapes them. */
static bool is_picture(uint32_t code_point)
{
    return (code_point >= 0x2190 && code_point <= 0x2BFF) ||
           (code_point >= 0x1F000 && code_point <= 0x1FFFF);
}

/* The bytes that a code point adds to the cluster before it; 0 when it begins the next one. */
static size_t cluster_more(const char *text, size_t length, uint32_t base, size_t *width)
{
    uint32_t code_point, joined;
    size_t n = text_decode(text, length, &code_point);
    size_t more;

    if (n == 0 || code_point < 0x80 || code_point == TEXT_BAD || code_point == ZERO_WIDTH_SPACE) {
        return 0;
    }
    if (code_point == EMOJI_VARIATION) {
        if (*width == 1) {
            *width = 2;
        }
        return n;
    }
    if (code_point == ZERO_WIDTH_JOINER) {
        more = text_decode(text + n, length - n, &joined);
        return more > 0 && is_picture(joined) && is_picture(base) ? n + more : n;
    }
    if (is_skin_tone(code_point) && is_picture(base)) {
        return n;
    }
    return code_point_width(code_point) == 0 ? n : 0;
}

size_t text_cluster(const char *text, size_t length, size_t *ret_width)
{
    uint32_t base, next;
    size_t at = text_decode(text, length, &base);
    size_t width = code_point_width(base);
    size_t n;

    if (is_regional_indicator(base)) {
        n = text_decode(text + at, length - at, &next);
        if (n > 0 && is_regional_indicator(next)) {
            at += n;
            width = 2;
        }
    }
    if (base >= 0x20 && base != TEXT_BAD && base != ZERO_WIDTH_SPACE) {
        while ((n = cluster_more(text + at, length - at, base, &width)) > 0) {
            at += n;
        }
    }
    *ret_width = width;
    return at;
}

size_t text_width(const char *text, size_t length)
{
    size_t width = 0, one;

    for (size_t at = 0; at < length; width += one) {
        at += text_cluster(text + at, length - at, &one);
    }
    return width;
}

static bool is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

/* The bytes of a line break at the start of the text; 0 when there is none. */
static size_t line_break(const char *text, size_t length)
{
    uint32_t code_point;
    size_t n = text_decode(text, length, &code_point);

    if (code_point == '\r' && length > 1 && text[1] == '\n') {
        return 2;
    }
    return code_point == '\n' || code_point == 0x2028 || code_point == 0x2029 ? n : 0;
}

/* Handles a line break or a tab as asked for; 0 when there is neither, or it is to be escaped. */
static size_t clean_break(struct buffer *to, const char *text, size_t length,
                          enum text_breaks breaks)
{
    size_t n = line_break(text, length);
    size_t more;

    if (breaks == TEXT_BREAKS_ESCAPED || (n == 0 && text[0] != '\t')) {
        return 0;
    }
    if (breaks == TEXT_BREAKS_KEPT) {
        buffer_add_text(to, n > 0 ? "\n" : TAB_AS_SPACES);
        return n > 0 ? n : 1;
    }
    n = n > 0 ? n : 1;
    while (n < length) {
        more = text[n] == '\t' || text[n] == ' ' ? 1 : line_break(text + n, length - n);
        if (more == 0) {
            break;
        }
        n += more;
    }
    if (to->length > 0 && to->data[to->length - 1] != ' ') {
        buffer_add_text(to, " ");
    }
    return n;
}

void text_clean(struct buffer *to, const char *text, enum text_breaks breaks)
{
    size_t length = strlen(text);
    uint32_t code_point;
    size_t n;

    for (size_t at = 0; at < length; at += n) {
        n = clean_break(to, text + at, length - at, breaks);
        if (n > 0) {
            continue;
        }
        n = text_decode(text + at, length - at, &code_point);
        if (code_point == TEXT_BAD) {
            buffer_add_format(to, "\\x%02x", (unsigned)(unsigned char)text[at]);
        } else if (is_control(code_point)) {
            buffer_add_format(to, "\\x%02x", (unsigned)code_point);
        } else if (IS_IN(code_point, bidi_control_ranges) ||
                   line_break(text + at, length - at) > 0) {
            buffer_add_format(to, "\\u%04x", (unsigned)code_point);
        } else {
            buffer_add(to, text + at, n);
        }
    }
}

void text_truncate(struct buffer *to, const char *text, size_t width)
{
    size_t length = strlen(text);
    size_t end = 0, column = 0, one;

    if (text_width(text, length) <= width) {
        buffer_add(to, text, length);
        return;
    }
    if (width == 0) {
        return;
    }
    while (end < length) {
        size_t n = text_cluster(text + end, length - end, &one);

        if (column + one > width - 1) {
            break;
        }
        end += n;
        column += one;
    }
    while (end > 0 && text[end - 1] == ' ') {
        end--;
    }
    buffer_add(to, text, end);
    buffer_add_text(to, ELLIPSIS);
}

enum text_direction text_direction(const char *text, size_t length)
{
    uint32_t code_point;

    for (size_t at = 0; at < length;) {
        at += text_decode(text + at, length - at, &code_point);
        if (code_point == TEXT_BAD) {
            continue;
        }
        if (IS_IN(code_point, right_to_left_ranges)) {
            return TEXT_RIGHT_TO_LEFT;
        }
        if (iswalpha((wint_t)code_point)) {
            return TEXT_LEFT_TO_RIGHT;
        }
    }
    return TEXT_NEUTRAL;
}

static bool has_right_to_left(const char *text, size_t length)
{
    uint32_t code_point;

    for (size_t at = 0; at < length;) {
        at += text_decode(text + at, length - at, &code_point);
        if (IS_IN(code_point, right_to_left_ranges)) {
            return true;
        }
    }
    return false;
}

void text_isolate(struct buffer *to, const char *text, size_t length, enum text_direction whole)
{
    if (!has_right_to_left(text, length)) {
        buffer_add(to, text, length);
        return;
    }
    buffer_add_text(to, FIRST_STRONG_ISOLATE);
    /* A line runs as its whole text does, also when its own first letter runs the other way. */
    if (whole != TEXT_NEUTRAL && whole != text_direction(text, length)) {
        buffer_add_text(to, whole == TEXT_LEFT_TO_RIGHT ? LEFT_TO_RIGHT_MARK : RIGHT_TO_LEFT_MARK);
    }
    buffer_add(to, text, length);
    buffer_add_text(to, POP_DIRECTIONAL_ISOLATE);
}

/* Where the line that is being filled may end. */
struct wrap_state {
    /* The end of the last thing that is not white space. */
    size_t content_end;
    /* The latest place to break: the line's end, and where the next one begins; 0: none yet. */
    size_t break_end;
    size_t break_next;
    bool after_wide;
};

/* Ends the line and sets the walk to where the next one begins. */
static bool wrap_give(struct text_wrap *wrap, size_t end, size_t next, const char **ret_line,
                      size_t *ret_length)
{
    *ret_line = wrap->next;
    *ret_length = end;
    wrap->next += next;
    wrap->left -= next;
    return true;
}

/* Skips the white space that the end of a line swallows, with the newline that it may lead to. */
static size_t wrap_skip(const struct text_wrap *wrap, size_t at)
{
    uint32_t code_point;
    size_t n;

    while (at < wrap->left) {
        n = text_decode(wrap->next + at, wrap->left - at, &code_point);
        if (code_point == '\n') {
            return at + n;
        }
        if (!IS_IN(code_point, breaking_ranges)) {
            break;
        }
        at += n;
    }
    return at;
}

/* Breaks before `at`, which has no room on the line any more. */
static bool wrap_full(struct text_wrap *wrap, const struct wrap_state *state, size_t at, size_t n,
                      const char **ret_line, size_t *ret_length)
{
    if (state->break_next > 0) {
        return wrap_give(wrap, state->break_end, state->break_next, ret_line, ret_length);
    }
    if (at == 0) { /* One thing alone is wider than the line: there is no better place for it. */
        at = n;
    }
    return wrap_give(wrap, at, at, ret_line, ret_length);
}

bool text_wrap_next(struct text_wrap *wrap, const char **ret_line, size_t *ret_length)
{
    struct wrap_state state = {0, 0, 0, false};
    size_t column = 0, width, n;
    uint32_t code_point;

    if (wrap->left == 0) {
        return false;
    }
    for (size_t at = 0; at < wrap->left; at += n) {
        (void)text_decode(wrap->next + at, wrap->left - at, &code_point);
        if (code_point == '\n') {
            return wrap_give(wrap, state.content_end, at + 1, ret_line, ret_length);
        }
        n = text_cluster(wrap->next + at, wrap->left - at, &width);
        if (IS_IN(code_point, breaking_ranges)) {
            if (column + width > wrap->width) {
                return wrap_give(wrap, state.content_end, wrap_skip(wrap, at), ret_line,
                                 ret_length);
            }
            if (state.content_end > 0) {
                state.break_end = state.content_end;
                state.break_next = at + n;
            }
            state.after_wide = false;
        } else {
            if (width == 2 && state.after_wide && !IS_IN(code_point, closing_ranges)) {
                state.break_end = state.content_end;
                state.break_next = at;
            }
            if (column + width > wrap->width) {
                return wrap_full(wrap, &state, at, n, ret_line, ret_length);
            }
            state.content_end = at + n;
            state.after_wide = width == 2;
        }
        column += width;
    }
    return wrap_give(wrap, state.content_end, wrap->left, ret_line, ret_length);
}
