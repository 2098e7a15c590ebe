/* SPDX-License-Identifier: MIT */
#include "aws/answer.h"

#include <json-c/json.h>
#include <stdio.h>
#include <strings.h>

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

/* Copies what fits, with a space for what a terminal would obey. */
static void copy_line(char *line, size_t line_size, cr_str text)
{
    size_t size = text.size < line_size - 1 ? text.size : line_size - 1;
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
        read_code(answer, first_of(json_text(object, "__type"), json_text(object, "code")));
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

/* The text between <name> and </name>, the first of it; the body ends with a NUL. */
static cr_str xml_text(cr_str body, const char *opening, const char *closing)
{
    const char *begin = strstr(body.data, opening);
    const char *end = begin == NULL ? NULL : strstr(begin, closing);
    if (end == NULL) {
        return CR_STR_ABSENT;
    }
    begin += strlen(opening);
    return (cr_str){begin, (size_t)(end - begin)};
}

static void read_xml(cr_aws_answer *answer, cr_str body)
{
    if (answer->code[0] == '\0') {
        read_code(answer, xml_text(body, "<Code>", "</Code>"));
    }
    copy_line(answer->message, sizeof(answer->message), xml_text(body, "<Message>", "</Message>"));
}

static void read_body(cr_aws_answer *answer)
{
    cr_str body = cr_aws_body(answer);
    size_t at = 0;
    while (at < body.size && strchr(" \t\r\n", body.data[at]) != NULL) {
        at++;
    }
    if (at == body.size || body.size > ERROR_BODY_MAX) {
        return;
    }
    if (body.data[at] == '{') {
        read_json(answer, body);
    } else if (body.data[at] == '<') {
        read_xml(answer, body);
    }
}

void cr_aws_answer_read(cr_aws_answer *answer)
{
    cr_str request_id = first_of(cr_http_header(&answer->http, "x-amzn-requestid"),
                                 cr_http_header(&answer->http, "x-amz-request-id"));
    answer->code[0] = '\0';
    answer->message[0] = '\0';
    copy_line(answer->request_id, sizeof(answer->request_id), request_id);
    if (!cr_aws_is_ok(answer)) {
        read_code(answer, cr_http_header(&answer->http, "x-amzn-errortype"));
        read_body(answer);
    }
}

/* ---- telling ---- */

/* What a code means to the caller, and whether the words that come with it are passed on. Most are
 * not: of a wrong signature the service quotes the headers with the session token in them, of a
 * wrong parameter the value. */
static const struct {
    const char *code;
    cruddur_status status;
    bool has_safe_words;
} meanings[] = {
    {"AccessDenied", CRUDDUR_E_ACCESS_DENIED, true},
    {"AccessDeniedException", CRUDDUR_E_ACCESS_DENIED, true},
    {"NotAuthorizedException", CRUDDUR_E_ACCESS_DENIED, true},
    {"UnauthorizedOperation", CRUDDUR_E_ACCESS_DENIED, true},
    {"AuthFailure", CRUDDUR_E_CREDENTIALS, false},
    {"ExpiredToken", CRUDDUR_E_CREDENTIALS, true},
    {"ExpiredTokenException", CRUDDUR_E_CREDENTIALS, true},
    {"IncompleteSignature", CRUDDUR_E_CREDENTIALS, false},
    {"IncompleteSignatureException", CRUDDUR_E_CREDENTIALS, false},
    {"InvalidClientTokenId", CRUDDUR_E_CREDENTIALS, true},
    {"InvalidIdentityToken", CRUDDUR_E_CREDENTIALS, false},
    {"InvalidSignatureException", CRUDDUR_E_CREDENTIALS, false},
    {"MissingAuthenticationToken", CRUDDUR_E_CREDENTIALS, true},
    {"MissingAuthenticationTokenException", CRUDDUR_E_CREDENTIALS, true},
    {"RequestTimeTooSkewed", CRUDDUR_E_CREDENTIALS, true},
    {"SignatureDoesNotMatch", CRUDDUR_E_CREDENTIALS, false},
    {"UnrecognizedClientException", CRUDDUR_E_CREDENTIALS, true},
    {"LimitExceededException", CRUDDUR_E_THROTTLED, true},
    {"ProvisionedThroughputExceededException", CRUDDUR_E_THROTTLED, true},
    {"RequestLimitExceeded", CRUDDUR_E_THROTTLED, true},
    {"ThrottlingException", CRUDDUR_E_THROTTLED, true},
    {"RegionDisabledException", CRUDDUR_E_REFUSED, true},
    {"ResourceInUseException", CRUDDUR_E_REFUSED, true},
    {"ResourceNotFoundException", CRUDDUR_E_REFUSED, true},
    {"UnknownOperationException", CRUDDUR_E_REFUSED, true},
};

bool cr_aws_has_safe_words(const char *code)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (strcmp(meanings[i].code, code) == 0) {
            return meanings[i].has_safe_words;
        }
    }
    return false;
}

static cruddur_status meaning_of(const cr_aws_answer *answer)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (strcmp(meanings[i].code, answer->code) == 0) {
            return meanings[i].status;
        }
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
    bool has_words = answer->message[0] != '\0' && cr_aws_has_safe_words(answer->code);
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
