/* SPDX-License-Identifier: MIT */
#include "aws/http_pool.h"

#include <stdlib.h>

#include <cruddur/version.h>

#include "base/clock.h"
#include "base/fork.h"

/* DynamoDB closes connections that were idle for some 90 s; ours go before. */
#define IDLE_MAX_S 60
#define US_PER_S INT64_C(1000000)

/* Connections that one handle keeps: those to the service, and to where credentials come from. */
#define CONNECTIONS_MAX (CR_HTTP_TOGETHER_MAX + 3)

/* Threads that are in libcurl, and with it in OpenSSL, which have locks of the whole process: one
 * that a thread holds at a fork stays locked in the child. */
static cr_fork_guard users;

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_init_code;

static void init_curl(void)
{
    curl_init_code = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Whether there is any is looked at once, when a store is opened; which, libcurl finds out. */
static bool environment_names_proxy(void)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                        "ALL_PROXY"};
    bool is_named = false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        is_named = is_named || getenv(names[i]) != NULL;
    }
    return is_named;
}

static char *copy_text(const char *text)
{
    return text == NULL ? NULL : strdup(text);
}

cruddur_status cr_http_pool_init(cr_http_pool *pool, const cr_http_options *options,
                                 cruddur_error **error)
{
    const char *agent =
        options->user_agent == NULL ? "libcruddur/" CRUDDUR_VERSION_STRING : options->user_agent;
    if (!cr_fork_guard_enter(&users)) {
        return cr_fail_with(error, CRUDDUR_E_STORE_FORKED,
                            "another thread was using a DynamoDB store when this process was "
                            "forked; fork before starting such threads, or open the store after "
                            "exec");
    }
    (void)pthread_once(&curl_once, init_curl);
    cr_fork_guard_leave(&users);
    if (curl_init_code != CURLE_OK || pthread_mutex_init(&pool->lock, NULL) != 0) {
        return cr_fail_with(error, CRUDDUR_E_INTERNAL, "libcurl could not be set up");
    }
    pool->idle = NULL;
    pool->may_use_proxy = environment_names_proxy();
    pool->ca_file = copy_text(options->ca_file);
    pool->ca_name = strdup(options->ca_name == NULL ? "ca_file" : options->ca_name);
    pool->user_agent = strdup(agent);
    if (pool->user_agent == NULL || pool->ca_name == NULL ||
        (options->ca_file != NULL && pool->ca_file == NULL)) {
        cr_http_pool_destroy(pool);
        return cr_fail_memory(error);
    }
    return CRUDDUR_OK;
}

static void free_handles(cr_http_handle *handle)
{
    while (handle != NULL) {
        cr_http_handle *next = handle->next;
        for (size_t i = 0; i < handle->easy_count; i++) {
            curl_easy_cleanup(handle->easy[i]->curl);
            free(handle->easy[i]);
        }
        (void)curl_multi_cleanup(handle->multi);
        free(handle);
        handle = next;
    }
}

void cr_http_pool_destroy(cr_http_pool *pool)
{
    (void)cr_fork_guard_enter(&users);
    free_handles(pool->idle);
    cr_fork_guard_leave(&users);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool->ca_file);
    free(pool->ca_name);
    free(pool->user_agent);
}

/* libcurl may have been built with a folder of certificates, which it would trust besides. */
static bool trust_only(const cr_http_pool *pool, const cr_http_easy *easy)
{
    return curl_easy_setopt(easy->curl, CURLOPT_CAINFO, pool->ca_file) == CURLE_OK &&
           curl_easy_setopt(easy->curl, CURLOPT_CAPATH, NULL) == CURLE_OK;
}

/* libcurl looks into the environment for each request, unless it is told what would stand there. */
static bool go_straight(const cr_http_easy *easy)
{
    return curl_easy_setopt(easy->curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy->curl, CURLOPT_NOPROXY, "") == CURLE_OK;
}

/* What is the same for all requests. Without QUICK_EXIT, a request that times out while its host's
 * name is being resolved would wait for the resolver nevertheless. */
