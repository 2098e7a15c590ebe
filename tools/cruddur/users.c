/* SPDX-License-Identifier: MIT */
#include "users.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "csv.h"
#include "json_read.h"
#include "text.h"

#define JSON_DEPTH_MAX 16
#define JSON_SPACE " \t\r\n"
#define NAME_CHARS_MAX 256

static const char *const field_names[USERS_N_FIELDS] = {"uuid", "handle", "display_name", "email",
                                                        "cognito_user_id"};

/* The fields that a file must have, a bit for each. */
static const unsigned required_fields[] = {
    [USERS_TO_LOOK_UP] = 1U << USERS_UUID | 1U << USERS_HANDLE,
    [USERS_TO_LOAD] = 1U << USERS_HANDLE | 1U << USERS_DISPLAY_NAME | 1U << USERS_EMAIL,
};

/* A file on its way into `users`. */
struct reading {
    struct users *users;
    enum users_purpose purpose;
    struct problem *problem;
};

const char *users_field_name(enum users_field field)
{
    return field_names[field];
}

static bool is_required(const struct reading *reading, size_t field)
{
    return (required_fields[reading->purpose] >> field & 1) != 0;
}

bool users_check_name(const char *name, enum users_field which, size_t line,
                      struct problem *problem)
{
    struct text_facts facts = text_look(name);
    const char *field = field_names[which];
    if (facts.code_points > NAME_CHARS_MAX) {
        return problem_set(problem, line, "%s: it has %zu characters; at most %d are allowed",
                           field, facts.code_points, NAME_CHARS_MAX);
    }
    if (facts.has_control) {
        return problem_set(problem, line, "%s: it has a control character", field);
    }
    return !facts.is_blank || facts.code_points == 0 ||
           problem_set(problem, line, "%s: it has no visible character", field);
}

static bool check_entry(const struct reading *reading, const struct users_entry *entry)
{
    struct problem *problem = reading->problem;
    for (size_t field = 0; field < USERS_N_FIELDS; field++) {
        if (is_required(reading, field) && entry->fields[field][0] == '\0') {
            return problem_set(problem, entry->line, "the user has no %s", field_names[field]);
        }
    }
    const char *uuid = entry->fields[USERS_UUID];
    if (uuid[0] != '\0' && !cruddur_uuid_is_valid(uuid)) {
        return problem_set(problem, entry->line, "uuid: this is not a uuid");
    }
    if (entry->fields[USERS_HANDLE][0] == '@') {
        return problem_set(problem, entry->line, "handle: it must not begin with @");
    }
    for (enum users_field field = USERS_HANDLE; field < USERS_N_FIELDS; field++) {
        if (!users_check_name(entry->fields[field], field, entry->line, problem)) {
            return false;
        }
    }
    return true;
}

struct users_entry *users_add(struct users *users, const char *const *values)
{
    if (users->count == users->capacity) {
        users->capacity = users->capacity > 0 ? 2 * users->capacity : 16;
        users->entries = memory_resize(users->entries, users->capacity, sizeof(*users->entries));
    }
    struct users_entry *entry = &users->entries[users->count++];
    for (size_t i = 0; i < USERS_N_FIELDS; i++) {
        entry->fields[i] = memory_copy(values[i] != NULL ? values[i] : "");
    }
    entry->line = 0;
    entry->number = 0;
    return entry;
}

/* Adds a user; `values` lacks a field where it is NULL. */
static bool add(const struct reading *reading, const char *const *values, size_t line,
                size_t number)
{
    struct users_entry *entry = users_add(reading->users, values);
    text_lower(entry->fields[USERS_UUID]);
    entry->line = line;
    entry->number = number;
    return check_entry(reading, entry);
}

/* --- CSV --- */

/* The field that a column holds: "Display name" is display_name; USERS_N_FIELDS for none. */
static size_t field_of_column(const char *column)
{
    for (size_t field = 0; field < USERS_N_FIELDS; field++) {
        const char *name = field_names[field];
        size_t i = 0;
        while (name[i] != '\0' && (tolower((unsigned char)column[i]) == name[i] ||
                                   (name[i] == '_' && (column[i] == ' ' || column[i] == '-')))) {
            i++;
        }
        if (name[i] == '\0' && column[i] == '\0') {
            return field;
        }
    }
    return USERS_N_FIELDS;
}

