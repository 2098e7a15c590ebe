/* SPDX-License-Identifier: MIT */
/* The users file, as CSV and as JSON. */
#include <criterion/criterion.h>
#include <string.h>

#include "buffer.h"
#include "users.h"

#define ANN "00000000-0000-4000-8000-00000000000a"
#define BOB "00000000-0000-4000-8000-00000000000b"

TestSuite(users, .timeout = 120);

static void expect_problem_for(enum users_purpose purpose, const char *text, size_t line,
                               size_t user, const char *expected)
{
    struct users users;
    struct problem problem;
    cr_assert_not(users_parse(&users, text, purpose, &problem));
    cr_assert(strstr(problem.text, expected) != NULL, "%s", problem.text);
    cr_assert_eq(problem.line, line, "%zu: %s", problem.line, problem.text);
    cr_assert_eq(problem.user, user, "%zu: %s", problem.user, problem.text);
    cr_assert_eq(users.count, 0);
    users_free(&users);
}

static void expect_problem(const char *text, size_t line, size_t user, const char *expected)
{
    expect_problem_for(USERS_TO_LOOK_UP, text, line, user, expected);
}

static const struct users_entry *find(const struct users *users, enum users_field field,
                                      const char *value)
{
    bool is_ambiguous = true;
    const struct users_entry *entry = users_find(users, field, value, &is_ambiguous);
    cr_assert_not(is_ambiguous);
    return entry;
}

/* A file that names Ann, without a display name, and Bob. */
static void expect_ann_and_bob(const char *text)
{
    struct users users;
    struct problem problem;
    bool is_good = users_parse(&users, text, USERS_TO_LOOK_UP, &problem);
    cr_assert(is_good, "%zu: %s", problem.line, problem.text);
    cr_assert_eq(users.count, 2);
    const struct users_entry *ann = find(&users, USERS_HANDLE, "ann");
    cr_assert(ann != NULL && ann == find(&users, USERS_UUID, ANN));
    cr_assert_str_eq(ann->fields[USERS_UUID], ANN);
    cr_assert_str_eq(ann->fields[USERS_DISPLAY_NAME], "");
    const struct users_entry *bob = find(&users, USERS_UUID, BOB);
    cr_assert(bob != NULL && bob == find(&users, USERS_HANDLE, "bob"));
    cr_assert_str_eq(bob->fields[USERS_DISPLAY_NAME], "Bob \"B\" Lee, jr.");
    cr_assert(find(&users, USERS_HANDLE, "Bob") == NULL);
    cr_assert(find(&users, USERS_HANDLE, "") == NULL);
    users_free(&users);
}

Test(users, csv)
{
    expect_ann_and_bob("uuid,handle,display_name\n" ANN ",ann,\n" BOB
                       ",bob,\"Bob \"\"B\"\" Lee, jr.\"\n");
    expect_ann_and_bob("\r\nDisplay Name,shoe,HANDLE,Uuid\r\n\"Bob \"\"B\"\" Lee, jr.\",38,bob,"
                       "00000000-0000-4000-8000-00000000000B\r\n,,ann," ANN);
}

Test(users, json)
{
    expect_ann_and_bob("[{\"uuid\": \"" ANN "\", \"handle\": \"ann\", \"shoe size\": 3},"
                       "{\"handle\": \"bob\", \"display_name\": \"Bob \\\"B\\\" Lee, jr.\","
                       "\"uuid\": \"00000000-0000-4000-8000-00000000000B\"}]");
    expect_ann_and_bob(" {\"x\": [], \"users\": [{\"uuid\": \"" ANN
                       "\", \"handle\": \"ann\", \"display_name\": null}, {\"handle\": \"bob\","
                       "\"display_name\": \"Bob \\u0022B\\u0022 Lee, jr.\",\"uuid\": \"" BOB
                       "\"}]}\n");
}

