/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "cruddur/entry.h"

#define MINUTE_US INT64_C(60000000)

test_store store;
cr_store *seam;
cr_arena arena;

static cruddur *other;

/* The first transaction finds out whether the service has any. */
static void find_mode(void)
{
    const cr_row a = make_row("mode", "a", "a");
    const cr_row b = make_row("mode", "b", "b");
    const step puts[] = {{PUT, NULL, &a}, {PUT, NULL, &b}};
    plan planned = {.steps = puts, .count = COUNT(puts)};
    cruddur_status status = run_plan(seam, &planned);
    if (status == CRUDDUR_E_REFUSED) { /* the run that found it out */
        forget_error();
        status = run_steps(puts, COUNT(puts));
    }
    expect_status(status, CRUDDUR_OK);
    remove_row(&a);
    remove_row(&b);
}

void suite_begin(void)
{
    test_store_open(&store, NULL);
    seam = store.dm->store;
    find_mode();
}

void suite_end(void)
{
    close_other();
    cr_arena_free(&arena);
    test_store_remove(&store);
}

static cruddur_status note_traits(cr_txn *txn, void *context)
{
    unsigned *traits = context;
    *traits = txn->traits;
    return CRUDDUR_OK;
}

static bool has_trait(unsigned trait)
{
    unsigned traits = 0;
    cr_call call = make_call();
    expect_status(seam->ops->read(seam, note_traits, &traits, &call), CRUDDUR_OK);
    return (traits & trait) != 0;
}

bool is_atomic(void)
{
    return has_trait(CR_TRAIT_ATOMIC);
}

bool is_serial(void)
{
    return has_trait(CR_TRAIT_SNAPSHOT);
}

bool knows_uuids(void)
{
    return has_trait(CR_TRAIT_UUIDS);
}

cr_call make_call(void)
{
    return (cr_call){.deadline_us = cr_clock_monotonic_us() + MINUTE_US,
                     .consistency = CRUDDUR_CONSISTENCY_STRONG,
                     .error = TEST_ERROR};
}

cr_store *open_other(void)
{
    other = test_store_connect(&store, NULL);
    return other->store;
}

void close_other(void)
{
    cruddur_close(other);
    other = NULL;
}

void forget_error(void)
{
    cruddur_error_free(test_error);
    test_error = NULL;
}

/* ---- rows ---- */

cr_row make_row(const char *pk, const char *sk, const char *text)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of(pk);
    row.value[CR_SK] = cr_str_of(sk);
    row.value[CR_TEXT] = cr_str_of(text);
    return row;
}

cr_str value_of(cr_attribute attribute)
{
    if (attribute == CR_OTHERS) {
        return cr_str_of("{\"x\":{\"BOOL\":true}}");
    }
    switch (cr_attribute_type(attribute)) {
    case CR_TYPE_STRINGS:
        return cr_str_of("a,b");
    case CR_TYPE_NUMBER:
        return cr_str_of("1");
    case CR_TYPE_FLAG:
        return cr_str_of(CR_TRUE);
    default:
        return cr_str_of("value \"\\\n\x01 äöü €");
    }
}

cr_str other_value_of(cr_attribute attribute)
{
    if (attribute == CR_OTHERS) {
        return cr_str_of("{\"x\":{\"BOOL\":false}}");
    }
    switch (cr_attribute_type(attribute)) {
    case CR_TYPE_STRINGS:
        return cr_str_of("a,c");
    case CR_TYPE_NUMBER:
        return cr_str_of("2");
    case CR_TYPE_FLAG:
        return CR_STR_ABSENT; /* it has no other value */
    default:
        return cr_str_of("value");
    }
}

cr_row make_full_row(const char *pk, const char *sk)
{
    cr_row row = make_row(pk, sk, NULL);
    for (int i = CR_SK + 1; i < CR_ATTRIBUTE_COUNT; i++) {
        row.value[i] = value_of((cr_attribute)i);
    }
    return row;
}

cr_str keep(cr_str text)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    if (text.data == NULL) {
        return text;
    }
    (void)pthread_mutex_lock(&lock);
    cr_str kept = cr_arena_copy(&arena, text);
    (void)pthread_mutex_unlock(&lock);
    cr_assert(kept.data != NULL);
    return kept;
}

