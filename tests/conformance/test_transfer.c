/* SPDX-License-Identifier: MIT */
/* Exports and imports through the API: what observers get, where they stop, bad arguments. */
#include <string.h>

#include "suite.h"

CONFORMANCE_SUITE(transfer);

#define MESSAGES 3
#define TEXT_MAX ((size_t)4 << 20)

/* An export in memory. */
typedef struct text {
    char *data;
    size_t size;
    size_t at; /* read so far */
    size_t events;
    size_t stop_after; /* so many events; 0: never */
    char cursor[1024]; /* the latest; empty at the end */
    cruddur_transfer_event latest;
} text;

static bool write_text(void *data, const char *piece, size_t size)
{
    text *now = data;
    if (now->size + size > TEXT_MAX) {
        return false;
    }
    memcpy(now->data + now->size, piece, size);
    now->size += size;
    return true;
}

static bool read_text(void *data, char *piece, size_t size, size_t *ret_size)
{
    text *now = data;
    size_t left = now->size - now->at;
    *ret_size = left < size ? left : size;
    memcpy(piece, now->data + now->at, *ret_size);
    now->at += *ret_size;
    return true;
}

static bool observe(void *data, const cruddur_transfer_event *event)
{
    text *now = data;
    cr_assert_eq(event->size, sizeof(*event));
    cr_assert(event->pk == NULL);
    now->latest = *event;
    now->cursor[0] = '\0';
    if (event->cursor != NULL) {
        cr_assert_lt(strlen(event->cursor), sizeof(now->cursor));
        strcpy(now->cursor, event->cursor);
    }
    return ++now->events != now->stop_after;
}

static text make_text(void)
{
    text made = {.data = malloc(TEXT_MAX)};
    cr_assert(made.data != NULL);
    return made;
}

static void fill(void)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    for (size_t i = 0; i < MESSAGES; i++) {
        say(&test_ann, &group, "more");
    }
}

static cruddur_export_options export_options(text *now, const char *cursor)
{
    cruddur_export_options options = CRUDDUR_EXPORT_OPTIONS_INIT;
    options.observe = observe;
    options.data = now;
    options.cursor = cursor;
    return options;
}

static cruddur_import_options import_options(text *now, const char *cursor)
{
    cruddur_import_options options = CRUDDUR_IMPORT_OPTIONS_INIT;
    options.observe = observe;
    options.data = now;
    options.cursor = cursor;
    return options;
}

/* An export that its observer stops is continued by the cursor; an import too. Into the table that
 * it came from it changes nothing. */
Test(transfer, that_is_stopped_and_continued)
{
    text now = make_text();
    fill();
    now.stop_after = 1;
    cruddur_export_options stopped = export_options(&now, NULL);
    must_succeed(cruddur_export(store.dm, write_text, &now, &stopped, TEST_ERROR));
    cr_assert(now.cursor[0] != '\0');
    cr_assert_eq(now.events, 1);
    char cursor[1024];
    strcpy(cursor, now.cursor);
    cruddur_export_options rest = export_options(&now, cursor);
    must_succeed(cruddur_export(store.dm, write_text, &now, &rest, TEST_ERROR));
    cr_assert(now.cursor[0] == '\0');
    uint64_t rows = now.latest.rows;
    now.events = 0;
    cruddur_import_options first = import_options(&now, NULL);
    first.workers = 1;
    must_succeed(cruddur_import(store.dm, read_text, &now, &first, TEST_ERROR));
    cr_assert(now.cursor[0] != '\0');
    cr_assert_eq(now.latest.rows, rows);
    uint64_t same = now.latest.same;
    strcpy(cursor, now.cursor);
    now.at = 0;
    cruddur_import_options second = import_options(&now, cursor);
    must_succeed(cruddur_import(store.dm, read_text, &now, &second, TEST_ERROR));
    cr_assert_eq(now.latest.rows, rows);
    cr_assert_eq(now.latest.same + same, rows);
    cr_assert_eq(now.latest.put + now.latest.conflicts + now.latest.replaced, 0);
    free(now.data);
    test_check(&store);
}

static bool refuse_text(void *data, const char *piece, size_t size)
{
    (void)data;
    (void)piece;
    (void)size;
    return false;
}

static bool refuse_to_read(void *data, char *piece, size_t size, size_t *ret_size)
{
    (void)data;
    (void)piece;
    (void)size;
    *ret_size = 0;
    return false;
}

static bool read_too_much(void *data, char *piece, size_t size, size_t *ret_size)
{
    bool *has_read = data;
    memset(piece, ' ', size);
    *ret_size = *has_read ? size + 1 : 1;
    *has_read = true;
    return true;
}

Test(transfer, bad_arguments)
{
    text now = make_text();
    cruddur_export_options out = CRUDDUR_EXPORT_OPTIONS_INIT;
    cruddur_import_options in = CRUDDUR_IMPORT_OPTIONS_INIT;
    fill();
    cr_assert_eq(cruddur_export(NULL, write_text, &now, NULL, NULL), CRUDDUR_E_NULL_ARGUMENT);
    cr_assert_eq(cruddur_export(store.dm, NULL, NULL, NULL, NULL), CRUDDUR_E_NULL_ARGUMENT);
    cr_assert_eq(cruddur_import(NULL, read_text, &now, NULL, NULL), CRUDDUR_E_NULL_ARGUMENT);
    cr_assert_eq(cruddur_import(store.dm, NULL, NULL, NULL, NULL), CRUDDUR_E_NULL_ARGUMENT);
    cr_assert_eq(cruddur_export(store.dm, refuse_text, NULL, NULL, NULL), CRUDDUR_E_CANCELLED);
    cr_assert_eq(cruddur_import(store.dm, refuse_to_read, NULL, NULL, NULL), CRUDDUR_E_CANCELLED);
    for (int later = 0; later < 2; later++) { /* at once, and when it looks for the format */
        bool has_read = later == 0;
        cr_assert_eq(cruddur_import(store.dm, read_too_much, &has_read, NULL, NULL),
                     CRUDDUR_E_CANCELLED);
    }
    cr_assert_eq(cruddur_import(store.dm, read_text, &now, NULL, NULL), CRUDDUR_E_EXPORT_DAMAGED);
    out.flags = 1;
    cr_assert_eq(cruddur_export(store.dm, write_text, &now, &out, NULL),
                 CRUDDUR_E_INVALID_ARGUMENT);
    out.flags = 0;
    out.cursor = "{\"block\":1}";
    cr_assert_eq(cruddur_export(store.dm, write_text, &now, &out, NULL), CRUDDUR_E_CURSOR_DAMAGED);
    in.flags = 2;
    cr_assert_eq(cruddur_import(store.dm, read_text, &now, &in, NULL), CRUDDUR_E_INVALID_ARGUMENT);
    in.flags = CRUDDUR_IMPORT_UNUSED;
    cr_assert_eq(cruddur_import(store.dm, read_text, &now, &in, NULL), CRUDDUR_E_INVALID_ARGUMENT);
    in.flags = 0;
    in.on_conflict = 2;
    cr_assert_eq(cruddur_import(store.dm, read_text, &now, &in, NULL), CRUDDUR_E_INVALID_ARGUMENT);
    in.on_conflict = 0;
    in.workers = CRUDDUR_IMPORT_WORKERS_MAX + 1;
    cr_assert_eq(cruddur_import(store.dm, read_text, &now, &in, NULL), CRUDDUR_E_INVALID_ARGUMENT);
    cr_assert_eq(now.size, 0);
    free(now.data);
    test_check(&store);
}
