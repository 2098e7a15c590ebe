/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "server.h"

#define NAME_CHARACTERS G_CSET_a_2_z G_CSET_DIGITS "_"

/* Where names are looked up: the item first, then what is around it. */
struct scope {
    const json_t *value;
    const struct scope *outer;
};

/* What is written; without a text, templates are only read. */
struct output {
    GHashTable *templates;
    GString *text;
};

static const json_t *look_up(const struct scope *scope, const char *name)
{
    const json_t *value = NULL;
    for (; scope != NULL && value == NULL; scope = scope->outer) {
        value = json_object_get(scope->value, name);
    }
    return value;
}

static bool is_something(const json_t *value)
{
    switch (value != NULL ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        return json_string_length(value) > 0;
    case JSON_INTEGER:
        return json_integer_value(value) != 0;
    case JSON_OBJECT:
    case JSON_TRUE:
        return true;
    default:
        return false;
    }
}

static void write_text(const struct output *out, const char *text, size_t size)
{
    if (out->text != NULL) {
        g_string_append_len(out->text, text, (ssize_t)size);
    }
}

static void write_value(const struct output *out, const json_t *value)
{
    const char *text = json_string_value(value);
    if (json_is_integer(value)) {
        g_string_append_printf(out->text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    }
    while (text != NULL && *text != '\0') {
        size_t plain = strcspn(text, "&<>\"'");
        write_text(out, text, plain);
        text += plain;
        if (*text != '\0') {
            g_string_append_printf(out->text, "&#%d;", *text++);
        }
    }
}

static const char *walk(const struct output *out, const char *at, const char *section,
                        const struct scope *scope);

/* A section that begins at `at`. Returns what follows its end. */
static const char *walk_section(const struct output *out, const char *at, const char *name,
                                bool is_inverted, const struct scope *scope)
{
    const struct output nothing = {out->templates, NULL};
    const json_t *value = look_up(scope, name), *item;
    const char *after = NULL;
    size_t i;
    if (is_something(value) != is_inverted) {
        after = walk(out, at, name, is_inverted ? scope : &(struct scope){value, scope});
    }
    json_array_foreach(is_inverted ? NULL : value, i, item)
    {
        after = walk(out, at, name, &(struct scope){item, scope});
    }
    return after != NULL ? after : walk(&nothing, at, name, NULL);
}

/* A tag, without its braces, before `at`. Returns what follows; NULL if there is a mistake. */
static const char *walk_tag(const struct output *out, const char *at, const char *tag,
                            const struct scope *scope)
{
    const char *name = tag + (strspn(tag, "#^>") > 0);
    const char *other = g_hash_table_lookup(out->templates, name);
    if (tag[0] == '!') {
        return at;
    }
    if (name[0] == '\0' || name[strspn(name, NAME_CHARACTERS)] != '\0') {
        return NULL;
    }
    if (tag[0] == '#' || tag[0] == '^') {
        return walk_section(out, at, name, tag[0] == '^', scope);
    }
    if (tag[0] == '>') {
        bool is_good =
            other != NULL && (out->text == NULL || walk(out, other, NULL, scope) != NULL);
        return is_good ? at : NULL;
    }
    write_value(out, look_up(scope, name));
    return at;
}

/* Writes a template from `at` to the end of a section, or to its own. Returns what follows; NULL if
 * there is a mistake. */
static const char *walk(const struct output *out, const char *at, const char *section,
                        const struct scope *scope)
{
    const char *begin, *end;
    while ((begin = strstr(at, "{{")) != NULL && (end = strstr(begin, "}}")) != NULL) {
        g_autofree char *tag = g_strndup(begin + 2, (size_t)(end - begin - 2));
        write_text(out, at, (size_t)(begin - at));
        if (tag[0] == '/') {
            return g_strcmp0(tag + 1, section) == 0 ? end + 2 : NULL;
        }
        at = walk_tag(out, end + 2, tag, scope);
        if (at == NULL) {
            return NULL;
        }
    }
    write_text(out, at, strlen(at));
    return section == NULL && begin == NULL ? "" : NULL;
}

static void read_template(GHashTable *templates, const char *folder, const char *file)
{
    size_t size = 0;
    char *source = g_str_has_suffix(file, ".html") ? static_read_file(folder, file, &size) : NULL;
    if (size > 0) {
        source[size - 1] = '\0'; /* the last line feed */
        (void)g_hash_table_insert(templates, g_strndup(file, strlen(file) - 5), source);
    }
}

GHashTable *templates_read(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "pages", NULL);
    g_autoptr(GDir) pages = g_dir_open(path, 0, NULL);
    GHashTable *templates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const struct output nothing = {templates, NULL};
    const char *file;
    void *name, *source;
    GHashTableIter all;
    while (pages != NULL && (file = g_dir_read_name(pages)) != NULL) {
        read_template(templates, path, file);
    }
    bool is_good = g_hash_table_contains(templates, "messages");
    g_hash_table_iter_init(&all, templates);
    while (g_hash_table_iter_next(&all, &name, &source)) {
        if (walk(&nothing, source, NULL, NULL) == NULL) {
            is_good = false;
            log_message(LOG_ERROR, "start", "template %s: a tag is wrong", (const char *)name);
        }
    }
    if (!is_good) {
        log_message(LOG_ERROR, "start", "--static %s: the templates cannot be used", folder);
    }
    return is_good ? templates : NULL;
}

char *templates_render(GHashTable *templates, const char *name, const json_t *model)
{
    const struct output out = {templates, g_string_new(NULL)};
    (void)walk(&out, g_hash_table_lookup(templates, name), NULL, &(struct scope){model, NULL});
    return g_string_free(out.text, FALSE);
}
