/* SPDX-License-Identifier: MIT */
#include "aws/profile_parser.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/print.h"
#include "base/utf8.h"

#define FIRST_ENTRIES 32

typedef struct parser {
    cr_profile_entries *entries;
    const char *path;
    bool is_credentials;
    unsigned line;
    bool is_in_section;
    cr_profile_entry section; /* that the lines belong to */
    const char *name;         /* of the latest property that is not below another … */
    char *value;              /* … and its value, which lines may continue; NULL: none */
    size_t indent;            /* of the latest line that did not continue a property */
    cruddur_error **error;
} parser;

static cruddur_status fail_line(const parser *in, const char *what)
{
    return cr_fail_with(in->error, CRUDDUR_E_CONFIG, "%.*s, line %u: %s", CR_CUT(in->path, 200),
                        in->line, what);
}

static cruddur_status add_entry(parser *in, const cr_profile_entry *added)
{
    cr_profile_entries *entries = in->entries;
    cr_profile_entry *list = cr_array_grow(entries->list, entries->count, &entries->capacity,
                                           FIRST_ENTRIES, sizeof(*list));
    if (list == NULL) {
        return cr_fail_memory(in->error);
    }
    entries->list = list;
    cr_profile_entry *entry = &entries->list[entries->count++];
    *entry = *added;
    entry->property.path = in->path;
    entry->property.line = in->line;
    entry->property.is_credentials = in->is_credentials;
    return CRUDDUR_OK;
}

static cruddur_status add_fault(parser *in, const char *what)
{
    cr_profile_entry fault = in->section;
    fault.fault = what;
    return add_entry(in, &fault);
}

/* ---- pieces of text, cut in place ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The length in bytes of the white space character here, as Unicode and Python have it; 0: none. */
static size_t white_length(const char *text)
{
    static const struct {
        uint32_t first, last;
    } white[] = {{0x09, 0x0d},     {0x1c, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},
                 {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f},
                 {0x205f, 0x205f}, {0x3000, 0x3000}};
    uint32_t character = 0;
    size_t size = strnlen(text, 4);
    size_t length = size == 0 ? 0 : cr_utf8_decode(text, size, &character);
    for (size_t i = 0; length > 0 && i < sizeof(white) / sizeof(white[0]); i++) {
        if (character >= white[i].first && character <= white[i].last) {
            return length;
        }
    }
    return 0;
}

static char *skip_white(char *text, size_t *ret_characters)
{
    *ret_characters = 0;
    for (size_t length; (length = white_length(text)) > 0; text += length) {
        (*ret_characters)++;
    }
    return text;
}

static char *trim(char *text)
{
    size_t ignored;
    char *start = skip_white(text, &ignored);
    char *end = start;
    for (char *at = start; *at != '\0';) {
        size_t white = white_length(at);
        at += white > 0 ? white : 1;
        end = white > 0 ? end : at;
    }
    *end = '\0';
    return start;
}

/* A comment begins with # or ; after a blank. */
static void cut_comment(char *text)
{
    for (char *at = text; *at != '\0'; at++) {
        if ((*at == '#' || *at == ';') && at > text && is_blank(at[-1])) {
            *at = '\0';
            return;
        }
    }
}

static void lower(char *text)
{
    for (; *text != '\0'; text++) {
        *text = (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
    }
}

/* What follows the word and a blank; NULL where the text begins with something else. */
static char *after_word(char *text, const char *word)
{
    size_t length = strlen(word);
    return strncmp(text, word, length) == 0 && is_blank(text[length]) ? trim(text + length) : NULL;
}

/* ---- sections ---- */

static bool is_name(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "_-/.%@:+");
    return length > 0 && text[length] == '\0';
}

/* A name of the config file, where the AWS CLI puts one with other characters between quotes. NULL:
 * it is none. */
static const char *read_name(char *text)
{
    size_t length = strlen(text);
    if (length > 2 && (*text == '"' || *text == '\'') &&
        strchr(text + 1, *text) == text + length - 1) {
        text[length - 1] = '\0';
        return text + 1;
    }
    return is_name(text) ? text : NULL;
}

