/* SPDX-License-Identifier: MIT */
#include "base/call.h"

#include <stdarg.h>

#include "base/clock.h"
#include "base/print.h"

#define LINE_MAX_SIZE 512

void cr_log_line(const cr_logger *logger, cruddur_log_level level, const char *format, ...)
{
    if (logger->log == NULL) {
        return;
    }
    char line[LINE_MAX_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)cr_print_line(line, sizeof(line), format, arguments);
    va_end(arguments);
    logger->log(logger->data, level, line);
}

cruddur_status cr_call_check_deadline(const cr_call *call)
{
    if (!cr_deadline_passed(call->deadline_us)) {
        return CRUDDUR_OK;
    }
    return cr_fail_with(call->error, CRUDDUR_E_TIMEOUT, "the deadline passed during the call");
}

void cr_meter_add(cr_meter *sum, const cr_meter *part)
{
    sum->attempts += part->attempts;
    sum->rows_read += part->rows_read;
    sum->rows_written += part->rows_written;
    sum->requests += part->requests;
    sum->read_units += part->read_units;
    sum->write_units += part->write_units;
}
