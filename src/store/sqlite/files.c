/* SPDX-License-Identifier: MIT */
#include "store/sqlite/files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/failure.h"

/* What is at a path now; UNKNOWN: the look failed. */
typedef enum presence { SAME, MISSING, OTHER, UNKNOWN } presence;

/* The store's own: the file, its log, its shared memory. */
static const char *const endings[] = {"", "-wal", "-shm"};
#define OWN_FILES (sizeof(endings) / sizeof(endings[0]))
_Static_assert(OWN_FILES + 1 == CR_STORE_FILES_MAX, "one more: the name that the caller gave");

static bool is_missing(int reason)
{
    return reason == ENOENT || reason == ENOTDIR || reason == ELOOP;
}

static presence look(const cr_store_files *files, size_t index, int *reason)
{
    struct stat facts;
    if (stat(files->file[index].path, &facts) != 0) {
        *reason = errno;
        return is_missing(*reason) ? MISSING : UNKNOWN;
    }
    bool is_same =
        facts.st_ino == files->file[index].inode && facts.st_dev == files->file[index].device;
    return is_same ? SAME : OTHER;
}

/* ---- noting ---- */

static cruddur_status note(cr_store_files *files, const char *start, const char *end,
                           cruddur_error **error)
{
    struct stat facts;
    size_t size = strlen(start) + strlen(end) + 1;
    char *path = malloc(size);
    if (path == NULL) {
        return cr_fail_memory(error);
    }
    (void)snprintf(path, size, "%s%s", start, end);
    files->file[files->count++].path = path;
    int reason = stat(path, &facts) == 0 ? 0 : errno;
    if (is_missing(reason)) {
        return cr_store_files_fail_opening(path, error);
    }
    if (reason != 0) {
        return cr_sqlite_fail_system(error, reason, "looking for", path);
    }
    files->file[files->count - 1].device = facts.st_dev;
    files->file[files->count - 1].inode = facts.st_ino;
    return CRUDDUR_OK;
}

/* From the root: the process may change its working directory later. */
static cruddur_status note_named(cr_store_files *files, const char *named, cruddur_error **error)
{
    char folder[PATH_MAX + 1] = "";
    if (*named != '/') {
        if (getcwd(folder, PATH_MAX) == NULL) {
            return cr_sqlite_fail_system(error, errno, "looking for", named);
        }
        folder[strlen(folder)] = '/';
    }
    return note(files, folder, named, error);
}

cruddur_status cr_store_files_note(cr_store_files *files, const char *named, const char *path,
                                   cruddur_error **error)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < OWN_FILES; i++) {
        status = note(files, path, endings[i], error);
    }
    if (status == CRUDDUR_OK && strcmp(named, path) != 0) {
        status = note_named(files, named, error);
    }
    return status;
}

void cr_store_files_free(cr_store_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->file[i].path);
    }
}

/* ---- looking ---- */

/* A finding: the error number of a failed look (0: it did not fail), what is there, and the index
 * of the file. */
static cr_store_finding make_finding(int reason, presence found, size_t index)
{
    return (unsigned)reason << 8 | (unsigned)found << 4 | (unsigned)index;
}

static presence presence_of(cr_store_finding finding)
{
    return (presence)(finding >> 4 & 0xf);
}

cr_store_finding cr_store_files_look(cr_store_files *files)
{
    cr_store_finding finding = atomic_load(&files->lost);
    for (size_t i = 0; finding == 0 && i < files->count; i++) {
        int reason = 0;
        presence found = look(files, i, &reason);
        if (found != SAME) {
            finding = make_finding(reason, found, i);
        }
    }
    if (finding != 0 && presence_of(finding) != UNKNOWN) {
        atomic_store(&files->lost, finding);
    }
    return finding;
}

cruddur_status cr_store_files_fail(const cr_store_files *files, cr_store_finding finding,
                                   cruddur_error **error)
{
    const char *path = files->file[finding & 0xf].path;
    cr_error_discard(error);
    if (presence_of(finding) == UNKNOWN) {
        return cr_sqlite_fail_system(error, (int)(finding >> 8), "looking for", path);
    }
    return cr_fail_with(error, CRUDDUR_E_STORE_REPLACED,
                        "%.*s was %s while the store was open; close this handle and open the "
                        "store again",
                        CR_STORE_PATH(path),
                        presence_of(finding) == OTHER ? "replaced by another file"
                                                      : "removed or renamed");
}

cruddur_status cr_store_files_fail_opening(const char *path, cruddur_error **error)
{
    return cr_fail_with(error, CRUDDUR_E_STORE_REPLACED,
                        "%.*s was removed, renamed or replaced while the store was being opened",
                        CR_STORE_PATH(path));
}

bool cr_store_files_are_lost(const cr_store_files *files)
{
    return atomic_load(&files->lost) != 0;
}

bool cr_store_files_are_taken(const cr_store_files *files)
{
    bool is_taken = false;
    for (size_t i = 0; i < files->count && i < OWN_FILES; i++) {
        int reason = 0;
        is_taken = is_taken || look(files, i, &reason) == OTHER;
    }
    return is_taken;
}
