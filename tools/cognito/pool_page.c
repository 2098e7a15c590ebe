/* SPDX-License-Identifier: MIT */
#include "pool_page.h"

#include "base/json.h"
#include "base/utf8.h"

void pool_user_free(struct pool_user *user)
{
    free(user->name);
    free(user->sub);
    free(user->handle);
}

void pool_users_free(struct pool_users *users)
{
    for (size_t i = 0; i < users->count; i++) {
        pool_user_free(&users->users[i]);
    }
    free(users->users);
    *users = (struct pool_users){0};
}

/* Forgets what an earlier attempt at this page has read. */
static void begin_page(struct pool_page *now)
{
    while (now->users->count > now->before) {
        pool_user_free(&now->users->users[--now->users->count]);
    }
    free(now->token);
    now->token = NULL;
}

/* UTF-8 without NUL. */
static bool is_text(cr_str text)
{
    uint32_t character;
    for (size_t i = 0; i < text.size;) {
        size_t length = cr_utf8_decode(text.data + i, text.size - i, &character);
        if (length == 0 || character == 0) {
            return false;
        }
        i += length;
    }
    return text.data != NULL;
}

/* Reads a string that is kept. */
static void read_text(cr_json *in, char **kept)
{
    cr_str text = cr_json_string(in);
    if (in->failed || !is_text(text)) {
        in->failed = true;
    } else if (!cr_str_keep(kept, text)) {
        in->no_memory = true;
    }
}

static void read_attribute(cr_json *in, struct pool_user *user)
{
    cr_str member;
    cr_str name = CR_STR_ABSENT, value = CR_STR_ABSENT;
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &member);) {
        bool is_name = cr_str_equal(member, cr_str_of("Name"));
        if (is_name || cr_str_equal(member, cr_str_of("Value"))) {
            *(is_name ? &name : &value) = cr_json_string(in);
        } else {
            (void)cr_json_skip(in);
        }
    }
    bool is_sub = cr_str_equal(name, cr_str_of("sub"));
    bool is_handle = cr_str_equal(name, cr_str_of("preferred_username"));
    if (in->failed || (!is_sub && !is_handle) || (is_handle && value.size == 0)) {
        return;
    }
    if (!is_text(value)) {
        in->failed = true;
    } else if (!cr_str_keep(is_sub ? &user->sub : &user->handle, value)) {
        in->no_memory = true;
    }
}

static void read_user(cr_json *in, struct pool_user *user)
{
    cr_str member;
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &member);) {
        if (cr_str_equal(member, cr_str_of("Username"))) {
            read_text(in, &user->name);
        } else if (cr_str_equal(member, cr_str_of("Attributes"))) {
            cr_json_enter(in, '[');
            for (bool is_first = true; cr_json_next_element(in, &is_first);) {
                read_attribute(in, user);
            }
        } else {
            (void)cr_json_skip(in);
        }
    }
    if (user->name == NULL || user->sub == NULL || *user->sub == '\0') {
        in->failed = true; /* each user of a pool has both */
    }
}

/* Returns room for one user more; NULL when memory ran out. */
static struct pool_user *add_user(struct pool_users *users)
{
    if (users->count == users->capacity) {
        size_t capacity = users->capacity == 0 ? 64 : 2 * users->capacity;
        struct pool_user *grown = realloc(users->users, capacity * sizeof(*grown));
        if (grown == NULL) {
            return NULL;
        }
        users->users = grown;
        users->capacity = capacity;
    }
    users->users[users->count] = (struct pool_user){0};
    return &users->users[users->count++];
}

static void read_users(cr_json *in, struct pool_users *users)
{
    cr_json_enter(in, '[');
    for (bool first = true; !in->no_memory && cr_json_next_element(in, &first);) {
        struct pool_user *user = add_user(users);
        if (user == NULL) {
            in->no_memory = true;
        } else {
            read_user(in, user);
        }
    }
}

cruddur_status pool_page_read(void *data, cr_str body)
{
    struct pool_page *now = data;
    cr_json in;
    cr_str member;
    cr_arena arena = CR_ARENA_INIT;
    bool has_users = false;
    begin_page(now);
    cr_json_init(&in, body, &arena);
    cr_json_enter(&in, '{');
    for (bool first = true; !in.no_memory && cr_json_next_member(&in, &first, &member);) {
        if (cr_str_equal(member, cr_str_of("Users"))) {
            has_users = true;
            read_users(&in, now->users);
        } else if (cr_str_equal(member, cr_str_of("PaginationToken"))) {
            read_text(&in, &now->token);
        } else {
            (void)cr_json_skip(&in);
        }
    }
    bool is_good = has_users && cr_json_is_done(&in);
    cr_arena_free(&arena);
    if (in.no_memory) {
        return CRUDDUR_E_NO_MEMORY;
    }
    return is_good ? CRUDDUR_OK : CRUDDUR_E_PROTOCOL;
}
