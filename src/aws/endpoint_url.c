/* SPDX-License-Identifier: MIT */
#include "aws/endpoint_url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct pieces {
    char *scheme, *host, *port, *path;
} pieces;

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool found = curl_url_get(url, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return found;
}

static bool is_http(const char *scheme)
{
    return strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0;
}

/* Something like user:password@ or ?query has no place in an endpoint. */
static bool is_plain(CURLU *url)
{
    return !has_part(url, CURLUPART_USER) && !has_part(url, CURLUPART_PASSWORD) &&
           !has_part(url, CURLUPART_QUERY) && !has_part(url, CURLUPART_FRAGMENT) &&
           !has_part(url, CURLUPART_ZONEID);
}

static bool take_apart(CURLU *url, const char *text, pieces *found)
{
    if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK || !is_plain(url) ||
        curl_url_get(url, CURLUPART_SCHEME, &found->scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &found->host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PATH, &found->path, 0) != CURLUE_OK) {
        return false;
    }
    (void)curl_url_get(url, CURLUPART_PORT, &found->port, CURLU_NO_DEFAULT_PORT);
    return is_http(found->scheme);
}

static char *join(const char *const *texts, size_t count)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++) {
        size += strlen(texts[i]);
    }
    char *joined = malloc(size);
    char *at = joined;
    for (size_t i = 0; joined != NULL && i < count; i++) {
        at = stpcpy(at, texts[i]);
    }
    return joined;
}

static void lower(char *text)
{
    for (; *text != '\0'; text++) {
        *text = (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
    }
}

static cruddur_status put_together(const pieces *found, cr_endpoint_url *parsed,
                                   cruddur_error **error)
{
    const char *host[] = {found->host, found->port == NULL ? "" : ":",
                          found->port == NULL ? "" : found->port};
    size_t length = strlen(found->path);
    const char *path[] = {found->path, length > 0 && found->path[length - 1] == '/' ? "" : "/"};
    lower(found->host);
    parsed->host = join(host, 3);
    parsed->path = join(path, 2);
    if (parsed->host == NULL || parsed->path == NULL) {
        return cr_fail_memory(error);
    }
    const char *url[] = {found->scheme, "://", parsed->host, parsed->path};
    parsed->url = join(url, 4);
    return parsed->url == NULL ? cr_fail_memory(error) : CRUDDUR_OK;
}

cruddur_status cr_endpoint_url_parse(const char *text, cr_endpoint_url *parsed,
                                     cruddur_error **error)
{
    pieces found = {NULL, NULL, NULL, NULL};
    CURLU *url = curl_url();
    *parsed = (cr_endpoint_url){NULL, NULL, NULL};
    if (url == NULL) {
        return cr_fail_memory(error);
    }
    cruddur_status status =
        take_apart(url, text, &found)
            ? put_together(&found, parsed, error)
            : cr_fail_with(
                  error, CRUDDUR_E_CONFIG,
                  "the endpoint is not of the form https://host, maybe with :port or /path");
    curl_url_cleanup(url);
    curl_free(found.scheme);
    curl_free(found.host);
    curl_free(found.port);
    curl_free(found.path);
    if (status != CRUDDUR_OK) {
        cr_endpoint_url_free(parsed);
    }
    return status;
}

void cr_endpoint_url_free(cr_endpoint_url *parsed)
{
    free(parsed->url);
    free(parsed->host);
    free(parsed->path);
    *parsed = (cr_endpoint_url){NULL, NULL, NULL};
}