/* Reads the header: `columns` receives the column of each field, SIZE_MAX for one that is missing.
 */
static bool read_header(const struct reading *reading, struct csv *csv, size_t *columns)
{
    struct problem *problem = reading->problem;
    for (size_t field = 0; field < USERS_N_FIELDS; field++) {
        columns[field] = SIZE_MAX;
    }
    if (csv_next(csv, problem) != CSV_RECORD) {
        return false;
    }
    for (size_t i = 0; i < csv->n_fields; i++) {
        size_t field = field_of_column(csv_field(csv, i));
        if (field < USERS_N_FIELDS && columns[field] != SIZE_MAX) {
            return problem_set(problem, csv->record_line, "the column %s is there twice",
                               field_names[field]);
        }
        if (field < USERS_N_FIELDS) {
            columns[field] = i;
        }
    }
    for (size_t field = 0; field < USERS_N_FIELDS; field++) {
        if (columns[field] == SIZE_MAX && is_required(reading, field)) {
            return problem_set(problem, csv->record_line,
                               "the header line names no column %s (a users file is JSON, or CSV "
                               "with the columns %s)",
                               field_names[field],
                               reading->purpose == USERS_TO_LOAD ? "handle, display_name, email"
                                                                 : "uuid, handle, display_name");
        }
    }
    return true;
}

static bool read_record(const struct reading *reading, const struct csv *csv, const size_t *columns,
                        size_t n_columns)
{
    if (csv->n_fields != n_columns) {
        return problem_set(reading->problem, csv->record_line,
                           "the line has %zu fields; the header line has %zu", csv->n_fields,
                           n_columns);
    }
    const char *values[USERS_N_FIELDS] = {NULL};
    for (size_t field = 0; field < USERS_N_FIELDS; field++) {
        if (columns[field] != SIZE_MAX) {
            values[field] = csv_field(csv, columns[field]);
        }
    }
    return add(reading, values, csv->record_line, 0);
}

static bool read_csv(const struct reading *reading, const char *text)
{
    struct csv csv;
    csv_init(&csv, text);
    size_t columns[USERS_N_FIELDS];
    enum csv_status status = read_header(reading, &csv, columns) ? CSV_RECORD : CSV_BAD;
    size_t n_columns = csv.n_fields;
    while (status == CSV_RECORD) {
        status = csv_next(&csv, reading->problem);
        if (status == CSV_RECORD && !read_record(reading, &csv, columns, n_columns)) {
            status = CSV_BAD;
        }
    }
    csv_free(&csv);
    return status == CSV_END;
}

/* --- JSON --- */

static struct json_object *parse_json(const char *text, struct problem *problem)
{
    enum json_tokener_error error;
    size_t offset;
    struct json_object *root = json_read(text, JSON_DEPTH_MAX, &error, &offset);
    if (error == json_tokener_continue) {
        (void)problem_set(problem, line_at(text, strlen(text)), "the JSON ends too early");
    } else if (error != json_tokener_success) {
        (void)problem_set(problem, line_at(text, offset), "this is not JSON: %s",
                          json_tokener_error_desc(error));
    }
    return root; /* NULL is a JSON null, too. */
}

static bool read_object(const struct reading *reading, struct json_object *object, size_t number)
{
    struct problem *problem = reading->problem;
    const char *values[USERS_N_FIELDS] = {NULL};
    problem->user = number;
    if (!json_object_is_type(object, json_type_object)) {
        return problem_set(problem, 0, "every user is an object");
    }
    for (size_t field = 0; field < USERS_N_FIELDS; field++) {
        struct json_object *value = json_object_object_get(object, field_names[field]);
        if (value == NULL) { /* null is as good as missing. */
            continue;
        }
        if (!json_object_is_type(value, json_type_string)) {
            return problem_set(problem, 0, "%s: it must be a string", field_names[field]);
        }
        values[field] = json_object_get_string(value);
        if (strlen(values[field]) != (size_t)json_object_get_string_len(value)) {
            return problem_set(problem, 0, "%s: it has a NUL character", field_names[field]);
        }
    }
    return add(reading, values, 0, number);
}

