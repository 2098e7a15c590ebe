/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "text.h"

#define PERSON "Person "
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

struct parser {
    struct script *script;
    size_t capacity;
    /* The message that is being read: its text so far. */
    struct buffer text;
    bool open;
    size_t max_persons;
    size_t max_chars;
    struct problem *problem;
};

struct line {
    const char *text;
    size_t length;
    size_t number;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static void trim_end(struct line *line)
{
    while (line->length > 0 && is_space(line->text[line->length - 1])) {
        line->length--;
    }
}

/* Reads the number after "Person "; what is beyond counting is SIZE_MAX. */
static size_t read_number(const char *text, size_t length, size_t *ret_number)
{
    size_t n = 0, number = 0;

    for (; n < length && text[n] >= '0' && text[n] <= '9'; n++) {
        size_t digit = (size_t)(text[n] - '0');

        number = number > (SIZE_MAX - digit) / 10 ? SIZE_MAX : number * 10 + digit;
    }
    *ret_number = number;
    return n;
}

/* Takes `Person N:` off the line; false when it does not begin with that. */
static bool take_person(struct line *line, size_t *ret_person)
{
    size_t at = strlen(PERSON), n;

    if (line->length <= at || memcmp(line->text, PERSON, at) != 0) {
        return false;
    }
    n = read_number(line->text + at, line->length - at, ret_person);
    at += n;
    while (at < line->length && is_space(line->text[at])) {
        at++;
    }
    if (n == 0 || at == line->length || line->text[at] != ':') {
        return false;
    }
    at++;
    while (at < line->length && is_space(line->text[at])) {
        at++;
    }
    line->text += at;
    line->length -= at;
    return true;
}

/* Puts the message that was being read in its place. */
static bool close_message(struct parser *parser)
{
    struct script_message *message;
    size_t chars;

    if (!parser->open) {
        return true;
    }
    parser->open = false;
    message = &parser->script->messages[parser->script->count - 1];
    message->text = buffer_take(&parser->text);
    if (message->text == NULL) {
        return problem_no_memory(parser->problem);
    }
    if (text_is_blank(message->text)) {
        return problem_set(parser->problem, message->line, "the message is blank");
    }
    chars = text_count(message->text);
    if (chars > parser->max_chars) {
        return problem_set(parser->problem, message->line,
                           "the message has %zu characters; at most %zu are allowed", chars,
                           parser->max_chars);
    }
    return true;
}

static bool open_message(struct parser *parser, size_t person, size_t line)
{
    struct script *script = parser->script;
    struct script_message *messages;

    if (script->count == parser->capacity) {
        parser->capacity = parser->capacity > 0 ? 2 * parser->capacity : 128;
        messages = realloc(script->messages, parser->capacity * sizeof(*messages));
        if (messages == NULL) {
            return problem_no_memory(parser->problem);
        }
        script->messages = messages;
    }
    script->messages[script->count++] = (struct script_message){person, NULL, line};
    parser->open = true;
    return true;
}

static bool check_person(const struct parser *parser, size_t person, size_t line)
{
    if (person == 0) {
        return problem_set(parser->problem, line, "persons are counted from 1");
    }
    if (person > parser->max_persons) {
        return problem_set(parser->problem, line,
                           "a person above %zu speaks: --me is Person 1, and each --other in "
                           "turn the next",
                           parser->max_persons);
    }
    return true;
}

static bool take_line(struct parser *parser, struct line line)
{
    size_t person;

    trim_end(&line);
    if (line.length == 0 || line.text[0] == '#') {
        return true;
    }
    if (take_person(&line, &person)) {
        if (!close_message(parser) || !check_person(parser, person, line.number) ||
            !open_message(parser, person, line.number)) {
            return false;
        }
    } else if (!parser->open) {
        return problem_set(parser->problem, line.number,
                           "a conversation begins with a line \"Person 1: ...\"");
    }
    if (parser->text.length > 0) {
        buffer_add(&parser->text, "\n", 1);
    }
    buffer_add(&parser->text, line.text, line.length);
    return true;
}

static bool take_lines(struct parser *parser, const char *text, size_t length)
{
    const char *end = text + length;
    const char *newline;
    struct line line = {text, 0, 1};

    if (length >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0) {
        line.text += 3;
    }
    for (; line.text < end; line.number++) {
        newline = memchr(line.text, '\n', (size_t)(end - line.text));
        line.length = (size_t)((newline != NULL ? newline : end) - line.text);
        if (!take_line(parser, line)) {
            return false;
        }
        line.text = newline != NULL ? newline + 1 : end;
    }
    return close_message(parser);
}

bool script_parse(struct script *script, const char *text, size_t length, size_t max_persons,
                  size_t max_chars, struct problem *problem)
{
    struct parser parser = {script, 0, BUFFER_INIT, false, max_persons, max_chars, problem};
    bool good;

    *script = (struct script){NULL, 0};
    good = problem_check_text(text, length, problem) && take_lines(&parser, text, length);
    buffer_free(&parser.text);
    if (good && script->count == 0) {
        good = problem_set(problem, 0, "there is no line \"Person 1: ...\" in it");
    }
    if (!good) {
        script_free(script);
    }
    return good;
}

void script_free(struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        free(script->messages[i].text);
    }
    free(script->messages);
    *script = (struct script){NULL, 0};
}
