/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "timetext.h"

/* From here on a group's uuid fits beside its last message. */
#define GROUP_WIDE 76
/* Below this, times are written short. */
#define TIME_WIDE 50
/* From here on names have a column of their own beside the messages. */
#define MESSAGES_WIDE 60
/* Below this, text hangs by two columns instead of by the width of the time. */
#define MESSAGES_NARROW 30
#define NAME_WIDTH_MAX 20
#define CLOCK_WIDTH 5
#define GAP 2
/* A uuid tells people apart by its first digits. */
#define UUID_SHOWN 8
#define HANDLE_WIDTH_MIN 6
#define NAME_WIDTH_MIN 8
/* " and 47 others" */
#define SUFFIX_SIZE 40
#define RULE "\xE2\x94\x80"

/* Colours that are legible on light and dark: cyan, green, yellow, magenta, blue, red. */
static const char *const author_styles[] = {"1;36", "1;32", "1;33", "1;35", "1;94", "1;91"};
#define N_STYLES (sizeof(author_styles) / sizeof(author_styles[0]))

void view_init(struct view *view, struct out *out, int64_t now_us)
{
    memset(view, 0, sizeof(*view));
    view->out = out;
    view->width = out->width < VIEW_WIDTH_MAX ? out->width : VIEW_WIDTH_MAX;
    view->now_us = now_us;
}

void view_free(struct view *view)
{
    buffer_free(&view->clean);
    buffer_free(&view->name);
    buffer_free(&view->cut);
}

static const char *checked(struct view *view, const struct buffer *buffer)
{
    if (buffer->failed) {
        view->out->error = ENOMEM;
    }
    return buffer_text(buffer);
}

static const char *clean(struct view *view, const char *text, enum text_breaks breaks)
{
    buffer_clear(&view->clean);
    text_clean(&view->clean, text, breaks);
    return checked(view, &view->clean);
}

/* Writes part of a clean text, so that it does not reorder what stands beside it. */
static void put_slice(struct view *view, const char *text, size_t length, const char *style)
{
    buffer_clear(&view->cut);
    text_isolate(&view->cut, text, length, TEXT_NEUTRAL);
    out_style(view->out, style);
    out_text(view->out, checked(view, &view->cut));
    out_plain(view->out);
}

/* Writes a clean text in at most `width` columns, and returns how many it took. */
static size_t put_cut(struct view *view, const char *text, size_t width, const char *style)
{
    struct buffer cut = BUFFER_INIT;
    const char *shown;
    size_t taken;

    text_truncate(&cut, text, width);
    shown = checked(view, &cut);
    taken = text_width(shown, strlen(shown));
    if (shown[0] != '\0') {
        put_slice(view, shown, strlen(shown), style);
    }
    buffer_free(&cut);
    return taken;
}

static void put_spaces(struct view *view, size_t count)
{
    out_repeat(view->out, " ", count);
}

/* Puts what a person is called into view->name: the name, else the handle, else the uuid. */
static void name_person(struct view *view, const char *display_name, const char *handle,
                        const char *uuid)
{
    buffer_clear(&view->name);
    if (!text_is_blank(display_name)) {
        text_clean(&view->name, display_name, TEXT_BREAKS_ESCAPED);
    } else if (handle[0] != '\0') {
        buffer_add_text(&view->name, "@");
        text_clean(&view->name, handle, TEXT_BREAKS_ESCAPED);
    } else if (uuid[0] != '\0') {
        if (cruddur_uuid_is_valid(uuid)) {
            buffer_add(&view->name, uuid, UUID_SHOWN);
        } else {
            text_clean(&view->name, uuid, TEXT_BREAKS_ESCAPED);
        }
    } else {
        buffer_add_text(&view->name, "(unknown)");
    }
    (void)checked(view, &view->name);
}

void view_remark(struct view *view, const char *format, ...)
{
    va_list arguments;

    buffer_clear(&view->clean);
    va_start(arguments, format);
    buffer_add_va(&view->clean, format, arguments);
    va_end(arguments);
    out_style(view->out, STYLE_DIM);
    out_text(view->out, checked(view, &view->clean));
    out_plain(view->out);
    out_text(view->out, "\n");
}

/* --- groups ------------------------------------------------------------------------------ */

