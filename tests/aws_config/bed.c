/* SPDX-License-Identifier: MIT */

#include "bed.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static char folder[64];
static cr_arena texts = CR_ARENA_INIT;

void bed_make(void)
{
    for (int i = 0; i < CR_ENV_COUNT; i++) {
        (void)unsetenv(cr_env_text((cr_env_name)i));
    }
    (void)snprintf(folder, sizeof(folder), "/tmp/aws-config-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    (void)setenv("HOME", folder, 1);
    (void)unsetenv("http_proxy");
    (void)unsetenv("https_proxy");
}

void bed_remove(void)
{
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    cr_expect_eq(system(command), 0); /* NOLINT */
    cr_arena_free(&texts);
}

const char *bed_text(const char *format, ...)
{
    char text[8192];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    cr_assert(length >= 0 && (size_t)length < sizeof(text));
    return cr_arena_copy(&texts, cr_str_of(text)).data;
}

const char *bed_path(const char *name)
{
    return bed_text("%s/%s", folder, name);
}

const char *bed_write(const char *name, const char *content)
{
    const char *path = bed_path(name);
    char parent[256];
    (void)snprintf(parent, sizeof(parent), "%s", path);
    for (char *at = strchr(parent + strlen(folder) + 1, '/'); at != NULL;
         at = strchr(at + 1, '/')) {
        *at = '\0';
        (void)mkdir(parent, 0700);
        *at = '/';
    }
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(content, 1, strlen(content), file), strlen(content));
    cr_assert_eq(fclose(file), 0);
    return path;
}

void bed_set(const char *variable, const char *format, ...)
{
    char value[4096];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(value, sizeof(value), format, arguments);
    va_end(arguments);
    cr_assert_eq(setenv(variable, value, 1), 0);
}

const char *bed_time(int64_t seconds_ahead)
{
    time_t at = time(NULL) + (time_t)seconds_ahead;
    struct tm civil;
    char text[40];
    cr_assert(gmtime_r(&at, &civil) != NULL);
    cr_assert(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &civil) > 0);
    return bed_text("%s", text);
}

void bed_expect_error(cruddur_status status, cruddur_status expected, cruddur_error **error,
                      const char *const *words)
{
    cr_assert_eq(status, expected, "%s: %s", cruddur_status_name(status),
                 cruddur_error_message(*error));
    cr_assert_eq(cruddur_error_status(*error), expected);
    for (; *words != NULL; words++) {
        cr_expect_not_null(strstr(cruddur_error_message(*error), *words), "\"%s\" lacks \"%s\"",
                           cruddur_error_message(*error), *words);
    }
    cruddur_error_free(*error);
    *error = NULL;
}
