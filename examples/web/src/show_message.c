/* SPDX-License-Identifier: MIT */
/* Messages, and what is between them: days, what is unread, receipts. The script puts the days and
 * receipts anew when messages come or the reader's time zone is another one. */
#include <string.h>

#include "show.h"

/* Messages of one author within this time form a block. */
#define BLOCK_US (5 * INT64_C(60000000))

static const char *const reactions[] = {"\xF0\x9F\x91\x8D", "\xE2\x9D\xA4\xEF\xB8\x8F",
                                        "\xF0\x9F\x98\x82", "\xF0\x9F\x98\xAE",
                                        "\xF0\x9F\x99\x8F", "\xF0\x9F\x8E\x89"};

static bool is_own(const struct view *view, const cruddur_msg *msg)
{
    return strcmp(cruddur_msg_user_uuid(msg), view->viewer->uuid) == 0;
}

static bool is_deleted(const cruddur_msg *msg)
{
    return cruddur_msg_deleted_at_us(msg) != CRUDDUR_TIME_UNKNOWN;
}

static const char *author_name(const cruddur_msg *msg)
{
    return show_name(cruddur_msg_user_display_name(msg), cruddur_msg_user_handle(msg));
}

/* The URL of a form that changes a message; the message's time finds it on every engine. */
static void put_action(html *out, const cruddur_msg *msg, const char *action)
{
    html_put(out, "form=\"act\" formaction=\"/messages/%s/%s?message=%s&amp;at=%lld\"",
             cruddur_msg_group_uuid(msg), action, cruddur_msg_uuid(msg),
             (long long)cruddur_msg_created_at_us(msg));
}

static const cruddur_msg *find_quoted(const struct view *view, const char *uuid)
{
    for (size_t i = 0; i < cruddur_msg_page_count(view->messages); i++) {
        const cruddur_msg *msg = cruddur_msg_page_at(view->messages, i);
        if (strcmp(cruddur_msg_uuid(msg), uuid) == 0) {
            return msg;
        }
    }
    for (size_t i = 0; i < view->n_quoted; i++) {
        if (view->quoted[i] != NULL && strcmp(cruddur_msg_uuid(view->quoted[i]), uuid) == 0) {
            return view->quoted[i];
        }
    }
    return NULL;
}

static void put_quote(html *out, const struct view *view, const cruddur_msg *msg)
{
    const cruddur_msg *quoted = find_quoted(view, cruddur_msg_reply_to(msg));
    if (quoted == NULL || is_deleted(quoted)) {
        html_put(out, "<p class=\"quote gone\">In reply to a message that is gone</p>\n");
        return;
    }
    html_put(out,
             "<a class=\"quote\" href=\"#m-%s\"><span class=\"unseen\">In reply to </span>"
             "<b><bdi>%s</bdi></b> <span dir=\"auto\">%s</span></a>\n",
             cruddur_msg_uuid(quoted), is_own(view, quoted) ? "You" : author_name(quoted),
             cruddur_msg_text(quoted));
}

/* One button for each kind of reaction, which adds or removes the viewer's own. */
static void put_reactions(html *out, const struct view *view, const cruddur_msg *msg)
{
    cruddur_reaction reaction;
    size_t i = 0;
    if (cruddur_msg_reaction_count(msg) == 0) {
        return;
    }
    html_put(out, "<p class=\"reactions\">");
    while (cruddur_msg_reaction_at(msg, i, &reaction)) {
        char kind[CRUDDUR_REACTION_SIZE];
        bool has_own = false;
        int count = 0;
        memcpy(kind, reaction.text, sizeof(kind));
        for (; cruddur_msg_reaction_at(msg, i, &reaction) && strcmp(reaction.text, kind) == 0;
             i++) {
            has_own = has_own || strcmp(reaction.user_uuid, view->viewer->uuid) == 0;
            count++;
        }
        html_put(out, "<button class=\"reaction\" aria-pressed=\"%s\" name=\"%s\" value=\"%s\" ",
                 has_own ? "true" : "false", has_own ? "remove" : "add", kind);
        put_action(out, msg, "react");
        html_put(out, ">%s <span>%d</span></button>", kind, count);
    }
    html_put(out, "</p>\n");
}

