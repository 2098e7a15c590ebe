/* SPDX-License-Identifier: MIT */
#include "sqlite/fault_kinds.h"

#include <string.h>

const fault_kind fault_kinds[FAULT_KINDS] = {
    {"open", AT_OPEN, SQLITE_CANTOPEN, CRUDDUR_E_STORE_ACCESS},
    {"read", AT_READ, SQLITE_IOERR_READ, CRUDDUR_E_STORE_IO},
    {"short read", AT_READ, SQLITE_IOERR_SHORT_READ, CRUDDUR_E_STORE_IO},
    {"disk full", AT_WRITE, SQLITE_FULL, CRUDDUR_E_STORE_FULL},
    {"write", AT_WRITE, SQLITE_IOERR_WRITE, CRUDDUR_E_STORE_IO},
    {"truncate", AT_TRUNCATE, SQLITE_IOERR_TRUNCATE, CRUDDUR_E_STORE_IO},
    {"sync", AT_SYNC, SQLITE_IOERR_FSYNC, CRUDDUR_E_STORE_IO},
    {"size", AT_SIZE, SQLITE_IOERR_FSTAT, CRUDDUR_E_STORE_IO},
    {"delete", AT_DELETE, SQLITE_IOERR_DELETE, CRUDDUR_E_STORE_IO},
    {"access", AT_ACCESS, SQLITE_IOERR_ACCESS, CRUDDUR_E_STORE_IO},
    {"lock", AT_LOCK, SQLITE_IOERR_LOCK, CRUDDUR_E_STORE_IO},
    {"shared memory", AT_SHM_MAP, SQLITE_IOERR_SHMMAP, CRUDDUR_E_STORE_IO},
    {"shared lock", AT_SHM_LOCK, SQLITE_IOERR_SHMLOCK, CRUDDUR_E_STORE_IO},
};

/* SQLite asks for locks when it commits, too; of other faults, only those of a write and what comes
 * after it can befall a commit. */
bool fault_outcome_may_be_unknown(const fault_kind *kind)
{
    return fault_vfs_calls(kind->point == AT_SHM_LOCK ? AT_WRITE_LOCK : AT_WRITE) > 0;
}

/* SQLite takes what it cannot read for zeros: a page, or a whole file, that is damaged. */
static bool may_come_to(const fault_kind *kind, cruddur_status status)
{
    bool is_short_read = kind->code == SQLITE_IOERR_SHORT_READ;
    return status == kind->status || (is_short_read && (status == CRUDDUR_E_STORE_DAMAGED ||
                                                        status == CRUDDUR_E_STORE_FOREIGN));
}

void fault_check_failure(const fault_kind *kind, const scene *stage, cruddur_status status,
                         const cruddur_error *error, bool may_be_unknown)
{
    const char *message = cruddur_error_message(error);
    cr_assert(may_come_to(kind, status), "%s: %s: %s", stage->name, cruddur_status_name(status),
              message);
    cr_assert_eq(cruddur_error_status(error), status, "%s: the error has another status",
                 stage->name);
    cr_assert_not_null(strstr(message, stage->path), "%s: %s", stage->name, message);
    cr_assert(!cruddur_error_outcome_unknown(error) || may_be_unknown,
              "%s: nothing was committed, and the outcome is said to be unknown", stage->name);
}