/* Puts who the group is called after into view->name, and how many more there are into `more`. */
static void name_group(struct view *view, const cruddur_group *group, size_t *ret_more)
{
    const char *name = cruddur_group_name(group);
    size_t count = cruddur_group_member_count(group);

    *ret_more = 0;
    if (name != NULL && !text_is_blank(name)) {
        buffer_clear(&view->name);
        text_clean(&view->name, name, TEXT_BREAKS_ESCAPED);
        (void)checked(view, &view->name);
        return;
    }
    name_person(view, cruddur_group_user_display_name(group), cruddur_group_user_handle(group),
                cruddur_group_user_uuid(group));
    if (count > 2) {
        *ret_more = count - 2;
    }
}

/*
 * Writes what the group is called in at most `width` columns, and returns how many it took. The
 * name is cut before what is said of the others, and runs in its own direction.
 */
static size_t put_group_name(struct view *view, const cruddur_group *group, size_t width)
{
    char others[SUFFIX_SIZE] = "";
    size_t more, taken;

    name_group(view, group, &more);
    if (more > 0) {
        (void)snprintf(others, sizeof(others), " and %zu other%s", more, more == 1 ? "" : "s");
    }
    if (more > 0 && width < strlen(others) + NAME_WIDTH_MIN) {
        (void)snprintf(others, sizeof(others), " +%zu", more);
    }
    taken = strlen(others) < width ? width - strlen(others) : width;
    taken = put_cut(view, buffer_text(&view->name), taken, STYLE_BOLD);
    if (more == 0 || taken + strlen(others) > width) {
        return taken;
    }
    out_style(view->out, STYLE_BOLD);
    out_text(view->out, others);
    out_plain(view->out);
    return taken + strlen(others);
}

/* Puts what stands dim beside the group's name into view->clean; it may be empty. */
static void describe_group(struct view *view, const cruddur_group *group)
{
    const char *name = cruddur_group_name(group);
    const char *handle = cruddur_group_user_handle(group);

    buffer_clear(&view->clean);
    if (cruddur_group_member_count(group) > 2) {
        if (name != NULL && !text_is_blank(name)) {
            buffer_add_format(&view->clean, "%zu members", cruddur_group_member_count(group));
        }
    } else if (handle[0] != '\0' && !text_is_blank(cruddur_group_user_display_name(group))) {
        buffer_add_text(&view->clean, "@");
        text_clean(&view->clean, handle, TEXT_BREAKS_ESCAPED);
    }
    (void)checked(view, &view->clean);
}

static void put_group_title(struct view *view, const cruddur_group *group)
{
    char ago[TIMETEXT_SIZE];
    size_t ago_width, room, taken;

    timetext_ago(ago, cruddur_group_last_message_at_us(group), view->now_us,
                 view->width < TIME_WIDE ? TIMETEXT_BRIEF : TIMETEXT_FULL);
    ago_width = strlen(ago);
    room = view->width > ago_width + GAP ? view->width - ago_width - GAP : 1;
    describe_group(view, group);
    taken = put_group_name(view, group, room);
    if (view->clean.length > 0 && room >= taken + GAP + HANDLE_WIDTH_MIN) {
        put_spaces(view, GAP);
        taken += GAP;
        taken += put_cut(view, buffer_text(&view->clean), room - taken, STYLE_DIM);
    }
    put_spaces(view, room - taken + GAP);
    out_style(view->out, STYLE_DIM);
    out_text(view->out, ago);
    out_plain(view->out);
    out_text(view->out, "\n");
}

void view_group(struct view *view, const cruddur_group *group)
{
    const char *uuid = cruddur_group_uuid(group);
    size_t uuid_width = strlen(uuid);
    bool wide = view->width >= GROUP_WIDE && view->width > uuid_width + 3 * GAP;
    size_t room = view->width > GAP ? view->width - GAP : 1;
    size_t taken;

    put_group_title(view, group);
    if (wide) {
        room -= uuid_width + GAP;
    }
    put_spaces(view, GAP);
    taken =
        put_cut(view, clean(view, cruddur_group_text(group), TEXT_BREAKS_FOLDED), room, STYLE_DIM);
    if (wide) {
        put_spaces(view, room - taken + GAP);
    } else {
        out_text(view->out, "\n");
        /* The uuid is there to be copied: it is never cut, nor indented out of the line. */
        if (view->width >= uuid_width + GAP) {
            put_spaces(view, GAP);
        }
    }
    out_style(view->out, STYLE_DIM);
    out_text(view->out, clean(view, uuid, TEXT_BREAKS_ESCAPED));
    out_plain(view->out);
    out_text(view->out, "\n");
}

