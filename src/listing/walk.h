/* SPDX-License-Identifier: MIT */
/* One walk along one list, the messages of a group or the groups of a user, and the page that comes
 * of it.
 *
 * A page can leave rows out. They are passed over: the page is filled with those behind them, and
 * its cursors continue after the last row that was looked at. A page that would have to pass over
 * very many rows is cut short, and its cursor continues. */
#ifndef CR_LISTING_WALK_H
#define CR_LISTING_WALK_H

#include "listing/list.h"
#include "model/time.h"

/* How many rows one page passes over. */
#define CR_PASSED_OVER_MAX 1000

typedef struct cr_walk cr_walk;

/* Whether a row is for the page. */
typedef bool (*cr_row_filter)(const cr_walk *walking, const cr_row *row);

/* Takes note of a row that is passed over; false when memory ran out. */
typedef bool (*cr_row_note)(cr_walk *walking, const cr_row *row);

struct cr_walk {
    const cr_listing *listing;
    cr_str list;            /* the partition key */
    cr_str after_sk;        /* the list begins after this sort key; absent: with its first row */
    cr_row_filter is_shown; /* NULL: every row is */
    cr_row_note pass_over;  /* NULL: nothing is noted */
    int64_t now_us;         /* for what expires */
    bool may_have_moved;    /* rows, to behind its beginning, while it went on */
    bool has_cursor;
    cr_cursor from; /* where the page begins, if there is a cursor */
    cr_str behind;  /* the sort key behind which it begins; absent: there is none */
    bool descending;
    cr_page_builder builder;
    size_t passed_over;
    bool is_cut_short;
    bool is_at_end;    /* nothing comes after the rows walked over */
    bool has_more;     /* in the direction of the walk, not counting what is hidden */
    bool has_back;     /* against it */
    cr_kept_key first; /* of the rows walked over, whether or not they are shown */
    cr_kept_key last;
};

/* Makes ready to walk along the list. Free it with cr_walk_free(), on failure, too. */
cruddur_status cr_walk_init(cr_walk *walking, const cr_listing *listing, cr_str list, cr_txn *txn);

/* Whether rows are to come that the page has room for. One row more than that is taken, to know
 * that there is more. */
bool cr_walk_goes_on(const cr_walk *walking);

/* What the walk is going to begin with, to announce it; false where that is more than one query. */
bool cr_walk_first_query(const cr_walk *walking, cr_query *query);

/* Fills the page from where the walk is. */
cruddur_status cr_walk_fill(cr_walk *walking, cr_txn *txn);

/* The greatest sort key that the walk has met; empty where it has met none. */
cr_str cr_walk_newest(const cr_walk *walking);

/* Ends the walk: takes the row off again that was one too many. */
void cr_walk_cut(cr_walk *walking);

/* Makes the page of a walk that has ended, in place of *ret_page, which a run before this one has
 * made. */
cruddur_status cr_walk_finish(cr_walk *walking, cr_txn *txn, cr_page **ret_page);

void cr_walk_free(cr_walk *walking);

#endif
