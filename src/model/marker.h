/* SPDX-License-Identifier: MIT */
/* What a group row says of its member's reading: up to where the member has read, the marker, and
 * where the member's history begins. Both name a message by its sort key. */
#ifndef CR_MODEL_MARKER_H
#define CR_MODEL_MARKER_H

#include "model/row.h"

/* `read_sk` of a member who has read nothing. It sorts before all messages, and is no time. */
#define CR_READ_NOTHING "0"

/* The newest message that the member has read: `read_sk`, or without one the row's place. In mode
 * `stream` it can be a later message than the row's. */
cr_str cr_row_marker(const cr_row *group_row);

/* Messages after this one can be unread: the marker, or the beginning of the history if that is
 * later. */
cr_str cr_row_unread_after(const cr_row *group_row);

/* Whether the row leaves it open that there are unread messages: they have to be counted then. */
bool cr_row_may_have_unread(const cr_row *group_row);

/* Whether the member has cleared the history, and no message has followed. A member who was added
 * has no history either, but a `visible_sk` that is no sort key, and is not hidden. */
bool cr_row_is_hidden(const cr_row *group_row);

/* Sets the marker of a row: one at the row's place is no attribute. */
void cr_row_set_marker(cr_row *group_row, cr_str marker);

/* Gives a row that has moved forward from where `before` is the marker of that, also if it is
 * beyond the row's place: the row is not moved to the newest message, and its member has read a
 * later one. Who has written the message that it is at now has read it. */
void cr_row_carry_marker(const cr_row *before, bool has_written, cr_row *moved);

/* The row is at the newest message: a marker beyond it is of a message that has gone, or of none.
 */
void cr_row_limit_marker(cr_row *group_row);

/* The member's own message raises the marker, if it is after the row's place. */
void cr_row_raise_marker(cr_row *group_row, cr_str message_sk);

/* What a member who is added sees begins after this text, which follows the sort key of the newest
 * message and precedes that of the next: so the group is not hidden, as it would be at the key
 * itself. */
#define CR_BEHIND_MESSAGE "!"

/* Whether `read_sk` can be: absent, nothing read, or the key of a message before the row's place;
 * of a row that lags behind the newest message, `head_sk`, up to that one. */
bool cr_row_marker_is_possible(const cr_row *group_row, cr_str head_sk);

/* Whether `visible_sk` can be: absent, or a key that is not after the newest message, alone or with
 * CR_BEHIND_MESSAGE. */
bool cr_row_history_is_possible(const cr_row *group_row, cr_str head_sk);

#endif
