/* SPDX-License-Identifier: MIT */
#include "store/url.h"

#include "base/print.h"

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF";
    const char *found = c == '\0' ? NULL : strchr(digits, c);
    return found == NULL ? -1 : (int)((found - digits) % 16);
}

/* Decodes in place; false for a `%` without two hexadecimal digits, and for an encoded NUL. */
static bool decode_percent(char *text)
{
    char *out = text;
    for (const char *in = text; *in != '\0'; out++) {
        if (*in != '%') {
            *out = *in++;
            continue;
        }
        int high = hex_digit(in[1]);
        int low = high < 0 ? -1 : hex_digit(in[2]);
        if (low < 0 || high + low == 0) {
            return false;
        }
        *out = (char)(high << 4 | low);
        in += 3;
    }
    *out = '\0';
    return true;
}

/* Cuts the text at the separator; returns what stands behind it, NULL where there is none. */
static char *cut(char *text, char separator)
{
    char *found = strchr(text, separator);
    if (found == NULL) {
        return NULL;
    }
    *found = '\0';
    return found + 1;
}

static const cr_url_parameter *find_parameter(const cr_url *url, const char *name)
{
    for (size_t i = 0; i < url->parameter_count; i++) {
        if (strcmp(url->parameters[i].name, name) == 0) {
            return &url->parameters[i];
        }
    }
    return NULL;
}

static cruddur_status add_parameter(cr_url *url, char *name, cruddur_error **error)
{
    char *value = cut(name, '=');
    if (value == NULL || *name == '\0') {
        return cr_fail_argument(error, CRUDDUR_E_URL_PARAMETER, "store_url",
                                "parameters are written name=value, with & between them");
    }
    if (!decode_percent(name) || !decode_percent(value)) {
        return cr_fail_argument(error, CRUDDUR_E_URL_PARAMETER, "store_url",
                                "parameter \"%.*s\": a %% needs two hexadecimal digits",
                                CR_CUT(name, 40));
    }
    if (find_parameter(url, name) != NULL || url->parameter_count == CR_URL_PARAMETERS_MAX) {
        return cr_fail_argument(error, CRUDDUR_E_URL_PARAMETER, "store_url",
                                "parameter \"%.*s\" is given twice, or one too many",
                                CR_CUT(name, 40));
    }
    url->parameters[url->parameter_count++] = (cr_url_parameter){name, value};
    return CRUDDUR_OK;
}

cruddur_status cr_url_parse(const char *text, cr_arena *arena, cr_url *url, cruddur_error **error)
{
    char *copy = cr_arena_alloc(arena, strlen(text) + 1);
    if (copy == NULL) {
        return cr_fail_memory(error);
    }
    memcpy(copy, text, strlen(text) + 1);
    char *rest = cut(copy, ':');
    if (rest == NULL) {
        return cr_fail_argument(error, CRUDDUR_E_URL_SCHEME, "store_url",
                                "must begin with an engine's name and a colon, as in "
                                "sqlite:messages.db");
    }
    char *parameters = cut(rest, '?');
    *url = (cr_url){.scheme = copy, .rest = rest};
    if (!decode_percent(rest)) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "store_url",
                                "a %% needs two hexadecimal digits behind it");
    }
    cruddur_status status = CRUDDUR_OK;
    while (status == CRUDDUR_OK && parameters != NULL) {
        char *name = parameters;
        parameters = cut(name, '&');
        status = add_parameter(url, name, error);
    }
    return status;
}
