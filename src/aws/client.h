/* SPDX-License-Identifier: MIT */
/* Calls to one AWS service in one region that speaks JSON over POST: each attempt is signed anew,
 * checked, and made again where that may help, until the deadline. Any number of threads may use a
 * client. */
#ifndef CR_AWS_CLIENT_H
#define CR_AWS_CLIENT_H

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/http.h"
#include "aws/retry.h"
#include "base/call.h"

typedef struct cr_aws_client cr_aws_client;
typedef struct cr_aws_answer cr_aws_answer;

/* One attempt, for whoever wants to see where a call's time goes. */
typedef struct cr_aws_attempt {
    const char *target;
    unsigned number; /* from 1 */
    int64_t duration_us;
    int http_status;        /* 0: there was no answer */
    const char *error_code; /* empty: none */
    bool connection_was_new;
} cr_aws_attempt;

typedef struct cr_aws_options {
    const char *signing_name; /* "dynamodb" */
    const char *region;
    const char *endpoint_url; /* scheme, host and maybe a port */
    const cr_endpoint
        *of_account;              /* asked for each identity's endpoint; NULL: endpoint_url it is */
    cr_http *http;                /* both outlive the client */
    cr_credentials *credentials;  /* NULL: nothing is signed */
    unsigned attempts_max;        /* 0: CR_RETRY_ATTEMPTS */
    int64_t backoff_base_us;      /* 0: CR_RETRY_BASE_US */
    bool disable_skew_correction; /* keep to the local clock, however wrong */
    size_t response_max;          /* 0: 32 MiB */
    /* Has a say before the common rules: returns true and sets the class where it knows the answer
     * (a cancelled transaction, say). May be NULL. */
    bool (*classify)(const cr_aws_answer *answer, cr_retry_class *class);
    /* Sees each attempt, on the calling thread. May be NULL. */
    void (*on_attempt)(void *data, const cr_call *call, const cr_aws_attempt *attempt);
    void *on_attempt_data;
} cr_aws_options;

/* Reads the body of a response with HTTP status 200. Returns CRUDDUR_OK; CRUDDUR_E_PROTOCOL if it
 * is not a response of the operation that was called; CRUDDUR_E_NO_MEMORY. Describes no error. It
 * is called for each attempt that gets such a response, and forgets what it read before. */
typedef struct cr_aws_reading {
    cruddur_status (*read)(void *data, cr_str body); /* NULL: any JSON object will do */
    void *data;
} cr_aws_reading;

typedef struct cr_aws_request {
    const char *target;       /* "DynamoDB_20120810.GetItem"; NULL: none */
    const char *content_type; /* "application/x-amz-json-1.0": the response must have it, too */
    cr_str body;              /* the same bytes in every attempt */
    cr_aws_reading reading;
    bool is_public; /* it contains nothing that an error message must not quote */
} cr_aws_request;

#define CR_AWS_CODE_SIZE 96
#define CR_AWS_MESSAGE_SIZE 512
#define CR_AWS_REQUEST_ID_SIZE 64

/* What came of a call. To be initialised once, and then used for any number of calls one after the
 * other. */
struct cr_aws_answer {
    cr_http_response http;       /* the last attempt's: its status and its body are the answer */
    char code[CR_AWS_CODE_SIZE]; /* the error's, without its name space; empty: none */
    char message[CR_AWS_MESSAGE_SIZE]; /* what the service says of it; may be cut, may be empty */
    char request_id[CR_AWS_REQUEST_ID_SIZE]; /* empty: not known */
    unsigned attempts;
    bool is_public; /* as the request */
    /* The request may have been carried out although no response says so: a connection was lost in
     * an attempt, or the response was neither a success of the operation nor an error of the
     * service (a 5xx, a page from something in between). A failed condition may then be our own
     * doing. */
    bool may_be_applied;
};

/* An on_attempt that logs each attempt to the call's log, whose lines are kept while the call holds
 * others up. It has no message text and no secret. */
void cr_aws_log_attempt(void *data, const cr_call *call, const cr_aws_attempt *attempt);

cruddur_status cr_aws_client_new(const cr_aws_options *options, cr_aws_client **ret_client,
                                 cruddur_error **error);

/* No call is under way. */
void cr_aws_client_free(cr_aws_client *client);

void cr_aws_answer_init(cr_aws_answer *answer);
void cr_aws_answer_free(cr_aws_answer *answer);

/* Makes a call. CRUDDUR_OK: the service has answered; cr_aws_is_ok() tells whether with success,
 * and if not, `code` says why (retries are over). A success was read by the request's `reading`.
 * Otherwise there is no valid response: CRUDDUR_E_TIMEOUT, E_NETWORK, E_TLS, E_PROTOCOL,
 * E_CREDENTIALS, E_NO_MEMORY, described in the call's error. */
cruddur_status cr_aws_call(cr_aws_client *client, const cr_aws_request *request, cr_call *call,
                           cr_aws_answer *answer);

/* One of several calls that are made at the same time. */
typedef struct cr_aws_try {
    cr_aws_request request;
    cr_aws_answer *answer;
    bool is_answered; /* the service has answered, and the answer is whole: a success or an error */
    bool is_success;  /* with a success, which was read */
} cr_aws_try;

/* Makes up to CR_HTTP_TOGETHER_MAX calls at the same time, with one attempt each: for reads, which
 * the caller makes again where they come to nothing. Describes no error. */
void cr_aws_try_together(cr_aws_client *client, cr_aws_try *tries, size_t count, cr_call *call);

/* These services know one status for a success. */
static inline bool cr_aws_is_ok(const cr_aws_answer *answer)
{
    return answer->http.status == 200;
}

static inline cr_str cr_aws_body(const cr_aws_answer *answer)
{
    return (cr_str){answer->http.body.data, answer->http.body.size};
}

/* Describes an answer that is no success by what all services have in common: CRUDDUR_E_THROTTLED,
 * E_ACCESS_DENIED, E_CREDENTIALS, E_SERVICE, E_REFUSED, E_PROTOCOL. `action` begins the message:
 * "writing". The service's own words decide nothing. They are passed on for those codes only whose
 * words are known not to quote the request; for a public request, for all but those whose words are
 * known to quote its signature. */
cruddur_status cr_aws_fail(const cr_aws_answer *answer, const char *action, cruddur_error **error);

/* The same words under a status of the caller's choice. */
cruddur_status cr_aws_fail_as(const cr_aws_answer *answer, cruddur_status status,
                              const char *action, cruddur_error **error);

/* Waits before a caller's own round number `round` (from 0), at random between nothing and an upper
 * bound that grows; CRUDDUR_E_TIMEOUT where the deadline would pass meanwhile,
 * CRUDDUR_E_CANCELLED. */
cruddur_status cr_aws_pause(const cr_aws_client *client, cr_retry_class class, unsigned round,
                            cr_call *call);

#endif
