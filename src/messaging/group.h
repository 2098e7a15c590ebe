/* SPDX-License-Identifier: MIT */
/* A group as it was read for a person: its card, the newest message, which is its head, and who its
 * members are.
 *
 * Where the group has a card, that says who is a member, and nothing else does. Groups of the
 * original application and of version 0.1 have none until cruddur_schema_upgrade() makes it: for
 * these the rows tell (messaging/cardless.h). Authors of messages are not members by that alone. */
#ifndef CR_MESSAGING_GROUP_H
#define CR_MESSAGING_GROUP_H

#include "messaging/rows.h"

/* A card as it was read. */
typedef struct cr_read_card {
    cr_row row; /* absent throughout: the group has none */
    cr_card card;
} cr_read_card;

typedef struct cr_group {
    cr_uuid uuid;
    cr_read_card card;
    cr_row head;       /* absent throughout: there is no message */
    bool is_head_gone; /* it has expired, and its row has gone: messaging/headless.h */
    cr_row own;        /* the group row of who asked; absent throughout where none was found */
    bool is_own_guess; /* as the index shows it */
    cr_rows told;      /* the group rows that the index shows */
    bool has_asked;    /* the index */
    cr_members known;  /* all members, where the card or the group's uuid says it; else empty */

    /* What its group rows are read for. */
    bool is_to_change;   /* all of them: those that do not belong there are removed */
    bool believes_index; /* where that is in order: the conditions of the change judge it */
} cr_group;

/* What a read of a group may bring along. */
#define CR_BESIDE_MAX 2

/* Rows that are read in one request with the card, as soon as the head is known. */
typedef struct cr_beside {
    /* Sets the keys. */
    cruddur_status (*choose)(cr_txn *txn, const cr_row *head, struct cr_beside *beside);
    void *context;
    size_t count;
    cr_key key[CR_BESIDE_MAX];
    cr_row row[CR_BESIDE_MAX]; /* whatever has these keys; absent throughout where there is none */
} cr_beside;

/* How a group is read. */
typedef struct cr_group_reading {
    const cr_uuid *member; /* who must be a member; NULL: the caller may read any group */
    cr_beside *beside;     /* NULL: nothing */
    cr_reads ahead;        /* what the caller is about to read, too: up to CR_GROUP_AHEAD_MAX
                              queries and CR_GROUP_AHEAD_KEYS_MAX keys */
    bool asks_index;       /* the caller is about to read the group rows by the index, too */
    bool may_guess;        /* with asks_index: the member's row may be as the index shows it, where
                              the group has a card: for a change whose conditions judge it */
    bool looks_in_inbox;   /* the member's row is looked for in cr_group_inbox_query() first, which
                              `ahead` has */
    bool needs_no_row;     /* the member's row is not needed where the group has a card */
} cr_group_reading;

#define CR_GROUP_AHEAD_MAX 2
#define CR_GROUP_AHEAD_KEYS_MAX 88

/* For a change of the member's row, or of others by it: a first run goes by the index. */
cr_group_reading cr_group_reading_to_change(const cr_txn *txn, const cr_uuid *member,
                                            bool is_first);

/* CRUDDUR_E_NEEDS_TRANSACTIONS in a store that is written in steps, where rows cannot be changed in
 * their place. */
cruddur_status cr_check_transactions(const cr_txn *txn);

/* Reads the group's newest message. A group without one has head->value[CR_PK] absent. */
cruddur_status cr_group_find_head(cr_txn *txn, const cr_uuid *uuid, cr_row *head);

/* CRUDDUR_E_CONFLICT when the group has another head by now, or when it was changed: the body is to
 * run again. */
cruddur_status cr_group_check_head(cr_txn *txn, const cr_group *group);

/* CRUDDUR_E_CONFLICT where the card is not as it was read: who is no member any more has no row,
 * and must not be taken for a member who sees everything; and a group that had no card, by whose
 * rows a user is a member, has one then. */
cruddur_status cr_group_check_card(cr_txn *txn, const cr_group *group);

/* Reads the group's card. CRUDDUR_E_STORE_DAMAGED for one that makes no sense. */
cruddur_status cr_group_read_card(cr_txn *txn, const cr_uuid *uuid, cr_read_card *card);

