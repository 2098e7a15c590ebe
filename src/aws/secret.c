/* SPDX-License-Identifier: MIT */
#include "aws/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/print.h"
#include "base/random.h"

#define PATH_SIZE 4200

char *cr_secret_copy(cr_str text)
{
    char *copy = text.data == NULL ? NULL : malloc(text.size + 1);
    if (copy != NULL) {
        memcpy(copy, text.data, text.size);
        copy[text.size] = '\0';
    }
    return copy;
}

void cr_secret_free(char *text)
{
    cr_secret_free_bytes(text, text == NULL ? 0 : strlen(text));
}

void cr_secret_free_bytes(char *bytes, size_t size)
{
    if (bytes != NULL) {
        explicit_bzero(bytes, size);
        free(bytes);
    }
}

void cr_secret_buffer_free(cr_buffer *buffer)
{
    if (buffer->data != NULL) {
        explicit_bzero(buffer->data, buffer->capacity);
    }
    cr_buffer_free(buffer);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

cr_str cr_str_trim(cr_str text)
{
    while (text.size > 0 && is_blank(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

/* Reads until the end or until there is no room left; returns 0 or an errno. */
static int read_all(int file, char *text, size_t room, size_t *used)
{
    for (*used = 0; *used < room;) {
        ssize_t got = read(file, text + *used, room - *used);
        int number = got < 0 ? errno : 0;
        if (got == 0 || (got < 0 && number != EINTR)) {
            return number;
        }
        *used += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

static cruddur_status fail_file(const char *path, int number, cruddur_error **error)
{
    cruddur_status status = cr_status_of_errno(number, CRUDDUR_E_CREDENTIALS);
    return status == CRUDDUR_E_NO_MEMORY
               ? cr_fail_memory(error)
               : cr_fail_system(error, status, number, "%.*s", CR_CUT(path, 200));
}

/* One byte more than `max` is asked for, to tell a file that is too large. */
static cruddur_status read_open_file(int file, const char *path, size_t max, char **ret_text,
                                     size_t *ret_size, cruddur_error **error)
{
    char *text = malloc(max + 2);
    if (text == NULL) {
        return cr_fail_memory(error);
    }
    size_t size;
    int number = read_all(file, text, max + 1, &size);
    if (number == 0 && size <= max) {
        text[size] = '\0';
        *ret_text = text;
        *ret_size = size;
        return CRUDDUR_OK;
    }
    explicit_bzero(text, max + 2);
    free(text);
    return number != 0 ? fail_file(path, number, error)
                       : cr_fail_with(error, CRUDDUR_E_CREDENTIALS, "%.*s: has more than %zu bytes",
                                      CR_CUT(path, 200), max);
}

bool cr_secret_is_missing(int number)
{
    return number == ENOENT || number == ENOTDIR;
}

cruddur_status cr_secret_read_file(const char *path, size_t max, char **ret_text, size_t *ret_size,
                                   int *ret_number, cruddur_error **error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    int number = file < 0 ? errno : 0;
    if (ret_number != NULL) {
        *ret_number = number;
    }
    if (file < 0) {
        return fail_file(path, number, error);
    }
    cruddur_status status = read_open_file(file, path, max, ret_text, ret_size, error);
    (void)close(file);
    return status;
}

/* Opens a new file next to the other, under a random name; returns 0 or an errno. */
static int open_temporary(const char *path, char temporary[PATH_SIZE], int *file)
{
    uint64_t random = 0;
    if (!cr_random_bytes(&random, sizeof(random))) {
        return EAGAIN;
    }
    int length = snprintf(temporary, PATH_SIZE, "%s.%016" PRIx64, path, random);
    if (length < 0 || length >= PATH_SIZE) {
        return ENAMETOOLONG;
    }
    *file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    return *file < 0 ? errno : 0;
}

cruddur_status cr_secret_write_file(const char *path, cr_str text, cruddur_error **error)
{
    char temporary[PATH_SIZE];
    int file = -1;
    int number = open_temporary(path, temporary, &file);
    if (number != 0) {
        return fail_file(path, number, error);
    }
    number = cr_file_replace(file, temporary, path, text);
    return number == 0 ? CRUDDUR_OK : fail_file(path, number, error);
}
