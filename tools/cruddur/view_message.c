/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "view_parts.h"

/* Below this, text hangs by two columns instead of by the width of the time. */
#define MESSAGES_NARROW 30
#define NAME_WIDTH_MAX ((size_t)20)
#define CLOCK_WIDTH 5
#define RULE "\xE2\x94\x80"
#define READ_MARK "\xE2\x9C\x93"
#define REPLY_MARK "\xE2\x86\xAA"
/* As many are named as readers; of more, the number is given. */
#define READERS_NAMED 3
#define LABEL_WIDTH ((size_t)9)

/* Legible on light and dark: cyan, green, yellow, magenta, blue, red. */
static const char *const author_styles[VIEW_COLOURS] = {"1;36", "1;32", "1;33",
                                                        "1;35", "1;94", "1;91"};

static void name_author(struct view *view, const cruddur_msg *msg)
{
    buffer_clear(&view->name);
    view_name_person(&view->name, cruddur_msg_user_display_name(msg), cruddur_msg_user_handle(msg),
                     cruddur_msg_user_uuid(msg));
}

/* Widens the column of names for one. */
static void measure_name(struct view *view, const cruddur_msg *msg)
{
    name_author(view, msg);
    size_t width = text_width(buffer_text(&view->name), view->name.length);
    view->name_width = width > view->name_width ? width : view->name_width;
}

/* Lays out the messages that are to come for the names on their first page. */
static void measure_names(struct view *view, const cruddur_msg_page *page, const cruddur_msg *msg)
{
    if (view->width < VIEW_MESSAGES_WIDE || view->name_width > 0) {
        return;
    }
    view->name_width = 1;
    measure_name(view, msg);
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        measure_name(view, cruddur_msg_page_at(page, i));
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

/* A line across, with a text in its middle. */
static void put_rule(struct view *view, const char *text, const char *style)
{
    size_t width = strlen(text) + 2;
    size_t rules = view->width > width ? view->width - width : 0;
    buffer_clear(&view->clean);
    for (size_t i = 0; i < rules; i++) {
        if (i == rules / 2) {
            buffer_add_format(&view->clean, " %s ", text);
        }
        buffer_add_text(&view->clean, RULE);
    }
    out_styled(view->out, style, rules > 0 ? buffer_text(&view->clean) : text);
    out_text(view->out, "\n");
}

static void put_day(struct view *view, int64_t time_us)
{
    char day[TIMETEXT_SIZE];
    timetext_day(day, time_us, view->now_us, view->width < MESSAGES_NARROW);
    put_rule(view, day, STYLE_DIM);
}

static void put_clock(struct view *view, int64_t time_us, size_t gap)
{
    char clock[TIMETEXT_SIZE];
    timetext_clock(clock, time_us);
    out_styled(view->out, STYLE_DIM, clock);
    view_put_spaces(view, gap);
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
            (void)view_put_cut(view, name, view->width, style);
            out_text(view->out, "\n");
        }
        put_clock(view, time_us, 1);
        return CLOCK_WIDTH + 1;
    }
    put_clock(view, time_us, VIEW_GAP);
    size_t taken = is_said ? 0 : view_put_cut(view, name, view->name_width, style);
    view_put_spaces(view, view->name_width - taken + VIEW_GAP);
    return CLOCK_WIDTH + VIEW_GAP + view->name_width + VIEW_GAP;
}

/* --- receipts --- */

static bool is_viewer(const struct view *view, const char *user_uuid)
{
    return view->viewer_uuid != NULL && strcmp(view->viewer_uuid, user_uuid) == 0;
}

/* Who has read up to the last message, and not to one of `until_us` or later: the first names are
 * put into view->name. The author and the viewer do not count; `ret_others` tells how many do. */
