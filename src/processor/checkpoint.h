/* SPDX-License-Identifier: MIT */
/* How far each shard of a stream was applied, kept in a file:
 *
 *   cruddur stream checkpoint 1
 *   stream arn:aws:dynamodb:…
 *   after shardId-… 000000000000000000042
 *   done shardId-…
 *   end 2 b7e23ec29af22b0b
 *
 * "end" has the number of shards, and a hash of the lines before it. */
#ifndef CR_PROCESSOR_CHECKPOINT_H
#define CR_PROCESSOR_CHECKPOINT_H

#include "base/buffer.h"
#include "base/error.h"
#include "processor/lineage.h"

/* No file is larger. */
#define CR_CHECKPOINT_MAX ((size_t)64 << 20)

/* ---- the text ---- */

/* Shards that nothing was applied of are left out: they begin at the oldest record. A failure
 * sticks in the buffer. */
void cr_checkpoint_format(cr_str stream, const cr_lineage *lineage, cr_buffer *out);

/* What keeps a text from being taken. */
typedef enum cr_checkpoint_check {
    CR_CHECKPOINT_GOOD,
    CR_CHECKPOINT_DAMAGED,
    CR_CHECKPOINT_NEWER,   /* of a later version */
    CR_CHECKPOINT_FOREIGN, /* of another stream */
    CR_CHECKPOINT_NO_MEMORY,
} cr_checkpoint_check;

/* Adds the shards to an empty lineage. */
cr_checkpoint_check cr_checkpoint_parse(cr_str text, cr_str stream, cr_lineage *lineage);

/* ---- the file ---- */

typedef struct cr_checkpoint cr_checkpoint;

/* Takes the file for this process alone, until it is closed. CRUDDUR_E_STORE_LOCKED: another has
 * it; CRUDDUR_E_STORE_IO, E_STORE_FULL, E_STORE_READ_ONLY, E_NO_DESCRIPTORS. */
cruddur_status cr_checkpoint_open(const char *path, cr_checkpoint **ret_checkpoint,
                                  cruddur_error **error);

/* Reads the file; *exists tells whether there is one. */
cruddur_status cr_checkpoint_read(const cr_checkpoint *checkpoint, cr_buffer *text, bool *exists,
                                  cruddur_error **error);

/* Describes what is wrong with what was read. */
cruddur_status cr_checkpoint_fail(const cr_checkpoint *checkpoint, cr_checkpoint_check check,
                                  cruddur_error **error);

/* Replaces the file by this text, which is durable on return. On failure it is as it was. */
cruddur_status cr_checkpoint_write(const cr_checkpoint *checkpoint, cr_str text,
                                   cruddur_error **error);

/* NULL is ignored. */
void cr_checkpoint_close(cr_checkpoint *checkpoint);

#endif
