/* SPDX-License-Identifier: MIT */
#include "watch/tracked.h"

#include "base/array.h"
#include "base/clock.h"
#include "messaging/own_row.h"
#include "model/expiry.h"
#include "watch/tell.h"

#define FIRST_TOLD 16

/* Change rows that one look tells of, at most. */
#define CHANGES_MAX 250

/* One run of the body. */
typedef struct looking {
    cr_tracked_look *look;
    cr_tracked now; /* as the group is after this look */
    cr_txn *txn;
    cr_row own;        /* the viewer's row */
    cr_str visible_sk; /* the same, of the history */
    cr_str head_sk;    /* read before the card: what is later may be of a time without the viewer */
    cr_row counter;    /* the same, of changes */
    cr_str low;        /* the low mark when the look began */
    size_t told;       /* messages */
    size_t told_before; /* remembered, before the first run */
    bool is_silent;     /* they are only noted */
} looking;

/* ---- the low mark ---- */

static bool was_told(const cr_told *told, cr_str sk)
{
    for (size_t i = told->count; i > 0; i--) {
        if (cr_str_equal(cr_kept_key_str(&told->key[i - 1]), sk)) {
            return true;
        }
    }
    return false;
}

/* Only what was told after the low mark is remembered. */
static void forget_told(cr_told *told, const cr_kept_key *low)
{
    size_t kept = 0;
    for (size_t i = 0; i < told->count; i++) {
        if (cr_str_compare(cr_kept_key_str(&told->key[i]), cr_kept_key_str(low)) > 0) {
            told->key[kept++] = told->key[i];
        }
    }
    told->count = kept;
}

static void raise(cr_kept_key *kept, cr_str sk)
{
    if (cr_str_compare(sk, cr_kept_key_str(kept)) > 0) {
        cr_kept_key_set(kept, sk);
    }
}

