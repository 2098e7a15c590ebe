/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "server.h"

static const char *const known[STATIC_FILES][2] = {
    {"page.css", "text/css; charset=utf-8"},
    {"page.js", "text/javascript; charset=utf-8"},
    {"icons.svg", "image/svg+xml"},
};

bool static_read(struct static_file files[STATIC_FILES], const char *folder)
{
    for (size_t i = 0; i < STATIC_FILES; i++) {
        struct static_file *file = &files[i];
        g_autofree char *path = g_build_filename(folder, known[i][0], NULL);
        if (!g_file_get_contents(path, &file->data, &file->size, NULL)) {
            log_message(LOG_ERROR, "start", "%s cannot be read", path);
            return false;
        }
        file->version =
            g_compute_checksum_for_data(G_CHECKSUM_SHA256, (unsigned char *)file->data, file->size);
        file->version[16] = '\0';
        file->url = g_strdup_printf("/static/%s?v=%s", known[i][0], file->version);
    }
    return true;
}

void static_get(request *self)
{
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
    g_autofree char *tag = g_strdup_printf("\"%s\"", file->version);
    bool is_current = g_strcmp0(request_query(self, "v"), file->version) == 0;
    request_add_header(self, "ETag", tag);
    request_add_header(self, "Cache-Control",
                       is_current ? "public, max-age=31536000, immutable" : "public, no-cache");
    if (cached != NULL && strstr(cached, tag) != NULL) {
        request_answer(self, MHD_HTTP_NOT_MODIFIED, NULL, NULL);
    } else { /* not copied: it lives as long as the service */
        request_answer_with(
            self, MHD_HTTP_OK, known[i][1],
            MHD_create_response_from_buffer(file->size, file->data, MHD_RESPMEM_PERSISTENT));
    }
}
