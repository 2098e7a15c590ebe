/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <string.h>

#include "view_parts.h"

/* Lines get no longer than this on wide terminals: longer ones are hard to read. */
#define WIDTH_MAX 100
/* From here on a group's uuid fits beside its last message. */
#define GROUP_WIDE 76
/* Below this, times are written short. */
#define TIME_WIDE 50
#define NAME_WIDTH_MIN 8
#define LABEL_WIDTH ((size_t)9)
#define HANDLE_WIDTH_MIN 6
/* A uuid tells people apart by its first digits. */
#define UUID_SHOWN 8
/* " and 47 others (999+)" */
#define SUFFIX_SIZE ((size_t)48)
/* The keys are the first two attributes of a row. */
#define N_KEYS 2

void view_init(struct view *view, struct out *out, int64_t now_us)
{
    *view = (struct view){.out = out, .now_us = now_us};
    view->width = out->width < WIDTH_MAX ? out->width : WIDTH_MAX;
}

void view_free(struct view *view)
{
    buffer_free(&view->clean);
    buffer_free(&view->name);
    buffer_free(&view->cut);
    buffer_free(&view->isolated);
    buffer_free(&view->trouble);
}

void view_put_spaces(struct view *view, size_t count)
{
    out_repeat(view->out, " ", count);
}

const char *view_clean(struct view *view, const char *text, enum text_breaks breaks)
{
    buffer_clear(&view->clean);
    text_clean(&view->clean, text, breaks);
    return buffer_text(&view->clean);
}

size_t view_put_cut(struct view *view, const char *text, size_t width, const char *style)
{
    buffer_clear(&view->cut);
    text_truncate(&view->cut, text, width);
    buffer_clear(&view->isolated);
    text_isolate(&view->isolated, buffer_text(&view->cut), view->cut.length, TEXT_NEUTRAL);
    if (view->cut.length > 0) {
        out_styled(view->out, style, buffer_text(&view->isolated));
    }
    return text_width(buffer_text(&view->cut), view->cut.length);
}

void view_put_uuid(struct view *view, const char *label, const char *uuid)
{
    out_styled(view->out, STYLE_DIM, label);
    out_text(view->out, view_clean(view, uuid, TEXT_BREAKS_ESCAPED));
    out_text(view->out, "\n");
}

void view_name_person(struct buffer *to, const char *display_name, const char *handle,
                      const char *uuid)
{
    if (!text_look(display_name).is_blank) {
        text_clean(to, display_name, TEXT_BREAKS_ESCAPED);
    } else if (handle[0] != '\0') {
        buffer_add_text(to, "@");
        text_clean(to, handle, TEXT_BREAKS_ESCAPED);
    } else if (cruddur_uuid_is_valid(uuid)) {
        buffer_add(to, uuid, UUID_SHOWN);
    } else {
        text_clean(to, uuid[0] != '\0' ? uuid : "(unknown)", TEXT_BREAKS_ESCAPED);
    }
}

void view_put_wrapped(struct view *view, const char *text, size_t column, size_t hang,
                      const char *style)
{
    bool has_right_to_left;
    enum text_direction direction = text_direction(text, strlen(text), &has_right_to_left);
    struct text_wrap wrap = {text, view->width > column ? view->width - column : 1};
    const char *line;
    size_t length;
    for (bool is_first = true; text_wrap_next(&wrap, &line, &length) || is_first;
         is_first = false) {
        view_put_spaces(view, is_first || length == 0 ? 0 : hang);
        buffer_clear(&view->isolated);
        text_isolate(&view->isolated, line, length, direction);
        if (style != NULL && length > 0) {
            out_styled(view->out, style, buffer_text(&view->isolated));
        } else {
            out_text(view->out, buffer_text(&view->isolated));
        }
        out_text(view->out, "\n");
        wrap.width = view->width > hang ? view->width - hang : 1;
    }
}

void view_remark(struct view *view, const char *text, const char *more)
{
    buffer_clear(&view->clean);
    buffer_add_format(&view->clean, "%s%s", text, more);
    out_styled(view->out, STYLE_DIM, buffer_text(&view->clean));
    out_text(view->out, "\n");
}

/* --- groups --- */

static bool has_name(const cruddur_group *group)
{
    const char *name = cruddur_group_name(group);
    return name != NULL && !text_look(name).is_blank;
}