static bool note_told(looking *now, cr_str sk)
{
    cr_told *told = &now->look->tracked->told; /* the memory is of all runs */
    raise(&now->now.newest, sk);
    if ((now->txn->traits & CR_TRAIT_STREAMED) == 0) {
        raise(&now->now.low, sk);
        return true;
    }
    told->count = now->now.told.count;
    cr_kept_key *grown =
        cr_array_grow(told->key, told->count, &told->capacity, FIRST_TOLD, sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    told->key = grown;
    cr_kept_key_set(&grown[told->count], sk);
    now->now.told = (cr_told){grown, told->count + 1, told->capacity};
    return true;
}

static void move_low_mark(cr_tracked *tracked, bool is_streamed)
{
    int64_t now_us = cr_clock_monotonic_us();
    if (!is_streamed) {
        tracked->low = tracked->newest.size > 0 ? tracked->newest : tracked->low;
    } else if (now_us - tracked->marked_us >= CR_PLACE_CALL_US) {
        raise(&tracked->low, cr_kept_key_str(&tracked->marked));
        tracked->marked = tracked->newest;
        tracked->marked_us = now_us;
        forget_told(&tracked->told, &tracked->low);
    }
}

/* ---- events ---- */

/* The place after an event: all messages up to the low mark, and all changes up to this one. */
static bool add(looking *now, const cr_news *news)
{
    cr_place place = now->look->place;
    place.low = now->now.low;
    place.change = now->now.change;
    return cr_event_list_add(&now->look->events, news, &place);
}

static bool is_visible(const looking *now, cr_str sk)
{
    return now->visible_sk.data == NULL || cr_str_compare(sk, now->visible_sk) > 0;
}

static cr_sink_answer take_message(void *context, const cr_row *row)
{
    looking *now = context;
    cr_str sk = row->value[CR_SK];
    if (was_told(&now->now.told, sk)) {
        return CR_SINK_MORE;
    }
    if (now->told == CR_LOOK_MESSAGES_MAX && !now->is_silent) {
        now->look->has_more = true;
        return CR_SINK_STOP;
    }
    now->told++;
    if (!note_told(now, sk)) {
        return CR_SINK_NO_MEMORY;
    }
    if (now->is_silent || !cr_message_is_shown(row, cr_clock_now_us()) || !is_visible(now, sk)) {
        return CR_SINK_MORE;
    }
    const cr_news news = cr_news_of_message(&now->now.group, row);
    return add(now, &news) ? CR_SINK_MORE : CR_SINK_NO_MEMORY;
}

static cruddur_status read_messages(looking *now)
{
    cr_pk pk = cr_pk_of_group(&now->now.group);
    const cr_kept_key from = now->now.low;
    const cr_query query = {.partition = cr_pk_str(&pk),
                            .lower = {cr_kept_key_str(&from), false},
                            .upper = {now->head_sk, true},
                            .expected = CR_LOOK_MESSAGES_MAX};
    return cr_rows_query(now->txn, &query, take_message, now);
}

/* A group is new if its first message is. */
static cruddur_status read_opening(looking *now)
{
    cr_row first;
    cr_pk pk = cr_pk_of_group(&now->now.group);
    const cr_query query = {.partition = cr_pk_str(&pk), .expected = 1};
    if (!now->now.tells_opening) {
        return CRUDDUR_OK;
    }
    now->now.tells_opening = false;
    cruddur_status status = cr_rows_find(now->txn, &query, CR_PK, cr_pk_str(&pk), &first);
    bool is_new = status == CRUDDUR_OK && cr_row_exists(&first) &&
                  cr_str_compare(first.value[CR_SK], cr_kept_key_str(&now->now.low)) > 0 &&
                  now->visible_sk.data == NULL;
    const cr_news news = {.kind = CRUDDUR_EVENT_GROUP_OPENED, .group = now->now.group};
    return is_new && !add(now, &news) ? cr_fail_memory(now->txn->call->error) : status;
}

/* ---- change rows ---- */

typedef struct changes {
    looking *now;
    uint64_t last; /* by the counter */
    cr_change *change;
    size_t count;
} changes;

static cr_sink_answer take_change(void *context, const cr_row *row)
{
    cr_row copy;
    changes *found = context;
    cr_arena *arena = found->now->txn->arena;
    cr_change *change = &found->change[found->count];
    if (!cr_change_read(row, arena, change)) {
        return CR_SINK_MORE;
    }
    if (change->number > found->last) {
        return CR_SINK_STOP;
    }
    if (!cr_row_copy(arena, row, &copy)) {
        return CR_SINK_NO_MEMORY;
    }
    (void)cr_change_read(&copy, arena, change);
    found->count++;
    return found->count < CHANGES_MAX ? CR_SINK_MORE : CR_SINK_STOP;
}

/* A message that this look, or the next one, finds behind the low mark. */
static bool is_told_by_key(const looking *now, const cr_change *change)
{
    return cr_str_equal(change->what, cr_str_of(CR_CHANGE_LATE)) &&
           cr_str_compare(change->message_sk, now->low) > 0;
}

static cruddur_status tell_change(looking *now, const cr_change *change)
{
    cr_row message;
    cr_news news;
    bool is_shown = false;
    cruddur_status status = CRUDDUR_OK;
    now->now.change = change->number;
    if (change->message_sk.data != NULL) {
        if (!is_visible(now, change->message_sk) || is_told_by_key(now, change)) {
            return CRUDDUR_OK;
        }
        cr_pk pk = cr_pk_of_group(&now->now.group);
        const cr_key key = {cr_pk_str(&pk), change->message_sk};
        status = now->txn->ops->get(now->txn, &key, 1, &message);
        is_shown = status == CRUDDUR_OK && cr_row_kind(&message) == CR_KIND_MESSAGE &&
                   cr_message_is_shown(&message, cr_clock_now_us());
    }
    bool is_told = status == CRUDDUR_OK &&
                   cr_news_of_change(&now->now.group, change, is_shown ? &message : NULL, &news);
    return is_told && !add(now, &news) ? cr_fail_memory(now->txn->call->error) : status;
}

static cr_sink_answer find_time(void *context, const cr_row *row)
{
    cr_change change;
    looking *now = context;
    if (!cr_change_read(row, now->txn->arena, &change)) {
        return CR_SINK_MORE;
    }
    if (change.made_at_us < now->now.since_us) {
        return CR_SINK_STOP;
    }
    now->now.change = change.number - 1;
    return CR_SINK_MORE;
}

/* Goes back from the newest one to the last one before a time: that is what was told. */
static cruddur_status find_last_told(looking *now, const cr_change_pk *pk)
{
    char sk[CR_CHANGE_SK_SIZE];
    cr_change_sk(0, sk);
    const cr_query query = {.partition = cr_change_pk_str(pk),
                            .lower = {cr_str_of(sk), false},
                            .upper = {cr_str_of(CR_SK_BEHIND), false},
                            .descending = true,
                            .expected = 8};
    return now->txn->ops->query(now->txn, &query, find_time, now);
}

static cruddur_status collect_changes(looking *now, const cr_change_pk *pk, changes *found)
{
    char sk[CR_CHANGE_SK_SIZE];
    cr_change_sk(now->now.change, sk);
    const cr_query query = {.partition = cr_change_pk_str(pk),
                            .lower = {cr_str_of(sk), false},
                            .upper = {cr_str_of(CR_SK_BEHIND), false}};
    found->change = cr_arena_alloc(now->txn->arena, CHANGES_MAX * sizeof(*found->change));
    return found->change == NULL ? cr_fail_memory(now->txn->call->error)
                                 : now->txn->ops->query(now->txn, &query, take_change, found);
}

/* ---- of a time without the viewer ---- */

static bool is_of_viewer(const looking *now, const cr_change *change, const char *what)
{
    const cr_uuid *viewer = now->look->viewer;
    return viewer != NULL && cr_str_equal(change->what, cr_str_of(what)) &&
           cr_str_equal(change->member, cr_uuid_str(viewer));
}

/* Whether the viewer was no member before the first of them: then the viewer is added first. */
static bool begins_out(const looking *now, const changes *found)
{
    for (size_t i = 0; i < found->count; i++) {
        if (is_of_viewer(now, &found->change[i], CR_CHANGE_REMOVE)) {
            return false;
        }
        if (is_of_viewer(now, &found->change[i], CR_CHANGE_ADD)) {
            return true;
        }
    }
    return false;
}

/* Of a time without the viewer only the messages are told, late ones as well: those that are in the
 * viewer's history now. */
static cruddur_status tell_or_pass(looking *now, const cr_change *change, bool *is_out)
{
    bool is_removal = is_of_viewer(now, change, CR_CHANGE_REMOVE);
    bool is_message = cr_str_equal(change->what, cr_str_of(CR_CHANGE_LATE));
    bool is_known = is_removal && change->number <= now->now.removal;
    *is_out = *is_out && !is_of_viewer(now, change, CR_CHANGE_ADD);
    bool is_told = !is_known && (!*is_out || is_message);
    cruddur_status status = is_told ? tell_change(now, change) : CRUDDUR_OK;
    now->now.change = change->number;
    now->now.removal = is_removal && !is_known ? change->number : now->now.removal;
    *is_out = *is_out || is_removal;
    return status;
}

static cruddur_status begin_changes(looking *now, const cr_change_pk *pk)
{
    if (now->now.change != CR_CHANGE_UNKNOWN) {
        return CRUDDUR_OK;
    }
    now->now.change = cr_change_count_read(&now->counter);
    return now->now.change > 0 ? find_last_told(now, pk) : CRUDDUR_OK;
}

/* Those after the last one that was told, in their order. Where there are more than one look tells
 * of, the next one goes on. */
static cruddur_status read_changes(looking *now, const cr_change_pk *pk)
{
    uint64_t count = cr_change_count_read(&now->counter);
    changes found = {.now = now, .last = count};
    cruddur_status status = begin_changes(now, pk);
    if (status == CRUDDUR_OK && count > now->now.change) {
        status = collect_changes(now, pk, &found);
    }
    bool is_out = now->now.is_out || begins_out(now, &found);
    for (size_t i = 0; status == CRUDDUR_OK && i < found.count; i++) {
        status = tell_or_pass(now, &found.change[i], &is_out);
    }
    bool is_cut = found.count == CHANGES_MAX;
    now->now.is_out = is_out && is_cut;
    if (is_cut) {
        now->look->has_more = true;
    } else if (status == CRUDDUR_OK && count > now->now.change) {
        now->now.change = count;
    }
    return status;
}

/* ---- the group ---- */

static cruddur_status choose_counter(cr_txn *txn, const cr_row *head, cr_beside *beside)
{
    (void)txn;
    (void)head;
    beside->count = 1;
    beside->key[0] = cr_change_counter_key(beside->context);
    return CRUDDUR_OK;
}

static cruddur_status read_counter(looking *now, const cr_change_pk *pk)
{
    const cr_key key = cr_change_counter_key(pk);
    return now->txn->ops->get(now->txn, &key, 1, &now->counter);
}

static void keep_removal(cr_tracked_look *look, cr_event_list *kept)
{
    for (cruddur_event *event; (event = cr_event_list_take(&look->events)) != NULL;) {
        bool is_it = event->kind == CRUDDUR_EVENT_MEMBER_REMOVED && look->viewer != NULL &&
                     cr_uuid_compare(&event->user, look->viewer) == 0;
        cr_event_list one = {event, event, 1};
        if (is_it) {
            cr_event_list_free(kept); /* the latest removal counts */
            *kept = one;
        } else {
            cr_event_free(event);
        }
    }
}

/* Of a group that the viewer has lost only the removal is told. If the viewer is added again, the
 * late messages since then are looked for. */
static cruddur_status read_lost(looking *now, const cr_change_pk *pk)
{
    cr_event_list kept = {NULL, NULL, 0};
    now->visible_sk = cr_str_of(CR_SK_BEHIND); /* no message is */
    cruddur_status status = read_counter(now, pk);
    if (status == CRUDDUR_OK) {
        status = begin_changes(now, pk);
    }
    uint64_t from = now->now.change;
    bool was_out = now->now.is_out;
    do { /* there is no next look */
        now->look->has_more = false;
        status = status == CRUDDUR_OK ? read_changes(now, pk) : status;
        keep_removal(now->look, &kept);
    } while (status == CRUDDUR_OK && now->look->has_more);
    now->look->events = kept;
    now->now.change = from;
    now->now.is_out = was_out || now->now.removal <= from;
    return status;
}

static cruddur_status read_group(looking *now, cr_change_pk *pk, cr_group *group)
{
    cr_txn *txn = now->txn;
    const cr_uuid *viewer = now->look->viewer;
    cr_beside beside = {.choose = choose_counter, .context = pk};
    const cr_group_reading reading = {.member = viewer, .beside = &beside};
    cruddur_status status = cr_group_read_as(txn, &now->now.group, &reading, group);
    if (status == CRUDDUR_OK) {
        now->counter = beside.row[0];
        if (beside.count == 0) { /* there was no head to ask for it with */
            status = read_counter(now, pk);
        }
    }
    if (status == CRUDDUR_OK && viewer != NULL) {
        status = cr_own_row_find(txn, group, viewer, &now->own);
        now->visible_sk = status == CRUDDUR_OK ? now->own.value[CR_VISIBLE_SK] : CR_STR_ABSENT;
    }
    return status;
}

/* In mode `stream` a message may still get a key before the newest one. */
static cruddur_status begin_here(looking *now, cr_str head_sk)
{
    int64_t head_us;
    cr_sort_key low;
    now->now.change = cr_change_count_read(&now->counter);
    raise(&now->now.newest, head_sk);
    if ((now->txn->traits & CR_TRAIT_STREAMED) == 0 || !cr_time_parse(head_sk, &head_us) ||
        !cr_time_format(head_us - CR_PLACE_MARGIN_US, &low)) {
        raise(&now->now.low, head_sk);
        return CRUDDUR_OK;
    }
    cr_kept_key_set(&now->now.low, cr_sort_key_str(&low));
    now->is_silent = true;
    return read_messages(now);
}

static cruddur_status read_news(looking *now, const cr_change_pk *pk, const cr_group *group)
{
    cr_str head_sk = group->head.value[CR_SK];
    now->head_sk = head_sk;
    if (now->look->begins) {
        return begin_here(now, head_sk);
    }
    cruddur_status status = read_opening(now);
    bool is_newer = cr_str_compare(head_sk, cr_kept_key_str(&now->now.low)) > 0;
    if (status == CRUDDUR_OK && is_newer) {
        status = read_messages(now);
    }
    if (status == CRUDDUR_OK && !now->look->has_more) {
        raise(&now->now.newest, head_sk); /* also one that has expired and gone */
    }
    return status == CRUDDUR_OK ? read_changes(now, pk) : status;
}

static cruddur_status look_body(cr_txn *txn, void *context)
{
    looking *now = context;
    cr_tracked_look *look = now->look;
    cr_group group;
    cr_change_pk pk = cr_change_pk_of(&look->tracked->group);
    cr_event_list_free(&look->events);
    look->is_gone = look->has_more = false;
    look->tracked->told.count = now->told_before;
    *now =
        (looking){.look = look, .now = *look->tracked, .txn = txn, .told_before = now->told_before};
    now->now.told.key = look->tracked->told.key;
    now->low = cr_kept_key_str(&look->tracked->low);
    cruddur_status status = read_group(now, &pk, &group);
    if (status == CRUDDUR_E_GROUP_NOT_FOUND) {
        cr_error_discard(txn->call->error);
        look->is_gone = true;
        status = look->begins ? CRUDDUR_OK : read_lost(now, &pk);
    } else if (status == CRUDDUR_OK) {
        status = read_news(now, &pk, &group);
    }
    bool must_check = look->viewer != NULL && (look->is_gone || look->events.count > 0);
    return status == CRUDDUR_OK && must_check ? cr_own_row_check(txn, &group, &now->own) : status;
}

cruddur_status cr_tracked_read(cr_store *store, cr_tracked_look *look, cr_call *call)
{
    looking now = {.look = look, .told_before = look->tracked->told.count};
    cruddur_status status = store->ops->read(store, look_body, &now, call);
    if (status != CRUDDUR_OK) {
        cr_event_list_free(&look->events);
        look->tracked->told.count = now.told_before;
        return status;
    }
    cr_told memory = look->tracked->told; /* where it is, and how large */
    memory.count = now.now.told.count;
    now.now.told = memory;
    if (!look->has_more) {
        move_low_mark(&now.now, (store->traits & CR_TRAIT_STREAMED) != 0);
    }
    *look->tracked = now.now;
    return CRUDDUR_OK;
}

void cr_tracked_begin_at(cr_tracked *tracked, int64_t time_us)
{
    cr_sort_key key;
    int64_t from_us = time_us - CR_PLACE_MARGIN_US;
    tracked->change = CR_CHANGE_UNKNOWN;
    tracked->since_us = from_us;
    tracked->low.size = 0;
    if (cr_time_format(from_us, &key)) {
        cr_kept_key_set(&tracked->low, cr_sort_key_str(&key));
    }
    tracked->newest = tracked->low;
}

bool cr_tracked_copy(cr_tracked *copy, const cr_tracked *tracked)
{
    size_t count = tracked->told.count;
    *copy = *tracked;
    copy->told = (cr_told){NULL, 0, 0};
    copy->own = (cr_event_list){NULL, NULL, 0};
    if (!cr_event_list_copy(&tracked->own, &copy->own)) {
        return false;
    }
    if (count == 0) {
        return true;
    }
    copy->told.key = malloc(count * sizeof(cr_kept_key));
    if (copy->told.key == NULL) {
        return false;
    }
    memcpy(copy->told.key, tracked->told.key, count * sizeof(cr_kept_key));
    copy->told.count = copy->told.capacity = count;
    return true;
}

void cr_tracked_free(cr_tracked *tracked)
{
    free(tracked->told.key);
    tracked->told = (cr_told){NULL, 0, 0};
    cr_event_list_free(&tracked->own);
}
