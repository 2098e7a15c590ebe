/* SPDX-License-Identifier: MIT */
#include "listing/list.h"

#include <stdlib.h>

#include "listing/period.h"
#include "messaging/names.h"

cruddur_status cr_read_cursor(cr_str text, cr_str list, cr_arena *arena, cr_cursor *cursor,
                              cruddur_error **error)
{
    switch (cr_cursor_read(text, list, arena, cursor)) {
    case CR_CURSOR_GOOD:
        return CRUDDUR_OK;
    case CR_CURSOR_NO_MEMORY:
        return cr_fail_memory(error);
    case CR_CURSOR_FOREIGN:
        return cr_fail_argument(error, CRUDDUR_E_CURSOR_FOREIGN, "options.cursor",
                                "is of another list");
    case CR_CURSOR_DAMAGED:
        break;
    }
    return cr_fail_argument(error, CRUDDUR_E_CURSOR_DAMAGED, "options.cursor",
                            "is not as a page gave it");
}

/* ---- one walk along one list ---- */

/* U+10FFFF, the last of all characters. */
#define BEHIND_ALL_KEYS "\xf4\x8f\xbf\xbf"

/* A page being read. */
typedef struct walk {
    const cr_listing *listing;
    cr_str list; /* the partition key */
    bool has_cursor;
    cr_cursor from; /* where the page begins, if there is a cursor */
    bool descending;
    cr_page_builder builder;
    bool is_at_end;  /* nothing comes after the rows walked over */
    bool has_more;   /* in the direction of the walk, not counting what is hidden */
    bool has_back;   /* against it */
    cr_str first_sk; /* of the rows walked over, whether or not they are shown; absent: none */
    cr_str last_sk;
} walk;

/* Walks from `here` (absent: from the end of the list) over rows of the period that is listed. */
static cruddur_status walk_from(cr_txn *txn, const walk *walking, cr_bound here, bool descending,
                                size_t expected, cr_sink sink, void *context)
{
    cr_period period = {walking->listing->since_us, walking->listing->until_us};
    cr_query query = {.partition = walking->list, .descending = descending, .expected = expected};
    *(descending ? &query.upper : &query.lower) = here;
    return cr_period_query(txn, &period, &query, sink, context);
}

/* One row more than the page has room for is taken, to know that there is more. */
static size_t rows_wanted(const walk *walking)
{
    return walking->listing->limit + 1;
}

/* Makes ready to walk along the list. */
static cruddur_status walk_init(walk *walking, const cr_listing *listing, cr_str list, cr_txn *txn)
{
    cruddur_status status = CRUDDUR_OK;
    *walking = (walk){.listing = listing, .list = list};
    walking->has_cursor = listing->cursor.data != NULL;
    if (walking->has_cursor) {
        status =
            cr_read_cursor(listing->cursor, list, txn->arena, &walking->from, txn->call->error);
    }
    walking->descending =
        walking->has_cursor ? walking->from.kind == CR_CURSOR_OLDER : !listing->from_oldest;
    if (status == CRUDDUR_OK) {
        cr_page_builder_init(&walking->builder, rows_wanted(walking));
    }
    return status;
}

static cr_sink_answer take_row(void *context, const cr_row *row)
{
    walk *walking = context;
    if (!cr_page_add(&walking->builder, row)) {
        return CR_SINK_NO_MEMORY;
    }
    walking->is_at_end = walking->builder.count < rows_wanted(walking);
    return walking->is_at_end ? CR_SINK_MORE : CR_SINK_STOP;
}

/* Notes between which sort keys the walk has been so far. */
static cruddur_status note_ends(walk *walking, cr_txn *txn)
{
    if (walking->builder.count == 0) {
        return CRUDDUR_OK;
    }
    if (walking->first_sk.data == NULL) {
        walking->first_sk = cr_arena_copy(txn->arena, cr_page_peek(&walking->builder, 0, CR_SK));
    }
    walking->last_sk = cr_arena_copy(
        txn->arena, cr_page_peek(&walking->builder, walking->builder.count - 1, CR_SK));
    return walking->first_sk.data == NULL || walking->last_sk.data == NULL
               ? cr_fail_memory(txn->call->error)
               : CRUDDUR_OK;
}

