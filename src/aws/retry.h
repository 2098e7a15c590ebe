/* SPDX-License-Identifier: MIT */
/* When to try again: the AWS SDKs' "standard" mode, version 2.1. Pure functions, and the token
 * bucket that keeps a client from drowning a service in trouble. */
#ifndef CR_AWS_RETRY_H
#define CR_AWS_RETRY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* What a failed attempt means for the next. */
typedef enum cr_retry_class {
    CR_RETRY_NONE,      /* the answer stands */
    CR_RETRY_TRANSIENT, /* something broke; another try costs much of the budget */
    CR_RETRY_THROTTLE,  /* too much at once: wait longer; another try costs little */
} cr_retry_class;

/* By the service's error code and the HTTP status; either may be missing (absent, 0). */
cr_retry_class cr_retry_classify(cr_str code, int http_status);

/* ---- how long to wait ---- */

#define CR_RETRY_BASE_US INT64_C(50000)
#define CR_RETRY_BASE_DYNAMODB_US INT64_C(25000)
#define CR_RETRY_BASE_THROTTLE_US INT64_C(1000000)
#define CR_RETRY_ATTEMPTS 3
#define CR_RETRY_ATTEMPTS_DYNAMODB 4

/* The pause before the retry number `retry`, counted from 0: `fraction` (0 to 1) of
 * `base_us` * 2^retry, and of 20 s at most. */
int64_t cr_retry_delay_us(int64_t base_us, unsigned retry, double fraction);

/* The same under the service's own word, the header x-amz-retry-after in milliseconds, which can
 * lengthen the pause by up to 5 s. Nonsense is ignored. */
int64_t cr_retry_delay_told_us(int64_t delay_us, cr_str retry_after);

/* ---- the token bucket ---- */

#define CR_RETRY_TOKENS_MAX 500

typedef struct cr_retry_bucket {
    pthread_mutex_t lock;
    int tokens;
} cr_retry_bucket;

/* What a retry of this class costs. */
int cr_retry_cost(cr_retry_class class);

/* False when the system gives no mutex. */
bool cr_retry_bucket_init(cr_retry_bucket *bucket);
void cr_retry_bucket_destroy(cr_retry_bucket *bucket);

/* False, and nothing taken, when there are not as many. */
bool cr_retry_bucket_take(cr_retry_bucket *bucket, int tokens);
void cr_retry_bucket_give(cr_retry_bucket *bucket, int tokens);

#endif
