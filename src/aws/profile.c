/* SPDX-License-Identifier: MIT */
#include "aws/profile.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/secret.h"

#define PATH_SIZE 4096

/* Where a section came from; a higher rank comes first. */
typedef enum rank {
    RANK_BARE_DEFAULT, /* [default] in the config file: not looked at where there is … */
    RANK_CONFIG,       /* [profile default], or any other section of the config file */
    RANK_CREDENTIALS,
} rank;

/* A property, or with no name the section itself. All text lies in the files' text. */
typedef struct entry {
    cr_section kind;
    rank rank;
    const char *section;
    const char *group;
    const char *name;
    char *value;
} entry;

typedef struct loaded_file {
    char *text; /* NULL: not there */
    size_t size;
} loaded_file;

struct cr_profiles {
    loaded_file files[2];
    entry *entries;
    size_t count;
    size_t capacity;
};

typedef struct parser {
    cr_profiles *profiles;
    const char *path;
    unsigned line_number;
    bool is_credentials;
    bool is_in_section;
    entry section;
    size_t property; /* the latest, that an indented line belongs to; SIZE_MAX: none */
    cruddur_error **error;
} parser;

static cruddur_status fail_line(const parser *in, const char *what)
{
    return cr_fail_with(in->error, CRUDDUR_E_CONFIG, "%.200s, line %u: %s", in->path,
                        in->line_number, what);
}

static cruddur_status add_entry(parser *in, const entry *added)
{
    cr_profiles *profiles = in->profiles;
    if (profiles->count == profiles->capacity) {
        size_t capacity = profiles->capacity == 0 ? 32 : profiles->capacity * 2;
        entry *entries = realloc(profiles->entries, capacity * sizeof(*entries));
        if (entries == NULL) {
            return cr_fail_memory(in->error);
        }
        profiles->entries = entries;
        profiles->capacity = capacity;
    }
    profiles->entries[profiles->count++] = *added;
    return CRUDDUR_OK;
}

/* ---- pieces of text, cut in place ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char *trim(char *text)
{
    cr_str kept = cr_str_trim(cr_str_of(text));
    char *start = text + (kept.data - text);
    start[kept.size] = '\0';
    return start;
}

/* A comment begins with # or ; behind a blank. */
static void cut_comment(char *text)
{
    for (char *at = text; *at != '\0'; at++) {
        if ((*at == '#' || *at == ';') && (at == text || is_blank(at[-1]))) {
            *at = '\0';
            return;
        }
    }
}

static char *unquote(char *text)
{
    size_t length = strlen(text);
    if (length >= 2 && strchr("\"'", text[0]) != NULL && text[length - 1] == text[0]) {
        text[length - 1] = '\0';
        return text + 1;
    }
    return text;
}

/* What follows the word and a blank; NULL where the text begins with something else. */
static char *behind_word(char *text, const char *word)
{
    size_t length = strlen(word);
    return strncmp(text, word, length) == 0 && is_blank(text[length]) ? trim(text + length) : NULL;
}

/* ---- lines ---- */

static void name_config_section(char *title, entry *section)
{
    static const struct {
        const char *word;
        cr_section kind;
    } words[] = {
        {"profile", CR_SECTION_PROFILE},
        {"sso-session", CR_SECTION_SSO_SESSION},
        {"services", CR_SECTION_SERVICES},
    };
    *section = (entry){.kind = CR_SECTION_OTHER, .rank = RANK_CONFIG, .section = title};
    if (strcmp(title, "default") == 0) {
        section->kind = CR_SECTION_PROFILE;
        section->rank = RANK_BARE_DEFAULT;
        return;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char *name = behind_word(title, words[i].word);
        if (name != NULL) {
            section->kind = words[i].kind;
            section->section = unquote(name);
            return;
        }
    }
}

static cruddur_status read_section(parser *in, char *line)
{
    char *end = strchr(line, ']');
    if (end == NULL) {
        return fail_line(in, "a section's name ends with ]");
    }
    *end = '\0';
    cut_comment(end + 1);
    if (*trim(end + 1) != '\0') {
        return fail_line(in, "nothing may stand behind a section's name");
    }
    char *title = trim(line + 1);
    if (in->is_credentials) {
        in->section = (entry){.kind = CR_SECTION_PROFILE, .rank = RANK_CREDENTIALS};
        in->section.section = unquote(title);
    } else {
        name_config_section(title, &in->section);
    }
    in->is_in_section = true;
    in->property = SIZE_MAX;
    return add_entry(in, &in->section);
}

