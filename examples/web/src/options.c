/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef STATIC_FOLDER
#define STATIC_FOLDER "static"
#endif

static const char *const help =
    "usage: cruddur-web --store URL --users FILE|URL [OPTION…]\n"
    "\n"
    "Serves the messages page and the application's JSON routes over HTTP.\n"
    "\n"
    "  --store URL              the store (default: $CRUDDUR_STORE)\n"
    "  --users FILE|URL         a users file, or postgres://… (default: $CRUDDUR_USERS)\n"
    "  --address ADDRESS        the IP address to listen on (default: 127.0.0.1)\n"
    "  --port PORT              0: any that is free (default: 8080)\n"
    "  --origin URL             where browsers find the service, such as https://example.com;\n"
    "                           requests for another host are refused\n"
    "  --static FOLDER          the files of the page\n"
    "  --session-key FILE       signs sessions; made if it does not exist\n"
    "\n"
    "Tokens (RS256, as Amazon Cognito makes them):\n"
    "  --jwks FILE|URL          the public keys; they are read again when they change\n"
    "  --issuer URL             what `iss` must be\n"
    "  --client-id ID           what `client_id` or `aud` must be\n"
    "\n"
    "Demo:\n"
    "  --demo-sign-in HANDLE    prints a link that signs this user in, once; can be repeated.\n"
    "                           Only on a loopback address\n"
    "\n"
    "Limits:\n"
    "  --connections N          (default: 4096)\n"
    "  --connections-per-address N (default: 256)\n"
    "  --streams-per-user N     event streams (default: 8)\n"
    "  --reads N, --writes N    requests a second of each user; 0: any number (default: 50, 10)\n"
    "  --heartbeat SECONDS      between comments on idle event streams (default: 20)\n"
    "  --read SECONDS           how long a client may take to send a request (default: 15)\n"
    "  --stop SECONDS           how long a stop waits for requests (default: 10)\n"
    "\n"
    "  --public-metrics         answers /metrics not to loopback addresses alone\n"
    "  --verbose, --quiet       more or fewer lines in the log\n";

enum kind { TEXT, NUMBER, FLAG, DEMO, HELP };

static const struct {
    const char *name;
    enum kind kind;
    size_t offset;
    unsigned max;
} table[] = {
    {"store", TEXT, offsetof(struct options, store), 0},
    {"users", TEXT, offsetof(struct options, users), 0},
    {"address", TEXT, offsetof(struct options, address), 0},
    {"port", NUMBER, offsetof(struct options, port), 65535},
    {"origin", TEXT, offsetof(struct options, origin), 0},
    {"static", TEXT, offsetof(struct options, static_folder), 0},
    {"session-key", TEXT, offsetof(struct options, session_key), 0},
    {"jwks", TEXT, offsetof(struct options, jwks), 0},
    {"issuer", TEXT, offsetof(struct options, issuer), 0},
    {"client-id", TEXT, offsetof(struct options, client_id), 0},
    {"demo-sign-in", DEMO, 0, 0},
    {"connections", NUMBER, offsetof(struct options, connections), 1000000},
    {"connections-per-address", NUMBER, offsetof(struct options, connections_per_address), 1000000},
    {"streams-per-user", NUMBER, offsetof(struct options, streams_per_user), 1000000},
    {"reads", NUMBER, offsetof(struct options, reads_per_s), 1000000},
    {"writes", NUMBER, offsetof(struct options, writes_per_s), 1000000},
    {"heartbeat", NUMBER, offsetof(struct options, heartbeat_s), 3600},
    {"read", NUMBER, offsetof(struct options, read_s), 3600},
    {"stop", NUMBER, offsetof(struct options, stop_s), 3600},
    {"public-metrics", FLAG, offsetof(struct options, is_metrics_public), 0},
    {"verbose", FLAG, offsetof(struct options, is_verbose), 0},
    {"quiet", FLAG, offsetof(struct options, is_quiet), 0},
    {"help", HELP, 0, 0},
};
#define OPTION_COUNT (sizeof(table) / sizeof(table[0]))

static bool refuse(const char *name, const char *why)
{
    fprintf(stderr, "cruddur-web: --%s: %s\n", name, why);
    return false;
}

static bool read_number(const char *text, unsigned max, unsigned *ret_number)
{
    char *end = NULL;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number > max) {
        return false;
    }
    *ret_number = (unsigned)number;
    return true;
}

static bool set(struct options *self, size_t index, const char *value)
{
    char *field = (char *)self + table[index].offset;
    switch (table[index].kind) {
    case TEXT:
        memcpy(field, &value, sizeof(value));
        return true;
    case NUMBER: {
        unsigned number;
        if (!read_number(value, table[index].max, &number)) {
            return refuse(table[index].name, "it must be a number, and not as large");
        }
        memcpy(field, &number, sizeof(number));
        return true;
    }
    case DEMO:
        if (self->demo_count == OPTIONS_DEMO_MAX) {
            return refuse(table[index].name, "there are too many");
        }
        self->demo[self->demo_count++] = value;
        return true;
    default:
        *(bool *)field = true;
        return true;
    }
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static bool check(const struct options *self)
{
    if (self->store == NULL) {
        return refuse("store", "it is required");
    }
    if (self->users == NULL) {
        return refuse("users", "it is required");
    }
    if (self->demo_count > 0 && !is_loopback(self->address)) {
        return refuse("demo-sign-in", "only on a loopback address");
    }
    if (self->jwks != NULL && (self->issuer == NULL || self->client_id == NULL)) {
        return refuse("jwks", "it needs --issuer and --client-id");
    }
    if (self->heartbeat_s == 0 || self->connections == 0 || self->read_s == 0) {
        return refuse("heartbeat, --connections, --read", "it must be at least 1");
    }
    return true;
}

int options_read(struct options *self, int count, char **arguments)
{
    struct option known[OPTION_COUNT + 1] = {{NULL, 0, NULL, 0}};
    int index = 0, found;
    *self = (struct options){.store = getenv("CRUDDUR_STORE"),
                             .users = getenv("CRUDDUR_USERS"),
                             .address = "127.0.0.1",
                             .static_folder = STATIC_FOLDER,
                             .port = 8080,
                             .connections = 4096,
                             .connections_per_address = 256,
                             .streams_per_user = 8,
                             .reads_per_s = 50,
                             .writes_per_s = 10,
                             .heartbeat_s = 20,
                             .read_s = 15,
                             .stop_s = 10};
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        known[i] = (struct option){
            table[i].name,
            table[i].kind >= FLAG && table[i].kind != DEMO ? no_argument : required_argument, NULL,
            0};
    }
    while ((found = getopt_long(count, arguments, "", known, &index)) == 0) {
        if (table[index].kind == HELP) {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (!set(self, (size_t)index, optarg)) {
            return 2;
        }
    }
    if (found != -1 || optind != count) {
        fprintf(stderr, "cruddur-web: \"cruddur-web --help\" lists the arguments\n");
        return 2;
    }
    return check(self) ? -1 : 2;
}
