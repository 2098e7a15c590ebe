/* SPDX-License-Identifier: MIT */
/* Reading what a service says: a success of the operation that was called, or why it refuses. */
#ifndef CR_AWS_ANSWER_H
#define CR_AWS_ANSWER_H

#include "aws/client.h"

/* Fills the answer's code, message and request id from its HTTP response. */
void cr_aws_answer_read(cr_aws_answer *answer);

/* Reads a response that is no error. CRUDDUR_E_PROTOCOL unless it is a success of the request's
 * operation: HTTP status 200, the request's content type, and a body that `reading` accepts. Any
 * other may be a page from something between the service and us, whatever its status says. `host`
 * is where it came from. */
cruddur_status cr_aws_answer_read_success(cr_aws_answer *answer, const cr_aws_request *request,
                                          const char *host, cruddur_error **error);

/* Whether the words that come with this error code are known not to quote the request. */
bool cr_aws_has_safe_words(const char *code);

#endif
