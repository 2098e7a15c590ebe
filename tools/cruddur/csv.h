/* SPDX-License-Identifier: MIT */
/* Comma-separated values (RFC 4180), record by record. Lines end in CRLF or LF; blank lines are
 * skipped. */
#ifndef CRUDDUR_TOOL_CSV_H
#define CRUDDUR_TOOL_CSV_H

#include "buffer.h"
#include "input.h"

/* More columns than anybody's list of users has. */
#define CSV_FIELDS_MAX 64

enum csv_status {
    CSV_RECORD,
    CSV_END,
    CSV_BAD,
};

struct csv {
    const char *next;
    size_t line; /* that `next` is on */
    /* The record: its first line, and its fields one after the other, each with a NUL. */
    size_t record_line;
    size_t n_fields;
    size_t starts[CSV_FIELDS_MAX];
    struct buffer bytes;
};

/* Starts at the beginning of a text that must outlive the reader. */
void csv_init(struct csv *csv, const char *text);

enum csv_status csv_next(struct csv *csv, struct problem *problem);

/* A field of the record, valid until the next one is read. */
const char *csv_field(const struct csv *csv, size_t index);

void csv_free(struct csv *csv);

#endif
