/* SPDX-License-Identifier: MIT */
#include "dynamodb/scripted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/dynamodb/table.h"

#define GUARD_US INT64_C(600000000) /* only against hanging */

bench now;

step reply(int status, const char *body)
{
    return (step){ACT_REPLY, answer_of(status, "", body)};
}

void open_store(const step *steps, size_t count, const char *parameters)
{
    char url[200];
    cr_store_options options = {.deadline_us = cr_clock_monotonic_us() + GUARD_US};
    (void)setenv("AWS_ACCESS_KEY_ID", "test", 1);
    (void)setenv("AWS_SECRET_ACCESS_KEY", "test", 1);
    (void)setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    (void)setenv("AWS_CONFIG_FILE", "/dev/null", 1);
    (void)setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
    now = (bench){.service = server_start(steps, count)};
    (void)snprintf(url, sizeof(url), "dynamodb:messages?region=eu-central-1&endpoint=%s%s",
                   server_url(now.service), parameters);
    cruddur_status status = cr_store_open(url, &options, &now.store, &now.error);
    cr_assert_eq(status, CRUDDUR_OK, "%s", cruddur_error_message(now.error));
    /* The scripts are of what a change does once it knows that there is no fence. */
    atomic_store(&((cr_dynamodb *)now.store)->unfenced_at_us, INT64_MAX);
    now.call = (cr_call){.deadline_us = options.deadline_us,
                         .consistency = CRUDDUR_CONSISTENCY_STRONG,
                         .error = &now.error};
}

void close_store(size_t requests)
{
    cr_assert_eq(server_requests(now.service), requests, "%zu requests",
                 server_requests(now.service));
    cr_assert(strstr(cruddur_error_message(now.error), "secret") == NULL);
    cruddur_error_free(now.error);
    now.store->ops->close(now.store);
    server_stop(now.service);
}

const char *body_of(size_t number)
{
    const char *end = strstr(server_request(now.service, number), "\r\n\r\n");
    cr_assert(end != NULL);
    return end + 4;
}

void expect_target(size_t number, const char *operation)
{
    char target[100];
    cr_assert(server_header(now.service, number, "x-amz-target", target, sizeof(target)) != NULL);
    cr_assert_str_eq(strchr(target, '.') + 1, operation);
}

cr_row message_row(void)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of(TALK);
    row.value[CR_SK] = cr_str_of(NEW);
    row.value[CR_TEXT] = cr_str_of("secret");
    row.value[CR_MESSAGE_UUID] = cr_str_of("u");
    return row;
}

cr_row group_row(const char *sk)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of(INBOX);
    row.value[CR_SK] = cr_str_of(sk);
    row.value[CR_GROUP_UUID] = cr_str_of(UUID);
    row.value[CR_OTHERS] = cr_str_of("{\"starred\":{\"BOOL\":true}}");
    return row;
}

/* Puts a group row, puts a message, removes a group row. */
static cruddur_status change_body(cr_txn *txn, void *context)
{
    cr_row message = message_row();
    cr_row moved = group_row(NEW);
    cr_row old = group_row(OLD);
    (void)context;
    now.runs++;
    cruddur_status status = txn->ops->put(txn, &moved);
    if (status == CRUDDUR_OK) {
        status = txn->ops->put(txn, &message);
    }
    return status == CRUDDUR_OK ? txn->ops->remove(txn, &old) : status;
}

cruddur_status change(void)
{
    return now.store->ops->change(now.store, change_body, NULL, &now.call);
}

static cr_sink_answer count_row(void *context, const cr_row *row)
{
    reading *what = context;
    cr_assert(cr_row_exists(row));
    return ++what->rows == what->stop_at ? CR_SINK_STOP : CR_SINK_MORE;
}

static cruddur_status query_body(cr_txn *txn, void *context)
{
    reading *what = context;
    cr_query query = {
        .index = what->index, .partition = cr_str_of("p"), .expected = what->expected};
    return txn->ops->query(txn, &query, count_row, what);
}

cruddur_status query(reading *what)
{
    return now.store->ops->read(now.store, query_body, what, &now.call);
}
