/* SPDX-License-Identifier: MIT */
#include "model/time.h"
#include "base/clock.h"
#include "cruddur/entry.h"

int64_t cruddur_time_now_us(void)
{
    return cr_clock_now_us();
}

cruddur_status cruddur_time_format(int64_t time_us, char *buffer, cruddur_error **error)
{
    cr_sort_key key;
    if (buffer == NULL) {
        return cr_fail_null(error, "buffer");
    }
    if (!cr_time_format(time_us, &key)) {
        return cr_fail_argument(error, CRUDDUR_E_TIME, "time_us", "must be in the years 1 to 9999");
    }
    memcpy(buffer, key.text, sizeof(key.text));
    return CRUDDUR_OK;
}

cruddur_status cruddur_time_parse(const char *text, int64_t *ret_time_us, cruddur_error **error)
{
    if (text == NULL || ret_time_us == NULL) {
        return cr_fail_null(error, text == NULL ? "text" : "ret_time_us");
    }
    if (!cr_time_parse(cr_str_of(text), ret_time_us)) {
        return cr_fail_argument(error, CRUDDUR_E_TIME, "text",
                                "must be a time such as 2026-01-31T09:30:00Z");
    }
    return CRUDDUR_OK;
}
