/* SPDX-License-Identifier: MIT */
/* The card of a group: one row, pk `CARD#<group uuid>`, sk `CARD`, with all its members. It is put
 * when the group is opened, so that two openings meet in it. It stays when the group is removed,
 * marked as removed: without it a late request could bring the group back. Groups of the original
 * application and of version 0.1 have none. */
#ifndef CR_MODEL_CARD_H
#define CR_MODEL_CARD_H

#include "model/members.h"
#include "model/row.h"

#define CR_CARD_SK "CARD"
#define CR_CARD_FIRST_REV "1"

typedef struct cr_card_pk {
    char text[sizeof("CARD#") - 1 + CRUDDUR_UUID_SIZE];
} cr_card_pk;

typedef struct cr_card {
    cr_members members;
    cr_str name;        /* the group's; absent: none */
    cr_str data;        /* the application's own; absent: none */
    cr_members blocked; /* who blocks a direct group */
    uint64_t rev;       /* grows with each change of the card */
    bool is_removed;    /* there is no such group; the next opening replaces the card */
    bool is_closed;     /* the data of one of the two were erased: it takes no more messages */
} cr_card;

cr_card_pk cr_card_pk_of(const cr_uuid *group);

static inline cr_key cr_card_key(const cr_card_pk *pk)
{
    return (cr_key){{pk->text, sizeof(pk->text) - 1}, cr_str_of(CR_CARD_SK)};
}

/* Whether a row is at the key of a card. */
bool cr_is_card(const cr_row *row);

/* Reads a generation, as `rev` has it; false for what is none. */
bool cr_rev_read(cr_str text, uint64_t *rev);

/* Makes the row of a card; its text lies in the arena. False when memory ran out. */
bool cr_card_write(const cr_card_pk *pk, const cr_card *card, cr_arena *arena, cr_row *row);

/* Reads the row of a card; false for one that is damaged. */
bool cr_card_read(const cr_row *row, cr_card *card);

#endif
