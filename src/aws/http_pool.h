/* SPDX-License-Identifier: MIT */
/* The handles of libcurl that are waiting for the next request, each with its idle connections. */
#ifndef CR_AWS_HTTP_POOL_H
#define CR_AWS_HTTP_POOL_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdint.h>

#include "aws/http.h"

/* Used by one thread at a time. */
typedef struct cr_http_handle {
    struct cr_http_handle *next;
    CURL *curl;
    int64_t idle_since_us; /* on the monotonic clock */
    char words[CURL_ERROR_SIZE];
} cr_http_handle;

typedef struct cr_http_pool {
    pthread_mutex_t lock;
    cr_http_handle *idle; /* the latest first */
    char *ca_file;
    char *ca_name;
    char *user_agent;
} cr_http_pool;

cruddur_status cr_http_pool_init(cr_http_pool *pool, const cr_http_options *options,
                                 cruddur_error **error);
void cr_http_pool_destroy(cr_http_pool *pool);

cruddur_status cr_http_pool_take(cr_http_pool *pool, cr_http_handle **ret_handle,
                                 cruddur_error **error);

/* Gives a handle back; one that is not sound is freed, and its connections closed. */
void cr_http_pool_give(cr_http_pool *pool, cr_http_handle *handle, bool is_sound);

#endif
