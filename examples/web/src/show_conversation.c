/* SPDX-License-Identifier: MIT */
/* The main part of the page: the conversation's head, its messages, and the form below them. */
#include <string.h>

#include "show.h"

static void put_back(html *out, const struct view *view)
{
    html_put(out, "<a class=\"button round back\" href=\"/messages\">");
    show_icon(out, view, "back");
    html_put(out, "<span class=\"unseen\">All conversations</span></a>\n");
}

/* A button of the conversation's menu. */
static void put_setting(html *out, const struct view *view, const char *action, const char *value,
                        const char *icon, const char *label)
{
    html_put(out, "<button form=\"act\" formaction=\"/messages/%s/%s\" name=\"set\" value=\"%s\">",
             cruddur_group_uuid(view->group), action, value);
    show_icon(out, view, icon);
    html_put(out, "%s</button>", label);
}

static void put_settings(html *out, const struct view *view)
{
    const cruddur_group *group = view->group;
    html_put(out, "<details class=\"menu\"><summary>");
    show_icon(out, view, "more");
    html_put(out, "<span class=\"unseen\">Conversation settings</span></summary>"
                  "<div class=\"sheet\">");
    if (cruddur_group_muted_until_us(group) > view->now_us) {
        put_setting(out, view, "mute", "off", "sound", "Unmute");
    } else {
        put_setting(out, view, "mute", "8h", "muted", "Mute for 8 hours");
        put_setting(out, view, "mute", "on", "muted", "Mute");
    }
    if (cruddur_group_is_archived(group)) {
        put_setting(out, view, "archive", "off", "archive", "Back to the inbox");
    } else {
        put_setting(out, view, "archive", "on", "archive", "Archive");
    }
    if (cruddur_group_is_blocked_by_viewer(group)) {
        put_setting(out, view, "block", "off", "block", "Unblock");
    } else if (cruddur_group_member_count(group) == 2) {
        html_put(out, "<details class=\"confirm\"><summary>");
        show_icon(out, view, "block");
        html_put(out, "Block</summary>");
        put_setting(out, view, "block", "on", "block", "Nobody can write here then");
        html_put(out, "</details>");
    }
    html_put(out, "</div></details>\n");
}

static void put_members(html *out, const struct view *view)
{
    const char *handle = cruddur_group_user_handle(view->group);
    size_t count = cruddur_members_count(view->members);
    html_put(out, "<span class=\"handle\">");
    if (cruddur_group_member_count(view->group) == 2) {
        html_put(out, "%s%s", *handle != '\0' ? "@" : "", handle);
    } else {
        for (size_t i = 0; i < count; i++) {
            const cruddur_user *member = cruddur_members_at(view->members, i);
            html_put(out, "%s<bdi>%s</bdi>", i == 0 ? "" : ", ",
                     show_name(member->display_name, member->handle));
        }
    }
    html_put(out, "</span>");
}

static void put_group_head(html *out, const struct view *view)
{
    bool is_direct = cruddur_group_member_count(view->group) == 2;
    html_put(out, "<header class=\"bar\">");
    put_back(out, view);
    show_avatar(out,
                is_direct ? cruddur_group_user_uuid(view->group) : cruddur_group_uuid(view->group),
                show_group_name(view->group));
    html_put(out, "<div class=\"who\"><h1>");
    show_group_title(out, view->group);
    html_put(out, "</h1>");
    put_members(out, view);
    html_put(out, "</div>");
    if (cruddur_group_muted_until_us(view->group) > view->now_us) {
        html_put(out, "<span class=\"tag\">muted</span>");
    }
    put_settings(out, view);
    html_put(out, "</header>\n");
}

/* Shows the log's end without the script, as the box is laid out from below (page.css). */
static void put_log(html *out, const struct view *view)
{
    html_put(out, "<div class=\"log\" id=\"log\" role=\"log\" aria-live=\"off\" tabindex=\"0\" "
                  "aria-label=\"Messages\"><div class=\"paper\">\n");
    if (cruddur_msg_page_has_older(view->messages)) {
        html_put(out, "<p class=\"more\"><a id=\"older\" href=\"/messages/%s?before=",
                 cruddur_group_uuid(view->group));
        html_put_url(out, cruddur_msg_page_older(view->messages));
        html_put(out, "\">Older messages</a></p>\n");
    }
    show_items(out, view);
    if (view->is_past) {
        html_put(out, "<p class=\"more newest\"><a href=\"/messages/%s\">Newest messages</a></p>\n",
                 cruddur_group_uuid(view->group));
    }
    html_put(out,
             "</div></div>\n<button id=\"pill\" class=\"pill\" type=\"button\" hidden></button>\n");
}

/* What the form replies to or edits, and the way out. */
static void put_context(html *out, const struct view *view)
{
    const cruddur_msg *msg = view->edit != NULL ? view->edit : view->reply;
    html_put(
        out,
        "<div class=\"context\" id=\"context\"%s><p><b>%s</b> <span dir=\"auto\">%s</span></p>",
        msg == NULL ? " hidden" : "", view->edit != NULL ? "Edit" : "Reply to",
        msg != NULL ? cruddur_msg_text(msg) : "");
    html_put(out, "<a class=\"button round\" id=\"cancel\" href=\"/messages/%s\">",
             view->group != NULL ? cruddur_group_uuid(view->group) : "");
    show_icon(out, view, "close");
    html_put(out, "<span class=\"unseen\">Cancel</span></a></div>\n");
    html_put(out, "<input type=\"hidden\" name=\"reply_to\" value=\"%s\">",
             view->reply != NULL ? cruddur_msg_uuid(view->reply) : "");
    if (view->edit != NULL) {
        html_put(out,
                 "<input type=\"hidden\" name=\"message\" value=\"%s\">"
                 "<input type=\"hidden\" name=\"at\" value=\"%lld\">"
                 "<input type=\"hidden\" name=\"version\" value=\"%s\">",
                 cruddur_msg_uuid(view->edit), (long long)cruddur_msg_created_at_us(view->edit),
                 cruddur_msg_version(view->edit));
    }
}

