/* SPDX-License-Identifier: MIT */
/* A test's own way to the service: a door of the proxy (proxy.py), at which things go wrong as the
 * test says. */
#ifndef TESTS_DYNAMODB_DOOR_H
#define TESTS_DYNAMODB_DOOR_H

#include "support/check.h"

typedef struct door {
    unsigned number;
    char url[64];
} door;

/* Asks for a door; CRUDDUR_TEST_STORE leads through it from now on. Fails the test where no proxy
 * is (run_with_service.py starts it). */
door door_make(void);

/* Gives an order to the proxy, "\"do\": \"…\"" and so on; the door is filled in. Fails the test if
 * the proxy does not obey. */
void door_order(const door *at, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets the door's rules: JSON objects as in faults.py, with commas between; "" for none. */
void door_rules(const door *at, unsigned seed, const char *rules);

/* How often something came to pass: "applied.PutItem", "fault.stall". */
unsigned door_count(const door *at, const char *of);

/* The store's table. */
const char *door_table(const test_store *store);

/* The engine's mode in this run. */
bool door_mode_is(const char *mode);

/* The service of this run, as scripts/local-service calls it. */
bool door_service_is(const char *name);

#endif
