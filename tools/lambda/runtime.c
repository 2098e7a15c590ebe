/* SPDX-License-Identifier: MIT */
#include "runtime.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <json-c/json.h>

/* An event has up to 6 MB; here is some room for how that is counted. */
#define EVENT_MAX ((size_t)7 << 20)

/* The API is on the same machine. A request that did not get through is sent again: an answer that
 * was taken the first time is refused the second, and does no harm. */
#define ATTEMPTS 3
#define PAUSE_MS 100
#define CONNECT_LIMIT_MS 1000L
#define POST_LIMIT_MS 10000L

enum { HTTP_OK = 200, HTTP_ACCEPTED = 202, HTTP_TOO_LARGE = 413, HTTP_SERVER_ERROR = 500 };

static const char *const header_names[HEADER_COUNT] = {
    [HEADER_REQUEST_ID] = "lambda-runtime-aws-request-id",
    [HEADER_DEADLINE_MS] = "lambda-runtime-deadline-ms",
    [HEADER_TRACE_ID] = "lambda-runtime-trace-id",
    [HEADER_INVOCATION_ID] = "lambda-runtime-invocation-id",
};

/* One request, sent up to ATTEMPTS times. */
struct request {
    const char *name;   /* for people */
    struct buffer path; /* below the base */
    struct curl_slist *headers;
    const char *body;              /* NULL: a GET */
    struct invocation *invocation; /* receives the answer; NULL: nobody wants it */
};

bool runtime_open(struct runtime *runtime, const char *address)
{
    *runtime = (struct runtime){NULL, {NULL, 0, 0}, ""};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        runtime->curl = curl_easy_init();
    }
    buffer_add_format(&runtime->base, "http://%s/2018-06-01/runtime/", address);
    return runtime->curl != NULL;
}

void runtime_close(struct runtime *runtime)
{
    curl_easy_cleanup(runtime->curl);
    buffer_free(&runtime->base);
    curl_global_cleanup();
}

/* ---- receiving ---- */

static void invocation_clear(struct invocation *invocation)
{
    buffer_clear(&invocation->event);
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        buffer_clear(&invocation->headers[i]);
    }
    invocation->is_too_large = false;
}

void invocation_free(struct invocation *invocation)
{
    buffer_free(&invocation->event);
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        buffer_free(&invocation->headers[i]);
    }
}

int64_t invocation_deadline_ms(const struct invocation *invocation)
{
    const char *text = buffer_text(&invocation->headers[HEADER_DEADLINE_MS]);
    char *end;
    long long number = strtoll(text, &end, 10);
    return isdigit((unsigned char)text[0]) && *end == '\0' ? number : 0;
}

static size_t receive_body(char *bytes, size_t unit, size_t count, void *context)
{
    struct invocation *invocation = context;
    size_t size = unit * count;
    if (invocation == NULL) {
        return size;
    }
    if (size > EVENT_MAX - invocation->event.length) {
        invocation->is_too_large = true;
        return 0;
    }
    buffer_add(&invocation->event, bytes, size);
    return size;
}

static size_t receive_header(char *bytes, size_t unit, size_t count, void *context)
{
    struct invocation *invocation = context;
    size_t size = unit * count;
    for (size_t i = 0; invocation != NULL && i < HEADER_COUNT; i++) {
        size_t skipped = strlen(header_names[i]);
        if (size <= skipped || bytes[skipped] != ':' ||
            strncasecmp(bytes, header_names[i], skipped) != 0) {
            continue;
        }
        size_t end = size;
        for (skipped++; skipped < end && isspace((unsigned char)bytes[skipped]); skipped++) {
        }
        for (; end > skipped && isspace((unsigned char)bytes[end - 1]); end--) {
        }
        buffer_clear(&invocation->headers[i]);
        buffer_add(&invocation->headers[i], bytes + skipped, end - skipped);
    }
    return size;
}

/* ---- sending ---- */

/* For each request a connection of its own: it takes no time on one machine, and one that was kept
 * may be dead when the process wakes up after it was frozen. */
