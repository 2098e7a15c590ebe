/* SPDX-License-Identifier: MIT */
#include "aws/http.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "aws/http_lines.h"
#include "aws/http_pool.h"
#include "aws/http_shortage.h"
#include "base/clock.h"

#define HEADER_MAX ((size_t)64 * 1024)
#define CONNECT_LIMIT_US INT64_C(3000000)
#define US_PER_MS INT64_C(1000)

/* libcurl looks after its own timers; this is how often it looks whether the call was cancelled. */
#define POLL_MS 1000

/* libcurl counts whole milliseconds, and may be early by one or two. */
#define TIMER_SLACK_US (10 * US_PER_MS)

struct cr_http {
    cr_http_pool pool;
};

/* One request on its way. */
typedef struct cr_http_now {
    cr_http_easy *easy;
    const char *ca_name;
    const cr_http_request *request;
    cr_http_response *response;
    cruddur_error **error;
    cruddur_status status;
    CURLcode code;
    bool is_under_way;
    bool may_use_proxy;
    unsigned starts;   /* how often libcurl set out to send the request */
    bool header_ended; /* the empty line behind it has come */
    bool is_too_large;
    bool has_no_memory;
    cr_http_lines lines;
} exchange;

cruddur_status cr_http_new(const cr_http_options *options, cr_http **ret_http,
                           cruddur_error **error)
{
    cr_http *http = calloc(1, sizeof(*http));
    if (http == NULL) {
        return cr_fail_memory(error);
    }
    cruddur_status status = cr_http_pool_init(&http->pool, options, error);
    if (status != CRUDDUR_OK) {
        free(http);
        return status;
    }
    *ret_http = http;
    return CRUDDUR_OK;
}

void cr_http_free(cr_http *http)
{
    if (http != NULL) {
        cr_http_pool_destroy(&http->pool);
        free(http);
    }
}

/* ---- the response ---- */

void cr_http_response_init(cr_http_response *response)
{
    *response = (cr_http_response){0};
    cr_buffer_init(&response->header, HEADER_MAX);
}

void cr_http_response_free(cr_http_response *response)
{
    cr_buffer_free(&response->body);
    cr_buffer_free(&response->header);
}

/* Empties a buffer and keeps its memory. */
static void empty(cr_buffer *buffer, size_t cap)
{
    buffer->size = 0;
    buffer->failed = false;
    buffer->cap = cap;
    if (buffer->capacity > cap) {
        cr_buffer_free(buffer);
        buffer->cap = cap;
    }
}

static void reset_response(cr_http_response *response, size_t body_max)
{
    empty(&response->body, body_max + 1);
    empty(&response->header, HEADER_MAX);
    response->status = 0;
    response->connection_was_new = false;
    response->connection_was_dead = false;
    response->may_have_arrived = false;
    response->is_transient = false;
    response->sent_at_us = response->received_at_us = 0;
}

cr_str cr_http_header(const cr_http_response *response, const char *name)
{
    size_t name_size = strlen(name);
    const char *at = response->header.data;
    const char *end = at == NULL ? NULL : at + response->header.size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t size = (size_t)((stop == NULL ? end : stop) - at);
        if (size > name_size && at[name_size] == ':' && strncasecmp(at, name, name_size) == 0) {
            cr_str value = {at + name_size + 1, size - name_size - 1};
            for (; value.size > 0 && *value.data == ' '; value.size--) {
                value.data++;
            }
            return value;
        }
        at += size + 1;
    }
    return CR_STR_ABSENT;
}

/* ---- what libcurl calls ---- */

static exchange *now_of(void *context)
{
    const cr_http_easy *easy = context;
    return easy->now;
}

static size_t receive_body(char *bytes, size_t unit, size_t count, void *context)
{
    exchange *now = now_of(context);
    cr_buffer *body = &now->response->body;
    size_t size = unit * count;
    if (size > now->request->response_max - body->size) {
        now->is_too_large = true;
        return 0;
    }
    void *room = cr_buffer_extend(body, size);
    if (room == NULL) {
        now->has_no_memory = true;
        return 0;
    }
    memcpy(room, bytes, size);
    return size;
}