static size_t find_readers(struct view *view, int64_t until_us, size_t *ret_others)
{
    size_t count = 0;
    *ret_others = 0;
    buffer_clear(&view->name);
    for (size_t i = 0; i < cruddur_members_count(view->members); i++) {
        const cruddur_user *user = cruddur_members_at(view->members, i);
        int64_t read_us = cruddur_members_read_up_to_us(view->members, i);
        if (is_viewer(view, user->uuid) || strcmp(user->uuid, view->last_author_uuid) == 0) {
            continue;
        }
        *ret_others += 1;
        if (read_us == CRUDDUR_TIME_UNKNOWN || read_us < view->last_time_us ||
            read_us >= until_us) {
            continue;
        }
        if (count < READERS_NAMED) {
            buffer_add_text(&view->name, count > 0 ? ", " : "");
            view_name_person(&view->name, user->display_name, user->handle, user->uuid);
        }
        count++;
    }
    return count;
}

/* Says who they are. */
static void put_receipts(struct view *view, int64_t until_us)
{
    size_t others = 0;
    size_t count = 0;
    if (view->has_author && view->last_time_us != CRUDDUR_TIME_UNKNOWN) {
        count = find_readers(view, until_us, &others);
    }
    if (count == 0) {
        return;
    }
    buffer_clear(&view->clean);
    if (count == others && others > 1) {
        buffer_add_text(&view->clean, READ_MARK " read by all");
    } else {
        buffer_add_format(&view->clean, READ_MARK " read by %s", buffer_text(&view->name));
    }
    if (count < others && count > READERS_NAMED) {
        buffer_add_format(&view->clean, " and %zu more", count - READERS_NAMED);
    }
    view_put_spaces(view, view->last_column);
    view_put_wrapped(view, buffer_text(&view->clean), view->last_column, view->last_column,
                     STYLE_DIM);
}

/* Whether the viewer, a member, has not read what is of this time. */
static bool is_after_marker(const struct view *view, int64_t time_us)
{
    for (size_t i = 0; i < cruddur_members_count(view->members); i++) {
        if (is_viewer(view, cruddur_members_at(view->members, i)->uuid)) {
            int64_t read_us = cruddur_members_read_up_to_us(view->members, i);
            return read_us == CRUDDUR_TIME_UNKNOWN || time_us > read_us;
        }
    }
    return false;
}

/* A line before the first message that counts as unread: neither the viewer's own nor a tombstone.
 */
static void put_new(struct view *view, const cruddur_msg *msg)
{
    bool counts = cruddur_msg_deleted_at_us(msg) == CRUDDUR_TIME_UNKNOWN &&
                  !is_viewer(view, cruddur_msg_user_uuid(msg));
    if (!view->has_new && counts && is_after_marker(view, cruddur_msg_created_at_us(msg))) {
        put_rule(view, "New", STYLE_BOLD);
        view->has_new = true;
        view->has_author = false;
    }
}

void view_end_messages(struct view *view, bool has_newer)
{
    /* If there are newer ones, a marker after the last one here may belong to one of them. */
    put_receipts(view,
                 has_newer && view->last_time_us < INT64_MAX ? view->last_time_us + 1 : INT64_MAX);
    if (view->trouble.length > 0) {
        buffer_clear(&view->name);
        buffer_add_format(&view->name, "no receipts: %s", buffer_text(&view->trouble));
        view_put_wrapped(view, buffer_text(&view->name), 0, VIEW_GAP, STYLE_DIM);
    }
}

/* --- messages --- */

/* What a reply refers to, as the page has it; else its uuid. */
static void put_quote(struct view *view, const cruddur_msg *msg, const cruddur_msg_page *page,
                      size_t column)
{
    const char *uuid = cruddur_msg_reply_to(msg);
    const cruddur_msg *found = NULL;
    if (uuid == NULL) {
        return;
    }
    for (size_t i = 0; found == NULL && i < cruddur_msg_page_count(page); i++) {
        const cruddur_msg *candidate = cruddur_msg_page_at(page, i);
        found = strcmp(cruddur_msg_uuid(candidate), uuid) == 0 ? candidate : NULL;
    }
    struct buffer line = {NULL, 0, 0};
    buffer_add_text(&line, REPLY_MARK " ");
    if (found == NULL) {
        text_clean(&line, uuid, TEXT_BREAKS_ESCAPED);
    } else {
        name_author(view, found);
        buffer_add_format(&line, "%s: ", buffer_text(&view->name));
        if (cruddur_msg_deleted_at_us(found) != CRUDDUR_TIME_UNKNOWN) {
            buffer_add_text(&line, "(deleted)");
        }
        text_clean(&line, cruddur_msg_text(found), TEXT_BREAKS_FOLDED);
    }
    (void)view_put_cut(view, buffer_text(&line), view->width > column ? view->width - column : 1,
                       STYLE_DIM);
    out_text(view->out, "\n");
    view_put_spaces(view, column);
    buffer_free(&line);
}

