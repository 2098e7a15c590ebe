/* SPDX-License-Identifier: MIT */
/* The header lines of a request as libcurl takes them, without an allocation each. */
#ifndef CR_AWS_HTTP_LINES_H
#define CR_AWS_HTTP_LINES_H

#include <curl/curl.h>

#include "aws/http.h"

/* The given headers, and those that libcurl would add by itself. */
#define CR_HTTP_LINES_MAX (CR_HTTP_HEADERS_MAX + 3)

typedef struct cr_http_lines {
    cr_buffer text;
    struct curl_slist nodes[CR_HTTP_LINES_MAX];
    size_t count;
} cr_http_lines;

void cr_http_lines_init(cr_http_lines *lines);
void cr_http_lines_free(cr_http_lines *lines);

/* Writes the lines, once; the list begins with nodes[0]. CRUDDUR_E_CONFIG for a header that would
 * be more than one line, CRUDDUR_E_NO_MEMORY, CRUDDUR_E_INTERNAL. */
cruddur_status cr_http_lines_write(cr_http_lines *lines, const cr_http_request *request,
                                   cruddur_error **error);

#endif
