/* SPDX-License-Identifier: MIT */
/* What it takes to give the users of a directory the cognito_user_id of their accounts in a user
 * pool. User and account belong together if the user's handle is the account's preferred_username.
 * Nothing here reads or writes either side. */
#ifndef CRUDDUR_TOOL_SYNC_H
#define CRUDDUR_TOOL_SYNC_H

#include "pool.h"
#include "users.h"

enum sync_kind {
    SYNC_CHANGED,        /* the user gets the account's sub */
    SYNC_UNCHANGED,      /* the user has it */
    SYNC_NOT_IN_POOL,    /* a user without an account */
    SYNC_NOT_IN_TABLE,   /* an account without a user */
    SYNC_WITHOUT_HANDLE, /* an account without preferred_username */
    SYNC_SAME_HANDLE,    /* several users, or several accounts, have this handle */
    SYNC_SAME_ID,        /* another user has, and keeps, the account's sub */
    SYNC_N_KINDS
};

/* A user, an account, or both; what is not there is NULL. */
struct sync_item {
    enum sync_kind kind;
    const struct users_entry *user;
    const struct pool_user *account;
    const struct users_entry *other; /* SYNC_SAME_ID: the other user */
    size_t n_users, n_accounts;      /* that have the handle */
};

struct sync_plan {
    struct sync_item *items; /* ordered by handle; SYNC_WITHOUT_HANDLE comes last */
    size_t count;
    size_t capacity;
    size_t counts[SYNC_N_KINDS];
};

/* Compares both sides, which must live as long as the plan; the accounts are ordered by handle. */
void sync_make_plan(const struct users *users, const struct pool_users *accounts,
                    struct sync_plan *ret_plan);

void sync_plan_free(struct sync_plan *plan);

#endif
