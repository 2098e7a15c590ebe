/* SPDX-License-Identifier: MIT */
#include "csv.h"

#include <string.h>

void csv_init(struct csv *csv, const char *text)
{
    *csv = (struct csv){.next = text, .line = 1};
}

/* The bytes of a line break; 0 when there is none. */
static size_t line_end(const char *at)
{
    return at[0] == '\n' ? 1 : at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

static bool is_field_end(const char *at)
{
    return *at == ',' || *at == '\0' || line_end(at) > 0;
}

static void skip_line_end(struct csv *csv)
{
    size_t n = line_end(csv->next);
    csv->next += n;
    csv->line += n > 0;
}

/* Reads what stands between quotes; `next` is behind the opening one. */
static bool read_quoted(struct csv *csv, struct problem *problem)
{
    size_t first_line = csv->line;
    for (; *csv->next != '\0'; csv->next++) {
        if (*csv->next == '"' && *++csv->next != '"') {
            return is_field_end(csv->next) ||
                   problem_set(problem, csv->line,
                               "after a closing quote comes a comma or the end of the line");
        }
        csv->line += *csv->next == '\n';
        buffer_add(&csv->bytes, csv->next, 1);
    }
    return problem_set(problem, first_line, "a quote is opened here and never closed");
}

static bool read_plain(struct csv *csv, struct problem *problem)
{
    const char *start = csv->next;
    csv->next += strcspn(start, ",\"\r\n");
    buffer_add(&csv->bytes, start, (size_t)(csv->next - start));
    if (is_field_end(csv->next)) {
        return true;
    }
    return problem_set(problem, csv->line,
                       *csv->next == '"'
                           ? "a quote stands inside a field that does not begin with one"
                           : "a carriage return has no line feed after it");
}

static bool read_field(struct csv *csv, struct problem *problem)
{
    if (csv->n_fields == CSV_FIELDS_MAX) {
        return problem_set(problem, csv->line, "a record has at most %d fields", CSV_FIELDS_MAX);
    }
    csv->starts[csv->n_fields++] = csv->bytes.length;
    bool is_quoted = *csv->next == '"';
    csv->next += is_quoted;
    bool is_good = is_quoted ? read_quoted(csv, problem) : read_plain(csv, problem);
    buffer_add(&csv->bytes, "", 1);
    return is_good;
}

enum csv_status csv_next(struct csv *csv, struct problem *problem)
{
    while (line_end(csv->next) > 0) {
        skip_line_end(csv);
    }
    if (*csv->next == '\0') {
        return CSV_END;
    }
    buffer_clear(&csv->bytes);
    csv->n_fields = 0;
    csv->record_line = csv->line;
    while (read_field(csv, problem)) {
        if (*csv->next != ',') {
            skip_line_end(csv);
            return CSV_RECORD;
        }
        csv->next++;
    }
    return CSV_BAD;
}

const char *csv_field(const struct csv *csv, size_t index)
{
    return csv->bytes.data + csv->starts[index];
}

void csv_free(struct csv *csv)
{
    buffer_free(&csv->bytes);
}
