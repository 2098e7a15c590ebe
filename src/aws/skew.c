/* SPDX-License-Identifier: MIT */
#include "aws/skew.h"

#include <stdlib.h>
#include <time.h>

#define US_PER_S INT64_C(1000000)
#define EXCHANGE_MAX_US (US_PER_S * 60 * 15)
#define TOLERATED_US (US_PER_S * 60 * 4)

#define DATE_FORM "ddd, DD mmm YYYY HH:MM:SS GMT"

static bool read_digits(const char *text, size_t width, int max, int *value)
{
    *value = 0;
    for (size_t i = 0; i < width; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        *value = *value * 10 + (text[i] - '0');
    }
    return *value <= max;
}

static bool read_month(const char *text, int *month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (*month = 0; *month < 12; (*month)++) {
        if (memcmp(names + (size_t)*month * 3, text, 3) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether all that is no letter of the form stands where it has to. */
static bool has_date_form(cr_str text)
{
    static const char fixed[] = "   , \0\0 \0\0\0 \0\0\0\0 \0\0:\0\0:\0\0 GMT";
    if (text.size != sizeof(DATE_FORM) - 1) {
        return false;
    }
    for (size_t i = 3; i < text.size; i++) {
        if (fixed[i] != '\0' && fixed[i] != text.data[i]) {
            return false;
        }
    }
    return true;
}

bool cr_http_date_parse(cr_str text, int64_t *time_us)
{
    struct tm date = {0};
    if (!has_date_form(text)) {
        return false;
    }
    const char *at = text.data;
    if (!read_digits(at + 5, 2, 31, &date.tm_mday) || !read_month(at + 8, &date.tm_mon) ||
        !read_digits(at + 12, 4, 9999, &date.tm_year) ||
        !read_digits(at + 17, 2, 23, &date.tm_hour) || !read_digits(at + 20, 2, 59, &date.tm_min) ||
        !read_digits(at + 23, 2, 60, &date.tm_sec)) {
        return false;
    }
    date.tm_year -= 1900;
    *time_us = (int64_t)timegm(&date) * US_PER_S;
    return true;
}

bool cr_skew_measure(const cr_http_response *response, int64_t *offset_us)
{
    int64_t took_us = response->received_at_us - response->sent_at_us;
    int64_t told_us;
    if (took_us < 0 || took_us > EXCHANGE_MAX_US || cr_http_header(response, "age").data != NULL ||
        !cr_http_date_parse(cr_http_header(response, "date"), &told_us)) {
        return false;
    }
    *offset_us = told_us - (response->sent_at_us + took_us / 2);
    return true;
}

bool cr_skew_is_suspect(cr_str code)
{
    static const char *const codes[] = {
        "AccessDeniedException", "AuthFailure",           "InvalidSignatureException",
        "RequestTimeTooSkewed",  "SignatureDoesNotMatch",
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (cr_str_equal(code, cr_str_of(codes[i]))) {
            return true;
        }
    }
    return false;
}

bool cr_skew_matters(int64_t used_us, int64_t measured_us)
{
    return llabs(used_us - measured_us) > TOLERATED_US;
}