/* What follows the group's name: how many others there are, how many messages are unread. Brief if
 * there is little room. */
static void describe_rest(char *text, const cruddur_group *group, bool is_brief, bool with_unread)
{
    size_t more = has_name(group) ? 0 : cruddur_group_member_count(group) - 2;
    uint32_t unread = with_unread ? cruddur_group_unread_count(group) : 0;
    int size = 0;
    text[0] = '\0';
    if (more > 0) {
        size = is_brief
                   ? snprintf(text, SUFFIX_SIZE, " +%zu", more)
                   : snprintf(text, SUFFIX_SIZE, " and %zu other%s", more, more == 1 ? "" : "s");
    }
    if (unread > 0 && size >= 0) {
        (void)snprintf(text + size, SUFFIX_SIZE - (size_t)size, " (%u%s)", unread,
                       cruddur_group_unread_is_exact(group) ? "" : "+");
    }
}

/* Writes what the group is called in at most `width` columns, and returns how many it took. The
 * name is cut before what follows it, and runs in its own direction. */
static size_t put_group_name(struct view *view, const cruddur_group *group, size_t width,
                             bool with_unread)
{
    char rest[SUFFIX_SIZE];
    buffer_clear(&view->name);
    if (has_name(group)) {
        text_clean(&view->name, cruddur_group_name(group), TEXT_BREAKS_ESCAPED);
    } else {
        view_name_person(&view->name, cruddur_group_user_display_name(group),
                         cruddur_group_user_handle(group), cruddur_group_user_uuid(group));
    }
    describe_rest(rest, group, false, with_unread);
    if (width < strlen(rest) + NAME_WIDTH_MIN) {
        describe_rest(rest, group, true, with_unread);
    }
    if (width <= strlen(rest)) {
        rest[0] = '\0';
    }
    size_t taken = view_put_cut(view, buffer_text(&view->name), width - strlen(rest), STYLE_BOLD);
    if (rest[0] != '\0') {
        out_styled(view->out, STYLE_BOLD, rest);
    }
    return taken + strlen(rest);
}

/* Adds the member's settings for the group, each after `before`, in the words of its options. */
static void add_settings(struct buffer *to, const cruddur_group *group, int64_t now_us,
                         const char *before)
{
    const struct {
        bool is_set;
        const char *word;
    } settings[] = {
        {cruddur_group_is_pinned(group), "pinned"},
        {cruddur_group_muted_until_us(group) > now_us, "muted"},
        {cruddur_group_is_archived(group), "archived"},
        {cruddur_group_is_hidden(group), "hidden"},
        {cruddur_group_is_blocked(group), "blocked"},
    };
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (settings[i].is_set) {
            buffer_add_format(to, "%s%s", to->length > 0 ? before : "", settings[i].word);
        }
    }
}

/* What stands dim beside the group's name: how many members, or the handle; it may be empty. */
static const char *describe_group(struct view *view, const cruddur_group *group)
{
    const char *handle = cruddur_group_user_handle(group);
    size_t count = cruddur_group_member_count(group);
    buffer_clear(&view->clean);
    if (count > 2 && has_name(group)) {
        buffer_add_format(&view->clean, "%zu members", count);
    } else if (count == 2 && handle[0] != '\0' &&
               !text_look(cruddur_group_user_display_name(group)).is_blank) {
        buffer_add_text(&view->clean, "@");
        text_clean(&view->clean, handle, TEXT_BREAKS_ESCAPED);
    }
    return buffer_text(&view->clean);
}

static void put_group_title(struct view *view, const cruddur_group *group)
{
    char ago[TIMETEXT_SIZE];
    timetext_ago(ago, cruddur_group_last_message_at_us(group), view->now_us,
                 view->width < TIME_WIDE);
    size_t ago_width = strlen(ago);
    size_t room = view->width > ago_width + VIEW_GAP ? view->width - ago_width - VIEW_GAP : 1;
    size_t taken = put_group_name(view, group, room, true);
    (void)describe_group(view, group);
    add_settings(&view->clean, group, view->now_us, ", ");
    const char *more = buffer_text(&view->clean);
    if (more[0] != '\0' && room >= taken + VIEW_GAP + HANDLE_WIDTH_MIN) {
        view_put_spaces(view, VIEW_GAP);
        taken += VIEW_GAP + view_put_cut(view, more, room - taken - VIEW_GAP, STYLE_DIM);
    }
    view_put_spaces(view, room - taken + VIEW_GAP);
    out_styled(view->out, STYLE_DIM, ago);
    out_text(view->out, "\n");
}