static void add_part(struct buffer *line, const char *text)
{
    buffer_add_format(line, "%s%s", line->length > 0 ? "  " : "", text);
}

/* Each kind of reaction, with how many there are of it. Those of one kind are together. */
static void add_reactions(struct buffer *line, const cruddur_msg *msg)
{
    cruddur_reaction reaction, last = {"", ""};
    size_t count = 0;
    for (size_t i = 0; cruddur_msg_reaction_at(msg, i, &reaction); i++) {
        if (i > 0 && strcmp(reaction.text, last.text) != 0) {
            buffer_add_format(line, " %zu", count);
            count = 0;
        }
        if (count == 0) {
            add_part(line, "");
            text_clean(line, reaction.text, TEXT_BREAKS_ESCAPED);
        }
        count++;
        last = reaction;
    }
    if (count > 0) {
        buffer_add_format(line, " %zu", count);
    }
}

/* What is beneath a message: that it was edited, when it expires, reactions, data. */
static void put_foot(struct view *view, const cruddur_msg *msg, size_t column)
{
    char until[TIMETEXT_SIZE];
    struct buffer line = {NULL, 0, 0};
    int64_t expires_us = cruddur_msg_expires_at_us(msg);
    bool is_deleted = cruddur_msg_deleted_at_us(msg) != CRUDDUR_TIME_UNKNOWN;
    if (cruddur_msg_edited_at_us(msg) != CRUDDUR_TIME_UNKNOWN && !is_deleted) {
        add_part(&line, "(edited)");
    }
    if (expires_us != CRUDDUR_TIME_UNKNOWN) {
        timetext_until(until, expires_us, view->now_us);
        add_part(&line, "(expires ");
        buffer_add_format(&line, "%s)", until);
    }
    add_reactions(&line, msg);
    if (line.length > 0) {
        view_put_spaces(view, column);
        view_put_wrapped(view, buffer_text(&line), column, column, STYLE_DIM);
    }
    if (cruddur_msg_data(msg) != NULL) {
        buffer_clear(&line);
        buffer_add_text(&line, "data: ");
        text_clean(&line, cruddur_msg_data(msg), TEXT_BREAKS_FOLDED);
        view_put_spaces(view, column);
        (void)view_put_cut(view, buffer_text(&line),
                           view->width > column ? view->width - column : 1, STYLE_DIM);
        out_text(view->out, "\n");
    }
    buffer_free(&line);
}

static void put_text(struct view *view, const cruddur_msg *msg, size_t column, size_t hang)
{
    if (cruddur_msg_deleted_at_us(msg) != CRUDDUR_TIME_UNKNOWN) {
        view_put_wrapped(view, "This message was deleted.", column, hang, STYLE_DIM);
    } else {
        view_put_wrapped(view, view_clean(view, cruddur_msg_text(msg), TEXT_BREAKS_KEPT), column,
                         hang, NULL);
    }
}

