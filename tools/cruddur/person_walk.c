/* SPDX-License-Identifier: MIT */
#include "person_walk.h"

#include <inttypes.h>
#include <stdlib.h>

#include "buffer.h"
#include "json.h"
#include "progress.h"

static uint64_t count_of(const cruddur_person_event *event, const struct person_count *count)
{
    return *(const uint64_t *)(const void *)((const char *)event + count->offset);
}

static void format_counts(struct buffer *line, const struct person_walk *walk)
{
    for (size_t i = 0; i < walk->n_shown; i++) {
        const struct person_count *count = &walk->shown[i];
        buffer_add_format(line, "%s%" PRIu64 "%s", i == 0 ? "" : ", ",
                          count_of(&walk->counts, count), count->what);
    }
}

static bool observe(void *data, const cruddur_person_event *event)
{
    struct person_walk *walk = data;
    struct buffer line = {NULL, 0, 0};
    walk->counts = *event;
    walk->has_ended = event->cursor == NULL;
    free(walk->cursor);
    walk->cursor = event->cursor != NULL ? memory_copy(event->cursor) : NULL;
    format_counts(&line, walk);
    if (walk->context->options.verbose) {
        report_remark("%s%s%s", buffer_text(&line), event->cursor != NULL ? "; --cursor " : "",
                      event->cursor != NULL ? event->cursor : "");
    } else if (progress_can_be_shown()) {
        progress_show(buffer_text(&line));
        walk->has_progress = true;
    }
    buffer_free(&line);
    return true;
}

cruddur_person_options person_walk_options(struct person_walk *walk, uint32_t flags)
{
    cruddur_person_options options = CRUDDUR_PERSON_OPTIONS_INIT;
    options.flags = flags;
    options.cursor = walk->context->options.cursor;
    options.observe = observe;
    options.data = walk;
    return options;
}

static void write_counts(const struct person_walk *walk)
{
    struct out *out = &walk->context->out;
    struct buffer line = {NULL, 0, 0};
    if (walk->context->options.json) {
        for (size_t i = 0; i < walk->n_shown; i++) {
            json_number(out, i == 0 ? "{" : ",", walk->shown[i].name,
                        count_of(&walk->counts, &walk->shown[i]));
        }
        out_text(out, "}\n");
    } else {
        format_counts(&line, walk);
        out_format(out, "%s\n", buffer_text(&line));
    }
    buffer_free(&line);
}

enum exit_code person_walk_end(struct person_walk *walk, cruddur_status status,
                               cruddur_error *error)
{
    enum exit_code code = CODE_OK;
    if (walk->has_progress) {
        progress_clear();
    }
    if (walk->has_ended) {
        write_counts(walk);
    }
    if (status != CRUDDUR_OK) {
        code = report_error(status, error, NULL);
    }
    if (status != CRUDDUR_OK && walk->cursor != NULL) {
        (void)report(code, "it was interrupted; to continue: --cursor %s", walk->cursor);
    }
    free(walk->cursor);
    return code;
}
