/* SPDX-License-Identifier: MIT */
/* Pages: rows packed into one allocation, which is what the public objects are. A packed row holds
 * its strings by their distance from itself, so a page can be moved while it grows. */
#ifndef CR_MODEL_PAGE_H
#define CR_MODEL_PAGE_H

#include <stdint.h>

#include "base/buffer.h"
#include "model/cursor.h"
#include "model/row.h"

/* How many messages a member has not read. */
typedef struct cr_unread {
    uint32_t count;
    bool is_exact; /* else there may be more */
} cr_unread;

typedef struct cr_packed_row {
    int32_t distance[CR_ATTRIBUTE_COUNT]; /* from this struct to the string; 0 for absent */
    cr_unread unread;                     /* of a group row; of any other 0 */
} cr_packed_row;

typedef struct cr_page {
    uint32_t count;
    uint32_t rows;  /* where the packed rows begin, from the page's start */
    uint32_t older; /* where the cursors' texts are; 0 for none. A scan's goes on with `newer`. */
    uint32_t newer;
    bool has_older;
    bool has_newer;
} cr_page;

/* NULL where the row lacks the attribute, and for a NULL row. */
static inline const char *cr_packed_get(const cr_packed_row *row, cr_attribute attribute)
{
    return row == NULL || row->distance[attribute] == 0
               ? NULL
               : (const char *)row + row->distance[attribute];
}

static inline const char *cr_packed_get_or_empty(const cr_packed_row *row, cr_attribute attribute)
{
    const char *text = cr_packed_get(row, attribute);
    return text == NULL ? "" : text;
}

/* One row on its own, to be freed with free(); NULL when memory runs out. Nothing is unread. */
cr_packed_row *cr_pack_row(const cr_row *row);

static inline const cr_packed_row *cr_page_at(const cr_page *page, size_t index)
{
    const void *rows = (const char *)page + page->rows;
    return index < page->count ? (const cr_packed_row *)rows + index : NULL;
}

/* A cursor's text; NULL where the page has none, and for a NULL page. */
static inline const char *cr_page_older(const cr_page *page)
{
    return page == NULL || page->older == 0 ? NULL : (const char *)page + page->older;
}

static inline const char *cr_page_newer(const cr_page *page)
{
    return page == NULL || page->newer == 0 ? NULL : (const char *)page + page->newer;
}

/* A page that is being made. */
typedef struct cr_page_builder {
    cr_buffer bytes;     /* the page's head, then the strings, then the rows */
    cr_packed_row *rows; /* with distances from the page's start */
    size_t count;
    size_t capacity;
    size_t limit;
    bool failed;
} cr_page_builder;

/* For up to `limit` rows. */
void cr_page_builder_init(cr_page_builder *builder, size_t limit);

/* False when memory ran out. */
bool cr_page_add(cr_page_builder *builder, const cr_row *row);

/* Takes a row out again. */
void cr_page_remove(cr_page_builder *builder, size_t index);

/* An attribute of a row that was added; valid until the next is added. Absent where it has none. */
cr_str cr_page_peek(const cr_page_builder *builder, size_t index, cr_attribute attribute);

/* The number of unread messages of a row that was added, which else is 0. */
void cr_page_set_unread(cr_page_builder *builder, size_t index, const cr_unread *unread);

/* Turns the order of the rows round. */
void cr_page_reverse(cr_page_builder *builder);

/* Makes the page, to be freed with free(), and leaves the builder empty; NULL when memory ran out.
 * Cursors may be NULL. */
cr_page *cr_page_finish(cr_page_builder *builder, const cr_cursor *older, const cr_cursor *newer);

void cr_page_builder_free(cr_page_builder *builder);

#endif
