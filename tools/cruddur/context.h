/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What a command works with: the global options, the store, the users, the output.
 */
#ifndef CRUDDUR_TOOL_CONTEXT_H
#define CRUDDUR_TOOL_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include <cruddur/cruddur.h>

#include "options.h"
#include "out.h"
#include "report.h"
#include "users.h"

/** Options that every command takes. */
struct globals {
    bool help;
    bool version;
    bool json;
    bool no_color;
    bool no_pager;
    const char *store;
    const char *users;
};

struct context {
    /** The command's name. */
    const char *command;
    struct globals globals;
    /** NULL until context_open(). */
    cruddur *dm;
    /** Read when the first USER is looked up. */
    struct users users;
    bool users_read;
    struct out out;
    int64_t now_us;
};

/** A command: its help, its options, and what it does. */
struct command {
    const char *name;
    /** One line for the list of commands. */
    const char *summary;
    /** Paragraphs for its help. */
    const char *description;
    const char *examples;
    /** Its arguments besides options, all required. */
    const char *const *arguments;
    size_t n_arguments;
    const struct option_spec *options;
    size_t n_options;
    /** The struct that the options go to, as it is when none is given. */
    const void *defaults;
    size_t defaults_size;
    enum exit_code (*run)(struct context *context, const void *options, char *const *arguments);
};

extern const struct command command_new;
extern const struct command command_send;
extern const struct command command_groups;
extern const struct command command_messages;
extern const struct command command_seed;
extern const struct command command_scan;

/** Opens the store. `flags` are CRUDDUR_OPEN_… bits. */
enum exit_code context_open(struct context *context, uint32_t flags);

/**
 * Finds out who a USER is. What `ret_user` points to lives as long as the context and `text`.
 *
 * @param argument what it is on the command line, for errors: "--as".
 * @param text     a uuid, or a handle with or without `@`.
 */
enum exit_code context_user(struct context *context, const char *argument, const char *text,
                            cruddur_user *ret_user);

/** Looks up --to or --other: everybody in it, each of them once and none of them `self`. */
enum exit_code context_others(struct context *context, const char *self_argument,
                              const cruddur_user *self, const char *argument,
                              const struct option_list *list, cruddur_user *ret_users);

/** Checks an argument that must be a uuid. */
enum exit_code context_uuid(const struct context *context, const char *argument, const char *text);

/** Gives a message's text: the argument, or standard input for `-`. Free it with free(). */
enum exit_code context_text(const struct context *context, const char *argument, char **ret_text);

/** Reports a library call's error, and frees it. */
enum exit_code context_error(const struct context *context, cruddur_status status,
                             cruddur_error *error, const struct argument_name *names);

/** As context_error(), for a write that may be repeated with `message_uuid`. */
enum exit_code context_write_error(const struct context *context, cruddur_status status,
                                   cruddur_error *error, const struct argument_name *names,
                                   const char *message_uuid);

/** Frees everything but the output. */
void context_close(struct context *context);

#endif
