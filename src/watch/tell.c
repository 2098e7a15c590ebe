/* SPDX-License-Identifier: MIT */
#include "watch/tell.h"

#include "base/clock.h"
#include "model/expiry.h"
#include "model/marker.h"

#define PREFIX_CARD "CARD#"

/* ---- news ---- */

static const struct {
    const char *what;
    cruddur_event_kind kind;
} kinds[] = {
    {CR_CHANGE_EDIT, CRUDDUR_EVENT_EDIT},
    {CR_CHANGE_DELETE, CRUDDUR_EVENT_DELETION},
    {CR_CHANGE_REACT, CRUDDUR_EVENT_REACTION},
    {CR_CHANGE_LATE, CRUDDUR_EVENT_MESSAGE},
    {CR_CHANGE_GROUP, CRUDDUR_EVENT_GROUP_CHANGED},
    {CR_CHANGE_ADD, CRUDDUR_EVENT_MEMBER_ADDED},
    {CR_CHANGE_REMOVE, CRUDDUR_EVENT_MEMBER_REMOVED},
};

bool cr_news_of_change(const cr_uuid *group, const cr_change *change, const cr_row *message,
                       cr_news *news)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (cr_str_equal(change->what, cr_str_of(kinds[i].what))) {
            *news =
                (cr_news){.kind = kinds[i].kind,
                          .group = *group,
                          .user = message == NULL ? change->member : message->value[CR_USER_UUID],
                          .version = change->version,
                          .message = message,
                          .message_sk = change->message_sk};
            return true;
        }
    }
    return false;
}

cr_news cr_news_of_message(const cr_uuid *group, const cr_row *message)
{
    return (cr_news){.kind = CRUDDUR_EVENT_MESSAGE,
                     .group = *group,
                     .user = message->value[CR_USER_UUID],
                     .version = message->value[CR_VERSION],
                     .message = message,
                     .message_sk = message->value[CR_SK]};
}

cr_news cr_news_of_marker(const cr_uuid *group, cr_str user, cr_str marker)
{
    return (cr_news){.kind = CRUDDUR_EVENT_READ,
                     .group = *group,
                     .user = user,
                     .version = marker,
                     .marker = marker};
}

uint64_t cr_own_settings(const cr_row *group_row)
{
    static const cr_attribute own[] = {CR_MUTED_UNTIL, CR_ARCHIVED, CR_PINNED, CR_VISIBLE_SK};
    uint64_t digest = 1;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        cr_str value = cr_str_or_empty(group_row->value[own[i]]);
        digest = digest * UINT64_C(31) + cr_cursor_hash(value.data, value.size);
    }
    return digest;
}

/* ---- telling ---- */

typedef struct telling {
    cr_txn *txn;
    const cr_changed_keys *changed;
    const cr_audience *audience;
    cr_own_cache *cache;
    cr_views views;
    size_t first; /* the keys of the change that is being told */
    size_t end;
    uint64_t number; /* of the change row that is being told; 0: it is none */
} telling;

static bool has_inboxes(const cr_audience *audience)
{
    return audience->crowd.count > 0 &&
           audience->crowd.watch[audience->crowd.count - 1]->wish.is_inbox;
}

static cruddur_status add(const telling *now, size_t at, const cr_news *news)
{
    cr_place place = now->audience->crowd.watch[at]->at;
    place.seq = now->changed->notes[now->first].seq - 1;
    return cr_event_list_add(&now->audience->events[at], news, &place)
               ? CRUDDUR_OK
               : cr_fail_memory(now->txn->call->error);
}

/* Who was removed is told of that, and of nothing else. */
static bool is_of_removal(const cr_news *news, const cr_uuid *user)
{
    return news->kind == CRUDDUR_EVENT_MEMBER_REMOVED &&
           cr_str_equal(news->user, cr_uuid_str(user));
}

/* Of a time when a user was no member only the messages are told, if they are in the history. */
static cruddur_status may_see(telling *now, cr_view *view, const cr_view_member *member,
                              const cr_news *news, bool *may)
{
    bool was_out = false;
    *may = is_of_removal(news, &member->uuid);
    if (*may || !cr_view_shows(member, news->message_sk)) {
        return CRUDDUR_OK;
    }
    cruddur_status status =
        now->number == 0 ? CRUDDUR_OK
                         : cr_view_was_out(&now->views, view, &member->uuid, now->number, &was_out);
    *may = !was_out;
    return status;
}

