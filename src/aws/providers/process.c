/* SPDX-License-Identifier: MIT */
/* A command that prints credentials. */
#define _GNU_SOURCE /* NOLINT: for pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aws/providers/provider.h"
#include "aws/providers/secret_json.h"
#include "aws/secret.h"
#include "base/clock.h"

#define OUTPUT_MAX ((size_t)256 * 1024)
#define ARGUMENTS_MAX 64
/* How often a wait looks up to see whether it has become pointless. */
#define SLICE_MS 50
#define US_PER_MS INT64_C(1000)

extern char **environ;

static const cr_answer_names names = {"AccessKeyId", "SecretAccessKey", "SessionToken", "AccountId",
                                      "Expiration"};

typedef struct asking {
    const cr_provider_context *context;
    const char *source; /* for errors, which never have the command in them */
} asking;

static cruddur_status fail(const asking *now, const char *what)
{
    return cr_fail_with(now->context->error, CRUDDUR_E_CREDENTIALS, "%s: %s", now->source, what);
}

static cruddur_status fail_start(const asking *now, const char *what, int number)
{
    cruddur_status status = cr_status_of_errno(number, CRUDDUR_E_CREDENTIALS);
    return status == CRUDDUR_E_NO_MEMORY
               ? cr_fail_memory(now->context->error)
               : cr_fail_system(now->context->error, status, number, "%s: %s", now->source, what);
}

/* ---- the command ---- */

/* Characters that mean something to a shell, outside of quotes and between "…". */
#define SHELL_BARE "|&;<>()$`"
#define SHELL_QUOTED "$`"
#define BLANKS " \t\r\n"

typedef struct command {
    char *text; /* the words, each with a NUL after it */
    char *words[ARGUMENTS_MAX + 1];
    size_t count;
    char for_shell;  /* a character that wants a shell; NUL: there is none */
    bool is_cut_off; /* it ends inside quotes, or after \ */
} command;

static bool is_for_shell(char c, char quote, bool is_first)
{
    return c != '\0' && (quote == '\0' ? strchr(SHELL_BARE, c) != NULL || (is_first && c == '~')
                                       : quote == '"' && strchr(SHELL_QUOTED, c) != NULL);
}

/* Whether a \ takes the next character as it is. */
static bool is_escape(const char *at, char quote)
{
    return *at == '\\' && (quote == '\0' || (quote == '"' && (at[1] == '"' || at[1] == '\\')));
}

/* Reads one word as a shell would that expands nothing: '…' unchanged, "…" with \" and \\, and \
 * before any other character. */
static void read_word(command *read, const char **at, char **out)
{
    char quote = '\0';
    const char *start = *at;
    for (; **at != '\0' && (quote != '\0' || strchr(BLANKS, **at) == NULL); (*at)++) {
        char c = **at;
        bool is_quote = quote == '\0' ? c == '"' || c == '\'' : c == quote;
        if (is_for_shell(c, quote, *at == start)) {
            read->for_shell = c;
        }
        if (is_quote) {
            quote = (char)(quote == '\0' ? c : '\0');
        } else if (is_escape(*at, quote) && (*at)[1] != '\0') {
            *(*out)++ = *++*at;
        } else {
            read->is_cut_off = is_escape(*at, quote);
            *(*out)++ = c;
        }
    }
    *(*out)++ = '\0';
    read->is_cut_off = read->is_cut_off || quote != '\0';
}

static cruddur_status split(const asking *now, command *read, const char *text)
{
    char *out = read->text;
    text += strspn(text, BLANKS);
    while (*text != '\0' && read->count < ARGUMENTS_MAX) {
        read->words[read->count++] = out;
        read_word(read, &text, &out);
        text += strspn(text, BLANKS);
    }
    if (read->for_shell != '\0') {
        return cr_fail_with(
            now->context->error, CRUDDUR_E_CREDENTIALS,
            "%s: no shell runs it, so %c has no effect: quote it with '…', or put the "
            "command into a script",
            now->source, read->for_shell);
    }
    if (read->is_cut_off) {
        return fail(now,
                    "it ends inside quotes or after \\ (# or ; after a blank begins a comment)");
    }
    return *text == '\0' ? CRUDDUR_OK : fail(now, "it has too many words");
}

/* ---- running it ---- */

/* The child answers signals as programs do, whatever this thread blocks, and forms a group that can
 * be ended as one. */
static int prepare_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t usual;
    int failed = sigemptyset(&none) != 0 || sigemptyset(&usual) != 0 ||
                 sigaddset(&usual, SIGPIPE) != 0 || sigaddset(&usual, SIGTERM) != 0 ||
                 sigaddset(&usual, SIGINT) != 0 || sigaddset(&usual, SIGCHLD) != 0;
    return failed || posix_spawnattr_setsigmask(attributes, &none) != 0 ||
           posix_spawnattr_setsigdefault(attributes, &usual) != 0 ||
           posix_spawnattr_setpgroup(attributes, 0) != 0 ||
           posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                    POSIX_SPAWN_SETPGROUP) != 0;
}

/* What it says to a person may be a secret: that goes nowhere. */
static int prepare_files(posix_spawn_file_actions_t *files, int output)
{
    return posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
           posix_spawn_file_actions_adddup2(files, output, STDOUT_FILENO) != 0 ||
           posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0) != 0;
}

