/* SPDX-License-Identifier: MIT */
/* The walk that all listings share: page by page, as text or as JSON. */
#ifndef CRUDDUR_TOOL_LISTING_H
#define CRUDDUR_TOOL_LISTING_H

#include "command.h"
#include "view.h"

/* A page of anything, and what it says of itself. Cursors are NULL where they lead nowhere. */
struct page {
    void *object;
    size_t count;
    const char *next;  /* where the walk goes on */
    const char *older; /* what the user can go on with */
    const char *newer;
    bool has_newer; /* already: the newer cursor also leads to what is yet to come */
};

struct listing {
    const char *name; /* "groups" */
    bool is_forward;  /* the walk goes from older to newer */
    const char *viewer_uuid;
    const char *group_uuid;
    const char *message_uuid; /* around which; NULL: no */
    /* Asks the library for the page at `cursor` (NULL: the first one). */
    cruddur_status (*fetch)(struct context *context, const struct listing *listing, uint32_t limit,
                            const char *cursor, struct page *ret_page, cruddur_error **error);
    void (*free)(void *page);
    void (*write_json)(struct out *out, const void *page, size_t index);
    void (*write_text)(struct view *view, const void *page, size_t index);
    /* For text, before the first element and after the last one; may be NULL. */
    void (*begin_text)(struct context *context, const struct listing *listing, struct view *view);
    void (*end_text)(struct view *view, bool has_newer);
};

/* Opens the store, and writes `count` of the listing, or one page of it if that is what `is_page`
 * says. */
enum exit_code listing_write(struct context *context, const struct listing *listing, uint64_t count,
                             bool is_page);

#endif