static void put_own_menu(html *out, const struct view *view, const cruddur_msg *msg,
                         const char *query)
{
    html_put(out, "<a data-act=\"edit\" href=\"?edit=%s\">", query);
    show_icon(out, view, "edit");
    html_put(out, "Edit</a><details class=\"confirm\"><summary>");
    show_icon(out, view, "delete");
    html_put(out, "Delete</summary><button class=\"danger\" ");
    put_action(out, msg, "delete");
    html_put(out, ">Delete for everyone</button></details>");
}

/* What can be done with a message: links and buttons that work without the script. */
static void put_menu(html *out, const struct view *view, const cruddur_msg *msg)
{
    html query = {0};
    html_put(&query, "%s&at=%lld", cruddur_msg_uuid(msg),
             (long long)cruddur_msg_created_at_us(msg));
    html_put(out, "<details class=\"menu\"><summary>");
    show_icon(out, view, "more");
    html_put(out, "<span class=\"unseen\">Actions</span></summary><div class=\"sheet\">"
                  "<p class=\"choice\">");
    for (size_t i = 0; i < sizeof(reactions) / sizeof(reactions[0]); i++) {
        html_put(out, "<button name=\"add\" value=\"%s\" ", reactions[i]);
        put_action(out, msg, "react");
        html_put(out, ">%s</button>", reactions[i]);
    }
    html_put(out, "</p><a data-act=\"reply\" href=\"?reply=%s\">", query.data);
    show_icon(out, view, "reply");
    html_put(out, "Reply</a>");
    if (is_own(view, msg)) {
        put_own_menu(out, view, msg, query.data);
    }
    html_put(out, "</div></details>\n");
    out->failed = out->failed || query.failed;
    html_free(&query);
}

static void put_text(html *out, const struct view *view, const cruddur_msg *msg)
{
    if (is_deleted(msg)) {
        html_put(out, "<p class=\"text gone\">%s</p>\n",
                 is_own(view, msg) ? "You deleted this message" : "This message was deleted");
        return;
    }
    if (cruddur_msg_reply_to(msg) != NULL) {
        put_quote(out, view, msg);
    }
    html_put(out, "<p class=\"text\" dir=\"auto\">%s</p>\n", cruddur_msg_text(msg));
}

static void put_message(html *out, const struct view *view, const cruddur_msg *msg, bool is_first)
{
    bool own = is_own(view, msg);
    html_put(out,
             "<li class=\"message%s%s%s\" id=\"m-%s\" tabindex=\"-1\" data-at=\"%lld\" "
             "data-author=\"%s\" data-version=\"%s\">\n",
             own ? " own" : "", is_first ? " first" : "", is_deleted(msg) ? " deleted" : "",
             cruddur_msg_uuid(msg), (long long)cruddur_msg_created_at_us(msg),
             cruddur_msg_user_uuid(msg), cruddur_msg_version(msg));
    if (!own) {
        show_avatar(out, cruddur_msg_user_uuid(msg), author_name(msg));
    }
    html_put(out, "<div class=\"body\"><p class=\"by\"><b><bdi>%s</bdi></b></p>\n",
             own ? "You" : author_name(msg));
    html_put(out, "<div class=\"bubble\">");
    put_text(out, view, msg);
    html_put(out, "<p class=\"meta\">");
    if (cruddur_msg_edited_at_us(msg) != CRUDDUR_TIME_UNKNOWN && !is_deleted(msg)) {
        html_put(out, "<span class=\"edited\">edited</span> ");
    }
    show_time(out, view, cruddur_msg_created_at_us(msg), SHOW_TIME_CLOCK);
    html_put(out, "</p></div>\n");
    put_reactions(out, view, msg);
    html_put(out, "</div>\n");
    if (!is_deleted(msg) && (view->group == NULL || !cruddur_group_is_blocked(view->group))) {
        put_menu(out, view, msg);
    }
    html_put(out, "</li>\n");
}

void show_changed(html *out, const struct view *view)
{
    put_message(out, view, view->changed, true);
}

