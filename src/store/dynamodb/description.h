/* SPDX-License-Identifier: MIT */
/* A table as the service describes it, compared with what it must be. */
#ifndef CR_STORE_DYNAMODB_DESCRIPTION_H
#define CR_STORE_DYNAMODB_DESCRIPTION_H

#include <json-c/json.h>

#include "base/lines.h"
#include "store/dynamodb/request.h"

/* The answer to DescribeTable; all NULL: there is no such table. */
typedef struct cr_description {
    json_object *answer;
    json_object *table; /* in it */
    json_object *index; /* in it; NULL: the table has none of this name */
} cr_description;

/* False where the text does not describe a table. */
bool cr_description_read(cr_description *description, cr_str body, cr_str index);

void cr_description_free(cr_description *description);

/* "ACTIVE", "CREATING", …; empty where it is missing. */
const char *cr_description_status(const cr_description *description);
const char *cr_description_index_status(const cr_description *description);

/* Each adds a line for each difference, and returns whether there was none. */
bool cr_description_check_keys(const cr_description *description, cr_lines *differences);
bool cr_description_check_index(const cr_description *description, const cr_table_names *names,
                                cr_lines *differences);
bool cr_description_check_index_keys(const cr_description *description, cr_lines *differences);
bool cr_description_check_active(const cr_description *description, cr_lines *differences);

/* The same for what may be asked for. `view` NULL: any stream with new images. */
bool cr_description_check_stream(const cr_description *description, const char *view,
                                 cr_lines *differences);
bool cr_description_check_capacity(const cr_description *description, uint32_t read_units,
                                   uint32_t write_units, cr_lines *differences);
bool cr_description_check_protection(const cr_description *description, cr_lines *differences);

/* What the table was given; 0: it is paid for by request. */
typedef struct cr_capacity {
    size_t read_units;
    size_t write_units;
} cr_capacity;

/* Of the table, or of the index. */
cr_capacity cr_description_capacity(json_object *described);

bool cr_description_has_stream(const cr_description *description);
bool cr_description_is_protected(const cr_description *description);

/* A member of an object, wherever there is one of that name and type; else NULL, "", 0, false. */
json_object *cr_json_member(json_object *object, const char *name);
const char *cr_json_member_text(json_object *object, const char *name);

/* The answer of any other call about the table; NULL for what is not JSON. */
json_object *cr_json_parse(cr_str body);

#endif
