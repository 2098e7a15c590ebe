/* SPDX-License-Identifier: MIT */
#include "aws/setting.h"

#include "base/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void cr_setting_name(const cr_setting *setting, char name[CR_SETTING_NAME_SIZE])
{
    const cr_property *property = setting->property;
    if (property == NULL) {
        (void)snprintf(name, CR_SETTING_NAME_SIZE, "%s", setting->name);
    } else {
        (void)snprintf(name, CR_SETTING_NAME_SIZE, "%.*s (%.*s, line %u)",
                       CR_CUT(setting->name, 64), CR_CUT(property->path, 200), property->line);
    }
}

cruddur_status cr_setting_blame(const cr_setting *setting, cruddur_status status,
                                cruddur_error **error)
{
    char name[CR_SETTING_NAME_SIZE];
    cr_setting_name(setting, name);
    if (error != NULL) {
        cr_error_wrap(*error, name);
    }
    return status;
}

static cruddur_status fail_value(const cr_setting *setting, const char *rule, cruddur_error **error)
{
    char name[CR_SETTING_NAME_SIZE];
    cr_setting_name(setting, name);
    return cr_fail_with(error, CRUDDUR_E_CONFIG, "%s must be %s", name, rule);
}

cruddur_status cr_setting_read_switch(const cr_setting *setting, bool *value, cruddur_error **error)
{
    if (setting->value == NULL) {
        return CRUDDUR_OK;
    }
    *value = strcasecmp(setting->value, "true") == 0;
    return *value || strcasecmp(setting->value, "false") == 0
               ? CRUDDUR_OK
               : fail_value(setting, "true or false", error);
}

cruddur_status cr_setting_read_count(const cr_setting *setting, unsigned *value,
                                     cruddur_error **error)
{
    if (setting->value == NULL) {
        return CRUDDUR_OK;
    }
    char *end = NULL;
    long number = strtol(setting->value, &end, 10);
    if (*end != '\0' || number < 1 || number > 100) {
        return fail_value(setting, "a number from 1 to 100", error);
    }
    *value = (unsigned)number;
    return CRUDDUR_OK;
}

cruddur_status cr_setting_read_word(const cr_setting *setting,
                                    const char *const words[CR_SETTING_WORDS_MAX], size_t *index,
                                    cruddur_error **error)
{
    char rule[96];
    bool has_three = words[2] != NULL;
    for (size_t i = 0; setting->value != NULL && i < (has_three ? 3u : 2u); i++) {
        if (strcasecmp(setting->value, words[i]) == 0) {
            *index = i;
            return CRUDDUR_OK;
        }
    }
    (void)snprintf(rule, sizeof(rule), "%s%s%s or %s", words[0], has_three ? ", " : "",
                   has_three ? words[1] : "", words[has_three ? 2 : 1]);
    return setting->value == NULL ? CRUDDUR_OK : fail_value(setting, rule, error);
}
