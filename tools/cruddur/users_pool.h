/* SPDX-License-Identifier: MIT */
/* The actions of `cruddur users` that read a Cognito user pool. */
#ifndef CRUDDUR_TOOL_USERS_POOL_H
#define CRUDDUR_TOOL_USERS_POOL_H

#include "command.h"

/* Lists the pool: as a table, or with --json as a map of handle to sub. */
enum exit_code users_run_cognito(struct context *context);

/* Gives the users of the directory the cognito_user_id of their accounts. */
enum exit_code users_run_sync(struct context *context);

#endif
