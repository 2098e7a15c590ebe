/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/refusal.h"

#include "base/print.h"

#include <stdio.h>

#define REQUEST_MAX ((size_t)1024)

/* What was found, in words that go on from "table NAME". Without words, it is what the code means
 * to all services. */
typedef struct finding {
    cruddur_status status;
    bool may_pass; /* by itself: the same request may succeed later */
    char words[560];
} finding;

/* ---- by its code ---- */

#define NO_TABLE "does not exist; `cruddur schema load` makes it"

static const struct {
    const char *code;
    cruddur_status status;
    bool may_pass;
    const char *words;
} meanings[] = {
    {"ResourceNotFoundException", CRUDDUR_E_TABLE_MISSING, false, NO_TABLE},
    {"TableNotFoundException", CRUDDUR_E_TABLE_MISSING, false, NO_TABLE},
    {"ResourceInUseException", CRUDDUR_E_REFUSED, true, "is being made, changed or deleted"},
    {"ItemCollectionSizeLimitExceededException", CRUDDUR_E_STORE_FULL, false, "is full"},
    {"ConditionalCheckFailedException", CRUDDUR_E_CONFLICT, true, "has other rows by now"},
    {"TransactionCanceledException", CRUDDUR_E_CONFLICT, true, "has other rows by now"},
    {"TransactionConflictException", CRUDDUR_E_CONFLICT, true, "is being written to by others"},
    {"TransactionInProgressException", CRUDDUR_E_CONFLICT, true, "is being written to by others"},
};

static finding find_by_code(const cr_aws_answer *answer)
{
    finding found = {.status = CRUDDUR_OK};
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (cr_dynamodb_is_code(answer, meanings[i].code)) {
            found.status = meanings[i].status;
            found.may_pass = meanings[i].may_pass;
            (void)snprintf(found.words, sizeof(found.words), "%s", meanings[i].words);
        }
    }
    return found;
}

/* ---- by a look at the table ---- */

typedef struct describing {
    cr_description *description;
    cr_str index;
} describing;

static cruddur_status read_description(void *data, cr_str body)
{
    const describing *now = data;
    cr_description_free(now->description); /* of an attempt before */
    if (cr_description_read(now->description, body, now->index)) {
        return CRUDDUR_OK;
    }
    return now->description->answer == NULL ? CRUDDUR_E_NO_MEMORY : CRUDDUR_E_PROTOCOL;
}

cruddur_status cr_dynamodb_describe(cr_dynamodb *table, cr_call *call, cr_description *description)
{
    cr_buffer request;
    cr_aws_answer answer;
    describing now = {description, table->names.index};
    *description = (cr_description){0};
    cr_buffer_init(&request, REQUEST_MAX);
    cr_aws_answer_init(&answer);
    CR_JSON_ADD(&request, "{");
    cr_request_table(&request, &table->names);
    CR_JSON_ADD(&request, "}");
    cruddur_status status =
        cr_dynamodb_send_by(table->client, CR_DESCRIBE_TABLE, &request,
                            (cr_aws_reading){read_description, &now}, call, &answer);
    if (status == CRUDDUR_OK && !cr_aws_is_ok(&answer) &&
        !cr_dynamodb_is_code(&answer, "ResourceNotFoundException")) {
        status = cr_dynamodb_fail(table, CR_DESCRIBE_TABLE, &answer, call);
    }
    cr_aws_answer_free(&answer);
    cr_buffer_free(&request);
    return status;
}

/* What keeps the table's keys, or its index's, from being those that the request named. */
static finding find_keys(const cr_description *description)
{
    finding found = {.status = CRUDDUR_OK};
    cr_lines lines;
    cr_lines_init(&lines);
    (void)cr_description_check_keys(description, &lines);
    (void)cr_description_check_index_keys(description, &lines);
    const char *difference = cr_lines_first(&lines);
    if (difference != NULL) {
        found.status = CRUDDUR_E_TABLE_SHAPE;
        (void)snprintf(found.words, sizeof(found.words),
                       "has other keys than it must have (%s); `cruddur schema verify` says more",
                       difference);
    }
    cr_lines_free(&lines);
    return found;
}

