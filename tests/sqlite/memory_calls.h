/* SPDX-License-Identifier: MIT */
/* Every public function that may allocate, each as one call that can be tried again and again. */
#ifndef TESTS_SQLITE_MEMORY_CALLS_H
#define TESTS_SQLITE_MEMORY_CALLS_H

#include "sqlite/scene.h"

typedef struct memory_call {
    const char *name;
    cruddur_status expected; /* while there is memory */
    bool opens;              /* it opens the store itself */
    bool writes;             /* scene_message(stage, 0), as a uuid or a text */
    bool undoes;             /* try it also with failures that hit the undoing of a failure */
    /* Returns the call's status. Asserts that nothing is returned on failure, and frees what is
     * returned on success. Needs no memory of its own. */
    cruddur_status (*run)(scene *stage, cruddur_error **error);
    unsigned library_min; /* at least so many allocations of the library can fail */
    unsigned sqlite_min;
} memory_call;

#define MEMORY_CALLS 35

extern const memory_call memory_calls[MEMORY_CALLS];

/* Takes the cursors that some of the calls need; the store is open. */
void memory_calls_prepare(scene *stage);

#endif
