/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/schema.h"

#include <stdlib.h>

#include "base/clock.h"
#include "store/dynamodb/description.h"

#define REQUEST_MAX ((size_t)64 * 1024)

/* Between two looks at a table that is being made. */
#define POLL_FIRST_US INT64_C(50000)
#define POLL_MAX_US INT64_C(1000000)

/* What all calls about one table share. */
typedef struct calling {
    cr_dynamodb *table;
    const cruddur_schema_options *options; /* may be NULL */
    cr_call *call;
    cr_buffer request;
    cr_aws_answer answer;
} calling;

static void begin(calling *now, cr_store *base, const cruddur_schema_options *options,
                  cr_call *call)
{
    *now = (calling){.table = (cr_dynamodb *)base, .options = options, .call = call};
    cr_buffer_init(&now->request, REQUEST_MAX);
    cr_aws_answer_init(&now->answer);
}

static void end(calling *now)
{
    cr_buffer_free(&now->request);
    cr_aws_answer_free(&now->answer);
}

/* ---- requests ---- */

static void add_text(calling *now, const char *text)
{
    cr_json_add(&now->request, cr_str_of(text));
}

static void add_table(calling *now)
{
    add_text(now, "{\"TableName\":\"");
    cr_json_add(&now->request, now->table->names.table);
    add_text(now, "\"");
}

/* Sends the request; a success, or one of the codes that are not to be taken for a failure. */
static cruddur_status ask(calling *now, cr_operation operation, const char *accepted_code)
{
    cruddur_status status =
        cr_dynamodb_send(now->table, operation, &now->request, now->call, &now->answer);
    if (status != CRUDDUR_OK || cr_aws_is_ok(&now->answer) ||
        (accepted_code != NULL && cr_dynamodb_is_code(&now->answer, accepted_code))) {
        return status;
    }
    return cr_dynamodb_fail(now->table, operation, &now->answer, now->call->error);
}

/* A table that is not there is described by nothing. */
static cruddur_status describe(calling *now, cr_description *description)
{
    *description = (cr_description){0};
    add_table(now);
    add_text(now, "}");
    cruddur_status status = ask(now, CR_DESCRIBE_TABLE, "ResourceNotFoundException");
    if (status != CRUDDUR_OK || !cr_aws_is_ok(&now->answer)) {
        return status;
    }
    if (!cr_description_read(description, cr_aws_body(&now->answer), now->table->names.index)) {
        cr_description_free(description);
        return cr_dynamodb_fail_garbage(now->table, CR_DESCRIBE_TABLE, &now->answer,
                                        now->call->error);
    }
    return CRUDDUR_OK;
}

/* ---- waiting ---- */

static void tell(const calling *now, const char *text)
{
    if (now->options != NULL && now->options->progress != NULL) {
        now->options->progress(now->options->progress_data, text);
    }
}

/* Sleeps before the next look; CRUDDUR_E_TIMEOUT where the deadline would pass meanwhile. */
static cruddur_status wait_for(const calling *now, const char *what, int64_t *pause_us)
{
    tell(now, what);
    if (cr_clock_monotonic_us() + *pause_us >= now->call->deadline_us) {
        return cr_fail_with(now->call->error, CRUDDUR_E_TIMEOUT,
                            "the deadline passed while table %.255s: %s",
                            now->table->names.table.data, what);
    }
    cr_clock_sleep_us(*pause_us);
    *pause_us = *pause_us * 2 < POLL_MAX_US ? *pause_us * 2 : POLL_MAX_US;
    return CRUDDUR_OK;
}

/* What keeps the table from being used, in words; NULL: nothing, or memory ran out. */
static char *first_line(cr_lines *lines)
{
    return lines->count == 0 ? NULL : cr_lines_take(lines);
}

