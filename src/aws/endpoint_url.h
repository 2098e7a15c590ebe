/* SPDX-License-Identifier: MIT */
/* The pieces of an endpoint's URL that a signature needs. */
#ifndef CR_AWS_ENDPOINT_URL_H
#define CR_AWS_ENDPOINT_URL_H

#include "base/error.h"

typedef struct cr_endpoint_url {
    char *url;  /* whole */
    char *host; /* in lower case, with the port unless it is the scheme's own */
    char *path; /* begins and ends with / */
} cr_endpoint_url;

/* Takes an http or https URL of host, maybe port and path, and nothing else, apart. */
cruddur_status cr_endpoint_url_parse(const char *text, cr_endpoint_url *parsed,
                                     cruddur_error **error);

void cr_endpoint_url_free(cr_endpoint_url *parsed);

#endif
