/* SPDX-License-Identifier: MIT */
#include "aws/answer.h"

#include <json-c/json.h>
#include <stdio.h>
#include <strings.h>

#include "base/json.h"
#include "base/print.h"

/* An error has a sentence or two; transactions add a reason for each action, perhaps with a row. */
#define ERROR_BODY_MAX ((size_t)16 * 1024 * 1024)
#define NESTING_MAX 40

void cr_aws_answer_init(cr_aws_answer *answer)
{
    *answer = (cr_aws_answer){0};
    cr_http_response_init(&answer->http);
}

void cr_aws_answer_free(cr_aws_answer *answer)
{
    cr_http_response_free(&answer->http);
}

/* ---- reading ---- */

static bool is_code_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/* From `name.space#Code:http://…` the code, if it looks like one. */
static void read_code(cr_aws_answer *answer, cr_str text)
{
    size_t begin = 0;
    size_t end = 0;
    if (text.data == NULL) {
        return;
    }
    for (; end < text.size && text.data[end] != ':'; end++) {
        begin = text.data[end] == '#' ? end + 1 : begin;
    }
    cr_str code = {text.data + begin, end - begin};
    if (code.size == 0 || code.size >= sizeof(answer->code)) {
        return;
    }
    for (size_t i = 0; i < code.size; i++) {
        if (!is_code_char(code.data[i])) {
            return;
        }
    }
    memcpy(answer->code, code.data, code.size);
    answer->code[code.size] = '\0';
}

/* Copies the whole characters that fit, with a space for what a terminal would obey. */
static void copy_line(char *line, size_t line_size, cr_str text)
{
    size_t size = text.size < line_size ? text.size : cr_cut(text.data, line_size - 1);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool is_control = c < 0x20 || c == 0x7f;
        line[i] = (char)(is_control ? ' ' : c);
    }
    line[size] = '\0';
}

static cr_str json_text(json_object *object, const char *name)
{
    json_object *value = NULL;
    if (!json_object_object_get_ex(object, name, &value) ||
        !json_object_is_type(value, json_type_string)) {
        return CR_STR_ABSENT;
    }
    return (cr_str){json_object_get_string(value), (size_t)json_object_get_string_len(value)};
}

static cr_str first_of(cr_str a, cr_str b)
{
    return a.data != NULL ? a : b;
}

static void read_json_object(cr_aws_answer *answer, json_object *object)
{
    if (answer->code[0] == '\0') {
        read_code(answer, json_text(object, "__type"));
    }
    copy_line(answer->message, sizeof(answer->message),
              first_of(json_text(object, "message"), json_text(object, "Message")));
}

static void read_json(cr_aws_answer *answer, cr_str body)
{
    json_tokener *tokener = json_tokener_new_ex(NESTING_MAX);
    if (tokener == NULL) {
        return;
    }
    json_object *object = json_tokener_parse_ex(tokener, body.data, (int)body.size);
    if (json_object_is_type(object, json_type_object)) {
        read_json_object(answer, object);
    }
    json_object_put(object);
    json_tokener_free(tokener);
}

/* A code counts only where this protocol has it, in `__type` or a header: a gateway's error may
 * well be a JSON object with a `code`, or XML, and says nothing about the request behind it. */
static void read_body(cr_aws_answer *answer)
{
    cr_str body = cr_aws_body(answer);
    if (body.size > 0 && body.size <= ERROR_BODY_MAX) {
        read_json(answer, body);
    }
}

void cr_aws_answer_read(cr_aws_answer *answer)
{
    cr_str request_id = cr_http_header(&answer->http, "x-amzn-requestid");
    if (request_id.data == NULL) {
        request_id = cr_http_header(&answer->http, "x-amz-request-id");
    }
    answer->code[0] = '\0';
    answer->message[0] = '\0';
    copy_line(answer->request_id, sizeof(answer->request_id), request_id);
    if (!cr_aws_is_ok(answer)) {
        read_code(answer, cr_http_header(&answer->http, "x-amzn-errortype"));
        read_body(answer);
    }
}

