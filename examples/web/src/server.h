/* SPDX-License-Identifier: MIT */
/* The service: one event loop, which waits for the HTTP server's sockets, for completed calls of
 * the library, for event streams and for worker threads. */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include <microhttpd.h>
#include <stdint.h>

#include "jwks.h"
#include "limit.h"
#include "metrics.h"
#include "options.h"
#include "people.h"
#include "static.h"
#include "work.h"

/* What the loop waits for: it lives as long as it is watched, and `ready` does not free it. */
struct source {
    void (*ready)(void *data);
    void *data;
};

/* A client's connection. After `deadline_ms` it is ended; 0: never. */
struct connection {
    struct connection *previous, *next;
    int fd;
    int64_t deadline_ms;
};

struct sign_in_code {
    char code[33]; /* empty once it was used */
    char uuid[37];
};

struct stream;

struct server {
    const struct options *options;
    cruddur *dm;
    struct MHD_Daemon *daemon;
    int epoll_fd;
    unsigned port;
    int64_t now_ms; /* of this round of the loop */
    bool is_stopping;
    unsigned in_flight; /* requests that are being answered, event streams included */
    struct connection *connections;
    struct stream *streams;
    struct work work;
    people *people;
    struct jwks keys;
    struct limits limits;
    struct metrics metrics;
    struct static_files files;
    unsigned char session_key[32];
    struct sign_in_code codes[OPTIONS_DEMO_MAX];
};

/* Runs until SIGTERM or SIGINT. The exit status of the process. */
int server_run(const struct options *options);

/* False if the system refuses. */
bool server_watch(struct server *self, int fd, uint32_t events, struct source *source);
void server_unwatch(struct server *self, int fd);

/* When a client must have sent its next request. */
int64_t server_read_deadline_ms(const struct server *self);

/* How long a client may take to receive an answer. */
#define SERVER_WRITE_MS 60000

#endif
