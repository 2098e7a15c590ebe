/* SPDX-License-Identifier: MIT */
/* HTTP on libcurl: a pool of handles that any number of threads take from. A request waits for
 * nothing beyond its deadline, name resolution included, and is sent once: a connection that died
 * while it was idle makes the request fail, where libcurl by itself would send it again. Several
 * requests can be under way at the same time, on the calling thread. */
#ifndef CR_AWS_HTTP_H
#define CR_AWS_HTTP_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/cancel.h"

typedef struct cr_http cr_http;

typedef struct cr_http_options {
    const char *ca_file;    /* PEM certificates that alone are trusted; NULL: the system's */
    const char *ca_name;    /* the setting, for errors; NULL: ca_file */
    const char *user_agent; /* NULL: libcruddur's name and version */
} cr_http_options;

/* Names are told apart without regard to case. */
typedef struct cr_header {
    cr_str name;
    cr_str value;
} cr_header;

#define CR_HTTP_HEADERS_MAX 24

typedef struct cr_http_request {
    const char *method; /* "GET", "POST", "PUT" */
    const char *url;    /* http or https */
    const cr_header *headers;
    size_t header_count;       /* up to CR_HTTP_HEADERS_MAX */
    cr_str body;               /* absent: none */
    int64_t deadline_us;       /* on the monotonic clock */
    const atomic_bool *cancel; /* ends the request early; NULL: none */
    int64_t connect_limit_us;  /* for the connection alone; 0: 3 s */
    size_t response_max;       /* bytes of the answer's body; more is a failure */
    bool avoid_proxy;          /* go straight there, whatever proxy the environment names */
    bool new_connection;       /* trust no idle connection */
} cr_http_request;

/* An answer, and what is known of a request that got none. To be initialised once, and then used
 * for any number of requests one after the other. */
typedef struct cr_http_response {
    int status;       /* 200, 404 …; 0: there was no answer */
    cr_buffer body;   /* a NUL stands behind it, which its size does not count */
    cr_buffer header; /* lines of `name: value\n` */
    int64_t sent_at_us;
    int64_t received_at_us;   /* both by the clock on the wall */
    bool connection_was_new;  /* it was made for this request */
    bool connection_was_dead; /* an idle connection was tried, and closed without an answer */
    bool may_have_arrived;    /* false: the server certainly saw nothing of the request */
    bool is_transient;        /* of a failure: the same request may well succeed later */
} cr_http_response;

/* Opens nothing. Options, and what they point to, may go away afterwards. */
cruddur_status cr_http_new(const cr_http_options *options, cr_http **ret_http,
                           cruddur_error **error);

/* No request is under way. */
void cr_http_free(cr_http *http);

void cr_http_response_init(cr_http_response *response);
void cr_http_response_free(cr_http_response *response);

/* Sends a request and waits for the answer. CRUDDUR_OK: there is one, of whatever status. Else
 * CRUDDUR_E_TIMEOUT, E_CANCELLED (up to a second late, as libcurl looks no oftener), E_NETWORK,
 * E_TLS, E_PROTOCOL or E_NO_MEMORY, with the response telling what is known, and an error that
 * names the host, but not what was asked of it. */
cruddur_status cr_http_send(cr_http *http, const cr_http_request *request,
                            cr_http_response *response, cruddur_error **error);

/* As many requests are under way at the same time. */
#define CR_HTTP_TOGETHER_MAX 24

/* One of several requests. */
typedef struct cr_http_exchange {
    const cr_http_request *request;
    cr_http_response *response;
    cruddur_error **error; /* its own */
    cruddur_status status; /* as cr_http_send() would return it */
} cr_http_exchange;

/* Sends up to CR_HTTP_TOGETHER_MAX requests, in no order, and waits for all answers. */
void cr_http_send_together(cr_http *http, cr_http_exchange *exchanges, size_t count);

/* The value of the answer's first header of this name, which is given in lower case; absent where
 * there is none. */
cr_str cr_http_header(const cr_http_response *response, const char *name);

#endif