/* The newest message was deleted, has expired, or was written before the member joined: the API
 * does not tell which. */
static const char *describe_no_text(const cruddur_group *group)
{
    return cruddur_group_is_hidden(group) ? "(history cleared)" : "(no message to show)";
}

void view_group(struct view *view, const cruddur_group *group)
{
    size_t uuid_width = strlen(cruddur_group_uuid(group));
    bool is_wide = view->width >= GROUP_WIDE && view->width > uuid_width + 3 * VIEW_GAP;
    size_t room = view->width > VIEW_GAP ? view->width - VIEW_GAP : 1;
    put_group_title(view, group);
    view_put_spaces(view, VIEW_GAP);
    const char *text = view_clean(view, cruddur_group_text(group), TEXT_BREAKS_FOLDED);
    text = text[0] != '\0' ? text : describe_no_text(group);
    /* What is unread stands out. */
    const char *style = cruddur_group_unread_count(group) > 0 ? STYLE_PLAIN : STYLE_DIM;
    if (is_wide) {
        room -= uuid_width + VIEW_GAP;
        view_put_spaces(view, room - view_put_cut(view, text, room, style) + VIEW_GAP);
    } else {
        (void)view_put_cut(view, text, room, style);
        out_text(view->out, "\n");
        view_put_spaces(view, view->width >= uuid_width + VIEW_GAP ? VIEW_GAP : 0);
    }
    out_styled(view->out, STYLE_DIM,
               view_clean(view, cruddur_group_uuid(group), TEXT_BREAKS_ESCAPED));
    out_text(view->out, "\n");
}

void view_created_group(struct view *view, const cruddur_group *group, const char *message_uuid)
{
    out_text(view->out, "Sent to ");
    (void)put_group_name(view, group, WIDTH_MAX, false);
    const char *more = describe_group(view, group);
    if (more[0] != '\0') {
        out_text(view->out, " (");
        (void)view_put_cut(view, more, WIDTH_MAX, STYLE_DIM);
        out_text(view->out, ")");
    }
    out_text(view->out, "\n");
    view_put_uuid(view, "group    ", cruddur_group_uuid(group));
    view_put_uuid(view, "message  ", message_uuid);
}

/* --- one group --- */

/* A line with a label, and text that is cleaned here; nothing where there is no text. */
static void put_field(struct view *view, const char *label, const char *text)
{
    if (text == NULL || text[0] == '\0') {
        return;
    }
    size_t column = strlen(label);
    out_styled(view->out, STYLE_DIM, label);
    view_put_wrapped(view, view_clean(view, text, TEXT_BREAKS_ESCAPED), column, column, NULL);
}

static void put_unread(struct view *view, const cruddur_group *group)
{
    char ago[TIMETEXT_SIZE];
    char text[SUFFIX_SIZE + TIMETEXT_SIZE];
    uint32_t unread = cruddur_group_unread_count(group);
    int64_t read_us = cruddur_group_read_up_to_us(group);
    int size = snprintf(text, sizeof(text), unread > 0 ? "%u%s" : "none", unread,
                        cruddur_group_unread_is_exact(group) ? "" : " or more");
    if (read_us != CRUDDUR_TIME_UNKNOWN && size > 0) {
        timetext_ago(ago, read_us, view->now_us, false);
        (void)snprintf(text + size, sizeof(text) - (size_t)size, "; read up to %s", ago);
    }
    put_field(view, "unread   ", text);
}

static void put_muted(struct view *view, const cruddur_group *group)
{
    char until[TIMETEXT_SIZE + 8] = "forever";
    int64_t until_us = cruddur_group_muted_until_us(group);
    if (until_us <= view->now_us) {
        return;
    }
    if (until_us != CRUDDUR_MUTE_FOREVER) {
        char text[TIMETEXT_SIZE];
        timetext_until(text, until_us, view->now_us);
        (void)snprintf(until, sizeof(until), "until %s", text);
    }
    put_field(view, "muted    ", until);
}

