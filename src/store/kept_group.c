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

static bool is_small(const cr_group_content *content)
{
    size_t size = size_of(content->card) + size_of(content->message);
    for (size_t i = 0; i < content->row_count && size <= SIZE_LIMIT; i++) {
        size += size_of(&content->rows[i]);
    }
    return size <= SIZE_LIMIT;
}

static bool copy(const cr_group_content *content, cr_kept_group *kept)
{
    bool is_made = cr_row_copy(&kept->arena, content->card, &kept->card) &&
                   cr_row_copy(&kept->arena, content->message, &kept->message);
    for (size_t i = 0; is_made && i < content->row_count; i++) {
        is_made = cr_rows_add(&kept->rows, &content->rows[i]);
    }
    kept->knows_counter = content->counter != NULL;
    return is_made &&
           (!kept->knows_counter || cr_row_copy(&kept->arena, content->counter, &kept->counter));
}

cr_kept_group *cr_kept_group_make(const cr_group_content *content)
{
    cr_kept_group *kept = is_small(content) ? calloc(1, sizeof(*kept)) : NULL;
    if (kept == NULL) {
        return NULL;
    }
    kept->rows.arena = &kept->arena;
    if (!copy(content, kept)) {
        cr_kept_group_free(kept);
        return NULL;
    }
    return kept;
}

bool cr_kept_group_find(const cr_kept_group *kept, cr_str pk, cr_kept_key *sk)
{
    for (size_t i = 0; i < kept->rows.count; i++) {
        const cr_row *row = &kept->rows.row[i];
        if (cr_str_equal(row->value[CR_PK], pk)) {
            cr_kept_key_set(sk, row->value[CR_SK]);
            return sk->size > 0;
        }
    }
    return false;
}

void cr_kept_group_free(cr_kept_group *kept)
{
    if (kept != NULL) {
        cr_arena_free(&kept->arena);
        free(kept);
    }
}
