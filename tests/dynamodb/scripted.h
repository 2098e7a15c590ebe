/* SPDX-License-Identifier: MIT */
/* The engine on a server that follows a script: a table, a change, a query. */
#ifndef TESTS_DYNAMODB_SCRIPTED_H
#define TESTS_DYNAMODB_SCRIPTED_H

#include "aws/server.h"
#include "aws/unit.h"
#include "store/store.h"

#define CANCELLED(reasons)                                                                         \
    "{\"__type\":\"com.amazonaws.dynamodb.v20120810#TransactionCanceledException\","               \
    "\"Message\":\"cancelled\",\"CancellationReasons\":[" reasons "]}"
#define FAILED(code) "{\"__type\":\"com.amazonaws.dynamodb.v20120810#" code "\",\"message\":\"no\"}"
#define NONE "{\"Code\":\"None\"}"
#define CONFLICT "{\"Code\":\"TransactionConflict\"}"
#define REFUSED "{\"Code\":\"ConditionalCheckFailed\"}"
#define UUID "00000000-0000-4000-8000-00000000000a"
#define TALK "MSG#" UUID
#define INBOX "GRP#" UUID
#define OLD "2026-01-31T09:30:00.000001+00:00"
#define NEW "2026-01-31T09:30:00.000002+00:00"
#define MESSAGE                                                                                    \
    "{\"pk\":{\"S\":\"" TALK "\"},\"sk\":{\"S\":\"" NEW "\"},\"message\":{\"S\":\"secret\"},"      \
    "\"message_uuid\":{\"S\":\"u\"}}"
#define CHANGED_MESSAGE                                                                            \
    "{\"pk\":{\"S\":\"" TALK "\"},\"sk\":{\"S\":\"" NEW "\"},\"message\":{\"S\":\"edited\"},"      \
    "\"message_uuid\":{\"S\":\"u\"},\"version\":{\"S\":\"1\"}}"
#define OUR_OWN "{\"Code\":\"ConditionalCheckFailed\",\"Item\":" MESSAGE "}"
#define OTHER_MESSAGE                                                                              \
    "{\"pk\":{\"S\":\"" TALK "\"},\"sk\":{\"S\":\"" NEW "\"},\"message\":{\"S\":\"secret\"},"      \
    "\"message_uuid\":{\"S\":\"v\"}}"
#define THEIRS "{\"Code\":\"ConditionalCheckFailed\",\"Item\":" OTHER_MESSAGE "}"
#define REFUSED_BY(row) "{\"__type\":\"x#ConditionalCheckFailedException\",\"Item\":" row "}"

#define ROW(sk) "{\"pk\":{\"S\":\"p\"},\"sk\":{\"S\":\"" sk "\"}}"

/* A table that is as it must be, with more members at the end. */
#define TABLE_AS(status, index, more)                                                              \
    "{\"TableName\":\"messages\",\"TableStatus\":\"" status "\",\"KeySchema\":["                   \
    "{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"sk\",\"KeyType\":"       \
    "\"RANGE\"}],\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},"    \
    "{\"AttributeName\":\"sk\",\"AttributeType\":\"S\"},{\"AttributeName\":"                       \
    "\"message_group_uuid\",\"AttributeType\":\"S\"}],\"GlobalSecondaryIndexes\":[{"               \
    "\"IndexName\":\"message-group-sk-index\",\"IndexStatus\":\"" index "\",\"Projection\":{"      \
    "\"ProjectionType\":\"ALL\"},\"KeySchema\":[{\"AttributeName\":\"message_group_uuid\","        \
    "\"KeyType\":\"HASH\"},{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}]}]" more "}"
#define TABLE_WITH(more) TABLE_AS("ACTIVE", "ACTIVE", more)
#define TABLE                                                                                      \
    TABLE_WITH(                                                                                    \
        ",\"StreamSpecification\":{\"StreamEnabled\":true,\"StreamViewType\":\"NEW_IMAGE\"},"      \
        "\"LatestStreamArn\":\"arn:stream\"")
#define NO_TABLE FAILED("ResourceNotFoundException")

typedef struct bench {
    server *service;
    cr_store *store;
    cruddur_error *error;
    cr_call call;
    unsigned runs; /* of the body */
} bench;

extern bench now;

/* An answer with DynamoDB's content type. */
step reply(int status, const char *body);

/* Opens table `messages` of a service that answers by the steps; `parameters` end its URL. */
void open_store(const step *steps, size_t count, const char *parameters);

#define OPEN(parameters, ...)                                                                      \
    do {                                                                                           \
        const step steps[] = {__VA_ARGS__};                                                        \
        open_store(steps, sizeof(steps) / sizeof(steps[0]), parameters);                           \
    } while (0)

/* Fails the test unless the service was asked so often. */
void close_store(size_t requests);

const char *body_of(size_t number);
void expect_target(size_t number, const char *operation);

cr_row message_row(void);
cr_row group_row(const char *sk);

/* Puts a group row, puts a message, removes a group row. */
cruddur_status change(void);

typedef struct reading {
    size_t rows;
    size_t stop_at;
    size_t expected;
    cr_index index;
} reading;

cruddur_status query(reading *what);

#endif
