/* SPDX-License-Identifier: MIT */
#include "dynamodb/door.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ORDER_SIZE 4096

static int connect_to_control(void)
{
    const char *port = getenv("CRUDDUR_TEST_PROXY");
    cr_assert(port != NULL, "run me by run_with_service.py");
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int control = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(control >= 0);
    cr_assert_eq(connect(control, (struct sockaddr *)&address, sizeof(address)), 0);
    return control;
}

/* One line there, one back. */
static void ask(const char *order, char *answer, size_t size)
{
    int control = connect_to_control();
    size_t length = strlen(order);
    cr_assert_eq(send(control, order, length, MSG_NOSIGNAL), (ssize_t)length);
    FILE *in = fdopen(control, "r");
    cr_assert(in != NULL);
    cr_assert(fgets(answer, (int)size, in) != NULL, "the proxy is gone");
    (void)fclose(in);
    cr_assert(strstr(answer, "\"error\"") == NULL, "%s: %s", order, answer);
}

door door_make(void)
{
    door made;
    char answer[256];
    char store[200];
    const char *mode = getenv("CRUDDUR_TEST_MODE");
    cr_assert(mode != NULL);
    ask("{\"do\": \"door\"}\n", answer, sizeof(answer));
    cr_assert_eq(sscanf(answer, "{\"door\": %u, \"url\": \"%63[^\"]", &made.number, made.url), 2,
                 "%s", answer);
    (void)snprintf(store, sizeof(store), "dynamodb:{name}?endpoint=%s&mode=%s", made.url, mode);
    cr_assert_eq(setenv("CRUDDUR_TEST_STORE", store, 1), 0);
    return made;
}

void door_order(const door *at, const char *format, ...)
{
    char order[ORDER_SIZE];
    char answer[256];
    va_list arguments;
    int begun = snprintf(order, sizeof(order), "{\"door\": %u, ", at->number);
    va_start(arguments, format);
    int length = vsnprintf(order + begun, sizeof(order) - (size_t)begun, format, arguments);
    va_end(arguments);
    cr_assert(length >= 0 && (size_t)(begun + length) + 3 < sizeof(order), "a long order");
    (void)strcat(order, "}\n");
    ask(order, answer, sizeof(answer));
}

void door_rules(const door *at, unsigned seed, const char *rules)
{
    door_order(at, "\"do\": \"rules\", \"seed\": %u, \"rules\": [%s]", seed, rules);
}

unsigned door_count(const door *at, const char *of)
{
    char order[128];
    char answer[128];
    unsigned count;
    (void)snprintf(order, sizeof(order), "{\"do\": \"count\", \"door\": %u, \"of\": \"%s\"}\n",
                   at->number, of);
    ask(order, answer, sizeof(answer));
    cr_assert_eq(sscanf(answer, "{\"count\": %u", &count), 1, "%s", answer);
    return count;
}

const char *door_table(const test_store *store)
{
    static _Thread_local char name[256];
    const char *begin = strchr(store->url, ':') + 1;
    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(begin, "?"), begin);
    return name;
}

static bool is_set_to(const char *variable, const char *value)
{
    const char *set = getenv(variable);
    return set != NULL && strcmp(set, value) == 0;
}

bool door_mode_is(const char *mode)
{
    return is_set_to("CRUDDUR_TEST_MODE", mode);
}

bool door_service_is(const char *name)
{
    return is_set_to("CRUDDUR_TEST_SERVICE", name);
}