/* The members who have read one's message, below the newest that each has read. */
static void put_seen(html *out, const struct view *view, const cruddur_msg *msg,
                     const cruddur_msg *next_own)
{
    int64_t from = cruddur_msg_created_at_us(msg);
    int64_t until = next_own != NULL ? cruddur_msg_created_at_us(next_own) : INT64_MAX;
    size_t count = cruddur_members_count(view->members);
    int seen = 0;
    for (size_t i = 0; i < count; i++) {
        const cruddur_user *member = cruddur_members_at(view->members, i);
        int64_t read_us = cruddur_members_read_up_to_us(view->members, i);
        if (strcmp(member->uuid, view->viewer->uuid) != 0 && read_us >= from && read_us < until) {
            html_put(out, seen == 0 ? "<li class=\"seen\">Seen" : "");
            if (count > 2) {
                html_put(out, "%s <bdi>%s</bdi>", seen == 0 ? " by" : ",",
                         show_name(member->display_name, member->handle));
            }
            seen++;
        }
    }
    html_put(out, seen > 0 ? "</li>\n" : "");
}

/* The receipts as the script reads them. */
static void put_receipts(html *out, const struct view *view)
{
    html_put(out, "<ul class=\"receipts\" hidden>");
    for (size_t i = 0; i < cruddur_members_count(view->members); i++) {
        const cruddur_user *member = cruddur_members_at(view->members, i);
        if (strcmp(member->uuid, view->viewer->uuid) != 0) {
            html_put(out, "<li data-at=\"%lld\">%s</li>",
                     (long long)cruddur_members_read_up_to_us(view->members, i),
                     show_name(member->display_name, member->handle));
        }
    }
    html_put(out, "</ul>\n");
}

static const cruddur_msg *next_own(const struct view *view, size_t index)
{
    const cruddur_msg *msg;
    while ((msg = cruddur_msg_page_at(view->messages, ++index)) != NULL && !is_own(view, msg)) {
    }
    return msg;
}

/* The line before the first message of others that the viewer has not read. */
static void put_unread(html *out, const struct view *view)
{
    int count = (int)cruddur_group_unread_count(view->group);
    html_put(out, "<li class=\"line unread\" id=\"unread\"><span>%d%s new</span>", count,
             cruddur_group_unread_is_exact(view->group) ? "" : "+");
    html_put(out,
             " <button class=\"quiet plain-only\" form=\"act\" formaction=\"/messages/%s/read\">"
             "Mark as read</button></li>\n",
             cruddur_group_uuid(view->group));
}

static bool is_unread(const struct view *view, const cruddur_msg *msg)
{
    return !is_own(view, msg) && !is_deleted(msg) && cruddur_group_unread_count(view->group) > 0 &&
           cruddur_msg_created_at_us(msg) > cruddur_group_read_up_to_us(view->group);
}

static bool begins_block(const struct view *view, const cruddur_msg *before, const cruddur_msg *msg)
{
    return before == NULL ||
           strcmp(cruddur_msg_user_uuid(before), cruddur_msg_user_uuid(msg)) != 0 ||
           cruddur_msg_created_at_us(msg) - cruddur_msg_created_at_us(before) > BLOCK_US ||
           !show_is_same_day(view, cruddur_msg_created_at_us(before),
                             cruddur_msg_created_at_us(msg));
}

void show_items(html *out, const struct view *view)
{
    const cruddur_msg *before = NULL;
    bool has_line = false;
    html_put(out,
             "<ol class=\"messages\" data-older=\"%s\" data-newer=\"%s\" data-more=\"%s%s\" "
             "data-read=\"%lld\">\n",
             cruddur_msg_page_older(view->messages), cruddur_msg_page_newer(view->messages),
             cruddur_msg_page_has_older(view->messages) ? "older " : "",
             cruddur_msg_page_has_newer(view->messages) ? "newer" : "",
             (long long)cruddur_group_read_up_to_us(view->group));
    for (size_t i = 0; i < cruddur_msg_page_count(view->messages); i++) {
        const cruddur_msg *msg = cruddur_msg_page_at(view->messages, i);
        int64_t at_us = cruddur_msg_created_at_us(msg);
        bool is_first = begins_block(view, before, msg);
        if (before == NULL || !show_is_same_day(view, cruddur_msg_created_at_us(before), at_us)) {
            html_put(out, "<li class=\"line day\"><span>");
            show_time(out, view, at_us, SHOW_TIME_DAY);
            html_put(out, "</span></li>\n");
        }
        if (!has_line && is_unread(view, msg)) {
            put_unread(out, view);
            has_line = is_first = true;
        }
        put_message(out, view, msg, is_first);
        if (is_own(view, msg)) {
            put_seen(out, view, msg, next_own(view, i));
        }
        before = msg;
    }
    html_put(out, "</ol>\n");
    put_receipts(out, view);
}
