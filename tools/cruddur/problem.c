/* SPDX-License-Identifier: MIT */
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

bool problem_set(struct problem *problem, size_t line, const char *format, ...)
{
    va_list arguments;

    problem->line = line;
    va_start(arguments, format);
    (void)vsnprintf(problem->text, sizeof(problem->text), format, arguments);
    va_end(arguments);
    return false;
}

bool problem_no_memory(struct problem *problem)
{
    problem->line = 0;
    problem->text[0] = '\0';
    return false;
}

bool problem_is_memory(const struct problem *problem)
{
    return problem->text[0] == '\0';
}

size_t problem_line_at(const char *text, size_t offset)
{
    size_t line = 1;

    for (size_t i = 0; i < offset; i++) {
        line += text[i] == '\n';
    }
    return line;
}

bool problem_check_text(const char *text, size_t length, struct problem *problem)
{
    const char *nul = memchr(text, '\0', length);
    size_t offset;

    if (nul != NULL) {
        return problem_set(problem, problem_line_at(text, (size_t)(nul - text)),
                           "a NUL byte stands here; this is no text file");
    }
    if (!text_is_utf8(text, length, &offset)) {
        return problem_set(problem, problem_line_at(text, offset), "this is not valid UTF-8");
    }
    return true;
}
