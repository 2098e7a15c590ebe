/* SPDX-License-Identifier: MIT */
/* The faults of the file system that the sweeps try, and what the caller must be told. */
#ifndef TESTS_SQLITE_FAULT_KINDS_H
#define TESTS_SQLITE_FAULT_KINDS_H

#include "sqlite/fault_vfs.h"
#include "sqlite/scene.h"

typedef struct fault_kind {
    const char *name;
    fault_point point;
    int code;
    cruddur_status status;
} fault_kind;

#define FAULT_KINDS 13

extern const fault_kind fault_kinds[FAULT_KINDS];

/* Whether the calls since fault_vfs_arm() came far enough that a commit may have gone wrong. */
bool fault_outcome_may_be_unknown(const fault_kind *kind);

/* Fails the test unless the failure is told as it should be. */
void fault_check_failure(const fault_kind *kind, const scene *stage, cruddur_status status,
                         const cruddur_error *error, bool may_be_unknown);

#endif
