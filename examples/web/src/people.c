/* SPDX-License-Identifier: MIT */
/* The application's users. */
#include <libpq-fe.h>

#include "web.h"

#define CACHE_S 30 /* a user of the database is remembered no longer */

struct lookup {
    request *request;
    enum people_field field;
    char *value;
    unsigned status;
    request_found *then;
    json_t *person;
    bool has_failed;
};

static const char *const names[] = {"uuid", "handle", "cognito_user_id"}; /* of the fields */
static json_t *known[PEOPLE_FIELDS]; /* for each field: from its values to people */
static GThreadPool *pool;            /* a thread for the database; NULL: all people are known */
static PGconn *connection;           /* of that thread */

const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

cruddur_user person_user(const json_t *person)
{
    return (cruddur_user){sizeof(cruddur_user), text_of(person, "uuid"),
                          text_of(person, "display_name"), text_of(person, "handle")};
}

static void remember(enum people_field field, json_t *person)
{
    const char *value = text_of(person, names[field]);
    if (value[0] != '\0') {
        (void)json_object_set(known[field], value, person);
    }
}

static gboolean forget(G_GNUC_UNUSED void *unused)
{
    for (enum people_field field = 0; field < PEOPLE_FIELDS; field++) {
        (void)json_object_clear(known[field]);
    }
    return G_SOURCE_CONTINUE;
}

static bool add_user(const json_t *user)
{
    const char *sub = text_of(user, "cognito_user_id"), *name = text_of(user, "display_name");
    const char *handle = text_of(user, "handle");
    g_autofree char *uuid = g_ascii_strdown(text_of(user, "uuid"), -1);
    json_auto_t *person = /* one that is "MOCK" has no account yet */
        json_pack("{ss,ss,ss,ss}", "uuid", uuid, "handle", handle, "cognito_user_id",
                  strcmp(sub, "MOCK") == 0 ? "" : sub, "display_name",
                  name[0] != '\0' ? name : handle);
    bool is_good = handle[0] != '\0' && cruddur_uuid_is_valid(uuid) &&
                   json_object_get(known[PEOPLE_UUID], uuid) == NULL &&
                   json_object_get(known[PEOPLE_HANDLE], handle) == NULL;
    for (enum people_field field = 0; field < PEOPLE_FIELDS && is_good; field++) {
        remember(field, person);
    }
    return is_good;
}

/* An array of objects, or an object with such an array as `users`. */
static bool read_file(const char *path)
{
    json_auto_t *file = json_load_file(path, 0, NULL);
    const json_t *users = json_is_object(file) ? json_object_get(file, "users") : file;
    size_t i = 0;
    while (i < json_array_size(users) && add_user(json_array_get(users, i))) {
        i++;
    }
    bool is_good = i > 0 && i == json_array_size(users);
    if (!is_good) {
        log_message(LOG_ERROR, "start",
                    "--users: user %zu: a file has JSON with users, each with a uuid and a handle "
                    "that no other user has",
                    i + 1);
    }
    return is_good;
}

#define QUERY                                                                                      \
    "SELECT json_build_object('uuid', uuid, 'handle', handle, 'display_name', display_name, "      \
    "'cognito_user_id', cognito_user_id) FROM users WHERE "
static const char *const queries[] = {
    QUERY "uuid::text = lower($1) LIMIT 2",
    QUERY "handle = $1 LIMIT 2",
    QUERY "cognito_user_id = $1 AND cognito_user_id <> 'MOCK' LIMIT 2",
};

/* libpq would write them to standard error, and they may have values. */
static void ignore_notice(G_GNUC_UNUSED void *data, G_GNUC_UNUSED const char *notice)
{
}

static PGresult *ask(const struct lookup *lookup)
{
    static const char *const keywords[] = {"connect_timeout", "options", "dbname", NULL};
    const char *const settings[] = {"5", "-c statement_timeout=5000", config.users, NULL};
    const char *const values[] = {lookup->value};
    if (PQstatus(connection) != CONNECTION_OK) {
        PQfinish(connection);
        connection = PQconnectdbParams(keywords, settings, 1);
        (void)PQsetNoticeProcessor(connection, ignore_notice, NULL);
    }
    return PQexecParams(connection, queries[lookup->field], 1, NULL, values, NULL, NULL, 0);
}

static void found(request *self, json_t *person, unsigned status, request_found *then)
{
    if (person == NULL && status != 0) {
        request_fail(self, status, "user_not_found");
    } else {
        then(self, person);
    }
}

/* On the loop. */
static gboolean on_lookup(void *data)
{
    struct lookup *lookup = data;
    server.jobs--;
    if (lookup->has_failed) { /* libpq's words may have a part of the URL */
        log_message(LOG_ERROR, "users", "the database cannot be asked");
        request_fail(lookup->request, 503, "users_unavailable");
    } else {
        remember(lookup->field, lookup->person);
        found(lookup->request, lookup->person, lookup->status, lookup->then);
    }
    request_go_on(lookup->request);
    json_decref(lookup->person);
    g_free(lookup->value);
    g_free(lookup);
    return G_SOURCE_REMOVE;
}

/* On the thread. */
static void run_lookup(void *data, G_GNUC_UNUSED void *unused)
{
    struct lookup *lookup = data;
    PGresult *result = ask(lookup);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) { /* the connection may be an old one */
        PQclear(result);
        g_clear_pointer(&connection, PQfinish);
        result = ask(lookup);
    }
    lookup->has_failed = PQresultStatus(result) != PGRES_TUPLES_OK;
    if (PQntuples(result) == 1) {
        lookup->person = json_loads(PQgetvalue(result, 0, 0), 0, NULL);
    }
    PQclear(result);
    (void)g_idle_add_full(G_PRIORITY_DEFAULT, on_lookup, lookup, NULL);
}

bool people_start(void)
{
    const char *where = config.users;
    for (enum people_field field = 0; field < PEOPLE_FIELDS; field++) {
        known[field] = json_object();
    }
    if (!g_str_has_prefix(where, "postgres://") && !g_str_has_prefix(where, "postgresql://")) {
        return read_file(where);
    }
    (void)g_timeout_add_seconds(CACHE_S, forget, NULL);
    pool = g_thread_pool_new(run_lookup, NULL, 1, TRUE, NULL);
    return pool != NULL;
}

void request_find(request *self, enum people_field field, const char *value, unsigned status,
                  request_found *then)
{
    json_t *person = json_object_get(known[field], value);
    bool is_text = g_utf8_validate(value, -1, NULL); /* the database refuses anything else */
    if (person != NULL || pool == NULL || !is_text) {
        found(self, person, status, then);
        return;
    }
    struct lookup lookup = {self, field, g_strdup(value), status, then, NULL, false};
    self->pending++;
    server.jobs++;
    (void)g_thread_pool_push(pool, g_memdup2(&lookup, sizeof(lookup)), NULL);
}
