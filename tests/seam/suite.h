/* SPDX-License-Identifier: MIT */
/* The contract of src/store/store.h, on every engine: a fresh store for each test, rows made of
 * literals, and bodies that state what a test says. Keys are of no kind that the rules know, but
 * where a test is about messages. */
#ifndef TEST_SEAM_SUITE_H
#define TEST_SEAM_SUITE_H

#include "store/store.h"
#include "support/store.h"

extern test_store store;
extern cr_store *seam;
extern cr_arena arena; /* for what a test keeps */

void suite_begin(void);
void suite_end(void);

#define SEAM_SUITE(name) TestSuite(name, .init = suite_begin, .fini = suite_end, .timeout = 600)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Whether changes are all or nothing. */
bool is_atomic(void);

/* Whether a body that changes keeps every other writer out. */
bool is_serial(void);

/* Whether each message with a token as its uuid is found as its claim. */
bool knows_uuids(void);

/* A strong one with a minute's time, whose error is TEST_ERROR. */
cr_call make_call(void);

/* One handle more to the same store, closed by close_other(); only of a lasting store. */
cr_store *open_other(void);
void close_other(void);

/* ---- rows ---- */

/* With a text; the strings are borrowed. */
cr_row make_row(const char *pk, const char *sk, const char *text);

/* With a value for every attribute. */
cr_row make_full_row(const char *pk, const char *sk);

/* The value that an attribute has there, and another that it may have. */
cr_str value_of(cr_attribute attribute);
cr_str other_value_of(cr_attribute attribute);

/* Copies a text, which may be absent, into the arena, on any thread. */
cr_str keep(cr_str text);

/* A text in the arena, made on any thread. */
const char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- changes ---- */

typedef enum operation {
    PUT,
    REPLACE,
    REMOVE,
    REQUIRE,
    REQUIRE_MESSAGE, /* of which the key and the message_uuid are taken */
} operation;

typedef struct step {
    operation what;
    const cr_row *as_read; /* NULL for PUT */
    const cr_row *row;     /* NULL for REMOVE and REQUIRE */
} step;

typedef struct plan {
    const step *steps;
    size_t count;
    cruddur_status last; /* what the body returns in the end */
    unsigned runs;
} plan;

/* States all steps. In a second run it gives up, with CRUDDUR_E_REFUSED and an error: then a
 * condition of the first one failed. */
cruddur_status plan_body(cr_txn *txn, void *context);

cruddur_status run_plan(cr_store *to, plan *planned);

cruddur_status run_steps(const step *steps, size_t count);

void put_row(const cr_row *row);
void remove_row(const cr_row *as_read);

/* ---- the table ---- */

cr_row read_row(const char *pk, const char *sk);

/* The table has exactly this row; or none. */
void expect_row(const cr_row *expected, const char *what);
void expect_absent(const char *pk, const char *sk, const char *what);

/* Rows of the whole table. */
size_t count_rows(void);

/* An error is described, or was not asked for. */
#define expect_status(status, expected)                                                            \
    do {                                                                                           \
        cruddur_status found_ = (status);                                                          \
        cr_assert_eq(found_, expected, "%s: %s, not %s (%s)", #status,                             \
                     cruddur_status_name(found_), cruddur_status_name(expected),                   \
                     cruddur_error_message(test_error));                                           \
        cr_assert_eq(cruddur_error_status(test_error), found_, "the error is of another status");  \
        forget_error();                                                                            \
    } while (0)

void forget_error(void);

#endif
