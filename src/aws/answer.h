/* SPDX-License-Identifier: MIT */
/* Reading what a service says when it refuses. */
#ifndef CR_AWS_ANSWER_H
#define CR_AWS_ANSWER_H

#include "aws/client.h"

/* Fills the answer's code, message and request id from its HTTP response. */
void cr_aws_answer_read(cr_aws_answer *answer);

/* Whether the words that come with this error code are known not to quote the request. */
bool cr_aws_has_safe_words(const char *code);

#endif
