/* SPDX-License-Identifier: MIT */
#include "rename_rows.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "person_walk.h"

/* The names of a user, in one allocation. */
struct named {
    const char *display_name;
    const char *handle;
    char uuid[CRUDDUR_UUID_SIZE];
    bool is_refused; /* which was reported */
    char text[];
};

/* All users, by uuid: one list costs less than a look-up for each row. */
struct names {
    struct named **users;
    size_t count;
    size_t room;
    bool is_short; /* of memory */
    bool has_refused;
};

static bool make_room(struct names *names)
{
    if (names->count < names->room) {
        return true;
    }
    size_t room = names->room == 0 ? 64 : names->room * 2;
    struct named **users = realloc(names->users, room * sizeof(struct named *));
    if (users == NULL) {
        return false;
    }
    names->users = users;
    names->room = room;
    return true;
}

static struct named *make_user(const struct users_entry *entry)
{
    const char *display_name = entry->fields[USERS_DISPLAY_NAME];
    const char *handle = entry->fields[USERS_HANDLE];
    size_t name_size = strlen(display_name) + 1;
    size_t handle_size = strlen(handle) + 1;
    struct named *user = malloc(sizeof(*user) + name_size + handle_size);
    if (user == NULL) {
        return NULL;
    }
    memcpy(user->uuid, entry->fields[USERS_UUID], CRUDDUR_UUID_SIZE);
    memcpy(user->text, display_name, name_size);
    memcpy(user->text + name_size, handle, handle_size);
    user->display_name = user->text;
    user->handle = user->text + name_size;
    user->is_refused = false;
    return user;
}

static bool keep_user(void *data, const struct users_entry *entry)
{
    struct names *names = data;
    if (!cruddur_uuid_is_valid(entry->fields[USERS_UUID])) {
        return true; /* no row can name this user */
    }
    struct named *user = make_room(names) ? make_user(entry) : NULL;
    names->is_short = user == NULL;
    if (user != NULL) {
        names->users[names->count++] = user;
    }
    return user != NULL;
}

static int by_uuid(const void *a, const void *b)
{
    const struct named *const *first = a;
    const struct named *const *second = b;
    return strcmp((*first)->uuid, (*second)->uuid);
}

static enum exit_code read_names(struct context *context, struct names *names)
{
    enum exit_code code = context_directory(context, DIRECTORY_TIMEOUT_MS);
    if (code == CODE_OK) {
        code = directory_list(context->directory, keep_user, names);
    }
    if (code == CODE_OK && names->is_short) {
        code = report(CODE_FAILED, "out of memory");
    }
    if (code == CODE_OK && names->count > 0) {
        qsort(names->users, names->count, sizeof(struct named *), by_uuid);
    }
    return code;
}

static int find_uuid(const void *uuid, const void *user)
{
    const struct named *const *named = user;
    return strcmp(uuid, (*named)->uuid);
}

/* A name that the directory does not have stays as it is. */
static const char *name_or_null(const char *name)
{
    return name[0] != '\0' ? name : NULL;
}

/* A database may have names that no row can have. */
static bool has_good_names(struct names *names, struct named *user)
{
    struct problem problem = {0, 0, ""};
    bool is_good = !user->is_refused &&
                   users_check_name(user->display_name, USERS_DISPLAY_NAME, 0, &problem) &&
                   users_check_name(user->handle, USERS_HANDLE, 0, &problem);
    if (!is_good && !user->is_refused) {
        report_remark("the user %s keeps the names in the store: %s", user->uuid, problem.text);
        user->is_refused = names->has_refused = true;
    }
    return is_good;
}

static bool look_up(void *data, const char *user_uuid, cruddur_user *user)
{
    struct names *names = data;
    struct named **found = names->count == 0 ? NULL
                                             : bsearch(user_uuid, names->users, names->count,
                                                       sizeof(struct named *), find_uuid);
    if (found == NULL || !has_good_names(names, *found)) {
        return false;
    }
    user->display_name = name_or_null((*found)->display_name);
    user->handle = name_or_null((*found)->handle);
    return true;
}

static const struct person_count counts[] = {
    {"rows", " rows looked at", offsetof(cruddur_person_event, rows)},
    {"messages", " messages changed", offsetof(cruddur_person_event, messages)},
    {"inbox_rows", " inbox rows changed", offsetof(cruddur_person_event, inbox_rows)},
};

static enum exit_code change_rows(struct context *context, struct names *names)
{
    struct person_walk walk = {
        .context = context, .shown = counts, .n_shown = sizeof(counts) / sizeof(counts[0])};
    cruddur_error *error = NULL;
    enum exit_code code = context_open(context, CRUDDUR_OPEN_EXISTING);
    if (code != CODE_OK) {
        return code;
    }
    uint32_t flags = context->options.messages ? CRUDDUR_PERSON_MESSAGES : 0;
    cruddur_person_options options = person_walk_options(&walk, flags);
    cruddur_status status = cruddur_person_rename(context->dm, look_up, names, &options, &error);
    return person_walk_end(&walk, status, error);
}

enum exit_code rename_rows(struct context *context)
{
    struct names names = {NULL, 0, 0, false, false};
    enum exit_code code = read_names(context, &names);
    if (code == CODE_OK) {
        code = change_rows(context, &names);
    }
    if (code == CODE_OK && names.has_refused) {
        code = CODE_FAILED;
    }
    for (size_t i = 0; i < names.count; i++) {
        free(names.users[i]);
    }
    free(names.users);
    return code;
}
