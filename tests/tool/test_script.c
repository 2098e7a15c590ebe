/* SPDX-License-Identifier: MIT */
/* Written conversations. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "script.h"

#define MAX_CHARS 40

TestSuite(script, .timeout = 120);

/* Reads a conversation of up to three people and compares it, as "1:text@line/2:text@line/". */
static void expect(const char *text, const char *expected)
{
    char *copy = memory_copy(text);
    struct buffer found = {NULL, 0, 0};
    struct script script;
    struct problem problem;
    bool is_good = script_parse(&script, copy, 3, MAX_CHARS, &problem);
    cr_assert(is_good, "%zu: %s", problem.line, problem.text);
    for (size_t i = 0; i < script.count; i++) {
        const struct script_message *message = &script.messages[i];
        buffer_add_format(&found, "%zu:%s@%zu/", message->person, message->text, message->line);
    }
    cr_assert_str_eq(buffer_text(&found), expected);
    script_free(&script);
    buffer_free(&found);
    free(copy);
}

static void expect_problem(const char *text, size_t line, const char *expected)
{
    char *copy = memory_copy(text);
    struct script script;
    struct problem problem;
    cr_assert_not(script_parse(&script, copy, 3, MAX_CHARS, &problem));
    cr_assert(strstr(problem.text, expected) != NULL, "%s", problem.text);
    cr_assert_eq(problem.line, line);
    cr_assert_eq(script.count, 0);
    free(copy);
}

Test(script, messages)
{
    expect("Person 1: Hello!\nPerson 2: Hi.\nPerson 1: So?", "1:Hello!@1/2:Hi.@2/1:So?@3/");
    expect("Person 3: a\r\nPerson 03: b\r\n", "3:a@1/3:b@2/");
}

Test(script, blank_lines_and_comments_are_skipped)
{
    expect("# c\n\nPerson 1: a\n  \n#\nPerson 2: b\n\n# end\n", "1:a@3/2:b@6/");
}

Test(script, an_indented_line_continues_the_message)
{
    expect("Person 1: a\n b\n\n  \tc  \n# no\nPerson 2:\n d\n", "1:a\nb\nc@1/2:d@6/");
    expect("Person 1: a\n Person 2: b\n #c\n", "1:a\nPerson 2: b\n#c@1/");
}

Test(script, lines_of_another_form)
{
    static const char *const lines[] = {
        "b",           "Person x: b",  "Person 1 c",          "Person 2 says: d",
        "person 2: d", "Person 2; d",  "Person2: d",          "Person -1: d",
        "Person: d",   "\xe2\x80\x8b", "\xc2\xa0Person 1: d", "--",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct buffer text = {NULL, 0, 0};
        buffer_add_format(&text, "Person 1: a\n\n# c\n%s\nPerson 2: e\n", lines[i]);
        expect_problem(buffer_text(&text), 4, "a line must begin with \"Person N:\"");
        buffer_free(&text);
    }
    expect_problem(" a\nPerson 1: b\n", 1, "begins with a line");
}

Test(script, space_around_the_colon)
{
    expect("Person 1:a\nPerson 2 \t: \t b \t\n", "1:a@1/2:b@2/");
    expect("Person 1:: a\nPerson 2: Person 1: b\n", "1:: a@1/2:Person 1: b@2/");
}

Test(script, wrong_beginning)
{
    expect_problem("", 0, "no line \"Person 1");
    expect_problem("\n# c\n", 0, "no line \"Person 1");
    expect_problem("\nHello\nPerson 1: a\n", 2, "begins with a line");
    expect_problem("Person: a\n", 1, "begins with a line");
}

Test(script, wrong_persons)
{
    expect_problem("Person 1: a\nPerson 0: b\n", 2, "counted from 1");
    expect_problem("Person 1: a\n\nPerson 4: b\n", 3, "a person above 3 speaks");
    expect_problem("Person 99999999999999999999999999: b\n", 1, "a person above 3 speaks");
}

Test(script, wrong_texts)
{
    expect_problem("Person 1: a\nPerson 2:\nPerson 1: b\n", 2,
                   "the message has no visible character");
    expect_problem("Person 1: a\nPerson 2: \xe2\x80\x8b\xe3\x80\x80\n", 2,
                   "the message has no visible character");
    expect_problem("Person 1: a\nPerson 2: \xc2\xad\xe3\x85\xa4\n", 2,
                   "the message has no visible character");
    expect("Person 1: \xc3\xa9"
           "123456789012345678901234567890123456789\n",
           "1:\xc3\xa9"
           "123456789012345678901234567890123456789@1/");
    expect_problem("Person 1: 1234567890123456789012345678901234567890\n 1\n", 1,
                   "has 42 characters; at most 40");
}

Test(script, many_messages)
{
    struct buffer text = {NULL, 0, 0};
    for (size_t i = 0; i < 5000; i++) {
        buffer_add_format(&text, "Person %zu: message %zu\n", 1 + i % 3, i);
    }
    struct script script;
    struct problem problem;
    cr_assert(script_parse(&script, text.data, 3, MAX_CHARS, &problem));
    cr_assert_eq(script.count, 5000);
    cr_assert_str_eq(script.messages[4999].text, "message 4999");
    cr_assert_eq(script.messages[4999].line, 5000);
    script_free(&script);
    buffer_free(&text);
}
