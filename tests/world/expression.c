/* SPDX-License-Identifier: MIT */
#include "world/expression.h"

#include <stdio.h>

typedef struct parser {
    cr_str all;
    const char *at;
    const char *end;
    cr_str token; /* empty at the end */
    const sim_placeholders *placeholders;
    const sim_item *item;
    cr_arena arena;
    char size[32]; /* what size() came to, as a value */
} parser;

void sim_placeholders_read(cr_json *in, bool are_names, sim_placeholders *placeholders)
{
    cr_str name;
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (placeholders->count == SIM_PLACEHOLDERS_MAX) {
            abort();
        }
        size_t at = placeholders->count++;
        placeholders->name[at] = name;
        placeholders->meaning[at] = are_names ? cr_json_string(in) : cr_json_skip(in);
    }
}

cr_str sim_placeholder(const sim_placeholders *placeholders, cr_str name)
{
    for (size_t i = 0; i < placeholders->count; i++) {
        if (cr_str_equal(placeholders->name[i], name)) {
            return placeholders->meaning[i];
        }
    }
    return CR_STR_ABSENT;
}

/* ---- tokens ---- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_' || c == '#' || c == ':' || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '.';
}

static void next(parser *now)
{
    while (now->at < now->end && *now->at == ' ') {
        now->at++;
    }
    const char *begin = now->at;
    while (now->at < now->end && is_word(*now->at)) {
        now->at++;
    }
    if (now->at == begin && now->at < now->end) {
        now->at += now->end - begin > 1 && memcmp(begin, "<>", 2) == 0 ? 2 : 1;
    }
    now->token = (cr_str){begin, (size_t)(now->at - begin)};
}

static bool is_token(const parser *now, const char *text)
{
    return cr_str_equal(now->token, cr_str_of(text));
}

static void expect(parser *now, bool is_good)
{
    if (!is_good) {
        (void)fprintf(stderr, "the simulated service does not know the expression %.*s\n",
                      CR_STR_ARGS(now->all));
        abort();
    }
}

static void take(parser *now, const char *text)
{
    expect(now, is_token(now, text));
    next(now);
}

/* ---- the grammar ---- */

static bool any_of(parser *now);

static cr_str operand(parser *now);

/* The text of a string; absent for another type. */
static cr_str text_of(parser *now, cr_str value)
{
    cr_json in;
    cr_str type;
    bool first = true;
    if (value.data == NULL) {
        return CR_STR_ABSENT;
    }
    cr_json_init(&in, value, &now->arena);
    cr_json_enter(&in, '{');
    return cr_json_next_member(&in, &first, &type) && cr_str_equal(type, cr_str_of("S"))
               ? cr_json_string(&in)
               : CR_STR_ABSENT;
}

static bool begins(cr_str text, cr_str with)
{
    return text.size >= with.size && memcmp(text.data, with.data, with.size) == 0;
}

/* begins_with() and contains(), of strings. */
static bool part(parser *now, bool is_at_begin)
{
    next(now);
    take(now, "(");
    cr_str text = text_of(now, operand(now));
    take(now, ",");
    cr_str wanted = text_of(now, operand(now));
    take(now, ")");
    if (text.data == NULL || wanted.data == NULL) {
        return false;
    }
    bool is_found = begins(text, wanted);
    while (!is_at_begin && !is_found && text.size > 0) {
        text = (cr_str){text.data + 1, text.size - 1};
        is_found = begins(text, wanted);
    }
    return is_found;
}

/* size(), of a string in ASCII; absent for what is not there. */
static cr_str size_of(parser *now)
{
    next(now);
    take(now, "(");
    cr_str text = text_of(now, operand(now));
    take(now, ")");
    (void)snprintf(now->size, sizeof(now->size), "{\"N\":\"%zu\"}", text.size);
    return text.data == NULL ? CR_STR_ABSENT : cr_str_of(now->size);
}

/* An attribute's value, or what `:v` stands for; absent: the item has none. */
static cr_str operand(parser *now)
{
    cr_str token = now->token;
    if (is_token(now, "size")) {
        return size_of(now);
    }
    expect(now, token.size > 0 && is_word(token.data[0]));
    next(now);
    if (token.data[0] == ':' || token.data[0] == '#') {
        cr_str meaning = sim_placeholder(now->placeholders, token);
        expect(now, meaning.data != NULL);
        return token.data[0] == ':' ? meaning : sim_item_value(now->item, meaning);
    }
    return sim_item_value(now->item, token);
}

static bool existence(parser *now, bool wanted)
{
    next(now);
    take(now, "(");
    bool is_there = operand(now).data != NULL;
    take(now, ")");
    return is_there == wanted;
}

static bool comparison(parser *now)
{
    cr_str left = operand(now);
    bool wants_same = is_token(now, "=");
    expect(now, wants_same || is_token(now, "<>"));
    next(now);
    cr_str right = operand(now);
    bool are_there = left.data != NULL && right.data != NULL;
    return wants_same ? are_there && cr_str_equal(left, right) : !cr_str_equal(left, right);
}

static bool term(parser *now)
{
    if (is_token(now, "NOT")) {
        next(now);
        return !term(now);
    }
    if (is_token(now, "(")) {
        next(now);
        bool holds = any_of(now);
        take(now, ")");
        return holds;
    }
    if (is_token(now, "attribute_exists") || is_token(now, "attribute_not_exists")) {
        return existence(now, is_token(now, "attribute_exists"));
    }
    if (is_token(now, "begins_with") || is_token(now, "contains")) {
        return part(now, is_token(now, "begins_with"));
    }
    return comparison(now);
}

static bool all_of(parser *now)
{
    bool holds = term(now);
    while (is_token(now, "AND")) {
        next(now);
        holds = term(now) && holds;
    }
    return holds;
}

static bool any_of(parser *now)
{
    bool holds = all_of(now);
    while (is_token(now, "OR")) {
        next(now);
        holds = all_of(now) || holds;
    }
    return holds;
}

bool sim_condition_holds(cr_str condition, const sim_placeholders *placeholders,
                         const sim_item *item)
{
    parser now = {.all = condition,
                  .at = condition.data,
                  .end = condition.data + condition.size,
                  .placeholders = placeholders,
                  .item = item};
    next(&now);
    bool holds = any_of(&now);
    expect(&now, now.token.size == 0);
    cr_arena_free(&now.arena);
    return holds;
}
