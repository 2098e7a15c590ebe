/* SPDX-License-Identifier: MIT */
/* Store URLs: `scheme:rest?name=value&name=value`, percent-encoded. */
#ifndef CR_STORE_URL_H
#define CR_STORE_URL_H

#include "base/arena.h"
#include "base/error.h"

#define CR_URL_PARAMETERS_MAX 16

typedef struct cr_url_parameter {
    const char *name;
    const char *value;
} cr_url_parameter;

typedef struct cr_url {
    const char *scheme;
    const char *rest;
    cr_url_parameter parameters[CR_URL_PARAMETERS_MAX];
    size_t parameter_count;
} cr_url;

/* Takes a URL apart; the pieces live in the arena. */
cruddur_status cr_url_parse(const char *text, cr_arena *arena, cr_url *url, cruddur_error **error);

#endif
