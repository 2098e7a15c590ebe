/* SPDX-License-Identifier: MIT */
#include "store/kept_group.h"

#include <stdlib.h>

/* A handle keeps some hundred groups. */
#define SIZE_LIMIT ((size_t)64 * 1024)

static size_t size_of(const cr_row *row)
{
    size_t size = 0;
    for (size_t i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        size += row->value[i].size;
    }
    return size;
}

static bool is_small(const cr_row *card, const cr_row *rows, size_t count)
{
    size_t size = size_of(card);
    for (size_t i = 0; i < count && size <= SIZE_LIMIT; i++) {
        size += size_of(&rows[i]);
    }
    return size <= SIZE_LIMIT;
}

cr_kept_group *cr_kept_group_make(const cr_row *card, const cr_row *rows, size_t count)
{
    cr_kept_group *kept = is_small(card, rows, count) ? calloc(1, sizeof(*kept)) : NULL;
    if (kept == NULL) {
        return NULL;
    }
    kept->rows.arena = &kept->arena;
    bool is_made = cr_row_copy(&kept->arena, card, &kept->card);
    for (size_t i = 0; is_made && i < count; i++) {
        is_made = cr_rows_add(&kept->rows, &rows[i]);
    }
    if (!is_made) {
        cr_kept_group_free(kept);
        return NULL;
    }
    return kept;
}

void cr_kept_group_free(cr_kept_group *kept)
{
    if (kept != NULL) {
        cr_arena_free(&kept->arena);
        free(kept);
    }
}
