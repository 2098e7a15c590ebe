/* SPDX-License-Identifier: MIT */
/* Looks again before a call is refused because rows were not found: a damaged page can hide rows
 * without SQLite noticing. In a tree that is sound, the neighbours of a key that is not there are
 * each other's neighbours, wherever one begins to look. This finds pages that are in the place of
 * others, torn pages, and keys that have changed, next to the key in question; not a page that is
 * merely old. */
#ifndef CR_STORE_SQLITE_ABSENCE_H
#define CR_STORE_SQLITE_ABSENCE_H

#include "store/sqlite/txn.h"

/* Notes that the table has no row of this key, nor, if `sk` is a bound, the next of the partition.
 */
void cr_absence_note(cr_sqlite_txn *txn, cr_str pk, cr_str sk);

/* The status of a body, in the same transaction: one that says that something does not exist
 * becomes CRUDDUR_E_STORE_DAMAGED if that cannot be believed. */
cruddur_status cr_absence_confirm(cr_sqlite_txn *txn, cruddur_status status);

#endif
