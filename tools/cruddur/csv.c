/* SPDX-License-Identifier: MIT */
#include "csv.h"

#include <string.h>

void csv_init(struct csv *csv, const char *text, size_t length)
{
    memset(csv, 0, sizeof(*csv));
    csv->next = text;
    csv->end = text + length;
    csv->line = 1;
}

/* The bytes of a line break at `at`; 0 when there is none. */
static size_t line_end(const struct csv *csv, const char *at)
{
    if (at < csv->end && *at == '\n') {
        return 1;
    }
    return csv->end - at >= 2 && at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

static void skip_blank_lines(struct csv *csv)
{
    size_t n;

    while ((n = line_end(csv, csv->next)) > 0) {
        csv->next += n;
        csv->line++;
    }
}

/* Reads what stands between quotes; `next` is after the opening one. */
static bool read_quoted(struct csv *csv, struct problem *problem)
{
    size_t first_line = csv->line;

    for (; csv->next < csv->end; csv->next++) {
        if (*csv->next == '"') {
            csv->next++;
            if (csv->next == csv->end || *csv->next != '"') {
                return true;
            }
        }
        csv->line += *csv->next == '\n';
        buffer_add(&csv->bytes, csv->next, 1);
    }
    return problem_set(problem, first_line, "a quote is opened here and never closed");
}

static bool read_plain(struct csv *csv, struct problem *problem)
{
    const char *start = csv->next;

    while (csv->next < csv->end && *csv->next != ',' && line_end(csv, csv->next) == 0) {
        if (*csv->next == '"') {
            return problem_set(problem, csv->line,
                               "a quote stands inside a field that does not begin with one");
        }
        if (*csv->next == '\r') {
            return problem_set(problem, csv->line, "a carriage return has no line feed after it");
        }
        csv->next++;
    }
    buffer_add(&csv->bytes, start, (size_t)(csv->next - start));
    return true;
}

static bool read_field(struct csv *csv, struct problem *problem)
{
    bool good;

    if (csv->n_fields == CSV_FIELDS_MAX) {
        return problem_set(problem, csv->line, "a record has at most %d fields", CSV_FIELDS_MAX);
    }
    csv->starts[csv->n_fields++] = csv->bytes.length;
    if (csv->next < csv->end && *csv->next == '"') {
        csv->next++;
        good = read_quoted(csv, problem);
        if (good && csv->next < csv->end && *csv->next != ',' && line_end(csv, csv->next) == 0) {
            return problem_set(problem, csv->line,
                               "after a closing quote comes a comma or the end of the line");
        }
    } else {
        good = read_plain(csv, problem);
    }
    buffer_add(&csv->bytes, "", 1);
    return good;
}

enum csv_status csv_next(struct csv *csv, struct problem *problem)
{
    size_t n;

    skip_blank_lines(csv);
    if (csv->next == csv->end) {
        return CSV_END;
    }
    buffer_clear(&csv->bytes);
    csv->n_fields = 0;
    csv->record_line = csv->line;
    while (read_field(csv, problem)) {
        if (csv->next < csv->end && *csv->next == ',') {
            csv->next++;
            continue;
        }
        n = line_end(csv, csv->next);
        csv->next += n;
        csv->line += n > 0;
        if (!csv->bytes.failed) {
            return CSV_RECORD;
        }
        (void)problem_no_memory(problem);
        break;
    }
    return CSV_BAD;
}

const char *csv_field(const struct csv *csv, size_t index)
{
    return index < csv->n_fields ? csv->bytes.data + csv->starts[index] : NULL;
}

void csv_free(struct csv *csv)
{
    buffer_free(&csv->bytes);
}