static bool set_options(const struct runtime *runtime, const struct request *request)
{
    CURL *curl = runtime->curl;
    const struct {
        CURLoption option;
        long value;
    } settings[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_TCP_NODELAY, 1},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_FRESH_CONNECT, 1},
        {CURLOPT_FORBID_REUSE, 1},
        {CURLOPT_CONNECTTIMEOUT_MS, CONNECT_LIMIT_MS},
        {CURLOPT_TIMEOUT_MS, request->body == NULL ? 0 : POST_LIMIT_MS},
    };
    CURLcode code = CURLE_OK;
    for (size_t i = 0; code == CURLE_OK && i < sizeof(settings) / sizeof(settings[0]); i++) {
        code = curl_easy_setopt(curl, settings[i].option, settings[i].value);
    }
    return code == CURLE_OK &&
           /* Whatever proxy the environment names, it is not for this. */
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, request->headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive_body) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, request->invocation) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive_header) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERDATA, request->invocation) == CURLE_OK &&
           (request->body == NULL ||
            (curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                              (curl_off_t)strlen(request->body)) == CURLE_OK &&
             curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body) == CURLE_OK));
}

/* The HTTP status; 0: there was no answer, and the runtime's words say why. */
static long send_once(struct runtime *runtime, const struct request *request)
{
    struct buffer url = {NULL, 0, 0};
    long status = 0;
    CURLcode code = CURLE_OUT_OF_MEMORY;
    buffer_add_format(&url, "%s%s", buffer_text(&runtime->base), buffer_text(&request->path));
    curl_easy_reset(runtime->curl);
    if (request->invocation != NULL) {
        invocation_clear(request->invocation);
    }
    if (set_options(runtime, request) &&
        curl_easy_setopt(runtime->curl, CURLOPT_URL, buffer_text(&url)) == CURLE_OK) {
        code = curl_easy_perform(runtime->curl);
    }
    bool is_cut = request->invocation != NULL && request->invocation->is_too_large;
    if ((code == CURLE_OK || is_cut) &&
        curl_easy_getinfo(runtime->curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK) {
        status = 0;
    }
    (void)snprintf(runtime->words, sizeof(runtime->words), "Runtime API: %s: %s", request->name,
                   curl_easy_strerror(code));
    buffer_free(&url);
    return status;
}

static void pause_ms(long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&left, NULL);
}

/* As send_once(), until there is an answer. Frees the request. */
static long send_request(struct runtime *runtime, struct request *request)
{
    long status = send_once(runtime, request);
    for (long attempt = 1; status == 0 && attempt < ATTEMPTS; attempt++) {
        pause_ms(PAUSE_MS * attempt);
        status = send_once(runtime, request);
    }
    if (status != 0) {
        (void)snprintf(runtime->words, sizeof(runtime->words), "Runtime API: %s: HTTP status %ld",
                       request->name, status);
    }
    curl_slist_free_all(request->headers);
    buffer_free(&request->path);
    return status;
}

/* What is not an identifier must not get into a path. */
static bool is_identifier(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("-_.", *at) == NULL) {
            return false;
        }
    }
    return text[0] != '\0';
}

enum runtime_status runtime_next(struct runtime *runtime, struct invocation *invocation)
{
    struct request request = {.name = "next", .invocation = invocation};
    buffer_add_text(&request.path, "invocation/next");
    /* 403 says that this process is none that may ask, 500 that the sandbox is out of order. */
    if (send_request(runtime, &request) != HTTP_OK) {
        return RUNTIME_FAILED;
    }
    if (!is_identifier(buffer_text(&invocation->headers[HEADER_REQUEST_ID]))) {
        (void)snprintf(runtime->words, sizeof(runtime->words),
                       "Runtime API: next: there is no Lambda-Runtime-Aws-Request-Id");
        return RUNTIME_FAILED;
    }
    return RUNTIME_OK;
}

