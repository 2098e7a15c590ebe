/* SPDX-License-Identifier: MIT */
#include "json_read.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

static struct json_object *parse(const char *text, size_t length, int depth_max, int flags,
                                 enum json_tokener_error *ret_error, size_t *ret_offset)
{
    struct json_tokener *tokener = memory_check(json_tokener_new_ex(depth_max));
    json_tokener_set_flags(tokener, flags);
    struct json_object *value = json_tokener_parse_ex(tokener, text, (int)length);
    *ret_error = json_tokener_get_error(tokener);
    *ret_offset = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    return value;
}

/* Under JSON_TOKENER_STRICT json-c 0.18 refuses all text that is not ASCII. So the syntax is
 * checked on a copy that has a letter in place of each byte of such text, and the value is read
 * without that flag. */
struct json_object *json_read(const char *text, int depth_max, enum json_tokener_error *ret_error,
                              size_t *ret_offset)
{
    size_t length = strlen(text);
    *ret_offset = 0;
    if (length > INT_MAX) {
        *ret_error = json_tokener_error_size;
        return NULL;
    }
    char *ascii = memory_copy(text);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)ascii[i] >= 0x80) {
            ascii[i] = 'x';
        }
    }
    struct json_object *value =
        parse(ascii, length, depth_max, JSON_TOKENER_STRICT, ret_error, ret_offset);
    (void)json_object_put(value);
    free(ascii);
    if (*ret_error != json_tokener_success) {
        return NULL;
    }
    return parse(text, length, depth_max, JSON_TOKENER_VALIDATE_UTF8, ret_error, ret_offset);
}
