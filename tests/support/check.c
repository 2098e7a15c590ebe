/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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

static int run(char *const *arguments, int in, int out)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int state;
    cr_assert_eq(posix_spawn_file_actions_init(&actions), 0);
    cr_assert_eq(posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO), 0);
    cr_assert_eq(posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO), 0);
    int code = posix_spawn(&child, arguments[0], &actions, NULL, arguments, environ);
    cr_assert_eq(code, 0, "cannot run %s: %s", arguments[0], strerror(code));
    (void)posix_spawn_file_actions_destroy(&actions);
    while (waitpid(child, &state, 0) < 0) {
        cr_assert_eq(errno, EINTR);
    }
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static void read_report(FILE *out, test_report *report)
{
    rewind(out);
    size_t size = fread(report->text, 1, sizeof(report->text) - 1, out);
    report->text[size] = '\0';
}

int test_check_run(const test_store *store, const char *flag, test_report *report)
{
    bool by_rows = !test_store_is_lasting(store);
    char url[sizeof(store->url)];
    char option[32] = "";
    char *arguments[] = {(char[]){TEST_PYTHON},        (char[]){"-B"},
                         (char[]){TEST_CHECK_TABLE},   by_rows ? (char[]){"--rows=-"} : url,
                         flag == NULL ? NULL : option, NULL};
    FILE *in = tmpfile();
    FILE *out = tmpfile();
    cr_assert(in != NULL && out != NULL);
    test_store_settle(store);
    memcpy(url, store->url, sizeof(url));
    (void)snprintf(option, sizeof(option), "%s", flag == NULL ? "" : flag);
    if (by_rows) {
        write_rows(in, store->dm);
        cr_assert_eq(fflush(in), 0);
        rewind(in);
    }
    int code = run(arguments, fileno(in), fileno(out));
    read_report(out, report);
    (void)fclose(in);
    (void)fclose(out);
    return code;
}

test_report test_check_summary(const test_store *store)
{
    test_report report;
    int code = test_check_run(store, NULL, &report);
    cr_assert_eq(code, 0, "the checker of tables came to %d:\n%s", code, report.text);
    return report;
}

/* Most of a short test's time goes into the start of Python. */
void test_check(const test_store *store)
{
    if (getenv("CRUDDUR_TEST_UNCHECKED") == NULL) {
        (void)test_check_summary(store);
    }
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
