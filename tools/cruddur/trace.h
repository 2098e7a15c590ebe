/* SPDX-License-Identifier: MIT */
/* --verbose: what the library logs, and what each call cost, on standard error. */
#ifndef CRUDDUR_TOOL_TRACE_H
#define CRUDDUR_TOOL_TRACE_H

#include <cruddur/cruddur.h>

/* The hooks of cruddur_options; `data` is not looked at. */
void trace_log(void *data, uint32_t level, const char *message);
void trace_metrics(void *data, const cruddur_metrics *metrics);

#endif
