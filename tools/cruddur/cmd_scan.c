/* SPDX-License-Identifier: MIT */
/* cruddur scan: every row of the table, as it is. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "context.h"
#include "json_rows.h"
#include "listing.h"
#include "progress.h"
#include "view.h"

/* Enough to make few calls, and little enough to be held in memory. */
#define PAGE_LIMIT 200
/* The keys are the first two attributes. */
#define ATTRIBUTE_PK 0
#define ATTRIBUTE_SK 1

struct scan_options {
    uint64_t limit;
};

static const struct option_spec options_table[] = {
    {"limit", "N", "stop after N rows", OPTION_COUNT, false, offsetof(struct scan_options, limit)},
};

static const struct scan_options defaults = {UINT64_MAX};

/* The walk through the table. */
struct walk {
    struct context *context;
    uint64_t left;
    size_t done;
    cruddur_row_page *page;
    struct progress progress;
    /* One of them is used. */
    struct json_list list;
    struct view view;
    size_t name_width;
};

/* Fetches the first page, or the one after the one at hand; `ret_more` tells whether it did. */
static enum exit_code fetch_next(struct walk *walk, bool *ret_more)
{
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_row_page *page = NULL;
    cruddur_error *error = NULL;
    cruddur_status status;

    options.cursor = cruddur_row_page_next(walk->page);
    *ret_more = walk->page == NULL ||
                (options.cursor != NULL && walk->left > 0 && out_flush(&walk->context->out));
    if (!*ret_more) {
        return CODE_OK;
    }
    options.limit = walk->left < PAGE_LIMIT ? (uint32_t)walk->left : PAGE_LIMIT;
    status = cruddur_scan(walk->context->dm, &options, &page, &error);
    if (status != CRUDDUR_OK) {
        progress_end(&walk->progress); /* The error gets a line of its own. */
        return context_error(walk->context, status, error, NULL);
    }
    cruddur_row_page_free(walk->page);
    walk->page = page;
    return CODE_OK;
}

static void write_json_row(struct walk *walk, size_t index)
{
    size_t last = cruddur_row_attribute_count() - 1;
    struct json_row row;

    json_row_init(&row);
    for (size_t attribute = 0; attribute <= last; attribute++) {
        const char *value = cruddur_row_page_get(walk->page, index, attribute);
        const char *name = cruddur_row_attribute_name(attribute);

        if (value == NULL) {
            continue;
        }
        if (attribute == last) {
            json_row_parsed(&row, name, value);
        } else {
            json_row_text(&row, name, value);
        }
    }
    json_list_add(&walk->list, &row);
}

static void write_text_row(struct walk *walk, size_t index)
{
    const char *pk = cruddur_row_page_get(walk->page, index, ATTRIBUTE_PK);
    const char *sk = cruddur_row_page_get(walk->page, index, ATTRIBUTE_SK);

    view_row(&walk->view, pk != NULL ? pk : "", sk != NULL ? sk : "");
    for (size_t i = ATTRIBUTE_SK + 1; i < cruddur_row_attribute_count(); i++) {
        const char *value = cruddur_row_page_get(walk->page, index, i);

        if (value != NULL) {
            view_attribute(&walk->view, cruddur_row_attribute_name(i), walk->name_width, value);
        }
    }
}

static enum exit_code write_rows(struct walk *walk, void (*write_row)(struct walk *, size_t))
{
    enum exit_code code;
    bool more;

    do {
        size_t count = cruddur_row_page_count(walk->page);

        for (size_t i = 0; i < count; i++) {
            write_row(walk, i);
        }
        walk->left -= count < walk->left ? count : walk->left;
        walk->done += count;
        progress_update(&walk->progress, walk->done);
        code = fetch_next(walk, &more);
    } while (code == CODE_OK && more);
    return code;
}

static enum exit_code write_json(struct walk *walk)
{
    enum exit_code code;

    json_list_begin(&walk->list, &walk->context->out, "rows");
    code = write_rows(walk, write_json_row);
    json_list_close(&walk->list);
    json_list_end(&walk->list);
    return code;
}

static enum exit_code write_text(struct walk *walk)
{
    enum exit_code code;

    view_init(&walk->view, &walk->context->out, walk->context->now_us);
    for (size_t i = 0; i < cruddur_row_attribute_count(); i++) {
        size_t width = strlen(cruddur_row_attribute_name(i));

        walk->name_width = width > walk->name_width ? width : walk->name_width;
    }
    if (cruddur_row_page_count(walk->page) == 0) {
        view_remark(&walk->view, "no rows");
    }
    code = write_rows(walk, write_text_row);
    view_free(&walk->view);
    return code;
}

/* Only where nothing else uses the terminal: not beside the rows, nor beside a pager in a pipe. */
static bool goes_to_file(void)
{
    struct stat status;

    return fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode);
}

static enum exit_code run(struct context *context, const void *values, char *const *arguments)
{
    const struct scan_options *options = values;
    struct walk walk;
    enum exit_code code;
    bool more;

    (void)arguments;
    memset(&walk, 0, sizeof(walk));
    walk.context = context;
    walk.left = options->limit;
    code = context_open(context, CRUDDUR_OPEN_EXISTING);
    if (code == CODE_OK) {
        code = fetch_next(&walk, &more);
    }
    if (code != CODE_OK) {
        return code;
    }
    if (goes_to_file()) {
        progress_start(&walk.progress, "rows", 0);
    }
    if (context->globals.json) {
        code = write_json(&walk);
    } else {
        listing_start_pager(context);
        code = write_text(&walk);
    }
    progress_end(&walk.progress);
    cruddur_row_page_free(walk.page);
    return code;
}

const struct command command_scan = {
    .name = "scan",
    .summary = "show every row of the table as it is",
    .description =
        "Shows all rows of the store with their keys and attributes, in the store's own order, "
        "however many they are. With --json it is one document {\"rows\":[...]}, "
        "written as it is read.",
    .examples = "  cruddur scan --limit 10\n"
                "  cruddur scan --json > table.json\n",
    .arguments = NULL,
    .n_arguments = 0,
    .options = options_table,
    .n_options = sizeof(options_table) / sizeof(options_table[0]),
    .defaults = &defaults,
    .defaults_size = sizeof(defaults),
    .run = run,
};
