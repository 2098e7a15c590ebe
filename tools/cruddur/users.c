/* SPDX-License-Identifier: MIT */
#include "users.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cruddur/cruddur.h>
#include <json-c/json.h>

#include "csv.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define JSON_DEPTH_MAX 16
#define FIELD_NAME_SIZE 32

/* The fields that are read, in the order of field_slot(). */
enum field { FIELD_UUID, FIELD_HANDLE, FIELD_DISPLAY_NAME, FIELD_EMAIL, N_FIELDS };

static const char *const field_names[N_FIELDS] = {"uuid", "handle", "display_name", "email"};

static char **field_slot(struct users_entry *entry, size_t field)
{
    char **const slots[N_FIELDS] = {&entry->uuid, &entry->handle, &entry->display_name,
                                    &entry->email};

    return slots[field];
}

static void entry_free(struct users_entry *entry)
{
    for (size_t field = 0; field < N_FIELDS; field++) {
        free(*field_slot(entry, field));
    }
}

static bool entry_set(struct users_entry *entry, size_t field, const char *value,
                      struct problem *problem)
{
    char **slot = field_slot(entry, field);

    *slot = strdup(value);
    return *slot != NULL || problem_no_memory(problem);
}

/* Adds an entry, which it takes over whatever happens. */
static bool users_add(struct users *users, struct users_entry *entry, struct problem *problem)
{
    struct users_entry *entries;
    bool good = true;

    if (entry->uuid == NULL || entry->uuid[0] == '\0') {
        good = problem_set(problem, entry->line, "the user has no uuid");
    } else if (!cruddur_uuid_is_valid(entry->uuid)) {
        good = problem_set(problem, entry->line, "uuid: this is not a uuid");
    } else if (entry->handle == NULL || entry->handle[0] == '\0') {
        good = problem_set(problem, entry->line, "the user has no handle");
    } else if (entry->handle[0] == '@') {
        good = problem_set(problem, entry->line, "handle: it stands without @ in the file");
    }
    if (good && users->count == users->capacity) {
        size_t capacity = users->capacity > 0 ? 2 * users->capacity : 16;

        entries = realloc(users->entries, capacity * sizeof(*entries));
        if (entries != NULL) {
            users->entries = entries;
            users->capacity = capacity;
        } else {
            good = problem_no_memory(problem);
        }
    }
    if (good) {
        users->entries[users->count++] = *entry;
    } else {
        entry_free(entry);
    }
    return good;
}

/* --- CSV --------------------------------------------------------------------------------- */

/* A column's name as field_names has it: "Display name" is display_name. */
static size_t field_of_column(const char *column)
{
    char name[FIELD_NAME_SIZE];
    size_t field, n = strlen(column);

    if (n >= sizeof(name)) {
        return N_FIELDS;
    }
    for (size_t i = 0; i <= n; i++) {
        char c = column[i];

        name[i] = c == ' ' || c == '-' ? '_' : (char)tolower((unsigned char)c);
    }
    for (field = 0; field < N_FIELDS && strcmp(name, field_names[field]) != 0; field++) {
        continue;
    }
    return field;
}

/* Reads the header: `fields[i]` receives the field that column i holds. */
static bool read_header(struct csv *csv, size_t *fields, struct problem *problem)
{
    bool seen[N_FIELDS + 1] = {false};

    if (csv_next(csv, problem) != CSV_RECORD) {
        return false;
    }
    for (size_t i = 0; i < csv->n_fields; i++) {
        fields[i] = field_of_column(csv_field(csv, i));
        if (fields[i] < N_FIELDS && seen[fields[i]]) {
            return problem_set(problem, csv->record_line, "the column %s is there twice",
                               field_names[fields[i]]);
        }
        seen[fields[i]] = true;
    }
    for (size_t field = FIELD_UUID; field <= FIELD_HANDLE; field++) {
        if (!seen[field]) {
            return problem_set(problem, csv->record_line,
                               "the header line names no column %s (a users file is JSON or CSV "
                               "with the columns uuid, handle, display_name, email)",
                               field_names[field]);
        }
    }
    return true;
}

static bool read_record(struct users *users, const struct csv *csv, const size_t *fields,
                        size_t n_columns, struct problem *problem)
{
    struct users_entry entry = {NULL, NULL, NULL, NULL, csv->record_line};

    if (csv->n_fields != n_columns) {
        return problem_set(problem, csv->record_line,
                           "the line has %zu fields; the header line has %zu", csv->n_fields,
                           n_columns);
    }
    for (size_t i = 0; i < n_columns; i++) {
        if (fields[i] < N_FIELDS && !entry_set(&entry, fields[i], csv_field(csv, i), problem)) {
            entry_free(&entry);
            return false;
        }
    }
    return users_add(users, &entry, problem);
}

