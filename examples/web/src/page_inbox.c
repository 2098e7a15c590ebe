/* SPDX-License-Identifier: MIT */
/* The frame of every page, the list of conversations, and the pages without a conversation. */
#include <string.h>

#include "page.h"

static void put_head(html *out, const page_view *view, const char *title)
{
    html_put(out,
             "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s</title>\n"
             "<link rel=\"icon\" href=\"/static/icons.svg\" type=\"image/svg+xml\">\n"
             "<link rel=\"stylesheet\" href=\"/static/page.css\">\n",
             title);
    if (view->viewer != NULL) {
        html_put(out, "<script src=\"/static/page.js\" defer></script>\n");
    }
    html_put(out, "</head>\n");
}

/* The form that all buttons of messages and of the conversation belong to. */
static void put_action_form(html *out, const page_view *view)
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

static void put_group(html *out, const page_view *view, const cruddur_group *group)
{
    const char *uuid = cruddur_group_uuid(group);
    const char *handle = cruddur_group_user_handle(group);
    bool is_open = view->group != NULL && strcmp(uuid, cruddur_group_uuid(view->group)) == 0;
    html_put(out, "<li><a class=\"group\" href=\"/messages/%s%s\"%s data-group=\"%s\">", uuid,
             cruddur_group_unread_count(group) > 0 ? "#unread" : "",
             is_open ? " aria-current=\"page\"" : "", uuid);
    page_avatar(out, cruddur_group_member_count(group) == 2 ? cruddur_group_user_uuid(group) : uuid,
                page_group_name(group));
    html_put(out, "<span class=\"row\"><span class=\"who\"><b>");
    page_group_title(out, group);
    html_put(out, "</b>");
    if (cruddur_group_member_count(group) == 2 && *handle != '\0') {
        html_put(out, " <span class=\"handle\">@%s</span>", handle);
    }
    html_put(out, "</span> <span class=\"when\">");
    page_time(out, view, cruddur_group_last_message_at_us(group), PAGE_TIME_AGO);
    html_put(out, "</span></span> <span class=\"row\">");
    put_preview(out, group);
    html_put(out, " <span class=\"marks\">");
    if (cruddur_group_muted_until_us(group) > view->now_us) {
        page_icon(out, "muted");
        html_put(out, "<span class=\"unseen\"> muted</span>");
    }
    if (cruddur_group_is_archived(group)) {
        html_put(out, "<span class=\"tag\">archived</span>");
    }
    page_badge(out, group, view);
    html_put(out, "</span></span></a></li>\n");
}

void page_inbox(html *out, const page_view *view)
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

/* Half an hour and three quarters occur, too. */
static void put_zones(html *out, const page_view *view)
{
    static const int minutes[] = {-720, -660, -600, -570, -540, -480, -420, -360, -300, -240,
                                  -210, -180, -120, -60,  0,    60,   120,  180,  210,  240,
                                  270,  300,  330,  345,  360,  390,  420,  480,  525,  540,
                                  570,  600,  630,  660,  720,  765,  780,  840};
    for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
        int size = minutes[i] < 0 ? -minutes[i] : minutes[i];
        html_put(out, "<option value=\"%d\"%s>UTC", minutes[i],
                 minutes[i] == view->utc_offset_min ? " selected" : "");
        if (size != 0) {
            html_put(out, "%s%02d:%02d", minutes[i] < 0 ? "\xE2\x88\x92" : "+", size / 60,
                     size % 60);
        }
        html_put(out, "</option>");
    }
}

static void put_account(html *out, const page_view *view)
{
    const char *name = page_name(view->viewer->display_name, view->viewer->handle);
    html_put(out, "<footer class=\"account\">");
    page_avatar(out, view->viewer->uuid, name);
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

/* The heading is the page's first one while no conversation is open. */
static void put_navigation(html *out, const page_view *view)
{
    const char *heading = view->group != NULL || view->is_new ? "h2" : "h1";
    html_put(out,
             "<nav class=\"inbox\" aria-label=\"Conversations\">\n<header class=\"bar\">"
             "<%s>Messages</%s><a class=\"button round\" href=\"/messages/new\">",
             heading, heading);
    page_icon(out, "new");
    html_put(out, "<span class=\"unseen\">New conversation</span></a></header>\n");
    page_inbox(out, view);
    put_account(out, view);
    html_put(out, "</nav>\n");
}

static void put_title(html *out, const page_view *view)
{
    put_head(out, view,
             view->group != NULL ? page_group_name(view->group)
             : view->is_new      ? "New conversation"
                                 : "Messages");
}

void page_messages(html *out, const page_view *view)
{
    bool has_main = view->group != NULL || view->is_new;
    put_title(out, view);
    html_put(out, "<body class=\"app %s\" data-viewer=\"%s\" data-group=\"%s\">\n",
             has_main ? "reading" : "choosing", view->viewer->uuid,
             view->group != NULL ? cruddur_group_uuid(view->group) : "");
    html_put(out, "<a class=\"skip\" href=\"#%s\">Skip to %s</a>\n", has_main ? "text" : "inbox",
             has_main ? "the message field" : "the conversations");
    put_action_form(out, view);
    put_navigation(out, view);
    html_put(out, "<main>\n");
    if (has_main) {
        page_conversation(out, view);
    } else {
        html_put(out, "<div class=\"nothing\">");
        page_icon(out, "bubbles");
        html_put(out, "<p>Choose a conversation, or begin <a href=\"/messages/new\">a new one</a>."
                      "</p></div>\n");
    }
    html_put(out,
             "</main>\n<p id=\"announcer\" class=\"unseen\" role=\"status\"></p>\n"
             "<p id=\"state\" class=\"state\" role=\"status\" hidden></p>\n</body>\n</html>\n");
}

void page_notice(html *out, const page_view *view, const char *title, const char *text)
{
    put_head(out, view, title);
    html_put(out,
             "<body class=\"card-page\">\n<main class=\"card\">\n<h1>%s</h1>\n<p>%s</p>\n"
             "<p><a class=\"button\" href=\"/messages\">To the messages</a></p>\n"
             "</main>\n</body>\n</html>\n",
             title, text);
}

void page_sign_in(html *out, const page_view *view, const cruddur_user *people, size_t n_people)
{
    put_head(out, view, "Sign in");
    html_put(out, "<body class=\"card-page\">\n<main class=\"card\">\n<h1>Sign in</h1>\n");
    if (view->error != NULL) {
        html_put(out, "<p class=\"error\" role=\"alert\">%s</p>\n", view->error);
    }
    if (n_people == 0) {
        html_put(out, "<p>Sign in with the application, then come back to this page.</p>\n");
    } else {
        html_put(out,
                 "<p>This is a demonstration: choose who you are.</p>\n"
                 "<form class=\"people\" method=\"post\" action=\"/sign-in\">\n"
                 "<input type=\"hidden\" name=\"csrf\" value=\"%s\">\n",
                 view->csrf);
        for (size_t i = 0; i < n_people; i++) {
            const char *name = page_name(people[i].display_name, people[i].handle);
            html_put(out, "<button name=\"handle\" value=\"%s\">", people[i].handle);
            page_avatar(out, people[i].uuid, name);
            html_put(
                out,
                "<span class=\"who\"><b><bdi>%s</bdi></b> <span class=\"handle\">@%s</span></span>"
                "</button>\n",
                name, people[i].handle);
        }
        html_put(out, "</form>\n");
    }
    html_put(out, "</main>\n</body>\n</html>\n");
}