/* Waits until the table is there, and active with its index. The description is renewed. */
static cruddur_status wait_until_active(calling *now, cr_description *description)
{
    int64_t pause_us = POLL_FIRST_US;
    for (;;) {
        cr_description_free(description);
        cruddur_status status = describe(now, description);
        if (status != CRUDDUR_OK) {
            return status;
        }
        cr_lines obstacles;
        cr_lines_init(&obstacles);
        if (description->table == NULL) {
            cr_lines_add(&obstacles, "it is not there yet");
        } else {
            (void)cr_description_check_active(description, &obstacles);
        }
        bool is_free = obstacles.count == 0;
        char *obstacle = first_line(&obstacles);
        cr_lines_free(&obstacles);
        if (obstacle == NULL) {
            return is_free ? CRUDDUR_OK : cr_fail_memory(now->call->error);
        }
        status = wait_for(now, cr_lines_at(obstacle, 0), &pause_us);
        free(obstacle);
        if (status != CRUDDUR_OK) {
            return status;
        }
    }
}

static cruddur_status wait_until_gone(calling *now)
{
    int64_t pause_us = POLL_FIRST_US;
    for (;;) {
        cr_description description;
        cruddur_status status = describe(now, &description);
        bool is_gone = status == CRUDDUR_OK && description.table == NULL;
        cr_description_free(&description);
        if (status != CRUDDUR_OK || is_gone) {
            return status;
        }
        status = wait_for(now, "the table is being deleted", &pause_us);
        if (status != CRUDDUR_OK) {
            return status;
        }
    }
}

/* ---- making ---- */

static bool has_flag(const calling *now, uint32_t flag)
{
    return now->options != NULL && (now->options->flags & flag) != 0;
}

static cr_capacity asked_capacity(const calling *now)
{
    return (cr_capacity){now->options->read_units, now->options->write_units};
}

static void add_throughput(calling *now, cr_capacity capacity)
{
    add_text(now, "\"ProvisionedThroughput\":{\"ReadCapacityUnits\":");
    cr_json_add_number(&now->request, capacity.read_units);
    add_text(now, ",\"WriteCapacityUnits\":");
    cr_json_add_number(&now->request, capacity.write_units);
    add_text(now, "}");
}

static void add_index(calling *now, cr_capacity capacity)
{
    add_text(now, "{\"IndexName\":\"");
    cr_json_add(&now->request, now->table->names.index);
    add_text(now, "\",\"KeySchema\":["
                  "{\"AttributeName\":\"message_group_uuid\",\"KeyType\":\"HASH\"},"
                  "{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}],"
                  "\"Projection\":{\"ProjectionType\":\"ALL\"}");
    if (capacity.read_units > 0) {
        add_text(now, ",");
        add_throughput(now, capacity);
    }
    add_text(now, "}");
}

static void add_attributes(calling *now)
{
    add_text(now, ",\"AttributeDefinitions\":["
                  "{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},"
                  "{\"AttributeName\":\"sk\",\"AttributeType\":\"S\"},"
                  "{\"AttributeName\":\"message_group_uuid\",\"AttributeType\":\"S\"}]");
}

static void add_stream(calling *now)
{
    const char *view = now->options->stream_view;
    add_text(now, ",\"StreamSpecification\":{\"StreamEnabled\":true,\"StreamViewType\":\"");
    add_text(now, view == NULL ? "NEW_IMAGE" : view);
    add_text(now, "\"}");
}

/* Somebody else may be making it at the same moment. */
static cruddur_status create(calling *now)
{
    add_table(now);
    add_attributes(now);
    add_text(now, ",\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"},"
                  "{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}],"
                  "\"GlobalSecondaryIndexes\":[");
    cr_capacity capacity = asked_capacity(now);
    add_index(now, capacity);
    add_text(now, "]");
    if (capacity.read_units > 0) {
        add_text(now, ",\"BillingMode\":\"PROVISIONED\",");
        add_throughput(now, capacity);
    } else {
        add_text(now, ",\"BillingMode\":\"PAY_PER_REQUEST\"");
    }
    if (!has_flag(now, CRUDDUR_SCHEMA_NO_STREAM)) {
        add_stream(now);
    }
    if (has_flag(now, CRUDDUR_SCHEMA_DELETION_PROTECTION)) {
        add_text(now, ",\"DeletionProtectionEnabled\":true");
    }
    add_text(now, "}");
    tell(now, "the table is being made");
    return ask(now, CR_CREATE_TABLE, "ResourceInUseException");
}

