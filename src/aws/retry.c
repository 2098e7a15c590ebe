/* SPDX-License-Identifier: MIT */
#include "aws/retry.h"

#define DELAY_MAX_US INT64_C(20000000)
#define TOLD_EXTRA_MAX_US INT64_C(5000000)
#define US_PER_MS INT64_C(1000)

#define COST_TRANSIENT 14
#define COST_THROTTLE 5

static const struct {
    const char *code;
    cr_retry_class class;
} known_codes[] = {
    {"BandwidthLimitExceeded", CR_RETRY_THROTTLE},
    {"EC2ThrottledException", CR_RETRY_THROTTLE},
    {"LimitExceededException", CR_RETRY_THROTTLE},
    {"PriorRequestNotComplete", CR_RETRY_THROTTLE},
    {"ProvisionedThroughputExceededException", CR_RETRY_THROTTLE},
    {"RequestLimitExceeded", CR_RETRY_THROTTLE},
    {"RequestThrottled", CR_RETRY_THROTTLE},
    {"RequestThrottledException", CR_RETRY_THROTTLE},
    {"SlowDown", CR_RETRY_THROTTLE},
    {"ThrottledException", CR_RETRY_THROTTLE},
    {"Throttling", CR_RETRY_THROTTLE},
    {"ThrottlingException", CR_RETRY_THROTTLE},
    {"TooManyRequestsException", CR_RETRY_THROTTLE},
    {"TransactionInProgressException", CR_RETRY_THROTTLE},
    {"IDPCommunicationError", CR_RETRY_TRANSIENT},
    {"InternalError", CR_RETRY_TRANSIENT},
    {"InternalServerError", CR_RETRY_TRANSIENT},
    {"ReplicatedWriteConflictException", CR_RETRY_TRANSIENT},
    {"RequestTimeout", CR_RETRY_TRANSIENT},
    {"RequestTimeoutException", CR_RETRY_TRANSIENT},
};

cr_retry_class cr_retry_classify(cr_str code, int http_status)
{
    for (size_t i = 0; i < sizeof(known_codes) / sizeof(known_codes[0]); i++) {
        if (cr_str_equal(code, cr_str_of(known_codes[i].code))) {
            return known_codes[i].class;
        }
    }
    switch (http_status) {
    case 429:
        return CR_RETRY_THROTTLE;
    case 500:
    case 502:
    case 503:
    case 504:
        return CR_RETRY_TRANSIENT;
    default:
        return CR_RETRY_NONE;
    }
}

int64_t cr_retry_delay_us(int64_t base_us, unsigned retry, double fraction)
{
    int64_t bound_us = base_us;
    for (unsigned i = 0; i < retry && bound_us < DELAY_MAX_US; i++) {
        bound_us *= 2;
    }
    if (bound_us > DELAY_MAX_US) {
        bound_us = DELAY_MAX_US;
    }
    return (int64_t)((double)bound_us * fraction);
}

/* Milliseconds; -1 for what is not a number of up to nine digits. */
static int64_t read_ms(cr_str text)
{
    int64_t value = text.size == 0 || text.size > 9 ? -1 : 0;
    for (size_t i = 0; value >= 0 && i < text.size; i++) {
        bool is_digit = text.data[i] >= '0' && text.data[i] <= '9';
        value = is_digit ? value * 10 + (text.data[i] - '0') : -1;
    }
    return value;
}

int64_t cr_retry_delay_told_us(int64_t delay_us, cr_str retry_after)
{
    int64_t told_us = read_ms(retry_after) * US_PER_MS;
    if (told_us <= delay_us) {
        return delay_us;
    }
    return told_us > delay_us + TOLD_EXTRA_MAX_US ? delay_us + TOLD_EXTRA_MAX_US : told_us;
}

int cr_retry_cost(cr_retry_class class)
{
    return class == CR_RETRY_THROTTLE ? COST_THROTTLE : COST_TRANSIENT;
}

bool cr_retry_bucket_init(cr_retry_bucket *bucket)
{
    bucket->tokens = CR_RETRY_TOKENS_MAX;
    return pthread_mutex_init(&bucket->lock, NULL) == 0;
}

void cr_retry_bucket_destroy(cr_retry_bucket *bucket)
{
    (void)pthread_mutex_destroy(&bucket->lock);
}

bool cr_retry_bucket_take(cr_retry_bucket *bucket, int tokens)
{
    (void)pthread_mutex_lock(&bucket->lock);
    bool is_enough = bucket->tokens >= tokens;
    if (is_enough) {
        bucket->tokens -= tokens;
    }
    (void)pthread_mutex_unlock(&bucket->lock);
    return is_enough;
}

void cr_retry_bucket_give(cr_retry_bucket *bucket, int tokens)
{
    (void)pthread_mutex_lock(&bucket->lock);
    bucket->tokens += tokens;
    if (bucket->tokens > CR_RETRY_TOKENS_MAX) {
        bucket->tokens = CR_RETRY_TOKENS_MAX;
    }
    (void)pthread_mutex_unlock(&bucket->lock);
}
