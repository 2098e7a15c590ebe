/* SPDX-License-Identifier: MIT */
#include "model/page.h"

#include <stdalign.h>
#include <stdlib.h>

#include "base/array.h"

/* Distances are 32 bits wide, with a sign. */
#define PAGE_MAX INT32_MAX
#define FIRST_ROWS 32

/* A row of another writer may have U+0000 in its text, where a C string ends. It becomes U+FFFD, so
 * that nothing after it is hidden. */
#define REPLACEMENT "\xef\xbf\xbd"
/* What ends a string until that is known. */
#define END '\n'
/* Room for rows of this size is made at once, for so many of them. */
#define ROW_SIZE 256

static int32_t add_string(cr_buffer *bytes, cr_str text)
{
    int32_t at = (int32_t)bytes->size; /* not beyond PAGE_MAX, the buffer's cap */
    const char *nul;
    while (text.size > 0 && (nul = memchr(text.data, '\0', text.size)) != NULL) {
        size_t before = (size_t)(nul - text.data);
        cr_buffer_add(bytes, (cr_str){text.data, before});
        cr_buffer_add(bytes, cr_str_of(REPLACEMENT));
        text = (cr_str){nul + 1, text.size - before - 1};
    }
    cr_buffer_add_text(bytes, text);
    return at;
}

static void add_strings_one_by_one(cr_buffer *bytes, const cr_row *row, cr_packed_row *packed)
{
    for (int i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        bool present = row->value[i].data != NULL;
        packed->distance[i] = present ? add_string(bytes, row->value[i]) : 0;
    }
}

static size_t size_of_strings(const cr_row *row)
{
    size_t size = 0;
    for (int i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        size += row->value[i].data == NULL ? 0 : row->value[i].size + 1;
    }
    return size;
}

/* All at once. They are looked through for U+0000 together, before each gets its end. */
static void add_strings(cr_buffer *bytes, const cr_row *row, cr_packed_row *packed)
{
    size_t size = size_of_strings(row);
    size_t start = bytes->size;
    char *room = cr_buffer_extend(bytes, size);
    size_t at = 0;
    packed->unread = (cr_unread){0, true};
    for (int i = 0; room != NULL && i < CR_ATTRIBUTE_COUNT; i++) {
        cr_str value = row->value[i];
        packed->distance[i] = value.data == NULL ? 0 : (int32_t)(start + at);
        if (value.data != NULL) {
            memcpy(room + at, value.data, value.size);
            at += value.size + 1;
            room[at - 1] = END;
        }
    }
    if (room == NULL || memchr(room, '\0', size) != NULL) {
        bytes->size = room == NULL ? bytes->size : start;
        add_strings_one_by_one(bytes, row, packed);
        return;
    }
    for (int i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        if (packed->distance[i] != 0) {
            room[(size_t)packed->distance[i] - start + row->value[i].size] = '\0';
        }
    }
}

cr_packed_row *cr_pack_row(const cr_row *row)
{
    cr_buffer bytes;
    cr_packed_row packed;
    cr_buffer_init(&bytes, PAGE_MAX);
    (void)cr_buffer_extend(&bytes, sizeof(packed));
    add_strings(&bytes, row, &packed);
    cr_packed_row *alone = cr_buffer_take(&bytes);
    if (alone != NULL) {
        *alone = packed;
    }
    return alone;
}

static size_t first_rows(size_t limit)
{
    return limit < FIRST_ROWS ? limit : FIRST_ROWS;
}

void cr_page_builder_init(cr_page_builder *builder, size_t limit)
{
    *builder = (cr_page_builder){.limit = limit};
    cr_buffer_init(&builder->bytes, PAGE_MAX);
    cr_buffer_reserve(&builder->bytes,
                      sizeof(cr_page) + first_rows(limit) * (ROW_SIZE + sizeof(cr_packed_row)));
    (void)cr_buffer_extend(&builder->bytes, sizeof(cr_page));
}

static bool reserve_row(cr_page_builder *builder)
{
    if (builder->count == builder->limit) {
        return false;
    }
    cr_packed_row *rows = cr_array_grow(builder->rows, builder->count, &builder->capacity,
                                        first_rows(builder->limit), sizeof(*rows));
    builder->rows = rows == NULL ? builder->rows : rows;
    return rows != NULL;
}

bool cr_page_add(cr_page_builder *builder, const cr_row *row)
{
    if (!reserve_row(builder)) {
        builder->failed = true;
        return false;
    }
    add_strings(&builder->bytes, row, &builder->rows[builder->count]);
    builder->count++;
    return !builder->bytes.failed;
}

void cr_page_remove(cr_page_builder *builder, size_t index)
{
    builder->count--;
    int32_t first_string = builder->rows[index].distance[CR_PK];
    if (index == builder->count && first_string != 0) {
        builder->bytes.size = (size_t)first_string; /* its strings were the last */
        return;
    }
    memmove(&builder->rows[index], &builder->rows[index + 1],
            (builder->count - index) * sizeof(*builder->rows));
}

cr_str cr_page_peek(const cr_page_builder *builder, size_t index, cr_attribute attribute)
{
    int32_t at = builder->rows[index].distance[attribute];
    return at == 0 ? CR_STR_ABSENT : cr_str_of(builder->bytes.data + at);
}

void cr_page_set_unread(cr_page_builder *builder, size_t index, const cr_unread *unread)
{
    builder->rows[index].unread = *unread;
}

void cr_page_reverse(cr_page_builder *builder)
{
    for (size_t i = 0; i < builder->count / 2; i++) {
        cr_packed_row *a = &builder->rows[i];
        cr_packed_row *b = &builder->rows[builder->count - 1 - i];
        cr_packed_row kept = *a;
        *a = *b;
        *b = kept;
    }
}

static uint32_t add_cursor(cr_buffer *bytes, const cr_cursor *cursor)
{
    uint32_t at = (uint32_t)bytes->size;
    if (cursor == NULL) {
        return 0;
    }
    cr_cursor_write(cursor, bytes);
    return at;
}

/* Distances count from the page's start while it is made, and from the row ever after. */
static void add_rows(cr_page_builder *builder)
{
    size_t size = builder->count * sizeof(*builder->rows);
    void *room = cr_buffer_extend(&builder->bytes, size);
    if (room == NULL) {
        return;
    }
    int32_t at = (int32_t)(builder->bytes.size - size);
    for (size_t i = 0; i < builder->count; i++) {
        for (int a = 0; a < CR_ATTRIBUTE_COUNT; a++) {
            int32_t *distance = &builder->rows[i].distance[a];
            *distance -= *distance == 0 ? 0 : at + (int32_t)(i * sizeof(*builder->rows));
        }
    }
    if (size > 0) {
        memcpy(room, builder->rows, size);
    }
}

cr_page *cr_page_finish(cr_page_builder *builder, const cr_cursor *older, const cr_cursor *newer)
{
    cr_page page = {.count = (uint32_t)builder->count};
    page.older = add_cursor(&builder->bytes, older);
    page.newer = add_cursor(&builder->bytes, newer);
    cr_buffer_align(&builder->bytes, alignof(cr_packed_row));
    page.rows = (uint32_t)builder->bytes.size;
    add_rows(builder);
    cr_page *made = builder->failed ? NULL : cr_buffer_take(&builder->bytes);
    if (made != NULL) {
        *made = page;
    }
    cr_page_builder_free(builder);
    return made;
}

void cr_page_builder_free(cr_page_builder *builder)
{
    cr_buffer_free(&builder->bytes);
    free(builder->rows);
    *builder = (cr_page_builder){0};
}