/* ---- what a table that is there may lack ---- */

static cruddur_status update(calling *now, cr_description *description)
{
    cruddur_status status = ask(now, CR_UPDATE_TABLE, NULL);
    return status == CRUDDUR_OK ? wait_until_active(now, description) : status;
}

static cruddur_status add_missing_index(calling *now, cr_description *description)
{
    if (description->index != NULL) {
        return CRUDDUR_OK;
    }
    /* The index is paid for as the table is, which stays as it is. */
    cr_capacity capacity = cr_description_capacity(description);
    if (capacity.read_units > 0 && now->options->read_units > 0) {
        capacity = asked_capacity(now);
    }
    add_table(now);
    add_attributes(now);
    add_text(now, ",\"GlobalSecondaryIndexUpdates\":[{\"Create\":");
    add_index(now, capacity);
    add_text(now, "}]}");
    return update(now, description);
}

static cruddur_status add_missing_stream(calling *now, cr_description *description)
{
    if (has_flag(now, CRUDDUR_SCHEMA_NO_STREAM) || cr_description_has_stream(description)) {
        return CRUDDUR_OK;
    }
    add_table(now);
    add_stream(now);
    add_text(now, "}");
    return update(now, description);
}

static cruddur_status add_missing_protection(calling *now, cr_description *description)
{
    cr_lines lines;
    cr_lines_init(&lines);
    bool is_there = !has_flag(now, CRUDDUR_SCHEMA_DELETION_PROTECTION) ||
                    cr_description_check_protection(description, &lines);
    cr_lines_free(&lines);
    if (is_there) {
        return CRUDDUR_OK;
    }
    add_table(now);
    add_text(now, ",\"DeletionProtectionEnabled\":true}");
    return update(now, description);
}

/* ---- expiry, backups: settings with calls of their own ---- */

/* "ENABLED", "ENABLING" … and the attribute, which lives as long as *answer. */
static cruddur_status read_expiry(calling *now, json_object **answer, const char **status_text,
                                  const char **attribute)
{
    add_table(now);
    add_text(now, "}");
    cruddur_status status = ask(now, CR_DESCRIBE_TIME_TO_LIVE, NULL);
    if (status == CRUDDUR_OK) {
        *answer = cr_json_parse(cr_aws_body(&now->answer));
        json_object *expiry = cr_json_member(*answer, "TimeToLiveDescription");
        *status_text = cr_json_member_text(expiry, "TimeToLiveStatus");
        *attribute = cr_json_member_text(expiry, "AttributeName");
    }
    return status;
}

static bool is_on(const char *status_text)
{
    return strcmp(status_text, "ENABLED") == 0 || strcmp(status_text, "ENABLING") == 0;
}

static cruddur_status check_expiry(calling *now, bool *is_right, cr_lines *differences)
{
    json_object *answer = NULL;
    const char *status_text;
    const char *attribute;
    const char *wanted = now->options->ttl_attribute;
    cruddur_status status = read_expiry(now, &answer, &status_text, &attribute);
    if (status == CRUDDUR_OK) {
        *is_right = is_on(status_text) && strcmp(attribute, wanted) == 0;
        if (!*is_right && is_on(status_text)) {
            cr_lines_add(differences, "rows expire by the attribute %.255s; asked for is %.255s",
                         attribute, wanted);
        } else if (!*is_right) {
            cr_lines_add(differences, "rows do not expire; asked for is the attribute %.255s",
                         wanted);
        }
    }
    (void)json_object_put(answer);
    return status;
}

static cruddur_status add_missing_expiry(calling *now)
{
    bool is_right = true;
    cr_lines lines;
    cr_lines_init(&lines);
    cruddur_status status =
        now->options->ttl_attribute == NULL ? CRUDDUR_OK : check_expiry(now, &is_right, &lines);
    cr_lines_free(&lines);
    if (status != CRUDDUR_OK || is_right) {
        return status;
    }
    add_table(now);
    add_text(now, ",\"TimeToLiveSpecification\":{\"Enabled\":true,\"AttributeName\":");
    cr_json_add_string(&now->request, cr_str_of(now->options->ttl_attribute));
    add_text(now, "}}");
    return ask(now, CR_UPDATE_TIME_TO_LIVE, NULL);
}

