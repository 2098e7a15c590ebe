/* SPDX-License-Identifier: MIT */
/* The table of routes. */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "request.h"

#define ROUTE_PARTS_MAX 2
#define ROUTE_ALLOWED_SIZE 32

enum route_flags {
    ROUTE_SIGNED_IN = 1, /* for users only */
    ROUTE_API = 2,       /* failures are JSON */
    ROUTE_ANY_HOST = 4,  /* also for monitors, which use the address of the machine */
};

struct route {
    const char *method;
    const char *pattern; /* `*` stands for one part of the path */
    void (*handle)(request *self);
    unsigned flags;
};

extern const struct route routes[];
extern const size_t route_count;

/* Finds a route, and the parts of the path: `path` is split at them. NULL if there is none; then
 * `ret_allowed` lists the methods that the path has, or is empty. */
const struct route *route_find(const char *method, char *path, const char *parts[ROUTE_PARTS_MAX],
                               char ret_allowed[ROUTE_ALLOWED_SIZE]);

#endif
