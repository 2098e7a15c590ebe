/* SPDX-License-Identifier: MIT */
/* The files of the page: templates in a subset of Mustache (docs/web-service.md), as Debian has no
 * such library for C, and what they link. A value gets into a page escaped, or not at all. */
#include "web.h"

static GHashTable *templates; /* by name: pages/name.html */
static unsigned mistakes;     /* in templates */

static struct file {
    const char *name, *type;
    char *url, *data; /* /static/page.css?v=0123456789abcdef, with a hash of the content */
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

static const char *walk(GString *out, const char *at, const char *section,
                        const struct scope *scope);

/* Writes a section that begins at `at`. Returns what follows. */
static const char *walk_section(GString *out, const char *at, const char *name, bool is_inverted,
                                const struct scope *scope)
{
    const json_t *value = look_up(scope, name), *item;
    const char *after = NULL;
    size_t i, size = out->len;
    if (is_something(value) != is_inverted) {
        after = walk(out, at, name, is_inverted ? scope : &(struct scope){value, scope});
    }
    json_array_foreach(is_inverted ? NULL : value, i, item) {
        after = walk(out, at, name, &(struct scope){item, scope});
    }
    if (after == NULL) { /* it is only read */
        after = walk(out, at, name, NULL);
        (void)g_string_truncate(out, size);
    }
    return after;
}

/* Writes a template from `at` to the end of the section, or to its own. Returns what follows. */
static const char *walk(GString *out, const char *at, const char *section,
                        const struct scope *scope)
{
    const char *begin, *end;
    while ((begin = strstr(at, "{{")) != NULL && (end = strstr(begin, "}}")) != NULL) {
        g_autofree char *tag = g_strndup(begin + 2, (size_t)(end - begin - 2));
        const char *name = tag + strcspn(tag, G_CSET_a_2_z);
        g_string_append_len(out, at, begin - at);
        at = end + 2;
        if (tag[0] == '/') {
            mistakes += g_strcmp0(name, section) != 0;
            return at;
        }
        if (tag[0] == '#' || tag[0] == '^') {
            at = walk_section(out, at, name, tag[0] == '^', scope);
        } else if (tag[0] == '>') {
            const char *other = g_hash_table_lookup(templates, name);
            mistakes += other == NULL;
            (void)walk(out, other != NULL ? other : "", NULL, scope);
        } else if (tag[0] != '!') {
            mistakes += name != tag;
            write_value(out, look_up(scope, name));
        }
    }
    mistakes += section != NULL || begin != NULL;
    g_string_append(out, at);
    return "";
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

static void check_template(void *name, void *text, G_GNUC_UNUSED void *data)
{
    g_autoptr(GString) out = g_string_new(NULL);
    unsigned before = mistakes;
    (void)walk(out, text, NULL, NULL);
    if (mistakes > before) {
        log_message(LOG_ERROR, "start", "template %s: a tag is wrong", (const char *)name);
    }
}

bool files_start(void)
{
    bool is_good = read_templates();
    g_hash_table_foreach(templates, check_template, NULL);
    is_good = is_good && mistakes == 0;
    for (struct file *file = files; file->name != NULL && is_good; file++) {
        g_autofree char *path = g_build_filename(config.static_folder, file->name, NULL);
        is_good = g_file_get_contents(path, &file->data, &file->size, NULL);
        g_autofree char *hash =
            g_compute_checksum_for_string(G_CHECKSUM_SHA256, is_good ? file->data : "", -1);
        file->url = g_strdup_printf("/static/%s?v=%.16s", file->name, hash);
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

/* Pages name a version, so browsers need not ask again. */
void static_get(request *self)
{
    const struct file *file = find_file(self->part);
    const char *version = request_query(self, "v");
    if (file == NULL) {
        request_fail(self, 404, "not_found");
        return;
    }
    bool is_current = version != NULL && strcmp(strchr(file->url, '=') + 1, version) == 0;
    request_add_header(self, "Cache-Control",
                       is_current ? "public, max-age=31536000, immutable" : "public, no-cache");
    request_answer_with(
        self, 200, file->type,
        MHD_create_response_from_buffer(file->size, file->data, MHD_RESPMEM_PERSISTENT));
}
