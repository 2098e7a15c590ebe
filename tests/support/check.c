/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/paths.h"

extern char **environ;

/* ---- the rows of a store that nobody else can read, as JSON lines ---- */

static void write_json(FILE *file, const char *text)
{
    (void)fputc('"', file);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == '"' || c == '\\') {
            (void)fprintf(file, "\\u%04x", c);
        } else {
            (void)fputc(c, file);
        }
    }
    (void)fputc('"', file);
}

static void write_row(FILE *file, const cruddur_row_page *page, size_t index)
{
    const char *separator = "{";
    for (size_t a = 0; a < cruddur_row_attribute_count(); a++) {
        const char *value = cruddur_row_page_get(page, index, a);
        if (value != NULL) {
            (void)fputs(separator, file);
            write_json(file, cruddur_row_attribute_name(a));
            (void)fputc(':', file);
            write_json(file, value);
            separator = ",";
        }
    }
    (void)fputs("}\n", file);
}

static void write_rows(FILE *file, cruddur *dm)
{
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_row_page *last = NULL;
    options.limit = CRUDDUR_LIMIT_MAX;
    do {
        cruddur_row_page *page = NULL;
        must_succeed(cruddur_scan(dm, &options, &page, TEST_ERROR));
        for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
            write_row(file, page, i);
        }
        options.cursor = cruddur_row_page_next(page);
        cruddur_row_page_free(last); /* it had the cursor that was just used */
        last = page;
    } while (options.cursor != NULL);
    cruddur_row_page_free(last);
}

/* ---- the checker ---- */

#define CHECKER "CRUDDUR_TEST_CHECKER"
#define CHECKS_AT_ONCE 64
#define LISTENER 3 /* checker.py */

/* An address that the system chooses; its name goes to `name`. */
static int listen_somewhere(char *name, size_t size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t length = sizeof(address.sun_family);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 ||
        listen(listener, CHECKS_AT_ONCE) != 0) {
        return -1;
    }
    length = sizeof(address);
    if (getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        return -1;
    }
    size_t name_length = length - offsetof(struct sockaddr_un, sun_path) - 1;
    (void)snprintf(name, size, "%.*s", (int)name_length, address.sun_path + 1);
    return listener;
}

/* Criterion runs the program again for each test: the first one starts the server, which ends when
 * the pipe does. */
__attribute__((constructor)) static void start_checker(void)
{
    char *arguments[] = {(char[]){TEST_PYTHON},
                         (char[]){"-BES"}, /* nothing of the site, so that it starts soon */
                         (char[]){TEST_CHECKER}, NULL};
    char name[sizeof(((struct sockaddr_un *)0)->sun_path)] = "";
    posix_spawn_file_actions_t actions;
    int held[2];
    pid_t server;
    if (getenv(CHECKER) != NULL || posix_spawn_file_actions_init(&actions) != 0) {
        return;
    }
    int listener = listen_somewhere(name, sizeof(name));
    bool is_started =
        listener >= 0 && pipe(held) == 0 && fcntl(held[1], F_SETFD, FD_CLOEXEC) == 0 &&
        posix_spawn_file_actions_adddup2(&actions, held[0], STDIN_FILENO) == 0 &&
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
        posix_spawn_file_actions_adddup2(&actions, listener, LISTENER) == 0 &&
        posix_spawn(&server, arguments[0], &actions, NULL, arguments, environ) == 0;
    if (is_started) {
        (void)setenv(CHECKER, name, 1);
        (void)close(held[0]);
        (void)close(listener);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
}

static FILE *connect_checker(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *name = getenv(CHECKER);
    cr_assert(name != NULL, "the checker of tables could not be started");
    size_t length = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
    (void)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", name);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(client >= 0 && connect(client, (struct sockaddr *)&address, (socklen_t)length) == 0,
              "cannot reach the checker of tables: %s", strerror(errno));
    FILE *stream = fdopen(client, "r+");
    cr_assert(stream != NULL);
    return stream;
}

/* Its exit code; what it printed goes to the report. */
static int read_answer(FILE *stream, test_report *report)
{
    int code = -1;
    cr_assert_eq(fscanf(stream, "%d", &code), 1, "the checker of tables did not answer");
    cr_assert_eq(fgetc(stream), '\n');
    size_t size = fread(report->text, 1, sizeof(report->text) - 1, stream);
    report->text[size] = '\0';
    while (fgetc(stream) != EOF) { /* it writes to the end */
    }
    return code;
}

int test_check_run(const test_store *store, const char *flag, test_report *report)
{
    bool by_rows = !test_store_is_lasting(store);
    char folder[4096];
    cr_assert(getcwd(folder, sizeof(folder)) != NULL);
    test_store_settle(store);
    FILE *stream = connect_checker();
    (void)fputc('[', stream);
    write_json(stream, folder);
    (void)fputc(',', stream);
    write_json(stream, by_rows ? "--rows=-" : store->url);
    if (flag != NULL) {
        (void)fputc(',', stream);
        write_json(stream, flag);
    }
    (void)fputs("]\n", stream);
    if (by_rows) {
        write_rows(stream, store->dm);
    }
    cr_assert_eq(fflush(stream), 0);
    cr_assert_eq(shutdown(fileno(stream), SHUT_WR), 0);
    int code = read_answer(stream, report);
    (void)fclose(stream);
    return code;
}

test_report test_check_summary(const test_store *store)
{
    test_report report;
    int code = test_check_run(store, NULL, &report);
    cr_assert_eq(code, 0, "the checker of tables came to %d:\n%s", code, report.text);
    return report;
}

void test_check(const test_store *store)
{
    (void)test_check_summary(store);
}

size_t test_check_count(const test_store *store, const char *what)
{
    char pattern[32];
    test_report report = test_check_summary(store);
    (void)snprintf(pattern, sizeof(pattern), "%s ", what);
    const char *found = strstr(report.text, pattern);
    while (found != NULL && found != report.text && found[-1] != ' ') {
        found = strstr(found + 1, pattern);
    }
    cr_assert(found != NULL, "no count of %s in: %s", what, report.text);
    return strtoul(found + strlen(pattern), NULL, 10);
}
