/* SPDX-License-Identifier: MIT */
/* A service that looks like DynamoDB from afar: it answers from memory, always the same, checks
 * neither signatures nor conditions, and keeps nothing. It prints its URL and runs until its
 * standard input ends.
 *
 *     bench-dynamodb-server [DELAY_US]
 *
 * With a delay each request is answered so much later.
 *
 * `GET /recorded` answers with the bytes of all requests since the last time, as far as there was
 * room for them. */
#define _GNU_SOURCE /* ppoll() */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "canned.h"
#include "measure.h"

#define CONNECTIONS_MAX 300
#define US_PER_S INT64_C(1000000)
#define REQUEST_MAX ((size_t)64 * 1024)
#define ANSWER_MAX ((size_t)64 * 1024)
#define TABLE "cruddur-messages"
#define DISPLAY_NAME "Andrew Brown"
#define HANDLE "andrewbrown"

typedef struct connection {
    int socket;
    double due_us; /* when the request that has come is to be answered; 0: none has */
    size_t size;
    char bytes[REQUEST_MAX + 1];
} connection;

typedef struct text {
    size_t size;
    char bytes[ANSWER_MAX];
} text;

static connection connections[CONNECTIONS_MAX];
static size_t connection_count;
static text recorded;

static void add(text *out, const char *bytes, size_t size)
{
    must(size <= sizeof(out->bytes) - out->size, "an answer that fits");
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

static void add_text(text *out, const char *more)
{
    add(out, more, strlen(more));
}

/* ---- rows ---- */

static void add_string(text *out, const char *name, const char *prefix, const char *value)
{
    char member[512];
    (void)snprintf(member, sizeof(member), "\"%s\":{\"S\":\"%s%s\"}", name, prefix, value);
    add_text(out, member);
}

static void add_sort_key(text *out, unsigned message)
{
    char key[64];
    (void)snprintf(key, sizeof(key), "2024-05-01T12:%02u:%02u.%06u+00:00", 59 - message / 60,
                   59 - message % 60, 123456 + message);
    add_string(out, "sk", "", key);
}

/* The author's name and handle, or the other's. */
static void add_person(text *out, const id *user)
{
    add_string(out, "user_uuid", "", user->text);
    add_text(out, ",");
    add_string(out, "user_display_name", "", DISPLAY_NAME);
    add_text(out, ",");
    add_string(out, "user_handle", "", HANDLE);
}

/* The messages are counted from the newest. */
static void add_message(text *out, unsigned number)
{
    id group = canned_group();
    id author = canned_member(number % 2);
    id uuid = id_of(ID_MESSAGE, number);
    bench_text said = text_of(number);
    add_text(out, "{");
    add_string(out, "message_uuid", "", uuid.text);
    add_text(out, ",");
    add_sort_key(out, number);
    add_text(out, ",");
    add_string(out, "pk", "MSG#", group.text);
    add_text(out, ",");
    add_string(out, "message", "", said.text);
    add_text(out, ",");
    add_person(out, &author);
    add_text(out, "}");
}

/* What a card and the group rows of its generation have. */
static void add_generation(text *out)
{
    add_text(out, ",\"rev\":{\"N\":\"1\"},");
    add_string(out, "version", "", "0123456789abcdef");
}

static void add_group_row(text *out, const id *member, const id *other)
{
    id group = canned_group();
    bench_text said = text_of(0);
    add_text(out, "{");
    add_string(out, "message_group_uuid", "", group.text);
    add_text(out, ",");
    add_sort_key(out, 0);
    add_text(out, ",");
    add_string(out, "pk", "GRP#", member->text);
    add_text(out, ",");
    add_string(out, "message", "", said.text);
    add_text(out, ",");
    add_person(out, other);
    add_generation(out);
    add_text(out, "}");
}

static void add_card(text *out)
{
    char members[128];
    id group = canned_group();
    id author = canned_member(CANNED_AUTHOR);
    id other = canned_member(CANNED_OTHER);
    (void)snprintf(members, sizeof(members), "\"member_uuids\":{\"SS\":[\"%s\",\"%s\"]},",
                   author.text, other.text);
    add_text(out, "{");
    add_text(out, members);
    add_string(out, "sk", "", "CARD");
    add_text(out, ",");
    add_string(out, "pk", "CARD#", group.text);
    add_generation(out);
    add_text(out, "}");
}

/* The rows that the request names, the card and group rows; returns how many. */
static unsigned add_group_rows(text *out, const char *request)
{
    unsigned count = 0;
    if (strstr(request, "\"CARD#") != NULL) {
        add_card(out);
        count++;
    }
    for (uint64_t which = 0; which < 2; which++) {
        char key[64];
        id member = canned_member(which);
        id other = canned_member(1 - which);
        (void)snprintf(key, sizeof(key), "GRP#%s", member.text);
        if (strstr(request, key) != NULL) {
            add_text(out, count > 0 ? "," : "");
            add_group_row(out, &member, &other);
            count++;
        }
    }
    return count;
}

/* ---- answers ---- */

static void add_capacity(text *out, const char *units, bool is_list)
{
    char capacity[160];
    (void)snprintf(capacity, sizeof(capacity),
                   "\"ConsumedCapacity\":%s{\"CapacityUnits\":%s,\"TableName\":\"" TABLE "\"}%s",
                   is_list ? "[" : "", units, is_list ? "]" : "");
    add_text(out, capacity);
}

static void answer_index_query(text *out)
{
    id author = canned_member(CANNED_AUTHOR);
    id other = canned_member(CANNED_OTHER);
    add_text(out, "{");
    add_capacity(out, "0.5", false);
    add_text(out, ",\"Count\":2,\"Items\":[");
    add_group_row(out, &author, &other);
    add_text(out, ",");
    add_group_row(out, &other, &author);
    add_text(out, "],\"ScannedCount\":2}");
}

static void answer_query(text *out, const char *request)
{
    char counts[64];
    unsigned count = strstr(request, "\"Limit\":1,") == NULL ? CANNED_PAGE : 1;
    if (strstr(request, "\"IndexName\"") != NULL) {
        answer_index_query(out);
        return;
    }
    add_text(out, "{");
    add_capacity(out, "1.5", false);
    (void)snprintf(counts, sizeof(counts), ",\"Count\":%u,\"Items\":[", count);
    add_text(out, counts);
    for (unsigned i = 0; i < count; i++) {
        add_text(out, i > 0 ? "," : "");
        add_message(out, i);
    }
    (void)snprintf(counts, sizeof(counts), "],\"ScannedCount\":%u}", count);
    add_text(out, counts);
}

static void answer_get(text *out, const char *request)
{
    static text row;
    row.size = 0;
    unsigned count = add_group_rows(&row, request);
    must(count <= 1, "at most one row is asked for");
    add_text(out, "{");
    add_capacity(out, "1.0", false);
    if (count > 0) {
        add_text(out, ",\"Item\":");
        add(out, row.bytes, row.size);
    }
    add_text(out, "}");
}

static void answer_batch_get(text *out, const char *request)
{
    add_text(out, "{");
    add_capacity(out, "2.0", true);
    add_text(out, ",\"Responses\":{\"" TABLE "\":[");
    (void)add_group_rows(out, request);
    add_text(out, "]},\"UnprocessedKeys\":{}}");
}

static void answer_transaction(text *out, const char *request)
{
    (void)request;
    add_text(out, "{");
    add_capacity(out, "10.0", true);
    add_text(out, "}");
}

/* Of one row; the original application writes them one by one. */
static void answer_write(text *out, const char *request)
{
    (void)request;
    add_text(out, "{");
    add_capacity(out, "2.0", false);
    add_text(out, "}");
}

static const struct {
    const char *target;
    void (*answer)(text *out, const char *request);
} operations[] = {
    {"DynamoDB_20120810.Query", answer_query},
    {"DynamoDB_20120810.GetItem", answer_get},
    {"DynamoDB_20120810.BatchGetItem", answer_batch_get},
    {"DynamoDB_20120810.TransactWriteItems", answer_transaction},
    {"DynamoDB_20120810.PutItem", answer_write},
    {"DynamoDB_20120810.DeleteItem", answer_write},
};

/* ---- HTTP ---- */

static void send_answer(int socket, const char *status, text *body)
{
    char header[512];
    char date[64];
    time_t now = time(NULL);
    struct tm utc;
    must(gmtime_r(&now, &utc) != NULL, "the time");
    (void)strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    unsigned long sum = crc32_z(0, (const Bytef *)body->bytes, body->size);
    int size = snprintf(header, sizeof(header),
                        "HTTP/1.1 %s\r\n"
                        "Server: Server\r\n"
                        "Date: %s\r\n"
                        "Content-Type: application/x-amz-json-1.0\r\n"
                        "Content-Length: %zu\r\n"
                        "Connection: keep-alive\r\n"
                        "x-amzn-RequestId: K2QH8DNOU907N97FNA2GDLL8OBVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
                        "x-amz-crc32: %lu\r\n"
                        "\r\n",
                        status, date, body->size, sum);
    struct iovec pieces[] = {{header, (size_t)size}, {body->bytes, body->size}};
    must(writev(socket, pieces, 2) == (ssize_t)((size_t)size + body->size), "an answer is sent");
}

static const char *header_value(const char *request, const char *name)
{
    const char *line = strstr(request, "\r\n");
    while (line != NULL && line[2] != '\r') {
        if (strncasecmp(line + 2, name, strlen(name)) == 0 && line[2 + strlen(name)] == ':') {
            return line + 2 + strlen(name) + strspn(line + 3 + strlen(name), " ") + 1;
        }
        line = strstr(line + 2, "\r\n");
    }
    return "";
}

static void record(const char *request, size_t size)
{
    if (size <= sizeof(recorded.bytes) - recorded.size) {
        add(&recorded, request, size);
    }
}

/* The request is followed by a NUL. */
static void answer(int socket, const char *request, size_t size)
{
    static text body;
    body.size = 0;
    if (strncmp(request, "GET /recorded ", 14) == 0) {
        send_answer(socket, "200 OK", &recorded);
        recorded.size = 0;
        return;
    }
    record(request, size);
    const char *target = header_value(request, "x-amz-target");
    size_t length = strcspn(target, "\r");
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (strlen(operations[i].target) == length &&
            strncmp(operations[i].target, target, length) == 0) {
            operations[i].answer(&body, request);
            send_answer(socket, "200 OK", &body);
            return;
        }
    }
    add_text(&body, "{\"__type\":\"com.amazon.coral.service#UnknownOperationException\"}");
    send_answer(socket, "400 Bad Request", &body);
}

