/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "text.h"

#define PERSON "Person "
#define SPACE " \t\r\f\v"
#define DIGITS "0123456789"
#define OTHER_FORM                                                                                 \
    "a line must begin with \"Person N:\", or with white space to continue the message before it"

/* What `Person N:` takes of the line, with the space around the colon; 0 when it does not begin
 * with that. A number that is beyond counting is ULONG_MAX. */
static size_t read_person(const char *line, size_t *ret_person)
{
    size_t at = strlen(PERSON);
    if (strncmp(line, PERSON, at) != 0 || strspn(line + at, DIGITS) == 0) {
        return 0;
    }
    *ret_person = strtoul(line + at, NULL, 10);
    at += strspn(line + at, DIGITS);
    at += strspn(line + at, SPACE);
    return line[at] == ':' ? at + 1 + strspn(line + at + 1, SPACE) : 0;
}

/* Adds a message that begins with this line. */
static bool add(struct script *script, char *text, size_t person, size_t max_persons, size_t line,
                struct problem *problem)
{
    if (person == 0) {
        return problem_set(problem, line, "persons are counted from 1");
    }
    if (person > max_persons) {
        return problem_set(problem, line,
                           "a person above %zu speaks: --me is Person 1, and each --other in "
                           "turn the next",
                           max_persons);
    }
    if (script->count == script->capacity) {
        script->capacity = script->capacity > 0 ? 2 * script->capacity : 128;
        script->messages =
            memory_resize(script->messages, script->capacity, sizeof(*script->messages));
    }
    script->messages[script->count++] = (struct script_message){person, text, line};
    return true;
}

static bool take_lines(struct script *script, char *text, size_t max_persons,
                       struct problem *problem)
{
    char *end = NULL; /* of the last message, as far as it has been read */
    for (size_t number = 1; text != NULL; number++) {
        char *line = text;
        text = strchr(line, '\n');
        if (text != NULL) {
            *text++ = '\0';
        }
        size_t length = strlen(line), person = 0;
        while (length > 0 && strchr(SPACE, line[length - 1]) != NULL) {
            line[--length] = '\0';
        }
        if (length == 0 || line[0] == '#') {
            continue;
        }
        size_t n = read_person(line, &person), indent = strspn(line, SPACE);
        if (n > 0) {
            if (!add(script, line + n, person, max_persons, number, problem)) {
                return false;
            }
            end = line + length;
        } else if (indent > 0 && end != NULL) { /* The line moves up to the message's end. */
            if (end > script->messages[script->count - 1].text) {
                *end++ = '\n';
            }
            memmove(end, line + indent, length - indent + 1);
            end += length - indent;
        } else {
            return problem_set(problem, number, "%s",
                               end != NULL ? OTHER_FORM
                                           : "a conversation begins with a line \"Person 1: "
                                             "...\"");
        }
    }
    return script->count > 0 || problem_set(problem, 0, "there is no line \"Person 1: ...\" in it");
}

static bool check_texts(const struct script *script, size_t max_chars, struct problem *problem)
{
    for (size_t i = 0; i < script->count; i++) {
        const struct script_message *message = &script->messages[i];
        struct text_facts facts = text_look(message->text);
        if (facts.is_blank) {
            return problem_set(problem, message->line, "the message has no visible character");
        }
        if (facts.code_points > max_chars) {
            return problem_set(problem, message->line,
                               "the message has %zu characters; at most %zu are allowed",
                               facts.code_points, max_chars);
        }
    }
    return true;
}

bool script_parse(struct script *script, char *text, size_t max_persons, size_t max_chars,
                  struct problem *problem)
{
    *script = (struct script){NULL, 0, 0};
    *problem = (struct problem){0, 0, ""};
    if (take_lines(script, text, max_persons, problem) && check_texts(script, max_chars, problem)) {
        return true;
    }
    script_free(script);
    return false;
}

void script_free(struct script *script)
{
    free(script->messages);
    *script = (struct script){NULL, 0, 0};
}