static bool set_up(const cr_http_pool *pool, cr_http_easy *easy)
{
    static const struct {
        CURLoption option;
        long value;
    } settings[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_QUICK_EXIT, 1},
        {CURLOPT_TCP_NODELAY, 1},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_MAXAGE_CONN, IDLE_MAX_S},
    };
    CURLcode code = curl_easy_setopt(easy->curl, CURLOPT_ERRORBUFFER, easy->words);
    for (size_t i = 0; code == CURLE_OK && i < sizeof(settings) / sizeof(settings[0]); i++) {
        code = curl_easy_setopt(easy->curl, settings[i].option, settings[i].value);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy->curl, CURLOPT_USERAGENT, pool->user_agent);
    }
    return code == CURLE_OK && (pool->may_use_proxy || go_straight(easy)) &&
           (pool->ca_file == NULL || trust_only(pool, easy));
}

static cruddur_status add_easy(const cr_http_pool *pool, cr_http_handle *handle,
                               cruddur_error **error)
{
    cr_http_easy *easy = calloc(1, sizeof(*easy));
    if (easy != NULL) {
        easy->curl = curl_easy_init();
    }
    if (easy == NULL || easy->curl == NULL) {
        free(easy);
        return cr_fail_memory(error);
    }
    handle->easy[handle->easy_count++] = easy;
    return set_up(pool, easy)
               ? CRUDDUR_OK
               : cr_fail_with(error, CRUDDUR_E_INTERNAL, "libcurl lacks what is needed of it");
}

/* NULL for want of memory. */
static cr_http_handle *new_handle(void)
{
    cr_http_handle *handle = calloc(1, sizeof(*handle));
    if (handle == NULL) {
        return NULL;
    }
    handle->multi = curl_multi_init();
    if (handle->multi == NULL ||
        curl_multi_setopt(handle->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX) != CURLM_OK) {
        free_handles(handle);
        return NULL;
    }
    return handle;
}

static cruddur_status take(cr_http_pool *pool, size_t count, cr_http_handle **ret_handle,
                           cruddur_error **error)
{
    (void)pthread_mutex_lock(&pool->lock);
    cr_http_handle *handle = pool->idle;
    if (handle != NULL) {
        pool->idle = handle->next;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    if (handle == NULL && (handle = new_handle()) == NULL) {
        return cr_fail_memory(error);
    }
    handle->next = NULL;

    cruddur_status status = CRUDDUR_OK;
    while (status == CRUDDUR_OK && handle->easy_count < count) {
        status = add_easy(pool, handle, error);
    }
    if (status != CRUDDUR_OK) {
        free_handles(handle);
        return status;
    }
    *ret_handle = handle;
    return CRUDDUR_OK;
}

/* It can be entered: the pool would not be there otherwise. */
cruddur_status cr_http_pool_take(cr_http_pool *pool, size_t count, cr_http_handle **ret_handle,
                                 cruddur_error **error)
{
    (void)cr_fork_guard_enter(&users);
    cruddur_status status = take(pool, count, ret_handle, error);
    if (status != CRUDDUR_OK) {
        cr_fork_guard_leave(&users);
    }
    return status;
}

/* Cuts off the handles that have been idle for so long that their connections are of no use. */
static cr_http_handle *cut_stale(cr_http_pool *pool, int64_t now_us)
{
    cr_http_handle **link = &pool->idle;
    while (*link != NULL && now_us - (*link)->idle_since_us < IDLE_MAX_S * US_PER_S) {
        link = &(*link)->next;
    }
    cr_http_handle *stale = *link;
    *link = NULL;
    return stale;
}

/* Returns those that are not kept any longer. */
static cr_http_handle *keep(cr_http_pool *pool, cr_http_handle *handle)
{
    handle->idle_since_us = cr_clock_monotonic_us();
    (void)pthread_mutex_lock(&pool->lock);
    handle->next = pool->idle;
    pool->idle = handle;
    cr_http_handle *stale = cut_stale(pool, handle->idle_since_us);
    (void)pthread_mutex_unlock(&pool->lock);
    return stale;
}

void cr_http_pool_give(cr_http_pool *pool, cr_http_handle *handle, bool is_sound)
{
    cr_http_handle *unused = is_sound ? keep(pool, handle) : handle;
    free_handles(unused);
    cr_fork_guard_leave(&users);
}