static bool read_json(const struct reading *reading, const char *text)
{
    struct problem *problem = reading->problem;
    struct json_object *root = parse_json(text, problem);
    if (problem->text[0] != '\0') {
        return false;
    }
    struct json_object *list = root;
    if (json_object_is_type(root, json_type_object)) {
        list = json_object_object_get(root, "users");
    }
    bool is_good = json_object_is_type(list, json_type_array) ||
                   problem_set(problem, 0,
                               "the JSON is neither an array of users nor an object with the "
                               "array \"users\"");
    for (size_t i = 0; is_good && i < json_object_array_length(list); i++) {
        is_good = read_object(reading, json_object_array_get_idx(list, i), i + 1);
    }
    json_object_put(root);
    return is_good;
}

/* --- both --- */

static int compare_field(const struct users_entry *a, const struct users_entry *b, size_t field)
{
    int order = strcmp(a->fields[field], b->fields[field]);
    size_t place_a = a->line + a->number, place_b = b->line + b->number;
    return order != 0 ? order : (place_a > place_b) - (place_a < place_b);
}

static int compare_uuids(const void *a, const void *b)
{
    return compare_field(a, b, USERS_UUID);
}

static int compare_handles(const void *a, const void *b)
{
    return compare_field(a, b, USERS_HANDLE);
}

static int compare_cognito_user_ids(const void *a, const void *b)
{
    return compare_field(a, b, USERS_COGNITO_USER_ID);
}

/* Whether no two users may have this value in this field. */
static bool is_identifying(enum users_field field, const char *value)
{
    return value[0] != '\0' &&
           (field != USERS_COGNITO_USER_ID || strcmp(value, USERS_NO_ACCOUNT) != 0);
}

/* Sorts by a field, and refuses two users who have the same value in it. */
static bool check_distinct(struct users *users, enum users_field field,
                           int (*compare)(const void *, const void *), struct problem *problem)
{
    struct users_entry *entries = users->entries;
    if (users->count > 0) {
        qsort(entries, users->count, sizeof(*entries), compare);
    }
    for (size_t i = 1; i < users->count; i++) {
        const struct users_entry *a = &entries[i - 1], *b = &entries[i];
        const char *value = b->fields[field];
        if (is_identifying(field, value) && strcmp(a->fields[field], value) == 0) {
            problem->user = b->number;
            return problem_set(problem, b->line, "the %s is that of %s %zu, too",
                               field_names[field], b->line > 0 ? "line" : "user",
                               a->line + a->number);
        }
    }
    return true;
}

static bool check_all_distinct(const struct reading *reading)
{
    struct users *users = reading->users;
    struct problem *problem = reading->problem;
    return (reading->purpose != USERS_TO_LOAD ||
            check_distinct(users, USERS_COGNITO_USER_ID, compare_cognito_user_ids, problem)) &&
           check_distinct(users, USERS_UUID, compare_uuids, problem) &&
           check_distinct(users, USERS_HANDLE, compare_handles, problem);
}

bool users_parse(struct users *users, const char *text, enum users_purpose purpose,
                 struct problem *problem)
{
    const struct reading reading = {users, purpose, problem};
    *users = (struct users){NULL, 0, 0};
    *problem = (struct problem){0, 0, ""};
    char first = text[strspn(text, JSON_SPACE)];
    bool is_good;
    if (first == '\0') {
        is_good = problem_set(problem, 0, "the file is empty");
    } else if (first == '[' || first == '{') {
        is_good = read_json(&reading, text);
    } else {
        is_good = read_csv(&reading, text);
    }
    is_good = is_good && check_all_distinct(&reading);
    if (!is_good) {
        users_free(users);
    }
    return is_good;
}

const struct users_entry *users_find(const struct users *users, enum users_field field,
                                     const char *value, bool *ret_is_ambiguous)
{
    const struct users_entry *found = NULL;
    *ret_is_ambiguous = false;
    for (size_t i = 0; i < users->count && !*ret_is_ambiguous; i++) {
        if (strcmp(users->entries[i].fields[field], value) == 0) {
            *ret_is_ambiguous = found != NULL;
            found = &users->entries[i];
        }
    }
    return found;
}

void users_free(struct users *users)
{
    for (size_t i = 0; i < users->count; i++) {
        for (size_t field = 0; field < USERS_N_FIELDS; field++) {
            free(users->entries[i].fields[field]);
        }
    }
    free(users->entries);
    *users = (struct users){NULL, 0, 0};
}
