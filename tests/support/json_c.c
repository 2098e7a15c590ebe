/* SPDX-License-Identifier: MIT */
#include "json_c.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *check(void *memory)
{
    if (memory == NULL) {
        (void)fprintf(stderr, "no memory\n");
        abort();
    }
    return memory;
}

/* Takes the NUL along: it tells json-c that nothing more will come. */
static json_object *parse(const char *text, size_t size, int depth_max, int flags,
                          bool *ret_is_json)
{
    json_tokener *tokener = check(json_tokener_new_ex(depth_max));
    json_tokener_set_flags(tokener, flags);
    json_object *value = json_tokener_parse_ex(tokener, text, (int)size + 1);
    size_t end = json_tokener_get_parse_end(tokener);
    *ret_is_json = json_tokener_get_error(tokener) == json_tokener_success &&
                   strspn(text + end, " \n\r\t") == size - end;
    json_tokener_free(tokener);
    return value;
}

json_object *json_c_read(const char *text, size_t size, int depth_max, bool *ret_is_json)
{
    *ret_is_json = false;
    if (size >= INT_MAX) {
        return NULL;
    }
    char *ascii = check(malloc(size + 1));
    for (size_t i = 0; i <= size; i++) {
        ascii[i] = (char)((unsigned char)text[i] < 0x80 ? text[i] : 'x');
    }
    json_object *value = parse(ascii, size, depth_max, JSON_TOKENER_STRICT, ret_is_json);
    (void)json_object_put(value);
    free(ascii);
    return *ret_is_json ? parse(text, size, depth_max, 0, ret_is_json) : NULL;
}
