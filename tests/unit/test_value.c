/* SPDX-License-Identifier: MIT */
/* Whether two values of DynamoDB are the same. */
#include "model/value.h"

#include <criterion/criterion.h>

TestSuite(value, .timeout = 300);

static const struct {
    const char *a;
    const char *b;
    bool is_same;
} samples[] = {
    {"{\"S\":\"\"}", "{ \"S\" : \"\" }", true},
    {"{\"S\":\"\\u00e9\\/\"}", "{\"S\":\"\xc3\xa9/\"}", true},
    {"{\"S\":\"a\"}", "{\"S\":\"b\"}", false},
    {"{\"S\":\"1\"}", "{\"N\":\"1\"}", false},
    {"{\"S\":\"a\"}", "{\"B\":\"a\"}", false},
    {"{\"N\":\"1\"}", "{\"N\":\"1.0\"}", true},
    {"{\"N\":\"100\"}", "{\"N\":\"1e2\"}", true},
    {"{\"N\":\"0.001\"}", "{\"N\":\"1E-3\"}", true},
    {"{\"N\":\"-0\"}", "{\"N\":\"0.00\"}", true},
    {"{\"N\":\"+5\"}", "{\"N\":\"005\"}", true},
    {"{\"N\":\"5\"}", "{\"N\":\"-5\"}", false},
    {"{\"N\":\"5\"}", "{\"N\":\"50\"}", false},
    {"{\"N\":\"1e1\"}", "{\"N\":\"1e2\"}", false},
    {"{\"N\":\"x\"}", "{\"N\":\"y\"}", false},
    {"{\"N\":\"1e\"}", "{\"N\":\"1\"}", false},
    {"{\"N\":\"1.2.3\"}", "{\"N\":\"1.23\"}", false},
    {"{\"BOOL\":true}", "{\"BOOL\": true}", true},
    {"{\"BOOL\":true}", "{\"BOOL\":false}", false},
    {"{\"SS\":[\"a\",\"b\"]}", "{\"SS\":[\"b\",\"a\"]}", true},
    {"{\"SS\":[\"a\",\"b\"]}", "{\"SS\":[\"a\"]}", false},
    {"{\"SS\":[\"a\"]}", "{\"BS\":[\"a\"]}", false},
    {"{\"NS\":[\"1\",\"20\"]}", "{\"NS\":[\"2e1\",\"1.0\"]}", true},
    {"{\"NS\":[\"1\",\"20\"]}", "{\"NS\":[\"2\",\"1\"]}", false},
    {"{\"L\":[{\"N\":\"1\"},{\"S\":\"x\"}]}", "{\"L\":[{\"N\":\"1.0\"},{\"S\":\"x\"}]}", true},
    {"{\"L\":[{\"N\":\"1\"},{\"N\":\"2\"}]}", "{\"L\":[{\"N\":\"2\"},{\"N\":\"1\"}]}", false},
    {"{\"L\":[{\"N\":\"1\"}]}", "{\"L\":[]}", false},
    {"{\"M\":{\"a\":{\"N\":\"1\"},\"b\":{\"L\":[]}}}",
     "{\"M\":{\"b\":{\"L\":[]},\"a\":{\"N\":\"01\"}}}", true},
    {"{\"M\":{\"a\":{\"N\":\"1\"}}}", "{\"M\":{}}", false},
    {"{\"M\":{\"a\":{\"N\":\"1\"}}}", "{\"M\":{\"b\":{\"N\":\"1\"}}}", false},
    {"nonsense", "{\"N\":\"1\"}", false},
    {"{}", "{ }", false},
    {"{\"L\":7}", "{\"L\":[]}", false},
};

Test(value, samples)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        cr_str a = cr_str_of(samples[i].a);
        cr_str b = cr_str_of(samples[i].b);
        cr_assert_eq(cr_value_is_same(a, b), samples[i].is_same, "%s %s", a.data, b.data);
        cr_assert_eq(cr_value_is_same(b, a), samples[i].is_same, "%s %s", b.data, a.data);
        cr_assert(cr_value_is_same(a, a));
    }
}
