/* SPDX-License-Identifier: MIT */
/* Writing whole files. Each function returns 0 or an errno. */
#ifndef CR_BASE_FILE_H
#define CR_BASE_FILE_H

#include "base/str.h"

/* Writes all of the text, to the disk. */
int cr_file_write(int file, cr_str text);

/* Does so with a new file, closes it, and gives it the path in the place of what was there: who
 * opens the path meanwhile finds either. After a failure the new file is gone. */
int cr_file_replace(int file, const char *new_path, const char *path, cr_str text);

#endif
