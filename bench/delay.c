/* SPDX-License-Identifier: MIT */
#include "delay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

#define CHUNK ((size_t)64 * 1024)
#define STACK_SIZE ((size_t)256 * 1024)

typedef struct connection {
    int client, service;
    bool is_asked; /* a request was sent on that has not been answered */
    char chunk[CHUNK];
} connection;

static unsigned port_of_service;
static struct timespec delay;
static int listener;
static atomic_ulong requests;

static int new_socket(void)
{
    int made = socket(AF_INET, SOCK_STREAM, 0);
    must(made >= 0, "a socket");
    return made;
}

static void send_at_once(int socket)
{
    int yes = 1;
    must(setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) == 0, "a socket's option");
}

static struct sockaddr_in at_port(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* Moves what has come from one side to the other; false at its end. */
static bool pass_on(connection *one, int from, int to)
{
    ssize_t size = read(from, one->chunk, sizeof(one->chunk));
    for (ssize_t sent = 0; size > 0 && sent < size;) {
        ssize_t wrote = send(to, one->chunk + sent, (size_t)(size - sent), MSG_NOSIGNAL);
        if (wrote <= 0) {
            return false;
        }
        sent += wrote;
    }
    return size > 0;
}

/* The client sends one request at a time, so what follows an answer is the next one. */
static bool pass_request(connection *one)
{
    if (!one->is_asked) {
        one->is_asked = true;
        (void)atomic_fetch_add(&requests, 1);
    }
    return pass_on(one, one->client, one->service);
}

static bool pass_answer(connection *one)
{
    if (one->is_asked) {
        one->is_asked = false;
        (void)nanosleep(&delay, NULL);
    }
    return pass_on(one, one->service, one->client);
}

static void *serve(void *argument)
{
    connection *one = argument;
    struct sockaddr_in address = at_port(port_of_service);
    one->service = new_socket();
    must(connect(one->service, (struct sockaddr *)&address, sizeof(address)) == 0,
         "the service is there");
    send_at_once(one->service);
    send_at_once(one->client);
    struct pollfd side[2] = {{one->client, POLLIN, 0}, {one->service, POLLIN, 0}};
    bool goes_on = true;
    while (goes_on && poll(side, 2, -1) > 0) {
        goes_on = (side[0].revents == 0 || pass_request(one)) &&
                  (side[1].revents == 0 || pass_answer(one));
    }
    (void)close(one->service);
    (void)close(one->client);
    free(one);
    return NULL;
}

static void *accept_all(void *argument)
{
    pthread_attr_t attributes;
    must(pthread_attr_init(&attributes) == 0 &&
             pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
             pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0,
         "attributes of threads");
    for (;;) {
        pthread_t thread;
        connection *one = calloc(1, sizeof(*one));
        int client = accept(listener, NULL, NULL);
        if (one != NULL) {
            one->client = client;
        }
        must(one != NULL && client >= 0 && pthread_create(&thread, &attributes, serve, one) == 0,
             "a connection");
    }
    return argument;
}

unsigned delay_start(unsigned service_port, unsigned delay_us)
{
    pthread_t thread;
    struct sockaddr_in address = at_port(0);
    socklen_t size = sizeof(address);
    port_of_service = service_port;
    delay = (struct timespec){delay_us / 1000000, (long)(delay_us % 1000000) * 1000};
    listener = new_socket();
    must(bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 128) == 0 &&
             getsockname(listener, (struct sockaddr *)&address, &size) == 0,
         "a port");
    must(pthread_create(&thread, NULL, accept_all, NULL) == 0 && pthread_detach(thread) == 0,
         "a thread starts");
    return ntohs(address.sin_port);
}

unsigned long delay_requests(void)
{
    return atomic_load(&requests);
}