static cruddur_status tell_group_watch(telling *now, cr_view *view, size_t at, const cr_news *news)
{
    bool may = false;
    cruddur_watch *watch = now->audience->crowd.watch[at];
    const cr_view_member *member = NULL;
    if (!watch->wish.has_viewer) {
        watch->has_lost = watch->has_lost || !view->is_there;
        return view->is_there ? add(now, at, news) : CRUDDUR_OK;
    }
    cruddur_status status = cr_view_read_member(&now->views, view, &watch->wish.viewer, &member);
    if (status != CRUDDUR_OK) {
        return status;
    }
    watch->has_lost = watch->has_lost || !member->is_member;
    status = may_see(now, view, member, news, &may);
    return status == CRUDDUR_OK && may ? add(now, at, news) : status;
}

static cruddur_status tell_inbox(telling *now, cr_view *view, const cr_uuid *user,
                                 const cr_news *news)
{
    const cr_view_member *member = NULL;
    size_t at = cr_crowd_find(&now->audience->crowd, true, user);
    if (!cr_crowd_has(&now->audience->crowd, at, true, user)) {
        return CRUDDUR_OK;
    }
    bool may = false;
    cruddur_status status = cr_view_read_member(&now->views, view, user, &member);
    if (status == CRUDDUR_OK) {
        status = may_see(now, view, member, news, &may);
    }
    for (; may && status == CRUDDUR_OK && cr_crowd_has(&now->audience->crowd, at, true, user);
         at++) {
        status = add(now, at, news);
    }
    return status;
}

/* Tells all who watch the group, its members, and the one whom the change has removed. */
static cruddur_status tell(telling *now, cr_view *view, const cr_news *news)
{
    cr_uuid user;
    cruddur_status status = CRUDDUR_OK;
    size_t at = cr_crowd_find(&now->audience->crowd, false, &news->group);
    for (; status == CRUDDUR_OK && cr_crowd_has(&now->audience->crowd, at, false, &news->group);
         at++) {
        status = tell_group_watch(now, view, at, news);
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < view->members.count; i++) {
        status = tell_inbox(now, view, &view->members.uuid[i], news);
    }
    bool is_removal = news->kind == CRUDDUR_EVENT_MEMBER_REMOVED;
    if (status == CRUDDUR_OK && is_removal && cr_uuid_parse(news->user, &user) &&
        !cr_members_have(&view->members, &user)) {
        status = tell_inbox(now, view, &user, news);
    }
    return status;
}

/* ---- the keys of one change ---- */

static bool is_key_of(cr_key key, const char *prefix, const cr_uuid *group)
{
    size_t size = strlen(prefix);
    return key.pk.size == size + CR_UUID_LENGTH && memcmp(key.pk.data, prefix, size) == 0 &&
           memcmp(key.pk.data + size, group->text, CR_UUID_LENGTH) == 0;
}

static cruddur_status get_row(cr_txn *txn, cr_key key, cr_row *row)
{
    return txn->ops->get(txn, &key, 1, row);
}

/* A message that is to be shown; else *is_shown is false. */
static cruddur_status get_message(cr_txn *txn, const cr_uuid *group, cr_str sk, cr_row *row,
                                  bool *is_shown)
{
    cr_pk pk = cr_pk_of_group(group);
    cruddur_status status = get_row(txn, (cr_key){cr_pk_str(&pk), sk}, row);
    *is_shown = status == CRUDDUR_OK && cr_row_kind(row) == CR_KIND_MESSAGE &&
                cr_message_is_shown(row, cr_clock_now_us());
    return status;
}

static cruddur_status tell_messages(telling *now, cr_view *view)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = now->first; status == CRUDDUR_OK && i < now->end; i++) {
        cr_row row;
        bool is_shown;
        cr_key key = now->changed->keys[i];
        if (now->changed->notes[i].how != CR_WRITTEN_PUT ||
            !is_key_of(key, CR_PK_MESSAGES, &view->group)) {
            continue;
        }
        status = get_message(now->txn, &view->group, key.sk, &row, &is_shown);
        if (is_shown) {
            const cr_news news = cr_news_of_message(&view->group, &row);
            status = tell(now, view, &news);
        }
    }
    return status;
}

