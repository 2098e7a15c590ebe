/* SPDX-License-Identifier: MIT */
/* Whether a request failed for want of a file descriptor. libcurl's codes do not tell: they name
 * the host or the file of certificates instead, which are in order. */
#ifndef CR_AWS_HTTP_SHORTAGE_H
#define CR_AWS_HTTP_SHORTAGE_H

#include <curl/curl.h>
#include <stdbool.h>

/* Watches all requests of a handle. `number` outlives it, and becomes the errno of the last socket
 * that the system refused. Returns false if libcurl has no memory for that. */
bool cr_http_shortage_watch(CURL *curl, int *number);

/* Before each request. */
void cr_http_shortage_begin(int *number);

/* EMFILE or ENFILE if that is why the request of this thread failed with `code`; else 0. */
int cr_http_shortage_find(CURLcode code, int number);

#endif
