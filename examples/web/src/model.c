/* SPDX-License-Identifier: MIT */
/* From what the library returns to the model of a page. */
#include "web.h"

/* A time in the reader's zone, in full. `form` is how the script shows it. */
static json_t *model_time(const struct reader *reader, int64_t time_us, const char *form)
{
    int64_t time_s = time_us / G_TIME_SPAN_SECOND;
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time_s);
    g_autoptr(GDateTime) local =
        g_date_time_new_from_unix_utc(time_s + reader->utc_offset_min * INT64_C(60));
    if (time_us == CRUDDUR_TIME_UNKNOWN || utc == NULL || local == NULL) {
        return json_null();
    }
    g_autofree char *datetime = g_date_time_format_iso8601(utc);
    g_autofree char *words = g_date_time_format(local, "%-d %B %Y, %H:%M");
    return json_pack("{ss,ss,ss}", "form", form, "datetime", datetime, "words", words);
}

static const char *name_of(const char *display_name, const char *handle)
{
    const char *name = display_name != NULL && *display_name != '\0' ? display_name : handle;
    return name != NULL && *name != '\0' ? name : "Somebody";
}

/* A circle of one of eight colours, with the first character of a name. */
static json_t *model_avatar(const char *uuid, const char *name)
{
    size_t length = (size_t)(g_utf8_find_next_char(name, NULL) - name);
    return json_pack("{si,ss%}", "hue", (int)(g_str_hash(uuid) % 8), "letter", name, length);
}

json_t *model_person(const json_t *person)
{
    const cruddur_user user = person_user(person);
    const char *name = name_of(user.display_name, user.handle);
    return json_pack("{ss,ss,ss,so}", "uuid", user.uuid, "name", name, "handle", user.handle,
                     "avatar", model_avatar(user.uuid, name));
}

json_t *model_group(const cruddur_group *group, const struct reader *reader, const char *open_uuid)
{
    const char *uuid = cruddur_group_uuid(group), *handle = cruddur_group_user_handle(group);
    const char *name = cruddur_group_name(group);
    size_t members = cruddur_group_member_count(group);
    bool is_direct = members == 2;
    int more = name == NULL && members > 2 ? (int)members - 2 : 0;
    name = name != NULL ? name : name_of(cruddur_group_user_display_name(group), handle);
    return json_pack(
        "{ss,ss,si,sb,ss,ss,si,ss,sI,sb,sb,sb,sb,sb,so,so}", "uuid", uuid, "name", name, "more",
        more, "is_direct", is_direct, "direct_handle", is_direct ? handle : "", "text",
        cruddur_group_text(group), "unread_count", (int)cruddur_group_unread_count(group),
        "unread_more", cruddur_group_unread_is_exact(group) ? "" : "+", "read_up_to_us",
        (json_int_t)cruddur_group_read_up_to_us(group), "is_muted",
        cruddur_group_muted_until_us(group) > reader->now_us, "is_archived",
        cruddur_group_is_archived(group), "is_blocked", cruddur_group_is_blocked(group),
        "is_blocked_by_viewer", cruddur_group_is_blocked_by_viewer(group), "is_open",
        strcmp(uuid, open_uuid) == 0, "at",
        model_time(reader, cruddur_group_last_message_at_us(group), "ago"), "avatar",
        model_avatar(is_direct ? cruddur_group_user_uuid(group) : uuid, name));
}

json_t *model_inbox(const cruddur_group_page *page, const struct reader *reader,
                    const char *open_uuid)
{
    json_t *groups = json_array();
    size_t count = cruddur_group_page_count(page);
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(groups,
                                    model_group(cruddur_group_page_at(page, i), reader, open_uuid));
    }
    return json_pack("{so,sb,ss}", "groups", groups, "has_groups", count > 0, "older",
                     cruddur_group_page_has_older(page) ? cruddur_group_page_older(page) : "");
}

json_t *model_members(const cruddur_members *members, const struct reader *reader)
{
    json_t *list = json_array();
    for (size_t i = 0; i < cruddur_members_count(members); i++) {
        const cruddur_user *member = cruddur_members_at(members, i);
        int64_t read_us = cruddur_members_read_up_to_us(members, i);
        (void)json_array_append_new(
            list,
            json_pack("{ss,sb,sb,sI,so}", "name", name_of(member->display_name, member->handle),
                      "is_viewer", strcmp(member->uuid, reader->uuid) == 0, "is_later", i > 0,
                      "read_up_to_us", (json_int_t)read_us, "at",
                      model_time(reader, read_us, "clock")));
    }
    return list;
}

/* One for each character: how many, and whether the reader's is among them. */
static json_t *model_reactions(const cruddur_msg *msg, const struct reader *reader)
{
    json_t *list = json_array();
    cruddur_reaction reaction;
    size_t i = 0;
    while (cruddur_msg_reaction_at(msg, i, &reaction)) {
        g_autofree char *kind = g_strdup(reaction.text);
        bool is_chosen = false;
        int count = 0;
        for (; cruddur_msg_reaction_at(msg, i, &reaction) && strcmp(reaction.text, kind) == 0;
             i++) {
            is_chosen = is_chosen || strcmp(reaction.user_uuid, reader->uuid) == 0;
            count++;
        }
        (void)json_array_append_new(list, json_pack("{ss,si,sb}", "reaction", kind, "count", count,
                                                    "is_chosen", is_chosen));
    }
    return list;
}

json_t *model_msg(const cruddur_msg *msg, const struct reader *reader)
{
    const char *user = cruddur_msg_user_uuid(msg), *reply_to = cruddur_msg_reply_to(msg);
    const char *name = name_of(cruddur_msg_user_display_name(msg), cruddur_msg_user_handle(msg));
    bool is_own = strcmp(user, reader->uuid) == 0;
    return json_pack("{ss,ss,ss,sI,ss,ss,ss,ss,sb,sb,sb,sb,so,so,so}", "uuid",
                     cruddur_msg_uuid(msg), "group_uuid", cruddur_msg_group_uuid(msg), "user_uuid",
                     user, "at_us", (json_int_t)cruddur_msg_created_at_us(msg), "version",
                     cruddur_msg_version(msg), "text", cruddur_msg_text(msg), "by",
                     is_own ? "You" : name, "reply_to", reply_to != NULL ? reply_to : "", "is_own",
                     is_own, "is_deleted", cruddur_msg_deleted_at_us(msg) != CRUDDUR_TIME_UNKNOWN,
                     "is_edited", cruddur_msg_edited_at_us(msg) != CRUDDUR_TIME_UNKNOWN,
                     "has_reactions", cruddur_msg_reaction_count(msg) > 0, "reactions",
                     model_reactions(msg, reader), "at",
                     model_time(reader, cruddur_msg_created_at_us(msg), "clock"), "avatar",
                     model_avatar(user, name));
}

json_t *model_messages(const cruddur_msg_page *page, const struct reader *reader, json_t *known)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        json_t *row = model_msg(cruddur_msg_page_at(page, i), reader);
        (void)json_object_set(known, text_of(row, "uuid"), row);
        (void)json_array_append_new(rows, row);
    }
    return json_pack("{so,ss,ss,sb,sb}", "rows", rows, "older", cruddur_msg_page_older(page),
                     "newer", cruddur_msg_page_newer(page), "has_older",
                     cruddur_msg_page_has_older(page), "has_newer",
                     cruddur_msg_page_has_newer(page));
}
