/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <math.h>

#include "../support/json_c.h"

json_object *oracle_read(cr_str text, int depth_max)
{
    bool has_nul = text.size > 0 && memchr(text.data, '\0', text.size) != NULL;
    if (has_nul) {
        return NULL;
    }
    bool is_json;
    char *copy = fuzz_copy(text);
    json_object *value = json_c_read(copy, text.size, depth_max, &is_json);
    free(copy);
    if (!is_json || (!json_object_is_type(value, json_type_object) &&
                     !json_object_is_type(value, json_type_array))) {
        (void)json_object_put(value);
        return NULL;
    }
    return value;
}

/* Forgets how numbers were written; false where one of them is none that JSON has. */
static bool make_plain(json_object *value)
{
    bool is_good = true;
    if (json_object_is_type(value, json_type_double)) {
        is_good = isfinite(json_object_get_double(value)) != 0;
        json_object_set_serializer(value, NULL, NULL, NULL);
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            is_good = make_plain(json_object_array_get_idx(value, i)) && is_good;
        }
    } else if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member)
        {
            (void)name;
            is_good = make_plain(member) && is_good;
        }
    }
    return is_good;
}

cr_str oracle_write(json_object *value)
{
    if (!make_plain(value)) {
        return CR_STR_ABSENT;
    }
    const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
                                                                 JSON_C_TO_STRING_NOSLASHESCAPE);
    FUZZ_REQUIRE(text != NULL);
    return cr_str_of(text);
}

bool oracle_has_escaped_nul(cr_str text)
{
    char *copy = fuzz_copy(text);
    bool has_one = strstr(copy, "\\u0000") != NULL;
    free(copy);
    return has_one;
}

size_t oracle_count_members(json_object *value)
{
    size_t count = 0;
    if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            count += oracle_count_members(json_object_array_get_idx(value, i));
        }
    } else if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member)
        {
            (void)name;
            count += 1 + oracle_count_members(member);
        }
    }
    return count;
}

cr_str oracle_text(json_object *string)
{
    FUZZ_REQUIRE(json_object_is_type(string, json_type_string));
    return (cr_str){json_object_get_string(string), (size_t)json_object_get_string_len(string)};
}

bool oracle_member(json_object *object, const char *name, json_object **value)
{
    return json_object_is_type(object, json_type_object) &&
           json_object_object_get_ex(object, name, value);
}
