/* SPDX-License-Identifier: MIT */
/* cruddur: the command. Finds out which command is meant, and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "text.h"

#ifdef CRUDDUR_HAVE_POSTGRESQL
#define POSTGRESQL (&directory_postgresql)
#else
#define POSTGRESQL NULL
#endif

static const struct command *const commands[] = {
    &command_new,    &command_send,  &command_groups, &command_messages, &command_show,
    &command_mark,   &command_edit,  &command_delete, &command_react,    &command_group,
    &command_seed,   &command_scan,  &command_purge,  &command_check,    &command_export,
    &command_import, &command_move,  &command_person, &command_schema,   &command_stream,
    &command_users,  &command_watch,
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char common_options[] =
    "  --help          show help: of the command, if one is named\n"
    "  --version       show the version\n"
    "  --store URL     the store, such as sqlite:messages.db or dynamodb:messages\n"
    "  --users WHERE   who has which handle: a file, JSON or CSV, or a database,\n"
    "                  postgres://USER@HOST:PORT/DATABASE\n"
    "  --json          write JSON\n"
    "  --no-color      do not use colours\n"
    "  --no-pager      do not start a pager\n"
    "  --timeout S     the deadline of each store call, in seconds (default 10,\n"
    "                  for schema 300)\n"
    "  --verbose       print the cost of each store call to standard error\n";

static const char main_help[] =
    "\n"
    "A USER is a uuid, or a handle (with or without @) that is looked up in a users\n"
    "file or in PostgreSQL. A users file is JSON, an array of objects or {\"users\":\n"
    "[...]}, or CSV with a header line. Its fields are uuid, handle, display_name,\n"
    "email and cognito_user_id; the first two are required. In PostgreSQL the table\n"
    "users has these columns. Keep the password in PGPASSWORD or ~/.pgpass.\n"
    "\n"
    "Environment:\n"
    "  CRUDDUR_STORE   the store, if --store is not given\n"
    "  CRUDDUR_USERS   the users file or database, if --users is not given\n"
    "  CRUDDUR_PAGER   the pager for long results on a terminal; empty: no pager\n"
    "  PAGER           the same, if CRUDDUR_PAGER is not set; the default is less\n"
    "  NO_COLOR        no colours, if it is not empty\n"
    "  COLUMNS         the width if the output is not a terminal\n"
    "  TZ              the local time zone, of times that are shown or given\n"
    "  AWS_...         region and credentials of a dynamodb: store, as for the AWS\n"
    "                  command line\n"
    "  PG...           password and more of a postgres:// database, as for psql\n"
    "\n"
    "Exit status:\n"
    "  0               success\n"
    "  1               the store, a file or the output failed\n"
    "  2               an argument, input file or setting breaks a rule, or the\n"
    "                  change is refused; nothing was written\n"
    "  3               no such user, message or member, or no such group that the\n"
    "                  user is a member of\n"
    "  4               busy, locked, timed out or unreachable: the same command may\n"
    "                  succeed later\n"
    "\n"
    "Examples:\n"
    "  export CRUDDUR_STORE=sqlite:messages.db CRUDDUR_USERS=users.json\n"
    "  cruddur seed conversation.txt --me @maren --other @teo\n"
    "  cruddur groups @maren\n"
    "  cruddur send --as @maren 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e 'See you there!'\n";

/* The help of a command, or of all. */
static enum exit_code show_help(struct out *out, const struct command *command)
{
    if (command != NULL) {
        out_format(out, "%s\nOptions of every command:\n%s\n", command->help, common_options);
        out_text(out,
                 "See cruddur --help for the users file, the environment and the exit status.\n");
        return CODE_OK;
    }
    out_text(out, "Usage: cruddur COMMAND [OPTION]... [ARGUMENT]...\n\n"
                  "Direct messages in a store of libcruddur.\n\n"
                  "Commands:\n");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        out_format(out, "  %-15s %s\n", commands[i]->name, commands[i]->summary);
    }
    out_format(out, "\nOptions, before or after the command:\n%s%s", common_options, main_help);
    return CODE_OK;
}

