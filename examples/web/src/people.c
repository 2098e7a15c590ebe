/* SPDX-License-Identifier: MIT */
#include "people.h"

#include <cruddur/cruddur.h>
#include <json-c/json.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "work.h"

#define BUCKETS 4096
/* For how long a user of the database is remembered, and how many in each bucket. */
#define CACHE_S 30
#define CACHE_DEPTH 4
#define VALUE_MAX 256

/* The columns, and the members of a users file, in the order of enum people_field. */
static const char *const names[] = {"uuid", "handle", "cognito_user_id", "display_name"};

struct entry {
    struct entry *next;
    enum people_field field;
    time_t until; /* 0: it lasts */
    struct person *person;
};

struct people {
    struct entry *buckets[BUCKETS];
    const char *url; /* NULL: a file, all of which is in the buckets */
    struct work *work;
    pthread_mutex_t mutex; /* for the connection, which worker threads use */
    PGconn *connection;
};

struct lookup {
    struct job job; /* the first member: the job is the struct */
    people *people;
    enum people_field field;
    char value[VALUE_MAX];
    people_then *then;
    void *data;
    enum people_result result;
    struct person *person;
};

/* ---- a person ---- */

static struct person *person_make(const char *const values[4])
{
    struct person *made = calloc(1, sizeof(*made));
    char **const places[] = {&made->uuid, &made->handle, &made->cognito_user_id,
                             &made->display_name};
    for (size_t i = 0; made != NULL && i < 4; i++) {
        if (values[i] != NULL && (*places[i] = strdup(values[i])) == NULL) {
            person_free(made);
            return NULL;
        }
    }
    return made;
}

struct person *person_copy(const struct person *person)
{
    const char *const values[] = {person->uuid, person->handle, person->cognito_user_id,
                                  person->display_name};
    return person_make(values);
}

void person_free(struct person *person)
{
    if (person != NULL) {
        free(person->uuid);
        free(person->handle);
        free(person->display_name);
        free(person->cognito_user_id);
        free(person);
    }
}

static const char *value_of(const struct person *person, enum people_field field)
{
    const char *const values[] = {person->uuid, person->handle, person->cognito_user_id};
    return values[field];
}

/* ---- what is in memory ---- */

static struct entry **bucket(people *self, enum people_field field, const char *value)
{
    uint32_t hash = 2166136261u + (uint32_t)field;
    for (const char *c = value; *c != '\0'; c++) {
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    }
    return &self->buckets[hash % BUCKETS];
}

static void entry_free(struct entry *entry)
{
    person_free(entry->person);
    free(entry);
}

/* Removes what has expired, and what exceeds the depth. */
static void make_room(struct entry **place)
{
    time_t now = time(NULL);
    for (unsigned depth = 1; *place != NULL;) {
        struct entry *entry = *place;
        if (entry->until != 0 && (entry->until < now || depth >= CACHE_DEPTH)) {
            *place = entry->next;
            entry_free(entry);
        } else {
            place = &entry->next;
            depth++;
        }
    }
}

static bool remember(people *self, enum people_field field, const struct person *person)
{
    const char *value = value_of(person, field);
    struct entry **first = value != NULL ? bucket(self, field, value) : NULL;
    struct entry *made = first != NULL ? calloc(1, sizeof(*made)) : NULL;
    if (first == NULL) {
        return true;
    }
    if (made == NULL || (made->person = person_copy(person)) == NULL) {
        free(made);
        return false;
    }
    make_room(first);
    made->field = field;
    made->until = self->url != NULL ? time(NULL) + CACHE_S : 0;
    made->next = *first;
    *first = made;
    return true;
}

static const struct person *recall(people *self, enum people_field field, const char *value)
{
    for (const struct entry *entry = *bucket(self, field, value); entry != NULL;
         entry = entry->next) {
        if (entry->field == field && strcmp(value_of(entry->person, field), value) == 0 &&
            (entry->until == 0 || entry->until >= time(NULL))) {
            return entry->person;
        }
    }
    return NULL;
}

/* ---- a users file ---- */

static bool add_user(people *self, struct json_object *user)
{
    const char *values[4];
    for (size_t i = 0; i < 4; i++) {
        struct json_object *value = json_object_object_get(user, names[i]);
        values[i] =
            json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
    }
    if (values[1] == NULL || !cruddur_uuid_is_valid(values[0]) ||
        recall(self, PEOPLE_UUID, values[0]) != NULL ||
        recall(self, PEOPLE_HANDLE, values[1]) != NULL) {
        return false;
    }
    if (values[2] != NULL && strcmp(values[2], "MOCK") == 0) {
        values[2] = NULL; /* has no account yet */
    }
    values[3] = values[3] != NULL ? values[3] : values[1];
    struct person *person = person_make(values);
    bool is_good = person != NULL && remember(self, PEOPLE_UUID, person) &&
                   remember(self, PEOPLE_HANDLE, person) &&
                   remember(self, PEOPLE_COGNITO_USER_ID, person);
    person_free(person);
    return is_good;
}

