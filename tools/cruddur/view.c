/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <string.h>

#include "text.h"

/* Lines get no longer than this on wide terminals: longer ones are hard to read. */
#define WIDTH_MAX 100
/* From here on a group's uuid fits beside its last message. */
#define GROUP_WIDE 76
/* Below this, times are written short. */
#define TIME_WIDE 50
/* From here on names have a column of their own beside the messages. */
#define MESSAGES_WIDE 60
/* Below this, text hangs by two columns instead of by the width of the time. */
#define MESSAGES_NARROW 30
#define NAME_WIDTH_MAX ((size_t)20)
#define NAME_WIDTH_MIN 8
#define HANDLE_WIDTH_MIN 6
#define CLOCK_WIDTH 5
#define GAP ((size_t)2)
/* A uuid tells people apart by its first digits. */
#define UUID_SHOWN 8
/* " and 47 others" */
#define SUFFIX_SIZE 40
#define RULE "\xE2\x94\x80"
/* The keys are the first two attributes of a row. */
#define N_KEYS 2

/* Legible on light and dark: cyan, green, yellow, magenta, blue, red. */
static const char *const author_styles[VIEW_COLOURS] = {"1;36", "1;32", "1;33",
                                                        "1;35", "1;94", "1;91"};

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
}

static void put_spaces(struct view *view, size_t count)
{
    out_repeat(view->out, " ", count);
}

static const char *clean(struct view *view, const char *text, enum text_breaks breaks)
{
    buffer_clear(&view->clean);
    text_clean(&view->clean, text, breaks);
    return buffer_text(&view->clean);
}

/* Writes a clean text in at most `width` columns, so that it does not reorder what stands beside
 * it, and returns how many it took. */
static size_t put_cut(struct view *view, const char *text, size_t width, const char *style)
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

/* A uuid is there to be copied: it is never cut. */
static void put_uuid(struct view *view, const char *label, const char *uuid)
{
    out_styled(view->out, STYLE_DIM, label);
    out_text(view->out, clean(view, uuid, TEXT_BREAKS_ESCAPED));
    out_text(view->out, "\n");
}

