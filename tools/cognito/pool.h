/* SPDX-License-Identifier: MIT */
/* The users of an Amazon Cognito user pool. The client is the library's AWS room: settings,
 * credentials, signatures and retries are those of its DynamoDB engine. */
#ifndef CRUDDUR_TOOL_POOL_H
#define CRUDDUR_TOOL_POOL_H

#include <cruddur/cruddur.h>

struct pool_user {
    char *name;   /* the pool's own name of the user, which is unique in the pool */
    char *sub;    /* what the user's tokens call the user */
    char *handle; /* the attribute preferred_username; NULL: the user has none */
};

struct pool_users {
    struct pool_user *users; /* ordered by handle, then by name; those without a handle come last */
    size_t count;
    size_t capacity;
};

struct pool_options {
    const char *id;      /* "eu-central-1_AbCdEfGhI" */
    uint32_t timeout_ms; /* for each page */
    cruddur_log_fn log;  /* NULL: none */
    void *log_data;
    /* Is told after each page how many users were read; may be NULL. */
    void (*observe)(void *data, size_t count);
    void *observe_data;
};

/* Whether a text has the form of a user pool's id: a region, `_`, letters and digits. */
bool pool_is_id(const char *text);

/* Reads all pages. The region is the one that the id names; if it names none, as the ids of
 * emulators do, the region is resolved as all other settings are: as the AWS CLI does.
 * CRUDDUR_E_CONFIG: there is no such pool, or a setting is wrong; CRUDDUR_E_PROTOCOL; and what any
 * request to AWS may return. */
cruddur_status pool_list(const struct pool_options *options, struct pool_users *ret_users,
                         cruddur_error **error);

void pool_users_free(struct pool_users *users);

#endif