static bool add_header(struct request *request, const char *name, const char *value)
{
    struct buffer line = {NULL, 0, 0};
    buffer_add_format(&line, "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(request->headers, buffer_text(&line));
    buffer_free(&line);
    if (longer != NULL) {
        request->headers = longer;
    }
    return longer != NULL;
}

/* `type` and `invocation` may be NULL. */
static bool add_headers(struct request *request, const struct invocation *invocation,
                        const char *type)
{
    const struct buffer *id =
        invocation == NULL ? NULL : &invocation->headers[HEADER_INVOCATION_ID];
    struct curl_slist *first = curl_slist_append(NULL, "Expect:");
    if (first == NULL) {
        return false;
    }
    request->headers = first;
    return add_header(request, "Content-Type", "application/json") &&
           (type == NULL || add_header(request, "Lambda-Runtime-Function-Error-Type", type)) &&
           (id == NULL || id->length == 0 ||
            add_header(request, "Lambda-Runtime-Invocation-Id", buffer_text(id)));
}

static enum runtime_status judge_post(long status)
{
    switch (status) {
    case 0:
    case HTTP_SERVER_ERROR:
        return RUNTIME_FAILED;
    case HTTP_ACCEPTED:
        return RUNTIME_OK;
    case HTTP_TOO_LARGE:
        return RUNTIME_TOO_LARGE;
    default:
        return RUNTIME_REFUSED;
    }
}

/* Sends what `request` has so far, with headers, and frees it. */
static enum runtime_status post(struct runtime *runtime, struct request *request,
                                const struct invocation *invocation, const char *type)
{
    if (!add_headers(request, invocation, type)) {
        curl_slist_free_all(request->headers);
        buffer_free(&request->path);
        (void)snprintf(runtime->words, sizeof(runtime->words), "out of memory");
        return RUNTIME_FAILED;
    }
    return judge_post(send_request(runtime, request));
}

enum runtime_status runtime_respond(struct runtime *runtime, const struct invocation *invocation,
                                    const char *answer)
{
    struct request request = {.name = "response", .body = answer};
    buffer_add_format(&request.path, "invocation/%s/response",
                      buffer_text(&invocation->headers[HEADER_REQUEST_ID]));
    return post(runtime, &request, invocation, NULL);
}

/* {"errorMessage":…,"errorType":…,"stackTrace":[]}; NULL where there is no memory. */
static struct json_object *describe(const char *type, const char *message)
{
    const struct {
        const char *name;
        struct json_object *value;
    } members[] = {
        {"errorMessage", json_object_new_string(message)},
        {"errorType", json_object_new_string(type)},
        {"stackTrace", json_object_new_array()},
    };
    struct json_object *error = json_object_new_object();
    bool is_whole = error != NULL;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct json_object *value = members[i].value;
        if (error == NULL || value == NULL ||
            json_object_object_add(error, members[i].name, value) != 0) {
            json_object_put(value);
            is_whole = false;
        }
    }
    if (!is_whole) {
        json_object_put(error);
        return NULL;
    }
    return error;
}

static enum runtime_status post_error(struct runtime *runtime, struct request *request,
                                      const struct invocation *invocation, const char *type,
                                      const char *message)
{
    struct json_object *error = describe(type, message);
    request->body = json_object_to_json_string_ext(error, JSON_C_TO_STRING_PLAIN |
                                                              JSON_C_TO_STRING_NOSLASHESCAPE);
    if (error == NULL || request->body == NULL) {
        request->body = "{}";
    }
    enum runtime_status status = post(runtime, request, invocation, type);
    json_object_put(error);
    return status;
}

enum runtime_status runtime_fail(struct runtime *runtime, const struct invocation *invocation,
                                 const char *type, const char *message)
{
    struct request request = {.name = "error"};
    buffer_add_format(&request.path, "invocation/%s/error",
                      buffer_text(&invocation->headers[HEADER_REQUEST_ID]));
    return post_error(runtime, &request, invocation, type, message);
}

enum runtime_status runtime_fail_init(struct runtime *runtime, const char *type,
                                      const char *message)
{
    struct request request = {.name = "init error"};
    buffer_add_text(&request.path, "init/error");
    return post_error(runtime, &request, NULL, type, message);
}
