/* SPDX-License-Identifier: MIT */
#include <cruddur/fields.h>
#include <string.h>

#include "cruddur/entry.h"
#include "model/reactions.h"

/* What is written: bytes beyond the room are counted only. */
typedef struct sheet {
    char *bytes;
    size_t room;
    size_t size;
} sheet;

static void add_bytes(sheet *out, const char *bytes, size_t size)
{
    if (size > 0 && out->size <= out->room && size <= out->room - out->size) {
        memcpy(out->bytes + out->size, bytes, size);
    }
    out->size += size;
}

static void add_text(sheet *out, const char *text)
{
    if (text == NULL) {
        add_bytes(out, "", 1);
    } else {
        add_bytes(out, text, strlen(text) + 1);
    }
}

static void add_number(sheet *out, int64_t number)
{
    char digits[24];
    size_t at = sizeof(digits) - 1;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        digits[--at] = '-';
    }
    add_bytes(out, digits + at, sizeof(digits) - at);
}

static void add_time(sheet *out, int64_t time_us)
{
    if (time_us == CRUDDUR_TIME_UNKNOWN) {
        add_text(out, NULL);
    } else {
        add_number(out, time_us);
    }
}

static void add_flag(sheet *out, bool flag)
{
    add_text(out, flag ? "1" : NULL);
}

static void add_page(sheet *out, const cr_page *page)
{
    add_text(out, cr_page_older(page));
    add_text(out, cr_page_newer(page));
    add_flag(out, page->has_older);
    add_flag(out, page->has_newer);
}

/* ---- messages ---- */

/* One of the two gets the value. */
typedef struct msg_field {
    const char *name;
    const char *(*text)(const cruddur_msg *msg);
    int64_t (*time_us)(const cruddur_msg *msg);
} msg_field;

/* The order is part of the interface. */
static const msg_field msg_fields[] = {
    {"uuid", cruddur_msg_uuid, NULL},
    {"group_uuid", cruddur_msg_group_uuid, NULL},
    {"text", cruddur_msg_text, NULL},
    {"user_uuid", cruddur_msg_user_uuid, NULL},
    {"user_display_name", cruddur_msg_user_display_name, NULL},
    {"user_handle", cruddur_msg_user_handle, NULL},
    {"created_at_us", NULL, cruddur_msg_created_at_us},
    {"sort_key", cruddur_msg_sort_key, NULL},
    {"version", cruddur_msg_version, NULL},
    {"edited_at_us", NULL, cruddur_msg_edited_at_us},
    {"deleted_at_us", NULL, cruddur_msg_deleted_at_us},
    {"expires_at_us", NULL, cruddur_msg_expires_at_us},
    {"reply_to", cruddur_msg_reply_to, NULL},
    {"data", cruddur_msg_data, NULL},
    {"reactions", NULL, NULL},
};

#define MSG_FIELD_COUNT (sizeof(msg_fields) / sizeof(msg_fields[0]))

/* Lines that are no reactions are left out, as by cruddur_msg_reaction_at(). */
static void add_reactions(sheet *out, const cruddur_msg *msg)
{
    cr_reaction reaction;
    const char *separator = "";
    cr_str rest = cr_str_of(cr_packed_get((const cr_packed_row *)msg, CR_REACTIONS));
    while (cr_reactions_next(&rest, &reaction)) {
        add_bytes(out, separator, strlen(separator));
        add_bytes(out, reaction.text.data, reaction.text.size);
        add_bytes(out, " ", 1);
        add_bytes(out, reaction.user.data, reaction.user.size);
        separator = "\n";
    }
    add_bytes(out, "", 1);
}

static void add_msg(sheet *out, const cruddur_msg *msg)
{
    for (size_t i = 0; i < MSG_FIELD_COUNT; i++) {
        const msg_field *field = &msg_fields[i];
        if (field->text != NULL) {
            add_text(out, field->text(msg));
        } else if (field->time_us != NULL) {
            add_time(out, field->time_us(msg));
        } else {
            add_reactions(out, msg);
        }
    }
}

size_t cruddur_msg_field_count(void)
{
    return MSG_FIELD_COUNT;
}

const char *cruddur_msg_field_name(size_t field)
{
    return field < MSG_FIELD_COUNT ? msg_fields[field].name : NULL;
}

