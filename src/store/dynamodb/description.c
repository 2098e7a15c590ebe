/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/description.h"

#include "base/print.h"

#include <inttypes.h>
#include <limits.h>

#define NESTING_MAX 32

/* ---- json-c ---- */

json_object *cr_json_parse(cr_str body)
{
    json_tokener *tokener = json_tokener_new_ex(NESTING_MAX);
    json_object *parsed = NULL;
    if (tokener != NULL && body.size <= INT_MAX) {
        parsed = json_tokener_parse_ex(tokener, body.data, (int)body.size);
    }
    if (tokener != NULL) {
        json_tokener_free(tokener);
    }
    return parsed;
}

json_object *cr_json_member(json_object *object, const char *name)
{
    json_object *member = NULL;
    return json_object_is_type(object, json_type_object) &&
                   json_object_object_get_ex(object, name, &member)
               ? member
               : NULL;
}

const char *cr_json_member_text(json_object *object, const char *name)
{
    json_object *member = cr_json_member(object, name);
    return json_object_is_type(member, json_type_string) ? json_object_get_string(member) : "";
}

static bool member_is_true(json_object *object, const char *name)
{
    json_object *member = cr_json_member(object, name);
    return json_object_is_type(member, json_type_boolean) && json_object_get_boolean(member) != 0;
}

static int64_t member_number(json_object *object, const char *name)
{
    json_object *member = cr_json_member(object, name);
    return json_object_is_type(member, json_type_int) ? json_object_get_int64(member) : 0;
}

/* The element of an array of objects whose member `name` is `text`. */
static json_object *find_element(json_object *array, const char *name, const char *text)
{
    if (!json_object_is_type(array, json_type_array)) {
        return NULL;
    }
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        json_object *element = json_object_array_get_idx(array, i);
        if (strcmp(cr_json_member_text(element, name), text) == 0) {
            return element;
        }
    }
    return NULL;
}

/* ---- the description ---- */

bool cr_description_read(cr_description *description, cr_str body, cr_str index)
{
    *description = (cr_description){.answer = cr_json_parse(body)};
    description->table = cr_json_member(description->answer, "Table");
    description->index = find_element(cr_json_member(description->table, "GlobalSecondaryIndexes"),
                                      "IndexName", index.data);
    return *cr_description_status(description) != '\0';
}

void cr_description_free(cr_description *description)
{
    (void)json_object_put(description->answer);
    *description = (cr_description){0};
}

const char *cr_description_status(const cr_description *description)
{
    return cr_json_member_text(description->table, "TableStatus");
}

const char *cr_description_index_status(const cr_description *description)
{
    return cr_json_member_text(description->index, "IndexStatus");
}

/* ---- keys ---- */

typedef struct wanted_key {
    const char *attribute;
    const char *role;
    const char *words;
} wanted_key;

static bool check_key(const cr_description *description, json_object *described,
                      const char *subject, const wanted_key *key, cr_lines *differences)
{
    const char *attribute = cr_json_member_text(
        find_element(cr_json_member(described, "KeySchema"), "KeyType", key->role),
        "AttributeName");
    if (strcmp(attribute, key->attribute) != 0) {
        cr_lines_add(differences, "%s has the %s key %.*s; it must be %s", subject, key->words,
                     CR_CUT(*attribute == '\0' ? "-" : attribute, 255), key->attribute);
        return false;
    }
    const char *type =
        cr_json_member_text(find_element(cr_json_member(description->table, "AttributeDefinitions"),
                                         "AttributeName", attribute),
                            "AttributeType");
    if (strcmp(type, "S") != 0) {
        cr_lines_add(differences, "%s has the %s key %s of type %.*s; it must be S, a string",
                     subject, key->words, attribute, CR_CUT(*type == '\0' ? "-" : type, 8));
        return false;
    }
    return true;
}

#define KEYS 2

static const wanted_key table_keys[KEYS] = {
    {"pk", "HASH", "partition"},
    {"sk", "RANGE", "sort"},
};

static const wanted_key index_keys[KEYS] = {
    {"message_group_uuid", "HASH", "partition"},
    {"sk", "RANGE", "sort"},
};

/* An index may have keys of several attributes. */
static bool check_keys(const cr_description *description, json_object *described,
                       const char *subject, const wanted_key *keys, cr_lines *differences)
{
    bool is_good = true;
    json_object *schema = cr_json_member(described, "KeySchema");
    for (size_t i = 0; i < KEYS; i++) {
        is_good = check_key(description, described, subject, &keys[i], differences) && is_good;
    }
    if (is_good && json_object_array_length(schema) != KEYS) {
        cr_lines_add(differences, "%s has keys of %zu attributes; it must be %d", subject,
                     json_object_array_length(schema), KEYS);
        is_good = false;
    }
    return is_good;
}