/* Not every service has such backups: what it lacks is told, and is no failure. */
static cruddur_status add_missing_backups(calling *now)
{
    if (!has_flag(now, CRUDDUR_SCHEMA_POINT_IN_TIME_RECOVERY)) {
        return CRUDDUR_OK;
    }
    add_table(now);
    add_text(now, ",\"PointInTimeRecoverySpecification\":{\"PointInTimeRecoveryEnabled\":true}}");
    cruddur_status status = ask(now, CR_UPDATE_CONTINUOUS_BACKUPS, "UnknownOperationException");
    if (status == CRUDDUR_OK && !cr_aws_is_ok(&now->answer)) {
        cr_log_line(&now->call->logger, CRUDDUR_LOG_WARNING,
                    "the service has no point-in-time recovery");
    }
    return status;
}

static cruddur_status check_backups(calling *now, cr_lines *differences)
{
    add_table(now);
    add_text(now, "}");
    cruddur_status status = ask(now, CR_DESCRIBE_CONTINUOUS_BACKUPS, "UnknownOperationException");
    if (status != CRUDDUR_OK) {
        return status;
    }
    json_object *answer =
        cr_aws_is_ok(&now->answer) ? cr_json_parse(cr_aws_body(&now->answer)) : NULL;
    json_object *backups = cr_json_member(answer, "ContinuousBackupsDescription");
    json_object *recovery = cr_json_member(backups, "PointInTimeRecoveryDescription");
    if (strcmp(cr_json_member_text(recovery, "PointInTimeRecoveryStatus"), "ENABLED") != 0) {
        cr_lines_add(differences, "%s",
                     cr_aws_is_ok(&now->answer) ? "the table has no point-in-time recovery"
                                                : "the service has no point-in-time recovery");
    }
    (void)json_object_put(answer);
    return CRUDDUR_OK;
}

/* ---- the four calls ---- */

/* What nobody can change in a table that is there. */
static cruddur_status refuse_shape(const calling *now, const cr_description *description)
{
    cr_lines differences;
    cr_lines_init(&differences);
    (void)cr_description_check_keys(description, &differences);
    if (description->index != NULL) {
        (void)cr_description_check_index(description, &now->table->names, &differences);
    }
    char *difference = first_line(&differences);
    cr_lines_free(&differences);
    if (difference == NULL) {
        return CRUDDUR_OK;
    }
    cruddur_status status = cr_fail_with(now->call->error, CRUDDUR_E_TABLE_SHAPE,
                                         "table %.255s: %s, and that cannot be changed; name "
                                         "another table or index in the store's URL",
                                         now->table->names.table.data, cr_lines_at(difference, 0));
    free(difference);
    return status;
}

static cruddur_status load(calling *now, cr_description *description)
{
    cruddur_status status = describe(now, description);
    if (status == CRUDDUR_OK && description->table == NULL) {
        status = create(now);
    }
    if (status == CRUDDUR_OK) {
        status = wait_until_active(now, description);
    }
    if (status == CRUDDUR_OK) {
        status = refuse_shape(now, description);
    }
    if (status == CRUDDUR_OK) {
        status = add_missing_index(now, description);
    }
    if (status == CRUDDUR_OK) {
        status = add_missing_stream(now, description);
    }
    if (status == CRUDDUR_OK) {
        status = add_missing_protection(now, description);
    }
    if (status == CRUDDUR_OK) {
        status = add_missing_expiry(now);
    }
    return status == CRUDDUR_OK ? add_missing_backups(now) : status;
}

cruddur_status cr_dynamodb_schema_load(cr_store *base, const cruddur_schema_options *options,
                                       cr_call *call)
{
    calling now;
    cr_description description = {0};
    begin(&now, base, options, call);
    cruddur_status status = load(&now, &description);
    cr_description_free(&description);
    end(&now);
    return status;
}

