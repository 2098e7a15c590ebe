/* SPDX-License-Identifier: MIT */
/* The handles that are waiting for the next request, each with its idle connections. */
#ifndef CR_AWS_HTTP_POOL_H
#define CR_AWS_HTTP_POOL_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdint.h>

#include "aws/http.h"

struct cr_http_now; /* of http.c: a request on its way */

/* One request at a time. */
typedef struct cr_http_easy {
    CURL *curl;
    char words[CURL_ERROR_SIZE];
    bool has_callbacks; /* they are told of the request by what follows */
    struct cr_http_now *now;
    int refused; /* the errno of a socket that the system refused; 0: none */
} cr_http_easy;

/* Used by one thread at a time. Its requests are under way at the same time, and share the idle
 * connections. */
typedef struct cr_http_handle {
    struct cr_http_handle *next;
    CURLM *multi;
    cr_http_easy *easy[CR_HTTP_TOGETHER_MAX];
    size_t easy_count;
    int64_t idle_since_us; /* on the monotonic clock */
} cr_http_handle;

typedef struct cr_http_pool {
    pthread_mutex_t lock;
    cr_http_handle *idle; /* the latest first */
    char *ca_file;
    char *ca_name;
    char *user_agent;
    bool may_use_proxy; /* the environment names one */
} cr_http_pool;

cruddur_status cr_http_pool_init(cr_http_pool *pool, const cr_http_options *options,
                                 cruddur_error **error);
void cr_http_pool_destroy(cr_http_pool *pool);

/* A handle for that many requests at the same time, up to CR_HTTP_TOGETHER_MAX. */
cruddur_status cr_http_pool_take(cr_http_pool *pool, size_t count, cr_http_handle **ret_handle,
                                 cruddur_error **error);

/* Gives a handle back; one that is not sound is freed, and its connections closed. */
void cr_http_pool_give(cr_http_pool *pool, cr_http_handle *handle, bool is_sound);

#endif
