/* SPDX-License-Identifier: MIT */
/* The files of the page, read into memory at the start: no path of a client reaches the file
 * system. */
#ifndef WEB_STATIC_H
#define WEB_STATIC_H

#include "request.h"

#define STATIC_FILES_MAX 16

struct static_file {
    char name[64];
    const char *type;
    char *data;
    size_t size;
    char url[96]; /* with the hash of the content: /static/page.css?v=0123456789abcdef */
    char tag[20]; /* the entity tag: the hash in quotes */
};

struct static_files {
    struct static_file files[STATIC_FILES_MAX];
    size_t count;
};

/* Reads the .css, .js and .svg files of a folder. False, logged, on failure. */
bool static_read(struct static_files *self, const char *folder);
void static_free(struct static_files *self);

/* The URL of a file for a page, which changes with its content; "/static/" if there is none. */
const char *static_url(const struct server *server, const char *name);

/* GET /static/NAME */
void static_get(request *self);

#endif
