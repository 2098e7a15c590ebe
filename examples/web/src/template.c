/* SPDX-License-Identifier: MIT */
/* The files of the page: HTML with a subset of Mustache, as Debian has no such library for C, and
 * what it links.
 *
 *     {{name}}               a text or a number, escaped for content and for quoted attributes
 *     {{#name}}…{{/name}}    once for each item of a list; once if the value is something else but
 *                            not empty, 0, false or missing. In it, names are those of the item
 *                            first, then those around it
 *     {{^name}}…{{/name}}    if the value is empty, 0, false or missing
 *     {{>name}}              another template
 *     {{! words }}           nothing
 *
 * There is no way to put a value into a page without escaping it. */
#include "web.h"

static GHashTable *templates; /* by name: pages/name.html */

/* `url` is /static/page.css?v=0123456789abcdef, with a hash of the content. */
static struct file {
    const char *name, *type;
    char *url, *version, *data;
    size_t size;
} files[] = {
    {.name = "page.css", .type = "text/css; charset=utf-8"},
    {.name = "page.js", .type = "text/javascript; charset=utf-8"},
    {.name = "icons.svg", .type = "image/svg+xml"},
    {.name = NULL},
};

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
    if (json_is_integer(value)) {
        g_string_append_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_string(value)) {
        g_autofree char *escaped = g_markup_escape_text(json_string_value(value), -1);
        g_string_append(out, escaped);
    }
}

/* Writes a template from `at` to the end of a section, or to its own. Returns what follows; NULL if
 * there is a mistake, which is so with any scope. */
static const char *walk(GString *out, const char *at, const char *section,
                        const struct scope *scope);

/* A section that begins at `at`. */
static const char *walk_section(GString *out, const char *at, const char *name, bool is_inverted,
                                const struct scope *scope)
{
    const json_t *value = look_up(scope, name), *item;
    const char *after = NULL;
    size_t i, size = out->len;
    if (is_something(value) != is_inverted) {
        after = walk(out, at, name, is_inverted ? scope : &(struct scope){value, scope});
    }
    json_array_foreach(is_inverted ? NULL : value, i, item)
    {
        after = walk(out, at, name, &(struct scope){item, scope});
    }
    if (after == NULL) { /* it is only read */
        after = walk(out, at, name, NULL);
        (void)g_string_truncate(out, size);
    }
    return after;
}

/* A tag, without its braces, before `at`. */
static const char *walk_tag(GString *out, const char *at, const char *tag,
                            const struct scope *scope)
{
    const char *name = tag + (strspn(tag, "#^>") > 0);
    const char *other = g_hash_table_lookup(templates, name);
    if (tag[0] == '!') {
        return at;
    }
    if (name[0] == '\0' || name[strspn(name, G_CSET_a_2_z G_CSET_DIGITS "_")] != '\0') {
        return NULL;
    }
    if (tag[0] == '#' || tag[0] == '^') {
        return walk_section(out, at, name, tag[0] == '^', scope);
    }
    if (tag[0] == '>') {
        return other != NULL && walk(out, other, NULL, scope) != NULL ? at : NULL;
    }
    write_value(out, look_up(scope, name));
    return at;
}

static const char *walk(GString *out, const char *at, const char *section,
                        const struct scope *scope)
{
    const char *begin, *end;
    while ((begin = strstr(at, "{{")) != NULL && (end = strstr(begin, "}}")) != NULL) {
        g_autofree char *tag = g_strndup(begin + 2, (size_t)(end - begin - 2));
        g_string_append_len(out, at, begin - at);
        if (tag[0] == '/') {
            return g_strcmp0(tag + 1, section) == 0 ? end + 2 : NULL;
        }
        at = walk_tag(out, end + 2, tag, scope);
        if (at == NULL) {
            return NULL;
        }
    }
    g_string_append(out, at);
    return section == NULL && begin == NULL ? "" : NULL;
}

char *template_render(const char *name, const json_t *model)
{
    GString *out = g_string_new(NULL);
    (void)walk(out, g_hash_table_lookup(templates, name), NULL, &(struct scope){model, NULL});
    return g_string_free(out, FALSE);
}

static bool read_templates(void)
{
    g_autofree char *path = g_build_filename(config.static_folder, "pages", NULL);
    g_autoptr(GDir) pages = g_dir_open(path, 0, NULL);
    const char *name;
    templates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    while (pages != NULL && (name = g_dir_read_name(pages)) != NULL) {
        g_autofree char *whole = g_build_filename(path, name, NULL);
        char *text = NULL;
        if (g_str_has_suffix(name, ".html") && g_file_get_contents(whole, &text, NULL, NULL)) {
            (void)g_hash_table_insert(templates, g_strndup(name, strlen(name) - 5),
                                      g_strchomp(text));
        }
    }
    return g_hash_table_contains(templates, "messages");
}

static gboolean is_wrong(void *name, void *text, G_GNUC_UNUSED void *data)
{
    g_autoptr(GString) out = g_string_new(NULL);
    bool is_good = walk(out, text, NULL, NULL) != NULL;
    if (!is_good) {
        log_message(LOG_ERROR, "start", "template %s: a tag is wrong", (const char *)name);
    }
    return !is_good;
}

bool files_start(void)
{
    bool is_good = read_templates() && g_hash_table_find(templates, is_wrong, NULL) == NULL;
    for (struct file *file = files; file->name != NULL && is_good; file++) {
        g_autofree char *path = g_build_filename(config.static_folder, file->name, NULL);
        is_good = g_file_get_contents(path, &file->data, &file->size, NULL);
        file->version = g_compute_checksum_for_string(G_CHECKSUM_SHA256, file->data,
                                                      is_good ? (ssize_t)file->size : 0);
        file->url = g_strdup_printf("/static/%s?v=%s", file->name, file->version);
    }
    if (!is_good) {
        log_message(LOG_ERROR, "start", "--static %s: its files cannot be used",
                    config.static_folder);
    }
    return is_good;
}

/* NULL if there is none. */
static const struct file *find_file(const char *name)
{
    const struct file *file = files;
    while (file->name != NULL && strcmp(file->name, name) != 0) {
        file++;
    }
    return file->name != NULL ? file : NULL;
}

const char *static_url(const char *name)
{
    return find_file(name)->url;
}

void static_get(request *self)
{
    const char *cached = request_header(self, "If-None-Match");
    const struct file *file = find_file(self->part);
    if (file == NULL) {
        request_fail(self, MHD_HTTP_NOT_FOUND, "not_found");
        return;
    }
    g_autofree char *tag = g_strdup_printf("\"%s\"", file->version);
    bool is_current = g_strcmp0(request_query(self, "v"), file->version) == 0;
    request_add_header(self, "ETag", tag);
    request_add_header(self, "Cache-Control",
                       is_current ? "public, max-age=31536000, immutable" : "public, no-cache");
    if (cached != NULL && strstr(cached, tag) != NULL) {
        request_answer(self, MHD_HTTP_NOT_MODIFIED, NULL, NULL);
    } else { /* not copied: it lives as long as the service */
        request_answer_with(
            self, MHD_HTTP_OK, file->type,
            MHD_create_response_from_buffer(file->size, file->data, MHD_RESPMEM_PERSISTENT));
    }
}
