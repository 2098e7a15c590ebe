/* SPDX-License-Identifier: MIT */
/* Signs the requests that stand on standard input, one JSON object a line, and writes the
 * Authorization header of each to a line of standard output. sign_agree.py compares them with
 * those of another signer. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/sign.h"

#define HEADERS_MAX CR_HTTP_HEADERS_MAX
#define US_PER_S INT64_C(1000000)

static cr_str text_of(json_object *value)
{
    return value == NULL
               ? CR_STR_ABSENT
               : (cr_str){json_object_get_string(value), (size_t)json_object_get_string_len(value)};
}

static cr_str text_at(json_object *object, const char *name)
{
    return text_of(json_object_object_get(object, name));
}

static size_t read_headers(json_object *list, cr_header *headers)
{
    size_t count = json_object_array_length(list);
    for (size_t i = 0; i < count && i < HEADERS_MAX; i++) {
        json_object *pair = json_object_array_get_idx(list, i);
        headers[i] = (cr_header){text_of(json_object_array_get_idx(pair, 0)),
                                 text_of(json_object_array_get_idx(pair, 1))};
    }
    return count;
}

/* A case may keep the signer and the identity of the case before: then the derived key is the
 * remembered one, if the day is the same. */
typedef struct setting {
    cr_signer *signer;
    const cr_identity *identity;
} setting;

static void set(setting *now, json_object *object)
{
    cr_signer_free(now->signer);
    cr_identity_release(now->identity);
    now->signer = NULL;
    const cr_identity fields = {.access_key_id = text_at(object, "access_key_id"),
                                .secret_access_key = text_at(object, "secret_access_key"),
                                .session_token = text_at(object, "session_token")};
    now->identity = cr_identity_new(&fields);
    if (now->identity == NULL ||
        cr_signer_new(text_at(object, "region").data, text_at(object, "service").data, &now->signer,
                      NULL) != CRUDDUR_OK) {
        abort();
    }
}

static void sign_case(setting *now, json_object *object)
{
    cr_header headers[HEADERS_MAX];
    cr_signature signature;
    cr_signature_init(&signature);
    if (!json_object_get_boolean(json_object_object_get(object, "same"))) {
        set(now, object);
    }
    const cr_sign_request request = {
        .method = text_at(object, "method"),
        .host = text_at(object, "host"),
        .path = text_at(object, "path"),
        .query = text_at(object, "query"),
        .headers = headers,
        .header_count = read_headers(json_object_object_get(object, "headers"), headers),
        .body = text_at(object, "body"),
        .time_us = json_object_get_int64(json_object_object_get(object, "time_s")) * US_PER_S,
    };
    if (cr_sign(now->signer, now->identity, &request, &signature, NULL) != CRUDDUR_OK) {
        abort();
    }
    (void)printf("%s %s\n", signature.date, signature.authorization.data);
    cr_signature_free(&signature);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    setting now = {NULL, NULL};
    while (getline(&line, &size, stdin) > 0) {
        json_object *object = json_tokener_parse(line);
        if (object == NULL) {
            return EXIT_FAILURE;
        }
        sign_case(&now, object);
        json_object_put(object);
    }
    free(line);
    cr_signer_free(now.signer);
    cr_identity_release(now.identity);
    return ferror(stdin) || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
