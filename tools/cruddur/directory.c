/* SPDX-License-Identifier: MIT */
#include "directory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buffer.h"
#include "text.h"

/* How much of a value an error shows, in bytes. */
#define QUOTED_MAX 80

enum exit_code directory_report_ambiguous(const struct directory *directory, enum users_field field,
                                          const char *value)
{
    return report(CODE_USAGE, "%s: %s: more than one user has the %s %.*s", directory->argument,
                  directory->name, users_field_name(field), TEXT_CUT(value, QUOTED_MAX));
}

/* --- a users file --- */

static enum exit_code open_file(struct directory *directory,
                                const struct directory_options *options)
{
    char *text = NULL;
    struct problem problem;
    enum exit_code code = input_read(options->argument, options->name, USERS_FILE_MAX, &text);
    directory->name = memory_copy(options->name);
    if (code == CODE_OK && !users_parse(&directory->found, text, USERS_TO_LOOK_UP, &problem)) {
        code = report_problem(options->name, &problem);
    }
    free(text);
    return code;
}

static enum exit_code find_in_file(struct directory *directory, enum users_field field,
                                   const char *value, const struct users_entry **ret_entry)
{
    bool is_ambiguous = false;
    const struct users_entry *entry = users_find(&directory->found, field, value, &is_ambiguous);
    *ret_entry = is_ambiguous ? NULL : entry;
    return is_ambiguous ? directory_report_ambiguous(directory, field, value) : CODE_OK;
}

static enum exit_code list_file(struct directory *directory, directory_observer *observe,
                                void *data)
{
    for (size_t i = 0; i < directory->found.count; i++) {
        if (!observe(data, &directory->found.entries[i])) {
            break;
        }
    }
    return CODE_OK;
}

static const struct directory_backend file_backend = {
    .open = open_file,
    .find = find_in_file,
    .list = list_file,
};

/* --- any --- */

static bool is_postgresql(const char *name)
{
    return strncmp(name, "postgres://", strlen("postgres://")) == 0 ||
           strncmp(name, "postgresql://", strlen("postgresql://")) == 0;
}

/* Whether a name that is no such URL is meant as one, or as libpq's keywords. It may have a
 * password, so it is not shown as the path of a file that does not exist. */
static bool is_meant_as_url(const char *name)
{
    return strstr(name, "://") != NULL ||
           (strstr(name, "password") != NULL && strchr(name, '=') != NULL) ||
           strncasecmp(name, "postgres:", strlen("postgres:")) == 0 ||
           strncasecmp(name, "postgresql:", strlen("postgresql:")) == 0;
}

enum exit_code directory_open(const struct directory_options *options,
                              struct directory **ret_directory)
{
    const struct directory_backend *backend = &file_backend;
    if (is_postgresql(options->name)) {
        backend = options->postgresql;
    } else if (is_meant_as_url(options->name)) {
        return report(CODE_USAGE, "%s: it must be a file, or a URL that begins with postgres://",
                      options->argument);
    }
    if (backend == NULL) {
        return report(CODE_USAGE, "%s: this command is built without PostgreSQL",
                      options->argument);
    }
    struct directory *directory = memory_resize(NULL, 1, sizeof(*directory));
    *directory = (struct directory){.backend = backend, .argument = options->argument};
    enum exit_code code = backend->open(directory, options);
    if (code != CODE_OK) {
        directory_close(directory);
        directory = NULL;
    }
    *ret_directory = directory;
    return code;
}

const char *directory_name(const struct directory *directory)
{
    return directory->name;
}

enum exit_code directory_find(struct directory *directory, enum users_field field,
                              const char *value, const struct users_entry **ret_entry)
{
    *ret_entry = NULL;
    /* Such a value is no user's, and a database would refuse it. */
    return text_look(value).is_utf8 ? directory->backend->find(directory, field, value, ret_entry)
                                    : CODE_OK;
}

enum exit_code directory_list(struct directory *directory, directory_observer *observe, void *data)
{
    return directory->backend->list(directory, observe, data);
}

static enum exit_code report_read_only(const struct directory *directory)
{
    return report(CODE_USAGE,
                  "%s: %s is a users file, which is not changed; give --users "
                  "postgres://HOST/DATABASE",
                  directory->argument, directory->name);
}

enum exit_code directory_begin(struct directory *directory)
{
    return directory->backend->begin != NULL ? directory->backend->begin(directory)
                                             : report_read_only(directory);
}

enum exit_code directory_set_cognito_user_id(struct directory *directory, const char *uuid,
                                             const char *cognito_user_id)
{
    return directory->backend->set_cognito_user_id(directory, uuid, cognito_user_id);
}

enum exit_code directory_end(struct directory *directory, bool is_kept)
{
    return directory->backend->end(directory, is_kept);
}

enum exit_code directory_load(struct directory *directory, const char *path,
                              const struct users *users, struct directory_counts *ret_counts)
{
    return directory->backend->load != NULL
               ? directory->backend->load(directory, path, users, ret_counts)
               : report_read_only(directory);
}

void directory_close(struct directory *directory)
{
    if (directory == NULL) {
        return;
    }
    if (directory->backend->close != NULL) {
        directory->backend->close(directory);
    }
    users_free(&directory->found);
    free(directory->name);
    free(directory);
}
