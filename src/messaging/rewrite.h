/* SPDX-License-Identifier: MIT */
/* The group-row rewrite: a new message moves the group row of every member to its sort key. A key
 * cannot be updated, so the row is put again and the old one removed.
 *
 * The message itself never moves once it is stored. Where a member's inbox has another row at its
 * key, that member's row is displaced: it gets the next free key, and its head_sk names the
 * message (cr_row_place(), model/kind.h). */
#ifndef CR_MESSAGING_REWRITE_H
#define CR_MESSAGING_REWRITE_H

#include "messaging/names.h"

typedef struct cr_rewrite {
    const cr_uuid *group;
    const cr_row *message; /* to which the rows move */
    cr_person author;      /* of it */
    cr_group_rows *rows;   /* complete: restored where they were lost */
    size_t beside;         /* writes that the caller states: a message, its claim */
    bool makes_card;       /* for a group that has none: its rows get the card's rev */
    const cr_row *card; /* the card from now on, the row that the caller has made; NULL: as it is.
                           Only with `replaces` */
    bool replaces;      /* rows that stay are put anew in their place: rows never move back, and
                           of rows that are no member's newest, none is left */
    bool has_more;      /* than one change had room for; the next one removes it */
} cr_rewrite;

/* What a rewrite keeps from runs of its body that came to nothing. It begins as zeros. */
typedef struct cr_room_search {
    bool is_wanted;   /* a put failed: a key may be taken */
    int64_t reach_us; /* how far the next run looks, at most (model/taken_key.h) */
} cr_room_search;

/* Finds room for the rows that cannot go to the message's key, as the inbox has another row there
 * (invariant 4). That is seldom, so a first run does not look. A row that turns out to be at the
 * message already counts from then on. */
cruddur_status cr_rewrite_find_room(cr_txn *txn, cr_rewrite *rewrite, cr_room_search *search);

/* A member's group row as it is after the message. Unknown attributes are carried along; all rows
 * get the list of members, and what the card says. One that stays keeps its key and `head_sk`. */
cr_row cr_rewrite_moved(const cr_txn *txn, const cr_rewrite *rewrite, size_t member);

/* Whether the rewrite has anything to do. */
bool cr_rewrite_is_needed(const cr_txn *txn, const cr_rewrite *rewrite);

/* States the rewrite: every member's row at the message's key, or where it was found room, but for
 * those that are at the message already. What it went by and does not write must still be as it was
 * read: the card, where not all rows are of its rev, and the rows that stay, unless it replaces
 * them. */
cruddur_status cr_rewrite_put(cr_txn *txn, const cr_rewrite *rewrite);

/* And, behind all puts, the removal of the old: an interruption leaves a duplicate and never a lost
 * conversation. */
cruddur_status cr_rewrite_remove(cr_txn *txn, cr_rewrite *rewrite);

#endif
