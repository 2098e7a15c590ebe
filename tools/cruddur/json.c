/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <inttypes.h>
#include <string.h>

#include "json_read.h"
#include "text.h"

#define REPLACEMENT "\xEF\xBF\xBD"
#define DEPTH_MAX 64

/* Writes text with what must not stand in it escaped; `escaped` are characters beside those. */
static void write_escaped(struct out *out, const char *text, const char *escaped)
{
    uint32_t code_point;
    size_t plain = 0, n; /* bytes at `text` that need nothing */
    for (; text[plain] != '\0'; plain += n) {
        n = text_decode(text + plain, &code_point);
        bool is_special = code_point < 0x80 && strchr(escaped, (int)code_point) != NULL;
        if (!is_special && code_point != TEXT_BAD && !text_is_control(code_point)) {
            continue;
        }
        out_bytes(out, text, plain);
        if (code_point == TEXT_BAD) {
            out_text(out, REPLACEMENT);
        } else if (is_special) {
            out_format(out, "\\%c", (char)code_point);
        } else {
            out_format(out, "\\u%04x", (unsigned)code_point);
        }
        text += plain + n;
        plain = n = 0;
    }
    out_bytes(out, text, plain);
}

void json_string(struct out *out, const char *text)
{
    if (text == NULL) {
        out_text(out, "null");
        return;
    }
    out_text(out, "\"");
    write_escaped(out, text, "\"\\");
    out_text(out, "\"");
}

void json_text(struct out *out, const char *before, const char *key, const char *text)
{
    out_format(out, "%s\"%s\":", before, key);
    json_string(out, text);
}

void json_number(struct out *out, const char *before, const char *key, uint64_t number)
{
    out_format(out, "%s\"%s\":%" PRIu64, before, key, number);
}

static void write_time(struct out *out, int64_t time_us)
{
    char text[CRUDDUR_TIME_SIZE];
    bool is_known =
        time_us != CRUDDUR_TIME_UNKNOWN && cruddur_time_format(time_us, text, NULL) == CRUDDUR_OK;
    json_text(out, ",", "created_at", is_known ? text : NULL);
}

void json_group(struct out *out, const cruddur_group *group, const char *message_uuid)
{
    json_text(out, "{", "uuid", cruddur_group_uuid(group));
    json_text(out, ",", "display_name", cruddur_group_user_display_name(group));
    json_text(out, ",", "handle", cruddur_group_user_handle(group));
    json_text(out, ",", "user_uuid", cruddur_group_user_uuid(group));
    json_text(out, ",", "name", cruddur_group_name(group));
    json_number(out, ",", "member_count", cruddur_group_member_count(group));
    json_text(out, ",", "message", cruddur_group_text(group));
    write_time(out, cruddur_group_last_message_at_us(group));
    json_text(out, ",", "sort_key", cruddur_group_sort_key(group));
    if (message_uuid != NULL) {
        json_text(out, ",", "message_uuid", message_uuid);
    }
    out_text(out, "}");
}

void json_message(struct out *out, const cruddur_msg *msg)
{
    json_text(out, "{", "uuid", cruddur_msg_uuid(msg));
    json_text(out, ",", "group_uuid", cruddur_msg_group_uuid(msg));
    json_text(out, ",", "user_uuid", cruddur_msg_user_uuid(msg));
    json_text(out, ",", "display_name", cruddur_msg_user_display_name(msg));
    json_text(out, ",", "handle", cruddur_msg_user_handle(msg));
    json_text(out, ",", "message", cruddur_msg_text(msg));
    write_time(out, cruddur_msg_created_at_us(msg));
    json_text(out, ",", "sort_key", cruddur_msg_sort_key(msg));
    out_text(out, "}");
}

/* Writes text that holds a JSON object as what it holds; other text as a string. */
static void write_parsed(struct out *out, const char *text)
{
    enum json_tokener_error error;
    size_t offset;
    struct json_object *value = json_read(text, DEPTH_MAX, &error, &offset);
    if (json_object_is_type(value, json_type_object)) {
        write_escaped(out,
                      json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
                                                                JSON_C_TO_STRING_NOSLASHESCAPE),
                      "");
    } else {
        json_string(out, text);
    }
    json_object_put(value);
}

void json_row(struct out *out, const cruddur_row_page *page, size_t index)
{
    size_t last = cruddur_row_attribute_count() - 1;
    const char *before = "{";
    for (size_t attribute = 0; attribute <= last; attribute++) {
        const char *value = cruddur_row_page_get(page, index, attribute);
        if (value == NULL) {
            continue;
        }
        out_format(out, "%s\"%s\":", before, cruddur_row_attribute_name(attribute));
        if (attribute < last) {
            json_string(out, value);
        } else {
            write_parsed(out, value);
        }
        before = ",";
    }
    out_text(out, "}");
}
