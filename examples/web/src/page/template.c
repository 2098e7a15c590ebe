/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

#define DEPTH_MAX 16
#define NOT_FOUND SIZE_MAX

enum kind { TEXT, VALUE, SECTION, INVERTED, PARTIAL };

struct node {
    enum kind kind;
    const char *text; /* or the name */
    size_t end;       /* of a section: the node after it; of a partial: the template's index */
};

/* Where names are looked up: the item first, then what is around it. */
struct scope {
    const json_t *value;
    const struct scope *outer;
};

/* ---- compiling ---- */

static size_t find(const struct templates *self, const char *name)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->all[i].name, name) == 0) {
            return i;
        }
    }
    return NOT_FOUND;
}

static void add(struct template *self, enum kind kind, const char *text, size_t end)
{
    self->nodes[self->count++] = (struct node){kind, text, end};
}

/* A tag, without its braces; `open` has the sections around it. NULL, or what is wrong. */
static const char *add_tag(struct templates *all, struct template *self, char *tag,
                           size_t open[DEPTH_MAX], size_t *depth)
{
    const char *name = tag + (strchr("#^>/!", tag[0]) != NULL);
    const char *begun;
    size_t found = NOT_FOUND;
    if (tag[0] != '!' &&
        (name[0] == '\0' || name[strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789")] != '\0')) {
        return "a name has other characters";
    }
    switch (tag[0]) {
    case '#':
    case '^':
        if (*depth == DEPTH_MAX) {
            return "sections are too deep";
        }
        open[(*depth)++] = self->count;
        add(self, tag[0] == '#' ? SECTION : INVERTED, name, 0);
        return NULL;
    case '/':
        begun = *depth > 0 ? self->nodes[open[*depth - 1]].text : NULL;
        if (begun == NULL || strcmp(begun, name) != 0) {
            return "a section ends that has not begun";
        }
        self->nodes[open[--*depth]].end = self->count;
        return NULL;
    case '>':
        found = find(all, name);
        add(self, PARTIAL, name, found);
        return found == NOT_FOUND ? "a template is missing" : NULL;
    case '!':
        return NULL;
    default:
        add(self, VALUE, name, 0);
        return NULL;
    }
}

static bool compile(struct templates *all, struct template *self)
{
    size_t open[DEPTH_MAX], depth = 0, most = 1;
    const char *mistake = NULL;
    char *at = self->source, *tag, *end;
    for (tag = at; (tag = strstr(tag, "{{")) != NULL; tag += 2) {
        most += 2;
    }
    self->nodes = calloc(most, sizeof(*self->nodes));
    if (self->nodes == NULL) {
        return false;
    }
    while (mistake == NULL && (tag = strstr(at, "{{")) != NULL) {
        end = strstr(tag, "}}");
        if (end == NULL) {
            mistake = "a tag has no end";
            break;
        }
        *tag = *end = '\0';
        add(self, TEXT, at, 0);
        mistake = add_tag(all, self, tag + 2, open, &depth);
        at = end + 2;
    }
    add(self, TEXT, at, 0);
    if (mistake == NULL && depth > 0) {
        mistake = "a section has no end";
    }
    if (mistake != NULL) {
        log_message(LOG_ERROR, "start", "template %s: %s", self->name, mistake);
    }
    return mistake == NULL;
}

static int is_page(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 5 && size - 5 < sizeof(((struct template *)0)->name) &&
           strcmp(entry->d_name + size - 5, ".html") == 0;
}

bool templates_read(struct templates *self, const char *folder)
{
    char pages[4096];
    struct dirent **entries = NULL;
    int size_of_path = snprintf(pages, sizeof(pages), "%s/pages", folder);
    int count = scandir(pages, &entries, is_page, alphasort);
    bool is_good = size_of_path < (int)sizeof(pages) && count > 0 && count <= TEMPLATES_MAX;
    for (int i = 0; i < count; i++) {
        struct template *made = &self->all[self->count];
        size_t size = 0;
        if (is_good && (made->source = read_file(pages, entries[i]->d_name, &size)) != NULL) {
            memcpy(made->name, entries[i]->d_name, strlen(entries[i]->d_name) - 5);
            made->source[size > 0 ? size - 1 : 0] = '\0'; /* the last line feed */
            self->count++;
        }
        free(entries[i]);
    }
    free(entries);
    is_good = is_good && self->count == (size_t)count;
    for (size_t i = 0; is_good && i < self->count; i++) {
        is_good = compile(self, &self->all[i]);
    }
    if (!is_good) {
        log_message(LOG_ERROR, "start", "--static %s: the templates cannot be used", folder);
    }
    return is_good;
}

void templates_free(struct templates *self)
{
    for (size_t i = 0; i < self->count; i++) {
        free(self->all[i].source);
        free(self->all[i].nodes);
    }
}

/* ---- rendering ---- */

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

static void write_value(FILE *out, const json_t *value)
{
    const char *text = json_string_value(value);
    if (json_is_integer(value)) {
        (void)fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    }
    while (text != NULL && *text != '\0') {
        size_t plain = strcspn(text, "&<>\"'");
        (void)fwrite(text, 1, plain, out);
        text += plain;
        if (*text != '\0') {
            (void)fprintf(out, "&#%d;", *text++);
        }
    }
}

static void render(FILE *out, const struct templates *all, const struct template *self,
                   size_t begin, size_t end, const struct scope *scope)
{
    for (size_t i = begin; i < end; i++) {
        const struct node *node = &self->nodes[i];
        const json_t *value = node->kind == TEXT ? NULL : look_up(scope, node->text), *item;
        size_t index;
        if (node->kind == TEXT) {
            (void)fputs(node->text, out);
        } else if (node->kind == VALUE) {
            write_value(out, value);
        } else if (node->kind == PARTIAL) {
            render(out, all, &all->all[node->end], 0, all->all[node->end].count, scope);
        } else {
            if (node->kind == SECTION && is_something(value)) {
                render(out, all, self, i + 1, node->end, &(struct scope){value, scope});
            } else if (node->kind == INVERTED && !is_something(value)) {
                render(out, all, self, i + 1, node->end, scope);
            }
            json_array_foreach(node->kind == SECTION ? value : NULL, index, item)
            {
                render(out, all, self, i + 1, node->end, &(struct scope){item, scope});
            }
            i = node->end - 1;
        }
    }
}

char *templates_render(const struct templates *self, const char *name, const json_t *model,
                       size_t *ret_size)
{
    const struct template *chosen = &self->all[find(self, name)];
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_size);
    if (out == NULL) {
        return NULL;
    }
    render(out, self, chosen, 0, chosen->count, &(struct scope){model, NULL});
    bool is_good = ferror(out) == 0;
    if (fclose(out) != 0 || !is_good) {
        free(text);
        text = NULL;
    }
    return text;
}