static cruddur_status tell_change(telling *now, cr_view *view, cr_key key)
{
    cr_row row;
    cr_row message;
    cr_news news;
    cr_change change;
    bool is_shown = false;
    cruddur_status status = get_row(now->txn, key, &row);
    if (status != CRUDDUR_OK || !cr_row_exists(&row) ||
        !cr_change_read(&row, now->txn->arena, &change) ||
        cr_str_equal(change.what, cr_str_of(CR_CHANGE_LATE))) { /* the message is here, too */
        return status;
    }
    if (change.message_sk.data != NULL) {
        status = get_message(now->txn, &view->group, change.message_sk, &message, &is_shown);
    }
    if (status == CRUDDUR_OK &&
        cr_news_of_change(&view->group, &change, is_shown ? &message : NULL, &news)) {
        now->number = change.number;
        status = tell(now, view, &news);
        now->number = 0;
    }
    return status;
}

static cruddur_status tell_change_rows(telling *now, cr_view *view)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = now->first; status == CRUDDUR_OK && i < now->end; i++) {
        cr_key key = now->changed->keys[i];
        if (is_key_of(key, CR_PK_CHANGES, &view->group) &&
            now->changed->notes[i].how == CR_WRITTEN_PUT) {
            status = tell_change(now, view, key);
        }
    }
    return status;
}

static bool has_key(const telling *now, const char *prefix, const cr_uuid *group, bool must_be_put)
{
    for (size_t i = now->first; i < now->end; i++) {
        if (is_key_of(now->changed->keys[i], prefix, group) &&
            (!must_be_put || now->changed->notes[i].how == CR_WRITTEN_PUT)) {
            return true;
        }
    }
    return false;
}

/* An opening puts the card, or replaces that of a group that was removed, with a first message. */
static bool is_opening(const telling *now, const cr_uuid *group)
{
    return has_key(now, PREFIX_CARD, group, false) && has_key(now, CR_PK_MESSAGES, group, true) &&
           !has_key(now, CR_PK_CHANGES, group, false);
}

/* Not of rows that were only removed, as a purge does: the group need not be read for them. */
static bool is_wanted_of(const telling *now, const cr_uuid *group)
{
    bool has_news =
        has_key(now, CR_PK_MESSAGES, group, true) || has_key(now, CR_PK_CHANGES, group, true);
    return has_news &&
           (has_inboxes(now->audience) ||
            cr_crowd_has(&now->audience->crowd, cr_crowd_find(&now->audience->crowd, false, group),
                         false, group));
}

static cruddur_status tell_group(telling *now, const cr_uuid *group)
{
    cr_view *view = NULL;
    bool is_wanted = is_wanted_of(now, group);
    cruddur_status status = is_wanted ? cr_view_read(&now->views, group, &view) : CRUDDUR_OK;
    if (status != CRUDDUR_OK || !is_wanted) {
        return status;
    }
    if (is_opening(now, group)) {
        const cr_news news = {.kind = CRUDDUR_EVENT_GROUP_OPENED, .group = *group};
        status = tell(now, view, &news);
    }
    if (status == CRUDDUR_OK) {
        status = tell_messages(now, view);
    }
    return status == CRUDDUR_OK ? tell_change_rows(now, view) : status;
}

/* ---- a member's own row ---- */

static cruddur_status tell_settings(telling *now, cr_view *view, const cr_uuid *user,
                                    const cr_row *row)
{
    const cr_news news = {.kind = CRUDDUR_EVENT_GROUP_CHANGED,
                          .group = view->group,
                          .user = cr_uuid_str(user),
                          .version = row->value[CR_VERSION]};
    return tell_inbox(now, view, user, &news);
}

/* What differs from the last time that this row was seen. */
static void compare(telling *now, const cr_row *row, bool *is_marked, bool *is_set)
{
    cr_str marker = cr_row_marker(row);
    cr_str group = row->value[CR_GROUP_UUID];
    uint64_t id = cr_cursor_hash(row->value[CR_PK].data, row->value[CR_PK].size) * UINT64_C(31) +
                  cr_cursor_hash(group.data, group.size);
    uint64_t read = cr_cursor_hash(marker.data, marker.size);
    uint64_t settings = cr_own_settings(row);
    size_t at = (size_t)(id % CR_OWN_CACHE_SIZE);
    bool is_known = now->cache->known[at].row == id;
    *is_marked = !is_known || now->cache->known[at].marker != read;
    *is_set = !is_known || now->cache->known[at].settings != settings;
    now->cache->known[at].row = id;
    now->cache->known[at].marker = read;
    now->cache->known[at].settings = settings;
}

