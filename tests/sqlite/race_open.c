/* SPDX-License-Identifier: MIT */
/* Another process makes the same new store, writes to it and closes it again, while this one is
 * in the middle of opening it: at every place where it asks for a lock. */
#include <stdio.h>

#include "sqlite/bed.h"
#include "sqlite/fault_vfs.h"
#include "sqlite/workers.h"

static void set_up(void)
{
    bed_make();
    fault_vfs_install();
}

TestSuite(race_open, .init = set_up, .fini = bed_remove, .timeout = 600);

static char path[PATH_SIZE];
static bool has_met;

/* It has to give up where this process holds a lock already. */
static void let_another_open(void *context)
{
    crew *another = context;
    ledger book = LEDGER_INIT;
    crew_form(another);
    crew_start(another, "once %s %d", path, scaled(200, 4000));
    crew_is_complete(another);
    if (!crew_await_output(another, scaled(500, 6000))) {
        crew_kill(another, 0);
    }
    crew_read(another, &book);
    crew_kill(another, 0);
    ledger_free(&book);
    has_met = true;
}

static bool open_against_another(fault_point point, unsigned nth)
{
    crew another;
    char group_uuid[CRUDDUR_UUID_SIZE];
    has_met = false;
    bed_remove_store(path);
    fault_vfs_hook(point, nth, let_another_open, &another);
    cruddur *dm = open_store(path);
    fault_vfs_hook(point, 0, NULL, NULL);
    number_uuid(5, group_uuid);
    open_group(dm, 5, 2, group_uuid, "hello", 0);
    cruddur_close(dm);
    must_be_sound(path);
    return has_met;
}

Test(race_open, at_every_lock)
{
    static const fault_point points[] = {AT_LOCK, AT_SHM_LOCK, AT_OPEN};
    unsigned met = 0;
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        for (unsigned nth = 1; open_against_another(points[i], nth);
             nth += (unsigned)scaled(1, 3)) {
            met++;
        }
    }
    cr_assert_geq(met, (unsigned)scaled(12, 4), "the other came only %u times", met);
}