const char *text_of(const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return keep(cr_str_of(text)).data;
}

/* ---- changes ---- */

static cruddur_status state_step(cr_txn *txn, const step *stated)
{
    switch (stated->what) {
    case PUT:
        return txn->ops->put(txn, stated->row);
    case REPLACE:
        return txn->ops->replace(txn, stated->as_read, stated->row);
    case REMOVE:
        return txn->ops->remove(txn, stated->as_read);
    case REQUIRE:
        return txn->ops->require(txn, stated->as_read);
    case REQUIRE_MESSAGE:
        return txn->ops->require_message(txn, cr_row_key(stated->as_read),
                                         stated->as_read->value[CR_MESSAGE_UUID]);
    }
    return CRUDDUR_E_INTERNAL;
}

cruddur_status plan_body(cr_txn *txn, void *context)
{
    plan *planned = context;
    if (++planned->runs > 1) {
        return cr_fail_with(txn->call->error, CRUDDUR_E_REFUSED, "a condition failed");
    }
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < planned->count; i++) {
        status = state_step(txn, &planned->steps[i]);
    }
    if (status == CRUDDUR_OK && planned->last != CRUDDUR_OK) {
        status = cr_fail_with(txn->call->error, planned->last, "as planned");
    }
    return status;
}

cruddur_status run_plan(cr_store *to, plan *planned)
{
    cr_call call = make_call();
    return to->ops->change(to, plan_body, planned, &call);
}

cruddur_status run_steps(const step *steps, size_t count)
{
    plan planned = {.steps = steps, .count = count};
    return run_plan(seam, &planned);
}

void put_row(const cr_row *row)
{
    const step put = {PUT, NULL, row};
    expect_status(run_steps(&put, 1), CRUDDUR_OK);
}

void remove_row(const cr_row *as_read)
{
    const step removal = {REMOVE, as_read, NULL};
    expect_status(run_steps(&removal, 1), CRUDDUR_OK);
}

/* ---- the table ---- */

typedef struct look {
    cr_key key;
    cr_row row;
} look;

static cruddur_status look_body(cr_txn *txn, void *context)
{
    look *looking = context;
    cr_row found;
    cruddur_status status = txn->ops->get(txn, &looking->key, 1, &found);
    return status == CRUDDUR_OK && !cr_row_copy(&arena, &found, &looking->row)
               ? cr_fail_memory(txn->call->error)
               : status;
}

cr_row read_row(const char *pk, const char *sk)
{
    cr_call call = make_call();
    look looking = {.key = {cr_str_of(pk), cr_str_of(sk)}};
    expect_status(seam->ops->read(seam, look_body, &looking, &call), CRUDDUR_OK);
    return looking.row;
}

void expect_row(const cr_row *expected, const char *what)
{
    const cr_row found = read_row(expected->value[CR_PK].data, expected->value[CR_SK].data);
    for (int i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        const char *name = cr_attribute_name((cr_attribute)i);
        cr_str value = found.value[i];
        cr_assert_eq(value.data == NULL, expected->value[i].data == NULL, "%s: %s is %s", what,
                     name, value.data == NULL ? "absent" : "there");
        cr_assert(cr_str_equal(value, expected->value[i]), "%s: %s is %.*s", what, name,
                  CR_STR_ARGS(value));
    }
}

void expect_absent(const char *pk, const char *sk, const char *what)
{
    const cr_row found = read_row(pk, sk);
    cr_assert(!cr_row_exists(&found), "%s: (%s, %s) is there", what, pk, sk);
}

static cr_sink_answer count_row(void *context, const cr_row *row)
{
    size_t *count = context;
    *count += cr_row_exists(row) ? 1 : 0;
    return CR_SINK_MORE;
}

size_t count_rows(void)
{
    size_t count = 0;
    cr_call call = make_call();
    expect_status(
        seam->ops->scan(seam, (cr_key){CR_STR_ABSENT, CR_STR_ABSENT}, 0, count_row, &count, &call),
        CRUDDUR_OK);
    return count;
}