/* A uuid with what it is of, to be copied. */
static void put_uuid(struct view *view, const char *label, const char *uuid)
{
    out_style(view->out, STYLE_DIM);
    out_text(view->out, label);
    out_plain(view->out);
    out_text(view->out, clean(view, uuid, TEXT_BREAKS_ESCAPED));
    out_text(view->out, "\n");
}

void view_created_group(struct view *view, const cruddur_group *group, const char *message_uuid)
{
    out_text(view->out, "Sent to ");
    describe_group(view, group);
    (void)put_group_name(view, group, VIEW_WIDTH_MAX);
    if (view->clean.length > 0) {
        out_text(view->out, " (");
        (void)put_cut(view, buffer_text(&view->clean), VIEW_WIDTH_MAX, STYLE_DIM);
        out_text(view->out, ")");
    }
    out_text(view->out, "\n");
    put_uuid(view, "group    ", cruddur_group_uuid(group));
    put_uuid(view, "message  ", message_uuid);
}

void view_sent_message(struct view *view, const cruddur_msg *msg)
{
    char ago[TIMETEXT_SIZE];

    timetext_ago(ago, cruddur_msg_created_at_us(msg), view->now_us, TIMETEXT_FULL);
    out_format(view->out, "Sent %s\n", ago);
    put_uuid(view, "message  ", cruddur_msg_uuid(msg));
}

/* --- messages ---------------------------------------------------------------------------- */

static void name_author(struct view *view, const cruddur_msg *msg)
{
    name_person(view, cruddur_msg_user_display_name(msg), cruddur_msg_user_handle(msg),
                cruddur_msg_user_uuid(msg));
}

void messages_view_init(struct messages_view *view, struct out *out, int64_t now_us,
                        const cruddur_msg_page *first_page)
{
    size_t most, width, count = cruddur_msg_page_count(first_page);

    memset(view, 0, sizeof(*view));
    view_init(&view->view, out, now_us);
    view->last_day = TIMETEXT_DAY_UNKNOWN;
    if (view->view.width < MESSAGES_WIDE) {
        return;
    }
    most = view->view.width / 4 < NAME_WIDTH_MAX ? view->view.width / 4 : NAME_WIDTH_MAX;
    view->name_width = 1;
    for (size_t i = 0; i < count; i++) {
        name_author(&view->view, cruddur_msg_page_at(first_page, i));
        width = text_width(buffer_text(&view->view.name), view->view.name.length);
        if (width > view->name_width) {
            view->name_width = width < most ? width : most;
        }
    }
}

void messages_view_free(struct messages_view *view)
{
    view_free(&view->view);
}

/* FNV-1a: tells authors apart, and gives the same person the same colour on most days. */
static uint64_t hash_author(const cruddur_msg *msg)
{
    const char *const parts[] = {cruddur_msg_user_uuid(msg), cruddur_msg_user_handle(msg),
                                 cruddur_msg_user_display_name(msg)};
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        for (const char *p = parts[i]; *p != '\0'; p++) {
            hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
        }
        /* Only where there is no uuid the names have to tell who it is. */
        if (parts[i][0] != '\0') {
            break;
        }
    }
    return hash;
}

/* The author's colour: the one that the hash asks for, or the next that nobody here has yet. */
static const char *style_of(struct messages_view *view, uint64_t author)
{
    bool taken[N_STYLES] = {false};
    size_t colour = (size_t)(author >> 32) % N_STYLES;

    for (size_t i = 0; i < view->n_authors; i++) {
        if (view->authors[i].author == author) {
            return author_styles[view->authors[i].colour];
        }
        taken[view->authors[i].colour] = true;
    }
    for (size_t i = 0; i < N_STYLES && taken[colour]; i++) {
        colour = (colour + 1) % N_STYLES;
    }
    if (view->n_authors < VIEW_AUTHORS_MAX) {
        view->authors[view->n_authors].author = author;
        view->authors[view->n_authors].colour = colour;
        view->n_authors++;
    }
    return author_styles[colour];
}

static void put_day(struct view *view, int64_t time_us)
{
    char day[TIMETEXT_SIZE];
    size_t width, left;

    timetext_day(day, time_us, view->now_us,
                 view->width < MESSAGES_NARROW ? TIMETEXT_BRIEF : TIMETEXT_FULL);
    width = strlen(day) + 2;
    left = view->width > width ? (view->width - width) / 2 : 0;
    out_style(view->out, STYLE_DIM);
    out_repeat(view->out, RULE, left);
    out_format(view->out, " %s ", day);
    if (view->width > width + left) {
        out_repeat(view->out, RULE, view->width - width - left);
    }
    out_plain(view->out);
    out_text(view->out, "\n");
}

