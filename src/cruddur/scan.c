/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "cruddur/entry.h"

static const cr_page *page_of(const cruddur_row_page *page)
{
    return (const cr_page *)page;
}

typedef struct scan_context {
    cr_page_builder builder;
    size_t limit;
    bool has_more;
} scan_context;

/* A cursor has a zero byte between its two keys. */
static bool has_nul(cr_str key)
{
    return key.size > 0 && memchr(key.data, '\0', key.size) != NULL;
}

static cr_sink_answer take_row(void *argument, const cr_row *row)
{
    scan_context *context = argument;
    if (has_nul(row->value[CR_PK]) || has_nul(row->value[CR_SK])) {
        return CR_SINK_MORE; /* no page could continue after it */
    }
    if (context->builder.count == context->limit) {
        context->has_more = true;
        return CR_SINK_STOP;
    }
    return cr_page_add(&context->builder, row) ? CR_SINK_MORE : CR_SINK_NO_MEMORY;
}

static cruddur_status read_position(const cruddur_scan_options *options, cr_arena *arena,
                                    cr_key *after, cruddur_error **error)
{
    cr_cursor cursor;
    *after = (cr_key){CR_STR_ABSENT, CR_STR_ABSENT};
    if (options->limit < 1 || options->limit > CRUDDUR_LIMIT_MAX) {
        return cr_fail_argument(error, CRUDDUR_E_LIMIT, "options.limit",
                                "must be 1 to %d; it is %u", CRUDDUR_LIMIT_MAX, options->limit);
    }
    if (options->cursor == NULL) {
        return CRUDDUR_OK;
    }
    cruddur_status status =
        cr_read_cursor(cr_str_of(options->cursor), cr_str_of(""), arena, &cursor, error);
    if (status == CRUDDUR_OK) {
        *after = cursor.position;
    }
    return status;
}

/* Makes the page. If there is more, its cursor continues after the last row. */
static cr_page *make_page(scan_context *context, cr_arena *arena)
{
    cr_cursor next = {.kind = CR_CURSOR_SCAN, .list = {"", 0}};
    if (!context->has_more) {
        return cr_page_finish(&context->builder, NULL, NULL);
    }
    size_t last = context->builder.count - 1;
    next.position.pk = cr_arena_copy(arena, cr_page_peek(&context->builder, last, CR_PK));
    next.position.sk = cr_arena_copy(arena, cr_page_peek(&context->builder, last, CR_SK));
    if (next.position.pk.data == NULL || next.position.sk.data == NULL) {
        return NULL;
    }
    return cr_page_finish(&context->builder, NULL, &next);
}

static cruddur_status scan(const cruddur *dm, const cruddur_scan_options *options, cr_call *call,
                           cr_page **page)
{
    cr_arena arena = CR_ARENA_INIT;
    scan_context context = {.limit = options->limit};
    cr_key after;
    cruddur_status status = read_position(options, &arena, &after, call->error);
    if (status == CRUDDUR_OK) {
        cr_page_builder_init(&context.builder, options->limit);
        status =
            dm->store->ops->scan(dm->store, after, options->limit + 1, take_row, &context, call);
    }
    if (status == CRUDDUR_OK) {
        *page = make_page(&context, &arena);
        status = *page == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
    }
    cr_page_builder_free(&context.builder);
    cr_arena_free(&arena);
    return status;
}

cruddur_status cruddur_scan(cruddur *dm, const cruddur_scan_options *given,
                            cruddur_row_page **ret_page, cruddur_error **error)
{
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    cr_entry entry;
    cr_page *page = NULL;
    if (dm == NULL || ret_page == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : "ret_page");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_SCAN, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(SCAN_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_check_flags("options.flags", options.flags, 0, entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_check_flags("options.reserved", options.reserved, 0, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(&entry, options.timeout_ms);
        status = scan(dm, &options, &entry.call, &page);
    }
    if (status == CRUDDUR_OK) {
        *ret_page = (cruddur_row_page *)page;
    }
    return cr_entry_end(&entry, status);
}

size_t cruddur_row_page_count(const cruddur_row_page *page)
{
    return page == NULL ? 0 : page_of(page)->count;
}

const char *cruddur_row_page_next(const cruddur_row_page *page)
{
    return cr_page_newer(page_of(page));
}

size_t cruddur_row_attribute_count(void)
{
    return CR_ATTRIBUTE_COUNT;
}

const char *cruddur_row_attribute_name(size_t attribute)
{
    return cr_attribute_name(attribute);
}

const char *cruddur_row_page_get(const cruddur_row_page *page, size_t index, size_t attribute)
{
    const cr_packed_row *row = page == NULL ? NULL : cr_page_at(page_of(page), index);
    return row == NULL || attribute >= CR_ATTRIBUTE_COUNT
               ? NULL
               : cr_packed_get(row, (cr_attribute)attribute);
}

void cruddur_row_page_free(cruddur_row_page *page)
{
    free(page);
}