/* Puts what a person is called into view->name: the name, else the handle, else the uuid. */
static void name_person(struct view *view, const char *display_name, const char *handle,
                        const char *uuid)
{
    buffer_clear(&view->name);
    if (!text_look(display_name).is_blank) {
        text_clean(&view->name, display_name, TEXT_BREAKS_ESCAPED);
    } else if (handle[0] != '\0') {
        buffer_add_text(&view->name, "@");
        text_clean(&view->name, handle, TEXT_BREAKS_ESCAPED);
    } else if (cruddur_uuid_is_valid(uuid)) {
        buffer_add(&view->name, uuid, UUID_SHOWN);
    } else {
        text_clean(&view->name, uuid[0] != '\0' ? uuid : "(unknown)", TEXT_BREAKS_ESCAPED);
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

/* Writes what the group is called in at most `width` columns, and returns how many it took. The
 * name is cut before what is said of the others, and runs in its own direction. */
static size_t put_group_name(struct view *view, const cruddur_group *group, size_t width)
{
    char others[SUFFIX_SIZE] = "";
    if (has_name(group)) {
        buffer_clear(&view->name);
        text_clean(&view->name, cruddur_group_name(group), TEXT_BREAKS_ESCAPED);
    } else {
        name_person(view, cruddur_group_user_display_name(group), cruddur_group_user_handle(group),
                    cruddur_group_user_uuid(group));
    }
    size_t more = has_name(group) ? 0 : cruddur_group_member_count(group) - 2;
    if (more > 0) {
        (void)snprintf(others, sizeof(others), " and %zu other%s", more, more == 1 ? "" : "s");
    }
    if (more > 0 && width < strlen(others) + NAME_WIDTH_MIN) {
        (void)snprintf(others, sizeof(others), " +%zu", more);
    }
    if (width <= strlen(others)) {
        others[0] = '\0';
    }
    size_t taken = put_cut(view, buffer_text(&view->name), width - strlen(others), STYLE_BOLD);
    if (others[0] != '\0') {
        out_styled(view->out, STYLE_BOLD, others);
    }
    return taken + strlen(others);
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
    size_t room = view->width > ago_width + GAP ? view->width - ago_width - GAP : 1;
    size_t taken = put_group_name(view, group, room);
    const char *more = describe_group(view, group);
    if (more[0] != '\0' && room >= taken + GAP + HANDLE_WIDTH_MIN) {
        put_spaces(view, GAP);
        taken += GAP + put_cut(view, more, room - taken - GAP, STYLE_DIM);
    }
    put_spaces(view, room - taken + GAP);
    out_styled(view->out, STYLE_DIM, ago);
    out_text(view->out, "\n");
}

void view_group(struct view *view, const cruddur_group *group)
{
    size_t uuid_width = strlen(cruddur_group_uuid(group));
    bool is_wide = view->width >= GROUP_WIDE && view->width > uuid_width + 3 * GAP;
    size_t room = view->width > GAP ? view->width - GAP : 1;
    put_group_title(view, group);
    put_spaces(view, GAP);
    const char *text = clean(view, cruddur_group_text(group), TEXT_BREAKS_FOLDED);
    if (is_wide) {
        room -= uuid_width + GAP;
        put_spaces(view, room - put_cut(view, text, room, STYLE_DIM) + GAP);
    } else {
        (void)put_cut(view, text, room, STYLE_DIM);
        out_text(view->out, "\n");
        put_spaces(view, view->width >= uuid_width + GAP ? GAP : 0);
    }
    out_styled(view->out, STYLE_DIM, clean(view, cruddur_group_uuid(group), TEXT_BREAKS_ESCAPED));
    out_text(view->out, "\n");
}

void view_created_group(struct view *view, const cruddur_group *group, const char *message_uuid)
{
    out_text(view->out, "Sent to ");
    (void)put_group_name(view, group, WIDTH_MAX);
    const char *more = describe_group(view, group);
    if (more[0] != '\0') {
        out_text(view->out, " (");
        (void)put_cut(view, more, WIDTH_MAX, STYLE_DIM);
        out_text(view->out, ")");
    }
    out_text(view->out, "\n");
    put_uuid(view, "group    ", cruddur_group_uuid(group));
    put_uuid(view, "message  ", message_uuid);
}

void view_sent_message(struct view *view, const cruddur_msg *msg)
{
    char ago[TIMETEXT_SIZE];
    timetext_ago(ago, cruddur_msg_created_at_us(msg), view->now_us, false);
    out_format(view->out, "Sent %s\n", ago);
    put_uuid(view, "message  ", cruddur_msg_uuid(msg));
}

/* --- messages --- */

static void name_author(struct view *view, const cruddur_msg *msg)
{
    name_person(view, cruddur_msg_user_display_name(msg), cruddur_msg_user_handle(msg),
                cruddur_msg_user_uuid(msg));
}

void view_measure_names(struct view *view, const cruddur_msg_page *page)
{
    if (view->width < MESSAGES_WIDE) {
        return;
    }
    view->name_width = 1;
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        name_author(view, cruddur_msg_page_at(page, i));
        size_t width = text_width(buffer_text(&view->name), view->name.length);
        view->name_width = width > view->name_width ? width : view->name_width;
    }
    size_t most = view->width / 4 < NAME_WIDTH_MAX ? view->width / 4 : NAME_WIDTH_MAX;
    view->name_width = view->name_width < most ? view->name_width : most;
}

/* FNV-1a: tells authors apart. Never 0. */
static uint64_t hash_author(const cruddur_msg *msg)
{
    const char *text = cruddur_msg_user_uuid(msg);
    if (text[0] == '\0') {
        text = cruddur_msg_user_display_name(msg);
    }
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    }
    return hash != 0 ? hash : 1;
}

/* The author's colour: the one that the hash asks for, or the next that nobody here has yet. */
static const char *style_of(struct view *view, uint64_t author)
{
    size_t wanted = (size_t)(author >> 32) % VIEW_COLOURS;
    for (size_t i = 0; i < VIEW_COLOURS; i++) {
        size_t colour = (wanted + i) % VIEW_COLOURS;
        if (view->authors[colour] == 0 || view->authors[colour] == author) {
            view->authors[colour] = author;
            return author_styles[colour];
        }
    }
    return author_styles[wanted];
}

static void put_day(struct view *view, int64_t time_us)
{
    char day[TIMETEXT_SIZE];
    timetext_day(day, time_us, view->now_us, view->width < MESSAGES_NARROW);
    size_t width = strlen(day) + 2;
    size_t rules = view->width > width ? view->width - width : 0;
    buffer_clear(&view->clean);
    for (size_t i = 0; i < rules; i++) {
        if (i == rules / 2) {
            buffer_add_format(&view->clean, " %s ", day);
        }
        buffer_add_text(&view->clean, RULE);
    }
    out_styled(view->out, STYLE_DIM, rules > 0 ? buffer_text(&view->clean) : day);
    out_text(view->out, "\n");
}