/* 0, or what the system says. */
static int start(char *const *words, int output, pid_t *child)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    if (posix_spawnattr_init(&attributes) != 0) {
        return ENOMEM;
    }
    if (posix_spawn_file_actions_init(&files) != 0) {
        (void)posix_spawnattr_destroy(&attributes);
        return ENOMEM;
    }
    int result = EINVAL;
    if (prepare_attributes(&attributes) == 0 && prepare_files(&files, output) == 0) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the caller has it still */
        result = posix_spawnp(child, words[0], &files, &attributes, words, environ);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&attributes);
    return result;
}

/* Reads what there is; false at the end, and when there is too much. */
static bool read_some(int input, cr_buffer *output)
{
    char piece[4096];
    ssize_t got = read(input, piece, sizeof(piece));
    bool is_interrupted = got < 0 && errno == EINTR;
    if (got > 0) {
        void *room = cr_buffer_extend(output, (size_t)got);
        if (room != NULL) {
            memcpy(room, piece, (size_t)got);
        }
    }
    explicit_bzero(piece, sizeof(piece));
    return (got > 0 && !output->failed) || is_interrupted;
}

static cruddur_status read_output(const asking *now, int input, cr_buffer *output)
{
    struct pollfd waiting = {.fd = input, .events = POLLIN};
    bool is_open = true;
    while (is_open) {
        cruddur_status status = cr_provider_check(now->context);
        if (status != CRUDDUR_OK) {
            return status;
        }
        int ready = poll(&waiting, 1, SLICE_MS);
        if (ready < 0 && errno != EINTR) {
            return fail(now, "waiting for its output failed");
        }
        is_open = ready <= 0 || read_some(input, output);
    }
    return output->failed ? fail(now, "it printed too much") : CRUDDUR_OK;
}

/* Waits for the end; a program that waits for all its children may have taken the news away, and
 * then the output has to speak for itself. */
static cruddur_status wait_for_end(const asking *now, pid_t child, int *ret_code)
{
    int ended = 0;
    for (;;) {
        pid_t got = waitpid(child, &ended, WNOHANG);
        if (got == child || (got < 0 && errno != EINTR)) {
            *ret_code = got != child ? 0 : WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
            return CRUDDUR_OK;
        }
        cruddur_status status = cr_provider_check(now->context);
        if (status != CRUDDUR_OK) {
            return status;
        }
        cr_clock_sleep_us(US_PER_MS);
    }
}

static void end_group(pid_t child)
{
    (void)kill(-child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
}

static cruddur_status attend(const asking *now, pid_t child, int input, cr_buffer *output)
{
    int code = 0;
    cruddur_status status = read_output(now, input, output);
    if (status == CRUDDUR_OK) {
        status = wait_for_end(now, child, &code);
    }
    if (status != CRUDDUR_OK) {
        end_group(child);
        if (now->context->error != NULL) {
            cr_error_wrap(*now->context->error, now->source);
        }
        return status;
    }
    return code == 0 ? CRUDDUR_OK
                     : cr_fail_with(now->context->error, CRUDDUR_E_CREDENTIALS,
                                    "%s: it failed with exit code %d", now->source, code);
}

static cruddur_status run(const asking *now, char *const *words, cr_buffer *output)
{
    int ends[2];
    pid_t child = 0;
    if (words[0] == NULL || *words[0] == '\0') {
        return fail(now, "there is no command");
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return fail_start(now, "the system gave no pipe", errno);
    }
    int result = start(words, ends[1], &child);
    (void)close(ends[1]);
    cruddur_status status = result == 0 ? attend(now, child, ends[0], output)
                            : result == ENOENT
                                ? fail(now, "there is no such command")
                                : fail_start(now, "the command could not be started", result);
    (void)close(ends[0]);
    return status;
}

/* ---- what it prints ---- */

static cruddur_status read_credentials(const asking *now, cr_str printed,
                                       const cr_identity **ret_identity)
{
    int64_t version = 0;
    if (!cr_secret_json_is_object(printed)) {
        return fail(now, "it printed no JSON object");
    }
    if (!cr_secret_json_integer(cr_secret_json_find(printed, "Version"), &version) ||
        version != 1) {
        return fail(now, "what it printed is not of version 1");
    }
    return cr_provider_identity_of_json(now->context, now->source, printed, &names, ret_identity);
}

cruddur_status cr_provide_process(cr_provider_context *context, const char *source,
                                  const char *text, const cr_identity **ret_identity)
{
    cr_buffer output;
    const asking now = {context, source};
    command wanted = {.text = malloc(strlen(text) + 2)};
    if (wanted.text == NULL) {
        return cr_fail_memory(context->error);
    }
    cr_buffer_init(&output, OUTPUT_MAX);
    cr_buffer_reserve(&output, CR_PROVIDER_ROOM); /* no copy of a secret is left behind */
    cruddur_status status = split(&now, &wanted, text);
    if (status == CRUDDUR_OK) {
        status = run(&now, wanted.words, &output);
    }
    if (status == CRUDDUR_OK) {
        status = read_credentials(&now, (cr_str){output.data, output.size}, ret_identity);
    }
    cr_secret_buffer_free(&output);
    explicit_bzero(wanted.text, strlen(text) + 2);
    free(wanted.text);
    return status;
}
