/* SPDX-License-Identifier: MIT */
/* The frame of every page, the list of conversations, and the pages without a conversation. */
#include <stdlib.h>
#include <string.h>

#include "show.h"

static void put_head(html *out, const struct view *view, const char *title)
{
    html_put(out,
             "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s</title>\n"
             "<link rel=\"icon\" href=\"%s\" type=\"image/svg+xml\">\n"
             "<link rel=\"stylesheet\" href=\"%s\">\n",
             title, view->icons, view->css);
    if (view->viewer != NULL) {
        html_put(out, "<script src=\"%s\" defer></script>\n", view->script);
    }
    html_put(out, "</head>\n");
}

/* The form that all buttons of messages and of the conversation belong to. */
static void put_action_form(html *out, const struct view *view)
{
    html_put(out,
             "<form id=\"act\" method=\"post\" hidden>"
             "<input type=\"hidden\" name=\"csrf\" value=\"%s\"></form>\n",
             view->csrf);
}

static void put_preview(html *out, const cruddur_group *group)
{
    const char *text = cruddur_group_text(group);
    if (*text == '\0') {
        html_put(out, "<span class=\"preview gone\">No message to show</span>");
    } else {
        html_put(out, "<span class=\"preview\" dir=\"auto\">%s</span>", text);
    }
}

static void put_badge(html *out, const struct view *view, const cruddur_group *group)
{
    int count = (int)cruddur_group_unread_count(group);
    if (count > 0) {
        html_put(out, "<span class=\"badge%s\">%d%s<span class=\"unseen\"> unread</span></span>",
                 cruddur_group_muted_until_us(group) > view->now_us ? " quiet" : "", count,
                 cruddur_group_unread_is_exact(group) ? "" : "+");
    }
}

static void put_group(html *out, const struct view *view, const cruddur_group *group)
{
    const char *uuid = cruddur_group_uuid(group);
    const char *handle = cruddur_group_user_handle(group);
    bool is_open = strcmp(uuid, view->open_uuid) == 0;
    html_put(out, "<li><a class=\"group\" href=\"/messages/%s%s\"%s data-group=\"%s\">", uuid,
             cruddur_group_unread_count(group) > 0 ? "#unread" : "",
             is_open ? " aria-current=\"page\"" : "", uuid);
    show_avatar(out, cruddur_group_member_count(group) == 2 ? cruddur_group_user_uuid(group) : uuid,
                show_group_name(group));
    html_put(out, "<span class=\"row\"><span class=\"who\"><b>");
    show_group_title(out, group);
    html_put(out, "</b>");
    if (cruddur_group_member_count(group) == 2 && *handle != '\0') {
        html_put(out, " <span class=\"handle\">@%s</span>", handle);
    }
    html_put(out, "</span> <span class=\"when\">");
    show_time(out, view, cruddur_group_last_message_at_us(group), SHOW_TIME_AGO);
    html_put(out, "</span></span> <span class=\"row\">");
    put_preview(out, group);
    html_put(out, " <span class=\"marks\">");
    if (cruddur_group_muted_until_us(group) > view->now_us) {
        show_icon(out, view, "muted");
        html_put(out, "<span class=\"unseen\"> muted</span>");
    }
    if (cruddur_group_is_archived(group)) {
        html_put(out, "<span class=\"tag\">archived</span>");
    }
    put_badge(out, view, group);
    html_put(out, "</span></span></a></li>\n");
}

void show_inbox(html *out, const struct view *view)
{
    size_t count = cruddur_group_page_count(view->inbox);
    html_put(out, "<div id=\"inbox\">\n");
    if (count == 0) {
        html_put(out, "<p class=\"hint\">No conversations%s.</p>\n",
                 view->has_archived ? "" : " yet");
    } else {
        html_put(out, "<ul class=\"groups\">\n");
        for (size_t i = 0; i < count; i++) {
            put_group(out, view, cruddur_group_page_at(view->inbox, i));
        }
        html_put(out, "</ul>\n");
    }
    html_put(out, "<p class=\"more\">");
    if (cruddur_group_page_has_older(view->inbox)) {
        html_put(out, "<a href=\"/messages?%sgroups=", view->has_archived ? "archived=1&" : "");
        html_put_url(out, cruddur_group_page_older(view->inbox));
        html_put(out, "\">Older conversations</a> ");
    }
    html_put(out, "<a href=\"/messages%s\">%s</a></p>\n</div>\n",
             view->has_archived ? "" : "?archived=1",
             view->has_archived ? "Without the archived ones" : "Archived conversations");
}

