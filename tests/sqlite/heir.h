/* SPDX-License-Identifier: MIT */
/* A child of a process that had a store open when it forked. Each returns what went wrong, or NULL.
 */
#ifndef TEST_SQLITE_HEIR_H
#define TEST_SQLITE_HEIR_H

/* It may open no store. */
const char *heir_opens(void *unused);

/* It may neither use the handle that it inherited, nor open a store. */
const char *heir_uses(void *dm);

#endif
