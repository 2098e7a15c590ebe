/* SPDX-License-Identifier: MIT */
/* cruddur: the command. Finds out which command is meant, and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "context.h"
#include "text.h"

/* The first option of the first table is what -h stands for: see options.c. */
static const struct option_spec global_options[] = {
    {"help", NULL, "show help: of the command, if one is named", OPTION_FLAG, false,
     offsetof(struct globals, help)},
    {"version", NULL, "show the version", OPTION_FLAG, false, offsetof(struct globals, version)},
    {"store", "URL", "the store, such as sqlite:messages.db", OPTION_TEXT, false,
     offsetof(struct globals, store)},
    {"users", "FILE", "who has which handle: JSON or CSV", OPTION_TEXT, false,
     offsetof(struct globals, users)},
    {"json", NULL, "write JSON", OPTION_FLAG, false, offsetof(struct globals, json)},
    {"no-color", NULL, "write no colours", OPTION_FLAG, false, offsetof(struct globals, no_color)},
    {"no-pager", NULL, "do not start a pager", OPTION_FLAG, false,
     offsetof(struct globals, no_pager)},
};
#define N_GLOBAL_OPTIONS (sizeof(global_options) / sizeof(global_options[0]))

static const struct command *const commands[] = {
    &command_new, &command_send, &command_groups, &command_messages, &command_seed, &command_scan,
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

#define HELP_WIDTH_MIN 40
#define HELP_WIDTH_MAX 80
#define HELP_COLUMN 18

/* A line of the help in two columns. */
struct help_entry {
    const char *term;
    const char *text;
};

static const struct help_entry environment[] = {
    {"CRUDDUR_STORE", "the store, if --store is not given"},
    {"CRUDDUR_USERS", "the users file, if --users is not given"},
    {"CRUDDUR_PAGER", "shows long results on a terminal; empty: nothing does"},
    {"PAGER", "the same, if CRUDDUR_PAGER is not set; the default is less"},
    {"NO_COLOR", "no colours, if it is not empty"},
    {"COLUMNS", "the width where the output is no terminal"},
    {"TZ", "the time zone of the times that are shown"},
};

static const struct help_entry exit_codes[] = {
    {"0", "it is done"},
    {"1", "the store, a file or the output failed"},
    {"2", "an argument, or an input file, breaks a rule; nothing was written"},
    {"3", "there is no such user or group, or the user is not a member of it"},
    {"4", "busy, locked or late: the same command may succeed when it is run again"},
};

static const char users_help[] =
    "A USER is a uuid, or a handle (with or without @) that is looked up in the users file: JSON, "
    "an array of objects or {\"users\": [...]}, or CSV with a header line. Its fields are uuid, "
    "handle, display_name and email.";

static const char main_examples[] =
    "  export CRUDDUR_STORE=sqlite:messages.db CRUDDUR_USERS=users.json\n"
    "  cruddur seed conversation.txt --me @maren --other @teo\n"
    "  cruddur groups @maren\n"
    "  cruddur send --as @maren 7d0c2e5a-64f1-4d3c-9b8e-2f5a1c3b4d6e 'See you there!'\n";

/* Writes text in lines that begin at `column`; the first one is at `at` already. */
static void print_paragraph(struct out *out, const char *text, size_t at, size_t column)
{
    size_t width = out->width < HELP_WIDTH_MAX ? out->width : HELP_WIDTH_MAX;
    struct text_wrap wrap = {text, strlen(text), 0};
    const char *line;
    size_t length;

    if (width < HELP_WIDTH_MIN) {
        width = HELP_WIDTH_MIN;
    }
    wrap.width = width - column;
    while (text_wrap_next(&wrap, &line, &length)) {
        if (length > 0) {
            out_repeat(out, " ", at < column ? column - at : 0);
        }
        out_bytes(out, line, length);
        out_text(out, "\n");
        at = 0;
    }
}

static void print_entry(struct out *out, const char *term, const char *value, const char *text)
{
    const char *gap = value != NULL ? " " : "";

    if (value == NULL) {
        value = "";
    }
    out_format(out, "  %s%s%s", term, gap, value);
    print_paragraph(out, text, 2 + strlen(term) + strlen(gap) + strlen(value), HELP_COLUMN);
}

static void print_entries(struct out *out, const char *title, const struct help_entry *entries,
                          size_t count)
{
    out_format(out, "\n%s\n", title);
    for (size_t i = 0; i < count; i++) {
        print_entry(out, entries[i].term, NULL, entries[i].text);
    }
}

static void print_options(struct out *out, const char *title, const struct option_spec *specs,
                          size_t count)
{
    char term[HELP_COLUMN];

    out_format(out, "\n%s\n", title);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(term, sizeof(term), "--%s", specs[i].name);
        print_entry(out, term, specs[i].value, specs[i].help);
    }
}