static enum exit_code find_command(const char *name, const struct command **ret_command)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            *ret_command = commands[i];
            return CODE_OK;
        }
    }
    /* It is not quoted: it may be a message. */
    return report(CODE_USAGE, "there is no such command; see cruddur --help");
}

static enum exit_code take_arguments(struct context *context, const struct command *command,
                                     int count, char **arguments)
{
    size_t most = 0;
    while (most < COMMAND_ARGUMENTS_MAX && command->arguments[most] != NULL) {
        most++;
    }
    for (size_t i = 0; i < most && i < (size_t)count; i++) {
        context->arguments[i] = arguments[i];
    }
    if ((size_t)count + command->n_optional < most) {
        return report(CODE_USAGE, "%s is missing; see --help", command->arguments[count]);
    }
    /* What is too much is not quoted: it may be part of a message. */
    if (count > (int)most) {
        return most == 0 ? report(CODE_USAGE, "it takes no arguments besides options")
                         : report(CODE_USAGE,
                                  "there are too many arguments: %s is the last (quote it if it "
                                  "has spaces)",
                                  command->arguments[most - 1]);
    }
    return CODE_OK;
}

/* `argv` begins with the command's name. */
static enum exit_code run_command(struct context *context, const struct command *command, int argc,
                                  char **argv)
{
    report_set_command(command->name);
    int first = argc;
    enum exit_code code = options_read(&context->options, command->bit, argc, argv, &first);
    if (code == CODE_OK && context->options.help) {
        return show_help(&context->out, command);
    }
    if (code == CODE_OK && !context->options.version) {
        code = options_check(&context->options, command->bit);
    }
    if (code != CODE_OK || context->options.version) {
        return code;
    }
    code = take_arguments(context, command, argc - first, argv + first);
    context->out.has_colour = context->out.has_colour && !context->options.no_color;
    return code == CODE_OK ? command->run(context) : code;
}

static enum exit_code dispatch(struct context *context, int argc, char **argv)
{
    int first = argc;
    enum exit_code code = options_read(&context->options, COMMAND_EVERY, argc, argv, &first);
    if (code != CODE_OK) {
        return code;
    }
    /* `cruddur help [COMMAND]` is what many people try first. */
    if (first < argc && strcmp(argv[first], "help") == 0) {
        context->options.help = true;
        first++;
    }
    const struct command *command = NULL;
    if (first < argc) {
        code = find_command(argv[first], &command);
    }
    if (code != CODE_OK) {
        return code;
    }
    if (command != NULL) {
        code = run_command(context, command, argc - first, argv + first);
    } else if (context->options.help) {
        code = show_help(&context->out, NULL);
    } else if (!context->options.version) {
        code = report(CODE_USAGE, "a command is missing; see cruddur --help");
    }
    if (code == CODE_OK && context->options.version && !context->options.help) {
        out_format(&context->out, "cruddur %s\n", cruddur_version());
    }
    return code;
}

/* Makes sure that the three standard streams are open: the store's file must not become one of
 * them. What is opened here fails when it is used, as a closed stream does. */
static bool guard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) {
            return false;
        }
    }
    return true;
}

static void do_nothing(int signal_number)
{
    (void)signal_number;
}

int main(int argc, char **argv)
{
    if (!guard_streams()) {
        return CODE_FAILED;
    }
    /* A reader that goes away shows as EPIPE, and ends the output quietly. A handler, because a
     * pager would inherit that the signal is ignored. */
    (void)signal(SIGPIPE, do_nothing);
    text_set_locale();
    tzset();
    struct context context = {.now_us = cruddur_time_now_us(), .postgresql = POSTGRESQL};
    options_init(&context.options);
    out_init(&context.out);
    enum exit_code code = dispatch(&context, argc, argv);
    context_close(&context);
    if (!out_close(&context.out)) {
        code = CODE_FAILED;
    }
    return (int)code;
}
