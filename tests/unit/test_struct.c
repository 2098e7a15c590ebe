/* SPDX-License-Identifier: MIT */
/* Sized structs of programs that were compiled with other versions of the headers. */
#include "base/call.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <stdint.h>

#include "cruddur/entry.h"

TestSuite(struct_, .timeout = 300);

typedef struct known_struct {
    size_t size;
    uint32_t a, b;
    const char *c;
} known_struct;

typedef struct newer_struct {
    known_struct known;
    unsigned char tail[40];
} newer_struct;

/* The struct was introduced without its last field. */
static const cr_struct known = {sizeof(known_struct), offsetof(known_struct, c), "KNOWN_INIT"};

static const known_struct defaults = {sizeof(known_struct), 1, 2, "default"};

static void refuse(const void *given)
{
    known_struct ours = defaults;
    cruddur_error *error = NULL;
    cr_assert_eq(cr_read_struct("options", given, &ours, known, &error), CRUDDUR_E_STRUCT_SIZE);
    cr_assert_str_eq(cruddur_error_argument(error), "options");
    cr_assert_eq(memcmp(&ours, &defaults, sizeof(ours)), 0);
    cruddur_error_free(error);
    cr_assert_eq(cr_read_struct("options", given, &ours, known, NULL), CRUDDUR_E_STRUCT_SIZE);
}

static known_struct accept(const void *given)
{
    known_struct ours = defaults;
    cruddur_error *error = NULL;
    cr_assert_eq(cr_read_struct("options", given, &ours, known, &error), CRUDDUR_OK);
    cr_assert(error == NULL);
    cr_assert_eq(ours.size, sizeof(ours));
    return ours;
}

Test(struct_, of_this_version)
{
    known_struct given = {sizeof(given), 10, 20, "given"};
    known_struct ours = accept(&given);
    cr_assert_eq(ours.a, 10);
    cr_assert_eq(ours.b, 20);
    cr_assert_str_eq(ours.c, "given");
}

Test(struct_, none_gives_the_defaults)
{
    known_struct ours = accept(NULL);
    cr_assert_eq(memcmp(&ours, &defaults, sizeof(ours)), 0);
}

Test(struct_, older_ones_are_shorter)
{
    known_struct given = {offsetof(known_struct, c), 10, 20, "not looked at"};
    known_struct ours = accept(&given);
    cr_assert_eq(ours.b, 20);
    cr_assert_str_eq(ours.c, "default");
}

/* Memory behind an older struct is not read: valgrind and AddressSanitizer would tell. */
Test(struct_, nothing_behind_an_older_one_is_read)
{
    const known_struct older = {offsetof(known_struct, c), 10, 20, NULL};
    void *given = malloc(older.size);
    cr_assert(given != NULL);
    memcpy(given, &older, older.size);
    (void)accept(given);
    free(given);
}

Test(struct_, newer_ones_may_be_longer_with_zeros)
{
    newer_struct given = {{sizeof(given), 10, 20, "given"}, {0}};
    known_struct ours = accept(&given);
    cr_assert_eq(ours.b, 20);
    cr_assert_str_eq(ours.c, "given");
    for (size_t i = 0; i < sizeof(given.tail); i++) {
        given.tail[i] = 0x80;
        refuse(&given);
        given.known.size = sizeof(known_struct) + i; /* what is behind its size is not its own */
        (void)accept(&given);
        given.known.size = sizeof(given);
        given.tail[i] = 0;
    }
    (void)accept(&given);
}

Test(struct_, smaller_than_the_first_version_is_none)
{
    known_struct given = {0, 10, 20, "given"};
    for (given.size = 0; given.size < offsetof(known_struct, c); given.size++) {
        refuse(&given);
    }
}

/* What was never initialised has any size: it must not be believed. */
Test(struct_, larger_than_any_version_is_none)
{
    known_struct given = {0, 10, 20, "given"};
    for (size_t bits = 13; bits < 8 * sizeof(size_t); bits++) {
        given.size = (size_t)1 << bits;
        refuse(&given);
    }
    given.size = SIZE_MAX;
    refuse(&given);
}