/* Takes `name = value` apart; names are told apart without regard to case. */
static cruddur_status read_property(parser *in, char *line, const char *group)
{
    char *value = strchr(line, '=');
    if (value == NULL) {
        return fail_line(in, "a property is written name = value");
    }
    *value++ = '\0';
    char *name = trim(line);
    if (*name == '\0') {
        return fail_line(in, "a property needs a name");
    }
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
    }
    cut_comment(value);
    entry property = in->section;
    property.group = group;
    property.name = name;
    property.value = trim(value);
    return add_entry(in, &property);
}

/* An indented line is a property of the property above it if that has no value of its own, else one
 * more line of the value, which moves up in place. */
static cruddur_status read_indented(parser *in, char *line)
{
    const entry *above = &in->profiles->entries[in->property];
    if (*above->value == '\0') {
        return read_property(in, line, above->name);
    }
    cut_comment(line);
    char *more = trim(line);
    char *end = above->value + strlen(above->value);
    *end = '\n';
    memmove(end + 1, more, strlen(more) + 1);
    return CRUDDUR_OK;
}

static cruddur_status read_line(parser *in, char *line)
{
    cr_str content = cr_str_trim(cr_str_of(line));
    if (content.size == 0 || content.data[0] == '#' || content.data[0] == ';') {
        return CRUDDUR_OK;
    }
    if (line[0] == '[') {
        return read_section(in, line);
    }
    if (!in->is_in_section) {
        return fail_line(in, "a property stands in no section");
    }
    if (in->section.kind == CR_SECTION_OTHER) {
        return CRUDDUR_OK;
    }
    if (!is_blank(line[0])) {
        in->property = in->profiles->count;
        return read_property(in, line, NULL);
    }
    return in->property == SIZE_MAX ? fail_line(in, "an indented line belongs to no property")
                                    : read_indented(in, line);
}

static cruddur_status read_lines(parser *in, loaded_file *file)
{
    const char *byte_order_mark = "\xef\xbb\xbf";
    char *line = file->text;
    cruddur_status status = CRUDDUR_OK;
    if (strncmp(line, byte_order_mark, strlen(byte_order_mark)) == 0) {
        line += strlen(byte_order_mark);
    }
    if (strlen(file->text) != file->size) {
        return cr_fail_with(in->error, CRUDDUR_E_CONFIG, "%.200s: is not a text file", in->path);
    }
    while (status == CRUDDUR_OK && line != NULL) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        in->line_number++;
        status = read_line(in, line);
        line = end == NULL ? NULL : end + 1;
    }
    return status;
}

/* ---- files ---- */

/* The path that a variable names, or the usual one below the home directory; false: there is none.
 * A ~ at the beginning stands for the home directory. */
static bool find_path(const cr_environment *environment, cr_env_name variable, const char *usual,
                      char path[PATH_SIZE])
{
    const char *named = environment->value[variable];
    const char *home = environment->value[CR_ENV_HOME];
    if (named == NULL) {
        named = usual;
    }
    bool is_in_home = strncmp(named, "~/", 2) == 0;
    if (is_in_home && home == NULL) {
        return false;
    }
    int length = is_in_home ? snprintf(path, PATH_SIZE, "%s/%s", home, named + 2)
                            : snprintf(path, PATH_SIZE, "%s", named);
    return length >= 0 && length < PATH_SIZE;
}

/* Takes the text of a file apart, which lies in place already. */
static cruddur_status parse_file(cr_profiles *profiles, const char *path, bool is_credentials,
                                 cruddur_error **error)
{
    parser in = {.profiles = profiles,
                 .path = path,
                 .is_credentials = is_credentials,
                 .property = SIZE_MAX,
                 .error = error};
    return read_lines(&in, &profiles->files[is_credentials ? 1 : 0]);
}

