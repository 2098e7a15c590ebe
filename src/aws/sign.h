/* SPDX-License-Identifier: MIT */
/* AWS Signature Version 4. */
#ifndef CR_AWS_SIGN_H
#define CR_AWS_SIGN_H

#include "aws/http.h"
#include "aws/identity.h"

typedef struct cr_signer cr_signer;

typedef struct cr_sign_request {
    cr_str method;
    cr_str host;  /* with its port unless that is the scheme's own */
    cr_str path;  /* as it goes over the wire, percent-encoded; empty means "/" */
    cr_str query; /* likewise, without the question mark */
    const cr_header
        *headers; /* to be signed, but for those that are never; no host, no x-amz-date */
    size_t header_count;
    cr_str body;
    int64_t time_us; /* of the signature, by the service's clock */
} cr_sign_request;

/* The headers that the signature adds. */
typedef struct cr_signature {
    char date[sizeof("YYYYMMDDTHHMMSSZ")]; /* x-amz-date */
    cr_buffer authorization;               /* ends with a NUL */
} cr_signature;

/* For one region and one service; any number of threads may use it. */
cruddur_status cr_signer_new(const char *region, const char *service, cr_signer **ret_signer,
                             cruddur_error **error);
void cr_signer_free(cr_signer *signer);

void cr_signature_init(cr_signature *signature);
void cr_signature_free(cr_signature *signature);

/* Signs a request. The session token, if there is one, is signed as x-amz-security-token and has to
 * be sent with the request. */
cruddur_status cr_sign(cr_signer *signer, const cr_identity *identity,
                       const cr_sign_request *request, cr_signature *signature,
                       cruddur_error **error);

#endif
