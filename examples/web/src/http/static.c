/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

#define FILE_MAX ((size_t)1 << 20)

static const char *const known[STATIC_FILES][2] = {
    {"page.css", "text/css; charset=utf-8"},
    {"page.js", "text/javascript; charset=utf-8"},
    {"icons.svg", "image/svg+xml"},
};

char *read_file(const char *folder, const char *name, size_t *ret_size)
{
    char path[4096], *data = malloc(FILE_MAX);
    int length = snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = length > 0 && (size_t)length < sizeof(path) ? fopen(path, "re") : NULL;
    *ret_size = file != NULL && data != NULL ? fread(data, 1, FILE_MAX, file) : FILE_MAX;
    if (*ret_size < FILE_MAX && ferror(file) == 0) {
        data[*ret_size] = '\0';
    } else {
        log_message(LOG_ERROR, "start", "%s/%s cannot be read", folder, name);
        free(data);
        data = NULL;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return data;
}

bool static_read(struct static_file files[STATIC_FILES], const char *folder)
{
    for (size_t i = 0; i < STATIC_FILES; i++) {
        struct static_file *file = &files[i];
        unsigned char hash[EVP_MAX_MD_SIZE];
        file->data = read_file(folder, known[i][0], &file->size);
        if (file->data == NULL ||
            EVP_Digest(file->data, file->size, hash, NULL, EVP_sha256(), NULL) != 1) {
            return false;
        }
        file->tag[0] = '"';
        for (size_t byte = 0; byte < 8; byte++) {
            (void)sprintf(file->tag + 1 + 2 * byte, "%02x\"", hash[byte]);
        }
        (void)snprintf(file->url, sizeof(file->url), "/static/%s?v=%.16s", known[i][0],
                       file->tag + 1);
    }
    return true;
}

void static_free(struct static_file files[STATIC_FILES])
{
    for (size_t i = 0; i < STATIC_FILES; i++) {
        free(files[i].data);
    }
}

void static_get(request *self)
{
    const char *version = request_query(self, "v");
    const char *cached = request_header(self, "If-None-Match");
    size_t i = 0;
    while (i < STATIC_FILES && strcmp(known[i][0], self->part) != 0) {
        i++;
    }
    if (i == STATIC_FILES) {
        request_fail(self, MHD_HTTP_NOT_FOUND, "not_found");
        return;
    }
    const struct static_file *file = &self->server->files[i];
    bool is_current =
        version != NULL && strlen(version) == 16 && strncmp(file->tag + 1, version, 16) == 0;
    request_add_header(self, "ETag", file->tag);
    request_add_header(self, "Cache-Control",
                       is_current ? "public, max-age=31536000, immutable" : "public, no-cache");
    if (cached != NULL && strstr(cached, file->tag) != NULL) {
        request_answer(self, MHD_HTTP_NOT_MODIFIED, NULL, strdup(""), 0);
    } else { /* not copied: it lives as long as the service */
        request_answer_with(
            self, MHD_HTTP_OK, known[i][1],
            MHD_create_response_from_buffer(file->size, file->data, MHD_RESPMEM_PERSISTENT));
    }
}
