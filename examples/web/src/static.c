/* SPDX-License-Identifier: MIT */
#include "static.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "request_http.h"

#define FILE_MAX (4 * 1024 * 1024)

static const char *const types[][2] = {{".css", "text/css; charset=utf-8"},
                                       {".js", "text/javascript; charset=utf-8"},
                                       {".svg", "image/svg+xml"}};

static const char *find_type(const char *name)
{
    const char *end = strrchr(name, '.');
    for (size_t i = 0; end != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(end, types[i][0]) == 0) {
            return types[i][1];
        }
    }
    return NULL;
}

static bool read_file(const char *path, struct static_file *file)
{
    FILE *stream = fopen(path, "re");
    file->data = stream != NULL ? malloc(FILE_MAX) : NULL;
    bool is_good = file->data != NULL;
    if (is_good) {
        file->size = fread(file->data, 1, FILE_MAX, stream);
        is_good = ferror(stream) == 0 && file->size < FILE_MAX;
        char *fitting = realloc(file->data, file->size + 1);
        file->data = fitting != NULL ? fitting : file->data;
    }
    if (stream != NULL) {
        (void)fclose(stream);
    }
    return is_good;
}

static bool name_version(struct static_file *file, const char *name)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    char hex[17];
    if (EVP_Digest(file->data, file->size, hash, NULL, EVP_sha256(), NULL) != 1) {
        return false;
    }
    for (size_t i = 0; i < 8; i++) {
        (void)sprintf(hex + 2 * i, "%02x", hash[i]);
    }
    (void)snprintf(file->url, sizeof(file->url), "/static/%.63s?v=%s", name, hex);
    (void)snprintf(file->tag, sizeof(file->tag), "\"%s\"", hex);
    return true;
}

static bool add(struct static_files *self, const char *folder, const char *name)
{
    char path[4096];
    struct static_file *file = &self->files[self->count];
    file->type = find_type(name);
    if (file->type == NULL) {
        return true;
    }
    int size = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (self->count == STATIC_FILES_MAX - 1 || strlen(name) >= sizeof(file->name) || size < 0 ||
        (size_t)size >= sizeof(path)) {
        return false;
    }
    memcpy(file->name, name, strlen(name) + 1);
    self->count++; /* from now on static_free() frees what it has */
    return read_file(path, file) && name_version(file, name);
}

bool static_read(struct static_files *self, const char *folder)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    bool is_good = entries != NULL;
    while (is_good && (entry = readdir(entries)) != NULL) {
        is_good = add(self, folder, entry->d_name);
    }
    if (entries != NULL) {
        (void)closedir(entries);
    }
    if (!is_good) {
        log_message(LOG_ERROR, "start", "--static %s: %s", folder, strerror(errno));
    }
    return is_good;
}

void static_free(struct static_files *self)
{
    for (size_t i = 0; i < self->count; i++) {
        free(self->files[i].data);
    }
}

static const struct static_file *find(const struct static_files *self, const char *name)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->files[i].name, name) == 0) {
            return &self->files[i];
        }
    }
    return NULL;
}

const char *static_url(const struct server *server, const char *name)
{
    const struct static_file *file = find(&server->files, name);
    return file != NULL ? file->url : "/static/";
}

void static_get(request *self)
{
    const struct static_file *file = find(&self->server->files, request_part(self, 0));
    const char *version = request_query(self, "v");
    const char *known = request_header(self, "If-None-Match");
    if (file == NULL) {
        request_fail(self, MHD_HTTP_NOT_FOUND, "not_found");
        return;
    }
    bool is_current =
        version != NULL && strlen(version) == 16 && strstr(file->tag, version) != NULL;
    request_add_header(self, "ETag", file->tag);
    request_add_header(self, "Cache-Control",
                       is_current ? "public, max-age=31536000, immutable" : "public, no-cache");
    if (known != NULL && strstr(known, file->tag) != NULL) {
        request_answer(self, MHD_HTTP_NOT_MODIFIED, NULL, strdup(""), 0);
    } else { /* not copied: it lives as long as the service */
        request_answer_with(
            self, MHD_HTTP_OK, file->type,
            MHD_create_response_from_buffer(file->size, file->data, MHD_RESPMEM_PERSISTENT));
    }
}
