/* SPDX-License-Identifier: MIT */
/* A small HTTP server on loopback that does to its clients what it is told: each request takes the
 * next step of a script, and the last step serves for all that come after. */
#ifndef TESTS_AWS_SERVER_H
#define TESTS_AWS_SERVER_H

#include <stddef.h>

typedef enum act {
    ACT_REPLY,   /* sends the bytes */
    ACT_TRICKLE, /* sends the bytes one by one, with pauses */
    ACT_CLOSE,   /* sends the bytes, if any, and closes the connection */
    ACT_RESET,   /* the same with a reset */
    ACT_LATE,    /* sends the bytes after a while */
    ACT_HELD,    /* sends the bytes once the test lets go of them: server_release() */
    ACT_DEAF,    /* closes the connection with a reset before the request is read to its end */
} act;

typedef struct step {
    act act;
    const char *bytes; /* all of the answer; NULL: none */
} step;

#define LATE_US 400000
#define TRICKLE_US 50000

typedef struct server server;

server *server_start(const step *steps, size_t count);
void server_stop(server *running);

/* Lets every answer go that is held, or will be. */
void server_release(server *running);

/* http://127.0.0.1:PORT */
const char *server_url(const server *running);

/* How many requests, and how many connections, have come so far. */
size_t server_requests(server *running);
size_t server_connections(server *running);

/* A request from its first line to the end of its body; fails the test if there is none. */
const char *server_request(server *running, size_t number);

/* The value of a header of the request, in a buffer of the caller's. */
const char *server_header(server *running, size_t number, const char *name, char *value,
                          size_t value_size);

/* A whole answer: a status line, the given header lines (each with "\r\n"), DynamoDB's Content-Type
 * unless they have one, and the body. Valid until the server is stopped. */
const char *answer_of(int status, const char *headers, const char *body);

/* A port that nobody listens at. */
int closed_port(void);

#endif
