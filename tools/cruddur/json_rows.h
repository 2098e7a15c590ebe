/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Groups and messages as JSON objects, the same in every command.
 */
#ifndef CRUDDUR_TOOL_JSON_ROWS_H
#define CRUDDUR_TOOL_JSON_ROWS_H

#include <cruddur/cruddur.h>

#include "json_out.h"

/** Fills a row that json_row_init() began. */
void json_row_group(struct json_row *row, const cruddur_group *group);
void json_row_msg(struct json_row *row, const cruddur_msg *msg);

#endif