static void name_config_section(char *title, cr_profile_entry *section)
{
    static const struct {
        const char *word;
        cr_section kind;
    } words[] = {
        {"profile", CR_SECTION_PROFILE},
        {"sso-session", CR_SECTION_SSO_SESSION},
        {"services", CR_SECTION_SERVICES},
    };
    *section =
        (cr_profile_entry){.kind = CR_SECTION_OTHER, .rank = CR_RANK_CONFIG, .section = title};
    if (strcmp(title, "default") == 0) {
        section->kind = CR_SECTION_PROFILE;
        section->rank = CR_RANK_BARE_DEFAULT;
        return;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char *text = after_word(title, words[i].word);
        const char *name = text == NULL ? NULL : read_name(text);
        if (name != NULL) {
            section->kind = words[i].kind;
            section->section = name;
        }
    }
}

static cruddur_status read_section(parser *in, char *line)
{
    char *end = strchr(line, ']');
    if (end == NULL) {
        return fail_line(in, "a section's name ends with ]");
    }
    *end = '\0';
    char *title = trim(line + 1);
    if (in->is_credentials) {
        in->section =
            (cr_profile_entry){.kind = is_name(title) ? CR_SECTION_PROFILE : CR_SECTION_OTHER,
                               .rank = CR_RANK_CREDENTIALS,
                               .section = title};
    } else {
        name_config_section(title, &in->section);
    }
    in->is_in_section = true;
    in->value = NULL;
    return add_entry(in, &in->section);
}

/* ---- properties ---- */

/* Takes `name = value` apart; names are compared without regard to case. */
static cruddur_status read_property(parser *in, char *line, const char *group)
{
    char *value = strpbrk(line, group == NULL ? "=:" : "=");
    if (value == NULL) {
        return add_fault(in, "a property is written name = value");
    }
    *value++ = '\0';
    char *name = trim(line);
    if (*name == '\0') {
        return add_fault(in, "a property needs a name");
    }
    lower(name);
    cut_comment(value);
    value = trim(value);
    if (group == NULL) {
        in->name = name;
        in->value = value;
    }
    cr_profile_entry property = in->section;
    property.group = group;
    property.name = name;
    property.property.value = value;
    return add_entry(in, &property);
}

/* A line that is indented further than the property above is a property of it if it has no value of
 * its own, else one more line of the value, which moves up in place. */
static cruddur_status read_continuation(parser *in, char *line)
{
    if (*in->value == '\0') {
        return read_property(in, line, in->name);
    }
    char *end = in->value + strlen(in->value);
    *end = '\n';
    memmove(end + 1, line, strlen(line) + 1);
    return CRUDDUR_OK;
}

/* ---- lines ---- */

static cruddur_status read_line(parser *in, char *line)
{
    size_t indent;
    char *content = trim(skip_white(line, &indent));
    if (*content == '\0' || *content == '#' || *content == ';') {
        return CRUDDUR_OK;
    }
    if (in->value != NULL && indent > in->indent) {
        return read_continuation(in, content);
    }
    in->indent = indent;
    if (*content == '[') {
        return read_section(in, content);
    }
    return in->is_in_section ? read_property(in, content, NULL)
                             : fail_line(in, "a property is in no section");
}

/* Cuts the first line off, and returns what follows it; NULL: it was the last. */
static char *cut_line(char *text)
{
    char *end = text + strcspn(text, "\r\n");
    if (*end == '\0') {
        return NULL;
    }
    char *next = end + (end[0] == '\r' && end[1] == '\n' ? 2 : 1);
    *end = '\0';
    return next;
}

cruddur_status cr_profile_parse(cr_profile_entries *entries, const char *path, bool is_credentials,
                                char *text, cruddur_error **error)
{
    const char *byte_order_mark = "\xef\xbb\xbf";
    parser in = {
        .entries = entries, .path = path, .is_credentials = is_credentials, .error = error};
    cruddur_status status = CRUDDUR_OK;
    if (strncmp(text, byte_order_mark, strlen(byte_order_mark)) == 0) {
        text += strlen(byte_order_mark);
    }
    while (status == CRUDDUR_OK && text != NULL) {
        char *line = text;
        text = cut_line(line);
        in.line++;
        status = read_line(&in, line);
    }
    return status;
}
