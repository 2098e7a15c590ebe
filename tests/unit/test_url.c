/* SPDX-License-Identifier: MIT */
/* Store URLs. */
#include "base/call.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "store/url.h"

TestSuite(url, .timeout = 300);

typedef struct expected_url {
    const char *text, *scheme, *rest;
    const char *parameters; /* "name=value;" for each */
} expected_url;

static const expected_url good[] = {
    {"sqlite:store.db", "sqlite", "store.db", ""},
    {"sqlite:/var/lib/x.db", "sqlite", "/var/lib/x.db", ""},
    {"sqlite::memory:", "sqlite", ":memory:", ""},
    {"sqlite:", "sqlite", "", ""},
    {":", "", "", ""},
    {"a:b:c", "a", "b:c", ""},
    {"sqlite:a%20b%25c%3Fd%23e", "sqlite", "a b%c?d#e", ""},
    {"sqlite:%61%4a%4A%7e", "sqlite", "aJJ~", ""},
    {"sqlite:caf%C3%A9/\xc3\xa9", "sqlite", "caf\xc3\xa9/\xc3\xa9", ""},
    {"sqlite:a+b", "sqlite", "a+b", ""},
    {"sqlite:x?a=1", "sqlite", "x", "a=1;"},
    {"sqlite:x?a=1&b=2&c=", "sqlite", "x", "a=1;b=2;c=;"},
    {"sqlite:x?a=b=c?d", "sqlite", "x", "a=b=c?d;"},
    {"sqlite:x?%61=%26%3D", "sqlite", "x", "a=&=;"},
    {"sqlite:%3F?a=%25", "sqlite", "?", "a=%;"},
    {"dynamodb:t?region=eu-north-1&endpoint=http://localhost:8000", "dynamodb", "t",
     "region=eu-north-1;endpoint=http://localhost:8000;"},
    {"x:?a=1", "x", "", "a=1;"},
};

Test(url, is_taken_apart)
{
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        cr_arena arena = CR_ARENA_INIT;
        cr_url url;
        char parameters[200] = "";
        cruddur_error *error = NULL;
        cr_assert_eq(cr_url_parse(good[i].text, &arena, &url, &error), CRUDDUR_OK, "%s",
                     good[i].text);
        cr_assert(error == NULL);
        for (size_t p = 0; p < url.parameter_count; p++) {
            size_t used = strlen(parameters);
            (void)snprintf(parameters + used, sizeof(parameters) - used, "%s=%s;",
                           url.parameters[p].name, url.parameters[p].value);
        }
        cr_assert_str_eq(url.scheme, good[i].scheme);
        cr_assert_str_eq(url.rest, good[i].rest);
        cr_assert_str_eq(parameters, good[i].parameters);
        cr_arena_free(&arena);
    }
}

static void refuse(cruddur_status expected, const char *text)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_url url;
    cruddur_error *error = NULL;
    cr_assert_eq(cr_url_parse(text, &arena, &url, &error), expected, "%s", text);
    cr_assert_eq(cruddur_error_status(error), expected);
    cr_assert_str_eq(cruddur_error_argument(error), "store_url");
    cruddur_error_free(error);
    cr_assert_eq(cr_url_parse(text, &arena, &url, NULL), expected);
    cr_arena_free(&arena);
}

Test(url, without_a_scheme)
{
    refuse(CRUDDUR_E_URL_SCHEME, "");
    refuse(CRUDDUR_E_URL_SCHEME, "store.db");
    refuse(CRUDDUR_E_URL_SCHEME, "/var/lib/store.db?a=1");
}

Test(url, with_a_malformed_percent)
{
    static const char *const ends[] = {"%",    "%4",   "%zz", "%4z", "%z4", "%00",   "a%",
                                       "%%41", "% 41", "%0",  "%-1", "%+4", "%4\xff"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "sqlite:%s", ends[i]);
        refuse(CRUDDUR_E_INVALID_ARGUMENT, text);
        (void)snprintf(text, sizeof(text), "sqlite:x?a=%s", ends[i]);
        refuse(CRUDDUR_E_URL_PARAMETER, text);
        (void)snprintf(text, sizeof(text), "sqlite:x?%s=1", ends[i]);
        refuse(CRUDDUR_E_URL_PARAMETER, text);
    }
}

Test(url, with_malformed_parameters)
{
    static const char *const texts[] = {
        "sqlite:x?",
        "sqlite:x?a",
        "sqlite:x?=1",
        "sqlite:x?=",
        "sqlite:x?a=1&",
        "sqlite:x?&a=1",
        "sqlite:x?a=1&&b=2",
        "sqlite:x?a=1&b",
        "sqlite:x?a=1&=2",
        "sqlite:x?a=1&a=1",
        "sqlite:x?a=1&b=2&%61=3",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        refuse(CRUDDUR_E_URL_PARAMETER, texts[i]);
    }
}

Test(url, with_as_many_parameters_as_fit_and_one_more)
{
    char text[200] = "sqlite:x?p0=1";
    for (size_t i = 1; i <= CR_URL_PARAMETERS_MAX; i++) {
        cr_arena arena = CR_ARENA_INIT;
        cr_url url;
        cr_assert_eq(cr_url_parse(text, &arena, &url, NULL), CRUDDUR_OK);
        cr_assert_eq(url.parameter_count, i);
        cr_arena_free(&arena);
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof(text) - used, "&p%zu=1", i);
    }
    refuse(CRUDDUR_E_URL_PARAMETER, text);
}