/* Writes a clean text from column `column` on, its further lines at column `hang`. */
static void put_wrapped(struct view *view, const char *text, size_t column, size_t hang)
{
    bool has_right_to_left;
    enum text_direction direction = text_direction(text, strlen(text), &has_right_to_left);
    struct text_wrap wrap = {text, view->width > column ? view->width - column : 1};
    const char *line;
    size_t length;
    for (bool is_first = true; text_wrap_next(&wrap, &line, &length) || is_first;
         is_first = false) {
        put_spaces(view, is_first || length == 0 ? 0 : hang);
        buffer_clear(&view->isolated);
        text_isolate(&view->isolated, line, length, direction);
        out_text(view->out, buffer_text(&view->isolated));
        out_text(view->out, "\n");
        wrap.width = view->width > hang ? view->width - hang : 1;
    }
}

static void put_clock(struct view *view, int64_t time_us, size_t gap)
{
    char clock[TIMETEXT_SIZE];
    timetext_clock(clock, time_us);
    out_styled(view->out, STYLE_DIM, clock);
    put_spaces(view, gap);
}

/* Writes the author's name, unless it has just been `said`, and the time. Returns the column where
 * the message begins. */
static size_t put_author(struct view *view, const cruddur_msg *msg, bool is_said, const char *style)
{
    int64_t time_us = cruddur_msg_created_at_us(msg);
    name_author(view, msg);
    const char *name = buffer_text(&view->name);
    if (view->name_width == 0) {
        if (!is_said) {
            (void)put_cut(view, name, view->width, style);
            out_text(view->out, "\n");
        }
        put_clock(view, time_us, 1);
        return CLOCK_WIDTH + 1;
    }
    put_clock(view, time_us, GAP);
    size_t taken = is_said ? 0 : put_cut(view, name, view->name_width, style);
    put_spaces(view, view->name_width - taken + GAP);
    return CLOCK_WIDTH + GAP + view->name_width + GAP;
}

void view_message(struct view *view, const cruddur_msg *msg)
{
    int64_t day = 0;
    bool is_new_day = timetext_day_number(cruddur_msg_created_at_us(msg), &day) &&
                      (!view->has_day || day != view->last_day);
    if (is_new_day) {
        put_day(view, cruddur_msg_created_at_us(msg));
        view->has_day = true;
        view->last_day = day;
    }
    uint64_t author = hash_author(msg);
    bool is_said = view->has_author && author == view->last_author && !is_new_day;
    size_t column = put_author(view, msg, is_said, style_of(view, author));
    put_wrapped(view, clean(view, cruddur_msg_text(msg), TEXT_BREAKS_KEPT), column,
                view->width < MESSAGES_NARROW ? GAP : column);
    view->has_author = true;
    view->last_author = author;
}

/* --- rows --- */

/* The keys, on two lines where there is no room for both on one. */
static void put_keys(struct view *view, const char *pk, const char *sk)
{
    size_t taken = put_cut(view, clean(view, pk, TEXT_BREAKS_ESCAPED), SIZE_MAX, STYLE_BOLD);
    const char *text = clean(view, sk, TEXT_BREAKS_ESCAPED);
    if (taken + GAP + text_width(text, strlen(text)) > view->width) {
        out_text(view->out, "\n");
    }
    put_spaces(view, GAP);
    (void)put_cut(view, text, SIZE_MAX, STYLE_BOLD);
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
    bool is_wide = view->width >= MESSAGES_WIDE;
    size_t column = is_wide ? GAP + widest_attribute() + GAP : 2 * GAP;
    put_keys(view, cruddur_row_page_get(page, index, 0), cruddur_row_page_get(page, index, 1));
    for (size_t i = N_KEYS; i < cruddur_row_attribute_count(); i++) {
        const char *name = cruddur_row_attribute_name(i);
        const char *value = cruddur_row_page_get(page, index, i);
        if (value == NULL) {
            continue;
        }
        put_spaces(view, GAP);
        out_styled(view->out, STYLE_DIM, name);
        out_text(view->out, is_wide ? "" : "\n");
        put_spaces(view, is_wide ? column - GAP - strlen(name) : column);
        put_wrapped(view, clean(view, value, TEXT_BREAKS_ESCAPED), column, column);
    }
}
