/* SPDX-License-Identifier: MIT */
#include "base/print.h"
#include "store/store.h"
#include "store/url.h"

/* An engine can be left out when the library is built. */
#ifdef CR_WITHOUT_SQLITE
#define OPEN_SQLITE NULL
#else
#include "store/sqlite/engine.h"
#define OPEN_SQLITE cr_sqlite_open
#endif
#ifdef CR_WITHOUT_DYNAMODB
#define OPEN_DYNAMODB NULL
#else
#include "store/dynamodb/engine.h"
#define OPEN_DYNAMODB cr_dynamodb_open
#endif

typedef cruddur_status (*open_function)(const cr_url *url, const cr_store_options *options,
                                        cr_store **ret_store, cruddur_error **error);

static const struct engine {
    const char *scheme; /* the name of its build option, too */
    open_function open; /* NULL: left out */
} engines[] = {
    {"sqlite", OPEN_SQLITE},
    {"dynamodb", OPEN_DYNAMODB},
};

static const struct engine *find_engine(const char *scheme)
{
    for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
        if (strcmp(engines[i].scheme, scheme) == 0) {
            return &engines[i];
        }
    }
    return NULL;
}

static cruddur_status open_engine(const cr_url *url, const cr_store_options *options,
                                  cr_store **ret_store, cruddur_error **error)
{
    const struct engine *engine = find_engine(url->scheme);
    if (engine == NULL) {
        return cr_fail_argument(error, CRUDDUR_E_URL_SCHEME, "store_url",
                                "no engine is named \"%.*s\"; there are sqlite and dynamodb",
                                CR_CUT(url->scheme, 40));
    }
    if (engine->open == NULL) {
        return cr_fail_argument(error, CRUDDUR_E_ENGINE_DISABLED, "store_url",
                                "the library was built without this engine (-D%s=disabled)",
                                engine->scheme);
    }
    return engine->open(url, options, ret_store, error);
}

cruddur_status cr_store_open(const char *url, const cr_store_options *options, cr_store **ret_store,
                             cruddur_error **error)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_url parsed;
    cruddur_status status = cr_url_parse(url, &arena, &parsed, error);
    if (status == CRUDDUR_OK) {
        status = open_engine(&parsed, options, ret_store, error);
    }
    cr_arena_free(&arena);
    return status;
}
