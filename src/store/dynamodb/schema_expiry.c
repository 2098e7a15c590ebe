/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/schema_expiry.h"

#include <stdio.h>

#include "base/print.h"

/* The attribute that holds the time at which a claim expires, in seconds since 1970. */
#define EXPIRES_AT "expires_at"

#define ATTRIBUTE_NAME_SIZE 256
#define REASON_SIZE 768

typedef enum expiry_state {
    EXPIRY_OFF,
    EXPIRY_ENDING,  /* being switched off; the service changes nothing until that is done */
    EXPIRY_ON,      /* or being switched on */
    EXPIRY_LACKING, /* the service does not have it */
} expiry_state;

typedef struct expiry {
    expiry_state state;
    char attribute[ATTRIBUTE_NAME_SIZE]; /* where it is on */
} expiry;

static expiry_state state_of(const char *status)
{
    static const struct {
        const char *status;
        expiry_state state;
    } states[] = {
        {"ENABLED", EXPIRY_ON},
        {"ENABLING", EXPIRY_ON},
        {"DISABLING", EXPIRY_ENDING},
    };
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (strcmp(states[i].status, status) == 0) {
            return states[i].state;
        }
    }
    return EXPIRY_OFF;
}

static cruddur_status read_expiry(cr_schema_call *now, expiry *found)
{
    *found = (expiry){.state = EXPIRY_LACKING};
    cr_schema_add_table(now);
    CR_JSON_ADD(&now->request, "}");
    cruddur_status status = cr_schema_ask(now, CR_DESCRIBE_TIME_TO_LIVE, CR_NO_SUCH_CALL);
    if (status != CRUDDUR_OK || !cr_aws_is_ok(&now->answer)) {
        return status;
    }
    json_object *answer = cr_json_parse(cr_aws_body(&now->answer));
    json_object *described = cr_json_member(answer, "TimeToLiveDescription");
    if (answer == NULL) {
        return cr_fail_memory(now->call->error); /* it is JSON */
    }
    found->state = state_of(cr_json_member_text(described, "TimeToLiveStatus"));
    (void)snprintf(found->attribute, sizeof(found->attribute), "%s",
                   cr_json_member_text(described, "AttributeName"));
    (void)json_object_put(answer);
    return CRUDDUR_OK;
}

/* Why the service does not remove claims; false if it does, or never will. */
static bool explain(const expiry *found, char reason[REASON_SIZE])
{
    if (found->state == EXPIRY_OFF) {
        (void)snprintf(reason, REASON_SIZE,
                       "time to live is off; `cruddur schema load` switches it on for the "
                       "attribute " EXPIRES_AT);
        return true;
    }
    if (found->state == EXPIRY_ENDING) {
        (void)snprintf(reason, REASON_SIZE,
                       "time to live is being switched off, which takes up to an hour; after that "
                       "`cruddur schema load` switches it on for the attribute " EXPIRES_AT);
        return true;
    }
    if (found->state == EXPIRY_ON && strcmp(found->attribute, EXPIRES_AT) != 0) {
        (void)snprintf(reason, REASON_SIZE,
                       "time to live is on for the attribute %.*s; it must be " EXPIRES_AT
                       ", and a table has only one. To change it, switch time to live off (`aws "
                       "dynamodb update-time-to-live`), wait an hour, and load again",
                       CR_CUT(found->attribute, ATTRIBUTE_NAME_SIZE - 1));
        return true;
    }
    return false;
}

static void log_lack(const cr_schema_call *now)
{
    cr_log_line(&now->call->logger, CRUDDUR_LOG_WARNING,
                "the service has no time to live, so claims of messages stay in table %.*s",
                CR_CUT(now->table->names.table.data, 255));
}

cruddur_status cr_schema_has_expiry(cr_schema_call *now, const cr_description *description,
                                    bool *has)
{
    expiry found;
    char reason[REASON_SIZE];
    (void)description;
    cruddur_status status = read_expiry(now, &found);
    *has = found.state != EXPIRY_OFF;
    if (status != CRUDDUR_OK || !*has) {
        return status;
    }
    if (found.state == EXPIRY_LACKING) {
        log_lack(now);
    } else if (explain(&found, reason)) {
        status = cr_fail_with(now->call->error, CRUDDUR_E_REFUSED, "table %.*s: %s",
                              CR_CUT(now->table->names.table.data, 255), reason);
        cr_error_set_retryable(now->call->error, found.state == EXPIRY_ENDING);
    }
    return status;
}

/* Some services describe the time to live, and cannot switch it on. */
cruddur_status cr_schema_add_expiry(cr_schema_call *now, const cr_description *description)
{
    (void)description;
    cr_schema_add_table(now);
    CR_JSON_ADD(&now->request, ",\"TimeToLiveSpecification\":{\"Enabled\":true,"
                               "\"AttributeName\":\"" EXPIRES_AT "\"}}");
    cruddur_status status = cr_schema_ask(now, CR_UPDATE_TIME_TO_LIVE, CR_NO_SUCH_CALL);
    if (status == CRUDDUR_OK && !cr_aws_is_ok(&now->answer)) {
        log_lack(now);
    }
    return status;
}

/* Finds out whether the service can switch it on, by a request that lacks what is to be changed. A
 * service that has the operation refuses it with any other code, if only for lack of the right. */
static cruddur_status probe(cr_schema_call *now, expiry *found)
{
    cr_schema_add_table(now);
    CR_JSON_ADD(&now->request, "}");
    cruddur_status status =
        cr_dynamodb_send_by(now->table->client, CR_UPDATE_TIME_TO_LIVE, &now->request,
                            (cr_aws_reading){0}, now->call, &now->answer);
    if (status == CRUDDUR_OK && cr_dynamodb_is_code(&now->answer, CR_NO_SUCH_CALL)) {
        found->state = EXPIRY_LACKING;
    }
    return status;
}

cruddur_status cr_schema_check_expiry(cr_schema_call *now, cr_lines *differences)
{
    expiry found;
    char reason[REASON_SIZE];
    cruddur_status status = read_expiry(now, &found);
    if (status == CRUDDUR_OK && found.state == EXPIRY_OFF) {
        status = probe(now, &found);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (found.state == EXPIRY_LACKING) {
        log_lack(now);
    } else if (explain(&found, reason)) {
        cr_lines_add(differences, "%s", reason);
    }
    return CRUDDUR_OK;
}
