/* SPDX-License-Identifier: MIT */
/* Writing rows as they are, as somebody does who moves no group rows. */
#ifndef TESTS_STREAM_RAW_H
#define TESTS_STREAM_RAW_H

#include <cruddur/cruddur.h>

/* Adds a row of a page to the store; `others`, unless NULL, are its other attributes. */
cruddur_status raw_put(cruddur *dm, const cruddur_row_page *page, size_t index, const char *others);

/* Takes a row of a page away. */
cruddur_status raw_remove(cruddur *dm, const cruddur_row_page *page, size_t index);

#endif
