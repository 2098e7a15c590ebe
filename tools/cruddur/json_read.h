/* SPDX-License-Identifier: MIT */
/* Reads JSON that others wrote, strictly. */
#ifndef CRUDDUR_TOOL_JSON_READ_H
#define CRUDDUR_TOOL_JSON_READ_H

#include <stddef.h>

#include <json-c/json.h>

/* Reads the document. Sets *ret_error to json_tokener_success, to json_tokener_continue if the
 * document ends too early, or to the error at *ret_offset. Returns NULL for a JSON null, too. Text
 * that is not UTF-8 is an error. */
struct json_object *json_read(const char *text, int depth_max, enum json_tokener_error *ret_error,
                              size_t *ret_offset);

#endif
