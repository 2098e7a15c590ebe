/* SPDX-License-Identifier: MIT */
#include "aws/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/profile_parser.h"
#include "aws/secret.h"
#include "base/print.h"

typedef struct loaded_file {
    char *path; /* NULL: unknown, as there is no home directory */
    char *text; /* NULL: not there */
    size_t size;
} loaded_file;

struct cr_profiles {
    loaded_file config;
    loaded_file credentials;
    cr_profile_entries entries;
};

/* ---- files ---- */

static char *join(const char *a, const char *b)
{
    size_t size = strlen(a) + strlen(b) + 1;
    char *joined = malloc(size);
    if (joined != NULL) {
        (void)snprintf(joined, size, "%s%s", a, b);
    }
    return joined;
}

/* Sets the path that a variable names, or the usual one; ~/ is the home directory. */
static cruddur_status find_path(const cr_environment *environment, cr_env_name variable,
                                const char *usual, loaded_file *file, cruddur_error **error)
{
    const char *named = environment->value[variable];
    const char *home = environment->value[CR_ENV_HOME];
    named = named == NULL ? usual : named;
    bool is_in_home = strncmp(named, "~/", 2) == 0;
    if (is_in_home && home == NULL) {
        return CRUDDUR_OK;
    }
    file->path = is_in_home ? join(home, named + 1) : join(named, "");
    return file->path == NULL ? cr_fail_memory(error) : CRUDDUR_OK;
}

/* The AWS CLI would find the file under another name. */
static cruddur_status check_missing(const loaded_file *file, cr_env_name variable,
                                    cruddur_error **error)
{
    return *file->path != '~' && strchr(file->path, '$') == NULL
               ? CRUDDUR_OK
               : cr_fail_with(error, CRUDDUR_E_CONFIG,
                              "%s: there is no file %.*s; only ~/ at the beginning of a path is "
                              "replaced, so name it in full",
                              cr_env_text(variable), CR_CUT(file->path, 200));
}

static cruddur_status parse_file(cr_profiles *profiles, const loaded_file *file,
                                 cruddur_error **error)
{
    if (strlen(file->text) != file->size) {
        return cr_fail_with(error, CRUDDUR_E_CONFIG, "%.*s: is not a text file",
                            CR_CUT(file->path, 200));
    }
    return cr_profile_parse(&profiles->entries, file->path, file == &profiles->credentials,
                            file->text, error);
}

/* A process that runs in another user's home directory has no profiles there: only then the status
 * stays E_CREDENTIALS. */
static cruddur_status judge_unreadable(const loaded_file *file, cr_env_name variable, bool is_named,
                                       int number, cruddur_status status, cruddur_error *cause,
                                       cruddur_error **error)
{
    if (status == CRUDDUR_E_CREDENTIALS && cr_secret_is_missing(number)) {
        status = check_missing(file, variable, error);
    } else if (status == CRUDDUR_E_CREDENTIALS && (is_named || number != EACCES)) {
        status =
            cr_fail_with(error, CRUDDUR_E_CONFIG, "%s%s%s", is_named ? cr_env_text(variable) : "",
                         is_named ? ": " : "", cruddur_error_message(cause));
    } else {
        status = cr_fail_with(error, status, "%s", cruddur_error_message(cause));
    }
    cruddur_error_free(cause);
    return status;
}

static cruddur_status load_file(cr_profiles *profiles, loaded_file *file, cr_env_name variable,
                                bool is_named, cruddur_error **error)
{
    int number = 0;
    cruddur_error *cause = NULL;
    cruddur_status status = cr_secret_read_file(file->path, CR_PROFILE_FILE_MAX, &file->text,
                                                &file->size, &number, &cause);
    return status == CRUDDUR_OK
               ? parse_file(profiles, file, error)
               : judge_unreadable(file, variable, is_named, number, status, cause, error);
}

static cruddur_status finish(cr_profiles *profiles, cruddur_status status,
                             cr_profiles **ret_profiles)
{
    if (status != CRUDDUR_OK) {
        cr_profiles_free(profiles);
        return status;
    }
    *ret_profiles = profiles;
    return CRUDDUR_OK;
}