static cruddur_status load_file(cr_profiles *profiles, const char *path, bool is_credentials,
                                cruddur_error **error)
{
    loaded_file *file = &profiles->files[is_credentials ? 1 : 0];
    bool is_missing = false;
    cruddur_status status = cr_secret_read_file(path, CR_PROFILE_FILE_MAX, &file->text, &file->size,
                                                &is_missing, error);
    if (is_missing) {
        cr_error_discard(error);
        return CRUDDUR_OK;
    }
    return status == CRUDDUR_OK ? parse_file(profiles, path, is_credentials, error) : status;
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
    char path[PATH_SIZE];
    cr_profiles *profiles = calloc(1, sizeof(*profiles));
    if (profiles == NULL) {
        return cr_fail_memory(error);
    }
    cruddur_status status = CRUDDUR_OK;
    if (find_path(environment, CR_ENV_CONFIG_FILE, "~/.aws/config", path)) {
        status = load_file(profiles, path, false, error);
    }
    if (status == CRUDDUR_OK &&
        find_path(environment, CR_ENV_CREDENTIALS_FILE, "~/.aws/credentials", path)) {
        status = load_file(profiles, path, true, error);
    }
    return finish(profiles, status, ret_profiles);
}

static cruddur_status copy_and_parse(cr_profiles *profiles, cr_str text, bool is_credentials,
                                     cruddur_error **error)
{
    loaded_file *file = &profiles->files[is_credentials ? 1 : 0];
    if (text.data == NULL) {
        return CRUDDUR_OK;
    }
    *file = (loaded_file){cr_secret_copy(text), text.size};
    return file->text == NULL
               ? cr_fail_memory(error)
               : parse_file(profiles, is_credentials ? "the credentials file" : "the config file",
                            is_credentials, error);
}

cruddur_status cr_profiles_parse(cr_str config, cr_str credentials, cr_profiles **ret_profiles,
                                 cruddur_error **error)
{
    cr_profiles *profiles = calloc(1, sizeof(*profiles));
    if (profiles == NULL) {
        return cr_fail_memory(error);
    }
    cruddur_status status = copy_and_parse(profiles, config, false, error);
    if (status == CRUDDUR_OK) {
        status = copy_and_parse(profiles, credentials, true, error);
    }
    return finish(profiles, status, ret_profiles);
}

void cr_profiles_free(cr_profiles *profiles)
{
    if (profiles == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof(profiles->files) / sizeof(profiles->files[0]); i++) {
        if (profiles->files[i].text != NULL) {
            OPENSSL_cleanse(profiles->files[i].text, profiles->files[i].size);
            free(profiles->files[i].text);
        }
    }
    free(profiles->entries);
    free(profiles);
}

/* ---- questions ---- */

static bool is_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The entry that counts: of the highest rank, and of these the latest. */
static const entry *find_entry(const cr_profiles *profiles, const entry *wanted, rank from)
{
    const entry *found = NULL;
    for (size_t i = 0; i < profiles->count; i++) {
        const entry *candidate = &profiles->entries[i];
        if (candidate->kind == wanted->kind && candidate->rank >= from &&
            is_same(candidate->section, wanted->section) &&
            is_same(candidate->group, wanted->group) && is_same(candidate->name, wanted->name) &&
            (found == NULL || candidate->rank >= found->rank)) {
            found = candidate;
        }
    }
    return found;
}

/* [default] does not count beside a [profile default]. */
static rank lowest_rank(const cr_profiles *profiles, cr_section kind, const char *section)
{
    for (size_t i = 0; i < profiles->count; i++) {
        const entry *candidate = &profiles->entries[i];
        if (candidate->kind == kind && candidate->rank == RANK_CONFIG &&
            is_same(candidate->section, section)) {
            return RANK_CONFIG;
        }
    }
    return RANK_BARE_DEFAULT;
}

bool cr_profiles_have(const cr_profiles *profiles, cr_section kind, const char *section)
{
    entry wanted = {.kind = kind, .section = section};
    return find_entry(profiles, &wanted, RANK_BARE_DEFAULT) != NULL;
}

const char *cr_profiles_get(const cr_profiles *profiles, cr_section kind, const char *section,
                            const char *group, const char *name)
{
    entry wanted = {.kind = kind, .section = section, .group = group, .name = name};
    const entry *found = find_entry(profiles, &wanted, lowest_rank(profiles, kind, section));
    return found == NULL || *found->value == '\0' ? NULL : found->value;
}
