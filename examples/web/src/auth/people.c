/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server.h"

/* For how long a user of the database is remembered, and how many at most. */
#define CACHE_S 30
#define CACHE_MAX 10000
#define VALUE_MAX 256

/* The columns, and the members of a users file, in the order of enum people_field. */
static const char *const names[] = {"uuid", "handle", "cognito_user_id", "display_name"};

struct lookup {
    uv_work_t job;
    struct people *people;
    enum people_field field;
    char value[VALUE_MAX];
    people_then *then;
    void *data;
    json_t *person;
    bool has_failed;
};

const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

json_t *list_add(json_t *list, json_t *item)
{
    if (json_array_append_new(list, item) != 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}

cruddur_user person_user(const json_t *person)
{
    return (cruddur_user){sizeof(cruddur_user), text_of(person, "uuid"),
                          text_of(person, "display_name"), text_of(person, "handle")};
}

static bool remember(struct people *self, enum people_field field, json_t *person)
{
    const char *value = text_of(person, names[field]);
    json_t *known = self->known[field];
    if (self->url != NULL && json_object_size(known) >= CACHE_MAX) {
        (void)json_object_clear(known);
    }
    return value[0] == '\0' || json_object_set(known, value, person) == 0;
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
    char uuid[CRUDDUR_UUID_SIZE] = "";
    for (size_t i = 0; i < sizeof(uuid) - 1 && text_of(user, "uuid")[i] != '\0'; i++) {
        uuid[i] = (char)tolower((unsigned char)text_of(user, "uuid")[i]);
    }
    if (handle[0] == '\0' || !cruddur_uuid_is_valid(text_of(user, "uuid")) ||
        recall(self, PEOPLE_UUID, uuid) != NULL || recall(self, PEOPLE_HANDLE, handle) != NULL) {
        return false;
    }
    json_t *person = /* one that is "MOCK" has no account yet */
        json_pack("{ss,ss,ss,ss}", "uuid", uuid, "handle", handle, "cognito_user_id",
                  strcmp(sub, "MOCK") == 0 ? "" : sub, "display_name",
                  name[0] != '\0' ? name : handle);
    bool is_good = person != NULL && remember(self, PEOPLE_UUID, person) &&
                   remember(self, PEOPLE_HANDLE, person) &&
                   remember(self, PEOPLE_COGNITO_USER_ID, person);
    json_decref(person);
    return is_good;
}

/* An array of objects, or an object with such an array as `users`. */
static bool read_users(struct people *self, const char *path)
{
    json_t *file = json_load_file(path, 0, NULL);
    const json_t *users = json_is_object(file) ? json_object_get(file, "users") : file, *user;
    bool is_good = json_array_size(users) > 0;
    size_t i;
    if (!is_good) {
        log_message(LOG_ERROR, "start", "--users: it is no JSON file with users");
    }
    json_array_foreach(users, i, user)
    {
        if (is_good && !add_user(self, user)) {
            is_good = false;
            log_message(LOG_ERROR, "start",
                        "--users: user %zu: it needs a uuid and a handle that no other user has",
                        i + 1);
        }
    }
    json_decref(file);
    return is_good;
}

/* ---- PostgreSQL, on worker threads ---- */

static const char *const queries[] = {
#define COLUMNS "SELECT uuid, handle, cognito_user_id, display_name FROM users WHERE "
    COLUMNS "uuid::text = lower($1) LIMIT 2",
    COLUMNS "handle = $1 LIMIT 2",
    COLUMNS "cognito_user_id = $1 AND cognito_user_id <> 'MOCK' LIMIT 2",
};

/* libpq would write them to standard error, and they may have values. */
static void ignore_notice(void *data, const char *notice)
{
    (void)data;
    (void)notice;
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
    for (int i = 0; i < 4; i++) {
        if (json_object_set_new(person, names[i], json_string(PQgetvalue(result, 0, i))) != 0) {
            json_decref(person);
            return NULL;
        }
    }
    return person;
}

static void run_lookup(uv_work_t *job)
{
    struct lookup *lookup = job->data;
    struct people *self = lookup->people;
    uv_mutex_lock(&self->mutex);
    PGresult *result = ask(self, lookup);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) { /* the connection may be an old one */
        PQclear(result);
        PQfinish(self->connection);
        self->connection = NULL;
        result = ask(self, lookup);
    }
    lookup->has_failed = PQresultStatus(result) != PGRES_TUPLES_OK;
    if (lookup->has_failed) { /* libpq's words may have a part of the URL */
        log_message(LOG_ERROR, "users", "the database cannot be asked");
    } else if (PQntuples(result) == 1) {
        lookup->person = read_row(result);
        lookup->has_failed = lookup->person == NULL;
    }
    PQclear(result);
    uv_mutex_unlock(&self->mutex);
}

static void end_lookup(struct lookup *lookup)
{
    if (lookup->person != NULL) {
        (void)remember(lookup->people, lookup->field, lookup->person); /* else it is asked again */
    }
    lookup->then(lookup->data, lookup->person, lookup->has_failed);
    json_decref(lookup->person);
    free(lookup);
}

static void on_lookup(uv_work_t *job, int status)
{
    struct lookup *lookup = job->data;
    (void)status;
    lookup->people->server->jobs--;
    end_lookup(lookup);
}

/* ---- either ---- */

bool people_open(struct people *self, struct server *server)
{
    const char *where = server->options.users;
    bool is_database =
        strncmp(where, "postgres://", 11) == 0 || strncmp(where, "postgresql://", 13) == 0;
    bool is_good = uv_mutex_init(&self->mutex) == 0;
    for (size_t i = 0; i < PEOPLE_FIELDS; i++) {
        is_good = (self->known[i] = json_object()) != NULL && is_good;
    }
    self->server = server;
    self->url = is_database ? where : NULL;
    return is_good && (is_database || read_users(self, where));
}

void people_find(struct people *self, enum people_field field, const char *value, bool is_now,
                 people_then *then, void *data)
{
    json_t *known = recall(self, field, value), *text = json_string(value);
    bool is_text = text != NULL; /* the database refuses what is not UTF-8 */
    json_decref(text);
    if (known != NULL || self->url == NULL || !is_text || strlen(value) >= VALUE_MAX) {
        then(data, known, false);
        return;
    }
    struct lookup *lookup = malloc(sizeof(*lookup));
    if (lookup == NULL) {
        then(data, NULL, true);
        return;
    }
    *lookup = (struct lookup){.people = self, .field = field, .then = then, .data = data};
    lookup->job.data = lookup;
    memcpy(lookup->value, value, strlen(value) + 1);
    if (is_now) {
        run_lookup(&lookup->job);
        end_lookup(lookup);
    } else if (!server_work(self->server, &lookup->job, run_lookup, on_lookup)) {
        lookup->has_failed = true;
        end_lookup(lookup);
    }
}

void people_close(struct people *self)
{
    for (size_t i = 0; i < PEOPLE_FIELDS; i++) {
        json_decref(self->known[i]);
    }
    PQfinish(self->connection);
    uv_mutex_destroy(&self->mutex);
}
