/* SPDX-License-Identifier: MIT */
#include "store/sqlite/files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/sqlite/failure.h"

/* No file system that can have a store counts time in larger steps. */
#define TIME_STEP_US INT64_C(2000000)
#define US_PER_S INT64_C(1000000)

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

/* The folder of a path from the root. */
static cruddur_status note_folder(cr_store_files *files, const char *path, cruddur_error **error)
{
    const char *end = strrchr(path, '/');
    size_t length = end == NULL ? 0 : (size_t)(end - path);
    files->folder = strndup(length == 0 ? "/" : path, length == 0 ? 1 : length);
    return files->folder == NULL ? cr_fail_memory(error) : CRUDDUR_OK;
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
    size_t length = strlen(folder);
    const char *path = files->file[0].path;
    bool is_noted = strncmp(path, folder, length) == 0 && strcmp(path + length, named) == 0;
    return is_noted ? CRUDDUR_OK : note(files, folder, named, error);
}

cruddur_status cr_store_files_note(cr_store_files *files, const char *named, const char *path,
                                   cruddur_error **error)
{
    cruddur_status status = note_folder(files, path, error);
    for (size_t i = 0; status == CRUDDUR_OK && i < OWN_FILES; i++) {
        status = note(files, path, endings[i], error);
    }
    return status == CRUDDUR_OK ? note_named(files, named, error) : status;
}

void cr_store_files_free(cr_store_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->file[i].path);
    }
    free(files->folder);
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

/* ---- the folder ----
 *
 * Making, renaming and removing a file sets the folder's times, of which nobody can set the second
 * to what it was. So while a folder at the same path has the same times, its files have the same
 * names; unless the second change came so soon after the first that the clock had not gone on. A
 * file system that is mounted on a file is not noticed. */

static uint64_t mix(uint64_t digest, uint64_t value)
{
    digest = (digest ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 29;
}

static uint64_t mix_time(uint64_t digest, const struct timespec *time)
{
    return mix(mix(digest, (uint64_t)time->tv_sec), (uint64_t)time->tv_nsec);
}

/* 0 where it cannot be read. */
static uint64_t digest_of_folder(const cr_store_files *files, struct stat *facts)
{
    if (files->folder == NULL || stat(files->folder, facts) != 0) {
        return 0;
    }
    uint64_t digest = mix(mix(1, (uint64_t)facts->st_dev), (uint64_t)facts->st_ino);
    return mix_time(mix_time(digest, &facts->st_mtim), &facts->st_ctim);
}

/* Whether a change from now on must show in the folder's times. */
static bool is_calm(const struct stat *folder)
{
    int64_t changed_us = (int64_t)folder->st_ctim.tv_sec * US_PER_S;
    return cr_clock_now_us() - changed_us > US_PER_S + TIME_STEP_US;
}

/* ---- all of them ---- */

static cr_store_finding look_from(const cr_store_files *files, size_t first)
{
    for (size_t i = first; i < files->count; i++) {
        int reason = 0;
        presence found = look(files, i, &reason);
        if (found != SAME) {
            return make_finding(reason, found, i);
        }
    }
    return 0;
}

/* The folder is read before the files: what happens in between shows in its times. */
static cr_store_finding look_at_all(cr_store_files *files)
{
    struct stat facts;
    uint64_t folder = digest_of_folder(files, &facts);
    if (folder != 0 && folder == atomic_load(&files->calm_folder)) {
        return look_from(files, OWN_FILES);
    }
    cr_store_finding finding = look_from(files, 0);
    if (finding == 0 && folder != 0 && is_calm(&facts)) {
        atomic_store(&files->calm_folder, folder);
    }
    return finding;
}

cr_store_finding cr_store_files_look(cr_store_files *files)
{
    cr_store_finding finding = atomic_load(&files->lost);
    if (finding == 0 && files->count > 0) {
        finding = look_at_all(files);
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
