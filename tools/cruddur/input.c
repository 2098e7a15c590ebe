/* SPDX-License-Identifier: MIT */
#include "input.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "text.h"

#define CHUNK 16384
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

bool problem_set(struct problem *problem, size_t line, const char *format, ...)
{
    problem->line = line;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(problem->text, sizeof(problem->text), format, arguments);
    va_end(arguments);
    return false;
}

size_t line_at(const char *text, size_t offset)
{
    size_t line = 1;
    for (size_t i = 0; i < offset; i++) {
        line += text[i] == '\n';
    }
    return line;
}

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

const char *input_name(const char *path)
{
    return is_stdin(path) ? "standard input" : path;
}

enum exit_code report_problem(const char *path, const struct problem *problem)
{
    const char *name = input_name(path);
    if (problem->user > 0) {
        return report(CODE_USAGE, "%s: user %zu: %s", name, problem->user, problem->text);
    }
    if (problem->line > 0) {
        return report(CODE_USAGE, "%s:%zu: %s", name, problem->line, problem->text);
    }
    return report(CODE_USAGE, "%s: %s", name, problem->text);
}

/* Reads to the end, or to just beyond the limit; returns 0 or an errno. */
static int read_all(const char *path, size_t limit, struct buffer *content)
{
    FILE *file = is_stdin(path) ? stdin : fopen(path, "re");
    if (file == NULL) {
        return errno;
    }
    char chunk[CHUNK];
    int error = 0;
    for (size_t n = 1; content->length <= limit && n > 0 && error == 0;) {
        errno = 0;
        n = fread(chunk, 1, sizeof(chunk), file);
        error = ferror(file) == 0 ? 0 : errno != 0 ? errno : EIO;
        buffer_add(content, chunk, n);
    }
    if (file != stdin) {
        (void)fclose(file);
    }
    return error;
}

static bool check_text(const struct buffer *content, struct problem *problem)
{
    const char *text = buffer_text(content);
    size_t length = strlen(text);
    struct text_facts facts = text_look(text);
    if (!facts.is_utf8) {
        return problem_set(problem, line_at(text, facts.bad_offset), "this is not valid UTF-8");
    }
    return length == content->length ||
           problem_set(problem, line_at(text, length), "a NUL byte stands here; this is no text");
}

enum exit_code input_read(const char *argument, const char *path, size_t limit, char **ret_text)
{
    struct buffer content = {NULL, 0, 0};
    struct problem problem = {0, 0, ""};
    int error = read_all(path, limit, &content);
    enum exit_code code = CODE_OK;
    if (error != 0) {
        code = report_system(error, "%s: %s", argument, input_name(path));
    } else if (content.length > limit) {
        code = report(CODE_USAGE, "%s: %s: it may have at most %zu bytes", argument,
                      input_name(path), limit);
    } else if (!check_text(&content, &problem)) {
        code = report_problem(path, &problem);
    } else {
        size_t mark = strlen(BYTE_ORDER_MARK);
        const char *text = buffer_text(&content);
        *ret_text = memory_copy(strncmp(text, BYTE_ORDER_MARK, mark) == 0 ? text + mark : text);
    }
    buffer_free(&content);
    return code;
}
