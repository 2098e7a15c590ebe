/* SPDX-License-Identifier: MIT */
#include "json_out.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <cruddur/cruddur.h>

#include "buffer.h"
#include "text.h"

#define REPLACEMENT "\xEF\xBF\xBD"
#define JSON_DEPTH_MAX 64

void json_row_init(struct json_row *row)
{
    row->object = json_object_new_object();
    row->failed = row->object == NULL;
}

/* Adds a value, which is taken over. `is_null`: NULL stands for null, not for a failure. */
static void add(struct json_row *row, const char *key, struct json_object *value, bool is_null)
{
    if (value == NULL && !is_null) {
        row->failed = true;
    }
    if (row->failed || json_object_object_add(row->object, key, value) != 0) {
        row->failed = true;
        json_object_put(value);
    }
}

static struct json_object *new_repaired(const char *text, size_t length)
{
    struct buffer buffer = BUFFER_INIT;
    struct json_object *value = NULL;
    uint32_t code_point;
    size_t n;

    for (size_t at = 0; at < length; at += n) {
        n = text_decode(text + at, length - at, &code_point);
        if (code_point == TEXT_BAD) {
            buffer_add_text(&buffer, REPLACEMENT);
        } else {
            buffer_add(&buffer, text + at, n);
        }
    }
    if (!buffer.failed) {
        value = json_object_new_string(buffer_text(&buffer));
    }
    buffer_free(&buffer);
    return value;
}

static struct json_object *new_text(const char *text)
{
    size_t length = strlen(text);
    size_t offset;

    if (length >= INT_MAX / 3) {
        return NULL;
    }
    if (!text_is_utf8(text, length, &offset)) {
        return new_repaired(text, length);
    }
    return json_object_new_string(text);
}

void json_row_text(struct json_row *row, const char *key, const char *text)
{
    add(row, key, text != NULL ? new_text(text) : NULL, text == NULL);
}

void json_row_number(struct json_row *row, const char *key, int64_t number)
{
    add(row, key, json_object_new_int64(number), false);
}

void json_row_time(struct json_row *row, const char *key, int64_t time_us)
{
    char text[CRUDDUR_TIME_SIZE];

    if (time_us == CRUDDUR_TIME_UNKNOWN || cruddur_time_format(time_us, text, NULL) != CRUDDUR_OK) {
        json_row_text(row, key, NULL);
    } else {
        json_row_text(row, key, text);
    }
}

void json_row_parsed(struct json_row *row, const char *key, const char *text)
{
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
    struct json_object *value = NULL;
    size_t length = strlen(text);
    bool good;

    if (tokener == NULL || length >= INT_MAX) {
        row->failed = true;
        if (tokener != NULL) {
            json_tokener_free(tokener);
        }
        return;
    }
    /* With its NUL: that ends a number. */
    value = json_tokener_parse_ex(tokener, text, (int)length + 1);
    good = json_tokener_get_error(tokener) == json_tokener_success;
    json_tokener_free(tokener);
    if (good) {
        add(row, key, value, true);
    } else {
        json_object_put(value);
        json_row_text(row, key, text);
    }
}

/*
 * Writes JSON text. DEL and the C1 controls, which JSON allows as they are, are escaped: a terminal
 * may act on them. They occur within strings only.
 */
static void write_json(struct out *out, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    const unsigned char *start = p;

    for (; *p != '\0'; p++) {
        bool is_c1 = p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0;

        if (!is_c1 && *p != 0x7F) {
            continue;
        }
        out_bytes(out, (const char *)start, (size_t)(p - start));
        p += is_c1;
        out_format(out, "\\u%04x", (unsigned)*p);
        start = p + 1;
    }
    out_bytes(out, (const char *)start, (size_t)(p - start));
}

static void write_object(struct out *out, struct json_object *object)
{
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
                                                                  JSON_C_TO_STRING_NOSLASHESCAPE);

    if (text != NULL) {
        write_json(out, text);
    } else {
        out->error = ENOMEM;
    }
}

static void finish(struct json_row *row, struct out *out)
{
    if (row->failed) {
        out->error = ENOMEM;
    } else {
        write_object(out, row->object);
    }
    json_object_put(row->object);
    row->object = NULL;
}

void json_row_write(struct json_row *row, struct out *out)
{
    finish(row, out);
    out_text(out, "\n");
}

void json_list_begin(struct json_list *list, struct out *out, const char *name)
{
    list->out = out;
    list->empty = true;
    out_format(out, "{\"%s\":[", name);
}

void json_list_add(struct json_list *list, struct json_row *row)
{
    out_text(list->out, list->empty ? "\n" : ",\n");
    list->empty = false;
    finish(row, list->out);
}

void json_list_close(struct json_list *list)
{
    out_text(list->out, list->empty ? "]" : "\n]");
}

void json_list_text(struct json_list *list, const char *key, const char *text)
{
    struct json_object *value = text != NULL ? new_text(text) : NULL;

    out_format(list->out, ",\"%s\":", key);
    if (text == NULL) {
        out_text(list->out, "null");
    } else if (value != NULL) {
        write_object(list->out, value);
    } else {
        list->out->error = ENOMEM;
    }
    json_object_put(value);
}

void json_list_end(struct json_list *list)
{
    out_text(list->out, "}\n");
}