/* Fills the page from where the walk stands. */
static cruddur_status fill_page(walk *walking, cr_txn *txn)
{
    cr_bound here = {walking->last_sk, false};
    if (walking->last_sk.data == NULL && walking->has_cursor) {
        here = (cr_bound){walking->from.position.sk, walking->from.inclusive};
    }
    walking->is_at_end = true;
    cruddur_status status =
        walk_from(txn, walking, here, walking->descending,
                  rows_wanted(walking) - walking->builder.count, take_row, walking);
    return status == CRUDDUR_OK ? note_ends(walking, txn) : status;
}

/* Takes the row off again that was one too many. */
static cruddur_status cut_page(walk *walking, cr_txn *txn)
{
    walking->has_more = walking->builder.count == rows_wanted(walking);
    if (!walking->has_more) {
        return CRUDDUR_OK;
    }
    cr_page_remove(&walking->builder, walking->listing->limit);
    return note_ends(walking, txn);
}

static cr_sink_answer find_any(void *context, const cr_row *row)
{
    bool *found = context;
    (void)row;
    *found = true;
    return CR_SINK_STOP;
}

/* Looks whether there is anything behind the place where the page begins. */
static cruddur_status look_back(walk *walking, cr_txn *txn)
{
    cr_bound here = {walking->first_sk, false};
    if (!walking->has_cursor) {
        return CRUDDUR_OK; /* it begins at the end of the list */
    }
    if (walking->first_sk.data == NULL) {
        here = (cr_bound){walking->from.position.sk, !walking->from.inclusive};
    }
    return walk_from(txn, walking, here, !walking->descending, 1, find_any, &walking->has_back);
}

/* The ends of the list are no rows to stand behind: their cursors are made where nothing was found.
 */
static bool is_end(cr_str sk)
{
    return cr_str_equal(sk, cr_str_of("")) || cr_str_equal(sk, cr_str_of(BEHIND_ALL_KEYS));
}

/* The cursor for one way: behind the last row on that side. Where nothing was found it stays where
 * it is: on in the direction of the walk, back with the row that the walk started from; and if it
 * started from an end of the list, either way leads to all that there will be. */
static cr_cursor cursor_for(const walk *walking, cr_cursor_kind kind)
{
    bool goes_on = (kind == CR_CURSOR_OLDER) == walking->descending;
    cr_cursor cursor = {.kind = kind, .list = walking->list};
    if (walking->first_sk.data != NULL) {
        cursor.position.sk = goes_on ? walking->last_sk : walking->first_sk;
    } else if (walking->has_cursor && !is_end(walking->from.position.sk)) {
        cursor.position.sk = walking->from.position.sk;
        cursor.inclusive = goes_on == walking->from.inclusive;
    } else {
        cursor.position.sk = cr_str_of(kind == CR_CURSOR_OLDER ? BEHIND_ALL_KEYS : "");
        cursor.inclusive = true;
    }
    return cursor;
}