static bool read_csv(struct users *users, const char *text, size_t length, struct problem *problem)
{
    size_t fields[CSV_FIELDS_MAX];
    enum csv_status status = CSV_BAD;
    size_t n_columns;
    struct csv csv;

    csv_init(&csv, text, length);
    if (read_header(&csv, fields, problem)) {
        n_columns = csv.n_fields;
        while ((status = csv_next(&csv, problem)) == CSV_RECORD) {
            if (!read_record(users, &csv, fields, n_columns, problem)) {
                status = CSV_BAD;
                break;
            }
        }
    }
    csv_free(&csv);
    return status == CSV_END;
}

/* --- JSON -------------------------------------------------------------------------------- */

/* Skips a string; `at` is on its opening quote. Returns where it stands after the closing one. */
static size_t skip_string(const char *text, size_t length, size_t at)
{
    for (at++; at < length && text[at] != '"'; at++) {
        at += text[at] == '\\';
    }
    return at + 1;
}

static size_t skip_space(const char *text, size_t length, size_t at)
{
    while (at < length && strchr(" \t\r\n", text[at]) != NULL) {
        at++;
    }
    return at;
}

/* Where the array of users opens, in a text that the JSON parser has accepted. */
static size_t find_array(const char *text, size_t length)
{
    size_t depth = 0, start, at = skip_space(text, length, 0);

    if (at < length && text[at] == '[') {
        return at;
    }
    while (at < length) {
        if (text[at] != '"') {
            depth += text[at] == '{' || text[at] == '[';
            depth -= text[at] == '}' || text[at] == ']';
            at++;
            continue;
        }
        start = at;
        at = skip_space(text, length, skip_string(text, length, at));
        if (depth == 1 && strncmp(text + start, "\"users\"", 7) == 0 && at < length &&
            text[at] == ':') {
            return skip_space(text, length, at + 1);
        }
    }
    return length;
}

/* Walks along the array of users beside the JSON parser, which keeps no places. */
struct walk {
    const char *text;
    size_t length;
    size_t at;
    size_t line;
};

static void walk_to(struct walk *walk, size_t at)
{
    if (at > walk->length) {
        at = walk->length;
    }
    walk->line += problem_line_at(walk->text + walk->at, at - walk->at) - 1;
    walk->at = at;
}

/* The line where the next element begins. */
static size_t walk_next(struct walk *walk)
{
    size_t at = skip_space(walk->text, walk->length, walk->at + 1);
    size_t depth = 0, line;

    walk_to(walk, at);
    line = walk->line;
    while (at < walk->length && (depth > 0 || walk->text[at] != ',')) {
        if (walk->text[at] == '"') {
            at = skip_string(walk->text, walk->length, at);
            continue;
        }
        depth += walk->text[at] == '{' || walk->text[at] == '[';
        depth -= walk->text[at] == '}' || walk->text[at] == ']';
        at++;
    }
    walk_to(walk, at);
    return line;
}

static struct json_object *parse_json(const char *text, size_t length, struct problem *problem)
{
    struct json_tokener *tokener;
    struct json_object *root;
    enum json_tokener_error error;

    if (length > INT32_MAX) {
        (void)problem_set(problem, 0, "the file is too large");
        return NULL;
    }
    tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
    if (tokener == NULL) {
        (void)problem_no_memory(problem);
        return NULL;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    root = json_tokener_parse_ex(tokener, text, (int)length);
    error = json_tokener_get_error(tokener);
    if (error == json_tokener_continue) {
        (void)problem_set(problem, problem_line_at(text, length), "the JSON ends too early");
    } else if (error != json_tokener_success) {
        (void)problem_set(problem, problem_line_at(text, json_tokener_get_parse_end(tokener)),
                          "this is not JSON: %s", json_tokener_error_desc(error));
    }
    json_tokener_free(tokener);
    if (error != json_tokener_success) {
        json_object_put(root);
        return NULL;
    }
    return root;
}

/* Copies a field of a JSON object; null is as good as missing. */
static bool read_member(struct users_entry *entry, struct json_object *object, size_t field,
                        struct problem *problem)
{
    struct json_object *value = json_object_object_get(object, field_names[field]);
    const char *text;

