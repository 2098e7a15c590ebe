/* SPDX-License-Identifier: MIT */
#ifndef CRUDDUR_TOOL_RENAME_ROWS_H
#define CRUDDUR_TOOL_RENAME_ROWS_H

#include "command.h"

/* cruddur users rename-rows: brings the copies of names in the store's rows up to date. */
enum exit_code rename_rows(struct context *context);

#endif
