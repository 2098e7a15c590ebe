/* SPDX-License-Identifier: MIT */
/* Lambda's Runtime API, version 2018-06-01: fetching invocations, and saying what came of them. */
#ifndef CRUDDUR_LAMBDA_RUNTIME_H
#define CRUDDUR_LAMBDA_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "buffer.h"

#define RUNTIME_WORDS_SIZE 512

struct runtime {
    CURL *curl;
    struct buffer base;             /* http://HOST:PORT/2018-06-01/runtime/ */
    char words[RUNTIME_WORDS_SIZE]; /* what went wrong with the last request */
};

/* The headers of an invocation. */
enum runtime_header {
    HEADER_REQUEST_ID,    /* names it in the paths of answers */
    HEADER_DEADLINE_MS,   /* since the epoch; may be missing */
    HEADER_TRACE_ID,      /* may be missing */
    HEADER_INVOCATION_ID, /* to be given back with the answer, so that a late one is known as such;
                             may be missing */
    HEADER_COUNT,
};

/* To be initialised with {0}, and used for one invocation after the other. */
struct invocation {
    struct buffer event;
    struct buffer headers[HEADER_COUNT];
    bool is_too_large; /* the event has been cut off */
};

enum runtime_status {
    RUNTIME_OK,
    RUNTIME_TOO_LARGE, /* the answer was not taken for its size */
    RUNTIME_REFUSED, /* the answer was not taken: the invocation is over, by its deadline perhaps */
    RUNTIME_FAILED,  /* the API is out of order: the process has to end */
};

/* `address` is HOST:PORT, as AWS_LAMBDA_RUNTIME_API has it. False: libcurl cannot be set up. */
bool runtime_open(struct runtime *runtime, const char *address);
void runtime_close(struct runtime *runtime);

/* Waits for an invocation, for as long as it takes; RUNTIME_OK or RUNTIME_FAILED. */
enum runtime_status runtime_next(struct runtime *runtime, struct invocation *invocation);
void invocation_free(struct invocation *invocation);

/* Milliseconds since the epoch until which an answer has to be there; 0: unknown. */
int64_t invocation_deadline_ms(const struct invocation *invocation);

/* Gives the invocation's answer, JSON. */
enum runtime_status runtime_respond(struct runtime *runtime, const struct invocation *invocation,
                                    const char *answer);

/* Tells that the invocation failed; `type` is a word for programs. */
enum runtime_status runtime_fail(struct runtime *runtime, const struct invocation *invocation,
                                 const char *type, const char *message);

/* Tells that the function cannot start. */
enum runtime_status runtime_fail_init(struct runtime *runtime, const char *type,
                                      const char *message);

#endif