/* Names in other scripts, in every place that text can be in. */
Test(users, json_beyond_ascii)
{
    static const char *const texts[] = {
        "[{\"uuid\": \"" ANN "\", \"handle\": \"ليلى\", \"display_name\": \"Zoë 🎬\"}]",
        "{\"größe\": [\"né\"], \"users\": [{\"handle\": \"ليلى\", \"uuid\": \"" ANN
        "\", \"名\": 1, \"display_name\": \"Zo\\u00eb \\ud83c\\udfac\"}]}\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct users users;
        struct problem problem;
        bool is_good = users_parse(&users, texts[i], USERS_TO_LOOK_UP, &problem);
        cr_assert(is_good, "%zu: %s", problem.line, problem.text);
        const struct users_entry *entry = find(&users, USERS_HANDLE, "ليلى");
        cr_assert_not_null(entry);
        cr_assert_str_eq(entry->fields[USERS_DISPLAY_NAME], "Zoë 🎬");
        users_free(&users);
    }
}

Test(users, nobody)
{
    struct users users;
    struct problem problem;
    cr_assert(users_parse(&users, "handle,uuid\n", USERS_TO_LOOK_UP, &problem));
    cr_assert_eq(users.count, 0);
    users_free(&users);
    cr_assert(users_parse(&users, "[]", USERS_TO_LOOK_UP, &problem));
    cr_assert(find(&users, USERS_UUID, ANN) == NULL);
    users_free(&users);
}

Test(users, many)
{
    struct buffer text = {NULL, 0, 0};
    buffer_add_text(&text, "handle,uuid\n");
    for (unsigned i = 0; i < 1000; i++) {
        buffer_add_format(&text, "user%u,00000000-0000-4000-8000-%012u\n", i, i);
    }
    struct users users;
    struct problem problem;
    cr_assert(users_parse(&users, buffer_text(&text), USERS_TO_LOOK_UP, &problem));
    cr_assert_eq(users.count, 1000);
    const struct users_entry *entry = find(&users, USERS_HANDLE, "user517");
    cr_assert_str_eq(entry->fields[USERS_UUID], "00000000-0000-4000-8000-000000000517");
    users_free(&users);
    buffer_free(&text);
}

#define HEAD "uuid,handle,display_name\n" ANN ",ann,Ann\n"

Test(users, wrong_headers)
{
    expect_problem("", 0, 0, "empty");
    expect_problem(" \r\n\t", 0, 0, "empty");
    expect_problem("handle,name\n", 1, 0, "no column uuid");
    expect_problem("\nuuid,name\n", 2, 0, "no column handle");
    expect_problem("uuid,handle,display_name,Display-Name\n", 1, 0,
                   "the column display_name is there twice");
    expect_problem("uuid,handles\n", 1, 0, "no column handle");
    expect_problem("uuid,handle,\"\n", 1, 0, "never closed");
}

Test(users, wrong_records)
{
    expect_problem(HEAD BOB ",bob\n", 3, 0, "the line has 2 fields; the header line has 3");
    expect_problem(HEAD ",bob,\n", 3, 0, "the user has no uuid");
    expect_problem(HEAD "x" BOB ",bob,\n", 3, 0, "uuid: this is not a uuid");
    expect_problem(HEAD "\n" BOB ",,\n", 4, 0, "the user has no handle");
    expect_problem(HEAD BOB ",@bob,\n", 3, 0, "must not begin with @");
    expect_problem(HEAD BOB ",bob,\"B\nb\"\n", 3, 0, "display_name: it has a control character");
    expect_problem(HEAD BOB ",bob,\"\xe3\x85\xa4\"\n", 3, 0,
                   "display_name: it has no visible character");
    expect_problem(HEAD BOB ",b\x7f,\n", 3, 0, "handle: it has a control character");
    expect_problem(HEAD BOB ",bob,\"B\n", 3, 0, "never closed");
}

Test(users, long_names)
{
    char name[258];
    memset(name, 'x', sizeof(name));
    struct buffer text = {NULL, 0, 0};
    buffer_add_format(&text, "%s" BOB ",%.256s,%.256s\n", HEAD, name, name);
    struct users users;
    struct problem problem;
    cr_assert(users_parse(&users, buffer_text(&text), USERS_TO_LOOK_UP, &problem));
    users_free(&users);
    buffer_clear(&text);
    buffer_add_format(&text, "%s" BOB ",%.257s,\n", HEAD, name);
    expect_problem(buffer_text(&text), 3, 0, "handle: it has 257 characters");
    buffer_free(&text);
}

