/* SPDX-License-Identifier: MIT */
/* A process that forks while its threads open, use and close a store: no child hangs on what one of
 * them held, and the store is sound. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "sqlite/bed.h"
#include "sqlite/heir.h"
#include "support/child.h"

TestSuite(fork_busy, .init = bed_make, .fini = bed_remove, .timeout = 600);

#define BUSY_THREADS 6

static _Atomic bool is_over;

typedef struct busy {
    cruddur *dm;
    unsigned number;
} busy;

/* Some write and read, others open and close: at any moment there is a lock that one holds. */
static void *be_busy(void *context)
{
    const busy *self = context;
    char group_uuid[CRUDDUR_UUID_SIZE];
    number_uuid(1, group_uuid);
    while (!atomic_load(&is_over)) {
        cruddur_msg_page *page = NULL;
        if (self->number % 3 == 0) {
            cruddur_close(open_store(bed_path("store.db")));
        } else if (self->number % 3 == 1) {
            append_text(self->dm, self->number % 2, group_uuid, "busy");
        } else {
            must_succeed(
                cruddur_msg_list(self->dm, person(0)->uuid, group_uuid, NULL, &page, TEST_ERROR));
            cruddur_msg_page_free(page);
        }
    }
    return NULL;
}

Test(fork_busy, no_child_hangs)
{
    const char *file = bed_path("store.db");
    char group_uuid[CRUDDUR_UUID_SIZE];
    pthread_t threads[BUSY_THREADS];
    busy selves[BUSY_THREADS];
    cruddur *dm = open_store(file);
    number_uuid(1, group_uuid);
    open_group(dm, 0, 2, group_uuid, "first", 0);
    for (unsigned i = 0; i < BUSY_THREADS; i++) {
        selves[i] = (busy){dm, i};
        cr_assert_eq(pthread_create(&threads[i], NULL, be_busy, &selves[i]), 0);
    }
    for (int round = scaled(400, 40); round > 0; round--) {
        pid_t first = test_child_start(heir_uses, dm);
        pid_t second = test_child_start(heir_opens, NULL);
        child_must_succeed(test_child_wait(first));
        child_must_succeed(test_child_wait(second));
    }
    atomic_store(&is_over, true);
    for (unsigned i = 0; i < BUSY_THREADS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    cruddur_close(dm);
    must_be_sound(file);
    must_pass_checker(file);
}
