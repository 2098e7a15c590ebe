/* SPDX-License-Identifier: MIT */
/* The sources of credentials, each behind the same function. */
#ifndef CR_AWS_PROVIDERS_PROVIDER_H
#define CR_AWS_PROVIDERS_PROVIDER_H

#include <stdatomic.h>

#include "aws/config.h"

#define CR_REASON_SIZE 160
/* More than any answer with credentials has. */
#define CR_PROVIDER_ROOM ((size_t)32 * 1024)

typedef struct cr_provider_context {
    const cr_aws_config *config;
    cr_http *http;
    int64_t deadline_us;             /* of the whole fetch */
    const atomic_bool *is_cancelled; /* the library is being closed */
    const cr_profiles *profiles;     /* read for this fetch; NULL: they cannot be read */
    const char *profile;             /* whose credentials are being fetched */
    const cruddur_error *profiles_error;
    cruddur_error **error;
    char reason[CR_REASON_SIZE]; /* why a source has nothing */
    bool reason_may_pass;        /* it could not be reached */
} cr_provider_context;

/* Asks one source. CRUDDUR_OK with an identity: here it is. CRUDDUR_OK without one: this source is
 * not set up, and `reason` says why. Anything else: it is set up, and failed; the sources after it
 * are then not asked, as theirs would be another identity. */
typedef cruddur_status (*cr_provider)(cr_provider_context *context,
                                      const cr_identity **ret_identity);

cruddur_status cr_provide_environment(cr_provider_context *context,
                                      const cr_identity **ret_identity);
cruddur_status cr_provide_web_identity(cr_provider_context *context,
                                       const cr_identity **ret_identity);
cruddur_status cr_provide_profile(cr_provider_context *context, const cr_identity **ret_identity);
cruddur_status cr_provide_container(cr_provider_context *context, const cr_identity **ret_identity);
cruddur_status cr_provide_instance(cr_provider_context *context, const cr_identity **ret_identity);

/* Runs a command that prints credentials, without a shell. `source` is what errors call it. */
cruddur_status cr_provide_process(cr_provider_context *context, const char *source,
                                  const char *text, const cr_identity **ret_identity);

/* What a profile says of single sign-on. */
typedef struct cr_sso_settings {
    const char *session; /* the section's name; NULL: the profile has the start URL */
    const char *start_url;
    cr_setting region;
    const char *account_id;
    const char *role_name;
} cr_sso_settings;

cruddur_status cr_provide_sso(cr_provider_context *context, const cr_sso_settings *settings,
                              const cr_identity **ret_identity);

/* A role to be assumed. NULL: not set. */
typedef struct cr_role_settings {
    const char *role_arn;
    const char *session_name;
    const char *external_id;
    const char *duration_seconds;
    const char *token_file; /* of a web identity */
} cr_role_settings;

/* By the right of another identity. */
cruddur_status cr_assume_role(cr_provider_context *context, const cr_role_settings *settings,
                              const cr_identity *source, const cr_identity **ret_identity);

/* By the right of a token in a file, which is read anew each time. */
cruddur_status cr_assume_role_with_token(cr_provider_context *context,
                                         const cr_role_settings *settings,
                                         const cr_identity **ret_identity);

/* ---- what they share ---- */

/* Notes why a source has nothing; returns CRUDDUR_OK. */
cruddur_status cr_provider_has_none(cr_provider_context *context, const char *format, ...)
    CR_PRINTF(2, 3);

/* CRUDDUR_E_TIMEOUT once the fetch's time is over or the library is being closed. */
cruddur_status cr_provider_check(const cr_provider_context *context);

/* Makes an identity. Empty texts count as absent. CRUDDUR_E_CREDENTIALS, naming `source`, where a
 * part is missing, or has characters that a header cannot have. */
cruddur_status cr_provider_identity(const cr_provider_context *context, const char *source,
                                    const cr_identity *fields, const cr_identity **ret_identity);

/* How the members of an answer in JSON are called. */
typedef struct cr_answer_names {
    const char *access_key_id;
    const char *secret_access_key;
    const char *session_token;
    const char *account_id; /* NULL: it is not in there */
    const char *expiration; /* a time as text, or a number of milliseconds since 1970 */
} cr_answer_names;

extern const cr_answer_names cr_usual_answer_names; /* AccessKeyId … Token … */

/* Makes an identity of a JSON object. */
cruddur_status cr_provider_identity_of_json(const cr_provider_context *context, const char *source,
                                            cr_str object, const cr_answer_names *names,
                                            const cr_identity **ret_identity);

/* Reads a time such as 2026-01-31T09:30:00Z, with or without a fraction, with Z, UTC or an offset
 * such as +02:00. */
bool cr_provider_parse_time(cr_str text, int64_t *time_us);

typedef struct cr_provider_request {
    const char *source;   /* for errors */
    cr_http_request http; /* its deadline is set for each attempt */
    int64_t attempt_limit_us;
    unsigned attempts_max;
    bool may_be_missing; /* there may be no such service: without a connection, one attempt */
    /* Sets the headers of one attempt, and gives back what they need; NULL: there is nothing to
     * do. */
    cruddur_status (*prepare)(void *data, cr_http_request *http, cruddur_error **error);
    void *data;
    cr_str (*find_code)(const cr_http_response *response, void *data); /* NULL: no codes */
    /* Whether the body of a 200 is a response of this source. */
    bool (*is_answer)(cr_str body);
} cr_provider_request;

/* Sends a request, and again where that may help. CRUDDUR_OK: the source has answered, with a 200
 * and such a body, or with an error status; is_transient then tells whether the same request may
 * succeed later. What is neither may come from something in between, and is CRUDDUR_E_CREDENTIALS.
 * The response is to be freed with cr_provider_response_free(), also on failure. */
cruddur_status cr_provider_send(const cr_provider_context *context,
                                const cr_provider_request *request, cr_http_response *response);

/* Wipes it, too. */
void cr_provider_response_free(cr_http_response *response);

#endif