/* An array of objects, or an object with such an array as `users`. */
static bool read_file(people *self, const char *path)
{
    struct json_object *file = json_object_from_file(path);
    struct json_object *users =
        json_object_is_type(file, json_type_object) ? json_object_object_get(file, "users") : file;
    size_t count =
        json_object_is_type(users, json_type_array) ? json_object_array_length(users) : 0;
    bool is_good = count > 0;
    for (size_t i = 0; is_good && i < count; i++) {
        is_good = add_user(self, json_object_array_get_idx(users, i));
        if (!is_good) {
            log_message(LOG_ERROR, "start",
                        "--users: user %zu: it needs a uuid and a handle that no "
                        "other user has",
                        i + 1);
        }
    }
    json_object_put(file);
    if (count == 0) {
        log_message(LOG_ERROR, "start", "--users: it is no JSON file with users");
    }
    return is_good;
}

/* ---- PostgreSQL ---- */

static const char *const queries[] = {
#define COLUMNS "SELECT uuid, handle, cognito_user_id, display_name FROM users WHERE "
    COLUMNS "uuid::text = lower($1) LIMIT 2",
    COLUMNS "handle = $1 LIMIT 2",
    COLUMNS "cognito_user_id = $1 AND cognito_user_id <> 'MOCK' LIMIT 2",
};

static bool connect_to_database(people *self)
{
    static const char *const keywords[] = {"connect_timeout", "options", "dbname", NULL};
    const char *const values[] = {"5", "-c statement_timeout=5000", self->url, NULL};
    if (self->connection != NULL && PQstatus(self->connection) == CONNECTION_OK) {
        return true;
    }
    PQfinish(self->connection);
    self->connection = PQconnectdbParams(keywords, values, 1);
    return PQstatus(self->connection) == CONNECTION_OK;
}

static PGresult *ask(people *self, const struct lookup *lookup)
{
    const char *const values[] = {lookup->value};
    return connect_to_database(self) ? PQexecParams(self->connection, queries[lookup->field], 1,
                                                    NULL, values, NULL, NULL, 0)
                                     : NULL;
}

static void run_lookup(struct job *job)
{
    struct lookup *lookup = (struct lookup *)job;
    people *self = lookup->people;
    pthread_mutex_lock(&self->mutex);
    PGresult *result = ask(self, lookup);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) { /* the connection may be an old one */
        PQclear(result);
        PQfinish(self->connection);
        self->connection = NULL;
        result = ask(self, lookup);
    }
    lookup->result = PEOPLE_FAILED;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) { /* libpq's words may have a part of the URL */
        log_message(LOG_ERROR, "users", "the database cannot be asked");
    } else if (PQntuples(result) != 1) {
        lookup->result = PEOPLE_NONE;
    } else {
        const char *values[4];
        for (int i = 0; i < 4; i++) {
            values[i] = PQgetisnull(result, 0, i) ? NULL : PQgetvalue(result, 0, i);
        }
        lookup->person = person_make(values);
        lookup->result = lookup->person != NULL ? PEOPLE_FOUND : PEOPLE_FAILED;
    }
    PQclear(result);
    pthread_mutex_unlock(&self->mutex);
}

static void end_lookup(struct job *job)
{
    struct lookup *lookup = (struct lookup *)job;
    if (lookup->person != NULL) {
        (void)remember(lookup->people, lookup->field, lookup->person); /* else it is asked again */
    }
    lookup->then(lookup->data, lookup->result, lookup->person);
    person_free(lookup->person);
    free(lookup);
}

/* ---- either ---- */

people *people_open(const char *where, struct work *work)
{
    people *self = calloc(1, sizeof(*self));
    bool is_database =
        strncmp(where, "postgres://", 11) == 0 || strncmp(where, "postgresql://", 13) == 0;
    if (self == NULL || pthread_mutex_init(&self->mutex, NULL) != 0) {
        free(self);
        return NULL;
    }
    self->work = work;
    self->url = is_database ? where : NULL;
    if (!is_database && !read_file(self, where)) {
        people_close(self);
        return NULL;
    }
    return self;
}

/* NULL if the answer was in memory, and has been given. */
static struct lookup *begin(people *self, enum people_field field, const char *value,
                            people_then *then, void *data)
{
    const struct person *known = recall(self, field, value);
    if (known != NULL || self->url == NULL || strlen(value) >= VALUE_MAX) {
        then(data, known != NULL ? PEOPLE_FOUND : PEOPLE_NONE, known);
        return NULL;
    }
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    if (lookup == NULL) {
        then(data, PEOPLE_FAILED, NULL);
        return NULL;
    }
    *lookup = (struct lookup){
        {run_lookup, end_lookup, NULL}, self, field, "", then, data, PEOPLE_FAILED, NULL};
    memcpy(lookup->value, value, strlen(value) + 1);
    return lookup;
}

void people_find(people *self, enum people_field field, const char *value, people_then *then,
                 void *data)
{
    struct lookup *lookup = begin(self, field, value, then, data);
    if (lookup != NULL) {
        work_add(self->work, &lookup->job);
    }
}

void people_find_now(people *self, enum people_field field, const char *value, people_then *then,
                     void *data)
{
    struct lookup *lookup = begin(self, field, value, then, data);
    if (lookup != NULL) {
        run_lookup(&lookup->job);
        end_lookup(&lookup->job);
    }
}

void people_close(people *self)
{
    for (size_t i = 0; self != NULL && i < BUCKETS; i++) {
        while (self->buckets[i] != NULL) {
            struct entry *next = self->buckets[i]->next;
            entry_free(self->buckets[i]);
            self->buckets[i] = next;
        }
    }
    if (self != NULL) {
        PQfinish(self->connection);
        pthread_mutex_destroy(&self->mutex);
    }
    free(self);
}