static bool is_white(char c)
{
    return c == '\r' || c == '\n' || c == ' ' || c == '\t';
}

static size_t receive_header(char *bytes, size_t unit, size_t count, void *context)
{
    exchange *now = now_of(context);
    cr_buffer *header = &now->response->header;
    size_t size = unit * count;
    size_t kept = size;
    if (size >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        header->size = 0; /* an answer begins; what came before was a preliminary one */
        now->header_ended = false;
        return size;
    }
    while (kept > 0 && is_white(bytes[kept - 1])) {
        kept--;
    }
    if (kept == 0) {
        now->header_ended = true;
        return size;
    }
    char *room = cr_buffer_extend(header, kept + 1);
    if (room == NULL) {
        now->is_too_large = true;
        return 0;
    }
    memcpy(room, bytes, kept);
    room[kept] = '\n';
    return size;
}

/* A request is about to be sent. When an idle connection turns out to be dead, libcurl sends the
 * request again on another: with the signature of before, and without anybody knowing that the
 * first may have arrived. So the second start is refused. */
static int start(void *context, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    exchange *now = now_of(context);
    (void)remote_ip;
    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    now->starts++;
    return now->starts == 1 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* The same, before a connection is made for nothing. */
static int made_socket(void *context, curl_socket_t made, curlsocktype purpose)
{
    const exchange *now = now_of(context);
    (void)made;
    (void)purpose;
    return now->starts == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

static int look_at_cancel(void *context, curl_off_t down, curl_off_t downloaded, curl_off_t up,
                          curl_off_t uploaded)
{
    const exchange *now = now_of(context);
    (void)down;
    (void)downloaded;
    (void)up;
    (void)uploaded;
    return cr_is_cancelled(now->request->cancel) ? 1 : 0;
}

/* ---- the request ---- */

/* In milliseconds and rounded up; 0, which means forever to libcurl, never comes out. */
static long to_ms(int64_t us)
{
    int64_t ms = (us + US_PER_MS - 1) / US_PER_MS;
    return ms < 1 ? 1 : ms > INT_MAX ? INT_MAX : (long)ms;
}

static bool set_limits(const exchange *now, int64_t left_us)
{
    const cr_http_request *request = now->request;
    int64_t connect_us =
        request->connect_limit_us > 0 ? request->connect_limit_us : CONNECT_LIMIT_US;
    CURL *curl = now->easy->curl;
    return curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, to_ms(left_us)) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                            to_ms(connect_us < left_us ? connect_us : left_us)) == CURLE_OK;
}

/* Where the environment names no proxy, the handle knows that. */
static bool set_route(const exchange *now)
{
    const cr_http_request *request = now->request;
    CURL *curl = now->easy->curl;
    return curl_easy_setopt(curl, CURLOPT_URL, request->url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, request->new_connection ? 1L : 0L) ==
               CURLE_OK &&
           (!now->may_use_proxy ||
            curl_easy_setopt(curl, CURLOPT_PROXY, request->avoid_proxy ? "" : NULL) == CURLE_OK);
}

/* Everything but a GET has a body, if an empty one. */
static bool set_body(const exchange *now)
{
    const cr_http_request *request = now->request;
    CURL *curl = now->easy->curl;
    if (strcmp(request->method, "GET") == 0) {
        return curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, NULL) == CURLE_OK;
    }
    const char *body = request->body.size == 0 ? "" : request->body.data;
    bool is_post = strcmp(request->method, "POST") == 0;
    return curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, is_post ? NULL : request->method) ==
               CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size) ==
               CURLE_OK;
}

/* Once for all requests of the handle. */
static bool set_callbacks(cr_http_easy *easy)
{
    CURL *curl = easy->curl;
    return curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive_body) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, easy) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive_header) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERDATA, easy) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, start) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PREREQDATA, easy) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, made_socket) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SOCKOPTDATA, easy) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_at_cancel) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_XFERINFODATA, easy) == CURLE_OK &&
           cr_http_shortage_watch(curl, &easy->refused);
}

