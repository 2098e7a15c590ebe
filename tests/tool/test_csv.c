/* SPDX-License-Identifier: MIT */
/* Comma-separated values, record by record. */
#include <criterion/criterion.h>
#include <string.h>

#include "csv.h"

TestSuite(csv, .timeout = 120);

/* Reads all records and writes them as "field|field/field|field@line", to be compared. */
static void read_all(const char *text, struct buffer *to, struct problem *problem)
{
    struct csv csv;
    enum csv_status status;
    *problem = (struct problem){0, 0, ""};
    csv_init(&csv, text);
    while ((status = csv_next(&csv, problem)) == CSV_RECORD) {
        for (size_t i = 0; i < csv.n_fields; i++) {
            buffer_add_format(to, "%s%s", i > 0 ? "|" : "", csv_field(&csv, i));
        }
        buffer_add_format(to, "@%zu/", csv.record_line);
    }
    csv_free(&csv);
    cr_assert_eq(status == CSV_BAD, problem->text[0] != '\0');
}

static void expect(const char *text, const char *expected)
{
    struct buffer found = {NULL, 0, 0};
    struct problem problem;
    read_all(text, &found, &problem);
    cr_assert_str_eq(problem.text, "");
    cr_assert_str_eq(buffer_text(&found), expected);
    buffer_free(&found);
}

static void expect_problem(const char *text, size_t line, const char *expected)
{
    struct buffer found = {NULL, 0, 0};
    struct problem problem;
    read_all(text, &found, &problem);
    cr_assert(strstr(problem.text, expected) != NULL, "%s", problem.text);
    cr_assert_eq(problem.line, line, "%zu: %s", problem.line, problem.text);
    buffer_free(&found);
}

Test(csv, plain_records)
{
    expect("", "");
    expect("a", "a@1/");
    expect("a\n", "a@1/");
    expect("a,b\nc,d\n", "a|b@1/c|d@2/");
    expect("a,b\r\nc,d", "a|b@1/c|d@2/");
    expect(",\n,,", "|@1/||@2/");
    expect(" a , b ", " a | b @1/");
}

Test(csv, blank_lines_are_skipped)
{
    expect("\n\r\na\n\n\nb\n\n", "a@3/b@6/");
}

Test(csv, quotes)
{
    expect("\"a\",\"\",b", "a||b@1/");
    expect("\"a,b\",c", "a,b|c@1/");
    expect("\"say \"\"hi\"\"\"\r\nx", "say \"hi\"@1/x@2/");
    expect("\"two\nlines\",a\nb,c", "two\nlines|a@1/b|c@3/");
    expect("\"\r\n\"\n\"\"\"\"", "\r\n@1/\"@3/");
}

Test(csv, problems)
{
    expect_problem("a\nb,\"c\n\nd", 2, "never closed");
    expect_problem("a\n\"b\"c\n", 2, "after a closing quote");
    expect_problem("a\n\"b\"\r", 2, "after a closing quote");
    expect_problem("a\nb\"c\"\n", 2, "inside a field");
    expect_problem("a\n\nb\rc\n", 3, "carriage return");
}

Test(csv, at_most_so_many_fields)
{
    char text[2 * CSV_FIELDS_MAX + 1];
    memset(text, ',', sizeof(text));
    text[CSV_FIELDS_MAX - 1] = '\0';
    struct csv csv;
    struct problem problem = {0, 0, ""};
    csv_init(&csv, text);
    cr_assert_eq(csv_next(&csv, &problem), CSV_RECORD);
    cr_assert_eq(csv.n_fields, CSV_FIELDS_MAX);
    cr_assert_str_eq(csv_field(&csv, CSV_FIELDS_MAX - 1), "");
    csv_free(&csv);
    text[CSV_FIELDS_MAX - 1] = ',';
    text[CSV_FIELDS_MAX] = '\0';
    expect_problem(text, 1, "at most 64 fields");
}