/* ---- a success ---- */

/* A media type, without its parameters: `text/html` of `text/html; charset=utf-8`. */
static cr_str media_type(const cr_http_response *http)
{
    cr_str type = cr_http_header(http, "content-type");
    type.size = type.data == NULL ? 0 : strcspn(type.data, "; \t\n");
    return type;
}

static bool is_type(cr_str type, const char *expected)
{
    return type.size == strlen(expected) && strncasecmp(type.data, expected, type.size) == 0;
}

static cruddur_status read_any_object(cr_str body)
{
    cr_json in;
    cr_json_init(&in, body, NULL);
    bool is_object = cr_json_peek(&in) == '{';
    (void)cr_json_skip(&in);
    return is_object && cr_json_is_done(&in) ? CRUDDUR_OK : CRUDDUR_E_PROTOCOL;
}

cruddur_status cr_aws_answer_read_success(cr_aws_answer *answer, const cr_aws_request *request,
                                          const char *host, cruddur_error **error)
{
    char words[80];
    cr_str body = cr_aws_body(answer);
    cr_str type = media_type(&answer->http);
    cruddur_status status = CRUDDUR_E_PROTOCOL;
    if (cr_aws_is_ok(answer) && is_type(type, request->content_type)) {
        const cr_aws_reading *reading = &request->reading;
        status = reading->read == NULL ? read_any_object(body) : reading->read(reading->data, body);
    }
    if (status == CRUDDUR_E_NO_MEMORY) {
        return cr_fail_memory(error);
    }
    if (status == CRUDDUR_OK) {
        return status;
    }
    copy_line(words, sizeof(words), type.size == 0 ? cr_str_of("no content type") : type);
    const char *dot = request->target == NULL ? NULL : strchr(request->target, '.');
    (void)cr_fail_with(error, status,
                       "%s: not a valid response to %s (HTTP %d, %s, %zu bytes); is the endpoint "
                       "right?",
                       host, dot == NULL ? "the request" : dot + 1, answer->http.status, words,
                       body.size);
    if (error != NULL) {
        cr_error_set_request_id(*error, answer->request_id);
    }
    return status;
}

/* ---- telling ---- */

/* Whether the words that come with a code may be shown. */
typedef enum words_kind {
    WORDS_UNKNOWN, /* of a wrong parameter they may quote the value: a message's text */
    WORDS_SAFE,
    WORDS_SECRET, /* of a wrong signature they quote the headers, with the session token in them */
} words_kind;

/* What a code means to the caller. */
static const struct meaning {
    const char *code;
    cruddur_status status;
    words_kind words;
} meanings[] = {
    {"AccessDenied", CRUDDUR_E_ACCESS_DENIED, WORDS_SAFE},
    {"AccessDeniedException", CRUDDUR_E_ACCESS_DENIED, WORDS_SAFE},
    {"NotAuthorizedException", CRUDDUR_E_ACCESS_DENIED, WORDS_SAFE},
    {"UnauthorizedOperation", CRUDDUR_E_ACCESS_DENIED, WORDS_SAFE},
    {"AuthFailure", CRUDDUR_E_CREDENTIALS, WORDS_SECRET},
    {"ExpiredToken", CRUDDUR_E_CREDENTIALS, WORDS_SAFE},
    {"ExpiredTokenException", CRUDDUR_E_CREDENTIALS, WORDS_SAFE},
    {"IncompleteSignature", CRUDDUR_E_CREDENTIALS, WORDS_SECRET},
    {"IncompleteSignatureException", CRUDDUR_E_CREDENTIALS, WORDS_SECRET},
    {"InvalidClientTokenId", CRUDDUR_E_CREDENTIALS, WORDS_SAFE},
    {"InvalidIdentityToken", CRUDDUR_E_CREDENTIALS, WORDS_SECRET},
    {"InvalidSignatureException", CRUDDUR_E_CREDENTIALS, WORDS_SECRET},
    {"MissingAuthenticationToken", CRUDDUR_E_CREDENTIALS, WORDS_SAFE},
    {"MissingAuthenticationTokenException", CRUDDUR_E_CREDENTIALS, WORDS_SAFE},
    {"RequestTimeTooSkewed", CRUDDUR_E_CREDENTIALS, WORDS_SAFE},
    {"SignatureDoesNotMatch", CRUDDUR_E_CREDENTIALS, WORDS_SECRET},
    {"UnrecognizedClientException", CRUDDUR_E_CREDENTIALS, WORDS_SAFE},
    {"LimitExceededException", CRUDDUR_E_THROTTLED, WORDS_SAFE},
    {"ProvisionedThroughputExceededException", CRUDDUR_E_THROTTLED, WORDS_SAFE},
    {"RequestLimitExceeded", CRUDDUR_E_THROTTLED, WORDS_SAFE},
    {"ThrottlingException", CRUDDUR_E_THROTTLED, WORDS_SAFE},
    {"RegionDisabledException", CRUDDUR_E_REFUSED, WORDS_SAFE},
    {"ResourceInUseException", CRUDDUR_E_REFUSED, WORDS_SAFE},
    {"ResourceNotFoundException", CRUDDUR_E_REFUSED, WORDS_SAFE},
    {"UnknownOperationException", CRUDDUR_E_REFUSED, WORDS_SAFE},
};

