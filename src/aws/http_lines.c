/* SPDX-License-Identifier: MIT */
#include "aws/http_lines.h"

#include <strings.h>

#define HEADER_MAX ((size_t)64 * 1024)

void cr_http_lines_init(cr_http_lines *lines)
{
    lines->count = 0;
    cr_buffer_init(&lines->text, HEADER_MAX);
}

void cr_http_lines_free(cr_http_lines *lines)
{
    if (lines->text.data != NULL) {
        explicit_bzero(lines->text.data, lines->text.size); /* tokens stand in headers */
    }
    cr_buffer_free(&lines->text);
}

static bool has_break(cr_str text)
{
    return memchr(text.data, '\r', text.size) != NULL || memchr(text.data, '\n', text.size) != NULL;
}

static bool is_one_line(cr_str text)
{
    return text.size == 0 || (!has_break(text) && memchr(text.data, '\0', text.size) == NULL);
}

/* `name: value`, or `name:` with which libcurl leaves out a header of its own. */
static void add_line(cr_http_lines *lines, cr_str name, cr_str value)
{
    cr_buffer_add(&lines->text, name);
    cr_buffer_add(&lines->text, value.size == 0 ? cr_str_of(":") : cr_str_of(": "));
    cr_buffer_add_text(&lines->text, value);
    lines->count++;
}

/* The nodes point into the text, which does not move any more. False where anything would end a
 * header line, or start another: a NUL too many leaves text behind the last line. */
static bool link_lines(cr_http_lines *lines)
{
    char *at = lines->text.data;
    for (size_t i = 0; i < lines->count; i++) {
        bool is_last = i + 1 == lines->count;
        lines->nodes[i] = (struct curl_slist){at, is_last ? NULL : &lines->nodes[i + 1]};
        at += strlen(at) + 1;
    }
    return at == lines->text.data + lines->text.size &&
           !has_break((cr_str){lines->text.data, lines->text.size});
}

static cruddur_status fail_break(const cr_http_request *request, cruddur_error **error)
{
    const cr_header *header = request->headers;
    while (is_one_line(header->name) && is_one_line(header->value)) {
        header++;
    }
    return cr_fail_with(error, CRUDDUR_E_CONFIG, "the header %.*s would have a line break",
                        (int)strcspn(header->name.data, "\r\n"), header->name.data);
}

static bool names(const cr_header *header, const char *name)
{
    return header->name.size == strlen(name) &&
           strncasecmp(header->name.data, name, header->name.size) == 0;
}

static size_t size_of_lines(const cr_http_request *request)
{
    size_t size = sizeof("Accept:") + sizeof("Expect:") + sizeof("Content-Type:");
    for (size_t i = 0; i < request->header_count; i++) {
        size += request->headers[i].name.size + request->headers[i].value.size + sizeof(": ");
    }
    return size;
}

cruddur_status cr_http_lines_write(cr_http_lines *lines, const cr_http_request *request,
                                   cruddur_error **error)
{
    bool has_type = false;
    if (request->header_count > CR_HTTP_HEADERS_MAX) {
        return cr_fail_with(error, CRUDDUR_E_INTERNAL, "a request with more than %d headers",
                            CR_HTTP_HEADERS_MAX);
    }
    cr_buffer_reserve(&lines->text, size_of_lines(request));
    for (size_t i = 0; i < request->header_count; i++) {
        const cr_header *header = &request->headers[i];
        has_type = has_type || names(header, "content-type");
        add_line(lines, header->name, header->value);
    }
    add_line(lines, cr_str_of("Accept"), CR_STR_ABSENT);
    add_line(lines, cr_str_of("Expect"), CR_STR_ABSENT);
    if (!has_type) {
        add_line(lines, cr_str_of("Content-Type"), CR_STR_ABSENT);
    }
    if (lines->text.failed) {
        return cr_fail_with(error, CRUDDUR_E_NO_MEMORY,
                            "a request with headers too long, or no memory for them");
    }
    return link_lines(lines) ? CRUDDUR_OK : fail_break(request, error);
}