/* The size of the request at the front, 0 while it is not all there. */
static size_t complete_size(const connection *from)
{
    const char *end = strstr(from->bytes, "\r\n\r\n");
    if (end == NULL) {
        return 0;
    }
    size_t size = (size_t)(end - from->bytes) + 4;
    size += strtoul(header_value(from->bytes, "content-length"), NULL, 10);
    must(size <= REQUEST_MAX, "a request that fits");
    return size <= from->size ? size : 0;
}

/* False once the client has gone. */
static bool serve(connection *from)
{
    ssize_t got = read(from->socket, from->bytes + from->size, REQUEST_MAX - from->size);
    if (got <= 0) {
        return false;
    }
    from->size += (size_t)got;
    from->bytes[from->size] = '\0';
    for (size_t size = complete_size(from); size > 0; size = complete_size(from)) {
        char behind = from->bytes[size];
        from->bytes[size] = '\0';
        answer(from->socket, from->bytes, size);
        from->bytes[size] = behind;
        from->size -= size;
        memmove(from->bytes, from->bytes + size, from->size + 1);
    }
    return true;
}

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
             listen(listener, CONNECTIONS_MAX) == 0 &&
             getsockname(listener, (struct sockaddr *)&address, &size) == 0,
         "the server listens");
    (void)printf("http://127.0.0.1:%u\n", (unsigned)ntohs(address.sin_port));
    (void)fflush(stdout);
    return listener;
}

