/* SPDX-License-Identifier: MIT */
/**
 * @file
 * JSON on standard output: objects, and lists that are written element by element.
 *
 * What goes wrong is noted in the output's `error`.
 */
#ifndef CRUDDUR_TOOL_JSON_OUT_H
#define CRUDDUR_TOOL_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "out.h"

/** An object that is being built; a failure sticks until it is written. */
struct json_row {
    struct json_object *object;
    bool failed;
};

/** A document `{"NAME":[…],…}` that is being written. */
struct json_list {
    struct out *out;
    bool empty;
};

void json_row_init(struct json_row *row);
/** Bytes that are not UTF-8 become U+FFFD, so that the document stays valid; NULL is null. */
void json_row_text(struct json_row *row, const char *key, const char *text);
void json_row_number(struct json_row *row, const char *key, int64_t number);
/** As ISO text; null when the time is not known. */
void json_row_time(struct json_row *row, const char *key, int64_t time_us);
/** Adds text that holds JSON as what it holds. */
void json_row_parsed(struct json_row *row, const char *key, const char *text);

/** Writes the object on a line of its own, and frees it. */
void json_row_write(struct json_row *row, struct out *out);

void json_list_begin(struct json_list *list, struct out *out, const char *name);
/** Writes the object as the next element, and frees it. */
void json_list_add(struct json_list *list, struct json_row *row);
/** Ends the elements. Members of the document may follow, then json_list_end(). */
void json_list_close(struct json_list *list);
void json_list_text(struct json_list *list, const char *key, const char *text);
void json_list_end(struct json_list *list);

#endif
