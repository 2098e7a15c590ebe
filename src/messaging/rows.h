/* SPDX-License-Identifier: MIT */
/* How the rules read. The table may have rows of other programs anywhere (model/kind.h): they are
 * passed over here, so that no rule has to think of them. No other file of this room calls get or
 * query of a transaction; tests/build/check_arrows.py makes sure. */
#ifndef CR_MESSAGING_ROWS_H
#define CR_MESSAGING_ROWS_H

#include "model/card.h"
#include "model/key.h"
#include "model/kind.h"
#include "model/row_list.h"
#include "store/store.h"

/* Walks over our rows: in the partition of a group its messages, in that of a member and in the
 * index group rows. Otherwise as cr_txn_ops.query. */
cruddur_status cr_rows_query(cr_txn *txn, const cr_query *query, cr_sink sink, void *context);

/* Tells what is about to be read by the functions of this file, as cr_txn_ops.read_ahead. */
void cr_rows_read_ahead(cr_txn *txn, const cr_reads *reads);

/* Forgets it: what is read from here on is read now. */
void cr_rows_forget_ahead(cr_txn *txn);

/* Reads group rows of this group (a uuid) by key. A key that is free, or has any other row, gives a
 * row that is absent throughout. */
cruddur_status cr_rows_get(cr_txn *txn, cr_str group, const cr_key *keys, size_t count,
                           cr_row *rows);

/* Reads whatever rows have these keys, foreign rows included, to find a key that is free. */
cruddur_status cr_rows_get_any(cr_txn *txn, const cr_key *keys, size_t count, cr_row *rows);

/* Whether this is a group row of this group (a uuid). */
bool cr_row_is_of_group(const cr_row *row, cr_str group);

/* Reads the row that a group has at the key of a message; absent throughout where it has none. A
 * foreign row there is read as a message without a uuid. */
cruddur_status cr_rows_get_message(cr_txn *txn, const cr_pk *group, cr_str sk, cr_row *message);

/* Reads the row of a group's card, and together with it those of other keys; each absent throughout
 * where there is none. Always strongly: who was removed a moment ago reads nothing more. */
cruddur_status cr_rows_get_card(cr_txn *txn, const cr_card_pk *pk, const cr_key *keys, size_t count,
                                cr_row *card, cr_row *rows);

/* Whether any of these keys has a row that is not a group row of this group, foreign rows
 * included: no group row can be put there. `rows` is room for `count`. */
cruddur_status cr_rows_are_taken(cr_txn *txn, cr_str group, const cr_key *keys, size_t count,
                                 cr_row *rows, bool *are_taken);

/* Copies the first row of a query that has this value in this attribute; *found is absent
 * throughout where none has. */
cruddur_status cr_rows_find(cr_txn *txn, const cr_query *query, cr_attribute attribute,
                            cr_str value, cr_row *found);

/* Adds copies of the first rows of a query, up to `max`. */
cruddur_status cr_rows_collect(cr_txn *txn, const cr_query *query, size_t max, cr_rows *rows);

#endif