Test(users, same_person_twice)
{
    expect_problem(HEAD BOB ",ann,\n", 3, 0, "the handle is that of line 2");
    expect_problem(HEAD "00000000-0000-4000-8000-00000000000A,bob,\n", 3, 0,
                   "the uuid is that of line 2");
    expect_problem("[{\"uuid\": \"" ANN "\", \"handle\": \"a\"}, {\"uuid\": \"" ANN
                   "\", \"handle\": \"b\"}]",
                   0, 2, "the uuid is that of user 1");
}

/* What a file is loaded for decides what it must have. */
Test(users, to_load)
{
    static const char *const text = "Email,handle,display name,cognito-user-id\n"
                                    "b@example.com,bob,Bob,MOCK\na@example.com,ann,Ann,sub\n"
                                    "c@example.com,MOCK,Cy,\nd@example.com,dee,Dee,MOCK\n";
    struct users users;
    struct problem problem;
    cr_assert(users_parse(&users, text, USERS_TO_LOAD, &problem), "%s", problem.text);
    cr_assert_eq(users.count, 4);
    const struct users_entry *ann = find(&users, USERS_COGNITO_USER_ID, "sub");
    cr_assert_str_eq(ann->fields[USERS_EMAIL], "a@example.com");
    cr_assert_str_eq(ann->fields[USERS_UUID], "");
    cr_assert_eq(ann->line, 3);
    bool is_ambiguous = false;
    cr_assert_not_null(users_find(&users, USERS_COGNITO_USER_ID, "MOCK", &is_ambiguous));
    cr_assert(is_ambiguous);
    users_free(&users);
    expect_problem(text, 1, 0, "no column uuid");
    expect_problem_for(USERS_TO_LOAD, "uuid,handle,email\n", 1, 0, "no column display_name");
    expect_problem_for(USERS_TO_LOAD, "handle,display_name,email\nann,Ann,\n", 2, 0,
                       "the user has no email");
    expect_problem_for(USERS_TO_LOAD, "handle,display_name,email\nMOCK,A,a\nMOCK,B,b\n", 3, 0,
                       "the handle is that of line 2");
    expect_problem_for(USERS_TO_LOAD,
                       "[{\"handle\":\"a\",\"display_name\":\"A\",\"email\":\"a\","
                       "\"cognito_user_id\":\"s\"},{\"handle\":\"b\",\"display_name\":\"B\","
                       "\"email\":\"b\",\"cognito_user_id\":\"s\"}]",
                       0, 2, "the cognito_user_id is that of user 1");
    expect_problem_for(USERS_TO_LOAD, "[{\"handle\":\"a\",\"email\":\"a\"}]", 0, 1,
                       "the user has no display_name");
}

Test(users, wrong_json)
{
    expect_problem("[\n{\"uuid\": 3,\n", 3, 0, "ends too early");
    expect_problem("[\n}", 2, 0, "not JSON");
    expect_problem("[] x", 1, 0, "not JSON");
    expect_problem("['x']", 1, 0, "not JSON");
    expect_problem("[\"ä\",\n 'ä']", 2, 0, "not JSON");
    expect_problem("[\"\\ä\"]", 1, 0, "not JSON");
    expect_problem("[ä]", 1, 0, "not JSON");
    expect_problem("[\n\"ä\xff\"]", 2, 0, "not JSON");
    expect_problem("[\n\"ä\"", 2, 0, "ends too early");
    expect_problem("{}", 0, 0, "neither an array");
    expect_problem("{\"users\": null}", 0, 0, "neither an array");
    expect_problem("[null]", 0, 1, "every user is an object");
    expect_problem("[{\"uuid\": \"" ANN "\", \"handle\": \"x\", \"email\": 3}]", 0, 1,
                   "email: it must be a string");
    expect_problem("[{\"uuid\": null, \"handle\": \"x\"}]", 0, 1, "the user has no uuid");
    expect_problem("[{\"uuid\": [], \"handle\": \"x\"}]", 0, 1, "uuid: it must be a string");
    expect_problem("[{\"uuid\": \"" ANN "\", \"handle\": \"a\\u0000\"}]", 0, 1,
                   "handle: it has a NUL character");
    expect_problem("[{\"uuid\": \"" ANN "\", \"handle\": \"a\\u0007\"}]", 0, 1,
                   "handle: it has a control character");
    expect_problem("[{\"uuid\": \"" ANN "\"}]", 0, 1, "the user has no handle");
}