static void print_main_help(struct out *out)
{
    out_text(out, "Usage: cruddur COMMAND [OPTION]... [ARGUMENT]...\n\n"
                  "Direct messages in a store of libcruddur.\n\n"
                  "Commands:\n");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        print_entry(out, commands[i]->name, NULL, commands[i]->summary);
    }
    print_options(out, "Options, before or after the command:", global_options, N_GLOBAL_OPTIONS);
    out_text(out, "\n");
    print_paragraph(out, users_help, 0, 0);
    print_entries(out, "Environment:", environment, sizeof(environment) / sizeof(environment[0]));
    print_entries(out, "Exit status:", exit_codes, sizeof(exit_codes) / sizeof(exit_codes[0]));
    out_format(out, "\nExamples:\n%s", main_examples);
}

static void print_command_help(struct out *out, const struct command *command)
{
    out_format(out, "Usage: cruddur %s", command->name);
    for (size_t i = 0; i < command->n_options; i++) {
        const struct option_spec *spec = &command->options[i];

        if (spec->required) {
            out_format(out, " --%s %s%s", spec->name, spec->value,
                       spec->kind == OPTION_LIST ? "..." : "");
        }
    }
    out_text(out, " [OPTION]...");
    for (size_t i = 0; i < command->n_arguments; i++) {
        out_format(out, " %s", command->arguments[i]);
    }
    out_text(out, "\n\n");
    print_paragraph(out, command->description, 0, 0);
    print_options(out, "Options:", command->options, command->n_options);
    print_options(out, "Options of every command:", global_options, N_GLOBAL_OPTIONS);
    out_format(out, "\nExamples:\n%s\n", command->examples);
    print_paragraph(
        out, "See cruddur --help for the users file, the environment and the exit status.", 0, 0);
}