bool cr_description_check_keys(const cr_description *description, cr_lines *differences)
{
    return check_keys(description, description->table, "the table", table_keys, differences);
}

bool cr_description_check_index_keys(const cr_description *description, cr_lines *differences)
{
    return description->index == NULL ||
           check_keys(description, description->index, "the index", index_keys, differences);
}

bool cr_description_check_index(const cr_description *description, const cr_table_names *names,
                                cr_lines *differences)
{
    if (description->index == NULL) {
        cr_lines_add(differences, "the table has no index %s", names->index.data);
        return false;
    }
    bool is_good = cr_description_check_index_keys(description, differences);
    const char *projection =
        cr_json_member_text(cr_json_member(description->index, "Projection"), "ProjectionType");
    if (strcmp(projection, "ALL") != 0) {
        cr_lines_add(differences, "the index has the projection %.*s; it must be ALL",
                     CR_CUT(*projection == '\0' ? "-" : projection, 32));
        is_good = false;
    }
    return is_good;
}

bool cr_description_check_active(const cr_description *description, cr_lines *differences)
{
    bool is_good = true;
    if (strcmp(cr_description_status(description), "ACTIVE") != 0) {
        cr_lines_add(differences, "the table is %.*s; it must be ACTIVE",
                     CR_CUT(cr_description_status(description), 64));
        is_good = false;
    }
    /* Services with no life cycle of indexes tell no status. */
    const char *status = cr_description_index_status(description);
    if (*status != '\0' && strcmp(status, "ACTIVE") != 0) {
        cr_lines_add(differences, "the index is %.*s; it must be ACTIVE", CR_CUT(status, 64));
        is_good = false;
    }
    return is_good;
}

/* ---- what may be asked for ---- */

static json_object *stream_of(const cr_description *description)
{
    return cr_json_member(description->table, "StreamSpecification");
}

bool cr_description_has_stream(const cr_description *description)
{
    return member_is_true(stream_of(description), "StreamEnabled");
}

bool cr_description_check_stream(const cr_description *description, const char *view,
                                 cr_lines *differences)
{
    const char *has = cr_json_member_text(stream_of(description), "StreamViewType");
    if (!cr_description_has_stream(description)) {
        cr_lines_add(differences, "the table has no stream; `cruddur schema load` switches one on");
        return false;
    }
    bool is_good = view == NULL
                       ? strcmp(has, "NEW_IMAGE") == 0 || strcmp(has, "NEW_AND_OLD_IMAGES") == 0
                       : strcmp(has, view) == 0;
    if (!is_good) {
        cr_lines_add(differences,
                     "the stream has the view %.*s; it must be %s. A view cannot be changed: when "
                     "all readers of the stream have come to its end, switch it off (`aws dynamodb "
                     "update-table --table-name %.*s --stream-specification "
                     "StreamEnabled=false`), and `cruddur schema load` switches on another",
                     CR_CUT(has, 32), view == NULL ? "NEW_IMAGE or NEW_AND_OLD_IMAGES" : view,
                     CR_CUT(cr_json_member_text(description->table, "TableName"), 255));
    }
    return is_good;
}

cr_capacity cr_description_capacity(json_object *described)
{
    json_object *capacity = cr_json_member(described, "ProvisionedThroughput");
    int64_t read_units = member_number(capacity, "ReadCapacityUnits");
    int64_t write_units = member_number(capacity, "WriteCapacityUnits");
    return (cr_capacity){read_units > 0 ? (size_t)read_units : 0,
                         write_units > 0 ? (size_t)write_units : 0};
}

/* The index is told only where the table is right. */
bool cr_description_check_capacity(const cr_description *description, uint32_t read_units,
                                   uint32_t write_units, cr_lines *differences)
{
    const struct {
        json_object *described;
        const char *name;
    } parts[] = {{description->table, "the table"}, {description->index, "the index"}};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && parts[i].described != NULL; i++) {
        cr_capacity has = cr_description_capacity(parts[i].described);
        if (has.read_units != read_units || has.write_units != write_units) {
            cr_lines_add(differences,
                         "%s has a capacity of %zu read and %zu write units; asked for are %" PRIu32
                         " and %" PRIu32 " (0: paid by request)",
                         parts[i].name, has.read_units, has.write_units, read_units, write_units);
            return false;
        }
    }
    return true;
}

bool cr_description_is_protected(const cr_description *description)
{
    return member_is_true(description->table, "DeletionProtectionEnabled");
}

bool cr_description_check_protection(const cr_description *description, cr_lines *differences)
{
    if (cr_description_is_protected(description)) {
        return true;
    }
    cr_lines_add(differences, "the table is not protected from deletion");
    return false;
}
