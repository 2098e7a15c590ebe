/* SPDX-License-Identifier: MIT */
#include "base/call.h"

void library_log(const cr_logger *logger, cruddur_log_level level, const char *text);

void library_log(const cr_logger *logger, cruddur_log_level level, const char *text)
{
    cr_log(logger, level, "text: %s", text);
}
