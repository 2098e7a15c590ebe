/* SPDX-License-Identifier: MIT */
#include "aws/environment.h"

#include <stdlib.h>

#include "aws/secret.h"

static const struct {
    const char *text;
    const char *property;
} names[CR_ENV_COUNT] = {
#define NAME_ROW(name, text, property) {text, property},
    CR_ENV_MAP(NAME_ROW)
#undef NAME_ROW
};

const char *cr_env_text(cr_env_name name)
{
    return names[name].text;
}

const char *cr_env_property(cr_env_name name)
{
    return names[name].property;
}

cruddur_status cr_environment_read(cr_environment *environment, cruddur_error **error)
{
    *environment = (cr_environment){{NULL}};
    for (size_t i = 0; i < CR_ENV_COUNT; i++) {
        cr_str value = cr_str_trim(cr_str_of(getenv(names[i].text)));
        if (value.size == 0) {
            continue;
        }
        environment->value[i] = cr_secret_copy(value);
        if (environment->value[i] == NULL) {
            cr_environment_free(environment);
            return cr_fail_memory(error);
        }
    }
    return CRUDDUR_OK;
}

void cr_environment_free(cr_environment *environment)
{
    for (size_t i = 0; i < CR_ENV_COUNT; i++) {
        cr_secret_free(environment->value[i]);
        environment->value[i] = NULL;
    }
}