static void print_version(struct out *out)
{
    out_format(out, "cruddur %s\n", cruddur_version());
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static enum exit_code check_arguments(const struct command *command, int count)
{
    size_t given = (size_t)count;

    if (given < command->n_arguments) {
        return report(command->name, CODE_USAGE, "%s is missing; see cruddur %s --help",
                      command->arguments[given], command->name);
    }
    /* What is too much is not quoted: it may be part of a message. */
    if (given > command->n_arguments && command->n_arguments > 0) {
        return report(command->name, CODE_USAGE,
                      "there are too many arguments: %s is the last (quote it if it has spaces)",
                      command->arguments[command->n_arguments - 1]);
    }
    if (given > command->n_arguments) {
        return report(command->name, CODE_USAGE, "it takes no arguments besides options");
    }
    return CODE_OK;
}

static bool takes_text(const struct command *command)
{
    return command->n_arguments > 0 &&
           strcmp(command->arguments[command->n_arguments - 1], "TEXT") == 0;
}

/* Reads the command's options, and runs it. `argv` begins with the command's name. */
static enum exit_code run_with(struct context *context, const struct command *command, void *values,
                               int argc, char **argv)
{
    const struct option_table tables[] = {
        {global_options, N_GLOBAL_OPTIONS, &context->globals},
        {command->options, command->n_options, values},
    };
    enum exit_code code;
    int first = argc;

    memcpy(values, command->defaults, command->defaults_size);
    code = options_parse(command->name, tables, 2, takes_text(command) ? OPTIONS_WITH_TEXT : 0,
                         argc, argv, &first);
    out_init(&context->out, context->globals.no_color || context->globals.json);
    if (code != CODE_OK) {
        return code;
    }
    if (context->globals.help) {
        print_command_help(&context->out, command);
        return CODE_OK;
    }
    if (context->globals.version) {
        print_version(&context->out);
        return CODE_OK;
    }
    code = options_check(command->name, &tables[1]);
    if (code == CODE_OK) {
        code = check_arguments(command, argc - first);
    }
    if (code != CODE_OK) {
        return code;
    }
    if (context->globals.json) {
        context->globals.no_pager = true;
    }
    return command->run(context, values, argv + first);
}

static enum exit_code run_command(struct context *context, const struct command *command, int argc,
                                  char **argv)
{
    void *values = malloc(command->defaults_size);
    enum exit_code code;

    if (values == NULL) {
        return report_no_memory(command->name);
    }
    context->command = command->name;
    code = run_with(context, command, values, argc, argv);
    context_close(context);
    free(values);
    return code;
}

/* `cruddur help [COMMAND]` is what many people try first. */
static enum exit_code run_help(struct context *context, int argc, char **argv)
{
    const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;

    if (argc > 1 && command == NULL) {
        return report(NULL, CODE_USAGE, "%.40s: there is no such command; see cruddur --help",
                      argv[1]);
    }
    if (command != NULL) {
        print_command_help(&context->out, command);
    } else {
        print_main_help(&context->out);
    }
    return CODE_OK;
}

static enum exit_code dispatch(struct context *context, int argc, char **argv)
{
    const struct option_table table = {global_options, N_GLOBAL_OPTIONS, &context->globals};
    const struct command *command;
    int first = argc;
    enum exit_code code = options_parse(NULL, &table, 1, OPTIONS_STOP_EARLY, argc, argv, &first);

    if (code != CODE_OK) {
        return code;
    }
    if (context->globals.version) {
        print_version(&context->out);
        return CODE_OK;
    }
    if (first >= argc && context->globals.help) {
        print_main_help(&context->out);
        return CODE_OK;
    }
    if (first >= argc) {
        return report(NULL, CODE_USAGE, "a command is missing; see cruddur --help");
    }
    if (strcmp(argv[first], "help") == 0) {
        return run_help(context, argc - first, argv + first);
    }
    command = find_command(argv[first]);
    if (command == NULL) {
        return report(NULL, CODE_USAGE, "%.40s: there is no such command; see cruddur --help",
                      argv[first]);
    }
    return run_command(context, command, argc - first, argv + first);
}

/*
 * Makes sure that the three standard streams are open: the store's file must not become one of
 * them. What is opened here fails when it is used, as a closed stream does.
 */
static bool guard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) {
            continue;
        }
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct context context;
    enum exit_code code;
    bool written;

    if (!guard_streams()) {
        return CODE_FAILED;
    }
    /* A reader that goes away shows as EPIPE, and ends the output quietly. */
    (void)signal(SIGPIPE, SIG_IGN);
    text_set_locale();
    tzset();
    memset(&context, 0, sizeof(context));
    context.now_us = cruddur_time_now_us();
    out_init(&context.out, true);
    code = dispatch(&context, argc, argv);
    written = out_close(&context.out);
    if (!written && context.out.error != 0) {
        code = report(context.command, CODE_FAILED, "the output: %s", strerror(context.out.error));
    } else if (!written) {
        code = report(context.command, CODE_FAILED, "the pager could not be run");
    }
    return (int)code;
}