    if (value == NULL) {
        return true;
    }
    if (!json_object_is_type(value, json_type_string)) {
        return problem_set(problem, entry->line, "%s: it must be a string", field_names[field]);
    }
    text = json_object_get_string(value);
    if (text == NULL) {
        return problem_no_memory(problem);
    }
    if (strlen(text) != (size_t)json_object_get_string_len(value)) {
        return problem_set(problem, entry->line, "%s: it has a NUL character", field_names[field]);
    }
    return entry_set(entry, field, text, problem);
}

static bool read_object(struct users *users, struct json_object *object, size_t line,
                        struct problem *problem)
{
    struct users_entry entry = {NULL, NULL, NULL, NULL, line};

    if (!json_object_is_type(object, json_type_object)) {
        return problem_set(problem, line, "every user is an object");
    }
    for (size_t field = 0; field < N_FIELDS; field++) {
        if (!read_member(&entry, object, field, problem)) {
            entry_free(&entry);
            return false;
        }
    }
    return users_add(users, &entry, problem);
}

static bool read_json(struct users *users, const char *text, size_t length, struct problem *problem)
{
    struct json_object *root = parse_json(text, length, problem);
    struct json_object *list = root;
    struct walk walk = {text, length, 0, 1};
    bool good = root != NULL;

    if (good && json_object_is_type(root, json_type_object)) {
        list = json_object_object_get(root, "users");
    }
    if (good && !json_object_is_type(list, json_type_array)) {
        good = problem_set(problem, 1,
                           "the JSON is neither an array of users nor an object "
                           "with the array \"users\"");
    }
    if (good) {
        walk_to(&walk, find_array(text, length));
    }
    for (size_t i = 0; good && i < json_object_array_length(list); i++) {
        good = read_object(users, json_object_array_get_idx(list, i), walk_next(&walk), problem);
    }
    json_object_put(root);
    return good;
}

/* --- both -------------------------------------------------------------------------------- */

static int compare_handles(const void *a, const void *b)
{
    return strcmp(((const struct users_entry *)a)->handle, ((const struct users_entry *)b)->handle);
}

static int compare_uuids(const void *a, const void *b)
{
    return strcasecmp(((const struct users_entry *)a)->uuid, ((const struct users_entry *)b)->uuid);
}

/* Sorts by one field, and refuses two entries that have it in common. */
static bool sort_distinct(struct users *users, int (*compare)(const void *, const void *),
                          const char *what, struct problem *problem)
{
    struct users_entry *entries = users->entries;
    size_t first, second;

    if (users->count == 0) {
        return true;
    }
    qsort(entries, users->count, sizeof(*entries), compare);
    for (size_t i = 1; i < users->count; i++) {
        if (compare(&entries[i - 1], &entries[i]) != 0) {
            continue;
        }
        first = entries[i - 1].line < entries[i].line ? entries[i - 1].line : entries[i].line;
        second = entries[i - 1].line < entries[i].line ? entries[i].line : entries[i - 1].line;
        return problem_set(problem, second, "two users have the same %s; the other is on line %zu",
                           what, first);
    }
    return true;
}

bool users_parse(struct users *users, const char *text, size_t length, struct problem *problem)
{
    size_t start, mark = length >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0 ? 3 : 0;
    bool good;

    *users = (struct users){NULL, 0, 0};
    if (!problem_check_text(text, length, problem)) {
        return false;
    }
    text += mark;
    length -= mark;
    start = skip_space(text, length, 0);
    if (start == length) {
        return problem_set(problem, 0, "the file is empty");
    }
    if (text[start] == '[' || text[start] == '{') {
        good = read_json(users, text, length, problem);
    } else {
        good = read_csv(users, text, length, problem);
    }
    good = good && sort_distinct(users, compare_uuids, "uuid", problem) &&
           sort_distinct(users, compare_handles, "handle", problem);
    if (!good) {
        users_free(users);
    }
    return good;
}

const struct users_entry *users_by_handle(const struct users *users, const char *handle)
{
    size_t low = 0, high = users->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(handle, users->entries[middle].handle);

        if (order == 0) {
            return &users->entries[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const struct users_entry *users_by_uuid(const struct users *users, const char *uuid)
{
    for (size_t i = 0; i < users->count; i++) {
        if (strcasecmp(users->entries[i].uuid, uuid) == 0) {
            return &users->entries[i];
        }
    }
    return NULL;
}

void users_free(struct users *users)
{
    for (size_t i = 0; i < users->count; i++) {
        entry_free(&users->entries[i]);
    }
    free(users->entries);
    *users = (struct users){NULL, 0, 0};
}
