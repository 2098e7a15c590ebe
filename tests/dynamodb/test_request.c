/* SPDX-License-Identifier: MIT */
/* The conditions of requests. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "store/dynamodb/request.h"

TestSuite(dynamodb_request, .timeout = 300);

/* A row is removed only if it still is as it was read: in each attribute of ours, there or not. */
Test(dynamodb_request, a_removal_asks_for_every_attribute)
{
    const cr_table_names names = {cr_str_of("t"), cr_str_of("i")};
    for (int present = 0; present < 2; present++) {
        cr_buffer text;
        cr_row row = {0};
        for (int i = 0; i < CR_OTHERS; i++) {
            bool is_key = i == CR_PK || i == CR_SK;
            row.value[i] = present != 0 || is_key ? cr_str_of("value") : CR_STR_ABSENT;
        }
        cr_buffer_init(&text, 10000);
        cr_request_remove(&text, &names, &row);
        cr_buffer_add_text(&text, cr_str_of(""));
        cr_assert(!text.failed);
        for (int i = CR_GROUP_UUID; i < CR_OTHERS; i++) {
            char condition[80];
            (void)snprintf(condition, sizeof(condition),
                           present != 0 ? " AND %s = :" : " AND attribute_not_exists(%s)",
                           cr_attribute_name((cr_attribute)i));
            cr_expect(strstr(text.data, condition) != NULL, "%s: %s", condition, text.data);
        }
        cr_buffer_free(&text);
    }
}

static size_t expression_size(const cr_buffer *text)
{
    const char *begin = strstr(text->data, "\"ConditionExpression\":\"");
    cr_assert(begin != NULL);
    begin += strlen("\"ConditionExpression\":\"");
    return strcspn(begin, "\"");
}

static cr_row row_with_others(size_t count, cr_buffer *others)
{
    cr_row row = {0};
    cr_buffer_init(others, 100000);
    for (size_t i = 0; i < count; i++) {
        cr_buffer_add(others, cr_str_of(i == 0 ? "{\"name" : ",\"name"));
        cr_json_add_number(others, i);
        cr_buffer_add(others, cr_str_of("\":{\"N\":\"1\"}"));
    }
    cr_buffer_add(others, cr_str_of("}"));
    for (int i = 0; i < CR_OTHERS; i++) {
        row.value[i] = cr_str_of("value");
    }
    row.value[CR_OTHERS] = (cr_str){others->data, others->size};
    return row;
}

/* The service takes 4 KB, and 300 operators and functions. */
Test(dynamodb_request, an_expression_has_an_end)
{
    const cr_table_names names = {cr_str_of("t"), cr_str_of("i")};
    for (unsigned is_absent = 0; is_absent < 2; is_absent++) {
        cr_buffer others;
        cr_buffer text;
        size_t operators = 0;
        cr_row row = row_with_others(1000, &others);
        for (int i = CR_GROUP_UUID; is_absent != 0 && i < CR_OTHERS; i++) {
            row.value[i] = CR_STR_ABSENT;
        }
        cr_buffer_init(&text, 100000);
        cr_request_remove(&text, &names, &row);
        cr_buffer_add_text(&text, cr_str_of(""));
        cr_assert(!text.failed);
        size_t size = expression_size(&text);
        cr_assert_leq(size, 4096);
        cr_assert_geq(size, 128 * strlen(" AND #o9 = :o9"));
        for (const char *at = text.data; (at = strstr(at, " AND ")) != NULL; at++) {
            operators += 2;
        }
        cr_assert_leq(operators + 1, 300);
        cr_buffer_free(&text);
        cr_buffer_free(&others);
    }
}

/* Another type of one of our names is among the others, and must not be demanded to be absent. That
 * a name is somewhere in a value means nothing. */
Test(dynamodb_request, attributes_of_another_type_are_compared_once)
{
    const cr_table_names names = {cr_str_of("t"), cr_str_of("i")};
    cr_buffer text;
    cr_row row = {0};
    row.value[CR_PK] = row.value[CR_SK] = cr_str_of("value");
    row.value[CR_OTHERS] =
        cr_str_of("{\"rev\":{\"S\":\"1\"},\"x\":{\"M\":{\"version\":{\"N\":\"1\"}}}}");
    cr_buffer_init(&text, 10000);
    cr_request_remove(&text, &names, &row);
    cr_buffer_add_text(&text, cr_str_of(""));
    cr_assert(!text.failed);
    cr_assert_null(strstr(text.data, "attribute_not_exists(rev)"));
    cr_assert_not_null(strstr(text.data, "attribute_not_exists(version)"));
    cr_buffer_free(&text);
}