/* Reads the row that was at this key, wherever it is now: a message may have moved it since. */
static cruddur_status read_own_row(telling *now, size_t at, cr_view **view, cr_uuid *user,
                                   cr_row *row)
{
    cr_uuid group;
    cr_key key = now->changed->keys[at];
    cr_str named = now->changed->notes[at].group;
    const cr_view_member *member = NULL;
    cruddur_status status = get_row(now->txn, key, row);
    bool is_there = status == CRUDDUR_OK && cr_row_kind(row) == CR_KIND_GROUP_ROW &&
                    (named.data == NULL || cr_str_equal(row->value[CR_GROUP_UUID], named));
    if (status != CRUDDUR_OK || !cr_uuid_parse(cr_pk_suffix(key.pk), user) ||
        !cr_uuid_parse(is_there ? row->value[CR_GROUP_UUID] : named, &group)) {
        return status;
    }
    status = cr_view_read(&now->views, &group, view);
    if (status == CRUDDUR_OK && !is_there) {
        status = cr_view_read_member(&now->views, *view, user, &member);
        *row = status == CRUDDUR_OK ? member->own : *row;
    }
    return status;
}

static cruddur_status tell_own_row(telling *now, size_t at)
{
    cr_row row;
    cr_uuid user;
    cr_view *view = NULL;
    bool is_marked;
    bool is_set;
    cruddur_status status = read_own_row(now, at, &view, &user, &row);
    if (status != CRUDDUR_OK || view == NULL || !view->is_there || !cr_row_exists(&row)) {
        return status;
    }
    compare(now, &row, &is_marked, &is_set);
    if (is_marked) {
        const cr_news news =
            cr_news_of_marker(&view->group, cr_uuid_str(&user), cr_row_marker(&row));
        status = tell(now, view, &news);
    }
    return status == CRUDDUR_OK && is_set ? tell_settings(now, view, &user, &row) : status;
}

/* ---- one change ---- */

/* The group that a key is of, unless it is a group row's. */
static bool group_of(cr_key key, cr_uuid *group)
{
    static const char *const prefixes[] = {CR_PK_MESSAGES, CR_PK_CHANGES, PREFIX_CARD};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t size = strlen(prefixes[i]);
        if (cr_pk_has_prefix(key.pk, prefixes[i])) {
            return cr_uuid_parse((cr_str){key.pk.data + size, key.pk.size - size}, group);
        }
    }
    return false;
}

static bool is_first_of(const telling *now, size_t at, const cr_uuid *group)
{
    cr_uuid earlier;
    for (size_t i = now->first; i < at; i++) {
        if (group_of(now->changed->keys[i], &earlier) && cr_uuid_compare(&earlier, group) == 0) {
            return false;
        }
    }
    return true;
}

/* The last event of the change is told when all of it is. */
static void close_change(const telling *now)
{
    int64_t seq = now->changed->notes[now->first].seq;
    for (size_t i = 0; i < now->audience->crowd.count; i++) {
        cruddur_event *last = now->audience->events[i].last;
        if (last != NULL && last->place.seq == seq - 1) {
            last->place.seq = seq;
        }
    }
}

static cruddur_status tell_one(telling *now)
{
    cr_uuid group;
    bool has_group = false;
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = now->first; status == CRUDDUR_OK && i < now->end; i++) {
        if (group_of(now->changed->keys[i], &group)) {
            has_group = true;
            status = is_first_of(now, i, &group) ? tell_group(now, &group) : CRUDDUR_OK;
        }
    }
    for (size_t i = now->first; !has_group && status == CRUDDUR_OK && i < now->end; i++) {
        if (cr_pk_has_prefix(now->changed->keys[i].pk, CR_PK_GROUPS) &&
            now->changed->notes[i].how == CR_WRITTEN_REPLACED) {
            status = tell_own_row(now, i);
        }
    }
    close_change(now);
    return status;
}

cruddur_status cr_tell_changes(cr_txn *txn, const cr_changed_keys *changed,
                               const cr_audience *audience, cr_own_cache *cache)
{
    telling now = {
        .txn = txn, .changed = changed, .audience = audience, .cache = cache, .views = {txn, NULL}};
    cruddur_status status = CRUDDUR_OK;
    for (now.first = 0; status == CRUDDUR_OK && now.first < changed->count; now.first = now.end) {
        now.end = now.first + 1;
        while (now.end < changed->count &&
               changed->notes[now.end].seq == changed->notes[now.first].seq) {
            now.end++;
        }
        status = tell_one(&now);
    }
    return status;
}
