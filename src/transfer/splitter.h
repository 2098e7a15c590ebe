/* SPDX-License-Identifier: MIT */
/* Cuts the text of an import into lines or items, in bounded memory. */
#ifndef CR_TRANSFER_SPLITTER_H
#define CR_TRANSFER_SPLITTER_H

#include <cruddur/transfer.h>

#include "base/buffer.h"

typedef enum cr_export_format {
    CR_FORMAT_OURS,  /* an export of this library: lines */
    CR_FORMAT_LINES, /* DynamoDB's export to S3: {"Item": …} on each line */
    CR_FORMAT_SCAN, /* what `aws dynamodb scan` prints: {"Items": […], …}, any number of them */
} cr_export_format;

typedef struct cr_splitter {
    cruddur_read_fn read;
    void *data;
    cruddur_error **error;
    char *window; /* what was read and is not used yet */
    size_t at;
    size_t size;
    bool is_at_end;
    bool lacks_end;   /* the latest line is the last one, and has no newline */
    uint64_t bytes;   /* read so far */
    uint64_t pieces;  /* returned so far */
    cr_buffer piece;  /* the latest */
    bool is_in_items; /* of a scan */
    bool is_in_object;
    uint64_t items;   /* of this object */
    uint64_t counted; /* its member "Count" */
    bool has_count;
} cr_splitter;

/* To be freed with cr_splitter_free(), on failure, too. */
cruddur_status cr_splitter_init(cr_splitter *splitter, cruddur_read_fn read, void *data,
                                cruddur_error **error);
void cr_splitter_free(cr_splitter *splitter);

/* Finds out what the text is, by its beginning. Nothing is used up. */
cruddur_status cr_splitter_find_format(cr_splitter *splitter, cr_export_format *format);

/* Reads the next line, without its end; *ret_line is absent at the end of the text. It lives until
 * the next call. */
cruddur_status cr_splitter_next_line(cr_splitter *splitter, cr_str *ret_line);

/* Reads the next item of a scan, without white space between its tokens; absent at the end. */
cruddur_status cr_splitter_next_item(cr_splitter *splitter, cr_str *ret_item);

#endif