cruddur_status cr_profiles_load(const cr_environment *environment, cr_profiles **ret_profiles,
                                cruddur_error **error)
{
    cr_profiles *profiles = calloc(1, sizeof(*profiles));
    if (profiles == NULL) {
        return cr_fail_memory(error);
    }
    const struct {
        loaded_file *file;
        cr_env_name variable;
        const char *usual;
    } files[] = {
        {&profiles->config, CR_ENV_CONFIG_FILE, "~/.aws/config"},
        {&profiles->credentials, CR_ENV_CREDENTIALS_FILE, "~/.aws/credentials"},
    };
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < sizeof(files) / sizeof(files[0]); i++) {
        loaded_file *file = files[i].file;
        status = find_path(environment, files[i].variable, files[i].usual, file, error);
        if (status == CRUDDUR_OK && file->path != NULL) {
            bool is_named = environment->value[files[i].variable] != NULL;
            status = load_file(profiles, file, files[i].variable, is_named, error);
        }
    }
    return finish(profiles, status, ret_profiles);
}

static cruddur_status copy_and_parse(cr_profiles *profiles, loaded_file *file, const char *path,
                                     cr_str text, cruddur_error **error)
{
    if (text.data == NULL) {
        return CRUDDUR_OK;
    }
    *file = (loaded_file){join(path, ""), cr_secret_copy(text), text.size};
    return file->path == NULL || file->text == NULL ? cr_fail_memory(error)
                                                    : parse_file(profiles, file, error);
}

cruddur_status cr_profiles_parse(cr_str config, cr_str credentials, cr_profiles **ret_profiles,
                                 cruddur_error **error)
{
    cr_profiles *profiles = calloc(1, sizeof(*profiles));
    if (profiles == NULL) {
        return cr_fail_memory(error);
    }
    cruddur_status status =
        copy_and_parse(profiles, &profiles->config, "the config file", config, error);
    if (status == CRUDDUR_OK) {
        status = copy_and_parse(profiles, &profiles->credentials, "the credentials file",
                                credentials, error);
    }
    return finish(profiles, status, ret_profiles);
}

void cr_profiles_free(cr_profiles *profiles)
{
    if (profiles == NULL) {
        return;
    }
    cr_secret_free_bytes(profiles->config.text, profiles->config.size);
    cr_secret_free_bytes(profiles->credentials.text, profiles->credentials.size);
    free(profiles->config.path);
    free(profiles->credentials.path);
    free(profiles->entries.list);
    free(profiles);
}

/* ---- questions ---- */

static bool is_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_of_section(const cr_profile_entry *entry, cr_section kind, const char *section)
{
    return entry->kind == kind && is_same(entry->section, section);
}

/* [default] does not count beside a [profile default]. */
static cr_profile_rank lowest_rank(const cr_profile_entries *entries, cr_section kind,
                                   const char *section)
{
    for (size_t i = 0; i < entries->count; i++) {
        const cr_profile_entry *entry = &entries->list[i];
        if (entry->rank == CR_RANK_CONFIG && is_of_section(entry, kind, section)) {
            return CR_RANK_CONFIG;
        }
    }
    return CR_RANK_BARE_DEFAULT;
}

bool cr_profiles_have(const cr_profiles *profiles, cr_section kind, const char *section)
{
    bool found = false;
    for (size_t i = 0; !found && i < profiles->entries.count; i++) {
        found = is_of_section(&profiles->entries.list[i], kind, section);
    }
    return found;
}

/* The one that counts: of the highest rank, and of these the last. */
const cr_property *cr_profiles_find(const cr_profiles *profiles, cr_section kind,
                                    const char *section, const char *group, const char *name)
{
    const cr_profile_entry *found = NULL;
    cr_profile_rank from = lowest_rank(&profiles->entries, kind, section);
    for (size_t i = 0; i < profiles->entries.count; i++) {
        const cr_profile_entry *entry = &profiles->entries.list[i];
        if (entry->name != NULL && entry->rank >= from && is_of_section(entry, kind, section) &&
            is_same(entry->group, group) && is_same(entry->name, name) &&
            (found == NULL || entry->rank >= found->rank)) {
            found = entry;
        }
    }
    return found == NULL ? NULL : &found->property;
}

