/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int cr_file_write(int file, cr_str text)
{
    while (text.size > 0) {
        ssize_t put = write(file, text.data, text.size);
        int number = put < 0 ? errno : 0;
        if (put < 0 && number != EINTR) {
            return number;
        }
        size_t used = put > 0 ? (size_t)put : 0;
        text = (cr_str){text.data + used, text.size - used};
    }
    return fsync(file) == 0 ? 0 : errno;
}

int cr_file_replace(int file, const char *new_path, const char *path, cr_str text)
{
    int number = cr_file_write(file, text);
    if (close(file) != 0 && number == 0) {
        number = errno;
    }
    if (number == 0 && rename(new_path, path) != 0) {
        number = errno;
    }
    if (number != 0) {
        (void)unlink(new_path);
    }
    return number;
}
