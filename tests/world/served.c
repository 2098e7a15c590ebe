/* SPDX-License-Identifier: MIT */
/* Serves the simulated DynamoDB by HTTP on a free port of the loopback, until it is ended: for
 * tests of several programs, or of other programs than the library. The first line that it prints
 * is its URL. Like DynamoDB Local, it looks at no signature. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "world/canon.h"
#include "world/simulated.h"

#define CLIENTS_MAX 256
#define REQUEST_MAX ((size_t)32 << 20)
#define READ_SIZE ((size_t)64 * 1024)
#define LAG 0

typedef struct client {
    int socket;
    char *text; /* what came, and a NUL */
    size_t size;
    size_t capacity;
} client;

static client clients[CLIENTS_MAX];
static size_t client_count;

static void stop(const char *what)
{
    perror(what);
    exit(1);
}

/* The world's time is the system's. */
static void pass_time(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        stop("clock_gettime");
    }
    int64_t us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 - SIM_BEGIN_US - sim_now_us();
    sim_advance(us > 0 ? us : 0);
}

/* ---- answers ---- */

static bool send_all(int socket, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(socket, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            return false;
        }
        data += sent > 0 ? sent : 0;
        size -= sent > 0 ? (size_t)sent : 0;
    }
    return true;
}

static bool respond(const client *from, const sim_answer *answer)
{
    char date[40] = "";
    struct tm parts;
    cr_buffer out;
    char head[320];
    time_t now = time(NULL);
    if (gmtime_r(&now, &parts) == NULL ||
        strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &parts) == 0) {
        return false;
    }
    (void)snprintf(
        head, sizeof(head),
        "HTTP/1.1 %d %s\r\nContent-Type: application/x-amz-json-1.0\r\n"
        "Content-Length: %zu\r\nx-amz-crc32: %lu\r\nDate: %s\r\n\r\n",
        answer->status, answer->status == 200 ? "OK" : "Bad Request", answer->body.size,
        (unsigned long)crc32_z(0, (const unsigned char *)answer->body.data, answer->body.size),
        date);
    cr_buffer_init(&out, SIZE_MAX);
    cr_buffer_add(&out, cr_str_of(head));
    cr_buffer_add(&out, (cr_str){answer->body.data, answer->body.size});
    bool is_sent = !out.failed && send_all(from->socket, out.data, out.size);
    cr_buffer_free(&out);
    return is_sent;
}

/* What follows the last dot of X-Amz-Target. */
static cr_str find_operation(const char *head)
{
    static const char name[] = "\nx-amz-target:";
    const char *at = strcasestr(head, name);
    if (at == NULL) {
        return cr_str_of("");
    }
    at += sizeof(name) - 1;
    size_t size = strcspn(at, "\r\n");
    for (size_t i = size; i > 0; i--) {
        if (at[i - 1] == '.') {
            return (cr_str){at + i, size - i};
        }
    }
    return (cr_str){at, size};
}

static bool handle(const client *from, const char *head, cr_str body)
{
    cr_buffer canonical;
    sim_answer answer = {.status = 0};
    cr_buffer_init(&canonical, SIZE_MAX);
    cr_buffer_init(&answer.body, SIZE_MAX);
    pass_time();
    if (sim_canonize(body, &canonical)) {
        sim_service_handle(find_operation(head), (cr_str){canonical.data, canonical.size},
                           SIM_NO_JOB, &answer);
    } else {
        answer.status = 400;
        answer.code = "SerializationException";
    }
    if (answer.status != 200) {
        sim_answer_seal(&answer);
    }
    bool is_sent = respond(from, &answer);
    cr_buffer_free(&canonical);
    cr_buffer_free(&answer.body);
    return is_sent;
}

/* ---- requests ---- */

static size_t content_length(const char *head)
{
    static const char name[] = "\ncontent-length:";
    const char *at = strcasestr(head, name);
    return at == NULL ? 0 : strtoul(at + sizeof(name) - 1, NULL, 10);
}

/* Answers the requests that have come as a whole; false: the connection is to be closed. */
static bool answer_requests(client *from)
{
    for (;;) {
        char *end = from->size == 0 ? NULL : strstr(from->text, "\r\n\r\n");
        if (end == NULL) {
            return from->size < REQUEST_MAX;
        }
        end[2] = '\0'; /* so that what is looked for in the head is not found in the body */
        size_t head_size = (size_t)(end - from->text) + 4;
        size_t body_size = content_length(from->text);
        if (body_size > REQUEST_MAX) {
            return false;
        }
        if (from->size < head_size + body_size) {
            end[2] = '\r';
            return true;
        }
        bool is_last = strcasestr(from->text, "\nconnection: close") != NULL;
        if (!handle(from, from->text, (cr_str){from->text + head_size, body_size}) || is_last) {
            return false;
        }
        from->size -= head_size + body_size;
        memmove(from->text, from->text + head_size + body_size, from->size + 1);
    }
}

static bool receive(client *from)
{
    if (from->capacity < from->size + READ_SIZE + 1) {
        from->capacity = 2 * from->capacity + READ_SIZE + 1;
        char *grown = realloc(from->text, from->capacity);
        if (grown == NULL) {
            stop("memory");
        }
        from->text = grown;
    }
    ssize_t got = recv(from->socket, from->text + from->size, READ_SIZE, 0);
    if (got <= 0) {
        return got < 0 && errno == EINTR;
    }
    from->size += (size_t)got;
    from->text[from->size] = '\0';
    return answer_requests(from);
}

/* ---- connections ---- */

static void welcome(int listener)
{
    int on = 1;
    int socket = accept(listener, NULL, NULL);
    if (socket < 0) {
        return; /* it went away */
    }
    if (client_count == CLIENTS_MAX) {
        (void)close(socket);
        return;
    }
    (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    clients[client_count++] = (client){.socket = socket};
}

static void leave(size_t index)
{
    (void)close(clients[index].socket);
    free(clients[index].text);
    clients[index] = clients[--client_count];
}

static void serve(int listener)
{
    struct pollfd polled[CLIENTS_MAX + 1];
    polled[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (size_t i = 0; i < client_count; i++) {
        polled[i + 1] = (struct pollfd){.fd = clients[i].socket, .events = POLLIN};
    }
    if (poll(polled, (nfds_t)client_count + 1, -1) < 0 && errno != EINTR) {
        stop("poll");
    }
    for (size_t i = client_count; i > 0; i--) {
        if (polled[i].revents != 0 && !receive(&clients[i - 1])) {
            leave(i - 1);
        }
    }
    if (polled[0].revents != 0) {
        welcome(listener);
    }
}

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, CLIENTS_MAX) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        stop("listen");
    }
    if (printf("http://127.0.0.1:%d\n", ntohs(address.sin_port)) < 0 || fflush(stdout) != 0) {
        stop("printf");
    }
    return listener;
}

int main(void)
{
    int listener = listen_somewhere();
    sim_begin(1, LAG, &SIM_CALM);
    pass_time();
    for (;;) {
        serve(listener);
    }
}
