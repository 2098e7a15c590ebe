/* SPDX-License-Identifier: MIT */
/* Writing single rows, as other programs do: for suites that know the library from inside. */
#ifndef TEST_SUPPORT_RAW_H
#define TEST_SUPPORT_RAW_H

#include <cruddur/cruddur.h>

#include "model/row.h"

/* Adds a row; CRUDDUR_E_REFUSED where its key is taken. */
cruddur_status raw_put_row(cruddur *dm, const cr_row *row);

/* Takes a row away, which must be as it was read. */
cruddur_status raw_remove_row(cruddur *dm, const cr_row *as_read);

/* Reads a row by key, to the byte; absent throughout where there is none. */
cruddur_status raw_get_row(cruddur *dm, cr_key key, cr_arena *arena, cr_row *row);

/* As raw_put_row() and raw_remove_row() for a row of a page of a scan; `others`, unless NULL, are
 * its other attributes. */
cruddur_status raw_put(cruddur *dm, const cruddur_row_page *page, size_t index, const char *others);
cruddur_status raw_remove(cruddur *dm, const cruddur_row_page *page, size_t index);

/* Takes all cards away, and what group rows have because of them: so version 0.1 writes groups. */
cruddur_status raw_make_old(cruddur *dm);

/* A row of a page, as long as the page lives. */
cr_row raw_row_at(const cruddur_row_page *page, size_t index);

#endif
