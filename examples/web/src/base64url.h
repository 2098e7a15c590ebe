/* SPDX-License-Identifier: MIT */
#ifndef WEB_BASE64URL_H
#define WEB_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes base64url without padding (RFC 7515). False if the text is not that, or has no room. */
bool base64url_decode(const char *text, size_t size, unsigned char *bytes, size_t room,
                      size_t *ret_size);

#endif
