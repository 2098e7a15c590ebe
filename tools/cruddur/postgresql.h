/* SPDX-License-Identifier: MIT */
/* A connection to PostgreSQL, for the files that implement directory_postgresql. Functions report
 * their own failures. */
#ifndef CRUDDUR_TOOL_POSTGRESQL_H
#define CRUDDUR_TOOL_POSTGRESQL_H

#include <libpq-fe.h>

#include "directory.h"

/* What the columns of a user are, in the order of enum users_field. */
#define POSTGRESQL_COLUMNS "uuid, handle, display_name, email, cognito_user_id"

/* Keeps other writers away until the transaction ends; others can read meanwhile. */
#define POSTGRESQL_LOCK "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"

/* The settings of a connection; `directory->state`. */
struct postgresql {
    PGconn *connection;
    uint32_t timeout_ms;
    bool is_in_transaction;
};

/* Runs a statement, and waits for its result at most until the deadline. `values` are its $1, $2,
 * …, and end with NULL; NULL for none. The result is freed with PQclear(). */
enum exit_code postgresql_ask(struct directory *directory, const char *sql,
                              const char *const *values, PGresult **ret_result);

/* The same for a statement whose result says nothing more. */
enum exit_code postgresql_run(struct directory *directory, const char *sql,
                              const char *const *values);

/* Waits for what the server says of what was sent, such as the rows of COPY. */
enum exit_code postgresql_finish(struct directory *directory, PGresult **ret_result);

/* Reports what the server or libpq says of a failure. */
enum exit_code postgresql_report(const struct directory *directory, const PGresult *result);

enum exit_code postgresql_begin(struct directory *directory);
enum exit_code postgresql_end(struct directory *directory, bool is_kept);

enum exit_code postgresql_load(struct directory *directory, const char *path,
                               const struct users *users, struct directory_counts *ret_counts);

#endif
