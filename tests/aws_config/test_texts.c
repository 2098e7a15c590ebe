/* SPDX-License-Identifier: MIT */
/* The readers of answers: JSON, checked against json-c, and XML. */
#include "bed.h"

#include <stdio.h>
#include <stdlib.h>

#include "aws/providers/provider.h"
#include "aws/providers/secret_json.h"
#include "aws/providers/xml.h"
#include "support/json_c.h"

/* ---- JSON ---- */

static const char *const objects[] = {
    "{}",
    " { \"a\" : 1 } ",
    "{\"a\":\"x\",\"b\":[1,2,{\"c\":null}],\"d\":-0.5e+10}",
    "{\"a\":\"\\u00e4\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
    "{\"a\":\"one\",\"a\":\"two\"}",
    "{\"a\":true,\"b\":false,\"c\":null}",
    "{\"a\":\"\\ud83d\",\"b\":\"\\ude00x\",\"c\":\"\\ud83dx\"}",
    "{\"a\":{\"a\":{\"a\":\"deep\"}},\"b\":\"\xc3\xa4\"}",
};

Test(texts, json_objects)
{
    for (size_t i = 0; i < COUNT(objects); i++) {
        cr_expect(cr_secret_json_is_object(cr_str_of(objects[i])), "%s", objects[i]);
    }
}

Test(texts, json_refused)
{
    static const char *const texts[] = {
        "",
        "[]",
        "1",
        "\"a\"",
        "null",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":1e}",
        "{\"a\":+1}",
        "{\"a\":tru}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"",
        "{\"a\":\"\n\"}",
        "{}x",
        "{} {}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":[1,]}",
        "{\"a\":NaN}",
        "{'a':1}",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        cr_expect_not(cr_secret_json_is_object(cr_str_of(texts[i])), "%s", texts[i]);
    }
    cr_expect_not(cr_secret_json_is_object(CR_STR_ABSENT));
}

Test(texts, json_depth)
{
    char text[512] = "{\"a\":";
    size_t length = strlen(text);
    for (size_t levels = 1; levels < 60; levels++) {
        char *at = text + length;
        memset(at, '[', levels);
        memset(at + levels, ']', levels);
        memcpy(at + 2 * levels, "}", 2);
        cr_expect_eq(cr_secret_json_is_object(cr_str_of(text)), levels <= 32, "%zu", levels);
    }
}

/* What json-c finds in the same place. */
static void compare_member(const char *text, struct json_object *tree, const char *name)
{
    char out[256];
    int64_t number;
    struct json_object *member = NULL;
    bool there = json_object_object_get_ex(tree, name, &member);
    cr_str value = cr_secret_json_find(cr_str_of(text), name);
    cr_assert_eq(there, value.data != NULL, "%s of %s", name, text);
    if (json_object_is_type(member, json_type_string)) {
        ptrdiff_t size = cr_secret_json_text(value, out);
        const char *expected = json_object_get_string(member);
        bool has_nul = strlen(expected) != (size_t)json_object_get_string_len(member);
        cr_assert_eq(size, has_nul ? -1 : (ptrdiff_t)strlen(expected), "%s", text);
        cr_assert(has_nul || strcmp(out, expected) == 0, "%s", text);
    } else if (there) {
        cr_assert_eq(cr_secret_json_text(value, out), -1, "%s", text);
    }
    if (json_object_is_type(member, json_type_int) && value.size <= 18) {
        cr_assert(cr_secret_json_integer(value, &number));
        cr_assert_eq(number, json_object_get_int64(member));
    }
}

/* Whatever this reader takes json-c takes too, and both find the same in it. */
Test(texts, json_against_json_c)
{
    char text[256];
    unsigned seed = 7;
    unsigned taken = 0;
    for (int round = 0; round < 20000; round++) {
        const char *whole = objects[(unsigned)rand_r(&seed) % COUNT(objects)];
        size_t length = strlen(whole);
        memcpy(text, whole, length + 1);
        for (int i = rand_r(&seed) % 3; i > 0; i--) {
            text[(unsigned)rand_r(&seed) % length] =
                "{}[]\":,\\ntu019de.-+ abc"[rand_r(&seed) % 23];
        }
        if (!cr_secret_json_is_object(cr_str_of(text))) {
            continue;
        }
        bool is_json;
        struct json_object *tree = json_c_read(text, strlen(text), 34, &is_json);
        if (!is_json) { /* json-c 0.16 refuses some numbers that are JSON. */
            (void)json_object_put(tree);
            continue;
        }
        taken++;
        compare_member(text, tree, "a");
        compare_member(text, tree, "b");
        (void)json_object_put(tree);
    }
    cr_expect_gt(taken, 2000);
}

/* ---- times ---- */

