/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* NOLINT: strcasestr */
#include "server.h"

#include "unit.h"
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUESTS_MAX 4096
#define STEPS_MAX 128
#define ANSWERS_MAX 256
/* What a client begins with that takes us for a secure server. */
#define TLS_HANDSHAKE 0x16
#define REQUEST_SIZE 65536
#define CONNECTIONS_MAX 1024
#define POLL_US 1000

struct server {
    step steps[STEPS_MAX];
    size_t step_count;
    int listener;
    char url[64];
    pthread_t acceptor;
    pthread_mutex_t lock;
    char *requests[REQUESTS_MAX];
    size_t request_count;
    pthread_t threads[CONNECTIONS_MAX];
    int sockets[CONNECTIONS_MAX];
    size_t connection_count;
    atomic_bool is_stopping;
    atomic_bool is_released;
};

typedef struct connection {
    server *owner;
    int socket;
} connection;

/* What answer_of() made: freed with the server. */
static char *answers[ANSWERS_MAX];
static size_t answer_count;

static int listen_somewhere(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(listener >= 0 && bind(listener, (struct sockaddr *)&address, size) == 0 &&
              getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    *port = ntohs(address.sin_port);
    return listener;
}

int closed_port(void)
{
    int port;
    (void)close(listen_somewhere(&port));
    return port;
}

/* Where the headers end; 0 while they have not. */
static size_t header_end(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n");
    return end == NULL ? 0 : (size_t)(end - request) + 4;
}

static size_t body_size(const char *request)
{
    const char *found = strcasestr(request, "\r\ncontent-length:");
    return found == NULL ? 0 : strtoul(found + 17, NULL, 10);
}

/* Reads one request; false when the client has gone. */
static bool read_request(int socket, char *request, bool headers_only)
{
    size_t size = 0;
    for (;;) {
        request[size] = '\0';
        size_t end = header_end(request);
        bool is_complete = end > 0 && (headers_only || size >= end + body_size(request));
        if (is_complete || request[0] == TLS_HANDSHAKE) {
            return true;
        }
        ssize_t got = recv(socket, request + size, REQUEST_SIZE - 1 - size, 0);
        if (got <= 0) {
            return false;
        }
        size += (size_t)got;
    }
}

static bool send_bytes(int socket, const char *bytes, size_t size)
{
    return send(socket, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static void trickle(server *owner, int socket, const char *bytes)
{
    for (; *bytes != '\0' && !owner->is_stopping && send_bytes(socket, bytes, 1); bytes++) {
        usleep(TRICKLE_US);
    }
}

static void wait_for_release(const server *owner)
{
    while (!owner->is_released && !owner->is_stopping) {
        usleep(POLL_US);
    }
}

static void reset_connection(int socket)
{
    struct linger at_once = {1, 0};
    (void)setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/* Does what the step says; false when the connection is to be closed. */
static bool take_step(connection *peer, const step *now)
{
    const char *bytes = now->bytes == NULL ? "" : now->bytes;
    switch (now->act) {
    case ACT_TRICKLE:
        trickle(peer->owner, peer->socket, bytes);
        return true;
    case ACT_LATE:
        usleep(LATE_US);
        return send_bytes(peer->socket, bytes, strlen(bytes));
    case ACT_HELD:
        wait_for_release(peer->owner);
        break;
    case ACT_CLOSE:
        (void)send_bytes(peer->socket, bytes, strlen(bytes));
        return false;
    case ACT_RESET:
    case ACT_DEAF:
        (void)send_bytes(peer->socket, bytes, strlen(bytes));
        reset_connection(peer->socket);
        return false;
    case ACT_REPLY:
        break;
    }
    return send_bytes(peer->socket, bytes, strlen(bytes));
}

static const step *note_request(server *owner, const char *request)
{
    (void)pthread_mutex_lock(&owner->lock);
    size_t number = owner->request_count;
    cr_assert_lt(number, (size_t)REQUESTS_MAX);
    owner->requests[number] = strdup(request);
    owner->request_count++;
    (void)pthread_mutex_unlock(&owner->lock);
    return &owner->steps[number < owner->step_count ? number : owner->step_count - 1];
}

static bool next_is_deaf(server *owner)
{
    (void)pthread_mutex_lock(&owner->lock);
    size_t number = owner->request_count;
    (void)pthread_mutex_unlock(&owner->lock);
    return owner->steps[number < owner->step_count ? number : owner->step_count - 1].act ==
           ACT_DEAF;
}

static void *serve(void *context)
{
    connection peer = *(connection *)context;
    char *request = malloc(REQUEST_SIZE);
    free(context);
    while (request != NULL && read_request(peer.socket, request, next_is_deaf(peer.owner)) &&
           take_step(&peer, note_request(peer.owner, request))) {
    }
    free(request);
    (void)pthread_mutex_lock(&peer.owner->lock);
    for (size_t i = 0; i < peer.owner->connection_count; i++) {
        if (peer.owner->sockets[i] == peer.socket) {
            peer.owner->sockets[i] = -1;
        }
    }
    (void)close(peer.socket);
    (void)pthread_mutex_unlock(&peer.owner->lock);
    return NULL;
}

static void accept_one(server *running, int socket)
{
    connection *made = malloc(sizeof(*made));
    cr_assert_not_null(made);
    *made = (connection){running, socket};
    (void)pthread_mutex_lock(&running->lock);
    size_t number = running->connection_count++;
    cr_assert_lt(number, (size_t)CONNECTIONS_MAX);
    running->sockets[number] = socket;
    cr_assert_eq(pthread_create(&running->threads[number], NULL, serve, made), 0);
    (void)pthread_mutex_unlock(&running->lock);
}

static void *accept_all(void *context)
{
    server *running = context;
    int socket;
    while ((socket = accept(running->listener, NULL, NULL)) >= 0) {
        accept_one(running, socket);
    }
    return NULL;
}

server *server_start(const step *steps, size_t count)
{
    int port;
    server *made = calloc(1, sizeof(*made));
    cr_assert_not_null(made);
    cr_assert_leq(count, (size_t)STEPS_MAX);
    memcpy(made->steps, steps, count * sizeof(*steps));
    made->step_count = count;
    made->listener = listen_somewhere(&port);
    (void)snprintf(made->url, sizeof(made->url), "http://127.0.0.1:%d", port);
    cr_assert_eq(pthread_mutex_init(&made->lock, NULL), 0);
    cr_assert_eq(listen(made->listener, 128), 0);
    cr_assert_eq(pthread_create(&made->acceptor, NULL, accept_all, made), 0);
    return made;
}

void server_stop(server *running)
{
    (void)shutdown(running->listener, SHUT_RDWR);
    (void)pthread_join(running->acceptor, NULL);
    (void)pthread_mutex_lock(&running->lock);
    running->is_stopping = true;
    for (size_t i = 0; i < running->connection_count; i++) {
        if (running->sockets[i] >= 0) {
            (void)shutdown(running->sockets[i], SHUT_RDWR);
        }
    }
    (void)pthread_mutex_unlock(&running->lock);
    for (size_t i = 0; i < running->connection_count; i++) {
        (void)pthread_join(running->threads[i], NULL);
    }
    for (size_t i = 0; i < running->request_count; i++) {
        free(running->requests[i]);
    }
    while (answer_count > 0) {
        free(answers[--answer_count]);
    }
    (void)close(running->listener);
    (void)pthread_mutex_destroy(&running->lock);
    free(running);
}

void server_release(server *running)
{
    running->is_released = true;
}

const char *server_url(const server *running)
{
    return running->url;
}

size_t server_requests(server *running)
{
    (void)pthread_mutex_lock(&running->lock);
    size_t count = running->request_count;
    (void)pthread_mutex_unlock(&running->lock);
    return count;
}

size_t server_connections(server *running)
{
    (void)pthread_mutex_lock(&running->lock);
    size_t count = running->connection_count;
    (void)pthread_mutex_unlock(&running->lock);
    return count;
}

const char *server_request(server *running, size_t number)
{
    cr_assert_lt(number, server_requests(running), "there was no request %zu", number);
    return running->requests[number];
}

const char *server_header(server *running, size_t number, const char *name, char *value,
                          size_t value_size)
{
    char wanted[128];
    (void)snprintf(wanted, sizeof(wanted), "\r\n%s: ", name);
    const char *request = server_request(running, number);
    const char *found = strcasestr(request, wanted);
    if (found == NULL) {
        return NULL;
    }
    found += strlen(wanted);
    (void)snprintf(value, value_size, "%.*s", (int)strcspn(found, "\r"), found);
    return value;
}

const char *answer_of(int status, const char *headers, const char *body)
{
    bool has_type = strstr(headers, "Content-Type:") != NULL;
    size_t size = strlen(headers) + strlen(body) + 256;
    char *made = malloc(size);
    cr_assert(made != NULL && answer_count < ANSWERS_MAX);
    answers[answer_count++] = made;
    (void)snprintf(made, size, "HTTP/1.1 %d Whatever\r\nContent-Length: %zu\r\n%s%s\r\n%s", status,
                   strlen(body), headers,
                   has_type ? "" : "Content-Type: application/x-amz-json-1.0\r\n", body);
    return made;
}
