/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>

#include "server.h"

/* For how long a user of the database is remembered, and how many at most. */
#define CACHE_S 30
#define CACHE_MAX 10000

/* The columns, and the members of a users file, in the order of enum people_field. */
static const char *const names[] = {"uuid", "handle", "cognito_user_id", "display_name"};

struct lookup {
    request *request;
    enum people_field field;
    char *value;
    unsigned status;
    request_found *then;
    json_t *person;
    bool has_failed;
};

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

static void remember(struct people *self, enum people_field field, json_t *person)
{
    const char *value = text_of(person, names[field]);
    if (self->url != NULL && json_object_size(self->known[field]) >= CACHE_MAX) {
        (void)json_object_clear(self->known[field]);
    }
    if (value[0] != '\0') {
        (void)json_object_set(self->known[field], value, person);
    }
}

/* NULL if it is not known, or has become too old. */
static json_t *recall(const struct people *self, enum people_field field, const char *value)
{
    json_t *person = json_object_get(self->known[field], value);
    bool is_fresh =
        self->url == NULL || json_integer_value(json_object_get(person, "until_s")) >= time(NULL);
    return is_fresh ? person : NULL;
}

/* ---- a users file ---- */

static bool add_user(struct people *self, const json_t *user)
{
    const char *sub = text_of(user, "cognito_user_id"), *name = text_of(user, "display_name");
    const char *handle = text_of(user, "handle");
    g_autofree char *uuid = g_ascii_strdown(text_of(user, "uuid"), -1);
    if (handle[0] == '\0' || !cruddur_uuid_is_valid(uuid) ||
        recall(self, PEOPLE_UUID, uuid) != NULL || recall(self, PEOPLE_HANDLE, handle) != NULL) {
        return false;
    }
    json_auto_t *person = /* one that is "MOCK" has no account yet */
        json_pack("{ss,ss,ss,ss}", "uuid", uuid, "handle", handle, "cognito_user_id",
                  strcmp(sub, "MOCK") == 0 ? "" : sub, "display_name",
                  name[0] != '\0' ? name : handle);
    for (enum people_field field = 0; field < PEOPLE_FIELDS; field++) {
        remember(self, field, person);
    }
    return true;
}

/* An array of objects, or an object with such an array as `users`. */
static bool read_users(struct people *self, const char *path)
{
    json_auto_t *file = json_load_file(path, 0, NULL);
    const json_t *users = json_is_object(file) ? json_object_get(file, "users") : file, *user;
    size_t i;
    if (json_array_size(users) == 0) {
        log_message(LOG_ERROR, "start", "--users: it is no JSON file with users");
        return false;
    }
    json_array_foreach(users, i, user)
    {
        if (!add_user(self, user)) {
            log_message(LOG_ERROR, "start",
                        "--users: user %zu: it needs a uuid and a handle that no other user has",
                        i + 1);
            return false;
        }
    }
    return true;
}

/* ---- PostgreSQL, on a worker thread ---- */

#define COLUMNS "SELECT uuid, handle, cognito_user_id, display_name FROM users WHERE "
static const char *const queries[] = {
    COLUMNS "uuid::text = lower($1) LIMIT 2",
    COLUMNS "handle = $1 LIMIT 2",
    COLUMNS "cognito_user_id = $1 AND cognito_user_id <> 'MOCK' LIMIT 2",
};

/* libpq would write them to standard error, and they may have values. */
static void ignore_notice(G_GNUC_UNUSED void *data, G_GNUC_UNUSED const char *notice)
{
}

static PGresult *ask(struct people *self, const struct lookup *lookup)
{
    static const char *const keywords[] = {"connect_timeout", "options", "dbname", NULL};
    const char *const settings[] = {"5", "-c statement_timeout=5000", self->url, NULL};
    const char *const values[] = {lookup->value};
    if (PQstatus(self->connection) != CONNECTION_OK) {
        PQfinish(self->connection);
        self->connection = PQconnectdbParams(keywords, settings, 1);
        (void)PQsetNoticeProcessor(self->connection, ignore_notice, NULL);
    }
    return PQexecParams(self->connection, queries[lookup->field], 1, NULL, values, NULL, NULL, 0);
}

static json_t *read_row(const PGresult *result)
{
    json_t *person = json_pack("{sI}", "until_s", (json_int_t)time(NULL) + CACHE_S);
    for (int i = 0; i < (int)G_N_ELEMENTS(names); i++) {
        (void)json_object_set_new(person, names[i], json_string(PQgetvalue(result, 0, i)));
    }
    return person;
}

static gboolean on_lookup(void *data);

static void run_lookup(void *data, void *people)
{
    struct lookup *lookup = data;
    struct people *self = people;
    PGresult *result = ask(self, lookup);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) { /* the connection may be an old one */
        PQclear(result);
        g_clear_pointer(&self->connection, PQfinish);
        result = ask(self, lookup);
    }
    lookup->has_failed = PQresultStatus(result) != PGRES_TUPLES_OK;
    if (lookup->has_failed) { /* libpq's words may have a part of the URL */
        log_message(LOG_ERROR, "users", "the database cannot be asked");
    } else if (PQntuples(result) == 1) {
        lookup->person = read_row(result);
    }
    PQclear(result);
    g_main_context_invoke(NULL, on_lookup, lookup);
}

static void take(request *self, json_t *person, unsigned status, request_found *then)
{
    if (person == NULL && status != 0) {
        request_fail(self, status, "user_not_found");
    } else {
        then(self, person);
    }
}

static gboolean on_lookup(void *data)
{
    struct lookup *lookup = data;
    request *asked = lookup->request;
    asked->server->jobs--;
    if (lookup->has_failed) {
        request_fail(asked, MHD_HTTP_SERVICE_UNAVAILABLE, "users_unavailable");
    } else {
        remember(&asked->server->people, lookup->field, lookup->person);
        take(asked, lookup->person, lookup->status, lookup->then);
    }
    request_go_on(asked);
    json_decref(lookup->person);
    g_free(lookup->value);
    g_free(lookup);
    return G_SOURCE_REMOVE;
}

void request_find(request *self, enum people_field field, const char *value, unsigned status,
                  request_found *then)
{
    struct people *people = &self->server->people;
    json_t *known = recall(people, field, value);
    bool is_text = g_utf8_validate(value, -1, NULL); /* the database refuses anything else */
    if (known != NULL || people->url == NULL || !is_text) {
        take(self, known, status, then);
        return;
    }
    struct lookup *lookup = g_new0(struct lookup, 1);
    lookup->request = self;
    lookup->field = field;
    lookup->value = g_strdup(value);
    lookup->status = status;
    lookup->then = then;
    self->pending++;
    self->server->jobs++;
    (void)g_thread_pool_push(people->pool, lookup, NULL);
}

bool people_open(struct people *self, const char *where)
{
    for (size_t i = 0; i < PEOPLE_FIELDS; i++) {
        self->known[i] = json_object();
    }
    if (!g_str_has_prefix(where, "postgres://") && !g_str_has_prefix(where, "postgresql://")) {
        return read_users(self, where);
    }
    self->url = where;
    self->pool = g_thread_pool_new(run_lookup, self, 1, TRUE, NULL); /* one: for the connection */
    return self->pool != NULL;
}
