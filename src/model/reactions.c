/* SPDX-License-Identifier: MIT */
#include "model/reactions.h"

#include <utf8proc.h>

#include "base/utf8.h"
#include "model/text.h"

#define SEPARATOR ' '
#define LINE_END '\n'

/* ---- one character ---- */

/* The text is UTF-8. */
static bool is_one_cluster(cr_str text)
{
    uint32_t before = 0;
    utf8proc_int32_t state = 0;
    size_t length;
    for (size_t at = 0; at < text.size; at += length) {
        uint32_t character;
        length = cr_utf8_decode(text.data + at, text.size - at, &character);
        if (at > 0 && utf8proc_grapheme_break_stateful((utf8proc_int32_t)before,
                                                       (utf8proc_int32_t)character, &state)) {
            return false;
        }
        before = character;
    }
    return true;
}

/* A mark alone has no shape of its own, and would sit on whatever is before it. */
static bool begins_with_base(cr_str text)
{
    uint32_t first;
    (void)cr_utf8_decode(text.data, text.size, &first);
    switch (utf8proc_category((utf8proc_int32_t)first)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ZS:
        return false;
    default:
        return true;
    }
}

cr_reaction_fault cr_reaction_check(cr_str text)
{
    cr_text_facts facts = cr_text_look(text);
    if (!facts.is_utf8) {
        return CR_REACTION_NOT_UTF8;
    }
    if (text.size == 0) {
        return CR_REACTION_NONE;
    }
    if (!is_one_cluster(text)) {
        return CR_REACTION_MANY;
    }
    if (facts.is_blank || facts.has_control || !begins_with_base(text)) {
        return CR_REACTION_INVISIBLE;
    }
    return text.size < CRUDDUR_REACTION_SIZE ? CR_REACTION_GOOD : CR_REACTION_TOO_LONG;
}

/* ---- lines ---- */

/* Takes the next line from the rest; false at the end. */
static bool next_line(cr_str *rest, cr_str *line)
{
    if (rest->size == 0) {
        return false;
    }
    const char *end = memchr(rest->data, LINE_END, rest->size);
    *line = (cr_str){rest->data, end == NULL ? rest->size : (size_t)(end - rest->data)};
    size_t taken = line->size + (end == NULL ? 0 : 1);
    *rest = (cr_str){rest->data + taken, rest->size - taken};
    return true;
}

static bool read_line(cr_str line, cr_reaction *reaction)
{
    const size_t behind = CR_UUID_LENGTH + 1;
    if (line.size <= behind || line.size - behind >= CRUDDUR_REACTION_SIZE) {
        return false;
    }
    size_t length = line.size - behind;
    *reaction = (cr_reaction){{line.data, length}, {line.data + length + 1, CR_UUID_LENGTH}};
    return line.data[length] == SEPARATOR && cr_uuid_is_canonical(reaction->user);
}

bool cr_reactions_next(cr_str *rest, cr_reaction *reaction)
{
    cr_str line;
    while (next_line(rest, &line)) {
        if (read_line(line, reaction)) {
            return true;
        }
    }
    return false;
}

/* ---- changing them ---- */

static size_t count_kinds(cr_str reactions, cr_str wanted, bool *has_wanted)
{
    size_t count = 0;
    cr_reaction reaction;
    cr_str kind = CR_STR_ABSENT;
    *has_wanted = false;
    while (cr_reactions_next(&reactions, &reaction)) {
        count += kind.data == NULL || !cr_str_equal(reaction.text, kind) ? 1 : 0;
        kind = reaction.text;
        *has_wanted = *has_wanted || cr_str_equal(kind, wanted);
    }
    return count;
}

/* A text that grows; there is room. */
static void add_line(char *text, size_t *size, cr_str line)
{
    if (*size > 0) {
        text[(*size)++] = LINE_END;
    }
    memcpy(text + *size, line.data, line.size);
    *size += line.size;
}

/* Copies all lines but this one, and this one to its place if it is to be added. */
static cr_str copy_lines(cr_str reactions, cr_str line, bool is_added, char *room)
{
    cr_str old;
    size_t size = 0;
    bool is_due = is_added;
    while (next_line(&reactions, &old)) {
        if (is_due && cr_str_compare(line, old) < 0) {
            add_line(room, &size, line);
            is_due = false;
        }
        if (!cr_str_equal(old, line)) {
            add_line(room, &size, old);
        }
    }
    if (is_due) {
        add_line(room, &size, line);
    }
    room[size] = '\0';
    return size == 0 ? CR_STR_ABSENT : (cr_str){room, size};
}

static bool has_line(cr_str reactions, cr_str line)
{
    cr_str other;
    while (next_line(&reactions, &other)) {
        if (cr_str_equal(other, line)) {
            return true;
        }
    }
    return false;
}

cr_reactions_change cr_reactions_set(cr_str reactions, const cr_reaction *reaction, bool is_added,
                                     cr_arena *arena, cr_str *result)
{
    char bytes[CRUDDUR_REACTION_SIZE + CRUDDUR_UUID_SIZE];
    cr_str line = {bytes, reaction->text.size + 1 + reaction->user.size};
    memcpy(bytes, reaction->text.data, reaction->text.size);
    bytes[reaction->text.size] = SEPARATOR;
    memcpy(bytes + reaction->text.size + 1, reaction->user.data, reaction->user.size);
    if (has_line(reactions, line) == is_added) {
        return CR_REACTIONS_SAME;
    }
    bool has_kind;
    size_t kinds = count_kinds(reactions, reaction->text, &has_kind);
    if (is_added && !has_kind && kinds >= CRUDDUR_REACTION_KINDS_MAX) {
        return CR_REACTIONS_TOO_MANY;
    }
    char *room = cr_arena_alloc(arena, reactions.size + line.size + 2);
    if (room == NULL) {
        return CR_REACTIONS_NO_MEMORY;
    }
    *result = copy_lines(reactions, line, is_added, room);
    return CR_REACTIONS_CHANGED;
}
