/* SPDX-License-Identifier: MIT */
/* Text that may be secret: wiped before its memory is given back. */
#ifndef CR_AWS_SECRET_H
#define CR_AWS_SECRET_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/* A copy with a NUL behind it; NULL when memory runs out, and for absent text. */
char *cr_secret_copy(cr_str text);

/* Wipes the text up to its NUL and frees it; NULL is ignored. */
void cr_secret_free(char *text);

/* Wipes all bytes, such as a file's, which may have NULs among them, and frees them; NULL is
 * ignored. */
void cr_secret_free_bytes(char *bytes, size_t size);

/* The same for a buffer. */
void cr_secret_buffer_free(cr_buffer *buffer);

/* The text without blanks, tabs and line ends around it. */
cr_str cr_str_trim(cr_str text);

/* Reads a file of at most `max` bytes into a text with a NUL behind it, to be freed with
 * cr_secret_free_bytes(). CRUDDUR_E_CREDENTIALS names the file and gives the system's reason, and
 * so does E_NO_DESCRIPTORS, which is not the file's fault; *ret_number, where wanted, is an errno
 * if the file could not be opened, else 0. */
cruddur_status cr_secret_read_file(const char *path, size_t max, char **ret_text, size_t *ret_size,
                                   int *ret_number, cruddur_error **error);

/* Whether the errno says that the file does not exist. */
bool cr_secret_is_missing(int number);

/* Writes a file that its owner alone can read, whole or not at all: whoever reads the path
 * meanwhile finds what was there before. The same statuses. */
cruddur_status cr_secret_write_file(const char *path, cr_str text, cruddur_error **error);

#endif