static bool prepare_callbacks(exchange *now)
{
    cr_http_easy *easy = now->easy;
    long has_none = now->request->cancel == NULL ? 1 : 0;
    easy->now = now;
    easy->has_callbacks = easy->has_callbacks || set_callbacks(easy);
    cr_http_shortage_begin(&easy->refused);
    return easy->has_callbacks &&
           curl_easy_setopt(easy->curl, CURLOPT_NOPROGRESS, has_none) == CURLE_OK;
}

static cruddur_status prepare(exchange *now, cruddur_error **error)
{
    CURL *curl = now->easy->curl;
    int64_t left_us = now->request->deadline_us - cr_clock_monotonic_us();
    if (left_us <= 0) {
        return cr_fail_with(error, CRUDDUR_E_TIMEOUT,
                            "the deadline passed before a request was sent");
    }
    cruddur_status status = cr_http_lines_write(&now->lines, now->request, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    bool ok = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, &now->lines.nodes[0]) == CURLE_OK &&
              set_route(now) && set_limits(now, left_us) && set_body(now) && prepare_callbacks(now);
    return ok ? CRUDDUR_OK : cr_fail_memory(error); /* the options' names are right, so: memory */
}

/* ---- what came of it ---- */

/* What libcurl's codes mean. All others are the network's, and may pass by themselves: a connection
 * that is refused, reset or lost, also in the handshake of TLS (CURLE_SSL_CONNECT_ERROR, of which
 * libcurl does not say whether the peer went away or speaks no TLS). */
static const struct verdict {
    CURLcode code;
    cruddur_status status;
    bool is_transient;
} verdicts[] = {
    {CURLE_OPERATION_TIMEDOUT, CRUDDUR_E_TIMEOUT, true},
    {CURLE_OUT_OF_MEMORY, CRUDDUR_E_NO_MEMORY, false},
    {CURLE_PEER_FAILED_VERIFICATION, CRUDDUR_E_TLS, false},
    {CURLE_SSL_CACERT_BADFILE, CRUDDUR_E_TLS, false},
    {CURLE_SSL_CERTPROBLEM, CRUDDUR_E_TLS, false},
    {CURLE_SSL_CIPHER, CRUDDUR_E_TLS, false},
    {CURLE_SSL_ENGINE_INITFAILED, CRUDDUR_E_TLS, false},
    {CURLE_SSL_INVALIDCERTSTATUS, CRUDDUR_E_TLS, false},
    {CURLE_SSL_ISSUER_ERROR, CRUDDUR_E_TLS, false},
    {CURLE_URL_MALFORMAT, CRUDDUR_E_CONFIG, false},
    {CURLE_UNSUPPORTED_PROTOCOL, CRUDDUR_E_PROTOCOL, false}, /* the response is not HTTP */
    {CURLE_WEIRD_SERVER_REPLY, CRUDDUR_E_PROTOCOL, false},
    {CURLE_BAD_CONTENT_ENCODING, CRUDDUR_E_PROTOCOL, true},
    {CURLE_FAILED_INIT, CRUDDUR_E_INTERNAL, false},
    {CURLE_NOT_BUILT_IN, CRUDDUR_E_INTERNAL, false},
    {CURLE_BAD_FUNCTION_ARGUMENT, CRUDDUR_E_INTERNAL, false},
};

static struct verdict judge(CURLcode code)
{
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if (verdicts[i].code == code) {
            return verdicts[i];
        }
    }
    return (struct verdict){code, CRUDDUR_E_NETWORK, true};
}

/* What a newcomer to libcurl's words may want to know. */
static const char *hint_for(CURLcode code)
{
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        return "; AWS_CA_BUNDLE can name a file of certificates to trust";
    case CURLE_SSL_CONNECT_ERROR:
        return "; does the server speak https?";
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
        return "; what answers there does not speak HTTP";
    default:
        return "";
    }
}

/* `https://host:port` of a URL: paths and queries name what others should not read. */
static cr_str origin_of(const char *url)
{
    const char *authority = strstr(url, "://");
    size_t begin = authority == NULL ? 0 : (size_t)(authority - url) + strlen("://");
    return (cr_str){url, begin + strcspn(url + begin, "/?#")};
}

