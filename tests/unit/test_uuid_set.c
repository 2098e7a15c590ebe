/* SPDX-License-Identifier: MIT */
/* Sets of uuids. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "model/uuid_set.h"

TestSuite(uuid_set, .timeout = 300);

#define COUNT 20000

/* The number is five of the digits. */
static cr_uuid numbered(size_t at, unsigned number)
{
    cr_uuid uuid = {"00000000-0000-0000-0000-000000000000"};
    char digits[16];
    (void)snprintf(digits, sizeof(digits), "%05x", number);
    memcpy(uuid.text + at, digits, 5);
    return uuid;
}

static bool add(cr_uuid_set *set, size_t at, unsigned number)
{
    bool is_new = false;
    cr_uuid uuid = numbered(at, number);
    cr_assert(cr_uuid_set_add(set, &uuid, &is_new));
    return is_new;
}

#define FIRST_DIGITS 0
#define LAST_DIGITS 31

/* They differ in their first digits, or in their last ones; one of them is the nil uuid. */
Test(uuid_set, knows_what_was_added)
{
    static const size_t places[] = {FIRST_DIGITS, 24, LAST_DIGITS};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        cr_uuid_set set = {0};
        for (unsigned j = 0; j < COUNT; j++) {
            cr_assert(add(&set, places[i], j), "%u", j);
        }
        for (unsigned j = 0; j < COUNT; j++) {
            cr_assert(!add(&set, places[i], j), "%u", j);
        }
        cr_assert(add(&set, places[i], COUNT));
        cr_uuid_set_free(&set);
        cr_assert(add(&set, places[i], 1));
        cr_uuid_set_free(&set);
    }
}

/* The same digits elsewhere are another uuid. */
Test(uuid_set, looks_at_all_digits)
{
    cr_uuid_set set = {0};
    cr_assert(add(&set, FIRST_DIGITS, 1));
    cr_assert(add(&set, LAST_DIGITS, 1));
    cr_assert(!add(&set, FIRST_DIGITS, 1));
    cr_uuid_set_free(&set);
}