const char *cr_profiles_get(const cr_profiles *profiles, cr_section kind, const char *section,
                            const char *group, const char *name)
{
    const cr_property *found = cr_profiles_find(profiles, kind, section, group, name);
    return found == NULL || *found->value == '\0' ? NULL : found->value;
}

/* ---- checks ---- */

/* An ignored section of this name in a file of this rank or higher; NULL: there is none. */
static const cr_property *find_ignored(const cr_profile_entries *entries, const char *profile,
                                       cr_profile_rank from, const char *word)
{
    for (size_t i = 0; i < entries->count; i++) {
        const cr_profile_entry *entry = &entries->list[i];
        const char *name = entry->section;
        if (entry->kind != CR_SECTION_OTHER || entry->name != NULL || entry->fault != NULL ||
            entry->rank < from) {
            continue;
        }
        name += strncmp(name, word, strlen(word)) == 0 ? strlen(word) : 0;
        if (is_same(name + strspn(name, " \t"), profile)) {
            return &entry->property;
        }
    }
    return NULL;
}

#define NAMES_RULE                                                                                 \
    "is ignored: the config file has [profile NAME], the credentials file [NAME], and a name "     \
    "letters, digits and _-/.%%@:+"

static const char *path_of(const loaded_file *file, const char *usual)
{
    return file->path == NULL ? usual : file->path;
}

static cruddur_status fail_missing(const cr_profiles *profiles, cr_section kind,
                                   const char *section, cruddur_error **error)
{
    const char *config = path_of(&profiles->config, "~/.aws/config");
    if (kind != CR_SECTION_PROFILE) {
        return cr_fail_with(error, CRUDDUR_E_CONFIG, "there is no [%s %.*s] in %.*s",
                            kind == CR_SECTION_SERVICES ? "services" : "sso-session",
                            CR_CUT(section, 64), CR_CUT(config, 200));
    }
    const cr_property *ignored =
        find_ignored(&profiles->entries, section, CR_RANK_BARE_DEFAULT, "profile");
    return ignored != NULL
               ? cr_fail_with(error, CRUDDUR_E_CONFIG,
                              "there is no profile \"%.*s\"; %.*s, line %u " NAMES_RULE,
                              CR_CUT(section, 64), CR_CUT(ignored->path, 200), ignored->line)
               : cr_fail_with(error, CRUDDUR_E_CONFIG,
                              "there is no profile \"%.*s\" in %.*s or %.*s", CR_CUT(section, 64),
                              CR_CUT(config, 200),
                              CR_CUT(path_of(&profiles->credentials, "~/.aws/credentials"), 200));
}

/* The config file can have a name with other characters between quotes. For such a profile the AWS
 * CLI would use keys of the credentials file, in a section that is ignored here. */
static cruddur_status check_ignored(const cr_profiles *profiles, const char *section,
                                    cruddur_error **error)
{
    const cr_property *ignored = find_ignored(&profiles->entries, section, CR_RANK_CREDENTIALS, "");
    return ignored == NULL ? CRUDDUR_OK
                           : cr_fail_with(error, CRUDDUR_E_CONFIG, "%.*s, line %u " NAMES_RULE,
                                          CR_CUT(ignored->path, 200), ignored->line);
}

cruddur_status cr_profiles_check(const cr_profiles *profiles, cr_section kind, const char *section,
                                 cruddur_error **error)
{
    cr_profile_rank from = lowest_rank(&profiles->entries, kind, section);
    if (!cr_profiles_have(profiles, kind, section)) {
        return fail_missing(profiles, kind, section, error);
    }
    for (size_t i = 0; i < profiles->entries.count; i++) {
        const cr_profile_entry *entry = &profiles->entries.list[i];
        if (entry->fault != NULL && entry->rank >= from && is_of_section(entry, kind, section)) {
            return cr_fail_with(error, CRUDDUR_E_CONFIG, "%.*s, line %u: %s",
                                CR_CUT(entry->property.path, 200), entry->property.line,
                                entry->fault);
        }
    }
    return kind == CR_SECTION_PROFILE ? check_ignored(profiles, section, error) : CRUDDUR_OK;
}