/* All offsets from UTC that occur are a multiple of a quarter of an hour. */
static void put_zones(html *out, const struct view *view)
{
    for (int offset = -720; offset <= 840; offset += 15) {
        int size = abs(offset);
        html_put(out, "<option value=\"%d\"%s>UTC%s%02d:%02d</option>", offset,
                 offset == view->utc_offset_min ? " selected" : "",
                 offset < 0 ? "\xE2\x88\x92" : "+", size / 60, size % 60);
    }
}

static void put_account(html *out, const struct view *view)
{
    const char *name = show_name(view->viewer->display_name, view->viewer->handle);
    html_put(out, "<footer class=\"account\">");
    show_avatar(out, view->viewer->uuid, name);
    html_put(out,
             "<span class=\"who\"><b><bdi>%s</bdi></b> <span class=\"handle\">@%s</span></span>\n",
             name, view->viewer->handle);
    html_put(out,
             "<button form=\"act\" formaction=\"/sign-out\" class=\"quiet\">Sign out</button>\n"
             "<noscript><form class=\"zone\" method=\"post\" action=\"/time-zone\">"
             "<input type=\"hidden\" name=\"csrf\" value=\"%s\">"
             "<label>Time zone <select name=\"utc_offset\">",
             view->csrf);
    put_zones(out, view);
    html_put(out, "</select></label> <button>Set</button></form></noscript></footer>\n");
}

/* This is the page's main part while no conversation is open. */
static void put_navigation(html *out, const struct view *view)
{
    bool is_main = view->group == NULL && !view->is_new;
    const char *heading = is_main ? "h1" : "h2";
    html_put(out,
             "<%s class=\"inbox\" aria-label=\"Conversations\">\n<header class=\"bar\">"
             "<%s>Messages</%s><a class=\"button round\" href=\"/messages/new\">",
             is_main ? "main" : "nav", heading, heading);
    show_icon(out, view, "new");
    html_put(out, "<span class=\"unseen\">New conversation</span></a></header>\n");
    show_inbox(out, view);
    put_account(out, view);
    html_put(out, "</%s>\n", is_main ? "main" : "nav");
}

static void put_title(html *out, const struct view *view)
{
    put_head(out, view,
             view->group != NULL ? show_group_name(view->group)
             : view->is_new      ? "New conversation"
                                 : "Messages");
}

void show_messages(html *out, const struct view *view)
{
    bool has_main = view->group != NULL || view->is_new;
    put_title(out, view);
    html_put(out, "<body class=\"app %s\" data-viewer=\"%s\" data-group=\"%s\">\n",
             has_main ? "reading" : "choosing", view->viewer->uuid, view->open_uuid);
    html_put(out, "<a class=\"skip\" href=\"#%s\">Skip to %s</a>\n", has_main ? "text" : "inbox",
             has_main ? "the message field" : "the conversations");
    put_action_form(out, view);
    put_navigation(out, view);
    html_put(out,
             has_main ? "<main class=\"talk\">\n" : "<aside class=\"talk\" aria-label=\"Hint\">\n");
    if (has_main) {
        show_conversation(out, view);
    } else {
        html_put(out, "<div class=\"nothing\">");
        show_icon(out, view, "bubbles");
        html_put(out, "<p>Choose a conversation, or begin <a href=\"/messages/new\">a new one</a>."
                      "</p></div>\n");
    }
    html_put(out,
             "</%s>\n<p id=\"announcer\" class=\"unseen\" role=\"status\"></p>\n"
             "<p id=\"state\" class=\"state\" role=\"status\" hidden></p>\n</body>\n</html>\n",
             has_main ? "main" : "aside");
}

void show_notice(html *out, const struct view *view, const char *title, const char *text)
{
    put_head(out, view, title);
    html_put(out,
             "<body class=\"card-page\">\n<main class=\"card\">\n<h1>%s</h1>\n<p>%s</p>\n"
             "<p><a class=\"button\" href=\"/messages\">To the messages</a></p>\n"
             "</main>\n</body>\n</html>\n",
             title, text);
}

void show_sign_in(html *out, const struct view *view)
{
    put_head(out, view, "Sign in");
    html_put(out,
             "<body class=\"card-page\">\n<main class=\"card\">\n<h1>Sign in</h1>\n"
             "<p>The application signs you in. In a demonstration, open the link that it has "
             "printed, or enter its code: each is good for one time.</p>\n"
             "<form class=\"finder\" method=\"post\" action=\"/sign-in\">\n"
             "<input type=\"hidden\" name=\"csrf\" value=\"%s\">",
             view->csrf);
    if (view->error != NULL) {
        html_put(out, "<p class=\"error\" role=\"alert\">%s</p>\n", view->error);
    }
    html_put(out, "<label for=\"code\">Code</label><div class=\"row\"><input id=\"code\" "
                  "name=\"code\" required autocomplete=\"off\" spellcheck=\"false\">"
                  "<button class=\"button\">Sign in</button></div></form>\n"
                  "</main>\n</body>\n</html>\n");
}
