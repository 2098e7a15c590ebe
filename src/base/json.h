/* SPDX-License-Identifier: MIT */
/* JSON without a tree: answers are read where they lie, from front to back, and requests are
 * written as text. */
#ifndef CR_BASE_JSON_H
#define CR_BASE_JSON_H

#include "base/arena.h"
#include "base/buffer.h"

/* ---- reading ---- */

/* A place in a text. A failure sticks: read on, look once at the end. */
typedef struct cr_json {
    const char *at;
    const char *end;
    cr_arena *arena; /* for strings with escapes; all others stay where they are */
    bool failed;     /* the text is not JSON, or not as it was expected */
    bool no_memory;
} cr_json;

/* Nothing is deeper nested than this; DynamoDB's values end at 32 levels, each of which is two. */
#define CR_JSON_DEPTH_MAX 128

void cr_json_init(cr_json *in, cr_str text, cr_arena *arena);

/* Goes behind `{` or `[`; anything else is a failure. */
void cr_json_enter(cr_json *in, char bracket);

/* Goes to the next element of the array, or the next member of the object, that was entered: false
 * at the end, behind the bracket, and after a failure. `first` is true before the first step. */
bool cr_json_next_element(cr_json *in, bool *first);
bool cr_json_next_member(cr_json *in, bool *first, cr_str *name);

/* Reads a string. Its text is borrowed from what is read, or lies in the arena. */
cr_str cr_json_string(cr_json *in);

/* The same; absent, and behind the value, for one of another type. */
cr_str cr_json_string_or_skip(cr_json *in);

/* Reads a number that is not negative. */
double cr_json_number(cr_json *in);

/* Goes behind a value of any kind and returns its text. */
cr_str cr_json_skip(cr_json *in);

/* What begins here: `{`, `[`, `"` …; 0 at the end. */
char cr_json_peek(cr_json *in);

/* Whether everything was read, without a failure, and nothing stands behind it. */
bool cr_json_is_done(cr_json *in);

/* ---- writing ---- */

/* Adds a literal that is JSON; cr_buffer_add() adds any other text that is. */
#define CR_JSON_ADD(out, literal) cr_buffer_add(out, (cr_str){literal, sizeof(literal) - 1})

/* Adds a string in quotes. */
void cr_json_add_string(cr_buffer *out, cr_str text);

void cr_json_add_number(cr_buffer *out, size_t number);

#endif