static cruddur_status fail_exchange(const exchange *now, CURLcode code, cruddur_error **error)
{
    cr_str origin = origin_of(now->request->url);
    if (code == CURLE_ABORTED_BY_CALLBACK && cr_is_cancelled(now->request->cancel)) {
        return cr_fail_cancelled(error);
    }
    if (now->has_no_memory) {
        return cr_fail_memory(error);
    }
    if (now->is_too_large) {
        return cr_fail_with(error, CRUDDUR_E_PROTOCOL, "%.*s: the answer is larger than %zu bytes",
                            CR_STR_ARGS(origin), now->request->response_max);
    }
    if (now->starts > 1 || (now->starts == 1 && code == CURLE_ABORTED_BY_CALLBACK)) {
        now->response->connection_was_dead = true;
        now->response->is_transient = true;
        return cr_fail_with(error, CRUDDUR_E_NETWORK, "%.*s: an idle connection had been closed",
                            CR_STR_ARGS(origin));
    }
    int shortage = cr_http_shortage_find(code, now->easy->refused);
    if (shortage != 0) {
        now->response->is_transient = true;
        return cr_fail_system(error, CRUDDUR_E_NO_DESCRIPTORS, shortage, "%.*s",
                              CR_STR_ARGS(origin));
    }
    struct verdict found = judge(code);
    if (found.status == CRUDDUR_E_TIMEOUT &&
        !cr_deadline_passed(now->request->deadline_us - TIMER_SLACK_US)) {
        found.status = CRUDDUR_E_NETWORK; /* it was the limit for connecting that passed */
    }
    now->response->is_transient = found.is_transient;
    if (found.status == CRUDDUR_E_NO_MEMORY) {
        return cr_fail_memory(error);
    }
    (void)cr_fail_with(error, found.status, "%.*s: %s%s", CR_STR_ARGS(origin),
                       now->easy->words[0] == '\0' ? curl_easy_strerror(code) : now->easy->words,
                       hint_for(code));
    if (code == CURLE_SSL_CACERT_BADFILE && error != NULL) {
        cr_error_wrap(*error, now->ca_name);
    }
    cr_error_set_retryable(error, found.is_transient);
    return found.status;
}

/* A NUL behind the body: there is room, the cap is one more than what may come. */
static cruddur_status finish_body(exchange *now, cruddur_error **error)
{
    cr_buffer *body = &now->response->body;
    char *end = cr_buffer_extend(body, 1);
    if (end == NULL) {
        return cr_fail_memory(error);
    }
    *end = '\0';
    body->size--;
    return CRUDDUR_OK;
}

static void note_connection(exchange *now)
{
    long made = 0;
    (void)curl_easy_getinfo(now->easy->curl, CURLINFO_NUM_CONNECTS, &made);
    now->response->connection_was_new = made > 0;
}

/* Adds the request to those that are sent. */
static cruddur_status begin(exchange *now, CURLM *multi)
{
    cr_http_response *response = now->response;
    now->easy->words[0] = '\0';
    now->code = CURLE_FAILED_INIT; /* unless it ends otherwise */
    response->sent_at_us = response->received_at_us = cr_clock_now_us();
    now->is_under_way = curl_multi_add_handle(multi, now->easy->curl) == CURLM_OK;
    return now->is_under_way ? CRUDDUR_OK : cr_fail_memory(now->error);
}

static void note_ends(CURLM *multi, exchange *exchanges, size_t count)
{
    int left;
    const CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        for (size_t i = 0; i < count; i++) {
            exchange *now = &exchanges[i];
            if (now->easy->curl == message->easy_handle && message->msg == CURLMSG_DONE) {
                now->code = message->data.result;
                now->response->received_at_us = cr_clock_now_us();
            }
        }
    }
}

/* Until all have ended, each by its own deadline. */
static void run(CURLM *multi, exchange *exchanges, size_t count)
{
    int running = 0;
    CURLMcode code;
    do {
        code = curl_multi_perform(multi, &running);
        note_ends(multi, exchanges, count);
        if (code == CURLM_OK && running > 0) {
            code = curl_multi_poll(multi, NULL, 0, POLL_MS, NULL);
        }
    } while (code == CURLM_OK && running > 0);
}

