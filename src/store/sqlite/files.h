/* SPDX-License-Identifier: MIT */
/* A store's files, and whether they still are where other processes look for them. SQLite goes on
 * with the files that it has open: what it writes after they were removed, renamed or replaced, no
 * other process ever sees. */
#ifndef CR_STORE_SQLITE_FILES_H
#define CR_STORE_SQLITE_FILES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define CR_STORE_FILES_MAX 4
/* Where the write-ahead log is among them. */
#define CR_STORE_FILE_LOG 1

typedef struct cr_store_files {
    struct {
        char *path;
        dev_t device;
        ino_t inode;
    } file[CR_STORE_FILES_MAX];
    size_t count;
    char *folder;                 /* of the first three */
    _Atomic uint64_t calm_folder; /* a digest of its state, with which all were there; 0: none */
    _Atomic unsigned lost;        /* which file is not at its place any more, and why; 0: none */
} cr_store_files;

/* Notes the identity of the file at `path`, of its log and its shared memory, all of which must
 * exist; and of what `named` leads to, the path as the caller gave it, which may be a symbolic
 * link. `files` is zero. */
cruddur_status cr_store_files_note(cr_store_files *files, const char *named, const char *path,
                                   cruddur_error **error);

void cr_store_files_free(cr_store_files *files);

/* What a look at the places of the files found; 0: all are there. */
typedef unsigned cr_store_finding;

/* Looks at the places. Once a file was missing or another one, that is what is found from then on.
 * A look at the folder will do if nothing in it was made, renamed or removed since a look that
 * found all files, and for some seconds before: its times tell. Threads: any. */
cr_store_finding cr_store_files_look(cr_store_files *files);

/* Describes a finding that is not 0: CRUDDUR_E_STORE_REPLACED if one of the files was removed,
 * renamed or replaced; else why the look failed. Takes the place of an error that is there. */
cruddur_status cr_store_files_fail(const cr_store_files *files, cr_store_finding finding,
                                   cruddur_error **error);

/* CRUDDUR_E_STORE_REPLACED: the file at `path` was moved while it was being opened. */
cruddur_status cr_store_files_fail_opening(const char *path, cruddur_error **error);

/* Whether a look has found a file missing, or another one. */
bool cr_store_files_are_lost(const cr_store_files *files);

/* Whether other files are at the places of the store's own: another process may be using them. */
bool cr_store_files_are_taken(const cr_store_files *files);

#endif
