/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/schema_make.h"

#include "store/dynamodb/schema_expiry.h"

/* ---- making ---- */

static cr_capacity asked_capacity(const cr_schema_call *now)
{
    return (cr_capacity){now->options->read_units, now->options->write_units};
}

static void add_throughput(cr_schema_call *now, cr_capacity capacity)
{
    CR_JSON_ADD(&now->request, "\"ProvisionedThroughput\":{\"ReadCapacityUnits\":");
    cr_json_add_number(&now->request, capacity.read_units);
    CR_JSON_ADD(&now->request, ",\"WriteCapacityUnits\":");
    cr_json_add_number(&now->request, capacity.write_units);
    CR_JSON_ADD(&now->request, "}");
}

static void add_index(cr_schema_call *now, cr_capacity capacity)
{
    CR_JSON_ADD(&now->request, "{\"IndexName\":\"");
    cr_buffer_add(&now->request, now->table->names.index);
    CR_JSON_ADD(&now->request, "\",\"KeySchema\":["
                               "{\"AttributeName\":\"message_group_uuid\",\"KeyType\":\"HASH\"},"
                               "{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}],"
                               "\"Projection\":{\"ProjectionType\":\"ALL\"}");
    if (capacity.read_units > 0) {
        CR_JSON_ADD(&now->request, ",");
        add_throughput(now, capacity);
    }
    CR_JSON_ADD(&now->request, "}");
}

static void add_attributes(cr_schema_call *now)
{
    CR_JSON_ADD(&now->request,
                ",\"AttributeDefinitions\":["
                "{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},"
                "{\"AttributeName\":\"sk\",\"AttributeType\":\"S\"},"
                "{\"AttributeName\":\"message_group_uuid\",\"AttributeType\":\"S\"}]");
}

static void add_stream(cr_schema_call *now)
{
    const char *view = now->options->stream_view;
    CR_JSON_ADD(&now->request,
                ",\"StreamSpecification\":{\"StreamEnabled\":true,\"StreamViewType\":\"");
    cr_buffer_add(&now->request, cr_str_of(view == NULL ? "NEW_IMAGE" : view));
    CR_JSON_ADD(&now->request, "\"}");
}

/* Somebody else may be making it at the same moment. */
cruddur_status cr_schema_create(cr_schema_call *now)
{
    cr_schema_add_table(now);
    add_attributes(now);
    CR_JSON_ADD(&now->request, ",\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"},"
                               "{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}],"
                               "\"GlobalSecondaryIndexes\":[");
    cr_capacity capacity = asked_capacity(now);
    add_index(now, capacity);
    CR_JSON_ADD(&now->request, "]");
    if (capacity.read_units > 0) {
        CR_JSON_ADD(&now->request, ",\"BillingMode\":\"PROVISIONED\",");
        add_throughput(now, capacity);
    } else {
        CR_JSON_ADD(&now->request, ",\"BillingMode\":\"PAY_PER_REQUEST\"");
    }
    if (!cr_schema_has_flag(now, CRUDDUR_SCHEMA_NO_STREAM)) {
        add_stream(now);
    }
    if (cr_schema_has_flag(now, CRUDDUR_SCHEMA_DELETION_PROTECTION)) {
        CR_JSON_ADD(&now->request, ",\"DeletionProtectionEnabled\":true");
    }
    CR_JSON_ADD(&now->request, "}");
    cr_schema_tell(now, "the table is being made");
    return cr_schema_ask(now, CR_CREATE_TABLE, "ResourceInUseException");
}

/* ---- what a table that is there may lack ---- */

static cruddur_status has_index(cr_schema_call *now, const cr_description *description, bool *has)
{
    (void)now;
    *has = description->index != NULL;
    return CRUDDUR_OK;
}

/* The index is paid for as the table is, which stays as it is. */
static cruddur_status add_missing_index(cr_schema_call *now, const cr_description *description)
{
    cr_capacity capacity = cr_description_capacity(description->table);
    if (capacity.read_units > 0 && now->options->read_units > 0) {
        capacity = asked_capacity(now);
    }
    cr_schema_add_table(now);
    add_attributes(now);
    CR_JSON_ADD(&now->request, ",\"GlobalSecondaryIndexUpdates\":[{\"Create\":");
    add_index(now, capacity);
    CR_JSON_ADD(&now->request, "}]}");
    return cr_schema_ask(now, CR_UPDATE_TABLE, NULL);
}

static cruddur_status has_stream(cr_schema_call *now, const cr_description *description, bool *has)
{
    *has =
        cr_schema_has_flag(now, CRUDDUR_SCHEMA_NO_STREAM) || cr_description_has_stream(description);
    return CRUDDUR_OK;
}

static cruddur_status add_missing_stream(cr_schema_call *now, const cr_description *description)
{
    (void)description;
    cr_schema_add_table(now);
    add_stream(now);
    CR_JSON_ADD(&now->request, "}");
    return cr_schema_ask(now, CR_UPDATE_TABLE, NULL);
}

static cruddur_status has_protection(cr_schema_call *now, const cr_description *description,
                                     bool *has)
{
    *has = !cr_schema_has_flag(now, CRUDDUR_SCHEMA_DELETION_PROTECTION) ||
           cr_description_is_protected(description);
    return CRUDDUR_OK;
}

static cruddur_status add_missing_protection(cr_schema_call *now, const cr_description *description)
{
    (void)description;
    cr_schema_add_table(now);
    CR_JSON_ADD(&now->request, ",\"DeletionProtectionEnabled\":true}");
    return cr_schema_ask(now, CR_UPDATE_TABLE, NULL);
}

