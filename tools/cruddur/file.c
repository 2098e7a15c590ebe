/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 16384

/* Reads to the end; returns 0, or an errno: EFBIG for more than `limit` bytes. */
static int read_all(int fd, size_t limit, struct buffer *to)
{
    char chunk[CHUNK];
    ssize_t n;

    for (;;) {
        n = read(fd, chunk, sizeof(chunk));
        if (n == 0) {
            return to->failed ? ENOMEM : 0;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return errno;
        }
        if ((size_t)n > limit - to->length) {
            return EFBIG;
        }
        buffer_add(to, chunk, (size_t)n);
        if (to->failed) {
            return ENOMEM;
        }
    }
}

enum exit_code file_read(const char *command, const char *argument, const char *path, size_t limit,
                         struct buffer *to)
{
    bool is_stdin = strcmp(path, FILE_STDIN) == 0;
    const char *name = is_stdin ? "standard input" : path;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    int error;

    if (fd < 0) {
        return report(command, CODE_FAILED, "%s: %s: %s", argument, name, strerror(errno));
    }
    error = read_all(fd, limit, to);
    if (!is_stdin) {
        (void)close(fd);
    }
    if (error == EFBIG) {
        return report(command, CODE_USAGE, "%s: %s: it may have at most %zu bytes", argument, name,
                      limit);
    }
    if (error != 0) {
        return report(command, CODE_FAILED, "%s: %s: %s", argument, name, strerror(error));
    }
    return CODE_OK;
}
