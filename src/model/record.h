/* SPDX-License-Identifier: MIT */
/* The records of a table's stream, as a Lambda trigger and GetRecords tell of them: what happened
 * to which row. */
#ifndef CR_MODEL_RECORD_H
#define CR_MODEL_RECORD_H

#include <stdint.h>

#include "base/arena.h"
#include "model/row.h"
#include "model/uuid.h"

/* Only what no row can cause is poison: a record that is not one of this table's stream, or a
 * stream that leaves out what is needed. Whatever rows other programs put into the table, their
 * records are passed over. */
typedef enum cr_record_kind {
    CR_RECORD_OTHER,   /* nothing that the group rows depend on */
    CR_RECORD_MESSAGE, /* a message row was put, or changed */
    CR_RECORD_POISON,
} cr_record_kind;

/* Text is borrowed from what was read, or lies in the arena. */
typedef struct cr_record {
    cr_record_kind kind;
    cr_str sequence_number; /* empty: none */
    int64_t written_at_us;  /* about when, to the second; 0: not told */
    bool is_change;         /* of a message that was there */
    cr_key key;             /* of the row; absent in poison */
    cr_uuid group;          /* of a message */
    cr_str sk;
    cr_str text; /* of the message, then; absent: none */
    cr_uuid author;
    bool has_author;
    const char *problem; /* of poison: what is wrong, without anything of what it says */
} cr_record;

typedef struct cr_records {
    cr_record *record;
    size_t count;
    cr_str next_iterator; /* absent: none, or null: the shard ends here */
} cr_records;

typedef enum cr_records_check {
    CR_RECORDS_GOOD,
    CR_RECORDS_NOT_JSON,
    CR_RECORDS_NO_LIST, /* JSON, but no object with a list of records */
    CR_RECORDS_NO_MEMORY,
} cr_records_check;

/* Reads an event. Records that name another table than this one are poison (absent: of any). */
cr_records_check cr_records_read(cr_str text, cr_str table, cr_arena *arena, cr_records *records);

#endif