/* ---- backups ---- */

static cruddur_status read_backups(cr_schema_call *now, bool *are_kept)
{
    *are_kept = false;
    cr_schema_add_table(now);
    CR_JSON_ADD(&now->request, "}");
    cruddur_status status = cr_schema_ask(now, CR_DESCRIBE_CONTINUOUS_BACKUPS, CR_NO_SUCH_CALL);
    if (status == CRUDDUR_OK && cr_aws_is_ok(&now->answer)) {
        json_object *answer = cr_json_parse(cr_aws_body(&now->answer));
        json_object *backups = cr_json_member(answer, "ContinuousBackupsDescription");
        json_object *recovery = cr_json_member(backups, "PointInTimeRecoveryDescription");
        *are_kept =
            strcmp(cr_json_member_text(recovery, "PointInTimeRecoveryStatus"), "ENABLED") == 0;
        (void)json_object_put(answer);
    }
    return status;
}

static cruddur_status has_backups(cr_schema_call *now, const cr_description *description, bool *has)
{
    (void)description;
    *has = !cr_schema_has_flag(now, CRUDDUR_SCHEMA_POINT_IN_TIME_RECOVERY);
    return *has ? CRUDDUR_OK : read_backups(now, has);
}

static cruddur_status add_missing_backups(cr_schema_call *now, const cr_description *description)
{
    (void)description;
    cr_schema_add_table(now);
    CR_JSON_ADD(&now->request,
                ",\"PointInTimeRecoverySpecification\":{\"PointInTimeRecoveryEnabled\":true}}");
    return cr_schema_ask(now, CR_UPDATE_CONTINUOUS_BACKUPS, NULL);
}

cruddur_status cr_schema_check_backups(cr_schema_call *now, cr_lines *differences)
{
    bool are_kept = false;
    if (!cr_schema_has_flag(now, CRUDDUR_SCHEMA_POINT_IN_TIME_RECOVERY)) {
        return CRUDDUR_OK;
    }
    cruddur_status status = read_backups(now, &are_kept);
    if (status == CRUDDUR_OK && !are_kept) {
        cr_lines_add(differences, "%s has no point-in-time recovery",
                     cr_aws_is_ok(&now->answer) ? "the table" : "the service");
    }
    return status;
}

/* ---- all of them ---- */

/* What is added where it is missing. What the service refuses does not keep the others from being
 * added, but for the index. */
static const struct setting {
    cruddur_status (*has)(cr_schema_call *now, const cr_description *description, bool *has);
    cruddur_status (*add)(cr_schema_call *now, const cr_description *description);
    bool is_optional;  /* the others are of use without it */
    const char *words; /* where the service refuses it */
} settings[] = {
    {has_index, add_missing_index, false, "the service does not add the index"},
    {has_protection, add_missing_protection, true,
     "the service does not protect the table from deletion"},
    {has_backups, add_missing_backups, true,
     "the service keeps no backups for point-in-time recovery"},
    {has_stream, add_missing_stream, true,
     "the service does not switch on a stream; --no-stream says that none is wanted"},
    {cr_schema_has_expiry, cr_schema_add_expiry, true,
     "the service did not switch on time to live"},
};

/* What was refused may be there nevertheless: by an attempt of ours whose answer was lost, or by
 * somebody else. */
static cruddur_status look_again(cr_schema_call *now, const struct setting *setting,
                                 cr_description *description, bool *has)
{
    cruddur_error **error = now->call->error;
    cruddur_error *refusal = *error;
    *error = NULL;
    cruddur_status status = cr_schema_wait_until_active(now, description);
    if (status == CRUDDUR_OK) {
        status = setting->has(now, description, has);
    }
    if (status != CRUDDUR_OK || *has) {
        cruddur_error_free(refusal);
        return status;
    }
    *error = refusal;
    cr_error_wrap(refusal, setting->words);
    return CRUDDUR_E_REFUSED;
}

static cruddur_status add_setting(cr_schema_call *now, const struct setting *setting,
                                  cr_description *description)
{
    bool has = false;
    cruddur_status status = setting->has(now, description, &has);
    if (status != CRUDDUR_OK || has) {
        return status;
    }
    status = setting->add(now, description);
    if (status == CRUDDUR_E_REFUSED) {
        return look_again(now, setting, description, &has);
    }
    return status == CRUDDUR_OK ? cr_schema_wait_until_active(now, description) : status;
}

/* The first refusal is told, unless there is worse. */
cruddur_status cr_schema_add_settings(cr_schema_call *now, cr_description *description)
{
    cruddur_error **place = now->call->error;
    cruddur_error *told = NULL;
    cruddur_status came = CRUDDUR_OK;
    bool goes_on = true;
    for (size_t i = 0; goes_on && i < sizeof(settings) / sizeof(settings[0]); i++) {
        cruddur_error *error = NULL;
        now->call->error = &error;
        cruddur_status status = add_setting(now, &settings[i], description);
        bool is_refused = status == CRUDDUR_E_REFUSED;
        goes_on = status == CRUDDUR_OK || (is_refused && settings[i].is_optional);
        if (status != CRUDDUR_OK && (came == CRUDDUR_OK || !is_refused)) {
            cruddur_error_free(told);
            told = error;
            came = status;
        } else {
            cruddur_error_free(error);
        }
    }
    now->call->error = place;
    if (place != NULL && came != CRUDDUR_OK) {
        *place = told;
    } else {
        cruddur_error_free(told);
    }
    return came;
}