/* Writes a clean text from column `column` on, its further lines at column `hang`. */
static void put_wrapped(struct view *view, const char *text, size_t column, size_t hang)
{
    struct text_wrap wrap = {text, strlen(text), 0};
    enum text_direction direction = text_direction(text, wrap.left);
    const char *line;
    size_t length;
    bool first = true;

    do {
        size_t at = first ? column : hang;

        wrap.width = view->width > at ? view->width - at : 1;
        if (!text_wrap_next(&wrap, &line, &length)) {
            break;
        }
        if (!first && length > 0) {
            put_spaces(view, hang);
        }
        if (length > 0) {
            buffer_clear(&view->cut);
            text_isolate(&view->cut, line, length, direction);
            out_text(view->out, checked(view, &view->cut));
        }
        out_text(view->out, "\n");
        first = false;
    } while (view->out->error == 0 && !view->out->closed);
    if (first) {
        out_text(view->out, "\n");
    }
}

/* The author in a column of its own, or blank if it is the one before. */
static void put_name_column(struct messages_view *view, const char *style, bool said)
{
    size_t taken = 0;

    if (!said) {
        taken = put_cut(&view->view, buffer_text(&view->view.name), view->name_width, style);
    }
    put_spaces(&view->view, view->name_width - taken + GAP);
}

static void put_clock(struct view *view, int64_t time_us, size_t gap)
{
    char clock[TIMETEXT_SIZE];

    timetext_clock(clock, time_us);
    out_style(view->out, STYLE_DIM);
    out_text(view->out, clock);
    out_plain(view->out);
    put_spaces(view, gap);
}

void view_message(struct messages_view *view, const cruddur_msg *msg)
{
    int64_t time_us = cruddur_msg_created_at_us(msg);
    int64_t day = timetext_day_number(time_us);
    uint64_t author = hash_author(msg);
    const char *style = style_of(view, author);
    bool same_day = day == view->last_day || day == TIMETEXT_DAY_UNKNOWN;
    bool said = view->begun && same_day && author == view->last_author;
    const char *text;
    size_t column;

    if (!same_day) {
        put_day(&view->view, time_us);
    }
    name_author(&view->view, msg);
    text = clean(&view->view, cruddur_msg_text(msg), TEXT_BREAKS_KEPT);
    if (view->name_width > 0) {
        put_clock(&view->view, time_us, GAP);
        put_name_column(view, style, said);
        column = CLOCK_WIDTH + GAP + view->name_width + GAP;
        put_wrapped(&view->view, text, column, column);
    } else {
        if (!said) {
            (void)put_cut(&view->view, buffer_text(&view->view.name), view->view.width, style);
            out_text(view->view.out, "\n");
        }
        put_clock(&view->view, time_us, 1);
        column = CLOCK_WIDTH + 1;
        put_wrapped(&view->view, text, column, view->view.width < MESSAGES_NARROW ? GAP : column);
    }
    view->begun = true;
    view->last_author = author;
    if (day != TIMETEXT_DAY_UNKNOWN) {
        view->last_day = day;
    }
}

/* --- rows -------------------------------------------------------------------------------- */

void view_row(struct view *view, const char *pk, const char *sk)
{
    const char *text = clean(view, pk, TEXT_BREAKS_ESCAPED);
    size_t width = text_width(text, strlen(text));

    put_slice(view, text, strlen(text), STYLE_BOLD);
    text = clean(view, sk, TEXT_BREAKS_ESCAPED);
    if (width + GAP + text_width(text, strlen(text)) > view->width) {
        out_text(view->out, "\n");
    }
    put_spaces(view, GAP);
    put_slice(view, text, strlen(text), STYLE_BOLD);
    out_text(view->out, "\n");
}

void view_attribute(struct view *view, const char *name, size_t name_width, const char *value)
{
    size_t column = view->width >= MESSAGES_WIDE ? GAP + name_width + GAP : 2 * GAP;
    const char *text = clean(view, value, TEXT_BREAKS_ESCAPED);

    put_spaces(view, GAP);
    out_style(view->out, STYLE_DIM);
    out_text(view->out, name);
    out_plain(view->out);
    if (view->width >= MESSAGES_WIDE) {
        put_spaces(view, name_width - strlen(name) + GAP);
    } else {
        out_text(view->out, "\n");
        put_spaces(view, column);
    }
    put_wrapped(view, text, column, column);
}
