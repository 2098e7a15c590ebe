/* SPDX-License-Identifier: MIT */
/* The arguments of the program. */
#include "web.h"

struct config config = {.address = "127.0.0.1",
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

/* Texts are taken as they are, also in a locale of another encoding: hence FILENAME. */
#define OPTION(name, kind, field, help, value)                                                     \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_##kind, &config.field, help, value                                \
    }
static const GOptionEntry entries[] = {
    OPTION("store", FILENAME, store, "the store (default: $CRUDDUR_STORE)", "URL"),
    OPTION("users", FILENAME, users, "a file or a database (default: $CRUDDUR_USERS)", "FILE|URL"),
    OPTION("address", FILENAME, address, "the IP address to listen on (default: 127.0.0.1)", "IP"),
    OPTION("port", INT, port, "0: any that is free (default: 8080)", "PORT"),
    OPTION("origin", FILENAME, origin, "of the pages, as https://example.com", "URL"),
    OPTION("static", FILENAME, static_folder, "the files of the page", "FOLDER"),
    OPTION("session-key", FILENAME, session_key, "signs sessions; made if it is missing", "FILE"),
    OPTION("jwks", FILENAME, jwks, "the public keys of RS256 tokens", "FILE|URL"),
    OPTION("issuer", FILENAME, issuer, "what `iss` of a token must be", "URL"),
    OPTION("client-id", FILENAME, client_id, "what `client_id` or `aud` of a token must be", "ID"),
    OPTION("demo-sign-in", FILENAME_ARRAY, demo, "prints a link that signs a user in", "HANDLE"),
    OPTION("connections", INT, connections, "at most (default: 4096)", "N"),
    OPTION("connections-per-address", INT, connections_per_address, "at most (default: 256)", "N"),
    OPTION("streams-per-user", INT, streams_per_user, "event streams (default: 8)", "N"),
    OPTION("reads", INT, reads_per_s, "a second of each user; 0: any number (default: 50)", "N"),
    OPTION("writes", INT, writes_per_s, "a second of each user; 0: any number (default: 10)", "N"),
    OPTION("heartbeat", INT, heartbeat_s, "of an idle event stream (default: 20)", "SECONDS"),
    OPTION("read", INT, read_s, "a client may take to send a request (default: 15)", "SECONDS"),
    OPTION("stop", INT, stop_s, "a stop waits for requests (default: 10)", "SECONDS"),
    OPTION("public-metrics", NONE, is_metrics_public, "answers /metrics to every address", NULL),
    OPTION("quiet", NONE, is_quiet, "fewer lines in the log", NULL),
    G_OPTION_ENTRY_NULL,
};

static bool check(const struct config *self)
{
    bool is_loopback = g_str_has_prefix(self->address, "127.") || strcmp(self->address, "::1") == 0;
    const struct {
        bool is_wrong;
        const char *why;
    } rules[] = {
        {self->store == NULL, "--store: it is required"},
        {self->users == NULL, "--users: it is required"},
        {self->port < 0 || self->port > UINT16_MAX, "--port: it must be 0 to 65535"},
        {self->demo != NULL && !is_loopback, "--demo-sign-in: only on a loopback address"},
        {self->jwks != NULL && (self->issuer == NULL || self->client_id == NULL),
         "--jwks: it needs --issuer and --client-id"},
        {MIN(self->connections, MIN(self->heartbeat_s, self->read_s)) < 1,
         "--connections, --heartbeat, --read: it must be at least 1"},
        {MIN(MIN(self->reads_per_s, self->writes_per_s), self->stop_s) < 0 ||
             MIN(self->connections_per_address, self->streams_per_user) < 0,
         "a number must not be negative"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
        if (rules[i].is_wrong) {
            (void)fprintf(stderr, "cruddur-web: %s\n", rules[i].why);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    json_set_alloc_funcs(g_malloc, g_free);
    config.store = g_getenv("CRUDDUR_STORE");
    config.users = g_getenv("CRUDDUR_USERS");
    g_option_context_set_summary(
        context, "Serves the messages page and the application's JSON routes over HTTP.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1) {
        (void)fprintf(stderr, "cruddur-web: %s; --help lists the arguments\n",
                      error != NULL ? error->message : "it takes no other arguments");
        return 2;
    }
    return check(&config) ? server_run() : 2;
}