Test(texts, times)
{
    static const struct {
        const char *text;
        int64_t time_us; /* -1: refused */
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-23T01:33:57Z", INT64_C(1795397637) * SECOND},
        {"2026-11-23T01:33:57.123Z", INT64_C(1795397637) * SECOND},
        {"2026-11-23T01:33:57UTC", INT64_C(1795397637) * SECOND},
        {"2026-11-23T01:33:57+00:00", INT64_C(1795397637) * SECOND},
        {"2026-11-23T01:33:57", -1},
        {"2026-11-23T03:33:57+02:00", INT64_C(1795397637) * SECOND},
        {"2026-11-22T16:03:57.5-0930", INT64_C(1795397637) * SECOND},
        {"2026-11-23T03:33:57+2:00", -1},
        {"2026-11-23T03:33:57+24:00", -1},
        {"2026-11-23T03:33:57+02:60", -1},
        {"2026-11-23T03:33:57+02-00", -1},
        {"2026-11-23T03:33:57+0a:00", -1},
        {"2026-11-23T03:33:57 02:00", -1},
        {"2026-11-23T03:33:57+02:00Z", -1},
        {"2026-11-23T03:33:57+02", -1},
        {"2026-11-23T03:33:57+", -1},
        {"2026-13-23T01:33:57Z", -1},
        {"2026-11-23 01:33:57Z", -1},
        {"2026-11-23T24:33:57Z", -1},
        {"2026-1-23T01:33:57Z", -1},
        {"", -1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t time_us = -1;
        bool taken = cr_provider_parse_time(cr_str_of(cases[i].text), &time_us);
        cr_expect_eq(taken, cases[i].time_us >= 0, "%s", cases[i].text);
        cr_expect(!taken || time_us == cases[i].time_us, "%s", cases[i].text);
    }
}

/* ---- XML ---- */

#define DOCUMENT                                                                                   \
    "<?xml version=\"1.0\"?>\n<!-- hello -->\n"                                                    \
    "<R xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n"                                    \
    "  <X a='1' b = \"2\" /><C><K>first</K><E></E><S/>\n"                                          \
    "  <T>&lt;a&amp;b&gt; &quot;&apos;&#65;&#x42;</T></C><C><K>second</K></C>\n"                   \
    "  <N><C><K>nested</K></C></N></R>\n"

static void expect_xml(const char *document, const char *path, const char *expected)
{
    char text[64];
    ptrdiff_t size = cr_xml_find(cr_str_of(document), path, text, sizeof(text));
    if (expected == NULL) {
        cr_expect_eq(size, -1, "%s in %s", path, document);
    } else {
        cr_assert_eq(size, (ptrdiff_t)strlen(expected), "%s in %s", path, document);
        cr_expect_str_eq(text, expected);
    }
}

Test(texts, xml_found)
{
    expect_xml(DOCUMENT, "R/C/K", "first");
    expect_xml(DOCUMENT, "R/C/T", "<a&b> \"'AB");
    expect_xml(DOCUMENT, "R/C/E", "");
    expect_xml(DOCUMENT, "R/C/S", "");
    expect_xml(DOCUMENT, "R/N/C/K", "nested");
    expect_xml("<a>b</a>", "a", "b");
}

Test(texts, xml_not_found)
{
    static const char *const paths[] = {"R", "R/C", "K", "C/K", "R/C/K/L", "R/C/KK", "R/C/", ""};
    for (size_t i = 0; i < COUNT(paths); i++) {
        expect_xml(DOCUMENT, paths[i], NULL);
    }
}

Test(texts, xml_refused)
{
    static const char *const documents[] = {
        "",
        "R",
        "<R><K>x</K>",
        "<R><K>x</R></K>",
        "<R><K>x</K></R><R></R>",
        "<R><K>x</K></R>tail",
        "head<R><K>x</K></R>",
        "<!DOCTYPE R [<!ENTITY e 'x'>]><R><K>x</K></R>",
        "<R><K><![CDATA[x]]></K></R>",
        "<R><K>x</K><a b></a></R>",
        "<R><K>x</K><a b='1></a></R>",
        "<R><K>&e;</K></R>",
        "<R><K>&#0;</K></R>",
        "<R><K>&#xZZ;</K></R>",
        "<R><K>& x</K></R>",
        "<R><K>x</ K></R>",
        "<R><K>0123456789012345678901234567890123456789012345678901234567890123456</K></R>",
        "<R><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></R>",
    };
    for (size_t i = 0; i < COUNT(documents); i++) {
        expect_xml(documents[i], "R/K", NULL);
    }
    expect_xml("<R><K>x</K></R>", "R/K", "x");
}

Test(texts, xml_any_bytes)
{
    char text[512];
    char out[64];
    unsigned seed = 3;
    for (int round = 0; round < 10000; round++) {
        size_t length = strlen(DOCUMENT) - (unsigned)rand_r(&seed) % 40;
        char *exact = malloc(length); /* no byte behind it, for the sanitizers */
        cr_assert_not_null(exact);
        memcpy(text, DOCUMENT, length);
        for (int i = 0; i < 2; i++) {
            text[(unsigned)rand_r(&seed) % length] = "<>/!-?&;# '\"=KR"[rand_r(&seed) % 15];
        }
        memcpy(exact, text, length);
        ptrdiff_t size = cr_xml_find((cr_str){exact, length}, "R/C/T", out, sizeof(out));
        cr_assert(size >= -1 && size < (ptrdiff_t)sizeof(out));
        free(exact);
    }
}
