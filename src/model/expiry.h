/* SPDX-License-Identifier: MIT */
/* Messages that expire. From its end on no call shows a message, whether or not its row is still
 * there; the rules see the row as a key, as long as it is. */
#ifndef CR_MODEL_EXPIRY_H
#define CR_MODEL_EXPIRY_H

#include <stdint.h>

#include "model/row.h"

/* Never, as an end. */
#define CR_EXPIRES_NEVER INT64_MAX

/* Room for an end as text. */
#define CR_EXPIRY_SIZE 24

/* The end of a message of this time that lasts so many seconds (CR_EXPIRES_NEVER: for ever), in
 * seconds since 1970: it lasts at least that long, and less than a second longer. False where that
 * is beyond the year 9999. */
bool cr_expiry_of(int64_t time_us, int64_t lasts_s, int64_t *end_s);

/* Writes an end as `expires_at` has it; absent for CR_EXPIRES_NEVER. */
cr_str cr_expiry_write(int64_t end_s, char buffer[CR_EXPIRY_SIZE]);

/* Reads it; CR_EXPIRES_NEVER for an absent one, and for what is no number of seconds. */
int64_t cr_expiry_read(cr_str text);

/* Whether a call shows a message: it has not expired. A deleted one is shown, as a tombstone. */
bool cr_message_is_shown(const cr_row *message, int64_t now_us);

/* Whether the message has gone to which a group row leads, or may go at any time: it has expired.
 */
bool cr_head_has_expired(const cr_row *group_row, int64_t now_us);

/* What a group row shows of a message: its text, and when that ends. */
void cr_row_show_message(cr_row *group_row, const cr_row *message, int64_t now_us);

/* A group row as a call returns it: the text of a message that has expired is empty. */
cr_row cr_group_row_shown(const cr_row *group_row, int64_t now_us);

#endif