size_t cruddur_msg_fields(const cruddur_msg *msg, char *buffer, size_t size)
{
    sheet out = {buffer, size, 0};
    add_msg(&out, msg);
    return out.size;
}

size_t cruddur_msg_page_fields(const cruddur_msg_page *page, char *buffer, size_t size)
{
    sheet out = {buffer, size, 0};
    if (page == NULL) {
        return 0;
    }
    add_page(&out, (const cr_page *)page);
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        add_msg(&out, cruddur_msg_page_at(page, i));
    }
    return out.size;
}

/* ---- groups ---- */

/* One of the four gets the value. */
typedef struct group_field {
    const char *name;
    const char *(*text)(const cruddur_group *group);
    int64_t (*time_us)(const cruddur_group *group);
    bool (*flag)(const cruddur_group *group);
    size_t (*count)(const cruddur_group *group);
} group_field;

static size_t count_unread(const cruddur_group *group)
{
    return cruddur_group_unread_count(group);
}

/* The order is part of the interface. */
static const group_field group_fields[] = {
    {.name = "uuid", .text = cruddur_group_uuid},
    {.name = "name", .text = cruddur_group_name},
    {.name = "text", .text = cruddur_group_text},
    {.name = "user_uuid", .text = cruddur_group_user_uuid},
    {.name = "user_display_name", .text = cruddur_group_user_display_name},
    {.name = "user_handle", .text = cruddur_group_user_handle},
    {.name = "member_count", .count = cruddur_group_member_count},
    {.name = "last_message_at_us", .time_us = cruddur_group_last_message_at_us},
    {.name = "sort_key", .text = cruddur_group_sort_key},
    {.name = "unread_count", .count = count_unread},
    {.name = "unread_is_exact", .flag = cruddur_group_unread_is_exact},
    {.name = "read_up_to_us", .time_us = cruddur_group_read_up_to_us},
    {.name = "muted_until_us", .time_us = cruddur_group_muted_until_us},
    {.name = "is_archived", .flag = cruddur_group_is_archived},
    {.name = "is_pinned", .flag = cruddur_group_is_pinned},
    {.name = "is_hidden", .flag = cruddur_group_is_hidden},
    {.name = "is_blocked", .flag = cruddur_group_is_blocked},
    {.name = "is_blocked_by_viewer", .flag = cruddur_group_is_blocked_by_viewer},
    {.name = "data", .text = cruddur_group_data},
};

#define GROUP_FIELD_COUNT (sizeof(group_fields) / sizeof(group_fields[0]))

static void add_group(sheet *out, const cruddur_group *group)
{
    for (size_t i = 0; i < GROUP_FIELD_COUNT; i++) {
        const group_field *field = &group_fields[i];
        if (field->text != NULL) {
            add_text(out, field->text(group));
        } else if (field->time_us != NULL) {
            add_time(out, field->time_us(group));
        } else if (field->flag != NULL) {
            add_flag(out, field->flag(group));
        } else {
            add_number(out, (int64_t)field->count(group));
        }
    }
}

size_t cruddur_group_field_count(void)
{
    return GROUP_FIELD_COUNT;
}

const char *cruddur_group_field_name(size_t field)
{
    return field < GROUP_FIELD_COUNT ? group_fields[field].name : NULL;
}

size_t cruddur_group_fields(const cruddur_group *group, char *buffer, size_t size)
{
    sheet out = {buffer, size, 0};
    add_group(&out, group);
    return out.size;
}

size_t cruddur_group_page_fields(const cruddur_group_page *page, char *buffer, size_t size)
{
    sheet out = {buffer, size, 0};
    if (page == NULL) {
        return 0;
    }
    add_page(&out, (const cr_page *)page);
    for (size_t i = 0; i < cruddur_group_page_count(page); i++) {
        add_group(&out, cruddur_group_page_at(page, i));
    }
    return out.size;
}

/* ---- members ---- */

size_t cruddur_members_fields(const cruddur_members *members, char *buffer, size_t size)
{
    sheet out = {buffer, size, 0};
    for (size_t i = 0; i < cruddur_members_count(members); i++) {
        const cruddur_user *user = cruddur_members_at(members, i);
        add_text(&out, user->uuid);
        add_text(&out, user->display_name);
        add_text(&out, user->handle);
        add_time(&out, cruddur_members_read_up_to_us(members, i));
    }
    return out.size;
}
