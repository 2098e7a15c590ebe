/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "aws/client.h"

void cr_aws_log_attempt(void *data, const cr_call *call, const cr_aws_attempt *attempt)
{
    (void)data;
    const char *operation = strchr(attempt->target, '.');
    cr_log_line(&call->logger, CRUDDUR_LOG_DEBUG, "%s: attempt %u, HTTP %d%s%s, %lld us%s",
                operation == NULL ? attempt->target : operation + 1, attempt->number,
                attempt->http_status, attempt->error_code[0] == '\0' ? "" : " ",
                attempt->error_code, (long long)attempt->duration_us,
                attempt->connection_was_new ? ", new connection" : "");
}