static const struct meaning *find_meaning(const char *code)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (strcmp(meanings[i].code, code) == 0) {
            return &meanings[i];
        }
    }
    return NULL;
}

bool cr_aws_has_safe_words(const char *code)
{
    const struct meaning *found = find_meaning(code);
    return found != NULL && found->words == WORDS_SAFE;
}

static bool may_show_words(const cr_aws_answer *answer)
{
    const struct meaning *found = find_meaning(answer->code);
    words_kind words = found == NULL ? WORDS_UNKNOWN : found->words;
    return answer->message[0] != '\0' &&
           (words == WORDS_SAFE || (words == WORDS_UNKNOWN && answer->is_public));
}

static cruddur_status meaning_of(const cr_aws_answer *answer)
{
    const struct meaning *found = find_meaning(answer->code);
    if (found != NULL) {
        return found->status;
    }
    int http_status = answer->http.status;
    cr_retry_class class = cr_retry_classify(cr_str_of(answer->code), http_status);
    if (class == CR_RETRY_THROTTLE) {
        return CRUDDUR_E_THROTTLED;
    }
    if (class == CR_RETRY_TRANSIENT || http_status >= 500 || http_status == 0) {
        return CRUDDUR_E_SERVICE;
    }
    if (answer->code[0] != '\0') {
        return CRUDDUR_E_REFUSED;
    }
    return http_status == 401 || http_status == 403 ? CRUDDUR_E_ACCESS_DENIED : CRUDDUR_E_PROTOCOL;
}

/* Where the service's words cannot be passed on. */
static const char *hint_for(const char *code)
{
    bool is_signature = strcmp(code, "InvalidSignatureException") == 0 ||
                        strcmp(code, "SignatureDoesNotMatch") == 0;
    return is_signature ? "; is the secret access key the one of the access key id?" : "";
}

cruddur_status cr_aws_fail_as(const cr_aws_answer *answer, cruddur_status status,
                              const char *action, cruddur_error **error)
{
    bool has_words = may_show_words(answer);
    if (answer->code[0] == '\0') {
        (void)cr_fail_with(
            error, status, "%s: the service answered with HTTP %d and no error code%s", action,
            answer->http.status, answer->http.status < 500 ? "; is the endpoint right?" : "");
    } else {
        (void)cr_fail_with(error, status, "%s: %s%s%s (HTTP %d)%s", action, answer->code,
                           has_words ? ": " : "", has_words ? answer->message : "",
                           answer->http.status, hint_for(answer->code));
    }
    if (error != NULL) {
        cr_error_set_request_id(*error, answer->request_id);
    }
    return status;
}

cruddur_status cr_aws_fail(const cr_aws_answer *answer, const char *action, cruddur_error **error)
{
    return cr_aws_fail_as(answer, meaning_of(answer), action, error);
}
