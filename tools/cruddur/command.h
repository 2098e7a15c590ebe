/* SPDX-License-Identifier: MIT */
/* The commands, and what they work with: the options, the store, the users, the output. */
#ifndef CRUDDUR_TOOL_COMMAND_H
#define CRUDDUR_TOOL_COMMAND_H

#include <cruddur/cruddur.h>

#include "directory.h"
#include "options.h"
#include "out.h"

#define COMMAND_ARGUMENTS_MAX 3

struct context {
    struct options options;
    char *arguments[COMMAND_ARGUMENTS_MAX];
    cruddur *dm;                                /* NULL until context_open() */
    const struct directory_backend *postgresql; /* NULL if the command is built without */
    struct directory *directory;                /* NULL until context_directory() */
    cruddur_members *members;                   /* NULL until context_members() */
    struct out out;
    int64_t now_us;
};

struct command {
    const char *name;
    enum command_bit bit;
    const char *arguments[COMMAND_ARGUMENTS_MAX]; /* besides options */
    size_t n_optional;                            /* at the end, that need not be given */
    const char *summary;                          /* a line for the list of commands */
    const char *help;                             /* from "Usage: " to the examples */
    enum exit_code (*run)(struct context *context);
};

/* One of the things that a command does, where its first argument says which. */
struct action {
    const char *name;
    unsigned traits; /* bits of the command's own */
    enum exit_code (*run)(struct context *context);
};

extern const struct command command_new;
extern const struct command command_send;
extern const struct command command_groups;
extern const struct command command_messages;
extern const struct command command_show;
extern const struct command command_mark;
extern const struct command command_edit;
extern const struct command command_delete;
extern const struct command command_react;
extern const struct command command_group;
extern const struct command command_seed;
extern const struct command command_scan;
extern const struct command command_purge;
extern const struct command command_check;
extern const struct command command_export;
extern const struct command command_import;
extern const struct command command_person;
extern const struct command command_schema;
extern const struct command command_stream;
extern const struct command command_move;
extern const struct command command_users;
extern const struct command command_watch;

/* The help of --at. */
#define AT_OPTION                                                                                  \
    "  --at TIME       when the message was sent (its created_at), if it is not found\n"           \
    "                  by its uuid\n"

/* What a call may take where the library has another default; see --timeout. */
uint32_t context_timeout_ms(const struct context *context, uint32_t usual_ms);

/* The store's URL and where it was named; both NULL where it was not. */
struct store_name {
    const char *url;
    const char *where;
};

struct store_name context_store(const struct context *context);

/* Opens the store. `flags` are CRUDDUR_OPEN_… bits. */
enum exit_code context_open(struct context *context, uint32_t flags);

/* Opens a store that is not --store; `where` is what its URL is called on the command line. */
enum exit_code context_open_url(const struct context *context, const char *url, const char *where,
                                uint32_t flags, cruddur **ret_dm);

/* The two halves of that: opens it, and reports why it could not be opened. Takes the error. */
cruddur_status context_try_url(const struct context *context, const char *url, uint32_t flags,
                               cruddur **ret_dm, cruddur_error **error);
enum exit_code context_report_url(cruddur_status status, cruddur_error *error, const char *where);

/* Opens the directory of users. It is an error if --users and CRUDDUR_USERS are not given.
 * `usual_ms` is the time for each answer of a server, if --timeout does not say:
 * DIRECTORY_TIMEOUT_MS, or more where statements take long. */
enum exit_code context_directory(struct context *context, uint32_t usual_ms);

/* Finds out who a USER is: a uuid, or a handle with or without `@`. `argument` is what it is on the
 * command line, for errors. A uuid is put in lower case; what `ret_user` points to lives as long as
 * the context. */
enum exit_code context_user(struct context *context, const char *argument, char *text,
                            cruddur_user *ret_user);

/* Looks up --as or --me, and --to or --other; nobody may be among them twice. `ret_users` has room
 * for CRUDDUR_MEMBERS_MAX. */
enum exit_code context_people(struct context *context, const char *me, const char *others,
                              cruddur_user *ret_users);

/* Reads who is in a group, and up to where each has read. `viewer_uuid` may be NULL: then it is the
 * operator who reads. The first one reports a failure. */
enum exit_code context_members(struct context *context, const char *viewer_uuid,
                               const char *group_uuid);
cruddur_status context_try_members(struct context *context, const char *viewer_uuid,
                                   const char *group_uuid, cruddur_error **error);

/* Checks GROUP and MESSAGE, the first two arguments, and looks up --as. */
enum exit_code context_message(struct context *context, cruddur_user *ret_user);

/* Gives a text: the argument, or standard input for `-`. Free it with free(). */
enum exit_code context_text(const char *argument, char **ret_text);

/* Finds the action that the first argument names. */
enum exit_code context_action(const struct context *context, const struct action *actions,
                              size_t count, const struct action **ret_action);

void context_close(struct context *context);

#endif