static cruddur_status finish(exchange *now)
{
    long http_status = 0;
    cr_http_response *response = now->response;
    response->may_have_arrived = now->starts > 0;
    note_connection(now);
    if (now->code == CURLE_OK && !now->header_ended) {
        now->code = CURLE_PARTIAL_FILE; /* to libcurl half a header is an answer without a body */
    }
    if (now->code != CURLE_OK) {
        return fail_exchange(now, now->code, now->error);
    }
    cruddur_status status = finish_body(now, now->error);
    if (status == CRUDDUR_OK &&
        curl_easy_getinfo(now->easy->curl, CURLINFO_RESPONSE_CODE, &http_status) == CURLE_OK) {
        response->status = (int)http_status;
    }
    return status;
}

/* After a failure of any kind the connection is not used again: a late answer to this request
 * must not be taken for the next one's, and a server in trouble is better met through another
 * door. */
static bool is_sound(const exchange *now)
{
    return now->status == CRUDDUR_OK && now->response->status < 500;
}

static void end(exchange *now, CURLM *multi)
{
    if (now->is_under_way) {
        (void)curl_multi_remove_handle(multi, now->easy->curl);
        now->status = finish(now);
    }
    cr_http_lines_free(&now->lines);
}

static void set_out(exchange *now, const cr_http_exchange *asked, const cr_http_pool *pool)
{
    now->ca_name = pool->ca_name;
    now->may_use_proxy = pool->may_use_proxy;
    now->request = asked->request;
    now->response = asked->response;
    now->error = asked->error;
    now->is_under_way = false;
    now->starts = 0;
    now->header_ended = now->is_too_large = now->has_no_memory = false;
    cr_http_lines_init(&now->lines);
    reset_response(now->response, now->request->response_max);
}

static void send_by(cr_http_handle *handle, exchange *exchanges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        exchange *now = &exchanges[i];
        now->easy = handle->easy[i];
        now->status = prepare(now, now->error);
        now->status = now->status == CRUDDUR_OK ? begin(now, handle->multi) : now->status;
    }
    run(handle->multi, exchanges, count);
    for (size_t i = 0; i < count; i++) {
        end(&exchanges[i], handle->multi);
    }
}

static void send_all(cr_http *http, exchange *exchanges, size_t count)
{
    cr_http_handle *handle;
    bool are_sound = true;
    cruddur_status status = cr_http_pool_take(&http->pool, count, &handle, exchanges[0].error);
    if (status != CRUDDUR_OK) {
        exchanges[0].status = status;
        for (size_t i = 1; i < count; i++) {
            exchanges[i].status = cr_fail_memory(exchanges[i].error);
        }
        return;
    }
    send_by(handle, exchanges, count);
    for (size_t i = 0; i < count; i++) {
        are_sound = are_sound && is_sound(&exchanges[i]);
    }
    cr_http_pool_give(&http->pool, handle, are_sound);
}

cruddur_status cr_http_send(cr_http *http, const cr_http_request *request,
                            cr_http_response *response, cruddur_error **error)
{
    exchange now;
    const cr_http_exchange asked = {request, response, error, CRUDDUR_OK};
    set_out(&now, &asked, &http->pool);
    send_all(http, &now, 1);
    return now.status;
}

void cr_http_send_together(cr_http *http, cr_http_exchange *exchanges, size_t count)
{
    exchange *now = malloc(count * sizeof(*now));
    for (size_t i = 0; i < count; i++) {
        if (now == NULL) {
            reset_response(exchanges[i].response, exchanges[i].request->response_max);
            exchanges[i].status = cr_fail_memory(exchanges[i].error);
        } else {
            set_out(&now[i], &exchanges[i], &http->pool);
        }
    }
    if (now != NULL && count > 0) {
        send_all(http, now, count);
    }
    for (size_t i = 0; now != NULL && i < count; i++) {
        exchanges[i].status = now[i].status;
    }
    free(now);
}