void view_group_details(struct view *view, const cruddur_group *group)
{
    (void)put_group_name(view, group, view->width, false);
    const char *more = describe_group(view, group);
    if (more[0] != '\0') {
        out_text(view->out, "\n");
        (void)view_put_cut(view, more, view->width, STYLE_DIM);
    }
    out_text(view->out, "\n");
    view_put_uuid(view, "group    ", cruddur_group_uuid(group));
    put_unread(view, group);
    put_field(view, "pinned   ", cruddur_group_is_pinned(group) ? "yes" : NULL);
    put_muted(view, group);
    put_field(view, "archived ", cruddur_group_is_archived(group) ? "yes" : NULL);
    put_field(view, "hidden   ", cruddur_group_is_hidden(group) ? "yes" : NULL);
    if (cruddur_group_is_blocked(group)) {
        put_field(view, "blocked  ",
                  cruddur_group_is_blocked_by_viewer(group) ? "by you" : "by the other one");
    }
    put_field(view, "data     ", cruddur_group_data(group));
}

void view_members(struct view *view, const cruddur_members *members)
{
    char ago[TIMETEXT_SIZE];
    for (size_t i = 0; i < cruddur_members_count(members); i++) {
        const cruddur_user *user = cruddur_members_at(members, i);
        int64_t read_us = cruddur_members_read_up_to_us(members, i);
        out_styled(view->out, STYLE_DIM, "member   ");
        buffer_clear(&view->name);
        view_name_person(&view->name, user->display_name, user->handle, user->uuid);
        buffer_add_text(&view->name, text_look(user->handle).is_blank ? "" : "  @");
        text_clean(&view->name, user->handle, TEXT_BREAKS_ESCAPED);
        size_t column = LABEL_WIDTH;
        (void)view_put_cut(view, buffer_text(&view->name),
                           view->width > column ? view->width - column : 1, STYLE_BOLD);
        out_text(view->out, "\n");
        view_put_uuid(view, "         ", user->uuid);
        if (read_us != CRUDDUR_TIME_UNKNOWN) {
            timetext_ago(ago, read_us, view->now_us, false);
            buffer_clear(&view->name);
            buffer_add_format(&view->name, "read up to %s", ago);
            put_field(view, "         ", buffer_text(&view->name));
        }
    }
}

/* --- rows --- */

/* The keys, on two lines where there is no room for both on one. */
static void put_keys(struct view *view, const char *pk, const char *sk)
{
    size_t taken =
        view_put_cut(view, view_clean(view, pk, TEXT_BREAKS_ESCAPED), SIZE_MAX, STYLE_BOLD);
    const char *text = view_clean(view, sk, TEXT_BREAKS_ESCAPED);
    if (taken + VIEW_GAP + text_width(text, strlen(text)) > view->width) {
        out_text(view->out, "\n");
    }
    view_put_spaces(view, VIEW_GAP);
    (void)view_put_cut(view, text, SIZE_MAX, STYLE_BOLD);
    out_text(view->out, "\n");
}

static size_t widest_attribute(void)
{
    size_t widest = 0;
    for (size_t i = 0; i < cruddur_row_attribute_count(); i++) {
        size_t width = strlen(cruddur_row_attribute_name(i));
        widest = width > widest ? width : widest;
    }
    return widest;
}

void view_row(struct view *view, const cruddur_row_page *page, size_t index)
{
    bool is_wide = view->width >= VIEW_MESSAGES_WIDE;
    size_t column = is_wide ? VIEW_GAP + widest_attribute() + VIEW_GAP : 2 * VIEW_GAP;
    put_keys(view, cruddur_row_page_get(page, index, 0), cruddur_row_page_get(page, index, 1));
    for (size_t i = N_KEYS; i < cruddur_row_attribute_count(); i++) {
        const char *name = cruddur_row_attribute_name(i);
        const char *value = cruddur_row_page_get(page, index, i);
        if (value == NULL) {
            continue;
        }
        view_put_spaces(view, VIEW_GAP);
        out_styled(view->out, STYLE_DIM, name);
        out_text(view->out, is_wide ? "" : "\n");
        view_put_spaces(view, is_wide ? column - VIEW_GAP - strlen(name) : column);
        view_put_wrapped(view, view_clean(view, value, TEXT_BREAKS_ESCAPED), column, column, NULL);
    }
}
