/* SPDX-License-Identifier: MIT */
/* What the tests of sources of credentials share: one question at a time, and a small server that
 * speaks for all services. */
#ifndef TESTS_AWS_CONFIG_ASKING_H
#define TESTS_AWS_CONFIG_ASKING_H

#include "../aws/server.h"
#include "bed.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define ROLE "arn:aws:iam::123456789012:role/reader"
#define BASE_KEYS                                                                                  \
    "[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = " SECRET                        \
    "\naws_session_token = base-token\n"

/* What a command of credential_process prints; the format of a time is in it. */
#define PRINTED                                                                                    \
    "{\"Version\":1,\"AccessKeyId\":\"ASIAPROC\",\"SecretAccessKey\":\"" SECRET                    \
    "\",\"SessionToken\":\"t\",\"Expiration\":\"%s\"}"

extern cr_aws_given given;
extern cruddur_error *error;
extern server *running;
extern const cr_identity *identity;

/* For a suite's beginning and end. */
void asking_begin(void);
void asking_end(void);

/* Starts from nothing, and asks for an identity. No error has a secret in it. */
cruddur_status ask(void);
cruddur_status ask_within(int64_t limit_us);

/* Asks; NULL for a token: there is none, for an account: whatever it is. */
void expect_identity(const char *id, const char *token, const char *account);
void expect_lifetime(int64_t seconds);

/* Asks, and is refused with E_CREDENTIALS and a message that begins with these words; another
 * attempt later may succeed, or may not. */
void expect_trouble(bool is_retryable, const char *words);

void serve(const step *steps, size_t count);
void expect_header(size_t request, const char *name, const char *value);
void expect_in_request(size_t request, const char *text);

/* Whether valgrind or the like takes its time. */
bool is_slow(void);

/* A whole answer, which lives as long as the bed's texts. */
const char *answer(int status, const char *body);
const char *json_answer(const char *token_name);
const char *sts_answer(const char *action, const char *id);

/* The same as serve(), in place of STS. */
void serve_sts(const step *steps, size_t count);

/* The path of a shell script. */
const char *script(const char *text);

#endif
