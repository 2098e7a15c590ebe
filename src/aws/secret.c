/* SPDX-License-Identifier: MIT */
#include "aws/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
    if (text != NULL) {
        OPENSSL_cleanse(text, strlen(text));
        free(text);
    }
}

void cr_secret_buffer_free(cr_buffer *buffer)
{
    if (buffer->data != NULL) {
        OPENSSL_cleanse(buffer->data, buffer->capacity);
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

/* Reads until the end or until there is no room left; -1 when the system fails. */
static ssize_t read_all(int file, char *text, size_t room)
{
    size_t used = 0;
    while (used < room) {
        ssize_t got = read(file, text + used, room - used);
        if (got == 0) {
            break;
        }
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        used += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)used;
}

static cruddur_status fail_file(const char *path, int number, cruddur_error **error)
{
    char said[80];
    if (strerror_r(number, said, sizeof(said)) != 0) {
        (void)snprintf(said, sizeof(said), "error %d", number);
    }
    return cr_fail_with(error, CRUDDUR_E_CREDENTIALS, "%.200s: %s", path, said);
}

/* One byte more than `max` is asked for, to tell a file that is too large. */
static cruddur_status read_open_file(int file, const char *path, size_t max, char **ret_text,
                                     size_t *ret_size, cruddur_error **error)
{
    char *text = malloc(max + 2);
    if (text == NULL) {
        return cr_fail_memory(error);
    }
    ssize_t size = read_all(file, text, max + 1);
    int number = errno;
    if (size >= 0 && (size_t)size <= max) {
        text[size] = '\0';
        *ret_text = text;
        *ret_size = (size_t)size;
        return CRUDDUR_OK;
    }
    OPENSSL_cleanse(text, max + 2);
    free(text);
    return size < 0 ? fail_file(path, number, error)
                    : cr_fail_with(error, CRUDDUR_E_CREDENTIALS, "%.200s: has more than %zu bytes",
                                   path, max);
}

cruddur_status cr_secret_read_file(const char *path, size_t max, char **ret_text, size_t *ret_size,
                                   bool *ret_missing, cruddur_error **error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (ret_missing != NULL) {
        *ret_missing = file < 0 && (errno == ENOENT || errno == ENOTDIR);
    }
    if (file < 0) {
        return fail_file(path, errno, error);
    }
    cruddur_status status = read_open_file(file, path, max, ret_text, ret_size, error);
    (void)close(file);
    return status;
}
