/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include "report.h"

#define US_PER_MS 1000.0

static const char *const levels[] = {
    [CRUDDUR_LOG_DEBUG] = "debug",
    [CRUDDUR_LOG_INFO] = "info",
    [CRUDDUR_LOG_WARNING] = "warning",
    [CRUDDUR_LOG_ERROR] = "error",
};

void trace_log(void *data, uint32_t level, const char *message)
{
    (void)data;
    bool is_known = level < sizeof(levels) / sizeof(levels[0]); /* a later library may have more */
    report_remark("%s: %s", is_known ? levels[level] : "other", message);
}

void trace_metrics(void *data, const cruddur_metrics *metrics)
{
    (void)data;
    report_remark("%s: %s in %.3f ms; runs %u, rows read %u, rows written %u, requests %u "
                  "in %u waves, read units %g, write units %g",
                  cruddur_operation_name((cruddur_operation)metrics->operation),
                  cruddur_status_name(metrics->status), (double)metrics->duration_us / US_PER_MS,
                  metrics->attempts, metrics->rows_read, metrics->rows_written, metrics->requests,
                  metrics->waves, metrics->read_units, metrics->write_units);
}
