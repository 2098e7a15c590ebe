/* SPDX-License-Identifier: MIT */
/* What the tests of calls share: a client, its server, and one call after the other. */
#ifndef TESTS_AWS_CALLING_H
#define TESTS_AWS_CALLING_H

#include "unit.h"

#include "aws/client.h"
#include "server.h"

#define SECOND INT64_C(1000000)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

#define OK answer_of(200, "x-amz-crc32: 2745614147\r\n", "{}")
#define REFUSAL(code)                                                                              \
    answer_of(400, "", "{\"__type\":\"com.amazonaws.dynamodb.v20120810#" code "\"}")

extern cr_http *http;
extern cr_credentials *credentials;
extern cr_aws_client *client;
extern cr_aws_answer answer; /* of the last call */
extern cruddur_error *error;
extern server *running;
extern cr_aws_options options; /* for the client that will be opened */

/* For a suite's beginning and end. */
void calling_begin(void);
void calling_end(void);

/* Never expires. */
const cr_identity *make_identity(const char *id);

/* Opens it anew, in the environment as it is now. */
void open_http(void);
void open_client(const char *url);

/* Starts a server that takes these steps, and opens a client of it. */
void start(const step *steps, size_t count);

cruddur_status call(void);
cruddur_status call_within(int64_t limit_us);

void expect_attempts(unsigned attempts);

/* An answer of the service's whose clock is ahead of ours by so many seconds. */
const char *answer_at(int status, int ahead_s, const char *body);

/* The difference between a request's signing time and now, in seconds. */
long signed_ahead_s(size_t request);

#endif
