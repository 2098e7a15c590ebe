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

void json_flag(struct out *out, const char *before, const char *key, bool value)
{
    out_format(out, "%s\"%s\":%s", before, key, value ? "true" : "false");
}

void json_time(struct out *out, const char *before, const char *key, int64_t time_us)
{
    char text[CRUDDUR_TIME_SIZE];
    bool is_known =
        time_us != CRUDDUR_TIME_UNKNOWN && cruddur_time_format(time_us, text, NULL) == CRUDDUR_OK;
    json_text(out, before, key, is_known ? text : NULL);
}

static void write_muted_until(struct out *out, const cruddur_group *group)
{
    int64_t until_us = cruddur_group_muted_until_us(group);
    if (until_us == CRUDDUR_MUTE_FOREVER) {
        json_text(out, ",", "muted_until", "forever");
    } else {
        json_time(out, ",", "muted_until",
                  until_us == CRUDDUR_MUTE_OFF ? CRUDDUR_TIME_UNKNOWN : until_us);
    }
}

void json_begin_group(struct out *out, const cruddur_group *group)
{
    json_text(out, "{", "uuid", cruddur_group_uuid(group));
    json_text(out, ",", "display_name", cruddur_group_user_display_name(group));
    json_text(out, ",", "handle", cruddur_group_user_handle(group));
    json_text(out, ",", "user_uuid", cruddur_group_user_uuid(group));
    json_text(out, ",", "name", cruddur_group_name(group));
    json_number(out, ",", "member_count", cruddur_group_member_count(group));
    json_text(out, ",", "message", cruddur_group_text(group));
    json_time(out, ",", "created_at", cruddur_group_last_message_at_us(group));
    json_text(out, ",", "sort_key", cruddur_group_sort_key(group));
    json_number(out, ",", "unread", cruddur_group_unread_count(group));
    json_flag(out, ",", "unread_exact", cruddur_group_unread_is_exact(group));
    json_time(out, ",", "read_up_to", cruddur_group_read_up_to_us(group));
    write_muted_until(out, group);
    json_flag(out, ",", "archived", cruddur_group_is_archived(group));
    json_flag(out, ",", "pinned", cruddur_group_is_pinned(group));
    json_flag(out, ",", "hidden", cruddur_group_is_hidden(group));
    json_flag(out, ",", "blocked", cruddur_group_is_blocked(group));
    json_flag(out, ",", "blocked_by_viewer", cruddur_group_is_blocked_by_viewer(group));
    json_text(out, ",", "data", cruddur_group_data(group));
}

void json_group(struct out *out, const cruddur_group *group, const char *message_uuid)
{
    json_begin_group(out, group);
    if (message_uuid != NULL) {
        json_text(out, ",", "message_uuid", message_uuid);
    }
    out_text(out, "}");
}

/* One object for each kind of reaction: those of one kind are together. */
static void write_reactions(struct out *out, const cruddur_msg *msg)
{
    cruddur_reaction reaction, last = {"", ""};
    out_text(out, ",\"reactions\":[");
    for (size_t i = 0; cruddur_msg_reaction_at(msg, i, &reaction); i++) {
        bool is_new = i == 0 || strcmp(reaction.text, last.text) != 0;
        if (is_new) {
            out_text(out, i == 0 ? "" : "]},");
            json_text(out, "{", "reaction", reaction.text);
            out_text(out, ",\"user_uuids\":[");
        }
        out_text(out, is_new ? "" : ",");
        json_string(out, reaction.user_uuid);
        last = reaction;
    }
    out_text(out, last.text[0] != '\0' ? "]}]" : "]");
}

void json_begin_message(struct out *out, const cruddur_msg *msg)
{
    json_text(out, "{", "uuid", cruddur_msg_uuid(msg));
    json_text(out, ",", "group_uuid", cruddur_msg_group_uuid(msg));
    json_text(out, ",", "user_uuid", cruddur_msg_user_uuid(msg));
    json_text(out, ",", "display_name", cruddur_msg_user_display_name(msg));
    json_text(out, ",", "handle", cruddur_msg_user_handle(msg));
    json_text(out, ",", "message", cruddur_msg_text(msg));
    json_time(out, ",", "created_at", cruddur_msg_created_at_us(msg));
    json_text(out, ",", "sort_key", cruddur_msg_sort_key(msg));
    json_time(out, ",", "edited_at", cruddur_msg_edited_at_us(msg));
    json_time(out, ",", "deleted_at", cruddur_msg_deleted_at_us(msg));
    json_time(out, ",", "expires_at", cruddur_msg_expires_at_us(msg));
    json_text(out, ",", "reply_to", cruddur_msg_reply_to(msg));
    json_text(out, ",", "data", cruddur_msg_data(msg));
    write_reactions(out, msg);
    json_text(out, ",", "version", cruddur_msg_version(msg));
}

void json_message(struct out *out, const cruddur_msg *msg)
{
    json_begin_message(out, msg);
    out_text(out, "}");
}

void json_member(struct out *out, const cruddur_members *members, size_t index)
{
    const cruddur_user *user = cruddur_members_at(members, index);
    json_text(out, "{", "uuid", user->uuid);
    json_text(out, ",", "display_name", user->display_name);
    json_text(out, ",", "handle", user->handle);
    json_time(out, ",", "read_up_to", cruddur_members_read_up_to_us(members, index));
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