/* The characters of the draft: bytes of UTF-8 that begin one. */
static int count_characters(const char *text)
{
    int count = 0;
    for (; *text != '\0'; text++) {
        count += ((unsigned char)*text & 0xC0U) != 0x80U;
    }
    return count;
}

static void put_field(html *out, const struct view *view)
{
    const char *draft = view->draft != NULL  ? view->draft
                        : view->edit != NULL ? cruddur_msg_text(view->edit)
                                             : "";
    html_put(
        out,
        "<div class=\"field\"><label class=\"unseen\" for=\"text\">Message</label>\n"
        "<textarea id=\"text\" name=\"text\" rows=\"1\" dir=\"auto\" required "
        "aria-describedby=\"left\" placeholder=\"Message\" data-max=\"%d\"%s>\n%s</textarea>\n",
        SHOW_TEXT_MAX,
        view->edit != NULL || view->reply != NULL || view->error != NULL ? " autofocus" : "",
        draft);
    html_put(out,
             "<p class=\"left\" id=\"left\"><output for=\"text\">%d</output>"
             "<span class=\"unseen\"> characters left</span></p>\n",
             SHOW_TEXT_MAX - count_characters(draft));
    html_put(out, "<button class=\"button send\">");
    show_icon(out, view, "send");
    html_put(out, "<span>%s</span></button></div>\n", view->edit != NULL ? "Save" : "Message");
}

static void put_error(html *out, const struct view *view)
{
    html_put(out, "<p class=\"error\" id=\"error\" role=\"alert\"%s>%s</p>\n",
             view->error == NULL ? " hidden" : "", view->error != NULL ? view->error : "");
}

static void put_composer(html *out, const struct view *view)
{
    html_put(out, "<form class=\"composer\" id=\"composer\" method=\"post\" action=\"/messages/");
    if (view->group != NULL) {
        html_put(out, "%s/%s\">\n", cruddur_group_uuid(view->group),
                 view->edit != NULL ? "edit" : "send");
    } else {
        html_put(out, "new\"><input type=\"hidden\" name=\"handle\" value=\"%s\">\n",
                 view->other->handle);
    }
    html_put(out,
             "<input type=\"hidden\" name=\"csrf\" value=\"%s\">"
             "<input type=\"hidden\" name=\"message_uuid\" value=\"%s\">\n",
             view->csrf, view->message_uuid);
    put_error(out, view);
    if (view->group != NULL) {
        put_context(out, view);
    }
    put_field(out, view);
    html_put(out, "</form>\n");
}

static void put_blocked(html *out, const struct view *view)
{
    if (!cruddur_group_is_blocked_by_viewer(view->group)) {
        html_put(out, "<div class=\"composer closed\"><p id=\"text\" tabindex=\"-1\">"
                      "Nobody can write here at the moment.</p></div>\n");
        return;
    }
    html_put(out, "<div class=\"composer closed\"><p id=\"text\" tabindex=\"-1\">You block this "
                  "conversation.</p>");
    put_setting(out, view, "block", "off", "block", "Unblock");
    html_put(out, "</div>\n");
}

/* A conversation that has not begun: with a person, or the question with whom. */
static void put_new(html *out, const struct view *view)
{
    html_put(out, "<header class=\"bar\">");
    put_back(out, view);
    if (view->other != NULL) {
        const char *name = show_name(view->other->display_name, view->other->handle);
        show_avatar(out, view->other->uuid, name);
        html_put(out,
                 "<div class=\"who\"><h1><bdi>%s</bdi></h1><span class=\"handle\">@%s</span></div>"
                 "</header>\n<div class=\"nothing\">",
                 name, view->other->handle);
        show_avatar(out, view->other->uuid, name);
        html_put(out, "<p>The beginning of your conversation with <bdi>%s</bdi>.</p></div>\n",
                 name);
        put_composer(out, view);
        return;
    }
    html_put(out, "<h1>New conversation</h1></header>\n<div class=\"nothing\">"
                  "<form class=\"finder\" method=\"get\" action=\"/messages/new\">\n");
    put_error(out, view);
    html_put(
        out,
        "<label for=\"text\">Write to</label><div class=\"row\"><span aria-hidden=\"true\">@"
        "</span><input id=\"text\" name=\"handle\" value=\"%s\" required autofocus "
        "autocapitalize=\"none\" autocomplete=\"off\" spellcheck=\"false\" placeholder=\"handle\">"
        "<button class=\"button\">Next</button></div></form></div>\n",
        view->handle != NULL ? view->handle : "");
}

void show_conversation(html *out, const struct view *view)
{
    if (view->group == NULL) {
        put_new(out, view);
        return;
    }
    put_group_head(out, view);
    put_log(out, view);
    if (cruddur_group_is_blocked(view->group)) {
        put_blocked(out, view);
    } else {
        put_composer(out, view);
    }
}
