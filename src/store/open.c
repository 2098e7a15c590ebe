/* SPDX-License-Identifier: MIT */
#include "base/print.h"
#include "store/dynamodb/engine.h"
#include "store/sqlite/engine.h"
#include "store/store.h"
#include "store/url.h"

typedef cruddur_status (*open_function)(const cr_url *url, const cr_store_options *options,
                                        cr_store **ret_store, cruddur_error **error);

static const struct {
    const char *scheme;
    open_function open;
} engines[] = {
    {"sqlite", cr_sqlite_open},
    {"dynamodb", cr_dynamodb_open},
};

static open_function find_engine(const char *scheme)
{
    for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
        if (strcmp(engines[i].scheme, scheme) == 0) {
            return engines[i].open;
        }
    }
    return NULL;
}

cruddur_status cr_store_open(const char *url, const cr_store_options *options, cr_store **ret_store,
                             cruddur_error **error)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_url parsed;
    cruddur_status status = cr_url_parse(url, &arena, &parsed, error);
    if (status == CRUDDUR_OK) {
        open_function open = find_engine(parsed.scheme);
        status = open == NULL
                     ? cr_fail_argument(error, CRUDDUR_E_URL_SCHEME, "store_url",
                                        "no engine is named \"%.*s\"; there are sqlite and "
                                        "dynamodb",
                                        CR_CUT(parsed.scheme, 40))
                     : open(&parsed, options, ret_store, error);
    }
    cr_arena_free(&arena);
    return status;
}
