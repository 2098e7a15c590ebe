/* SPDX-License-Identifier: MIT */
#include "store/sqlite/create.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "store/sqlite/failure.h"

/* Of SQLite's file format: two versions that say that a file is in WAL mode, and a number. */
#define AT_VERSIONS 18
#define OF_WAL 2
#define AT_USER_VERSION 60
#define HEADER_SIZE 100

#define NAME_SIZE 32

pthread_mutex_t cr_sqlite_creating = PTHREAD_MUTEX_INITIALIZER;

/* The only page of a file in WAL mode that has no tables. SQLite would write it through a journal,
 * with four syncs; and as it cannot make a name and what is under it at the same moment, others
 * would see the file without it. */
typedef struct image {
    unsigned char *bytes;
    sqlite3_int64 size;
} image;

static int fill_image(sqlite3 *db, image *made)
{
    int code = sqlite3_exec(db, "PRAGMA user_version = 1", NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        return code;
    }
    made->bytes = sqlite3_serialize(db, "main", &made->size, 0);
    if (made->bytes == NULL || made->size < HEADER_SIZE) {
        return SQLITE_NOMEM;
    }
    memset(made->bytes + AT_USER_VERSION, 0, 4);
    memset(made->bytes + AT_VERSIONS, OF_WAL, 2);
    return SQLITE_OK;
}

static cruddur_status make_image(const char *path, image *made, cruddur_error **error)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open(":memory:", &db);
    if (code == SQLITE_OK) {
        code = fill_image(db, made);
    }
    (void)sqlite3_close(db);
    return code == SQLITE_OK ? CRUDDUR_OK : cr_sqlite_fail(error, NULL, code, path, "creating");
}

/* Makes a file with these bytes, if any; returns an error number, or 0. */
static int write_file(const char *path, const image *written)
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) {
        return errno;
    }
    int reason = fchmod(file, S_IRUSR | S_IWUSR) == 0 ? 0 : errno; /* whatever the umask */
    if (reason == 0 && written != NULL) {
        reason = cr_file_write(file, (cr_str){(const char *)written->bytes, (size_t)written->size});
    }
    if (close(file) != 0 && reason == 0) {
        reason = errno;
    }
    return reason;
}

/* Makes the log: a file without one looks like a copy that lacks it (schema.c). One that is there
 * is left of another store, unless it is empty. */
static bool make_log(const char *path, char *name, size_t size)
{
    struct stat facts;
    (void)snprintf(name, size, "%s-wal", path);
    int reason = write_file(name, NULL);
    return reason == 0 || (reason == EEXIST && stat(name, &facts) == 0 && facts.st_size == 0);
}

/* The file gets its name when all of it is on the disk, so nobody ever sees a part of it. The names
 * are safe with the first sync of the log, with which SQLite syncs the folder. *is_ready: this way
 * was open, whatever came of it. */
static int link_file(const char *path, const image *written, bool *is_ready)
{
    uint64_t number = 0;
    size_t size = strlen(path) + NAME_SIZE;
    char *name = malloc(size);
    if (name == NULL) {
        return ENOMEM;
    }
    *is_ready = make_log(path, name, size);
    if (!*is_ready) {
        free(name);
        return 0;
    }
    if (!cr_random_bytes(&number, sizeof(number))) {
        number = (uint64_t)getpid();
    }
    (void)snprintf(name, size, "%s-new-%016" PRIx64, path, number);
    int reason = write_file(name, written);
    bool is_written = reason == 0;
    if (is_written && link(name, path) != 0) {
        reason = errno;
        *is_ready = reason == EEXIST || reason == ENOENT || reason == ENOSPC || reason == EDQUOT;
    }
    if (reason != EEXIST || is_written) { /* else it is another's */
        (void)unlink(name);
    }
    free(name);
    return reason;
}

cruddur_status cr_sqlite_create(const cr_sqlite_place *place, cruddur_error **error)
{
    image written = {NULL, 0};
    bool is_ready = true;
    cruddur_status status = make_image(place->path, &written, error);
    if (status == CRUDDUR_OK) {
        (void)pthread_mutex_lock(&cr_sqlite_creating);
        int reason = link_file(place->path, &written, &is_ready);
        if (!is_ready) { /* SQLite removes a log beside an empty file */
            reason = write_file(place->path, NULL);
        }
        (void)pthread_mutex_unlock(&cr_sqlite_creating);
        status = reason == 0 || reason == EEXIST
                     ? CRUDDUR_OK
                     : cr_sqlite_fail_system(error, reason, "creating", place->path);
    }
    sqlite3_free(written.bytes);
    return status;
}
