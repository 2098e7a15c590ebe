/* SPDX-License-Identifier: MIT */
#include "messaging/told.h"

#include "model/person.h"

/* How many rows of one member are looked at: all but one are left over. */
#define ROWS_MAX 4

static bool is_of_card(const cr_row *row, const cr_read_card *card)
{
    return cr_str_equal(row->value[CR_REV], card->row.value[CR_REV]);
}

bool cr_told_is_whole(const cr_rows *told, const cr_read_card *card)
{
    cr_members owners = {0};
    if (!cr_row_exists(&card->row) || card->card.is_removed) {
        return false;
    }
    for (size_t i = 0; i < told->count; i++) {
        cr_uuid owner;
        const cr_row *row = &told->row[i];
        if (!cr_row_owner(row, &owner) || !cr_members_add(&owners, &owner) ||
            !is_of_card(row, card) ||
            !cr_str_equal(cr_row_place(row), cr_row_place(&told->row[0]))) {
            return false;
        }
    }
    return told->count == owners.count && cr_members_are_same(&owners, &card->card.members);
}

static size_t rows_of(const cr_group *group, const cr_pk *pk, const cr_row **rows)
{
    size_t count = 0;
    for (size_t i = 0; i < group->told.count && count < ROWS_MAX; i++) {
        if (cr_str_equal(group->told.row[i].value[CR_PK], cr_pk_str(pk))) {
            rows[count++] = &group->told.row[i];
        }
    }
    return count;
}

const cr_row *cr_told_own(const cr_group *group, const cr_uuid *member)
{
    const cr_row *rows[ROWS_MAX];
    cr_pk pk = cr_pk_of_member(member);
    size_t count = rows_of(group, &pk, rows);
    return count == 1 && is_of_card(rows[0], &group->card) ? rows[0] : NULL;
}

const cr_row *cr_told_naming(const cr_group *group, const cr_uuid *person)
{
    for (size_t i = 0; i < group->told.count; i++) {
        if (cr_row_names(&group->told.row[i], person)) {
            return &group->told.row[i];
        }
    }
    return NULL;
}

const cr_row *cr_told_own_at_head(const cr_group *group, const cr_uuid *member)
{
    const cr_row *rows[ROWS_MAX];
    cr_pk pk = cr_pk_of_member(member);
    size_t count = rows_of(group, &pk, rows);
    for (size_t i = 0; i < count; i++) {
        if (cr_str_equal(rows[i]->value[CR_SK], group->head.value[CR_SK])) {
            return rows[i];
        }
    }
    return NULL;
}
