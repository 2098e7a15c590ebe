/* SPDX-License-Identifier: MIT */
#include "listing.h"

#include <stdlib.h>

#include "json.h"

struct walk {
    struct context *context;
    const struct listing *listing;
    uint64_t left;
    struct page page;
    bool is_begun;
    /* Cursors outlive their pages: the older and the newer end of all that was walked over. */
    char *older;
    char *newer;
    bool has_newer;
    struct view view;
};

static void keep(char **cursor, const char *text)
{
    free(*cursor);
    *cursor = text != NULL ? memory_copy(text) : NULL;
}

/* Fetches the page at the cursor, which may belong to the page at hand. */
static enum exit_code fetch(struct walk *walk, const char *cursor)
{
    const struct listing *listing = walk->listing;
    struct page page = {NULL, 0, NULL, NULL, NULL, false};
    cruddur_error *error = NULL;
    uint32_t limit = walk->left < CRUDDUR_LIMIT_MAX ? (uint32_t)walk->left : CRUDDUR_LIMIT_MAX;
    cruddur_status status = listing->fetch(walk->context, listing, limit, cursor, &page, &error);
    if (status != CRUDDUR_OK) {
        return report_error(status, error, NULL);
    }
    if (!walk->is_begun || !listing->is_forward) {
        keep(&walk->older, page.older);
    }
    if (!walk->is_begun || listing->is_forward) {
        keep(&walk->newer, page.newer);
        walk->has_newer = page.has_newer;
    }
    listing->free(walk->page.object);
    walk->page = page;
    return CODE_OK;
}

static void write_page(struct walk *walk)
{
    struct out *out = &walk->context->out;
    const struct listing *listing = walk->listing;
    for (size_t i = 0; i < walk->page.count; i++) {
        if (walk->context->options.json) {
            out_text(out, walk->is_begun ? ",\n" : "\n");
            listing->write_json(out, walk->page.object, i);
        } else {
            listing->write_text(&walk->view, walk->page.object, i);
        }
        walk->is_begun = true;
    }
    walk->left -= walk->page.count < walk->left ? walk->page.count : walk->left;
}

static void write_begin(struct walk *walk)
{
    if (walk->context->options.json) {
        out_format(&walk->context->out, "{\"%s\":[", walk->listing->name);
        return;
    }
    if (!walk->context->options.no_pager) {
        out_start_pager(&walk->context->out);
    }
    if (walk->page.count == 0) {
        view_remark(&walk->view, "no ", walk->listing->name);
    }
}

static void write_end(struct walk *walk)
{
    struct out *out = &walk->context->out;
    if (!walk->context->options.json) {
        if (walk->listing->end_text != NULL) {
            walk->listing->end_text(&walk->view, walk->has_newer);
        }
        if (walk->older != NULL) {
            view_remark(&walk->view, "older: --cursor ", walk->older);
        }
        if (walk->has_newer) {
            view_remark(&walk->view, "newer: --cursor ", walk->newer);
        }
        return;
    }
    out_text(out, walk->is_begun ? "\n]" : "]");
    if (walk->newer != NULL) {
        json_text(out, ",", "older", walk->older);
        json_text(out, ",", "newer", walk->newer);
    }
    out_text(out, "}\n");
}

enum exit_code listing_write(struct context *context, const struct listing *listing, uint64_t count,
                             bool is_page)
{
    struct walk walk = {.context = context, .listing = listing, .left = count};
    enum exit_code code = context_open(context, CRUDDUR_OPEN_EXISTING);
    if (code == CODE_OK) {
        code = fetch(&walk, context->options.cursor);
    }
    if (code != CODE_OK) {
        return code;
    }
    view_init(&walk.view, &context->out, context->now_us);
    if (listing->begin_text != NULL && !context->options.json) {
        listing->begin_text(context, listing, &walk.view);
    }
    write_begin(&walk);
    write_page(&walk);
    while (code == CODE_OK && !is_page && walk.left > 0 && walk.page.next != NULL &&
           out_flush(&context->out)) {
        code = fetch(&walk, walk.page.next);
        if (code == CODE_OK) {
            write_page(&walk);
        }
    }
    /* A document that is not whole must not look as if it were. */
    if (code == CODE_OK) {
        write_end(&walk);
    }
    view_free(&walk.view);
    listing->free(walk.page.object);
    free(walk.older);
    free(walk.newer);
    return code;
}
