/* SPDX-License-Identifier: MIT */
/* The service: one event loop of GLib, which waits for the HTTP server's sockets, for completed
 * calls of the library, for event streams and for worker threads. Everything but the work of those
 * threads happens on it.
 *
 * If memory runs out, GLib ends the process: a repeated send is stored once, and event streams
 * resume, so nothing is lost. */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include "auth/auth.h"
#include "http/http.h"

struct options {
    const char *store, *users, *address, *static_folder, *session_key, *origin;
    const char *jwks, *issuer, *client_id;
    char **demo; /* handles; NULL: no demo sign-in */
    int port, connections, connections_per_address, streams_per_user;
    int reads_per_s, writes_per_s; /* of each user; 0: no limit */
    int heartbeat_s, read_s, stop_s;
    gboolean is_metrics_public, is_quiet;
};

struct server {
    struct options options;
    cruddur *dm;
    struct MHD_Daemon *daemon;
    unsigned port;
    unsigned stops;     /* how often a stop was requested */
    int64_t stop_ms;    /* when the service stops waiting for requests */
    unsigned in_flight; /* requests that are being answered, event streams included */
    unsigned jobs;      /* of worker threads, counted by those who begin and end them */
    LIST_HEAD(, connection) connections;
    LIST_HEAD(, stream) streams;
    int streams_fd;        /* events.c: an epoll of what streams wait for */
    GHashTable *limits;    /* limit.c, by uuid of a user */
    GHashTable *templates; /* template.c, by name */
    struct people people;
    struct jwks keys;
    struct static_file files[STATIC_FILES];
    unsigned char session_key[32];
    char **codes; /* of the demo sign-in, for each handle; empty once it was used */
};

/* Runs until SIGTERM or SIGINT. Returns the exit status of the process. */
int server_run(struct server *self);

/* Milliseconds of a clock that never goes back; some seconds later. */
int64_t clock_ms(void);
int64_t clock_in_s(int seconds);

#define SERVER_WRITE_S 60 /* a client may take to receive an answer */

/* ---- log.c: one JSON object a line, on standard error. It never has a message text, a token, a
 * cookie or a path that a client chose. ---- */

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

extern enum log_level log_lowest; /* lines below this level are left out */

/* `event` is a constant; `format` makes the member `message`. */
__attribute__((format(printf, 3, 4))) void log_message(enum log_level level, const char *event,
                                                       const char *format, ...);

/* Takes an object of further members. */
void log_event(enum log_level level, const char *event, json_t *members);

/* The library's hook. */
void log_library(void *data, uint32_t level, const char *message);

#endif