static void accept_one(int listener)
{
    int one = 1;
    int made = accept(listener, NULL, NULL);
    must(made >= 0 && connection_count < CONNECTIONS_MAX, "a connection comes");
    (void)setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    connections[connection_count].socket = made;
    connections[connection_count].due_us = 0;
    connections[connection_count++].size = 0;
}

static void drop(size_t i)
{
    (void)close(connections[i].socket);
    connection_count--;
    if (i != connection_count) {
        connections[i] = connections[connection_count];
    }
}

/* Whether the connection can be served now: a delay begins when its request has come. */
static bool is_due(connection *from, bool has_come, double delay_us)
{
    if (delay_us <= 0) {
        return has_come;
    }
    if (has_come && from->due_us <= 0) {
        from->due_us = now_us() + delay_us;
    }
    if (from->due_us <= 0 || now_us() < from->due_us) {
        return false;
    }
    from->due_us = 0;
    return true;
}

/* The time until the next request is due, NULL: none waits. */
static const struct timespec *until_due(struct timespec *room)
{
    double next_us = 0;
    for (size_t i = 0; i < connection_count; i++) {
        double due_us = connections[i].due_us;
        next_us = due_us > 0 && (next_us <= 0 || due_us < next_us) ? due_us : next_us;
    }
    if (next_us <= 0) {
        return NULL;
    }
    double left_us = next_us - now_us();
    int64_t whole_us = left_us < 0 ? 0 : (int64_t)left_us + 1;
    *room = (struct timespec){(time_t)(whole_us / US_PER_S), (long)(whole_us % US_PER_S * 1000)};
    return room;
}

int main(int argc, char **argv)
{
    static struct pollfd watched[CONNECTIONS_MAX + 2];
    struct timespec room;
    double delay_us = argc > 1 ? strtod(argv[1], NULL) : 0;
    int listener = listen_somewhere();
    for (;;) {
        size_t count = connection_count;
        for (size_t i = 0; i < count; i++) {
            bool waits = connections[i].due_us > 0;
            watched[i] =
                (struct pollfd){.fd = waits ? -1 : connections[i].socket, .events = POLLIN};
        }
        watched[count] = (struct pollfd){.fd = listener, .events = POLLIN};
        watched[count + 1] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
        must(ppoll(watched, count + 2, until_due(&room), NULL) >= 0, "something happens");
        if (watched[count + 1].revents != 0) {
            return EXIT_SUCCESS;
        }
        /* From behind: whoever is dropped is replaced by one that has been seen to. */
        for (size_t i = count; i-- > 0;) {
            if (is_due(&connections[i], watched[i].revents != 0, delay_us) &&
                !serve(&connections[i])) {
                drop(i);
            }
        }
        if (watched[count].revents != 0) {
            accept_one(listener);
        }
    }
}
