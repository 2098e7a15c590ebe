/* SPDX-License-Identifier: MIT */
/* The arguments of the program. */
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

enum kind { TEXT, NUMBER, DEMO, FLAG, HELP };

#define AT(field) offsetof(struct options, field)
static const struct {
    const char *name;
    enum kind kind;
    size_t offset;
    const char *value, *help;
} table[] = {
    {"store", TEXT, AT(store), "URL", "the store (default: $CRUDDUR_STORE)"},
    {"users", TEXT, AT(users), "FILE|URL",
     "a users file, or postgres://… (default: $CRUDDUR_USERS)"},
    {"address", TEXT, AT(address), "ADDRESS", "the IP address to listen on (default: 127.0.0.1)"},
    {"port", NUMBER, AT(port), "PORT", "0: any that is free (default: 8080)"},
    {"origin", TEXT, AT(origin), "URL", "where browsers find the service, as https://example.com"},
    {"static", TEXT, AT(static_folder), "FOLDER", "the files of the page, with its templates"},
    {"session-key", TEXT, AT(session_key), "FILE", "signs sessions; made if it does not exist"},
    {"jwks", TEXT, AT(jwks), "FILE|URL",
     "public keys of RS256 tokens, as Amazon Cognito makes them"},
    {"issuer", TEXT, AT(issuer), "URL", "what `iss` of a token must be"},
    {"client-id", TEXT, AT(client_id), "ID", "what `client_id` or `aud` of a token must be"},
    {"demo-sign-in", DEMO, 0, "HANDLE",
     "prints a link that signs this user in, once; repeatable; loopback addresses only"},
    {"connections", NUMBER, AT(connections), "N", "at most (default: 4096)"},
    {"connections-per-address", NUMBER, AT(connections_per_address), "N", "(default: 256)"},
    {"streams-per-user", NUMBER, AT(streams_per_user), "N", "event streams (default: 8)"},
    {"reads", NUMBER, AT(reads_per_s), "N", "a second of each user; 0: any number (default: 50)"},
    {"writes", NUMBER, AT(writes_per_s), "N", "a second of each user; 0: any number (default: 10)"},
    {"heartbeat", NUMBER, AT(heartbeat_s), "SECONDS",
     "between comments on idle event streams (default: 20)"},
    {"read", NUMBER, AT(read_s), "SECONDS", "a client may take to send a request (default: 15)"},
    {"stop", NUMBER, AT(stop_s), "SECONDS", "a stop waits for requests (default: 10)"},
    {"public-metrics", FLAG, AT(is_metrics_public), "", "answers /metrics to every address"},
    {"verbose", FLAG, AT(is_verbose), "", "more lines in the log"},
    {"quiet", FLAG, AT(is_quiet), "", "fewer lines in the log"},
    {"help", HELP, 0, "", "lists the options"},
};
#define OPTION_COUNT (sizeof(table) / sizeof(table[0]))

static bool refuse(const char *name, const char *why)
{
    (void)fprintf(stderr, "cruddur-web: --%s: %s\n", name, why);
    return false;
}

static void print_help(void)
{
    puts("usage: cruddur-web --store URL --users FILE|URL [OPTION…]\n\n"
         "Serves the messages page and the application's JSON routes over HTTP.\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        printf("  --%s %s\n        %s\n", table[i].name, table[i].value, table[i].help);
    }
}

static bool read_number(const char *text, unsigned *ret_number)
{
    char *end = NULL;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    *ret_number = (unsigned)number;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && number <= 1000000;
}

static bool set(struct options *self, size_t index, const char *value)
{
    char *field = (char *)self + table[index].offset;
    switch (table[index].kind) {
    case TEXT:
        memcpy(field, &value, sizeof(value));
        return true;
    case NUMBER:
        return read_number(value, (unsigned *)(void *)field) ||
               refuse(table[index].name, "it must be a number of at most 1000000");
    case DEMO:
        if (self->demo_count == DEMO_MAX) {
            return refuse(table[index].name, "there are too many");
        }
        self->demo[self->demo_count++] = value;
        return true;
    default:
        *(bool *)field = true;
        return true;
    }
}

static bool check(const struct options *self)
{
    const struct {
        bool is_wrong;
        const char *name, *why;
    } rules[] = {
        {self->store == NULL, "store", "it is required"},
        {self->users == NULL, "users", "it is required"},
        {self->port > UINT16_MAX, "port", "it must be at most 65535"},
        {self->demo_count > 0 && strncmp(self->address, "127.", 4) != 0 &&
             strcmp(self->address, "::1") != 0,
         "demo-sign-in", "only on a loopback address"},
        {self->jwks != NULL && (self->issuer == NULL || self->client_id == NULL), "jwks",
         "it needs --issuer and --client-id"},
        {self->heartbeat_s == 0 || self->connections == 0 || self->read_s == 0,
         "heartbeat, --connections, --read", "it must be at least 1"},
    };
    bool is_good = true;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        is_good = (!rules[i].is_wrong || refuse(rules[i].name, rules[i].why)) && is_good;
    }
    return is_good;
}

int main(int argc, char **argv)
{
    static struct server server = {.options = {.address = "127.0.0.1",
                                               .static_folder = STATIC_FOLDER,
                                               .port = 8080,
                                               .connections = 4096,
                                               .connections_per_address = 256,
                                               .streams_per_user = 8,
                                               .reads_per_s = 50,
                                               .writes_per_s = 10,
                                               .heartbeat_s = 20,
                                               .read_s = 15,
                                               .stop_s = 10}};
    struct option known[OPTION_COUNT + 1] = {{NULL, 0, NULL, 0}};
    int index = 0, found;
    server.options.store = getenv("CRUDDUR_STORE");
    server.options.users = getenv("CRUDDUR_USERS");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        known[i] = (struct option){table[i].name,
                                   table[i].kind < FLAG ? required_argument : no_argument, NULL, 0};
    }
    while ((found = getopt_long(argc, argv, "", known, &index)) == 0) {
        if (table[index].kind == HELP) {
            print_help();
            return EXIT_SUCCESS;
        }
        if (!set(&server.options, (size_t)index, optarg)) {
            return 2;
        }
    }
    if (found != -1 || optind != argc) {
        (void)fprintf(stderr, "cruddur-web: \"cruddur-web --help\" lists the arguments\n");
        return 2;
    }
    return check(&server.options) ? server_run(&server) : 2;
}
