/* SPDX-License-Identifier: MIT */
/* Where users are looked up: a users file, or the `users` table of a PostgreSQL database.
 *
 * The rest of the command knows this header alone. Each function reports its own failures, naming
 * the option and the directory, never a password, and returns the exit code. */
#ifndef CRUDDUR_TOOL_DIRECTORY_H
#define CRUDDUR_TOOL_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "users.h"

/* How long PostgreSQL may take for connecting and for each statement, unless --timeout says. */
#define DIRECTORY_TIMEOUT_MS 10000

struct directory;
struct directory_backend;

struct directory_options {
    const char *argument; /* where it was named: --users or CRUDDUR_USERS */
    const char *name;     /* postgres://…, postgresql://…, or a path */
    uint32_t timeout_ms;
    const struct directory_backend *postgresql; /* NULL if the command is built without */
};

/* What became of the users of a file; see directory_load(). */
struct directory_counts {
    uint64_t added;
    uint64_t changed;
    uint64_t unchanged;
};

/* Takes a user of a list, who is valid during the call. False ends the list early. */
typedef bool directory_observer(void *data, const struct users_entry *entry);

/* Opens the directory that `options->name` names; a file is read whole and checked. */
enum exit_code directory_open(const struct directory_options *options,
                              struct directory **ret_directory);

/* The path, or the URL without its password. */
const char *directory_name(const struct directory *directory);

/* Finds the user who has this value in a field: USERS_UUID (in lower case), USERS_HANDLE (without
 * `@`) or USERS_COGNITO_USER_ID. Sets *ret_entry to NULL if there is none. More than one is an
 * error. The entry is valid until the next look-up, its texts until the directory is closed. */
enum exit_code directory_find(struct directory *directory, enum users_field field,
                              const char *value, const struct users_entry **ret_entry);

/* Lists all users by handle, without keeping them. */
enum exit_code directory_list(struct directory *directory, directory_observer *observe, void *data);

/* --- changes; a users file refuses them --- */

/* Begins a transaction in which no other one changes users. Look-ups and lists belong to it. */
enum exit_code directory_begin(struct directory *directory);

/* Sets the cognito_user_id of the user with this uuid, in the transaction. No such user, and a
 * cognito_user_id that another user has, are errors. */
enum exit_code directory_set_cognito_user_id(struct directory *directory, const char *uuid,
                                             const char *cognito_user_id);

/* Ends the transaction; its changes are kept, or undone. */
enum exit_code directory_end(struct directory *directory, bool is_kept);

/* Creates the table, and the constraints that it lacks, and brings users into it, in one
 * transaction. `users` were read under USERS_TO_LOAD; `path` is their file, for errors. */
enum exit_code directory_load(struct directory *directory, const char *path,
                              const struct users *users, struct directory_counts *ret_counts);

/* NULL is allowed. An open transaction is undone. */
void directory_close(struct directory *directory);

/* --- for backends --- */

struct directory {
    const struct directory_backend *backend;
    const char *argument;
    char *name;
    void *state;        /* the backend's own */
    struct users found; /* what find() returned, for a backend that keeps no users itself */
};

/* What a kind of directory can do: the functions above, for that kind. NULL where it cannot; `find`
 * and `list` it must. */
struct directory_backend {
    enum exit_code (*open)(struct directory *directory, const struct directory_options *options);
    enum exit_code (*find)(struct directory *directory, enum users_field field, const char *value,
                           const struct users_entry **ret_entry);
    enum exit_code (*list)(struct directory *directory, directory_observer *observe, void *data);
    enum exit_code (*begin)(struct directory *directory);
    enum exit_code (*set_cognito_user_id)(struct directory *directory, const char *uuid,
                                          const char *cognito_user_id);
    enum exit_code (*end)(struct directory *directory, bool is_kept);
    enum exit_code (*load)(struct directory *directory, const char *path, const struct users *users,
                           struct directory_counts *ret_counts);
    void (*close)(struct directory *directory);
};

/* Reports that more than one user has this value. */
enum exit_code directory_report_ambiguous(const struct directory *directory, enum users_field field,
                                          const char *value);

/* PostgreSQL; only in programs that link it. */
extern const struct directory_backend directory_postgresql;

#endif