void view_message(struct view *view, const cruddur_msg_page *page, const cruddur_msg *msg)
{
    int64_t day = 0;
    int64_t time_us = cruddur_msg_created_at_us(msg);
    if (!view->has_author) {
        measure_names(view, page, msg);
    }
    put_receipts(view, time_us);
    bool is_new_day =
        timetext_day_number(time_us, &day) && (!view->has_day || day != view->last_day);
    if (is_new_day) {
        put_day(view, time_us);
        view->has_day = true;
        view->last_day = day;
    }
    put_new(view, msg);
    uint64_t author = hash_author(msg);
    bool is_said = view->has_author && author == view->last_author && !is_new_day;
    size_t column = put_author(view, msg, is_said, style_of(view, author));
    size_t hang = view->width < MESSAGES_NARROW ? VIEW_GAP : column;
    put_quote(view, msg, page, column);
    put_text(view, msg, column, hang);
    put_foot(view, msg, hang);
    if (view->shows_uuids) {
        view_put_spaces(view, view->width >= hang + CRUDDUR_UUID_SIZE - 1 ? hang : 0);
        view_put_uuid(view, "", cruddur_msg_uuid(msg));
    }
    view->has_author = true;
    view->last_author = author;
    view->last_time_us = time_us;
    view->last_column = hang;
    (void)snprintf(view->last_author_uuid, sizeof(view->last_author_uuid), "%s",
                   cruddur_msg_user_uuid(msg));
}

/* --- one message --- */

static void put_field(struct view *view, const char *label, const char *text)
{
    out_styled(view->out, STYLE_DIM, label);
    view_put_wrapped(view, view_clean(view, text, TEXT_BREAKS_ESCAPED), strlen(label),
                     strlen(label), NULL);
}

static void put_time(struct view *view, const char *label, int64_t time_us)
{
    char text[CRUDDUR_TIME_SIZE];
    if (time_us != CRUDDUR_TIME_UNKNOWN && cruddur_time_format(time_us, text, NULL) == CRUDDUR_OK) {
        put_field(view, label, text);
    }
}

/* Who reacted: by name, where it is known. */
static void put_reaction(struct view *view, const cruddur_reaction *reaction)
{
    const cruddur_user *user = NULL;
    for (size_t i = 0; user == NULL && i < cruddur_members_count(view->members); i++) {
        const cruddur_user *member = cruddur_members_at(view->members, i);
        user = strcmp(member->uuid, reaction->user_uuid) == 0 ? member : NULL;
    }
    buffer_clear(&view->name);
    text_clean(&view->name, reaction->text, TEXT_BREAKS_ESCAPED);
    buffer_add_text(&view->name, "  ");
    view_name_person(&view->name, user != NULL ? user->display_name : "",
                     user != NULL ? user->handle : "", reaction->user_uuid);
    out_styled(view->out, STYLE_DIM, "reaction ");
    (void)view_put_cut(view, buffer_text(&view->name),
                       view->width > LABEL_WIDTH ? view->width - LABEL_WIDTH : 1, STYLE_PLAIN);
    out_text(view->out, "\n");
}

void view_message_details(struct view *view, const cruddur_msg *msg)
{
    cruddur_reaction reaction;
    view_put_uuid(view, "message  ", cruddur_msg_uuid(msg));
    put_time(view, "created  ", cruddur_msg_created_at_us(msg));
    put_time(view, "edited   ", cruddur_msg_edited_at_us(msg));
    put_time(view, "deleted  ", cruddur_msg_deleted_at_us(msg));
    put_time(view, "expires  ", cruddur_msg_expires_at_us(msg));
    if (cruddur_msg_reply_to(msg) != NULL) {
        view_put_uuid(view, "reply to ", cruddur_msg_reply_to(msg));
    }
    if (cruddur_msg_data(msg) != NULL) {
        put_field(view, "data     ", cruddur_msg_data(msg));
    }
    if (cruddur_msg_version(msg)[0] != '\0') {
        put_field(view, "version  ", cruddur_msg_version(msg));
    }
    for (size_t i = 0; cruddur_msg_reaction_at(msg, i, &reaction); i++) {
        put_reaction(view, &reaction);
    }
}

/* --- what was done --- */

void view_done_message(struct view *view, const char *done, const cruddur_msg *msg)
{
    out_format(view->out, "%s\n", done);
    view_put_uuid(view, "message  ", cruddur_msg_uuid(msg));
}

void view_sent_message(struct view *view, const cruddur_msg *msg)
{
    char ago[TIMETEXT_SIZE];
    char done[TIMETEXT_SIZE + 8];
    timetext_ago(ago, cruddur_msg_created_at_us(msg), view->now_us, false);
    (void)snprintf(done, sizeof(done), "Sent %s", ago);
    view_done_message(view, done, msg);
}
