/* SPDX-License-Identifier: MIT */
#include "model/expiry.h"

#include <inttypes.h>
#include <stdio.h>

#include "model/time.h"

#define US_PER_S INT64_C(1000000)
/* The first of January of the year 10000. */
#define END_OF_TIME_S INT64_C(253402300800)

bool cr_expiry_of(int64_t time_us, int64_t lasts_s, int64_t *end_s)
{
    int64_t time_s = time_us / US_PER_S + (time_us % US_PER_S > 0 ? 1 : 0);
    *end_s = CR_EXPIRES_NEVER;
    if (lasts_s == CR_EXPIRES_NEVER) {
        return true;
    }
    if (lasts_s >= END_OF_TIME_S - time_s) {
        return false;
    }
    *end_s = time_s + lasts_s > 0 ? time_s + lasts_s : 1; /* before 1970 all has passed */
    return true;
}

cr_str cr_expiry_write(int64_t end_s, char buffer[CR_EXPIRY_SIZE])
{
    if (end_s == CR_EXPIRES_NEVER) {
        return CR_STR_ABSENT;
    }
    (void)snprintf(buffer, CR_EXPIRY_SIZE, "%" PRId64, end_s);
    return cr_str_of(buffer);
}

/* A fraction, which another program may have written, is cut off, as the service does. */
int64_t cr_expiry_read(cr_str text)
{
    int64_t end_s = 0;
    size_t digits = 0;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9' &&
           end_s < END_OF_TIME_S) {
        end_s = end_s * 10 + (text.data[digits++] - '0');
    }
    bool is_number = digits > 0 && (digits == text.size || text.data[digits] == '.');
    return is_number && end_s < END_OF_TIME_S ? end_s : CR_EXPIRES_NEVER;
}

static bool has_passed(cr_str end, int64_t now_us)
{
    return end.data != NULL && cr_expiry_read(end) <= now_us / US_PER_S;
}

bool cr_message_is_shown(const cr_row *message, int64_t now_us)
{
    return !has_passed(message->value[CR_EXPIRES_AT], now_us);
}

bool cr_head_has_expired(const cr_row *group_row, int64_t now_us)
{
    return has_passed(group_row->value[CR_HEAD_EXPIRES_AT], now_us);
}

void cr_row_show_message(cr_row *group_row, const cr_row *message, int64_t now_us)
{
    bool is_shown = cr_message_is_shown(message, now_us);
    group_row->value[CR_TEXT] = is_shown ? message->value[CR_TEXT] : cr_str_of("");
    group_row->value[CR_HEAD_EXPIRES_AT] = message->value[CR_EXPIRES_AT];
}

cr_row cr_group_row_shown(const cr_row *group_row, int64_t now_us)
{
    cr_row shown = *group_row;
    if (cr_head_has_expired(group_row, now_us)) {
        shown.value[CR_TEXT] = cr_str_of("");
    }
    return shown;
}