/* The same, and together with it the group rows that an index told of: *fresh has those that are
 * there still, as the table has them. */
cruddur_status cr_group_read_card_and_rows(cr_txn *txn, const cr_uuid *uuid, const cr_rows *told,
                                           cr_read_card *card, cr_rows *fresh);

/* The same for an opening, which is about to look for the head, and for the tokens of `ahead`. */
cruddur_status cr_group_read_card_to_open(cr_txn *txn, const cr_uuid *uuid, const cr_reads *ahead,
                                          cr_read_card *card);

/* Finds out whether a person is a member of the group: that takes the head, and one read by key of
 * the card and of the member's row, which in a healthy table has the head's sort key (invariant 2).
 * A group whose card is marked as removed has no members. For an opening, which has read the card,
 * and names the members; `reading` NULL: nothing more is announced. */
cruddur_status cr_group_find(cr_txn *txn, const cr_uuid *uuid, const cr_uuid *member,
                             const cr_members *named, const cr_read_card *card,
                             const cr_group_reading *reading, cr_group *group, bool *is_member);

/* The same for a caller who must be a member. CRUDDUR_E_GROUP_NOT_FOUND for a group that is not
 * there and for one of other members alike: what a stranger is told must not depend on it. */
cruddur_status cr_group_read(cr_txn *txn, const cr_uuid *uuid, const cr_uuid *member,
                             cr_group *group);

/* The same, as it is wanted. */
cruddur_status cr_group_read_as(cr_txn *txn, const cr_uuid *uuid, const cr_group_reading *reading,
                                cr_group *group);

/* Takes the group rows for the head, where every writer is ours: *is_whole if each member whom the
 * card names has one row of the card's rev, all at one message. The index may lag behind; the
 * conditions of a change judge it. Of the head the key alone is known. The tokens of `reading` are
 * about to be looked for. */
cruddur_status cr_group_guess(cr_txn *txn, const cr_uuid *uuid, const cr_group_reading *reading,
                              cr_group *group, bool *is_whole);

/* The same by what this handle left of the group, without a read, and with the member's row, as a
 * guess (messaging/recall.h). */
cruddur_status cr_group_recall(cr_txn *txn, const cr_uuid *uuid, const cr_uuid *member,
                               const cr_kept_group *kept, cr_group *group, bool *is_whole);

/* Reads the member's row that was guessed from the table itself: absent throughout where it is not
 * there. */
cruddur_status cr_group_read_guessed(cr_txn *txn, const cr_uuid *member, cr_group *group);

/* Reads a group for a caller who may read any. */
cruddur_status cr_group_read_trusted(cr_txn *txn, const cr_uuid *uuid, cr_group *group);

/* CRUDDUR_E_BLOCKED for a direct group that one of the two blocks, CRUDDUR_E_CLOSED for a group of
 * two after the data of one of them were erased; `argument` names the group. */
cruddur_status cr_group_check_open(const cr_txn *txn, const cr_uuid *uuid, const cr_read_card *card,
                                   const char *argument);

/* Completes the members of a group that was found. */
cruddur_status cr_group_read_members(cr_txn *txn, cr_group *group, cr_members *members);

/* The last sort key of the head and of the group rows that were read. */
cr_str cr_group_last(const cr_group *group);

/* Looks for a member's newest group row of the group in the member's partition, which may be long,
 * up to the message with this sort key (absent: at any). Where only rows of later messages are
 * there, *row is the newest of them; absent throughout where there is none. */
cruddur_status cr_group_search_partition(cr_txn *txn, cr_str uuid, const cr_pk *pk, cr_str last_sk,
                                         cr_row *row);

/* The newest group rows of a member, of all groups. */
cr_query cr_group_inbox_query(const cr_pk *pk);

/* All group rows of the group by the index. */
cr_query cr_group_index_query(const cr_uuid *uuid);

/* Reads them. */
cruddur_status cr_group_read_index(cr_txn *txn, const cr_uuid *uuid, cr_rows *rows);

/* The same once for a group that was found. */
cruddur_status cr_group_ask_index(cr_txn *txn, cr_group *group);

#endif
