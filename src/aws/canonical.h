/* SPDX-License-Identifier: MIT */
/* The canonical form of a request, over which it is signed: pure functions on text. */
#ifndef CR_AWS_CANONICAL_H
#define CR_AWS_CANONICAL_H

#include "aws/http.h"

/* The headers to be signed, sorted by name; for a name that comes several times, in their order. */
typedef struct cr_signed_headers {
    cr_header sorted[CR_HTTP_HEADERS_MAX + 4];
    size_t count;
} cr_signed_headers;

/* Adds a header, unless it is one that is never signed: proxies may change those. */
void cr_signed_headers_add(cr_signed_headers *headers, const cr_header *header);

/* Each of these adds to the buffer, without a NUL; the buffer's `failed` tells of a failure. */

/* Without dot segments and repeated slashes, and percent-encoded once more. */
void cr_canonical_path(cr_buffer *out, cr_str path);

/* Sorted, with each name and value encoded in the one way. False for more parameters than there
 * is room for. */
bool cr_canonical_query(cr_buffer *out, cr_str query);

/* `name:value\n` each. */
void cr_canonical_headers(cr_buffer *out, const cr_signed_headers *headers);

/* `name;name`. */
void cr_canonical_header_names(cr_buffer *out, const cr_signed_headers *headers);

#endif