static cruddur_status make_page(walk *walking, cr_txn *txn, cr_page **ret_page)
{
    cruddur_status status = cut_page(walking, txn);
    if (status == CRUDDUR_OK) {
        status = look_back(walking, txn);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_cursor older = cursor_for(walking, CR_CURSOR_OLDER);
    cr_cursor newer = cursor_for(walking, CR_CURSOR_NEWER);
    if (walking->descending == walking->listing->oldest_first) {
        cr_page_reverse(&walking->builder);
    }
    cr_page *page = cr_page_finish(&walking->builder, &older, &newer);
    if (page == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    page->has_older = walking->descending ? walking->has_more : walking->has_back;
    page->has_newer = walking->descending ? walking->has_back : walking->has_more;
    free(*ret_page); /* of a run before this one */
    *ret_page = page;
    return CRUDDUR_OK;
}

/* ---- pattern A ---- */

typedef struct list_context {
    const cr_uuid *viewer; /* NULL: nobody in particular */
    const cr_uuid *group;  /* or the user, whose groups are listed */
    const cr_listing *listing;
    cr_page *page;
} list_context;

/* Only members read. */
static cruddur_status check_viewer(cr_txn *txn, const list_context *context)
{
    cr_group group;
    return context->viewer == NULL ? cr_group_read_head(txn, context->group, &group.head)
                                   : cr_group_read(txn, context->group, context->viewer, &group);
}

static cruddur_status list_messages_body(cr_txn *txn, void *argument)
{
    list_context *context = argument;
    walk walking;
    cr_pk pk = cr_pk_of_group(context->group);
    cruddur_status status = context->viewer == NULL ? CRUDDUR_OK : check_viewer(txn, context);
    if (status == CRUDDUR_OK) {
        status = walk_init(&walking, context->listing, cr_pk_str(&pk), txn);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    status = fill_page(&walking, txn);
    if (status == CRUDDUR_OK && walking.builder.count == 0 && context->viewer == NULL) {
        status = check_viewer(txn, context); /* is it empty, or not there at all? */
    }
    if (status == CRUDDUR_OK) {
        status = make_page(&walking, txn, &context->page);
    }
    cr_page_builder_free(&walking.builder);
    return status;
}

static cruddur_status run_listing(cr_store *store, cr_body body, list_context *context,
                                  cr_call *call, cr_page **ret_page)
{
    cruddur_status status = store->ops->read(store, body, context, call);
    if (status == CRUDDUR_OK) {
        *ret_page = context->page;
    } else {
        free(context->page);
    }
    return status;
}

cruddur_status cr_list_messages(cr_store *store, const cr_uuid *viewer, const cr_uuid *group,
                                const cr_listing *listing, cr_call *call, cr_page **ret_page)
{
    list_context context = {viewer, group, listing, NULL};
    return run_listing(store, list_messages_body, &context, call, ret_page);
}

/* ---- pattern B ---- */

/* A row of the page, to find those of one group. */
typedef struct seen_row {
    cr_str group;
    size_t age; /* 0 for the newest */
    size_t index;
} seen_row;

static int compare_seen(const void *a, const void *b)
{
    const seen_row *x = a;
    const seen_row *y = b;
    int order = cr_str_compare(x->group, y->group);
    return order != 0 ? order : (x->age > y->age) - (x->age < y->age);
}

/* The rows of the page by group, the newest of each first; NULL when memory ran out. */
static seen_row *sort_by_group(const walk *walking, cr_txn *txn)
{
    size_t count = walking->builder.count;
    seen_row *seen = cr_arena_alloc(txn->arena, (count + 1) * sizeof(*seen));
    if (seen != NULL) {
        for (size_t i = 0; i < count; i++) {
            seen[i] = (seen_row){cr_page_peek(&walking->builder, i, CR_GROUP_UUID),
                                 walking->descending ? i : count - i, i};
        }
        qsort(seen, count, sizeof(*seen), compare_seen);
    }
    return seen;
}

/* Asks the index whether the user has a newer row of the same group, on another page. */
static cruddur_status has_newer_twin(cr_txn *txn, const walk *walking, size_t index, bool *has)
{
    cr_row twin;
    cr_query query = {.index = CR_INDEX_GROUPS,
                      .partition = cr_page_peek(&walking->builder, index, CR_GROUP_UUID),
                      .lower = {cr_page_peek(&walking->builder, index, CR_SK), false}};
    cruddur_status status = cr_rows_find(txn, &query, CR_PK, walking->list, &twin);
    *has = cr_row_exists(&twin);
    return status;
}

/* A page that begins at the newest end has every newer twin of its rows on it. */
static bool must_ask_index(const walk *walking, const cr_txn *txn)
{
    bool begins_at_end = walking->descending && !walking->has_cursor &&
                         walking->listing->until_us == CRUDDUR_UNTIL_FOREVER;
    return !begins_at_end && (txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0;
}

/* Hides what a rewrite that was interrupted left: of two rows of one group the newer counts. */
static cruddur_status hide_duplicates(walk *walking, cr_txn *txn)
{
    cruddur_status status = CRUDDUR_OK;
    size_t count = walking->builder.count;
    const seen_row *seen = sort_by_group(walking, txn);
    bool *is_stale = cr_arena_alloc(txn->arena, count + 1);
    if (seen == NULL || is_stale == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    for (size_t i = 0; i < count; i++) {
        is_stale[seen[i].index] = i > 0 && cr_str_equal(seen[i].group, seen[i - 1].group);
    }
    for (size_t i = 0; status == CRUDDUR_OK && must_ask_index(walking, txn) && i < count; i++) {
        if (!is_stale[i]) {
            status = has_newer_twin(txn, walking, i, &is_stale[i]);
        }
    }
    for (size_t i = count; status == CRUDDUR_OK && i > 0; i--) {
        if (is_stale[i - 1]) {
            cr_page_remove(&walking->builder, i - 1);
        }
    }
    return status;
}

static cruddur_status list_groups_body(cr_txn *txn, void *argument)
{
    list_context *context = argument;
    walk walking;
    cr_pk pk = cr_pk_of_member(context->group);
    cruddur_status status = walk_init(&walking, context->listing, cr_pk_str(&pk), txn);
    if (status != CRUDDUR_OK) {
        return status;
    }
    do {
        status = fill_page(&walking, txn);
        if (status == CRUDDUR_OK) {
            status = hide_duplicates(&walking, txn);
        }
    } while (status == CRUDDUR_OK && !walking.is_at_end &&
             walking.builder.count < rows_wanted(&walking));
    if (status == CRUDDUR_OK) {
        status = make_page(&walking, txn, &context->page);
    }
    cr_page_builder_free(&walking.builder);
    return status;
}

cruddur_status cr_list_groups(cr_store *store, const cr_uuid *user, const cr_listing *listing,
                              cr_call *call, cr_page **ret_page)
{
    list_context context = {NULL, user, listing, NULL};
    return run_listing(store, list_groups_body, &context, call, ret_page);
}

/* ---- one group, and its members ---- */

typedef struct get_context {
    const cr_uuid *user; /* NULL: nobody in particular */
    const cr_uuid *group;
    cr_packed_row *row;
    cr_page *page;
} get_context;

static cruddur_status get_group_body(cr_txn *txn, void *argument)
{
    get_context *context = argument;
    cr_group group;
    cr_row own;
    cruddur_status status = cr_group_read(txn, context->group, context->user, &group);
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_own(txn, &group, context->user, &own);
    }
    if (status == CRUDDUR_OK) {
        free(context->row);
        context->row = cr_pack_row(&own);
        status = context->row == NULL ? cr_fail_memory(txn->call->error) : CRUDDUR_OK;
    }
    return status;
}

cruddur_status cr_get_group(cr_store *store, const cr_uuid *user, const cr_uuid *group,
                            cr_call *call, cr_packed_row **ret_group)
{
    get_context context = {.user = user, .group = group};
    cruddur_status status = store->ops->read(store, get_group_body, &context, call);
    if (status == CRUDDUR_OK) {
        *ret_group = context.row;
    } else {
        free(context.row);
    }
    return status;
}

static cruddur_status make_members_page(const cr_group_rows *group_rows, get_context *context,
                                        const cr_call *call)
{
    cr_page_builder builder;
    bool is_added = true;
    cr_page_builder_init(&builder, group_rows->members.count);
    for (size_t i = 0; is_added && i < group_rows->members.count; i++) {
        cr_person person = cr_group_rows_person(group_rows, &group_rows->members.uuid[i]);
        cr_row row = {0};
        row.value[CR_USER_UUID] = cr_uuid_str(&person.uuid);
        row.value[CR_DISPLAY_NAME] = person.display_name;
        row.value[CR_HANDLE] = person.handle;
        is_added = cr_page_add(&builder, &row);
    }
    free(context->page);
    context->page = cr_page_finish(&builder, NULL, NULL);
    return context->page == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
}

static cruddur_status list_members_body(cr_txn *txn, void *argument)
{
    get_context *context = argument;
    cr_group group;
    cr_group_rows group_rows;
    cruddur_status status = context->user == NULL
                                ? cr_group_read_trusted(txn, context->group, &group)
                                : cr_group_read(txn, context->group, context->user, &group);
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_read(txn, &group, &group_rows);
    }
    if (status == CRUDDUR_OK) {
        status = cr_group_rows_complete(txn, &group.uuid, &group_rows);
    }
    return status == CRUDDUR_OK ? make_members_page(&group_rows, context, txn->call) : status;
}

cruddur_status cr_list_members(cr_store *store, const cr_uuid *viewer, const cr_uuid *group,
                               cr_call *call, cr_page **ret_page)
{
    get_context context = {.user = viewer, .group = group};
    cruddur_status status = store->ops->read(store, list_members_body, &context, call);
    if (status == CRUDDUR_OK) {
        *ret_page = context.page;
    } else {
        free(context.page);
    }
    return status;
}
