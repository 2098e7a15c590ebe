/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "server.h"

/* Where names are looked up: the item first, then what is around it. */
struct scope {
    const json_t *value;
    const struct scope *outer;
};

static const json_t *look_up(const struct scope *scope, const char *name)
{
    const json_t *value = NULL;
    for (; scope != NULL && value == NULL; scope = scope->outer) {
        value = json_object_get(scope->value, name);
    }
    return value;
}

/* Not of a list. */
static bool is_something(const json_t *value)
{
    return json_is_true(value) || json_is_object(value) || json_integer_value(value) != 0 ||
           json_string_length(value) > 0;
}

static void write_value(GString *out, const json_t *value)
{
    const char *text = json_string_value(value);
    if (json_is_integer(value)) {
        g_string_append_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    }
    while (text != NULL && *text != '\0') {
        size_t plain = strcspn(text, "&<>\"'");
        g_string_append_len(out, text, (ssize_t)plain);
        text += plain;
        if (*text != '\0') {
            g_string_append_printf(out, "&#%d;", *text++);
        }
    }
}

/* Writes a template from `at` to the end of a section, or to its own. Returns what follows; NULL if
 * there is a mistake, which is so with any scope. */
static const char *walk(GString *out, GHashTable *all, const char *at, const char *section,
                        const struct scope *scope);

/* A section that begins at `at`. */
static const char *walk_section(GString *out, GHashTable *all, const char *at, const char *name,
                                bool is_inverted, const struct scope *scope)
{
    const json_t *value = look_up(scope, name), *item;
    const char *after = NULL;
    size_t i, size = out->len;
    if (is_something(value) != is_inverted) {
        after = walk(out, all, at, name, is_inverted ? scope : &(struct scope){value, scope});
    }
    json_array_foreach(is_inverted ? NULL : value, i, item)
    {
        after = walk(out, all, at, name, &(struct scope){item, scope});
    }
    if (after == NULL) { /* it is only read */
        after = walk(out, all, at, name, NULL);
        (void)g_string_truncate(out, size);
    }
    return after;
}

/* A tag, without its braces, before `at`. */
static const char *walk_tag(GString *out, GHashTable *all, const char *at, const char *tag,
                            const struct scope *scope)
{
    const char *name = tag + (strspn(tag, "#^>") > 0);
    const char *other = g_hash_table_lookup(all, name);
    if (tag[0] == '!') {
        return at;
    }
    if (name[0] == '\0' || name[strspn(name, G_CSET_a_2_z G_CSET_DIGITS "_")] != '\0') {
        return NULL;
    }
    if (tag[0] == '#' || tag[0] == '^') {
        return walk_section(out, all, at, name, tag[0] == '^', scope);
    }
    if (tag[0] == '>') {
        return other != NULL && walk(out, all, other, NULL, scope) != NULL ? at : NULL;
    }
    write_value(out, look_up(scope, name));
    return at;
}

static const char *walk(GString *out, GHashTable *all, const char *at, const char *section,
                        const struct scope *scope)
{
    const char *begin, *end;
    while ((begin = strstr(at, "{{")) != NULL && (end = strstr(begin, "}}")) != NULL) {
        g_autofree char *tag = g_strndup(begin + 2, (size_t)(end - begin - 2));
        g_string_append_len(out, at, begin - at);
        if (tag[0] == '/') {
            return g_strcmp0(tag + 1, section) == 0 ? end + 2 : NULL;
        }
        at = walk_tag(out, all, end + 2, tag, scope);
        if (at == NULL) {
            return NULL;
        }
    }
    g_string_append(out, at);
    return section == NULL && begin == NULL ? "" : NULL;
}

GHashTable *templates_read(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "pages", NULL);
    g_autoptr(GDir) pages = g_dir_open(path, 0, NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GHashTableIter templates;
    void *name, *text;
    const char *file;
    while (pages != NULL && (file = g_dir_read_name(pages)) != NULL) {
        g_autofree char *whole = g_build_filename(path, file, NULL);
        char *source = NULL;
        if (g_str_has_suffix(file, ".html") && g_file_get_contents(whole, &source, NULL, NULL)) {
            (void)g_hash_table_insert(all, g_strndup(file, strlen(file) - 5), g_strchomp(source));
        }
    }
    bool is_good = g_hash_table_contains(all, "messages");
    g_hash_table_iter_init(&templates, all);
    while (g_hash_table_iter_next(&templates, &name, &text)) {
        if (walk(out, all, text, NULL, NULL) == NULL) {
            is_good = false;
            log_message(LOG_ERROR, "start", "template %s: a tag is wrong", (const char *)name);
        }
    }
    if (!is_good) {
        log_message(LOG_ERROR, "start", "--static %s: the templates cannot be used", folder);
    }
    return is_good ? all : NULL;
}

char *templates_render(GHashTable *templates, const char *name, const json_t *model)
{
    GString *out = g_string_new(NULL);
    (void)walk(out, templates, g_hash_table_lookup(templates, name), NULL,
               &(struct scope){model, NULL});
    return g_string_free(out, FALSE);
}
