/* SPDX-License-Identifier: MIT */
/* A page of a list of users, as Cognito answers ListUsers. */
#ifndef CRUDDUR_TOOL_POOL_PAGE_H
#define CRUDDUR_TOOL_POOL_PAGE_H

#include "base/arena.h"
#include "pool.h"

struct pool_page {
    struct pool_users *users;
    size_t before; /* users of earlier pages */
    char *token;   /* of the next page, to be freed; NULL: this is the last one */
};

/* Adds the users of an answer, and forgets those that an earlier attempt at this page has added.
 * `data` is a struct pool_page. Returns CRUDDUR_E_PROTOCOL if the body is not such an answer, or
 * CRUDDUR_E_NO_MEMORY; users may have been added then. */
cruddur_status pool_page_read(void *data, cr_str body);

void pool_user_free(struct pool_user *user);

#endif
