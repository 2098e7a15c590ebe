/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/schema.h"

#include "base/print.h"
#include "store/dynamodb/schema_expiry.h"
#include "store/dynamodb/schema_make.h"

/* ---- load ---- */

/* What nobody can change in a table that is there. */
static cruddur_status refuse_shape(const cr_schema_call *now, const cr_description *description)
{
    cr_lines differences;
    cr_lines_init(&differences);
    (void)cr_description_check_keys(description, &differences);
    if (description->index != NULL) {
        (void)cr_description_check_index(description, &now->table->names, &differences);
    }
    cruddur_status status = CRUDDUR_OK;
    if (differences.count > 0) {
        const char *difference = cr_lines_first(&differences);
        status = difference == NULL
                     ? cr_fail_memory(now->call->error)
                     : cr_fail_with(now->call->error, CRUDDUR_E_TABLE_SHAPE,
                                    "table %.*s: %s, and that cannot be changed; name another "
                                    "table or index in the store's URL",
                                    CR_CUT(now->table->names.table.data, 255), difference);
    }
    cr_lines_free(&differences);
    return status;
}

static cruddur_status load(cr_schema_call *now, cr_description *description)
{
    cruddur_status status = cr_schema_describe(now, description);
    if (status == CRUDDUR_OK && description->table == NULL) {
        status = cr_schema_create(now);
    }
    if (status == CRUDDUR_OK) {
        status = cr_schema_wait_until_active(now, description);
    }
    if (status == CRUDDUR_OK) {
        status = refuse_shape(now, description);
    }
    return status == CRUDDUR_OK ? cr_schema_add_settings(now, description) : status;
}

cruddur_status cr_dynamodb_schema_load(cr_store *base, const cruddur_schema_options *options,
                                       cr_call *call)
{
    cr_schema_call now;
    cr_description description = {0};
    cr_schema_begin(&now, base, options, call);
    cruddur_status status = load(&now, &description);
    cr_description_free(&description);
    cr_schema_end(&now);
    return status;
}

/* ---- verify ---- */

/* In mode `stream` the table needs a stream. The options ask for one, as they do when the table is
 * made, unless they say that none is wanted. */
static void verify_stream(const cr_schema_call *now, const cr_description *description,
                          cr_lines *differences)
{
    bool is_needed = now->table->mode == CR_MODE_STREAM;
    bool is_refused = cr_schema_has_flag(now, CRUDDUR_SCHEMA_NO_STREAM);
    const char *view = now->options == NULL ? NULL : now->options->stream_view;
    if (is_refused && cr_description_has_stream(description)) {
        cr_lines_add(differences, "the table has a stream; asked for is none");
    }
    bool is_wanted = now->options != NULL && !is_refused;
    if (is_wanted && !is_needed && !cr_description_has_stream(description)) {
        cr_lines_add(differences, "the table has no stream; `cruddur schema load` switches one on, "
                                  "and --no-stream says that none is wanted");
    } else if (is_wanted || is_needed) {
        (void)cr_description_check_stream(description, view, differences);
    }
}

/* What the options ask for, beyond what is needed in any case. */
static cruddur_status verify_options(cr_schema_call *now, const cr_description *description,
                                     cr_lines *differences)
{
    const cruddur_schema_options *options = now->options;
    if (options->read_units > 0) {
        (void)cr_description_check_capacity(description, options->read_units, options->write_units,
                                            differences);
    }
    if (cr_schema_has_flag(now, CRUDDUR_SCHEMA_DELETION_PROTECTION)) {
        (void)cr_description_check_protection(description, differences);
    }
    return cr_schema_check_backups(now, differences);
}

static cruddur_status verify(cr_schema_call *now, const cr_description *description,
                             cr_lines *differences)
{
    if (description->table == NULL) {
        cr_lines_add(differences, "there is no table %s", now->table->names.table.data);
        return CRUDDUR_OK;
    }
    (void)cr_description_check_keys(description, differences);
    (void)cr_description_check_index(description, &now->table->names, differences);
    (void)cr_description_check_active(description, differences);
    verify_stream(now, description, differences);
    cruddur_status status = cr_schema_check_expiry(now, differences);
    return status == CRUDDUR_OK && now->options != NULL
               ? verify_options(now, description, differences)
               : status;
}

cruddur_status cr_dynamodb_schema_verify(cr_store *base, const cruddur_schema_options *options,
                                         cr_lines *differences, cr_call *call)
{
    cr_schema_call now;
    cr_description description = {0};
    cr_schema_begin(&now, base, options, call);
    cruddur_status status = cr_schema_describe(&now, &description);
    if (status == CRUDDUR_OK) {
        status = verify(&now, &description, differences);
    }
    cr_description_free(&description);
    cr_schema_end(&now);
    return status;
}

/* ---- list, drop ---- */

/* Adds the names of one page of the list, and begins the request of the next; *has_more tells
 * whether there is one. */
static cruddur_status read_tables(cr_schema_call *now, cr_lines *tables, bool *has_more)
{
    json_object *answer = cr_json_parse(cr_aws_body(&now->answer));
    json_object *names = cr_json_member(answer, "TableNames");
    const char *last = cr_json_member_text(answer, "LastEvaluatedTableName");
    if (names == NULL) {
        return cr_fail_memory(now->call->error); /* the answer has them */
    }
    for (size_t i = 0; i < json_object_array_length(names); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(names, i));
        cr_lines_add(tables, "%s", name == NULL ? "" : name);
    }
    *has_more = *last != '\0';
    if (*has_more) {
        CR_JSON_ADD(&now->request, "{\"ExclusiveStartTableName\":");
        cr_json_add_string(&now->request, cr_str_of(last));
        CR_JSON_ADD(&now->request, "}");
    }
    (void)json_object_put(answer);
    return CRUDDUR_OK;
}

cruddur_status cr_dynamodb_schema_list(cr_store *base, cr_lines *tables, cr_call *call)
{
    cr_schema_call now;
    bool has_more = true;
    cruddur_status status = CRUDDUR_OK;
    cr_schema_begin(&now, base, NULL, call);
    CR_JSON_ADD(&now.request, "{}");
    while (status == CRUDDUR_OK && has_more) {
        status = cr_schema_ask(&now, CR_LIST_TABLES, NULL);
        if (status == CRUDDUR_OK) {
            status = read_tables(&now, tables, &has_more);
        }
    }
    cr_schema_end(&now);
    return status;
}

cruddur_status cr_dynamodb_schema_drop(cr_store *base, const cruddur_schema_options *options,
                                       cr_call *call)
{
    cr_schema_call now;
    cr_schema_begin(&now, base, options, call);
    cr_schema_add_table(&now);
    CR_JSON_ADD(&now.request, "}");
    cruddur_status status = cr_schema_ask(&now, CR_DELETE_TABLE, NULL);
    if (status == CRUDDUR_OK) {
        status = cr_schema_wait_until_gone(&now);
    }
    cr_schema_end(&now);
    return status;
}