/* What the options ask for, beyond what is needed in any case. */
static cruddur_status verify_options(calling *now, const cr_description *description,
                                     cr_lines *differences)
{
    const cruddur_schema_options *options = now->options;
    bool is_right;
    cruddur_status status = CRUDDUR_OK;
    if (options->read_units > 0) {
        (void)cr_description_check_capacity(description, options->read_units, options->write_units,
                                            differences);
    }
    if (has_flag(now, CRUDDUR_SCHEMA_NO_STREAM) && cr_description_has_stream(description)) {
        cr_lines_add(differences, "the table has a stream; asked for is none");
    }
    if (has_flag(now, CRUDDUR_SCHEMA_DELETION_PROTECTION)) {
        (void)cr_description_check_protection(description, differences);
    }
    if (options->ttl_attribute != NULL) {
        status = check_expiry(now, &is_right, differences);
    }
    if (status == CRUDDUR_OK && has_flag(now, CRUDDUR_SCHEMA_POINT_IN_TIME_RECOVERY)) {
        status = check_backups(now, differences);
    }
    return status;
}

static cruddur_status verify(calling *now, const cr_description *description, cr_lines *differences)
{
    if (description->table == NULL) {
        cr_lines_add(differences, "there is no table %s", now->table->names.table.data);
        return CRUDDUR_OK;
    }
    const char *view = now->options == NULL ? NULL : now->options->stream_view;
    (void)cr_description_check_keys(description, differences);
    (void)cr_description_check_index(description, &now->table->names, differences);
    (void)cr_description_check_active(description, differences);
    if (view != NULL || now->table->mode == CR_MODE_STREAM) {
        (void)cr_description_check_stream(description, view, differences);
    }
    return now->options == NULL ? CRUDDUR_OK : verify_options(now, description, differences);
}

cruddur_status cr_dynamodb_schema_verify(cr_store *base, const cruddur_schema_options *options,
                                         cr_lines *differences, cr_call *call)
{
    calling now;
    cr_description description;
    begin(&now, base, options, call);
    cruddur_status status = describe(&now, &description);
    if (status == CRUDDUR_OK) {
        status = verify(&now, &description, differences);
    }
    cr_description_free(&description);
    end(&now);
    return status;
}

/* Adds the names of one page of the list, and begins the request of the next; *has_more tells
 * whether there is one. */
static cruddur_status read_tables(calling *now, cr_lines *tables, bool *has_more)
{
    json_object *answer = cr_json_parse(cr_aws_body(&now->answer));
    json_object *names = cr_json_member(answer, "TableNames");
    const char *last = cr_json_member_text(answer, "LastEvaluatedTableName");
    bool is_good = json_object_is_type(names, json_type_array);
    for (size_t i = 0; is_good && i < json_object_array_length(names); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(names, i));
        cr_lines_add(tables, "%s", name == NULL ? "" : name);
    }
    *has_more = is_good && *last != '\0';
    if (*has_more) {
        add_text(now, "{\"ExclusiveStartTableName\":");
        cr_json_add_string(&now->request, cr_str_of(last));
        add_text(now, "}");
    }
    (void)json_object_put(answer);
    return is_good ? CRUDDUR_OK
                   : cr_dynamodb_fail_garbage(now->table, CR_LIST_TABLES, &now->answer,
                                              now->call->error);
}

cruddur_status cr_dynamodb_schema_list(cr_store *base, cr_lines *tables, cr_call *call)
{
    calling now;
    bool has_more = true;
    cruddur_status status = CRUDDUR_OK;
    begin(&now, base, NULL, call);
    add_text(&now, "{}");
    while (status == CRUDDUR_OK && has_more) {
        status = ask(&now, CR_LIST_TABLES, NULL);
        if (status == CRUDDUR_OK) {
            status = read_tables(&now, tables, &has_more);
        }
    }
    end(&now);
    return status;
}

cruddur_status cr_dynamodb_schema_drop(cr_store *base, const cruddur_schema_options *options,
                                       cr_call *call)
{
    calling now;
    begin(&now, base, options, call);
    add_table(&now);
    add_text(&now, "}");
    cruddur_status status = ask(&now, CR_DELETE_TABLE, NULL);
    if (status == CRUDDUR_OK) {
        status = wait_until_gone(&now);
    }
    end(&now);
    return status;
}