static finding find_shape(const cr_description *description, cr_operation operation)
{
    finding found = find_keys(description);
    const char *index_status = cr_description_index_status(description);
    if (found.status != CRUDDUR_OK || operation != CR_QUERY) {
        return found;
    }
    if (description->index == NULL) {
        found.status = CRUDDUR_E_TABLE_SHAPE;
        (void)snprintf(found.words, sizeof(found.words),
                       "lacks its index; `cruddur schema load` makes it");
    } else if (*index_status != '\0' && strcmp(index_status, "ACTIVE") != 0) {
        found.status = CRUDDUR_E_TABLE_SHAPE;
        found.may_pass = true;
        (void)snprintf(found.words, sizeof(found.words), "has an index that is %.*s",
                       CR_CUT(index_status, 64));
    }
    return found;
}

static finding find_missing(const cr_description *description, cr_operation operation)
{
    finding found = {.status = CRUDDUR_E_TABLE_MISSING};
    const char *status = cr_description_status(description);
    if (description->table == NULL) {
        (void)snprintf(found.words, sizeof(found.words), NO_TABLE);
    } else if (strcmp(status, "ACTIVE") != 0) {
        (void)snprintf(found.words, sizeof(found.words), "is %.*s", CR_CUT(status, 64));
        found.may_pass = strcmp(status, "CREATING") == 0;
    } else {
        found = find_shape(description, operation);
    }
    return found;
}

static finding find_invalid(const cr_description *description, cr_operation operation)
{
    finding found = {.status = CRUDDUR_OK};
    if (description->table == NULL) {
        return found;
    }
    if (operation != CR_DELETE_TABLE) {
        return find_shape(description, operation);
    }
    if (cr_description_is_protected(description)) {
        found.status = CRUDDUR_E_REFUSED;
        (void)snprintf(found.words, sizeof(found.words),
                       "is protected from deletion; take the protection away first (`aws dynamodb "
                       "update-table --no-deletion-protection-enabled`)");
    }
    return found;
}

/* One code stands for a table and for an index that is missing, another for whatever is wrong with
 * a request. Ours are right, if the table is. */
static const struct {
    const char *code;
    finding (*find)(const cr_description *description, cr_operation operation);
} looks[] = {
    {"ResourceNotFoundException", find_missing},
    {"ValidationException", find_invalid},
};

/* The call's deadline may have passed, and the caller need not have the right to look: then the
 * code has to do. */
static finding look(cr_dynamodb *table, cr_operation operation, size_t at, cr_call *call)
{
    finding found = {.status = CRUDDUR_OK};
    cr_description description;
    cruddur_error *reason = NULL;
    cr_call quiet = *call;
    quiet.error = &reason;
    if (cr_dynamodb_describe(table, &quiet, &description) == CRUDDUR_OK) {
        found = looks[at].find(&description, operation);
    }
    call->meter = quiet.meter;
    cr_error_discard(&reason);
    cr_description_free(&description);
    return found;
}

static bool is_worth_a_look(cr_operation operation)
{
    return cr_dynamodb_about(operation) == CR_ABOUT_ROWS || operation == CR_DELETE_TABLE;
}

static finding find_out(cr_dynamodb *table, cr_operation operation, const cr_aws_answer *answer,
                        cr_call *call)
{
    finding found = {.status = CRUDDUR_OK};
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]) && is_worth_a_look(operation); i++) {
        if (cr_dynamodb_is_code(answer, looks[i].code)) {
            found = look(table, operation, i, call);
        }
    }
    return found.status == CRUDDUR_OK ? find_by_code(answer) : found;
}

/* ---- telling ---- */

cruddur_status cr_dynamodb_fail(cr_dynamodb *table, cr_operation operation,
                                const cr_aws_answer *answer, cr_call *call)
{
    char action[900];
    const char *name = table->names.table.data;
    const char *doing = cr_dynamodb_action(operation);
    finding found = find_out(table, operation, answer, call);
    if (found.status == CRUDDUR_OK) {
        (void)snprintf(action, sizeof(action), "%s table %.*s", doing, CR_CUT(name, 255));
        return cr_aws_fail(answer, action, call->error);
    }
    bool is_gone = found.status == CRUDDUR_E_TABLE_MISSING && operation == CR_DELETE_TABLE;
    (void)snprintf(action, sizeof(action), "table %.*s %s; %s it", CR_CUT(name, 255),
                   is_gone ? "does not exist" : found.words, doing);
    cruddur_status status = cr_aws_fail_as(answer, found.status, action, call->error);
    cr_error_set_retryable(call->error, found.may_pass);
    return status;
}
